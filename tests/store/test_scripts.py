"""A script that the server must refuse is refused before its first write, and what is queued is still sent."""

import pytest

from bot.errors import StoreUnavailable
from bot.store.database import Database, Script

HALF = "redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[1], string.rep('x', 10)) return 1"


async def test_a_full_store_refuses_a_script_whole(redis_url: str) -> None:
    database = Database.connect(redis_url)
    await database.call(database.client.set("kept", "before"))
    await database.call(database.client.config_set("maxmemory", 1))
    try:
        with pytest.raises(StoreUnavailable):
            await database.run(Script("half", HALF), ["kept"])
        assert await database.call(database.client.get("kept")) == "before"
        assert await database.run(Script("still", HALF, even_full=True), ["kept"]) == 1
    finally:
        await database.call(database.client.config_set("maxmemory", 0))
        await database.close()
