"""Two sources of variance, crossed: how much of what is seen comes from values, how much from facts, and from both.

Every weighting is tried in every world. Of a quantity y(w, omega) the law of total variance takes apart what the
weights explain on their own, what the worlds explain on their own, and what only both together explain (an option
that is best under some weights in some worlds). A choice has no variance as a number has; that of its indicators,
summed over options, is the chance that two draws choose differently (Gini's).

References
----------
Searle, Casella & McCulloch (1992), *Variance Components*, chapter 4: the crossed model and its unbiased estimators.
Light & Margolin (1971), "An analysis of variance for categorical data", *Journal of the American Statistical
Association* 66, 534-544: variance of a choice.
Efron & Stein (1981), "The jackknife estimate of variance", *Annals of Statistics* 9, 586-596.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["SOURCES", "Crossed"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

SOURCES = ("values", "facts", "both")

_GROUPS = 20
"""Groups of weights, and of worlds, that are left out in turn for the errors."""


@dataclass(frozen=True)
class _Sums:
    rows: Array
    columns: Array
    squares: Array


class Crossed:
    """A table of weightings by worlds that is filled row by row and never kept.

    Parameters
    ----------
    weightings, worlds : int
        Its size, two or more each.
    parts : int
        How many numbers a cell has; their variances are added up.
    """

    def __init__(self, weightings: int, worlds: int, *, parts: int) -> None:
        self._row_group = _groups(weightings)
        self._column_group = _groups(worlds)
        self._starts = np.flatnonzero(np.diff(self._column_group, prepend=-1))
        rows, columns = self._row_group.max() + 1, self._column_group.max() + 1
        self._sums = _Sums(
            np.zeros((parts, weightings, columns)), np.zeros((parts, rows, worlds)), np.zeros((rows, columns))
        )

    def add(self, row: int, cells: Array) -> None:
        """Put in the cells of a weighting, shape (part, world)."""
        group = self._row_group[row]
        self._sums.rows[:, row] = np.add.reduceat(cells, self._starts, axis=1)
        self._sums.columns[:, group] += cells
        self._sums.squares[group] += np.add.reduceat((cells**2).sum(axis=0), self._starts)

    def shares(self) -> tuple[Array, Array]:
        """Return the share of variance of each of :data:`SOURCES`, and its standard error; NaN where nothing varies."""
        estimate = self._estimate(None, None)
        variance = np.zeros(3)
        for rows in (True, False):
            groups = int((self._row_group if rows else self._column_group).max()) + 1
            left = [self._estimate(g if rows else None, None if rows else g) for g in range(groups)]
            variance += (groups - 1) / groups * ((np.array(left) - np.mean(left, axis=0)) ** 2).sum(axis=0)
        return estimate, np.sqrt(variance)

    def _estimate(self, without_row: int | None, without_column: int | None) -> Array:
        """Estimate the shares, without a group of weightings or of worlds."""
        kept_rows = self._row_group != without_row
        kept_columns = self._column_group != without_column
        row_groups = np.arange(self._row_group.max() + 1) != without_row
        column_groups = np.arange(self._column_group.max() + 1) != without_column
        m, n = int(kept_rows.sum()), int(kept_columns.sum())
        row_means = self._sums.rows[:, kept_rows][:, :, column_groups].sum(axis=2) / n
        column_means = self._sums.columns[:, row_groups][:, :, kept_columns].sum(axis=1) / m
        mean = row_means.mean(axis=1, keepdims=True)
        total = self._sums.squares[row_groups][:, column_groups].sum() - m * n * float((mean**2).sum())
        of_rows = n * float(((row_means - mean) ** 2).sum())
        of_columns = m * float(((column_means - mean) ** 2).sum())
        both = (total - of_rows - of_columns) / ((m - 1) * (n - 1))
        values = (of_rows / (m - 1) - both) / n
        facts = (of_columns / (n - 1) - both) / m
        found = np.maximum([values, facts, both], 0.0)
        # What is left of sums that cancel is rounding.
        return found / found.sum() if found.sum() > 1e-14 * max(float((mean**2).sum()), 1e-300) else np.full(3, np.nan)


def _groups(size: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    return np.asarray(np.arange(size) * min(size, _GROUPS) // size, dtype=np.intp)
