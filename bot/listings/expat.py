"""Whether Python's own XML parser can be crashed by a document.

Nothing of ours reads XML with it (:mod:`bot.listings.markup`), but a plugin may, and then a hostile feed ends the process:
CVE-2024-8176, mended in expat 2.7.0 (https://github.com/libexpat/libexpat/blob/R_2_7_0/expat/Changes).
"""

from __future__ import annotations

from pyexpat import version_info
from typing import Final

SOUND: Final = (2, 7, 0)


def weakness(version: tuple[int, int, int] = version_info) -> str | None:
    """A sentence where this Python's expat is older than that; else nothing."""
    if version >= SOUND:
        return None
    shown = ".".join(map(str, version))
    return f"This Python's XML parser (expat {shown}) can be crashed by a document. Paper Pigeon does not use it; a plugin might."
