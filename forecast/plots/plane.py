"""The trade-off: what an option gains against the harm that it does."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import probability
from forecast.decision.plane import harm_words, harmed_worlds
from forecast.errors import InvalidArgument
from forecast.estimates import half_width, standard_error
from forecast.outcomes.dataset import gain_of, harms_of
from forecast.plots.labels import cross_boxes, line_boxes, lines_through, place_labels
from forecast.plots.rows import row_axes
from forecast.plots.selection import (
    chosen_baseline,
    chosen_options,
    event_errors,
    values,
)
from forecast.plots.style import (
    GREY,
    dress,
    filled,
    horizon_words,
    option_styles,
    pale_range,
    percent_axis,
    plain,
    unit_label,
    world_words,
)
from forecast.schema import Outcome, outcomes_of
from forecast.structures.result import POLITICAL_COST, StructureRanges, read_ranges
from priors.intervals import MASS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["harm_text", "trade_off"]

type Array = np.ndarray[Any, Any]

_WIDE, _LINES = 72, 3
"""Letters and lines of the words beside an axis."""


def harm_text(harms: Iterable[str]) -> str:
    """Join harms as one says them: any of them."""
    *others, last = harms
    return f"{', '.join(others)} or {last}" if others else last


def _ranges(
    structures: StructureRanges | None, outcomes: xr.Dataset, options: list[str], gain: str, *points: Array
) -> list[Array]:
    """Return the ends of the ranges of both coordinates, shape (end, option) each; no end without ranges."""
    structures = read_ranges(structures)
    if structures is None:
        return [np.empty((0, len(options)))] * len(points)
    structures.check_same({**outcomes.attrs, "months": int(outcomes["month"].values[-1])}, what="outcomes")
    structures.check_options(options, attrs=outcomes.attrs)
    found = []
    for name, values_ in zip((gain, POLITICAL_COST), points, strict=True):
        pairs = zip(options, values_.tolist(), strict=True)
        found.append(np.array([structures.of(name, option).around(value) for option, value in pairs]).T)
    return found


def _limits(ends: Array, *, share: bool) -> tuple[float, float]:
    """Return limits that hold every cross, with room beside it for labels."""
    low, high = float(ends.min()), float(ends.max())
    if not share:
        room = 0.18 * (high - low) or 0.1 * abs(high) or 1.0
        return low - room, high + room
    room = max(0.18 * (high - low), 0.03)
    return max(low - room, -0.01), min(high + room, 1.01)


def _declared(outcomes: xr.Dataset) -> tuple[str, Outcome]:
    """Return the outcome that is the gain, by name, of a run of a world that declares it and harms.

    Raises
    ------
    InvalidArgument
        If it does not.
    """
    gains, known = gain_of(outcomes), outcomes_of(outcomes)
    lacking = [what for what, there in (("gain", gains), ("harms", harms_of(outcomes))) if not there]
    if lacking:
        raise InvalidArgument(
            f"a trade-off in a run of a world that declares no {' and no '.join(lacking)}",
            expected="an outcome that is the gain, and events that are harms",
            mend='write World(..., gain="outcome", harms=("event", "not event"))',
        )
    # What is not there is refused where it is read.
    return gains[0], known.get(gains[0], Outcome("1", gains[0], "end"))


def trade_off(
    outcomes: xr.Dataset,
    *,
    options: Iterable[str] | str | None = None,
    baseline: str | None = None,
    mass: float = MASS,
    structures: StructureRanges | None = None,
) -> Figure:
    """Draw what each option gains against the harm that it does, as the world declares them.

    The gain is the first outcome of the world's ``gain``. The harm of an option is the probability that by the horizon
    any of the world's ``harms`` came to pass, unweighted.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    options : iterable of str or str, optional
        Which options, by name; all that were run by default.
    baseline : str, optional
        The option through which two dotted lines run. By default the world's null option where it is drawn, else none.
    mass : float
        Probability inside each arm of a cross, 0 to 1: the mean more or less the normal quantile times its Monte-Carlo
        error, that of a share kept inside 0..1.
    structures : StructureRanges, optional
        From :func:`forecast.structure_ranges`: pale arms show where a point could be because of structures that are
        not known.

    Returns
    -------
    matplotlib.figure.Figure
        One axes, one labelled point an option: across the gain, a share of worlds as a percentage or a mean in its
        unit, and up the share of worlds with any harm. Down is better, and right, or left of a gain of which less is
        better.

    Raises
    ------
    UnknownOption
        If an option or the baseline was not run.
    UnknownOutcome
        If these outcomes were saved or cut down without one that this needs.
    InvalidArgument
        If the world declares no gain or no harms, no option is asked for, or ``mass`` is not a probability.

    Notes
    -----
    The dark crosses are Monte-Carlo error alone. Each world has beliefs and luck of its own, and both are inside the
    two means; how far a point would move if one belief were known cannot be read off worlds that run each set of
    beliefs once, so no cloud of beliefs is drawn. Sensitivity analysis answers that.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> figure = forecast.plots.trade_off(outcomes)
    >>> [axes.get_xlabel() for axes in figure.axes]
    ['Calm, after 24 months (% of worlds)']
    """
    chosen = chosen_options(outcomes, options)
    width = half_width(probability("mass", mass))
    against = chosen_baseline(outcomes, baseline)
    styles = option_styles(outcomes)
    name, gain = _declared(outcomes)

    gained = values(outcomes, name, chosen)
    harmed = harmed_worlds(outcomes.sel(option=chosen))
    x, y = gained.mean(axis=1), harmed.mean(axis=1)
    errors = event_errors(gained) if gain.is_event else standard_error(gained.astype(np.float64))
    dx, dy = width * errors, width * event_errors(harmed)
    wide, tall = _ranges(structures, outcomes, chosen, name, x, y)

    figure, ax = row_axes(8.6, 6.6)
    ax.set_xlim(*_limits(np.concatenate([x - dx, x + dx, *wide]), share=gain.is_event))
    ax.set_ylim(*_limits(np.concatenate([y - dy, y + dy, *tall]), share=True))
    # Near enough for this: how far apart the points are, in inches, on axes of about the figure's size.
    spans = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    across, up = x / spans[0] * figure.get_figwidth(), y / spans[1] * figure.get_figheight()
    for position, option in enumerate(chosen):
        style = styles[option]
        if structures is not None:
            left, right = wide[:, position].tolist()
            pale_range(ax, left, right, float(y[position]), style)
            bottom, top = tall[:, position].tolist()
            pale_range(ax, bottom, top, float(x[position]), style, upright=True)
        # A point that would lie on an earlier one is drawn as a larger outline around it.
        covers = bool((np.hypot(across - across[position], up - up[position])[:position] < 0.12).any())
        ax.errorbar(
            x[position],
            y[position],
            xerr=_arms(x[position], dx[position], share=gain.is_event),
            yerr=_arms(y[position], dy[position], share=True),
            color=style.colour,
            marker=style.marker,
            markersize=14.0 if covers else 9.0,
            markerfacecolor="none" if covers else style.colour,
            markeredgecolor=style.colour if covers else "white",
            markeredgewidth=1.5 if covers else 0.6,
            elinewidth=1.4,
            linestyle="none",
        )
    less = gain.better == "lower"
    words = _Words(outcomes, gain)
    note = None
    if against in chosen and len(chosen) > 1:
        at = chosen.index(against)
        lines_through(ax, x[at], y[at])
        side, bottom = ax.get_xlim()[0 if less else 1], ax.get_ylim()[0]
        ax.fill_between([x[at], side], bottom, y[at], color="#eef4ee", linewidth=0, zorder=0)
        note = ax.text(
            0.015 if less else 0.985,
            0.02,
            words.better(styles[against].title),
            transform=ax.transAxes,
            ha="left" if less else "right",
            va="bottom",
            fontsize=8,
            color=GREY,
        )
    ax.set_xlabel(words.across(), fontsize=9)
    ax.set_ylabel(words.up(), fontsize=9)
    percent_axis(ax)
    if gain.is_event:
        percent_axis(ax, which="x")
    dress(
        figure,
        outcomes,
        title=words.title(),
        subtitle=(
            f"One point an option; {'left' if less else 'right'} and down is better. "
            f"Crosses: {100 * mass:g}% Monte-Carlo intervals, not the width of beliefs."
            + ("" if structures is None else " Pale: 90% over structures that nobody knows.")
        ),
    )
    figure.draw_without_rendering()
    obstacles = cross_boxes(ax, x, y, dx, dy)
    if note is not None:
        obstacles.append(note.get_window_extent())
        at = chosen.index(str(against))
        obstacles += line_boxes(ax, x[at], y[at])
    texts = [styles[option].title for option in chosen]
    place_labels(ax, list(zip(x.tolist(), y.tolist(), strict=True)), texts, obstacles=obstacles)
    return figure


def _arms(centre: float, half: float, *, share: bool) -> list[list[float]]:
    """Return how far a cross reaches to either side; a share stays between 0 and 1."""
    return [[min(half, centre)], [min(half, 1.0 - centre)]] if share else [[half], [half]]


class _Words:
    """What the picture says: in the words of its own that the world has, else by the names of its outcomes."""

    def __init__(self, outcomes: xr.Dataset, gain: Outcome) -> None:
        self._own, self._gain, self._outcomes = world_words(outcomes), gain, outcomes
        self._after = horizon_words(outcomes)

    def _said(self, key: str, usual: str, **parts: str) -> str:
        return filled(self._own[key], months=self._after, **parts) if key in self._own else usual

    def title(self) -> str:
        return self._said("trade_off", plain(f"{self._gain.long_name}, against harm"))

    def across(self) -> str:
        unit = "% of worlds" if self._gain.is_event else f"{unit_label(self._gain.unit)}, mean over worlds"
        return self._said("trade_off_x", plain(f"{self._gain.long_name}, after {self._after} ({unit})"))

    def up(self) -> str:
        harms = harm_text(harm_words(self._outcomes))
        text = f"harm within {self._after} (% of worlds): {harms}"
        lines = textwrap.wrap(text, _WIDE, max_lines=_LINES, placeholder=" …")
        return self._said("trade_off_y", plain("\n".join(lines)))

    def better(self, baseline: str) -> str:
        way = "less" if self._gain.better == "lower" else "more"
        how = f"{way} likely" if self._gain.is_event else f"{way} of it on average"
        return self._said("trade_off_better", f"{how}, at less harm\nthan “{baseline}”", baseline=baseline)
