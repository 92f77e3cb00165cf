"""All subscriptions held against one paper. Pure."""

from bot.matching.index import Index

__all__ = ["Index"]
