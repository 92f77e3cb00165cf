# ruff: noqa: INP001 - imported from the root
"""Block Kit as HTML that looks like Slack, for the pictures of the documentation. No part of the product."""

import html
import re
from datetime import UTC, datetime
from typing import Any

CSS = """
* { box-sizing: border-box; }
:root { --paper: #fff; --ink: #1d1c1d; --faint: #616061; --line: #ddd; --edge: #b8b8b9; --link: #1264a3;
  --code: #c01343; --well: #f6f6f6; --tag: #e8e8e8; }
.dark { --paper: #1a1d21; --ink: #d1d2d3; --faint: #ababad; --line: #3a3d42; --edge: #5c5f64; --link: #1d9bd1;
  --code: #e8912d; --well: #222529; --tag: #35373b; }
body { margin: 0; padding: 24px; background: var(--paper); color: var(--ink);
  font: 15px/22px "Lato", "Noto Sans", "DejaVu Sans", "Noto Color Emoji", sans-serif; }
.caption { font-size: 13px; color: var(--faint); margin: 4px 0 10px; }
.message { display: flex; gap: 10px; margin: 0 0 18px; }
.avatar { flex: none; width: 36px; height: 36px; border-radius: 8px; background: #3b4252; color: #fff;
  display: flex; align-items: center; justify-content: center; font-size: 20px; }
.who b { font-weight: 800; } .who i { font-style: normal; font-size: 12px; color: var(--faint); }
.app { font-size: 10px; background: var(--tag); color: var(--faint); border-radius: 2px; padding: 1px 3px; margin: 0 6px; font-weight: 700; }
.body { flex: 1; min-width: 0; }
.private { font-size: 13px; color: var(--faint); margin-bottom: 2px; }
.block { margin: 6px 0; overflow-wrap: anywhere; }
.header { font-size: 18px; font-weight: 800; line-height: 24px; }
.section { display: flex; gap: 12px; justify-content: space-between; align-items: flex-start; }
.section > div:first-child { flex: 1; min-width: 0; white-space: pre-wrap; }
.context { font-size: 13px; line-height: 18px; color: var(--faint); white-space: pre-wrap; }
hr { border: 0; border-top: 1px solid var(--line); margin: 12px 0; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.button { border: 1px solid var(--edge); border-radius: 8px; padding: 3px 11px; font-size: 13px; font-weight: 700; background: var(--paper); white-space: nowrap; }
.button.primary { background: #007a5a; border-color: #007a5a; color: #fff; }
.button.danger { background: var(--paper); border-color: #e01e5a; color: #e01e5a; }
.button.menu { padding: 3px 9px; letter-spacing: 1px; }
.thumb { flex: none; width: 88px; height: 88px; border-radius: 6px; background: linear-gradient(135deg, #88c0d0, #5e81ac 60%, #b48ead); }
.picture { width: 360px; height: 180px; border-radius: 8px; background: linear-gradient(135deg, #88c0d0, #5e81ac 60%, #b48ead); }
a { color: var(--link); text-decoration: none; }
code { font: 12px/18px "DejaVu Sans Mono", monospace; color: var(--code); background: var(--well); border: 1px solid var(--line); border-radius: 3px; padding: 1px 3px; }
pre { font: 12px/18px "DejaVu Sans Mono", monospace; background: var(--well); border: 1px solid var(--line); border-radius: 4px; padding: 8px; margin: 0; white-space: pre-wrap; }
time { background: var(--well); border-radius: 3px; padding: 0 2px; }
.card { border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; box-shadow: 0 1px 3px #0001; }
.card .top { display: flex; gap: 10px; } .card .sub { font-size: 13px; color: var(--faint); } .card .text { margin: 6px 0 8px; }
.card .icon { width: 36px; height: 36px; border-radius: 6px; flex: none; background: linear-gradient(135deg, #88c0d0, #5e81ac 60%, #b48ead); }
.carousel { display: flex; gap: 10px; overflow: hidden; } .carousel .card { flex: 0 0 270px; }
.container { border: 1px solid var(--line); border-radius: 10px; padding: 8px 14px; font-weight: 700; color: var(--faint); }
.modal { border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 8px 30px #0002; width: 520px; margin: 0 auto; }
.modal .title, .modal .foot { display: flex; align-items: center; justify-content: space-between; padding: 14px 20px; font-weight: 800; font-size: 18px; }
.modal .content { padding: 0 20px 6px; max-height: 500px; overflow: hidden; } .modal .foot { border-top: 1px solid var(--line); justify-content: flex-end; gap: 10px; font-size: 14px; }
.label { font-weight: 700; } .label span { font-weight: 400; color: var(--faint); } .hint { font-size: 13px; color: var(--faint); }
.field { border: 1px solid #868686; border-radius: 4px; padding: 6px 10px; margin: 4px 0 2px; min-height: 36px; color: var(--ink); display: flex; justify-content: space-between; }
.field.empty { color: #868686; } .home { border: 1px solid var(--line); border-radius: 12px; padding: 6px 22px 18px; }
.home .header { margin-top: 18px; }
"""


def mrkdwn(text: str) -> str:
    """Slack's markup as HTML; what it does not know stays text."""
    out, at = [], 0
    for found in re.finditer(r"```\n?(.*?)\n?```|`([^`\n]+)`|<!date\^(\d+)\^[^|>]*\|([^>]*)>|<([^|>]+)\|([^>]*)>", text, re.DOTALL):  # fmt: skip
        out.append(text[at : found.start()])
        at = found.end()
        if found[1] is not None:
            out.append(f"<pre>{found[1]}</pre>")
        elif found[2] is not None:
            out.append(f"<code>{found[2]}</code>")
        elif found[3] is not None:
            moment = datetime.fromtimestamp(int(found[3]), UTC)
            out.append(f"<time>{moment:%b} {moment.day}, {moment.year} {moment:%H:%M}</time>")
        else:
            out.append(f'<a href="{found[5]}">{found[6]}</a>')
    out.append(text[at:])
    made = "".join(out)
    edge = r"(?<![\w*_]){0}(\S(?:[^\n]*?\S)?){0}(?![\w*_])"
    made = re.sub(edge.format(r"\*"), r"<b>\1</b>", made)
    return re.sub(r"(?<![\w/\"])_(\S(?:[^\n<]*?\S)?)_(?!\w)", r"<em>\1</em>", made)


def text(part: dict[str, Any]) -> str:
    """A text object."""
    return mrkdwn(part["text"]) if part["type"] == "mrkdwn" else html.escape(part["text"])


def element(part: dict[str, Any]) -> str:
    """A button, a menu, an image."""
    match part["type"]:
        case "button":
            return f'<span class="button {part.get("style", "")}">{text(part["text"])}</span>'
        case "overflow":
            return '<span class="button menu">···</span>'
        case "image":
            return '<div class="thumb"></div>'
    return f"<div>{part['type']}</div>"


def block(part: dict[str, Any]) -> str:
    """One block."""
    match part["type"]:
        case "header":
            return f'<div class="block header">{text(part["text"])}</div>'
        case "section":
            beside = element(part["accessory"]) if "accessory" in part else ""
            return f'<div class="block section"><div>{text(part["text"])}</div>{beside}</div>'
        case "context":
            return f'<div class="block context">{" ".join(text(one) for one in part["elements"])}</div>'
        case "divider":
            return "<hr>"
        case "actions":
            return f'<div class="block actions">{"".join(element(one) for one in part["elements"])}</div>'
        case "image":
            return '<div class="block picture"></div>'
        case "card":
            return f'<div class="block">{card(part)}</div>'
        case "carousel":
            return f'<div class="block carousel">{"".join(card(one) for one in part["elements"])}</div>'
        case "container":
            return f'<div class="block container">▸ {text(part["title"])}</div>'
        case "input":
            return field(part)
    return f"<div>{part['type']}</div>"


def card(part: dict[str, Any]) -> str:
    """Slack's own card."""
    icon = '<div class="icon"></div>' if "icon" in part else ""
    made = f'<div class="card"><div class="top">{icon}<div><div>{text(part["title"])}</div>'
    if "subtitle" in part:
        made += f'<div class="sub">{text(part["subtitle"])}</div>'
    made += "</div></div>"
    if "body" in part:
        made += f'<div class="text">{text(part["body"])}</div>'
    return (
        made + f'<div class="actions">{"".join(element(one) for one in part.get("actions", ()))}</div></div>'
    )


def field(part: dict[str, Any]) -> str:
    """An input of a modal."""
    held = part["element"]
    chosen = held.get("initial_option") or {}
    value = held.get("initial_value") or (text(chosen["text"]) if chosen else "")
    shown = html.escape(value) if value else html.escape(held.get("placeholder", {}).get("text", ""))
    arrow = "▾" if "select" in held["type"] else ""
    label = text(part["label"]) + (" <span>(optional)</span>" if part.get("optional") else "")
    hint = f'<div class="hint">{text(part["hint"])}</div>' if "hint" in part else ""
    empty = "" if value else " empty"
    return f'<div class="block"><div class="label">{label}</div><div class="field{empty}"><span>{shown}</span>{arrow}</div>{hint}</div>'


def message(blocks: list[dict[str, Any]], *, private: bool = False, at: str = "09:00") -> str:
    """A message of the bot."""
    whom = '<div class="private">👁 Only visible to you</div>' if private else ""
    return (
        '<div class="message"><div class="avatar">🐦</div><div class="body">'
        f'{whom}<div class="who"><b>Paper Pigeon</b><span class="app">APP</span><i>{at}</i></div>'
        f"{''.join(map(block, blocks))}</div></div>"
    )


def modal(view: dict[str, Any]) -> str:
    """A modal."""
    buttons = "".join(
        f'<span class="button {"primary" if name == "submit" else ""}">{text(view[name])}</span>'
        for name in ("close", "submit")
        if name in view
    )
    content = "".join(map(block, view["blocks"]))
    return f'<div class="modal"><div class="title">{text(view["title"])}<span>✕</span></div><div class="content">{content}</div><div class="foot">{buttons}</div></div>'


def page(*parts: str, dark: bool = False) -> str:
    """A whole page."""
    shade = "dark" if dark else ""
    return f'<!doctype html><meta charset="utf-8"><style>{CSS}</style><body class="{shade}">{"".join(parts)}'
