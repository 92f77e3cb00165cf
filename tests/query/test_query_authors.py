"""Names of people, taken apart."""

from hypothesis import given
from hypothesis import strategies as st

from bot.query.authors import taken_apart

WORDS = st.sampled_from(["Ann", "bo", "X", "y", "van", "Van", "den", "Jr", "III", "Levine", "de", "Wu"])


@given(st.lists(WORDS, max_size=5), st.sampled_from([" ", "  "]))
def test_a_plain_name_is_read_as_any_other(words: list[str], space: str) -> None:
    name = space.join(words)
    assert taken_apart(name) == taken_apart(f"{name}.")  # a mark that parts words and says nothing
