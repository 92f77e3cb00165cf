"""The operator's commands. Each module is imported when its command is used: help must not wait for them.

``running`` is the bot itself; ``asking`` answers what chat answers, in the terminal; ``subscriptions`` and
``exchange`` keep subscriptions; ``backups``, ``dead``, ``web``, ``ledger``, ``configuring``, ``doctor``, ``health``
and ``setting_up`` are for whoever operates it; ``platforms`` mounts the commands that adapters bring. ``groups`` declares the
commands that have commands of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import __version__
from bot.cli.groups import Commands, config, dead, do, subs, web

app = typer.Typer(
    name="pigeon",
    cls=Commands,
    help="Paper Pigeon: paper alerts for research teams, in Discord and Slack.",
    epilog="Platforms bring commands of their own: pigeon discord --help, pigeon slack --help. "
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check found faults, 69 the store is not there, 78 a wrong setting.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # importing rich takes longer than all the rest of the help
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.add_typer(subs, name="subs")
app.add_typer(config, name="config")
app.add_typer(dead, name="dead")
app.add_typer(web, name="web")

FREE_WORDS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--help"]}
"""A filter may hold words such as ``-survey``, which are no options of ours."""

Words = Annotated[list[str], typer.Argument(metavar="QUERY…", help="The filter: diffusion -survey cat:cs.RO")]
Workspace = Annotated[
    str, typer.Option(help="Whose subscriptions: discord/<server>, slack/<team>. Default: the console's.")
]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        typer.echo(f"Paper Pigeon {__version__}")
        raise typer.Exit


@app.callback()
def pigeon(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Paper Pigeon: paper alerts for research teams, in Discord and Slack."""


@app.command()
def run(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Use the bundled sample papers instead of the network.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Poll, match and deliver what is due, then exit.")
    ] = False,
    roles: Annotated[
        str, typer.Option(help="Roles of this process: poll, match, send, chat, web. Default: all.")
    ] = "",
) -> None:
    """Run the bot. Without a Discord or Slack token it shows its cards here."""
    do("running", "run", demo=demo, once=once, roles=roles)


@app.command()
def demo() -> None:
    """Run with the bundled sample papers: no network, no tokens."""
    do("running", "run", demo=True, once=False, roles="")


@app.command()
def setup() -> None:
    """Ask for Discord's or Slack's tokens; write them to .env."""
    do("setting_up", "setup", env_file=Path(".env"))


@app.command()
def doctor(*, json: Json = False) -> None:
    """Examine settings, store, listings and platforms."""
    do("doctor", "doctor", as_json=json)


@app.command()
def health() -> None:
    """Exit 0 while all goes well; for containers."""
    do("health", "health")


# --- what chat answers, too ---------------------------------------------------------------------


@app.command(context_settings=FREE_WORDS)
def preview(
    query: Words,
    *,
    days: Annotated[int, typer.Option(help="How many days back.", min=1, max=30)] = 7,
    html: Annotated[
        Path | None, typer.Option(help="Also write the cards into one self-contained page.")
    ] = None,
    workspace: Workspace = "",
) -> None:
    """Show what a filter would have brought."""
    do("asking", "preview", words=query, days=days, html=html, workspace=workspace)


@app.command()
def explain(
    paper: Annotated[str, typer.Argument(help="An arXiv id, a DOI, or the address of its page.")],
    *,
    subscription: Annotated[str, typer.Option(help="Only for this subscription, by number.")] = "",
    workspace: Workspace = "",
) -> None:
    """Say step by step why a paper was posted, or was not."""
    do("asking", "explain", paper=paper, subscription=subscription, workspace=workspace)


@app.command(context_settings=FREE_WORDS)
def search(
    query: Words,
    *,
    days: Annotated[int, typer.Option(help="How many days back.", min=1, max=365)] = 30,
    sort: Annotated[str, typer.Option(help="relevance, new or upvotes.")] = "relevance",
    workspace: Workspace = "",
) -> None:
    """Find papers that listings brought."""
    do("asking", "search", words=query, days=days, sort=sort, workspace=workspace)


@app.command(name="list")
def list_(*, workspace: Workspace = "") -> None:
    """Show the subscriptions of one workspace. All of them: pigeon subs list."""
    do("asking", "ask", verb="list", options={"scope": "server"}, workspace=workspace)


@app.command()
def status(*, workspace: Workspace = "") -> None:
    """Show listings, queue, and how deliveries go."""
    do("asking", "ask", verb="status", options={}, workspace=workspace)


@app.command()
def ledger(
    *,
    days: Annotated[int, typer.Option(help="How many days back.", min=1, max=60)] = 14,
    json: Json = False,
) -> None:
    """Show day by day what listings owed and brought; exit 3 on a gap."""
    do("ledger", "show", days=days, as_json=json)


# --- keeping ------------------------------------------------------------------------------------


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="Default: paper-pigeon-<date>-<time>.jsonl here.")
    ] = None,
) -> None:
    """Write what people made into one file."""
    do("backups", "backup", file=file)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What pigeon backup wrote.")], *, dry_run: DryRun = False
) -> None:
    """Bring a backup back. What is in the store already stays as it is."""
    do("backups", "restore", file=file, dry_run=dry_run)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"Paper Pigeon {__version__}")
