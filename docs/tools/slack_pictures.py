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
from bot.cards import Action, Card, Item, Note, Span
from bot.cards.digest import DigestRow, digest_card
from bot.cards.reply import message
from bot.commands.model import Command
from bot.ports import Origin, Reply
from bot.testing.cards import EXAMPLE_CARDS, PAPER, REASONS, WORLDLY
from docs.tools import slack_html
from tests.adapters.slack.conftest import Core, MemoryShelf, serving_with
from tests.peers.slack_server import SlackPeer
from tests.peers.slack_surfaces import filled

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


def draw(name: str, page: str, height: int) -> None:
    """Draw a page as docs/img/slack-<name>.png."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, encoding="utf-8")
        target = FOLDER / f"slack-{name}.png"
        size = f"--window-size=760,{height}"
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


def caption(text: str) -> str:
    """A line above a picture."""
    return f'<div class="caption">{text}</div>'


def digest() -> Card:
    """A digest of three papers."""
    rows = [DigestRow(PAPER, REASONS), DigestRow(WORLDLY, ()), DigestRow(SECOND, ())]
    return digest_card(
        "Robotics", "Fri 20 Nov", rows, key="0123456789abcdef01234567", total=9, numbers=(7,), checked=214,
        next_due=datetime(2026, 11, 23, 8, 0, tzinfo=UTC), zone="Europe/Paris", notes=(),
    )  # fmt: skip


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
        view = await (await peer.slash("/papers preview")).modal()
        await peer.press("Preview", view=filled(view, {"query": "diffusion (policy OR planning) -survey"}))
        await peer.until(lambda: any("Written" in str(one) for one in peer.views.values()))
        await peer.open_home()
        home = await peer.until(lambda: peer.homes.get("U1"))
        return next(one for one in peer.views.values() if "Written" in str(one)), home


def _answer(command: Command) -> Card:
    match command.verb, command.options.get("scope"):
        case "preview", _:
            row = Item(
                (Span(PAPER.title, bold=True, url=PAPER.url),),
                note=(Span("cs.RO · ▲ 41 · matched: diffusion policy"),),
            )
            return message("12 papers in 7 days, about 1.7 a day", items=(row, Note((Span("and 11 more"),))))
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
        ),
    )


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(exist_ok=True)
    html, cards = slack_html, EXAMPLE_CARDS
    draw(
        "papers",
        html.page(
            caption("compact"),
            html.message(of(cards["paper-compact"])),
            caption("full"),
            html.message(of(cards["paper-full"])),
        ),
        800,
    )
    draw("digest", html.page(html.message(of(digest()))), 345)
    draw(
        "native",
        html.page(
            caption("card_style=native"),
            html.message(of(cards["paper-full"], native.message)),
            html.message(of(digest(), native.message)),
        ),
        850,
    )
    replies = [
        html.message(of(cards[name]), private=True, at="10:12")
        for name in ("reply-subscribed", "reply-ladder", "error", "notice", "reply-confirm")
    ]
    draw("replies", html.page(*replies), 970)
    hostile = [html.message(of(cards[name])) for name in ("paper-hostile", "reply-everything")]
    draw("safe", html.page(*hostile), 850)
    modal, home = asyncio.run(surfaces())
    draw("modal", html.page(html.modal(modal)), 620)
    draw("home", html.page(f'<div class="home">{"".join(map(html.block, home["blocks"]))}</div>'), 610)


if __name__ == "__main__":
    main()
