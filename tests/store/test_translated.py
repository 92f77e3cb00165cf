"""What the server says when it cannot serve becomes one of our errors, whether it says so itself or in a script."""

import pytest

from bot.errors import StoreUnavailable
from bot.store.database import Database, Script, StoreBusyError


@pytest.mark.parametrize(
    "said",
    [
        "MISCONF Errors writing to the AOF file: No space left on device",
        "LOADING Valkey is loading the dataset in memory",
        "CLUSTERDOWN The cluster is down",
        "MASTERDOWN Link with MASTER is down",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "NOREPLICAS Not enough good replicas to write.",
        "BUSY Valkey is busy running a script.",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "READONLY You can't write against a read only replica.",
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    ],
)
async def test_a_server_that_cannot_serve_now_is_an_outage(redis_url: str, said: str) -> None:
    database = Database.connect(redis_url)
    script = Script("fail", f"return redis.error_reply({said!r})".replace("\\'", "'"))
    with pytest.raises(StoreBusyError) as raised:
        await database.run(script, ["x"])
    assert isinstance(raised.value, StoreUnavailable), "whoever waits out an outage waits this one out, too"
    await database.close()


async def test_nobody_there_is_an_outage_with_a_remedy() -> None:
    database = Database.connect("redis://127.0.0.1:1/0")
    with pytest.raises(StoreUnavailable, match="PIGEON_REDIS_URL"):
        await database.call(database.client.ping())
    await database.close()
