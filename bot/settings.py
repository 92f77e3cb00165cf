"""Settings: from the environment, a ``.env`` file and secret files; built once, in ``__main__``.

What wins: flags of the command line, then the environment, then ``.env``, then files in
``PIGEON_SECRETS_DIR`` named like the variable, then the default. ``PIGEON_X_FILE`` names a file that holds
the value of ``PIGEON_X``. Plugins bring sections of their own: ``PIGEON_DISCORD__TOKEN`` fills ``token`` in
the settings of the adapter ``discord``.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, Field, SecretStr, ValidationError, create_model, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import SettingsError
from bot.models import destination_of

PREFIX: Final = "PIGEON_"
NESTED: Final = "__"
FILE: Final = "_FILE"
DEVELOPMENT: Final = frozenset({"PIGEON_RECORDINGS", "PIGEON_CONTRACTS", "PIGEON_SECRETS_DIR"})
"""Names that are ours but no settings of the running bot."""

ROLES: Final = ("poll", "match", "send", "chat", "web")


class CoreSettings(BaseModel):
    """What the core itself can be told."""

    redis_url: SecretStr = Field(
        SecretStr(""),
        description="Redis or Valkey to use, e.g. redis://user:password@host:6379/0. "
        "Empty: an embedded Valkey in the data directory.",
    )
    data_dir: Path = Field(
        Path(".pigeon"),
        description="Where the embedded Valkey keeps its data, and the bot what makes its next start quicker.",
    )
    sources: str = Field(
        "",
        description="Names of the listings to poll, e.g. huggingface,arxiv. Empty: those that are on by default or configured.",
    )
    adapters: str = Field(
        "",
        description="Names of the platforms to serve, e.g. discord,slack. Empty: those that have a token, else the console.",
    )
    roles: str = Field(
        "", description="Roles of this process: poll, match, send, chat, web. Empty: all of them."
    )
    poll_seconds: float = Field(600, ge=1, le=86_400, description="Seconds between two polls of a listing.")
    retention_days: int = Field(
        90, ge=7, le=3650, description="Days for which a paper is kept after a listing last showed it."
    )
    contact: str = Field(
        "", description="Your mail address or page, told to listings in the User-Agent, as arXiv asks."
    )
    operator: str = Field(
        "",
        description="Where you are told once of each incident of a listing: discord/<server>/<channel>, slack/<team>/<channel>, "
        "or a person with @ before the id. Empty: in the log only.",
    )
    web_host: str = Field("127.0.0.1", description="Address on which the web page listens.")
    web_port: int = Field(
        8080, ge=0, le=65_535, description="Port on which the web page listens. 0: no page."
    )
    web_url: str = Field(
        "",
        description="Where people reach the web page, such as https://papers.example.org, for links and feeds. "
        "Empty: the address on which it listens.",
    )
    web_proxies: str = Field(
        "",
        description="Addresses or networks of reverse proxies before the web page, whose X-Forwarded-For is believed.",
    )
    log_level: str = Field(
        "",
        description="debug, info, warning or error. Empty: warning in a terminal that shows cards, else info.",
    )
    log_format: str = Field("", description="console or json. Empty: console on a terminal, else json.")

    @field_validator("operator")
    @classmethod
    def _operator(cls, value: str) -> str:
        if value:
            destination_of(value)
        return value.strip()

    @field_validator("web_url")
    @classmethod
    def _url(cls, value: str) -> str:
        parts = urlsplit(value.strip().rstrip("/"))
        if value and (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.path
            or parts.query
            or parts.fragment
            or parts.username is not None
        ):
            raise ValueError(
                "must be an address such as https://papers.example.org, with nothing behind the host"
            )
        return parts.geturl()

    @field_validator("web_proxies")
    @classmethod
    def _proxies(cls, value: str) -> str:
        for one in value.replace(",", " ").split():
            try:
                ip_network(one, strict=False)
            except ValueError as error:
                raise ValueError("must be addresses or networks, such as 10.0.0.1 or 10.1.0.0/16") from error
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.lower() not in {"", "debug", "info", "warning", "error"}:
            raise ValueError("must be debug, info, warning or error")
        return value.lower()

    @field_validator("log_format")
    @classmethod
    def _format(cls, value: str) -> str:
        if value.lower() not in {"", "console", "json"}:
            raise ValueError("must be console or json")
        return value.lower()


@dataclass(frozen=True)
class Origin:
    """Where the value of a setting came from."""

    name: str
    value: str
    """For display; secrets are hidden."""
    source: str
    description: str
    default: bool


class Settings:
    """The core's settings and one section for each plugin."""

    def __init__(
        self, core: CoreSettings, sections: Mapping[str, BaseModel], given: Mapping[str, tuple[str, str]]
    ) -> None:
        self.core = core
        self.sections = sections
        self._given = given

    def names(self, setting: str) -> list[str]:
        """A setting that is a list of names: ``discord, slack``."""
        text = str(getattr(self.core, setting))
        return [part for part in text.replace(",", " ").replace("+", " ").lower().split() if part]

    def was_given(self, name: str) -> bool:
        """Was the variable set anywhere, rather than left to its default?"""
        return name in self._given

    def with_sections(self, sections: Mapping[str, BaseModel], *, sources: str) -> Settings:
        """The same settings with other sections and sources, for the samples."""
        return Settings(self.core.model_copy(update={"sources": sources}), sections, self._given)

    def origins(self) -> Iterator[Origin]:
        """Every setting with its value, and where the value came from."""
        for section, model in (("", self.core), *sorted(self.sections.items())):
            for field, info in type(model).model_fields.items():
                name = variable(section, field)
                value = getattr(model, field)
                shown = _hidden(value) if isinstance(value, SecretStr) else without_password(plain(value))
                source = self._given[name][1] if name in self._given else "default"
                yield Origin(name, shown, source, info.description or "", name not in self._given)


def variable(section: str, field: str) -> str:
    """``PIGEON_DISCORD__TOKEN`` for ``("discord", "token")``."""
    return PREFIX + (f"{section.upper()}{NESTED}" if section else "") + field.upper()


def load(
    sections: Mapping[str, type[BaseModel]],
    *,
    env_file: Path | None = Path(".env"),
    flags: Mapping[str, str] | None = None,
) -> Settings:
    """Read all settings.

    Raises:
        SettingsError: a name does not exist, or a value is wrong; the sentence names it, never its value.
    """
    given: dict[str, tuple[str, str]] = {}
    _take(given, _secret_files(), "secrets directory")
    if env_file is not None and env_file.is_file():
        values = {name: value or "" for name, value in dotenv_values(env_file).items()}
        _take(given, values, f"{env_file.name} file")
    _take(given, os.environ, "environment")
    _take(given, flags or {}, "command line")
    known = {variable("", field): ("", field) for field in CoreSettings.model_fields}
    for section, model in sections.items():
        known |= {variable(section, field): (section, field) for field in model.model_fields}
    _refuse_unknown(given, known)
    whole = _whole(sections)
    try:
        # What was given is handed over as if it were the environment: pydantic-settings splits the
        # nested names and turns the texts into values.
        read = whole(_given=given)
    except ValidationError as error:
        raise _sentence(error, given) from error
    core = CoreSettings.model_validate({name: getattr(read, name) for name in CoreSettings.model_fields})
    return Settings(core, {name: getattr(read, name) for name in sections}, given)


class _Given(EnvSettingsSource):
    """The texts that :func:`load` collected, in the place of the environment."""

    def __init__(self, model: type[BaseSettings], given: Mapping[str, tuple[str, str]]) -> None:
        self._texts = {name.lower(): text for name, (text, _) in given.items()}
        super().__init__(model, env_prefix=PREFIX, env_nested_delimiter=NESTED, case_sensitive=False)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._texts


def _whole(sections: Mapping[str, type[BaseModel]]) -> type[BaseSettings]:
    """One settings class of the core's fields and the plugins' sections."""

    class Whole(CoreSettings, BaseSettings):
        model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter=NESTED, extra="ignore")

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            given = init_settings().pop("_given", {})
            return (_Given(settings_cls, given),)

    fields: dict[str, Any] = {name: (model, Field(default_factory=model)) for name, model in sections.items()}
    return create_model("Whole", __base__=Whole, **fields)


def _take(given: dict[str, tuple[str, str]], values: Mapping[str, str], source: str) -> None:
    for name, value in values.items():
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in DEVELOPMENT:
            continue
        if upper.endswith(FILE) and value:
            given[upper.removesuffix(FILE)] = (_read_secret(upper, Path(value)), f"file {value}")
        elif value != "":
            given[upper] = (value, source)


def _secret_files() -> dict[str, str]:
    folder = os.environ.get("PIGEON_SECRETS_DIR", "")
    if not folder:
        return {}
    if not Path(folder).is_dir():
        raise SettingsError(
            f"PIGEON_SECRETS_DIR names {folder}, which is not a folder. Create it, or unset the variable."
        )
    files = [
        path
        for path in sorted(Path(folder).iterdir())
        if path.name.upper().startswith(PREFIX) and path.is_file()
    ]
    return {path.name.upper(): _read_secret(path.name, path) for path in files}


def _read_secret(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{name} names the file {path}, which cannot be read ({type(error).__name__}). "
            "Check that it exists and that this user may read it."
        ) from error


def _refuse_unknown(given: Mapping[str, tuple[str, str]], known: Mapping[str, object]) -> None:
    for name, (_, source) in given.items():
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        hint = f" Did you mean {near[0]}?" if near else " `pigeon config show` lists all of them."
        raise SettingsError(f"There is no setting {name} (from the {source}).{hint}")


def _sentence(error: ValidationError, given: Mapping[str, tuple[str, str]]) -> SettingsError:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    name = variable("", place[0]) if len(place) == 1 else variable(place[0], place[1])
    source = given.get(name, ("", "defaults"))[1]
    said = str(first["msg"]).removeprefix("Value error, ")
    return SettingsError(f"{name} (from the {source}): {said}.")


def plain(value: object) -> str:
    """A value as one writes it into the environment; empty for none."""
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (tuple, list, frozenset)):
        return json.dumps([plain(one) for one in value], ensure_ascii=False) if value else ""
    return str(value)


def without_password(text: str) -> str:
    """An address without the name and password in it."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "(hidden)@", text)


def _hidden(secret: SecretStr) -> str:
    return "(set, hidden)" if secret.get_secret_value() else ""
