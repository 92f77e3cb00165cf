"""What is kept in Redis or Valkey: every key and every script, one module for each noun.

The table of keys stands at the head of :mod:`bot.store.keys`. Nothing else in the program imports redis.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.store.aside import AsidePapers
from bot.store.backup import Backup
from bot.store.claims import Claims
from bot.store.database import Database
from bot.store.dead_letters import DeadLetters
from bot.store.deliveries import Deliveries
from bot.store.discussions import Discussions
from bot.store.feeds import Feeds
from bot.store.figures import FiguresReader
from bot.store.leases import Leases
from bot.store.ledger import Ledgers
from bot.store.limits import Limits
from bot.store.papers import Papers
from bot.store.ratings import Ratings
from bot.store.saved import SavedPapers
from bot.store.shelf import Drafts, PluginShelf, Preferences
from bot.store.shown import Shown
from bot.store.subscriptions import Subscriptions
from bot.store.turns import Turns
from bot.store.vectors import Vectors
from bot.store.web import WebAccess

LEASE: Final = timedelta(seconds=40)
"""How long a sender may work on a lane: more than three times the deadline of one send."""


class Store:
    """Everything kept, by noun."""

    def __init__(self, database: Database, *, retention: timedelta, lease: timedelta = LEASE) -> None:
        self.database = database
        self.papers = Papers(database, retention=retention)
        self.aside = AsidePapers(database)
        self.shown = Shown(database)
        self.feeds = Feeds(database)
        self.ledgers = Ledgers(database)
        self.subscriptions = Subscriptions(database)
        # Kept longer than papers, so that a paper can never be posted again while it is still known.
        kept = retention + timedelta(days=30)
        self.deliveries = Deliveries(database, retention=kept)
        self.dead_letters = DeadLetters(database, retention=kept)
        self.discussions = Discussions(database)
        self.claims = Claims(database, retention=kept, lease=lease)
        self.leases = Leases(database)
        self.limits = Limits(database)
        self.turns = Turns(database)
        self.preferences = Preferences(database)
        self.drafts = Drafts(database)
        self.saved = SavedPapers(database)
        self.ratings = Ratings(database)
        self.vectors = Vectors(database, retention=retention)
        self.figures = FiguresReader(database)
        self.web = WebAccess(database)
        self.backup = Backup(database, retention=kept)

    def shelf(self, plugin: str) -> PluginShelf:
        """The small durable values of one plugin."""
        return PluginShelf(self.database, plugin)


__all__ = ["LEASE", "Database", "Store"]
