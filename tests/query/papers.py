"""How tests write a paper down."""

from bot.models import Paper


def paper(title: str = "", abstract: str = "", **more: object) -> Paper:
    """A paper of which only what the test is about is told."""
    return Paper(id="arxiv:2401.01234", title=title, abstract=abstract, **more)  # type: ignore[arg-type]
