"""Meaning as well as words: how near two texts are, what is near enough, and what people want more of. Pure.

A text becomes a :class:`Meaning`: weighted words and, where the language model is installed, its vector.
:class:`Recent` sets the cut of an example from the last papers, by rate; :class:`Examples` holds all examples against
a new paper; :class:`Profile` learns from ratings.
"""

from bot.matching.meaning.compare import Meaning, of_text, similarity
from bot.matching.meaning.examples import Examples
from bot.matching.meaning.profile import Label, Profile
from bot.matching.meaning.recent import Cut, Recent, Scores

__all__ = ["Cut", "Examples", "Label", "Meaning", "Profile", "Recent", "Scores", "of_text", "similarity"]
