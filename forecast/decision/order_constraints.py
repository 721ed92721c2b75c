"""The order that values of information must keep: knowing more is worth no less, and nothing more than everything.

What a set of parameters is worth is estimated by a rule, and each rule only bounds it from below. Whoever knows a set
may always choose by part of it, so a set is worth the most of what it and its subsets were found to be worth, never
less than nothing, never more than knowing every world.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

__all__ = ["Ordered", "ordered", "with_subsets"]

type Names = frozenset[str]

_ALL_SUBSETS = 4
"""Up to so many parameters every subset is valued with a set; of more, each parameter alone."""

_ALLOWED = 2.0


@dataclass(frozen=True)
class Ordered:
    """A value held to the order.

    Attributes
    ----------
    value, error : float
        The value and the error of the set whose rule it comes from.
    moved : bool
        Whether that is more than two of the set's own errors from what the set's own rule achieved.
    """

    value: float
    error: float
    moved: bool


def with_subsets(sets: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return sets together with those of their subsets that they are held against, smaller sets first.

    Parameters
    ----------
    sets : iterable of sequence of str
        Names of parameters, each once in a set.

    Returns
    -------
    list of tuple of str
        Each set once whatever its order. A set of up to four has all its subsets there, so separate calls agree about
        their order; a larger one its single parameters.
    """
    found: dict[Names, tuple[str, ...]] = {}
    for names in sets:
        sizes = range(1, len(names)) if len(names) <= _ALL_SUBSETS else (1,)
        for part in [*(part for size in sizes for part in combinations(names, size)), tuple(names)]:
            found.setdefault(frozenset(part), tuple(part))
    return sorted(found.values(), key=len)


def ordered(values: Mapping[Names, tuple[float, float]], *, most: float) -> dict[Names, Ordered]:
    """Hold values to the order of their sets.

    Parameters
    ----------
    values : mapping of frozenset of str to (float, float)
        What each set's own rule achieved, and its standard error.
    most : float
        What knowing every world is worth.

    Returns
    -------
    dict
        For sets S and T among them with S in T: 0 <= value of S <= value of T <= ``most``.
    """
    found: dict[Names, Ordered] = {}
    by_size = sorted(values, key=len)
    for names in by_size:
        value, error = own, own_error = values[names]
        for part in by_size:
            if len(part) >= len(names):
                break
            if part < names and values[part][0] > value:
                value, error = values[part]
        held = min(max(value, 0.0), most)
        found[names] = Ordered(held, error, abs(held - own) > _ALLOWED * max(own_error, error))
    return found
