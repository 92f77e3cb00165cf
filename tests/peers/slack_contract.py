"""What Slack would refuse: shapes by the JSON Schemas made from its own typings, lengths by the table.

``PIGEON_CONTRACTS`` names the folder with both. What neither knows is written out in :func:`_crossed`.
"""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

ROOT = Path(__file__).resolve().parents[2]

MESSAGE_BLOCKS = 50
VIEW_BYTES = 250_000
METADATA_BYTES = 1024


def folder() -> Path:
    return Path(os.environ.get("PIGEON_CONTRACTS") or ROOT.parent / "shared" / "contracts") / "slack"


class ContractError(AssertionError):
    """A body that Slack would refuse; ``word`` is the error it would answer with."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(f"{word}: {message}")
        self.word = word
        self.message = message


@cache
def _schema(name: str) -> dict[str, Any]:
    return json.loads((folder() / f"{name}.schema.json").read_text())


@cache
def _limits() -> dict[str, Any]:
    return json.loads((folder() / "limits.json").read_text())


@cache
def _validator(name: str, definition: str) -> Draft7Validator:
    return Draft7Validator(
        {"$ref": f"#/definitions/{definition}", "definitions": _schema(name)["definitions"]}
    )


@cache
def _blocks() -> dict[str, str]:
    """Type of a block → its definition."""
    found = {}
    for name, definition in _schema("Block_")["definitions"].items():
        forms = [definition, *definition.get("anyOf", ())]
        kinds = {form.get("properties", {}).get("type", {}).get("const") for form in forms} - {None}
        if name.endswith("Block") and kinds:
            found[kinds.pop()] = name
    return found


def _hold(validator: Draft7Validator, value: Any, word: str, what: str) -> None:
    error = best_match(validator.iter_errors(value))
    if error is not None:
        path = "/".join(map(str, error.absolute_path))
        raise ContractError(word, f"{what} at /{path}: {error.message[:400]}")


def check_blocks(blocks: Any, *, most: int = MESSAGE_BLOCKS, surface: str = "message") -> None:
    """Refuse blocks as Slack would."""
    if not isinstance(blocks, list):
        raise ContractError("invalid_blocks_format", "blocks are no list")
    if len(blocks) > most:
        raise ContractError("invalid_blocks", f"{len(blocks)} blocks, {most} allowed")
    for block in blocks:
        kind = block.get("type") if isinstance(block, dict) else None
        definition = _blocks().get(str(kind))
        if definition is None:
            raise ContractError("invalid_blocks", f"unknown block {kind!r}")
        if kind in ("card", "carousel", "container", "table") and surface != "message":
            raise ContractError("invalid_blocks", f"{kind} is no block of a {surface}")
        _hold(_validator("Block_", definition), block, "invalid_blocks", f"{kind} block")
        for found in _lengths(block):
            raise ContractError("invalid_blocks", found)
    for found in _crossed(blocks):
        raise ContractError("invalid_blocks", found)


def check_message(body: Mapping[str, Any], *, schema: str = "PostMessageArgs") -> None:
    """Refuse the arguments of chat.postMessage, chat.postEphemeral or chat.update as Slack would."""
    text = body.get("text", "")
    if not text and not body.get("blocks"):
        raise ContractError("no_text", "neither text nor blocks")
    if not text:
        raise ContractError("no_text", "blocks without a text for notifications and screen readers")
    if len(text) >= 4000:
        raise ContractError("msg_too_long", f"text of {len(text)} characters")
    if "blocks" in body:
        check_blocks(body["blocks"])
        if sum(_text(block) for block in body["blocks"]) > 13_200:
            raise ContractError("msg_blocks_too_long", "more text than a message holds")
    rest = {key: value for key, value in body.items() if key != "blocks"}
    known = _validator(schema, _schema(schema)["$ref"].rsplit("/", 1)[1])
    if schema == "PostMessageArgs":
        _hold(known, rest, "invalid_arguments", "arguments")
    metadata = body.get("metadata")
    if metadata is not None:
        if len(json.dumps(metadata)) > METADATA_BYTES:
            raise ContractError("metadata_too_large", "metadata")
        if any(isinstance(value, (dict, list)) for value in metadata.get("event_payload", {}).values()):
            raise ContractError("invalid_metadata_schema", "values are not flat")


def check_view(view: Mapping[str, Any]) -> None:
    """Refuse a modal or App Home as Slack would."""
    kind = view.get("type")
    if kind not in ("modal", "home"):
        raise ContractError("invalid_arguments", f"view of type {kind!r}")
    check_blocks(view.get("blocks"), most=_limits()["view"]["blocks"]["max_items"], surface=str(kind))
    schema = "Modal_" if kind == "modal" else "Home_"
    _hold(_validator(schema, schema), {**view, "blocks": []}, "invalid_arguments", f"{kind} view")
    table = _limits()["view"]
    for name in ("private_metadata", "callback_id"):
        if len(str(view.get(name, ""))) > table[name]["max_length"]:
            raise ContractError("invalid_arguments", f"{name} too long")
    for name in ("title", "close", "submit"):
        if name in view and not 0 < len(view[name]["text"]) <= table[name]["max_length"]:
            raise ContractError("invalid_arguments", f"{name} has a length of {len(view[name]['text'])}")
    if kind == "modal" and "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        raise ContractError("invalid_arguments", "inputs without a submit button")
    if len(json.dumps(view)) > VIEW_BYTES:
        raise ContractError("view_too_large", "view")


def check_rows(rows: Any) -> None:
    """Refuse the rows of a menu that is filled while somebody types, as Slack would."""
    menu = {"type": "static_select", "options": rows}
    for found in _lengths(menu) if rows else ():
        raise ContractError("invalid_arguments", f"rows of a menu: {found}")


def _text(part: Any) -> int:
    if isinstance(part, dict):
        own = len(part["text"]) if isinstance(part.get("text"), str) else 0
        return own + sum(_text(value) for value in part.values() if isinstance(value, (dict, list)))
    return sum(map(_text, part)) if isinstance(part, list) else 0


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _over(value: Any, limit: Mapping[str, Any], what: str) -> Iterator[str]:
    if value is None:
        return
    text = value.get("text") if isinstance(value, dict) else value
    if isinstance(text, str):
        if not text.strip() and "text" in what:
            yield f"{what} is empty"
        if _utf16(text) > limit.get("max_length", 10**9):
            yield f"{what} has {_utf16(text)} characters, {limit['max_length']} allowed"
    if isinstance(value, list) and not limit.get("min_items", 0) <= len(value) <= limit.get(
        "max_items", 10**9
    ):
        yield f"{what} has {len(value)} parts, {limit} allowed"


def _lengths(part: Any) -> Iterator[str]:
    """Walk a block and compare every element with the table."""
    if isinstance(part, list):
        for one in part:
            yield from _lengths(one)
        return
    if not isinstance(part, dict):
        return
    table = _limits()
    kind = part.get("type")
    for name in ("action_id", "block_id"):
        yield from _over(part.get(name), table[name], name)
    if kind in ("plain_text", "mrkdwn"):
        yield from _over(part["text"], table["text"], f"{kind} text")
    known = table.get(str(kind), {})
    for name, limit in known.items():
        if isinstance(limit, dict) and name in part and ("max_length" in limit or "max_items" in limit):
            yield from _over(part[name], limit, f"{kind} {name}")
    if kind in (
        "static_select",
        "external_select",
        "conversations_select",
        "radio_buttons",
        "checkboxes",
        "overflow",
    ):
        if kind != "overflow":
            yield from _over(part.get("placeholder"), table["select"]["placeholder"], "placeholder")
        for option in part.get("options", ()):
            for name in ("text", "value", "description", "url"):
                yield from _over(option.get(name), table["option"][name], f"option {name}")
        yield from _over(
            part.get("options"),
            table["overflow" if kind == "overflow" else "select"]["options"],
            f"{kind} options",
        )
        values = [option.get("value") for option in part.get("options", ())]
        initial = part.get("initial_option")
        if initial is not None and kind == "static_select" and initial not in part["options"]:
            yield "initial_option is none of the options"
        if kind == "static_select" and len(set(values)) != len(values):
            yield "two options have the same value"
    if kind == "section":
        for field in part.get("fields", ()):
            yield from _over(field, {"max_length": table["section"]["fields"]["item_max_length"]}, "field")
        if "text" not in part and "fields" not in part:
            yield "section without text"
    confirm = part.get("confirm")
    if isinstance(confirm, dict):
        for name in ("title", "text", "confirm", "deny"):
            yield from _over(confirm.get(name), table["confirmation"][name], f"confirm {name}")
    for value in part.values():
        if isinstance(value, (dict, list)):
            yield from _lengths(value)


def _crossed(blocks: list[dict[str, Any]]) -> Iterator[str]:
    """Rules between fields, which no table holds."""
    block_ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(block_ids)) != len(block_ids):
        yield "a block_id is used twice"
    for block in blocks:
        ids = list(_action_ids(block))
        if len(set(ids)) != len(ids):
            yield f"an action_id is used twice: {sorted(one for one in ids if ids.count(one) > 1)}"
    for part in _parts(blocks):
        if (
            part.get("type") == "button"
            and "url" in part
            and not str(part["url"]).startswith(("http", "mailto:"))
        ):
            yield f"a button's url is {part['url']!r}"
        if part.get("type") == "card" and not {"title", "body", "hero_image", "actions"} & part.keys():
            yield "an empty card"


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from _parts(value)
    elif isinstance(part, list):
        for one in part:
            yield from _parts(one)


def _action_ids(part: Any) -> Iterator[str]:
    return (str(one["action_id"]) for one in _parts(part) if "action_id" in one)
