"""What is set, where it comes from; and the written settings are those that exist."""

import json

import pytest
from pydantic import BaseModel, Field, SecretStr

from bot import plugins
from bot.cli.settings_text import described, env_example, settings_table
from bot.settings import CoreSettings, load
from tests.conftest import ROOT

TOKEN = "canary.token-of-nobody"


def _models() -> dict[str, type[BaseModel]]:
    return {name: one.settings for name, one in {**plugins.sources(), **plugins.adapters()}.items()}


def test_show_tells_value_and_origin_and_hides_secrets(bare, monkeypatch):
    (bare.folder / ".env").write_text("PIGEON_POLL_SECONDS=60\n")
    monkeypatch.setenv("PIGEON_DISCORD__TOKEN", TOKEN)
    monkeypatch.setenv("PIGEON_HUGGINGFACE__URL", "https://ada:canary@mirror.example/x")
    answer = bare("config", "show")
    assert (answer.code, answer.err) == (0, "")
    lines = {line.split()[0]: line for line in answer.out.splitlines()}
    assert lines["PIGEON_POLL_SECONDS"].split()[1:] == [".env", "file", "60"]
    assert "environment" in lines["PIGEON_DISCORD__TOKEN"]
    assert "hidden" in lines["PIGEON_DISCORD__TOKEN"]
    assert "mirror.example" in lines["PIGEON_HUGGINGFACE__URL"]
    assert "canary" not in answer.out + bare("config", "show", "--json").out


def test_show_as_json_names_every_setting(bare):
    rows = {row["name"]: row for row in json.loads(bare("config", "show", "--json").out)}
    assert rows["PIGEON_POLL_SECONDS"] == {
        "name": "PIGEON_POLL_SECONDS", "value": "600", "from": "default", "default": True
    }  # fmt: skip
    count = len(CoreSettings.model_fields) + sum(len(model.model_fields) for model in _models().values())
    assert len(rows) == count


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PIGEON_POLL_SECOND", "5", "Did you mean PIGEON_POLL_SECONDS?"),
        ("PIGEON_POLL_SECONDS", "often", "PIGEON_POLL_SECONDS"),
        ("PIGEON_ROLES", "poll,eat", "no role «eat»"),
        ("PIGEON_SOURCES", "arxic", "PIGEON_SOURCES names «arxic»"),
        ("PIGEON_ADAPTERS", "irc", "PIGEON_ADAPTERS names «irc»"),
    ],
)
def test_check_exits_78_with_the_sentence(bare, monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    answer = bare("config", "check")
    assert (answer.code, answer.out) == (78, "")
    assert says in answer.err


def test_check_counts_what_is_set(bare, monkeypatch):
    monkeypatch.setenv("PIGEON_POLL_SECONDS", "60")
    answer = bare("config", "check")
    assert answer.code == 0
    assert "1 from the environment" in answer.out


def test_every_setting_says_what_it_means():
    bare_ones = [
        one.name
        for name, model in {"": CoreSettings, **_models()}.items()
        for one in described(model, name)
        if len(one.meaning) < 10
    ]
    assert bare_ones == []


def test_env_example_is_that_of_the_models(bare):
    assert (ROOT / ".env.example").read_text() == bare("config", "example").out, (
        "run: pigeon config example > .env.example"
    )


def test_the_page_of_settings_is_that_of_the_models(bare):
    assert (ROOT / "docs" / "settings.md").read_text() == bare("config", "example", "--markdown").out, (
        "run: pigeon config example --markdown > docs/settings.md"
    )


def test_every_line_of_env_example_can_be_used(bare):
    """Uncommented as it stands, the file reads, and gives the defaults."""
    text = env_example(_models())
    path = bare.folder / "all.env"
    path.write_text(
        "".join(f"{line.removeprefix('#')}\n" for line in text.splitlines() if line.startswith("#PIGEON"))
    )
    read, default = load(_models(), env_file=path), load(_models(), env_file=None)
    assert read.core == default.core
    assert read.sections == default.sections


class _Sample(BaseModel):
    secret: SecretStr | None = Field(None, description="A secret | with a bar.")
    names: tuple[str, ...] = Field(("a", "b c"), description="Names.")
    required: int = Field(description="Must be given.")


def test_texts_of_unusual_settings():
    example, table = env_example({"x": _Sample}), settings_table({"x": _Sample})
    assert "#PIGEON_X__SECRET=\n" in example
    assert '#PIGEON_X__NAMES=\'["a", "b c"]\'\n' in example
    assert "#PIGEON_X__REQUIRED=\n" in example
    assert "| `PIGEON_X__SECRET` | (secret) | A secret \\| with a bar. |" in table


@pytest.mark.parametrize(
    "address",
    ["http://store:6379", "localhost:6379", "redis://host:port/0", "redis+sentinel://host:x/mymaster"],
)
@pytest.mark.parametrize("command", [("run", "--once"), ("list",)])
def test_an_address_of_no_store_is_a_sentence_that_does_not_repeat_it(bare, monkeypatch, address, command):
    monkeypatch.setenv("PIGEON_REDIS_URL", address)
    answer = bare(*command)
    assert answer.code == 78
    assert answer.err.startswith("pigeon: PIGEON_REDIS_URL is no address of a store")
    assert "redis://localhost:6379/0" in answer.err
    assert "host:port" not in answer.err and "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("PIGEON_SLACK__BOT_TOKEN", "PIGEON_SLACK__BOT_TOKEN is set, which does not suffice"),
        ("PIGEON_SLACK__APP_TOKEN", "Set PIGEON_SLACK__BOT_TOKEN as well"),
        ("PIGEON_SLACK__SIGNING_SECRET", "Set PIGEON_SLACK__BOT_TOKEN and PIGEON_SLACK__APP_TOKEN as well"),
    ],
)
def test_half_of_a_platforms_secrets_is_said_and_shows_no_samples(pigeon, monkeypatch, given, said):
    monkeypatch.setenv(given, "x-1-secret")
    answer = pigeon("run", "--once")
    assert answer.code == 78
    assert said in answer.err
    assert "x-1-secret" not in answer.err and "sample" not in answer.err
