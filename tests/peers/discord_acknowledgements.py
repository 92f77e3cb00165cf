"""Discord's three seconds: when each interaction began, when its answer arrived, and what comes of a late one.

https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from simcord.backend.errors import BackendError

_CALLBACK = re.compile(r"^/interactions/(\d+)/[^/]+/callback$")  # noqa: TID251 — our own pattern


@dataclass
class Waiting:
    """An interaction that waits for its acknowledgement; times are the loop's."""

    began: float
    answered: float | None = None
    """When the answer arrived, before it was read."""


class Acknowledgements:
    """The interactions that people began, by their ids."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._begun: dict[int, Waiting] = {}

    def begin(self, interaction: int) -> Waiting:
        """Count an interaction's time from now on."""
        self._begun[interaction] = made = Waiting(asyncio.get_running_loop().time())
        return made

    def arrived(self, path: str, now: float) -> bool:
        """Note that a request came; whether it is the first answer of an interaction."""
        waiting = self._of(path)
        if waiting is None or waiting.answered is not None:
            return False
        waiting.answered = now
        return True

    def refuse_late(self, path: str) -> None:
        """An interaction that was not acknowledged in time is unknown afterwards."""
        waiting = self._of(path)
        if waiting and waiting.answered and waiting.answered - waiting.began > self._patience:
            raise BackendError(404, 10062, "Unknown interaction")

    def _of(self, path: str) -> Waiting | None:
        found = _CALLBACK.match(path)
        return self._begun.get(int(found[1])) if found else None
