"""Which option is best over two beliefs: a colour a cell, striped where two cannot be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from forecast.estimates import rounded
from forecast.plots.maps import cell_handles, held_at, map_axes, mark_cells, what_was_run
from forecast.plots.style import dress_noted, named_styles, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.sensitivity.best_map import BestMap

__all__ = ["draw"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def draw(result: BestMap) -> Figure:
    """Draw a map of the best option.

    Parameters
    ----------
    result : BestMap
        From :func:`forecast.best_map`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes. A cell reaches half-way to its neighbours; nothing is drawn between that was not run.
    """
    about = result.about
    data = result.data.transpose(result.y, result.x, "option")
    x, y = data[result.x].values, data[result.y].values
    resolved, best, second = (data[name].values for name in ("resolved", "best", "second"))
    styles = named_styles(result.titles)
    figure, ax = map_axes(result, 7.4)
    across, up = _edges(x, log=ax.get_xscale() == "log"), _edges(y, log=ax.get_yscale() == "log")
    for row, column in np.ndindex(best.shape):
        corner = float(across[column]), float(up[row])
        size = float(across[column + 1]) - corner[0], float(up[row + 1]) - corner[1]
        _cell(ax, corner, size, styles[str(best[row, column])].colour)
        if not resolved[row, column]:
            _stripes(ax, corner, size, styles[str(second[row, column])].colour)
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(y[0], y[-1])
    mark_cells(ax, x, y, resolved)
    striped = set(second[~resolved].tolist())
    shown = [name for name in styles if name in set(best.ravel().tolist()) | striped]
    handles: list[Artist] = [
        Patch(facecolor=_pale(styles[name].colour), edgecolor="#444444", linewidth=0.5, label=styles[name].wrapped(44))
        for name in shown
    ]
    medians, *marks = cell_handles("told from every other option", "not told (stripes: the next best)")
    handles += [*marks, medians]
    error = float(data["lead_error"].max())
    dress_noted(
        figure,
        f"{what_was_run(about)}  Largest error of a lead {rounded(error, error)[1]} utility; "
        f"{int(resolved.sum())} of {resolved.size} cells told.",
        title="The best option over two beliefs",
        subtitle=plain(
            f"Highest expected utility by the values “{about.values}”, of {len(styles)} options, "
            f"{held_at()}. Chance that any best option is wrongly called told: {100 * (1.0 - MASS):.0f}%."
        ),
        handles=handles,
        broken=about.gates.broken,
    )
    return figure


def _edges(at: Array, *, log: bool) -> Array:
    """Give the borders of cells, half-way between their middles as they are drawn; the outer ones are their own."""
    scaled = np.log(at) if log else at
    middles = (scaled[1:] + scaled[:-1]) / 2.0
    edges = np.concatenate([scaled[:1], middles, scaled[-1:]])
    return np.asarray(np.exp(edges) if log else edges)


def _pale(colour: str) -> tuple[float, float, float]:
    """Mix a colour with as much white, so that marks can be seen on it."""
    red, green, blue = to_rgb(colour)
    return (red + 1.0) / 2.0, (green + 1.0) / 2.0, (blue + 1.0) / 2.0


def _cell(ax: Axes, corner: tuple[float, float], size: tuple[float, float], colour: str) -> None:
    ax.add_patch(Rectangle(corner, *size, facecolor=_pale(colour), edgecolor="white", linewidth=0.5, zorder=1))


def _stripes(ax: Axes, corner: tuple[float, float], size: tuple[float, float], colour: str) -> None:
    ax.add_patch(Rectangle(corner, *size, facecolor="none", edgecolor=colour, hatch="///", linewidth=0.0, zorder=1.5))
