"""Writing protocol buffers needs no package: what is written reads back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.embedding.protobuf import message


def read(raw: bytes) -> list[tuple[int, object]]:
    """An independent reader of the wire format."""
    fields, at = [], 0

    def varint() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = raw[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    while at < len(raw):
        key = varint()
        if key & 7 == 0:
            fields.append((key >> 3, varint()))
        else:
            size = 4 if key & 7 == 5 else varint()
            fields.append((key >> 3, raw[at : at + size]))
            at += size
    return fields


@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 2**63) | st.binary(max_size=300)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_fields_are_read_back_in_their_order(fields):
    assert read(message(*fields)) == fields


def test_a_negative_number_is_its_twos_complement():
    assert read(message((3, -1))) == [(3, 2**64 - 1)]
