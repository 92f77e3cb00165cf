"""The bundled sample listing: four days of real papers, for ``pigeon run --demo`` and for tests.

``day1.json`` to ``day4.json`` hold the papers, ``README.md`` beside them says what is a fact, what was written
for the demo, and which awkward cases are in it. :func:`load` reads them;
:class:`bot.samples.server.SampleServer` serves them over loopback HTTP in the wire forms of Hugging Face and
arXiv, so that a demo goes through the same fetching and parsing as the real listings.
"""

from bot.samples.days import Announcement, ListRow, SampleDay, SamplePaper, load

__all__ = ["Announcement", "ListRow", "SampleDay", "SamplePaper", "load"]
