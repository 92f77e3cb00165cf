# ruff: noqa: TID251 — patterns of our own, or of Discord's file
"""Discord's own contract for request bodies: its OpenAPI file in a strict form, and the rules that it cannot say.

The file is Discord's (https://github.com/discord/discord-api-spec), kept outside the repository and found by
PIGEON_CONTRACTS. Strict: objects with named properties take no others, so that a misspelt key is found.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

V2 = 1 << 15
# What discord.py adds and Discord takes, though the file does not name it.
_ALSO_TAKEN = {"nsfw", "tts"}


def contract_path() -> Path | None:
    """Where the OpenAPI file is, or ``None``."""
    root = os.environ.get("PIGEON_CONTRACTS")
    base = Path(root) if root else Path(__file__).resolve().parents[2].parent / "shared" / "contracts"
    found = base / "discord" / "openapi.json"
    return found if found.exists() else None


class Contract:
    """Says what is wrong with a request's body; an empty list is right."""

    def __init__(self, path: Path) -> None:
        published = json.loads(path.read_text(encoding="utf-8"))
        self._spec = _strict(published)
        registry = Registry().with_resource("urn:discord", Resource(self._spec, DRAFT202012))
        self._registry = registry
        self._routes = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template.removeprefix("/api/v10"))), template)
            for template in sorted(published["paths"], key=lambda name: name.count("{"))
        ]
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}

    def problems(self, method: str, path: str, body: Any) -> list[str]:
        """Of one request; ``path`` without the API's root."""
        template = next((name for pattern, name in self._routes if pattern.fullmatch(path)), None)
        if template is None or method.lower() not in self._spec["paths"][template]:
            return [f"Discord has no route {method} {path}"]
        found = []
        validator = self._validator(template, method.lower())
        if validator is None:
            return [] if body in (None, {}) else [f"{method} {path} takes no body"]
        for error in validator.iter_errors(body):
            best = jsonschema.exceptions.best_match([error])
            found.append(f"{best.json_path}: {best.message[:300]}")
        return found + [problem for message in _messages(path, body) for problem in rules(message)]

    def _validator(self, template: str, method: str) -> jsonschema.Draft202012Validator | None:
        name = f"{method} {template}"
        if name not in self._validators:
            content = self._spec["paths"][template][method].get("requestBody", {}).get("content", {})
            if "application/json" not in content:
                return None
            pointer = f"#/paths/{template.replace('~', '~0').replace('/', '~1')}/{method}/requestBody/content/application~1json/schema"
            self._validators[name] = jsonschema.Draft202012Validator(
                {"$ref": f"urn:discord{pointer}"}, registry=self._registry
            )
        return self._validators[name]


@cache
def load() -> Contract | None:
    """The contract, read once."""
    path = contract_path()
    return Contract(path) if path else None


def _strict(published: dict[str, Any]) -> dict[str, Any]:
    spec = copy.deepcopy(published)

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict) and "allOf" not in node and "additionalProperties" not in node:
                node["additionalProperties"] = False
                for name in _ALSO_TAKEN:
                    properties.setdefault(name, {"type": ["boolean", "null"]})
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(spec)
    spec["components"]["schemas"]["SnowflakeType"] = {"type": ["string", "integer"]}
    return spec


def _messages(path: str, body: Any) -> Iterator[dict[str, Any]]:
    """The message in a request, wherever it is kept."""
    if not isinstance(body, dict):
        return
    if path.endswith("/callback"):
        data = body.get("data") or {}
        if body.get("type") in {4, 7}:
            yield data
        elif body.get("type") == 9:
            yield {"components": data.get("components", []), "_modal": True}
    elif path.endswith("/threads") and "message" in body:
        yield body["message"]
    elif not path.endswith("/threads") and re.search(r"/messages(/|$)|^/webhooks/[^/]+/[^/]+$", path):
        yield body


def components(node: Any) -> Iterator[dict[str, Any]]:
    """Every component of a message, nested ones too."""
    for part in node or ():
        yield part
        yield from components(part.get("components"))
        if part.get("accessory"):
            yield from components([part["accessory"]])
        if isinstance(part.get("component"), dict):
            yield from components([part["component"]])


def rules(message: dict[str, Any]) -> list[str]:
    """What the documentation says and the schema does not."""
    made = list(_component_rules(message))
    if message.get("_modal"):
        return made
    made += _text_rules(message)
    mentions = message.get("allowed_mentions") or {}
    made += [
        f"allowed_mentions: {word} both in parse and listed"
        for word in ("users", "roles")
        if word in (mentions.get("parse") or ()) and mentions.get(word)
    ]
    return made


def _text_rules(message: dict[str, Any]) -> Iterator[str]:
    v2 = bool((message.get("flags") or 0) & V2)
    parts = message.get("components") or []
    if len(message.get("content") or "") > 2000:
        yield "content is longer than 2000"
    embeds = message.get("embeds") or []
    if sum(_embed_size(embed) for embed in embeds) > 6000:
        yield "the embeds are longer than 6000"
    if any(not field.get("value", "").strip() for embed in embeds for field in embed.get("fields", ())):
        yield "an embed's field has no value"
    if v2 and (message.get("content") or embeds or message.get("poll") or message.get("sticker_ids")):
        yield "Components V2 beside content, embeds, a poll or stickers"
    if not v2 and any(part.get("type") != 1 for part in parts):
        yield "components of V2 without its flag"
    if not v2 and len(parts) > 5:
        yield "more than 5 rows"
    if not (parts or message.get("content") or embeds or message.get("attachments") or message.get("poll")):
        yield "the message is empty"
    if sum(1 for _ in components(parts)) > 40:
        yield "more than 40 components"
    texts = [part.get("content", "") for part in components(parts) if part.get("type") == 10]
    if sum(len(text.encode("utf-16-le")) // 2 for text in texts) > 4000:
        yield "more than 4000 characters of text"
    if any(not text.strip() for text in texts):
        yield "an empty text display"


def _component_rules(message: dict[str, Any]) -> Iterator[str]:
    parts = list(components(message.get("components")))
    ids = Counter(part["custom_id"] for part in parts if "custom_id" in part)
    yield from (f"custom_id {name!r} is there twice" for name, number in ids.items() if number > 1)
    numbers = Counter(part["id"] for part in parts if part.get("id"))
    yield from (f"component id {name} is there twice" for name, number in numbers.items() if number > 1)
    for part in parts:
        if part.get("type") == 2 and part.get("style") == 5 and ("custom_id" in part or not part.get("url")):
            yield "a link button without url or with custom_id"
        if part.get("type") == 2 and part.get("style") in {1, 2, 3, 4} and not part.get("custom_id"):
            yield "a button without custom_id"
        if part.get("type") == 1:
            kinds = [child.get("type") for child in part.get("components", ())]
            if any(kind != 2 for kind in kinds) and len(kinds) > 1:
                yield "a row with a select and something else"
        low, high = part.get("min_values"), part.get("max_values")
        if low is not None and high is not None and low > high:
            yield "min_values above max_values"
        values = [option.get("value") for option in part.get("options", ())]
        if len(values) != len(set(values)):
            yield "two options of one value"
        for url in (part.get("url"), (part.get("media") or {}).get("url")):
            if url is not None and not _is_address(url):
                yield f"not an address: {url!r}"
    for embed in message.get("embeds") or ():
        if embed.get("url") and not _is_address(embed["url"]):
            yield f"not an address: {embed['url']!r}"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme == "attachment":
        return True
    return parts.scheme in {"http", "https"} and bool(host) and not re.search(r"[\s<>\"\\|]", url)


def _embed_size(embed: dict[str, Any]) -> int:
    size = len(embed.get("title") or "") + len(embed.get("description") or "")
    size += len((embed.get("footer") or {}).get("text") or "") + len(
        (embed.get("author") or {}).get("name") or ""
    )
    return size + sum(len(field["name"]) + len(field["value"]) for field in embed.get("fields", ()))
