"""Links to the web page: what one opens, for whom, until when, and a signature over all of it. Pure.

A link is ``<what>.<signature>``: the claim as base64url of JSON, and its HMAC-SHA256
(https://www.rfc-editor.org/rfc/rfc2104). Nothing in it is secret to whoever holds the link; nothing of it can be changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from bot.models import Destination

LASTS: Final = timedelta(minutes=15)
"""For so long a link opens the page."""
LONGEST: Final = 1_000
"""Characters of a link; ours are below 400, and Discord's buttons take addresses of 512
(https://discord.com/developers/docs/components/reference#button)."""
_VERSION: Final = 1
_PURPOSE: Final = b"paper-pigeon/page/1\x00"
"""What is signed begins with what it is for: a signature of one kind of link opens no other."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link opens: one person's view of one place."""

    platform: str
    workspace: str
    channel: str
    """Where they asked; for direct messages their own id."""
    direct: bool
    person: str
    until: datetime
    """In whole seconds, UTC."""

    @property
    def place(self) -> Destination:
        """Where they asked. What it is called is not in the link."""
        return Destination(
            platform=self.platform, workspace=self.workspace, channel=self.channel, direct=self.direct
        )

    @property
    def own(self) -> Destination:
        """Their own direct messages."""
        return Destination(platform=self.platform, workspace=self.workspace, channel=self.person, direct=True)


class Refusal(Enum):
    """Why a link opens nothing."""

    FORGED = "forged"
    """Not signed by us with the present secret, or no link at all."""
    EXPIRED = "expired"


def grant(place: Destination, person: str, now: datetime) -> Grant:
    """What a link made now opens. Whether that person may read there is for the caller to ask, at this moment."""
    return Grant(
        platform=place.platform,
        workspace=place.workspace,
        channel=place.channel,
        direct=place.direct,
        person=person,
        until=(now + LASTS).astimezone(UTC).replace(microsecond=0),
    )


def sign(secret: bytes, granted: Grant) -> str:
    """The link's last part, for an address."""
    claim = [
        _VERSION,
        granted.platform,
        granted.workspace,
        granted.channel,
        int(granted.direct),
        granted.person,
        int(granted.until.timestamp()),
    ]
    body = json.dumps(claim, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{_text(body)}.{_text(_signature(secret, body))}"


def read(secret: bytes, link: str, now: datetime) -> Grant | Refusal:
    """What a link opens now. The signature is compared in constant time, before anything else is believed."""
    if len(link) > LONGEST or not link.isascii():
        return Refusal.FORGED
    claim, _, signature = link.partition(".")
    try:
        body, given = _bytes(claim), _bytes(signature)
    except (NotBase64, ValueError):
        return Refusal.FORGED
    # Written in one way only: base64 has several texts for the same bytes.
    if not hmac.compare_digest(_signature(secret, body), given) or link != f"{_text(body)}.{_text(given)}":
        return Refusal.FORGED
    signed = json.loads(body)
    if signed[0] != _VERSION:
        return Refusal.EXPIRED  # of another version of ours, during an upgrade: a new link is at hand
    _, platform, workspace, channel, direct, person, until = signed
    granted = Grant(platform, workspace, channel, bool(direct), person, datetime.fromtimestamp(until, UTC))
    return granted if now < granted.until else Refusal.EXPIRED


def _signature(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, _PURPOSE + body, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
