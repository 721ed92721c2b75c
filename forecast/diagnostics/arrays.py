"""ArviZ's statistics of plain arrays of shape (chain, draw), quiet: NaN where there is too little to tell."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

__all__ = ["array_stats", "chain_error", "effective_draws", "quantile_error", "tail_index"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def array_stats() -> Any:
    """Return ArviZ's functions of arrays."""
    from importlib import import_module

    return import_module("arviz_stats.base").array_stats


def _quietly(name: str, draws: Array, **given: Any) -> float:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return float(getattr(array_stats(), name)(draws, **given))


def chain_error(draws: Array) -> float:
    """Estimate the Monte-Carlo error of the mean of chains, by ArviZ."""
    return _quietly("mcse", draws, method="mean")


def quantile_error(draws: Array, share: float) -> float:
    """Estimate the Monte-Carlo error of the quantile below which a share of the draws lies, by ArviZ."""
    return _quietly("mcse", draws, method="quantile", prob=share)


def effective_draws(draws: Array) -> float:
    """Estimate the effective number of draws for their mean; all of them where that cannot be told.

    Chains that avoid where they were can be worth more than their draws; that is not counted.
    """
    found = _quietly("ess", draws, method="mean")
    return min(found, float(draws.size)) if np.isfinite(found) and found > 0.0 else float(draws.size)


def tail_index(draws: Array) -> float:
    """Estimate the shape of the generalized Pareto distribution of the tails; -inf where it cannot be fitted."""
    try:
        found = _quietly("pareto_khat", draws)
    except ValueError:
        # Few draws, or a tail of equal ones.
        return -np.inf
    return found if np.isfinite(found) else -np.inf
