"""A sweep: an outcome over one axis of a grid, as lines by another, or over two as a heat map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from forecast.estimates import counted, half_width
from forecast.outcomes.provenance import gates_of
from forecast.plots.style import (
    OptionStyle,
    beliefs_note,
    dress_noted,
    finish,
    named_styles,
    plain,
    read_axis,
    unit_label,
)
from forecast.plots.sweep_map import axis_words, draw_cells, fits, scale_on
from forecast.schema import OUTCOMES
from priors.intervals import MASS

if TYPE_CHECKING:
    import xarray as xr

    from forecast.sweeps.result import Sweep

__all__ = ["drawn_sweep"]

type Array = np.ndarray[Any, Any]

_MOST_LINES = 12
_DODGE = 0.35
_LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4d4d4d", "#9A8B00")
_MARKERS = ("o", "s", "^", "v", "D", "P", "X", "*")


def drawn_sweep(
    result: Sweep, *, outcome: str, x: str, by: str | None, at: Mapping[str, Any], difference: bool
) -> Figure:
    """Draw one outcome of a sweep.

    Parameters
    ----------
    result : Sweep
        From :func:`forecast.sweep`.
    outcome : str
        One of its outcomes, or "utility".
    x : str
        The axis from left to right.
    by : str, optional
        The second axis.
    at : mapping of str to label
        Where all others are cut.
    difference : bool
        Whether to draw the outcome less the baseline's.

    Returns
    -------
    matplotlib.figure.Figure
        One axes; in % (differences: percentage points) for yes/no outcomes, or in the outcome's unit. Cells without a
        number are marked. Of differences the baseline itself is not drawn, and zero is.
    """
    data = result.data.sel(dict(at))
    if difference and "options" in (x, by) and data.sizes["options"] > 1:
        data = data.sel(options=data["options"] != result.baseline)
    percent = outcome in OUTCOMES and OUTCOMES[outcome].is_event
    factor = 100.0 if percent else 1.0
    order = (by, x) if by is not None else (x,)
    status = data["status"]
    for axis in order:
        # Values are read out of a cell, which has one status.
        if axis not in status.dims:
            status = status.expand_dims({axis: data[axis].values})
    means, errors = (np.atleast_2d(factor * data[name].transpose(*order).values) for name in _pair(outcome, difference))
    bad = np.atleast_2d(status.transpose(*order).values != "done")
    per = "percentage points" if difference else "%"
    unit = per if percent else unit_label(OUTCOMES[outcome].unit) if outcome in OUTCOMES else ""
    words = str(data[outcome].attrs["long_name"])
    label = f"{words}{', difference' * difference}{f' ({unit})' if unit else ''}"
    numbers = by is not None and all(data[axis].dtype.kind in "if" for axis in order)
    figure = Figure(figsize=(8.0, 5.2), layout="constrained")
    ax = figure.subplots()
    if numbers:
        assert by is not None
        draw_cells(figure, ax, data, (x, by), means, errors, bad, label, difference)
        how = "Each cell: the mean, with its Monte-Carlo standard error."
        if not fits(means):
            most = f"{np.nanmax(errors):.2g}" if np.isfinite(errors).any() else "not known"
            how = f"Means; the largest Monte-Carlo standard error is {most}{' ' if unit else ''}{unit}."
        handles: list[Any] = (
            [Patch(facecolor="#dddddd", edgecolor="#b00020", hatch="xx", linewidth=0.0, label="failed or not run")]
            if bad.any()
            else []
        )
    else:
        handles = _lines(ax, data, x, by, means, _arms(means, errors, percent and not difference), bad)
        if difference:
            ax.axhline(0.0, color="black", linewidth=0.9, zorder=1)
        ax.set_ylabel(label, fontsize=9)
        how = f"Bars: {100 * MASS:g}% Monte-Carlo intervals."
    note = _note(result, data, at)
    count = int(bad.sum())
    failed = f" {counted(count, 'cell')} failed or not run." if count else ""
    named = f" by {axis_words(data, by, unit=False)}" if by else ""
    shared = "Cells share their worlds, so how far two are apart is mostly better known."
    if difference:
        title = str(result.data["title"].sel(options=result.baseline).item())
        shared = f"Less the same of: {plain(title)}, world by world."
    dress_noted(
        figure,
        note,
        title=f"{words} over {axis_words(data, x, unit=False)}{named}",
        subtitle=f"{how} {shared}{failed}",
        handles=handles,
        broken=gates_of(result.data.attrs),
    )
    return figure


def _arms(means: Array, errors: Array, percent: bool) -> Array:
    """Give how far the intervals reach down and up, shape (2, by, x); a probability stays between 0 and 100%."""
    half = half_width(MASS) * errors
    arms = np.array([half, half])
    return np.minimum(arms, np.array([means, 100.0 - means])) if percent else arms


def _pair(outcome: str, difference: bool) -> tuple[str, str]:
    name = f"{outcome}_difference" if difference else outcome
    return name, f"{name}_error"


def _note(result: Sweep, data: xr.Dataset, at: Mapping[str, Any]) -> str:
    """Say what was run: where the axes that are not drawn are cut, too."""
    cut = "; ".join(f"{axis}: {label}" for axis, label in at.items())
    parts = [counted(int(result.data.attrs["worlds"]), "possible world")]
    if "beliefs" in data.coords and data["beliefs"].ndim == 0 and "beliefs" not in at:
        parts.append(beliefs_note(str(data["beliefs"].item()), str(data["evidence"].values.ravel()[0])))
    if "months" in data.coords and data["months"].ndim == 0 and "months" not in at:
        parts.append(f"{int(data['months'])} months")
    return ".  ".join([*parts, *([f"Cut at {cut}"] if cut else [])]) + "."


def _positions(ax: Axes, data: xr.Dataset, axis: str, which: str) -> Array:
    """Give where the cells of an axis are, and write its labels."""
    labels = data[axis].values
    spine = ax.xaxis if which == "x" else ax.yaxis
    (ax.set_xlabel if which == "x" else ax.set_ylabel)(plain(axis_words(data, axis, unit=True)), fontsize=9)
    if labels.dtype.kind in "if":
        if axis == "months":
            spine.set_major_locator(MaxNLocator(integer=True))
        read_axis(spine, scale_on(data, axis))
        return np.asarray(labels, dtype=np.float64)
    titles = [str(label) for label in labels]
    if axis == "options":
        titles = [style.wrapped(16) for style in _styles(data).values()]
    spine.set_ticks(range(len(titles)), [text if axis == "options" else plain(text) for text in titles])
    return np.arange(len(titles), dtype=np.float64)


def _styles(data: xr.Dataset) -> dict[str, OptionStyle]:
    names = np.atleast_1d(data["options"].values).tolist()
    return named_styles(dict(zip(names, np.atleast_1d(data["title"].values).tolist(), strict=True)))


def _lines(ax: Axes, data: xr.Dataset, x: str, by: str | None, means: Array, arms: Array, bad: Array) -> list[Line2D]:
    finish(ax)
    where = _positions(ax, data, x, "x")
    numeric = data[x].dtype.kind in "if"
    labels = [None] if by is None else data[by].values.tolist()
    looks = _looks(data, by, labels)
    gap = np.diff(np.sort(where)).min() if where.size > 1 else 1.0
    shown = min(len(labels), _MOST_LINES)
    bottom = np.nanmin(means - arms[0]) if np.isfinite(means).any() else 0.0
    for row in range(len(labels)):
        style = looks[row]
        # Beside each other, so that no bar hides another.
        aside = gap * (_DODGE if not numeric else 0.12) * ((row + 0.5) / len(labels) - 0.5) if shown > 1 else 0.0
        ax.errorbar(
            where + aside,
            means[row],
            yerr=arms[:, row],
            color=style.colour,
            marker=style.marker,
            markersize=4.5,
            linewidth=1.4,
            elinewidth=1.2,
            linestyle=style.line if numeric else "none",
        )
        lost = bad[row]
        if lost.any():
            level = np.where(np.isfinite(means[row]), means[row], bottom)
            ax.plot(where[lost] + aside, level[lost], "x", color="#b00020", markersize=9, markeredgewidth=2, zorder=5)
    if not numeric:
        ax.set_xlim(-0.6, where.size - 0.4)
    handles = [
        Line2D([], [], color=s.colour, marker=s.marker, linestyle=s.line if numeric else "none", label=s.wrapped(44))
        for s in looks
    ]
    if by is None:
        handles = []
    if bad.any():
        handles.append(
            Line2D([], [], color="#b00020", marker="x", linestyle="none", markersize=9, label="failed or not run")
        )
    return handles


def _looks(data: xr.Dataset, by: str | None, labels: list[Any]) -> list[OptionStyle]:
    if by == "options":
        return list(_styles(data).values())
    dashes: tuple[tuple[float, ...], ...] = ((), (5, 1.5), (1.2, 1.2))
    size = len(_LINES)
    return [
        OptionStyle(
            _LINES[i % size],
            dashes[i // size % len(dashes)],
            _MARKERS[i % size],
            plain(f"{by} {scale_on(data, by).shown(label)}" if by and isinstance(label, int | float) else str(label)),
        )
        for i, label in enumerate(labels)
    ]
