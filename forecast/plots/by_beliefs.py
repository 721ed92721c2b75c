"""The choice under each set of beliefs: expected utility of every option, set by set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.estimates import counted
from forecast.plots.choices import Look, draw_choices, key_of
from forecast.plots.rows import Groups, option_handles, row_axes
from forecast.plots.style import dress_noted, named_styles, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.by_beliefs import ByBeliefs

__all__ = ["draw"]

_LOOK = Look(marker=5.5, line=1.6, ring=12, edge=1.1, words=8.5, wrap=24, between="\n")


def draw(result: ByBeliefs) -> Figure:
    """Draw the expected utility of every option under every set of beliefs.

    Parameters
    ----------
    result : ByBeliefs
        From :func:`forecast.by_beliefs`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: sets from the top, under each the options; the best of each is ringed and named on the right.
    """
    about, styles = result.about, named_styles(dict(result.titles))
    groups = Groups([key_of(result, row) for row in result.rows], list(styles), gap=1.6)
    figure, ax = row_axes(9.6, 0.16 * groups.height + 2.3)
    draw_choices(
        ax,
        result,
        styles,
        value=lambda one: (one.expected_utility, one.expected_utility_error),
        row_of=groups.row,
        centre_of=groups.centre,
        look=_LOOK,
    )
    groups.stripe(ax)
    groups.name(ax, [plain(row.beliefs) for row in result.rows])
    ax.set_xlabel(f"expected {plain(about.unit)}", fontsize=9)
    dress_noted(
        figure,
        f"Values: {about.values}.  {about.note}.  {counted(about.worlds, 'possible world')} with the same "
        f"luck, {about.months} months.",
        title="Which option, by whose beliefs",
        subtitle=(
            f"Bars: {100 * MASS:g}% Monte-Carlo interval. Ring and name: the highest expected utility, and whether it "
            f"is told from every other option ({100 * result.level:g}%, all sets at once)."
        ),
        handles=option_handles(styles.values()),
        broken=about.gates.broken,
    )
    return figure
