"""What depends on what in a month: which part of the world reads which, and state by state."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from forecast.arguments import flag
from forecast.plots.style import GREY, dress_noted, named_styles
from forecast.world import World
from forecast.world_page import Value, WorldDescription, describe_world
from forecast.worlds.pictures import said_of
from priors.pictures import Picture

__all__ = ["draw"]

_LEVERS = "levers"
_BOX = 2.9
_LINE, _HEADING = 0.24, 0.62
_MIDDLE, _ROUND = (7.6, 5.5), (5.8, 4.2)
"""Where boxes stand in a ring, and its half axes, of a world that does not say where they stand."""


class _Looks:
    """How the parts of the world are drawn: as it says, or in a ring and in the colours of options."""

    def __init__(self, world: World) -> None:
        self.parts = world.parts
        said = said_of({"world": world.name, "world_hash": world.hash})
        parts = said.get("parts") or _in_a_ring([name for name, part in world.parts.items() if part.states])
        # Levers are grey, and come first.
        self.colours = {_LEVERS: GREY} | {name: str(part["colour"]) for name, part in parts.items()}
        self.places: dict[str, tuple[float, float]] = {name: tuple(part["at"]) for name, part in parts.items()}
        self.bent = {(one, other): by for one, others in said.get("bent", {}).items() for other, by in others.items()}


def _note(world: World) -> str:
    return f"From the equations of the {world.step_word}: forecast model."


def _in_a_ring(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    turns = np.pi / 2.0 - 2.0 * np.pi * np.arange(len(names)) / max(len(names), 1)
    at = np.array(_MIDDLE) + np.array(_ROUND) * np.column_stack([np.cos(turns), np.sin(turns)])
    colours = [style.colour for style in named_styles({name: name for name in names}).values()]
    return {name: {"colour": colours[i], "at": at[i].tolist()} for i, name in enumerate(names)}


def draw(result: WorldDescription, *, states: bool = False) -> Figure:
    """Draw what depends on what within a month.

    Parameters
    ----------
    result : WorldDescription
        From :func:`forecast.describe_world`.
    states : bool
        Whether to show every state of the month; else which part of the world reads which, where there are several, or
        of one part what its states and values depend on.

    Returns
    -------
    matplotlib.figure.Figure
        One axes.
    """
    few = sum(bool(part.states) for part in result.world.parts.values()) < 2
    if flag("states", states) or result.part is not None or few:
        return _dependence(result.world, None if states else result.part)
    return _parts(result.world)


def _parts(world: World) -> Figure:
    """Draw the parts of the month with their states and levers, and an arrow where one reads another."""
    rows = describe_world(world=world).rows
    figure = Picture(figsize=(11.5, 8.6), layout="constrained")
    axes = figure.subplots()
    axes.set_xlim(0.1, 15.1)
    axes.set_ylim(-0.8, 11.8)
    axes.axis("off")
    looks = _Looks(world)
    homes = _homes(rows, looks)
    boxes = {name: _drawn_box(axes, name, rows, looks) for name in looks.places}
    read = {
        (homes[name], row.part)
        for row in rows
        for name in row.reads
        if row.part in looks.places and homes.get(name, row.part) not in (row.part, _LEVERS)
    }
    for source, target in sorted(read):
        bend = 0.1 if (target, source) in read else 0.04
        arrow = FancyArrowPatch(
            looks.places[source],
            looks.places[target],
            patchA=boxes[source],
            patchB=boxes[target],
            connectionstyle=f"arc3,rad={looks.bent.get((source, target), bend)}",
            arrowstyle="-|>,head_length=6,head_width=3",
            color=looks.colours[source],
            linewidth=1.5,
            zorder=2,
        )
        axes.add_patch(arrow)
    dress_noted(
        figure,
        _note(world),
        title=f"One {world.step_word}: which part of the world reads which",
        subtitle="An arrow has the colour of the part that is read: a state or a value of it stands in an equation of "
        "the part to which it points. In a box are the part's states, or what assistance amounts to, and in grey the "
        "levers that it reads.",
    )
    return figure


def _dependence(world: World, part: str | None) -> Figure:
    """Draw on what each state's next value depends within a month, as a table of dots.

    Of one part its next states, and what others read of it, by what it reads of others.
    """
    rows, looks = describe_world(world=world).rows, _Looks(world)
    homes = _homes(rows, looks)
    follow = _followed([row for row in rows if part in (None, row.part)], rows if part else [])
    place = {name: (list(looks.colours).index(part), number) for number, (name, part) in enumerate(homes.items())}
    targets = sorted(follow, key=place.__getitem__)
    sources = sorted({name for names in follow.values() for name in names} & set(homes), key=place.__getitem__)
    figure = Picture(figsize=(2.6 + 0.19 * len(sources), 2.9 + 0.19 * len(targets)), layout="constrained")
    axes = figure.subplots()
    for down, target in enumerate(targets):
        for across, source in enumerate(sources):
            if source in follow[target]:
                axes.plot(across, down, "o", color=looks.colours[homes[source]], markersize=4.5)
    axes.set_xticks(range(len(sources)), sources, rotation=90, fontsize=7)
    axes.set_yticks(range(len(targets)), targets, fontsize=7)
    axes.xaxis.tick_top()
    for ticks, names in ((axes.get_xticklabels(), sources), (axes.get_yticklabels(), targets)):
        for tick, name in zip(ticks, names, strict=True):
            tick.set_color(looks.colours[homes[name]])
    axes.set_xlim(-0.6, len(sources) - 0.4)
    axes.set_ylim(len(targets) - 0.4, -0.6)
    axes.grid(color="#e6e6e6", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    what = "every state" if part is None else world.parts[part].title
    dress_noted(
        figure,
        _note(world),
        title=f"One {world.step_word}: on what {what} depends",
        subtitle=f"A dot where what stands at the left follows within the {world.step_word} from what stands above. "
        "Colours are those of the parts of the world; levers are grey.",
    )
    return figure


def _followed(own: Sequence[Value], rows: Sequence[Value]) -> dict[str, set[str]]:
    """Return the names from which next states, and what other rows read, follow through the values among own."""
    known = {row.name: row for row in own}
    read = {name for row in rows if row.name not in known for name in row.reads}

    def sources(name: str) -> set[str]:
        found: set[str] = set()
        for one in known[name].reads:
            found |= sources(one) if one in known else {one}
        return found

    return {name: sources(name) for name in known if name.startswith("next ") or name in read}


def _homes(rows: Sequence[Value], looks: _Looks) -> dict[str, str]:
    """Return the part of each name that is a value of the month, a state or a lever."""
    homes = {row.name: row.part for row in rows if row.part in looks.colours}
    homes |= {name.removeprefix("next "): part for name, part in homes.items()}
    return homes | {name: _LEVERS for row in rows for name in row.reads if name.startswith("lever(")}


def _drawn_box(axes: Axes, name: str, rows: Sequence[Value], looks: _Looks) -> FancyBboxPatch:
    """Draw a part with what it holds, a line each, and the levers that it reads."""
    elsewhere = {one for row in rows if row.part != name for one in row.reads}
    words = looks.parts[name].states or [row.name for row in rows if row.part == name and row.name in elsewhere]
    read = {one: None for row in rows if row.part == name for one in row.reads if one.startswith("lever(")}
    levers = textwrap.wrap(", ".join(one[len("lever(") : -1] for one in read), 34)
    height = _HEADING + _LINE * (len(words) + len(levers)) + 0.1
    (x, y), top = looks.places[name], looks.places[name][1] + height / 2
    box = FancyBboxPatch(
        (x - _BOX / 2, y - height / 2),
        _BOX,
        height,
        boxstyle="round,pad=0.02,rounding_size=0.12",
        facecolor="white",
        edgecolor=looks.colours[name],
        linewidth=1.6,
        zorder=3,
    )
    axes.add_patch(box)
    axes.text(
        x, top - 0.26, looks.parts[name].title, ha="center", va="center", fontsize=9.5, fontweight="bold", zorder=4
    )
    for number, line in enumerate([*words, *levers]):
        colour = "black" if number < len(words) else GREY
        down = top - _HEADING - _LINE * number
        axes.text(x, down, line, ha="center", va="center", fontsize=7.2, color=colour, zorder=4)
    return box
