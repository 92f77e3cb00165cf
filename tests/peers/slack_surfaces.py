"""What people see of the loopback Slack, as Slack hands it back: a form that was filled in, a control that was pressed."""

from typing import Any


def filled(view: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """The view with its state as Slack sends it, after somebody filled fields in."""
    state: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, name = block["element"], block["block_id"]
        value = values.get(name.removeprefix("field."), values.get(name))
        held: dict[str, Any] = {"type": element["type"]}
        if element["type"] in ("static_select", "external_select"):
            chosen = element.get("initial_option")
            if value is not None:
                rows = element.get("options") or [
                    {"text": {"type": "plain_text", "text": value}, "value": value}
                ]
                chosen = next(row for row in rows if row["value"] == value)
            held["selected_option"] = chosen
        elif element["type"] == "conversations_select":
            held["selected_conversation"] = value or element.get("initial_conversation")
        else:
            held["value"] = value if value is not None else element.get("initial_value")
        state[name] = {element["action_id"]: held}
    return {**view, "state": {"values": state}}


def control(blocks: Any, label: str) -> dict[str, Any]:
    """The action that Slack sends for the control with that label."""
    for part in walk(blocks):
        if part.get("type") == "button" and part["text"]["text"] == label:
            return {
                name: part[name] for name in ("type", "action_id", "value", "text", "url") if name in part
            }
        for option in part.get("options", ()) if part.get("type") == "overflow" else ():
            if option["text"]["text"] == label:
                return {"type": "overflow", "action_id": part["action_id"], "selected_option": option}
    raise AssertionError(f"nothing is labelled {label!r}")


def walk(part: Any) -> Any:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from walk(value)
    elif isinstance(part, list):
        for one in part:
            yield from walk(one)
