"""A filter that no listing can ever answer is not silently silent."""

import pytest

from bot.handlers.unwatched import unwatched
from bot.query import parse
from tests.core import Core, words

CATEGORIES = {"arxiv": ("cs.AI", "cs.RO", "math", "q-bio.NC")}


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("cat:hep-th", "I do not watch `hep-th`"),
        ("robot cat:cs.CL", "I do not watch `cs.CL`"),
        ("cat:hep-th OR cat:cs.RO", "I do not watch `hep-th`"),
        ("cat:astro-ph.*", "I do not watch `astro-ph.*`"),
        ("source:pubmed cancer", "I do not read a listing called «pubmed»"),
    ],
)
def test_what_nothing_can_come_of_is_said(query: str, part: str) -> None:
    (said,) = unwatched(parse(query), ["arxiv", "huggingface"], CATEGORIES)
    assert part in said


@pytest.mark.parametrize(
    "query",
    [
        "robot",
        "cat:cs.RO",
        "cat:cs",
        "cat:cs.*",
        "cat:cs.R*",
        "cat:math.AG",
        "cat:q-bio",
        "robot -cat:hep-th",
        "robot -source:pubmed",
        "cat:neuroscience",
        "source:arxiv robot",
    ],
)
def test_what_can_come_is_left_alone(query: str) -> None:
    assert unwatched(parse(query), ["arxiv", "huggingface"], CATEGORIES) == []


def test_where_no_listing_announces_by_category_nothing_is_known() -> None:
    assert unwatched(parse("cat:hep-th"), ["biorxiv"], {}) == []


async def test_preview_and_subscribe_say_it(core: Core) -> None:
    for line in ("preview cat:hep-th", "subscribe cat:hep-th"):
        said = words(await core.say(line))
        assert "I do not watch hep-th" in said
        assert "PIGEON_ARXIV__CATEGORIES" in said
    assert "not watch" not in words(await core.say("preview cat:cs.RO"))
