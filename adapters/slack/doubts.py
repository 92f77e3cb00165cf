"""How many sends of unknown outcome could not be looked up, by what was done about them; ``pigeon doctor`` tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from adapters.slack.settings import OnAmbiguous
from bot.errors import PigeonError
from bot.ports import Finding, Severity, Shelf

log = structlog.get_logger(__name__)

COUNTED: Final = timedelta(days=30)


async def count(shelf: Shelf, policy: OnAmbiguous, key: str) -> None:
    """Count a delivery, once however often it is tried."""
    try:
        await shelf.add(f"doubt/{policy.value}/{key}", "1", ttl=COUNTED)
    except PigeonError as error:  # a figure is not worth a delivery
        log.warning("A send of unknown outcome could not be counted", why=str(error))


async def finding(shelf: Shelf) -> Finding:
    """What was counted in thirty days."""
    resent, parked = [
        len(await shelf.names(f"doubt/{policy.value}/")) for policy in (OnAmbiguous.RESEND, OnAmbiguous.PARK)
    ]
    if not resent + parked:
        return Finding("Slack sends", Severity.OK, "Every send of unknown outcome could be looked up.")
    return Finding(
        "Slack sends",
        Severity.WARNING,
        f"In {COUNTED.days} days {resent + parked} of unknown outcome could not be looked up: {resent} may have been posted "
        f"twice, {parked} may be missing.",
        "Grant channels:history and groups:history, and invite the bot; «pigeon dead list» shows what was put aside.",
    )
