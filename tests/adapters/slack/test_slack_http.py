"""HTTP mode: what is not Slack's is refused, OAuth for many workspaces, and the same conversation."""

import asyncio
import json
import re
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs

from adapters.slack.adapter import SlackAdapter
from adapters.slack.installations import Installations, States
from adapters.slack.settings import SlackSettings
from bot.errors import DestinationGone, RetryLater, StartError, StoreUnavailable
from bot.models import Destination
from bot.ports import HappeningKind
from bot.store import Database
from bot.store.shelf import PluginShelf
from bot.testing.cards import EXAMPLE_CARDS
from tests.adapters.slack.conftest import Core, MemoryShelf, made
from tests.peers.slack_server import DROP_AFTER, SlackPeer, refuse

# slack_sdk 3.47 hands aiohttp its credentials in a form that aiohttp 4 will no longer take.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

CARD = EXAMPLE_CARDS["paper-compact"]


def free_port() -> int:
    with closing(sockets.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def serving(peer: SlackPeer, shelf: MemoryShelf, core: Core) -> AsyncIterator[SlackAdapter]:
    port = free_port()
    adapter = made(
        peer,
        shelf,
        mode="http",
        bot_token="",
        app_token="",
        signing_secret="secret",
        client_id="1.2",
        client_secret="s",
        public_url=f"http://127.0.0.1:{port}",
        http_port=port,
    )
    peer.request_url = f"http://127.0.0.1:{port}/slack/events"
    peer.signing_secret = "secret"
    async with adapter.connect(core):
        yield adapter


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        yield browser


async def install(
    peer: SlackPeer, browser: aiohttp.ClientSession, team: str, *, state: str = ""
) -> tuple[int, str]:
    """Walk through OAuth as a browser does; status and text of the last page."""
    site = peer.request_url.removesuffix("/slack/events")
    async with browser.get(f"{site}/slack/install") as page:
        text = await page.text()
        cookies = {name: morsel.value for name, morsel in page.cookies.items()}
    link = re.search(r'href="([^"]+authorize[^"]*)"', text)
    assert link is not None
    asked = parse_qs(urlsplit(link[1].replace("&amp;", "&")).query)
    assert asked["redirect_uri"] == [f"{site}/slack/oauth_redirect"]
    peer.codes["code"] = team
    query = {"code": "code", "state": state or asked["state"][0]}
    header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    async with browser.get(f"{site}/slack/oauth_redirect", params=query, headers=header) as page:
        return page.status, await page.text()


# --- the gate ------------------------------------------------------------------------------------

BODY = json.dumps(
    {"type": "event_callback", "event_id": "E1", "team_id": "T1", "event": {"type": "app_mention"}}
)
REFUSED = {
    "forged": {"signature": "v0=" + "0" * 64},
    "malformed signature": {"signature": "ü€"},
    "old": {"stamp": "1000000000"},
    "of the future": {"stamp": "99999999999"},
    "no number": {"stamp": "yesterday"},
    "a negative number": {"stamp": "-5"},
    "another number": {"stamp": "١٢٣"},
    "huge": {"stamp": "9" * 400},
}


@pytest.mark.parametrize("how", REFUSED)
async def test_what_is_not_slacks_is_refused_and_logged(
    peer: SlackPeer, serving: SlackAdapter, core: Core, how: str
):
    with capture_logs() as logs:
        status, _ = await peer.send_signed(BODY, **REFUSED[how])
    assert status == 401
    assert [entry["event"] for entry in logs] == ["A request to the Slack endpoint was refused"]
    assert core.asked == []


async def test_unsigned_and_broken_requests_are_refused(
    peer: SlackPeer, serving: SlackAdapter, browser: aiohttp.ClientSession
):
    for body in ("", "{", BODY, "\x00" * 50, "payload=%7B"):
        async with browser.post(peer.request_url, data=body) as answer:
            assert answer.status == 401
    for body in ("{", "payload=%7B", "payload=[]", "\x00"):
        with capture_logs() as logs:
            status, _ = await peer.send_signed(body)
        assert (status, len(logs)) == (401, 1), "signed and yet not readable"
        status, _ = await peer.send_signed(f"{body}&", "application/x-www-form-urlencoded")
        assert status in (401, 404)
    with capture_logs() as logs:
        status, _ = await peer.send_signed("x" * 1_100_000)
    assert (status, [entry["why"] for entry in logs]) == (401, ["too large"])
    async with browser.post(peer.request_url, data="ssl_check=1&token=x") as answer:
        assert answer.status == 200


ODD = [
    {},
    [],
    "text",
    {"type": "event_callback"},
    {"type": "event_callback", "event": None},
    {"type": "event_callback", "team_id": "T1", "event_id": "E1", "event": {"type": "app_mention"}},
    {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "E2",
        "event": {"type": "message", "channel_type": "im"},
    },
    {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "E3",
        "event": {"type": "app_home_opened", "tab": "home"},
    },
    {"type": "event_callback", "team_id": "T1", "event_id": "E4", "event": {"type": "channel_archive"}},
    {
        "type": "event_callback",
        "team_id": 7,
        "event_id": [],
        "event": {"type": "tokens_revoked", "tokens": 3},
    },
    {"type": "url_verification"},
    {"type": "of_tomorrow"},
]
ODD_FORMS = [
    {"type": "block_actions"},
    {"type": "block_actions", "actions": [{}], "user": None, "team": None},
    {
        "type": "block_actions",
        "actions": [{"action_id": "pigeon.1.0"}],
        "user": {"id": "U1"},
        "team": {"id": "T1"},
    },
    {"type": "view_submission"},
    {"type": "view_submission", "view": {"callback_id": "pigeon.form.1"}, "user": {"id": "U1"}},
    {"type": "block_suggestion", "action_id": "x"},
    {"type": "message_action", "callback_id": "pigeon_save"},
    {"type": "shortcut", "callback_id": "pigeon_find"},
    {"type": "of_tomorrow"},
]


async def test_signed_and_yet_odd_requests_are_no_500(peer: SlackPeer, serving: SlackAdapter, core: Core):
    answers = [await peer.send_signed(json.dumps(body)) for body in ODD]
    form = "application/x-www-form-urlencoded"
    answers += [await peer.send_signed(urlencode({"payload": json.dumps(body)}), form) for body in ODD_FORMS]
    answers += [
        await peer.send_signed(text, form)
        for text in ("command=/papers", "command=/papers&text=list", "x=%FF")
    ]
    assert {status for status, _ in answers} <= {200, 401, 404}
    assert core.asked == []
    assert core.happenings == []


async def test_a_replayed_request_is_refused(
    peer: SlackPeer, serving: SlackAdapter, core: Core, shelf: MemoryShelf, browser: aiohttp.ClientSession
):
    await install(peer, browser, "T1")
    stamp = str(int(peer.clock.now().timestamp()))
    body = json.dumps(
        {
            **json.loads(BODY),
            "event": {"type": "app_mention", "user": "U1", "text": "list", "channel": "C1", "ts": "1.0"},
        }
    )
    assert (await peer.send_signed(body, stamp=stamp))[0] == 200
    await peer.until(lambda: peer.ephemerals)
    assert (await peer.send_signed(body, stamp=stamp))[0] == 401
    assert (await peer.send_signed(body, stamp=stamp, **{"X-Slack-Retry-Num": "1"}))[0] == 200
    assert len(core.asked) == 1, "what Slack itself delivers again is acknowledged, and not done again"


async def test_a_store_that_is_down_refuses_nobody(
    peer: SlackPeer, serving: SlackAdapter, shelf: MemoryShelf, browser: aiohttp.ClientSession
):
    await install(peer, browser, "T1")
    shelf.broken = StoreUnavailable("The store cannot be reached.")
    asked = await peer.slash("/papers list")
    assert asked.status == 200
    assert "The store cannot be reached" in (await asked.reply())["text"]


async def test_an_installation_without_a_store_is_a_sentence(
    peer: SlackPeer, serving: SlackAdapter, shelf: MemoryShelf, browser: aiohttp.ClientSession
):
    shelf.broken = StoreUnavailable("The store cannot be reached.")
    async with browser.get(peer.request_url.replace("events", "install")) as answer:
        assert answer.status == 503
        assert "Try again in a minute" in await answer.text()


# --- the conversation ----------------------------------------------------------------------------


async def test_commands_forms_and_events_work_as_by_socket(
    peer: SlackPeer, serving: SlackAdapter, core: Core, browser: aiohttp.ClientSession
):
    await install(peer, browser, "T1")
    assert "Heard" in (await (await peer.slash("/papers list")).reply())["text"]
    view = await (await peer.slash("/papers subscribe")).modal()
    sent = await peer.submit(view, {"query": "x"})
    assert (sent.ack or {})["response_action"] == "update"
    await peer.open_home()
    await peer.until(lambda: peer.homes.get("U1"))
    event = await peer.mention("<@UBOT> status")
    await peer.until(lambda: core.asked[-1][0].verb == "status" and peer.ephemerals)
    count = len(core.asked)
    assert (await peer.again(event)).status == 200
    await (await peer.slash("/papers list")).reply()
    assert len(core.asked) == count + 1
    assert max(peer.acknowledgements) < 1


async def test_workspaces_are_installed_by_oauth(
    peer: SlackPeer, serving: SlackAdapter, core: Core, shelf: MemoryShelf, browser: aiohttp.ClientSession
):
    peer.add_team("T2", "xoxb-2", bot_user="UBOT2", bot_id="B2", name="Beta")
    peer.add_channel("C9", "beta", members=("UBOT2",), team="T2")
    there = Destination(platform="slack", workspace="T2", channel="C9")
    with pytest.raises(DestinationGone, match="not installed"):
        await serving.send(there, CARD, key="k")
    status, text = await install(peer, browser, "T2")
    assert status == 200, text
    peer.faults.next("auth.test", DROP_AFTER)
    with pytest.raises(RetryLater):  # a question without an answer leaves no doubt about the card
        await serving.send(there, CARD, key="k")
    assert core.happenings[-1].kind is HappeningKind.WORKSPACE_JOINED
    assert core.happenings[-1].destination.workspace == "T2"
    ref = await serving.send(there, CARD, key="k")
    assert ref.url is not None
    assert ref.url.startswith("https://beta.slack.com/")
    await serving.edit(ref, CARD)
    assert (await serving.open_thread(ref, CARD, name="x", key="t")).thread == ref.message
    with pytest.raises(DestinationGone):
        await serving.send(Destination(platform="slack", workspace="T2", channel="C1"), CARD, key="k")
    await peer.event({"type": "app_uninstalled"}, team="T2")
    async with asyncio.timeout(30):
        while core.happenings[-1].kind is not HappeningKind.WORKSPACE_LEFT:  # noqa: ASYNC110
            await asyncio.sleep(0.005)  # noqa: TID251 - nothing announces it
    assert [name for name in shelf.kept if "T2" in name and name.startswith(("bot/", "installer/"))] == []
    with pytest.raises(DestinationGone):
        await serving.send(there, CARD, key="k2")


async def test_workspaces_never_meet(
    peer: SlackPeer, serving: SlackAdapter, core: Core, browser: aiohttp.ClientSession
):
    """Whoever asks, from whichever workspace, about whichever channel: workspace and token are the asker's own."""
    peer.add_team("T2", "xoxb-2", bot_user="UBOT2", bot_id="B2", name="Beta")
    peer.add_user("X2", name="xavier", team="T2", is_admin=True)
    peer.add_channel("C9", "beta", members=("UBOT2", "X2"), team="T2")
    for team in ("T1", "T2"):
        await install(peer, browser, team)
    for user, channel, team in [
        ("U1", "C1", "T1"),
        ("X2", "C9", "T2"),
        ("U1", "C9", "T1"),
        ("X2", "C1", "T2"),
    ]:
        await (await peer.slash("/papers list server", user=user, channel=channel, team=team)).reply()
        _, origin = core.asked[-1]
        assert origin.workspace == ("slack", team)
        assert origin.me.workspace == team
        own = Destination(platform="slack", workspace=team, channel=channel)
        other = Destination(platform="slack", workspace="T1" if team == "T2" else "T2", channel=channel)
        theirs = peer.channels[channel]["team"] == team
        assert await origin.rights.may_read(own) is theirs
        assert not await origin.rights.may_read(other)
        assert not await origin.rights.may_manage(other, (user,))
    tokens = {
        request.arguments.get("user"): request.team
        for request in peer.requests
        if request.method == "users.info"
    }
    assert tokens == {"U1": "T1", "X2": "T2"}


async def test_a_forged_return_from_oauth_installs_nothing(
    peer: SlackPeer, serving: SlackAdapter, shelf: MemoryShelf, browser: aiohttp.ClientSession
):
    status, _ = await install(peer, browser, "T1", state="guessed")
    assert status >= 400
    assert [name for name in shelf.kept if name.startswith("bot/")] == []


async def test_a_taken_port_is_told(peer: SlackPeer, shelf: MemoryShelf, core: Core):
    with closing(sockets.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(StartError, match="PIGEON_SLACK__HTTP_PORT"):
            async with made(peer, shelf, mode="http", signing_secret="s", http_port=port).connect(core):
                pass


# --- installations -------------------------------------------------------------------------------


def settings_for(peer: SlackPeer) -> SlackSettings:
    return SlackSettings(
        api_url=peer.api_url,
        mode="http",
        client_id="1",
        client_secret="s",
        signing_secret="x",
        public_url="https://p.example",
    )


async def test_a_token_is_renewed_before_its_time_and_by_one_process_only(
    peer: SlackPeer, shelf: MemoryShelf
):
    from slack_sdk.oauth.installation_store.models import Installation

    store = Installations(shelf, settings=settings_for(peer))
    now = int(peer.clock.now().timestamp())
    installation = Installation(
        team_id="T1",
        user_id="U1",
        bot_token="xoxb-1",
        bot_id="B1",
        bot_user_id="UBOT",
        bot_scopes=["chat:write"],
        bot_refresh_token="xoxe-T1",
        bot_token_expires_at=now + 600,
    )
    await store.async_save(installation)
    tokens = await asyncio.gather(*(store.token("T1") for _ in range(5)))
    assert set(tokens) == {"xoxb-1", "xoxb-1-renewed"}
    assert len(peer.calls("oauth.v2.access")) == 1
    assert await store.token("T1") == "xoxb-1-renewed"
    found = await store.async_find_installation(enterprise_id=None, team_id="T1", user_id="U1")
    assert found is not None
    assert found.bot_token == "xoxb-1-renewed"
    shelf.kept.pop("renewing/T1")
    shelf.kept["bot/T1"] = shelf.kept["bot/T1"].replace(
        str(json.loads(shelf.kept["bot/T1"])["bot_token_expires_at"]), str(now)
    )
    peer.faults.always("oauth.v2.access", refuse("invalid_refresh_token"))
    assert await store.token("T1") == "xoxb-1-renewed", "the old one is used while it lasts"


async def test_an_organisations_installation_covers_its_workspaces(peer: SlackPeer, shelf: MemoryShelf):
    from slack_sdk.oauth.installation_store.models import Installation

    store = Installations(shelf, settings=settings_for(peer))
    await store.async_save(
        Installation(enterprise_id="E1", user_id="U1", bot_token="xoxb-org", is_enterprise_install=True)
    )
    assert await store.token("T7") is None
    await store.covers("E1", "T7")
    assert await store.token("T7") == "xoxb-org"
    found = await store.async_find_bot(enterprise_id="E1", team_id="T7", is_enterprise_install=True)
    assert found is not None
    await store.async_delete_all(enterprise_id="E1", team_id=None)
    assert await store.token("T7") is None
    assert await store.async_find_installation(enterprise_id="E1", team_id=None) is None


async def test_installations_are_kept_in_the_real_store(peer: SlackPeer, redis_url: str):
    from slack_sdk.oauth.installation_store.models import Installation

    database = Database.connect(redis_url)
    try:
        store = Installations(PluginShelf(database, "slack"), settings=settings_for(peer))
        for user in ("U1", "U2"):
            await store.async_save(
                Installation(team_id="T1", user_id=user, bot_token="xoxb-1", bot_scopes=["commands"])
            )
        assert await store.token("T1") == "xoxb-1"
        found = await store.async_find_installation(enterprise_id=None, team_id="T1")
        assert found is not None
        assert (found.user_id, found.bot_scopes) == ("U1", ["commands"])
        await store.async_delete_installation(enterprise_id=None, team_id="T1", user_id="U1")
        assert await store.async_find_installation(enterprise_id=None, team_id="T1", user_id="U1") is None
        await store.async_delete_all(enterprise_id=None, team_id="T1")
        assert await store.token("T1") is None
        assert await store.async_find_installation(enterprise_id=None, team_id="T1") is None
    finally:
        await database.close()


async def test_a_state_is_good_once_and_for_ten_minutes(shelf: MemoryShelf):
    states = States(shelf)
    state = await states.async_issue()
    assert shelf.ttls[f"state/{state}"] == timedelta(minutes=10)
    assert await states.async_consume(state)
    assert not await states.async_consume(state)
    assert not await states.async_consume("made up")
