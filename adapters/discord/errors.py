"""Every exception that a call to Discord can raise, translated in one place.

The codes are those of https://discord.com/developers/docs/topics/opcodes-and-status-codes#json. What is not
named falls by its status: refused content is our bug, a refused place is gone until somebody acts, a
server error may have posted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aiohttp
import discord

from bot.errors import Ambiguous, CardRejected, DeliveryError, DestinationGone, RetryLater

UNKNOWN_MESSAGE: Final = 10008
"""Also the answer to a repeated nonce whose message somebody has deleted meanwhile."""
UNKNOWN_CHANNEL: Final = 10003
FORBIDDEN: Final = 50013
NO_THREADS_HERE: Final = 50024
THREAD_EXISTS: Final = 160004
TOO_MANY_THREADS: Final = 160006
TAG_NEEDED: Final = 40067
NOT_TEXT: Final = 50008
UNKNOWN_INTERACTION: Final = 10062
ALREADY_ACKNOWLEDGED: Final = 40060

_SETTINGS = "Open Edit Channel, Permissions, and allow my role View Channel, Send Messages and Embed Links."
_DM = "Open the server's menu, Privacy Settings, and allow direct messages; then use any command of mine."

GONE: Final[Mapping[int, tuple[str, str]]] = {
    10003: ("The channel does not exist any more.", "Choose another channel with /papers edit."),
    10004: ("The server does not exist any more, or I was removed from it.", "Invite me again."),
    10013: ("That person does not exist any more.", ""),
    40007: (
        "I am banned from the server.",
        "Ask those who run the server to lift the ban, and invite me again.",
    ),
    40032: ("That person is not in the server.", ""),
    50001: ("I cannot see the channel.", _SETTINGS),
    50013: ("I lack a permission in the channel.", _SETTINGS),
    50007: ("That person takes no direct messages from me.", _DM),
    50278: (
        "That person shares no server with me any more.",
        "Join a server that I am in; then use any command of mine.",
    ),
    50024: ("That kind of channel takes no messages.", "Choose a text channel or a forum with /papers edit."),
    NOT_TEXT: (
        "That kind of channel takes no messages.",
        "Choose a text channel or a forum with /papers edit.",
    ),
    50083: ("The thread is archived.", "Open the thread again, or choose another place with /papers edit."),
    160005: ("The thread is locked.", "Unlock the thread, or choose another place with /papers edit."),
    TAG_NEEDED: (
        "The forum asks for a tag on every post and has none that I may use.",
        "Add a tag to the forum.",
    ),
    UNKNOWN_MESSAGE: ("The message does not exist any more.", ""),
}
"""Nothing helps until a person acts: what happened, and what to do about it."""

LATER: Final[Mapping[int, tuple[str, float]]] = {
    20016: ("The channel is in slow mode.", 30.0),
    20028: ("The channel has had too many messages.", 30.0),
    20029: ("The server has had too many messages.", 30.0),
    30046: ("Older messages are edited too often.", 600.0),
    40003: ("Direct messages are opened too fast.", 600.0),
    40004: ("Sending messages is switched off at Discord.", 300.0),
    40006: ("This is switched off at Discord.", 300.0),
    40062: ("Discord is limiting this service.", 60.0),
    50014: ("Discord refuses the bot's token.", 600.0),
    130000: ("Discord is overloaded.", 60.0),
    160006: ("The server has as many open threads as Discord allows.", 3600.0),
}
"""Certainly not posted; the pause in seconds where Discord names none."""

REJECTED: Final[Mapping[int, str]] = {
    20009: "Discord takes the content for explicit.",
    40005: "The request is larger than Discord takes.",
    50006: "The message is empty.",
    50035: "The message breaks a rule of Discord's form.",
    200000: "AutoMod of the server blocked the message.",
    200001: "AutoMod of the server blocked the title.",
    240000: "Discord blocks a link in the message.",
}
"""The content itself was refused: sending it again unchanged cannot work."""

_BUSY_WITHOUT_WORD = 60.0
_TOKEN_PAUSE = 600.0


def translate(error: BaseException, doing: str) -> DeliveryError:
    """One of ours for a foreign exception. ``doing`` names what was tried: «post in channel 42»."""
    match error:
        case DeliveryError():
            return error
        case discord.RateLimited():
            return RetryLater(f"Discord asks us to wait before we {doing}.", after=error.retry_after)
        case discord.HTTPException():
            return _answered(error, doing)
        case discord.LoginFailure():
            return _no_token(doing)
        case discord.GatewayNotFound() | discord.ConnectionClosed() | discord.PrivilegedIntentsRequired():
            return RetryLater(f"Discord's gateway is closed to us; could not {doing}.")
        case discord.InvalidData():
            return Ambiguous(f"Discord's answer could not be read; it may have carried out: {doing}.")
        case discord.DiscordException():
            return CardRejected(
                f"discord.py refused to {doing}: {type(error).__name__}. This is a bug of ours."
            )
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | aiohttp.InvalidURL():
            return RetryLater(f"Discord cannot be reached; could not {doing}.")
        case aiohttp.ClientError() | OSError():  # a TimeoutError is an OSError
            return Ambiguous(f"The connection to Discord broke while we tried to {doing}.")
        case _:
            return Ambiguous(f"Something unexpected ({type(error).__name__}) came while we tried to {doing}.")


def _answered(error: discord.HTTPException, doing: str) -> DeliveryError:
    code, status = error.code, error.status
    if status == 429:
        return RetryLater(f"Discord asks us to wait before we {doing}.", after=_retry_after(error))
    if code in LATER:
        sentence, after = LATER[code]
        return RetryLater(f"Could not {doing}: {sentence}", after=after)
    if code in GONE:
        sentence, remedy = GONE[code]
        return DestinationGone(f"Could not {doing}: {sentence}", remedy=remedy)
    if code in REJECTED:
        return CardRejected(f"Could not {doing}: {REJECTED[code]} {_detail(error)}".strip())
    if status >= 500:
        return Ambiguous(f"Discord failed ({status}) while we tried to {doing}.")
    if status == 401:
        return _no_token(doing)
    if status in {403, 404}:
        return DestinationGone(f"Discord refused ({status}, code {code}) to {doing}.", remedy=_SETTINGS)
    return CardRejected(f"Discord refused ({status}, code {code}) to {doing}. {_detail(error)}".strip())


def _no_token(doing: str) -> RetryLater:
    return RetryLater(
        f"Discord refuses the bot's token; could not {doing}. Set PIGEON_DISCORD__TOKEN to a current one.",
        after=_TOKEN_PAUSE,
    )


def _retry_after(error: discord.HTTPException) -> float:
    """What a 429 says; one of Cloudflare's has it in a header only, or not at all."""
    try:
        return max(0.0, float(error.response.headers.get("Retry-After", _BUSY_WITHOUT_WORD)))
    except (AttributeError, ValueError):
        return _BUSY_WITHOUT_WORD


def _detail(error: discord.HTTPException) -> str:
    return " ".join(error.text.split())[:300]


def code_of(error: BaseException) -> int:
    """Discord's code under one of our errors; 0 where there is none."""
    cause = error.__cause__
    return cause.code if isinstance(cause, discord.HTTPException) else 0


def token_refused(error: BaseException) -> bool:
    """Is it the token that Discord refuses?"""
    cause = error.__cause__
    return isinstance(cause, discord.LoginFailure) or getattr(cause, "status", 0) == 401
