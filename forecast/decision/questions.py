"""``questions``: which questions are worth an analyst's next month."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from forecast.decision.bases import Basis
from forecast.decision.grouping import checked_groups
from forecast.decision.information import Information, Worth, informed, perfect
from forecast.decision.order_constraints import with_subsets
from forecast.decision.policies import Policies
from forecast.decision.tolerance import checked_tolerance
from forecast.decision.worlds import read_parameters, read_utility
from forecast.errors import InvalidArgument
from forecast.estimates import Estimate, estimate_text
from forecast.results import Column, Result, number, word

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Question", "Questions", "questions"]


@dataclass(frozen=True)
class Question:
    """One question; the fields are the columns of the table.

    Attributes
    ----------
    question : str
        Name of the parameter, of the group, or of both parameters of a pair ("a + b").
    kind : str
        "parameter", "pair", "claim", "mechanism" or "group".
    evppi, evppi_error : float
        Value of knowing the answer before choosing, and its standard error, in the utility's unit; both exactly 0
        where both are under a millionth of the value of knowing everything. In the error counts what an effect could
        be worth that noise hides, not what one could be of causes that are there in a handful of worlds alone.
    evppi_lower, evppi_upper : float
        Its central 90% interval.
    share, share_error : float
        ``evppi`` as a share, 0..1, of knowing everything (NaN where that is worth nothing), and its error.
    p_change, p_change_error : float
        Share of worlds, 0..1, in which the answer would change the choice for a predicted gain above the tolerance.
    raw, raw_error : float
        What its own rule of choice achieved before it was held to the order of the others.
    moved : bool
        Whether that order moved it by more than two standard errors.
    parameters : int
        How many parameters it is about.
    """

    question: str
    kind: str
    evppi: float
    evppi_error: float
    evppi_lower: float
    evppi_upper: float
    share: float
    share_error: float
    p_change: float
    p_change_error: float
    raw: float
    raw_error: float
    moved: bool
    parameters: int


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Questions(Result):
    """Questions, those worth most first and then by name; index question.

    Attributes
    ----------
    everything : Worth
        What knowing the world would be worth, luck included: no study can be worth more.
    together : Information
        What knowing all parameters would be worth: no study of causes can be worth more.
    tolerance : float
        Predicted gain above which a choice counts as changed, in the utility's unit.
    meanings : tuple of (str, str)
        What parameters mean, by name, where they say.
    """

    rows: tuple[Question, ...]
    everything: Worth
    together: Information
    tolerance: float
    meanings: tuple[tuple[str, str], ...] = ()

    row, index = Question, ("question",)

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {
            "tolerance": self.tolerance,
            "evpi": self.everything.value,
            "all_parameters": self.together.value,
        }

    def _line(self) -> str:
        first, unit = self.rows[0], self.about.unit
        leading = f"{first.question}: {estimate_text(first.evppi, first.evppi_error, unit=unit)}"
        whole = estimate_text(self.everything.value, self.everything.error, unit=unit)
        return f"{len(self.rows)}, first {leading}; of {whole} for knowing everything, {self.about.worlds:,} worlds"

    def _columns(self) -> tuple[Column, ...]:
        return (
            word("question", "question"),
            number(f"worth ({self.about.unit})", "evppi"),
            number("of knowing everything", "share", unit="yes/no"),
            number("changes the choice in", "p_change", unit="yes/no"),
            Column("note", lambda row: "held to its parts: more worlds" if row.moved else ""),
        )


def questions(
    u: xr.DataArray,
    parameters: xr.Dataset,
    *,
    names: Iterable[str] | str | None = None,
    groups: Mapping[str, Iterable[str]] | str | None = None,
    pairs: bool = False,
    tolerance: float | None = None,
) -> Questions:
    """Rank questions by what it would be worth to know their answers before choosing.

    Parameters
    ----------
    u : xarray.DataArray
        Utility, dims option and world, in a unit of its own; at least 50 worlds.
    parameters : xarray.Dataset
        What was believed in each of the same worlds, dim world.
    names : iterable of str or str, optional
        Which parameters; all by default.
    groups : mapping of str to iterable of str, "claims" or "mechanisms", optional
        Questions about several parameters at once: groups of your own by name, by the claims that the parameters
        rest on, or by the first word of their names. By default every parameter is a question, but whether
        a link exists and how large it is are one.
    pairs : bool
        Whether to ask about every two parameters as well; not with groups.
    tolerance : float, optional
        The predicted gain, in the utility's unit, above which a choice counts as changed: options that are nearly the
        same would otherwise change with everything. By default 5% of the value of knowing everything.

    Returns
    -------
    Questions
        Each value as from :func:`forecast.evppi`, all in one order: no group is worth less than a part of it.
        ``plot(most=20)`` draws those worth most.

    Raises
    ------
    InvalidArgument
        For a utility, parameters, groups, pairs or a tolerance outside their domain, or fewer than 50 worlds.
    UnknownPrior
        If a name is not among the parameters.

    References
    ----------
    As for :func:`forecast.evppi`.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> u, believed = forecast.utility(outcomes), forecast.parameters(outcomes)
    >>> found = forecast.questions(u, believed, names=["raid_rate", "talks_effect"])
    >>> [row.question for row in found.rows]
    ['talks_effect', 'raid_rate']
    """
    read = read_utility(u)
    believed = read_parameters(parameters, worlds=read.worlds, names=names, labels=read.labels, run=read.run)
    kind, asked = checked_groups(believed, groups, sized=True)
    if not isinstance(pairs, bool) or (pairs and groups is not None):
        raise InvalidArgument(
            f"pairs = {pairs!r:.60} with groups = {groups!r:.60}",
            expected="True or False, and not both",
            mend="ask for pairs and for groups in two calls",
        )
    everything = perfect(read)
    limit = checked_tolerance(tolerance, everything.value)
    kinds = dict.fromkeys(asked, kind)
    if pairs:
        for one, other in combinations(believed.values, 2):
            asked[f"{one} + {other}"], kinds[f"{one} + {other}"] = (one, other), "pair"

    whole = tuple(believed.values)
    bases = {name: Basis(values) for name, values in believed.values.items()}
    sets = with_subsets([*asked.values(), whole])
    policies = Policies(read.values, tolerance=limit).of([[bases[name] for name in part] for part in sets])
    by_set = {frozenset(part): policy for part, policy in zip(sets, policies, strict=True)}
    found = informed({part: (policy.value, policy.error) for part, policy in by_set.items()}, most=everything)
    rows = []
    for label, members in asked.items():
        value, policy = found[frozenset(members)], by_set[frozenset(members)]
        row = Question(
            label,
            kinds[label],
            value.value,
            value.error,
            *value.interval,
            *_share(value, everything),
            policy.change,
            policy.change_error,
            value.raw,
            value.raw_error,
            value.moved,
            len(members),
        )
        rows.append(row)
    return Questions(
        about=read.about,
        rows=tuple(sorted(rows, key=lambda row: (-row.evppi, row.question))),
        everything=everything,
        together=found[frozenset(whole)],
        tolerance=limit,
        meanings=tuple(
            (name, str(attrs["long_name"])) for name, attrs in believed.attrs.items() if "long_name" in attrs
        ),
    )


def _share(value: Estimate, everything: Estimate) -> tuple[float, float]:
    """Return a value's share of EVPI; its error as if the two were independent, which makes it larger than it is."""
    if everything.value <= 0.0:
        return math.nan, math.nan
    share = value.value / everything.value
    return share, math.hypot(value.error, share * everything.error) / everything.value
