"""One search: boxes in the worlds of one half, the limits that carry nothing dropped, one box taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.sensitivity.discovery.choosing import Rule
from forecast.sensitivity.discovery.pruning import Pruned, pruned
from forecast.sensitivity.discovery.screening import screened
from forecast.sensitivity.discovery.trajectory import Search

__all__ = ["Found", "Settings", "find"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Settings:
    """How boxes are searched for.

    Attributes
    ----------
    rule : Rule
        Which box is taken.
    alpha : float
        Share of a box that one step peels off.
    mass_min : float
        Least share of all worlds in a box.
    level : float
        Of the tests.
    """

    rule: Rule
    alpha: float
    mass_min: float
    level: float


@dataclass(frozen=True)
class Found:
    """The boxes of one search after dropping, from large to small, and the place of the one taken (None: no box)."""

    boxes: tuple[Pruned, ...]
    taken: int | None


def find(
    x: Array, ranks: Array, happened: Truth, settings: Settings, search: Search, *, worlds: int, share: float = 1.0
) -> Found:
    """Search.

    Parameters
    ----------
    x, ranks : ndarray
        Parameters of the worlds searched, and their ranks by :func:`.screening.ranked`, shape (world, parameter).
    happened : ndarray of bool
        Shape (world,).
    settings : Settings
        How.
    search : Search
        What peels.
    worlds : int
        How many worlds the half has, those in earlier boxes too: shares of worlds are of these.
    share : float
        How many independent worlds a world counts for in tests, in (0, 1]; fewer than 1 where some have the same
        parameters.

    Returns
    -------
    Found
        Without a box where the event happens in no world or in all.
    """
    events, varied = int(happened.sum()), np.flatnonzero(np.ptp(x, axis=0) > 0.0)
    mass_min = settings.mass_min * worlds / len(x) if len(x) else 1.0
    if not 0 < events < len(x) or not varied.size or mass_min >= 1.0:
        return Found((), None)
    # What is the same in every world can have no limit.
    columns = varied[screened(ranks[:, varied], happened, share=share)]
    if not columns.size:
        return Found((), None)
    places = {place: int(column) for place, column in enumerate(columns)}
    part = x[:, columns]
    found = search(part, happened, settings.alpha, mass_min)
    boxes = pruned(part, happened, found, settings.level, tries=2 * varied.size, share=share)
    named = tuple(
        box._replace(ends=tuple(end._replace(column=places[end.column]) for end in box.ends)) for box in boxes
    )
    return Found(named, settings.rule.choose(named, len(x), events))
