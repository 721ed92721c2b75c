"""What depends on what in a month: which part of the world reads which, and state by state."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from forecast.arguments import flag
from forecast.plots.style import GREY, dress_noted
from forecast.world_page import PARTS, Value, WorldDescription, describe_world
from priors.pictures import Picture

__all__ = ["draw"]

_LEVERS = "levers"
# Okabe and Ito (2008), as elsewhere; levers are grey.
_COLOURS = {
    _LEVERS: GREY,
    "aid": "#0072B2",
    "factions": "#D55E00",
    "council": "#009E73",
    "sirte": "#CC79A7",
    "isis": "#4d4d4d",
    "army": "#9A8B00",
    "oil": "#E69F00",
}

_PLACES = {
    "aid": (1.8, 6.3),
    "factions": (7.0, 9.7),
    "council": (7.0, 1.5),
    "army": (1.8, 0.9),
    "isis": (13.4, 9.7),
    "sirte": (11.9, 5.6),
    "oil": (13.4, 1.3),
}
"""Middles of the boxes of the parts, so placed that no arrow crosses a box."""

_BENT = {
    ("factions", "oil"): 0.22,
    ("factions", "army"): -0.06,
    ("army", "factions"): 0.18,
    ("isis", "council"): 0.12,
    ("isis", "oil"): -0.05,
    ("aid", "oil"): -0.14,
}
"""Arrows that would touch a box on their straight way, by how much they bend."""

_BOX = 2.9
_LINE, _HEADING = 0.24, 0.62
_NOTE = "From the equations of the month: forecast model, docs/model.md."


def draw(result: WorldDescription, *, states: bool = False) -> Figure:
    """Draw what depends on what within a month.

    Parameters
    ----------
    result : WorldDescription
        From :func:`forecast.describe_world`.
    states : bool
        Whether to show every state of the month; else which part of the world reads which, or of one part what its
        states and values depend on.

    Returns
    -------
    matplotlib.figure.Figure
        One axes.
    """
    if flag("states", states) or result.part is not None:
        return _dependence(None if states else result.part)
    return _parts(describe_world().rows)


def _parts(rows: Sequence[Value]) -> Figure:
    """Draw the parts of the month with their states and levers, and an arrow where one reads another."""
    figure = Picture(figsize=(11.5, 8.6), layout="constrained")
    axes = figure.subplots()
    axes.set_xlim(0.1, 15.1)
    axes.set_ylim(-0.8, 11.8)
    axes.axis("off")
    homes = _homes(rows)
    boxes = {name: _drawn_box(axes, name, rows) for name in _PLACES}
    read = {
        (homes[name], row.part)
        for row in rows
        for name in row.reads
        if row.part in _PLACES and homes.get(name, row.part) not in (row.part, _LEVERS)
    }
    for source, target in sorted(read):
        bend = 0.1 if (target, source) in read else 0.04
        arrow = FancyArrowPatch(
            _PLACES[source],
            _PLACES[target],
            patchA=boxes[source],
            patchB=boxes[target],
            connectionstyle=f"arc3,rad={_BENT.get((source, target), bend)}",
            arrowstyle="-|>,head_length=6,head_width=3",
            color=_COLOURS[source],
            linewidth=1.5,
            zorder=2,
        )
        axes.add_patch(arrow)
    dress_noted(
        figure,
        _NOTE,
        title="One month: which part of the world reads which",
        subtitle="An arrow has the colour of the part that is read: a state or a value of it stands in an equation of "
        "the part to which it points. In a box are the part's states, or what assistance amounts to, and in grey the "
        "levers that it reads.",
    )
    return figure


def _dependence(part: str | None) -> Figure:
    """Draw on what each state's next value depends within a month, as a table of dots.

    Of one part its next states, and what others read of it, by what it reads of others.
    """
    rows = describe_world().rows
    homes = _homes(rows)
    follow = _followed([row for row in rows if part in (None, row.part)], rows if part else [])
    place = {name: (list(_COLOURS).index(part), number) for number, (name, part) in enumerate(homes.items())}
    targets = sorted(follow, key=place.__getitem__)
    sources = sorted({name for names in follow.values() for name in names} & set(homes), key=place.__getitem__)
    figure = Picture(figsize=(2.6 + 0.19 * len(sources), 2.9 + 0.19 * len(targets)), layout="constrained")
    axes = figure.subplots()
    for down, target in enumerate(targets):
        for across, source in enumerate(sources):
            if source in follow[target]:
                axes.plot(across, down, "o", color=_COLOURS[homes[source]], markersize=4.5)
    axes.set_xticks(range(len(sources)), sources, rotation=90, fontsize=7)
    axes.set_yticks(range(len(targets)), targets, fontsize=7)
    axes.xaxis.tick_top()
    for ticks, names in ((axes.get_xticklabels(), sources), (axes.get_yticklabels(), targets)):
        for tick, name in zip(ticks, names, strict=True):
            tick.set_color(_COLOURS[homes[name]])
    axes.set_xlim(-0.6, len(sources) - 0.4)
    axes.set_ylim(len(targets) - 0.4, -0.6)
    axes.grid(color="#e6e6e6", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    what = "every state" if part is None else PARTS[part].title
    dress_noted(
        figure,
        _NOTE,
        title=f"One month: on what {what} depends",
        subtitle="A dot where what stands at the left follows within the month from what stands above. Colours are "
        "those of the parts of the world; levers are grey.",
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


def _homes(rows: Sequence[Value]) -> dict[str, str]:
    """Return the part of each name that is a value of the month, a state or a lever."""
    homes = {row.name: row.part for row in rows if row.part in _COLOURS}
    homes |= {name.removeprefix("next "): part for name, part in homes.items()}
    return homes | {name: _LEVERS for row in rows for name in row.reads if name.startswith("lever(")}


def _drawn_box(axes: Axes, name: str, rows: Sequence[Value]) -> FancyBboxPatch:
    """Draw a part with what it holds, a line each, and the levers that it reads."""
    elsewhere = {one for row in rows if row.part != name for one in row.reads}
    words = PARTS[name].states or [row.name for row in rows if row.part == name and row.name in elsewhere]
    read = {one: None for row in rows if row.part == name for one in row.reads if one.startswith("lever(")}
    levers = textwrap.wrap(", ".join(one[len("lever(") : -1] for one in read), 34)
    height = _HEADING + _LINE * (len(words) + len(levers)) + 0.1
    (x, y), top = _PLACES[name], _PLACES[name][1] + height / 2
    box = FancyBboxPatch(
        (x - _BOX / 2, y - height / 2),
        _BOX,
        height,
        boxstyle="round,pad=0.02,rounding_size=0.12",
        facecolor="white",
        edgecolor=_COLOURS[name],
        linewidth=1.6,
        zorder=3,
    )
    axes.add_patch(box)
    axes.text(x, top - 0.26, PARTS[name].title, ha="center", va="center", fontsize=9.5, fontweight="bold", zorder=4)
    for number, line in enumerate([*words, *levers]):
        colour = "black" if number < len(words) else GREY
        down = top - _HEADING - _LINE * number
        axes.text(x, down, line, ha="center", va="center", fontsize=7.2, color=colour, zorder=4)
    return box
