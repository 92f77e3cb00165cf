"""Setup asks on a terminal, checks, and keeps tokens where only their owner reads them."""

import os
import pty
import subprocess
import sys
import threading

import pytest
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.setting_up import keep, with_values

BOT, APP = "xoxb-1-canary", "xapp-1-canary"


def test_without_a_terminal_it_names_the_variables_and_exits_2(bare):
    answer = bare("setup")
    assert (answer.code, answer.out) == (2, "")
    for name in ("PIGEON_DISCORD__TOKEN", "PIGEON_SLACK__BOT_TOKEN", "PIGEON_SLACK__APP_TOKEN"):
        assert f"  {name}  " in answer.err
    assert "EOF" not in answer.err
    assert not (bare.folder / ".env").exists()


def _talk(folder, *answers: str) -> tuple[int, str]:
    """Run setup on a terminal of its own; answer each question as it comes."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "PIGEON_SLACK__API_URL": "http://127.0.0.1:9/api/", "TERM": "dumb"}
    child = subprocess.Popen(
        [sys.executable, "-m", "bot", "setup"], cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True, preexec_fn=_controlling,  # noqa: PLW1509 - one system call
    )  # fmt: skip
    os.close(theirs)
    said, waiting = "", list(answers)
    guard = threading.Timer(40, child.kill)
    guard.start()
    try:
        asked = 0
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:
                break
            if not chunk:
                break
            said += chunk.decode(errors="replace")
            questions = said.count("]: ") + said.count("to skip): ")
            while asked < questions and waiting:
                os.write(ours, waiting.pop(0).encode())
                asked += 1
        return child.wait(), said
    finally:
        guard.cancel()
        os.close(ours)


def _controlling() -> None:
    """Make the terminal the one that /dev/tty means: hidden input is read from there."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_on_a_terminal_it_asks_hidden_checks_and_writes(pigeon):
    (pigeon.folder / ".env").write_text("# mine\nPIGEON_POLL_SECONDS=60\n#PIGEON_SLACK__BOT_TOKEN=\n")
    code, said = _talk(pigeon.folder, "n\n", "y\n", f"{BOT}\n", f"{APP}\n", "y\n")
    assert code == 0, said
    assert "canary" not in said
    assert "✗ Slack" in said, "nothing answers at that address, and it says so before it asks"
    path = pigeon.folder / ".env"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().splitlines() == [
        "# mine", "PIGEON_POLL_SECONDS=60", f"PIGEON_SLACK__BOT_TOKEN={BOT}", f"PIGEON_SLACK__APP_TOKEN={APP}"
    ]  # fmt: skip


def test_tokens_that_are_swapped_are_not_written(pigeon):
    code, said = _talk(pigeon.folder, "n\n", "y\n", f"{APP}\n", f"{BOT}\n")
    assert code == 0, said
    assert "swapped" in said
    assert "Nothing was written" in said
    assert not (pigeon.folder / ".env").exists()


def test_leaving_in_the_middle_writes_nothing(pigeon):
    code, said = _talk(pigeon.folder, "n\n", "\x04")
    assert code == 1
    assert "Traceback" not in said
    assert not (pigeon.folder / ".env").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "PIGEON_A=new\n"),
        ("PIGEON_A=old\nPIGEON_B=1", "PIGEON_A=new\nPIGEON_B=1\n"),
        ("export PIGEON_A='old'\n", "PIGEON_A=new\n"),
        ("#PIGEON_A=\nX=1\n", "PIGEON_A=new\nX=1\n"),
        ("PIGEON_A=1\nPIGEON_A=2\n", "PIGEON_A=new\n"),
    ],
)
def test_a_value_takes_the_place_of_the_former_one(before, after):
    assert with_values(before, {"PIGEON_A": "new"}) == after


@settings(max_examples=60)
@given(st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=40))
def test_whatever_the_value_it_is_read_as_it_was_given(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("env") / ".env"
    keep(path, {"PIGEON_A": value})
    assert dotenv_values(path)["PIGEON_A"] == value


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("X=1\n")
    (tmp_path / ".env").symlink_to(tmp_path / "real")
    keep(tmp_path / ".env", {"PIGEON_A": "1"})
    assert (tmp_path / ".env").is_symlink()
    assert "PIGEON_A=1" in (tmp_path / "real").read_text()
