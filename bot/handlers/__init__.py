"""Verb → store → Reply. One function for each verb; permissions are checked where something changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import structlog

from bot.cards.digest import DigestAction
from bot.cards.paper import PaperAction
from bot.cards.reply import error_card
from bot.clock import Clock
from bot.commands import Choice, Command, check
from bot.delivery.compose import Composer
from bot.delivery.destinations import Destinations
from bot.delivery.digests import Digests
from bot.delivery.threads import Threads
from bot.errors import CommandError, PigeonError, QueryError
from bot.handlers import (
    digesting,
    explaining,
    feeds,
    keeping,
    linking,
    louder,
    own_messages,
    papers,
    place,
    previews,
    rating,
    reading,
    searching,
    subscribing,
    undoing,
    welcoming,
)
from bot.handlers.asked import Asked, Services
from bot.handlers.completing import complete
from bot.handlers.happenings import happened
from bot.handlers.replay import Replay
from bot.meaning import Meanings
from bot.ports import GivenFeeds, Happening, Origin, Reply
from bot.query import Query
from bot.store import Store

log = structlog.get_logger(__name__)

WARM_DAYS: Final = (1, 7, 30)
"""Days that most questions are about, in the order in which they are read at a start."""

Handler = Callable[[Asked], Awaitable[Reply]]

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "help": welcoming.help_,
        "setup": welcoming.setup,
        "welcome": welcoming.welcome,
        "subscribe": subscribing.subscribe,
        "edit": subscribing.edit,
        "confirm": subscribing.confirm,
        "cancel": subscribing.cancel,
        "undo": undoing.undo_change,
        "list": keeping.list_subscriptions,
        "pause": keeping.pause,
        "resume": keeping.resume,
        "remove": keeping.remove,
        "preview": previews.preview,
        "explain": explaining.explain,
        "why": explaining.why,
        "search": searching.search,
        "paper": papers.paper,
        "abstract": papers.abstract,
        "bibtex": papers.cite,
        "share": papers.share,
        "digest": digesting.digest,
        "rest": digesting.rest,
        "send-now": digesting.send_now,
        "discuss": reading.discuss,
        "save": reading.save,
        "unsave": reading.unsave,
        "saved": reading.saved,
        "like": rating.like,
        "unlike": rating.unlike,
        "unrate": rating.unrate,
        "profile": rating.profile,
        "more": louder.more,
        "fewer": louder.fewer,
        "web": linking.web,
        "feeds": feeds.feeds,
        "status": place.status,
        "settings": place.settings,
        "forget-me": place.forget_me,
    }
)
"""Every verb of the registry, and nothing else: a test compares the two."""


class Handlers:
    """The core as adapters see it (:class:`bot.ports.CommandHandler`)."""

    PAPER_ACTIONS: Final = frozenset(
        {
            PaperAction.ABSTRACT,
            PaperAction.DISCUSS,
            PaperAction.SAVE,
            PaperAction.LINKS,
            PaperAction.BIBTEX,
            PaperAction.WHY,
            PaperAction.RATE,
        }
    )
    """Buttons of a paper card that have a handler."""
    DIGEST_ACTIONS: Final = frozenset(DigestAction)

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        composer: Composer,
        digests: Digests,
        sources: Sequence[str],
        threading: Collection[str],
        meanings: Meanings | None = None,
        categories: Mapping[str, Sequence[str]] | None = None,
        given: GivenFeeds | None = None,
    ) -> None:
        """Without ``meanings`` texts are compared by their words alone.

        ``categories`` are what those listings are asked for that announce by category, to tell filters that would be
        silent for ever.
        """
        meanings = meanings or Meanings(store, clock)
        self._services = Services(
            store=store,
            clock=clock,
            composer=composer,
            digests=digests,
            replay=Replay(store, clock, meanings),
            meanings=meanings,
            sources=tuple(sources),
            categories=categories or {},
            given=given,
            threads=Threads(store, clock, platforms=threading),
            threading=frozenset(threading),
            destinations=Destinations(store, clock),
            started_at=clock.now(),
        )

    @property
    def replay(self) -> Replay:
        """What previews are made with; it holds the papers of the last weeks in memory, once for a process."""
        return self._services.replay

    async def remarks(self, query: Query) -> Sequence[str]:
        """What is to be said of a filter itself, in sentences."""
        return await previews.remarks(self._services, query)

    async def __call__(self, command: Command, origin: Origin) -> Reply:
        """Carry a command out; an error becomes a reply that says what to do."""
        try:
            checked = check(command)
            asked = Asked(checked, origin, self._services)
            return await own_messages.told(await HANDLERS[checked.verb](asked), asked)
        except (CommandError, QueryError) as error:
            return Reply(card=error_card(str(error)))
        except PigeonError as error:
            log.warning("A command failed", verb=command.verb, why=str(error))
            return Reply(
                card=error_card(
                    "I cannot reach my store right now, so nothing was changed. Try again in a minute."
                )
            )
        except Exception:
            log.exception("A command failed by a bug of ours", verb=command.verb)
            return Reply(
                card=error_card(
                    "Something went wrong on my side; nothing was lost. The operator finds it in the log."
                )
            )

    async def warm(self) -> None:
        """Read the papers that searches and previews look through, so that the first of them need not wait.

        The newest first: who asks meanwhile about a week waits for that week only.
        """
        for days in WARM_DAYS:
            await self._services.replay.warm(days)
        await self._services.meanings.warm()

    async def complete(self, verb: str, option: str, typed: str, origin: Origin) -> Sequence[Choice]:
        """Offer values while somebody types."""
        try:
            return await complete(Asked(Command(verb=verb), origin, self._services), option, typed)
        except PigeonError:
            return ()

    async def happened(self, happening: Happening) -> None:
        """Take note of what the platform reports."""
        try:
            await happened(happening, self._services.store, self._services.destinations)
        except PigeonError as error:
            log.warning("A report of the platform could not be recorded", why=str(error))
