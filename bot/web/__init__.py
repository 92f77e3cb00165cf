"""The web page, small and optional: previews for everybody, a page and feeds for those who were given an address.

==================  =========================================================================================
address             shows
==================  =========================================================================================
``/``               a form, and what the filter in it would have brought: papers of the listings, nothing else
``/w/<link>``       what comes to one place, for fifteen minutes (:mod:`bot.links`; the command ``web``)
``/feed/<…>.atom``  a subscription's papers or somebody's saved ones, until they revoke the address
``/health``         this process answers
``/ready``          the store, the parts of this process and the listings, or which of them is not well
``/metrics``        figures of the whole installation, for Prometheus
==================  =========================================================================================

:mod:`bot.web.site` answers requests and knows no socket; :mod:`bot.web.server` has the sockets and is the one place
that knows aiohttp. It fetches nothing, keeps no cookies, runs no script, and changes nothing in the store.
"""
