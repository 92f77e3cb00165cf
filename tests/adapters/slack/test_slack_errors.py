"""Slack's refusals, one by one, and what breaks on the wire."""

import socket
import ssl

import aiohttp
import pytest
from slack_sdk import errors as sdk
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.errors import REFUSALS, Refusal, delivery_error, explain, refusal_of
from bot.errors import Ambiguous, CardRejected, DeliveryError, DestinationGone, PigeonError, RetryLater

CLASSES = {
    Refusal.LATER: RetryLater,
    Refusal.UNKNOWN: Ambiguous,
    Refusal.DESTINATION: DestinationGone,
    Refusal.INSTALLATION: DestinationGone,
    Refusal.CONTENT: CardRejected,
}

# The table of docs.slack.dev/reference/methods/chat.postMessage and its neighbours, by what it means for us.
EXPECTED = {
    DestinationGone: (
        "channel_not_found is_archived not_in_channel restricted_action restricted_action_read_only_channel "
        "restricted_action_thread_only_channel restricted_action_non_threadable_channel restricted_action_thread_locked "
        "messages_tab_disabled cannot_reply_to_message ekm_access_denied user_disabled message_not_found edit_window_closed "
        "cant_update_message is_inactive account_inactive token_revoked invalid_auth not_authed team_access_not_granted "
        "missing_scope org_login_required two_factor_setup_required accesslimited token_expired restricted_action_of_tomorrow"
    ),
    CardRejected: (
        "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text metadata_too_large "
        "invalid_metadata_format invalid_metadata_schema markdown_text_conflict too_many_attachments invalid_arguments "
        "block_mismatch a_word_of_tomorrow"
    ),
    RetryLater: "request_timeout ratelimited rate_limited service_unavailable team_added_to_org message_limit_exceeded",
    Ambiguous: "fatal_error internal_error duplicate_message_not_found",
}


def answer(data: object, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    response = AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("refused", response)


@pytest.mark.parametrize(
    ("word", "expected"), [(w, kind) for kind, words in EXPECTED.items() for w in words.split()]
)
def test_each_refusal_has_its_class(word: str, expected: type[DeliveryError]):
    assert type(delivery_error(answer({"ok": False, "error": word}))) is expected


@pytest.mark.parametrize("word", sorted(REFUSALS))
def test_every_known_refusal_is_translated_as_the_table_says(word: str):
    error = delivery_error(answer({"ok": False, "error": word}))
    assert type(error) is CLASSES[REFUSALS[word]]
    assert str(error).endswith(".")
    if isinstance(error, DestinationGone):
        assert word in str(error), "people can look the word up"
        assert str(error) == explain(word)[0]


def test_slack_says_how_long_to_wait():
    assert (
        delivery_error(answer({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "17"})).after == 17
    )
    assert delivery_error(answer({"ok": False, "error": "ratelimited"}, 200, {})).after == 1
    assert delivery_error(answer({}, 429, {"retry-after": "soon"})).after == 1
    assert delivery_error(answer({"ok": False, "error": "message_limit_exceeded"})).after == 3600


def test_a_missing_scope_is_named():
    error = delivery_error(
        answer({"ok": False, "error": "missing_scope", "needed": "groups:read", "provided": "x"})
    )
    assert isinstance(error, DestinationGone)
    assert "groups:read" in str(error)
    assert "Reinstall" in error.remedy


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_leaves_the_outcome_open(status: int):
    assert isinstance(delivery_error(answer({}, status)), Ambiguous)
    assert isinstance(delivery_error(answer("<html>bad gateway</html>", status)), Ambiguous)


def test_an_answer_that_is_no_answer_leaves_it_open():
    assert isinstance(delivery_error(answer({})), Ambiguous)
    assert isinstance(delivery_error(SlackApiError("no body", None)), Ambiguous)
    assert refusal_of(ValueError("x")) == ""


KEY = aiohttp.client_reqrep.ConnectionKey("slack.example", 443, True, True, None, None, None)
NOT_SENT = [
    aiohttp.ClientConnectorError(KEY, OSError(111, "refused")),
    aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "unknown")),
    aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "handshake")),
    aiohttp.ConnectionTimeoutError(),
    aiohttp.InvalidURL("::"),
]
UNKNOWN = [
    TimeoutError(),
    aiohttp.ServerDisconnectedError(),
    aiohttp.ServerTimeoutError(),
    aiohttp.SocketTimeoutError(),
    aiohttp.ClientOSError(104, "reset"),
    aiohttp.ClientPayloadError("half"),
    aiohttp.ClientError("other"),
    ConnectionResetError(104, "reset"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
]


@pytest.mark.parametrize("error", NOT_SENT, ids=lambda error: type(error).__name__)
def test_what_never_reached_slack_was_not_posted(error: Exception):
    assert isinstance(delivery_error(error), RetryLater)


@pytest.mark.parametrize("error", UNKNOWN, ids=lambda error: type(error).__name__)
def test_what_broke_after_the_request_went_out_is_unknown(error: Exception):
    assert isinstance(delivery_error(error), Ambiguous)


def test_every_error_class_of_the_sdk_is_translated():
    """Walk the SDK's own classes, so that a new one is noticed."""
    found = [
        kind
        for kind in vars(sdk).values()
        if isinstance(kind, type) and issubclass(kind, sdk.SlackClientError)
    ]
    assert len(found) >= 6
    for kind in found:
        made = kind.__new__(kind)
        made.response = None
        assert isinstance(delivery_error(made), DeliveryError), kind


def test_ours_pass_and_bugs_are_not_hidden():
    ours = RetryLater("later", after=3)
    assert delivery_error(ours) is ours
    with pytest.raises(KeyError):
        delivery_error(KeyError("bug"))
    assert issubclass(RetryLater, PigeonError)
