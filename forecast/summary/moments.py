"""Means and spreads that merge: of one series, and of every pair of options over the worlds that both know.

References
----------
Chan, Golub and LeVeque (1983). Algorithms for computing the sample variance: analysis and recommendations. The American
Statistician 37(3), 242-247.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

import numpy as np

__all__ = ["ExactPairs", "InOrder", "Moments", "Pairs", "PairsReport", "pairs_of", "variance"]

type Array = np.ndarray[Any, Any]

_EXACT_IN_DOUBLE = 2**53
"""Up to here doubles hold every whole number, so sums of products by matrix multiplication are exact."""

_EXACT_IN_LONG = 2**63
"""Below this 64 bits hold every whole number; sums that may be larger are in Python's own."""


def pairs_of(options: int) -> tuple[Array, Array]:
    """Give every pair of options once: the places of its first and of its second."""
    return np.triu_indices(options, k=1)


def variance(m2: Array, n: Array | int) -> Array:
    """Sample variance from a sum of squared deviations; NaN where there are fewer than two values."""
    number = np.broadcast_to(np.asarray(n, dtype=np.float64), np.shape(m2))
    return np.asarray(np.where(number > 1, m2, np.nan) / np.maximum(number - 1.0, 1.0))


@dataclass
class Moments:
    """Mean and sum of squared deviations of many series of the same length.

    Attributes
    ----------
    n : int
        Values in each series.
    mean, m2 : ndarray of float64
        Shape (series,).
    """

    n: int
    mean: Array
    m2: Array

    @classmethod
    def of(cls, values: Array) -> Self:
        """Take the moments of values of shape (series, world)."""
        mean, m2 = np.empty(values.shape[0]), np.empty(values.shape[0])
        # Row by row where rows are long, so that deviations stay in the cache.
        rows = max(1, 32_768 // max(1, values.shape[1]))
        for row in range(0, values.shape[0], rows):
            part = values[row : row + rows]
            centre = part.mean(axis=1)
            deviation = part - centre[:, None]
            mean[row : row + rows] = centre
            m2[row : row + rows] = np.einsum("sw,sw->s", deviation, deviation)
        return cls(values.shape[1], mean, m2)

    def merge(self, other: Moments) -> None:
        """Take in the moments of later worlds, in place."""
        total = self.n + other.n
        step = other.mean - self.mean
        self.mean = self.mean + step * (other.n / total)
        self.m2 = self.m2 + other.m2 + step * step * (self.n * (other.n / total))
        self.n = total


class Mergeable(Protocol):
    """What can take in its like; it replaces its arrays and changes none."""

    def merge(self, other: Any) -> None:
        """Take in later worlds, in place."""


@dataclass
class InOrder[T: Mergeable]:
    """Moments of granules that are to be merged one by one from the first on, whoever brings them along.

    Rounding depends on the grouping. So a worker that does several granules brings the moments of each, which are
    small, and they are folded where the first of them is.

    Attributes
    ----------
    parts : list
        In the order of their first worlds.
    """

    parts: list[T]

    @property
    def total(self) -> T:
        """All parts in one, merged from the first on."""
        first, *rest = self.parts
        for part in rest:
            first.merge(part)
        self.parts = [first]
        return first

    def merge(self, other: InOrder[T], *, fold: bool) -> None:
        """Take in later parts, in place: fold them into what is here, or bring them along."""
        if fold:
            total = self.total
            for part in other.parts:
                total.merge(part)
        else:
            # Merging gives new arrays and changes none, so that a shallow copy leaves the other as it was.
            self.parts = [*self.parts, *(copy.copy(part) for part in other.parts)]


@dataclass(frozen=True)
class PairsReport:
    """What is reported of every pair of options, each array of shape (option, other); NaN where it is not defined.

    Attributes
    ----------
    known : ndarray of int64
        Worlds in which both options have a value; on the diagonal, worlds in which the option has.
    mean, variance : ndarray
        Of each option's values, on (option,).
    difference, difference_variance : ndarray
        Option less other in the same world.
    variance_ratio : ndarray
        Variance of a difference between independent worlds, over that between paired ones.
    covariance : ndarray
        Of option and other over the same worlds; the diagonal holds the variance.
    """

    known: Array
    mean: Array
    variance: Array
    difference: Array
    difference_variance: Array
    variance_ratio: Array
    covariance: Array


@dataclass
class Pairs:
    """Moments of every pair of options over the worlds that both know.

    Entry (i, j) of ``mean`` and ``m2`` is of option i over the worlds that j knows too. Differences have moments of
    their own: got from variances and covariance, that of two options which hardly differ would be rounding.

    Attributes
    ----------
    n : ndarray of int64
        Worlds, shape (option, option), as all the others.
    mean, m2 : ndarray of float64
        Of the first option.
    product : ndarray of float64
        Sum of products of deviations of the two.
    difference, difference_m2 : ndarray of float64
        Mean and sum of squared deviations of the first less the second.
    """

    n: Array
    mean: Array
    m2: Array
    product: Array
    difference: Array
    difference_m2: Array

    @classmethod
    def of(cls, values: Array) -> Self:
        """Take the moments of values of shape (option, world), NaN where unknown."""
        options = values.shape[0]
        made = cls(np.zeros((options, options), dtype=np.int64), *(np.zeros((options, options)) for _ in range(5)))
        known = ~np.isnan(values)
        everywhere = bool(known.all())
        for i in range(options):
            for j in range(i, options):
                both = slice(None) if everywhere else known[i] & known[j]
                made._set(i, j, values[i][both], values[j][both])
        return made

    def _set(self, i: int, j: int, first: Array, second: Array) -> None:
        n = first.size
        self.n[i, j] = self.n[j, i] = n
        if n == 0:
            return
        self.mean[i, j], self.mean[j, i] = first.mean(), second.mean()
        a, b = first - self.mean[i, j], second - self.mean[j, i]
        self.m2[i, j], self.m2[j, i] = a @ a, b @ b
        self.product[i, j] = self.product[j, i] = a @ b
        if i != j:
            difference = first - second
            mean = difference.mean()
            difference -= mean
            self.difference[i, j], self.difference[j, i] = mean, -mean
            self.difference_m2[i, j] = self.difference_m2[j, i] = difference @ difference

    def merge(self, other: Pairs) -> None:
        """Take in the moments of later worlds, in place."""
        total = self.n + other.n
        share = other.n / np.maximum(total, 1)
        weight = self.n * share
        step, step_of_difference = other.mean - self.mean, other.difference - self.difference
        self.m2 = self.m2 + other.m2 + step * step * weight
        self.product = self.product + other.product + step * step.T * weight
        self.difference_m2 = self.difference_m2 + other.difference_m2 + step_of_difference**2 * weight
        self.mean = self.mean + step * share
        self.difference = self.difference + step_of_difference * share
        self.n = total

    def report(self) -> PairsReport:
        """Give what is reported."""
        unknown = self.n == 0
        spread = variance(self.difference_m2, self.n)
        independent = variance(self.m2, self.n) + variance(self.m2, self.n).T
        own = np.diagonal(self.n)
        return PairsReport(
            known=self.n,
            mean=np.where(own > 0, np.diagonal(self.mean), np.nan),
            variance=variance(np.diagonal(self.m2), own),
            difference=np.where(unknown, np.nan, self.difference),
            difference_variance=spread,
            variance_ratio=_ratio(independent, spread),
            covariance=variance(self.product, self.n),
        )


def _ratio(independent: Array, spread: Array) -> Array:
    differs = spread > 0.0
    return np.asarray(np.where(differs, independent, np.nan) / np.where(differs, spread, 1.0))


@dataclass
class ExactPairs:
    """Sums over the worlds that both of two options know, of whole numbers: exact, whatever the order.

    Attributes
    ----------
    n : ndarray of int64
        Worlds, shape (option, option), as all the others.
    total, squares : ndarray of int64 or of Python's whole numbers
        Sum of the first option's values, and of their squares.
    products : ndarray of int64 or of Python's whole numbers
        Sum of products of the two options' values.
    """

    n: Array
    total: Array
    squares: Array
    products: Array

    @classmethod
    def of(cls, values: Array) -> Self:
        """Take the sums of whole numbers of shape (option, world), NaN where unknown."""
        if values.dtype.kind == "f":
            known = ~np.isnan(values)
            filled = np.where(known, values, 0.0)
        else:
            known, filled = np.ones(values.shape, dtype=bool), values.astype(np.float64)
        largest = float(np.abs(filled).max(initial=0.0))
        most = largest * largest * values.shape[1]
        number: type = np.float64 if most < _EXACT_IN_DOUBLE else np.int64 if most < _EXACT_IN_LONG else object
        stored = object if number is object else np.int64
        # A double becomes a whole number by way of 64 bits, which hold every value, if not every square.
        kept: Array = filled.astype(np.int64).astype(number)
        told: Array = known.astype(np.int64).astype(number)
        sums = (kept @ told.T, (kept * kept) @ told.T, kept @ kept.T)
        together = known.astype(np.float64) @ known.T
        return cls(together.astype(np.int64), *(np.asarray(part).astype(stored) for part in sums))

    def merge(self, other: ExactPairs) -> None:
        """Take in the sums of other worlds, in place."""
        for field in fields(self):
            setattr(self, field.name, _added(getattr(self, field.name), getattr(other, field.name)))

    def discordant(self) -> tuple[Array, Array]:
        """For yes/no values: worlds in which only the first option has it, and in which only the other has."""
        only = self.total - self.products
        return only, only.T

    def report(self) -> PairsReport:
        """Give what is reported."""
        # Python's whole numbers do not overflow, and squares of sums over many worlds would.
        n, total, squares, products = (
            part.astype(object) for part in (self.n, self.total, self.squares, self.products)
        )
        difference = total - total.T
        m2 = n * squares - total * total
        difference_m2 = n * (squares + squares.T - 2 * products) - difference * difference
        pairs = n * (n - 1)
        spread = _divided(difference_m2, pairs)
        own = np.diagonal(m2)
        return PairsReport(
            known=self.n,
            mean=_divided(np.diagonal(total), np.diagonal(n)),
            variance=_divided(own, np.diagonal(pairs)),
            difference=_divided(difference, n),
            difference_variance=spread,
            variance_ratio=_divided(m2 + m2.T, difference_m2),
            covariance=_divided(n * products - total * total.T, pairs),
        )


def _added(one: Array, other: Array) -> Array:
    """Add whole numbers, in Python's own where 64 bits may not hold the sum."""
    largest = sum(max((abs(int(part.min())), abs(int(part.max())))) for part in (one, other))
    return one + other if largest < _EXACT_IN_LONG else one.astype(object) + other.astype(object)


def _divided(above: Array, below: Array) -> Array:
    """Divide whole numbers of any size, correctly rounded; NaN where the divisor is 0."""
    values = [a / b if b else float("nan") for a, b in zip(above.ravel(), below.ravel(), strict=True)]
    return np.array(values, dtype=np.float64).reshape(above.shape)
