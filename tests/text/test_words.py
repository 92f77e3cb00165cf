"""Words: where they stand, and which spellings are one word."""

import pytest
import snowballstemmer
from hypothesis import given, settings
from hypothesis import strategies as st
from snowballstemmer.english_stemmer import EnglishStemmer

from bot.text.words import (
    STOP_WORDS,
    compounds,
    fold,
    joinable,
    scanned,
    spans,
    stem,
    stems,
    tokens,
    unspaced,
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Schölkopf", "scholkopf"),
        ("Scho\u0308lkopf", "scholkopf"),
        ("STRASSE Straße", "strasse strasse"),
        ("İstanbul Yıldız", "istanbul yildiz"),
        ("ｄｉｆｆｕｓｉｏｎ", "diffusion"),
        ("eﬃcient", "efficient"),
        ("diffu\u00adsion zero\u200bwidth", "diffusion zerowidth"),
        ("Łukasz Ærø Þór Đorđe œuvre", "lukasz aero thor dorde oeuvre"),
        ("Йод ёж", "иод еж"),
        ("NbSe₂ 𝒟 Ω ΣΑΣ", "nbse2 d ω σασ"),
        ("が 한국", "が 한국"),
    ],
)
def test_folding_takes_away_case_width_and_accents(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=60))
def test_words_stand_where_they_say(text: str) -> None:
    after = 0
    for token in tokens(text):
        assert after <= token.start < token.end <= len(text)
        assert token.exact
        after = token.end


@settings(max_examples=300)
@given(
    st.text(alphabet="abC2 -_'$+*#.\\é", max_size=30)
    | st.text(alphabet="abC2é -–_'’ʼ×²İß\u037a\u0301\u200b机ﬁ", max_size=30)
    | st.text(max_size=30)
)
def test_the_quick_readings_are_those_of_the_tokens(text: str) -> None:
    found = tokens(text)
    assert spans(text) == tuple((t.start, t.end) for t in found)
    assert scanned(text) == (
        tuple(t.exact for t in found),
        tuple(t.stem for t in found),
        compounds(text, found),
    )
    # A letter that is not ASCII takes the general pattern: the words before it must stay the same.
    general = tokens(f"{text} ß")[:-1]
    assert general == found


@settings(max_examples=50)
@given(st.text(alphabet="Abcß é'-’ﬁ2", max_size=20))
def test_case_makes_no_difference(text: str) -> None:
    if fold(text.upper()) == fold(text):  # a few letters have no way back from capitals
        assert [t.exact for t in tokens(text.upper())] == [t.exact for t in tokens(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Fine-tuning: 3D-aware GPT-4.5!", ["fine", "tuning", "3d", "aware", "gpt", "4", "5"]),
        ("$k$-means and {\\em world} models", ["k", "means", "and", "world", "models"]),
        ("\\textbf{world} \\alpha-stable", ["world", "alpha", "stable"]),
        ("bird's-eye O’Brien’s don't", ["bird", "eye", "obrien", "dont"]),
        ("A* search, D*, C++ and C#", ["a*", "search", "d*", "c++", "and", "c#"]),
        ("a**b 2*3 x*y", ["a", "b", "2", "3", "x", "y"]),
        ("扩散模型 for カメラ", ["扩", "散", "模", "型", "for", "カ", "メ", "ラ"]),
        ("snake_case a/b", ["snake", "case", "a", "b"]),
        ("… — !", []),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert [t.exact for t in tokens(text)] == words


def test_ascii_takes_the_same_way_as_everything_else() -> None:
    plain = "Fine-tuning world models, 2x faster (on 3 GPUs)."
    assert tokens(plain) == tokens(plain + " é")[:-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("policies", "policy"),
        ("models", "model"),
        ("diffusing", "diffused"),
        ("tuning", "tuned"),
        ("llms", "llm"),
        ("gnns", "gnn"),
        ("mllms", "mllm"),
    ],
)
def test_endings_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"), [("police", "policy"), ("gps", "gp"), ("loss", "los"), ("css", "cs")]
)
def test_other_words_do_not(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_fast_and_pure_stemmer_agree() -> None:
    """Without PyStemmer the pure one is used, and a store must not know the difference."""
    words = [
        "policies",
        "fine",
        "finetuning",
        "modelling",
        "dying",
        "skies",
        "generously",
        "transformers",
        "agents",
        "3d",
        "kmeans",
    ]
    pure = EnglishStemmer()
    assert stems(words) == pure.stemWords(words)
    assert type(snowballstemmer.stemmer("english")) is not EnglishStemmer, "PyStemmer is a dependency of ours"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("fine-tuning", ["finetuning", ""]),
        ("fine tuning", ["finetuning", ""]),
        ("fine–tuning", ["finetuning", ""]),
        ("fine,  tuning", ["", ""]),
        ("fine. Tuning", ["", ""]),
        ("$k$-means", ["kmeans", ""]),
        ("k means", ["", ""]),
        ("1-2", ["", ""]),
        ("GPT-4", ["gpt4", ""]),
        ("", []),
    ],
)
def test_compounds(text: str, made: list[str]) -> None:
    assert list(compounds(text, tokens(text))) == made


@pytest.mark.parametrize("text", ["robots in formation", "a symmetric (map)", "for mat", "be low", "may be"])
def test_short_and_common_words_make_no_compound_across_a_space(text: str) -> None:
    assert not compounds(text, tokens(text))[0]
    assert not compounds(text, tokens(text))[1]


def test_stop_words_are_folded() -> None:
    assert all(fold(word) == word for word in STOP_WORDS)
    assert not joinable("the", "rapist")


def test_unspaced() -> None:
    assert unspaced("扩")
    assert not unspaced("a")
    assert not unspaced("한")
