"""How large a query may be. Beyond a limit it is refused with a sentence; nothing is cut off in silence.

The longest of the real queries we know (5,585 characters, a systematic review's) fits.
"""

from __future__ import annotations

from typing import Final

MAX_LENGTH: Final = 6000
"""Code points, as typed and in the normal form."""
MAX_TERMS: Final = 500
"""Words, names, categories, comparisons …: the leaves of the tree."""
MAX_DEPTH: Final = 50
"""Parentheses inside parentheses."""
MAX_PHRASE: Final = 30
"""Words of one phrase."""
MIN_PREFIX: Final = 3
"""Letters before a ``*``: fewer would begin half of all words."""
MAX_LIKES: Final = 20
"""Examples of meaning in one query."""
MAX_RATE: Final = 500
"""Papers a week that may be near enough to one example."""
MAX_COUNT: Final = 10**9
MAX_WEIGHT: Final = 100.0
MIN_WEIGHT: Final = 0.01
