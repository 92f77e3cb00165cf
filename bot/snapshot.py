"""The index as it was built, in a file, so that the next start need not build it again.

It is a help and never a source: whoever reads it compares every filter in it with the store's, and what is missing,
damaged or of another version is built anew. The file belongs to this program alone; it is read by an unpickler that
knows nothing but the index's own parts (https://docs.python.org/3/library/pickle.html#restricting-globals).
"""

from __future__ import annotations

import io
import os
import pickle
import platform
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import structlog

import bot
from bot.matching import Index
from bot.query import stored

log = structlog.get_logger(__name__)

NAME: Final = "index.snapshot"
_MEANING: Final = ("matching", "query", "text")
"""Packages whose every change may be one of what is in the file."""
_PARTS: Final = ("bot.matching.", "bot.query.")
_PLAIN: Final = {
    ("array", "_array_reconstructor"),
    ("array", "array"),
    ("builtins", "bytearray"),
    ("builtins", "set"),
    ("collections", "deque"),
}
_DIGEST: Final = 32
_LEFT: Final = timedelta(hours=1)
"""So old is no file that somebody writes just now."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved."""

    index: Index
    revisions: frozenset[str]
    """Those whose filter asks how a paper was announced."""
    at: datetime
    """When it was saved, with a time zone."""


class Snapshot:
    """The file in one data directory. Several processes may share it: it is replaced whole."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / NAME

    def read(self) -> Saved | None:
        """What was saved last by this version of the program; ``None`` where there is nothing of use."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return None
        head, body = content[: 2 * _DIGEST], memoryview(content)[2 * _DIGEST :]
        if head[:_DIGEST] != _version():
            return None
        if head[_DIGEST:] != _digest(body):
            log.warning("The saved index is damaged; it is built anew", file=str(self.path))
            return None
        try:
            state, revisions, at = _Parts(io.BytesIO(body)).load()
        except pickle.UnpicklingError as error:
            log.warning(
                "The saved index is not one of ours; it is built anew", file=str(self.path), why=str(error)
            )
            return None
        return Saved(Index.restored(state, stored), frozenset(revisions), datetime.fromisoformat(at))

    def write(self, index: Index, revisions: Iterable[str], at: datetime) -> None:
        """Save an index. Where that fails nothing is lost but time at the next start, and it is logged."""
        body = pickle.dumps((index.state(), list(revisions), at.isoformat()), protocol=5)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in self.path.parent.glob(f".{NAME}.*"):  # of a process that was killed while it wrote
                with suppress(FileNotFoundError):  # which it has just put in its place
                    if at.timestamp() - left.stat().st_mtime > _LEFT.total_seconds():
                        left.unlink()
            handle, name = tempfile.mkstemp(prefix=f".{NAME}.", dir=self.path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_version())
                    file.write(_digest(body))
                    file.write(body)
                Path(name).replace(self.path)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            log.warning(
                "The index cannot be saved, so that each start builds it; make the data directory writable",
                file=str(self.path),
                why=str(error),
            )

    def remove(self) -> None:
        """Save nothing any longer."""
        with suppress(OSError):
            self.path.unlink()


class _Parts(pickle.Unpickler):
    """Makes nothing but parts of an index: no name of another module is looked up."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.startswith(_PARTS) and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"A snapshot has no {module}.{name}.")


def _digest(body: bytes | memoryview) -> bytes:
    return blake2b(body, digest_size=_DIGEST).digest()


@cache
def _version() -> bytes:
    """What decides what an index looks like: our own source, the stemmer's version and Python's."""
    seen = blake2b(digest_size=_DIGEST)
    seen.update(platform.python_version().encode())
    for stemmer in ("snowballstemmer", "pystemmer"):
        with suppress(PackageNotFoundError):
            seen.update(f" {stemmer} {version(stemmer)}".encode())
    for package in _MEANING:
        for file in sorted((Path(bot.__file__).parent / package).rglob("*")):
            if file.suffix in {".py", ".txt"}:
                seen.update(file.read_bytes())
    return seen.digest()
