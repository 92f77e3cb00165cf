"""What is said about a query that cannot be read: the place, the reason, and a repair that reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Final

from bot.errors import QueryError

_SHOWN: Final = 48
"""Most characters of the faulty part that are shown."""
_LONGEST_REPAIR: Final = 400
"""A longer repair is not written out in the sentence; it is offered as :attr:`QueryError.repair`."""
_STEPS: Final = 8
"""A query may have several faults; so many are mended one after the other before we give up."""


class Fault(Exception):
    """A query cannot be read at ``text[start:end]``; ``mended`` may stand there instead."""

    def __init__(
        self, why: str, start: int, end: int, mended: str | None = None, *, whole: bool = False
    ) -> None:
        super().__init__(why)
        self.why = why
        self.start = start
        self.end = end
        self.mended = mended
        self.whole = whole
        """It is about the query as a whole: no place is shown."""
        self.part = ""
        """The faulty part, where the text that was read is not the one that was typed."""


def explained(text: str, fault: Fault, read: Callable[[str], object]) -> QueryError:
    """The error for a person. ``read`` tries a repair and raises :class:`Fault` if that does not read either."""
    repair = _repaired(text, fault, read)
    part = fault.part or ("" if fault.whole else shown(text, fault))
    place = f" at ▸ `{part}`" if part else ""
    message = f"I can't read the query{place}: {fault.why}" + ("" if fault.why.endswith("?") else ".")
    if repair is not None and len(repair) <= _LONGEST_REPAIR:
        message += f" Try `{repair}`"
    return QueryError(message, text=text, start=fault.start, end=fault.end, repair=repair)


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that was probably meant by ``word``."""
    close = get_close_matches(word.lower(), list(names), n=1, cutoff=0.7)
    return close[0] if close else None


def _repaired(text: str, fault: Fault, read: Callable[[str], object]) -> str | None:
    """Mend fault after fault until the text reads."""
    for _ in range(_STEPS):
        if fault.mended is None:
            return None
        text = " ".join((text[: fault.start] + fault.mended + text[fault.end :]).split())
        try:
            read(text)
        except Fault as another:
            fault = another
        else:
            return text
    return None


def shown(text: str, fault: Fault) -> str:
    """The faulty part on one line, cut in the middle of nowhere only if it is long."""
    part = " ".join(text[fault.start : fault.end].replace("`", "'").split())
    if not part:
        part = " ".join(text[max(0, fault.start - _SHOWN // 2) : fault.start].replace("`", "'").split())
    return part if len(part) <= _SHOWN else part[: _SHOWN - 1].rstrip() + "…"
