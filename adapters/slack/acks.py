"""The acknowledgement leaves before the work begins.

What a form shows while the bot works is a part of its acknowledgement. If the answer overtook that, «Working on it …»
would cover the answer and stay. So each delivery has a moment at which its acknowledgement has been handed to the
network, and its work waits for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SENT: ContextVar[asyncio.Event | None] = ContextVar("acknowledgement_sent", default=None)


@contextmanager
def acknowledging() -> Iterator[None]:
    """Around passing one delivery to Bolt and sending what Bolt answers. Leaving it lets the work begin."""
    sent = asyncio.Event()
    token = _SENT.set(sent)
    try:
        yield
    finally:
        _SENT.reset(token)
        sent.set()


def under_way() -> asyncio.Event | None:
    """Set as soon as the acknowledgement of the delivery at hand is sent. Bolt's listeners inherit it."""
    return _SENT.get()
