"""Conditional means given some parameters, estimated in some worlds and predicted in others.

A regression of targets (utility differences, outcomes) on one or several parameters of the worlds by penalised
splines: of one parameter a P-spline, of two their tensor product, of more the sum of their P-splines with products of
every two lines. What is predicted for a world comes from the other folds of worlds alone, how smooth is chosen by
cross-validation within those other folds, and where even the best curve predicts no better than the plain mean, the
plain mean is what is predicted: a parameter that changes nothing is then seen to change nothing.

References
----------
Eilers & Marx (1996), "Flexible smoothing with B-splines and penalties", *Statistical Science* 11, 89-121.
Eilers & Marx (2003), "Multivariate calibration with temperature interaction using two-dimensional penalized signal
regression", *Chemometrics and Intelligent Laboratory Systems* 66, 159-174 (tensor products).
Stone (1974), "Cross-validatory choice and assessment of statistical predictions", *JRSS B* 36, 111-147.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np

from forecast.decision.bases import Basis
from forecast.decision.designs import Design, design_of
from forecast.errors import InvalidArgument
from priors.streams import keyed_uniforms

__all__ = ["FOLDS", "LEAST_WORLDS", "CrossFit", "Smooth", "conditional_means", "folds_of"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]

FOLDS = 5
LEAST_WORLDS = 50
"""Fewest worlds: ten a fold. With fewer, a curve and its smoothness cannot both be found within four folds."""

_MARGIN = 2.0
"""By how many worlds' worth of noise a curve must beat the mean in the sum of squared errors of cross-validation.

A line through pure noise beats it by this much once in about 25 times; one that matters in a comparison of options
beats it by far more, since its slope must be several standard errors.
"""

_SMALL = 160
"""Up to so many columns all pairs of folds are left out in turn; beyond, each fold with its neighbours."""

_RIDGE = 1e-9


@lru_cache(maxsize=8)
def folds_of(worlds: int) -> Whole:
    """Give each world's fold, 0..FOLDS-1: among each FOLDS worlds in a row every fold once, in random order.

    A world's fold depends on its number and on nothing else. The order is random because worlds may come in a
    pattern, as where every case of a table is repeated by its frequency.
    """
    blocks = -(-worlds // FOLDS)
    drawn = keyed_uniforms(0, "decision folds", 0, blocks, rows=FOLDS)
    found = np.argsort(drawn, axis=0).T.reshape(-1)[:worlds].astype(np.int64)
    found.flags.writeable = False
    return found


@dataclass(frozen=True)
class Smooth:
    """What was predicted.

    Attributes
    ----------
    predicted : ndarray
        Shape (world, target): the mean given the world's parameters, from the folds that the world is not in.
    baseline : ndarray
        Shape (world, target): the plain mean of those same folds.
    flat : ndarray of bool
        Shape (fold, target): where the plain mean is what is predicted, exactly.
    """

    predicted: Array
    baseline: Array
    flat: np.ndarray[Any, np.dtype[np.bool_]]


class CrossFit:
    """Targets, ready to be regressed on one set of parameters after another.

    Parameters
    ----------
    targets : ndarray
        Shape (world, target), finite.

    Raises
    ------
    InvalidArgument
        If there are fewer than 50 worlds.
    """

    def __init__(self, targets: Array) -> None:
        worlds = targets.shape[0]
        if worlds < LEAST_WORLDS:
            raise InvalidArgument(
                f"{worlds} worlds",
                expected=f"at least {LEAST_WORLDS}, ten for each of {FOLDS} folds",
                mend="simulate more worlds; thousands for an answer that can be relied on",
            )
        folds = folds_of(worlds)
        self._order = np.argsort(folds, kind="stable")
        self._sizes = np.bincount(folds, minlength=FOLDS)
        stops = np.cumsum(self._sizes)
        self._slices = [slice(int(stop - size), int(stop)) for stop, size in zip(stops, self._sizes, strict=True)]
        # Centred once, so that sums of squares lose nothing to a large mean.
        self._centre = targets.mean(axis=0)
        self._targets = np.ascontiguousarray((targets - self._centre)[self._order])
        self._sums = np.array([self._targets[part].sum(axis=0) for part in self._slices])
        self._squares = np.array([(self._targets[part] ** 2).sum(axis=0) for part in self._slices])

    def given(self, bases: Sequence[Basis]) -> Smooth:
        """Predict the targets from parameters.

        Parameters
        ----------
        bases : sequence of Basis
            One a parameter, over the same worlds; constants among them add nothing.

        Returns
        -------
        Smooth
            In the order of the worlds.
        """
        total, count = self._sums.sum(axis=0), self._sizes.sum()
        means = (total - self._sums) / (count - self._sizes)[:, np.newaxis]
        flat = np.ones(means.shape, dtype=bool)
        sorted_means = np.repeat(means, self._sizes, axis=0)
        predicted = sorted_means.copy()
        design = design_of(bases)
        if design is not None:
            self._fill(design, predicted, flat)
        return Smooth(self._restored(predicted), self._restored(sorted_means), flat)

    def _restored(self, rows: Array) -> Array:
        found = np.empty_like(rows)
        found[self._order] = rows + self._centre
        return found

    def _fill(self, design: Design, predicted: Array, flat: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
        columns = design.columns[self._order]
        parts = [columns[part] for part in self._slices]
        grams = np.array([part.T @ part for part in parts])
        moments = np.array([part.T @ self._targets[where] for part, where in zip(parts, self._slices, strict=True)])
        errors, plain = self._errors(design, grams, moments)
        chosen = errors.argmin(axis=1)
        least = np.take_along_axis(errors, chosen[:, np.newaxis], axis=1)[:, 0]
        # The noise of one world, by the mean's own errors: what a curve explains makes it smaller, not larger.
        seen = self._seen(design.width)
        flat[:] = plain - least <= _MARGIN * plain / seen[:, np.newaxis]
        for fold, part in enumerate(self._slices):
            gram, moment = grams.sum(axis=0) - grams[fold], moments.sum(axis=0) - moments[fold]
            count = self._sizes.sum() - self._sizes[fold]
            for candidate in np.unique(chosen[fold, ~flat[fold]]):
                fits = np.flatnonzero(~flat[fold] & (chosen[fold] == candidate))
                weights = _solved(gram, moment[:, fits], design.penalties[candidate], count)
                predicted[part, fits] = parts[fold] @ weights

    def _pairs(self, width: int) -> list[tuple[int, int]]:
        """Give the pairs of folds that are left out together to choose how smooth."""
        if width <= _SMALL:
            return list(combinations(range(FOLDS), 2))
        return [(fold, (fold + 1) % FOLDS) for fold in range(FOLDS)]

    def _seen(self, width: int) -> Whole:
        """Give the number of worlds by which the smoothness for each fold is judged."""
        seen = np.zeros(FOLDS, dtype=np.int64)
        for one, other in self._pairs(width):
            seen[one] += self._sizes[other]
            seen[other] += self._sizes[one]
        return seen

    def _errors(self, design: Design, grams: Array, moments: Array) -> tuple[Array, Array]:
        """Give squared errors in other folds, for the smoothness in each fold to be chosen by.

        Both folds of a pair are left out: the curve from the rest is tried on the one for the other's sake, so the
        choice for a fold never sees it.

        Returns
        -------
        errors : ndarray
            Shape (fold, candidate, target).
        plain : ndarray
            Shape (fold, target): those of the plain mean.
        """
        shape = (FOLDS, len(design.penalties), self._targets.shape[1])
        errors, plain = np.zeros(shape), np.zeros((FOLDS, shape[2]))
        whole, moment, total = grams.sum(axis=0), moments.sum(axis=0), self._sums.sum(axis=0)
        for one, other in self._pairs(design.width):
            count = self._sizes.sum() - self._sizes[one] - self._sizes[other]
            mean = (total - self._sums[one] - self._sums[other]) / count
            weights = _solved(
                whole - grams[one] - grams[other],
                moment - moments[one] - moments[other],
                design.penalties,
                count,
            )
            for kept, tried in ((one, other), (other, one)):
                fitted = grams[tried] @ weights
                errors[kept] += self._squares[tried] + (weights * (fitted - 2.0 * moments[tried])).sum(axis=-2)
                plain[kept] += self._squares[tried] - 2.0 * mean * self._sums[tried] + self._sizes[tried] * mean**2
        return errors, plain


def _solved(gram: Array, moment: Array, penalties: Array, count: int) -> Array:
    """Solve for the coefficients: penalties (..., column), result (..., column, target)."""
    width = gram.shape[0]
    diagonal = np.arange(width)
    whole = np.broadcast_to(gram, (*penalties.shape[:-1], width, width)).copy()
    # The least ridge keeps what these worlds cannot tell apart at the smallest coefficients.
    whole[..., diagonal, diagonal] += count * (penalties + _RIDGE)
    return np.asarray(np.linalg.solve(whole, np.broadcast_to(moment, (*penalties.shape[:-1], *moment.shape))))


def conditional_means(columns: Array, targets: Array) -> Smooth:
    """Predict targets from parameters, each world from the others.

    Parameters
    ----------
    columns : ndarray
        Shape (world, parameter), finite; may be constant, two-valued or tied.
    targets : ndarray
        Shape (world, target), finite; in any unit.

    Returns
    -------
    Smooth
        Predictions, and the plain means beside them, in the targets' units.

    Raises
    ------
    InvalidArgument
        If there are fewer than 50 worlds.
    """
    return CrossFit(targets).given([Basis(column) for column in np.ascontiguousarray(columns.T)])
