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

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from bot.matching.atoms import All, Any_, Atom, Check, Group
from bot.matching.grams import Spelled
from bot.matching.rarity import rarity, rarity_of_words
from bot.query.tree import And, Author, Category, Compare, Flag, Like, Node, Not, Or, Term

MOST_PAIRS: Final = 16
"""Pairs that one branch may wait for; with more it waits for its rarest clause alone."""

Sought: TypeAlias = Spelled | Author | Category | Compare | Flag | Like
"""What an atom is looked for by: leaves that find the same are one."""
_Clause: TypeAlias = "Atom | Any_"


class Place(NamedTuple):
    """One spot where a query waits."""

    first: Atom | None
    """``None``: with every paper."""
    second: Atom | None
    waiting: int | Check


def grown(root: Node, atom: Callable[[Sought], Atom]) -> Group:
    """The tree over atoms, its negations pushed down to the leaves. ``atom`` is asked once for each atom's place."""
    group = _grown(root, wanted=True, atom=atom)
    if isinstance(group, tuple):
        found, wanted = group
        return All((found,), (), ()) if wanted else All((), (found,), ())
    return group


def places(group: Group, number: int) -> Iterator[Place]:
    """Every spot where the query of that number waits: the same for the same atoms."""
    if isinstance(group, All):
        if len(group.needed) == 1 and not group.banned and not group.groups:
            yield Place(group.needed[0], None, number)
            return
        yield from _branch(group, number)
        return
    for found in _ordered(group.wanted):
        yield Place(found, None, number)
    for branch in group.groups:
        yield from _branch(branch, number)
    if group.missing:
        yield Place(None, None, Check(number, (), (), (Any_(frozenset(), group.missing, ()),)))


def share(sought: Sought) -> float:
    """The share of papers that have it, roughly."""
    if not isinstance(sought, Spelled):
        return rarity(sought)
    patterns, field, exact, prefix = sought
    return rarity_of_words(patterns, field, exact=exact, prefix=prefix)


def work(place: Place) -> float:
    """How many atoms a paper makes us look at because of this place, on average."""
    first, second, waiting = place
    looks = 1 + _leaves(waiting) if isinstance(waiting, Check) else 1
    return (first.rarity if first else 1.0) * (second.rarity if second else 1.0) * looks


def _leaves(group: Group) -> int:
    plain = (
        len(group.needed) + len(group.banned)
        if isinstance(group, All)
        else len(group.wanted) + len(group.missing)
    )
    return plain + sum(_leaves(part) for part in group.groups)


def _grown(node: Node, *, wanted: bool, atom: Callable[[Sought], Atom]) -> Group | tuple[Atom, bool]:
    while isinstance(node, Not):
        node, wanted = node.child, not wanted
    if isinstance(node, Term):
        patterns = node.patterns
        if len(patterns) > 1:
            patterns = tuple(dict.fromkeys(patterns))
        field, exact, prefix = node.field, node.exact, node.prefix
        if not node.also or len(patterns) == 1:
            return atom(Spelled(patterns, field, exact, prefix)), wanted
        # One common word makes a compound with hundreds of others: as many atoms would stand for the word alone.
        apart = [atom(Spelled((words,), field, exact, prefix)) for words in patterns]
        return Any_(frozenset(apart), frozenset(), ()) if wanted else All((), tuple(apart), ())
    if not isinstance(node, And | Or):
        return atom(_weightless(node)), wanted
    every = isinstance(node, And) is wanted
    there: dict[Atom, None] = {}
    absent: dict[Atom, None] = {}
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
        return All(tuple(there), tuple(absent), tuple(g for g in groups if isinstance(g, Any_)))
    return Any_(frozenset(there), frozenset(absent), tuple(g for g in groups if isinstance(g, All)))


def _weightless(leaf: Author | Category | Compare | Flag | Like) -> Sought:
    if isinstance(leaf, Author | Category) and leaf.weight != 1:
        return replace(leaf, weight=1.0)
    return leaf


def _branch(group: All, number: int) -> Iterator[Place]:
    clauses = sorted(_coverable(group), key=lambda found: found[0])
    if not clauses:
        yield Place(None, None, Check(number, group.needed, group.banned, group.groups))
        return
    _, first, firsts = clauses[0]
    taken: list[_Clause] = [first]
    seconds: tuple[Atom | None, ...] = (None,)
    if len(clauses) > 1 and len(firsts) * len(clauses[1][2]) <= MOST_PAIRS:
        _, second, found = clauses[1]
        taken.append(second)
        seconds = found
    rest = _without(group, taken)
    needed, banned, groups = rest
    waiting = Check(number, needed, banned, groups) if needed or banned or groups else number
    for one in firsts:
        if one in seconds:  # it meets both
            yield Place(one, None, waiting)
            continue
        for other in seconds:
            if other not in firsts:
                yield Place(one, other, waiting)


def _coverable(group: All) -> Iterator[tuple[float, _Clause, tuple[Atom, ...]]]:
    """The clauses that can be waited for: how often they hold, and the atoms of which one is there if they do."""
    for atom in group.needed:
        yield atom.rarity, atom, (atom,)
    for clause in group.groups:
        if (cover := _cover(clause)) is not None:
            yield sum(atom.rarity for atom in cover), clause, cover


def _cover(clause: Any_) -> tuple[Atom, ...] | None:
    """Atoms of which one is there whenever ``clause`` holds; ``None`` if it may hold without any."""
    if clause.missing:
        return None
    found = dict.fromkeys(_ordered(clause.wanted))
    for branch in clause.groups:
        best = min(_coverable(branch), key=lambda one: one[0], default=None)
        if best is None:
            return None
        found.update(dict.fromkeys(best[2]))
    return tuple(found)


def _without(
    group: All, taken: Iterable[_Clause]
) -> tuple[tuple[Atom, ...], tuple[Atom, ...], tuple[Any_, ...]]:
    """What is left to check: a clause that was waited for in full need not be looked at again."""
    done = [clause for clause in taken if isinstance(clause, Atom) or not clause.groups]
    return (
        tuple([atom for atom in group.needed if atom not in done]),
        group.banned,
        tuple([clause for clause in group.groups if clause not in done]),
    )


def _ordered(atoms: Iterable[Atom]) -> list[Atom]:
    return sorted(atoms, key=lambda atom: atom.rarity)
