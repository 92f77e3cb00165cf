"""What can go wrong at the loopback Discord, and how its rate limits answer."""

from __future__ import annotations

import asyncio
import fnmatch
import json
import re
from collections import deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web

MAJOR = re.compile(r"^/(?:channels|guilds|webhooks|interactions)/([^/]+)")  # noqa: TID251 — our own pattern
KINDS = (
    "429",  # this bucket
    "429-global",
    "429-shared",
    "429-cloudflare",  # without Via, HTML instead of JSON
    "status",  # with `status` and `code`
    "drop-before",  # the connection breaks, nothing was done
    "drop-after",  # it was done, and the connection breaks
    "slow",  # done after `seconds`
    "slow-after",  # done at once, answered after `seconds`
)


@dataclass
class Fault:
    """Befalls matching requests, ``times`` of them."""

    kind: str
    method: str = "POST"
    path: str = "/channels/*/messages"
    times: int = 1
    seconds: float = 1.0
    status: int = 500
    code: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is none of {', '.join(KINDS)}")


class Faults:
    """The faults that wait for their requests."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, kind: str, **more: Any) -> Fault:
        """Plan a fault; see :class:`Fault`."""
        fault = Fault(kind, **more)
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all of them."""
        self.waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for one request, used up by it."""
        for fault in self.waiting:
            if fault.method in (method, "*") and fnmatch.fnmatch(path, fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None


def limited(seconds: float, *, scope: str = "user", cloudflare: bool = False) -> web.Response:
    """A 429 as Discord, or Cloudflare before it, words it."""
    if cloudflare:
        return web.Response(
            status=429,
            text="<html>error code: 1015</html>",
            content_type="text/html",
            headers={"Retry-After": str(seconds)},
        )
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": scope == "global"}
    headers = {"Via": "1.1 google", "Retry-After": str(seconds), "X-RateLimit-Scope": scope}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    return web.Response(
        status=429, body=json.dumps(body).encode(), headers=headers, content_type="application/json"
    )


class Buckets:
    """Rate limits by route and major id, and the bot's requests a second."""

    def __init__(
        self, sends: tuple[int, float] = (5, 5.0), others: tuple[int, float] = (50, 1.0), per_second: int = 50
    ) -> None:
        self.sends, self.others, self.per_second = sends, others, per_second
        self._windows: dict[str, tuple[float, int]] = {}
        self._last: deque[float] = deque()
        self.refused = 0

    def ask(self, method: str, path: str) -> tuple[dict[str, str], web.Response | None]:
        """Headers for the answer, and the 429 where the budget is used up."""
        now = asyncio.get_running_loop().time()
        if not path.startswith(("/interactions/", "/webhooks/")):
            while self._last and self._last[0] <= now - 1.0:
                self._last.popleft()
            if len(self._last) >= self.per_second:
                self.refused += 1
                return {}, limited(round(self._last[0] + 1.0 - now, 3), scope="global")
            self._last.append(now)
        major = found[1] if (found := MAJOR.match(path)) else ""
        shape = re.sub(r"/\d+", "/{}", path)
        count, seconds = self.sends if method == "POST" and path.endswith("/messages") else self.others
        start, used = self._windows.get(f"{method} {shape} {major}", (now, 0))
        if now >= start + seconds:
            start, used = now, 0
        after = round(start + seconds - now, 3)
        headers = {
            "X-RateLimit-Limit": str(count),
            "X-RateLimit-Remaining": str(max(0, count - used - 1)),
            "X-RateLimit-Reset-After": str(after),
            "X-RateLimit-Reset": "0",
            "X-RateLimit-Bucket": f"{abs(hash((method, shape))):x}"[:16],
        }
        if used >= count:
            self.refused += 1
            refused = limited(after)
            refused.headers.update(headers)
            return headers, refused
        self._windows[f"{method} {shape} {major}"] = (start, used + 1)
        return headers, None
