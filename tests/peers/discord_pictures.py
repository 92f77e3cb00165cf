"""Pictures of the cards as Discord shows them, for the documentation and for looking at them.

``python -m tests.peers.discord_pictures docs/img`` needs simcord[preview], Playwright and a Chromium
(PIGEON_CHROMIUM, else /usr/bin/chromium). What it draws with is simcord's preview: close to Discord's client,
not the client itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import BrowserType
from simcord.preview import _capture

from bot.cards import Action, ActionStyle, Card, Span, spans
from bot.cards.digest import DigestRow, digest_card
from bot.cards.paper import PaperAction, paper_card
from bot.cards.reply import error_card, message
from bot.models import CardSize, Destination, Paper
from bot.testing.cards import EXAMPLE_CARDS, NOW, PAPER, REASONS
from tests.adapters.discord.sim import world

LIGHT = {
    "background": "#fbfbfb",
    "color": "#2f3035",
    "--discord-bg": "#fbfbfb",
    "--discord-surface": "#ffffff",
    "--discord-elevated": "#f2f3f5",
    "--discord-control": "#ebebed",
    "--discord-hover": "#e3e5e8",
    "--discord-text": "#2f3035",
    "--discord-muted": "#5c5d66",
    "--discord-subtle": "#5c5d66",
    "--discord-border": "#e0e1e5",
    "--component-surface": "#ffffff",
    "--component-border": "#d9dade",
    "--button-alt": "#ebebed",
    "--button-alt-hover": "#e3e5e8",
    "--control-border": "#d9dade",
    "--input-surface": "#ffffff",
    "--input-placeholder": "#6d6f78",
    "--subtle-surface": "#ebebed",
    "--subtle-surface-text": "#2f3035",
    "--entity-text": "#2f3035",
    "--entity-dim": "#5c5d66",
    "--code-surface": "#f2f3f5",
    "--code-border": "#e0e1e5",
    "--code-text": "#2f3035",
    "--button-secondary-surface": "#e3e5e8",
    "--link-accent": "#0068c7",
}
"""Discord's light colours in the names of simcord's preview, which draws dark only."""

WELCOME = message(
    "Hello, I am Paper Pigeon",
    "I post new papers that match your interests, each once, and say why.",
    "Nothing is posted until you choose.",
    actions=[
        Action("Set up this channel", command="welcome channel", style=ActionStyle.PRIMARY),
        Action("Just me, by DM", command="welcome me"),
        Action("Show me an example", command="welcome example"),
    ],
)
EMPTY = message(
    "",
    spans(
        "No subscriptions here yet. Press Set up, or try ",
        Span("/papers preview query:diffusion", code=True),
        ".",
    ),
    actions=[Action("Set up", command="setup", style=ActionStyle.PRIMARY)],
)
ERROR = error_card(
    "I can't read the query at ▸ (policy OR – a ) is missing. Try: diffusion (policy OR planning)",
    actions=[Action("Use that", command="preview diffusion (policy OR planning)", style=ActionStyle.PRIMARY)],
)
EVERYTHING = frozenset(PaperAction)


def invented(number: int, title: str, authors: str, category: str, *, upvotes: int, comments: int) -> Paper:
    """A paper that does not exist."""
    name = f"2511.0{number}"
    return Paper(
        id=f"arxiv:{name}",
        title=title,
        authors=tuple(authors.split(", ")),
        categories=(category,),
        upvotes=upvotes,
        comments=comments,
        url=f"https://arxiv.org/abs/{name}",
    )


ROWS = (
    DigestRow(PAPER, REASONS),
    DigestRow(
        invented(
            2210,
            "Grasping in the Dark: Touch before Sight",
            "Kai Example, L. Sample",
            "cs.RO",
            upvotes=29,
            comments=4,
        )
    ),
    DigestRow(
        invented(
            1877,
            "How Many Demonstrations Does a Drawer Need?",
            "M. Muster, O. Other, P. Third",
            "cs.LG",
            upvotes=22,
            comments=2,
        )
    ),
    DigestRow(invented(3021, "世界模型中的接触与摩擦", "王小明, 山田花子", "cs.RO", upvotes=17, comments=1)),
    DigestRow(
        invented(2954, "A Planner that Knows when It Is Lost", "Q. Quux", "cs.AI", upvotes=9, comments=0)
    ),
)
CARDS: dict[str, Card] = {
    "compact": paper_card(PAPER, reasons=REASONS, subscriptions=("Robotics",), actions=EVERYTHING, now=NOW),
    "full": paper_card(
        PAPER,
        size=CardSize.FULL,
        reasons=REASONS,
        subscriptions=("Robotics",),
        discuss_count=3,
        actions=EVERYTHING,
        now=NOW,
    ),
    "thread": paper_card(
        PAPER,
        size=CardSize.FULL,
        reasons=REASONS,
        subscriptions=("Robotics", "Manipulation"),
        people=("Ada", "Kai Example"),
        actions=EVERYTHING - {PaperAction.DISCUSS, PaperAction.ABSTRACT},
        now=NOW,
    ),
    "digest": digest_card(
        "Robotics",
        "Fri 20 Nov",
        ROWS,
        key="0" * 24,
        total=12,
        numbers=(7,),
        checked=214,
        next_due=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        zone="Europe/Paris",
    ),
    "list": EXAMPLE_CARDS["reply-list"],
    "ladder": EXAMPLE_CARDS["reply-ladder"],
    "worldly": EXAMPLE_CARDS["paper-worldly"],
    "hostile": EXAMPLE_CARDS["paper-hostile"],
    "enormous": EXAMPLE_CARDS["paper-enormous"],
    "everything": EXAMPLE_CARDS["reply-everything"],
    "onboarding": WELCOME,
    "error": ERROR,
    "empty": EMPTY,
}
KEPT = {"compact", "full", "digest", "onboarding", "error", "empty", "list", "thread"}
"""Those that go into the documentation; the others are for looking at."""


def picture(width: int, height: int) -> bytes:
    """A plain PNG with a gradient, in the place of a paper's thumbnail."""
    rows = b"".join(
        b"\0" + b"".join(bytes((40 + 120 * x // width, 60 + 100 * y // height, 150)) for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def use_chromium(style: list[dict[str, str]]) -> None:
    """Have simcord's Playwright start the system's Chromium, and draw in the wanted colours."""
    launch = BrowserType.launch
    freeze = _capture.ManagedCapture._freeze

    async def launched(self: BrowserType, **options: Any) -> Any:
        path = os.environ.get("PIGEON_CHROMIUM", "/usr/bin/chromium")
        return await launch(self, executable_path=path, args=["--no-sandbox", "--disable-gpu"], **options)

    async def coloured(page: Any) -> None:
        for values in style:
            await page.evaluate(
                "values => Object.entries(values).forEach(([k, v]) => document.documentElement.style.setProperty(k, v))",
                values,
            )
            await page.evaluate(
                "() => document.querySelectorAll('.button-style-2, .button-style-5').forEach("
                "e => e.style.setProperty('color', '#2f3035', 'important'))"
            )
        await freeze(page)

    BrowserType.launch = launched  # type: ignore[method-assign]
    _capture.ManagedCapture._freeze = staticmethod(coloured)


def small(path: Path) -> None:
    """Fewer colours: a quarter of the bytes, and nobody sees it."""
    with Image.open(path) as drawn:
        reduced = drawn.convert("RGB").quantize(96, dither=Image.Dither.NONE)
    reduced.save(path, optimize=True)


async def draw(folder: Path, names: list[str]) -> None:
    """Every card in dark and light, and in the width of a telephone."""
    style: list[dict[str, str]] = []
    use_chromium(style)
    pixels = ("picture.png", picture(160, 160))
    assets = {
        "https://example.org/thumbnails/2511.01234.png": pixels,
        "https://example.org/picture.png": pixels,
    }
    for name in names:
        async with world() as w:
            w.env.backend.bot_user.name = "Paper Pigeon"
            where = Destination(platform="discord", workspace=str(w.guild.id), channel=str(w.channel.id))
            with contextlib.suppress(AttributeError):
                w.env.backend.clock._epoch = NOW
            place = w.channel
            posted = await w.adapter.send(where, CARDS["compact" if name == "thread" else name], key="0" * 24)
            if name == "thread":
                await w.adapter.open_thread(posted, CARDS["thread"], name=PAPER.title, key="1" * 24)
                place = w.channel.threads[0]
            shown = place.last_message
            for kind, width, colours in (("dark", 640, {}), ("light", 640, LIGHT), ("narrow", 390, {})):
                if name not in KEPT and kind != "dark":
                    continue
                style[:] = [colours] if colours else []
                async with w.env.preview(
                    place, viewers=[w.bob], width=width, height=1400, presentation_time=NOW, assets=assets
                ) as preview:
                    path = folder / f"discord-{name}-{kind}.png"
                    await preview.screenshot(path, target=shown, layout="message", allow_incomplete=True)
                    small(path)
                    print(path, path.stat().st_size)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1]), sys.argv[2:] or list(CARDS)))
