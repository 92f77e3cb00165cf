"""Writes protocol buffers: as much of the encoding as an ONNX file needs.

Numbers are varints, floats four bytes, texts and messages length-prefixed
(https://protobuf.dev/programming-guides/encoding/); the fields are those of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import struct
from typing import TypeAlias

Value: TypeAlias = int | float | str | bytes


def message(*fields: tuple[int, Value]) -> bytes:
    """The bytes of a message; a field that repeats is given several times."""
    return b"".join([_field(number, value) for number, value in fields])


def _field(number: int, value: Value) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(raw)) + raw


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # a negative number is written as its two's complement
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
