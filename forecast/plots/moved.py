"""Prior and posterior: how far the evidence moved each belief that it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.plots.rows import bare_rows, name_rows, row_axes
from forecast.plots.style import AFTER, BEFORE, dress_noted, plain
from priors.intervals import MASS, interval_label
from priors.reading import scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.diagnostics.moved import Moved, PriorPosterior

__all__ = ["draw"]

_SHOWN = 4.0
"""Prior standard deviations from the prior mean to which the axis goes at most."""

_BINS = 70


def draw(result: PriorPosterior) -> Figure:
    """Draw every quantity that evidence reaches before and after, in units of its prior.

    Parameters
    ----------
    result : PriorPosterior
        From :func:`forecast.prior_posterior`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes. Rows in the order of the table from the top, at y = 0, -1, ...; each has two densities to one scale,
        two central 90% intervals and two means, the prior's in grey below, the posterior's in colour above. A text
        where evidence reaches nothing. What lies more than 4 prior standard deviations away is cut off.
    """
    rows = [row for row in result.rows if row.reached and row.parameter in result.scores]
    figure, ax = row_axes(9.0, 0.5 * max(len(rows), 2) + 1.9)
    if rows:
        farthest = max(max(abs(end) for end in _ends(row)) for row in rows)
        span = min(_SHOWN, max(2.5, 1.1 * farthest))
        for position, row in enumerate(rows):
            _ridge(ax, row, result.scores[row.parameter], -float(position), span)
        name_rows(ax, [plain(_label(row)) for row in rows], fontsize=9.0, bottom=-len(rows) + 0.3, top=0.95)
        ax.set_xlim(-span, span)
        ax.axvline(0.0, color="black", linewidth=0.8, zorder=1)
    else:
        ax.text(0.5, 0.5, "Evidence reaches no quantity.", ha="center", va="center", transform=ax.transAxes)
        ax.set_yticks([])
        bare_rows(ax)
    ax.set_xlabel("prior standard deviations from the prior mean", fontsize=9)
    rest = len(result.rows) - len(rows)
    dress_noted(
        figure,
        f"{result.about.note}.  No evidence reaches {rest} of {len(result.rows)} quantities: they keep their prior.",
        title="What the evidence moved",
        subtitle=(
            f"Shaded: density. Bar: {interval_label(MASS)}; dot: mean. The least overlap of before and after on top. "
            "Right: their overlap, 1 where nothing changed. Below each name: its mean before and after."
        ),
        handles=[
            Patch(color=BEFORE, alpha=0.35, label="before the evidence"),
            Line2D([], [], color=AFTER, marker="o", linewidth=2.4, markersize=5, label="after the evidence"),
        ],
        broken=result.about.gates.broken,
    )
    return figure


def _label(row: Moved) -> str:
    """Name a quantity, with where its mean went as it is read."""
    scale = scale_of(row.units)
    ends = " → ".join(scale.text(mean) for mean in (row.prior_mean, row.posterior_mean))
    return f"{row.parameter}\n{scale.followed(ends)}"


def _ends(row: Moved) -> tuple[float, float, float, float]:
    """Return the ends of both intervals in prior standard deviations."""
    ends = row.prior_lower, row.prior_upper, row.posterior_lower, row.posterior_upper
    first, second, third, fourth = ((end - row.prior_mean) / row.prior_sd for end in ends)
    return first, second, third, fourth


def _ridge(ax: Axes, row: Moved, scores: tuple[Any, Any], y: float, span: float) -> None:
    edges = np.linspace(-span, span, _BINS + 1)
    heights = [np.histogram(one, bins=edges)[0] / one.size for one in scores]
    top = max(float(height.max()) for height in heights) or 1.0
    for height, colour, alpha in zip(heights, (BEFORE, AFTER), (0.35, 0.35), strict=True):
        ax.stairs(y + 0.72 * height / top, edges, baseline=y, fill=True, color=colour, alpha=alpha, zorder=2)
    low, high, post_low, post_high = _ends(row)
    mean = (row.posterior_mean - row.prior_mean) / row.prior_sd
    for at, ends, centre, colour in ((-0.16, (low, high), 0.0, BEFORE), (-0.05, (post_low, post_high), mean, AFTER)):
        ax.plot(ends, [y + at, y + at], color=colour, linewidth=2.4, solid_capstyle="butt", zorder=3)
        ax.plot(centre, y + at, marker="o", markersize=4.5, color=colour, markeredgecolor="white", zorder=4)
    ax.annotate(
        f"{row.overlap:.2f}",
        (1.0, y),
        xycoords=("axes fraction", "data"),
        xytext=(4, 3),
        textcoords="offset points",
        fontsize=8,
        color="#4d4d4d",
    )
