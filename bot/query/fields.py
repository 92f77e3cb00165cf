"""What a query can ask for: the fields, their other names, and the values that some of them take."""

from __future__ import annotations

from typing import Final

from bot.models import Announce

WORD_FIELDS: Final = ("title", "abstract", "keyword", "org")
"""Fields of words. A word without a field is sought in the title, the abstract and the keywords."""
FREE_FIELDS: Final = ("title", "abstract", "keyword")
COUNTS: Final = ("upvotes", "comments", "stars")
"""What can be compared with a number."""
FLAGS: Final[dict[str, tuple[str, ...]]] = {
    "has": (
        "code",
        "pdf",
        "doi",
        "project",
        "abstract",
        "thumbnail",
        "comment",
        "journal",
        "org",
        "keywords",
    ),
    "announce": tuple(Announce),
    "new-version": ("yes", "no"),
    "source": (),  # any name: sources come in by plugins
}
"""Fields with a closed list of values; an empty list takes any name."""
FIELDS: Final = (*WORD_FIELDS, "author", "cat", *FLAGS, "like", *COUNTS)
"""Every field by the name that the normal form uses."""

ALIASES: Final[dict[str, str]] = {
    "ti": "title",
    "abs": "abstract",
    "ab": "abstract",
    "summary": "abstract",
    "au": "author",
    "authors": "author",
    "by": "author",
    "category": "cat",
    "categories": "cat",
    "subject": "cat",
    "organization": "org",
    "organisation": "org",
    "affiliation": "org",
    "keywords": "keyword",
    "kw": "keyword",
    "sources": "source",
    "from": "source",
    "announced": "announce",
    "similar": "like",
    "likes": "upvotes",
    "votes": "upvotes",
    "points": "upvotes",
    "github": "stars",
    "newversion": "new-version",
}
"""Other names, among them those of arXiv's query interface (https://info.arxiv.org/help/api/user-manual.html)."""
EVERYWHERE: Final = frozenset({"all", "any", "text"})
"""Names that scope nothing: ``all:electron`` is ``electron``."""

FLAG_ALIASES: Final[dict[tuple[str, str], str]] = {
    ("has", "organization"): "org",
    ("has", "organisation"): "org",
    ("has", "keyword"): "keywords",
    ("has", "repo"): "code",
    ("has", "github"): "code",
    ("has", "image"): "thumbnail",
    ("has", "page"): "project",
    ("announce", "cross-list"): "cross",
    ("announce", "crosslist"): "cross",
    ("announce", "replacement"): "replace",
    ("announce", "revision"): "replace",
    ("new-version", "true"): "yes",
    ("new-version", "false"): "no",
}

REPORTED_AS: Final[dict[str, str]] = {"org": "organization", "cat": "category"}
"""Where the noun of a paper (:class:`bot.models.Paper`) is longer than the field's name."""

DATES: Final = frozenset(
    {"submitteddate", "lastupdateddate", "date", "year", "published", "since", "before", "after"}
)
"""Dates that other search languages know. Ours has none: a subscription is about papers yet to come."""
IDS: Final = frozenset({"id", "id_list", "paper", "arxiv_id"})
"""What people write before the id of one paper."""
UNKNOWN_THERE: Final[dict[str, str]] = {
    "jr": "the journal's name is not searched; leave it out",
    "co": "the authors' comment is not searched; leave it out",
    "rn": "report numbers are not searched; leave it out",
}
"""Fields of arXiv's query interface that have no counterpart here, and what to do about it."""


def canonical(name: str) -> str | None:
    """The name that the normal form uses for ``name`` (folded), or ``None`` where there is no such field."""
    name = ALIASES.get(name, name)
    return name if name in FIELDS else None
