"""Options that several verbs share, so that they read the same everywhere.

No option bears the name of a filter field (``source:``, ``cat:`` …): a written command mixes both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.commands.model import Choice, Option, OptionKind


def choices(*pairs: tuple[str, str]) -> tuple[Choice, ...]:
    """Write pairs of value and label as choices."""
    return tuple(Choice(value, label) for value, label in pairs)


ON_OFF: Final = choices(("on", "On"), ("off", "Off"))

SUBSCRIPTION: Final = Option(
    name="subscription",
    kind=OptionKind.SUBSCRIPTION,
    description="Which subscription, by its number: 7 or s7. «list» shows the numbers.",
    required=True,
)
PAPER: Final = Option(
    name="paper",
    kind=OptionKind.PAPER,
    description="Which paper: an arXiv id, a DOI, or the address of its page.",
    required=True,
)
ANY_SUBSCRIPTION: Final = replace(SUBSCRIPTION, required=False)
QUERY: Final = Option(
    name="query",
    kind=OptionKind.QUERY,
    description="What to look for, e.g. diffusion (policy OR planning) -survey cat:cs.RO",
)
CARD: Final = Option(
    name="card",
    kind=OptionKind.CHOICE,
    description="How much of a paper a card shows.",
    choices=choices(("compact", "Compact: five lines"), ("full", "Full: with the abstract")),
    default="compact",
)
TIMEZONE: Final = Option(
    name="timezone",
    kind=OptionKind.ZONE,
    description="Time zone for the times above, e.g. Europe/Paris.",
    default="the zone in settings",
)
QUIET: Final = Option(
    name="quiet_hours",
    kind=OptionKind.TEXT,
    description="Hours in which instant and hourly posts wait, e.g. 22:00-07:00, or off. Nothing is dropped.",
    default="the quiet hours in settings",
)

FIELDS: Final = (
    Option(
        name="to",
        kind=OptionKind.DESTINATION,
        description="Where papers go: here, me (direct messages), or a channel.",
        default="here",
    ),
    Option(
        name="when",
        kind=OptionKind.CHOICE,
        description="How often: one digest a day, at once, each hour, or each week.",
        choices=choices(
            ("daily", "One digest a day"),
            ("instant", "Each paper at once"),
            ("hourly", "One digest an hour"),
            ("weekly", "One digest a week"),
        ),
        default="daily",
    ),
    Option(
        name="at",
        kind=OptionKind.TIME,
        description="Local time of digests, e.g. 09:00 or 5pm; or «complete by 11:00», once the day's lists are.",
        default="09:00",
    ),
    Option(
        name="days",
        kind=OptionKind.DAYS,
        description="On which days: mon-fri, «mon,wed», weekends, every day.",
        default="mon-fri",
    ),
    TIMEZONE,
    QUIET,
    Option(
        name="sources",
        kind=OptionKind.SOURCES,
        description="Only papers these sources announced, e.g. huggingface,arxiv, or all.",
        default="all",
    ),
    Option(
        name="min_upvotes",
        kind=OptionKind.INTEGER,
        description="Only papers with at least this many upvotes.",
        minimum=0,
        maximum=100_000,
    ),
    CARD,
    Option(
        name="limit",
        kind=OptionKind.INTEGER,
        description="Most papers in one digest; the rest stays one click away.",
        default="10",
        minimum=1,
        maximum=50,
    ),
    Option(
        name="mention",
        kind=OptionKind.GROUP,
        description="A role or group to mention when something matches, or none.",
        default="none",
    ),
    Option(
        name="name",
        kind=OptionKind.TEXT,
        description="What to call this subscription; without one its filter is its name.",
    ),
)
"""What a subscription is made of besides its query, in the order in which people are asked."""

TOKEN: Final = Option(
    name="token",
    kind=OptionKind.TEXT,
    description="Which question or change the button belongs to.",
    required=True,
)
