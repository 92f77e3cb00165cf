"""The Web API of the loopback Slack: one function for each method, errors in Slack's words."""

from collections.abc import Callable
from typing import Any

from tests.peers.slack_contract import ContractError, check_message, check_view
from tests.peers.slack_state import State, Team

TRIGGER_LIFE = 3.0


class Refusal(Exception):
    def __init__(self, word: str, **extra: Any) -> None:
        super().__init__(word)
        self.word = word
        self.extra = extra


Method = Callable[[State, Team, dict[str, Any]], dict[str, Any]]
METHODS: dict[str, Method] = {}
NEEDS: dict[str, str] = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "conversations.open": "im:write",
    "users.info": "users:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
}


def method(name: str) -> Callable[[Method], Method]:
    def keep(function: Method) -> Method:
        METHODS[name] = function
        return function

    return keep


def call(state: State, team: Team, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Carry a method out. Raises Refusal."""
    known = METHODS.get(name)
    if known is None:
        raise Refusal("unknown_method")
    need(team, NEEDS.get(name))
    try:
        return known(state, team, arguments)
    except ContractError as error:
        state.violations.append(f"{name}: {error}")
        raise Refusal(error.word, response_metadata={"messages": [error.message]}) from None


def need(team: Team, scope: str | None) -> None:
    if scope is not None and scope not in team.scopes:
        raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(team.scopes)))


def channel_for_reading(state: State, team: Team, arguments: dict[str, Any], kind: str) -> dict[str, Any]:
    about = state.channels.get(str(arguments.get("channel")))
    if about is None or about["team"] != team.id:
        raise Refusal("channel_not_found")
    prefix = "im" if about.get("is_im") else "groups" if about["is_private"] else "channels"
    if not (prefix == "im" and kind == "read"):
        need(team, f"{prefix}:{kind}")
    if about["is_private"] and team.bot_user not in about["members"]:
        raise Refusal("channel_not_found")
    return about


def channel_for_posting(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    channel = str(arguments.get("channel"))
    if channel.startswith("U") and channel in state.users:
        channel = state.direct(team, channel)
    about = state.channels.get(channel)
    if about is None or about["team"] != team.id:
        raise Refusal("channel_not_found")
    if channel in state.faults.channels:
        raise Refusal(state.faults.channels[channel])
    if about["is_archived"]:
        raise Refusal("is_archived")
    if team.bot_user not in about["members"]:
        if about["is_private"]:
            raise Refusal("channel_not_found")
        if "chat:write.public" not in team.scopes:
            raise Refusal("not_in_channel")
    return about


def find_message(state: State, channel: str, stamp: str) -> dict[str, Any]:
    for message in state.messages[channel]:
        if message["ts"] == stamp:
            return message
    raise Refusal("message_not_found")


@method("auth.test")
def _auth(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "url": team.url,
        "team": team.name,
        "user": "paperpigeon",
        "team_id": team.id,
        "user_id": team.bot_user,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
    }


@method("chat.postMessage")
def _post(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    about = channel_for_posting(state, team, arguments)
    check_message(arguments)
    thread = arguments.get("thread_ts")
    if thread is not None:
        try:
            parent = find_message(state, about["id"], str(thread))
        except Refusal:
            raise Refusal("thread_not_found") from None
        parent["thread_ts"] = parent["ts"]
        parent["reply_count"] = parent.get("reply_count", 0) + 1
    stamp = state.stamp()
    message = {
        "type": "message",
        "ts": stamp,
        "user": team.bot_user,
        "bot_id": team.bot_id,
        "team": team.id,
        "text": arguments["text"],
        "blocks": arguments.get("blocks", []),
    }
    if "metadata" in arguments:
        message["metadata"] = arguments["metadata"]
    if thread is not None:
        message["thread_ts"] = str(thread)
    state.messages[about["id"]].append(message)
    return {"channel": about["id"], "ts": stamp, "message": message}


@method("chat.postEphemeral")
def _ephemeral(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    about = channel_for_posting(state, team, arguments)
    if arguments.get("user") not in about["members"]:
        raise Refusal("user_not_in_channel")
    check_message({name: value for name, value in arguments.items() if name != "user"})
    stamp = state.stamp()
    state.ephemerals.append({**arguments, "ts": stamp})
    return {"message_ts": stamp}


@method("chat.update")
def _update(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    channel_for_posting(state, team, arguments)
    check_message(arguments, schema="UpdateArgs")
    message = find_message(state, arguments["channel"], arguments["ts"])
    if message.get("bot_id") != team.bot_id:
        raise Refusal("cant_update_message")
    message.update(text=arguments["text"], blocks=arguments.get("blocks", []), edited={"ts": state.stamp()})
    return {"channel": arguments["channel"], "ts": arguments["ts"], "text": arguments["text"]}


@method("chat.delete")
def _delete(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    message = find_message(state, arguments["channel"], arguments["ts"])
    state.messages[arguments["channel"]].remove(message)
    return {"channel": arguments["channel"], "ts": arguments["ts"]}


@method("conversations.open")
def _open(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    user = str(arguments.get("users", ""))
    about = state.users.get(user)
    if about is None or about["team_id"] != team.id:
        raise Refusal("user_not_found")
    if about.get("deleted"):
        raise Refusal("user_disabled")
    return {"channel": {"id": state.direct(team, user)}}


@method("conversations.info")
def _info(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    about = channel_for_reading(state, team, arguments, "read")
    shown = {name: value for name, value in about.items() if name not in ("members", "team")}
    return {"channel": {**shown, "is_member": team.bot_user in about["members"]}}


@method("conversations.members")
def _members(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    about = channel_for_reading(state, team, arguments, "read")
    members, size = sorted(about["members"]), int(arguments.get("limit", 100))
    at = int(arguments.get("cursor") or 0)
    more = str(at + size) if at + size < len(members) else ""
    return {"members": members[at : at + size], "response_metadata": {"next_cursor": more}}


@method("conversations.list")
def _list(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    need(team, "channels:read")
    shown = [
        about for about in state.channels.values() if about["team"] == team.id and not about.get("is_im")
    ]
    return {"channels": [{"id": about["id"], "name": about["name"]} for about in shown]}


@method("conversations.history")
def _history(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    about = channel_for_reading(state, team, arguments, "history")
    if team.bot_user not in about["members"]:
        raise Refusal("not_in_channel")
    return _page(state, list(reversed(state.posts(about["id"]))), arguments)


@method("conversations.replies")
def _replies(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    about = channel_for_reading(state, team, arguments, "history")
    if team.bot_user not in about["members"]:
        raise Refusal("not_in_channel")
    parent = str(arguments["ts"])
    thread = [
        message
        for message in state.messages[about["id"]]
        if parent in (message["ts"], message.get("thread_ts"))
    ]
    if not thread:
        raise Refusal("thread_not_found")
    return _page(state, thread, arguments)


def _page(state: State, messages: list[dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    oldest = float(arguments.get("oldest") or 0)
    inclusive = arguments.get("inclusive") in (True, "true", "1")
    kept = [m for m in messages if float(m["ts"]) > oldest or (inclusive and float(m["ts"]) == oldest)]
    with_metadata = arguments.get("include_all_metadata") in (True, "true", "1")
    size, at = int(arguments.get("limit", 100)), int(arguments.get("cursor") or 0)
    more = str(at + size) if at + size < len(kept) else ""
    shown = [
        m if with_metadata else {k: v for k, v in m.items() if k != "metadata"} for m in kept[at : at + size]
    ]
    return {"messages": shown, "has_more": bool(more), "response_metadata": {"next_cursor": more}}


@method("users.info")
def _user(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    about = state.users.get(str(arguments.get("user")))
    if about is None or about["team_id"] != team.id:
        raise Refusal("user_not_found")
    return {"user": about}


@method("usergroups.list")
def _groups(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "usergroups": [
            {"id": group, "team_id": team.id, "handle": handle, "name": handle}
            for group, (handle, _) in state.groups.items()
        ]
    }


@method("usergroups.users.list")
def _group(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    found = state.groups.get(str(arguments.get("usergroup")))
    if found is None:
        raise Refusal("no_such_subteam")
    return {"users": sorted(found[1])}


@method("views.open")
def _view_open(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    made = state.triggers.pop(str(arguments.get("trigger_id")), None)
    if made is None:
        raise Refusal("exchanged_trigger_id")
    if state.clock.monotonic() - made > TRIGGER_LIFE:
        raise Refusal("expired_trigger_id")
    check_view(arguments["view"])
    view_id = f"V{next(state.numbers)}"
    state.views[view_id] = {**arguments["view"], "id": view_id, "hash": state.stamp(), "team_id": team.id}
    return {"view": state.views[view_id]}


@method("views.update")
def _view_update(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    view_id = str(arguments.get("view_id"))
    if view_id not in state.views:
        raise Refusal("not_found")
    check_view(arguments["view"])
    if arguments.get("hash") not in (None, state.views[view_id]["hash"]):
        raise Refusal("hash_conflict")
    state.views[view_id] = {**arguments["view"], "id": view_id, "hash": state.stamp(), "team_id": team.id}
    return {"view": state.views[view_id]}


@method("views.publish")
def _view_publish(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    check_view(arguments["view"])
    if arguments.get("user_id") not in state.users:
        raise Refusal("user_not_found")
    state.homes[arguments["user_id"]] = {
        **arguments["view"],
        "id": f"VH{arguments['user_id']}",
        "team_id": team.id,
    }
    return {"view": state.homes[arguments["user_id"]]}


@method("files.getUploadURLExternal")
def _upload_url(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    file_id = f"F{next(state.numbers)}"
    state.files[file_id] = {
        "name": arguments["filename"],
        "length": int(arguments["length"]),
        "content": b"",
        "channel": "",
    }
    return {"file_id": file_id, "upload_url": f"{state.base}upload/{file_id}"}  # type: ignore[attr-defined]


@method("files.completeUploadExternal")
def _upload_done(state: State, team: Team, arguments: dict[str, Any]) -> dict[str, Any]:
    for one in arguments["files"]:
        file = state.files[one["id"]]
        if len(file["content"]) != file["length"]:
            raise Refusal("file_upload_size_restricted")
        file["channel"] = arguments.get("channel_id", "")
    return {"files": [{"id": one["id"], "title": one.get("title", "")} for one in arguments["files"]]}
