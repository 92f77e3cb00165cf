"""Permissions: their bits, their names in the client, and how a channel's are computed.

https://discord.com/developers/docs/topics/permissions
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

ADMINISTRATOR: Final = 1 << 3
MANAGE_CHANNELS: Final = 1 << 4
ADD_REACTIONS: Final = 1 << 6
VIEW_CHANNEL: Final = 1 << 10
SEND_MESSAGES: Final = 1 << 11
EMBED_LINKS: Final = 1 << 14
ATTACH_FILES: Final = 1 << 15
READ_MESSAGE_HISTORY: Final = 1 << 16
CREATE_PUBLIC_THREADS: Final = 1 << 35
SEND_MESSAGES_IN_THREADS: Final = 1 << 38
EVERYTHING: Final = (1 << 53) - 1

NAMES: Final[Mapping[int, str]] = {
    VIEW_CHANNEL: "View Channel",
    SEND_MESSAGES: "Send Messages",
    EMBED_LINKS: "Embed Links",
    ATTACH_FILES: "Attach Files",
    READ_MESSAGE_HISTORY: "Read Message History",
    CREATE_PUBLIC_THREADS: "Create Public Threads",
    SEND_MESSAGES_IN_THREADS: "Send Messages in Threads",
    ADD_REACTIONS: "Add Reactions",
}
"""The eight that the invitation asks for, as Discord's settings pages write them."""
INVITED: Final = sum(NAMES)
POSTING: Final = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS
_IMPLIED: Final = EMBED_LINKS | ATTACH_FILES
"""Off wherever Send Messages is off, whatever their own switch says: naming them would send people astray."""
FORUM_POSTING: Final = VIEW_CHANNEL | SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | EMBED_LINKS
"""In a forum Send Messages is called «Create Posts»."""
THREAD_POSTING: Final = VIEW_CHANNEL | SEND_MESSAGES_IN_THREADS | EMBED_LINKS


def missing(held: int, needed: int) -> tuple[str, ...]:
    """The names of what is needed and not held; without View Channel nothing else matters."""
    if held & ADMINISTRATOR:
        return ()
    if needed & VIEW_CHANNEL and not held & VIEW_CHANNEL:
        return (NAMES[VIEW_CHANNEL],)
    if needed & SEND_MESSAGES and not held & SEND_MESSAGES:
        needed &= ~_IMPLIED
    return tuple(name for bit, name in NAMES.items() if needed & bit and not held & bit)


def remedy(names: Sequence[str]) -> str:
    """How to give the bot that in a channel, in the words of the client."""
    return f"Open Edit Channel, Permissions, add my role and allow {listed(names)}."


def listed(names: Sequence[str]) -> str:
    """``A, B and C``."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def in_channel(
    *,
    server: str,
    member: str,
    owner: str,
    member_roles: Iterable[str],
    roles: Sequence[Mapping[str, Any]],
    overwrites: Sequence[Mapping[str, Any]],
) -> int:
    """What a member may do in a channel, from what the REST API tells of server, roles and channel."""
    if member == owner:
        return EVERYTHING
    bits = {str(role["id"]): int(role["permissions"]) for role in roles}
    held_roles = [role for role in map(str, member_roles) if role != server]
    held = bits.get(server, 0)
    for role in held_roles:
        held |= bits.get(role, 0)
    if held & ADMINISTRATOR:
        return EVERYTHING
    by_id = {str(overwrite["id"]): overwrite for overwrite in overwrites}
    held = _apply(held, by_id.get(server))
    allow = deny = 0
    for role in held_roles:
        if overwrite := by_id.get(role):
            allow |= int(overwrite["allow"])
            deny |= int(overwrite["deny"])
    held = (held & ~deny) | allow
    return _apply(held, by_id.get(member))


def _apply(held: int, overwrite: Mapping[str, Any] | None) -> int:
    if overwrite is None:
        return held
    return (held & ~int(overwrite["deny"])) | int(overwrite["allow"])
