"""Orders to a loopback Discord in another process: ``POST {control_url}/{verb}`` with JSON, answered with JSON.

==================  ======================================================================================
``server``          name, channels, forums, invited → {id, channels}
``person``          name, server, manages → {id}
``slash``           person, channel (null: direct), line, options → {seconds, text, modal, messages}
``press``           person, channel, message, label → the same
``messages``        channel → [message]
``direct``          person → [message]
``threads``         channel → [{id, name}]
``deny``            channel, permissions → {}
``fault``           kind and the fields of a :class:`tests.peers.discord_faults.Fault` → {}
``clear``           → {}: forget the faults that wait
``close``           code, forget → {}: end the gateway's connections
``report``          → {requests, posted, seconds, refused, violations, identified, resumed, by_status}
==================  ======================================================================================
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.peers.discord_people import Answer
    from tests.peers.discord_server import DiscordPeer


async def carry_out(peer: DiscordPeer, verb: str, said: dict[str, Any]) -> Any:
    """Do what another process asks for."""
    match verb:
        case "server":
            made = peer.server(**said)
            return {"id": made.id, "channels": made.channels}
        case "person":
            server = next((one for one in peer.servers if one.id == said.get("server")), None)
            person = peer.person(said["name"], server, manages=bool(said.get("manages")))
            return {"id": person.id}
        case "slash":
            person = peer.people[said["person"]]
            return await _answer(
                await person.slash(said.get("channel"), said["line"], **said.get("options", {}))
            )
        case "press":
            message = peer.payload(peer.backend.get_message(said["channel"], said["message"]))
            return await _answer(await peer.people[said["person"]].press(message, said["label"]))
        case "messages":
            return peer.messages(said["channel"])
        case "direct":
            return peer.direct(peer.people[said["person"]])
        case "threads":
            return [{"id": one.id, "name": one.name} for one in peer.threads(said["channel"])]
        case "deny":
            peer.deny(said["channel"], said["permissions"])
        case "fault":
            peer.faults.add(**said)
        case "clear":
            peer.faults.clear()
        case "close":
            await peer.gateway.close(said.get("code", 4000), forget=bool(said.get("forget")))
        case "report":
            posts = [one.at for one in peer.sent() if one.status == 200]
            return {
                "requests": len(peer.requests),
                "posted": len(posts),
                "seconds": posts[-1] - posts[0] if posts else 0.0,
                "refused": peer.buckets.refused,
                "violations": peer.violations,
                "identified": peer.gateway.identified,
                "resumed": peer.gateway.resumed,
                "by_status": Counter(str(one.status) for one in peer.requests),
            }
        case _:
            raise ValueError(f"nobody knows the order {verb!r}")
    return {}


async def _answer(answer: Answer) -> dict[str, Any]:
    if answer.modal is None:
        await answer.settled()
    return {
        "seconds": answer.seconds,
        "text": answer.text,
        "modal": answer.modal,
        "messages": answer.messages,
    }
