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
from forecast.decision.paired import perturbations
from forecast.decision.smoothing import CrossFit

__all__ = ["Curve", "fitted_curve"]

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
    """

    at: Array
    means: Array
    errors: Array
    moves: Array


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
        worlds by random multipliers (a wild bootstrap of the residuals) and do not count what smoothing leaves out,
        which is kept small beside them.

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
    # What each world adds to each coefficient: its residual times its functions, through the inverse.
    moves = np.stack(
        [perturbations(fit.spread @ (basis.functions * residual)) for residual in fit.residuals.T],
        axis=-1,
    )
    moved = np.einsum("pc,rct->rpt", here, values.size * moves)
    return Curve(at, here @ fit.weights + fit.centre, moved.std(axis=0, ddof=1), moved)
