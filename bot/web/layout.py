"""The frame of every page, its style and its policy. Pure."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from hashlib import sha256
from html import escape
from types import MappingProxyType
from typing import Final

from bot.cards.html_style import STYLE
from bot.text.when import day

_TYPED: Final = re.compile(r"`([^`\n]+)`")  # noqa: TID251 - a pattern of ours

PAGE_STYLE: Final = (
    STYLE
    + """
body{max-width:52rem}
.top{display:flex;align-items:center;gap:.5rem;margin:0 0 1.5rem;font-weight:650}
.top a{display:flex;align-items:center;gap:.5rem;color:var(--text)}
.top svg{width:1.6rem;height:1.6rem;fill:none;stroke:var(--link);stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}
h1{font-size:1.55rem;margin:0 0 .3rem}
.section{font-size:1.08rem;margin:2rem 0 .6rem}
.lead{color:var(--dim);margin:0 0 1.1rem;max-width:40rem}
form{margin:0 0 .5rem}
label{display:block;font-size:.875rem;font-weight:600;margin:0 0 .25rem}
.row{display:flex;gap:.5rem;flex-wrap:wrap}
.row input{flex:1 1 18rem}
input,select{font:inherit;color:var(--text);background:var(--card);border:1px solid var(--field);border-radius:8px;
padding:.5rem .7rem;min-width:0}
input[readonly]{width:100%;background:var(--button);border-color:var(--line);
font:.875rem/1.4 ui-monospace,"SF Mono",Menlo,Consolas,monospace;user-select:all}
button{font:inherit;font-weight:600;color:#fff;background:var(--primary);border:1px solid var(--primary);border-radius:8px;
padding:.5rem 1.1rem;cursor:pointer}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
:root{--field:#868d97}@media (prefers-color-scheme:dark){:root{--field:#737c88}}
.examples{font-size:.875rem;color:var(--dim);margin:.55rem 0 0}
.examples a{margin-right:.9rem;white-space:nowrap}
.panel{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.1rem 1.2rem;margin:1.4rem 0}
.panel h2{margin:0}
.figure{display:flex;flex-wrap:wrap;align-items:flex-end;justify-content:space-between;gap:.8rem 1.5rem;margin:0 0 .6rem}
.big{font-size:2.1rem;line-height:1.1;font-weight:700;letter-spacing:-.02em}
.figure p{margin:0}
.bars{display:block;height:3.2rem;width:100%;max-width:17rem}
.bars rect{fill:var(--link)}.bars .none{fill:var(--line)}
.facts{margin:.9rem 0 0;display:grid;grid-template-columns:max-content 1fr;gap:.45rem 1rem;font-size:.9375rem}
.facts dt{color:var(--dim)}.facts dd{margin:0}
.facts ul{margin:0}.facts li{border:0;padding:.1rem 0}
.chip{display:inline-block;background:var(--button);border-radius:999px;padding:.08rem .65rem;margin:0 .35rem .3rem 0}
.chip b{font-weight:650;margin-left:.25rem}
.chip code{background:none;padding:0}.note .chip{margin:0}
.copy{margin:1rem 0 0}
.wrong{border-left:4px solid var(--danger)}
.wrong pre{white-space:pre;overflow-x:auto;margin:.7rem 0}
.mark{color:var(--danger);font-weight:700}
.quiet{color:var(--dim)}
.list{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.2rem 1.1rem;margin:.5rem 0}
.list .name{font-weight:650}
.state{display:inline-block;font-size:.78rem;border-radius:999px;background:var(--button);color:var(--dim);padding:0 .55rem;
margin-left:.4rem}
.links a{margin-right:.8rem}
footer{margin:2.5rem 0 0;padding:1rem 0 0;border-top:1px solid var(--line);color:var(--dim);font-size:.875rem}
@media (max-width:480px){.big{font-size:1.7rem}.facts{grid-template-columns:1fr;gap:.1rem}.facts dd{margin:0 0 .6rem}
.panel{padding:.9rem}.row button{flex:1}h1{font-size:1.3rem}}
"""
)

_HASH: Final = b64encode(sha256(PAGE_STYLE.encode()).digest()).decode()

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "X-Robots-Tag": "noindex, nofollow",
        "Cache-Control": "no-store",
        "Server": "paper-pigeon",
    }
)
"""On every answer. No script at all, no style but ours, no picture but the icon, nothing from elsewhere; a link's address
is told to no site (https://www.w3.org/TR/CSP3/, https://www.w3.org/TR/referrer-policy/)."""

ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#2f6fd6" stroke-width="1.8" '
    'stroke-linejoin="round" stroke-linecap="round"><path d="M21 4 2.5 11l6 2.5L19 6.5l-8 8.5.5 5.5 3.2-4 4 1.8z"/></svg>'
)
_BIRD: Final = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M21 4 2.5 11l6 2.5L19 6.5l-8 8.5.5 5.5 3.2-4 4 1.8z"/></svg>'


def page(title: str, body: str, *, foot: str = "") -> str:
    """A whole document."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(title)}</title>\n"
        '<link rel="icon" href="/icon.svg" type="image/svg+xml">\n'
        f"<style>{PAGE_STYLE}</style>\n</head>\n<body>\n"
        f'<div class="top"><a href="/">{_BIRD}<span>Paper Pigeon</span></a></div>\n'
        f"<main>\n{body}\n</main>\n"
        f"<footer>{foot or FOOT}</footer>\n</body>\n</html>\n"
    )


FOOT: Final = (
    "Nothing is kept about this visit: no cookies, no scripts, no requests to anybody else. "
    "In chat: <code>/papers help</code>."
)


def problem(title: str, sentence: str) -> str:
    """A page that says what is the matter, and what to do."""
    return page(
        title,
        f'<h1>{text(title)}</h1>\n<p class="lead">{typed(sentence)}</p>\n<p><a href="/">Preview a filter</a></p>',
    )


def text(raw: str) -> str:
    """Escaped for text and for attributes alike; what UTF-8 cannot hold is shown as «�»."""
    clean = raw.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    return escape(" ".join(clean.splitlines()), quote=True)


def typed(sentence: str) -> str:
    """A sentence as errors are worded: what stands between backticks can be typed."""
    parts: list[str] = []
    at = 0
    for found in _TYPED.finditer(sentence):
        parts += [text(sentence[at : found.start()]), f"<code>{text(found[1])}</code>"]
        at = found.end()
    return "".join([*parts, text(sentence[at:])])


def bars(values: Sequence[int], days: Sequence[str]) -> str:
    """A small bar chart: one bar a day, with its number for whoever points at it or listens."""
    top = max(values, default=0)
    wide = 100 / max(1, len(values))
    drawn = []
    for at, (value, name) in enumerate(zip(values, days, strict=True)):
        high = max(2.0, 40 * value / top) if value else 1.5
        kind = "" if value else ' class="none"'
        drawn.append(
            f'<rect{kind} x="{at * wide + wide * 0.1:.2f}" y="{40 - high:.2f}" width="{wide * 0.8:.2f}" height="{high:.2f}" '
            f'rx="0.6"><title>{text(name)}: {value:,}</title></rect>'
        )
    said = ", ".join(f"{name} {value}" for value, name in zip(values, days, strict=True))
    return (
        f'<svg class="bars" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" '
        f'aria-label="Papers a day: {text(said)}">{"".join(drawn)}</svg>'
    )


def when(moment: datetime, zone: tzinfo) -> str:
    """A moment in a zone: «Mon 5 Jan, 09:00»."""
    local = moment.astimezone(zone)
    return f'<time datetime="{local.isoformat(timespec="seconds")}">{day(local.date())}, {local:%H:%M}</time>'
