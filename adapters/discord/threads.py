"""The one thread of a posted card, however often it is asked for.

A thread that starts from a message has the message's id, and there is at most one
(https://discord.com/developers/docs/topics/threads). So a second «Discuss», or a crash between the thread and its
opener, finds the same thread again; the opener is looked for before it is posted a second time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from adapters.discord import errors, escape, limits
from adapters.discord.lookup import Lookup
from adapters.discord.rest import Rest
from bot.cards import Card
from bot.errors import DeliveryError, DestinationGone
from bot.models import MessageRef
from bot.text.cut import Unit, cut

_ARCHIVED: Final = 50083
_LOCKED: Final = 160005
_NEEDED: Final = (
    "Open Edit Channel, Permissions, and allow my role Create Public Threads and Send Messages in Threads."
)


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
        if errors.code_of(error) == errors.THREAD_EXISTS:
            return message.message, True
        if isinstance(error, DestinationGone) and errors.code_of(error) == 50013:
            raise DestinationGone(str(error), remedy=_NEEDED) from error.__cause__
        raise
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
            raise
        await rest.call(
            "PATCH",
            "/channels/{channel_id}",
            body={"archived": False},
            channel_id=thread,
            doing="open the archived thread again",
        )
        await post(thread, card, key)


def _address(message: MessageRef, thread: str) -> str | None:
    server, _, _ = (message.url or "").removeprefix("https://discord.com/channels/").partition("/")
    return f"https://discord.com/channels/{server}/{thread}" if server else None
