"""Power-scaling: the prior's sensitivity against the likelihood's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from forecast.diagnostics.scaling import CONFLICT, NOISY, THRESHOLD
from forecast.plots.labels import place_labels
from forecast.plots.style import AFTER, ALARM, GREY, dress_noted, finish, plain
from priors.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.diagnostics.scaling import PowerScaling

__all__ = ["draw"]

_LEAST = 0.001
"""Where the logarithmic axes begin; what is smaller stands on the edge."""


def draw(result: PowerScaling) -> Figure:
    """Draw one point a quantity: sensitivity to the likelihood across, to the prior upwards.

    Parameters
    ----------
    result : PowerScaling
        From :func:`forecast.power_scaling`.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for parameters, and one for outcomes where there are any, on logarithmic axes with the threshold of
        each; the corner of possible conflicts is shaded. Points without reliable values are hollow. Named are the
        parameters, and each outcome at its option with the largest sensitivities.
    """
    frame = result.to_frame()
    known = frame.index.get_level_values("option") == ""
    parts = [(part, name) for part, name in ((frame[known], "Parameters"), (frame[~known], "Outcomes")) if len(part)]
    figure = Picture(figsize=(6.6 * max(len(parts), 1) + 0.4, 6.4), layout="constrained")
    grid = figure.subplots(1, max(len(parts), 1), squeeze=False)
    top = 2.0 * max(THRESHOLD * 2, float(frame[["prior", "likelihood"]].max().max()) if len(frame) else 0.0)
    labels: list[tuple[Axes, list[tuple[float, float]], list[str], list[str]]] = []
    for ax, (part, name) in zip(grid.flat, parts, strict=False):
        finish(ax)
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlim(_LEAST, top)
        ax.set_ylim(_LEAST, top)
        ax.axhspan(
            THRESHOLD, top, xmin=np.log(THRESHOLD / _LEAST) / np.log(top / _LEAST), color=ALARM, alpha=0.08, lw=0
        )
        for line in (ax.axhline, ax.axvline):
            line(THRESHOLD, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)))
        points, colours = [], []
        for _, row in part.iterrows():
            colour = ALARM if row["diagnosis"] == CONFLICT else GREY if row["diagnosis"] == NOISY else AFTER
            point = max(row["likelihood"], _LEAST), max(row["prior"], _LEAST)
            ax.plot(
                *point,
                marker="o",
                markersize=5,
                color=colour,
                markerfacecolor="white" if row["diagnosis"] == NOISY else colour,
                linestyle="none",
                clip_on=False,
            )
            points.append(point)
            colours.append(colour)
        ax.set_title(name, fontsize=10, loc="left")
        ax.set_xlabel("sensitivity to the likelihood", fontsize=9)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _position: f"{value:g}"))
        chosen = _named(part, points)
        labels.append((ax, points, [chosen.get(at, "") for at in range(len(points))], colours))
    grid[0, 0].set_ylabel("sensitivity to the prior of what evidence reaches", fontsize=9)
    dress_noted(
        figure,
        f"{result.about.note}.",
        title="What rests on the prior, what on the evidence, and where the two may pull apart",
        subtitle=(
            "Change of each distribution for a doubling of the power of the prior, and of the likelihood. Dashes: the "
            f"threshold {THRESHOLD:g}. Shaded: both matter, a sign of a possible conflict."
        ),
        handles=[
            Line2D([], [], color=ALARM, marker="o", linestyle="none", label=CONFLICT),
            Line2D([], [], color=AFTER, marker="o", linestyle="none", label="no sign of a conflict"),
            Line2D([], [], color=GREY, marker="o", markerfacecolor="white", linestyle="none", label="too few draws"),
        ],
        broken=result.about.gates.broken,
    )
    _write(figure, labels)
    return figure


def _named(part: Any, points: list[tuple[float, float]]) -> dict[int, str]:
    """Choose which points get a name: every parameter, and one option of each outcome."""
    names = list(part.index)
    best: dict[str, int] = {}
    for at, (quantity, _) in enumerate(names):
        far = points[at][0] * points[at][1]
        if quantity not in best or far > points[best[quantity]][0] * points[best[quantity]][1]:
            best[quantity] = at
    return {at: quantity for quantity, at in best.items()}


def _write(figure: Figure, labels: list[Any]) -> None:
    """Write the names once the layout is settled."""
    from matplotlib.transforms import Bbox

    figure.draw_without_rendering()
    for ax, points, texts, colours in labels:
        obstacles = [
            Bbox.from_bounds(x - 3, y - 3, 6, 6) for x, y in (ax.transData.transform(point) for point in points)
        ]
        named = [at for at, text in enumerate(texts) if text]
        place_labels(
            ax,
            [points[at] for at in named],
            [plain(texts[at]) for at in named],
            colours=[colours[at] for at in named],
            obstacles=obstacles,
            fontsize=7.5,
        )
