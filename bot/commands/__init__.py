"""What can be asked, said once for Discord, Slack, the terminal and help. Pure."""

from bot.commands.model import Choice, Command, Option, OptionKind, Verb

__all__ = ["Choice", "Command", "Option", "OptionKind", "Verb"]
