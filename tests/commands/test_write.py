"""What is written reads back as what was meant."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.commands import VERBS, Command, OptionKind, check, parse, write

NASTY = st.sampled_from(
    [
        '"',
        "“",
        "\\",
        "when:daily",
        "<#C1|x>",
        "&amp;",
        "&lt;",
        "<http://a|a>",
        "for:",
        "query:",
        " ",
        "\n",
        "a",
        "(",
        ":",
    ]
)
TEXT = st.one_of(
    st.text(max_size=20), st.lists(NASTY, max_size=6).map("".join), st.lists(NASTY, max_size=6).map(" ".join)
)


@st.composite
def commands(draw: st.DrawFn) -> Command:
    verb = draw(st.sampled_from(VERBS))
    options: dict[str, str] = {}
    for option in verb.options:
        if not option.required and draw(st.booleans()):
            continue
        match option.kind:
            case OptionKind.CHOICE | OptionKind.BOOLEAN:
                value = draw(st.sampled_from(option.choices)).value
            case OptionKind.INTEGER:
                value = str(draw(st.integers(option.minimum, option.maximum)))
            case OptionKind.SUBSCRIPTION:
                value = str(draw(st.integers(1, 10**6)))
            case _:
                value = draw(TEXT.filter(lambda text: bool(text.strip())) if option.required else TEXT)
        options[option.name] = value
    return check(Command(verb=verb.name, options=options))


@given(commands())
@example(Command(verb="paper", options={"paper": "pigeon"}))
@example(Command(verb="subscribe", options={"query": "when:daily"}))
@example(Command(verb="subscribe", options={"query": "papers"}))
@example(Command(verb="subscribe", options={"query": '"\\"', "to": "me"}))
@settings(max_examples=400, deadline=None)
def test_written_and_read_again_it_is_the_same(command: Command):
    assert parse(write(command)) == command


def test_the_usual_case_is_written_as_people_write_it():
    line = (
        'subscribe diffusion (policy OR planning) author:"Sergey Levine" to:me when:weekly name:"our robots"'
    )
    assert write(parse(line)) == line
    assert write(parse("pause for:1w s7")) == "pause 7 for:1w"
