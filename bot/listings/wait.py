"""What an answer's headers say about coming back (pure).

``Retry-After`` is https://www.rfc-editor.org/rfc/rfc9110#field.retry-after; ``RateLimit`` is the form
that Hugging Face documents at https://huggingface.co/docs/hub/rate-limits: ``"api";r=499;t=215``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 3600.0
"""No host keeps us away for longer than an hour by one header, in seconds."""

_RATE: Final = re.compile(r"(?:^|;)\s*([rt])\s*=\s*(\d{1,9})")  # noqa: TID251


def asked_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, from 0 to an hour; ``None`` where the answer does not say or says nonsense."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:12]), LONGEST)
    if text:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError, IndexError, TypeError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return min(max(0.0, (moment - now).total_seconds()), LONGEST)
    rate = _rate(headers)
    return min(rate[1], LONGEST) if rate and rate[0] == 0 else None


def budget_spent(headers: Mapping[str, str]) -> float | None:
    """Seconds until the budget is full again, where the answer says that nothing of it is left."""
    rate = _rate(headers)
    return min(rate[1], LONGEST) if rate and rate[0] == 0 else None


def budget_left(headers: Mapping[str, str]) -> tuple[int, float] | None:
    """Requests left of the budget, and the seconds until it is full again; ``None`` where the answer does not say."""
    rate = _rate(headers)
    return (rate[0], min(rate[1], LONGEST)) if rate else None


def _rate(headers: Mapping[str, str]) -> tuple[int, float] | None:
    """What is left, and the seconds until it is renewed."""
    found = dict(_RATE.findall(headers.get("ratelimit", "")))
    return (int(found["r"]), float(found["t"])) if {"r", "t"} <= found.keys() else None
