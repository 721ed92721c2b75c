"""Convergence of chains: one number for every scalar of a posterior."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["STATISTICS", "convergence"]

STATISTICS = ("r_hat", "ess_bulk", "ess_tail")
"""Rank-normalised split R-hat, and effective sample sizes for the centre and the tails (Vehtari et al. 2021)."""


def convergence(posterior: xr.Dataset, statistic: str) -> dict[str, float]:
    """Give a statistic of :data:`STATISTICS` for every scalar, by a name such as ``rate[2]``.

    Parameters
    ----------
    posterior : xarray.Dataset
        Dims chain, draw and those of each quantity.
    statistic : str
        Which.

    Returns
    -------
    dict of str to float
        NaN where it is not defined: too few chains or draws, values that are not finite or never move.
    """
    import arviz as az

    # What they warn of makes the result NaN.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if statistic == "r_hat":
            result = az.rhat(posterior, method="rank")
        else:
            result = az.ess(posterior, method=statistic.removeprefix("ess_"))
    found: dict[str, float] = {}
    for name, array in result.data_vars.items():
        for place, value in np.ndenumerate(array.values):
            found[f"{name}[{', '.join(map(str, place))}]" if place else str(name)] = float(value)
    return found
