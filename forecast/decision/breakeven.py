"""``breakeven``: at which value of a parameter another option becomes the best one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import listed
from forecast.decision.best_intervals import BestInterval, Turning, best_along, nowhere_ahead, turning_between
from forecast.decision.breaks import FLIPS, NEVER, UNRESOLVED, BreakEven, Flip, Line, Region
from forecast.decision.curves import Curve, fitted_curve
from forecast.decision.folds import check_worlds
from forecast.decision.paired import Best
from forecast.decision.threads import in_threads
from forecast.decision.tolerance import checked_tolerance
from forecast.decision.worlds import Utilities, read_parameters, read_utility
from forecast.errors import InvalidArgument
from forecast.estimates import mean_error
from priors.intervals import tails

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["breakeven"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_POINTS = 100

_SETTLED = 200
"""Worlds under which intervals of break-even values are widened, by the square root of how many times fewer there are:
a flip is then seen only where its curve is by chance steep, and unwidened 90% intervals hold the truth in 75%.
"""


def breakeven(
    u: xr.DataArray,
    parameters: xr.Dataset,
    *,
    options: Iterable[str] | str | None = None,
    names: Iterable[str] | str | None = None,
    tolerance: float | None = None,
) -> BreakEven:
    """Find the values of each parameter at which another option becomes the best one.

    Along a parameter everything else is averaged as it is believed to go with that value, luck included.

    Parameters
    ----------
    u : xarray.DataArray
        Utility, dims option and world, in a unit of its own; at least 50 worlds.
    parameters : xarray.Dataset
        What was believed in each of the same worlds, dim world.
    options : iterable of str or str, optional
        Which options are compared, two or more; all by default.
    names : iterable of str or str, optional
        Which parameters; by default all but codes, such as whose beliefs a world of a pool follows.
    tolerance : float, optional
        By how much, in the utility's unit, an option must be ahead somewhere for a flip to it to count. By default 5%
        of the value of knowing everything, as for :func:`forecast.questions`: of two options that are nearly the same
        either may be ahead anywhere.

    Returns
    -------
    BreakEven
        Between the 1% and 99% points of each parameter. Of a parameter with few values a break-even value only tells
        between which of them the choice changes. "never" allows for a line that noise hides, so with few worlds what
        seems to change nothing is unresolved; an effect that a handful of worlds show is not seen. Under 200 worlds
        intervals of break-even values are widened. ``plot(most=9)`` draws the curves of the parameters that flip it.

    Raises
    ------
    InvalidArgument
        If an argument is outside its domain, or there are fewer than 50 worlds or two options.
    UnknownOption
        If an option is not in the utility.
    UnknownPrior
        If a name is not among the parameters.

    References
    ----------
    Eilers & Marx (1996), *Statistical Science* 11, 89-121 (the curves). Montiel Olea & Plagborg-Moller (2019),
    "Simultaneous confidence bands", *Journal of Applied Econometrics* 34, 1-17 (how sure a lead is).

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=2000)
    >>> u, believed = forecast.utility(outcomes), forecast.parameters(outcomes)
    >>> found = forecast.breakeven(u, believed, names="talks_effect").rows[0]
    >>> found.below, found.above, round(found.value, 1)
    ('patrols', 'both', 0.9)
    """
    read = _chosen(read_utility(u, least=2), options)
    check_worlds(read.worlds)
    believed = read_parameters(parameters, worlds=read.worlds, names=names, labels=read.labels, run=read.run)
    codes = believed.codes()
    if names is not None and codes:
        raise InvalidArgument(
            f"{codes[0]!r} is a code, whose numbers have no order",
            expected="parameters that can be more or less",
            mend="leave it out; forecast.evppi says what it is worth to know, forecast.given looks at each by itself",
        )
    believed = believed.without(codes)
    best = Best(read.values)
    everything = best.gain(read.values.max(axis=0))[0]
    limit = checked_tolerance(tolerance, max(everything, 0.0))

    def along(name: str) -> tuple[list[Flip], list[Region], Line]:
        values, unit = believed.values[name], believed.unit(name)
        curve = fitted_curve(values, best.differences.T, points=_POINTS)
        kept, doubtful = best_along(curve, tolerance=limit)
        found = _Found(name, unit, values, curve, read.names, best.index, limit)
        flips = found.flips(kept)
        if len(kept) == 1 or doubtful:
            flips.append(found.none(kept, doubtful))
        return flips, found.regions(kept), Line(name, unit, curve.at, curve.means, curve.errors)

    found = in_threads(along, list(believed.values))
    rows = [row for flips, _, _ in found for row in flips]
    regions = [region for _, several, _ in found for region in several]
    lines = [line for _, _, line in found]
    order = (FLIPS, UNRESOLVED, NEVER)
    # Kept in order along a parameter, which is ranked by the likeliest of its flips.
    rank = {row.parameter: row.lead for row in rows}
    rank |= {row.parameter: 0.0 for row in rows if row.status == FLIPS}
    for row in rows:
        if row.status == FLIPS:
            rank[row.parameter] = max(rank[row.parameter], row.p_beyond)
    rows.sort(key=lambda row: (order.index(row.status), -rank[row.parameter], row.parameter, row.number))
    return BreakEven(
        about=read.about,
        rows=tuple(rows),
        regions=tuple(regions),
        lines=tuple(lines),
        best=read.names[best.index],
        titles=tuple(zip(read.names, read.titles, strict=True)),
        tolerance=limit,
    )


def _chosen(read: Utilities, options: Iterable[str] | str | None) -> Utilities:
    if options is None:
        return read
    names = listed("options", options)
    places = [read.index(name) for name in names]
    if len(set(places)) < max(len(places), 2):
        raise InvalidArgument(
            f"options = {names!r:.80}", expected="at least two options, each once", mend="leave it out for all"
        )
    titles = tuple(read.titles[place] for place in places)
    return Utilities(tuple(names), titles, read.values[places], read.unit, read.attrs, read.labels)


@dataclass(frozen=True)
class _Found:
    """One parameter's curve, to be put into rows."""

    name: str
    unit: str
    values: Array
    curve: Curve
    options: tuple[str, ...]
    best: int
    tolerance: float

    def flips(self, kept: list[BestInterval]) -> list[Flip]:
        rows = []
        for number, (below, above) in enumerate(pairwise(kept), start=1):
            crossing = self._turning(below, above)
            lower, upper = (float(bound) for bound in np.quantile(crossing.draws, tails()))
            if self.best in (below.option, above.option):
                upwards = below.option == self.best
            else:
                upwards = bool(crossing.value > np.median(self.values))
            challenger, usual = (above, below) if upwards else (below, above)
            share, spread = self._beyond(crossing.value, crossing.draws, upwards=upwards)
            rows.append(
                Flip(
                    self.name,
                    number,
                    FLIPS,
                    self.options[below.option],
                    self.options[above.option],
                    crossing.value,
                    float(crossing.draws.std(ddof=1)),
                    lower,
                    upper,
                    share,
                    spread,
                    *self._lead(challenger.option, usual.option, challenger),
                    self.unit,
                )
            )
        return rows

    def none(self, kept: list[BestInterval], doubtful: list[BestInterval]) -> Flip:
        """Return the row of an option that is nowhere surely the best, though it may come near."""
        if doubtful:
            pairs = [(gone.option, interval.option, gone) for gone in doubtful for interval in _over(kept, gone)]
        else:
            only = kept[0]
            pairs = [(other, only.option, only) for other in range(len(self.options)) if other != only.option]
        lead, error, nearest, best = max((*self._lead(one, other, along), one, other) for one, other, along in pairs)
        surely = not doubtful and all(
            nowhere_ahead(self.curve, one, other, tolerance=self.tolerance) for one, other, _ in pairs
        )
        status = NEVER if surely else UNRESOLVED
        beyond = (0.0, mean_error(np.zeros(self.values.size), event=True)) if surely else (math.nan, math.nan)
        nowhere = (math.nan, math.nan, math.nan, math.nan)
        names = (self.options[best], self.options[nearest])
        return Flip(self.name, 0, status, names[0], names[1], *nowhere, *beyond, lead, error, self.unit)

    def regions(self, kept: list[BestInterval]) -> list[Region]:
        found = []
        crossings = [self._turning(one, two) for one, two in pairwise(kept)]
        for place, interval in enumerate(kept):
            start = crossings[place - 1] if place else None
            stop = crossings[place] if place < len(crossings) else None
            over, over_error = self._beyond(start.value, start.draws, upwards=True) if start else (1.0, 0.0)
            past, past_error = self._beyond(stop.value, stop.draws, upwards=True) if stop else (0.0, 0.0)
            found.append(
                Region(
                    self.options[interval.option],
                    self.name,
                    start.value if start else -math.inf,
                    stop.value if stop else math.inf,
                    over - past,
                    math.hypot(over_error, past_error),
                )
            )
        return found

    def _turning(self, below: BestInterval, above: BestInterval) -> Turning:
        found = turning_between(self.curve, below, above)
        wider = math.sqrt(max(_SETTLED / self.values.size, 1.0))
        return Turning(found.value, found.value + wider * (found.draws - found.value))

    def _beyond(self, value: float, draws: Array, *, upwards: bool) -> tuple[float, float]:
        """Return the share of worlds beyond a value, with the errors of the share and of the value."""
        ranked = np.sort(self.values)
        below = np.searchsorted(ranked, np.append(draws, value), side="right") / ranked.size
        shares = 1.0 - below if upwards else below
        counted = (self.values > value) == upwards
        return float(shares[-1]), math.hypot(
            float(shares[:-1].std(ddof=1)), mean_error(counted.astype(np.float64), event=True)
        )

    def _lead(self, one: int, other: int, along: BestInterval) -> tuple[float, float]:
        """Return the most that an option is ahead of another along an interval, and the error there."""
        points = slice(along.first, along.last + 1)
        lead = self.curve.means[points, one] - self.curve.means[points, other]
        at = along.first + int(lead.argmax())
        moves = self.curve.moves[:, at, one] - self.curve.moves[:, at, other]
        return float(lead.max()), float(moves.std(ddof=1))


def _over(kept: list[BestInterval], gone: BestInterval) -> list[BestInterval]:
    """Return the intervals that took a doubtful one's points, of other options than its own."""
    over = [interval for interval in kept if interval.first <= gone.last and gone.first <= interval.last]
    return [interval for interval in over if interval.option != gone.option] or over
