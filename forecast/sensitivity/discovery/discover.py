"""``discover``: the boxes in belief space where an event concentrates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from forecast.arguments import listed, whole
from forecast.decision.worlds import Believed, read_parameters
from forecast.errors import InvalidArgument
from forecast.estimates import mean_error
from forecast.sensitivity.discovery.again import Refit, found_again, moved, nearest
from forecast.sensitivity.discovery.boxes import Box, Limit
from forecast.sensitivity.discovery.ema import found_by_ema, workbench
from forecast.sensitivity.discovery.event import Event, EventKeywords, event_of
from forecast.sensitivity.discovery.finding import SearchKeywords, SearchSettings, Worlds
from forecast.sensitivity.discovery.measures import Table, chance_of_limits, chance_of_table, holm, measured
from forecast.sensitivity.discovery.peel import peeled
from forecast.sensitivity.discovery.pruning import Counts, Pruned, counts_of, missed, quasi_p
from forecast.sensitivity.discovery.result import Discovery
from forecast.sensitivity.discovery.screening import ranked
from forecast.sensitivity.repeats import Repeats, repeats_in
from forecast.settings import takes

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["LEAST_WORLDS", "discover"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]

LEAST_WORLDS = 100
"""Fewest worlds with parameters of their own: with half of them to find a box in, 50, the least box has a few."""


class DiscoverKeywords(EventKeywords, SearchKeywords):
    """What ``discover`` takes as keywords: of the event, and of the search."""


@takes(DiscoverKeywords, usual=SearchSettings)
def discover(
    outcomes: xr.Dataset,
    *,
    event: str | xr.DataArray | Callable[[xr.Dataset], xr.DataArray] | None = None,
    names: Iterable[str] | str | None = None,
    boxes: int = 1,
    **keywords: Unpack[DiscoverKeywords],
) -> Discovery:
    """Find the boxes in belief space where an event concentrates (scenario discovery).

    A search always finds a box in the worlds that it looks at. So one random half of the worlds is searched: parameters
    that the event has nothing to do with are left aside, PRIM peels, limits that could be by chance are dropped, and a
    rule takes one box. All that is said of the box comes from the other half, and it is claimed only if the event is
    more frequent in it there than outside it. Another box is looked for only once one is claimed, so the chance of
    claiming any box where there is none is ``level``, whatever the number of parameters.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`, at least 100 worlds with parameters of their own, thousands for an answer that
        can be relied on. With an array as event, any Dataset of numeric variables with the one dim world.
    event : str, xarray.DataArray or callable, optional
        A yes/no outcome, by default the leading one, or the first where the leading outcome is none; "not" before one
        ("not calm"); "beaten", where another option has a higher utility; a function of the outcomes under the option
        that gives True or False in each world; or such an array, dim world. An event in one world has luck in it, so
        the density of a box is a probability.
    names : iterable of str or str, optional
        Parameters that may have limits; all by default.
    boxes : int
        At most how many, 1..10; each in the worlds that are in none before it.
    **keywords
        Of the event: ``option``, under which; the world's proposal by default. ``rival``: beaten by this option; by any
        of the others that were run, by default. ``values``: by whose values beaten, as for :func:`forecast.utility`;
        those of the world by default.

        Of the search: ``density`` or ``coverage``: take the box with the largest coverage of those with at least this
        density, or the densest of those with at least this coverage, both in the half that is searched, in (0, 1). By
        default the one whose events exceed what luck would put there by the most standard deviations. ``mass_min``:
        least share of the worlds in a box, .01..0.5. ``alpha``: share of a box that a step of PRIM peels off, .01..0.2.
        ``level``: probability, in (0, 1), of claiming a box where there is none. ``refits``: in how many other halves
        of the worlds the box is looked for again, 0 or 2..200, for the errors of its limits. ``engine``: what peels,
        "ema_workbench" (extra ``discovery``), or arrays, "numpy", which give the same boxes; refits always use arrays.
        ``seed``: of which worlds are in the half that is searched, and in the halves of the refits, >= 0; whether a box
        is claimed near the level, and its limits within their errors, are a matter of it. ``progress``: show a bar if
        it takes more than two seconds.

    Returns
    -------
    Discovery
        ``.boxes``, none of which is claimed on noise; ``.words``; ``.curve``, of which ``.at(i)`` takes another point;
        ``.plot(box=1)`` draws the curve and a box. Its table has index box (from 1), name and side: first the box's
        measures ("coverage", "density", "mass", "rate", "lift", side empty), then a row a limit, by parameter and
        "above" or "below"; the p_value in the row of the lift is that of the box.

    Raises
    ------
    InvalidArgument
        For arguments outside their domain, too few worlds, or ema_workbench not installed.
    UnknownOutcome, UnknownOption, UnknownPrior, UnknownValues, InvalidValues, UnknownArgument
        For a name that does not exist.

    Notes
    -----
    Worlds of a fit pick its draws with replacement, so halves are of draws: a parameter that the event has nothing to
    do with would tell in one half which draws had it in the other. Tests of a box take one world of each draw, and
    errors count worlds of a draw as one. Of other data worlds are taken to be of one draw if they agree in every
    parameter, where two at least are continuous. That draws of one chain go together is not seen; see
    :func:`forecast.delta`, where it does harm only in a chain that hardly mixes.

    References
    ----------
    Bryant & Lempert (2010), "Thinking inside the box", *Technological Forecasting and Social Change* 77, 34-49.
    Friedman & Fisher (1999), "Bump hunting in high-dimensional data", *Statistics and Computing* 9, 123-143.
    Cox (1975), "A note on data-splitting for the evaluation of significance levels", *Biometrika* 62, 441-444.

    Examples
    --------
    >>> import forecast, numpy, xarray
    >>> x = numpy.random.default_rng(1).random((2, 2000))
    >>> worlds = xarray.Dataset({"a": ("world", x[0]), "b": ("world", x[1])})
    >>> found = forecast.discover(worlds, event=worlds.a > 0.7, engine="numpy", refits=0)
    >>> [(limit.parameter, limit.side, round(limit.value, 1)) for limit in found.boxes[0].limits]
    [('a', 'above', 0.7)]
    """
    given: dict[str, Any] = dict(keywords)
    read = event_of(outcomes, event, **{name: given.pop(name, None) for name in EventKeywords.__annotations__})
    chosen = None if names is None else listed("names", names)
    number = whole("boxes", boxes, 1, 10)
    search = SearchSettings(**given)
    if read.happened.size < LEAST_WORLDS:
        raise InvalidArgument(
            f"{read.happened.size} worlds",
            expected=f"at least {LEAST_WORLDS}",
            mend="simulate more worlds; thousands for an answer that can be relied on",
        )
    believed = read_parameters(
        outcomes, worlds=read.happened.size, names=chosen, labels=read.labels, run=read.run, beside="the event"
    )
    repeats = repeats_in(outcomes, believed)
    believed = believed.indicators()
    if repeats.distinct < LEAST_WORLDS:
        raise InvalidArgument(
            f"{read.happened.size} worlds of {repeats.distinct} distinct draws",
            expected=f"at least {LEAST_WORLDS} with parameters of their own",
            mend="fit with more draws, or simulate more worlds",
        )
    if search.engine == "ema_workbench":
        workbench()
    return _Run(read, believed, repeats, search).all(number)


class _Run:
    """One call: the worlds, how they are searched, and what is found."""

    def __init__(self, event: Event, believed: Believed, repeats: Repeats, settings: SearchSettings) -> None:
        # By name, so that no tie is broken by the order in which parameters come.
        self.names = sorted(believed.values)
        self.believed, self.event, self.settings, self.repeats = believed, event, settings, repeats
        self.x, self.happened = believed.matrix(self.names), event.happened
        self.worlds = Worlds(self.x, ranked(self.x), self.happened, repeats)
        self.half = self.worlds.half("found", settings.seed)
        self._sorted: dict[int, Array] = {}

    def beliefs(self, column: int) -> Array:
        """Return what is believed of a parameter, sorted, shape (world,)."""
        if column not in self._sorted:
            self._sorted[column] = np.sort(self.x[:, column])
        return self._sorted[column]

    def all(self, number: int) -> Discovery:
        """Find up to so many boxes."""
        remaining = np.ones(len(self.x), dtype=np.bool_)
        claimed: list[Box] = []
        first: _Looked | None = None
        while len(claimed) < number:
            looked = self.look(remaining, len(claimed) + 1)
            first = looked if first is None else first
            if looked.chosen is None:
                break
            box = looked.box(looked.chosen)
            if not box.p_value <= self.settings.level:
                break
            claimed.append(looked.box(looked.chosen, looked.taken()))
            # A new array: the searches before keep theirs.
            remaining = remaining & missed(self.x, looked.found[looked.chosen].ends).any(axis=0)
        assert first is not None
        return Discovery(
            about=self.event.about,
            boxes=tuple(claimed),
            curve=tuple(first.box(place) for place in range(len(first.found))),
            chosen=first.chosen,
            rate=float(self.happened.mean()),
            rate_error=mean_error(self.happened, event=True),
            found=int(self.half.sum()),
            measured=int((~self.half).sum()),
            searched=len(self.names),
            rule=self.settings.rule.words,
            level=self.settings.level,
            refits=self.settings.refits,
            seed=self.settings.seed,
            needs=self.settings.rule.needs,
            distinct=self.repeats.distinct,
            limits_at=partial(_limits_at, first),
        )

    def look(self, remaining: Truth, number: int) -> _Looked:
        """Search once, in the worlds that remain."""
        peel = found_by_ema if self.settings.engine == "ema_workbench" else peeled
        found = self.worlds.search(self.half, remaining, self.settings, peel)
        return _Looked(self, remaining, found.boxes, found.taken, number)


@dataclass
class _Looked:
    """One search, and what the other half says of its boxes."""

    run: _Run
    remaining: Truth
    found: tuple[Pruned, ...]
    chosen: int | None
    number: int
    refits: tuple[Refit, ...] | None = None

    def again(self) -> tuple[Refit, ...]:
        if self.refits is None:
            self.refits = found_again(self.run.worlds, self.remaining, self.run.settings, box=self.number)
        return self.refits

    def taken(self) -> list[Pruned | None]:
        """Return the boxes that the rule takes in other halves."""
        return [None if one.found.taken is None else one.found.boxes[one.found.taken] for one in self.again()]

    def box(self, place: int, others: list[Pruned | None] | None = None) -> Box:
        """Measure a box; ``others`` are what its limits are compared with, none by default."""
        run, box = self.run, self.found[place]
        test = ~run.half
        here = test & self.remaining
        out = missed(run.x[here], box.ends)
        happened = run.happened[here]
        before = run.happened[test & ~self.remaining]
        table = _table(counts_of(out, happened), happened, before)
        # Tests take one world of each draw, so that they stay exact; all of a draw are in the box or none.
        alone = run.repeats.first[here]
        counts = counts_of(out[:, alone], happened[alone])
        chances, quasi = holm(chance_of_limits(counts)), quasi_p(counts)
        limits = []
        for end, chance, bryant in zip(box.ends, chances.tolist(), quasi.tolist(), strict=True):
            name = run.names[end.column]
            beliefs = run.beliefs(end.column)
            attrs = run.believed.attrs[name]
            shift = moved(end, others or [], beliefs)
            limits.append(
                Limit(
                    name,
                    "above" if end.above else "below",
                    end.value,
                    shift.error,
                    float(np.searchsorted(beliefs, end.value) / beliefs.size),
                    shift.quantile_error,
                    shift.found_in,
                    bryant,
                    chance,
                    chance <= run.settings.level,
                    str(attrs.get("long_name", "")),
                    run.believed.unit(name),
                )
            )
        worlds, total = int(run.half.sum()), int(run.happened[run.half].sum())
        return Box(
            tuple(limits),
            measured(table, share=run.repeats.share(test)),
            chance_of_table(_table(counts, happened[alone], before)),
            box.events / total,
            box.events / box.worlds,
            box.worlds / worlds,
        )


def _table(counts: Counts, happened: Truth, before: Truth) -> Table:
    """Make the table of a box from its counts and the events in worlds in no box before it, and in those before."""
    members, events = counts.worlds, int(happened.sum())
    return Table(
        counts.events,
        members - counts.events,
        events - counts.events,
        len(happened) - events - members + counts.events,
        int(before.sum()),
        int((~before).sum()),
    )


def _limits_at(looked: _Looked, place: int) -> tuple[Limit, ...]:
    """Return the limits of a point of the curve with errors from the other halves' boxes of the nearest coverage."""
    total = int(looked.run.happened[looked.run.half].sum())
    share = looked.found[place].events / total
    return looked.box(place, [nearest(refit, share) for refit in looked.again()]).limits
