"""Queries of other search engines, and the real ones that people keep."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bot.errors import QueryError
from bot.query import parse

OVID = """exp Lung Neoplasms/
((lung or pulmonary) adj3 (neoplasm$ or tumo?r$)).ti,ab.
NSCLC.ti.
or/1-3
Infant, Newborn/
4 not 5
limit 6 to humans"""


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ('((au:"Ilya Sutskever" AND ti:autoencoders) ANDNOT cat:cs.AI)', 'author:"Ilya Sutskever" title:autoencoders -cat:cs.AI'),
        ('all:"paged attention" AND (cat:cs.AI ANDNOT cat:cs.RO)', '"paged attention" cat:cs.AI -cat:cs.RO'),
        ('("Copper"[Mesh] OR Copper[tiab]) AND Infections[ti]', "copper title:infections"),
        ("red flag*[tiab] OR trial[pt]", '"red flag*" OR trial'),
        ('"Infant, Newborn"[Mesh] AND Levine S[au]', 'newborn-infant author:"Levine S"'),
        ("a1[tiab] OR b1[tiab] AND c1[tiab]", "(a1 OR b1) c1"),
        ("a1[tiab] AND b1[tiab] OR c1[tiab] NOT d1[tiab]", "((a1 b1) OR c1) -d1"),
        ("lung[mh] OR heart valve disease OR stroke[tiab] NOT trial[pt]", "(lung OR (heart valve disease) OR stroke) -trial"),
        ("(sepsis[tiab]) AND (2016/01/19[crdt])", "sepsis"),
        ("sepsis[tiab] AND 1940/01/01:2016/01/19[crdt]", "sepsis"),
        ("“Intensive care”[tiab] OR ICU[tw]", '"intensive care" OR icu'),
        (
            OVID,
            "(lung-neoplasms OR ((lung OR pulmonary) (neoplasm* OR tumor* OR tumoar* OR tumoor* OR tumour* OR tumosr* OR tumozr*)) OR title:nsclc) -newborn-infant",
        ),
        ("(heart failure or cardiac*).ti.", 'title:"heart failure" OR title:cardiac*'),
        ("1. stroke.ti,ab.\n2. exp Aspirin/ad, tu\n3. 1 and 2", "stroke aspirin"),
        ("#1 copper[tiab]\n#2 infection[tiab]\n#1 AND #2", "copper infection"),
    ],
)  # fmt: skip
def test_translations(typed: str, normal: str) -> None:
    query = parse(typed)
    assert query.normal == normal
    assert parse(normal) == query


def test_what_a_translation_changes_is_noted() -> None:
    assert parse("copper infection").notes == ()
    notes = " ".join(parse(OVID).notes)
    for said in ("Ovid", "Nearness", "headings", "Limits", "Letters left open"):
        assert said in notes
    assert "PubMed" in parse("copper[mesh]").notes[0]


@pytest.mark.parametrize("text", ['"see [tiab] or adj3"', "cat:math.MP robot", "input/output", "e.g. robots", "U.S. policy", "title:foo.ti robot"])  # fmt: skip
def test_ours_is_not_mistaken_for_theirs(text: str) -> None:
    assert parse(text).notes == ()


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("copper[tiab] AND english[la]", "leave out `english[la]`"),
        ("lung.ti.\nheart.ti.\n1 or 5", "names line 5"),
        ("lung.ti.\nheart.ti.\nliver.ti.", "is used by no later line"),
        ("(lung[tiab]) OR heart[tiab]) AND liver[tiab]", "a `(` is missing"),
        ("(lung or.ti.\nheart.ti.\n1 or 2", "a `)` is missing"),
    ],
)
def test_what_cannot_be_translated_is_said(typed: str, part: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(typed)
    assert part in str(caught.value)
    assert caught.value.text == typed
    assert (caught.value.start, caught.value.end) == (0, len(typed))


# A keyword list or phrase counts as one query if each of its terms, typed bare and in quotes, reads.
READ = Counter(keyword_any=86, ovid_boolean=49, arxiv_boolean=26, phrase=16, pubmed_boolean=16)
REFUSED = Counter(ovid_boolean=11, nl_interest=7, keyword_any=1, arxiv_boolean=1)


def test_real_queries_read_or_say_why_not(recordings: Path) -> None:
    """The table of docs/query.md."""
    read: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for line in (recordings / "subscriptions.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if "terms" in row:
            typed = [form for term in row["terms"] if term.strip() for form in (term, f'"{term}"')]
        else:
            typed = [row.get("query") or row["text"]]
        errors = []
        for text in typed:
            try:
                query = parse(text)
            except QueryError as error:
                errors.append(error)
            else:
                assert parse(query.normal) == query
        for error in errors:
            assert len(str(error)) > len("I can't read the query at ▸") + 20
            assert error.repair is None or parse(error.repair)
        (refused if errors else read)[row["kind"]] += 1
    assert read == READ
    assert refused == REFUSED


def test_the_manual_gives_these_figures() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "query.md").read_text("utf-8")
    rows = {
        "keyword": "keyword_any",
        "phrases": "phrase",
        "arXiv": "arxiv_boolean",
        "PubMed": "pubmed_boolean",
    }
    rows |= {"Ovid": "ovid_boolean", "descriptions": "nl_interest"}
    for name, kind in rows.items():
        row = next(
            line for line in manual.splitlines() if line.startswith(f"| {name}") and line.count("|") == 6
        )
        assert row.split("|")[2:5] == [
            f" {n} " for n in (READ[kind] + REFUSED[kind], READ[kind], REFUSED[kind])
        ]
    assert f"| {sum((READ + REFUSED).values())} | {READ.total()} | {REFUSED.total()} |" in manual
