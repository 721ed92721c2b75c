"""Rows with a value and its interval: what most pictures of results are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from forecast.arguments import whole
from forecast.estimates import counted, half_width
from forecast.plots.style import AFTER, dress_noted, finish, plain, quantity_unit
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.plots.style import OptionStyle
    from forecast.results import Result

__all__ = ["GAP", "STRIPE", "Groups", "bare_rows", "draw", "name_rows", "option_handles", "point", "row_axes"]

GAP = 1.2
"""Between groups of rows, in rows."""

STRIPE = "#f3f3f3"
"""Colour behind every other row."""


def draw(result: Result, *, most: int = 40) -> Picture:
    """Draw the rows of any result whose rows have an ``estimate`` and an ``error``, in their order.

    Parameters
    ----------
    result : Result
        Whose kind says ``picture = "rows"``.
    most : int
        How many rows at most, 1..200.

    Returns
    -------
    Picture
        One axes: a point and its 90% Monte-Carlo interval a row.
    """
    rows, about = result.rows[: whole("most", most, 1, 200)], result.about
    factor = 100.0 if about.unit == "yes/no" else 1.0
    figure, ax = row_axes(9.0, 0.34 * len(rows) + 2.0)
    for place, row in enumerate(rows):
        point(ax, factor * row.estimate, -place, factor * half_width() * row.error, colour=AFTER)
    name_rows(ax, [plain(", ".join(_named(getattr(row, name)) for name in result.index)) for row in rows])
    unit = quantity_unit(about)
    ax.set_xlabel(plain(f"{about.title or 'estimate'} ({unit})"), fontsize=9)
    worlds = f"{counted(about.worlds, 'possible world')}.  " if about.worlds else ""
    dress_noted(
        figure,
        f"{worlds}{about.note}{'.  ' if about.note else ''}{len(rows)} of {len(result.rows)}.",
        title=about.title or type(result).__name__,
        subtitle=f"{about.of}{'. ' if about.of else ''}Bars: {100 * MASS:g}% Monte-Carlo intervals.",
        broken=about.gates.broken,
    )
    return figure


def _named(value: object) -> str:
    return f"{value:,g}" if isinstance(value, float) else str(value)


def row_axes(width: float, height: float) -> tuple[Picture, Axes]:
    """Make a figure of so many inches with one axes for rows."""
    figure = Picture(figsize=(width, height), layout="constrained")
    ax = figure.subplots()
    finish(ax)
    return figure, ax


def name_rows(
    ax: Axes,
    labels: Sequence[str],
    *,
    at: Iterable[float] | None = None,
    fontsize: float = 8.0,
    bottom: float | None = None,
    top: float = 0.6,
) -> None:
    """Write what each row is, and take away what an axis of names does not need.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Rows go down from 0 in steps of 1.
    labels : sequence of str
        As Matplotlib is to show them: see :func:`forecast.plots.style.plain`.
    at : iterable of float, optional
        Where the labels stand, if not at 0, -1, -2, and so on.
    fontsize : float
        Of the labels.
    bottom, top : float, optional
        Ends of the axis; just around so many rows by default.
    """
    places = [-float(place) for place in range(len(labels))] if at is None else list(at)
    ax.set_yticks(places, list(labels), fontsize=fontsize)
    ax.set_ylim(-len(labels) + 0.4 if bottom is None else bottom, top)
    bare_rows(ax)


def bare_rows(ax: Axes) -> None:
    """Take away the ticks, the line and the grid of an axis of names."""
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(False, axis="y")


def point(
    ax: Axes,
    x: float,
    y: float,
    error: float | tuple[float, float],
    *,
    colour: str,
    marker: str = "o",
    hollow: bool = False,
    upright: bool = False,
    **look: Any,
) -> None:
    """Draw a value and its interval.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    x, y : float
        The value, and its row; of an upright bar the place, and the value.
    error : float or tuple of float
        How far the interval reaches to either side, or below and above.
    colour, marker : str
        Of both; the interval has no caps.
    hollow : bool
        Whether the marker is left white.
    upright : bool
        Whether the interval is of y.
    **look
        As for :meth:`matplotlib.axes.Axes.errorbar`.
    """
    spans = [[error[0]], [error[1]]] if isinstance(error, tuple) else error
    given: dict[str, Any] = {"markersize": 5.5, "elinewidth": 1.6, "linestyle": "none"} | look
    given["yerr" if upright else "xerr"] = spans
    ax.errorbar(x, y, color=colour, marker=marker, markerfacecolor="white" if hollow else colour, **given)


class Groups:
    """Rows of options within groups: every group has a row for each option, and a gap after it.

    Parameters
    ----------
    groups : sequence
        What each group is of.
    options : sequence of str
        In their order.
    gap : float
        Between groups, in rows.

    Attributes
    ----------
    height : float
        Of all, in rows.
    """

    def __init__(self, groups: Sequence[Any], options: Sequence[str], *, gap: float = GAP) -> None:
        self._step, self._gap = len(options) + gap, gap
        self._tops = {group: -place * self._step for place, group in enumerate(groups)}
        self._down = {option: place for place, option in enumerate(options)}
        self.height = self._step * len(self._tops)

    def row(self, group: Any, option: str) -> float:
        """Return where an option's row of a group is."""
        return self._tops[group] - self._down[option]

    def centre(self, group: Any) -> float:
        """Return where the middle of a group is."""
        return self._tops[group] - (len(self._down) - 1) / 2

    def stripe(self, ax: Axes) -> None:
        """Lay a stripe behind every other group."""
        for top in list(self._tops.values())[1::2]:
            above = top + (1 + self._gap) / 2
            ax.axhspan(above - self._step, above, color=STRIPE, zorder=0)

    def name(self, ax: Axes, labels: Sequence[str], *, fontsize: float = 9.0) -> None:
        """Write what each group is in the middle of it."""
        edge = (1 + self._gap) / 2
        centres = [self.centre(group) for group in self._tops]
        name_rows(ax, labels, at=centres, fontsize=fontsize, bottom=edge - self.height, top=edge)


def option_handles(styles: Iterable[OptionStyle], *, linewidth: float = 1.6, markersize: float = 6.0) -> list[Line2D]:
    """Make what a legend shows of options."""
    return [
        Line2D([], [], color=s.colour, marker=s.marker, linewidth=linewidth, markersize=markersize, label=s.wrapped(44))
        for s in styles
    ]
