"""Luck apart from ignorance: the share of each variance over worlds that no knowledge of parameters removes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecast.estimates import counted, half_width
from forecast.plots.rows import Groups, bare_rows, option_handles, point
from forecast.plots.style import dress_noted, finish, named_styles, plain
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.luck import LuckShares

__all__ = ["draw"]


def draw(result: LuckShares) -> Figure:
    """Draw shares of luck.

    Parameters
    ----------
    result : LuckShares
        From :func:`forecast.luck_and_ignorance`.

    Returns
    -------
    matplotlib.figure.Figure
        Two axes with the same rows: levels (and regret) on the left, differences on the right; an option a point, in %
        of the variance over worlds. There is no point where nothing varies.
    """
    about, styles = result.about, named_styles(dict(result.titles))
    groups = list(dict.fromkeys((row.quantity, row.kind == "regret") for row in result.rows))
    places = Groups(groups, list(styles))
    figure = Picture(figsize=(10.5, 0.115 * places.height + 2.3), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    width = half_width(MASS)
    for row in result.rows:
        if row.note:
            continue
        style, half = styles[row.option], width * row.error
        reaches = (100.0 * min(half, row.share), 100.0 * max(min(half, 1.0 - row.share), 0.0))
        ax = axes[int(row.kind == "difference")]
        height = places.row((row.quantity, row.kind == "regret"), row.option)
        look: dict[str, Any] = {"markersize": 4.5, "elinewidth": 1.5}
        point(ax, 100.0 * row.share, height, reaches, colour=style.colour, marker=style.marker, **look)
    for ax, label in zip(axes, ("of the outcome itself", "of its difference from the baseline"), strict=True):
        finish(ax)
        places.stripe(ax)
        ax.set_xlim(-2.0, 102.0)
        ax.set_xlabel("luck, % of the variance over worlds", fontsize=9)
        ax.set_title(label, fontsize=10, loc="left")
        bare_rows(ax)
    places.name(axes[0], [_words(dict(result.words), quantity, regret=regret) for quantity, regret in groups])
    values = f"Values: {about.values}.  " if about.values else ""
    dress_noted(
        figure,
        f"{counted(about.worlds, 'possible world')} and as many with the same parameters and other luck.  "
        f"{values}{about.note}.",
        title="How much is luck, and how much not knowing",
        subtitle=(
            "Share of the variance over worlds that would remain if every parameter were known; the rest is what "
            f"evidence could at most remove. Baseline: “{plain(styles[result.baseline].title)}”. Bars: {100 * MASS:g}% "
            "Monte-Carlo interval. No point: it never varies."
        ),
        handles=option_handles(styles.values()),
        broken=about.gates.broken,
    )
    return figure


def _words(words: Mapping[str, str], quantity: str, *, regret: bool) -> str:
    if quantity in words:
        return plain(words[quantity])
    return "Regret: utility behind the best option" if regret else "Utility"
