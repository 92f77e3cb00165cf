"""What power failures, disks and operators do to a data directory."""

import contextlib
import errno
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.embedded import EmbeddedServer, aof, binary
from bot.embedded.directory import DataDirectory, told
from bot.errors import StartError
from tests.embedded.conftest import say, servers_on, start, wait_until_gone

INCREMENT = "valkey/appendonlydir/appendonly.aof.1.incr.aof"
BASE = "valkey/appendonlydir/appendonly.aof.1.base.rdb"
MANIFEST = "valkey/appendonlydir/appendonly.aof.manifest"


async def filled(data_dir: Path) -> bytes:
    """A store with 100 papers and, last, one transaction; returns the file it is in."""
    async with await start(data_dir) as server:
        for number in range(100):
            say(server, "SET", f"paper{number:03}", "title")
        say(server, "EVAL", "redis.call('SET', 'last', '1'); redis.call('SET', 'ledger', '1')", "0")
    return (data_dir / INCREMENT).read_bytes()


@pytest.mark.parametrize("cut", [1, 7, 40, 80])
async def test_a_torn_end_costs_the_last_transaction_and_says_how_many_bytes(
    data_dir: Path, cut: int
) -> None:
    whole = await filled(data_dir)
    start_of_last = whole.rindex(b"*1\r\n$5\r\nMULTI")
    (data_dir / INCREMENT).write_bytes(whole[:-cut])
    async with await start(data_dir) as server:
        lost = len(whole) - cut - start_of_last
        assert f"{lost} bytes were dropped" in server.notes[0]
        assert say(server, "DBSIZE") == 100
        assert say(server, "EXISTS", "last", "ledger") == 0
        kept = data_dir / "valkey" / "appendonly.aof.1.incr.aof.dropped"
        assert str(kept) in server.notes[0]
        assert kept.read_bytes() == whole[start_of_last:-cut]
    async with await start(data_dir) as server:
        assert server.notes == []
        assert say(server, "DBSIZE") == 100


async def test_a_torn_single_write_is_dropped_too(data_dir: Path) -> None:
    whole = await filled(data_dir)
    head = whole[: whole.rindex(b"*1\r\n$5\r\nMULTI")]
    (data_dir / INCREMENT).write_bytes(head[:-3])
    async with await start(data_dir) as server:
        assert say(server, "DBSIZE") == 99
        assert "bytes were dropped" in server.notes[0]


@pytest.mark.parametrize("cut", [0, 20])
async def test_zeros_that_a_file_system_left_at_the_end_are_cut_off(data_dir: Path, cut: int) -> None:
    whole = await filled(data_dir)
    (data_dir / INCREMENT).write_bytes(whole[: len(whole) - cut] + bytes(4096))
    async with await start(data_dir) as server:
        assert say(server, "DBSIZE") == (100 if cut else 102)
        assert "bytes were dropped" in server.notes[0]


def flipped(data: bytes) -> bytes:
    return data.replace(b"$8\r\npaper050", b"#8\r\npaper050")


def grown(data: bytes) -> bytes:
    """A length that grew: the server reads past the end and takes everything behind it for a torn end."""
    return data.replace(b"$8\r\npaper050", b"$8888888\r\npaper050")


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        (INCREMENT, flipped),
        (INCREMENT, grown),
        (INCREMENT, lambda data: data[:900] + bytes(64) + data[964:]),
        (INCREMENT, lambda _: None),
        (BASE, lambda data: b"x" + data[1:]),
        (BASE, lambda data: data[:20]),
        (BASE, lambda _: None),
        (MANIFEST, lambda _: b"nonsense\n"),
        (MANIFEST, lambda _: b""),
        (MANIFEST, lambda _: None),
    ],
    ids=[
        "flipped",
        "grown",
        "zeros",
        "gone",
        "base",
        "base-cut",
        "base-gone",
        "manifest",
        "manifest-empty",
        "manifest-gone",
    ],
)
async def test_a_damaged_store_is_refused_untouched_and_never_replaced_by_an_empty_one(
    data_dir: Path, file: str, damage: Callable[[bytes], bytes | None]
) -> None:
    await filled(data_dir)
    after = damage((data_dir / file).read_bytes())
    if after is None:
        (data_dir / file).unlink()
    else:
        (data_dir / file).write_bytes(after)
    folder = data_dir / "valkey" / "appendonlydir"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(StartError) as refused:
        await start(data_dir)
    sentence = str(refused.value)
    assert f"The store in {folder} is damaged (" in sentence
    assert "valkey-check-aof --fix" in sentence
    assert "pigeon restore" in sentence
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert servers_on(data_dir) == []


async def test_a_start_killed_while_it_looked_at_the_damage_is_begun_again(data_dir: Path) -> None:
    whole = grown(await filled(data_dir))
    # As the server leaves it that was allowed to drop what it cannot read: short, with the copy beside it.
    (data_dir / INCREMENT).write_bytes(whole[:900])
    (data_dir / "valkey" / "appendonly.aof.1.incr.aof.whole").write_bytes(whole)
    with pytest.raises(StartError, match="damaged"):
        await start(data_dir)
    assert (data_dir / INCREMENT).read_bytes() == whole


@pytest.mark.parametrize(
    ("dropped", "torn"),
    [
        (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nab", True),
        (b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*1\r\n$4\r\nEX", True),
        (b"*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$99\r\nk\r\n*1\r\n$4\r\nEXEC\r\n*1\r\n", False),
        (b"*3\r\n$3\r\nSET\r\n$999\r\nk\r\n$5\r\nabcde\r\n*3\r\n$3\r\nSET\r\n$1\r\n", False),
        (b"*", True),
    ],
)
def test_only_one_unfinished_write_counts_as_torn(dropped: bytes, *, torn: bool) -> None:
    assert aof.looks_torn(dropped) is torn


async def test_a_server_that_does_not_start_says_why(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.embedded.process.quoted", lambda _: b'"/nowhere/at/all"')
    with pytest.raises(
        StartError, match=r"did not start: .*No such file or directory.*Its log is .*valkey\.log"
    ):
        await start(data_dir)


async def test_a_program_that_cannot_be_run_is_said(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "valkey-server").write_text("not a program")
    monkeypatch.setattr("bot.embedded.server.find_binary", lambda: tmp_path / "valkey-server")
    with pytest.raises(StartError, match=r"valkey-server cannot be run \(Permission denied\)"):
        await start(data_dir)


def test_where_there_is_no_wheel_the_systems_server_serves_or_a_setting_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError, match="Set PIGEON_REDIS_URL"):
        binary.find_binary()
    installed = tmp_path / "valkey-server"
    installed.touch(mode=0o755)
    assert binary.find_binary() == installed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a file system with the options asked for; only root can."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"a disk of our own cannot be mounted here: {done.stderr.strip()}")
        return disk

    yield mount
    if os.path.ismount(disk):
        subprocess.run(["umount", disk], check=True)  # refused while anything on it is still open


async def test_a_full_disk_is_said(small_disk: Callable[[str], Path]) -> None:
    with pytest.raises(
        StartError, match=r"The disk that holds .* is full.* Free at least 1 MB, or set PIGEON_DATA_DIR"
    ):
        await start(small_disk("size=64k") / "data")


async def started_again(server: EmbeddedServer) -> None:
    while not await server.ensure():  # threads of a killed one may still hold its lock
        await SystemClock().sleep(0.01)


async def test_a_disk_that_fills_up_is_said_at_the_next_start_and_forgiven(
    small_disk: Callable[[str], Path],
) -> None:
    disk = small_disk("size=4m")
    async with await start(disk / "data") as server:
        (filler := disk / "filler").touch()
        with contextlib.suppress(OSError), filler.open("wb") as hog:
            hog.write(bytes(8 << 20))
        os.kill(server.pid, signal.SIGKILL)
        wait_until_gone(server.pid)
        with pytest.raises(StartError, match=r"The disk that holds .* is full"):
            await started_again(server)
        filler.unlink()
        assert await server.ensure()
        assert say(server, "PING") == "PONG"


async def test_a_read_only_disk_is_said(small_disk: Callable[[str], Path]) -> None:
    with pytest.raises(StartError, match="is on a read-only file system.*PIGEON_DATA_DIR"):
        await start(small_disk("ro") / "data")


async def test_a_directory_of_somebody_else_is_said(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(StartError, match="may not write to .*chown"):
            await start(locked / "data")
    finally:
        if os.getuid() == 0:
            os.seteuid(0)


async def test_a_file_in_the_place_of_the_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StartError, match="a file is in its way"):
        await start(tmp_path / "data")


@pytest.mark.parametrize(
    "code",
    [
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.ENOTDIR,
        errno.ENOLCK,
        errno.EIO,
    ],
)
def test_every_refusal_of_the_file_system_becomes_a_sentence(tmp_path: Path, code: int) -> None:
    with pytest.raises(StartError) as refused, told(tmp_path):
        raise OSError(code, os.strerror(code))
    sentence = str(refused.value)
    assert str(tmp_path) in sentence
    assert "PIGEON_DATA_DIR" in sentence
    assert "Errno" not in sentence


def test_a_directory_that_was_refused_is_not_left_locked(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    directory.own()
    directory.disown()
    directory.own()
    directory.disown()
