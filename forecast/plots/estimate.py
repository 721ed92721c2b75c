"""One estimate with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.estimates import estimate_text
from forecast.plots.rows import bare_rows, point, row_axes
from forecast.plots.style import AFTER, dress_noted, plain, unit_label
from priors.intervals import MASS, interval_label

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.estimates import Estimate

__all__ = ["draw"]


def draw(estimate: Estimate) -> Figure:
    """Draw a value and its interval.

    Parameters
    ----------
    estimate : Estimate
        What to draw.

    Returns
    -------
    matplotlib.figure.Figure
        One axes with one point; zero is marked where it is near.
    """
    figure, ax = row_axes(6.4, 2.4)
    lower, upper = estimate.interval
    below, above = estimate.value - lower, upper - estimate.value
    # An interval that ends at a bound is not symmetrical; nothing reaches past its own value.
    point(ax, estimate.value, 0.0, (max(below, 0.0), max(above, 0.0)), colour=AFTER, markersize=7, elinewidth=1.8)
    if abs(estimate.value) <= 20.0 * max(estimate.error, abs(estimate.value) / 20.0):
        ax.axvline(0.0, color="black", linewidth=0.9)
    ax.set_yticks([])
    bare_rows(ax)
    unit = "%" if estimate.unit == "yes/no" else unit_label(estimate.unit)
    if estimate.unit == "yes/no":
        ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}")
    ax.set_xlabel(unit, fontsize=9)
    note = estimate.whose.removeprefix("; ")
    dress_noted(
        figure,
        f"{note[:1].upper()}{note[1:]}{'.' if note else ''}",
        title=plain(estimate.meaning or "Estimate"),
        subtitle=f"{estimate_text(estimate.value, estimate.error, unit=estimate.unit)}. Bar: {interval_label(MASS)}.",
    )
    return figure
