"""What the Slack journeys share: the real process, pointed at a loopback Slack, and what stands there."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.peers.slack_server import SlackPeer

ROOT = Path(__file__).resolve().parents[2]


def said(part: object) -> str:
    return json.dumps(part, ensure_ascii=False)


@asynccontextmanager
async def running(peer: SlackPeer, folder: Path, *options: str, **settings: str) -> AsyncIterator[Path]:
    """``pigeon run``; its log. It must end in good order, without a traceback or a token in that log."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIGEON_")}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PIGEON_ADAPTERS": "slack",
        "PIGEON_SLACK__API_URL": peer.api_url,
        "PIGEON_SLACK__BOT_TOKEN": "xoxb-1",
        **settings,
    }
    path = folder / "log"
    log = path.open("w")
    command = (sys.executable, "-m", "bot", "run", *options)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=log, stderr=log
    )
    try:
        yield path
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) == 0, path.read_text()
        assert "Traceback" not in path.read_text(), path.read_text()
        assert not {"xoxb-1", "xapp-1"} & set(path.read_text().split()), "no token is logged"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        log.close()


def cards(peer: SlackPeer, channel: str) -> list[dict[str, Any]]:
    """What was delivered there."""
    return [post for post in peer.posts(channel) if "metadata" in post]
