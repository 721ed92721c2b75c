"""The columns that stand for a set of parameters, and the ways of penalising them that are tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from forecast.decision.bases import Basis

__all__ = ["Design", "design_of"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]

# Penalties are in units of one world: a column of variance 1 with penalty p keeps 1 / (1 + p) of its coefficient. The
# roughness of the first curved function is 1, so 100 leaves lines and .00001 about what the segments can follow.
_SINGLE = (1e2, 1e1, 1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
_PAIR = (1e2, 1e0, 1e-1, 1e-2, 1e-3, 1e-4)
_STIFF = 1e3
"""How much more one parameter of a pair is penalised than the other, where they are not alike."""

_MOST = 8
"""Products of two parameters' functions are kept up to this sum of their places; rougher ones are penalised away."""

_MANY = 7
"""Functions of each parameter among three or more, the constant counted."""

_MANY_CURVES = (1e2, 1e0, 1e-2, 1e-4)
_PRODUCTS = (1e4, 1e-1, 1e-2, 1e-3)
_LINES = (1e-2, 1e-1, 1e0)
_MOST_PRODUCTS = 300
"""Products of lines are left out where there would be more: of up to 25 parameters all are kept."""


@dataclass(frozen=True)
class Design:
    """Columns and penalties.

    Attributes
    ----------
    columns : ndarray
        Shape (column, world); the first is the constant.
    penalties : ndarray
        Shape (candidate, column), >= 0: the smoothest candidate first.
    """

    columns: Array
    penalties: Array

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.columns.shape[0])


def design_of(bases: Sequence[Basis], order: Whole) -> Design | None:
    """Give the design for a set of parameters; None where all are constants.

    Parameters
    ----------
    bases : sequence of Basis
        One a parameter.
    order : ndarray of int
        Shape (world,): the order in which the columns are to have the worlds.

    Returns
    -------
    Design or None
        One parameter: all its functions. Two: products of their functions, the penalty on each the sum of the two
        roughnesses, also with either much stiffer than the other. More: the functions of each, and products of
        every two lines (for up to 25 parameters) with a ridge of their own.
    """
    varied = [basis for basis in bases if basis.varies]
    if not varied:
        return None
    functions = [np.take(basis.functions, order, axis=1) for basis in varied]
    if len(varied) == 1:
        return Design(functions[0], np.multiply.outer(np.array(_SINGLE), varied[0].roughness))
    if len(varied) == 2:
        return _pair(varied[0], varied[1], *functions)
    return _many(varied, functions)


def _pair(one: Basis, other: Basis, of_one: Array, of_other: Array) -> Design:
    places = [(i, j) for i in range(one.roughness.size) for j in range(other.roughness.size) if i + j <= _MOST]
    first, second = (np.array(side) for side in zip(*places, strict=True))
    columns = of_one[first] * of_other[second]
    rough, rough_other = one.roughness[first], other.roughness[second]
    ways = [rough + rough_other, rough + _STIFF * rough_other, _STIFF * rough + rough_other]
    return Design(columns, np.concatenate([np.multiply.outer(np.array(_PAIR), way) for way in ways]))


def _many(bases: Sequence[Basis], functions: Sequence[Array]) -> Design:
    curves = [part[1:_MANY] for part in functions]
    rough = np.concatenate([basis.roughness[1:_MANY] for basis in bases])
    lines = np.concatenate([np.arange(len(part)) == 0 for part in curves])
    pairs = list(combinations(range(len(bases)), 2))
    pairs = pairs if len(pairs) <= _MOST_PRODUCTS else []
    products = [functions[one][1] * functions[other][1] for one, other in pairs]
    columns = np.vstack([functions[0][:1], *curves, *products])

    def candidate(curve: float, product: float, line: float = 0.0) -> Array:
        return np.concatenate([[0.0], np.maximum(curve * rough, line * lines), np.full(len(pairs), product)])

    found = [candidate(_MANY_CURVES[0], _PRODUCTS[0], line) for line in reversed(_LINES)]
    kept = _PRODUCTS if pairs else _PRODUCTS[:1]
    found += [candidate(curve, product) for curve in _MANY_CURVES for product in kept]
    return Design(columns, np.array(found))
