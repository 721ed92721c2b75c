"""``predictive_checks``: whether what was seen was to be expected, before and after the beliefs took it in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.diagnostics.arrays import effective_draws
from forecast.diagnostics.groups import check_groups
from forecast.errors import InvalidArgument
from forecast.posterior.carried import carries, evidence_of
from forecast.results import Column, Result, about_of, number, word
from priors.intervals import tails

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["EXTREME", "Checked", "PredictiveChecks", "predictive_checks", "unexpected"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

EXTREME = 0.05
"""Two-sided tail probability under which what was seen counts as a surprise."""


@dataclass(frozen=True)
class Checked:
    """One observed number against its predictions; the fields are the columns of the table.

    Attributes
    ----------
    item, part : str
        The item of evidence, and which of its numbers, empty where it has one.
    observed : float
        What was seen, in the item's unit: counts, 1 for "nothing happened", logs of fighters for strengths.
    discrete : bool
        Whether it is a count.
    prior_mean, prior_lower, prior_upper : float
        Of the prior predictive draws, with the central 90%.
    prior_mean_error : float
        Monte-Carlo error of that mean.
    prior_tail, prior_tail_error : float
        Two-sided tail probability of what was seen, and its Monte-Carlo error.
    posterior_mean, posterior_lower, posterior_upper, posterior_mean_error, posterior_tail, posterior_tail_error : float
        The same of the posterior predictive draws.
    conflict : bool
        Whether ``prior_tail`` is under :data:`EXTREME`: the beliefs did not expect it.
    misfit : bool
        Whether ``posterior_tail`` is: the model does not expect it even now.
    """

    item: str
    part: str
    observed: float
    discrete: bool
    prior_mean: float
    prior_mean_error: float
    prior_lower: float
    prior_upper: float
    prior_tail: float
    prior_tail_error: float
    posterior_mean: float
    posterior_mean_error: float
    posterior_lower: float
    posterior_upper: float
    posterior_tail: float
    posterior_tail_error: float
    conflict: bool
    misfit: bool


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class PredictiveChecks(Result):
    """Every observed number against what was predicted for it, in the order of the evidence; index (item, part).

    Attributes
    ----------
    draws : mapping of (str, str) to (ndarray, ndarray)
        For the picture: prior and posterior predictive draws by item and part.
    logs_of : mapping of str to str
        For the picture: of which level an item is the natural logarithm, where it is of one.
    """

    rows: tuple[Checked, ...]
    draws: Mapping[tuple[str, str], tuple[Array, Array]] = field(compare=False)
    logs_of: Mapping[str, str] = field(default_factory=dict, compare=False)

    row, index = Checked, ("item", "part")

    @property
    def conflicts(self) -> tuple[Checked, ...]:
        """What the beliefs did not expect."""
        return tuple(row for row in self.rows if row.conflict)

    def _line(self) -> str:
        named = f" ({', '.join(dict.fromkeys(row.item for row in self.conflicts))})" if self.conflicts else ""
        misfits = sum(row.misfit for row in self.rows)
        return f"{len(self.rows)} numbers, {len(self.conflicts)} in conflict{named}, {misfits} misfit"

    def _columns(self) -> tuple[Column, ...]:
        return (
            word("item", "item"),
            word("part", "part"),
            Column("seen", lambda row: f"{row.observed:.4g}"),
            Column("prior 90%", lambda row: f"{row.prior_lower:.3g} to {row.prior_upper:.3g}"),
            number("prior tail", "prior_tail"),
            Column("posterior 90%", lambda row: f"{row.posterior_lower:.3g} to {row.posterior_upper:.3g}"),
            number("posterior tail", "posterior_tail"),
            Column("verdict", lambda row: ", ".join(w for w in ("conflict", "misfit") if getattr(row, w)) or "-"),
        )


def predictive_checks(fit: xr.DataTree) -> PredictiveChecks:
    """Check every number of every item of evidence against what the beliefs predicted, before and after.

    Parameters
    ----------
    fit : xarray.DataTree
        From :func:`forecast.fit`, with evidence.

    Returns
    -------
    PredictiveChecks
        A row a number. The tail probability is ``2 min(u, 1 - u)`` with ``u = P(y < seen) + P(y = seen) / 2``. For a
        continuous number that is the usual two-sided one. For a count it is a mid-p: of nothing, everything, or a yes
        or no it is exactly the probability of what was seen. The posterior has seen the number already, so its tail
        probability leans to the middle: a small one is a misfit, a large one proves nothing.

    Raises
    ------
    InvalidArgument
        If the fit has no evidence, or has no predictions of an item.

    References
    ----------
    Box (1980), Sampling and Bayes' inference in scientific modelling and robustness, *Journal of the Royal Statistical
    Society A* 143, 383-430. Gelman, Meng & Stern (1996), Posterior predictive assessment of model fitness, *Statistica
    Sinica* 6, 733-807. Lancaster (1961), Significance tests in discrete distributions, *Journal of the American
    Statistical Association* 56, 223-234.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> fit = forecast.fit(priors.load(district.beliefs), world=district, evidence="seen", draws=1000, progress=False)
    >>> [(row.item, row.misfit) for row in forecast.predictive_checks(fit).rows]
    [('no_truce', False), ('census', False)]
    """
    tree = check_groups(fit, "observed_data", "prior_predictive", "posterior_predictive")
    rows, kept = [], {}
    for name, part, seen, whole, before, after in _numbers(tree):
        rows.append(_row(name, part, seen, whole, before, after))
        kept[name, part] = before.reshape(-1), after.reshape(-1)
    items = evidence_of(tree).items if carries(tree) else ()
    logs_of = {item.name: item.level_name for item in items if item.kind in ("strength", "reports")}
    return PredictiveChecks(about=about_of(tree, unit=""), rows=tuple(rows), draws=kept, logs_of=logs_of)


def unexpected(fit: xr.DataTree) -> tuple[str, ...]:
    """Name the items of evidence with a number in conflict, without the errors and posteriors of the whole table."""
    tree = check_groups(fit, "observed_data", "prior_predictive", "posterior_predictive")
    found = (name for name, _, seen, _, before, _ in _numbers(tree) if _tail_of(_share_below(before, seen)) < EXTREME)
    return tuple(dict.fromkeys(found))


def _numbers(tree: xr.DataTree) -> Iterator[tuple[str, str, float, bool, Array, Array]]:
    """Give every observed number: its item, its part, itself, whether it is a count, and what was predicted for it."""
    observed = tree["observed_data"].to_dataset()
    groups = tree["prior_predictive"].to_dataset(), tree["posterior_predictive"].to_dataset()
    for name, seen in observed.data_vars.items():
        if any(name not in group for group in groups):
            raise InvalidArgument(
                f"the fit has no predictions of {name!r}",
                expected="prior and posterior predictive draws of every item",
                mend="fit again with forecast.fit",
            )
        own = [dim for dim in seen.dims if dim not in ("chain", "draw")]
        predictions = [group[name].transpose(*own, "chain", "draw").values for group in groups]
        whole = all(np.issubdtype(array.dtype, np.integer) or array.dtype == bool for array in predictions)
        for place in np.ndindex(seen.transpose(*own).shape):
            part = ", ".join(str(seen[dim].values[at]) for dim, at in zip(own, place, strict=True))
            before, after = (array[place].astype(np.float64) for array in predictions)
            yield str(name), part, float(seen.transpose(*own).values[place]), whole, before, after


def _row(item: str, part: str, seen: float, discrete: bool, before: Array, after: Array) -> Checked:
    found: dict[str, Any] = {}
    for when, draws in (("prior", before), ("posterior", after)):
        low, high = np.quantile(draws, tails())
        tail, error = _tail(draws, seen)
        found |= {f"{when}_mean": float(draws.mean()), f"{when}_mean_error": _mean_error(draws)}
        found |= {f"{when}_lower": float(low), f"{when}_upper": float(high)}
        found |= {f"{when}_tail": tail, f"{when}_tail_error": error}
    return Checked(
        item=item,
        part=part,
        observed=seen,
        discrete=discrete,
        conflict=found["prior_tail"] < EXTREME,
        misfit=found["posterior_tail"] < EXTREME,
        **found,
    )


def _mean_error(draws: Array) -> float:
    return float(draws.std() / np.sqrt(effective_draws(draws)))


def _tail(draws: Array, seen: float) -> tuple[float, float]:
    """Two-sided mid-p of what was seen, and its error."""
    below = _share_below(draws, seen)
    u = float(below.mean())
    # One more draw, half of it on either side, so that a tail that no draw reached has an error as well.
    variance = (((below - u) ** 2).sum() + 0.5 * (u**2 + (1.0 - u) ** 2)) / (draws.size + 1)
    return _tail_of(below), 2.0 * float(np.sqrt(variance / effective_draws(below)))


def _share_below(draws: Array, seen: float) -> Array:
    """1 where a draw is below what was seen, and a half where it is just that."""
    return np.asarray((draws < seen) + 0.5 * (draws == seen))


def _tail_of(below: Array) -> float:
    u = float(below.mean())
    return 2.0 * min(u, 1.0 - u)
