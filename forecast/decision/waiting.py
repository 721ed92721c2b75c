"""``waiting``: what it is worth to wait some months, see how things go, and choose then."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from forecast.arguments import listed, whole
from forecast.decision.bases import Basis
from forecast.decision.choices import titled
from forecast.decision.delayed import check_idle, doing_nothing, later
from forecast.decision.folds import check_worlds
from forecast.decision.paired import Best
from forecast.decision.policies import Policies
from forecast.decision.reading import load_values
from forecast.decision.tolerance import checked_tolerance
from forecast.decision.utility import utility
from forecast.decision.worlds import read_utility
from forecast.engine.simulate import simulated
from forecast.errors import InvalidArgument, near_matches
from forecast.estimates import counted, estimate_text, half_width
from forecast.inference import conditioned
from forecast.options import Option, check_starts, resolve
from forecast.progress import progress_bar
from forecast.question import Options, Valuing
from forecast.results import Column, Result, about_of, number, word
from forecast.settings import Settings, SettingsKeywords, settings_of, takes
from forecast.world import World
from forecast.worlds import world_for

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = ["WAITING_LEVEL", "Waited", "Waiting", "waiting"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type _Values = Valuing | Callable[[xr.Dataset], xr.DataArray]

WAITING_LEVEL = 0.95
"""Joint probability that no verdict on any number of months is wrong."""


@dataclass(frozen=True)
class Waited:
    """What waiting some months is worth; the fields are the columns of the table.

    Attributes
    ----------
    months_waited : int
        Months in which nothing is done; options begin in the month after.
    value, value_error : float
        Expected utility of waiting and then choosing by what is seen, less that of the best option now.
    delay, delay_error : float
        Of which: the best option begun late, chosen today, less the best now; below 0 where delay costs.
    information, information_error : float
        Of which: what choosing by what is seen adds to that, >= 0. In the error, and so in that of ``value``, counts
        what could be worth something and not be seen among noise.
    best_now, best_later : str
        The option with the highest expected utility if begun now, and if begun then but chosen today.
    changed, changed_error : float
        Share of worlds, 0..1, in which what is seen changes the choice for a predicted gain above the tolerance, and
        its standard error: of the share, and of the rule.
    verdict : str
        "worth it", "costs" or "not resolved".
    """

    months_waited: int
    value: float
    value_error: float
    delay: float
    delay_error: float
    information: float
    information_error: float
    best_now: str
    best_later: str
    changed: float
    changed_error: float
    verdict: str


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Waiting(Result):
    """What waiting is worth, by how many months; index months_waited.

    Attributes
    ----------
    titles : tuple of (str, str)
        Option names and their titles.
    observed : tuple of str
        The states by which the choice is made.
    tolerance : float
        Predicted gain above which a choice counts as changed, in the utility's unit.
    """

    rows: tuple[Waited, ...]
    titles: tuple[tuple[str, str], ...]
    observed: tuple[str, ...]
    tolerance: float

    row, index = Waited, ("months_waited",)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: index months_waited, whole numbers; columns the other fields of :class:`Waited`."""
        frame = super().to_frame()
        frame.index = frame.index.astype(int)
        return frame

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"level": WAITING_LEVEL, "tolerance": self.tolerance}

    def say(self) -> str:
        """Return the verdict on every number of months in words."""
        words = dict(self.titles)
        parts = []
        for row in self.rows:
            value = estimate_text(row.value, row.value_error, unit=self.about.unit)
            months = f"{counted(row.months_waited, 'month')}"
            if row.verdict == "not resolved":
                text = f"Waiting {months}: not resolved whether it is worth it ({value})"
            else:
                text = f"Waiting {months} {'is worth' if row.value > 0 else 'costs'} {value.removeprefix('-')}"
            seen = estimate_text(row.changed, row.changed_error, unit="yes/no")
            parts.append(f"{text}; what is seen changes the choice in {seen} of worlds.")
        best = words[self.rows[0].best_now]
        return f"Best now: “{best}”. " + " ".join(parts)

    def _line(self) -> str:
        return f"{self.about.worlds:,} worlds, {self.about.months} months"

    def _after(self) -> str:
        return f". {self.say()}"

    def _columns(self) -> tuple[Column, ...]:
        return (
            word("months waited", "months_waited"),
            *(number(name, name, unit=self.about.unit) for name in ("value", "delay", "information")),
            titled("best now", "best_now", self.titles),
            titled("best later, chosen today", "best_later", self.titles),
            number("choice changed", "changed", unit="yes/no"),
            word("verdict", "verdict"),
        )


@takes(SettingsKeywords)
def waiting(
    beliefs: PriorSet | xr.DataTree,
    *,
    evidence: str | Path | Evidence | None = None,
    months_waited: Iterable[int] | int = (3, 6, 12),
    values: _Values | None = None,
    options: Options | None = None,
    observed: Iterable[str] | str | None = None,
    tolerance: float | None = None,
    settings: Settings | None = None,
    **keywords: Unpack[SettingsKeywords],
) -> Waiting:
    """Estimate what it is worth to do nothing for some months, see how things go, and choose then.

    Every option is run as it is and begun in the month after the wait, in the same worlds and to the same horizon. The
    value of waiting m months is E max_i E(utility of option i from month m + 1 | what is seen at month m), less
    max_i E(utility of option i now). It is the sum of what delay does and of what the information is worth.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        As for :func:`forecast.simulate`.
    evidence : str, Path or Evidence, optional
        What beliefs are conditioned on, as for :func:`forecast.simulate`: the world's evidence by default, "none" for
        beliefs as they stand. A fit has its evidence already.
    months_waited : iterable of int or int
        Months in which nothing is done, 1 to ``months`` - 1.
    values : str, Path, mapping, Values or callable, optional
        As for :func:`forecast.utility`, those of the world by default; or a function from outcomes to utility, dims
        (option, world), that values each option by itself, as options are run a batch at a time.
    options : iterable of str or Option, optional
        As for :func:`forecast.simulate`; doing nothing is always among them.
    observed : iterable of str or str
        States that are seen at month m, exactly; by default those that are public in principle. What came before
        month m is seen only as far as it shows in these.
    tolerance : float, optional
        The predicted gain, in the utility's unit, above which a choice counts as changed by what is seen, as for
        :func:`forecast.questions`: by default 5% of the value of knowing everything before choosing now.
    settings : Settings, optional
        How worlds are run, at least 50.
    **keywords
        The fields of :class:`forecast.Settings`, in place of it.

    Returns
    -------
    Waiting
        A row for each number of months. Errors are from paired worlds; the best options' means are corrected for
        having been picked. The rule of choice is learnt in other worlds than it is tried in, so the information is a
        lower bound in expectation. ``plot()`` draws the value and its two parts by the months waited.

    Raises
    ------
    InvalidArgument
        If a number is outside its domain, a state is none, or the function gives no utility of these options.
    InvalidOption
        If an option acts before it begins, or as for :func:`forecast.simulate`.
    UnknownOption, UnknownPrior, UnknownValues, InvalidValues, UnknownArgument
        As for :func:`forecast.simulate` and :func:`forecast.utility`.

    Notes
    -----
    The horizon does not move, so what an option would do after it is worth as much late as now: nothing. A short
    horizon makes waiting look dear. What is seen is free and exact; a study that costs or errs is worth less. A trigger
    looks for its condition once its option begins. Where options begun late tie, the error of ``information`` is up to
    a quarter too small (measured over 40 samples), as which of them is best differs from sample to sample.

    References
    ----------
    Arrow & Fisher (1974), "Environmental preservation, uncertainty, and irreversibility", *Quarterly Journal of
    Economics* 88, 312-319; Henry (1974), *American Economic Review* 64, 1006-1012 (quasi-option value).
    Luedtke & van der Laan (2016), *Annals of Statistics* 44, 713-742 (rules learnt and tried in different worlds).

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs = priors.load(district.beliefs)
    >>> found = forecast.waiting(beliefs, world=district, evidence="none", months=6, months_waited=2, worlds=200)
    >>> [(row.months_waited, row.best_now, row.verdict) for row in found.rows]
    [(2, 'both', 'costs')]
    """
    how, world = settings_of(settings, keywords), world_for(beliefs, keywords.get("world"))
    check_worlds(how.worlds)
    # Refused before any work, though what 5% of is not known yet.
    checked_tolerance(tolerance, 0.0)
    if not callable(values):
        values = load_values(values, world=world)
    waits = _waits(months_waited, how.horizon(world))
    seen = world.watched if observed is None else _states(world, observed)
    now, nothing = doing_nothing(resolve(options, world=world), world)
    delayed = {wait: later(now, nothing, wait + 1) for wait in waits}
    for those in (now, *delayed.values()):
        check_starts(those, how.horizon(world), world=world)
    known = conditioned(beliefs, evidence, seed=how.seed, progress=how.progress, world=world)
    rows = []
    with progress_bar("Waiting", total=1 + len(waits), show=how.progress) as bar:

        def run(chosen: Iterable[Option]) -> xr.Dataset:
            return simulated(known, options=chosen, settings=how.quiet(), world=world)

        outcomes = run(now.values())
        first, unit, whose = _utility(outcomes, values, list(now))
        today = Best(first)
        limit = checked_tolerance(tolerance, max(today.gain(first.max(axis=0))[0], 0.0))
        states = outcomes.sel(option=nothing)
        bar.advance()
        for wait, options_then in delayed.items():
            then = run(options_then.values())
            check_idle(then, nothing, wait)
            late, _, _ = _utility(then, values, [option.name for option in options_then.values()])
            columns = np.column_stack([states[name].sel(month=wait).values.astype(np.float64) for name in seen])
            rows.append(_waited(wait, list(now), today, late, columns, count=len(waits), tolerance=limit))
            bar.advance()
    return Waiting(
        about=about_of(outcomes, title="utility", unit=unit, values=whose),
        rows=tuple(rows),
        titles=tuple((name, option.title) for name, option in now.items()),
        observed=seen,
        tolerance=limit,
    )


def _waits(given: Iterable[int] | int, months: int) -> tuple[int, ...]:
    listed = [given] if isinstance(given, int | np.integer) else given
    if isinstance(listed, str) or not isinstance(listed, Iterable):
        raise InvalidArgument(
            f"months_waited = {given!r:.60}", expected="whole numbers of months", mend="pass months_waited=(3, 6, 12)"
        )
    waits = [whole("months_waited", wait, 1, months - 1) for wait in listed]
    if not waits or len(set(waits)) < len(waits):
        raise InvalidArgument(
            f"months_waited = {tuple(waits)}", expected="at least one number, each once", mend="pass (3, 6, 12)"
        )
    return tuple(waits)


def _states(world: World, observed: Iterable[str] | str) -> tuple[str, ...]:
    named = listed("observed", observed)
    for name in named:
        if name not in world.states:
            raise InvalidArgument(
                f"there is no state {name!r:.60} to see",
                expected="names of states of the world",
                mend=near_matches(name, world.states),
            )
    if not named or len(set(named)) < len(named):
        raise InvalidArgument(
            f"observed = {tuple(named)!r:.60}", expected="at least one state, each once", mend="leave it out"
        )
    return tuple(named)


def _utility(outcomes: xr.Dataset, values: _Values, options: list[str]) -> tuple[Array, str, str]:
    """Return the utility, options in this order, its unit and whose values it is by."""
    u = values(outcomes) if callable(values) else utility(outcomes, values)
    read = read_utility(u)
    if set(read.names) != set(options) or read.worlds != outcomes.sizes["world"]:
        raise InvalidArgument(
            f"the function gave a utility of {len(read.names)} options in {read.worlds} worlds",
            expected=f"one of the {len(options)} options and {outcomes.sizes['world']} worlds of the outcomes",
            mend="return a DataArray with the outcomes' dims option and world",
        )
    whose = str(read.attrs.get("values", getattr(values, "__name__", "given")))
    return read.values[[read.names.index(name) for name in options]], read.unit, whose


def _waited(
    wait: int, names: list[str], today: Best, late: Array, columns: Array, *, count: int, tolerance: float
) -> Waited:
    """Value one number of months: ``late`` is the utility of the options then, in the order of ``names``."""
    then = Best(late)
    rule = Policies(late, tolerance=tolerance).rule([Basis(column) for column in np.ascontiguousarray(columns.T)])
    information, information_error = rule.policy.value, rule.policy.error
    delay, delay_error = then.less(today)
    if information > 0.0:
        value, value_error = then.less(today, plus=rule.gains)
        value_error = math.hypot(value_error, rule.unseen)
    else:
        # What is seen need not be used, so a rule that does worse by chance counts as nothing, with its error.
        information, value, value_error = 0.0, delay, math.hypot(delay_error, information_error)
    sure = half_width(WAITING_LEVEL, of=count)
    told = abs(value) > sure * value_error
    return Waited(
        months_waited=wait,
        value=value,
        value_error=value_error,
        delay=delay,
        delay_error=delay_error,
        information=information,
        information_error=information_error,
        best_now=names[today.index],
        best_later=names[then.index],
        changed=rule.policy.change,
        changed_error=rule.policy.change_error,
        verdict=("worth it" if value > 0.0 else "costs") if told else "not resolved",
    )
