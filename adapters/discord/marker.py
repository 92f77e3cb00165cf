"""How a posted card is recognised again: the delivery's key, hidden in the ids of two components.

Discord answers a repeated nonce with the earlier message, but only «in the past few minutes», and a message
read from the history no longer carries its nonce (https://discord.com/developers/docs/resources/message).
What it does carry are the ids that we gave to components: 32-bit numbers of our own choice, shown to
nobody (https://discord.com/developers/docs/components/reference#anatomy-of-a-component). Two of them hold
60 bits of the key's hash. In the embed that replaces a refused card they stand in the link's fragment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

_BASE: Final = 1 << 30
"""Far above the ids that Discord itself counts up from 1, and below the end of a signed 32-bit number."""
_PREFIX: Final = "pp-"


def ids(key: str) -> tuple[int, int]:
    """The two component ids that stand for a key; always different from each other."""
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    first, second = digest >> 34, (digest >> 4) & (_BASE - 1)
    return _BASE | first, _BASE | (second if second != first else second ^ 1)


def mark(container: dict[str, Any], key: str) -> None:
    """Write the key into a container and its first component."""
    outer, inner = ids(key)
    container["id"] = outer
    container["components"][0]["id"] = inner


def fragment(key: str) -> str:
    """The key for the fragment of an embed's link."""
    return f"#{_PREFIX}{key}"


def bears(message: Mapping[str, Any], key: str) -> bool:
    """Does this message, as Discord gives it back, stand for that delivery?"""
    if message.get("nonce") == key:
        return True
    if any(str(embed.get("url", "")).endswith(fragment(key)) for embed in message.get("embeds") or ()):
        return True
    outer, inner = ids(key)
    for container in message.get("components") or ():
        parts: Sequence[Mapping[str, Any]] = container.get("components") or ({},)
        if container.get("id") == outer and parts[0].get("id") == inner:
            return True
    return False
