"""Options under one assumption and another: what the pictures by beliefs and by structure share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.estimates import half_width
from forecast.plots.rows import point
from priors.intervals import MASS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from forecast.decision.choices import Choices, OptionRow
    from forecast.plots.style import OptionStyle

__all__ = ["Look", "draw_choices", "key_of"]


@dataclass(frozen=True)
class Look:
    """Sizes of a picture's marks and words.

    Attributes
    ----------
    marker, line, ring, edge : float
        Size of a marker, width of its interval, size of the ring around the best option and width of its line.
    words : float
        Size of the words on the right.
    wrap : int
        Characters to a line of these.
    between : str
        What stands between that the choice is another and whether it is resolved.
    """

    marker: float
    line: float
    ring: float
    edge: float
    words: float
    wrap: int
    between: str


def key_of(result: Choices, row: Any) -> Any:
    """Return the assumption that a row is of, as the index of the result has it."""
    return tuple(getattr(row, name) for name in result.index)


def draw_choices(
    ax: Axes,
    result: Choices,
    styles: Mapping[str, OptionStyle],
    *,
    value: Callable[[OptionRow], tuple[float, float]],
    row_of: Callable[[Any, str], float],
    centre_of: Callable[[Any], float],
    look: Look,
) -> None:
    """Draw every option under every assumption, with a ring around the best, which is named on the right.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    result : Choices
        What.
    styles : mapping of str to OptionStyle
        Of the options.
    value : callable
        Returns where an option is drawn, and its standard error.
    row_of, centre_of : callable
        Return the row of an option under an assumption, and the middle of the assumption's rows.
    look : Look
        Sizes.
    """
    width = half_width(MASS)
    best = {key_of(result, row): row.best for row in result.rows}
    for one in result.options:
        style, key = styles[one.option], key_of(result, one)
        (x, error), y = value(one), row_of(key, one.option)
        span: dict[str, Any] = {"markersize": look.marker, "elinewidth": look.line}
        point(ax, x, y, width * error, colour=style.colour, marker=style.marker, **span)
        if one.option == best[key]:
            ring: dict[str, Any] = {"markersize": look.ring, "markerfacecolor": "none", "mew": look.edge}
            ax.plot(x, y, marker="o", color="black", **ring)
    for row in result.rows:
        told = "resolved" if row.resolved else "not resolved"
        change = f"another choice,{look.between}" if row.changed else ""
        ax.annotate(
            f"{styles[row.best].wrapped(look.wrap)}\n{change}{told}",
            (1.01, centre_of(key_of(result, row))),
            xycoords=ax.get_yaxis_transform(),
            fontsize=look.words,
            va="center",
            fontweight="bold" if row.changed else "normal",
        )
