"""A map over two beliefs: contours no finer than the noise, and what is told from the centre."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, Colormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from forecast.estimates import rounded
from forecast.plots.maps import cell_handles, held_at, level_text, map_axes, mark_cells, what_was_run
from forecast.plots.style import dress_noted, plain, quantity_unit
from priors.intervals import MASS
from priors.reading import figure as figure_of

if TYPE_CHECKING:
    from matplotlib.contour import QuadContourSet

    from forecast.sensitivity.two_way import TwoWay

__all__ = ["contour_levels", "draw"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_MOST_BANDS = 9
_ERRORS = 2.0
"""Contours are at least this many of the largest errors apart."""

_LABEL_ROOM = 0.09
"""Inches that a label needs around its middle."""


def contour_levels(low: float, high: float, error: float) -> Array:
    """Give round levels that bound the bands of a map.

    Parameters
    ----------
    low, high : float
        Smallest and largest mean.
    error : float
        Largest standard error of a mean; NaN where it is unknown.

    Returns
    -------
    ndarray
        At least two, increasing, the first at or below ``low`` and the last above ``high``: whole multiples of a step
        of 1, 2 or 5 times a power of ten, which is at least twice the error and gives few bands. Levels between the
        two are as far from ``low`` and ``high``, so that no island is drawn around a cell that is out by luck; there
        are none where the means are not far enough apart.
    """
    span = high - low
    least = max(span / (_MOST_BANDS - 1), _ERRORS * error if math.isfinite(error) else span)
    largest = max(abs(low), abs(high))
    if not least > max(1e-9 * largest, 1e-200):
        # All the same up to rounding, and no error to draw a band of. Still smaller powers of ten round to nothing.
        half = largest / 20.0 if largest > 1e-200 else 0.5
        return np.array([low - half, high + half])
    power = 10.0 ** math.floor(math.log10(least))
    # The slack keeps a step that is wanted exactly from being passed over by rounding.
    step = next(k * power for k in (1.0, 2.0, 5.0, 10.0) if k * power >= least * (1.0 - 1e-9))
    levels = step * np.arange(math.floor(low / step), math.floor(high / step) + 2)
    margin = _ERRORS * error if math.isfinite(error) else span
    inside = levels[(levels > low + margin) & (levels < high - margin)]
    # A multiple may be out by rounding, and what lies beyond the outer two would not be coloured.
    return np.concatenate([[min(float(levels[0]), low)], inside, [max(float(levels[-1]), high)]])


def draw(result: TwoWay) -> Figure:
    """Draw a map.

    Parameters
    ----------
    result : TwoWay
        From :func:`forecast.two_way`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes and a colour bar. Straight lines join cells, so no shape is drawn that was not run: each cell has its
        point, full where its difference from the centre is told from noise and else a ring.
    """
    about = result.about
    factor = 100.0 if about.unit == "yes/no" else 1.0
    data = result.data.transpose(result.y, result.x)
    means, x, y = factor * data["estimate"].values, data[result.x].values, data[result.y].values
    error = factor * float(data["error"].max())
    levels = contour_levels(float(means.min()), float(means.max()), error)
    figure, ax = map_axes(result, 7.2)
    colours = _colours(levels)
    norm = BoundaryNorm(levels.tolist(), len(levels) - 1)
    filled = ax.contourf(x, y, means, levels=levels, cmap=colours, norm=norm)
    inside = levels[1:-1]
    drawn = ax.contour(x, y, means, levels=inside, colors="#444444", linewidths=0.8) if inside.size else None
    mark_cells(ax, x, y, data["distinct"].values)
    _bar(figure, ax, filled, result, inside=bool(inside.size))
    told = int(data["distinct"].sum())
    middle = rounded(factor * result.centre, factor * result.centre_error)
    unit = quantity_unit(about)
    dress_noted(
        figure,
        f"{what_was_run(about)}  Largest error of a cell {rounded(error, error)[1]} {unit}; "
        f"{told} of {means.size} cells told from the centre.",
        title="Two beliefs at a time",
        subtitle=plain(
            f"{about.title} {about.of}, {held_at()}: {middle[0]} ± {middle[1]} {unit} at both medians; "
            f"{result.not_additive()}. Contours are at least two of the largest errors apart. Chance that any "
            f"point is told from the centre wrongly: {100 * (1.0 - MASS):.0f}%."
        ),
        handles=cell_handles("told from the mean at the medians", "not told from it by these worlds"),
        broken=about.gates.broken,
    )
    if drawn is not None:
        figure.draw_without_rendering()
        _label_contours(ax, drawn, x, y, result.medians)
    return figure


def _colours(levels: Array) -> Colormap:
    """Give light colours, so that labels can be read: from pale to blue, or either side of zero.

    Few bands are near each other in colour, as what they stand for is near in errors.
    """
    from matplotlib import colormaps

    middles = (levels[1:] + levels[:-1]) / 2.0
    if levels[0] < -1e-12 and levels[-1] > 1e-12 and middles.size > 1:
        reach = float(np.abs(middles).max())
        return ListedColormap(colormaps["PuOr_r"](0.5 + 0.36 * middles / reach))
    return ListedColormap(colormaps["YlGnBu"](np.linspace(0.06, min(0.62, 0.1 * middles.size), middles.size)))


def _label_contours(ax: Axes, drawn: QuadContourSet, x: Array, y: Array, medians: tuple[float, float]) -> None:
    """Label each contour where it is furthest from points, lines, the frame and other labels, if that is far enough."""
    to_inches = ax.transData + ax.figure.dpi_scale_trans.inverted()
    across, up = np.meshgrid(x, y)
    taken = to_inches.transform(np.column_stack([across.ravel(), up.ravel()]))
    cross = to_inches.transform(medians)
    low, high = to_inches.transform([(x[0], y[0]), (x[-1], y[-1])])
    for path in drawn.get_paths():
        spots = np.asarray(path.interpolated(8).vertices, dtype=np.float64)
        if not len(spots):
            continue
        at = to_inches.transform(spots)
        room = np.minimum(
            np.sqrt(((at[:, np.newaxis] - taken) ** 2).sum(axis=2).min(axis=1)),
            # A label is about twice as wide as high, so a line up and down needs more room.
            np.minimum(np.abs(at[:, 0] - cross[0]) / 2.0, np.abs(at[:, 1] - cross[1])),
        )
        edge = np.minimum(at - low, high - at)
        room = np.minimum(room, np.minimum(edge[:, 0] / 2.0, edge[:, 1]))
        best = int(room.argmax())
        if room[best] < _LABEL_ROOM:
            continue
        taken = np.vstack([taken, at[best]])
        ax.clabel(
            drawn,
            np.asarray(drawn.levels),
            fmt=level_text,
            fontsize=8,
            colors="#111111",
            manual=[tuple(spots[best])],
            zorder=2.8,
        )


def _bar(figure: Figure, ax: Axes, filled: QuadContourSet, result: TwoWay, *, inside: bool) -> None:
    bar = figure.colorbar(filled, ax=ax, pad=0.02, aspect=28, format=FuncFormatter(level_text))
    bar.ax.tick_params(labelsize=8, color="#999999")
    about = result.about
    if not inside:
        bar.ax.set_yticks(np.asarray(filled.levels), [figure_of(level) for level in filled.levels])
    unit = quantity_unit(about, share="% of worlds")
    difference = " (difference)" if about.difference else ""
    note = "" if inside else "\nit spans too few of its errors for a contour"
    bar.set_label(plain(f"{about.title}{difference}, {unit}{note}"), fontsize=9)
