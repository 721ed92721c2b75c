"""The posterior of a pool of beliefs: the posteriors of its members, mixed by what the evidence makes of each.

With prior sum_k w_k p_k and likelihood L the posterior is sum_k v_k (posterior of member k), where v_k is proportional
to w_k Z_k and Z_k, the marginal likelihood of member k, is the mean of L over that member's prior. The importance
sampler gives it with the member's posterior (:mod:`forecast.posterior.sampled`).

References
----------
Hoeting, Madigan, Raftery & Volinsky (1999), Bayesian model averaging: a tutorial, *Statistical Science* 14, 382-417.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.diagnostics.convergence import STATISTICS, convergence

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["MemberWeights", "mix", "pick_members"]


@dataclass(frozen=True)
class MemberWeights:
    """What each member of a pool weighs once the evidence is taken in.

    Attributes
    ----------
    before : ndarray
        Weights in the pool, shape (member,), sum 1.
    log_marginal : ndarray
        Log of the marginal likelihood of each member.
    log_marginal_error : ndarray
        Monte-Carlo standard error of that.
    khat : ndarray, optional
        The worst Pareto shape of the weights behind it, of any block: above 0.7 neither is known.
    """

    before: np.ndarray[Any, Any]
    log_marginal: np.ndarray[Any, Any]
    log_marginal_error: np.ndarray[Any, Any]
    khat: np.ndarray[Any, Any] | None = None

    @property
    def after(self) -> np.ndarray[Any, Any]:
        """Weights given the evidence, shape (member,), sum 1."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.before) + self.log_marginal
        raw = np.exp(logs - logs.max())
        return np.asarray(raw / raw.sum())

    @property
    def error(self) -> np.ndarray[Any, Any]:
        """Monte-Carlo standard error of the weights given the evidence, by the delta method; shape (member,)."""
        after = self.after
        # One that rules the evidence out has no error, and does not move the others.
        errors = np.where(after > 0.0, self.log_marginal_error, 0.0)
        # d v_k / d log Z_j = v_k (1[j = k] - v_j)
        slopes = after[:, None] * (np.eye(after.size) - after[None, :])
        return np.asarray(np.sqrt(((slopes * errors[None, :]) ** 2).sum(axis=1)))

    def variables(self) -> dict[str, Any]:
        """Give what a fit keeps of the members, as variables on dim member."""
        found = {
            "weight_before": self.before,
            "weight": self.after,
            "weight_error": self.error,
            "log_marginal_likelihood": self.log_marginal,
            "log_marginal_likelihood_error": self.log_marginal_error,
        }
        if self.khat is not None:
            found["khat"] = self.khat
        return {name: ("member", values) for name, values in found.items()}


def pick_members(weights: np.ndarray[Any, Any], chains: int, draws: int, *, seed: int) -> np.ndarray[Any, Any]:
    """Say which member each draw of the mixture comes from.

    In every chain each member has its share of the draws to within one (systematic sampling), in random order.

    Returns
    -------
    ndarray
        Numbers of members, shape (chain, draw).
    """
    picked = np.empty((chains, draws), dtype=np.intp)
    edges = np.cumsum(weights)[:-1]
    for chain, sequence in enumerate(np.random.SeedSequence(seed).spawn(chains)):
        generator = np.random.default_rng(sequence)
        places = (np.arange(draws) + generator.random()) / draws
        picked[chain] = generator.permutation(np.searchsorted(edges, places, side="right"))
    return picked


def mix(
    fits: Mapping[str, xr.DataTree], weights: MemberWeights, *, seed: int
) -> tuple[xr.Dataset, dict[str, xr.Dataset]]:
    """Mix the fits of a pool's members.

    Parameters
    ----------
    fits : mapping of str to xarray.DataTree
        A fit of each member, with the same chains and draws.
    weights : MemberWeights
        In the same order.
    seed : int
        For which draw follows which member.

    Returns
    -------
    posterior : xarray.Dataset
        Dims chain, draw. Draw d of chain c is draw d of chain c of the member that it follows.
    diagnostics : dict of str to xarray.Dataset
        ``sample_stats``: the chains of all members one after the other, with the coordinate ``member``.
        ``members``: ``follows`` (dims chain, draw), the number of the member that each draw follows; on dim member
        ``weight_before``, ``weight``, ``weight_error``, ``log_marginal_likelihood`` and its error; on dims (member,
        quantity) ``r_hat``, ``ess_bulk``, ``ess_tail`` of each member's own fit.
    """
    import xarray as xr

    names = list(fits)
    posteriors = [one["posterior"].to_dataset() for one in fits.values()]
    sizes = posteriors[0].sizes
    which = pick_members(weights.after, sizes["chain"], sizes["draw"], seed=seed)
    data = {}
    for name, array in posteriors[0].data_vars.items():
        values = [one[name].transpose("chain", "draw", ...).values for one in posteriors]
        out = np.empty_like(values[0])
        for number, value in enumerate(values):
            out[which == number] = value[which == number]
        data[name] = (array.transpose("chain", "draw", ...).dims, out)
    posterior = xr.Dataset(data, coords=posteriors[0].coords)

    stats = [one["sample_stats"].to_dataset() for one in fits.values()]
    chains = sizes["chain"]
    together = xr.concat(stats, dim="chain").assign_coords(
        chain=np.arange(chains * len(names)), member=("chain", np.repeat(names, chains))
    )
    members = _members(names, posteriors, weights).assign(follows=(("chain", "draw"), which.astype(np.int8)))
    return posterior, {"sample_stats": together.drop_attrs(), "members": members.assign_coords(posterior.coords)}


def _members(names: list[str], posteriors: list[xr.Dataset], weights: MemberWeights) -> xr.Dataset:
    import xarray as xr

    found = {statistic: [convergence(one, statistic) for one in posteriors] for statistic in STATISTICS}
    quantities = list(found["r_hat"][0])
    data = weights.variables()
    for statistic, members in found.items():
        data[statistic] = (("member", "quantity"), [[one[name] for name in quantities] for one in members])
    return xr.Dataset(data, coords={"member": names, "quantity": quantities})
