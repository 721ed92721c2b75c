"""A tornado: the longest bars on top."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.arguments import whole
from forecast.estimates import counted, half_width
from forecast.plots.rows import name_rows, row_axes
from forecast.plots.style import AFTER, BEFORE, dress_noted, plain, quantity_unit
from priors.intervals import MASS, interval_label

if TYPE_CHECKING:
    from forecast.sensitivity.tornado import Bar, Tornado

__all__ = ["draw"]

_WIDTH = 52
"""Characters in a line of a label."""


def draw(result: Tornado, *, most: int = 15) -> Figure:
    """Draw a tornado.

    Parameters
    ----------
    result : Tornado
        From :func:`forecast.tornado`.
    most : int
        How many bars at most, 1..100.

    Returns
    -------
    matplotlib.figure.Figure
        One axes. From the base, a grey bar to the mean at the low end and a blue one to that at the high end, each with
        the 90% interval of its change; of a claim, one bar to the mean without it.
    """
    rows, about = result.rows[: whole("most", most, 1, 100)], result.about
    factor = 100.0 if about.unit == "yes/no" else 1.0
    width = half_width(MASS)
    figure, ax = row_axes(9.6, (0.46 if result.by == "claim" else 0.58) * len(rows) + 2.4)
    for place, row in enumerate(rows):
        ends = [("high", AFTER)] if row.kind == "claim" else [("low", BEFORE), ("high", AFTER)]
        for end, colour in ends:
            change, error = getattr(row, f"change_{end}"), getattr(row, f"change_{end}_error")
            ax.barh(-place, factor * change, left=factor * result.base, height=0.62, color=colour, zorder=2)
            ax.errorbar(
                factor * (result.base + change),
                -place,
                xerr=factor * width * error,
                color="#222222",
                elinewidth=1.1,
                capsize=2.5,
                linestyle="none",
                zorder=3,
            )
    ax.axvline(factor * result.base, color="black", linewidth=0.9, zorder=4)
    name_rows(ax, [plain(_label(row)) for row in rows])
    ax.margins(x=0.08)
    unit = quantity_unit(about, share="% of worlds")
    difference = " (difference)" if about.difference else ""
    ax.set_xlabel(plain(f"{about.title}{difference}, {unit}"), fontsize=9)
    claims = result.by == "claim"
    handles: list[Artist] = [Line2D([], [], color="black", linewidth=0.9, label="all beliefs as they are")]
    if claims:
        handles.append(Patch(color=AFTER, label="without the claim"))
    else:
        handles += [Patch(color=BEFORE, label="at its lower end"), Patch(color=AFTER, label="at its upper end")]
    how = "each claim left out" if claims else f"each belief at the ends of its {interval_label(MASS)}"
    if any(row.kind == "structure" for row in rows):
        how += ", each structure at its forms"
    dress_noted(
        figure,
        f"{counted(about.worlds, 'possible world')}, the same each time, {counted(about.months, 'month')}.  "
        f"{about.note}.  {len(rows)} of {len(result.rows)}.",
        title="One claim at a time" if claims else "One belief at a time",
        subtitle=plain(
            f"{about.title} {about.of}: {how}, all else as it is. Error bars: {100 * MASS:g}% Monte-Carlo intervals."
        ),
        handles=handles,
        broken=about.gates.broken,
    )
    return figure


def _label(row: Bar) -> str:
    name = f"{row.parameter}: {row.meaning}" if row.meaning else row.parameter
    lines = textwrap.wrap(name, _WIDTH, max_lines=2, placeholder=" …")
    if row.range_words():
        lines += textwrap.wrap(row.range_words(), _WIDTH, max_lines=1, placeholder=" …")
    return "\n".join(lines)
