"""The command ``pigeon`` as its users see it: what it prints where, and how it exits."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import structlog

from bot.__main__ import main
from bot.models import Destination, Paper, Person, Sighting, Subscription
from bot.store import Database, Store
from bot.store.papers import Change

Result = TypeVar("Result")
NOW = datetime.now(UTC)  # noqa: TID251 - the commands read the machine's own clock


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


class Pigeon:
    """Runs commands in this process, in a folder and with settings of their own."""

    def __init__(
        self, folder: Path, url: str, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture
    ) -> None:
        self.folder = folder
        self.url = url
        self._patch = patch
        self._capture = capture

    def __call__(self, *words: str | Path) -> Answer:
        self._patch.setattr(sys, "argv", ["pigeon", *map(str, words)])
        self._capture.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = self._capture.readouterr()
        return Answer(code, out, err)

    def store(self, work: Callable[[Store], Awaitable[Result]]) -> Result:
        """Do something with the store behind the commands."""

        async def do() -> Result:
            database = Database.connect(self.url)
            try:
                return await work(Store(database, retention=timedelta(days=90)))
            finally:
                await database.close()

        return asyncio.run(do())

    def empty(self) -> None:
        """As a new store on another machine."""

        async def flush(store: Store) -> None:
            await store.database.call(store.database.client.flushall())

        self.store(flush)

    def subscribe(self, to: str = "discord/10/20", query: str = "diffusion", **more: object) -> Subscription:
        platform, workspace, channel = to.split("/")
        where = Destination(
            platform=platform,
            workspace=workspace,
            channel=channel.removeprefix("@"),
            direct=channel.startswith("@"),
        )
        made = Subscription(
            number=0,
            query=query,
            destination=where,
            created_by=Person(id="7", name="Ada"),
            created_at=NOW,
            **more,
        )
        return self.store(lambda store: store.subscriptions.create(made))

    def papers(self, *titles: str) -> None:
        papers = [
            Paper(
                id=f"arxiv:2401.{10000 + at}",
                title=title,
                abstract="We study it.",
                url=f"https://arxiv.org/abs/2401.{10000 + at}",
                sightings=(Sighting(source="arxiv"),),
                first_seen=NOW,
            )
            for at, title in enumerate(titles)
        ]
        changes = [Change(paper, "", "new") for paper in papers]
        self.store(lambda store: store.papers.save("arxiv", changes, cursor="c1", seed=False, now=NOW))


@pytest.fixture
def bare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Pigeon]:
    """Commands in an empty folder, without any setting."""
    for name in [name for name in os.environ if name.startswith("PIGEON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    handlers, level = list(logging.root.handlers), logging.root.level
    yield Pigeon(tmp_path, "", monkeypatch, capsys)
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def pigeon(bare: Pigeon, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Pigeon:
    """Commands on an empty store on a real Valkey."""
    monkeypatch.setenv("PIGEON_REDIS_URL", redis_url)
    bare.url = redis_url
    return bare
