"""``luck_and_ignorance``: how much of what differs between worlds no knowledge of their parameters can foretell."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from forecast.decision.reading import values_of
from forecast.decision.second_luck import (
    SecondLuckKeywords,
    checked_second,
    luck_of,
    second_run,
    utilities_of_both,
)
from forecast.decision.utility import UTILITY_UNIT
from forecast.diagnostics.groups import outcome_names
from forecast.errors import InvalidArgument
from forecast.estimates import estimate_text, mean_error, points_text, spread_of, standard_error
from forecast.outcomes.dataset import baseline_or_null, check, levels, titles
from forecast.results import Column, Result, about_of, word
from forecast.schema import outcomes_of
from forecast.settings import Settings, settings_of, takes

if TYPE_CHECKING:
    import xarray as xr

    from forecast.decision.values import Values
    from priors import PriorSet

__all__ = [
    "DIFFERENCE",
    "LEVEL",
    "NEVER",
    "REGRET",
    "LuckShare",
    "LuckShares",
    "luck_and_ignorance",
    "luck_share",
    "own_spread",
    "own_variance",
]

type Array = np.ndarray[Any, np.dtype[np.float64]]

LEVEL, DIFFERENCE, REGRET = "level", "difference", "regret"
"""What of an outcome is split: itself, its difference from the baseline, or how far behind the best option."""

NEVER = "never varies"


@dataclass(frozen=True)
class LuckShare:
    """How much of one variance is luck; the fields are the columns of the table.

    Attributes
    ----------
    quantity : str
        An outcome, or "utility".
    kind : str
        "level", "difference" (from the baseline, world by world) or "regret" (of utility).
    option : str
        By name.
    share, error : float
        Share of the variance over worlds that remains where all parameters are known, 0..1, and its Monte-Carlo error;
        NaN where nothing varies.
    raw : float
        The estimate before it was cut to 0..1: it can exceed 1 by chance where parameters say nothing.
    sd : float
        Standard deviation over worlds of luck and ignorance together, in the quantity's unit.
    own_sd, own_sd_error : float
        Spread of the world's own mean: the standard deviation over worlds of the mean that the quantity has where the
        world's parameters are known, and its Monte-Carlo error, in the quantity's unit. Of a yes/no outcome that is how
        much the chance itself differs between worlds, in parts of 1. NaN where nothing varies.
    note : str
        "never varies" where there is no variance to split, else empty.
    unit : str
        Of the quantity.
    """

    quantity: str
    kind: str
    option: str
    share: float
    error: float
    raw: float
    sd: float
    own_sd: float
    own_sd_error: float
    note: str
    unit: str

    def own_spread_text(self) -> str:
        """Write the spread of the world's own mean, of a yes/no outcome in points."""
        return points_text(self.own_sd, self.own_sd_error, unit=self.unit)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class LuckShares(Result):
    """How much of each variance over worlds is luck, and so how much is ignorance of parameters.

    Quantity by quantity, then kind, then option; index (quantity, kind, option).

    Attributes
    ----------
    titles : tuple of (str, str)
        Option names and their titles.
    baseline : str
        The option that differences are from.
    luck, again : int
        The seeds of the shocks of the two runs.
    words : tuple of (str, str)
        Outcomes, and what they are in words.
    """

    rows: tuple[LuckShare, ...]
    titles: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]
    baseline: str
    luck: int
    again: int

    row, index = LuckShare, ("quantity", "kind", "option")

    def _attrs(self) -> Mapping[Hashable, Any]:
        units = {row.quantity: row.unit for row in self.rows}
        return {"units": units, "baseline": self.baseline, "luck": self.luck, "again": self.again}

    def _line(self) -> str:
        def spread(kind: str) -> str:
            found = [row.share for row in self.rows if row.kind == kind and not row.note]
            return f"{100 * min(found):.0f} to {100 * max(found):.0f}% of {kind}s" if found else ""

        said = ", ".join(text for text in map(spread, (LEVEL, DIFFERENCE, REGRET)) if text)
        return f"{self.about.worlds:,} pairs of worlds; luck makes {said or 'nothing: ' + NEVER}"

    def _columns(self) -> tuple[Column, ...]:
        return (
            word("quantity", "quantity"),
            word("kind", "kind"),
            word("option", "option"),
            Column(
                "share of the variance that is luck",
                lambda row: row.note or estimate_text(row.share, row.error, unit="yes/no"),
            ),
            Column("spread of the world's own mean", lambda row: "" if row.note else row.own_spread_text()),
        )


def luck_share(first: Array, second: Array, *, event: bool = False) -> tuple[float, float]:
    """Estimate the share of a variance that is luck, from the same worlds with two lucks.

    Parameters
    ----------
    first, second : ndarray
        Shape (world,): the quantity in each world, and in the same world with the second luck.
    event : bool
        Whether the values are whole numbers that count an event, so that never to have seen one depend on luck is luck
        too.

    Returns
    -------
    raw, error : float
        1 - Cov(y, y') / Var(y), not below 0, and its standard error; NaN twice where nothing varies.

    Notes
    -----
    With both runs in the mean and in the variance (Janon et al.) the share is the mean of (y - y')^2 / 2 over that of
    ((y - m)^2 + (y' - m)^2) / 2, m being the mean of both. It is a ratio of means over worlds, so its error is that of
    the mean of the influences ((y - y')^2 - raw ((y - m)^2 + (y' - m)^2)) / 2 over the variance.

    References
    ----------
    Janon, Klein, Lagnoux, Nodet & Prieur (2014), "Asymptotic normality and efficiency of two Sobol index estimators",
    *ESAIM: Probability and Statistics* 18, 342-364, section 2.2.
    """
    middle, luck, both = _parts(first, second)
    # An ulp of a constant is not a variance.
    if max(np.ptp(first), np.ptp(second), abs(first[0] - second[0])) <= 1e-12 * max(1.0, abs(middle)):
        return math.nan, math.nan
    variance = float(both.mean())
    raw = float(luck.mean()) / variance
    error = float(standard_error(luck - raw * both)) / variance
    if event and raw == 0.0:
        # No world had it by one luck alone, and yet some among more might have.
        error = 0.5 * mean_error(np.zeros(first.size), event=True) / variance
    return raw, error


def own_spread(first: Array, second: Array, *, event: bool = False) -> tuple[float, float]:
    """Estimate how far the means differ that worlds have by their parameters alone.

    Parameters
    ----------
    first, second, event
        As for :func:`luck_share`.

    Returns
    -------
    sd, error : float
        The root of Cov(y, y'), which is the variance over worlds of E(y | parameters), and so sqrt((1 - luck) Var(y));
        0 where chance puts it below 0. The error goes by that of the covariance, as for
        :func:`forecast.estimates.spread_of`, and stays above 0 where an event came to no world by both lucks.
    """
    return spread_of(*own_variance(first, second, event=event))


def own_variance(first: Array, second: Array, *, event: bool = False) -> tuple[float, float]:
    """Estimate the square of :func:`own_spread`, which chance may put below 0, and its standard error."""
    middle, luck, both = _parts(first, second)
    own = both - luck
    error = float(standard_error(own))
    # What most worlds have: an event that nearly always comes is seen by what does not come.
    usual = round(middle)
    if event and not ((first != usual) & (second != usual)).any():
        error = mean_error(np.zeros(first.size), event=True)
    return float(own.mean()), error


def _parts(first: Array, second: Array) -> tuple[float, Array, Array]:
    """Return the mean of both runs, and world by world what luck and what luck and parameters add to the variance."""
    middle = 0.5 * float(first.mean() + second.mean())
    luck = 0.5 * (first - second) ** 2
    return middle, luck, 0.5 * ((first - middle) ** 2 + (second - middle) ** 2)


@takes(SecondLuckKeywords)
def luck_and_ignorance(
    outcomes: xr.Dataset,
    again: xr.Dataset | None = None,
    *,
    beliefs: PriorSet | xr.DataTree | None = None,
    values: str | Path | Mapping[str, float] | Values | tuple[xr.DataArray, xr.DataArray] | None = None,
    names: Iterable[str] | str | None = None,
    baseline: str | None = None,
    settings: Settings | None = None,
    **keywords: Unpack[SecondLuckKeywords],
) -> LuckShares:
    """Tell luck from ignorance: what of the spread between worlds would remain if all parameters were known.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`, not reduced.
    again : xarray.Dataset, optional
        From another call of it that differs in ``luck`` alone. By default the same worlds are run again: the same
        options, and the same parameters in every world.
    beliefs : PriorSet or xarray.DataTree, optional
        What the outcomes were run from, where that is not shipped beliefs on shipped evidence: a fit, or an edited set,
        which is conditioned on the evidence that the outcomes name.
    values : str, Path, mapping, Values, or two DataArrays, optional
        By what to value outcomes, as for :func:`forecast.utility`; or the utilities of the two runs, dims (option,
        world). With it the utility, its differences and the regret (how far behind the best option of the same world)
        are split as well.
    names : iterable of str or str
        Which outcomes; those that reports lead with by default, without first months.
    baseline : str, optional
        The option that differences are from; the world's null option by default.
    settings : Settings, optional
        How worlds are run again; or its fields as keywords.
    **keywords
        The fields ``luck`` (the seed of the second luck, by default one more than that of the first), ``backend``,
        ``threads``, ``client`` and ``progress`` of :class:`forecast.Settings`. The rest is that of the outcomes.

    Returns
    -------
    LuckShares
        For each outcome under each option, and for each difference from the baseline, the share of the variance over
        worlds that is luck: 1 - Cov(y, y') / Var(y) over the two lucks. The rest is what parameters decide, so the most
        that evidence about them could ever remove. ``own_sd`` is the root of that rest, sqrt(Cov(y, y')): the spread
        over worlds of the mean, or of a yes/no outcome the chance, that a world has by its parameters. ``plot()`` draws
        the shares.

    Raises
    ------
    InvalidArgument
        If the two are not the same worlds with other luck (same beliefs, seed, options, months and worlds), the worlds
        cannot be run again, there are fewer than two, or an outcome is not one of every world.
    UnknownOutcome, UnknownOption, UnknownArgument
        If there is no such outcome, the baseline was not run, or for a keyword that is no such part.

    Notes
    -----
    Differences from a baseline in the same world share its luck, so what is left there of luck is how the same shocks
    fall otherwise under another option. An event that never comes, or always, has no variance to split. Worlds of a
    fit that picked the same draw share parameters; errors take worlds as independent.

    References
    ----------
    Sobol' (1993), "Sensitivity estimates for nonlinear mathematical models", *Mathematical Modelling and Computational
    Experiment* 1, 407-414 (pick-freeze: the closed index of all parameters). Janon et al. (2014), see
    :func:`forecast.decision.luck.luck_share`.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs = priors.load(district.beliefs)
    >>> outcomes = forecast.simulate(beliefs, world=district, evidence="none", worlds=200)
    >>> found = forecast.luck_and_ignorance(outcomes, beliefs=beliefs, names="calm")
    >>> {row.option: round(row.share, 1) for row in found.rows if row.kind == "level"}
    {'nothing': 0.8, 'patrols': 0.9, 'both': 0.8}
    """
    beside = [name for name, given in (("beliefs", beliefs), ("settings", settings)) if given is not None]
    beside += keywords
    if again is not None and beside:
        raise InvalidArgument(
            f"a second run, and {', '.join(beside)} beside it",
            expected="one of the two",
            mend="leave the second run out, and the worlds are run again",
        )
    how = settings_of(settings, keywords).without("months", "worlds", "seed", where="luck_and_ignorance")
    check(outcomes)
    known = outcomes_of(outcomes)
    chosen = outcome_names(outcomes, names)
    options = [str(option) for option in outcomes["option"].values]
    baseline = baseline_or_null(outcomes, baseline)
    if isinstance(values, str | Path | Mapping):
        values = values_of(values, outcomes)
    again = checked_second(outcomes, second_run(outcomes, beliefs, how) if again is None else again)
    pairs = {name: tuple(levels(run, name) for run in (outcomes, again)) for name in chosen}
    whose = ""
    if values is not None:
        *utilities, whose = utilities_of_both(outcomes, again, values)
        pairs["utility"] = (utilities[0], utilities[1])
    rows: list[LuckShare] = []
    base = options.index(baseline)
    for name, (first, second) in pairs.items():
        event = name in known and known[name].is_event
        unit = known[name].unit if name in known else UTILITY_UNIT
        rows += _rows(name, LEVEL, options, first, second, event, unit)
        others = [option for option in options if option != baseline]
        kept = [place for place in range(len(options)) if place != base]
        rows += _rows(name, DIFFERENCE, others, (first - first[base])[kept], (second - second[base])[kept], event, unit)
        if name == "utility":
            rows += _rows(name, REGRET, options, first.max(axis=0) - first, second.max(axis=0) - second, False, unit)
    return LuckShares(
        about=about_of(outcomes, values=whose),
        rows=tuple(rows),
        titles=tuple(titles(outcomes).items()),
        words=tuple((name, known[name].long_name) for name in chosen),
        baseline=baseline,
        luck=luck_of(outcomes),
        again=luck_of(again),
    )


def _rows(
    name: str, kind: str, options: list[str], first: Array, second: Array, event: bool, unit: str
) -> list[LuckShare]:
    rows = []
    for option, one, other in zip(options, first, second, strict=True):
        raw, error = luck_share(one, other, event=event)
        sd = math.sqrt(0.5 * (one.var() + other.var()))
        if math.isnan(raw):
            rows.append(LuckShare(name, kind, option, raw, error, raw, sd, math.nan, math.nan, NEVER, unit))
        else:
            own = own_spread(one, other, event=event)
            rows.append(LuckShare(name, kind, option, min(raw, 1.0), error, raw, sd, *own, "", unit))
    return rows
