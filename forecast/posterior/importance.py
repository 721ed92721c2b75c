"""Adaptive importance sampling of a posterior whose prior is independent standard normals and choices among cells.

Rounds of a few thousand draws raise the likelihood to a power that grows until it is 1; each round fits a multivariate
t to its weighted draws, and the next one draws from that t and, for a tenth, from the prior, so that the weights
stay bounded by ten times the likelihood. The last round is the result. Nothing here knows of beliefs or evidence.

References
----------
Cappé, Douc, Guillin, Marin & Robert (2008), Adaptive importance sampling in general mixture classes, *Statistics and
Computing* 18, 447-459. Hesterberg (1995), Weighted average importance sampling and defensive mixture distributions,
*Technometrics* 37, 185-194. Owen & Zhou (2000), Safe and effective importance sampling, *JASA* 95, 135-143 (draws
shared out over the mixture's components in fixed numbers, weighted by the whole mixture). Neal (2001), Annealed
importance sampling, *Statistics and Computing* 11, 125-139 (powers of the likelihood).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special as sc

from forecast.posterior.pareto import tail_shape
from priors.streams import normals as keyed_normals
from priors.streams import uniforms as keyed_uniforms

__all__ = ["DEFENSIVE", "DRAWS", "PILOT", "Draws", "Target", "adapt"]

type Floats = np.ndarray[Any, np.dtype[np.float64]]
type Numbers = np.ndarray[Any, np.dtype[np.intp]]

DRAWS = 65_536
"""Draws of the last round."""

PILOT = 8_192
"""Draws of the rounds before it."""

DEFENSIVE = 0.1
"""Share of the draws that come from the prior."""

_DEGREES = 8
"""Degrees of freedom of the t; even, so that its chi-square is a sum of logs of uniforms."""

_WIDER = 1.15
"""What the covariance is multiplied by: a proposal that is too wide costs little, one too narrow much."""

_EFFECTIVE = 0.05
"""Share of a round's draws that the power of the likelihood leaves effective."""

_GRID, _STEP = 90, 0.25
"""Powers of the likelihood that are tried, and the difference of their logs: down to 2e-10."""

_ROUNDS = 40
"""Rounds at most; shipped beliefs and evidence take one to three."""

_CHUNK = 8_192
"""Draws at a time, so that what is computed with stays in the processor's cache."""

_PRIOR_SHARE, _LEAST = 0.2, 0.02
"""Of the proposal for a choice: the prior's share, and the least probability of a cell that the prior allows."""


@dataclass(frozen=True)
class Target:
    """What is sampled.

    Attributes
    ----------
    normals : int
        How many coordinates are standard normal under the prior.
    cells : tuple of ndarray
        For each choice, the prior probabilities of its cells, which sum to 1.
    log_likelihood : callable
        Takes normals, shape (coordinate, draw), and the number of the cell of each choice, shape (choice, draw), and
        gives the log likelihood, shape (draw,); minus infinity where the evidence is impossible.
    """

    normals: int
    cells: tuple[Floats, ...]
    log_likelihood: Callable[[Floats, Numbers], Floats]


@dataclass(frozen=True)
class Draws:
    """Weighted draws of a posterior.

    Attributes
    ----------
    normals : ndarray
        Shape (coordinate, draw).
    cells : ndarray of int
        Shape (choice, draw).
    log_ratios : ndarray
        Shape (draw,): log of prior over proposal.
    log_weights : ndarray
        Shape (draw,): that and the log likelihood. The mean of the weights is the marginal likelihood.
    rounds : int
        Rounds before the last.
    reached : bool
        Whether the whole likelihood was reached; if not the weights tell so as well.
    """

    normals: Floats
    cells: Numbers
    log_ratios: Floats
    log_weights: Floats
    rounds: int
    reached: bool

    @property
    def weights(self) -> Floats:
        """Weights that sum to 1, shape (draw,)."""
        return shares(self.log_weights)

    @property
    def effective(self) -> float:
        """How many equally weighted draws these are worth (Kish 1965)."""
        return effective(self.weights)

    @property
    def khat(self) -> float:
        """Pareto shape of the largest weights; minus infinity where they are all equal."""
        return tail_shape(self.log_weights)

    @property
    def log_marginal(self) -> tuple[float, float]:
        """Log of the marginal likelihood, and its Monte-Carlo standard error."""
        largest = float(self.log_weights.max())
        if not math.isfinite(largest):
            return -math.inf, math.nan
        ratio = np.exp(self.log_weights - largest)
        mean = float(ratio.mean())
        return largest + math.log(mean), float(ratio.std(ddof=1)) / math.sqrt(ratio.size) / mean


def shares(log_weights: Floats) -> Floats:
    """Give weights that sum to 1; all zero where every log weight is minus infinity."""
    largest = log_weights.max()
    if not np.isfinite(largest):
        return np.zeros_like(log_weights)
    raw = np.exp(log_weights - largest)
    return np.asarray(raw / raw.sum())


def effective(weights: Floats) -> float:
    """Give the effective number of draws of weights that sum to 1; 0 where they are all zero."""
    total = float((weights * weights).sum())
    return 1.0 / total if total > 0.0 else 0.0


def adapt(target: Target, *, seed: int, channel: str, draws: int = DRAWS, pilot: int = PILOT) -> Draws:
    """Draw from a posterior.

    Parameters
    ----------
    target : Target
        The prior's coordinates and the likelihood.
    seed : int
        The one root seed.
    channel : str
        Names the random numbers: draw i of a round depends on the seed, this name, the round and i only.
    draws, pilot : int
        Of the last round, and of each before it.

    Returns
    -------
    Draws
        The same bits whatever the linear-algebra library and the number of threads.
    """
    proposal: _Proposal | None = None
    power, number = 0.0, 0
    while number < _ROUNDS and power < 1.0:
        z, cells = _drawn(target, proposal, seed, f"{channel}:{number}", pilot)
        base = _log_prior_ratio(target, proposal, z, cells)
        log_likelihood = _in_chunks(target.log_likelihood, z, cells)
        if not np.isfinite(log_likelihood).any():
            break
        power = _power(base, log_likelihood)
        proposal = _fitted(target, z, cells, shares(_tempered(base, log_likelihood, power)))
        number += 1
    z, cells = _drawn(target, proposal, seed, f"{channel}:last", draws)
    log_ratios = _log_prior_ratio(target, proposal, z, cells)
    log_weights = log_ratios + _in_chunks(target.log_likelihood, z, cells)
    return Draws(z, cells, log_ratios, log_weights, number, power >= 1.0)


@dataclass(frozen=True)
class _Proposal:
    """A multivariate t and a probability for every cell of every choice."""

    centre: Floats
    root: Floats
    cells: tuple[Floats, ...]


def _tempered(base: Floats, log_likelihood: Floats, power: float) -> Floats:
    # 0 times minus infinity: what is impossible stays so.
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(log_likelihood), -np.inf, base + power * log_likelihood)


def _power(base: Floats, log_likelihood: Floats) -> float:
    """Give the largest power of the likelihood that leaves enough effective draws.

    Far from the prior there may be two stretches of such powers, one where draws from the prior count and one where
    those from the t do, so the largest is looked for from above on a grid before it is bisected.
    """

    def enough(power: float) -> bool:
        return effective(shares(_tempered(base, log_likelihood, power))) >= _EFFECTIVE * base.size

    above = 0.0
    for place in range(_GRID):
        log_power = -place * _STEP
        if enough(math.exp(log_power)):
            break
        above = log_power
    else:
        return math.exp(log_power)
    if log_power == 0.0:
        return 1.0
    low, high = log_power, above
    for _ in range(10):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if enough(math.exp(middle)) else (low, middle)
    return math.exp(low)


def _fitted(target: Target, z: Floats, cells: Numbers, weights: Floats) -> _Proposal:
    """Fit the proposal to weighted draws."""
    centre = np.array([float((weights * row).sum()) for row in z])
    off = z - centre[:, None]
    count = target.normals
    covariance = np.empty((count, count))
    for i in range(count):
        weighted = weights * off[i]
        for j in range(i + 1):
            covariance[i, j] = covariance[j, i] = _WIDER * float((weighted * off[j]).sum())
    shared = []
    for chosen, prior in zip(cells, target.cells, strict=True):
        # bincount adds in the order of the draws.
        found = np.bincount(chosen, weights=weights, minlength=prior.size)
        mixed = np.where(prior > 0.0, np.maximum((1.0 - _PRIOR_SHARE) * found + _PRIOR_SHARE * prior, _LEAST), 0.0)
        shared.append(mixed / mixed.sum())
    return _Proposal(centre, _root(covariance), tuple(shared))


def _root(covariance: Floats) -> Floats:
    """Give the lower Cholesky factor, by loops in a fixed order, of a covariance that may be near singular."""
    count = len(covariance)
    lower = np.zeros((count, count))
    for i in range(count):
        for j in range(i + 1):
            rest = float(covariance[i, j])
            for k in range(j):
                rest -= lower[i, k] * lower[j, k]
            if i == j:
                # Under the prior every coordinate has variance 1: a millionth of that stands for none.
                lower[i, i] = math.sqrt(max(rest, 1e-6))
            else:
                lower[i, j] = rest / lower[j, j]
    return lower


def _drawn(target: Target, proposal: _Proposal | None, seed: int, channel: str, draws: int) -> tuple[Floats, Numbers]:
    """Draw from the proposal; its first draws, and all of them where there is none yet, from the prior."""
    names = [f"{channel}:{number}" for number in range(target.normals)]
    z = keyed_normals(seed, names, 0, draws)[:, 0]
    choices = [f"{channel}:cell {number}" for number in range(len(target.cells))]
    uniforms = keyed_uniforms(seed, choices, 0, draws)[:, 0]
    first = draws if proposal is None else round(DEFENSIVE * draws)
    if proposal is not None:
        steps = keyed_uniforms(seed, [f"{channel}:chi-square"], first, draws, rows=_DEGREES // 2)[0]
        # Half a chi-square with an even number of degrees is a sum of exponentials.
        stretch = np.sqrt(_DEGREES / (-2.0 * np.log(steps).sum(axis=0)))
        normal = z[:, first:].copy()
        for i in range(target.normals):
            total = np.zeros(draws - first)
            for j in range(i + 1):
                total += proposal.root[i, j] * normal[j]
            z[i, first:] = proposal.centre[i] + stretch * total
    cells = np.empty(uniforms.shape, dtype=np.intp)
    for number, prior in enumerate(target.cells):
        cells[number, :first] = _chosen(prior, uniforms[number, :first])
        if proposal is not None:
            cells[number, first:] = _chosen(proposal.cells[number], uniforms[number, first:])
    return z, cells


def _chosen(probabilities: Floats, uniforms: Floats) -> Numbers:
    edges = np.cumsum(probabilities)
    # What rounding leaves above the last edge belongs to the last cell that can be chosen.
    last = int(np.flatnonzero(probabilities)[-1])
    return np.minimum(np.searchsorted(edges, uniforms, side="right"), last).astype(np.intp)


def _log_prior_ratio(target: Target, proposal: _Proposal | None, z: Floats, cells: Numbers) -> Floats:
    """Give the log of the prior density over that of the proposal, shape (draw,)."""
    if proposal is None:
        return np.zeros(z.shape[1])
    return _in_chunks(lambda part, chosen: _log_ratio(target, proposal, part, chosen), z, cells)


def _log_ratio(target: Target, proposal: _Proposal, z: Floats, cells: Numbers) -> Floats:
    count = target.normals
    squares, distance = np.zeros(z.shape[1]), np.zeros(z.shape[1])
    solved: list[Floats] = []
    for i in range(count):
        rest = z[i] - proposal.centre[i]
        for j in range(i):
            rest -= proposal.root[i, j] * solved[j]
        solved.append(rest / proposal.root[i, i])
        distance += solved[i] * solved[i]
        squares += z[i] * z[i]
    log_root = sum(math.log(proposal.root[i, i]) for i in range(count))
    # Both up to the same factor, (2 pi) to the power of minus half the dimension.
    constant = sc.gammaln(0.5 * (_DEGREES + count)) - sc.gammaln(0.5 * _DEGREES)
    constant += 0.5 * count * (math.log(2.0) - math.log(_DEGREES)) - log_root
    log_t = constant - 0.5 * (_DEGREES + count) * np.log1p(distance / _DEGREES)
    adapted_over_prior = log_t + 0.5 * squares
    for chosen, prior, shared in zip(cells, target.cells, proposal.cells, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            adapted_over_prior += (np.log(shared) - np.log(prior))[chosen]
    return -np.logaddexp(math.log(DEFENSIVE), math.log(1.0 - DEFENSIVE) + adapted_over_prior)


def _in_chunks(function: Callable[[Floats, Numbers], Floats], z: Floats, cells: Numbers) -> Floats:
    size = cells.shape[1] if cells.shape[0] else z.shape[1]
    out = np.empty(size)
    for start in range(0, size, _CHUNK):
        part = slice(start, start + _CHUNK)
        out[part] = function(np.ascontiguousarray(z[:, part]), cells[:, part])
    return out
