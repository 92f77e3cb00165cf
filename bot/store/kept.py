"""Subscriptions as the store keeps them: without what their place in it says already, and read as far as they are needed.

A record lies in the hash of its workspace under its number, so it holds neither: that is a quarter of most records.
Records that hold them are read as well. An index that starts needs of a hundred thousand records little more than the
filter; the rest of one is read when somebody's paper has come.
"""

from __future__ import annotations

import json
import re
from typing import Final

import structlog

from bot.models import Subscription, SubscriptionState
from bot.store.records import VERSION, DamagedRecordError, decode, encode

log = structlog.get_logger(__name__)

_PLACED: Final = {"number": True, "destination": {"platform", "workspace"}}
"""What its place in the store says."""
_START: Final = f'{{"v":{VERSION},"query":"'
_WHERE: Final = '"destination":{'
"""A quote inside a text is written with a backslash, so this begins nothing but the destination."""
_FILTER: Final = re.compile(  # noqa: TID251 - a pattern of ours
    rf'\{{"v":{VERSION},(?:"number":\d+,)?"query":"([^"\\]*(?:\\.[^"\\]*)*)"'
)
_SOURCES: Final = '"sources":['
_REMOVED: Final = f'"state":"{SubscriptionState.REMOVED}"'


def record_of(subscription: Subscription) -> str:
    """The record."""
    return encode(subscription, leave_out=_PLACED)


def read(raw: str, platform: str, workspace: str, number: str) -> Subscription:
    """The subscription of a record and its place.

    Raises:
        DamagedRecordError: it is no such record.
    """
    if raw.startswith(_START):
        head, where, rest = raw.partition(_WHERE)
        if where:
            place = f'"platform":{json.dumps(platform)},"workspace":{json.dumps(workspace)},'
            raw = f'{head}"number":{int(number)},{where}{place}{rest}'
    return decode(Subscription, raw)


def undamaged(raw: str, platform: str, workspace: str, number: str) -> Subscription | None:
    """The same, if it can be read: what happened to one subscription must not stop the others."""
    try:
        return read(raw, platform, workspace, number)
    except DamagedRecordError as error:
        log.critical("A subscription is left out", why=str(error), record=raw[:200])
        return None


def filter_of(raw: str) -> str | None:
    """The filter of a record that is plainly one of ours; ``None`` where the whole record has to be read first."""
    found = _FILTER.match(raw)
    if found is None or not raw.endswith("}"):
        return None
    return json.loads(found[0][found.start(1) - 1 :]) if "\\" in found[1] else found[1]


def is_removed(raw: str) -> bool:
    """Whether it is the record of a subscription that was removed."""
    return _REMOVED in raw


def names_sources(raw: str) -> bool:
    """Whether it wants papers of some sources only."""
    return _SOURCES in raw


class Kept:
    """Subscriptions by id. A record becomes a subscription when somebody asks for it, and then stays one."""

    def __init__(self) -> None:
        self._held: dict[str, str | Subscription] = {}

    def put(self, subscription_id: str, one: str | Subscription) -> None:
        """Keep a subscription, or the record of one."""
        self._held[subscription_id] = one

    def drop(self, subscription_id: str) -> None:
        """Forget one."""
        del self._held[subscription_id]

    def __contains__(self, subscription_id: str) -> bool:
        return subscription_id in self._held

    def filter_of(self, subscription_id: str) -> str:
        """The filter of one that is kept."""
        one = self._held[subscription_id]
        text = filter_of(one) if isinstance(one, str) else one.query
        assert text is not None
        return text

    def get(self, subscription_id: str) -> Subscription | None:
        """One that is kept; ``None`` where its record turns out to be damaged."""
        one = self._held[subscription_id]
        if isinstance(one, str):
            read_ = undamaged(one, *parts(subscription_id))
            if read_ is None:
                return None
            one = self._held[subscription_id] = read_
        return one


def parts(subscription_id: str) -> tuple[str, str, str]:
    """Platform, workspace and number of a full id."""
    platform, _, rest = subscription_id.partition("/")
    workspace, _, number = rest.rpartition("/")
    return platform, workspace, number
