"""How far each option is behind the best, where a structure has each of its forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.estimates import counted
from forecast.plots.choices import Look, draw_choices, key_of
from forecast.plots.rows import STRIPE, name_rows, option_handles, row_axes
from forecast.plots.style import dress_noted, named_styles, plain
from priors.intervals import MASS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.structures.by_structure import ByStructure

__all__ = ["draw"]

_GAP, _SPREAD = 0.6, 0.66

_LOOK = Look(marker=4.5, line=1.1, ring=10, edge=1.0, words=7.5, wrap=34, between=" ")


def draw(result: ByStructure) -> Figure:
    """Draw how far each option is behind the best, under each form.

    Parameters
    ----------
    result : ByStructure
        From :func:`forecast.by_structure`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: a row a form, with its weight; the best option of each is ringed at 0 and named on the right.
    """
    about, styles = result.about, named_styles(dict(result.titles))
    heights: dict[tuple[str, int], float] = {}
    height, before = 0.0, ""
    for row in result.rows:
        height -= 1.0 + (_GAP if before and before != row.structure else 0.0)
        heights[key_of(result, row)], before = height, row.structure
    figure, ax = row_axes(9.6, 0.42 * -height + 2.6)
    down = {option: _SPREAD * ((place + 0.5) / len(styles) - 0.5) for place, option in enumerate(styles)}
    draw_choices(
        ax,
        result,
        styles,
        value=lambda one: (-one.behind, one.behind_error),
        row_of=lambda key, option: heights[key] - down[option],
        centre_of=heights.__getitem__,
        look=_LOOK,
    )
    for middle in list(heights.values())[1::2]:
        ax.axhspan(middle - 0.5, middle + 0.5, color=STRIPE, zorder=0)
    labels = [f"{plain(row.form)} ({100 * row.weight:.2g}%)" for row in result.rows]
    places = list(heights.values())
    name_rows(ax, labels, at=places, fontsize=8.5, bottom=min(places) - 0.7, top=max(places) + 0.7)
    ax.set_xlabel(f"{plain(about.unit)} less that of the best option", fontsize=9)
    dress_noted(
        figure,
        f"Values: {about.values}.  {about.note}.  {counted(about.worlds, 'possible world')} a form, the same "
        f"luck, {about.months} months.",
        title="Which option, by the structure of the world",
        subtitle=(
            f"In brackets the weight of each form given the evidence. Bars: {100 * MASS:g}% Monte-Carlo interval. Ring "
            "and name: the highest expected utility, and whether it is told from every other "
            f"({100 * result.level:g}%, all forms at once)."
        ),
        handles=option_handles(styles.values(), linewidth=1.4, markersize=5),
        broken=about.gates.broken,
    )
    return figure
