"""The console: what is printed, what may be typed, and how it ends."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from adapters.console import ConsoleSettings, plugin
from adapters.console.adapter import HERE, OPERATOR, ConsoleAdapter
from adapters.console.layout import aside, inert, layout, offers, safe_url
from adapters.console.plain import plain_text
from adapters.console.terminal import Terminal
from adapters.console.zone import local_zone
from bot.cards import Action, Attachment, Card, Field, Form
from bot.cards.paper import paper_card
from bot.cards.reply import message, undo
from bot.commands import Choice, Command
from bot.errors import RetryLater, StopRequested
from bot.models import Destination, Paper
from bot.ports import AdapterPlugin, CommandHandler, Happening, Origin, Reply
from bot.testing.cards import EXAMPLE_CARDS, NOW, PAPER
from bot.testing.clock import FakeClock

GOLDEN = Path(__file__).parent / "golden"
ROBOTICS = Destination(platform="console", workspace="local", channel="robotics")
CARD = EXAMPLE_CARDS["paper-compact"]
LIVE = regex.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Answers:
    """A core that keeps what it was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.asked: list[Command] = []
        self.origins: list[Origin] = []
        self._replies = list(replies)
        self.heard = asyncio.Event()

    async def __call__(self, command: Command, origin: Origin) -> Reply:
        self.asked.append(command)
        self.origins.append(origin)
        self.heard.set()
        return self._replies.pop(0) if self._replies else Reply(card=message("", "Done."))

    async def complete(self, verb: str, option: str, typed: str, origin: Origin) -> Sequence[Choice]:
        return ()

    async def happened(self, happening: Happening) -> None:
        return None


class Pretend(io.StringIO):
    """An output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Typed:
    """The reading end of a pipe, into which a test types. Never closed: a thread may wait in it until the end."""

    def __init__(self, text: bytes = b"", *, end: bool = True) -> None:
        self._reading, self._writing = os.pipe()
        self.type(text)
        if end:
            os.close(self._writing)

    def type(self, text: bytes) -> None:
        os.write(self._writing, text)

    def fileno(self) -> int:
        return self._reading

    def isatty(self) -> bool:
        return False


def console(
    commands: Typed | None = None, output: io.TextIOBase | None = None, **more: int
) -> tuple[ConsoleAdapter, io.StringIO]:
    shown = output or io.StringIO()
    return ConsoleAdapter(output=shown, commands=commands, clock=FakeClock(), **more), shown  # type: ignore[arg-type, return-value]


async def run(text: bytes, answers: CommandHandler) -> str:
    """Type these lines, the last of them ``quit``, and return what was printed."""
    adapter, shown = console(Typed(text))
    with pytest.raises(StopRequested):
        await stay(adapter, answers)
    return shown.getvalue()


async def stay(adapter: ConsoleAdapter, handle: CommandHandler | None) -> None:
    """Be connected until the connection ends by itself."""
    async with asyncio.timeout(30), adapter.connect(handle):
        await asyncio.Event().wait()


# --- cards ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(EXAMPLE_CARDS))
def test_every_card_is_drawn_in_a_terminal_of_any_width_and_never_wider(name, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    card = EXAMPLE_CARDS[name]
    for width in (24, 60, 100):
        shown = Terminal(Pretend(), width=width).draw("#robotics", [*layout(card), *aside(card)])
        assert all(cell_len(row) <= width for row in shown.splitlines())
        assert ("╭" in shown) == (width >= 40)


@pytest.mark.parametrize("name", sorted(EXAMPLE_CARDS))
def test_a_pipe_gets_neither_boxes_nor_codes(name):
    card = EXAMPLE_CARDS[name]
    shown = plain_text("#robotics", [*layout(card), *aside(card)])
    assert not LIVE.search(shown)
    assert not set("╭│╰─") & set(shown)
    assert card.title in shown


@pytest.mark.parametrize("width", [0, 60])
@pytest.mark.parametrize(
    "name", ["paper-compact", "paper-full", "digest", "reply-ladder", "reply-everything", "error"]
)
def test_the_console_looks_as_it_did(name, width, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    card = EXAMPLE_CARDS[name]
    lines = [*layout(card), *(offers(card.actions) if name.startswith(("reply", "error")) else aside(card))]
    drawn = (
        Terminal(Pretend(), width=width).draw("#robotics", lines) if width else plain_text("#robotics", lines)
    )
    kept = GOLDEN / f"{name}-{width or 'plain'}.txt"
    if os.environ.get("PIGEON_GOLDEN") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(drawn, encoding="utf-8")
    assert drawn == kept.read_text(encoding="utf-8")


def test_no_color_keeps_the_box_and_drops_the_colours(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = Terminal(Pretend(), width=80).draw("#robotics", layout(CARD))
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal(Pretend(), width=80).draw("#robotics", layout(CARD))
    colour = regex.compile(r"\x1b\[[0-9;]*3[0-7]")
    assert colour.search(coloured)
    assert not colour.search(plain)
    assert "╭" in plain


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_nothing_in_a_paper_drives_the_terminal(title, abstract, author):
    card = paper_card(
        Paper(
            id="arxiv:2511.00001", title="\x1b[2J\r" + title, abstract="\x9b" + abstract, authors=(author,)
        ),
        subscriptions=("\x1b]0;owned\x07",),
        now=NOW,
    )
    lines = [*layout(card), *aside(card)]
    assert not LIVE.search(plain_text("#x\x1b[31m", lines))
    os.environ["TERM"] = "dumb"
    assert not LIVE.search(Terminal(Pretend(), width=60).draw("#x\x1b[31m", lines))


def test_a_title_of_several_lines_stays_on_one():
    assert inert("one\r\ntwo\x0bthree") == "one two three"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x", "", None, "http://[x"]
)
def test_only_web_addresses_become_links(url):
    assert safe_url(url) is None


async def test_send_prints_the_whole_card_and_names_it():
    adapter, shown = console()
    first = await adapter.send(ROBOTICS, CARD, key="a")
    second = await adapter.send(ROBOTICS, CARD, key="b")
    assert shown.getvalue().count("== #robotics ==\nDiffusion Policies that Forget\n") == 2
    assert (first.platform, first.channel) == ("console", "robotics")
    assert first.message != second.message


async def test_direct_messages_name_the_person():
    adapter, shown = console()
    await adapter.send(
        Destination(platform="console", workspace="local", channel="operator", direct=True, name="you"),
        CARD,
        key="a",
    )
    assert shown.getvalue().startswith("== you ==\n")


async def test_an_output_that_cannot_write_every_letter_still_shows_the_card():
    raw = io.BytesIO()
    adapter, _ = console(output=io.TextIOWrapper(raw, encoding="ascii"))
    await adapter.send(ROBOTICS, EXAMPLE_CARDS["paper-worldly"], key="a")
    assert b"Bernhard Sch?lkopf" in raw.getvalue()


# --- commands ---------------------------------------------------------------------------------


async def test_lines_become_commands_of_the_operator():
    answers = Answers()
    shown = await run(b"preview diffusion -survey\n\n  list  \r\nquit\nhelp\n", answers)
    assert [command.verb for command in answers.asked] == ["preview", "list"]
    assert answers.asked[0].options == {"query": "diffusion -survey"}
    origin = answers.origins[0]
    assert (origin.where, origin.person) == (HERE, OPERATOR)
    assert origin.me.direct
    assert await origin.rights.may_manage(ROBOTICS, ())
    assert await origin.rights.may_read(ROBOTICS)
    assert await origin.rights.missing(ROBOTICS) == ()
    assert shown.count("Done.") == 2


async def test_a_typo_is_answered_and_the_next_line_is_read():
    answers = Answers()
    shown = await run(b"hlep\nlist\nquit\n", answers)
    assert "Did you mean `help`?" in shown
    assert [command.verb for command in answers.asked] == ["list"]


async def test_the_number_of_a_button_types_it():
    asked = Reply(
        card=message("Sure?", actions=(undo("t-1"), Action("Docs", url="https://example.org/docs")))
    )
    answers = Answers(asked, asked)
    shown = await run(b"list\n1\n2\n3\nquit\n", answers)
    assert "[1] Undo  type: undo t-1" in shown
    assert answers.asked[1] == Command(verb="undo", options={"token": "t-1"})
    assert "\nhttps://example.org/docs\n" in shown
    assert "I don't know the command `3`" in shown


async def test_a_digit_alone_does_not_do_what_cannot_be_undone():
    erase = Action("Erase it", command="forget-me erase", confirm="This cannot be undone.")
    answers = Answers(Reply(card=message("What I keep", actions=(erase,))))
    shown = await run(b"forget-me\n1\nforget-me erase\nquit\n", answers)
    assert [command.options for command in answers.asked] == [{}, {"action": "erase"}]
    assert "This cannot be undone. If so, type: forget-me erase" in shown


async def test_a_number_of_any_length_is_only_a_line():
    assert "I don't know the command" in await run(b"9" * 5_000 + b"\nquit\n", Answers())


async def test_a_form_is_shown_as_the_command_to_type():
    form = Form(
        "New subscription",
        "subscribe diffusion",
        (
            Field("name", "Name", hint="what to call it", value="our robots"),
            Field("when", "When", value="weekly", choices=(("daily", "Daily"), ("weekly", "Weekly"))),
        ),
        error="That name is taken.",
    )
    shown = await run(b"subscribe\nquit\n", Answers(Reply(card=message("x"), form=form)))
    assert 'type: subscribe diffusion when:weekly name:"our robots"' in shown
    assert "That name is taken." in shown
    assert "when:  When – daily | weekly" in shown


async def test_what_is_announced_is_printed_beside_the_reply():
    shown = await run(
        b"pause s7\nquit\n",
        Answers(Reply(card=message("", "Paused."), announce=message("", "s7 is paused."))),
    )
    assert shown.index("s7 is paused.") < shown.index("Paused.")


async def test_a_pipe_that_ends_does_not_stop_the_bot():
    answers = Answers()
    adapter, shown = console(Typed(b"list"))
    async with adapter.connect(answers):
        await asyncio.wait_for(answers.heard.wait(), 10)
        for _ in range(20):
            await asyncio.sleep(0)  # noqa: TID251 - gives the reader its turn, waits for nothing
        await adapter.send(ROBOTICS, CARD, key="a")
    assert CARD.title in shown.getvalue()


async def test_leaving_while_nothing_is_typed_does_not_wait():
    adapter, _ = console(Typed(end=False))
    async with asyncio.timeout(30), adapter.connect(Answers()):
        pass


async def test_a_second_connection_reads_on_where_the_first_stopped():
    answers, source = Answers(), Typed(end=False)
    adapter, _ = console(source)
    async with adapter.connect(answers):
        pass
    async with adapter.connect(answers):
        source.type(b"list\n")
        await asyncio.wait_for(answers.heard.wait(), 10)
    assert [command.verb for command in answers.asked] == ["list"]


async def test_without_a_handler_nothing_is_read():
    source = Typed(b"quit\n")
    adapter, shown = console(source)
    async with adapter.connect(None):
        await adapter.send(ROBOTICS, CARD, key="a")
    assert CARD.title in shown.getvalue()
    assert os.read(source.fileno(), 10) == b"quit\n"


async def test_an_error_of_the_program_passes_through_as_it_is():
    adapter, _ = console()
    with pytest.raises(ZeroDivisionError):
        async with adapter.connect(None):
            raise ZeroDivisionError


async def test_a_closed_pipe_ends_the_program_and_keeps_the_card():
    reading, writing = os.pipe()
    output = os.fdopen(writing, "w", encoding="utf-8")
    os.close(reading)
    adapter, _ = console(output=output)
    connection = asyncio.create_task(stay(adapter, None))
    await asyncio.sleep(0)  # noqa: TID251 - lets it connect
    with pytest.raises(RetryLater):
        await adapter.send(ROBOTICS, CARD, key="a")
    with pytest.raises(StopRequested):
        await connection
    output.close()  # what is buffered goes nowhere, without a complaint


PROGRAM = """
import asyncio
from pathlib import Path
from adapters.console import ConsoleSettings, plugin
from bot.cards.reply import message
from bot.clock import SystemClock
from bot.errors import StopRequested
from bot.ports import PluginContext, Reply

class Core:
    async def __call__(self, command, origin):
        return Reply(card=message("", "heard " + command.verb))

async def main():
    adapter = plugin.create(PluginContext(settings=ConsoleSettings(), clock=SystemClock(), shelf=None, data_dir=Path()))
    try:
        async with adapter.connect(Core()):
            print("ready", flush=True)
            await asyncio.Event().wait()
    except StopRequested as stopped:
        print("ended:", stopped)

asyncio.run(main())
"""


def test_on_a_terminal_commands_are_answered_and_control_d_ends_the_program():
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - the child
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM])
    shown = b""
    steps = {b"ready": b"list\n", b"heard list": b"\x04"}
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
            for seen in [seen for seen in steps if seen in shown]:
                os.write(terminal, steps.pop(seen))
    except OSError:  # Linux says so when the other side is closed
        pass
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert b"\xe2\x95\xad" in shown  # a box
    assert b"ended: You pressed Ctrl-D." in shown


# --- the plugin -------------------------------------------------------------------------------


def test_the_plugin_is_named_in_the_entry_point_and_never_on_by_itself():
    assert isinstance(plugin, AdapterPlugin)
    assert plugin.name == "console"
    assert not plugin.configured(ConsoleSettings())


def test_importing_the_plugin_imports_neither_rich_nor_the_adapter():
    code = "import sys, adapters.console; print([m for m in sys.modules if m.startswith(('rich', 'adapters.console.'))])"
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_zone_of_the_machine_is_known_where_it_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Paris")
    assert local_zone() == "Europe/Paris"
    monkeypatch.setenv("TZ", "CET-1CEST")
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    assert local_zone(link) == "Asia/Tokyo"
    monkeypatch.setenv("TZ", "Etc/UTC")
    assert local_zone() == "UTC"
    monkeypatch.delenv("TZ")
    assert local_zone(tmp_path / "missing") == ""


def test_the_example_paper_is_shown_with_its_facts():
    shown = plain_text("", layout(EXAMPLE_CARDS["paper-full"]))
    for fact in (PAPER.title, PAPER.url, *PAPER.authors, "▲ 41", "💬 6", "★ 1,210", str(PAPER.comment)):
        assert fact in shown


def test_attached_texts_are_printed_and_other_files_named():
    files = (
        Attachment("saved.ris", b"TY  - GEN\r\nER  - \r\n", "application/x-research-info-systems"),
        Attachment("picture.png", b"\x89PNG\xff", "image/png"),
        Attachment("long.txt", b"x" * 5_000),
    )
    shown = plain_text("", layout(Card(kind=CARD.kind, blocks=(), fallback="x", files=files)))
    assert "saved.ris (19 bytes)\nTY  - GEN\nER  - \npicture.png (5 bytes)\nlong.txt" in shown
    assert "… and 1,000 characters more" in shown


def test_a_card_without_blocks_is_an_empty_line():
    assert plain_text("", layout(Card(kind=CARD.kind, blocks=(), fallback="x"))) == "\n\n"
