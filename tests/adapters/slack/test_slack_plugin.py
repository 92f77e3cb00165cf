"""The plugin, its settings and the app's manifest."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from adapters.slack import plugin
from adapters.slack.manifest import EVENTS, OPTIONAL, SCOPES, creation_url, manifest
from adapters.slack.settings import SlackSettings
from tests.peers.slack_state import SCOPES as GRANTED

HTTP = {
    "mode": "http",
    "signing_secret": "x",
    "client_id": "1",
    "client_secret": "s",
    "public_url": "https://p.example/",
}


def test_importing_the_plugin_does_not_import_the_sdk():
    code = "import sys, adapters.slack; print(sorted(m for m in sys.modules if m.startswith(('slack_', 'aiohttp'))))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("given", "enough"),
    [
        ({}, False),
        ({"bot_token": "xoxb-1"}, False),
        ({"bot_token": "xoxb-1", "app_token": "xapp-1"}, True),
        ({"mode": "http", "signing_secret": "x"}, False),
        ({"mode": "http", "signing_secret": "x", "bot_token": "xoxb-1"}, True),
        (HTTP, True),
    ],
)
def test_it_is_on_when_the_settings_suffice(given: dict, enough: bool):
    assert plugin.configured(SlackSettings(**given)) is enough


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"bot_token": "xapp-1"}, "swapped"),
        ({"app_token": "xoxb-1"}, "swapped"),
        ({"client_id": "1"}, "belong together"),
        ({"mode": "http", "client_id": "1", "client_secret": "s"}, "public_url"),
        ({"api_url": "slack.com"}, "address of a Web API"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_a_reason(given: dict, said: str):
    with pytest.raises(ValidationError, match=said):
        SlackSettings(**given)


def test_no_secret_is_printed():
    settings = SlackSettings(**HTTP, bot_token="xoxb-secret", app_token="xapp-secret")
    assert "secret'" not in repr(settings)
    assert "xoxb-secret" not in repr(settings) + str(settings)
    assert "xapp-secret" not in repr(settings) + str(settings)


@pytest.mark.parametrize("public", ["", "https://p.example/"], ids=["socket", "http"])
def test_the_manifest_is_one_that_slack_takes(contracts: Path, public: str):
    schema = json.loads((contracts / "slack" / "manifest.schema.json").read_text())
    made = manifest(public)
    jsonschema.Draft7Validator(schema).validate(made)
    assert made["settings"]["socket_mode_enabled"] is (not public)
    if public:
        assert made["settings"]["event_subscriptions"]["request_url"] == "https://p.example/slack/events"
        assert made["oauth_config"]["redirect_urls"] == ["https://p.example/slack/oauth_redirect"]


def test_the_one_click_link_carries_the_manifest_whole():
    url = urlsplit(creation_url())
    assert url.netloc == "api.slack.com"
    assert json.loads(parse_qs(url.query)["manifest_json"][0]) == manifest()
    assert len(creation_url()) < 8000


def test_every_scope_has_its_reason_and_is_what_the_tests_grant():
    assert set(SCOPES) == GRANTED
    assert all(reason for reason in SCOPES.values())
    asked = manifest()["oauth_config"]["scopes"]
    assert set(asked["bot"]) == set(SCOPES)
    assert set(asked["bot_optional"]) == OPTIONAL < set(asked["bot"])
    assert list(EVENTS) == sorted(EVENTS)


def test_the_command_escapes_channels_so_that_they_can_be_read():
    (command,) = manifest()["features"]["slash_commands"]
    assert command["should_escape"] is True


def test_the_operator_gets_the_manifest_or_its_link():
    run = CliRunner().invoke
    assert json.loads(run(plugin.cli(), ["manifest"]).stdout) == manifest()
    assert run(plugin.cli(), ["manifest", "--url"]).stdout.strip() == creation_url()
    shown = json.loads(run(plugin.cli(), ["manifest", "--public-url", "https://p.example"]).stdout)
    assert shown == manifest("https://p.example")
    assert run(plugin.cli(), ["manifest", "--public-url", "p.example"]).exit_code == 2


def test_the_documentation_names_every_scope_and_setting():
    text = (Path(__file__).resolve().parents[3] / "docs" / "slack.md").read_text(encoding="utf-8")
    rows = {scope: f"| `{scope}`{' (optional)' if scope in OPTIONAL else ''} |" for scope in SCOPES}
    assert [row for row in rows.values() if row not in text] == []
    assert [name for name in SlackSettings.model_fields if name.upper() not in text] == []
