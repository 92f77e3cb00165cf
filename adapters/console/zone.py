"""The time zone of this machine, as its maker set it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

_UTC: Final = frozenset(("Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"))
"""Other names of UTC, as machines in data centres have them."""


def local_zone(link: Path = Path("/etc/localtime")) -> str:
    """The IANA name from ``TZ`` or ``/etc/localtime``, empty where neither tells (https://www.iana.org/time-zones)."""
    names = [os.environ.get("TZ", "").removeprefix(":")]
    if link.is_symlink():
        names.append(str(link.readlink()).partition("zoneinfo/")[2])
    found = next((name for name in names if name and name in available_timezones()), "")
    return "UTC" if found in _UTC else found
