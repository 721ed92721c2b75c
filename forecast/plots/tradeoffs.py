"""What each option gains and what harm it risks, over a baseline."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

from forecast.decision.frontier import OFF, ON, UNTOLD, undominated
from forecast.decision.plane import Plane
from forecast.errors import InvalidArgument
from forecast.estimates import counted, half_width
from forecast.plots.labels import cross_boxes, line_boxes, lines_through, place_labels
from forecast.plots.plane import harm_text
from forecast.plots.provenance import utility_note
from forecast.plots.rows import row_axes
from forecast.plots.style import dress_noted, filled, named_styles, plain, unit_label
from forecast.worlds.pictures import said_of
from priors.intervals import MASS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.tradeoffs import Tradeoffs

__all__ = ["draw"]


def _signed(value: float, _position: object = None) -> str:
    number = round(value, 9)
    return f"{number:+,g}".replace("-", "\N{MINUS SIGN}") if number else "0"


def _limits(ax: Axes, x: list[float], y: list[float], dx: list[float], dy: list[float]) -> None:
    """Leave room around the crosses for labels."""
    for centre, half, setter in ((x, dx, ax.set_xlim), (y, dy, ax.set_ylim)):
        low = min(c - h for c, h in zip(centre, half, strict=True))
        high = max(c + h for c, h in zip(centre, half, strict=True))
        room = 0.16 * (high - low) or 1.0
        setter(low - room, high + room)


def _said(plane: Plane, months: str, baseline: str) -> dict[str, str]:
    """Return the words of the picture: those of its own that the world has, else by the names of its outcomes."""
    gain = plane.gain
    way, other = ("lower", "higher") if gain.better == "lower" else ("higher", "lower")
    unit = "percentage points" if gain.is_event else f"{unit_label(gain.unit)}, mean over worlds"
    usual = {
        "plane": plain(f"{gain.long_name}: what each option gains, and what harm it risks"),
        "plane_x": plain(f"{gain.long_name}: by how much it is {way} after {months} than with “")
        + f"{baseline}”\n({plain(unit)}; below zero it is {other})",
        "plane_y": f"added risk of harm, over “{baseline}”\n(percentage points)",
        "plane_harm": plain(f"Harm within {months}: {harm_text(plane.harms)}."),
    }
    own = said_of(dict(plane.of)).get("words", {})
    parts = {"months": months, "baseline": baseline}
    return {key: filled(own[key], **parts) if key in own else text for key, text in usual.items()}


def draw(result: Tradeoffs) -> Figure:
    """Draw the options' gains and risks over the baseline.

    Parameters
    ----------
    result : Tradeoffs
        From :func:`forecast.tradeoffs`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes: how much better the outcome is that the world declares as its gain (the last one) against the added
        risk of any of its harms in percentage points, one labelled point an option with its 90% Monte-Carlo cross.
        Points that none is right of and under are joined by steps. Full points are surely on the
        frontier of all the criteria of ``result``, hollow ones surely off it, and of half-filled ones it cannot be
        told.

    Raises
    ------
    InvalidArgument
        If the world declares no gain or no harms.
    """
    plane = result.plane
    if plane is None:
        raise InvalidArgument(
            "the trade-offs of a world that declares no gain or no harms",
            expected="an outcome that is the gain, and events that are harms",
            mend='see the table with to_frame(), or write World(..., gain="outcome", harms=("event", "not event"))',
        )
    about, styles = result.about, named_styles(dict(result.titles))
    width = half_width(MASS)
    # A probability is in percentage points, as the harm is.
    factor = 100.0 if plane.gain.is_event else 1.0
    x, y = [factor * p.gain for p in plane.points], [100.0 * p.harm for p in plane.points]
    dx = [factor * width * p.gain_error for p in plane.points]
    dy = [100.0 * width * p.harm_error for p in plane.points]
    names = [p.option for p in plane.points]
    told = {option: verdict for verdict, options in result.verdicts.items() for option in options}
    fills: dict[str, Literal["full", "left", "none"]] = {ON: "full", UNTOLD: "left", OFF: "none"}

    figure, ax = row_axes(8.6, 6.6)
    _limits(ax, x, y, dx, dy)
    lines_through(ax, 0.0, 0.0)
    best = undominated(np.array([x, [-v for v in y]])[:, :, np.newaxis])[:, 0]
    steps = sorted((x[i], y[i]) for i in np.flatnonzero(best))
    ax.step(*zip(*steps, strict=True), where="pre", color="#9a9a9a", linewidth=1.3, zorder=1.5)
    for i, option in enumerate(names):
        style = styles[option]
        fill = fills[told[option]]
        ax.errorbar(
            x[i],
            y[i],
            xerr=dx[i],
            yerr=dy[i],
            color=style.colour,
            marker=style.marker,
            markersize=9.0,
            fillstyle=fill,
            markerfacecoloralt="white",
            markeredgecolor="white" if fill == "full" else style.colour,
            markeredgewidth=0.6 if fill == "full" else 1.6,
            elinewidth=1.4,
            linestyle="none",
            zorder=3,
        )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(_signed))
    said = _said(plane, counted(about.months, "month"), styles[result.baseline].title)
    ax.set_xlabel(said["plane_x"], fontsize=9)
    ax.set_ylabel(said["plane_y"], fontsize=9)
    looks = {"marker": "o", "linestyle": "none", "color": "#444444", "markersize": 8}
    # Steps of one point are no line.
    joined = Line2D([], [], color="#9a9a9a", linewidth=1.3, label="none gains more at less risk")
    handles = [
        *([joined] if len(steps) > 1 else []),
        *(
            Line2D([], [], fillstyle=fills[verdict], markerfacecoloralt="white", label=label, **looks)  # type: ignore[arg-type]
            for verdict, label in (
                (ON, f"surely on the frontier of all {len(result.criteria)} criteria"),
                (UNTOLD, "cannot be told"),
                (OFF, "surely off it: another is better"),
            )
            if result.verdicts[verdict]
        ),
    ]
    dress_noted(
        figure,
        utility_note(replace(about, values="")),
        title=said["plane"],
        subtitle=(
            f"{said['plane_harm']} Differences in the same worlds; right and down is better. "
            f"Crosses: {100 * MASS:g}% Monte-Carlo intervals, not the width of beliefs."
        ),
        handles=handles,
        broken=about.gates.broken,
    )
    figure.draw_without_rendering()
    obstacles = cross_boxes(ax, x, y, dx, dy)
    corners = [(left[0], right[1]) for left, right in pairwise(steps)]
    for one, other in pairwise([corner for pair in zip(steps, [*corners, steps[-1]], strict=True) for corner in pair]):
        obstacles.append(Bbox(ax.transData.transform([one, other])).padded(2.0))
    obstacles += line_boxes(ax, 0.0, 0.0)
    texts = [styles[option].title for option in names]
    place_labels(ax, list(zip(x, y, strict=True)), texts, obstacles=obstacles)
    return figure
