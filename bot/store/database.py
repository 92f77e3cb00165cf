"""The connection: one place where redis-py is configured and its errors become ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, Final, cast
from urllib.parse import urlsplit, urlunsplit

from redis import exceptions as redis_errors
from redis.asyncio import Redis, Sentinel
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from bot.errors import PigeonError, SettingsError, StoreUnavailable
from bot.store.round_trips import RoundTrips

SOCKET_TIMEOUT: Final = 5.0
"""Seconds for one answer. Blocking reads ask for less, else redis-py gives up on a healthy server."""
DEADLINE: Final = 10.0
"""Seconds for one call with everything in it: a hung server must not hang us."""

Value = str | int | float | bytes

TOGETHER: Final = 50
"""Runs of a script that go to the server in one round trip."""


class StoreBusyError(StoreUnavailable):
    """The store answered that it cannot serve now (loading, read-only, out of memory)."""


_BUSY: Final = (
    "MISCONF",
    "LOADING",
    "CLUSTERDOWN",
    "MASTERDOWN",
    "OOM",
    "NOREPLICAS",
    "BUSY ",
    "TRYAGAIN",
    "READONLY",
    "UNBLOCKED",
)
"""What an error begins with where the server is there but cannot serve now."""


@dataclass(frozen=True)
class Script:
    """A Lua script that runs atomically in the server. All its keys share one hash tag."""

    name: str
    source: str
    even_full: bool = False
    """It runs even where the server's memory is used up: what is queued is still sent and recorded."""

    @property
    def text(self) -> str:
        """The program.

        Its first line has a server that must refuse it (memory, disk, a replica) do so before the first write
        and not half-way: https://valkey.io/topics/eval-intro/#eval-flags.
        """
        return f"#!lua{' flags=allow-oom' if self.even_full else ''}\n{self.source}"

    @property
    def sha(self) -> str:
        """What EVALSHA calls it by."""
        return sha1(self.text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class ServerFacts:
    """What a start-up check needs to know of the server."""

    name: str
    version: tuple[int, ...]
    appendonly: bool
    appendfsync: str
    eviction: str
    replicas: int
    cluster: bool


class Database:
    """A connection to one Redis or Valkey, a Sentinel's primary, or a Cluster.

    redis-py's own retries are off: a write whose reply was lost would be done twice
    (an XADD is not idempotent). Our writes are scripts that are safe to repeat, and the caller repeats.
    """

    def __init__(self, client: Redis | RedisCluster, url: str, *, sentinels: Sequence[Redis] = ()) -> None:
        self.client: Any = client
        self._sentinels = sentinels
        self.url = url
        self.cluster = isinstance(client, RedisCluster)
        self._trips = None if isinstance(client, RedisCluster) else RoundTrips(client)
        self.replicas = 0
        """Replicas seen at the last look; above 0, durable writes wait for one of them."""
        self.uncopied = 0
        """Durable writes that no replica acknowledged in time; a failover right then would lose them."""

    @classmethod
    def connect(cls, url: str) -> Database:
        """Prepare a connection; nothing is sent yet.

        ``redis://``, ``rediss://``, ``unix://`` (also ``valkey…://``); ``redis+sentinel://host:26379/primary``
        asks Sentinel; ``redis+cluster://host:port`` is a Cluster.

        Raises:
            SettingsError: it is no such address. The sentence does not repeat it, for it may hold a password.
        """
        try:
            return cls._prepared(url)
        except ValueError as error:
            raise SettingsError(
                "PIGEON_REDIS_URL is no address of a store that I can read. Write it like "
                "redis://localhost:6379/0, or leave it empty for the embedded one."
            ) from error

    @classmethod
    def _prepared(cls, url: str) -> Database:
        parts = urlsplit(url)
        scheme = parts.scheme.replace("valkey", "redis")
        options: dict[str, Any] = {
            "decode_responses": True,
            "socket_timeout": SOCKET_TIMEOUT,
            "socket_connect_timeout": SOCKET_TIMEOUT,
            "protocol": 2,
        }
        once = Retry(NoBackoff(), 0)
        if scheme == "redis+cluster":
            target = urlunsplit(parts._replace(scheme="redis"))
            return cls(RedisCluster.from_url(target, **options, retry=once), url)
        options |= {"retry": once, "health_check_interval": 15}
        if scheme == "redis+sentinel":
            name = parts.path.strip("/") or "mymaster"
            hosts = [
                (host.rpartition(":")[0] or host, int(host.rpartition(":")[2] or 26379))
                for host in parts.netloc.rpartition("@")[2].split(",")
            ]
            sentinel = Sentinel(  # type: ignore[no-untyped-call]
                hosts, sentinel_kwargs={"socket_timeout": SOCKET_TIMEOUT}, **options
            )
            return cls(sentinel.master_for(name, **options), url, sentinels=sentinel.sentinels)
        target = url if scheme == "unix" else urlunsplit(parts._replace(scheme=scheme.removesuffix("+unix")))
        if scheme == "redis+unix":
            target = urlunsplit(parts._replace(scheme="unix"))
        return cls(Redis.from_url(target, **options), url)

    async def close(self) -> None:
        """Give the connections back."""
        for connection in (self.client, *self._sentinels):
            await connection.aclose()

    async def call(self, reply: Awaitable[Any], *, deadline: float = DEADLINE) -> Any:
        """Await one call of redis-py within our deadline, in our errors."""
        async with translated(deadline):
            return await reply

    async def run(
        self, script: Script, keys: Sequence[str], args: Sequence[Value] = (), *, durable: bool = False
    ) -> Any:
        """Run a script; with ``durable`` also wait (up to 100 ms) until a replica has it, if there are any."""
        async with translated(DEADLINE):
            if durable and self.replicas and not self.cluster:
                pipe = self.client.pipeline(transaction=False)
                pipe.eval(script.text, len(keys), *keys, *args)
                pipe.execute_command("WAIT", 1, 100)
                answer, copies = await pipe.execute()
                self.uncopied += copies < 1
                return answer
            try:
                return await self._asked("EVALSHA", script.sha, len(keys), *keys, *args)
            except redis_errors.NoScriptError:
                return await self._asked("EVAL", script.text, len(keys), *keys, *args)

    async def ask(self, *command: Value) -> Any:
        """One command, in a round trip that it shares with others asked for at the same time.

        For what many do side by side; not for what blocks or answers with megabytes.
        """
        async with translated(DEADLINE):
            return await self._asked(*command)

    async def _asked(self, *command: Value) -> Any:
        if self._trips is None:  # a Cluster: each to its own node
            return await self.client.execute_command(*command)
        return await self._trips.ask(*command)

    async def run_each(
        self, script: Script, runs: Sequence[tuple[Sequence[str], Sequence[Value]]]
    ) -> list[Any]:
        """Run a script once for each of these keys and arguments, many to a round trip; the answers in order.

        Each run is a transaction of its own in its own slot; those of one slot happen in this order. A run that
        fails raises after the others were done, so the script must be safe to repeat.
        """
        answers: list[Any] = []
        for start in range(0, len(runs), TOGETHER):
            answers += await self._run_together(script, runs[start : start + TOGETHER])
        return answers

    async def _run_together(
        self, script: Script, runs: Sequence[tuple[Sequence[str], Sequence[Value]]]
    ) -> list[Any]:
        async with translated(DEADLINE):
            answers: dict[int, Any] = {}
            for command, program in (("EVALSHA", script.sha), ("EVAL", script.text)):
                # A server that was restarted knows no script: those runs did nothing, and bring it along.
                left = [at for at in range(len(runs)) if at not in answers]
                if not left:
                    break
                pipe = self.client.pipeline() if self.cluster else self.client.pipeline(transaction=False)
                for at in left:
                    names, args = runs[at]
                    pipe.execute_command(command, program, len(names), *names, *args)
                for at, answer in zip(left, await pipe.execute(raise_on_error=False), strict=True):
                    if isinstance(answer, redis_errors.NoScriptError):
                        continue
                    if isinstance(answer, Exception):
                        raise answer
                    answers[at] = answer
            return [answers[at] for at in range(len(runs))]

    async def pipeline(self, calls: Sequence[tuple[Value, ...]]) -> list[Any]:
        """Send several independent commands at once; their answers in order.

        On a Cluster they go to their nodes one by one where redis-py cannot pipeline them.
        """
        if not calls:
            return []
        async with translated(DEADLINE):
            pipe = self.client.pipeline(transaction=False) if not self.cluster else self.client.pipeline()
            for call in calls:
                pipe.execute_command(*call)
            return cast("list[Any]", await pipe.execute())

    async def scan(self, pattern: str) -> AsyncIterator[str]:
        """Every key that fits the pattern. For backups and checks; never on a hot path."""
        async for key in self.client.scan_iter(match=pattern, count=1000):
            yield key

    async def facts(self) -> ServerFacts:
        """Ask the server what it is; raises StoreUnavailable where it cannot be reached."""
        info = await self.call(self.client.info())
        if self.cluster and info and isinstance(next(iter(info.values())), dict):
            info = next(iter(info.values()))
        try:
            config = await self.call(self.client.config_get("append*"))
            config |= await self.call(self.client.config_get("maxmemory-policy"))
        except (redis_errors.ResponseError, PigeonError):
            config = {}  # a hosted server may forbid CONFIG; INFO tells enough
        name = "Valkey" if "valkey_version" in info else "Redis"
        version = str(info.get("valkey_version") or info.get("redis_version") or "0")
        self.replicas = int(info.get("connected_slaves", 0))
        return ServerFacts(
            name=name,
            version=tuple(int(part) for part in version.split(".")[:3] if part.isdigit()),
            appendonly=bool(int(info.get("aof_enabled", 0))),
            appendfsync=str(config.get("appendfsync", "")),
            eviction=str(config.get("maxmemory-policy", info.get("maxmemory_policy", ""))),
            replicas=self.replicas,
            cluster=self.cluster,
        )


@asynccontextmanager
async def translated(deadline: float = DEADLINE) -> AsyncIterator[None]:
    """Turn whatever redis-py raises into one of our errors, with a sentence for the operator."""
    task = asyncio.current_task()
    cancelled_before = task.cancelling() if task else 0
    try:
        async with asyncio.timeout(deadline):
            yield
    except (TimeoutError, redis_errors.TimeoutError) as error:
        raise StoreUnavailable(
            f"The store did not answer within {deadline:g} seconds. Is Redis or Valkey overloaded or paused? "
            "Nothing is lost; the bot tries again."
        ) from error
    except (
        redis_errors.BusyLoadingError,
        redis_errors.ReadOnlyError,
        redis_errors.OutOfMemoryError,
        redis_errors.ClusterDownError,
        redis_errors.TryAgainError,
    ) as error:
        raise StoreBusyError(f"The store cannot serve now: {error}. The bot tries again.") from error
    except redis_errors.AuthenticationError as error:
        raise StoreUnavailable(
            f"The store refused our credentials: {str(error).rstrip('.')}. Check user and password in PIGEON_REDIS_URL."
        ) from error
    except (redis_errors.ConnectionError, redis_errors.RedisClusterException, OSError) as error:
        raise StoreUnavailable(
            f"Could not connect to the store ({type(error).__name__}). Is the Redis or Valkey that PIGEON_REDIS_URL "
            "names running? Where that setting is empty, the embedded one is started again by itself."
        ) from error
    except redis_errors.ResponseError as error:
        if str(error).startswith(_BUSY):
            raise StoreBusyError(f"The store cannot serve now: {error}. The bot tries again.") from error
        raise
    finally:
        if task and task.cancelling() > cancelled_before:
            # redis-py 8.1 swallows a cancellation that arrives while a connection is being opened (measured:
            # 149 of 400): without this the program could not be stopped in its first moments.
            raise asyncio.CancelledError
