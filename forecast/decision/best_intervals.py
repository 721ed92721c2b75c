"""Where along a curve which option is best, as far as the error of the curve tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.decision.curves import Curve

__all__ = ["BestInterval", "Turning", "best_along", "nowhere_ahead", "turning_between"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_LEVEL = 0.95
"""How surely an option must be ahead somewhere along its interval: all points of the curve at once."""


@dataclass(frozen=True)
class BestInterval:
    """Points ``first`` to ``last``, both included, along which one option (by its place) is best."""

    option: int
    first: int
    last: int


@dataclass(frozen=True)
class Turning:
    """Where two curves cross: the value, its draws in other worlds, in the parameter's unit."""

    value: float
    draws: Array


def best_along(curve: Curve, *, tolerance: float) -> tuple[list[BestInterval], list[BestInterval]]:
    """Split a curve into intervals by the best option, keeping only what its error supports.

    Parameters
    ----------
    curve : Curve
        Of every option's utility, as differences from any one of them.
    tolerance : float
        How far an option must be ahead somewhere for its interval to count, in the utility's unit.

    Returns
    -------
    kept : list of BestInterval
        In order along the curve, covering it: each option is somewhere along its interval ahead of its neighbours, by
        more than the tolerance and surely (a band that holds along the whole curve at once, at 95%).
    doubtful : list of BestInterval
        Intervals that the estimate has, ahead by more than the tolerance, and its error does not support.
    """
    path = curve.means.argmax(axis=1)
    breaks = np.flatnonzero(np.diff(path)) + 1
    starts, stops = [0, *breaks.tolist()], [*breaks.tolist(), len(path)]
    kept = [BestInterval(int(path[start]), start, stop - 1) for start, stop in zip(starts, stops, strict=True)]
    doubtful = []
    while len(kept) > 1:
        found = [_support(curve, kept, place, tolerance) for place in range(len(kept))]
        worst = min(range(len(kept)), key=lambda place: found[place][0])
        if found[worst][0] > 0.0:
            break
        if found[worst][1] > tolerance:
            doubtful.append(kept[worst])
        kept = _without(curve, kept, worst)
    return kept, doubtful


def _neighbours(kept: list[BestInterval], place: int) -> list[int]:
    return [kept[near].option for near in (place - 1, place + 1) if 0 <= near < len(kept)]


def _support(curve: Curve, kept: list[BestInterval], place: int, tolerance: float) -> tuple[float, float]:
    """Return by how much an interval's lead passes what it must, at its best point, and the lead there.

    The lead is that over whichever neighbour it is less ahead of.
    """
    interval = kept[place]
    along = slice(interval.first, interval.last + 1)
    found = []
    for other in _neighbours(kept, place):
        lead = curve.means[along, interval.option] - curve.means[along, other]
        needed = np.maximum(_sure(curve, interval.option, other)[along], tolerance)
        found.append((float((lead - needed).max()), float(lead.max())))
    return min(found)


def _sure(curve: Curve, option: int, other: int) -> Array:
    """Give, shape (point,), within what a lead is known: at all points of the curve at once."""
    moves = curve.moves[:, :, option] - curve.moves[:, :, other]
    spread = moves.std(axis=0, ddof=1)
    varied = spread > 0.0
    scaled = np.abs(moves[:, varied] / spread[varied]).max(axis=1, initial=0.0)
    return np.asarray(float(np.quantile(scaled, _LEVEL)) * spread)


def nowhere_ahead(curve: Curve, option: int, other: int, *, tolerance: float) -> bool:
    """Say whether one option is surely nowhere along the curve ahead of another by more than a tolerance.

    Parameters
    ----------
    curve : Curve
        As for :func:`best_along`.
    option, other : int
        By their places.
    tolerance : float
        In the utility's unit.

    Notes
    -----
    Where no curve is seen, the steepest line that noise hides counts beside the error of the mean.
    """
    lead = curve.means[:, option] - curve.means[:, other]
    spread = (curve.moves[:, :, option] - curve.moves[:, :, other]).std(axis=0, ddof=1)
    most = lead + np.hypot(_sure(curve, option, other), curve.hidden * spread)
    return bool((most <= tolerance).all())


def _without(curve: Curve, kept: list[BestInterval], place: int) -> list[BestInterval]:
    """Leave an interval out: its points go to its neighbours."""
    gone, before, after = kept[place], kept[:place], kept[place + 1 :]
    if not before:
        return [BestInterval(after[0].option, gone.first, after[0].last), *after[1:]]
    left = before[-1]
    if not after:
        return [*before[:-1], BestInterval(left.option, left.first, gone.last)]
    right = after[0]
    if left.option == right.option:
        return [*before[:-1], BestInterval(left.option, left.first, right.last), *after[1:]]
    lead = curve.means[gone.first : gone.last + 1, left.option] - curve.means[gone.first : gone.last + 1, right.option]
    ahead = int((lead > 0.0).sum())
    edge = gone.first + ahead
    return [
        *before[:-1],
        BestInterval(left.option, left.first, edge - 1),
        BestInterval(right.option, edge, right.last),
        *after[1:],
    ]


def turning_between(curve: Curve, below: BestInterval, above: BestInterval) -> Turning:
    """Return where one interval's option gives way to the next one's.

    Parameters
    ----------
    curve : Curve
        As for :func:`best_along`.
    below, above : BestInterval
        Neighbours along it.

    Returns
    -------
    Turning
        By linear interpolation between points. Each draw is the crossing of the moved curves that is nearest; a draw
        without one counts as at the end of the curve that it has moved beyond.
    """
    lead = curve.means[:, below.option] - curve.means[:, above.option]
    moves = curve.moves[:, :, below.option] - curve.moves[:, :, above.option]
    here = _nearest(curve.at, lead, below.last + 0.5)
    draws = np.array([_nearest(curve.at, moved, below.last + 0.5) for moved in lead + moves])
    return Turning(here, draws)


def _nearest(at: Array, lead: Array, near: float) -> float:
    """Return where a lead turns negative, nearest to a place among the points."""
    turns = np.flatnonzero((lead[:-1] > 0.0) & (lead[1:] <= 0.0))
    if turns.size == 0:
        return float(at[-1] if lead.mean() > 0.0 else at[0])
    turn = int(turns[np.abs(turns + 0.5 - near).argmin()])
    share = lead[turn] / (lead[turn] - lead[turn + 1])
    return float(at[turn] + share * (at[turn + 1] - at[turn]))
