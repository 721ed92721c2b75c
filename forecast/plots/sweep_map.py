"""A map of a sweep: two axes of numbers, a coloured cell each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from forecast.estimates import rounded
from forecast.plots.style import after_words, plain
from priors.reading import Scale, scale_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Cells", "axis_words", "draw_cells", "scale_on"]

type Array = np.ndarray[Any, Any]

_WRITTEN = (12, 9)
"""Rows and columns of a heat map up to which each cell shows its number, and beyond which not every one is labelled."""


@dataclass(frozen=True)
class Cells:
    """What is drawn of a sweep.

    Attributes
    ----------
    data : xarray.Dataset
        With the axes as coordinates.
    x, by : str
        The axis from left to right; the second one, upwards on a map, None for none.
    means, errors, bad : ndarray
        Shape (by, x): what is drawn, its standard errors, and where there is none to rely on.
    label : str
        What it is, with its unit.
    difference : bool
        Whether it is a difference.
    """

    data: xr.Dataset
    x: str
    by: str | None
    means: Array
    errors: Array
    bad: Array
    label: str
    difference: bool

    @property
    def few(self) -> bool:
        """Whether there are so few that each shows its number on a map."""
        return bool(self.means.shape[0] <= _WRITTEN[0] and self.means.shape[1] <= _WRITTEN[1])


def axis_words(data: xr.Dataset, axis: str, *, unit: bool) -> str:
    """Name an axis, with its unit if wanted."""
    if axis == "months":
        return after_words(data["months"]) if unit else "months"
    label = scale_on(data, axis).label
    return f"{axis} ({label})" if unit and label else axis


def scale_on(data: xr.Dataset, axis: str) -> Scale:
    """Say how the values on an axis are shown."""
    return scale_of(str(data[axis].attrs.get("units", "")))


def draw_cells(ax: Axes, cells: Cells) -> None:
    """Draw the cells of two axes with a bar of their colours; of differences zero is the middle of the colours."""
    assert cells.by is not None
    data, means = cells.data, cells.means
    # Two colours for two signs.
    reach = np.nanmax(np.abs(means)) if cells.difference and np.isfinite(means).any() else None
    look: dict[str, Any] = {"cmap": "cividis"} if reach is None else {"cmap": "PuOr_r", "vmin": -reach, "vmax": reach}
    # Cells of equal size with their values beside them: steps of a grid need not be even.
    mesh = ax.pcolormesh(np.ma.masked_invalid(means), edgecolors="white", linewidth=0.5, **look)
    ax.patch.set(facecolor="#dddddd")
    for axis, which, most in zip((cells.x, cells.by), "xy", reversed(_WRITTEN), strict=True):
        ticks = [scale_on(data, axis).text(value) for value in data[axis].values.tolist()]
        spine = ax.xaxis if which == "x" else ax.yaxis
        shown = range(0, len(ticks), -(-len(ticks) // most))
        spine.set_ticks(np.array(shown) + 0.5, [ticks[place] for place in shown])
        (ax.set_xlabel if which == "x" else ax.set_ylabel)(plain(axis_words(data, axis, unit=True)), fontsize=9)
    ax.tick_params(labelsize=8, length=0)
    bar = ax.figure.colorbar(mesh, ax=ax)
    bar.set_label(cells.label, fontsize=9)
    bar.ax.tick_params(labelsize=8)
    middle = np.nanmean([np.nanmin(means), np.nanmax(means)]) if np.isfinite(means).any() else 0.0
    for (row, column), lost in np.ndenumerate(cells.bad):
        if lost:
            ax.add_patch(_hatched(column, row))
        elif cells.few:
            value, margin = rounded(float(means[row, column]), float(cells.errors[row, column]))
            colour = "black" if means[row, column] > middle else "white"
            if reach is not None:
                colour = "white" if abs(means[row, column]) > 0.7 * reach else "black"
            text = f"{value}\n± {margin}"
            ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7, color=colour)


def _hatched(column: int, row: int) -> Rectangle:
    return Rectangle((column, row), 1, 1, facecolor="none", edgecolor="#b00020", hatch="xx", linewidth=0.0)
