"""The two protocols that everybody writes first. The harness must see them fail, else it is blind."""

from __future__ import annotations

from datetime import timedelta

from bot.delivery.sender import Sender
from bot.errors import DeliveryError, RetryLater
from bot.models import MessageRef
from bot.store.claims import Claim


class SendThenAcknowledge(Sender):
    """Sends, then notes that it did. A crash or a lost answer in between sends again."""

    async def carry_out(self, claim: Claim) -> bool:
        prepared = await self._prepare(claim)
        if prepared is None or prepared[0].card is None or claim.delivery is None:
            return False
        card = prepared[0].card
        now = self._clock.now
        try:
            message = await self._adapter.send(claim.delivery.destination, card, key=claim.key)
        except DeliveryError:
            await self._store.claims.put_off(claim, due=now() + timedelta(seconds=0.5), keep_doubt=True)
        else:
            await self._store.claims.settle_sent(claim, message, now=now(), next_at=now())
        return False


class MarkThenSend(Sender):
    """Notes that it sent, then sends. A crash in between, or a lost request, is a card that never comes."""

    async def carry_out(self, claim: Claim) -> bool:
        prepared = await self._prepare(claim)
        if prepared is None or prepared[0].card is None or claim.delivery is None:
            return False
        card = prepared[0].card
        where = claim.delivery.destination
        nowhere = MessageRef(platform=where.platform, channel=where.channel, message="")
        now = self._clock.now()
        if not (await self._store.claims.settle_sent(claim, nowhere, now=now, next_at=now)).ours:
            return False
        for _ in range(5):
            try:
                await self._adapter.send(where, card, key=claim.key)
            except RetryLater as error:
                await self._clock.sleep(error.after)  # certainly not posted: even this one tries again
            except DeliveryError:
                break
            else:
                break
        return False


PROTOCOLS: dict[str, type[Sender]] = {
    "ours": Sender,
    "send-then-acknowledge": SendThenAcknowledge,
    "mark-then-send": MarkThenSend,
}
