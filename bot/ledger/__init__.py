"""What each listing owed, and what it brought: the ledger (pure).

:mod:`~bot.ledger.clocks` knows when something is due, :mod:`~bot.ledger.entry` judges one day and category,
:mod:`~bot.ledger.book` keeps a source's days, catch-ups and incidents, :mod:`~bot.ledger.incidents` words what went
wrong, :mod:`~bot.ledger.grid` shows it all. :mod:`bot.keeper` feeds and acts on it; :mod:`bot.store.ledger` keeps it.
"""

from bot.ledger.book import Arrival, Book, Desk
from bot.ledger.clocks import ArxivClock, Calendar, HuggingFaceClock, Owed
from bot.ledger.entry import SETTLED, WANTING, Entry, Polls, Seen, State, Verdict, judge
from bot.ledger.incidents import Incident, Kind

__all__ = [
    "SETTLED",
    "WANTING",
    "Arrival",
    "ArxivClock",
    "Book",
    "Calendar",
    "Desk",
    "Entry",
    "HuggingFaceClock",
    "Incident",
    "Kind",
    "Owed",
    "Polls",
    "Seen",
    "State",
    "Verdict",
    "judge",
]
