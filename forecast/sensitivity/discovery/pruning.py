"""Dropping limits that carry nothing, by Bryant and Lempert's quasi-p-value."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from forecast.sensitivity.discovery.trajectory import Trajectory

__all__ = ["Counts", "End", "Pruned", "counts_of", "ends_of", "missed", "pruned", "quasi_p"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]


class End(NamedTuple):
    """One limit: a parameter by its place, whether worlds are above or below, and where."""

    column: int
    above: bool
    value: float


class Pruned(NamedTuple):
    """One box: its limits, and how many worlds and events are in it where it was found."""

    ends: tuple[End, ...]
    worlds: int
    events: int


def ends_of(low: Array, high: Array) -> tuple[End, ...]:
    """Return the limits of a box with ends of shape (parameter,), parameter by parameter."""
    found = [End(int(column), True, float(low[column])) for column in np.flatnonzero(np.isfinite(low))]
    found += [End(int(column), False, float(high[column])) for column in np.flatnonzero(np.isfinite(high))]
    return tuple(sorted(found, key=lambda end: (end.column, not end.above)))


def missed(x: Array, ends: tuple[End, ...]) -> Truth:
    """Say which worlds each limit keeps out, shape (limit, world)."""
    found = [x[:, end.column] < end.value if end.above else x[:, end.column] > end.value for end in ends]
    return np.array(found) if found else np.zeros((0, len(x)), dtype=np.bool_)


class Counts(NamedTuple):
    """Worlds and events in a box, and beside it where one limit is taken away, each of shape (limit,)."""

    worlds: int
    events: int
    more_worlds: Whole
    more_events: Whole


def counts_of(out: Truth, happened: Truth) -> Counts:
    """Count by what :func:`missed` gives."""
    times = np.add.reduce(out, axis=0, dtype=np.uint16)
    members, once = times == 0, times == 1
    alone = out[:, once]
    return Counts(
        int(members.sum()),
        int((members & happened).sum()),
        alone.sum(axis=1),
        alone[:, happened[once]].sum(axis=1),
    )


def quasi_p(counts: Counts, *, share: float = 1.0) -> Array:
    """Return the quasi-p-value of each limit of a box.

    The chance that so many worlds of the box, or more, would have the event if each had it with the density of the box
    without the limit. It takes that density as known, though the box is a part of it, which makes it rather too large.

    Parameters
    ----------
    counts : Counts
        Of the box.
    share : float
        How many independent worlds a world counts for, in (0, 1].

    Returns
    -------
    ndarray
        Shape (limit,). 1 where the box has no event.

    References
    ----------
    Bryant & Lempert (2010), "Thinking inside the box: a participatory, computer-assisted approach to scenario
    discovery", *Technological Forecasting and Social Change* 77, 34-49, section 3.2.
    """
    from scipy.special import betainc

    if not counts.events:
        return np.ones(len(counts.more_worlds))
    density = (counts.events + counts.more_events) / (counts.worlds + counts.more_worlds)
    # P(X >= k) of a binomial X by the incomplete beta function (Abramowitz & Stegun 1964, 26.5.24).
    return np.asarray(betainc(share * counts.events, share * (counts.worlds - counts.events) + 1.0, density))


def pruned(
    x: Array, happened: Truth, found: Trajectory, level: float, *, tries: int, share: float = 1.0
) -> list[Pruned]:
    """Drop the limits of each box of a trajectory that could be by chance, the weakest first, one at a time.

    Parameters
    ----------
    x : ndarray
        Parameters of the worlds that the boxes were found in, shape (world, parameter).
    happened : ndarray of bool
        Shape (world,).
    found : Trajectory
        The boxes.
    level : float
        A limit stays while its quasi-p-value times ``tries`` is at most this (Bonferroni).
    tries : int
        How many limits there could have been: two for each parameter that might have been searched.
    share : float
        As for :func:`quasi_p`.

    Returns
    -------
    list of Pruned
        A box for each point, those without any limit left out, each only once, in the order of the trajectory.
    """
    kept: dict[tuple[End, ...], Pruned] = {}
    for low, high in zip(found.lows, found.highs, strict=True):
        ends = ends_of(low, high)
        out = missed(x, ends)
        while ends:
            counts = counts_of(out, happened)
            chance = quasi_p(counts, share=share)
            # Equally weak limits go from the last to the first, so that the order is that of the parameters.
            weakest = len(ends) - 1 - int(np.argmax(chance[::-1]))
            if tries * chance[weakest] <= level:
                kept.setdefault(ends, Pruned(ends, counts.worlds, counts.events))
                break
            ends = ends[:weakest] + ends[weakest + 1 :]
            out = np.delete(out, weakest, axis=0)
    return list(kept.values())
