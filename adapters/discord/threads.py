"""The one thread of a posted card, however often it is asked for.

A thread that starts from a message has the message's id, and there is at most one
(https://discord.com/developers/docs/topics/threads). So a second «Discuss», or a crash between the thread and its
opener, finds the same thread again; the opener is looked for before it is posted a second time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from adapters.discord import errors, escape, limits
from adapters.discord.lookup import Lookup
from adapters.discord.rest import Rest
from bot.cards import Card
from bot.errors import DeliveryError, DestinationGone, ThreadRefused
from bot.models import MessageRef
from bot.text.cut import Unit, cut

_ARCHIVED: Final = 50083
_LOCKED: Final = 160005
_NEEDED: Final = (
    "Open Edit Channel, Permissions, and allow my role Create Public Threads and Send Messages in Threads."
)
_REFUSED: Final[Mapping[int, tuple[str, str, bool]]] = {
    errors.UNKNOWN_MESSAGE: ("The card was deleted.", "", True),
    errors.FORBIDDEN: ("I may not open a thread here.", _NEEDED, False),
    errors.NO_THREADS_HERE: ("Discord has no threads in channels of this kind.", "", False),
    errors.TOO_MANY_THREADS: (
        "The server has as many open threads as Discord allows.",
        "Close some that are done, then ask again.",
        False,
    ),
}
"""Why there can be no thread although the channel takes cards, what to do, and whether the card is gone."""
_GONE: Final = {**_REFUSED, errors.UNKNOWN_CHANNEL: ("The thread was deleted.", "", True)}
"""The same within the thread. Discord opens no second one under the same message, so a card is posted anew."""


async def open_thread(
    rest: Rest,
    lookup: Lookup,
    post: Callable[[str, Card, str], Awaitable[str]],
    message: MessageRef,
    card: Card,
    *,
    name: str,
    key: str,
) -> MessageRef:
    """Open the thread under ``message``, or return the one that is there; post the opener unless it is there."""
    thread = message.thread
    existed = thread is not None
    if thread is None:
        thread, existed = await _start(rest, message, name)
    if not (existed and await _has(lookup, thread, key)):
        await _post_opener(rest, post, thread, card, key)
    return replace(message, thread=thread, url=_address(message, thread))


async def counts(rest: Rest, server: str) -> dict[str, int]:
    """Messages in each open thread of a server, in one request.

    The message that a thread hangs from does not count, our opener in it does: so Discord itself counts
    (https://discord.com/developers/docs/resources/channel#channel-object-channel-structure).
    """
    active = await rest.call(
        "GET",
        "/guilds/{guild_id}/threads/active",
        guild_id=server,
        doing="count the messages of threads",
    )
    return {
        str(thread["id"]): int(thread.get("message_count") or 0) for thread in active.get("threads") or ()
    }


async def _start(rest: Rest, message: MessageRef, name: str) -> tuple[str, bool]:
    title = cut(escape.line(name), limits.THREAD_NAME, unit=Unit.UTF16) or "Discussion"
    try:
        made = await rest.call(
            "POST",
            "/channels/{channel_id}/messages/{message_id}/threads",
            body={"name": title, "auto_archive_duration": limits.AUTO_ARCHIVE_MINUTES},
            channel_id=message.channel,
            message_id=message.message,
            doing="open the thread",
        )
    except DeliveryError as error:
        code = errors.code_of(error)
        if code == errors.THREAD_EXISTS:
            return message.message, True
        raise _worded(error, _REFUSED) from error.__cause__
    return str(made["id"]), False


async def _has(lookup: Lookup, thread: str, key: str) -> bool:
    try:
        return await lookup.in_thread(thread, key)
    except DestinationGone:
        return False


async def _post_opener(
    rest: Rest, post: Callable[[str, Card, str], Awaitable[str]], thread: str, card: Card, key: str
) -> None:
    try:
        await post(thread, card, key)
    except DeliveryError as error:
        code = errors.code_of(error)
        if code in {_LOCKED, errors.UNKNOWN_MESSAGE}:
            return  # a locked thread is there to be read; a deleted opener was there
        if code != _ARCHIVED:
            raise _worded(error, _GONE) from error.__cause__
        try:
            await rest.call(
                "PATCH",
                "/channels/{channel_id}",
                body={"archived": False},
                channel_id=thread,
                doing="open the archived thread again",
            )
            await post(thread, card, key)
        except DeliveryError as again:
            raise _worded(again, _GONE) from again.__cause__


def _worded(error: DeliveryError, refusals: Mapping[int, tuple[str, str, bool]]) -> DeliveryError:
    """The error as it is about the thread; the same where it is about the channel or the moment."""
    known = refusals.get(errors.code_of(error))
    return error if known is None else ThreadRefused(known[0], remedy=known[1], card_gone=known[2])


def _address(message: MessageRef, thread: str) -> str | None:
    server, _, _ = (message.url or "").removeprefix("https://discord.com/channels/").partition("/")
    return f"https://discord.com/channels/{server}/{thread}" if server else None
