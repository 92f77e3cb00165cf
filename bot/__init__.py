"""The core of Paper Pigeon: papers, subscriptions and cards; no chat platform is named here.

The folders tell the route of a paper, ``listing -> paper -> match -> delivery -> card -> platform``:

* ``listings`` fetch and parse, ``poller`` stores what is new, ``ledger`` knows what was owed;
* ``query`` is the filter language, ``matching`` holds all subscriptions against each paper;
* ``schedule`` says when a match is due, ``delivery`` posts it once, ``cards`` say it;
* ``commands`` is what people can ask, ``handlers`` answer, ``store`` is everything kept in Redis;
* ``app`` joins the parts, ``cli`` is the operator's door. Platforms live in the package ``adapters``.
"""

__version__ = "0.1.0"
