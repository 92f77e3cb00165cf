"""Every exception of discord.py and aiohttp, and every code we name, becomes one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import aiohttp
import discord
import pytest
from discord import app_commands

from adapters.discord import errors
from bot.errors import Ambiguous, CardRejected, DeliveryError, DestinationGone, RetryLater


def http(status: int, code: int = 0, cls: type = discord.HTTPException, headers: dict | None = None):
    response = SimpleNamespace(status=status, reason="x", headers=headers or {})
    return cls(response, {"code": code, "message": "as planned"})


def every(root: type) -> Iterator[type]:
    for kind in root.__subclasses__():
        yield kind
        yield from every(kind)


def made(kind: type[BaseException]) -> BaseException:
    """An instance, whatever its constructor wants: the mapping is by class."""
    error = kind.__new__(kind)
    if isinstance(error, discord.HTTPException):
        error.response = SimpleNamespace(status=500, headers={})
        error.status, error.code, error.text = 500, 0, ""
    if isinstance(error, discord.RateLimited):
        error.retry_after = 7.0
    return error


@pytest.mark.parametrize(
    "kind", [*every(discord.DiscordException), *every(aiohttp.ClientError), *every(OSError)]
)
def test_every_class_is_translated(kind: type) -> None:
    ours = errors.translate(made(kind), "post the card")
    assert isinstance(ours, DeliveryError)
    assert "post the card" in str(ours)
    assert len(str(ours)) > 20


NAMED = {
    discord.RateLimited: RetryLater,
    discord.LoginFailure: RetryLater,
    discord.GatewayNotFound: RetryLater,
    discord.ConnectionClosed: RetryLater,
    discord.PrivilegedIntentsRequired: RetryLater,
    discord.InvalidData: Ambiguous,
    discord.DiscordServerError: Ambiguous,
    discord.ClientException: CardRejected,
    discord.InteractionResponded: CardRejected,
    app_commands.CommandInvokeError: CardRejected,
    aiohttp.ClientConnectorError: RetryLater,
    aiohttp.ClientConnectorDNSError: RetryLater,
    aiohttp.ConnectionTimeoutError: RetryLater,
    aiohttp.InvalidURL: RetryLater,
    aiohttp.ServerDisconnectedError: Ambiguous,
    aiohttp.ClientOSError: Ambiguous,
    aiohttp.ServerTimeoutError: Ambiguous,
    aiohttp.ClientPayloadError: Ambiguous,
    ConnectionResetError: Ambiguous,
    TimeoutError: Ambiguous,
    KeyError: Ambiguous,
    ValueError: Ambiguous,
}


@pytest.mark.parametrize(("kind", "expected"), NAMED.items())
def test_each_class_means_what_it_does(kind: type, expected: type) -> None:
    """Certainly not sent → later; perhaps sent → ambiguous; never sendable → rejected."""
    assert type(errors.translate(made(kind), "x")) is expected


@pytest.mark.parametrize("code", errors.GONE)
@pytest.mark.parametrize("status", [400, 403, 404])
def test_gone_codes(code: int, status: int) -> None:
    ours = errors.translate(http(status, code), "x")
    assert isinstance(ours, DestinationGone)
    assert ours.remedy == errors.GONE[code][1]


@pytest.mark.parametrize("code", errors.LATER)
def test_later_codes(code: int) -> None:
    ours = errors.translate(http(400, code), "x")
    assert isinstance(ours, RetryLater)
    assert ours.after > 0


@pytest.mark.parametrize("code", errors.REJECTED)
def test_rejected_codes(code: int) -> None:
    assert isinstance(errors.translate(http(400, code), "x"), CardRejected)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, CardRejected),
        (401, RetryLater),
        (403, DestinationGone),
        (404, DestinationGone),
        (405, CardRejected),
        (413, CardRejected),
        (429, RetryLater),
        (500, Ambiguous),
        (502, Ambiguous),
        (503, Ambiguous),
        (524, Ambiguous),
    ],
)
def test_a_code_nobody_knows_falls_by_its_status(status: int, expected: type) -> None:
    assert isinstance(errors.translate(http(status, 999_999), "x"), expected)


def test_no_code_is_in_two_classes() -> None:
    classes = [set(errors.GONE), set(errors.LATER), set(errors.REJECTED)]
    assert sum(map(len, classes)) == len(set.union(*classes))


def test_a_429_says_how_long() -> None:
    assert errors.translate(http(429, headers={"Retry-After": "12.5"}), "x").after == 12.5
    assert errors.translate(http(429, headers={"Retry-After": "soon"}), "x").after == 60
    assert errors.translate(http(429), "x").after == 60


def test_ours_pass_unchanged() -> None:
    ours = RetryLater("wait", after=3)
    assert errors.translate(ours, "x") is ours


def test_the_detail_of_a_refusal_is_short_and_on_one_line() -> None:
    error = http(400, 50035)
    error.text = "In components\n" + "x" * 5000
    text = str(errors.translate(error, "post the card"))
    assert "\n" not in text
    assert len(text) < 500
