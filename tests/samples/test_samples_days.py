"""The bundled papers: enough of them, of many kinds, with every awkward case the demo promises."""

import re
import subprocess
import sys
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from bot.samples import Announcement, ListRow, SampleDay, load
from bot.samples.arxiv import announce_type

ROOT = Path(__file__).resolve().parents[2]


def papers_of(day: SampleDay) -> dict[str, str]:
    """Title and summary of each paper of a day, by id."""
    rows = [*day.huggingface, *day.arxiv]
    return {row.paper.id: f"{row.paper.title} {row.paper.summary}" for row in rows}


def rows(case: str) -> list[tuple[int, ListRow]]:
    return [(day.number, row) for day in load() for row in day.huggingface if case in row.case]


def announcements(case: str) -> list[tuple[int, Announcement]]:
    return [(day.number, row) for day in load() for row in day.arxiv if case in row.case]


def test_four_days_hold_at_least_64_papers_and_16_a_day():
    days = load()
    assert [day.number for day in days] == [1, 2, 3, 4]
    assert len({paper for day in days for paper in papers_of(day)}) >= 64
    assert all(len(papers_of(day)) >= 16 for day in days)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\brobot",
        r"\bworld models?\b",
        r"\bdiffusion\b(?!.*\bsurvey)",
        r"\blanguage models?\b",
        r"\bagents?\b",
        r"\breinforcement\b",
    ],
)
def test_a_subject_that_people_follow_turns_up_on_at_least_three_days(pattern):
    hits = [
        any(re.search(pattern, text, re.IGNORECASE) for text in papers_of(day).values()) for day in load()
    ]
    assert sum(hits) >= 3


@pytest.mark.parametrize(
    "pattern", ["speech|audio", "protein|molecul|cell|enzyme", "safety|harmful|jailbreak"]
)
def test_a_rarer_subject_turns_up_on_at_least_two_days(pattern):
    hits = [
        any(re.search(pattern, text, re.IGNORECASE) for text in papers_of(day).values()) for day in load()
    ]
    assert sum(hits) >= 2


@pytest.mark.parametrize("category", ["cs.RO", "cs.CL", "cs.CV", "cs.AI", "cs.LG"])
def test_the_common_categories_turn_up_every_day(category):
    assert all(any(category in row.paper.categories for row in day.arxiv) for day in load())


def test_every_summary_is_two_to_four_sentences():
    for day in load():
        for row in (*day.huggingface, *day.arxiv):
            summary = row.paper.summary
            assert 60 < len(summary) < 500, row.paper.id
            assert 2 <= len(re.findall(r"[.?!](?:\s|$)", summary)) <= 4, row.paper.id


def test_a_paper_on_both_listings_on_one_day_and_on_different_days():
    where = {}
    for day in load():
        for row in day.huggingface:
            where.setdefault(row.paper.id, {}).setdefault("huggingface", day.number)
        for item in day.arxiv:
            where.setdefault(item.paper.id, {}).setdefault("arxiv", day.number)
    both = {paper: found for paper, found in where.items() if len(found) == 2}
    assert {paper for paper, found in both.items() if found["huggingface"] == found["arxiv"]} == {
        "2510.18135", "2510.12838", "2510.20766",
    }  # fmt: skip
    assert {paper for paper, found in both.items() if found["huggingface"] < found["arxiv"]} == {"2510.15301"}
    assert {paper for paper, found in both.items() if found["huggingface"] > found["arxiv"]} == {
        "2510.16844", "2510.19779",
    }  # fmt: skip


def test_a_revision_follows_its_first_version_on_a_later_day():
    for number, item in announcements("revision"):
        assert item.version == 2
        firsts = [
            day.number for day in load() for one in day.arxiv if one.paper is item.paper and one.version == 1
        ]
        assert firsts
        assert firsts[0] < number
    assert len(announcements("revision")) == 3


def test_each_kind_of_announcement_occurs_in_a_feed_of_the_common_categories():
    feed = ("cs.AI", "cs.CL", "cs.CV", "cs.LG", "cs.RO")
    kinds = Counter(announce_type(item, feed) for day in load() for item in day.arxiv)
    assert set(kinds) == {"new", "cross", "replace", "replace-cross"}


def test_an_old_style_id():
    [(_, item)] = announcements("old-style")
    assert item.paper.id == "nlin/0109019"
    assert announce_type(item, ("cs.RO",)) == "replace-cross"


def test_latex_in_titles_and_abstracts():
    arxiv = [item.paper for day in load() for item in day.arxiv]
    assert sum("\\" in (paper.tex_title or paper.title) for paper in arxiv) >= 3
    assert sum("\\" in paper.summary for paper in arxiv) >= 4


def test_two_forms_of_one_title():
    [(_, row)] = rows("two forms of the title")
    assert row.paper.title.startswith("A^2FM:")
    assert row.paper.tex_title
    assert row.paper.tex_title.startswith(r"A\textsuperscript{2}FM:")


def test_accents_in_names_on_every_day():
    for day in load():
        names = [name for row in (*day.huggingface, *day.arxiv) for name in row.paper.authors]
        assert any(not name.isascii() for name in names), day.number


def test_only_one_record_is_made_up_and_says_so():
    made_up = {row.paper for day in load() for row in (*day.huggingface, *day.arxiv) if row.paper.made_up}
    [paper] = made_up
    assert paper.id == "2510.00000"
    assert "invented" in paper.summary
    assert "Made-Up" in paper.title


def test_the_made_up_title_holds_mentions_right_to_left_letters_and_an_emoji():
    [(_, row)] = rows("made up")
    title = row.paper.title
    assert "@everyone" in title
    assert "<!channel>" in title
    assert any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in title)
    assert any(unicodedata.category(letter) == "So" for letter in title)


def test_right_to_left_letters_in_abstracts_of_real_papers():
    real = [row.paper for day in load() for row in (*day.huggingface, *day.arxiv) if not row.paper.made_up]
    assert sum(any(unicodedata.bidirectional(letter) == "AL" for letter in one.summary) for one in real) >= 3


def test_missing_fields():
    assert [row.without for _, row in rows("no authors key")] == [{"authors"}]
    assert [row.without for _, row in rows("no summary key")] == [{"summary"}]
    assert [row.null for _, row in rows("is null")] == [{"organization"}]


def test_a_very_long_title():
    [(_, item)] = announcements("very long title")
    assert len(item.paper.title) > 200


def test_counts_grow_from_day_to_day():
    growing = rows("grow")
    assert {number for number, _ in growing} == {1, 2}
    for number, row in growing:
        assert len(row.upvotes) == 5 - number
        assert list(row.upvotes) == sorted(set(row.upvotes))


def test_a_paper_listed_late_appears_a_day_after_the_day_of_its_list():
    [(number, row)] = rows("late")
    assert row.from_day == number + 1


def test_a_paper_stands_twice_in_one_list():
    twice = rows("twice")
    assert len(twice) == 2
    assert twice[0] == twice[1]


def test_every_case_is_told_in_the_readme():
    readme = (ROOT / "bot" / "samples" / "README.md").read_text(encoding="utf-8")
    for day in load():
        for row in (*day.huggingface, *day.arxiv):
            if row.case:
                assert f"`{row.paper.id}`" in readme, row.case


def test_the_wheel_brings_the_data(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"bot/samples/day{number}.json" for number in (1, 2, 3, 4)} <= names
    assert "bot/samples/README.md" in names
