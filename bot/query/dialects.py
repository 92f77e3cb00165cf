"""Queries in the languages of other search engines: translated where that is safe, named where it is not.

arXiv's own language needs no translation, because ``ti:``, ``abs:``, ``au:``, ``all:`` and ``ANDNOT`` are ours as well.
"""

from __future__ import annotations


def translated(text: str) -> tuple[str, tuple[str, ...]]:
    """``text`` in our language, and sentences on what the translation changed."""
    return text, ()
