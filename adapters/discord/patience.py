"""How long an answer may take by itself before Discord has to be told that it comes later.

Discord waits three seconds for the first answer to an interaction
(https://discord.com/developers/docs/interactions/receiving-and-responding). They count from its own moment, which the
interaction's id tells; an interaction that lay about because this process was busy has less of them left. And the busier
the process is, the longer the acknowledgement itself takes. So both are taken off the time that an answer gets.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import discord

from bot.clock import Clock
from bot.commands.model import Command
from bot.commands.verbs import BY_NAME

AIM: Final = 2.0
"""Seconds after which the acknowledgement is to be there; the third is for the way to Discord."""
PATIENCE: Final = 0.8
"""Seconds in which an answer may come by itself at most: people take longer for a sign of life ill."""
TYPING: Final = 0.3
"""Seconds that completion gets at least: it cannot be put off."""
_FADING: Final = 0.9
"""How much of a slow acknowledgement is still expected at the next one."""


class Patience:
    """Reckons with how late things are just now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._least: float | None = None
        self._slow = 0.0

    def age(self, interaction: int) -> float:
        """Seconds since Discord made the interaction.

        Our clock and Discord's may differ: what the youngest one seemed to be old is taken for that difference.
        """
        made: datetime = discord.utils.snowflake_time(interaction)
        seemed = (self._clock.now() - made).total_seconds()
        if self._least is None or seemed < self._least:
            self._least = seemed
        return seemed - self._least

    def took(self, seconds: float) -> None:
        """An acknowledgement was there so long after it was due."""
        self._slow = max(seconds, self._slow * _FADING)

    def for_answer(self, interaction: int, command: Command | None) -> float:
        """Seconds in which the answer may come by itself; 0 where it is to be put off at once.

        A dialogue cannot be opened later, so what may open one gets all the time there is.
        """
        left = AIM - self.age(interaction) - self._slow
        verb = BY_NAME.get(command.verb) if command else None
        if verb is not None and command is not None:
            if verb.dialogue and not command.get("query"):
                return max(0.0, left)
            if verb.slow:
                return 0.0
        return max(0.0, min(PATIENCE, left))

    def for_typing(self, interaction: int) -> float:
        """Seconds in which values must be found for somebody who types."""
        return max(TYPING, AIM - self.age(interaction) - self._slow)
