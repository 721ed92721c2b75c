"""PRIM on arrays: the same boxes as ema_workbench's, for the many refits that errors of limits need.

ema_workbench 3.0 copies a table for every candidate peel: 1 to 7 s for 111 parameters in 5,000 worlds, most of it not
spent on worlds. Here every candidate of a step is scored at once. Tests hold the two equal, tied values included.

References
----------
Friedman & Fisher (1999), "Bump hunting in high-dimensional data", *Statistics and Computing* 9, 123-143: section 8,
with the mean in the box as objective (``ORIGINAL`` in ema_workbench), so that peeling goes on to the least mass. The
default of ema_workbench stops where no slice raises the mean, which with luck in the events is soon and anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.sensitivity.discovery.trajectory import Trajectory

__all__ = ["peeled"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]


def peeled(x: Array, happened: Truth, alpha: float, mass_min: float) -> Trajectory:
    """Peel, then paste.

    Parameters
    ----------
    x : ndarray
        Parameters, shape (world, parameter), finite.
    happened : ndarray of bool
        Shape (world,).
    alpha : float
        Share of the box's worlds that a step peels off, and of those beyond a limit that a step pastes, in (0, .5).
    mass_min : float
        Least share of all worlds in a box.

    Returns
    -------
    Trajectory
        From all worlds to the last box. Of candidates that are as good the one with fewest limited parameters is taken,
        then the first parameter's, upper before lower in peeling and lower before upper in pasting.
    """
    events = happened.astype(np.int64)
    start = _Box(x.min(axis=0), x.max(axis=0), x.min(axis=0), x.max(axis=0))
    found = [start]
    order = np.argsort(x, axis=0, kind="stable").T
    values = np.take_along_axis(x.T, order, axis=1)
    while True:
        step = _peel(found[-1], values, order, events, alpha)
        if step is None or step[1].sum() / len(x) < mass_min:
            break
        box, keep = step
        kept = keep[order]
        # Every parameter has the same worlds left, so the rows stay equally long.
        values, order = (part[kept].reshape(len(order), -1) for part in (values, order))
        found.append(box)
    while True:
        pasted = _paste(found[-1], x, events, alpha, mass_min)
        if pasted is None:
            break
        found.append(pasted)
    lows, highs = np.array([box.low for box in found]), np.array([box.high for box in found])
    return Trajectory(np.where(lows == start.low, -np.inf, lows), np.where(highs == start.high, np.inf, highs))


@dataclass(frozen=True)
class _Box:
    """A box, and the one of all worlds."""

    low: Array
    high: Array
    least: Array
    most: Array

    @property
    def limited(self) -> Truth:
        limited: Truth = (self.low != self.least) | (self.high != self.most)
        return limited

    def free(self, column: int, *, low: float | None = None, high: float | None = None) -> int:
        """Count the parameters without a limit once one end is moved."""
        limited = self.limited
        changed = (self.low[column] if low is None else low) != self.least[column]
        changed |= (self.high[column] if high is None else high) != self.most[column]
        return int(limited.size - limited.sum() + limited[column] - changed)

    def moved(self, column: int, *, low: float | None = None, high: float | None = None) -> _Box:
        lows, highs = self.low.copy(), self.high.copy()
        if low is not None:
            lows[column] = low
        if high is not None:
            highs[column] = high
        return _Box(lows, highs, self.least, self.most)


def _peel(box: _Box, values: Array, order: Whole, events: Whole, alpha: float) -> tuple[_Box, Truth] | None:
    """Take off the slice that leaves the highest mean; None where no event is left, or nothing is taken off."""
    worlds = values.shape[1]
    if worlds < 2:
        return None
    total = int(events[order[0]].sum())
    uppers, lowers = _upper(values, 1.0 - alpha), _lower(values, alpha)
    cut_high = np.array([worlds - np.searchsorted(row, end, "right") for row, end in _rows(values, uppers)])
    cut_low = np.array([np.searchsorted(row, end, "left") for row, end in _rows(values, lowers)])
    lost_high = _lost(events[order[:, worlds - cut_high.max() :][:, ::-1]], cut_high)
    lost_low = _lost(events[order[:, : cut_low.max()]], cut_low)
    # Columns: upper, lower.
    cut, lost = np.stack([cut_high, cut_low], axis=1), np.stack([lost_high, lost_low], axis=1)
    left = worlds - cut
    mean = np.where(left > 0, (total - lost) / np.maximum(left, 1), -1.0)
    best = mean.max()
    if not best > 0.0:
        return None
    places = [(int(column), bool(side)) for column, side in np.argwhere(mean == best)]

    def free(place: tuple[int, bool]) -> int:
        column, lower = place
        return box.free(column, low=lowers[column]) if lower else box.free(column, high=uppers[column])

    column, lower = max(places, key=free)
    if not cut[column, int(lower)]:
        return None
    keep = np.zeros(len(events), dtype=np.bool_)
    if lower:
        keep[order[column, cut[column, 1] :]] = True
        return box.moved(column, low=lowers[column]), keep
    keep[order[column, : worlds - cut[column, 0]]] = True
    return box.moved(column, high=uppers[column]), keep


def _rows(values: Array, ends: Array) -> list[tuple[Array, float]]:
    return list(zip(values, ends.tolist(), strict=True))


def _lost(events: Whole, cut: Whole) -> Whole:
    """Sum the first ``cut`` of each row."""
    within = np.arange(events.shape[1]) < cut[:, np.newaxis]
    return np.asarray((events * within).sum(axis=1))


def _upper(values: Array, share: float) -> Array:
    """Return sdtoolkit's upper quantile of each sorted row: between two different values, if there are two."""
    place = (values.shape[1] - 1) * share
    below, above = values[:, math.floor(place)].copy(), values[:, math.ceil(place)]
    for row in np.flatnonzero(below == above):
        below[row] = values[row, max(int(np.searchsorted(values[row], above[row], "left")) - 1, 0)]
    return np.asarray((below + above) / 2)


def _lower(values: Array, share: float) -> Array:
    """Return sdtoolkit's lower quantile of each sorted row."""
    place = (values.shape[1] - 1) * share
    below, above = values[:, math.floor(place)], values[:, math.ceil(place)].copy()
    for row in np.flatnonzero(below == above):
        end = int(np.searchsorted(values[row], below[row], "right"))
        above[row] = values[row, min(end, values.shape[1] - 1)]
    return np.asarray((below + above) / 2)


def _paste(box: _Box, x: Array, events: Whole, alpha: float, mass_min: float) -> _Box | None:
    """Move a limit outwards where that raises the mean; None where none does."""
    columns = np.flatnonzero(box.limited)
    part = x[:, columns]
    beyond = (part < box.low[columns]).astype(np.int64) + (part > box.high[columns])
    outside = beyond.sum(axis=1)
    members = outside == 0
    worlds, total = int(members.sum()), int(events[members].sum())
    best, chosen = (total / worlds, len(box.low)), None
    for place, column in enumerate(columns):
        # In the box but for this parameter.
        others = outside == beyond[:, place]
        mine, theirs = part[others, place], events[others]
        low, high = box.low[column], box.high[column]
        below, above = np.sort(mine[mine <= low]), np.sort(mine[mine >= high])
        new_low = float(_upper(below[np.newaxis], 1.0 - alpha)[0]) if below.size else float(box.least[column])
        new_high = float(_lower(above[np.newaxis], alpha)[0]) if above.size else float(box.most[column])
        for moved, ends in (
            ({"low": new_low}, (new_low, high)),
            ({"high": new_high}, (low, new_high)),
        ):
            these = (mine >= ends[0]) & (mine <= ends[1])
            count, hits = int(these.sum()), int(theirs[these].sum())
            if count <= worlds:
                continue
            ranked = (hits / count, box.free(int(column), **moved))
            if ranked > best:
                best, chosen = ranked, (count, box.moved(int(column), **moved))
    if chosen is None or chosen[0] / len(x) < mass_min:
        return None
    return chosen[1]
