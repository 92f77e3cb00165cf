"""Bodies of requests and answers at the loopback Discord."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from aiohttp import web


async def read(request: web.Request) -> tuple[Any, list[Any]]:
    if request.content_type == "application/json":
        return await request.json(), []
    if not request.content_type.startswith("multipart/"):
        return None, []
    body, files = None, []
    form = await request.post()
    for name, value in form.items():
        if name == "payload_json":
            body = json.loads(value.file.read() if isinstance(value, web.FileField) else value)
        elif isinstance(value, web.FileField):
            files.append(
                SimpleNamespace(fp=BytesIO(value.file.read()), filename=value.filename, description=None)
            )
    return body, files


def answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    # discord.py reads JSON only where the type is exactly this, without a charset
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        headers={"Via": "1.1 google", "Content-Type": "application/json", **(headers or {})},
    )


def drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)
