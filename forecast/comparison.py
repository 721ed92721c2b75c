"""Comparing options: every outcome against a baseline, paired world by world."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import outcome_known
from forecast.errors import InvalidArgument
from forecast.estimates import mean_error
from forecast.outcomes.dataset import baseline_or_null, check, is_summary, levels
from forecast.results import about_of
from forecast.schema import outcomes_of
from forecast.structures.result import StructureRanges, read_ranges
from priors.intervals import MASS, tails

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["COMPARE_COLUMNS", "STRUCTURE_COLUMNS", "compare"]

COMPARE_COLUMNS = (
    "estimate",
    "error",
    "lower",
    "upper",
    "difference",
    "difference_error",
    "difference_lower",
    "difference_upper",
    "variance_ratio",
)

STRUCTURE_COLUMNS = tuple(
    f"{kind}structure_{end}" for kind in ("", "difference_") for end in ("low", "low_error", "high", "high_error")
)
"""The columns that ranges over structures add."""


def _row(values: np.ndarray[Any, Any], base: np.ndarray[Any, Any], event: bool) -> dict[str, float]:
    # A first month is NaN where the event never came: those worlds say nothing about when.
    known = ~np.isnan(values)
    paired = known & ~np.isnan(base)
    difference = (values - base)[paired]
    seen = values[known]
    row = dict.fromkeys(COMPARE_COLUMNS, float("nan"))
    if seen.size:
        row["estimate"], row["error"] = float(seen.mean()), mean_error(seen, event=event)
        row["lower"], row["upper"] = (float(q) for q in np.quantile(seen, tails()))
    if difference.size:
        row["difference"], row["difference_error"] = (
            float(difference.mean()),
            mean_error(difference, event=False),
        )
        row["difference_lower"], row["difference_upper"] = (float(q) for q in np.quantile(difference, tails()))
    if difference.size > 1:
        independent = float(values[paired].var(ddof=1) + base[paired].var(ddof=1))
        spread = float(difference.var(ddof=1))
        if spread > 0.0:
            row["variance_ratio"] = independent / spread
    return row


def _summarised(summary: xr.Dataset, name: str, baseline: str) -> list[dict[str, float]]:
    """Read from a summary what :func:`_row` takes from worlds, for every option."""
    parts = ("error", "quantile", "difference", "difference_error", "difference_quantile", "variance_ratio")
    # A Dataset of every outcome, cut for each of them, takes time with the square of their number.
    against = summary[[name, *(f"{name}_{part}" for part in parts)]].sel(other=baseline)
    lower, upper = tails()
    columns = {
        "estimate": against[name],
        "error": against[f"{name}_error"],
        "lower": against[f"{name}_quantile"].sel(quantile=lower),
        "upper": against[f"{name}_quantile"].sel(quantile=upper),
        "difference": against[f"{name}_difference"],
        "difference_error": against[f"{name}_difference_error"],
        "difference_lower": against[f"{name}_difference_quantile"].sel(quantile=lower),
        "difference_upper": against[f"{name}_difference_quantile"].sel(quantile=upper),
        "variance_ratio": against[f"{name}_variance_ratio"],
    }
    lists = {column: array.values.astype(np.float64).tolist() for column, array in columns.items()}
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def compare(
    outcomes: xr.Dataset,
    *,
    baseline: str | None = None,
    names: Iterable[str] | None = None,
    structures: StructureRanges | None = None,
) -> pd.DataFrame:
    """Compare every option with a baseline, world by world.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`; a summary will do (``reduce=True``), whose quantiles of what is no whole number
        are within its ``relative_error`` and whose other columns are the same.
    baseline : str, optional
        The option to compare with, which must be among those that were run; the world's null option by default.
    names : iterable of str, optional
        Outcomes of the run; all by default.
    structures : StructureRanges, optional
        From :func:`forecast.structure_ranges`, of the same beliefs, evidence, options, baseline and horizon.

    Returns
    -------
    pandas.DataFrame
        Index (outcome, option). ``estimate``: mean over worlds, a probability for yes/no outcomes, in the unit
        that ``frame.attrs["units"]`` gives (``frame.attrs["gates"]`` says whether the fit behind it passed its gates).
        ``error``: its Monte-Carlo standard error. ``lower``, ``upper``: the central 90% of worlds (for a yes/no
        outcome 0 and 1 unless the answer is nearly sure): what could happen, not how well the mean is known.
        ``difference`` and its ``_error``, ``_lower``, ``_upper``: the same of option less baseline in the same world.
        ``variance_ratio``: variance that the difference of means would have with independent worlds, over its variance
        with paired worlds; NaN where the two options never differ. First months leave out the worlds in which the
        event did not come (under either, for differences). With ``structures`` also ``structure_low``,
        ``structure_high`` and the ``_error`` of each: the 90% range of ``estimate`` over structures that are not known;
        and the same of ``difference``. NaN of first months.

    Raises
    ------
    UnknownOption
        If the baseline was not run.
    UnknownOutcome
        If a name is not an outcome.
    MismatchedRuns
        If ``structures`` are of other beliefs, evidence, options, baseline or horizon.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> table = forecast.compare(outcomes, names=["calm", "raids_total"])
    >>> table["difference"].round(2).loc["calm"].to_dict()
    {'nothing': 0.0, 'patrols': 0.26, 'both': 0.21}
    """
    import pandas as pd

    check(outcomes, summaries=True)
    options = [str(option) for option in outcomes["option"].values]
    baseline = baseline_or_null(outcomes, baseline)
    known = outcomes_of(outcomes)
    chosen = list(known) if names is None else [names] if isinstance(names, str) else list(names)
    for name in chosen:
        outcome_known(name, known)
    if not chosen:
        raise InvalidArgument("names is empty", expected="at least one outcome", mend="leave it out for all")
    rows, index = [], []
    for name in chosen:
        if is_summary(outcomes):
            index += [(name, option) for option in options]
            rows += _summarised(outcomes, name, baseline)
            continue
        array = levels(outcomes, name)
        base = array[options.index(baseline)]
        for option, values in zip(options, array, strict=True):
            index.append((name, option))
            rows.append(_row(values, base, known[name].is_event))
    frame = pd.DataFrame(
        rows,
        index=pd.MultiIndex.from_tuples(index, names=["outcome", "option"]),
        columns=list(COMPARE_COLUMNS),
    )
    structures = read_ranges(structures)
    if structures is not None:
        structures.check_same({**outcomes.attrs, "months": int(outcomes["month"][-1])}, what="outcomes")
        structures.check_options(options, baseline=baseline, attrs=outcomes.attrs)
        frame[list(STRUCTURE_COLUMNS)] = [
            _ranged(structures, *key, row["estimate"], row["difference"]) for key, row in zip(index, rows, strict=True)
        ]
    frame.attrs = {
        "units": {name: known[name].unit for name in chosen},
        "baseline": baseline,
        "mass": MASS,
        **about_of(outcomes).attrs(),
    }
    return frame


def _ranged(ranges: StructureRanges, name: str, option: str, estimate: float, difference: float) -> list[float]:
    """Give the columns that ranges over structures add."""
    found: list[float] = []
    for kind, value in (("level", estimate), ("difference", difference)):
        row = ranges.get(name, option, kind=kind)
        if row is None:
            found += [math.nan] * 4
        else:
            low, high = row.around(value)
            found += [low, row.low_error, high, row.high_error]
    return found
