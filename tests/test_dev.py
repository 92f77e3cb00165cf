"""dev.py: from a fresh clone to the program, whatever the machine looks like."""

import ast
import importlib.metadata
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))

PROGRAM = """
import json, os, signal, sys
from pathlib import Path
if sys.argv[1:] == ["run", "--wait"]:
    def stopped(*_):
        os.write(1, b"stopped by hand\\n")
        sys.exit(0)
    signal.signal(signal.SIGINT, stopped)
    os.write(1, f"ready {os.getpid()}\\n".encode())
    signal.pause()
print(json.dumps({"arguments": sys.argv[1:], "prefix": sys.prefix, "cwd": os.getcwd(), "environment": dict(os.environ)}))
sys.exit(7 if "--seven" in sys.argv else 0)
"""

UV = """
import sys
from pathlib import Path
here = Path(__file__).parent
with open(here / "calls", "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
if (here / "broken").exists():
    sys.exit("error: a mirror said no")
if "--editable" in sys.argv:
    python = Path(sys.argv[sys.argv.index("--python") + 1])
    site = next((python.parent.parent / "lib").glob("python3*")) / "site-packages"
    (site / "clone.pth").write_text(sys.argv[sys.argv.index("--editable") + 1])
"""


class Clone:
    """A clone of nothing but dev.py and a small program, on a machine with an «uv» that writes down its calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "my clone"
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.bin / "uv.py").write_text(UV)
        # By way of a shell: the path of an interpreter in a first line may hold no space.
        (self.bin / "uv").write_text(f"#!/bin/sh\nexec '{sys.executable}' '{self.bin / 'uv.py'}' \"$@\"\n")
        (self.bin / "uv").chmod(0o755)
        (self.folder / "bot").mkdir(parents=True)
        (self.folder / "bot" / "__init__.py").write_text("")
        (self.folder / "bot" / "__main__.py").write_text(PROGRAM)
        (self.folder / "requirements").mkdir()
        for name in ("run", "dev", "build", "semantic", "model"):
            (self.folder / "requirements" / f"{name}.lock").write_text(f"{name}==1\n")
        shutil.copy(ROOT / "dev.py", self.folder)
        (self.folder / "pyproject.toml").write_text("")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, self.folder / "dev.py", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.bin,
            start_new_session=True,
            env={"PATH": f"{self.bin}:/usr/bin:/bin", **environment},
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def installs(self) -> list[str]:
        """What was installed since the last question, by uv's own account."""
        calls = self.bin / "calls"
        if not calls.exists():
            return []
        found = [
            "project" if "--editable" in line else re.findall(r"requirements/(\w+)\.lock", line)[0]
            for line in calls.read_text().splitlines()
        ]
        calls.unlink()
        return found


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_the_first_start_installs_and_the_next_ones_only_start(clone: Clone) -> None:
    first = clone.run("run", "--demo", "two words")
    assert first.returncode == 0, first.stderr
    assert '"arguments": ["run", "--demo", "two words"]' in first.stdout
    assert first.stderr.index("Making ") < first.stderr.index("Installing 1 packages"), "no silent seconds"
    assert clone.installs() == ["run", "project"]
    second = clone.run("pigeon", "subs", "list")
    assert '"arguments": ["subs", "list"]' in second.stdout
    assert second.stderr == ""
    assert clone.installs() == []


def test_only_hashed_files_of_the_lock_and_nothing_built_on_the_way(clone: Clone) -> None:
    clone.run("run")
    packages, project = (clone.bin / "calls").read_text().splitlines()
    assert "--require-hashes" in packages
    assert "--only-binary=:all:" in packages
    assert "build.lock" in packages
    assert {"--no-deps", "--no-index", "--no-build-isolation"} <= set(project.split())


def test_it_passes_the_exit_code_on(clone: Clone) -> None:
    assert clone.run("pigeon", "--seven").returncode == 7


def test_it_installs_again_only_what_has_changed(clone: Clone) -> None:
    clone.run("run")
    clone.installs()
    (clone.folder / "requirements" / "run.lock").write_text("run==2\n")
    clone.run("run")
    assert clone.installs() == ["run", "project"]
    (clone.folder / "pyproject.toml").write_text("# an entry point more")
    clone.run("run")
    assert clone.installs() == ["project"]
    clone.run("run")
    assert clone.installs() == []


def test_the_development_tools_serve_for_running_too(clone: Clone) -> None:
    clone.run("test")
    assert clone.installs() == ["dev", "project"]
    clone.run("run")
    assert clone.installs() == []


def test_an_installation_that_failed_is_said_and_begun_anew(clone: Clone) -> None:
    (clone.bin / "broken").touch()
    failed = clone.run("run")
    assert failed.returncode == 69
    assert "error: a mirror said no" in failed.stderr
    assert "then start again" in failed.stderr
    assert "Traceback" not in failed.stderr
    (clone.bin / "broken").unlink()
    (clone.folder / ".venv" / "half-installed").touch()
    assert clone.run("run").returncode == 0
    assert not (clone.folder / ".venv" / "half-installed").exists()


def test_a_clone_that_was_moved_is_installed_again(clone: Clone) -> None:
    clone.run("run")
    clone.folder = clone.folder.rename(clone.folder.with_name("moved clone"))
    clone.installs()
    moved = clone.run("run")
    assert moved.returncode == 0
    assert str(clone.folder / ".venv") in moved.stdout
    assert clone.installs() == ["run", "project"]


def test_a_python_that_went_away_is_noticed(clone: Clone) -> None:
    clone.run("run")
    python = clone.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert clone.run("run").returncode == 0


def test_an_environment_that_somebody_made_by_hand_is_used_and_not_thrown_away(clone: Clone) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clone.folder / ".venv"], check=True)
    (clone.folder / ".venv" / "mine").touch()
    assert clone.run("run").returncode == 0
    assert (clone.folder / ".venv" / "mine").exists()


def test_two_at_once_install_once(clone: Clone) -> None:
    both = [clone.start("run"), clone.start("run")]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert clone.installs() == ["run", "project"]


def test_what_is_active_in_the_shell_does_not_get_in_the_way(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("raise SystemExit('a module of somebody else')")
    foreign = dict.fromkeys(("VIRTUAL_ENV", "CONDA_PREFIX", "PIP_TARGET"), "/foreign")
    done = clone.run("run", **foreign, PYTHONPATH=str(tmp_path), KEPT="yes")
    assert done.returncode == 0, done.stderr
    assert "/foreign" not in done.stdout
    assert f'"VIRTUAL_ENV": "{clone.folder / ".venv"}"' in done.stdout
    assert '"KEPT": "yes"' in done.stdout
    assert f'"cwd": "{clone.bin}"' in done.stdout


def test_output_is_the_programs_own_and_notes_are_plain(clone: Clone) -> None:
    done = clone.run("run", NO_COLOR="1", TERM="dumb")
    assert len(done.stdout.splitlines()) == 1
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr


def test_ctrl_c_is_the_programs_to_answer(clone: Clone) -> None:
    process = clone.start("run", "--wait")
    assert process.stdout is not None
    assert process.stdout.readline() == f"ready {process.pid}\n", "the program took the place of dev.py"
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (0, "stopped by hand\n")
    assert "Traceback" not in err


def test_ctrl_c_while_installing_leaves_no_trace_but_a_sentence(clone: Clone) -> None:
    (clone.bin / "uv").write_text("#!/bin/sh\necho called >> " + f"'{clone.bin / 'calls'}'" + "\nsleep 30\n")
    process = clone.start("run")
    deadline = time.monotonic() + 120
    while not (clone.bin / "calls").exists():
        assert time.monotonic() < deadline
        os.sched_yield()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.endswith("Stopped. The next start takes it up again.\n")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "python3 dev.py run"),
        (["--help"], 0, "python3 dev.py run"),
        (["doctor"], 2, "python3 dev.py pigeon doctor"),
    ],
)
def test_help_and_commands_that_do_not_exist(
    clone: Clone, arguments: Sequence[str], code: int, said: str
) -> None:
    done = clone.run(*arguments)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert clone.installs() == []


def test_any_python_3_can_read_the_file_to_be_told_that_it_is_too_old() -> None:
    ast.parse((ROOT / "dev.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("newer", [True, False])
def test_an_old_python_is_told_in_one_sentence(tmp_path: Path, *, newer: bool) -> None:
    if newer:
        (tmp_path / "python3.12").touch(mode=0o755)
    disguise = (
        "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", disguise, ROOT / "dev.py"],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 78
    assert done.stderr.startswith("Paper Pigeon needs Python 3.11 or newer, and this is Python 3.9. ")
    assert ("python3.12" in done.stderr) is newer
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["python3.6", "python3.7", "python3.8", "python3.9", "python3.10"])
def test_a_real_old_python_is_told_too(name: str) -> None:
    python = shutil.which(name)
    if not python or subprocess.run([python, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"{name} is not installed here")
    done = subprocess.run([python, ROOT / "dev.py", "run"], capture_output=True, text=True)
    assert done.returncode == 78
    assert "needs Python 3.11 or newer" in done.stderr


def test_a_python_without_venv_is_told_which_package_is_missing(clone: Clone) -> None:
    (clone.bin / "uv").unlink()
    without = """
        import importlib.util, runpy, sys
        real = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name == "ensurepip" else real(name, *rest)
        sys.argv[:] = sys.argv[1:]
        runpy.run_path(sys.argv[0], run_name="__main__")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(without), clone.folder / "dev.py", "run"],
        capture_output=True,
        text=True,
        env={"PATH": str(clone.bin)},
    )
    assert done.returncode == 78
    assert f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in done.stderr
    assert not (clone.folder / ".venv").exists()


# --- the locks --------------------------------------------------------------------------------


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==(\S+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_name_packages_and_hashes_and_no_registry(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"://|--index|--find-links|--extra|pythonhosted|\bfile:", text)
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_a_package_that_is_asked_for_with_an_extra_is_locked_with_it() -> None:
    """Else pip takes the newest release for the extra, and refuses it: the first start fails on the day one comes out."""
    locked = set(
        re.findall(
            r"^([a-z0-9-]+\[[a-z0-9,-]+\])==", (ROOT / "requirements/dev.lock").read_text(), re.MULTILINE
        )
    )
    asked = {
        f"{wanted[1].lower()}[{wanted[2]}]"
        for package in importlib.metadata.distributions()
        for requirement in package.requires or ()
        if "extra ==" not in requirement and (wanted := re.match(r"([\w-]+)\[([\w,-]+)\]", requirement))
    }
    assert "redis[hiredis]" in asked
    assert asked <= locked


@pytest.mark.parametrize("name", ["dev", "semantic"])
def test_what_serves_for_running_too_has_the_same_versions(name: str) -> None:
    more = pins(ROOT / "requirements" / f"{name}.lock")
    run = pins(ROOT / "requirements" / "run.lock")
    assert len(run) > 30
    assert {package: more.get(package) for package in run} == run


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    def names(requirements: Sequence[object]) -> set[str]:
        found = (re.match(r"[A-Za-z0-9_.-]+", text) for text in requirements if isinstance(text, str))
        return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in found if match}

    assert names(project["project"]["dependencies"]) <= pins(ROOT / "requirements" / "run.lock").keys()
    for extra, needs in project["project"]["optional-dependencies"].items():
        assert names(needs) <= pins(ROOT / "requirements" / f"{extra}.lock").keys()
    for group, needs in project["dependency-groups"].items():
        assert names(needs) <= pins(ROOT / "requirements" / f"{group}.lock").keys()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_fresh_clone_starts_with_pip_alone(tmp_path: Path) -> None:
    clone = tmp_path / "a fresh clone"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0")[:-1]:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, clone / "dev.py", "pigeon", "--help"]
    first = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "with pip" in first.stderr
    began = time.monotonic()
    second = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert time.monotonic() - began < 15, "nothing is installed again, which takes longer"
    assert (second.returncode, second.stdout, second.stderr) == (0, first.stdout, "")
