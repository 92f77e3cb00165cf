"""All subscriptions held against papers. Pure."""

from bot.matching.atoms import TOGETHER
from bot.matching.index import Index

__all__ = ["TOGETHER", "Index"]
