"""Read time zones as people name them: an IANA name, a city, or a usual abbreviation. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from bot.commands.written import short
from bot.errors import CommandError

_AREAS: Final = (
    *("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"),
    "Arctic",
)
_NOT_OFFERED: Final = frozenset(("Factory", "localtime", "posixrules"))
_CITIES: Final = {
    "atlanta": "America/New_York",
    "austin": "America/Chicago",
    "bangalore": "Asia/Kolkata",
    "barcelona": "Europe/Madrid",
    "beijing": "Asia/Shanghai",
    "bengaluru": "Asia/Kolkata",
    "boston": "America/New_York",
    "cambridge": "Europe/London",
    "cape town": "Africa/Johannesburg",
    "delhi": "Asia/Kolkata",
    "edinburgh": "Europe/London",
    "frankfurt": "Europe/Berlin",
    "geneva": "Europe/Zurich",
    "hamburg": "Europe/Berlin",
    "hangzhou": "Asia/Shanghai",
    "houston": "America/Chicago",
    "kyoto": "Asia/Tokyo",
    "lausanne": "Europe/Zurich",
    "milan": "Europe/Rome",
    "montreal": "America/Toronto",
    "mumbai": "Asia/Kolkata",
    "munich": "Europe/Berlin",
    "new delhi": "Asia/Kolkata",
    "osaka": "Asia/Tokyo",
    "oxford": "Europe/London",
    "philadelphia": "America/New_York",
    "pittsburgh": "America/New_York",
    "san diego": "America/Los_Angeles",
    "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "shenzhen": "Asia/Shanghai",
    "stanford": "America/Los_Angeles",
    "tel aviv": "Asia/Jerusalem",
    "tuebingen": "Europe/Berlin",
    "tübingen": "Europe/Berlin",
    "washington": "America/New_York",
    "zürich": "Europe/Zurich",
}
"""Cities where papers are written and read, and that have no zone of their own name."""
_ABBREVIATIONS: Final = {
    **dict.fromkeys(("et", "est", "edt", "eastern"), "America/New_York"),
    **dict.fromkeys(("ct", "cdt", "central"), "America/Chicago"),
    **dict.fromkeys(("mt", "mst", "mdt", "mountain"), "America/Denver"),
    **dict.fromkeys(("pt", "pst", "pdt", "pacific"), "America/Los_Angeles"),
    **dict.fromkeys(("gmt", "z", "zulu"), "UTC"),
    **dict.fromkeys(("bst",), "Europe/London"),
    **dict.fromkeys(("cet", "cest", "mez"), "Europe/Berlin"),
    **dict.fromkeys(("eet", "eest"), "Europe/Helsinki"),
    **dict.fromkeys(("wet", "west"), "Europe/Lisbon"),
    **dict.fromkeys(("aest", "aedt"), "Australia/Sydney"),
    **dict.fromkeys(("nzst", "nzdt"), "Pacific/Auckland"),
    "hst": "Pacific/Honolulu",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "sgt": "Asia/Singapore",
}
"""What people mean by these: a place with its summer time, where the database's own ``EST`` has none."""
_AMBIGUOUS: Final = {
    "cst": ("America/Chicago", "Asia/Shanghai"),
    "ist": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
}


def zone(text: str) -> str:
    """Read a time zone and return its IANA name (https://www.iana.org/time-zones).

    Takes a name in any case (``europe/paris``), a city (``Paris``, ``new york``), or a usual abbreviation
    (``PST`` is Los Angeles with its summer time). Raises a :class:`bot.errors.CommandError` with the nearest
    names for anything else.
    """
    word = " ".join(text.replace("_", " ").split()).lower()
    if word in _AMBIGUOUS:
        first, *others = _AMBIGUOUS[word]
        raise CommandError(
            f"«{short(text)}» stands for several time zones. Name one: `{first}` or "
            + " or ".join(f"`{other}`" for other in others)
            + "."
        )
    found = city_of(word) or _names().get(word)
    if found:
        return found
    if word[:3] in {"utc", "gmt"} or word[:1] in {"+", "-"}:
        raise CommandError(
            f"«{short(text)}» is a distance from UTC, which knows no summer time. Name a city, such as `Paris`."
        )
    near = _nearest(word)
    meant = f"Did you mean {' or '.join(f'`{name}`' for name in near)}? " if near else ""
    raise CommandError(
        f"I don't know the time zone «{short(text)}». {meant}Name a large city nearby, such as `Europe/Paris`."
    )


@cache
def offered() -> tuple[str, ...]:
    """The names to offer, sorted: places and UTC, without the database's older names."""
    names = available_timezones() - _NOT_OFFERED
    return ("UTC", *sorted(name for name in names if name.startswith(_AREAS) and "/" in name))


def city_of(text: str) -> str | None:
    """The zone of a city or abbreviation as people write it, ``None`` where there is none of that name."""
    word = " ".join(text.replace("_", " ").split()).lower()
    return _ABBREVIATIONS.get(word) or _cities().get(word)


@cache
def _names() -> Mapping[str, str]:
    return {name.replace("_", " ").lower(): name for name in available_timezones() - _NOT_OFFERED}


@cache
def _cities() -> Mapping[str, str]:
    """The last part of each name; where two share it, the shorter name."""
    named: dict[str, str] = {}
    for name in sorted(offered(), key=lambda name: (len(name), name), reverse=True):
        named[name.rpartition("/")[2].replace("_", " ").lower()] = name
    return {**named, **_CITIES}


def _nearest(word: str) -> list[str]:
    cities = _cities()
    city = word.rpartition("/")[2]
    near = [cities[match] for match in get_close_matches(city[:40], cities, n=2, cutoff=0.7)]
    return list(dict.fromkeys(near))
