"""``pigeon web rotate`` ends what was given out."""

from datetime import timedelta

from bot.store.web import SAVED, Feed

ANA = Feed("slack", "T1", "U1", SAVED)


def test_rotate_takes_a_new_secret_and_leaves_feeds(pigeon):
    async def before(store):
        return await store.web.secret(), await store.web.feed(ANA)

    async def after(store):
        return await store.web.secret(), await store.web.open_feed(token)

    secret, token = pigeon.store(before)
    assert len(secret) == 32
    assert "new secret" in pigeon("web", "rotate").out
    new, feed = pigeon.store(after)
    assert new != secret
    assert feed == ANA
    answer = pigeon("web", "rotate", "--feeds")
    assert "Revoked the addresses of 1 feed." in answer.out
    assert token not in answer.out + answer.err
    assert pigeon.store(lambda store: store.web.open_feed(token)) is None
    assert pigeon.store(lambda store: store.web.was_revoked(token))


def test_the_doctor_says_where_the_page_is(pigeon, monkeypatch):
    monkeypatch.setenv("PIGEON_SOURCES", "huggingface")
    monkeypatch.setenv("PIGEON_HUGGINGFACE__URL", "http://127.0.0.1:9")
    assert "no process serves the page" in pigeon("doctor").out
    pigeon.store(lambda store: store.web.announce("https://papers.example.org", ttl=timedelta(minutes=5)))
    assert "served at https://papers.example.org" in pigeon("doctor").out
