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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from forecast.decision.bases import Basis
from forecast.decision.designs import Design, design_of
from forecast.decision.folds import FOLDS, check_worlds, folds_of
from forecast.decision.threads import in_threads

__all__ = ["HIDDEN", "CrossFit", "Smooth", "Together", "conditional_means"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]

_MARGIN = 6.0
"""By how many worlds' worth of noise a curve must beat the mean in the sum of squared errors of cross-validation.

Of parameters without any effect 2 to 4% pass in a fold, and 8 to 13% in at least one of five (measured, 200 and 2,000
worlds, sets of one, two and four). A line whose slope is three standard errors passes.
"""

HIDDEN = 3.0
"""The steepest line, in standard errors of its slope, that the margin can keep from being seen."""

_SMALL = 160
"""Up to so many columns all pairs of folds are left out in turn; beyond, each fold with its neighbours."""

_RIDGE = 1e-9
_LEVERAGE = 0.9
"""From here on a world's residual says nothing of its noise, and is not blown up further."""

_CLOSED = 1e12
"""The penalty on what is to be left out altogether."""


@dataclass(frozen=True)
class Smooth:
    """What was predicted.

    Attributes
    ----------
    predicted : ndarray
        Shape (world, target): the mean given the world's parameters, from the folds that the world is not in.
    means : ndarray
        Shape (fold, target): the plain mean of all worlds but the fold's; what a world's parameters are to improve on.
    flat : ndarray of bool
        Shape (fold, target): where the plain mean is what is predicted, exactly.
    columns, weights : ndarray
        Shapes (column, world), in an order of the worlds of its own, and (fold, column, target): the curves.
    """

    predicted: Array
    means: Array
    flat: np.ndarray[Any, np.dtype[np.bool_]]
    columns: Array
    weights: Array

    def by(self, fold: int) -> Array:
        """Predict every world, in an order of their own, from all folds but one: shape (world, target)."""
        return np.asarray(self.means[fold] + self.columns.T @ self.weights[fold])


@dataclass(frozen=True)
class Together:
    """A fit of all targets in all worlds.

    Attributes
    ----------
    weights : ndarray
        Shape (function, target): coefficients, of targets from which ``centre`` is taken.
    spread : ndarray
        Shape (function, function): the inverse of the penalised products of functions.
    residuals : ndarray
        Shape (world, target): each over one less its world's leverage, so that a world that the curve bends to is not
        taken for one without noise (HC3: MacKinnon & White 1985, *Journal of Econometrics* 29, 305-325).
    centre : ndarray
        Shape (target,).
    flat : bool
        Whether it is the plain mean: a line that noise hides, of up to about three standard errors, is taken for none.
    """

    weights: Array
    spread: Array
    residuals: Array
    centre: Array
    flat: bool


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
        check_worlds(worlds)
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
        count = self._sizes.sum() - self._sizes
        means = (self._sums.sum(axis=0) - self._sums) / count[:, np.newaxis]
        flat = np.ones(means.shape, dtype=bool)
        design = design_of(bases, self._order)
        columns = np.zeros((1, self._order.size)) if design is None else design.columns
        weights = np.zeros((FOLDS, len(columns), means.shape[1]))
        if design is not None:
            self._fill(design, weights, flat)
            # The constant's part is kept apart, so that what is flat is the mean to the last digit.
            weights[:, 0] -= np.where(flat, 0.0, means)
        predicted = np.empty_like(self._targets)
        for fold, part in enumerate(self._slices):
            predicted[self._order[part]] = means[fold] + columns[:, part].T @ weights[fold] + self._centre
        return Smooth(predicted, means + self._centre, flat, columns, weights)

    def each[Found](
        self, sets: Sequence[Sequence[Basis]], then: Callable[[Smooth], Found], *, threads: int | None = None
    ) -> list[Found]:
        """Predict from one set of parameters after another, and keep what is made of each.

        Parameters
        ----------
        sets : sequence of sequence of Basis
            As for :meth:`given`.
        then : callable
            What to make of the predictions from a set, which are not kept.
        threads : int, optional
            How many sets at a time; as many as there are processors by default.

        Returns
        -------
        list
            One result a set, the same for any number of threads.
        """
        return in_threads(lambda bases: then(self.given(bases)), sets, threads=threads)

    def together(self, basis: Basis) -> Together:
        """Fit all targets on one parameter in all worlds, as smooth as predicts them best between them.

        Parameters
        ----------
        basis : Basis
            The parameter's.

        Returns
        -------
        Together
            Of the candidates the one next rougher than predicts best, so that what smoothing leaves out is small
            beside the error (Hall 1992, "Effect of bias estimation on coverage accuracy of bootstrap confidence
            intervals for a probability density", *Annals of Statistics* 20), but a straight line where that predicts
            best. The plain mean where no target is predicted better than by that.
        """
        design = design_of([basis], self._order)
        width = 1 if design is None else design.width
        penalty, flat = np.full(width, _CLOSED), True
        if design is not None:
            grams, moments = self._sums_of(design)
            errors, plain = self._errors(design, grams, moments)
            scale = plain.sum(axis=0)
            relative = (errors.sum(axis=0) / np.where(scale > 0.0, scale, 1.0)).sum(axis=1)
            gain = scale - errors.sum(axis=0)[relative.argmin()]
            if (gain > _MARGIN * scale / self._seen(width).sum()).any():
                best = int(relative.argmin())
                penalty = design.penalties[min(best + 1, len(relative) - 1) if best else 0].copy()
                flat = False
        penalty[0] = 0.0
        functions = basis.functions
        worlds = functions.shape[1]
        gram = functions @ functions.T + worlds * np.diag(penalty + _RIDGE)
        spread = np.linalg.inv(gram)
        targets = np.empty_like(self._targets)
        targets[self._order] = self._targets
        weights = spread @ (functions @ targets)
        leverage = np.einsum("iw,ij,jw->w", functions, spread, functions, optimize=True)[:, np.newaxis]
        residuals = (targets - functions.T @ weights) / (1.0 - np.minimum(leverage, _LEVERAGE))
        return Together(weights, spread, residuals, self._centre, flat)

    def _sums_of(self, design: Design) -> tuple[Array, Array]:
        """Give each fold's products of columns, and of columns with targets."""
        parts = [design.columns[:, part] for part in self._slices]
        grams = np.array([part @ part.T for part in parts])
        moments = np.array([part @ self._targets[where] for part, where in zip(parts, self._slices, strict=True)])
        return grams, moments

    def _fill(self, design: Design, weights: Array, flat: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
        grams, moments = self._sums_of(design)
        errors, plain = self._errors(design, grams, moments)
        chosen = errors.argmin(axis=1)
        least = np.take_along_axis(errors, chosen[:, np.newaxis], axis=1)[:, 0]
        # The noise of a world is taken from the mean's errors: with what a curve explains it would only be smaller.
        seen = self._seen(design.width)
        flat[:] = plain - least <= _MARGIN * plain / seen[:, np.newaxis]
        for fold in range(FOLDS):
            gram, moment = grams.sum(axis=0) - grams[fold], moments.sum(axis=0) - moments[fold]
            count = self._sizes.sum() - self._sizes[fold]
            for candidate in np.unique(chosen[fold, ~flat[fold]]):
                fits = np.flatnonzero(~flat[fold] & (chosen[fold] == candidate))
                weights[fold][:, fits] = _solved(gram, moment[:, fits], design.penalties[candidate], count)

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
