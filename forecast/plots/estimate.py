"""One estimate with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.plots.rows import bare_rows, point, row_axes
from forecast.plots.style import AFTER, GREY, plain, unit_label
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
    figure, ax = row_axes(6.4, 1.9)
    lower, upper = estimate.interval
    below, above = estimate.value - lower, upper - estimate.value
    # An interval that ends at a bound is not symmetrical; nothing reaches past its own value.
    point(ax, estimate.value, 0.0, (max(below, 0.0), max(above, 0.0)), colour=AFTER, markersize=7, elinewidth=1.8)
    if abs(estimate.value) <= 20.0 * max(estimate.error, abs(estimate.value) / 20.0):
        ax.axvline(0.0, color="black", linewidth=0.9)
    ax.set_yticks([])
    bare_rows(ax)
    ax.set_title(plain(repr(estimate)), fontsize=10, loc="left")
    unit = "%" if estimate.unit == "yes/no" else unit_label(estimate.unit)
    if estimate.unit == "yes/no":
        ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}")
    ax.set_xlabel(f"{plain(estimate.meaning) or 'value'} ({unit})", fontsize=9)
    figure.text(0.99, 0.01, f"bar: {interval_label(MASS)}", ha="right", va="bottom", fontsize=7.5, color=GREY)
    return figure
