"""Means and sums of products of worlds that come out with the same bits however the worlds were cut up.

Sums of doubles depend on their grouping. Here it is fixed by the worlds' numbers alone: worlds 2k and 2k + 1 are
merged, then pairs of such pairs, and so on, as in a binary tree whose leaves are the worlds. A range of worlds is kept
as the nodes that lie wholly inside it, at most two a level; whatever ranges a run was cut into, the nodes above are
merged from the same two children in the same order. A missing child counts as no worlds, and merging with that changes
no bit.

References
----------
Chan, Golub and LeVeque (1983). Algorithms for computing the sample variance: analysis and recommendations. The American
Statistician 37(3), 242-247: the merging of two means and sums of squares, and the tree ("pairwise") order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Layout", "Nodes", "fold", "places", "products", "reduce_range", "squares"]

type Floats = NDArray[np.float64]

Place = tuple[int, int]
"""A node: its level (0 for a world), and its number among the nodes of that level."""


@dataclass(frozen=True)
class Layout:
    """What is kept of each node.

    Attributes
    ----------
    series : int
        How many series have a mean.
    first, second : tuple of int
        Of which pairs of series the sum of products of deviations is kept; a series with itself for its variance.
    own_counts : bool
        Whether each series counts its own known worlds, or all are known in the same worlds.
    """

    series: int
    first: tuple[int, ...]
    second: tuple[int, ...]
    own_counts: bool

    @property
    def columns(self) -> int:
        """Numbers in a node."""
        return (self.series if self.own_counts else 1) + self.series + len(self.first)


def squares(series: int) -> Layout:
    """Return the layout of series that each have worlds in which they are unknown: counts, means, sums of squares."""
    each = tuple(range(series))
    return Layout(series, each, each, own_counts=True)


def products(series: int) -> Layout:
    """Return the layout of series known in the same worlds: one count, means, sums of products of every pair."""
    first, second = np.triu_indices(series)
    return Layout(series, tuple(map(int, first)), tuple(map(int, second)), own_counts=False)


class Nodes(NamedTuple):
    """Nodes side by side.

    ``n`` of shape (series or 1, node), ``mean`` of shape (series, node), ``m2`` of shape (pair, node).
    """

    n: Floats
    mean: Floats
    m2: Floats

    def part(self, which: Any) -> Nodes:
        """Return some of the nodes."""
        return Nodes(self.n[:, which], self.mean[:, which], self.m2[:, which])

    def rows(self) -> Floats:
        """Return the nodes as rows of numbers, shape (node, column)."""
        return np.concatenate([self.n, self.mean, self.m2]).T


def _of_rows(rows: Floats, layout: Layout) -> Nodes:
    counts = layout.series if layout.own_counts else 1
    columns = np.ascontiguousarray(rows.T)
    return Nodes(columns[:counts], columns[counts : counts + layout.series], columns[counts + layout.series :])


def _merge(a: Nodes, b: Nodes, layout: Layout) -> Nodes:
    total = a.n + b.n
    share = b.n / np.maximum(total, 1.0)
    step = b.mean - a.mean
    weight = a.n * share
    # Series with counts of their own have no products with one another.
    pairs = step * step if layout.own_counts else step[list(layout.first)] * step[list(layout.second)]
    return Nodes(total, a.mean + step * share, a.m2 + b.m2 + pairs * weight)


def _steps(start: int, stop: int) -> Iterable[tuple[int, int, int, bool, bool]]:
    """Return for each level: level, first node, how many, and whether the first and the last have no sibling here."""
    level, first, count = 0, start, stop - start
    while count > 0:
        alone_first = first % 2 == 1
        alone_last = count - alone_first > 0 and (first + count) % 2 == 1
        yield level, first, count, alone_first, alone_last
        pairs = (count - alone_first - alone_last) // 2
        level, first, count = level + 1, (first + alone_first) // 2, pairs


def places(start: int, stop: int) -> list[Place]:
    """Name the nodes that a range is kept as, in the order of the rows.

    Parameters
    ----------
    start, stop : int
        Half-open range of worlds.
    """
    found = []
    for level, first, count, alone_first, alone_last in _steps(start, stop):
        found += [(level, first)] * alone_first + [(level, first + count - 1)] * alone_last
    return found


def reduce_range(values: Floats, start: int, layout: Layout) -> Floats:
    """Reduce worlds to the nodes of their range.

    Parameters
    ----------
    values : ndarray
        Shape (series, world); not finite where unknown.
    start : int
        Number of the first world.
    layout : Layout
        What to keep. Where all series are known in the same worlds, a world with one unknown is left out of all.

    Returns
    -------
    ndarray
        Shape (node, column), nodes as :func:`places` names them.
    """
    known = np.isfinite(values)
    if not layout.own_counts:
        known = known.all(axis=0, keepdims=True)
    worlds = values.shape[1]
    nodes = Nodes(known.astype(np.float64), np.where(known, values, 0.0), np.zeros((len(layout.first), worlds)))
    kept = []
    for _level, _first, count, alone_first, alone_last in _steps(start, start + worlds):
        if alone_first:
            kept.append(nodes.part(slice(0, 1)).rows())
        if alone_last:
            kept.append(nodes.part(slice(count - 1, count)).rows())
        left, end = int(alone_first), count - alone_last
        nodes = _merge(nodes.part(slice(left, end, 2)), nodes.part(slice(left + 1, end, 2)), layout)
    return np.concatenate(kept)


def fold(parts: Iterable[tuple[int, int, Floats]], layout: Layout) -> Nodes:
    """Merge ranges that do not overlap into one node.

    Parameters
    ----------
    parts : iterable of (start, stop, ndarray)
        Ranges with their nodes, from :func:`reduce_range`; in any order.
    layout : Layout
        Of all of them.

    Returns
    -------
    Nodes
        A single one, with the bits of one range over all the worlds.
    """
    waiting: dict[int, dict[int, Floats]] = {}
    for start, stop, rows in parts:
        for (level, place), row in zip(places(start, stop), rows, strict=True):
            waiting.setdefault(level, {})[place] = row
    level, last = min(waiting), max(waiting)
    current: dict[int, Floats] = {}
    while True:
        current |= waiting.get(level, {})
        if level >= last and len(current) == 1:
            return _of_rows(next(iter(current.values()))[np.newaxis], layout)
        pairs = [place for place in current if place % 2 == 0 and place + 1 in current]
        above = {place // 2: row for place, row in current.items() if place ^ 1 not in current}
        if pairs:
            left, right = (np.array([current[place + side] for place in pairs]) for side in (0, 1))
            merged = _merge(_of_rows(left, layout), _of_rows(right, layout), layout).rows()
            above |= {place // 2: row for place, row in zip(pairs, merged, strict=True)}
        level, current = level + 1, above
