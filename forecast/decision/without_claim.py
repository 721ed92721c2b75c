"""Worlds without a claim: drawn anew with the same uniforms, or the worlds of a fit mapped and reweighted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.diagnostics.arrays import effective_draws
from forecast.diagnostics.groups import is_reached, reached_names
from forecast.diagnostics.picked import Picked
from forecast.diagnostics.weights import smoothed
from forecast.posterior.log_prior import joint_log_density, normal_scores
from forecast.posterior.pareto import tail_shape
from priors.copula import Correlation, components, factor
from priors.prior_set import PriorSet
from priors.without import Part

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Mapped", "Ratio", "combined", "mapped", "ratio_of"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Mapped:
    """The draws of a fit under other beliefs.

    Attributes
    ----------
    values : dict of str to ndarray
        What evidence does not reach and is another, shape (chain x draw,): the same quantiles of the new beliefs.
    log_ratio : ndarray
        Log density of the new beliefs over that of the old, of what evidence reaches; shape (chain x draw,).
    weights : ndarray
        Those ratios, smoothed, summing to 1.
    khat : float
        Pareto shape of their tail; -inf where all are the same.
    """

    values: dict[str, Array]
    log_ratio: Array
    weights: Array
    khat: float


def mapped(fit: xr.DataTree, old: PriorSet, part: Part) -> Mapped:
    """Take the draws of a fit to other beliefs.

    A quantity that no evidence reaches has its prior as posterior, so its draws are moved to the same quantiles of the
    new prior (through the normal scores, where correlations change too), which is exact. What evidence reaches keeps
    its draws, which are weighted by the ratio of the new joint prior density to the old.

    Parameters
    ----------
    fit : xarray.DataTree
        From :func:`forecast.fit`, of the beliefs ``old``.
    old : PriorSet
        Not pooled.
    part : Part
        What is believed instead.

    Returns
    -------
    Mapped
        In the order of the draws, chain by chain.
    """
    posterior = fit["posterior"].to_dataset()
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    reached = reached_names(fit)
    groups = _groups(old, _touched(part))
    draws = {name: _flat(posterior[name]) for group in groups for name in group}
    weighed = [group for group in groups if any(is_reached(name, reached) for name in group)]
    values: dict[str, Array] = {}
    for group in groups:
        if group not in weighed:
            values |= _moved(old, part.beliefs, group, draws)
    log_ratio = _log_ratio(old, part.beliefs, weighed, draws, shape[0] * shape[1])
    ratio = np.exp(log_ratio - log_ratio.max()).reshape(shape)
    efficiency = 1.0 if np.ptp(ratio) == 0.0 else effective_draws(ratio) / ratio.size
    weights, khat = smoothed(log_ratio, relative_efficiency=efficiency)
    return Mapped(values, log_ratio, weights, khat)


@dataclass(frozen=True)
class Ratio:
    """How likely each world of a fit by importance is under other beliefs, against those of the fit.

    Attributes
    ----------
    values : ndarray
        Smoothed density ratios, shape (world,); their mean says how well the other beliefs foretell the evidence.
    khat : float
        Pareto shape of their tail, the worst of all blocks; -inf where all are the same.
    redrawn : bool
        Whether something that evidence does not reach is another, so that worlds are to be drawn anew.
    """

    values: Array
    khat: float
    redrawn: bool


def ratio_of(one: Picked, old: PriorSet, part: Part) -> Ratio:
    """Weigh the worlds of a fit by importance by other beliefs about what evidence reaches.

    Parameters
    ----------
    one : Picked
        The draws that the worlds took.
    old : PriorSet
        The beliefs of the fit, not pooled.
    part : Part
        What is believed instead.
    """
    touched = _touched(part)
    total, khat, reached = np.ones(one.follows.size), -np.inf, set[str]()
    for block in one.blocks():
        values = one.values(block)
        reached |= set(values)
        groups = [group for group in _groups(old, touched) if set(group) <= set(values)]
        if not groups:
            continue
        log_ratio = _log_ratio(old, part.beliefs, groups, values, len(next(iter(values.values()))))
        logs = one.log_weights(block)
        mean = float(np.exp(logs + log_ratio).sum())
        weights, own = smoothed(logs + log_ratio)
        numbers = one.numbers(block)
        ratio = weights[numbers] / np.exp(logs[numbers])
        total *= mean * ratio
        # The draws may be fit for the other beliefs although few of the worlds that picked them are.
        with np.errstate(divide="ignore"):
            khat = max(khat, own, tail_shape(np.log(ratio)))
    return Ratio(total, khat, bool(touched - reached))


def _touched(part: Part) -> set[str]:
    """Name the quantities of which something else is believed."""
    return {*part.changed, *(name for pair in part.loosened for name in pair)}


def _groups(beliefs: PriorSet, touched: set[str]) -> list[list[str]]:
    """Group quantities that are tied together, each that is not by itself; only groups with one that is touched."""
    groups = components(beliefs.correlations)
    groups = groups + [[name] for name in beliefs if not any(name in group for group in groups)]
    return [group for group in groups if touched & set(group)]


def _log_ratio(
    old: PriorSet, new: PriorSet, groups: Sequence[Sequence[str]], draws: Mapping[str, Array], size: int
) -> Array:
    """Compute the log of how dense so many draws of some groups are under other beliefs, against the old ones."""
    total = np.zeros(size)
    for group in groups:
        total += joint_log_density(new, group, draws) - joint_log_density(old, group, draws)
    # A difference of infinite densities says that a draw is impossible under both.
    return np.where(np.isnan(total), -np.inf, total)


def _flat(array: xr.DataArray) -> Array:
    found: Array = array.transpose("chain", "draw").values.reshape(-1).astype(np.float64)
    return found


def _root(group: Sequence[str], correlations: Sequence[Correlation]) -> Array:
    return np.array(factor(list(group), correlations))


def _moved(old: PriorSet, new: PriorSet, group: Sequence[str], draws: dict[str, Array]) -> dict[str, Array]:
    """Return the draws that the same independent scores would have under other beliefs; only those that differ."""
    scores = normal_scores(old, group, draws)
    if len(group) > 1:
        before, after = (_root(group, beliefs.correlations) for beliefs in (old, new))
        if not np.array_equal(before, after):
            scores = after @ np.linalg.solve(before, scores)
    found = {}
    for place, name in enumerate(group):
        values = new[name].distribution.from_normals(np.ascontiguousarray(scores[place]))
        same = new[name].distribution == old[name].distribution
        # Through the scores and back costs the last digits, which a quantity that has not moved need not lose.
        if not same or not np.allclose(values, draws[name], rtol=1e-6, atol=0.0):
            found[name] = values
    return found


def combined(parts: Sequence[tuple[float, Array, Array]]) -> tuple[Array, float]:
    """Put the parts of the worlds together into one utility that has the mean and the error of the whole.

    Parameters
    ----------
    parts : sequence of (float, ndarray, ndarray)
        The weight of each part; its worlds' density ratios, shape (world,), 1 throughout where nothing is reweighted;
        and their utility, shape (option, world).

    Returns
    -------
    values : ndarray
        Shape (option, world): the mean, sum of weight x ratio x utility over that of weight x ratio, plus each world's
        influence on it. So means are the estimates and spreads over the root of the number of worlds their errors.
    effective : float
        How many equally weighted worlds these are worth.

    References
    ----------
    Owen (2013), *Monte Carlo theory, methods and examples*, section 9.2 (self-normalised importance sampling).
    """
    weight = np.sum([share * ratio for share, ratio, _ in parts], axis=0)
    scale = float(weight.mean())
    means = np.sum([share * (utility @ ratio) for share, ratio, utility in parts], axis=0) / weight.sum()
    influence = np.sum([share * ratio * (utility - means[:, None]) for share, ratio, utility in parts], axis=0) / scale
    return means[:, None] + influence, float(weight.sum() ** 2 / (weight**2).sum())
