"""How every picture looks: the colour of each option, the words around the panels, and saving."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from forecast.errors import FileNotWritable, InvalidArgument, kind_of, near_matches
from forecast.estimates import counted
from forecast.outcomes.dataset import titles
from forecast.results import about_of
from forecast.worlds.pictures import home_of, said_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from forecast.results import About
    from priors.reading import Scale

__all__ = [
    "AFTER",
    "ALARM",
    "BEFORE",
    "GREY",
    "OptionStyle",
    "after_words",
    "amount_axis",
    "dress",
    "dress_noted",
    "filled",
    "finish",
    "grid_of",
    "horizon_words",
    "months_axis",
    "months_label",
    "named_styles",
    "option_styles",
    "pace",
    "pale_range",
    "percent_axis",
    "plain",
    "read_axis",
    "save",
    "unit_label",
    "world_words",
]

# The first eight from Okabe and Ito (2008), "Color universal design" (black softened and yellow darkened to read on
# white); four more, for options of an analyst's own, from Tol (2021), "Colour schemes", muted and dark.
_PALETTE = (
    *("#4d4d4d", "#E69F00", "#56B4E9", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#9A8B00"),
    *("#332288", "#882255", "#225522", "#663333"),
)
# Colour is never the only sign: each option has its own marker, and its own dash where its line would lie on another's.
_MARKERS = ("o", "s", "^", "v", "D", "P", "X", "*", "<", ">", "p", "h")
_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 1.5), (1.2, 1.2), (6, 1.5, 1.2, 1.5))

_ALARM = "#b00020"
GREY = "#6b6b6b"
"""Colour of what is not an option: notes, zero lines, grids' labels."""

BEFORE, AFTER, ALARM = "#7f7f7f", "#0072B2", "#D55E00"
"""Colours of what was believed before the evidence and after it, and of what to look at (Okabe and Ito 2008)."""

_WHOLE = 1e-9
"""A tick this near a whole number is at it."""

_UNITS = {"1": "share", "month": "months", "kb/d": "thousand barrels a day, kb/d"}
# Heights in inches, so that words take the same room in every picture.
_TITLE_LINE, _READING_LINE, _NOTE, _MARGIN = 0.24, 0.165, 0.16, 0.08


@dataclass(frozen=True)
class OptionStyle:
    """How one option is drawn: its colour, dash pattern (empty: solid), marker, and title in words."""

    colour: str
    dash: tuple[float, ...]
    marker: str
    title: str

    @property
    def line(self) -> tuple[float, tuple[float, ...]]:
        """The dash as Matplotlib takes it."""
        return 0.0, self.dash

    def wrapped(self, width: int) -> str:
        """Give the title in as few lines of at most ``width`` characters as will do, about equally long."""
        lines = textwrap.wrap(self.title, width)
        for narrower in range(width - 1, len(self.title) // max(len(lines), 1), -1):
            tighter = textwrap.wrap(self.title, narrower)
            if len(tighter) > len(lines):
                break
            lines = tighter
        return "\n".join(lines)


def plain(text: str) -> str:
    """Give a text that Matplotlib shows as it stands: it would set what is between two dollar signs as maths."""
    return text.replace("$", r"\$")


def option_styles(outcomes: xr.Dataset) -> dict[str, OptionStyle]:
    """Give every option that was run its look.

    An option that a shipped world declares has the same look whatever else was run; others take the looks that are
    left, in the order in which they were run.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.

    Returns
    -------
    dict of str to OptionStyle
        By option name.
    """
    return named_styles(titles(outcomes))


def named_styles(words: Mapping[str, str]) -> dict[str, OptionStyle]:
    """Give options their looks by name and title, as :func:`option_styles` does for outcomes."""
    shipped, said = home_of(words)
    own = [name for name in words if name not in shipped]
    places = {name: shipped.index(name) for name in words if name in shipped}
    # The shipped options keep their places even in a run without them.
    places |= {name: len(shipped) + position for position, name in enumerate(own)}
    dashed = said.get("dashed", ())
    size = len(_PALETTE)
    styles = {}
    for name, place in places.items():
        dash = _DASHES[1] if name in dashed else _DASHES[place // size % len(_DASHES)]
        styles[name] = OptionStyle(_PALETTE[place % size], dash, _MARKERS[place % size], plain(words[name]))
    return {name: styles[name] for name in words}


def world_words(outcomes: xr.Dataset) -> Mapping[str, str]:
    """Give the words that the world of a run has of its own for its pictures."""
    words: Mapping[str, str] = said_of(outcomes.attrs).get("words", {})
    return words


def filled(text: str, **parts: str) -> str:
    """Put parts into a text in place of their names in braces."""
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    return text


def unit_label(unit: str) -> str:
    """Give a unit in words for an axis; "1" is a share."""
    return _UNITS.get(unit, unit)


def quantity_unit(about: About, *, share: str = "%") -> str:
    """Return the unit of a quantity for an axis, on which a probability is a percentage: of worlds, say."""
    if about.unit == "yes/no":
        return "points" if about.difference else share
    return unit_label(about.unit)


def grid_of(panels: int, *, columns: int) -> tuple[int, int]:
    """Give rows and columns for a number of panels, with at most so many columns."""
    columns = min(panels, columns)
    return -(-panels // columns), columns


def dress(figure: Figure, outcomes: xr.Dataset, *, title: str, subtitle: str, handles: Sequence[Artist] = ()) -> None:
    """Set the words around the panels: title, how to read the picture, legend, and the note of what was run.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With constrained layout, which is told to leave the strips free.
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`; its size and provenance go into the note.
    title, subtitle : str
        Plain words. Both are wrapped to the width.
    handles : sequence of matplotlib.artist.Artist
        What the legend explains, in order; no legend without them. One legend serves all panels.
    """
    about = about_of(outcomes)
    note = (
        f"{counted(about.worlds, 'possible world')}, the same under every option.  "
        f"{about.note or 'Beliefs: unknown'}.  "
        f"Seen from {outcomes.attrs.get('origin', 'the origin')}."
    )
    dress_noted(figure, note, title=title, subtitle=subtitle, handles=handles, broken=about.gates.broken)


def dress_noted(
    figure: Figure, note: str, *, title: str, subtitle: str, handles: Sequence[Artist] = (), broken: str = ""
) -> None:
    """Set the words around the panels, with a note of the caller's own at the foot.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With constrained layout, which is told to leave the strips free.
    note : str
        What was run. It is wrapped to the width.
    title, subtitle, handles
        As for :func:`dress`.
    broken : str
        The broken gates of what is shown, if any, which then stand before the title.
    """
    width, height = figure.get_size_inches()
    title = f"Not to be relied on (gates broken: {broken}).  {title}" if broken else title
    # DejaVu Sans takes about .6 of its size a character; 72 points to the inch.
    heading = textwrap.wrap(title, int((width - 0.2) * 72 / (13 * 0.66)))
    reading = textwrap.wrap(subtitle, int((width - 0.2) * 72 / (9 * 0.57)))
    left = 0.1 / width
    below_heading = _MARGIN + _TITLE_LINE * len(heading)
    top = below_heading + _READING_LINE * len(reading) + _MARGIN
    for lines, down, look in (
        (heading, _MARGIN, {"fontsize": 13, "fontweight": "bold", "color": _ALARM if broken else "black"}),
        (reading, below_heading + 0.02, {"fontsize": 9, "color": GREY, "linespacing": 1.25}),
    ):
        figure.text(left, 1 - down / height, "\n".join(lines), ha="left", va="top", **look)  # type: ignore[arg-type]

    noted = textwrap.wrap(note, int((width - 0.2) * 72 / (8 * 0.57)))
    figure.text(left, _MARGIN / height, plain("\n".join(noted)), ha="left", va="bottom", fontsize=8, color=GREY)
    foot = _MARGIN + _NOTE * len(noted) + _MARGIN
    if handles:
        foot += _legend(figure, handles, foot) + _MARGIN
    engine = figure.get_layout_engine()
    if engine is not None:
        rect = (0.0, foot / height, 1.0, 1.0 - (foot + top) / height)
        engine.set(rect=rect, w_pad=0.09, h_pad=0.07)  # type: ignore[call-arg]


def _legend(figure: Figure, handles: Sequence[Artist], foot: float) -> float:
    """Put a legend ``foot`` inches above the lower edge, in as few rows as fit, and give its height in inches."""
    width, height = figure.get_size_inches()
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(
            handles=list(handles),
            loc="lower center",
            bbox_to_anchor=(0.5, foot / height),
            borderaxespad=0.0,
            borderpad=0.1,
            ncols=columns,
            frameon=False,
            fontsize=9,
            handlelength=2.6,
        )
        box = legend.get_window_extent()
        if box.width <= (width - 0.2) * figure.dpi or columns == 1:
            return float(box.height / figure.dpi)
        legend.remove()
    raise AssertionError("one column is always taken")


def finish(ax: Axes) -> None:
    """Take away the frame that carries nothing, and lay a faint grid behind."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#e6e6e6", linewidth=0.7)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=8, color="#999999")


def months_label(outcomes: xr.Dataset) -> str:
    """Say what the months of a run are counted from."""
    return plain(after_words(outcomes["month"]))


def after_words(months: xr.DataArray) -> str:
    """Say what months are counted from, as the world does, in few words."""
    words = str(months.attrs.get("long_name", "months"))
    return (words[:1].lower() + words[1:]).replace(" after the end of ", " after ")


def horizon_words(outcomes: xr.Dataset) -> str:
    """Say how long a run is."""
    months = float(outcomes["month"].values[-1])
    return counted(int(months), "month") if months.is_integer() else f"{months:.3g} months"


def months_axis(ax: Axes, outcomes: xr.Dataset, *, label: bool = True) -> None:
    """Put the months of a run on x, from the first to the last, with whole-number ticks at natural steps."""
    months = outcomes["month"].values
    if months[-1] > months[0]:
        ax.set_xlim(float(months[0]), float(months[-1]))
    whole = float(months[-1] - months[0]) >= 1.0
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 3, 6, 10] if whole else None, integer=whole))
    if label:
        ax.set_xlabel(months_label(outcomes), fontsize=9)


def pace(outcomes: xr.Dataset) -> str:
    """Say how a run goes on: month by month, or step by step where a step is no month."""
    months = outcomes["month"].values
    return "month by month" if len(months) < 2 or float(months[1] - months[0]) == 1.0 else "step by step"


def pale_range(ax: Axes, low: float, high: float, at: float, style: OptionStyle, *, upright: bool = False) -> None:
    """Draw where an estimate could be because of structures that are not known: a pale bar behind its point."""
    ends, place = (low, high), (at, at)
    xy = (place, ends) if upright else (ends, place)
    ax.plot(*xy, color=style.colour, alpha=0.22, linewidth=6.0, solid_capstyle="butt", zorder=1.5)


def amount_axis(axis: Axis) -> None:
    """Write amounts on an axis with their thousands apart, and parts of one only where a tick is at one."""

    def text(value: float, _position: object = None) -> str:
        return f"{value:,.0f}" if abs(value - round(value)) < _WHOLE else f"{value:,.6g}"

    axis.set_major_formatter(FuncFormatter(text))


def percent_axis(ax: Axes, *, which: Literal["x", "y"] = "y") -> None:
    """Show shares on an axis as percentages."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    # Rounded because .3 x 100 is 30.000000000000004 to a computer.
    axis.set_major_formatter(FuncFormatter(lambda share, _position: f"{round(100 * share, 6):g}%"))


def read_axis(axis: Axis, scale: Scale) -> None:
    """Write the ticks of an axis in a technical unit as they are read; they stay where the unit puts them."""
    if not scale.plain:
        axis.set_major_formatter(FuncFormatter(lambda value, _position: scale.text(value)))


def save(figure: Figure, path: str | Path, *, dpi: int = 150) -> Path:
    """Write a figure to a file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From any function of :mod:`forecast.plots`.
    path : str or Path
        Where to; the ending says the format (png, svg, pdf ...). An existing file is replaced.
    dpi : int
        Dots per inch, 20..1200, for formats made of dots.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InvalidArgument
        If it is no figure, Matplotlib has no such format, or for a dpi outside its domain.
    FileNotWritable
        If the file cannot be written.

    Examples
    --------
    >>> import forecast, pathlib, tempfile
    >>> parabola = forecast.sobol({"a": (0, 1), "b": (0, 2)}, lambda x: x.a + x.b**2, n=256)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     forecast.plots.save(parabola.plot(), pathlib.Path(folder, "parabola.png")).name
    'parabola.png'
    """
    if not isinstance(figure, Figure):
        raise InvalidArgument(
            f"the figure is {kind_of(figure)}",
            expected="a matplotlib Figure",
            mend="pass what .plot() or a function of forecast.plots returned",
        )
    target = Path(path)
    formats = sorted(figure.canvas.get_supported_filetypes())
    ending = target.suffix.removeprefix(".").lower()
    if ending not in formats:
        raise InvalidArgument(
            f"a picture with the ending {target.suffix!r}",
            expected="one of " + ", ".join(formats),
            mend=near_matches(ending, formats) if ending else "end the name with .png",
        )
    if isinstance(dpi, bool) or not isinstance(dpi, int) or not 20 <= dpi <= 1200:
        raise InvalidArgument(f"dpi = {dpi!r}", expected="a whole number from 20 to 1200", mend="leave it out for 150")
    try:
        figure.savefig(target, dpi=dpi)
    except OSError as error:
        raise FileNotWritable(
            f"{target} could not be written ({error.strerror or error})",
            expected="a place that can be written to",
            mend="make its folder first, or name another",
        ) from error
    return target
