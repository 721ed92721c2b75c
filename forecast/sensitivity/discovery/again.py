"""Finding a box again in other halves of the worlds: how far its limits would move."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from forecast.engine.runner import usable_cores
from forecast.progress import progress_bar
from forecast.sensitivity.discovery.finding import Found, SearchSettings, Worlds
from forecast.sensitivity.discovery.peel import peeled
from forecast.sensitivity.discovery.pruning import End, Pruned

__all__ = ["Moved", "Refit", "found_again", "moved", "nearest"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]


class Refit(NamedTuple):
    """One search of another half: its boxes, the place of the one that the rule takes, and the half's events."""

    found: Found
    events: int


class Moved(NamedTuple):
    """Of one limit: its standard error, that of its place among what is believed, and the share of refits with it."""

    error: float
    quantile_error: float
    found_in: float


def found_again(worlds: Worlds, remaining: Truth, settings: SearchSettings, *, box: int) -> tuple[Refit, ...]:
    """Search other halves of the worlds.

    Parameters
    ----------
    worlds : Worlds
        All of them.
    remaining : ndarray of bool
        Shape (world,): which are in no box before.
    settings : SearchSettings
        As in the first search, and how many halves.
    box : int
        Which box, from 1: each has halves of its own.

    Returns
    -------
    tuple of Refit
        The same for any number of threads.
    """

    def one(number: int) -> Refit:
        half = worlds.half(f"again {box} {number}", settings.seed)
        return Refit(worlds.search(half, remaining, settings, peeled), int(worlds.happened[half].sum()))

    refits = settings.refits
    results = []
    workers = max(1, min(usable_cores(), refits))
    with (
        progress_bar("Finding the box again", total=refits, show=settings.progress) as bar,
        ThreadPoolExecutor(workers) as pool,
    ):
        for result in pool.map(one, range(refits)):
            results.append(result)
            bar.advance()
    return tuple(results)


def nearest(refit: Refit, coverage: float) -> Pruned | None:
    """Return a refit's box with the nearest coverage, to compare any point of the curve with; None if it has none."""
    boxes = refit.found.boxes
    if not boxes:
        return None
    return min(boxes, key=lambda box: abs(box.events / refit.events - coverage))


def moved(end: End, boxes: Sequence[Pruned | None], beliefs: Array) -> Moved:
    """Say how far a limit moves between boxes found in halves.

    Two random halves of the same worlds share half of them, so the spread between them is multiplied by the square
    root of 2, which is right for what follows worlds smoothly and makes it the error of a box found in half of the
    worlds. A limit jumps, and its error comes out somewhat too large: in cases with a known answer 1.0 to 1.5 times the
    spread between boxes of different worlds.

    Parameters
    ----------
    end : End
        The limit.
    boxes : sequence of Pruned or None
        One a refit.
    beliefs : ndarray
        What is believed of the parameter, sorted, shape (world,).

    Returns
    -------
    Moved
        Errors are NaN where fewer than two refits have a limit on that side of the parameter.

    References
    ----------
    Politis, Romano & Wolf (1999), *Subsampling*, chapter 2; Bryant & Lempert (2010), section 3.2, for how often a limit
    is found again.
    """
    values = np.array(
        [
            other.value
            for box in boxes
            if box is not None
            for other in box.ends
            if (other.column, other.above) == (end.column, end.above)
        ]
    )
    share = values.size / len(boxes) if boxes else math.nan
    if values.size < 2:
        return Moved(math.nan, math.nan, share)
    places = np.searchsorted(beliefs, values) / beliefs.size
    root = math.sqrt(2.0)
    return Moved(float(root * values.std(ddof=1)), float(root * places.std(ddof=1)), share)
