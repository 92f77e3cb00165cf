"""Logs: a constant sentence plus fields; secrets never.

Lines go to standard error, so that cards on standard output can be piped. On a terminal they are
coloured for reading, else one JSON object a line. Foreign loggers (discord.py, slack-bolt, httpx) pass
through the same processors.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Collection, MutableMapping
from typing import Any, Final

import structlog

SHAPES: Final = re.compile(  # noqa: TID251 - a constant pattern of ours
    r"xox[abeprs]-[\w-]{8,}|xapp-[\w-]{8,}|[\w-]{23,28}\.[\w-]{6}\.[\w-]{27,}|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|(?i:bearer|bot)\s+[\w.~+/-]{20,}|(?<=/w/)[\w.-]{20,}|(?<=/feed/)[\w-]{20,}"
)
"""What tokens of Slack and Discord, passwords in addresses, bearer headers, and links to the web page and to feeds look like."""
HIDDEN: Final = "(hidden)"


class Redaction:
    """A processor that takes secrets out of every string of a line, by value and by shape."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets = sorted((secret for secret in secrets if len(secret) >= 6), key=len, reverse=True)

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for name, value in event.items():
            event[name] = self._clean(value)
        return event

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, HIDDEN)
            return SHAPES.sub(HIDDEN, value)
        if isinstance(value, dict):
            return {key: self._clean(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._clean(each) for each in value]
        return value


def configure(*, level: str, style: str, secrets: Collection[str] = ()) -> None:
    """Set logging up for this process. ``style`` is ``console`` or ``json``."""
    redaction = Redaction(secrets)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    if style == "console":
        last: list[Any] = [redaction, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    else:
        last = [
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            redaction,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Their INFO is our DEBUG: one line a poll and one a delivery is what an operator reads.
    for name in ("httpx", "httpcore", "discord", "slack_bolt", "slack_sdk", "aiohttp"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
