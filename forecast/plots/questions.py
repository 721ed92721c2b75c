"""What questions are worth, ranked."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from forecast.arguments import whole
from forecast.estimates import estimate_text
from forecast.plots.provenance import utility_note
from forecast.plots.rows import name_rows, point, row_axes
from forecast.plots.style import AFTER, GREY, dress_noted, plain, unit_label
from priors.intervals import MASS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.questions import Questions

__all__ = ["draw"]

_WIDTH = 60


def draw(result: Questions, *, most: int = 20) -> Figure:
    """Draw questions by their value.

    Parameters
    ----------
    result : Questions
        From :func:`forecast.questions`.
    most : int
        How many, from the first, 1..100.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: a point and its 90% interval a question, in the utility's unit, and beside it how often the answer
        would change the choice. A dashed line marks what all parameters together are worth, where it is near.
    """
    rows, about = result.rows[: whole("most", most, 1, 100)], result.about
    meanings = dict(result.meanings)
    figure, ax = row_axes(9.0, 0.34 * len(rows) + 2.2)
    for place, row in enumerate(rows):
        reaches = (max(row.evppi - row.evppi_lower, 0.0), max(row.evppi_upper - row.evppi, 0.0))
        point(ax, row.evppi, -place, reaches, colour=AFTER, hollow=row.moved)
        ax.annotate(
            f"{100 * row.p_change:.0f}%",
            (1.0, -place),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=GREY,
        )
    ax.axvline(0.0, color="black", linewidth=0.9, zorder=1)
    reach = max(max(row.evppi_upper for row in rows), 1e-12)
    if 0.0 < result.together.value <= 2.0 * reach:
        ax.axvline(result.together.value, color=GREY, linewidth=1.0, dashes=(4, 2), zorder=1)
        ax.set_title("dashed: all parameters together", fontsize=8, color=GREY, loc="left")
    ax.annotate(
        "choice\nchanges",
        (1.0, 1.0),
        xycoords="axes fraction",
        xytext=(6, 3),
        textcoords="offset points",
        va="bottom",
        fontsize=8,
        color=GREY,
    )
    name_rows(ax, [plain(_label(row.question, row.kind, meanings)) for row in rows], fontsize=8.5)
    unit = plain(unit_label("1" if about.unit == "yes/no" else about.unit))
    ax.set_xlabel(f"value of knowing the answer before choosing ({unit})", fontsize=9)
    shown = f" The first {len(rows)} of {len(result.rows)}." if len(rows) < len(result.rows) else ""
    everything, together = (
        estimate_text(one.value, one.error, unit=about.unit) for one in (result.everything, result.together)
    )
    hollow = (
        " Hollow: held to what a part of it is worth; more worlds are needed." if any(r.moved for r in rows) else ""
    )
    dress_noted(
        figure,
        utility_note(about),
        title="What is worth finding out first",
        subtitle=f"Expected gain from knowing. Bars: {100 * MASS:g}% Monte-Carlo interval. Knowing all parameters "
        f"would be worth {plain(together)}, knowing luck as well {plain(everything)}. "
        f"A choice counts as changed for a predicted gain above {result.tolerance:.2g} ({unit}).{hollow}{shown}",
        broken=about.gates.broken,
    )
    return figure


def _label(question: str, kind: str, meanings: dict[str, str]) -> str:
    """Return the name, and what it means in few words where that is known."""
    if kind != "parameter" or question not in meanings:
        return question
    return f"{question}\n{textwrap.shorten(meanings[question], _WIDTH, placeholder=' …')}"
