"""Slack: subscriptions by ``/papers``, cards in Block Kit, direct messages, threads and the App Home.

Importing this package does not import Slack's SDK; :data:`plugin` does so when the adapter is made.

====================  =========================================================================
adapter.py            post, look for, thread and change cards; history.py looks for lost ones
render.py native.py   Card → Block Kit; mrkdwn.py writes every run of text; limits.py the lengths
listeners.py          what Slack sends us: acknowledged first (acks.py), then carried out
commands.py           ``/papers``, mentions, direct messages    actions.py   buttons and menus
forms.py              modals from the registry of verbs         home.py      the App Home
preview.py live.py    the preview in a form, as somebody types   places.py   where an answer goes
socket.py http.py     the two ways to be reached                installations.py   many workspaces
errors.py             Slack's refusals as errors of ours        tiers.py     how often each method is asked
manifest.py           what the app asks Slack for               rights.py    who may do what (groups.py)
cli.py                ``pigeon slack …``
====================  =========================================================================
"""

from __future__ import annotations

from typing import Any

from adapters.slack.settings import SlackSettings
from bot.ports import Adapter, AdapterPlugin, PluginContext


def _create(context: PluginContext) -> Adapter:
    from adapters.slack.adapter import SlackAdapter  # noqa: PLC0415 - the SDK takes long to import

    return SlackAdapter(context)


def _configured(settings: Any) -> bool:
    return isinstance(settings, SlackSettings) and settings.complete


def _cli() -> Any:
    from adapters.slack.cli import app  # noqa: PLC0415 - only when one of its commands is used

    return app


plugin = AdapterPlugin(
    name="slack",
    settings=SlackSettings,
    create=_create,
    configured=_configured,
    asked=("bot_token", "app_token"),
    cli=_cli,
)
"""What the entry point ``slack`` of ``paper_pigeon.adapters`` names."""
