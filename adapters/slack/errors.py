"""Slack's refusals and the wire's failures as errors of ours: the one place where they are translated.

Classes by https://docs.slack.dev/reference/methods/chat.postMessage#errors and the pages of the other
methods. ``ok: false`` is the truth, whatever the status of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import Ambiguous, CardRejected, DeliveryError, DestinationGone, RetryLater, ThreadRefused


class Refusal(StrEnum):
    """What a refusal means for a delivery."""

    LATER = "later"
    UNKNOWN = "unknown"
    """Slack says that some of it may have happened."""
    DESTINATION = "destination"
    INSTALLATION = "installation"
    """The whole workspace takes nothing until an admin acts."""
    CONTENT = "content"


_JOIN = "Type «/invite @Paper Pigeon» in that channel, then try again."
_ADMIN = "Ask an admin of the workspace."
_REINSTALL = (
    "An admin must install the app again (api.slack.com/apps → Install App → Reinstall to Workspace)."
)

_DESTINATION: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "channel_not_found": (
            "Slack shows me no such channel: it is private, deleted, or not open to me",
            _JOIN,
        ),
        "not_in_channel": ("I am not in that channel", _JOIN),
        "is_archived": (
            "That channel is archived",
            "Unarchive it (channel name → Settings → Unarchive channel).",
        ),
        "restricted_action": ("The workspace does not let me post there", _ADMIN),
        "restricted_action_read_only_channel": (
            "That channel is read-only",
            "Add Paper Pigeon under channel name → Settings → Posting permissions.",
        ),
        "restricted_action_thread_only_channel": (
            "That channel takes replies in threads only",
            "Change it under channel name → Settings → Posting permissions.",
        ),
        "restricted_action_non_threadable_channel": (
            "That channel takes no threads",
            "Set «threads:never» there with /papers settings.",
        ),
        "restricted_action_thread_locked": ("That thread is locked", "Ask whoever locked it to unlock it."),
        "messages_tab_disabled": (
            "My Messages tab is switched off, so I can send no direct messages",
            "Turn on «Messages Tab» under App Home at api.slack.com/apps.",
        ),
        "cannot_reply_to_message": (
            "That kind of message takes no thread",
            "Open the thread under another message.",
        ),
        "thread_not_found": ("The message that the thread belongs to was deleted", ""),
        "message_not_found": ("The message was deleted", ""),
        "edit_window_closed": ("The workspace no longer lets that message be changed", ""),
        "cant_update_message": ("That message is not mine to change", ""),
        "is_inactive": ("That message can no longer be changed", ""),
        "ekm_access_denied": ("The workspace's administrators have suspended posting there", _ADMIN),
        "user_disabled": ("That person's account is deactivated", ""),
        "user_not_found": ("There is no such person in the workspace", ""),
        "user_not_visible": ("That person is not visible to me", _ADMIN),
        "users_not_found": ("There is no such person in the workspace", ""),
        "cannot_dm_bot": ("Bots get no direct messages", ""),
        "not_in_dm": ("I am not part of that conversation", ""),
        "method_not_supported_for_channel_type": (
            "Slack takes no such message in that kind of conversation",
            "",
        ),
        "external_channel_migrating": (
            "That channel is being moved between workspaces",
            "It passes by itself.",
        ),
        "no_permission": ("The workspace does not let me do that there", _ADMIN),
        "access_denied": ("The workspace does not let me do that there", _ADMIN),
        "as_user_not_supported": ("Slack takes no such message from me", _REINSTALL),
        "slack_connect_file_link_sharing_blocked": ("A shared channel's rules forbid the message", _ADMIN),
        "slack_connect_blocked_file_type": ("A shared channel's rules forbid the file", _ADMIN),
    }
)

_INSTALLATION: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "account_inactive": ("The app was uninstalled or its token was deleted", _REINSTALL),
        "token_revoked": ("The workspace has revoked the app's token", _REINSTALL),
        "token_expired": ("The app's token has expired and could not be renewed", _REINSTALL),
        "invalid_auth": ("Slack does not accept the app's token", _REINSTALL),
        "not_authed": ("Slack was given no token", "Set PIGEON_SLACK__BOT_TOKEN."),
        "not_allowed_token_type": (
            "That kind of token cannot do this",
            "Set a bot token (xoxb-…) and an app-level token (xapp-…).",
        ),
        "missing_scope": (
            "This workspace installed an older version of the app, without a scope it needs",
            _REINSTALL,
        ),
        "no_scopes": ("The app's token has no scopes", _REINSTALL),
        "team_access_not_granted": ("The organisation has not granted the app this workspace", _ADMIN),
        "team_not_found": ("Slack knows no such workspace", _REINSTALL),
        "org_login_required": (
            "The workspace is being moved into an organisation",
            "It passes by itself, or ask an admin.",
        ),
        "two_factor_setup_required": ("The installer's account must set up two-factor sign-in", _ADMIN),
        "accesslimited": ("The organisation limits the app's access", _ADMIN),
        "enterprise_is_restricted": ("The organisation does not let the app do this", _ADMIN),
        "team_is_restricted": ("The workspace does not let the app do this", _ADMIN),
        "deprecated_endpoint": ("Slack has withdrawn a method the bot uses", "Update Paper Pigeon."),
        "method_deprecated": ("Slack has withdrawn a method the bot uses", "Update Paper Pigeon."),
        "unknown_method": ("The address in PIGEON_SLACK__API_URL is no Slack Web API", "Correct it."),
    }
)

_CONTENT: Final = frozenset(
    (
        *("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "block_mismatch"),
        *(
            "msg_too_long",
            "no_text",
            "markdown_text_conflict",
            "too_many_attachments",
            "attachment_payload_limit_exceeded",
        ),
        *(
            "metadata_too_large",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "metadata_must_be_sent_from_app",
        ),
        *(
            "invalid_arguments",
            "invalid_arg_name",
            "invalid_array_arg",
            "invalid_charset",
            "invalid_form_data",
        ),
        *(
            "invalid_post_type",
            "missing_post_type",
            "invalid_json",
            "json_not_object",
            "too_many_contact_cards",
        ),
        *(
            "invalid_thread_ts",
            "invalid_ts_oldest",
            "invalid_ts_latest",
            "invalid_cursor",
            "invalid_limit",
            "bad_timestamp",
        ),
        *("missing_file_data", "invalid_users", "no_channel", "invalid_channel", "view_too_large"),
    )
)

_LATER: Final = frozenset(
    (
        *("ratelimited", "rate_limited", "rate_limit_exceeded", "message_limit_exceeded"),
        *("team_added_to_org", "service_unavailable"),
        "request_timeout",  # the body of the request was missing or cut off, so nothing was done
    )
)

_UNKNOWN: Final = frozenset(
    (
        *("fatal_error", "internal_error"),
        # Slack's own duplicate check speaks of a message it may or may not hold.
        *("duplicate_message_not_found", "duplicate_channel_not_found"),
    )
)

REFUSALS: Final[Mapping[str, Refusal]] = MappingProxyType(
    {
        **dict.fromkeys(_DESTINATION, Refusal.DESTINATION),
        **dict.fromkeys(_INSTALLATION, Refusal.INSTALLATION),
        **dict.fromkeys(_CONTENT, Refusal.CONTENT),
        **dict.fromkeys(_LATER, Refusal.LATER),
        **dict.fromkeys(_UNKNOWN, Refusal.UNKNOWN),
    }
)
"""Every error of Slack's that is known to reach us, and what it means."""

BLOCKS_REFUSED: Final = frozenset(("invalid_blocks", "invalid_blocks_format"))
"""What Slack says of blocks that it does not take, also where it could not fetch a picture of theirs
(https://docs.slack.dev/reference/block-kit/blocks/image-block)."""

_THREADS: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "thread_not_found": True,
        "message_not_found": True,
        "cannot_reply_to_message": False,
        "restricted_action_non_threadable_channel": False,
        "restricted_action_thread_locked": False,
    }
)
"""What Slack says where there can be no thread though the channel takes cards; whether the card is gone."""

_LONG_WAIT: Final = 300.0
_SHORT_WAIT: Final = 30.0
_WAITS: Final[Mapping[str, float]] = MappingProxyType(
    {"message_limit_exceeded": 3600.0, "team_added_to_org": _LONG_WAIT, "service_unavailable": _SHORT_WAIT}
)


def refusal_of(error: BaseException) -> str:
    """Slack's own word for a refusal (``channel_not_found``), or "" where it said none."""
    if not isinstance(error, SlackApiError):
        return ""
    data = getattr(error.response, "data", error.response)
    word = data.get("error") if isinstance(data, Mapping) else None
    return word if isinstance(word, str) else ""


def explain(word: str) -> tuple[str, str]:
    """A sentence and a remedy for a refusal, for people."""
    what, remedy = _DESTINATION.get(word) or _INSTALLATION.get(word) or (f"Slack refused it ({word})", "")
    return f"{what} (Slack calls it {word}).", remedy


def delivery_error(error: BaseException) -> DeliveryError:
    """Translate whatever a request to Slack raised."""
    if isinstance(error, DeliveryError):
        return error
    if isinstance(error, SlackApiError):
        return _of_answer(error)
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)):
        return RetryLater(f"Slack could not be reached: {type(error).__name__}.")
    if isinstance(error, (TimeoutError, aiohttp.ClientError, SlackClientError, OSError, ValueError)):
        return Ambiguous(f"The connection to Slack broke before an answer came: {type(error).__name__}.")
    raise error


def thread_error(error: DeliveryError) -> DeliveryError:
    """The error as it is about a thread; the same where it is about the channel or the moment."""
    word = refusal_of(error.__cause__) if error.__cause__ is not None else ""
    if word not in _THREADS:
        return error
    text, remedy = explain(word)
    return ThreadRefused(text, remedy=remedy, card_gone=_THREADS[word])


def _of_answer(error: SlackApiError) -> DeliveryError:
    status = _status(error.response)
    word = refusal_of(error)
    if status == 429 or word in _LATER:
        after = max(_retry_after(error.response), _WAITS.get(word, 0.0))
        return RetryLater(f"Slack asks to slow down ({word or 'HTTP 429'}).", after=after)
    kind = REFUSALS.get(word)
    if kind is Refusal.DESTINATION or (kind is None and word.startswith("restricted_action")):
        text, remedy = explain(word)
        return DestinationGone(text, remedy=remedy)
    if kind is Refusal.INSTALLATION:
        text, remedy = explain(word)
        return DestinationGone(text + _scopes(error.response), remedy=remedy)
    if kind is Refusal.UNKNOWN or status >= 500 or not word:
        return Ambiguous(f"Slack's answer does not say whether it was posted ({word or f'HTTP {status}'}).")
    return CardRejected(f"Slack refused the message ({word}){_details(error.response)}.")


def _status(response: Any) -> int:
    status = getattr(response, "status_code", None) or getattr(response, "status", None) or 200
    return int(status)


def _retry_after(response: Any) -> float:
    return retry_after(getattr(response, "headers", None) or {})


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of the header ``Retry-After``, at least one where it is missing or odd."""
    value = next((headers[name] for name in headers if str(name).lower() == "retry-after"), "")
    try:
        return min(max(float(value), 1.0), 3600.0)
    except ValueError:
        return 1.0


def _data(response: Any) -> Mapping[str, Any]:
    data = getattr(response, "data", response)
    return data if isinstance(data, Mapping) else {}


def _scopes(response: Any) -> str:
    needed = _data(response).get("needed")
    return f" It lacks: {needed}." if needed else ""


def _details(response: Any) -> str:
    messages = (_data(response).get("response_metadata") or {}).get("messages") or ()
    return ": " + "; ".join(str(message) for message in messages)[:500] if messages else ""
