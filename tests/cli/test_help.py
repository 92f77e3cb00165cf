"""Help answers at once, and usage errors say what to do."""

import resource
import subprocess
import sys

import pytest

from bot.cli import app

HEAVY = (
    "pydantic",
    "redis",
    "httpx",
    "rich",
    "discord",
    "slack_bolt",
    "structlog",
    "asyncio",
    "yaml",
    "adapters",
)


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_help_imports_nothing_that_takes_time():
    code = (
        "import sys\nsys.argv = ['pigeon', '--help']\n"
        "from bot.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print('IMPORTED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert _python(code).splitlines()[-1] == "IMPORTED []"


def test_help_takes_less_than_three_tenths_of_a_second_of_work():
    """Time of the processor, not of the wall: other tests run beside this one."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "bot", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(5)) < 0.3


@pytest.mark.parametrize(
    "name",
    ["run", "demo", "setup", "doctor", "health", "preview", "explain", "search", "list", "status", "ledger", "backup",
     "restore", "subs", "config", "dead", "web", "discord", "slack"],
)  # fmt: skip
def test_every_command_has_help_of_its_own(bare, name):
    answer = bare(name, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert f"pigeon {name}" in answer.out


def test_every_command_of_the_help_says_what_it_does(bare):
    shown = bare("--help").out
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"\n  {name} " in shown, name


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["preview"], ["run", "--nonsense"], ["config", "nonsense"], ["preview", "x", "--days", "many"],
     ["console"], ["subs", "add", "diffusion"]],
)  # fmt: skip
def test_wrong_usage_exits_2_and_leaves_standard_output_empty(bare, words):
    answer = bare(*words)
    assert answer.code == 2
    assert answer.out == ""
    assert "--help" in answer.err


def test_a_command_nearly_typed_is_offered(bare):
    assert "doctor" in bare("docter").err


def test_the_version_is_one_line(bare):
    assert bare("--version").out == bare("version").out
    assert bare("--version").out.startswith("Paper Pigeon 0.")


def test_a_command_of_a_platform_needs_no_sdk():
    code = (
        "import sys\nsys.argv = ['pigeon', 'slack', 'manifest']\n"
        "from bot.__main__ import main\n"
        "try: main()\nexcept SystemExit as end: assert not end.code, end.code\n"
        "print('IMPORTED', [name for name in ('slack_bolt', 'slack_sdk', 'discord') if name in sys.modules])"
    )
    assert _python(code).splitlines()[-1] == "IMPORTED []"
