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

from forecast.arguments import flag, outcome_known
from forecast.errors import InvalidArgument, near_matches
from forecast.estimates import counted, half_width
from forecast.plots.style import OptionStyle, dress_noted, finish, named_styles, plain, read_axis, unit_label
from forecast.plots.sweep_map import Cells, axis_words, draw_cells, scale_on
from forecast.schema import outcomes_of
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    import xarray as xr

    from forecast.sweeps.result import Sweep

__all__ = ["draw"]

type Array = np.ndarray[Any, Any]

_UTILITY = "utility"
_MOST_LINES = 12
_DODGE = 0.35
_LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4d4d4d", "#9A8B00")
_MARKERS = ("o", "s", "^", "v", "D", "P", "X", "*")


def draw(
    result: Sweep,
    *,
    outcome: str | None = None,
    x: str | None = None,
    by: str | None = None,
    at: Mapping[str, Any] | None = None,
    difference: bool = False,
) -> Figure:
    """Draw an outcome of a sweep, or how far it is from the baseline's, over one axis or two.

    Parameters
    ----------
    result : Sweep
        From :func:`forecast.sweep`.
    outcome : str, optional
        One of the outcomes, or "utility". By default the leading one of the world if the sweep has it, else its first.
    x : str, optional
        The axis from left to right; by default a parameter or months where there is one.
    by : str, optional
        A second axis: as lines, or, where both are numbers, as the rows of a heat map. By default options, or the next
        axis of more than one cell.
    at : mapping of str to label, optional
        Where to cut the other axes; at their first cells by default, which the picture says (differences: at the first
        option that is not the baseline).
    difference : bool
        Whether to draw the outcome less the baseline's in the same cell and worlds.

    Returns
    -------
    matplotlib.figure.Figure
        Lines with 90% Monte-Carlo intervals, or a heat map with errors; in % (differences: percentage points) for
        yes/no outcomes, or in the outcome's unit. Cells without a number are marked. Of differences the baseline itself
        is not drawn, and zero is.

    Raises
    ------
    UnknownOutcome
        If the sweep does not have the outcome.
    InvalidArgument
        If an axis or a label is none of the sweep's, or there is no baseline to differ from.
    """
    name = _outcome(result, outcome)
    if flag("difference", difference) and not result.baseline:
        raise InvalidArgument(
            "difference = True of a sweep without a baseline",
            expected="a sweep with the baseline among its options",
            mend="sweep with it, or leave difference out",
        )
    across, up = _axes(result, name, x, by)
    cut = _cut(result, name, (across, up), at or {}, difference)
    data = result.data.sel(cut)
    if difference and "options" in (across, up) and data.sizes["options"] > 1:
        data = data.sel(options=data["options"] != result.baseline)
    known = outcomes_of(data)
    percent = name in known and known[name].is_event
    per = "percentage points" if difference else "%"
    unit = per if percent else unit_label(known[name].unit) if name in known else ""
    words = str(data[name].attrs["long_name"])
    label = f"{words}{', difference' * difference}{f' ({unit})' if unit else ''}"
    cells = _cells(data, name, (across, up), 100.0 if percent else 1.0, label, difference)
    # Of all options: one that is left out leaves its look to no other.
    looks = _styles(result.data)
    figure = Picture(figsize=(8.0, 5.2), layout="constrained")
    ax = figure.subplots()
    if up is not None and all(data[axis].dtype.kind in "if" for axis in (up, across)):
        draw_cells(ax, cells)
        how = "Each cell: the mean, with its Monte-Carlo standard error."
        if not cells.few:
            most = f"{np.nanmax(cells.errors):.2g}" if np.isfinite(cells.errors).any() else "not known"
            how = f"Means; the largest Monte-Carlo standard error is {most}{' ' if unit else ''}{unit}."
        lost = Patch(facecolor="#dddddd", edgecolor="#b00020", hatch="xx", linewidth=0.0, label="failed or not run")
        handles: list[Any] = [lost] if cells.bad.any() else []
    else:
        handles = _lines(ax, cells, _arms(cells, percent and not difference), looks)
        if difference:
            ax.axhline(0.0, color="black", linewidth=0.9, zorder=1)
        ax.set_ylabel(label, fontsize=9)
        how = f"Bars: {100 * MASS:g}% Monte-Carlo intervals."
    count = int(cells.bad.sum())
    failed = f" {counted(count, 'cell')} failed or not run." if count else ""
    named = f" and {axis_words(data, up, unit=False)}" if up else ""
    shared = "Cells share their worlds, so how far two are apart is mostly better known."
    if difference:
        title = str(result.data["title"].sel(options=result.baseline).item())
        shared = f"Less the same of: {plain(title)}, world by world."
    dress_noted(
        figure,
        _note(result, data, cut),
        title=f"{words}, by {axis_words(data, across, unit=False)}{named}",
        subtitle=f"{how} {shared}{failed}",
        handles=handles,
        broken=result.about.gates.broken,
    )
    return figure


def _outcome(result: Sweep, outcome: str | None) -> str:
    known = (*result.outcomes, _UTILITY)
    if outcome is None:
        leading = str(result.data.attrs.get("leading", ""))
        return leading if leading in known else known[0]
    return outcome_known(outcome, known)


def _axes(result: Sweep, outcome: str, x: str | None, by: str | None) -> tuple[str, str | None]:
    """Return the axis from left to right and the second one, those that were not asked for chosen."""
    data = result.data[outcome]
    for name, axis in (("x", x), ("by", by)):
        if axis is not None and axis not in data.dims:
            raise InvalidArgument(
                f"{name} = {axis!r:.60}",
                expected=f"an axis of {outcome}",
                mend=near_matches(str(axis), [str(dim) for dim in data.dims]),
            )
    wide = [axis for axis in result.axes if axis in data.dims and data.sizes[axis] > 1]
    numbers = [axis for axis in wide if data[axis].dtype.kind in "if"]
    first = x or next(iter([*numbers, *wide, "options"]))
    second = by or next((axis for axis in ("options", *wide) if axis in wide and axis != first), None)
    if first == second:
        raise InvalidArgument(f"x and by are both {first!r}", expected="two axes", mend="leave by out")
    return first, second


def _cut(
    result: Sweep, outcome: str, drawn: tuple[str | None, ...], at: Mapping[str, Any], difference: bool
) -> dict[str, Any]:
    """Return at which label each of the other axes is cut."""
    data = result.data[outcome]
    labels = {axis: data[axis].values.tolist() for axis in result.axes if axis in data.dims and axis not in drawn}
    for axis, label in at.items():
        if label not in labels.get(axis, ()):
            raise InvalidArgument(
                f"at = {{{axis!r:.40}: {label!r:.40}}}",
                expected="a cell of an axis that is not drawn: " + (", ".join(labels) or "there is none"),
                mend=f"use one of {labels[axis]!r:.200}" if axis in labels else "leave it out",
            )
    if difference and "options" in labels:
        labels["options"].sort(key=lambda label: label == result.baseline)
    return {axis: at.get(axis, found[0]) for axis, found in labels.items()}


def _cells(
    data: xr.Dataset, outcome: str, axes: tuple[str, str | None], factor: float, label: str, difference: bool
) -> Cells:
    across, up = axes
    order = (up, across) if up is not None else (across,)
    status = data["status"]
    for axis in order:
        # Values are read out of a cell, which has one status.
        if axis not in status.dims:
            status = status.expand_dims({axis: data[axis].values})
    name = f"{outcome}_difference" if difference else outcome
    means, errors = (np.atleast_2d(factor * data[one].transpose(*order).values) for one in (name, f"{name}_error"))
    bad = np.atleast_2d(status.transpose(*order).values != "done")
    return Cells(data, across, up, means, errors, bad, label, difference)


def _arms(cells: Cells, percent: bool) -> Array:
    """Return how far the intervals reach down and up, shape (2, by, x); a probability stays between 0 and 100%."""
    half = half_width(MASS) * cells.errors
    arms = np.array([half, half])
    return np.minimum(arms, np.array([cells.means, 100.0 - cells.means])) if percent else arms


def _note(result: Sweep, data: xr.Dataset, at: Mapping[str, Any]) -> str:
    """Say what was run: where the axes that are not drawn are cut, too."""
    cut = "; ".join(f"{axis}: {label}" for axis, label in at.items())
    parts = [counted(result.about.worlds, "possible world")]
    parts.append(result.whose[:1].upper() + result.whose[1:])
    if data["months"].ndim == 0 and "months" not in at:
        parts.append(f"{int(data['months'])} months")
    return ".  ".join([*parts, *([f"Cut at {cut}"] if cut else [])]) + "."


def _positions(ax: Axes, data: xr.Dataset, axis: str, styles: Mapping[str, OptionStyle]) -> Array:
    """Return where the cells of an axis are, and write its labels."""
    labels = data[axis].values
    spine = ax.xaxis
    ax.set_xlabel(plain(axis_words(data, axis, unit=True)), fontsize=9)
    if labels.dtype.kind in "if":
        if axis == "months":
            spine.set_major_locator(MaxNLocator(integer=True))
        read_axis(spine, scale_on(data, axis))
        return np.asarray(labels, dtype=np.float64)
    titles = [str(label) for label in labels]
    if axis == "options":
        titles = [styles[title].wrapped(16) for title in titles]
    spine.set_ticks(range(len(titles)), [text if axis == "options" else plain(text) for text in titles])
    return np.arange(len(titles), dtype=np.float64)


def _styles(data: xr.Dataset) -> dict[str, OptionStyle]:
    names = np.atleast_1d(data["options"].values).tolist()
    return named_styles(dict(zip(names, np.atleast_1d(data["title"].values).tolist(), strict=True)))


def _lines(ax: Axes, cells: Cells, arms: Array, styles: Mapping[str, OptionStyle]) -> list[Line2D]:
    data, x, by, means, bad = cells.data, cells.x, cells.by, cells.means, cells.bad
    finish(ax)
    where = _positions(ax, data, x, styles)
    numeric = data[x].dtype.kind in "if"
    labels = [None] if by is None else data[by].values.tolist()
    looks = _looks(data, by, labels, styles)
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


def _looks(data: xr.Dataset, by: str | None, labels: list[Any], styles: Mapping[str, OptionStyle]) -> list[OptionStyle]:
    if by == "options":
        return [styles[label] for label in labels]
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
