"""What can be asked, said once for Discord, Slack, the terminal and help. Pure."""

from bot.commands.check import check
from bot.commands.model import Choice, Command, Option, OptionKind, Verb
from bot.commands.parse import parse
from bot.commands.verbs import BY_NAME, OFFERED, VERBS
from bot.commands.write import write

__all__ = [
    "BY_NAME",
    "OFFERED",
    "VERBS",
    "Choice",
    "Command",
    "Option",
    "OptionKind",
    "Verb",
    "check",
    "parse",
    "write",
]
