"""How often each option is best, by weightings and by worlds, and which of the two decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.decision.crossed import SOURCES, Crossed
from forecast.decision.simplex import NOTHING, Contrasts
from forecast.decision.ties import best_in
from forecast.estimates import mean_error, perturbations

__all__ = ["BestShare", "VariancePart", "best_shares", "variance_parts"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_TABLE = 400
"""Weightings that are tried in every world to tell values and facts apart."""

_MOVED = 200
"""Perturbations of the means for the errors of shares: enough to know these to 5%."""


@dataclass(frozen=True)
class BestShare:
    """How often one option is best, by whose weights and in which world; the fields are the columns of the table.

    Attributes
    ----------
    option : str
        By name.
    share, share_error : float
        Share of the weightings on which readers disagree under which it has the highest expected utility, and its
        Monte-Carlo error (of the means and of the weightings drawn).
    share_sure : float
        Share of them under which that is beyond Monte-Carlo error.
    best, best_error : float
        Share of worlds in which it is best at the mean weights, alone or tied, and its Monte-Carlo error.
    """

    option: str
    share: float
    share_error: float
    share_sure: float
    best: float
    best_error: float


@dataclass(frozen=True)
class VariancePart:
    """What one source explains of one quantity.

    Attributes
    ----------
    quantity : str
        "best option" (which option is best in a world under a weighting), or "regret" (what the option that is best at
        the mean weights gives up there).
    source : str
        "values": the weights alone; "facts": what is true and happens alone; "both": only the two together.
    share, error : float
        Share of the quantity's variance, the three summing to 1, and its error; NaN where nothing varies.
    """

    quantity: str
    source: str
    share: float
    error: float


def _won(utilities: Array) -> Array:
    """Return each option's part of being best, shape (option, case): 1, or shared evenly by those that tie."""
    best, _ = best_in(utilities, within=NOTHING)
    return np.asarray(best / best.sum(axis=0))


def best_shares(
    found: Array, names: list[str], drawn: Array, mean_weights: Array, contrasts: Contrasts, *, exact: bool
) -> tuple[BestShare, ...]:
    """Say how often each option is best.

    Parameters
    ----------
    found : ndarray
        Scores of goals, shape (goal, option, world).
    names : list of str
        The options.
    drawn : ndarray
        Weightings, shape (draw, goal).
    mean_weights : ndarray
        Shape (goal,).
    contrasts : Contrasts
        What tells options apart, at the drawn weightings too.
    exact : bool
        Whether the weights are exact, so that all draws are one.

    Returns
    -------
    tuple of BestShare
        One an option.

    References
    ----------
    Lahdelma, Hokkanen & Salminen (1998), "SMAA: stochastic multiobjective acceptability analysis", *European Journal of
    Operational Research* 106, 137-143.
    """
    means = found.mean(axis=-1)
    won = _won(means.T @ drawn.T)
    gains = (found - found[:, :1]).reshape(-1, found.shape[-1])
    moves = perturbations(gains, repeats=_MOVED).reshape(-1, *means.shape)
    moved = np.array([_won((means + move).T @ drawn.T).mean(axis=1) for move in moves])
    # With exact weights nothing was drawn.
    of_weights = np.array([0.0 if exact else mean_error(one) for one in won])
    errors = np.hypot(moved.std(axis=0, ddof=1), of_weights)
    judged = [contrasts.judge(weights) for weights in (drawn[:1] if exact else drawn)]
    in_worlds, _ = best_in(np.tensordot(mean_weights, found, axes=1), within=NOTHING)
    return tuple(
        BestShare(
            name,
            float(won[i].mean()),
            float(errors[i]),
            float(np.mean([best == name and not within for best, _, _, within in judged])),
            float(in_worlds[i].mean()),
            mean_error(in_worlds[i], event=True),
        )
        for i, name in enumerate(names)
    )


def variance_parts(found: Array, names: list[str], drawn: Array, mean_weights: Array) -> tuple[VariancePart, ...]:
    """Try weightings in every world, and take apart which option is best and what the usual best one gives up.

    Parameters
    ----------
    found, names, drawn, mean_weights
        As for :func:`best_shares`.

    Returns
    -------
    tuple of VariancePart
        Each quantity by each source.
    """
    tried = drawn[:_TABLE]
    worlds = found.shape[-1]
    choice, regret = (Crossed(len(tried), worlds, parts=parts) for parts in (len(names), 1))
    usual = _won((mean_weights @ found.mean(axis=-1))[:, np.newaxis])[:, 0]
    for row, weights in enumerate(tried):
        utilities = np.tensordot(weights, found, axes=1)
        choice.add(row, _won(utilities))
        regret.add(row, (utilities.max(axis=0) - usual @ utilities)[np.newaxis])
    parts = []
    for quantity, table in (("best option", choice), ("regret", regret)):
        shares, errors = table.shares()
        parts += [
            VariancePart(quantity, source, float(share), float(error))
            for source, share, error in zip(SOURCES, shares, errors, strict=True)
        ]
    return tuple(parts)
