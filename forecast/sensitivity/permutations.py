"""From one point of belief space to another, a group at a time, each world in an order of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri

from forecast.sensitivity.inputs import Inputs

__all__ = ["Permutations"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.intp]]


class Permutations:
    """Points on the way from one point of belief space to another.

    Parameters
    ----------
    inputs : Inputs
        What varies.
    groups : list of tuple of str
        A partition of the inputs.
    first, other : ndarray
        Independent uniforms of where the way begins and ends, shape (input, world).
    order : ndarray of int
        The group that moves at each step, shape (step, world).

    Notes
    -----
    The normals of parameters that go together are made from independent ones by the Cholesky factor of their
    correlations, taken in the reverse of the world's order. What has moved is last in that order, so it is drawn given
    what has not, and what has not moved stays.
    """

    def __init__(self, inputs: Inputs, groups: list[tuple[str, ...]], first: Array, other: Array, order: Whole) -> None:
        self.order = order
        self._inputs = inputs
        members = [np.array([inputs.names.index(name) for name in group]) for group in groups]
        self._uniforms, self._other = first.copy(), other
        self._normals, self._moved_normals = ndtri(first), ndtri(other)
        self._clusters = [
            _Cluster(inputs, members, cluster, self._normals, self._moved_normals, order)
            for cluster in _clusters(inputs, groups)
        ]
        # The group of each input that goes together with none outside it; of the others none.
        self._owner = np.full(len(inputs.names), -1)
        for number, places in enumerate(members):
            if not any(number in cluster.groups for cluster in self._clusters):
                self._owner[places] = number

    @property
    def matrix(self) -> Array:
        """The parameters of the present point, shape (parameter, world)."""
        normals = self._normals.copy()
        for cluster in self._clusters:
            normals[cluster.places] = cluster.normals()
        return self._inputs.made(normals, self._uniforms)

    def advance(self, step: int) -> Array:
        """Move each world's next group, and give the parameters of the new point: shape (parameter, world)."""
        moving = self.order[step]
        moved = self._owner[:, np.newaxis] == moving
        np.copyto(self._normals, self._moved_normals, where=moved)
        np.copyto(self._uniforms, self._other, where=moved)
        for cluster in self._clusters:
            cluster.moved += np.isin(moving, cluster.groups)
        return self.matrix


def _clusters(inputs: Inputs, groups: list[tuple[str, ...]]) -> list[list[int]]:
    """Give the groups that ties run between, by their numbers; a group that nothing ties to another is in none."""
    joined = [{number} for number in range(len(groups))]
    for tied in inputs.tied:
        touched = [set_ for set_ in joined if any(set(groups[number]) & set(tied) for number in set_)]
        joined = [set_ for set_ in joined if set_ not in touched] + [set().union(*touched)]
    # A single group may still have ties within it.
    inside = {name for tied in inputs.tied for name in tied}
    return [sorted(set_) for set_ in joined if any(set(groups[number]) & inside for number in set_)]


class _Cluster:
    """Groups that go together: their normals after each number of moves.

    Attributes
    ----------
    groups : list of int
        Their numbers.
    places : ndarray of int
        Their inputs.
    moved : ndarray of int
        How many of the groups have moved, shape (world,).
    """

    def __init__(
        self, inputs: Inputs, members: list[Whole], groups: list[int], first: Array, other: Array, order: Whole
    ) -> None:
        self.groups = groups
        self.places = np.concatenate([members[number] for number in groups])
        self.moved = np.zeros(first.shape[1], dtype=np.intp)
        correlation = inputs.correlation(self.places)
        inside = np.isin(order, groups)
        worlds = first.shape[1]
        # Row by row the groups of the cluster in the order in which they move.
        moves = order.T[inside.T].reshape(worlds, len(groups))
        spans = np.cumsum([0, *(len(members[number]) for number in groups)])
        where = {number: np.arange(spans[i], spans[i + 1]) for i, number in enumerate(groups)}
        self._after = np.empty((len(groups) + 1, len(self.places), worlds))
        for way in np.unique(moves, axis=0):
            these = np.flatnonzero((moves == way).all(axis=1))
            taken = np.concatenate([where[number] for number in way[::-1]])
            lower = np.linalg.cholesky(correlation[np.ix_(taken, taken)])
            independent = first[np.ix_(self.places[taken], these)]
            changed = other[np.ix_(self.places[taken], these)]
            begins = len(taken)
            for count in range(len(groups) + 1):
                if count:
                    begins -= len(where[way[count - 1]])
                    independent[begins:] = changed[begins:]
                self._after[count][np.ix_(taken, these)] = lower @ independent

    def normals(self) -> Array:
        """Give the normals of the present point, shape (input of the cluster, world)."""
        return np.asarray(np.take_along_axis(self._after, self.moved[np.newaxis, np.newaxis], axis=0)[0])
