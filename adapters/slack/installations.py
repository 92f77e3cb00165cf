"""Which workspaces installed the app by OAuth, and their tokens: kept on the adapter's shelf.

https://docs.slack.dev/authentication/installing-with-oauth. Tokens that expire are renewed by the SDK's
rotator two hours before their time; a refresh token works once, so only one process renews at a time
(https://docs.slack.dev/authentication/using-token-rotation).
"""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models import Bot, Installation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.settings import SlackSettings
from bot.ports import Shelf

log = structlog.get_logger(__name__)

RENEWAL: Final = timedelta(seconds=30)
"""For this long one process has the renewing of a token to itself."""
STATE_LIFE: Final = timedelta(minutes=10)


class Installations(AsyncInstallationStore):
    """Slack's installation store over a :class:`bot.ports.Shelf`.

    Names: ``bot/<team or organisation>``, ``installer/<team or organisation>/<user>``, and
    ``organisation/<team>`` for workspaces that an organisation's one installation covers.
    """

    def __init__(self, shelf: Shelf, *, settings: SlackSettings) -> None:
        self._shelf = shelf
        self._settings = settings

    async def token(self, workspace: str) -> str | None:
        """The bot token of a workspace, renewed where it is about to expire; ``None`` where there is none."""
        owner = workspace
        bot = await self._bot(owner)
        if bot is None:
            owner = await self._shelf.get(f"organisation/{workspace}") or ""
            bot = await self._bot(owner) if owner else None
        if bot is None or not bot.bot_token:
            return None
        if bot.bot_token_expires_at is None or not await self._shelf.add(
            f"renewing/{owner}", "1", ttl=RENEWAL
        ):
            return str(bot.bot_token)
        rotator = AsyncTokenRotator(
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret.get_secret_value(),
            client=AsyncWebClient(
                base_url=self._settings.api_url, timeout=int(self._settings.timeout), retry_handlers=[]
            ),
        )
        try:
            renewed = await rotator.perform_bot_token_rotation(bot=bot)
        except SlackTokenRotationError as error:
            log.warning(
                "A workspace's token could not be renewed",
                workspace=owner,
                error=str(error.api_error.response["error"]),
            )
            return str(bot.bot_token)
        if renewed is None:
            return str(bot.bot_token)
        await self.async_save_bot(renewed)
        log.info("A workspace's token was renewed", workspace=owner)
        return str(renewed.bot_token)

    async def covers(self, organisation: str, workspace: str) -> None:
        """Remember that an organisation's installation covers a workspace."""
        if organisation and workspace:
            await self._shelf.add(f"organisation/{workspace}", organisation, ttl=timedelta(days=3650))

    # --- the SDK's interface --------------------------------------------------------------------

    async def async_save(self, installation: Installation) -> None:
        owner = installation.team_id or installation.enterprise_id
        if not owner:
            raise ValueError("Slack named neither a workspace nor an organisation for the installation.")
        if installation.bot_token is not None:
            await self.async_save_bot(installation.to_bot())
        await self._shelf.put(f"installer/{owner}/{installation.user_id}", _written(installation))

    async def async_save_bot(self, bot: Bot) -> None:
        await self._shelf.put(f"bot/{bot.team_id or bot.enterprise_id}", _written(bot))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        return await self._bot(_owner(enterprise_id, team_id, is_enterprise_install))

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        owner = _owner(enterprise_id, team_id, is_enterprise_install)
        if user_id is None:
            names = await self._shelf.names(f"installer/{owner}/")
            if not names:
                return None
            name = names[0]
        else:
            name = f"installer/{owner}/{user_id}"
        raw = await self._shelf.get(name)
        if raw is None:
            return None
        found = Installation(**json.loads(raw))
        bot = await self._bot(owner)
        if bot is not None:
            found.bot_token = bot.bot_token
            found.bot_refresh_token = bot.bot_refresh_token
            found.bot_token_expires_at = bot.bot_token_expires_at
        return found

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        await self._shelf.drop(f"bot/{team_id or enterprise_id}")

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        owner = team_id or enterprise_id
        if user_id is not None:
            await self._shelf.drop(f"installer/{owner}/{user_id}")
            return
        for name in await self._shelf.names(f"installer/{owner}/"):
            await self._shelf.drop(name)

    async def async_delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)
        await self.async_delete_installation(enterprise_id=enterprise_id, team_id=team_id)
        if team_id:
            await self._shelf.drop(f"organisation/{team_id}")

    async def _bot(self, owner: str) -> Bot | None:
        raw = await self._shelf.get(f"bot/{owner}")
        return None if raw is None else Bot(**json.loads(raw))


class States(AsyncOAuthStateStore):
    """One-time states of the OAuth flow, so that a forged redirect installs nothing."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def async_issue(self, *_: Any, **__: Any) -> str:
        state = secrets.token_urlsafe(24)
        await self._shelf.put(f"state/{state}", "1", ttl=STATE_LIFE)
        return state

    async def async_consume(self, state: str) -> bool:
        if await self._shelf.get(f"state/{state}") is None:
            return False
        # Whoever marks it first has it; a second use of the same state finds it marked.
        if not await self._shelf.add(f"spent/{state}", "1", ttl=STATE_LIFE):
            return False
        await self._shelf.drop(f"state/{state}")
        return True


def _owner(enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None) -> str:  # noqa: FBT001 - the SDK's shape
    return (enterprise_id if is_enterprise_install else team_id or enterprise_id) or ""


def _written(record: Bot | Installation) -> str:
    return json.dumps(record.__dict__)
