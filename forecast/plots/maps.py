"""Maps over two beliefs: their axes, the lines at the medians, and marks of what is told in each cell."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from forecast.estimates import counted
from forecast.plots.style import GREY, plain, read_axis
from priors.intervals import tails
from priors.pictures import Picture
from priors.reading import scale_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from forecast.results import About
    from forecast.sensitivity.grid import MapResult

__all__ = ["cell_handles", "held_at", "level_text", "map_axes", "mark_cells", "what_was_run"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_MEDIANS: dict[str, Any] = {"color": "black", "linewidth": 1.0, "linestyle": (0, (5, 3))}
_POINT: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 5, "color": "#222222"}

_LOG_FROM = 12.0
"""An axis whose ends are further apart than this, as a ratio, is logarithmic."""


def map_axes(result: MapResult, height: float) -> tuple[Picture, Axes]:
    """Make a figure of so many inches with one axes over two beliefs, and lines at their medians.

    The axes are logarithmic where values are far apart, and named with units.
    """
    figure = Picture(figsize=(8.8, height), layout="constrained")
    ax = figure.subplots()
    _name_axes(ax, result.data, result.x, result.y)
    for median, line in zip(result.medians, (ax.axvline, ax.axhline), strict=True):
        line(median, zorder=2.5, **_MEDIANS)
    return figure, ax


def mark_cells(ax: Axes, x: Array, y: Array, distinct: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
    """Put a full point at each cell that is told from noise and a ring at the others; ``distinct`` is (y, x)."""
    across, up = (part.ravel() for part in np.meshgrid(x, y))
    told = distinct.ravel()
    look: dict[str, Any] = {
        "s": 13.0 if x.size <= 13 else 5.0,
        "edgecolors": "#222222",
        "linewidths": 0.7,
        "zorder": 3,
        "clip_on": False,
    }
    ax.scatter(across[told], up[told], facecolors="#222222", **look)
    ax.scatter(across[~told], up[~told], facecolors="white", **look)


def cell_handles(told: str, untold: str) -> list[Line2D]:
    """Make what a legend shows of medians, and of cells that are told and that are not."""
    return [
        Line2D([], [], label="medians of the two beliefs", **_MEDIANS),
        Line2D([], [], label=told, **_POINT),
        Line2D([], [], markerfacecolor="white", label=untold, **_POINT),
    ]


def what_was_run(about: About) -> str:
    """Say what was run, for the note at the foot."""
    worlds, months = counted(about.worlds, "possible world"), counted(about.months, "month")
    return f"{worlds}, the same in each cell, {months}.  {about.note}."


def held_at() -> str:
    """Say where the beliefs are held, for the words under the title."""
    low, high = tails()
    return f"with both beliefs held at their own quantiles from {100 * low:g}% to {100 * high:g}% and all else as it is"


def level_text(value: float, _position: object = None) -> str:
    """Write a number of an axis or a contour."""
    text = f"{round(value, 10):,.10g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _name_axes(ax: Axes, data: xr.Dataset, x: str, y: str) -> None:
    """Name the two beliefs with their units, on logarithmic axes where their values are far apart."""
    for name, axis, scale, say in (
        (x, ax.xaxis, ax.set_xscale, ax.set_xlabel),
        (y, ax.yaxis, ax.set_yscale, ax.set_ylabel),
    ):
        at = data[name]
        if at.values[0] > 0.0 and at.values[-1] > _LOG_FROM * at.values[0]:
            scale("log")
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_minor_locator(NullLocator())
        shown = scale_of(at.attrs["units"])
        axis.set_major_formatter(FuncFormatter(level_text))
        read_axis(axis, shown)
        # A pure number has no unit to name.
        words = f"{name}: {at.attrs['long_name']}" + (f", {shown.label}" if shown.label else "")
        say(plain("\n".join(textwrap.wrap(words, 74, max_lines=3, placeholder=" …"))), fontsize=9)
    ax.tick_params(labelsize=8, color="#999999")
    for spine in ax.spines.values():
        spine.set_color(GREY)
