"""Random queries: every kind of leaf, drawn from the papers that they will be held against, in random trees."""

import random
from collections.abc import Sequence

from bot.errors import QueryError
from bot.models import Announce, Paper, Sighting
from bot.query import Query, parse
from bot.query.authors import taken_apart
from bot.text.words import scanned

_RARELY = ["the", '"the"', "the-of", "zebra", "x-ray", "state-of-the-art", '"a*"', "c++"]


def dressed(paper: Paper, chance: random.Random) -> Paper:
    """The same paper with something in the fields that this recording does not have."""
    from dataclasses import replace

    title = scanned(paper.title).exact
    words = [word for word in title if len(word) > 2] or ["robot"]
    return replace(
        paper,
        keywords=tuple(
            chance.choice([*words, " ".join(words[:2]), "world models", "fine-tuning", ""])
            for _ in range(chance.randrange(4))
        ),
        organization=chance.choice([None, "Google DeepMind", "Université de Montréal", "MIT-IBM Lab"]),
        upvotes=chance.choice([None, 0, 5, 20, 21]),
        comments=chance.choice([None, 0, 3]),
        stars=chance.choice([None, 100]),
        code_url=chance.choice([None, "https://example.org/code"]),
        version=chance.choice([None, 1, 2]),
        sightings=tuple(
            Sighting(source=source, announce=chance.choice(list(Announce)))
            for source in ("arxiv", "huggingface")
            if chance.random() < 0.6
        ),
    )


class Draw:
    """Draws queries about some papers."""

    def __init__(self, papers: Sequence[Paper], seed: int) -> None:
        self.papers = papers
        self.chance = random.Random(seed)

    def query(self) -> Query:
        """A query that parses."""
        while True:
            try:
                return parse(self.tree(self.chance.choice((0, 0, 1, 1, 2, 3))))
            except QueryError:
                continue

    def tree(self, depth: int) -> str:
        """A leaf, or a group of smaller trees; now and then the opposite of one."""
        if depth == 0:
            return self.leaf()
        parts = [self.tree(self.chance.randrange(depth)) for _ in range(self.chance.choice((2, 2, 3, 4)))]
        parts = [f"-({part})" if self.chance.random() < 0.2 else f"({part})" for part in parts]
        return self.chance.choice((" ", " OR ")).join(parts)

    def leaf(self) -> str:
        """Any leaf of the language."""
        chance, paper = self.chance, self.chance.choice(self.papers)
        kind = chance.random()
        if kind < 0.70:
            return self.term(paper)
        if kind < 0.80 and paper.authors:
            return self.author(chance.choice(paper.authors))
        if kind < 0.90 and paper.categories:
            category = chance.choice(paper.categories)
            archive = category.partition(".")[0]
            return "cat:" + chance.choice((category, archive, f"{archive}.*", f"{category[:4]}*"))
        if kind < 0.95:
            name = chance.choice(("upvotes", "comments", "stars"))
            return (
                f"{name}{chance.choice(('>=', '>', '<=', '<', '='))}{chance.choice((0, 3, 5, 20, 21, 100))}"
            )
        return chance.choice(
            (
                "has:code",
                "has:pdf",
                "has:org",
                "source:arxiv",
                "announce:new",
                "announce:cross",
                "new-version:yes",
            )
        )

    def term(self, paper: Paper) -> str:
        """A word or phrase of the paper in one of its spellings, or another one."""
        chance = self.chance
        if chance.random() < 0.03:
            return chance.choice(_RARELY)
        text = chance.choice((paper.title, paper.abstract, paper.organization or "", *paper.keywords))
        words = scanned(text).exact
        if not words:
            return "robots"
        count = chance.choice((1, 1, 1, 2, 2, 3, 4))
        at = chance.randrange(len(words))
        run = list(words[at : at + count])
        if chance.random() < 0.1:
            run = [chance.choice((word + "s", word[:-1] or word, word + "ing")) for word in run]
        form = chance.random()
        if form < 0.5:
            term = "-".join(run)
        elif form < 0.65:
            term = " ".join(run)
            return term if chance.random() < 0.5 else "".join(run)
        elif form < 0.8:
            term = f'"{" ".join(run)}"'
        else:
            run[-1] = run[-1][: max(3, chance.randrange(1, 8))]
            term = f'"{" ".join(run)}"*' if form < 0.87 else "-".join(run) + "*"
        field = chance.choice(("", "", "", "title:", "abstract:", "keyword:", "org:"))
        return f"{field}{term}{chance.choice(('', '', '', '^2'))}"

    def author(self, written: str) -> str:
        """A name as people may write it."""
        name = taken_apart(written)
        if name is None or '"' in written:
            return "author:levine"
        given, family = " ".join(name.given), " ".join(name.family)
        forms = (
            written,
            family,
            name.key,
            f"{family}, {given}",
            f"{given[:1]} {family}",
            f"{given[:1]}. {name.key}",
        )
        return f'author:"{self.chance.choice(forms)}"'
