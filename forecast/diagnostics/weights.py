"""Importance weights, their tail smoothed, and how heavy it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.diagnostics.arrays import array_stats
from forecast.errors import InvalidArgument
from forecast.posterior.pareto import RELIABLE

__all__ = ["RELIABLE", "smoothed"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_FEWEST = 25
"""Draws without which no tail can be fitted."""


def smoothed(log_ratios: Array, *, relative_efficiency: float = 1.0) -> tuple[Array, float]:
    """Give Pareto-smoothed importance weights and their k-hat.

    Parameters
    ----------
    log_ratios : ndarray
        Shape (draw,): log of target over proposal density, up to a constant.
    relative_efficiency : float
        Effective number of draws over their number, > 0.

    Returns
    -------
    weights : ndarray
        Shape (draw,), summing to 1.
    khat : float
        Shape of the generalized Pareto distribution of the largest weights; -inf where all weights are equal.

    Raises
    ------
    InvalidArgument
        With fewer than 25 draws, or where a ratio is not a number or infinite.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, *Journal of Machine Learning
    Research* 25, 1-58.
    """
    if log_ratios.size < _FEWEST:
        raise InvalidArgument(
            f"a fit of {log_ratios.size} draws", expected=f"at least {_FEWEST}", mend="fit with more draws"
        )
    if np.isnan(log_ratios).any() or np.isposinf(log_ratios).any():
        raise InvalidArgument(
            "a log density that is not finite at some draw",
            expected="finite densities",
            mend="see forecast.check(fit), and leave out the item or widen the prior that it comes from",
        )
    finite = np.isfinite(log_ratios)
    if not finite.any():
        raise InvalidArgument(
            "weights that are all 0", expected="at least one draw that is possible", mend="see forecast.check(fit)"
        )
    # What is impossible has no weight to the last bit, and is no reason to call the others equal.
    log_ratios = np.maximum(log_ratios, log_ratios[finite].max() - 700.0)
    equal = np.full(log_ratios.size, 1.0 / log_ratios.size)
    if finite.all() and np.ptp(log_ratios) <= 1e-12 * max(1.0, float(np.abs(log_ratios).max())):
        return equal, float("-inf")
    try:
        log_weights, khat = array_stats().psislw(-log_ratios, r_eff=relative_efficiency)
    except ValueError:
        # The largest weights are all the same, so none of them is too large.
        shifted = np.exp(log_ratios - log_ratios.max())
        return shifted / shifted.sum(), float("-inf")
    weights = np.exp(np.asarray(log_weights, dtype=np.float64))
    return weights / weights.sum(), float(khat)
