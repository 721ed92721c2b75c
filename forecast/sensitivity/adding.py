"""Chunks of points are run side by side and added up net by net."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np

from forecast.engine.runner import chunks, in_order
from forecast.progress import progress_bar
from forecast.sensitivity.nets import NETS
from forecast.sensitivity.study import Study

__all__ = ["added_up"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def added_up(
    study: Study,
    run: Callable[[int, int], tuple[int, Array]],
    *,
    n: int,
    statistics: int,
    label: str,
) -> Array:
    """Run all points and add up their statistics.

    Parameters
    ----------
    study : Study
        How many points to run at once, and how many such chunks.
    run : callable
        Takes a range of points and gives the first net among them and sums, shape (net, statistic).
    n : int
        Points.
    statistics : int
        Of each point.
    label : str
        What the bar says.

    Returns
    -------
    ndarray
        Shape (net, statistic). Sums are made in the order of the points, whoever ran them.
    """
    sums = np.zeros((NETS, statistics))
    with (
        progress_bar(label, total=n, show=study.how.progress) as bar,
        closing(in_order(run, chunks(n, study.chunk), workers=study.workers)) as parts,
    ):
        done = 0
        for stop, (net, part) in parts:
            sums[net : net + part.shape[0]] += part
            bar.advance(stop - done)
            done = stop
    return sums
