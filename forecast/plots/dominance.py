"""Stochastic dominance: the verdict on every pair of options, as a matrix for each order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Patch, Rectangle

from forecast.plots.provenance import utility_note
from forecast.plots.style import dress_noted, plain
from priors.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.dominance import Dominance

__all__ = ["draw"]

# Word, sign in the cell, fill, hatch and colour of the sign: told apart by the sign and by how dark they are.
_LOOKS = {
    "dominates": ("yes", "#0b4f7d", "", "white"),
    "does not": ("no", "#ffffff", "", "#555555"),
    "cannot tell": ("?", "#dcdcdc", "////", "#222222"),
    "equal": ("=", "#8fb4cc", "", "black"),
}
_HEADINGS = {
    "first": "First order: better for whoever wants more",
    "second": "Second order: better for whoever also shuns risk",
}


def draw(result: Dominance) -> Figure:
    """Draw the verdicts.

    Parameters
    ----------
    result : Dominance
        From :func:`forecast.dominance`.

    Returns
    -------
    matplotlib.figure.Figure
        Two axes, first and second order: whether the option in the row dominates the one in the column.
    """
    options = [name for name, _ in result.titles]
    size = len(options)
    cell = 0.46
    labels = [f"{title}  {number}" for number, (_, title) in enumerate(result.titles, start=1)]
    room = 0.075 * max(map(len, labels))
    width = max(2 * cell * size + room + 1.0, 8.4)
    figure = Picture(figsize=(width, cell * size + 2.3), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    used = []
    for ax, order in zip(panels, _HEADINGS, strict=True):
        for row in result.rows:
            at = options.index(row.other), options.index(row.option)
            word = str(getattr(row, order))
            used.append(word)
            sign, fill, hatch, ink = _LOOKS[word]
            ax.add_patch(
                Rectangle((at[0] - 0.5, at[1] - 0.5), 1.0, 1.0, facecolor=fill, hatch=hatch, edgecolor="#bbbbbb")
            )
            backed = {"facecolor": fill, "edgecolor": "none", "pad": 1.0} if hatch else None
            ax.text(*at, sign, ha="center", va="center", color=ink, fontsize=9, bbox=backed)
        ax.plot(range(size), range(size), linestyle="none", marker=".", color="#bbbbbb", markersize=3)
        ax.set_xlim(-0.5, size - 0.5)
        ax.set_ylim(size - 0.5, -0.5)
        ax.set_aspect("equal")
        ax.set_xticks(range(size), [str(number) for number in range(1, size + 1)])
        ax.set_yticks(range(size), [plain(label) for label in labels])
        ax.tick_params(length=0, labelsize=9)
        ax.spines[:].set_visible(False)
        ax.set_title(_HEADINGS[order], fontsize=9.5)
        ax.set_xlabel("… the option of this number?", fontsize=9)
    panels[0].set_ylabel("Does this option dominate …", fontsize=9)
    sure = (
        f"All of “yes” and “no” are right at once with {100 * result.level:g}% confidence; “yes” is over the stated "
        "range of utility, as no number of worlds resolves the ends."
        if result.sampled
        else "Exact: the worlds are all that there is."
    )
    dress_noted(
        figure,
        utility_note(result.about),
        title="Which option is better whatever the attitude to risk",
        subtitle=sure,
        handles=[
            Patch(facecolor=fill, hatch=hatch, edgecolor="#bbbbbb", label=f"{sign}: {word}")
            for word, (sign, fill, hatch, _) in _LOOKS.items()
            if word in used
        ],
        broken=result.about.gates.broken,
    )
    return figure
