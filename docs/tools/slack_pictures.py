# ruff: noqa: INP001 - run as a module from the root
"""Draws docs/img/slack-*.png: ``python -m docs.tools.slack_pictures`` (needs Chromium).

What is drawn are the payloads that the adapter sends, through its own renderer; the modal and the App Home
come from the adapter talking to the loopback Slack of the tests.
"""

import asyncio
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.slack import native, render
from adapters.slack.errors import explain
from bot.cards import Action, Card, Item, Note, Span
from bot.cards.digest import DigestRow, digest_card
from bot.cards.reply import message
from bot.commands.model import Command
from bot.ports import Origin, Reply
from bot.testing.cards import EXAMPLE_CARDS, PAPER, REASONS
from docs.tools import slack_html
from tests.adapters.slack.conftest import Core, MemoryShelf, serving_with
from tests.peers.slack_server import SlackPeer

FOLDER = Path(__file__).resolve().parents[1] / "img"
BROWSER = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1.5",
    "--virtual-time-budget=2000",
]


def draw(name: str, page: str, height: int, width: int = 760) -> None:
    """Draw a page as docs/img/slack-<name>.png."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, encoding="utf-8")
        target = FOLDER / f"slack-{name}.png"
        size = f"--window-size={width},{height}"
        command = [
            *BROWSER,
            f"--user-data-dir={folder}/profile",
            size,
            f"--screenshot={target}",
            source.as_uri(),
        ]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a fixed command
        sys.stdout.write(f"{target}\n")


SECOND = replace(PAPER, id="arxiv:2511.04321", title="A Schedule for Every Horizon", upvotes=17, stars=None)

THIRD = replace(PAPER, id="arxiv:2511.07777", title="Planning as a Walk Back in Time", upvotes=9, stars=88)


def caption(text: str) -> str:
    """A line above a picture."""
    return f'<div class="caption">{text}</div>'


def digest() -> Card:
    """A digest of three papers."""
    rows = [DigestRow(PAPER, REASONS), DigestRow(SECOND, ()), DigestRow(THIRD, ())]
    return digest_card(
        "Robotics", "Fri 20 Nov", rows, key="0123456789abcdef01234567", total=9, numbers=(7,), checked=214,
        next_due=datetime(2026, 11, 23, 8, 0, tzinfo=UTC), zone="Europe/Paris", notes=(),
    )  # fmt: skip


def calm(card: Card) -> Card:
    """Without the papers that the examples relate to theirs: those are the awkward ones, which have a picture of their own."""
    blocks = (
        one for one in card.blocks if not (isinstance(one, Note) and one.spans[0].text.startswith("related"))
    )
    return replace(card, blocks=tuple(blocks))


def of(card: Card, draw_card: Any = render.message) -> list[dict[str, Any]]:
    """The blocks of a card."""
    return draw_card(card)["blocks"]


async def surfaces() -> tuple[dict[str, Any], dict[str, Any]]:
    """The builder with its preview, and the App Home, as the adapter makes them."""
    core = Core()

    async def answered(command: Command, _: Origin) -> Reply:
        return Reply(card=_answer(command))

    for verb in ("preview", "list", "saved", "status", "welcome"):
        core.replies[verb] = answered
    async with SlackPeer() as peer, serving_with(peer, MemoryShelf(), core):
        view = await (await peer.slash("/papers subscribe")).modal()
        values = {"when": "daily", "to": "here", "at": "09:00", "name": "robots"}
        await peer.type_in(view, "query", "diffusion (policy OR planning) -survey", values=values)
        await peer.until(lambda: any("Written" in str(one) for one in peer.views.values()))
        await peer.open_home()
        home = await peer.until(lambda: peer.homes.get("U1"))
        return next(one for one in peer.views.values() if "Written" in str(one)), home


def _answer(command: Command) -> Card:
    match command.verb, command.options.get("scope"):
        case "preview", _:
            rows = [
                Item((Span(paper.title, bold=True, url=paper.url),), note=(Span(f"{who} · matched: {why}"),))
                for paper, who, why in (
                    (PAPER, "Chi, Xu and 5 others", "diffusion, policy (title)"),
                    (SECOND, "Janner", "diffusion, planning (abstract)"),
                )
            ]
            rate = (
                Span("12 of 3,214 papers", bold=True),
                Span(" in 7 days, about 1.7 a day "),
                Span("▂▁▅▃▁▁▂", code=True),
            )
            written = (Span("Your filter: "), Span("diffusion (policy OR planning) -survey", code=True))
            return message("Preview", rate, written, items=rows)
        case "list", scope:
            return message(
                "Subscriptions", items=EXAMPLE_CARDS["reply-list"].blocks[1 : 3 if scope == "mine" else 2]
            )
        case "saved", _:
            return message(
                "Saved",
                items=(
                    Item((Span(PAPER.title, url=PAPER.url),), note=(Span("reading-group · 2 days ago"),)),
                ),
            )
        case "status", _:
            return message(
                "Status",
                items=(
                    Item((Span("✓ arXiv: read 4 minutes ago"),)),
                    Item((Span("✓ Hugging Face: read 9 minutes ago"),)),
                ),
            )
    return message(
        "Hello, I am Paper Pigeon",
        "I post new papers that match your interests, each once, and say why.",
        actions=(
            Action("Set up this channel", command="welcome channel"),
            Action("Just me, by DM", command="welcome me"),
            Action("Show me an example", command="welcome example"),
        ),
    )


def _closed() -> Card:
    """What the maker of a subscription is told when a channel takes no cards."""
    what, remedy = explain("restricted_action")
    said = (
        f"I cannot post to #robotics: {what} {remedy} Your subscription «Robotics» waits; nothing is lost. "
        "I try again every hour."
    )
    return message("", said, actions=[Action("Retry", command="resume 7")])


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(exist_ok=True)
    html, cards = slack_html, {name: calm(card) for name, card in EXAMPLE_CARDS.items()}
    compact, full = html.message(of(cards["paper-compact"])), html.message(of(cards["paper-full"]))
    draw(
        "papers",
        html.page(
            caption("compact"),
            compact,
            caption("full"),
            full,
        ),
        775,
    )
    draw("papers-dark", html.page(compact, full, dark=True), 690)
    draw("papers-narrow", html.page(compact), 445, width=420)
    draw("digest", html.page(html.message(of(digest()))), 345)
    draw(
        "native",
        html.page(
            caption("card_style=native"),
            html.message(of(cards["paper-full"], native.message)),
            html.message(of(digest(), native.message)),
        ),
        800,
    )
    replies = [cards[name] for name in ("reply-subscribed", "reply-ladder", "error", "reply-confirm")]
    shown = [html.message(of(card), private=True, at="10:12") for card in replies]
    draw(
        "replies",
        html.page(*shown, caption("in your messages with the bot"), html.message(of(_closed()))),
        985,
    )
    hostile = [html.message(of(cards[name])) for name in ("paper-hostile", "reply-everything")]
    draw("safe", html.page(*hostile), 800)
    modal, home = asyncio.run(surfaces())
    draw("modal", html.page(html.modal(modal)), 665)
    draw("home", html.page(f'<div class="home">{"".join(map(html.block, home["blocks"]))}</div>'), 690)


if __name__ == "__main__":
    main()
