"""Commands that have commands of their own: ``subs``, ``config``, ``dead``, ``web``, and those that adapters bring."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the difference, and change nothing.")]
Key = Annotated[str, typer.Argument(help="The key that pigeon dead list shows, or its beginning.")]


def do(module: str, name: str, /, **given: Any) -> Any:
    """Call a function of a module of this package, which is imported only now."""
    return getattr(importlib.import_module(f"bot.cli.{module}"), name)(**given)


class Commands(TyperGroup):
    """Our commands, and behind them those that adapters bring, under the adapter's name."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; adapters are looked at only where none of ours has it."""
        return super().get_command(ctx, cmd_name) or do("platforms", "command", name=cmd_name)


subs = typer.Typer(
    help="Keep subscriptions, over all workspaces.", no_args_is_help=True, rich_markup_mode=None
)
config = typer.Typer(help="Show and check settings.", no_args_is_help=True, rich_markup_mode=None)
dead = typer.Typer(
    help="Look at cards that were given up; send them again.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
web = typer.Typer(
    help="Keep what opens the web page and its feeds.", no_args_is_help=True, rich_markup_mode=None
)


@web.callback()
def web_page() -> None:
    """Keep what opens the web page and its feeds."""


# --- subs ---------------------------------------------------------------------------------------


@subs.command(name="list")
def subs_list(
    *,
    removed: Annotated[bool, typer.Option("--removed", help="Removed ones, too.")] = False,
    json: Json = False,
) -> None:
    """Show the subscriptions of all workspaces."""
    do("subscriptions", "show", removed=removed, as_json=json)


@subs.command(
    name="add",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def subs_add(
    query: Annotated[list[str], typer.Argument(metavar="QUERY…", help="The filter: diffusion -survey")],
    *,
    to: Annotated[
        str,
        typer.Option(
            help="Where: discord/<server>/<channel>, slack/<team>/<channel>; a person with @ before the id."
        ),
    ],
    when: Annotated[str, typer.Option(help="instant, hourly, daily or weekly. Default: daily.")] = "",
    at: Annotated[str, typer.Option(help="Time of day of a digest. Default: 09:00.")] = "",
    days: Annotated[str, typer.Option(help="Days of a digest. Default: mon-fri.")] = "",
    timezone: Annotated[str, typer.Option(help="Time zone. Default: the workspace's, or UTC.")] = "",
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    card: Annotated[str, typer.Option(help="compact or full.")] = "",
    limit: Annotated[str, typer.Option(help="Most papers of one digest. Default: 10.")] = "",
    sources: Annotated[str, typer.Option(help="Only papers of these listings.")] = "",
) -> None:
    """Add a subscription."""
    given = {
        "when": when, "at": at, "days": days, "timezone": timezone, "name": name, "card": card,
        "limit": limit, "sources": sources,
    }  # fmt: skip
    do("subscriptions", "add", words=query, to=to, given=given)


@subs.command(name="export")
def subs_export(
    file: Annotated[Path, typer.Argument(help="The YAML file to write; - for standard output.")],
) -> None:
    """Write all subscriptions as YAML, for people to read and edit."""
    do("subscriptions", "export", file=file)


@subs.command(name="import")
def subs_import(
    file: Annotated[Path, typer.Argument(help="A YAML file as pigeon subs export writes it.")],
    *,
    dry_run: DryRun = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Remove those that the file does not have (restorable for 30 days)."),
    ] = False,
) -> None:
    """Make the subscriptions be as the file says; what it does not mention stays."""
    do("subscriptions", "import_", file=file, dry_run=dry_run, prune=prune)


# --- config -------------------------------------------------------------------------------------


@config.command(name="show")
def config_show(*, json: Json = False) -> None:
    """Show each setting, its value and where that comes from. Secrets are hidden."""
    do("configuring", "show", as_json=json)


@config.command(name="check")
def config_check() -> None:
    """Check the settings; exit 78 where one is wrong."""
    do("configuring", "check")


@config.command(name="example")
def config_example(
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a table for the documentation.")] = False,
) -> None:
    """Print an .env file with every setting, its meaning and default."""
    do("configuring", "example", markdown=markdown)


# --- dead ---------------------------------------------------------------------------------------


@dead.command(name="list")
def dead_list(*, json: Json = False) -> None:
    """Show what was given up, newest first, and why."""
    do("dead", "show_all", as_json=json)


@dead.command(name="show")
def dead_show(key: Key, *, json: Json = False) -> None:
    """Show everything about one of them."""
    do("dead", "show", key=key, as_json=json)


@dead.command(name="replay")
def dead_replay(
    key: Annotated[str, typer.Argument(help="The key, or its beginning; all for all of them.")],
) -> None:
    """Put one, or all, back into the queue: a running bot sends it."""
    do("dead", "replay", key=key)


@dead.command(name="drop")
def dead_drop(
    key: Annotated[str, typer.Argument(help="The key, or its beginning; all for all of them.")],
) -> None:
    """Take one, or all, off the list. It is not posted, now or later."""
    do("dead", "drop", key=key)


# --- web ----------------------------------------------------------------------------------------


@web.command(name="rotate")
def web_rotate(
    *,
    feeds: Annotated[bool, typer.Option("--feeds", help="End everybody's feed addresses, too.")] = False,
) -> None:
    """End all links to the web page that were given out; new ones are signed with a new secret."""
    do("web", "rotate", feeds=feeds)
