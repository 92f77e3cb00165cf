"""Every setting in words, from the models: ``.env.example`` and ``docs/settings.md``. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from bot.settings import CoreSettings, plain, variable

_PLAIN: Final = re.compile(r"[\w.:/@+-]*", re.ASCII)  # noqa: TID251 - a pattern of ours

HEAD = """\
# Settings of Paper Pigeon. Copy this file to .env and take the # away where you set something.
# What wins: the environment, then .env, then files in PIGEON_SECRETS_DIR that are named like the variable.
# PIGEON_X_FILE=/path names a file that holds the value of PIGEON_X. `pigeon config show` tells what holds.
# Made by `pigeon config example`.
"""

MARKDOWN_HEAD = """\
# Settings

What wins: flags of the command line, then the environment, then `.env`, then files in `PIGEON_SECRETS_DIR` that are
named like the variable, then the default. `PIGEON_X_FILE` names a file that holds the value of `PIGEON_X`, for
secrets. A name that does not exist stops the start, with the name that was probably meant.

`pigeon config show` tells each value and where it comes from, `pigeon config check` whether all are right.
This page is made by `pigeon config example --markdown`.
"""


@dataclass(frozen=True)
class Described:
    """One setting."""

    name: str
    meaning: str
    default: str
    secret: bool


def described(model: type[BaseModel], section: str = "") -> Iterator[Described]:
    """The settings of one model, in its order."""
    for name, info in model.model_fields.items():
        default = info.default_factory() if info.default_factory else info.default  # type: ignore[call-arg]
        yield Described(
            variable(section, name),
            (info.description or "").strip().replace("``", "`"),
            "" if default is PydanticUndefined else plain(default),
            _secret(info.annotation),
        )


def env_example(sections: Mapping[str, type[BaseModel]]) -> str:
    """The whole ``.env.example``: every setting commented out, with its meaning and default."""
    parts = [HEAD]
    for title, settings in _chapters(sections):
        parts.append(f"\n# --- {title} {'-' * (90 - len(title))}\n")
        for one in settings:
            parts.extend(f"# {line}\n" for line in textwrap.wrap(one.meaning, 110))
            parts.append(f"#{one.name}={quoted(one.default)}\n\n")
    return "".join(parts).rstrip("\n") + "\n"


def settings_table(sections: Mapping[str, type[BaseModel]]) -> str:
    """The whole ``docs/settings.md``."""
    parts = [MARKDOWN_HEAD]
    for title, settings in _chapters(sections):
        parts.append(f"\n## {title}\n\n| Setting | Default | Meaning |\n|---|---|---|\n")
        for one in settings:
            default = f"`{one.default}`" if one.default else "(secret)" if one.secret else ""
            parts.append(f"| `{one.name}` | {_cell(default)} | {_cell(one.meaning)} |\n")
    return "".join(parts)


def _chapters(sections: Mapping[str, type[BaseModel]]) -> Iterator[tuple[str, list[Described]]]:
    yield "Paper Pigeon", list(described(CoreSettings))
    for name, model in sorted(sections.items()):
        yield name, list(described(model, name))


def _secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())


def quoted(value: str) -> str:
    """A value as it stands in an ``.env`` file."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
