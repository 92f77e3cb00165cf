"""The console's connection: prints each card whole, and answers commands from standard input."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, TextIO

from adapters.console.layout import Line, aside, form, layout, offers, safe_url
from adapters.console.lines import Lines
from adapters.console.plain import plain_text
from adapters.console.zone import local_zone
from bot.cards import Action, Card, Form
from bot.clock import Clock
from bot.commands import BY_NAME, Command, parse, write
from bot.errors import CommandError, RetryLater, StopRequested
from bot.models import Destination, MessageRef, Person
from bot.ports import CommandHandler, Origin, Reply

NAME: Final = "console"
WORKSPACE: Final = "local"
HERE: Final = Destination(platform=NAME, workspace=WORKSPACE, channel=NAME, name="console")
"""Where commands come from; ``to:here`` posts there."""
OPERATOR: Final = Person(id="operator", name="you")
_QUIT: Final = frozenset({"quit", "exit", "bye"})


class _Operator:
    """Whoever sits at the terminal owns the machine, and may do everything."""

    async def may_manage(self, destination: Destination, managers: Sequence[str]) -> bool:  # noqa: ARG002
        return True

    async def may_read(self, destination: Destination) -> bool:  # noqa: ARG002
        return True

    async def missing(self, destination: Destination) -> Sequence[str]:  # noqa: ARG002
        return ()


class ConsoleAdapter:
    """Prints to ``output``; reads from ``commands`` where that is an open file of the system."""

    name = NAME

    def __init__(self, *, output: TextIO, commands: TextIO | None, clock: Clock, width: int = 0) -> None:
        self._output = output
        self._clock = clock
        self._printed = 0
        self._gone = asyncio.Event()
        self._offered: tuple[Action, ...] = ()
        self._lines = _lines(commands)
        self._terminal = None
        if output.isatty():
            from adapters.console.terminal import Terminal  # noqa: PLC0415 - rich takes a while to import

            self._terminal = Terminal(output, width=width)

    def connect(self, handle: CommandHandler | None) -> AbstractAsyncContextManager[None]:
        """Serve commands, and end with StopRequested on ``quit``, Ctrl-D, or when nobody reads the output."""
        return self._connected(handle)

    @asynccontextmanager
    async def _connected(self, handle: CommandHandler | None) -> AsyncIterator[None]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._watch_output())]
                if handle is not None and self._lines is not None:
                    tasks.append(group.create_task(self._serve(handle, self._lines)))
                yield
                for task in tasks:
                    task.cancel()
        except BaseExceptionGroup as errors:
            stops = [error for error in errors.exceptions if isinstance(error, StopRequested)]
            raise (stops or errors.exceptions)[0] from None

    async def send(self, destination: Destination, card: Card, *, key: str) -> MessageRef:  # noqa: ARG002
        """Print the card. Raises RetryLater where the output is closed: it is kept for the next run."""
        lines = [*layout(card), *aside(card)]
        if not self._print(_place(destination), lines, card.accent):
            raise RetryLater("Nobody reads what is printed any more; the card is kept for the next start.")
        self._printed += 1
        stamp = int(self._clock.now().timestamp() * 1000)
        return MessageRef(platform=NAME, channel=destination.channel, message=f"{stamp}-{self._printed}")

    # --- commands -----------------------------------------------------------------------------

    async def _serve(self, handle: CommandHandler, lines: Lines) -> None:
        origin = Origin(person=OPERATOR, where=HERE, rights=_Operator(), zone=local_zone())
        while (line := await lines.next()) is not None:
            if line.strip().casefold() in _QUIT:
                raise StopRequested("You typed quit.")
            if line.strip():
                await self._answer(handle, origin, line.strip())
        if lines.interactive:
            raise StopRequested("You pressed Ctrl-D.")
        # A pipe that ended has said all its commands; the bot goes on until it is stopped.

    async def _answer(self, handle: CommandHandler, origin: Origin, line: str) -> None:
        if line.isdecimal() and len(line) < 4 and 0 < int(line) <= len(self._offered):
            chosen = self._offered[int(line) - 1]
            if chosen.command is None:
                self._write(f"{safe_url(chosen.url) or ''}\n")
                return
            if chosen.confirm:  # typed out it is meant; a digit is typed by mistake
                self._write(f"{chosen.confirm} If so, type: {chosen.command}\n\n")
                return
            line = chosen.command
        try:
            command = parse(line)
        except CommandError as error:
            self._write(f"{error}\n\n")
            return
        self.show(await handle(command, origin))

    def show(self, reply: Reply) -> None:
        """See :class:`bot.ports.ShowingAdapter`."""
        if reply.announce is not None:
            self._print("", layout(reply.announce), reply.announce.accent)
        if reply.form is not None:
            self._offered = ()
            self._print("", form(reply.form, _written(reply.form)), "")
            return
        self._offered = reply.card.actions
        self._print("", [*layout(reply.card), *offers(reply.card.actions)], reply.card.accent)

    # --- output -------------------------------------------------------------------------------

    def _print(self, head: str, lines: Iterable[Line], accent: str) -> bool:
        if self._terminal is not None:
            return self._write(self._terminal.draw(head, lines, accent=accent))
        return self._write(plain_text(head, lines))

    def _write(self, text: str) -> bool:
        """Write a whole card at once; tell whether there is still somebody to read it."""
        if self._gone.is_set():
            return False
        encoding = self._output.encoding or "utf-8"
        try:
            self._output.write(text.encode(encoding, "replace").decode(encoding))
            self._output.flush()
        except (OSError, ValueError):  # a closed pipe, a terminal that went away, a closed file
            self._gone.set()
            self._silence()
            return False
        return True

    def _silence(self) -> None:
        """Send what is still buffered nowhere: Python flushes at exit, and would complain of the closed pipe."""
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._output.fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            return

    async def _watch_output(self) -> None:
        await self._gone.wait()
        raise StopRequested("Nobody reads what is printed any more.")


def _lines(commands: TextIO | None) -> Lines | None:
    try:
        return Lines(commands) if commands is not None else None
    except (OSError, ValueError):
        return None


def _place(destination: Destination) -> str:
    """``#robotics``, or «you» for direct messages."""
    if destination.direct:
        return destination.name or "you"
    name = destination.name or destination.channel
    return name if name.startswith("#") else f"#{name}"


def _written(asked: Form) -> str:
    """A form as the command to type, with the fields as they stand; those that are empty are left out."""
    try:
        base = parse(asked.command)
        given = {field.name: field.value for field in asked.fields if field.value}
        known = {option.name for option in BY_NAME[base.verb].options}
        kept = {name: value for name, value in {**base.options, **given}.items() if name in known}
        return write(Command(verb=base.verb, options=kept))
    except CommandError:
        return asked.command
