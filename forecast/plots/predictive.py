"""Predictive checks: what was predicted for each observed number, before and after, and what was seen."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from forecast.plots.curves import Panels
from forecast.plots.style import AFTER, ALARM, BEFORE, dress_noted, finish, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.diagnostics.predictive import Checked, PredictiveChecks

__all__ = ["draw"]

_BINS = 50
_SHOWN = 0.005
_MOST_BARS = 40


def draw(result: PredictiveChecks) -> Figure:
    """Draw one panel for each observed number.

    Parameters
    ----------
    result : PredictiveChecks
        From :func:`forecast.predictive_checks`.

    Returns
    -------
    matplotlib.figure.Figure
        Axes in the order of the table. Prior predictive in grey, posterior predictive in colour, as probabilities of
        counts or as densities; the last line of each is what was seen. Titles say the item and the two-sided tail
        probabilities.
    """
    panels = Panels(len(result.rows), columns=3, each=(3.4, 2.3), around=(0.3, 1.5), least=6.0)
    for ax, row in zip(panels.axes, result.rows, strict=True):
        finish(ax)
        _panel(ax, row, *result.draws[row.item, row.part])
        if row.item in result.logs_of:
            ax.set_xlabel(plain(f"natural logarithm of {result.logs_of[row.item]}"), fontsize=8)
    dress_noted(
        panels.figure,
        f"{result.about.note}.",
        title="What was to be expected of each item of evidence, and what was seen",
        subtitle=(
            "P: how probable something at least as far out was, before and after the beliefs took the evidence in. Of "
            "a yes or no, of none and of all: how probable just that was."
        ),
        handles=[
            Patch(color=BEFORE, alpha=0.45, label="expected before"),
            Patch(color=AFTER, alpha=0.45, label="expected after"),
            Line2D([], [], color=ALARM, linewidth=2.0, label="seen"),
        ],
        broken=result.about.gates.broken,
    )
    return panels.figure


def _panel(ax: Axes, row: Checked, before: Any, after: Any) -> None:
    both = np.concatenate([before, after, [row.observed]])
    if row.discrete and np.ptp(both) < _MOST_BARS:
        counts = np.arange(both.min(), both.max() + 1)
        for draws, colour, side in ((before, BEFORE, -0.2), (after, AFTER, 0.2)):
            ax.bar(counts + side, [(draws == k).mean() for k in counts], width=0.38, color=colour, alpha=0.6)
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        ax.set_ylim(0.0, 1.0)
    else:
        low, high = np.quantile(np.concatenate([before, after]), (_SHOWN, 1.0 - _SHOWN))
        low, high = min(low, row.observed), max(high, row.observed)
        edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
        for draws, colour in ((before, BEFORE), (after, AFTER)):
            density = np.histogram(draws, bins=edges)[0] / (draws.size * np.diff(edges))
            ax.stairs(density, edges, fill=True, color=colour, alpha=0.4)
    ax.set_ylabel("probability" if row.discrete else "density", fontsize=8)
    ax.axvline(row.observed, color=ALARM, linewidth=2.0)
    name = row.item + (f": {row.part}" if row.part else "")
    lines = "\n".join(textwrap.wrap(name, 44))
    ax.set_title(
        plain(f"{lines}\nP {row.prior_tail:.2g} before, {row.posterior_tail:.2g} after"), fontsize=8.5, loc="left"
    )
