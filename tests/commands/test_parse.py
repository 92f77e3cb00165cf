"""A written command means the same wherever it is written."""

import pytest

from bot.commands import parse
from bot.commands.check import numbered, subscription_number
from bot.errors import CommandError


def read(line: str) -> tuple[str, dict[str, str]]:
    command = parse(line)
    return command.verb, dict(command.options)


@pytest.mark.parametrize(
    ("line", "verb", "options"),
    [
        ("list", "list", {}),
        ("LIST Mine", "list", {"scope": "mine"}),
        ("ls", "list", {}),
        ("unsubscribe s7", "remove", {"subscription": "7"}),
        ("pause #7 for:1w", "pause", {"subscription": "7", "for": "1w"}),
        ("pause for:1w 7", "pause", {"subscription": "7", "for": "1w"}),
        ("pause 7 for: 1w", "pause", {"subscription": "7", "for": "1w"}),
        ('pause 7 for:"until 2026-12-01"', "pause", {"subscription": "7", "for": "until 2026-12-01"}),
        ("resume «7".replace("«", ""), "resume", {"subscription": "7"}),
        (
            "edit 7 query:diffusion -survey when:weekly",
            "edit",
            {"query": "diffusion -survey", "when": "weekly"},
        ),
        ("forget me", "forget-me", {}),
        ("Forget Me export", "forget-me", {"action": "export"}),
        ("settings quiet_hours:22:00-07:00", "settings", {"quiet_hours": "22:00-07:00"}),
        ("settings quiet-hours:off", "settings", {"quiet_hours": "off"}),
        ("settings announcements:No", "settings", {"announcements": "off"}),
        ("subscribe x when:DAILY limit:05", "subscribe", {"query": "x", "when": "daily", "limit": "5"}),
        ("help unsubscribe", "help", {"topic": "remove"}),
        ("paper arXiv:2401.01234", "paper", {"paper": "arXiv:2401.01234"}),
        (
            "paper https://doi.org/10.1101/2024.01.01",
            "paper",
            {"paper": "https://doi.org/10.1101/2024.01.01"},
        ),
        ("send now 7", "send-now", {"subscription": "7"}),
        ('subscribe x name:""', "subscribe", {"query": "x", "name": ""}),
    ],
)
def test_verbs_options_and_free_words(line, verb, options):
    got_verb, got = read(line)
    assert got_verb == verb
    assert got | options == got, f"{got} lacks {options}"


@pytest.mark.parametrize(
    "start",
    ["/papers ", "papers ", "@papers ", "@papers, ", "<@U123ABC> ", "<@!123> ", "<@U1> /papers ", "@pigeon "],
)
def test_the_call_in_front_is_left_out(start):
    assert read(f"  {start}pause 7 ") == ("pause", {"subscription": "7"})


@pytest.mark.parametrize("line", ["", "   ", "/papers", "<@U123>", "@papers,"])
def test_nothing_but_a_call_asks_for_help(line):
    assert read(line) == ("help", {})


def test_only_names_of_options_are_options():
    """The filter's own fields stay where they stand, in their order."""
    verb, options = read(
        'subscribe diffusion (policy OR "robot learning") -survey author:"Sergey Levine" when:daily cat:cs.RO '
        'title:world-model org:deepmind upvotes>=20 has:code source:arxiv at:9 announce:new like:"agents that plan"'
    )
    assert verb == "subscribe"
    assert options == {
        "query": 'diffusion (policy OR "robot learning") -survey author:"Sergey Levine" cat:cs.RO '
        'title:world-model org:deepmind upvotes>=20 has:code source:arxiv announce:new like:"agents that plan"',
        "when": "daily",
        "at": "9",
    }


def test_an_option_inside_quotes_is_text():
    assert read('search "when:daily for:ever"') == ("search", {"query": '"when:daily for:ever"'})
    assert read('search title:"limit:5"') == ("search", {"query": 'title:"limit:5"'})
    assert read('subscribe query:"when:daily"') == ("subscribe", {"query": "when:daily"})


def test_curly_quotes_count_as_straight_ones():
    assert read("subscribe author:“Sergey Levine” “robot learning” name:„our robots“") == (
        "subscribe",
        {"query": 'author:"Sergey Levine" "robot learning"', "name": "our robots"},
    )
    assert read('subscribe x name:"the “big” one"')[1]["name"] == "the “big” one"


@pytest.mark.parametrize(
    ("slack", "meant"),
    [
        ("subscribe x to:<#C0123|ml-papers>", {"query": "x", "to": "<#C0123>"}),
        ("subscribe x to:<#C0123>", {"query": "x", "to": "<#C0123>"}),
        ("subscribe x mention:<!subteam^S1|@robots>", {"query": "x", "mention": "<!subteam^S1>"}),
        ("subscribe upvotes&gt;=20 comments&lt;9", {"query": "upvotes>=20 comments<9"}),
        ('subscribe author:"AT&amp;T"', {"query": 'author:"AT&T"'}),
        ("subscribe cat:<http://cs.AI|cs.AI>", {"query": "cat:cs.AI"}),
        ('subscribe like:"<https://arxiv.org/abs/1|a paper>"', {"query": 'like:"https://arxiv.org/abs/1"'}),
        ("subscribe <mailto:a@b.org|a@b.org>", {"query": "a@b.org"}),
        ("subscribe &amp;lt;", {"query": "&lt;"}),
    ],
)
def test_slack_escapes_are_undone_once(slack, meant):
    assert read(slack) == ("subscribe", meant)


def test_discord_forms_pass_through():
    assert read("subscribe x to:<#123> mention:<@&9>")[1] == {
        "query": "x",
        "to": "<#123>",
        "mention": "<@&9>",
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("subscrbe x", "Did you mean `subscribe`? `help`"),
        ("unsubscrib 7", "Did you mean `remove`?"),
        ("xyzzy", "I don't know the command `xyzzy`. `help`"),
        ("pause", "`pause` needs to know: which subscription"),
        ("search", "`search` needs to know"),
        ("pause robots", "«robots» is not the number of a subscription"),
        ("pause 7 8", "«7 8» is not the number"),
        ("pause 0", "not the number"),
        ("pause 7 frm:1d", "`pause` has no option `frm:`. Did you mean `for:`?"),
        ("subscribe x wen:daily", "Did you mean `when:`?"),
        (
            "subscribe x when:dayly",
            "`when` cannot be «dayly». Did you mean `daily`? Choose `daily`, `instant`,",
        ),
        ("subscribe x limit:99", "from 1 to 50, and 99 is not"),
        ("subscribe x limit:ten", "whole number from 1 to 50, and «ten» is none"),
        ("subscribe x limit:٣", "whole number"),
        ("subscribe x when:daily when:weekly", "`when:` is given twice"),
        ("subscribe x when:", "`when:` needs a value"),
        ("subscribe x when: at:9", "`when:` needs a value"),
        ('subscribe x name:"our robots', "quote after `name:` is never closed"),
        ('subscribe query:"a" b', "so is «b» beside it"),
        ("status please", "`status` takes no «please». Type it alone."),
        ("status a:b", "`status` has no option `a:`. It has no options"),
        ("settings Paris", "`settings` takes no «Paris». Its options are `timezone:`"),
        ("settings announcements:maybe", "neither on nor off"),
        ("help nonsense", "`topic` cannot be «nonsense»"),
        ("x" * 9000, "9,000 characters"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(line, said):
    with pytest.raises(CommandError) as caught:
        parse(line)
    assert said in str(caught.value)
    assert str(caught.value).rstrip("`")[-1] in ".?"
    assert len(str(caught.value)) < 500


def test_what_the_filter_must_judge_is_left_to_it():
    """Misspelt fields and open quotes get the filter's own errors, with the place marked."""
    assert read("subscribe auther:Levine soure:arxiv")[1] == {"query": "auther:Levine soure:arxiv"}
    assert read('subscribe "robot learning when:daily')[1] == {"query": '"robot learning when:daily'}


@pytest.mark.parametrize("text", ["7", "s7", "S7", " #7 ", "7 · robotics · daily", "007", "7·x\ny"])
def test_a_subscription_is_named_in_one_way_everywhere(text: str) -> None:
    assert numbered(text) == subscription_number(text) == 7


@pytest.mark.parametrize("text", ["", "0", "s", "7 robotics", "##7", "1234567890", "2401.01234", "-7"])
def test_what_names_no_subscription(text: str) -> None:
    assert numbered(text) is None
    with pytest.raises(CommandError, match="not the number of a subscription"):
        subscription_number(text)
