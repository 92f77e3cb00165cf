"""Many texts read at once have the words that each has by itself."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching import vocabulary
from bot.matching.reading import AT_ONCE, read
from bot.matching.vocabulary import Vocabulary
from bot.models import Paper
from bot.text.words import scanned
from tests.matching.queries import Draw
from tests.matching.test_index_oracle import differences

SIGNS = "-‐–−'’ʼ., $_{}\\\n\t\u00a0\u00ad\u200d\0()/*+#"
LETTERS = "abzABZ019éÉßİıæﬁΩя中あ한\u0301𝒜𝛼²½ª\ud800"
WORDS = [
    "the",
    "fine",
    "tuning",
    "LLMs",
    "robot's",
    "Schrödinger’s",
    "C++",
    "A*",
    "\\emph{x}",
    "state-of-the-art",
    "2-1",
]
TEXTS = st.lists(
    st.text(SIGNS + LETTERS, max_size=30)
    | st.lists(st.sampled_from([*WORDS, *SIGNS, " ", " "]), max_size=12).map("".join),
    max_size=8,
)


def as_read(texts: Sequence[str], known: Vocabulary) -> list[tuple[list[str], list[str], list[bool]]]:
    """Folded words, stems, and whether each makes a compound with the next, for each text."""
    words, joins, sizes = read(texts, known)
    found, at = [], 0
    for size in sizes.tolist():
        *held, border = words[at : at + size].tolist()
        assert border == 0
        exact, stems = ([known.text[forms[word]] for word in held] for forms in (known.exact, known.stem))
        found.append((exact, stems, joins[at : at + size - 1].tolist()))
        at += size
    assert at == len(words) == len(joins)
    return found


def one_by_one(texts: Sequence[str]) -> list[tuple[list[str], list[str], list[bool]]]:
    found = map(scanned, texts)
    return [(list(one.exact), list(one.stems), [word != "" for word in one.joined]) for one in found]


@given(TEXTS)
def test_any_texts(texts: list[str]) -> None:
    known = Vocabulary()
    for _ in range(2):  # with words that were never met, and with known ones
        assert as_read(texts, known) == one_by_one(texts)


def test_real_texts(read_papers: Callable[[int], list[Paper]]) -> None:
    known = Vocabulary()
    texts = [text for paper in read_papers(20) for text in (paper.title, paper.abstract)]
    for start in range(0, len(texts), 64):
        some = texts[start : start + 64]
        assert as_read(some, known) == one_by_one(some)


def test_long_texts_and_none() -> None:
    known = Vocabulary()
    long = "world-models plan " * (AT_ONCE // 12)
    part = "diffusion policies " * (AT_ONCE // 40)
    texts = ["a robot", long, "", part, part, part, "end's"]
    assert as_read(texts, known) == one_by_one(texts)
    assert as_read([], known) == []


def test_words_that_look_nearly_alike_are_told_apart() -> None:
    known = Vocabulary()
    texts = [" ".join(f"{a}{b}{c}" for a in "abcdefghij0123" for b in "klmnop45" for c in "qrstuvwxyz6789")]
    assert as_read(texts, known) == one_by_one(texts)
    assert len(known) == len({*scanned(texts[0]).exact})


@pytest.mark.timeout(120)
def test_what_is_forgotten_is_read_again(read_papers: Callable[[int], list[Paper]], monkeypatch) -> None:
    monkeypatch.setattr(vocabulary, "ROOM", 300)
    papers = read_papers(250)
    draw = Draw(papers, seed=8)
    passed, wrong = differences(papers, [draw.query() for _ in range(400)], change=True)
    assert not wrong, wrong[:5]
    assert passed > 1_000
