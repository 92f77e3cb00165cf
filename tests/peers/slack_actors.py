"""People of the loopback Slack: they type, press, fill in and look; by socket, or by signed HTTP."""

import asyncio
import hashlib
import hmac
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

from tests.peers.slack_contract import ContractError, check_rows, check_view
from tests.peers.slack_surfaces import control, filled

if TYPE_CHECKING:
    from tests.peers.slack_server import SlackPeer

PATIENCE = 60.0


@dataclass
class Exchange:
    """One thing a person did, and what came of it."""

    peer: "SlackPeer"
    id: str
    payload: dict[str, Any]
    channel: str = ""
    team: str = "T1"
    trigger: str = ""
    acknowledged_after: float | None = None
    """Seconds until the acknowledgement; ``None`` while there is none."""
    ack: dict[str, Any] | None = None
    status: int = 0
    """Of HTTP, in HTTP mode."""
    responses: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)

    async def reply(self, number: int = 1) -> dict[str, Any]:
        """The n-th message at the response URL."""
        await self.peer.until(lambda: len(self.responses) >= number)
        return self.responses[number - 1]

    async def modal(self) -> dict[str, Any]:
        """The view that was opened with this trigger."""

        def found() -> dict[str, Any] | None:
            for request in self.peer.requests:
                if request.method == "views.open" and request.arguments.get("trigger_id") == self.trigger:
                    opened = [view for view in self.peer.views.values() if view["id"] not in self.seen]
                    return opened[-1] if opened and request.outcome == "ok" else None
            return None

        view: dict[str, Any] = await self.peer.until(found)
        return view


class Actors:
    """What people do. Each returns after the acknowledgement."""

    def __init__(self) -> None:
        self.exchanges: dict[str, Exchange] = {}
        self.acknowledgements: list[float] = []
        """Seconds from delivery to acknowledgement, of every delivery."""
        self.request_url = ""
        """Set it to deliver by HTTP instead of by socket."""
        self.signing_secret = "secret"
        self._waiting: dict[str, tuple[Exchange, float]] = {}
        self._next_socket = 0
        self._http: aiohttp.ClientSession | None = None

    async def close_actors(self) -> None:
        if self._http is not None:
            await self._http.close()

    # --- deeds --------------------------------------------------------------------------------

    async def slash(self, text: str, *, user: str = "U1", channel: str = "C1", team: str = "T1") -> Exchange:
        """Type ``/papers …``; Slack escapes what it is."""
        command, _, rest = text.partition(" ")
        exchange = self._exchange(channel, team)
        about = self.channels.get(channel, {})
        payload = {
            "token": "x",
            "team_id": team,
            "team_domain": "acme",
            "channel_id": channel,
            "channel_name": "privategroup" if about.get("is_private") else about.get("name", ""),
            "user_id": user,
            "user_name": self.users[user]["name"],
            "command": command,
            "text": rest,
            "api_app_id": "A1",
            "is_enterprise_install": "false",
            "response_url": self.respond_url(exchange),
            "trigger_id": exchange.trigger,
        }
        return await self._deliver(exchange, "slash_commands", payload)

    async def press(
        self,
        what: str,
        *,
        message: dict[str, Any] | None = None,
        view: dict[str, Any] | None = None,
        user: str = "U1",
        channel: str = "C1",
        team: str = "T1",
        response_url: bool = True,
        **override: Any,
    ) -> Exchange:
        """Press the button or menu row that bears that label."""
        exchange = self._exchange(channel, team)
        surface = message if message is not None else view
        assert surface is not None
        action = override.pop("action", None) or control(surface.get("blocks", []), what)
        payload: dict[str, Any] = {
            **self._interaction("block_actions", user, team, exchange),
            "actions": [action],
        }
        if message is not None:
            payload |= {
                "channel": {"id": channel, "name": self.channels[channel]["name"]},
                "container": {
                    "type": "message",
                    "message_ts": message.get("ts", "1.0"),
                    "channel_id": channel,
                },
                "message": message,
            }
            if response_url:
                payload["response_url"] = self.respond_url(exchange)
        else:
            payload |= {"container": {"type": "view", "view_id": surface["id"]}, "view": surface}
        return await self._deliver(exchange, "interactive", {**payload, **override})

    async def type_in(
        self, view: dict[str, Any], field_name: str, text: str, *, values: dict[str, str] | None = None
    ) -> None:
        """Type into a field of a form, or choose; Slack tells of each character where the form wants that."""
        block = next(one for one in view["blocks"] if one.get("block_id") == f"field.{field_name}")
        assert block.get("dispatch_action"), f"nobody hears what is typed into {field_name}"
        element = block["element"]
        typed = element["type"] in ("plain_text_input", "number_input")
        if typed:
            assert element["dispatch_action_config"]["trigger_actions_on"] == ["on_character_entered"]
        for end in range(1, len(text) + 1) if typed and text else [len(text)]:
            held = filled(view, {**(values or {}), field_name: text[:end]})
            state = held["state"]["values"][block["block_id"]][element["action_id"]]
            about = {
                "block_id": block["block_id"],
                "action_id": element["action_id"],
                "action_ts": self.stamp(),
            }
            await self.press("", view=held, action={**about, **state})

    async def submit(
        self, view: dict[str, Any], values: dict[str, str], *, user: str = "U1", team: str = "T1"
    ) -> Exchange:
        """Fill a form in and send it."""
        exchange = self._exchange("", team)
        payload = {**self._interaction("view_submission", user, team, exchange), "view": filled(view, values)}
        return await self._deliver(exchange, "interactive", payload)

    async def suggest(
        self, view: dict[str, Any], field_name: str, typed: str, *, user: str = "U1"
    ) -> list[dict[str, Any]]:
        """Type into a menu that is filled by the bot; what it offers."""
        exchange = self._exchange("", "T1")
        payload = {
            **self._interaction("block_suggestion", user, "T1", exchange),
            "view": view,
            "block_id": f"field.{field_name}",
            "action_id": "pigeon.value",
            "value": typed,
        }
        await self._deliver(exchange, "interactive", payload)
        return (exchange.ack or {}).get("options", [])

    async def shortcut(
        self, callback: str, *, message: dict[str, Any] | None = None, user: str = "U1", channel: str = "C1"
    ) -> Exchange:
        """Use a shortcut: on a message, or from anywhere."""
        exchange = self._exchange(channel if message else "", "T1")
        kind = "message_action" if message else "shortcut"
        payload = {**self._interaction(kind, user, "T1", exchange), "callback_id": callback}
        if message:
            payload |= {
                "channel": {"id": channel, "name": self.channels[channel]["name"]},
                "message": message,
                "message_ts": message["ts"],
                "response_url": self.respond_url(exchange),
            }
        return await self._deliver(exchange, "interactive", payload)

    async def mention(
        self, text: str, *, user: str = "U1", channel: str = "C1", thread: str = "", **more: Any
    ) -> Exchange:
        """Write a message that mentions the bot."""
        event = {
            "type": "app_mention",
            "user": user,
            "text": text,
            "channel": channel,
            "ts": self.stamp(),
            **more,
        }
        return await self.event({**event, **({"thread_ts": thread} if thread else {})})

    async def say(self, text: str, *, user: str = "U1", **more: Any) -> Exchange:
        """Write to the bot directly."""
        channel = self.direct(self.teams["T1"], user)
        stamp = self.stamp()
        self.messages[channel].append({"ts": stamp, "user": user, "text": text})
        event = {
            "type": "message",
            "channel_type": "im",
            "user": user,
            "text": text,
            "channel": channel,
            "ts": stamp,
        }
        return await self.event({**event, **more})

    async def open_home(self, *, user: str = "U1") -> Exchange:
        """Look at the bot's Home tab."""
        return await self.event(
            {"type": "app_home_opened", "user": user, "channel": f"D{user}", "tab": "home"}
        )

    async def event(self, event: dict[str, Any], *, team: str = "T1", event_id: str = "") -> Exchange:
        """Anything of the Events API."""
        exchange = self._exchange(str(event.get("channel") or ""), team)
        payload = {
            "token": "x",
            "team_id": team,
            "api_app_id": "A1",
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{exchange.id}",
            "event_time": int(self.clock.now().timestamp()),
            "authorizations": [{"team_id": team, "user_id": self.teams[team].bot_user, "is_bot": True}],
        }
        return await self._deliver(exchange, "events_api", payload)

    async def again(self, exchange: Exchange, *, reason: str = "timeout") -> Exchange:
        """Deliver the same thing once more, as Slack does when an acknowledgement got lost."""
        kind = exchange.payload["__kind__"]
        payload = {name: value for name, value in exchange.payload.items() if name != "__kind__"}
        repeated = Exchange(self, exchange.id, payload, exchange.channel, exchange.team, exchange.trigger)
        return await self._deliver(repeated, kind, payload, retry=1, reason=reason)

    async def act(self, actor: str, arguments: dict[str, Any]) -> Exchange:
        """A deed by name, for the process."""
        if actor not in ("slash", "mention", "say", "open_home", "event"):
            raise ValueError(actor)
        exchange: Exchange = await getattr(self, actor)(**arguments)
        return exchange

    # --- delivery -----------------------------------------------------------------------------

    def respond_url(self, exchange: Exchange) -> str:
        return f"{self.base}respond/{exchange.id}"

    def acknowledged(self, frame: dict[str, Any]) -> None:
        """An acknowledgement came in by socket."""
        waiting = self._waiting.pop(str(frame.get("envelope_id")), None)
        if waiting is not None:
            exchange, sent_at = waiting
            exchange.acknowledged_after = asyncio.get_running_loop().time() - sent_at
            exchange.ack = frame.get("payload") or {}
            self._taken(exchange)
            self.acknowledgements.append(exchange.acknowledged_after)

    def _taken(self, exchange: Exchange) -> None:
        """Take what an acknowledgement brings: a view in the place of the one that was sent, or rows of a menu."""
        ack = exchange.ack or {}
        try:
            if "view" in ack:
                check_view(ack["view"])
                view_id = exchange.payload["view"]["id"]
                self.views[view_id] = {**self.views.get(view_id, {}), **ack["view"], "hash": self.stamp()}
            check_rows(ack.get("options", []))
        except ContractError as error:
            self.violations.append(f"acknowledgement: {error}")

    def _exchange(self, channel: str, team: str) -> Exchange:
        exchange = Exchange(self, str(next(self.numbers)), {}, channel, team, self.trigger())  # type: ignore[arg-type]
        exchange.seen = dict(self.views)
        self.exchanges[exchange.id] = exchange
        return exchange

    def _interaction(self, kind: str, user: str, team: str, exchange: Exchange) -> dict[str, Any]:
        about = self.users[user]
        return {
            "type": kind,
            "token": "x",
            "api_app_id": "A1",
            "team": {"id": team, "domain": "acme"},
            "user": {
                "id": user,
                "username": about["name"],
                "name": about["name"],
                "team_id": about["team_id"],
            },
            "trigger_id": exchange.trigger,
            "is_enterprise_install": False,
        }

    async def _deliver(
        self, exchange: Exchange, kind: str, payload: dict[str, Any], *, retry: int = 0, reason: str = ""
    ) -> Exchange:
        exchange.payload = {**payload, "__kind__": kind}
        if self.request_url:
            return await self._by_http(exchange, kind, payload, retry)
        envelope = {
            "envelope_id": f"envelope{next(self.numbers)}",
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": payload,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        await self.until_connected()
        self._next_socket += 1
        socket = self.sockets[self._next_socket % len(self.sockets)]
        self._waiting[envelope["envelope_id"]] = (exchange, asyncio.get_running_loop().time())
        await socket.send_json(envelope)
        await self.until(lambda: exchange.acknowledged_after is not None, PATIENCE)
        return exchange

    async def _by_http(self, exchange: Exchange, kind: str, payload: dict[str, Any], retry: int) -> Exchange:
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        if kind == "events_api":
            body, content = json.dumps(payload), "application/json"
        else:
            form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, content = urlencode(form), "application/x-www-form-urlencoded"
        began = asyncio.get_running_loop().time()
        status, text = await self.send_signed(body, content, **headers)
        exchange.status, exchange.acknowledged_after = status, asyncio.get_running_loop().time() - began
        exchange.ack = json.loads(text) if text.startswith("{") else {}
        self._taken(exchange)
        self.acknowledgements.append(exchange.acknowledged_after)
        return exchange

    async def send_signed(
        self,
        body: str,
        content_type: str = "application/json",
        *,
        stamp: str = "",
        signature: str = "",
        **headers: str,
    ) -> tuple[int, str]:
        """POST to the bot, signed as Slack signs unless told otherwise; status and text of the answer."""
        stamp = stamp or str(int(self.clock.now().timestamp()))
        base = f"v0:{stamp}:{body}".encode()
        made = "v0=" + hmac.new(self.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        sent = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature or made,
            **headers,
        }
        self._http = self._http or aiohttp.ClientSession()
        async with self._http.post(self.request_url, data=io.BytesIO(body.encode()), headers=sent) as answer:
            return answer.status, await answer.text()
