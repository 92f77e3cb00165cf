"""The two ports, Source and Adapter, the optional powers of an adapter, and what passes through them.

A new source implements :class:`Source`; a new platform implements :class:`Adapter`. Powers that not
every platform has are small protocols of their own; the core asks for them with ``isinstance``.
"""

from __future__ import annotations

from bot.ports.adapters import (
    Adapter,
    CheckedAdapter,
    CountingAdapter,
    EditingAdapter,
    Finding,
    Limit,
    PacedAdapter,
    ReconcilingAdapter,
    Severity,
    ShowingAdapter,
    ThreadingAdapter,
)
from bot.ports.commands import (
    AdvisingRights,
    CommandHandler,
    Happening,
    HappeningKind,
    LookingRights,
    NamingRights,
    Origin,
    Reply,
    Rights,
)
from bot.ports.feeds import FeedLook, GivenFeeds
from bot.ports.listings import CatchingUpSource, Enricher, OwingSource, Source
from bot.ports.plugins import AdapterPlugin, PluginContext, Shelf, SourcePlugin

__all__ = [
    "Adapter",
    "AdapterPlugin",
    "AdvisingRights",
    "CatchingUpSource",
    "CheckedAdapter",
    "CommandHandler",
    "CountingAdapter",
    "EditingAdapter",
    "Enricher",
    "FeedLook",
    "Finding",
    "GivenFeeds",
    "Happening",
    "HappeningKind",
    "Limit",
    "LookingRights",
    "NamingRights",
    "Origin",
    "OwingSource",
    "PacedAdapter",
    "PluginContext",
    "ReconcilingAdapter",
    "Reply",
    "Rights",
    "Severity",
    "Shelf",
    "ShowingAdapter",
    "Source",
    "SourcePlugin",
    "ThreadingAdapter",
]
