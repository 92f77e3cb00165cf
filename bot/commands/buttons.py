"""Verbs that only buttons carry. They may be typed, but no platform offers them and help leaves them out."""

from __future__ import annotations

from typing import Final

from bot.commands.model import Option, OptionKind, Verb
from bot.commands.options import ANY_SUBSCRIPTION, PAPER, SUBSCRIPTION, TOKEN, choices

WHICH: Final = Option(
    name="which",
    kind=OptionKind.TEXT,
    description="Which subscription, by its number, or which question the button belongs to.",
    required=True,
)

BUTTONS: Final[tuple[Verb, ...]] = (
    Verb(name="confirm", summary="Yes, do that.", options=(TOKEN,), free="token", button=True),
    Verb(name="cancel", summary="No, leave it.", options=(TOKEN,), free="token", button=True),
    Verb(name="undo", summary="Take a change back.", options=(TOKEN,), free="token", button=True),
    Verb(name="abstract", summary="The whole abstract.", options=(PAPER,), free="paper", button=True),
    Verb(name="bibtex", summary="The BibTeX entry.", options=(PAPER,), free="paper", button=True),
    Verb(
        name="why",
        summary="Why this paper was posted.",
        options=(PAPER, ANY_SUBSCRIPTION),
        free="paper",
        button=True,
    ),
    Verb(
        name="rest",
        summary="What a digest had no room for.",
        options=(
            Option(
                name="digest",
                kind=OptionKind.TEXT,
                description="Which digest: the key that its button carries.",
                required=True,
            ),
            Option(
                name="page",
                kind=OptionKind.INTEGER,
                description="Which page.",
                default="1",
                minimum=1,
                maximum=10_000,
            ),
        ),
        free="digest",
        button=True,
    ),
    Verb(
        name="welcome",
        summary="The first choice after an invitation.",
        options=(
            Option(
                name="choice",
                kind=OptionKind.CHOICE,
                description="Where to begin.",
                choices=choices(
                    ("channel", "Set up this channel"),
                    ("me", "Just me, by direct message"),
                    ("example", "Show me an example"),
                ),
            ),
        ),
        free="choice",
        button=True,
    ),
    Verb(
        name="unsave",
        summary="Take a paper off your own list.",
        options=(PAPER,),
        free="paper",
        button=True,
    ),
    Verb(name="like", summary="More papers like this one.", options=(PAPER,), free="paper", button=True),
    Verb(
        name="unlike",
        summary="Fewer papers like this one.",
        options=(PAPER,),
        free="paper",
        aliases=("dislike",),
        button=True,
    ),
    Verb(name="unrate", summary="Take your 👍 or 👎 back.", options=(PAPER,), free="paper", button=True),
    Verb(
        name="more",
        slow=True,
        summary="A filter by meaning that brings more papers.",
        options=(WHICH,),
        manages=True,
        free="which",
        button=True,
    ),
    Verb(
        name="fewer",
        slow=True,
        summary="A filter by meaning that brings fewer papers.",
        options=(WHICH,),
        manages=True,
        free="which",
        button=True,
    ),
    Verb(name="share", summary="Post this paper here.", options=(PAPER,), free="paper", button=True),
    Verb(
        name="send-now",
        summary="Post the next digest now.",
        options=(SUBSCRIPTION,),
        manages=True,
        free="subscription",
        aliases=("send now",),
        button=True,
    ),
)
