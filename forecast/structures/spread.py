"""How far a mean over worlds differs between forms of a structure, with what is only luck of the draw taken out.

Every form is run with the same worlds, so what differs between two forms in a world is partly the structure and partly
how its luck fell. The spread of the estimated means over forms is that of the true ones and of luck together; luck's
part is known from the spread over worlds, and the estimates are drawn together by as much. Where a few light forms lie
far from the others, and luck is as large as what all of them add to the spread, they are drawn in too far.

References
----------
Louis (1984), "Estimating a population of parameter values using Bayes and empirical Bayes methods", *JASA* 79, 393-398:
estimates drawn together until they are spread as the true values are. Efron & Tibshirani (1993), *An Introduction to
the Bootstrap*, chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from priors.streams import keyed_normals, keyed_uniforms

__all__ = ["BATCHES", "Spread", "Sums", "weighted_quantile"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

BATCHES = 50
"""Groups of worlds that the bootstrap draws."""

_RESAMPLES = 200
TAIL = 0.05
"""The range leaves this share of the forms' weight out at either end."""

LIGHTEST = 0.01
"""The lightest forms, up to this share of the weight together, do not count for the least and the greatest."""


def weighted_quantile(values: Array, weights: Array, share: float) -> Array:
    """Return the least value at or below which there is so much of the weight.

    Parameters
    ----------
    values, weights : ndarray
        Shape (..., form) and (form,) or (..., form); the weights sum to 1.
    share : float
        In (0, 1).

    Returns
    -------
    ndarray
        Shape (...).
    """
    order = np.argsort(values, axis=-1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=-1)
    below = np.cumsum(np.take_along_axis(np.broadcast_to(weights, values.shape), order, axis=-1), axis=-1)
    # Weights of forms that add up to the share in exact numbers may miss it by a rounding.
    place = np.minimum((below < share - 1e-9).sum(axis=-1, keepdims=True), values.shape[-1] - 1)
    return np.asarray(np.take_along_axis(ranked, place, axis=-1)[..., 0])


class Sums:
    """Adds up, form after form, what the spread is worked out from; no form's worlds are kept.

    Parameters
    ----------
    weights : ndarray
        Shape (form,), of all the forms that will be added, in their order; they sum to 1.
    worlds : int
        Worlds of each, at least 2.
    """

    def __init__(self, weights: Array, worlds: int) -> None:
        self.weights, self.worlds = weights, worlds
        self._edges = np.linspace(0, worlds, min(BATCHES, worlds) + 1).astype(np.intp)[:-1]
        self._means: list[Array] = []
        self._sum: Array | float = 0.0
        self._squares: Array | float = 0.0

    def add(self, values: Array) -> None:
        """Take in the next form: shape (..., world), the same worlds in the same order each time."""
        weight = self.weights[len(self._means)]
        self._sum = self._sum + weight * values
        self._squares = self._squares + weight * values * values
        self._means.append(np.add.reduceat(values, self._edges, axis=-1))

    def spread(self, errors: Array | None = None, fits: np.ndarray[Any, np.dtype[np.intp]] | None = None) -> Spread:
        """Return the spread.

        Parameters
        ----------
        errors : ndarray, optional
            Shape (form,): the standard errors of the logs of the weights; none by default.
        fits : ndarray of int, optional
            Shape (form,): the number of the fit behind each; one of its own by default.
        """
        between = self._squares - np.square(self._sum)
        return Spread(
            self.weights,
            np.zeros(self.weights.size) if errors is None else errors,
            np.arange(self.weights.size) if fits is None else fits,
            np.stack(self._means, axis=-2),
            np.add.reduceat(np.maximum(between, 0.0), self._edges, axis=-1),
            np.diff(np.append(self._edges, self.worlds)).astype(np.float64),
        )


@dataclass(frozen=True)
class Spread:
    """Means of some quantities under every form.

    Attributes
    ----------
    weights, errors : ndarray
        Shape (form,): weights that sum to 1, and the standard errors of their logs.
    fits : ndarray of int
        Shape (form,): the fit behind each; those of one fit are off together.
    sums : ndarray
        Shape (..., form, batch): each quantity added up over the worlds of a batch.
    between : ndarray
        Shape (..., batch): the variance over forms within a world, added up over the worlds of a batch.
    counts : ndarray
        Shape (batch,): worlds in each.
    """

    weights: Array
    errors: Array
    fits: np.ndarray[Any, np.dtype[np.intp]]
    sums: Array
    between: Array
    counts: Array

    def centred(self, weights: Array, again: Array, *, luck: float = 1.0) -> Array:
        """Return each form's mean less the mean over forms, drawn together until its spread is that of the true means.

        Parameters
        ----------
        weights : ndarray
            Shape (..., form), leading dims as those of ``again``.
        again : ndarray
            Shape (resample, batch): how often each batch counts.
        luck : float
            How many times luck is in the spread that is seen: once, and twice in a resample.

        Returns
        -------
        ndarray
            Shape (resample, ..., form).
        """
        worlds = again @ self.counts
        lead = (slice(None),) + (np.newaxis,) * (self.sums.ndim - 2)
        total = np.moveaxis(self.sums @ again.T, -1, 0)
        means = total / worlds[(*lead, np.newaxis)]
        shares = weights[(*lead, slice(None))]
        off = means - (shares * means).sum(axis=-1, keepdims=True)
        seen = (shares * off * off).sum(axis=-1)
        inside = np.moveaxis(self.between @ again.T, -1, 0) / worlds[lead]
        noise = luck * np.maximum(inside - seen, 0.0) / np.maximum(worlds[lead] - 1.0, 1.0)
        left = np.sqrt(np.maximum(seen - noise, 0.0) / np.where(seen > 0.0, seen, 1.0))
        return np.asarray(off * left[..., np.newaxis])

    def variance(self) -> Array:
        """Return the variance of the true means over forms, shape (...): what is seen less luck's part, at least 0."""
        off = self.centred(self.weights[np.newaxis], np.ones((1, self.counts.size)))[0]
        return np.asarray((self.weights * off * off).sum(axis=-1))

    def _ends(self, weights: Array, again: Array, *, luck: float = 1.0) -> Array:
        off = self.centred(weights, again, luck=luck)
        shares = np.broadcast_to(weights[(slice(None),) + (np.newaxis,) * (off.ndim - 2)], off.shape)
        order = np.argsort(self.weights, kind="stable")
        light = np.zeros(self.weights.size, dtype=np.bool_)
        # Weights that add up to the share in exact numbers may miss it by a rounding.
        light[order] = np.cumsum(self.weights[order]) < LIGHTEST + 1e-9
        counted = off[..., ~light]
        # The upper end is the mirror of the lower one, so that forms that weigh as much at either are told alike.
        return np.array(
            [
                weighted_quantile(off, shares, TAIL),
                -weighted_quantile(-off, shares, TAIL),
                counted.min(axis=-1),
                counted.max(axis=-1),
            ]
        )

    def part(self, which: slice) -> Spread:
        """Return some of the quantities, by the first dim."""
        return Spread(self.weights, self.errors, self.fits, self.sums[which], self.between[which], self.counts)

    def means(self) -> Array:
        """Return each form's mean as it was seen, shape (..., form)."""
        return np.asarray(self.sums.sum(axis=-1) / self.counts.sum())

    def ends(self, *, seed: int) -> tuple[Array, Array]:
        """Return the ends of the range, as differences from the mean over forms, and their standard errors.

        Parameters
        ----------
        seed : int
            For the bootstrap.

        Returns
        -------
        tuple of ndarray
            Each of shape (end, ...): the weighted 5th percentile from below and from above, the least and the
            greatest of all forms but the lightest hundredth.
        """
        batches = self.counts.size
        once = self._ends(self.weights[np.newaxis], np.ones((1, batches)))[:, 0]
        if self.weights.size == 1:
            return once, np.zeros_like(once)
        drawn = keyed_uniforms(seed, "structures", 0, _RESAMPLES, rows=batches).T
        again = np.array([np.bincount(row, minlength=batches) for row in (drawn * batches).astype(np.intp)])
        noise = keyed_normals(seed, "structure weights", 0, _RESAMPLES, rows=int(self.fits.max()) + 1).T
        weights = self.weights * np.exp(self.errors * noise[:, self.fits])
        weights /= weights.sum(axis=1, keepdims=True)
        return once, self._ends(weights, again.astype(np.float64), luck=2.0).std(axis=1, ddof=1)
