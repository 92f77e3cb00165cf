"""How much work visitors may cause."""

import asyncio

import pytest

from bot.testing.clock import FakeClock
from bot.web.budget import AT_ONCE, CLIENT, CLIENTS, EVERYBODY, QUEUE, Budget, TooBusy, client_of


async def test_work_that_took_long_is_paid_for(clock: FakeClock):
    budget = Budget(clock)
    async with budget.work("a", least=0.1):
        await clock.advance(CLIENT + 2)
    with pytest.raises(TooBusy) as busy:
        async with budget.work("a", least=0.1):
            pass
    async with budget.work("b", least=0.1):
        pass
    await clock.advance(busy.value.after)
    async with budget.work("a", least=0.1):
        pass


async def test_work_that_fails_is_paid_for(clock: FakeClock):
    budget = Budget(clock)

    async def fail() -> None:
        async with budget.work("a", least=0.1):
            await clock.advance(CLIENT + 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    with pytest.raises(TooBusy):
        await fail()


async def test_few_are_under_way_and_few_wait(clock: FakeClock):
    budget, gate, under_way = Budget(clock), asyncio.Event(), []

    async def piece(client: str) -> None:
        async with budget.work(client, least=0.1):
            under_way.append(client)
            await gate.wait()

    tasks = [asyncio.create_task(piece(str(at))) for at in range(AT_ONCE + QUEUE)]
    await clock.advance(0)
    assert len(under_way) == AT_ONCE
    with pytest.raises(TooBusy):
        await piece("late")
    tasks[-1].cancel()  # its visitor went away
    await clock.advance(0)
    tasks.append(asyncio.create_task(piece("later")))
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert "later" in under_way


async def test_no_more_clients_are_remembered_than_fit(clock: FakeClock):
    budget = Budget(clock)
    for at in range(CLIENTS + 10):
        clock._elapsed += 1.0  # so that all of them together have not used up what there is
        async with budget.work(str(at), least=EVERYBODY / 100):
            pass
    assert len(budget._purses) == CLIENTS


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "client"),
    [
        ("192.0.2.1", "", (), "192.0.2.1"),
        ("192.0.2.1", "203.0.113.1", (), "192.0.2.1"),
        ("10.0.0.1", "203.0.113.1", ("10.0.0.1",), "203.0.113.1"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.1", ("10.0.0.0/8",), "203.0.113.1"),
        ("10.0.0.1", "203.0.113.1, 10.0.0.2", ("10.0.0.0/8",), "203.0.113.1"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", "x" * 1000, ("10.0.0.0/8",), "10.0.0.1"),
        ("2001:db8:1:2:3::4", "", (), "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", (), "192.0.2.1"),
        ("", "", (), ""),
    ],
)
def test_whose_request_it_is(peer, forwarded, proxies, client):
    assert client_of(peer, forwarded, proxies) == client
