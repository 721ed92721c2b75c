"""Convergence of chains: one number for every scalar of a posterior."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["STATISTICS", "by_chains", "convergence", "noted", "recalled"]

STATISTICS = ("r_hat", "ess_bulk", "ess_tail")
"""Rank-normalised split R-hat, and effective sample sizes for the centre and the tails (Vehtari et al. 2021)."""


def by_chains(fit: xr.DataTree) -> xr.Dataset:
    """Give what chains drew of a fit's posterior: all of it unless it says otherwise, nothing of importance draws."""
    posterior: xr.Dataset = fit["posterior"].to_dataset()
    names = posterior.attrs.get("by_chains")
    return posterior if names is None else posterior[[str(name) for name in np.atleast_1d(names)]]


def noted(posterior: xr.Dataset) -> str:
    """Give every statistic as JSON, with a fingerprint of the draws that it is of.

    Ranking the draws of a hundred quantities takes a second or two; a fit that is kept on disk keeps this with it.
    """
    found = {statistic: convergence(posterior, statistic) for statistic in STATISTICS}
    return json.dumps({"of": _fingerprint(posterior), **found})


def recalled(posterior: xr.Dataset, statistic: str, attrs: Mapping[Any, Any]) -> dict[str, float]:
    """Give a statistic from what :func:`noted` wrote into attributes; compute it if it is of other draws."""
    try:
        known = json.loads(attrs["convergence"])
        if known["of"] == _fingerprint(posterior):
            return {str(name): float(value) for name, value in known[statistic].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    return convergence(posterior, statistic)


def _fingerprint(posterior: xr.Dataset) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(map(str, posterior.data_vars)):
        array = posterior[name]
        values = np.ascontiguousarray(array.values)
        digest.update(f"{name} {array.dims} {values.dtype} {values.shape}".encode() + values.tobytes())
    return digest.hexdigest()


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
    if not posterior.data_vars:
        return {}
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
