"""Luck apart from ignorance: the share of each variance over worlds that no knowledge of parameters removes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.estimates import counted, half_width
from forecast.plots.style import beliefs_note, dress_noted, finish, named_styles, plain
from forecast.schema import OUTCOMES
from priors.intervals import MASS

if TYPE_CHECKING:
    from forecast.decision.luck import LuckShares

__all__ = ["drawn_luck"]

_GAP = 1.2


def drawn_luck(shares: LuckShares) -> Figure:
    """Draw shares of luck.

    Parameters
    ----------
    shares : LuckShares
        From :func:`forecast.luck_and_ignorance`.

    Returns
    -------
    matplotlib.figure.Figure
        Two axes with the same rows: levels (and regret) on the left, differences on the right; an option a point, in %
        of the variance over worlds. There is no point where nothing varies.
    """
    styles = named_styles(dict(shares.titles))
    rows = list(dict.fromkeys((row.quantity, row.kind == "regret") for row in shares.rows))
    step = len(styles) + _GAP
    figure = Figure(figsize=(10.5, 0.115 * step * len(rows) + 2.3), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    width = half_width(MASS)
    places = {key: -position * step for position, key in enumerate(rows)}
    down = {option: place for place, option in enumerate(styles)}
    for row in shares.rows:
        if row.note:
            continue
        style = styles[row.option]
        height = places[row.quantity, row.kind == "regret"] - down[row.option]
        half = width * row.error
        bounds = [[min(half, row.share)], [max(min(half, 1.0 - row.share), 0.0)]]
        axes[int(row.kind == "difference")].errorbar(
            100.0 * row.share,
            height,
            xerr=[[100.0 * bound[0]] for bound in bounds],
            color=style.colour,
            marker=style.marker,
            markersize=4.5,
            elinewidth=1.5,
            linestyle="none",
        )
    for ax, label in zip(axes, ("of the outcome itself", "of its difference from the baseline"), strict=True):
        finish(ax)
        for position in range(1, len(rows), 2):
            above = -position * step + (1 + _GAP) / 2
            ax.axhspan(above - step, above, color="#f3f3f3", zorder=0)
        ax.set_xlim(-2.0, 102.0)
        ax.set_xlabel("luck, % of the variance over worlds", fontsize=9)
        ax.set_title(label, fontsize=10, loc="left")
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(False, axis="y")
    words = [_words(quantity, regret=regret) for quantity, regret in rows]
    axes[0].set_yticks([places[key] - (len(styles) - 1) / 2 for key in rows], words, fontsize=9)
    axes[0].set_ylim(-step * len(rows) + (1 + _GAP) / 2, (1 + _GAP) / 2)
    values = f"Values: {shares.values}.  " if shares.values else ""
    dress_noted(
        figure,
        f"{counted(shares.worlds, 'possible world')} and as many with the same parameters and other luck.  "
        f"{values}{beliefs_note(shares.priors, shares.evidence)}.",
        title="How much is luck, and how much not knowing",
        subtitle=(
            "Share of the variance over worlds that would remain if every parameter were known; the rest is what "
            f"evidence could at most remove. Baseline: “{plain(styles[shares.baseline].title)}”. Bars: {100 * MASS:g}% "
            "Monte-Carlo interval. No point: it never varies."
        ),
        handles=[
            Line2D([], [], color=s.colour, marker=s.marker, linewidth=1.6, markersize=6, label=s.wrapped(44))
            for s in styles.values()
        ],
        broken=shares.gates,
    )
    return figure


def _words(quantity: str, *, regret: bool) -> str:
    if quantity in OUTCOMES:
        return plain(OUTCOMES[quantity].long_name)
    return "Regret: utility behind the best option" if regret else "Utility"
