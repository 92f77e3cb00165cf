"""What ``/ready`` says of the parts of a process is what its runner sees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.app import App
from bot.errors import RetryLater
from bot.settings import load
from bot.testing.adapter import RecordingAdapter
from tests.core import Core
from tests.web.conftest import Browser


class Flaky(RecordingAdapter):
    """Its platform cannot be reached, until it can."""

    reachable = False

    @asynccontextmanager
    async def connect(self, handle) -> AsyncIterator[None]:
        if not self.reachable:
            raise RetryLater("Not there.")
        async with super().connect(handle):
            yield


async def test_a_platform_that_cannot_be_reached_is_named_until_it_can(core: Core, monkeypatch) -> None:
    monkeypatch.setenv("PIGEON_WEB_PORT", "8080")
    adapter = Flaky("recording")
    app = App(
        load({}, env_file=None),
        core.store,
        core.clock,
        sources=[core.source],
        adapters=[adapter],
        roles={"chat", "web"},
        poll_every=timedelta(minutes=10),
        worker="w",
    )
    assert app.page is not None
    browser = Browser(core, app.page._site)
    running = asyncio.create_task(app.run())
    try:
        async with asyncio.timeout(30):
            while app.parts.get("recording") is not False:
                await asyncio.wait([asyncio.create_task(core.clock.sleep(0))])
        assert "part: recording is being started again" in (await browser.get("/ready")).body
        assert 'part_running{part="recording"} 0' in (await browser.get("/metrics")).body
        adapter.reachable = True
        async with asyncio.timeout(30):
            while not app.parts["recording"]:
                await core.clock.advance(1)
        assert (await browser.get("/ready")).status == 200
        assert 'part_running{part="recording"} 1' in (await browser.get("/metrics")).body
    finally:
        running.cancel()
        await asyncio.wait([running])
        await app.page.close()
