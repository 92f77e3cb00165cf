"""Where a query waits, so that only papers that may pass it wake it.

A tree with its negations pushed down to the leaves is an «and» of clauses or an «or» of branches. Of an «and» every
clause must hold, so it may wait for any one of them: it waits for the rarest, and within it for the second rarest. A
clause that is an «or» is waited for at each of its branches; a term with several spellings is one atom. Nothing is
multiplied out, so the work is proportional to the query. What has to be absent cannot be waited for; a query of nothing else is looked at with every paper.

::

    diffusion policy -survey      waits for «policy» with «diffusion», then checks that «survey» is absent
    (drone OR uav) swarm          waits for «drone» with «swarm» and for «uav» with «swarm»; nothing is left to check
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from bot.matching.atoms import EVERY
from bot.matching.checks import All, Any_, Group, leaves
from bot.matching.grams import Spelled
from bot.matching.rarity import rarity, rarity_of_words
from bot.query.tree import And, Author, Category, Compare, Flag, Like, Node, Not, Or, Term, spellings

MOST_PAIRS: Final = 16
"""Pairs that one branch may wait for; with more it waits for its rarest clause alone."""

Sought: TypeAlias = Spelled | Author | Category | Compare | Flag | Like
"""What an atom is looked for by: leaves that find the same are one."""
Place: TypeAlias = tuple[int, int]
"""Two atoms, the second of them :data:`~bot.matching.atoms.EVERY` if one is enough; both, if none can be waited for."""
_Clause: TypeAlias = "int | Any_"


class Branch(NamedTuple):
    """A part of a query that is enough, and where it waits."""

    places: Sequence[Place]
    check: All | None
    """What is left to verify at any of them."""


def grown(root: Node, atom: Callable[[Sought], int]) -> Group:
    """The tree over atoms, its negations pushed down to the leaves. ``atom`` is asked once for each atom's place."""
    group = _grown(root, wanted=True, atom=atom)
    if isinstance(group, tuple):
        found, wanted = group
        return All((found,), (), ()) if wanted else All((), (found,), ())
    return group


def branches(group: Group, rare: Sequence[float]) -> Iterator[Branch]:
    """Where a query waits, given how rare each atom is: the same for the same atoms."""
    if isinstance(group, All):
        yield _branch(group, rare)
        return
    if group.wanted:
        yield Branch([(found, EVERY) for found in group.wanted], None)
    for branch in group.groups:
        yield _branch(branch, rare)
    if group.missing:
        yield Branch([(EVERY, EVERY)], All((), (), (Any_((), group.missing, ()),)))


def share(sought: Sought) -> float:
    """The share of papers that have it, roughly."""
    if not isinstance(sought, Spelled):
        return rarity(sought)
    patterns, field, exact, prefix = sought
    return rarity_of_words(patterns, field, exact=exact, prefix=prefix)


def work(branch: Branch, rare: Sequence[float]) -> float:
    """How many atoms a paper makes us look at because of this branch, on average."""
    looks = 1 if branch.check is None else 1 + leaves(branch.check)
    return looks * sum([rare[first] * rare[second] for first, second in branch.places])


def _grown(node: Node, *, wanted: bool, atom: Callable[[Sought], int]) -> Group | tuple[int, bool]:
    while isinstance(node, Not):
        node, wanted = node.child, not wanted
    if isinstance(node, Term):
        patterns = spellings(node)
        if len(patterns) > 1:
            # A word as typed and the same one joined are two.
            patterns = tuple({(*words, *map(type, words)): words for words in patterns}.values())
        field, exact, prefix = node.field, node.exact, node.prefix
        if not node.also or len(patterns) == 1:
            return atom(Spelled(patterns, field, exact, prefix)), wanted
        # One common word makes a compound with hundreds of others: as many atoms would stand for the word alone.
        apart = tuple([atom(Spelled((words,), field, exact, prefix)) for words in patterns])
        return Any_(apart, (), ()) if wanted else All((), apart, ())
    if not isinstance(node, And | Or):
        return atom(_weightless(node)), wanted
    every = isinstance(node, And) is wanted
    there: dict[int, None] = {}
    absent: dict[int, None] = {}
    groups: list[Group] = []
    for child in node.children:
        part = _grown(child, wanted=wanted, atom=atom)
        if isinstance(part, tuple):
            (there if part[1] else absent)[part[0]] = None
        elif isinstance(part, All) is every:
            # «not (a or b)» inside an «and» is two more clauses of it.
            one, other = (part.needed, part.banned) if isinstance(part, All) else (part.wanted, part.missing)
            there.update(dict.fromkeys(one))
            absent.update(dict.fromkeys(other))
            groups += part.groups
        else:
            groups.append(part)
    if every:
        return All(tuple(there), tuple(absent), tuple([g for g in groups if isinstance(g, Any_)]))
    return Any_(tuple(there), tuple(absent), tuple([g for g in groups if isinstance(g, All)]))


def _weightless(leaf: Author | Category | Compare | Flag | Like) -> Sought:
    if isinstance(leaf, Author | Category) and leaf.weight != 1:
        return replace(leaf, weight=1.0)
    return leaf


def _branch(group: All, rare: Sequence[float]) -> Branch:
    if len(group.needed) == 1 and not group.groups:
        return Branch([(group.needed[0], EVERY)], _left((), group.banned, ()))
    clauses = sorted(_coverable(group, rare), key=_first)
    if not clauses:
        return Branch([(EVERY, EVERY)], _left(group.needed, group.banned, group.groups))
    _, first, firsts = clauses[0]
    taken: list[_Clause] = [first]
    seconds: tuple[int, ...] = (EVERY,)
    if len(clauses) > 1 and len(firsts) * len(clauses[1][2]) <= MOST_PAIRS:
        _, second, seconds = clauses[1]
        taken.append(second)
    places: list[Place] = []
    for one in firsts:
        if one in seconds:  # it meets both
            places.append((one, EVERY))
        else:
            places += [(one, other) for other in seconds if other not in firsts]
    # A clause that was waited for in full need not be looked at again.
    done = [clause for clause in taken if isinstance(clause, int) or not clause.groups]
    return Branch(
        places,
        _left(
            tuple([atom for atom in group.needed if atom not in done]),
            group.banned,
            tuple([clause for clause in group.groups if clause not in done]),
        ),
    )


def _left(needed: tuple[int, ...], banned: tuple[int, ...], groups: tuple[Any_, ...]) -> All | None:
    """What is left to check of clauses that must all hold."""
    return All(needed, banned, groups) if needed or banned or groups else None


def _coverable(group: All, rare: Sequence[float]) -> Iterator[tuple[float, _Clause, tuple[int, ...]]]:
    """The clauses that can be waited for: how often they hold, and the atoms of which one is there if they do."""
    for atom in group.needed:
        yield rare[atom], atom, (atom,)
    for clause in group.groups:
        if (cover := _cover(clause, rare)) is not None:
            yield sum([rare[atom] for atom in cover]), clause, cover


def _cover(clause: Any_, rare: Sequence[float]) -> tuple[int, ...] | None:
    """Atoms of which one is there whenever ``clause`` holds; ``None`` if it may hold without any."""
    if clause.missing:
        return None
    if not clause.groups:
        return clause.wanted
    found = dict.fromkeys(clause.wanted)
    for branch in clause.groups:
        best = min(_coverable(branch, rare), key=_first, default=None)
        if best is None:
            return None
        found.update(dict.fromkeys(best[2]))
    return tuple(found)


def _first(found: tuple[float, _Clause, tuple[int, ...]]) -> float:
    return found[0]
