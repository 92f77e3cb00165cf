"""A delivery as the fields of a hash: its own, and one of reasons for each subscription."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bot.errors import SchemaTooNew
from bot.models import Delivery, DeliveryKind, DeliveryState, Destination, MessageRef, Reason
from bot.store.database import Value
from bot.store.records import VERSION, DamagedRecordError, decode, encode

REASONS: Final = "r:"


def to_fields(delivery: Delivery, now: datetime) -> dict[str, Value]:
    """The fields that a plan writes; what happens to it later is written by scripts."""
    fields: dict[str, Value] = {
        "v": VERSION,
        "kind": delivery.kind.value,
        "destination": encode(delivery.destination),
        "workspace": delivery.destination.workspace,
        "lane": delivery.destination.key,
        "papers": json.dumps(delivery.papers),
        "planned": to_ms(now),
    }
    if delivery.due:
        fields["due"] = to_ms(delivery.due)
    if delivery.subscriptions:
        fields["subscriptions"] = json.dumps(delivery.subscriptions)
    if delivery.period:
        fields["period"] = delivery.period
    if delivery.note:
        fields["note"] = delivery.note
    return fields


def from_fields(key: str, record: Mapping[str, str]) -> Delivery:
    """Read a whole record.

    Raises:
        SchemaTooNew: a newer version wrote it.
        DamagedRecordError: it is not a delivery.
    """
    if int(record.get("v", 1)) > VERSION:
        raise SchemaTooNew(
            f"A delivery was planned by a newer Paper Pigeon (record {record['v']}; this version reads up to "
            f"{VERSION}). A process of the newer version will send it."
        )
    try:
        return _read(key, record)
    except SchemaTooNew:
        raise
    except (KeyError, ValueError, TypeError, IndexError, DamagedRecordError) as error:
        raise DamagedRecordError(f"The stored delivery {key} cannot be read ({error!r}).") from error


def _read(key: str, record: Mapping[str, str]) -> Delivery:
    reasons = {
        int(name[len(REASONS) :]): decode_reasons(text)
        for name, text in record.items()
        if name.startswith(REASONS)
    }
    papers = tuple(json.loads(record.get("papers", "[]")))
    numbers = (*json.loads(record.get("subscriptions", "[]")), *sorted(reasons))
    return Delivery(
        key=key,
        kind=DeliveryKind(record["kind"]),
        destination=decode(Destination, record["destination"]),
        papers=papers,
        subscriptions=tuple(dict.fromkeys(numbers)),
        reasons=tuple((number, found) for number, found in sorted(reasons.items())),
        due=from_ms(record["due"]) if "due" in record else None,
        planned_at=from_ms(record["planned"]) if "planned" in record else None,
        state=DeliveryState(record["state"]),
        attempts=int(record.get("attempts", 0)),
        intent_at=from_ms(record["intent"]) if "intent" in record else None,
        first_intent_at=from_ms(record["first"]) if "first" in record else None,
        doubt_at=from_ms(record["doubt"]) if record.get("doubt") else None,
        sent_at=from_ms(record["sent"]) if "sent" in record else None,
        message=decode(MessageRef, record["message"]) if "message" in record else None,
        period=record.get("period", ""),
        digest=record.get("digest", ""),
        note=record.get("note", ""),
        why=record.get("why", ""),
    )


def encode_reasons(found: Sequence[Reason]) -> str:
    """Reasons as a JSON list of rows."""
    return json.dumps(
        [[one.term, one.field, one.spans, one.text, one.score] for one in found], ensure_ascii=False
    )


def decode_reasons(text: str) -> tuple[Reason, ...]:
    """Read what :func:`encode_reasons` wrote."""
    return tuple(
        Reason(
            term=row[0], field=row[1], spans=tuple(tuple(pair) for pair in row[2]), text=row[3], score=row[4]
        )
        for row in json.loads(text)
    )


def flat(fields: Mapping[str, Any]) -> list[Value]:
    """Names and values in turn, as a script takes them."""
    return [part for pair in fields.items() for part in pair]


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC."""
    return int(moment.timestamp() * 1000)


def from_ms(ms: str | float) -> datetime:
    """The moment, aware, in UTC."""
    return datetime.fromtimestamp(float(ms) / 1000, UTC)
