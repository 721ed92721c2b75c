"""The Gaussian copula that ties quantities together, world by world.

References
----------
Nelsen (2006), *An Introduction to Copulas*. Kruskal (1958), "Ordinal measures of association", *JASA* 53:
for a bivariate normal the probability of concordance of two draws with their medians is
1/2 + arcsin(rho) / pi, which is also that of two independent pairs.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping

import numpy as np

from forecast.errors import InvalidPrior

from .arguments import as_number
from .families import FloatArray

__all__ = [
    "Correlation",
    "apply_correlations",
    "components",
    "concordance_to_rho",
    "factor",
    "rho_to_concordance",
]


@dataclasses.dataclass(frozen=True)
class Correlation:
    """Two quantities that are believed to go together.

    Attributes
    ----------
    between : (str, str)
        Names of the quantities, in alphabetical order.
    rho : float
        Correlation of their normal scores, in (-1, 1).
    reason : str
        Why.
    claims : tuple of str
        Claims that it rests on.
    members : tuple of str
        In a pooled set, the members who believe it; empty for all.
    """

    between: tuple[str, str]
    rho: float
    reason: str = ""
    claims: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        first, second = self.between
        if first == second:
            raise InvalidPrior(
                f"a correlation of {first!r} with itself",
                expected="two different names",
                mend="name another quantity",
            )
        rho = as_number(self.rho, what=f"rho between {first} and {second}")
        if not -1 < rho < 1:
            raise InvalidPrior(
                f"rho = {rho:g} between {first} and {second}",
                expected="a correlation strictly between -1 and 1",
                mend="use a value such as 0.9: quantities that move as one are one quantity",
            )
        object.__setattr__(self, "between", (min(first, second), max(first, second)))
        object.__setattr__(self, "rho", rho)


def concordance_to_rho(concordance: float) -> float:
    """Give the correlation of normal scores from a probability of concordance.

    Parameters
    ----------
    concordance : float
        Probability, in (0, 1), that both quantities turn out on the same side of their medians.

    Returns
    -------
    float
        ``sin(pi (c - 1/2))``: .8 gives .809017.

    Raises
    ------
    InvalidPrior
        If it is not inside (0, 1).
    """
    number = as_number(concordance, what="concordance")
    if not 0 < number < 1:
        raise InvalidPrior(
            f"concordance = {number:g}",
            expected="a probability strictly between 0 and 1",
            mend="0.5 is no association, 0.8 a strong one",
        )
    return math.sin(math.pi * (number - 0.5))


def rho_to_concordance(rho: float) -> float:
    """Give the probability of concordance from the correlation of normal scores, the inverse of the above."""
    return 0.5 + math.asin(rho) / math.pi


def components(correlations: Iterable[Correlation]) -> list[list[str]]:
    """Group the names that are tied together, directly or through others; each in alphabetical order."""
    group: dict[str, set[str]] = {}
    for one in correlations:
        joined = group.get(one.between[0], {one.between[0]}) | group.get(one.between[1], {one.between[1]})
        for name in joined:
            group[name] = joined
    return sorted({tuple(sorted(members)): sorted(members) for members in group.values()}.values())


def factor(names: list[str], correlations: Iterable[Correlation]) -> list[list[float]]:
    """Give the lower Cholesky factor of the correlation matrix of one group.

    Pairs that no entry ties have correlation 0. Sums run in a fixed order in plain floats, so that the
    factor does not depend on a linear-algebra library.

    Raises
    ------
    InvalidPrior
        If the correlations contradict one another (the matrix is not positive definite).
    """
    inside = [one for one in correlations if one.between[0] in names]
    lower = _cholesky(names, inside)
    if lower is None:
        raise _contradiction(names, inside)
    return lower


def _cholesky(names: list[str], correlations: Iterable[Correlation]) -> list[list[float]] | None:
    place = {name: number for number, name in enumerate(names)}
    size = len(names)
    matrix = [[1.0 if i == j else 0.0 for j in range(size)] for i in range(size)]
    for one in correlations:
        if one.between[0] in place and one.between[1] in place:
            i, j = place[one.between[0]], place[one.between[1]]
            matrix[i][j] = matrix[j][i] = one.rho
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i][j]
            for k in range(j):
                rest -= lower[i][k] * lower[j][k]
            if i != j:
                lower[i][j] = rest / lower[j][j]
            elif rest > 1e-10:
                lower[i][i] = math.sqrt(rest)
            else:
                return None
    return lower


def _contradiction(names: list[str], correlations: list[Correlation]) -> InvalidPrior:
    """Name the pairs among a smallest group of names that is not positive definite."""
    group = list(names)
    for name in names:
        fewer = [other for other in group if other != name]
        if _cholesky(fewer, correlations) is None:
            group = fewer
    stated = {one.between: one.rho for one in correlations}
    pairs = [(first, second) for number, first in enumerate(group) for second in group[number + 1 :]]
    listed = ", ".join(
        f"{first} and {second} at " + (f"{stated[first, second]:g}" if (first, second) in stated else "0 (not stated)")
        for first, second in pairs
    )
    return InvalidPrior(
        f"correlations that contradict one another: {listed}",
        expected="a positive definite correlation matrix",
        mend="bring one of these closer to 0, or state the pair that is missing among them",
    )


def apply_correlations(normals: Mapping[str, FloatArray], correlations: Iterable[Correlation]) -> dict[str, FloatArray]:
    """Correlate independent standard normals.

    Parameters
    ----------
    normals : mapping of name to ndarray
        Independent standard normals, each of shape (worlds,).
    correlations : iterable of Correlation
        The pairs.

    Returns
    -------
    dict of name to ndarray
        The correlated names only. A world's value depends on that world's normals alone: the sums are
        element by element in a fixed order: a matrix product may change bits with the number of worlds.

    Raises
    ------
    InvalidPrior
        If the correlations contradict one another.
    """
    pairs = tuple(correlations)
    out: dict[str, FloatArray] = {}
    for names in components(pairs):
        lower = factor(names, pairs)
        for i, name in enumerate(names):
            total = lower[i][0] * normals[names[0]]
            for j in range(1, i + 1):
                total = total + lower[i][j] * normals[names[j]]
            out[name] = np.asarray(total)
    return out
