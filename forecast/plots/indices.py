"""Sensitivity indices: the parameters that matter most on top."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.arguments import whole
from forecast.estimates import counted
from forecast.plots.rows import name_rows, row_axes
from forecast.plots.style import AFTER, ALARM, BEFORE, dress_noted, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.sensitivity.indices import Indices

__all__ = ["draw"]

_LOOKS = {
    "first": ("o", AFTER, "first order: by itself"),
    "total": ("D", ALARM, "total: with all that it acts through"),
    "second": ("s", AFTER, "second order: the pair beyond each by itself"),
    "shapley": ("o", AFTER, "Shapley effect"),
    "delta": ("o", AFTER, "delta"),
    "pawn": ("D", BEFORE, "PAWN"),
}


def draw(result: Indices, *, most: int = 15) -> Figure:
    """Draw indices.

    Parameters
    ----------
    result : Indices
        From :func:`forecast.sobol` and its like.
    most : int
        How many parameters at most, and half as many pairs, 1..100.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: for each parameter a point a kind, with its 90% interval. The parameters with the largest total, or
        else of the first kind, and under them the pairs that are furthest above 0.
    """
    most = whole("most", most, 1, 100)
    alone = [row for row in result.rows if row.kind != "second"]
    pairs = sorted((row for row in result.rows if row.kind == "second"), key=lambda row: (-row.lower, row.parameter))
    singles = [row.parameter for row in alone if row.kind == alone[0].kind]
    names = [*singles[:most], *(row.parameter for row in pairs[: -(-most // 2)])]
    meanings = dict(result.meanings)
    kinds = [kind for kind in result.kinds if any(row.kind == kind and row.parameter in names for row in result.rows)]
    figure, ax = row_axes(9.6, 0.46 * len(names) + 2.6)
    places = {name: -place for place, name in enumerate(names)}
    for number, kind in enumerate(kinds):
        marker, colour, _ = _LOOKS[kind]
        offset = 0.16 * ((len(kinds) - 1) / 2 - number)
        rows = [row for row in result.rows if row.kind == kind and row.parameter in places]
        # The estimate need not be in the middle, nor inside where it was cut.
        spans = [
            [max(row.estimate - row.lower, 0.0) for row in rows],
            [max(row.upper - row.estimate, 0.0) for row in rows],
        ]
        ax.errorbar(
            [row.estimate for row in rows],
            [places[row.parameter] + offset for row in rows],
            xerr=spans,
            color=colour,
            marker=marker,
            markersize=5,
            elinewidth=1.3,
            capsize=2.5,
            linestyle="none",
            zorder=3,
        )
    ax.axvline(0.0, color="black", linewidth=0.9, zorder=2)
    labels = [f"{name}: {meanings[name]}" if meanings.get(name) else name for name in names]
    name_rows(ax, [plain("\n".join(textwrap.wrap(label, 52, max_lines=2, placeholder=" …"))) for label in labels])
    ax.margins(x=0.06)
    ax.set_xlabel(plain(result.measure), fontsize=9)
    handles: list[Artist] = [
        Line2D([], [], marker=_LOOKS[kind][0], color=_LOOKS[kind][1], linestyle="none", label=_LOOKS[kind][2])
        for kind in kinds
    ]
    luck = f"Luck makes {result.luck_words()} of the variance over worlds. " if result.luck_words() else ""
    whose = f"{result.about.note}.  " if result.about.note else ""
    dress_noted(
        figure,
        f"{counted(result.evaluations, 'world')} run.  {whose}{len(singles[:most])} of {len(singles)}.  "
        "One interval in ten misses.",
        title="What each belief accounts for, all varying together",
        subtitle=plain(f"{result.what}. {luck}Error bars: {100 * MASS:g}% Monte-Carlo intervals."),
        handles=handles,
        broken=result.about.gates.broken,
    )
    return figure
