"""A map over two beliefs: contours no finer than the noise, and what is told from the centre."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, Colormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from forecast.estimates import counted, rounded
from forecast.plots.style import GREY, dress_noted, plain, read_axis, unit_label
from priors.intervals import MASS, tails
from priors.prior import figure as figure_of
from priors.reading import scale_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.contour import QuadContourSet

    from forecast.sensitivity.two_way import TwoWay

__all__ = ["MEDIAN_LINE", "belief_axes", "contour_levels", "draw", "mark_cells"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

MEDIAN_LINE: dict[str, Any] = {"color": "black", "linewidth": 1.0, "linestyle": (0, (5, 3))}
"""Look of the lines at the beliefs' medians."""

_MOST_BANDS = 9
_ERRORS = 2.0
"""Contours are at least this many of the largest errors apart."""

_LABEL_ROOM = 0.09
"""Inches that a label needs around its middle."""

_LOG_FROM = 12.0
"""An axis whose ends are further apart than this, as a ratio, is logarithmic."""


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
    figure = Figure(figsize=(8.8, 7.2), layout="constrained")
    ax = figure.subplots()
    colours = _colours(levels)
    norm = BoundaryNorm(levels.tolist(), len(levels) - 1)
    filled = ax.contourf(x, y, means, levels=levels, cmap=colours, norm=norm)
    inside = levels[1:-1]
    drawn = ax.contour(x, y, means, levels=inside, colors="#444444", linewidths=0.8) if inside.size else None
    mark_cells(ax, x, y, data["distinct"].values)
    for median, line in zip(result.medians, (ax.axvline, ax.axhline), strict=True):
        line(median, zorder=2.5, **MEDIAN_LINE)
    belief_axes(ax, result.data, result.x, result.y)
    _bar(figure, ax, filled, result, inside=bool(inside.size))
    told = int(data["distinct"].sum())
    middle = rounded(factor * result.centre, factor * result.centre_error)
    unit = "%" if about.unit == "yes/no" else unit_label(about.unit)
    point: dict[str, Any] = {"marker": "o", "linestyle": "none", "markersize": 5, "color": "#222222"}
    handles: list[Artist] = [
        Line2D([], [], label="medians of the two beliefs", **MEDIAN_LINE),
        Line2D([], [], label="told from the mean at the medians", **point),
        Line2D([], [], markerfacecolor="white", label="not told from it by these worlds", **point),
    ]
    low, high = tails()
    dress_noted(
        figure,
        f"{counted(about.worlds, 'possible world')}, the same in each cell, {counted(about.months, 'month')}.  "
        f"{about.note}.  Largest error of a cell {rounded(error, error)[1]} {unit}; "
        f"{told} of {means.size} cells told from the centre.",
        title="Two beliefs at a time",
        subtitle=plain(
            f"{about.title} {about.of}, with both beliefs held at their own quantiles from {100 * low:g}% to "
            f"{100 * high:g}% and all else as it is: {middle[0]} ± {middle[1]} {unit} at both medians; "
            f"{result.not_additive()}. Contours are at least two of the largest errors apart. Chance that any "
            f"point is told from the centre wrongly: {100 * (1.0 - MASS):.0f}%."
        ),
        handles=handles,
        broken=about.gates.broken,
    )
    if drawn is not None:
        figure.draw_without_rendering()
        _label_contours(ax, drawn, x, y, result.medians)
    return figure


def _level(value: float, _position: object = None) -> str:
    text = f"{round(value, 10):,.10g}"
    return text.replace("-", "\N{MINUS SIGN}")


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
            fmt=_level,
            fontsize=8,
            colors="#111111",
            manual=[tuple(spots[best])],
            zorder=2.8,
        )


def belief_axes(ax: Axes, data: xr.Dataset, x: str, y: str) -> None:
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
        axis.set_major_formatter(FuncFormatter(_level))
        read_axis(axis, shown)
        # A pure number has no unit to name.
        words = f"{name}: {at.attrs['long_name']}" + (f", {shown.label}" if shown.label else "")
        say(plain("\n".join(textwrap.wrap(words, 74, max_lines=3, placeholder=" …"))), fontsize=9)
    ax.tick_params(labelsize=8, color="#999999")
    for spine in ax.spines.values():
        spine.set_color(GREY)


def _bar(figure: Figure, ax: Axes, filled: QuadContourSet, result: TwoWay, *, inside: bool) -> None:
    bar = figure.colorbar(filled, ax=ax, pad=0.02, aspect=28, format=FuncFormatter(_level))
    bar.ax.tick_params(labelsize=8, color="#999999")
    about = result.about
    if not inside:
        bar.ax.set_yticks(np.asarray(filled.levels), [figure_of(level) for level in filled.levels])
    unit = "% of worlds" if about.unit == "yes/no" else unit_label(about.unit)
    difference = " (difference)" if " less " in about.of else ""
    note = "" if inside else "\nit spans too few of its errors for a contour"
    bar.set_label(plain(f"{about.title}{difference}, {unit}{note}"), fontsize=9)
