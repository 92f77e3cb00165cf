"""A link opens what it was made for, until its time is over, and nothing else opens anything."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.links import LASTS, Refusal, grant, read, sign
from bot.models import Destination

SECRET = b"s" * 32
NOW = datetime(2026, 1, 5, 9, 0, 0, 300_000, tzinfo=UTC)
PLACE = Destination(platform="slack", workspace="T1", channel="C1", name="#secret-project")
GRANT = grant(PLACE, "U1", NOW)
NAMES = st.text(min_size=1, max_size=20)


@given(NAMES, NAMES, NAMES, st.booleans(), NAMES)
def test_it_opens_what_it_was_made_for(platform, workspace, channel, direct, person):
    place = Destination(platform=platform, workspace=workspace, channel=channel, direct=direct)
    try:
        place.key.encode()
        person.encode()
    except UnicodeEncodeError:
        return
    made = grant(place, person, NOW)
    opened = read(SECRET, sign(SECRET, made), NOW)
    assert opened == made
    assert opened.place == place
    assert opened.own.key == f"{platform}/{workspace}/@{person}"


def test_it_ends_after_fifteen_minutes():
    link = sign(SECRET, GRANT)
    assert timedelta(minutes=15) == LASTS
    assert read(SECRET, link, NOW + LASTS - timedelta(seconds=1)) == GRANT
    assert read(SECRET, link, NOW + LASTS) is Refusal.EXPIRED


def test_it_names_no_channel():
    assert "secret" not in sign(SECRET, GRANT)


@pytest.mark.parametrize(
    "changed",
    [
        replace(GRANT, workspace="T2"),
        replace(GRANT, channel="C2"),
        replace(GRANT, person="U2"),
        replace(GRANT, direct=True),
        replace(GRANT, until=GRANT.until + timedelta(days=1)),
    ],
)
def test_a_claim_with_the_signature_of_another_is_refused(changed):
    claim = sign(SECRET, changed).split(".")[0]
    assert read(SECRET, f"{claim}.{sign(SECRET, GRANT).split('.')[1]}", NOW) is Refusal.FORGED


def test_no_link_with_one_letter_changed_opens_anything():
    link = sign(SECRET, GRANT)
    for at, letter in enumerate(link):
        other = "A" if letter != "A" else "B"
        assert read(SECRET, link[:at] + other + link[at + 1 :], NOW) is Refusal.FORGED, at


@given(st.text(max_size=300))
def test_no_text_opens_anything_or_raises(text):
    assert read(SECRET, text, NOW) is Refusal.FORGED


@pytest.mark.parametrize("more", ["=", "==", " ", ".", "%", "\n", "é"])
def test_a_link_is_written_in_one_way(more):
    assert read(SECRET, sign(SECRET, GRANT) + more, NOW) is Refusal.FORGED


def test_another_secret_opens_nothing():
    assert read(b"t" * 32, sign(SECRET, GRANT), NOW) is Refusal.FORGED


def test_a_claim_signed_for_another_purpose_opens_nothing():
    import hashlib
    import hmac

    claim, _ = sign(SECRET, GRANT).split(".")
    from base64 import urlsafe_b64decode

    body = urlsafe_b64decode(claim + "=" * (-len(claim) % 4))
    bare = hmac.new(SECRET, body, hashlib.sha256).digest()
    assert read(SECRET, f"{claim}.{urlsafe_b64encode(bare).decode().rstrip('=')}", NOW) is Refusal.FORGED


def test_it_fits_a_button_of_discord():
    """512 characters: https://discord.com/developers/docs/components/reference#button"""
    place = Destination(platform="discord", workspace="1" * 20, channel="2" * 20)
    made = sign(SECRET, grant(place, "3" * 20, NOW))
    assert len("https://papers.some-long-institute-name.example.org/w/" + made) < 300
