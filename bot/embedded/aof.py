"""The append-only file, in which Valkey keeps every write.

Power that fails tears off the end of the file: the last transaction is cut in the middle. It was never
acknowledged, so dropping it loses nothing. Damage in the middle looks the same to Valkey when a length
field grew: it reads past the end, calls everything from there on a torn tail, and drops acknowledged
writes. Therefore Valkey is told to stop at a short file, and what it would drop is looked at here first.

Format: https://valkey.io/topics/persistence/ (a manifest names one base file and the increments on it).
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StartError

MANIFEST = "appendonly.aof.manifest"

_SIGNS = ("Bad file format", "manifest", "Unable to obtain the AOF", "RDB", "Unexpected end", "is damaged")
_ADVICE = re.compile(r"(\. You can: 1\)|: make a backup).*")  # noqa: TID251 - our own pattern
_WHOLE = ".whole"
_HEADER = re.compile(rb"\r\n\*\d+\r\n\$\d+\r\n")  # noqa: TID251 - our own pattern
_EXEC = b"\r\n*1\r\n$4\r\nEXEC\r\n"
_MULTI = b"*1\r\n$5\r\nMULTI\r\n"


def is_damage(reason: str) -> bool:
    """Does a server that stopped for this reason complain of what it found in the folder?"""
    return any(sign in reason for sign in _SIGNS)


def damaged(folder: Path, reason: str) -> StartError:
    """What a person is told when the store cannot be read."""
    return StartError(
        f"The store in {folder} is damaged ({_ADVICE.sub('', reason).rstrip('.')}), so it was not started, and nothing "
        "in it was changed. Make a copy of that directory first. Then either run "
        f'`valkey-check-aof --fix "{folder / MANIFEST}"` (from your system\'s package of Valkey), which cuts the '
        "store off at the damage; or move the directory away, start with an empty one, and run `pigeon restore` "
        "with your last backup."
    )


def orphaned(folder: Path) -> bool:
    """Is there data without the manifest that leads to it? Valkey would begin anew, and empty, beside it."""
    return not (folder / MANIFEST).exists() and any(folder.glob("appendonly.aof.*"))


def last_increment(folder: Path) -> Path | None:
    """The file that was written to last: the only one that may end in the middle of a write."""
    names: list[str] = []
    for line in (folder / MANIFEST).read_text(errors="replace").splitlines():
        words = line.split()
        if len(words) == 6 and words[4:] == ["type", "i"]:
            names.append(words[1].strip('"'))
    return folder / names[-1] if names else None


def ends_in_zeros(folder: Path) -> bool:
    """Does the last increment end in zeros? Some file systems fill up with them what was never written."""
    last = last_increment(folder)
    return last is not None and last.exists() and last.read_bytes().endswith(b"\0")


def cut_zeros(file: Path) -> None:
    """Cut the zeros off the end: a write ends in a line break, so they belong to none."""
    with file.open("r+b") as increment:
        increment.truncate(len(increment.read().rstrip(b"\0")))


def looks_torn(dropped: bytes) -> bool:
    """Is this one unfinished write, as power that fails leaves it?

    ``dropped`` is everything behind the last write that can be read. A second write behind the first, or
    the end of a transaction, shows that the file goes on behind the break: then it is damage.
    """
    if dropped.startswith(_MULTI):
        return _EXEC not in dropped
    return not _HEADER.search(dropped)


@dataclass(slots=True)
class Rescue:
    """A copy of the last increment, kept while Valkey decides how much of it can be read."""

    original: Path
    copy: Path

    @classmethod
    def of(cls, original: Path) -> Rescue:
        """Copy the file to a place beside the folder, which Valkey does not look at."""
        rescue = cls(original, original.parent.parent / f"{original.name}{_WHOLE}")
        partial = rescue.copy.with_suffix(".partial")
        shutil.copyfile(original, partial)
        partial.replace(rescue.copy)
        return rescue

    @classmethod
    def interrupted(cls, folder: Path) -> Rescue | None:
        """The copy that a start left behind which was killed before it had decided."""
        for copy in folder.parent.glob(f"*{_WHOLE}"):
            return cls(folder / copy.name.removesuffix(_WHOLE), copy)
        return None

    def dropped(self) -> bytes:
        """What Valkey has cut off the original."""
        with self.copy.open("rb") as whole:
            whole.seek(self.original.stat().st_size)
            return whole.read()

    def undo(self) -> None:
        """Put the file back as it was."""
        self.copy.replace(self.original)

    def keep(self, dropped: bytes) -> Path:
        """Keep only what was cut off, for whoever wants to look, and return where it is."""
        kept = self.copy.with_suffix(".dropped")
        kept.write_bytes(dropped)
        self.copy.unlink()
        return kept
