"""``questions``: which questions are worth an analyst's next month."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from forecast.decision.bases import Basis
from forecast.decision.grouping import checked_groups
from forecast.decision.information import Information, informed, perfect
from forecast.decision.lattice import with_subsets
from forecast.decision.policies import Policies
from forecast.decision.tolerance import checked_tolerance
from forecast.decision.worlds import read_parameters, read_utility
from forecast.errors import InvalidArgument
from forecast.estimates import Estimate, estimate_text
from forecast.outcomes.provenance import provenance_of, provenance_words
from forecast.tables import frame_of, page_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["Question", "Questions", "questions"]

ALL = "all parameters together"


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


@dataclass(frozen=True, repr=False)
class Questions:
    """Questions, those worth most first.

    Attributes
    ----------
    rows : tuple of Question
        By value, then by name.
    everything : Estimate
        What knowing the world would be worth, luck included: no study can be worth more.
    together : Information
        What knowing all parameters would be worth: no study of causes can be worth more.
    tolerance : float
        Predicted gain above which a choice counts as changed, in the utility's unit.
    unit : str
        The utility's unit.
    worlds : int
        How many worlds this comes from.
    meanings : tuple of (str, str)
        What parameters mean, by name, where they say.
    attrs : mapping
        Attributes of the utility: whose values, provenance, broken gates.
    """

    rows: tuple[Question, ...]
    everything: Estimate
    together: Information
    tolerance: float
    unit: str
    worlds: int
    meanings: tuple[tuple[str, str], ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate.

        Returns
        -------
        pandas.DataFrame
            Index question; columns the other fields of :class:`Question`. ``frame.attrs`` has the unit, the tolerance,
            the values of knowing everything and all parameters, whose values, and the broken gates of the fit.
        """
        frame = frame_of(self.rows, Question, index=("question",))
        frame.attrs = {
            "unit": self.unit,
            "tolerance": self.tolerance,
            "evpi": self.everything.value,
            "all_parameters": self.together.value,
            "worlds": self.worlds,
            **provenance_of(self),
        }
        return frame

    def plot(self, *, most: int = 20) -> Figure:
        """Draw the value of each question with its 90% interval, those worth most at the top.

        Parameters
        ----------
        most : int
            How many questions, 1..100.

        Returns
        -------
        matplotlib.figure.Figure
            One axes; the value of knowing all parameters is marked.

        Raises
        ------
        InvalidArgument
            If ``most`` is anything else.
        """
        from forecast.arguments import whole
        from forecast.plots.questions import drawn_questions

        return drawn_questions(self, most=whole("most", most, 1, 100))

    def __repr__(self) -> str:
        first = self.rows[0]
        leading = f"{first.question}: {estimate_text(first.evppi, first.evppi_error, unit=self.unit)}"
        whole = estimate_text(self.everything.value, self.everything.error, unit=self.unit)
        return (
            f"Questions({len(self.rows)}, first {leading}; of {whole} for knowing everything, "
            f"{self.worlds:,} worlds{provenance_words(self)})"
        )

    def _repr_html_(self) -> str:
        heads = ("question", f"worth ({self.unit})", "of knowing everything", "changes the choice in", "note")
        rows = []
        for row in self.rows:
            note = "held to its parts: more worlds" if row.moved else ""
            cells = (
                estimate_text(row.evppi, row.evppi_error),
                estimate_text(row.share, row.share_error, unit="yes/no"),
                estimate_text(row.p_change, row.p_change_error, unit="yes/no"),
            )
            rows.append((row.question, *cells, note))
        return page_of(heads, rows, repr(self))


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
        Questions about several parameters at once: groups of your own by name, by the claims of the article that the
        parameters rest on, or by the first word of their names. By default every parameter is a question, but whether
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

    Raises
    ------
    InvalidArgument
        For a utility, parameters, groups, pairs or a tolerance outside their domain, or fewer than 50 worlds.
    UnknownPrior
        If a name is not among the parameters.

    References
    ----------
    As for :func:`forecast.evppi`.
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
        tuple(sorted(rows, key=lambda row: (-row.evppi, row.question))),
        everything,
        found[frozenset(whole)],
        limit,
        read.unit,
        read.worlds,
        tuple((name, str(attrs["long_name"])) for name, attrs in believed.attrs.items() if "long_name" in attrs),
        read.attrs,
    )


def _share(value: Estimate, everything: Estimate) -> tuple[float, float]:
    """Give a value's share of EVPI; its error as if the two were independent, which makes it larger than it is."""
    if everything.value <= 0.0:
        return math.nan, math.nan
    share = value.value / everything.value
    return share, math.hypot(value.error, share * everything.error) / everything.value
