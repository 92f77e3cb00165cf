"""Nothing from outside can ping, link, style or break out; what is ours keeps its style."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.slack.limits import units
from adapters.slack.mrkdwn import (
    BREAK,
    escape,
    fitted,
    inert,
    line,
    link,
    preformatted,
    safe_url,
    unescape,
    write,
)
from bot.cards import Span

MOMENT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

TABLE = [
    ("<!channel> <!here> <!everyone>", "&lt;!channel&gt; &lt;!here&gt; &lt;!everyone&gt;"),
    ("<@U0123> <!subteam^S1|@x> <#C1|y>", "&lt;@U0123&gt; &lt;!subteam^S1|@x&gt; &lt;#C1|y&gt;"),
    ("<https://evil.example|arxiv.org>", "&lt;https://evil.example|arxiv.org&gt;"),
    ("a & b &amp; c", "a &amp; b &amp;amp; c"),
    ("*bold* ~strike~ `code` ```fence```", "∗bold∗ ∼strike∼ ˋcodeˋ ˋˋˋfenceˋˋˋ"),
    ("_it_ snake_case x_ _y", "ˍitˍ snake_case xˍ ˍy"),
    (":tada: 10:30 a:b", f":{BREAK}tada: 10:30 a:b"),
    ("> quoted\n  > too", f"{BREAK}&gt; quoted\n{BREAK}  &gt; too"),
]


@pytest.mark.parametrize(("text", "markup"), TABLE)
def test_text_of_anybodys_is_only_text(text: str, markup: str):
    assert inert(text) == markup


def test_ours_is_styled_and_keeps_off_the_letters_beside_it():
    run = (
        Span("matched "),
        Span("diffusion", bold=True),
        Span("s, "),
        Span("cat:cs.RO", code=True),
        Span(" it", italic=True),
    )
    assert write(run, 3000) == f"matched *diffusion*{BREAK}s, `cat:cs.RO` _it_"
    assert write((Span("a", bold=True), Span("b", bold=True)), 3000) == f"*a*{BREAK}*b*"
    assert write((Span(" two\nlines ", bold=True),), 3000) == " *two*\n*lines* "


def test_links_stay_links_and_hold_no_bar_or_bracket():
    assert (
        link("https://a.example/?q=a|b>c&d=1", "x | y > z")
        == "<https://a.example/?q=a%7Cb%3Ec&amp;d=1|x ∣ y &gt; z>"
    )
    assert link("javascript:alert(1)", "click") == "click"
    assert (
        write((Span("a "), Span(" b ", bold=True, url="https://e.example/")), 99)
        == "a  *<https://e.example/|b>* "
    )
    assert link("https://", "nowhere") == "nowhere"
    assert safe_url("http://[broken") is None
    assert write((Span("t", url="https://a.example/"),), 3000) == "<https://a.example/|t>"


def test_a_moment_is_shown_in_the_readers_zone():
    assert write((Span("20 Nov | 09:00", at=MOMENT),), 3000) == (
        f"<!date^{int(MOMENT.timestamp())}^{{date_short_pretty}} {{time}}|20 Nov ∣ 09:00>"
    )


def test_a_cut_never_cuts_through_a_link_or_an_entity():
    url = "https://arxiv.org/abs/2511.01234"
    for limit in range(len(url) + 8, 120):
        made = write((Span("A & B " * 20, bold=True, url=url),), limit)
        assert units(made) <= limit
        assert made.startswith(f"*<{url}|A"), made
        assert made.endswith(">*"), made
        assert not re.search(r"&(?!amp;|lt;|gt;)", made)
    assert write((Span("t" * 50, url=url),), 20) == "", "a link without room is left out, not broken"


def test_people_can_be_read_back():
    assert unescape(escape("a < b && c > d &lt;")) == "a < b && c > d &lt;"
    assert line((Span(" a\n"), Span(" b", bold=True))) == "a b"


OURS = re.compile(  # noqa: TID251
    r"<(https?://[^<>|\s]+|mailto:[^<>|\s]+)\|[^<>|]*>|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>|]*>"
)
HOSTILE = st.text(
    st.sampled_from(list("<>!@#|&*_~`:^ \nabU0123çß👩🏽")) | st.characters(exclude_categories=("Cs", "Cc")),
    max_size=120,
)
SPANS = st.builds(
    Span,
    text=HOSTILE,
    bold=st.booleans(),
    italic=st.booleans(),
    code=st.booleans(),
    url=st.none() | st.builds("https://{}".format, HOSTILE),
    at=st.none() | st.just(MOMENT),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SPANS, max_size=6), st.integers(30, 600))
@example([Span("<!channel>")], 100)
@example([Span("x", url="https://a|<!channel>")], 100)
@example([Span("|<!here>", at=MOMENT)], 200)
@example([Span("`<@U1>`", code=True)], 100)
@example([Span("&" * 400, bold=True)], 100)
def test_nothing_from_outside_can_ping(run: list[Span], limit: int):
    made = write(run, limit)
    assert units(made) <= limit
    rest = OURS.sub("", made)
    assert "<" not in rest, made
    assert ">" not in rest, made
    assert not re.search(r"&(?!(amp|lt|gt);)", OURS.sub("", made))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE)
def test_plain_runs_hold_no_style_at_all(text: str):
    made = write((Span(text),), 5000)
    assert not set(made) & set("*~`")
    assert not re.search(r"(?<![^\W_])_|_(?![^\W_])", made)
    assert not re.search(r":[a-z0-9_+'-]+:", made, re.IGNORECASE)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE, st.integers(20, 200))
def test_fixed_width_lines_stay_inside_their_fence(text: str, limit: int):
    made = preformatted(text, limit)
    assert made.startswith("```\n")
    assert made.endswith("\n```")
    assert made.count("`") == 6
    assert "<" not in made
    assert ">" not in made
    assert units(made) <= limit or limit < 12


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE, st.integers(1, 100))
def test_a_text_for_notifications_fits_and_is_escaped(text: str, limit: int):
    made = fitted(text, limit)
    assert units(made) <= limit
    assert "<" not in made
