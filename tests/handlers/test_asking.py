"""What people ask about papers: preview, explain, search, save, status, forget-me."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.models import Cadence, Person, When
from bot.ports import Happening, HappeningKind, Origin, Reply
from tests.core import ML, AllRights, Core, commands, origin, paper, words

BOB = Person(id="bob", name="Bob")


async def press(core: Core, line: str, asker: Origin | None = None) -> Reply:
    """Say something whose answer waits for a sender, while time passes."""
    answer = asyncio.create_task(core.say(line, asker))
    while not (await asyncio.wait({answer}, timeout=0.02))[0]:
        await core.clock.advance(timedelta(seconds=0.2))
    return await answer


async def test_preview_offers_wider_forms_when_nothing_fits(core: Core) -> None:
    await core.bring(paper(1), paper(2, categories=("cs.LG",)))
    said = words(await core.say("preview robot cat:cs.XX"))
    assert "0 of 2 papers" in said
    assert "without cat:cs.XX: 2" in said


async def test_preview_of_an_empty_store_says_so(core: Core) -> None:
    said = words(await core.say("preview robot"))
    assert "No papers are stored yet" in said
    assert "a week" not in said, "nothing is known of a rate"


async def test_explain_names_the_clause_that_failed(core: Core) -> None:
    await core.subscribe("robot upvotes>=20", name="hot")
    await core.bring(paper(1, upvotes=11))
    said = words(await core.say("explain 2601.00001"))
    assert "✓ Fetched from arXiv" in said
    assert "✓ robot" in said
    assert "✗ upvotes>=20" in said
    assert "it has 11" in said


async def test_explain_in_every_state_of_a_paper(core: Core) -> None:
    sub = await core.subscribe("robot")
    await core.bring(paper(1))
    said = words(await core.say("explain 2601.00001"))
    assert "Sent just now" in said
    assert not any(line.endswith(" ") for line in said.splitlines())
    await core.say(f"edit {sub.number} when:daily")
    await core.bring(paper(2))
    assert "Waits for the digest" in words(await core.say("explain 2601.00002"))
    await core.say(f"pause {sub.number}")
    await core.bring(paper(3))
    assert "while the subscription is paused" in words(await core.say("explain 2601.00003"))
    assert "No listing has brought" in words(await core.say("explain 2601.09999"))
    assert "not a paper I can make out" in words(await core.say("explain hello"))
    await core.clock.advance(timedelta(hours=1))
    late = await core.subscribe("author:turing", name="later")
    assert "before this subscription was made" in words(
        await core.say(f"explain 2601.00001 subscription:{late.number}")
    )


async def test_explain_of_a_digest_says_when_it_was_sent(core: Core) -> None:
    await core.subscribe("robot", cadence=Cadence(when=When.HOURLY))
    await core.bring(paper(1))
    await core.clock.advance(timedelta(hours=1))
    await core.settle()
    assert "in a digest" in words(await core.say("explain 2601.00001"))


async def test_explain_the_last_day_of_a_subscription(core: Core) -> None:
    sub = await core.subscribe("robot")
    await core.bring(paper(1), paper(2, "On graphs", abstract="Trees."))
    said = words(await core.say(f"explain subscription:{sub.number}"))
    assert "2 papers came in the last day" in said
    assert "1 passed the filter" in said


async def test_search_speaks_the_same_language(core: Core) -> None:
    await core.bring(paper(1), paper(2, "On graphs", abstract="Trees."), paper(3, "Robots", upvotes=9))
    said = words(await core.say("search robot sort:upvotes"))
    assert "2 of 3 papers" in said
    assert said.index("Robots\n") < said.index("Robots that learn, part 1")
    assert "None of the 3 papers" in words(await core.say("search nothing-like-it"))


async def test_save_list_and_export(core: Core) -> None:
    await core.bring(paper(1), paper(2))
    await core.say("save 2601.00001 tag:club")
    await core.say("save 2601.00002")
    assert "already" in words(await core.say("save 2601.00002"))
    assert "part 1" in words(await core.say("saved tag:club"))
    assert "Your list is empty" in words(await core.say("saved", origin(BOB)))
    exported = await core.say("saved bibtex")
    (file,) = exported.card.files
    assert file.content.decode().count("@") == 2
    await core.say("unsave 2601.00001")
    assert "part 1" not in words(await core.say("saved"))


async def test_a_formula_in_a_title_is_inert_in_a_spreadsheet(core: Core) -> None:
    await core.bring(paper(1, '=HYPERLINK("http://evil")'))
    await core.say("save 2601.00001")
    (file,) = (await core.say("saved csv")).card.files
    assert "'=HYPERLINK" in file.content.decode()


async def test_discuss_opens_one_thread_however_often_it_is_pressed(core: Core) -> None:
    await core.subscribe("robot")
    await core.bring(paper(1))
    for _ in range(3):
        await press(core, "discuss 2601.00001")
    await core.lanes.once()
    assert len(core.adapter.threads) == 1
    assert len(core.adapter.posted) == 1
    assert "is open" in words(await press(core, "discuss 2601.00001"))


async def test_discuss_posts_the_card_first_where_it_never_was(core: Core) -> None:
    await core.bring(paper(1))
    await press(core, "discuss 2601.00001")
    await core.lanes.once()
    await core.clock.advance(timedelta(seconds=5))
    await core.lanes.once()
    assert len(core.adapter.posted) == 1
    assert len(core.adapter.threads) == 1


async def test_threads_can_be_switched_off(core: Core) -> None:
    await core.bring(paper(1))
    await core.say("settings threads:never")
    assert "switched off" in words(await press(core, "discuss 2601.00001"))


async def test_share_posts_once(core: Core) -> None:
    await core.bring(paper(1))
    await core.say("share 2601.00001")
    await core.say("share 2601.00001")
    await core.lanes.once()
    assert len(core.adapter.posted) == 1


async def test_status_shows_a_host_that_asked_to_be_left_alone(core: Core) -> None:
    await core.store.turns.cool("arxiv", 660, "rss.arxiv.org answered with 429")
    said = words(await core.say("status"))
    assert "arXiv is left alone until" in said
    assert "Because rss.arxiv.org answered with 429. Nothing is lost." in said


async def test_status_tells_sources_and_missing_permissions(core: Core) -> None:
    reply = await core.say("status", origin(rights=AllRights(missing=("Send Messages",))))
    said = words(reply)
    assert "arXiv: read just now" in said
    assert "Hugging Face: not asked yet" in said
    assert "Send Messages missing" in said


async def test_forget_me_shows_exports_and_erases(core: Core) -> None:
    await core.bring(paper(1))
    asked = await core.say("subscribe robot to:me")
    await core.say(commands(asked)["Confirm"])
    await core.subscribe("robot")
    await core.say("save 2601.00001")
    assert "1 alert by direct message" in words(await core.say("forget-me"))
    (file,) = (await core.say("forget-me export")).card.files
    assert b"2601.00001" in file.content
    await core.say("forget-me erase")
    left = await core.store.subscriptions.of("recording", "lab")
    assert [one.created_by.id for one in left] == [""]
    assert "Your list is empty" in words(await core.say("saved"))


async def test_an_unknown_word_gets_a_suggestion(core: Core) -> None:
    import pytest

    from bot.errors import CommandError

    with pytest.raises(CommandError, match="subscribe"):
        await core.say("subscirbe robot")


async def test_a_store_that_is_away_is_said_and_changes_nothing(core: Core) -> None:
    from bot.commands import parse
    from tests.core import open_core

    away = open_core("redis://127.0.0.1:1/0", core.clock)
    reply = await away.handlers(parse("list"), origin())
    assert "cannot reach my store" in words(reply)
    await away.store.database.close()


async def test_a_person_who_left_gets_no_more_direct_messages(core: Core) -> None:
    asked = await core.say("subscribe robot to:me when:instant")
    await core.say(commands(asked)["Confirm"])
    await core.handlers.happened(Happening(kind=HappeningKind.PERSON_LEFT, destination=origin().me))
    await core.bring(paper(1))
    assert not core.adapter.posted


async def test_a_deleted_channel_blocks_and_a_restored_one_returns(core: Core) -> None:
    sub = await core.subscribe("robot")
    await core.handlers.happened(
        Happening(kind=HappeningKind.DESTINATION_GONE, destination=ML, detail="The channel was deleted.")
    )
    found = await core.store.subscriptions.by_id(sub.id)
    assert found is not None and found.state_reason == "The channel was deleted."
    await core.handlers.happened(Happening(kind=HappeningKind.DESTINATION_BACK, destination=ML))
    await core.bring(paper(1))
    assert len([posted for posted in core.adapter.posted if not posted.destination.direct]) == 1


async def test_completion_offers_the_listings_that_are_read(core: Core) -> None:
    async def offered(typed: str) -> list[str]:
        choices = await core.handlers.complete("subscribe", "sources", typed, origin())
        return [choice.value for choice in choices]

    assert await offered("") == ["all", "arxiv", "huggingface"]
    assert await offered("hug") == ["huggingface"]
    assert await offered("huggingface,") == ["huggingface,arxiv"]
    assert await offered("huggingface,arxiv, x") == []


async def test_completion_offers_what_the_asker_may_see(core: Core) -> None:
    await core.subscribe("robot", name="robotics")
    await core.bring(paper(1))
    found = await core.handlers.complete("pause", "subscription", "rob", origin())
    assert found[0].value == "1" and "robotics" in found[0].label
    papers = await core.handlers.complete("explain", "paper", "learn", origin())
    assert papers[0].value == "2601.00001"
    assert len(await core.handlers.complete("settings", "timezone", "", origin())) <= 25


async def test_explain_says_where_else_a_paper_went(core: Core) -> None:
    await core.subscribe("robot", name="robots")
    await core.bring(paper(1))
    elsewhere = origin(where=replace(ML, channel="other", name="#other"))
    said = words(await core.say("explain 2601.00001", elsewhere))
    assert "There are no subscriptions here" in said
    assert "1 · robots → #ml" in said
    assert "Sent just now" in said
