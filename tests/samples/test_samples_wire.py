"""The served forms are the real ones: compared with recorded lists and feeds."""

import json
from datetime import date

import pytest
from lxml import etree

from bot.samples import load
from bot.samples.arxiv import tex_name

ARXIV = "{http://arxiv.org/schemas/atom}"
ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
COMMON = "cs.AI+cs.CL+cs.CV+cs.LG+cs.RO"
LAST = date(2026, 3, 8)


async def tree(http, url: str) -> etree._Element:
    async with http.get(url) as answer:
        assert answer.status == 200
        assert answer.content_type.endswith("+xml")
        return etree.fromstring(await answer.read())


def shape(root: etree._Element) -> set[tuple[str, ...]]:
    """Each element as the path of names that leads to it, with its attributes' names."""
    shapes = set()
    for element in root.iter(etree.Element):
        path = [one.tag for one in element.iterancestors()][::-1]
        shapes.add((*path, element.tag, *sorted(element.attrib)))
    return shapes


def keys(rows: list[dict], *path: str) -> tuple[set[str], set[str]]:
    """Of the objects at that path: the keys of some, and those of all."""
    for name in path:
        rows = [row[name] for row in rows if row.get(name)]
        if rows and isinstance(rows[0], list):
            rows = [one for row in rows for one in row]
    return set().union(*rows), set.intersection(*(set(row) for row in rows))


@pytest.fixture(scope="module")
def recorded_rows(recordings) -> list[dict]:
    return json.loads((recordings / "huggingface" / "daily" / "2025-10-22.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("paper",),
        ("paper", "authors"),
        ("submittedBy",),
        ("organization",),
        ("paper", "submittedOnDailyBy"),
    ],
)
async def test_a_list_has_the_keys_of_a_recorded_one(http, whole, recorded_rows, path):
    rows = []
    for back in range(4):
        day = LAST.replace(day=LAST.day - back)
        async with http.get(f"{whole.huggingface_url}/api/daily_papers?date={day}") as answer:
            rows += await answer.json()
    ours, _ = keys(rows, *path)
    some, every = keys(recorded_rows, *path)
    assert ours <= some
    # Pictures of members, organisations and papers are not in the samples.
    assert every - ours <= {"avatar", "avatarUrl"}


async def test_dates_of_a_list_are_written_like_recorded_ones(http, whole, recorded_rows):
    async with http.get(f"{whole.huggingface_url}/api/daily_papers?date=2026-03-05") as answer:
        [ours] = [row for row in await answer.json() if row["paper"]["id"] == "2510.18135"]
    [theirs] = [row for row in recorded_rows if row["paper"]["id"] == "2510.18135"]
    assert ours["publishedAt"] == theirs["publishedAt"]
    assert ours["paper"]["publishedAt"] == theirs["paper"]["publishedAt"]
    assert ours["thumbnail"] == theirs["thumbnail"]
    assert ours["paper"]["submittedOnDailyAt"].startswith("2026-03-05T")


async def test_missing_fields_are_missing_on_the_wire(http, whole):
    rows = {}
    for day in ("2026-03-05", "2026-03-07"):
        async with http.get(f"{whole.huggingface_url}/api/daily_papers?date={day}") as answer:
            rows |= {row["paper"]["id"]: row for row in await answer.json()}
    assert "authors" not in rows["2510.19817"]["paper"]
    assert "summary" not in rows["2510.18917"]
    assert "summary" not in rows["2510.18917"]["paper"]
    assert rows["2510.17800"]["organization"] is None
    assert rows["2510.17800"]["paper"]["organization"] is None
    assert "organization" not in rows["2510.18866"] or rows["2510.18866"]["organization"]["fullname"]


async def test_mentions_reach_the_poller_as_they_were_written(http, whole):
    async with http.get(f"{whole.huggingface_url}/api/daily_papers?date=2026-03-06") as answer:
        titles = [row["title"] for row in await answer.json()]
    assert any("@everyone <!channel> 🐦 حمام" in title for title in titles)


async def test_a_list_that_a_paper_is_twice_on_has_equal_rows(http, whole):
    async with http.get(f"{whole.huggingface_url}/api/daily_papers?date=2026-03-07") as answer:
        rows = [row for row in await answer.json() if row["paper"]["id"] == "2510.19430"]
    assert len(rows) == 2
    assert rows[0] == rows[1]


async def test_rss_has_the_elements_of_a_recorded_feed(http, whole, recordings):
    ours = await tree(http, f"{whole.arxiv_rss_url}/rss/{COMMON}")
    theirs = etree.parse(recordings / "arxiv" / "rss" / "jmamath+distill__arxiv_cs_cl.xml").getroot()
    assert shape(ours) == shape(theirs)
    assert [one.tag for one in ours.find(".//item")] == [
        *["title", "link", "description", "guid"],
        *["category"] * len(ours.find(".//item").findall("category")),
        *["pubDate", f"{ARXIV}announce_type", f"{DC}rights", f"{DC}creator"],
    ]


async def test_atom_has_the_elements_of_a_recorded_feed(http, whole, recordings):
    ours = await tree(http, f"{whole.arxiv_rss_url}/atom/{COMMON}")
    theirs = etree.parse(recordings / "arxiv" / "rss" / "arxiv_rss_example.xml").getroot()
    assert shape(ours) == shape(theirs)


async def test_the_query_api_has_the_elements_of_recorded_answers(http, whole, recordings):
    ours = await tree(http, f"{whole.arxiv_api_url}?search_query=cat:cs.CV+OR+cat:cs.RO&max_results=200")
    theirs = set()
    for name in ("q_testing_s0_m100_cfe7536492ca", "id_1707.08567_s0_m100_6a1afebfc6a3"):
        theirs |= shape(etree.parse(recordings / "arxiv" / "api" / f"arxivpy_{name}_http200.xml").getroot())
    assert shape(ours) <= theirs
    # What only some papers have, and these have not.
    assert {path[2:] for path in theirs - shape(ours)} == {
        (f"{ARXIV}journal_ref",),
        (f"{ATOM}author", f"{ARXIV}affiliation"),
        (f"{ATOM}link", "href", "rel", "title"),
    }


async def test_an_item_says_its_version_and_kind_in_all_places(http, whole):
    root = await tree(http, f"{whole.arxiv_rss_url}/rss/{COMMON}")
    items = {item.findtext("guid"): item for item in root.iter("item")}
    for item in load()[3].arxiv:
        element = items[f"oai:arXiv.org:{item.paper.id}v{item.version}"]
        kind = element.findtext(f"{ARXIV}announce_type")
        start = f"arXiv:{item.paper.id}v{item.version} Announce Type: {kind} \nAbstract: "
        assert element.findtext("description") == start + item.paper.summary
        assert element.findtext("link") == f"https://arxiv.org/abs/{item.paper.id}"
    assert items["oai:arXiv.org:2510.15736v2"].findtext(f"{ARXIV}announce_type") == "replace-cross"
    assert items["oai:arXiv.org:2510.19654v2"].findtext(f"{ARXIV}announce_type") == "replace"
    assert items["oai:arXiv.org:2510.20670v1"].findtext(f"{ARXIV}announce_type") == "new"


async def test_whether_a_paper_is_crossed_depends_on_the_feed(http, server):
    for feed, kind in (("cs.CV", "cross"), ("cs.GR", "new"), ("cs.CV+cs.GR", "new"), ("cs", "new")):
        root = await tree(http, f"{server.arxiv_rss_url}/rss/{feed}")
        [found] = [item for item in root.iter("item") if "2510.15736" in item.findtext("guid")]
        assert found.findtext(f"{ARXIV}announce_type") == kind


async def test_a_feed_holds_only_what_is_in_its_categories(http, server):
    root = await tree(http, f"{server.arxiv_rss_url}/rss/cs.RO+cs.SD")
    items = [[one.text for one in item.iter("category")] for item in root.iter("item")]
    assert len(items) == 3
    assert all({"cs.RO", "cs.SD"} & set(categories) for categories in items)
    empty = await tree(http, f"{server.arxiv_rss_url}/rss/hep-th")
    assert empty.find(".//item") is None
    assert empty.findtext("channel/title") == "hep-th updates on arXiv.org"


async def test_a_feed_of_a_weekend_does_not_skip_its_own_day(http, whole, server):
    sunday = await tree(http, f"{whole.arxiv_rss_url}/rss/cs.CL")
    assert sunday.findtext("channel/pubDate") == "Sun, 08 Mar 2026 00:00:00 -0500"
    assert [day.text for day in sunday.iter("day")] == ["Saturday"]
    thursday = await tree(http, f"{server.arxiv_rss_url}/rss/cs.CL")
    assert [day.text for day in thursday.iter("day")] == ["Sunday", "Saturday"]


async def test_titles_are_in_the_spelling_of_each_listing(http, server, clock):
    await clock.advance(45)
    async with http.get(f"{server.huggingface_url}/api/daily_papers?date=2026-03-06") as answer:
        assert any(row["title"].startswith("A^2FM: ") for row in await answer.json())
    feed = await tree(http, f"{server.arxiv_rss_url}/rss/cs.CL")
    assert any(one.text.startswith(r"A\textsuperscript{2}FM: ") for one in feed.iter("title"))


async def test_subject_classes_of_other_schemes_are_in_the_api_only(http, server):
    feed = await tree(http, f"{server.arxiv_rss_url}/rss/q-bio.BM")
    assert [one.text for one in feed.iter("category")] == ["cs.LG", "q-bio.BM"]
    api = await tree(http, f"{server.arxiv_api_url}?search_query=cat:q-bio.BM")
    assert [one.get("term") for one in api.iter(f"{ATOM}category")] == ["cs.LG", "q-bio.BM", "92B20"]


async def test_accents_are_tex_in_the_feeds_and_unicode_in_the_api(http, whole):
    feed = await tree(http, f"{whole.arxiv_rss_url}/rss/cs.CV")
    creators = " ".join(one.text for one in feed.iter(f"{DC}creator"))
    assert r"Mario Mart\'inez-Zarzuela" in creators
    api = await tree(http, f"{whole.arxiv_api_url}?id_list=2510.02264")
    assert "Mario Martínez-Zarzuela" in [one.text for one in api.iter(f"{ATOM}name")]


@pytest.mark.parametrize(
    ("name", "tex"),
    [
        ("Luís F. Gomes", r"Lu\'is F. Gomes"),
        ("Petar Veličković", r"Petar Veli\v ckovi\'c"),
        ("Ullrich Köthe", r"Ullrich K\"othe"),
        ("Ada Example", "Ada Example"),
    ],
)
def test_names_in_the_feeds(name, tex):
    assert tex_name(name) == tex
