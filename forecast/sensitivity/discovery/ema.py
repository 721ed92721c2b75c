"""PRIM by ema_workbench."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

from forecast.errors import InvalidArgument
from forecast.sensitivity.discovery.trajectory import Trajectory

__all__ = ["found_by_ema", "workbench"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]


@cache
def workbench() -> Any:
    """Return the module with PRIM.

    Raises
    ------
    InvalidArgument
        If it is not installed.
    """
    with warnings.catch_warnings():
        # On import it warns of optional parts of its own that are not installed; none is used here.
        warnings.simplefilter("ignore")
        try:
            from ema_workbench.analysis import prim
        except ImportError as error:
            raise InvalidArgument(
                f"ema_workbench, which finds the boxes, cannot be imported ({error})",
                expected="the extra “discovery”",
                mend="install it: pip install 'libya-forecast[discovery]'",
            ) from error
    return prim


def found_by_ema(x: Array, happened: Truth, alpha: float, mass_min: float) -> Trajectory:
    """Search with :class:`ema_workbench.analysis.prim.Prim`; arguments and result as for :func:`.peel.peeled`."""
    import pandas as pd

    table = pd.DataFrame(x, columns=[f"x{place}" for place in range(x.shape[1])])
    prim = workbench()
    with warnings.catch_warnings():
        # pandas tells of calls that it will drop; they are not ours to mend.
        warnings.simplefilter("ignore")
        search = prim.Prim(
            table,
            happened.astype(np.int64),
            obj_function=prim.PRIMObjectiveFunctions.ORIGINAL,
            peel_alpha=alpha,
            paste_alpha=alpha,
            mass_min=mass_min,
        )
        limits = search.find_box().box_lims
    boxes = [frame.to_numpy(dtype=np.float64) for frame in limits]
    lows, highs = np.array([box[0] for box in boxes]), np.array([box[1] for box in boxes])
    return Trajectory(np.where(lows == lows[0], -np.inf, lows), np.where(highs == highs[0], np.inf, highs))
