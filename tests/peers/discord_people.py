"""People of the loopback Discord: they type commands, press buttons, choose from menus, fill dialogues."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simcord import interactions
from simcord.backend import serializers

_COMMAND, _COMPONENT, _COMPLETE, _SUBMIT = 2, 3, 4, 5
_RADIO, _CHOSEN = 21, (3, 6, 22)
"""Kinds of components in a dialogue: one of a few in sight; menus, roles and checkboxes."""
_READ = 30.0
"""Seconds in which an answer that arrived is carried out."""


@dataclass
class Answer:
    """What came back from one interaction."""

    peer: Any
    record: Any
    seconds: float
    """Until its acknowledgement arrived."""

    @property
    def modal(self) -> dict[str, Any] | None:
        return self.record.modal

    @property
    def choices(self) -> list[dict[str, Any]]:
        return self.record.autocomplete_choices or []

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The answer and what followed it, as Discord would give them."""
        kept = self.peer.backend.messages[self.record.channel_id]
        ids = [self.record.message_id, *self.record.followup_ids]
        return [self.peer.payload(kept[one]) for one in ids if one in kept]

    @property
    def text(self) -> str:
        """All text of all messages."""
        return "\n".join(text_of(message) for message in self.messages)

    async def settled(self, seconds: float = 60.0) -> Answer:
        """Wait until «thinking…» is over."""
        async with asyncio.timeout(seconds):
            while self.record.loading or (self.record.deferred and not self.record.followup_ids):
                await self.peer.changed()
        return self


class Person:
    """Somebody with an account, in a server or in direct messages."""

    def __init__(self, peer: Any, user: Any, server: int | None) -> None:
        self._peer = peer
        self.id = user.id
        self.name = user.name
        self._server = server
        self.installed = False
        """Uses the application that they installed to their own account, not one that is in the server."""

    async def slash(self, channel: int | None, line: str, /, **options: Any) -> Answer:
        """Use a command: ``slash(channel, "papers subscribe", query="robots")``; no channel is direct messages."""
        data = self._command(line, options)
        return await self._do(_COMMAND, channel, data)

    async def type_into(self, channel: int | None, line: str, option: str, text: str) -> Answer:
        """Have values offered for an option."""
        data = self._command(line, {option: text})
        leaf = data["options"][0]["options"][0]
        leaf["focused"] = True
        return await self._do(_COMPLETE, channel, data)

    async def menu(self, channel: int, name: str, message: int) -> Answer:
        """Use a command of a message's menu."""
        command = self._peer.command(name, 3)
        payload = self._peer.payload(self._peer.backend.get_message(channel, message))
        data = {
            "id": command["id"],
            "name": name,
            "type": 3,
            "target_id": str(message),
            "resolved": {"messages": {str(message): payload}},
        }
        return await self._do(_COMMAND, channel, data)

    async def press(self, message: dict[str, Any], label: str) -> Answer:
        """Press a button by its label."""
        button = next(one for one in parts(message) if one.get("type") == 2 and one.get("label") == label)
        data = {"custom_id": button["custom_id"], "component_type": 2, "id": button.get("id")}
        return await self._on(message, data)

    async def press_id(self, message: dict[str, Any], custom_id: str) -> Answer:
        """Press with a custom id of one's own making, as a forger would."""
        return await self._on(message, {"custom_id": custom_id, "component_type": 2})

    async def choose(self, message: dict[str, Any], value: str) -> Answer:
        """Choose from the message's menu."""
        select = next(one for one in parts(message) if one.get("type") == 3)
        data = {"custom_id": select["custom_id"], "component_type": 3, "values": [value]}
        return await self._on(message, data)

    async def submit(self, shown: Answer, **values: str) -> Answer:
        """Fill a dialogue; what is not named keeps its value."""
        modal = shown.modal
        assert modal is not None
        filled = []
        for part in modal["components"]:
            inner = part.get("component")
            if inner is None:
                continue
            name = inner["custom_id"]
            made: dict[str, Any] = {"type": inner["type"], "custom_id": name}
            kept = [option["value"] for option in inner.get("options") or () if option.get("default")]
            if inner["type"] in _CHOSEN:
                kept += [one["id"] for one in inner.get("default_values") or ()]
                made["values"] = values[name].split(",") if name in values else kept
            elif inner["type"] == _RADIO:
                made["value"] = values.get(name) or next(iter(kept), None)
            else:
                made["value"] = values.get(name, inner.get("value", ""))
            filled.append({"type": 18, "component": made})
        data = {"custom_id": modal["custom_id"], "components": filled}
        record = shown.record
        extra = {}
        if record.source_message_id is not None:
            source = self._peer.backend.get_message(record.channel_id, record.source_message_id)
            extra = {"message": self._peer.payload(source)}
        return await self._do(_SUBMIT, record.channel_id, data, extra=extra, source=record.source_message_id)

    async def _on(self, message: dict[str, Any], data: dict[str, Any]) -> Answer:
        channel, number = int(message["channel_id"]), int(message["id"])
        return await self._do(_COMPONENT, channel, data, extra={"message": message}, source=number)

    def _command(self, line: str, options: dict[str, Any]) -> dict[str, Any]:
        name, _, verb = line.partition(" ")
        root = self._peer.command(name, 1)
        leaf = next(one for one in root["options"] if one["name"] == verb)
        kinds = {one["name"]: one["type"] for one in leaf["options"]}
        given = [{"name": key, "type": kinds[key], "value": value} for key, value in options.items()]
        sub = {"name": verb, "type": 1, "options": given}
        return {"id": root["id"], "name": name, "type": 1, "options": [sub]}

    async def _do(
        self,
        kind: int,
        channel: int | None,
        data: dict[str, Any],
        *,
        extra: dict[str, Any] | None = None,
        source: int | None = None,
    ) -> Answer:
        backend = self._peer.backend
        place = channel if channel is not None else backend.get_dm_channel(self.id).id
        server = backend.get_channel(place).guild_id
        record, payload = interactions.base_payload(
            backend, type=kind, channel_id=place, guild_id=server, user_id=self.id, data=data
        )
        record.source_message_id = source
        payload |= extra or {}
        if self.installed:
            payload |= {"authorizing_integration_owners": {"1": str(self.id)}}
            payload["context"] = 0 if server is not None else 2
        elif server is not None:
            payload["authorizing_integration_owners"] = {"0": str(server)}
        waiting = self._peer.waiting.begin(record.id)
        backend.emit("INTERACTION_CREATE", payload)
        deadline = waiting.began + self._peer.patience
        try:
            async with asyncio.timeout_at(deadline):
                while waiting.answered is None:
                    await self._peer.changed()
        except TimeoutError:
            if waiting.answered is None:  # (what has arrived may still wait for this busy process to read it)
                raise self._unanswered() from None
        if waiting.answered > deadline:
            raise self._unanswered()
        async with asyncio.timeout(_READ):
            while not record.responded:
                await self._peer.changed()
        return Answer(self._peer, record, waiting.answered - waiting.began)

    def _unanswered(self) -> AssertionError:
        return AssertionError(
            f"The application did not respond: nothing came within {self._peer.patience:g} seconds"
        )


def parts(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every component of a message."""

    def walk(nodes: Any) -> Iterator[dict[str, Any]]:
        for node in nodes or ():
            yield node
            yield from walk(node.get("components"))
            if node.get("accessory"):
                yield node["accessory"]

    yield from walk(message.get("components"))


def text_of(message: dict[str, Any]) -> str:
    """All text of a message: components, embeds, content."""
    said = [part["content"] for part in parts(message) if part.get("type") == 10]
    said += [
        str(embed.get(name) or "")
        for embed in message.get("embeds") or ()
        for name in ("title", "description")
    ]
    return "\n".join(filter(None, [message.get("content") or "", *said]))


__all__ = ["Answer", "Person", "parts", "serializers", "text_of"]
