"""Example cards of every kind, the awkward ones among them: what every adapter and renderer must bear.

The papers are invented. Some strings are worse than stored papers can be (:mod:`bot.text.tidy`): a renderer
must not rely on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Final

from bot.cards import (
    Action,
    ActionStyle,
    Attachment,
    Card,
    CardKind,
    Code,
    Heading,
    Item,
    Note,
    Paragraph,
    Picture,
    Rule,
    Span,
)
from bot.cards.digest import DigestRow, digest_card
from bot.cards.paper import PaperAction, paper_card
from bot.cards.reply import Step, error_card, ladder, message, undo
from bot.models import Announce, CardSize, Paper, Reason, Sighting

NOW: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""The moment at which the example cards are drawn."""

_ABSTRACT: Final = (
    "Robots that learn from demonstrations forget what they saw first. We show that diffusion policies degrade "
    "when the horizon grows, and trace the loss to the noise schedule of the last layers. A schedule that depends "
    "on the horizon removes 80% of it at no cost (~3 ms a step). On 14 manipulation tasks, our diffusion policy "
    "reaches 91 ± 2% where the best earlier robot policy reached 74%, with 𝒪(n) memory. Code and data are public."
)

PAPER: Final = Paper(
    id="arxiv:2511.01234",
    title="Diffusion Policies that Forget",
    abstract=_ABSTRACT,
    authors=("Ada Uthor", "Bo Two", "Chía Three", "D. Four", "E. Five", "F. Six", "G. Seven"),
    categories=("cs.RO", "cs.LG"),
    published=datetime(2026, 11, 20, 7, 0, tzinfo=UTC),
    organization="Example Lab",
    upvotes=41,
    comments=6,
    stars=1210,
    comment="Accepted at the Example Conference; 14 pages, 6 figures",
    url="https://arxiv.org/abs/2511.01234",
    pdf_url="https://arxiv.org/pdf/2511.01234",
    code_url="https://github.com/example/forget",
    project_url="https://example.org/forget",
    thumbnail_url="https://example.org/thumbnails/2511.01234.png",
    sightings=(
        Sighting(
            source="arxiv",
            day=date(2026, 11, 20),
            seen_at=datetime.combine(date(2026, 11, 20), time(1), UTC),
            url="https://arxiv.org/abs/2511.01234",
        ),
        Sighting(
            source="huggingface",
            announce=Announce.TRENDING,
            url="https://huggingface.co/papers/2511.01234",
        ),
    ),
)
"""A paper with everything: two listings, counts, links, an organisation, a picture."""


def places(text: str, *phrases: str) -> tuple[tuple[int, int], ...]:
    """Where these phrases stand in a text, each at its first occurrence."""
    return tuple((text.index(phrase), text.index(phrase) + len(phrase)) for phrase in phrases)


REASONS: Final = (
    Reason(
        term='"diffusion policy"',
        field="title",
        spans=places(PAPER.title, "Diffusion Policies"),
        text="Diffusion Policies",
    ),
    Reason(
        term='"diffusion policy"',
        field="abstract",
        spans=places(_ABSTRACT, "diffusion policies", "diffusion policy"),
        text="diffusion policies",
    ),
    Reason(term="robot", field="abstract", spans=places(_ABSTRACT, "Robots"), text="Robots"),
)
"""Why :data:`PAPER` matched ``"diffusion policy" robot``; the places are those of its title and abstract."""

SPARSE: Final = Paper(id="doi:10.1101/2026.11.18.123456", title="A Title and Nothing Else")
"""A paper of which next to nothing is known, without so much as an address."""

HOSTILE: Final = Paper(
    id="arxiv:2511.06666",
    title="@everyone <!channel> <@U0123> </script><script>alert(1)</script> [win](https://evil.example) `x` ||s|| ***",
    abstract=(
        "@here <@&123456789012345678> <#C0123|general> <https://evil.example|arxiv.org> &lt;b&gt; &amp; [click](https://"
        "evil.example) ```code fence``` > quote # heading -# small _x_ *y* ~z~ :tada: <:emoji:1234> <t:0:R> "
        "\"quoted\" 'single' <img src=x onerror=alert(1)> ${x} {{x}} %(x)s \\ [bold red]rich[/bold red] [/]"
    ),
    authors=("@everyone", "<!here>", "[Evil](https://evil.example)", 'O\'Brien "Q" <o@example.org>'),
    categories=("cs.CR",),
    published=datetime(2026, 11, 18, 7, 0, tzinfo=UTC),
    organization="*Lab* _of_ ~Tricks~",
    upvotes=0,
    url="https://arxiv.org/abs/2511.06666?a=1&b=<2>|3\"'",
    pdf_url="https://arxiv.org/pdf/2511.06666",
    comment="||spoiler|| <!subteam^S0123>",
)
"""Mentions and markup of every platform: dangerous to a renderer that does not escape."""

ENORMOUS: Final = Paper(
    id="arxiv:2511.07777",
    title=("A Very Long Title about Everything and " * 30)[:999].rstrip() + "…",
    abstract=(
        "Sentences follow sentences, and diffusion is somewhere among them, over and over again. " * 240
    )[:20_000],
    authors=tuple(f"Collaborator Number {number} of the Great Experiment" for number in range(5_000)),
    categories=tuple(f"hep-ex.x{number}" for number in range(50)),
    published=datetime(2025, 3, 1, tzinfo=UTC),
    updated=datetime(2026, 11, 19, tzinfo=UTC),
    version=14,
    organization=("An Organisation whose Name Goes on and on " * 4).strip(),
    upvotes=1_234_567,
    comments=89_012,
    stars=345_678,
    keywords=("everything",) * 20,
    url="https://arxiv.org/abs/2511.07777",
    pdf_url="https://arxiv.org/pdf/2511.07777",
)
"""As large as tidy text may be."""

WORLDLY: Final = Paper(
    id="arxiv:hep-ex/0307015",
    title="学习世界模型 👩🏽‍🔬🇫🇷 تعلّم الآلة في ℝⁿ עם e\u0301tudes",
    abstract="我们提出一种新的世界模型。" * 40 + " 👨‍👩‍👧‍👦🏳️‍🌈👍🏿" * 20,
    authors=("王小明", "محمد العلي", "Bernhard Schölkopf", "Ольга Иванова", "山田 花子"),
    categories=("cs.LG",),
    published=datetime(2026, 11, 20, 8, 59, 30, tzinfo=UTC),
    url="https://arxiv.org/abs/hep-ex/0307015",
    withdrawn=True,
)
"""Scripts from right to left, without spaces, and emoji of many code points."""

_ALL: Final = frozenset(PaperAction)


def _digest(shown: int) -> Card:
    pool = (PAPER, HOSTILE, WORLDLY, SPARSE, ENORMOUS)
    rows = [DigestRow(pool[number % len(pool)], REASONS if number == 0 else ()) for number in range(shown)]
    return digest_card(
        "Robotics",
        "Fri 20 Nov",
        rows,
        key="0123456789abcdef01234567",
        total=31,
        numbers=(7,),
        checked=214,
        next_due=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        zone="Europe/Paris",
        notes=(
            "Hugging Face was unreachable from 06:10 to 07:40; what it announced meanwhile is in this digest.",
        ),
    )


EXAMPLE_CARDS: Final[Mapping[str, Card]] = {
    "paper-compact": paper_card(PAPER, reasons=REASONS, subscriptions=("Robotics",), now=NOW),
    "paper-full": paper_card(
        PAPER,
        size=CardSize.FULL,
        reasons=REASONS,
        subscriptions=("Robotics", "diffusion -survey"),
        discuss_count=3,
        related=(WORLDLY, HOSTILE),
        actions=_ALL,
        now=NOW,
    ),
    "paper-sparse": paper_card(SPARSE, now=NOW),
    "paper-hostile": paper_card(
        HOSTILE,
        reasons=(
            Reason(
                term="<!channel>", field="title", spans=places(HOSTILE.title, "<!channel>"), text="<!channel>"
            ),
        ),
        subscriptions=("@everyone `*_~| </script>",),
        actions=_ALL,
        now=NOW,
    ),
    "paper-hostile-full": paper_card(HOSTILE, size=CardSize.FULL, actions=_ALL, now=NOW),
    "paper-enormous": paper_card(
        ENORMOUS,
        size=CardSize.FULL,
        reasons=(
            Reason(
                term="diffusion",
                field="abstract",
                spans=places(ENORMOUS.abstract, "diffusion"),
                text="diffusion",
            ),
        ),
        subscriptions=tuple(f"Subscription with quite a long name, number {number}" for number in range(12)),
        actions=_ALL,
        now=NOW,
    ),
    "paper-worldly": paper_card(WORLDLY, actions=_ALL, discuss_count=12, now=NOW),
    "digest": _digest(8),
    "digest-largest": _digest(10),
    "reply-subscribed": message(
        "Subscribed: s7",
        (
            Span("It follows "),
            Span('diffusion (policy OR "robot learning")', code=True),
            Span(" to #robotics."),
        ),
        "The last seven days would have brought 12 papers, about 1.7 a day.",
        actions=(
            undo("u-4d2f"),
            Action("Edit", command="edit s7"),
            Action("Show them", command="preview s7"),
        ),
    ),
    "reply-confirm": message(
        "Remove all 12 subscriptions of #robotics?",
        "They can be brought back for 30 days.",
        actions=(
            Action(
                "Remove all", command="confirm d4f2", style=ActionStyle.DANGER, confirm="Remove all twelve?"
            ),
            Action("Preview", command="preview s7", style=ActionStyle.PRIMARY),
            Action("Keep them", command="cancel d4f2"),
        ),
    ),
    "reply-list": message(
        "Subscriptions here",
        items=tuple(
            Item(
                (
                    Span(f"s{number} ", bold=True),
                    Span("diffusion -survey", code=True),
                    Span(" · daily 09:00"),
                ),
                note=(
                    Span("next "),
                    Span("Mon 23 Nov 08:00", at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
                    Span(" · ▁▃▂▅█▁▁"),
                ),
                action=Action("Edit", command=f"edit s{number}"),
                actions=(
                    Action("Pause", command=f"pause s{number}"),
                    Action("Send now", command=f"digest s{number} action:send-now"),
                    Action("Remove", command=f"remove s{number}", style=ActionStyle.DANGER),
                ),
            )
            for number in range(1, 13)
        ),
        notes=("12 of 12, 3 of them paused.",),
    ),
    "reply-ladder": ladder(
        "Why 2511.01234 was not posted",
        (
            Step(passed=True, text="fetched", note="Hugging Face 06:02, arXiv 07:40 (merged)"),
            Step(passed=True, text=(Span("cat:cs.RO", code=True),)),
            Step(passed=False, text=(Span("upvotes>=50", code=True), Span(" – it had 11 at 09:00, 41 now"))),
            Step(passed=None, text="quiet hours"),
        ),
        actions=(Action("Edit query", command="edit s7"),),
    ),
    "reply-everything": Card(
        kind=CardKind.REPLY,
        blocks=(
            Heading((Span("Every block, every style"),)),
            Paragraph(
                (
                    Span("plain "),
                    Span("bold ", bold=True),
                    Span("italic ", italic=True),
                    Span("both ", bold=True, italic=True),
                    Span("code `with` <ticks>", code=True),
                    Span(" a link", url="https://example.org/?q=a&b=(c)"),
                    Span(" bold link", bold=True, url="https://example.org/"),
                    Span(" "),
                    Span("3 days ago", at=datetime(2026, 11, 17, 9, 0, tzinfo=UTC)),
                    Span("\nand a second line"),
                )
            ),
            Code("✓ fetched\n✗ upvotes>=50   ``` it had 11\n  <indented> & kept"),
            Rule(),
            Picture("https://example.org/picture.png", alt='A picture with "quotes" in its text'),
            Item((Span("an item without anything else"),)),
            Note((Span("small print"),)),
        ),
        actions=(Action("Docs", url="https://example.org/docs"), Action("Help", command="help", more=True)),
        files=(Attachment("saved.bib", b"@misc{a}\n", "application/x-bibtex"),),
        fallback="Every block, every style",
    ),
    "reply-plain": message("", "Done."),
    "error": error_card(
        "I can't read the query at ▸ `(policy OR`: a `)` is missing. Try `diffusion (policy OR planning)`.",
        actions=(
            Action("Use that", command="preview diffusion (policy OR planning)", style=ActionStyle.PRIMARY),
        ),
    ),
    "notice": message(
        "s7 is paused: I can't post in #robotics",
        "Send Messages is off for my role. Turn it on under Channel settings, Permissions; I shall notice by myself.",
        actions=(Action("Try again", command="resume s7"),),
        kind=CardKind.NOTICE,
        accent="notice",
    ),
}
"""A card of every kind, by a name that tests can show."""
