"""Differences: what each option changes against a baseline, paired world by world."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from forecast.arguments import probability
from forecast.comparison import compare
from forecast.errors import InvalidArgument
from forecast.estimates import half_width
from forecast.outcomes.dataset import baseline_or_null, headline_of
from forecast.plots.rows import Groups, bare_rows, option_handles, point
from forecast.plots.selection import chosen_names, chosen_options, values
from forecast.plots.style import OptionStyle, dress, finish, option_styles, pale_range, plain, unit_label
from forecast.schema import MONTH, outcomes_of
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from forecast.structures.result import StructureRanges

__all__ = ["differences"]

_GAP = 1.0
"""Room between two outcomes, in rows."""


def _points(
    ax: Axes,
    frame: pd.DataFrame,
    name: str,
    *,
    top: float,
    styles: dict[str, OptionStyle],
    factor: float,
    width: float,
) -> None:
    """Draw one outcome's differences downwards from ``top``, one row an option."""
    rows = frame.xs(name).loc[list(styles)]
    pairs = zip(rows["difference"].to_numpy(), rows["difference_error"].to_numpy(), strict=True)
    if "difference_structure_low" in rows:
        ends = zip(rows["difference_structure_low"], rows["difference_structure_high"], strict=True)
        for position, ((low, high), style) in enumerate(zip(ends, styles.values(), strict=True)):
            pale_range(ax, factor * low, factor * high, top - position, style)
    for position, ((difference, error), style) in enumerate(zip(pairs, styles.values(), strict=True)):
        reach = factor * width * error
        point(ax, factor * difference, top - position, reach, colour=style.colour, marker=style.marker, markersize=4.5)


def _signed(value: float) -> str:
    """Write a tick with its sign, zero without, thousands apart."""
    # What Matplotlib gives for zero may be a rounding error away from it.
    number = round(value, 9)
    return f"{number:+,g}".replace("-", "\N{MINUS SIGN}") if number else "0"


def _settle(ax: Axes, unit: str) -> None:
    ax.axvline(0.0, color="black", linewidth=0.9, zorder=1)
    ax.set_xlabel(unit, fontsize=9)
    bare_rows(ax)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _position: _signed(value)))


def differences(
    outcomes: xr.Dataset,
    *,
    baseline: str | None = None,
    names: Iterable[str] | str | None = None,
    options: Iterable[str] | str | None = None,
    mass: float = MASS,
    structures: StructureRanges | None = None,
) -> Picture:
    """Draw the mean difference between each option and a baseline, with its Monte-Carlo interval.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    baseline : str, optional
        The option to compare with, which must have been run; the world's null option by default.
    names : iterable of str or str
        Outcomes of the run; those that reports lead with by default.
    options : iterable of str or str, optional
        Which options to compare, by name; all that were run, less the baseline, by default.
    mass : float
        Probability inside the interval, 0 to 1: ``difference`` more or less the normal quantile times
        ``difference_error`` of :func:`forecast.compare`. It says how well so many worlds know the mean, not how
        much worlds differ.
    structures : StructureRanges, optional
        From :func:`forecast.structure_ranges`, against the same baseline: pale bars show where the difference could be
        because of structures that are not known.

    Returns
    -------
    matplotlib.figure.Figure
        If there are yes/no outcomes, the first axes has them all, in percentage points; each quantity follows in
        axes of its own, in its unit. Outcomes from the top, under each the options from the top. Zero is marked.
        First months compare only the worlds in which the event came under both options; there is no point where
        no world has both.

    Raises
    ------
    UnknownOption
        If an option or the baseline was not run.
    UnknownOutcome
        If there is no such outcome.
    InvalidArgument
        If there is nothing to compare, or ``mass`` is not a probability.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> [len(axes.get_lines()) > 0 for axes in forecast.plots.differences(outcomes, names=["calm"]).axes]
    [True]
    """
    asked = chosen_options(outcomes, options)
    known_outcomes = outcomes_of(outcomes)
    names = headline_of(outcomes) if names is None else names
    wanted = chosen_names(names, known_outcomes, argument="names", what="a per-world outcome")
    width = half_width(probability("mass", mass))
    for name in wanted:
        values(outcomes, name, asked)
    baseline = baseline_or_null(outcomes, baseline)
    frame = compare(outcomes, baseline=baseline, names=wanted, structures=structures)
    chosen = [option for option in asked if option != baseline]
    if not chosen:
        raise InvalidArgument(
            f"only {baseline!r} to compare with {baseline!r}",
            expected="at least one other option",
            mend="run more options, or name another baseline",
        )
    known = option_styles(outcomes)
    styles = {option: known[option] for option in chosen}
    happen = [name for name in wanted if known_outcomes[name].is_event]
    amounts = [name for name in wanted if not known_outcomes[name].is_event]

    step = len(chosen) + _GAP
    tall = max(0.125 * step * len(happen), (0.13 * step + 0.75) * len(amounts), 1.5)
    figure = Picture(figsize=(11.0 if happen and amounts else 7.5, tall + 1.9), layout="constrained")
    ratios = [1.25, 1.0] if happen and amounts else [1.0]
    columns = figure.add_gridspec(1, len(ratios), width_ratios=ratios)
    if happen:
        ax = figure.add_subplot(columns[0, 0])
        finish(ax)
        groups = Groups(happen, chosen, gap=_GAP)
        for name in happen:
            _points(ax, frame, name, top=groups.row(name, chosen[0]), styles=styles, factor=100.0, width=width)
        groups.stripe(ax)
        _settle(ax, "difference in probability (percentage points)")
        groups.name(ax, [plain(known_outcomes[name].long_name) for name in happen])
        ax.set_title("Events", fontsize=10, loc="left")
    if amounts:
        cells = columns[0, -1].subgridspec(len(amounts), 1)
        for position, name in enumerate(amounts):
            ax = figure.add_subplot(cells[position, 0])
            finish(ax)
            _points(ax, frame, name, top=0.0, styles=styles, factor=1.0, width=width)
            unit = known_outcomes[name].unit
            both = "; worlds in which it came under both" if unit == MONTH else ""
            _settle(ax, f"difference in the mean ({unit_label(unit)}{both})")
            ax.set_yticks([])
            ax.set_ylim(-len(chosen) + 0.3, 0.7)
            ax.set_title(plain(known_outcomes[name].long_name), fontsize=10, loc="left")
    handles = option_handles(styles.values())
    dress(
        figure,
        outcomes,
        title=f"What each option changes, against “{known[baseline].title}”",
        subtitle=(
            f"Mean difference over the same worlds. Bars: its {100 * mass:g}% Monte-Carlo interval, which is how well "
            "the mean is known, not how much worlds differ."
            + ("" if structures is None else " Pale bars: 90% over structures that nobody knows.")
        ),
        handles=handles,
    )
    return figure
