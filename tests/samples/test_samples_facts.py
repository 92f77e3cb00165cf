"""What the samples state as facts is what the listings said; what they tell in prose is our own."""

import gzip
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from bot.samples import ListRow, SamplePaper, load

RUN = 8
"""So many words in a row of an abstract would be a quotation."""


@dataclass
class Recorded:
    """Everything the recordings tell of one paper."""

    titles: list[str] = field(default_factory=list)
    authors: list[list[str]] = field(default_factory=list)
    abstracts: list[str] = field(default_factory=list)
    categories: list[str] | None = None
    announced: str | None = None
    comment: str | None = None
    row: dict | None = None
    """The row of Hugging Face's list."""


def one_line(text: str) -> str:
    return " ".join(text.split())


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def sample_papers() -> dict[str, SamplePaper]:
    return {row.paper.id: row.paper for day in load() for row in (*day.huggingface, *day.arxiv)}


def list_rows() -> list[ListRow]:
    return [row for day in load() for row in day.huggingface if not row.paper.made_up]


@pytest.fixture(scope="module")
def recorded(recordings: Path) -> dict[str, Recorded]:
    found = {paper: Recorded() for paper in sample_papers()}
    for file in sorted((recordings / "huggingface" / "daily").glob("*.json")):
        for row in json.loads(file.read_text(encoding="utf-8")):
            paper = row["paper"]
            if (one := found.get(paper["id"])) is not None:
                one.titles.append(one_line(paper["title"]))
                one.authors.append([one_line(author["name"]) for author in paper["authors"]])
                one.abstracts += [paper.get("summary") or "", paper.get("ai_summary") or ""]
                one.row = row
    with gzip.open(recordings / "arxiv" / "metadata_20k.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if (one := found.get(record["id"])) is not None:
                one.titles.append(one_line(record["title"]))
                one.authors.append([one_line(name) for name in record["authors"]])
                one.abstracts.append(record["summary"])
                one.categories = record["categories"]
                one.announced = record["listed"]
                one.comment = record.get("comment")
    oai = "{http://arxiv.org/OAI/arXiv/}"
    page = gzip.decompress((recordings / "arxiv" / "oai" / "listrecords_103.xml.gz").read_bytes())
    for record in etree.fromstring(page).iter(f"{oai}arXiv"):
        if (one := found.get(record.findtext(f"{oai}id"))) is not None:
            one.titles.append(one_line(record.findtext(f"{oai}title")))
            people = record.iter(f"{oai}author")
            one.authors.append(
                [f"{each.findtext(f'{oai}forenames')} {each.findtext(f'{oai}keyname')}" for each in people]
            )
            one.abstracts.append(record.findtext(f"{oai}abstract"))
            one.categories = record.findtext(f"{oai}categories").split()
            one.announced = record.findtext(f"{oai}created")
            one.comment = record.findtext(f"{oai}comments")
    return found


def test_every_paper_but_the_made_up_one_was_listed(recorded):
    unknown = {paper for paper, facts in recorded.items() if not facts.titles}
    assert unknown == {paper.id for paper in sample_papers().values() if paper.made_up}


def test_titles_and_authors_are_the_recorded_ones(recorded):
    for paper in sample_papers().values():
        if not paper.made_up:
            assert paper.title in recorded[paper.id].titles
            assert paper.tex_title is None or paper.tex_title in recorded[paper.id].titles
            assert list(paper.authors) in recorded[paper.id].authors


def test_categories_and_notes_are_the_recorded_ones(recorded):
    for paper in sample_papers().values():
        facts = recorded[paper.id]
        assert list(paper.categories) == (facts.categories or [])
        assert paper.comment is None or paper.comment == one_line(facts.comment or "")


def test_dates_are_the_recorded_ones(recorded):
    for paper in sample_papers().values():
        facts = recorded[paper.id]
        if facts.row is not None:
            assert paper.published == datetime.fromisoformat(facts.row["paper"]["publishedAt"])
        elif not paper.made_up:
            assert paper.published == datetime.fromisoformat(facts.announced).replace(tzinfo=UTC)


def test_organisations_keywords_and_links_are_the_recorded_ones(recorded):
    for paper in (row.paper for row in list_rows()):
        row = recorded[paper.id].row
        inner = row["paper"]
        organization = inner.get("organization") or row.get("organization") or {}
        ours = paper.organization
        assert (ours and ours.name, ours and ours.fullname) == (
            organization.get("name"),
            organization.get("fullname"),
        )
        assert list(paper.keywords) == [one_line(keyword) for keyword in inner.get("ai_keywords") or []]
        assert paper.code_url == inner.get("githubRepo")
        assert paper.project_url == inner.get("projectPage")


def test_counts_end_at_the_recorded_ones(recorded):
    for row in list_rows():
        facts = recorded[row.paper.id].row
        assert row.upvotes[-1] == facts["paper"]["upvotes"]
        assert row.comments[-1] == facts["numComments"]
        assert (row.stars[-1] if row.stars else None) == facts["paper"].get("githubStars")


def test_no_summary_repeats_the_words_of_an_abstract(recorded):
    for paper in sample_papers().values():
        ours = words(paper.summary)
        runs = {tuple(ours[start : start + RUN]) for start in range(len(ours) - RUN + 1)}
        for abstract in recorded[paper.id].abstracts:
            theirs = words(abstract)
            for start in range(len(theirs) - RUN + 1):
                assert tuple(theirs[start : start + RUN]) not in runs, paper.id
