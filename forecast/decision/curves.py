"""The conditional mean along one parameter, with errors that hold point by point and between targets.

All targets are smoothed alike and on all worlds, so the curve of a difference is the difference of the curves: nothing
depends on what the targets are measured from.

References
----------
Wood (2017), *Generalized Additive Models*, second edition, section 6.10 (errors of penalised fits).
Wu (1986), "Jackknife, bootstrap and other resampling methods in regression analysis", *Annals of Statistics* 14.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.decision.bases import Basis
from forecast.decision.smoothing import HIDDEN, CrossFit, Together
from forecast.estimates import perturbations

__all__ = ["Curve", "fitted_curve"]

_NODES, _REPEATS = 100, 500

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Curve:
    """Conditional means of targets along one parameter.

    Attributes
    ----------
    at : ndarray
        Shape (point,): values of the parameter, in its unit.
    means : ndarray
        Shape (point, target), in the targets' unit.
    errors : ndarray
        Shape (point, target): Monte-Carlo standard errors.
    moves : ndarray
        Shape (repeat, point, target): draws of what the means are off by, with one another: their spread is
        ``errors``. A parameter that changes nothing has the errors of the plain mean.
    hidden : ndarray
        Shape (point,): what a line could be off by, in ``errors``, where the plain mean is given because noise hides
        any line that there is; 0 where a curve is seen.
    """

    at: Array
    means: Array
    errors: Array
    moves: Array
    hidden: Array


def fitted_curve(values: Array, targets: Array, *, at: Array | None = None, points: int = 200) -> Curve:
    """Fit the mean of targets given one parameter.

    Parameters
    ----------
    values : ndarray
        Shape (world,), finite: the parameter.
    targets : ndarray
        Shape (world, target), finite.
    at : ndarray, optional
        Where to give the curve; by default ``points`` quantiles of the parameter from its 1% to its 99% point, each
        once.
    points : int
        How many by default.

    Returns
    -------
    Curve
        The smoothness is chosen by cross-validation, one for all targets. Errors come from reweighing blocks of
        worlds by random multipliers, to first order; they do not count what smoothing leaves out, which is kept small
        beside them.

    Raises
    ------
    InvalidArgument
        If there are fewer than 50 worlds.
    """
    basis = Basis(values)
    if at is None:
        at = np.unique(np.quantile(values, np.linspace(0.01, 0.99, points), method="inverted_cdf"))
    fit = CrossFit(targets).together(basis)
    here = basis.at(at).T
    moved = _moved(values, basis, fit, at, here)
    hidden = HIDDEN * np.abs(basis.scores(at)) if fit.flat and basis.varies else np.zeros(at.size)
    return Curve(at, here @ fit.weights + fit.centre, moved.std(axis=0, ddof=1), moved, hidden)


def _moved(values: Array, basis: Basis, fit: Together, at: Array, here: Array) -> Array:
    """Return what the means are off by, (repeat, point, target).

    Two things: the residuals through the fit; and the scores, which are ranks among these worlds, so far as the fit
    cannot make up for their being off (a shift of all scores it can). Both are moved by the same multipliers.
    """
    functions, targets = basis.functions, fit.residuals.shape[1]
    nodes = np.quantile(values, (np.arange(_NODES) + 0.5) / _NODES, method="inverted_cdf")
    below = (values < nodes[:, np.newaxis]) + 0.5 * (values == nodes[:, np.newaxis])
    residual = (functions[:, np.newaxis, :] * fit.residuals.T).reshape(-1, values.size)
    drawn = perturbations(np.vstack([residual, below]), repeats=_REPEATS)
    weights = drawn[:, : len(residual)].reshape(_REPEATS, len(functions), targets)
    through = here @ fit.spread * values.size
    moved = np.matmul(through, weights)
    ranks = drawn[:, len(residual) :]
    off = ranks / _density(basis.scores(nodes))
    distinct, places = np.unique(nodes, return_index=True)
    off_here = np.stack([np.interp(at, distinct, row) for row in off[:, places]])
    through_nodes = through @ basis.at(nodes) / _NODES
    slopes, slopes_here = basis.slopes(nodes).T @ fit.weights, basis.slopes(at).T @ fit.weights
    for target in range(targets):
        followed = (off * slopes[:, target]) @ through_nodes.T
        moved[:, :, target] += off_here * slopes_here[:, target] - followed
    return np.asarray(moved)


def _density(scores: Array) -> Array:
    return np.asarray(np.exp(-(scores**2) / 2.0) / np.sqrt(2.0 * np.pi))
