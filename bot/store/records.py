"""Records as JSON, each with its schema number.

A reader takes any number up to its own and ignores fields it does not know, so that version N reads
what N+1 wrote within a major version. A higher number than ours is refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.errors import PigeonError, SchemaTooNew

VERSION: Final = 1
"""The schema number of every record that this program writes."""

Record = TypeVar("Record")


class DamagedRecordError(PigeonError):
    """A stored record cannot be read; the sentence names it."""


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def encode(record: object, *, leave_out: Mapping[str, Any] | None = None) -> str:
    """One record as compact JSON. Fields that hold their default are left out: they cost memory.

    ``leave_out`` names more of them, as pydantic's ``exclude`` does: what the reader knows from elsewhere.
    """
    exclude = dict(leave_out) if leave_out else None
    body = _adapter(type(record)).dump_json(record, exclude_defaults=True, exclude=exclude).decode()
    start = f'{{"v":{VERSION}'
    return start + (f",{body[1:]}" if body != "{}" else "}")


def decode(kind: type[Record], text: str | bytes) -> Record:
    """Read one record.

    Raises:
        SchemaTooNew: it was written by a newer major version.
        DamagedRecordError: it is not such a record.
    """
    raw = text.decode() if isinstance(text, bytes) else text
    version = _version(raw)
    if version > VERSION:
        raise SchemaTooNew(
            f"The store holds a {kind.__name__} in schema {version}; this version reads up to {VERSION}. "
            "Start the newer version of Paper Pigeon, or restore a backup made before the upgrade."
        )
    try:
        return _adapter(kind).validate_json(raw)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise DamagedRecordError(
            f"A stored {kind.__name__} cannot be read ({error.error_count()} faults, the first: "
            f"{error.errors()[0]['msg']}). Restore it from a backup: pigeon restore FILE."
        ) from error


def _version(raw: str) -> int:
    if not raw.startswith('{"v":'):
        return 0
    digits = raw[5:9]
    end = next((at for at, char in enumerate(digits) if not char.isdigit()), len(digits))
    return int(digits[:end] or 0)
