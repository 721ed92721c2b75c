"""What :func:`forecast.structure_ranges` returns: the range of every outcome over structures that are not known."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from forecast.decision.utility import UTILITY_UNIT
from forecast.errors import InvalidArgument, MismatchedRuns, kind_of
from forecast.estimates import estimate_text, range_text
from forecast.plain_data import attr_dict
from forecast.question import UTILITY
from forecast.results import Column, Result, word

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["POLITICAL_COST", "UTILITY", "FormChoice", "StructureRange", "StructureRanges", "read_ranges"]

POLITICAL_COST = "political_cost"
"""Whether by the horizon any of the harms came to pass that the world declares."""


_ENDS = ("low", "high", "least", "greatest")


@dataclass(frozen=True)
class StructureRange:
    """One quantity under one option; the fields are the columns of the table.

    Attributes
    ----------
    quantity, option : str
        An outcome, "political_cost" or "utility", and the option's name.
    kind : str
        "level", or "difference" from the baseline in the same worlds.
    mean : float
        Over all combinations of forms by their weights, in the quantity's unit.
    low_offset, low_error, high_offset, high_error : float
        The weighted 5th and 95th percentile of the mean over combinations of forms, less ``mean``, and their standard
        errors. The table has them as ``low`` and ``high``, ``mean`` added.
    least_offset, least_error, greatest_offset, greatest_error : float
        The same of the least and the greatest mean of all combinations but the lightest hundredth of the weight.
    within, within_error : float
        What the range leaves out: how far means differ that worlds of one form have by their parameters, as a standard
        deviation, and its standard error.
    unit : str
        Of the quantity; "1" of utility.
    """

    quantity: str
    option: str
    kind: str
    mean: float
    low_offset: float
    low_error: float
    high_offset: float
    high_error: float
    least_offset: float
    least_error: float
    greatest_offset: float
    greatest_error: float
    within: float
    within_error: float
    unit: str

    def text(self, estimate: float, error: float) -> str:
        """Write the range about an estimate with its error: "3.2 to 11.6", of a yes/no outcome in per cent."""
        # An end is off by what the estimate is off by, too.
        own = math.hypot(error, max(self.low_error, self.high_error))
        text = range_text(*self.around(estimate), own, unit=self.unit)
        return text if " to " in text else "no range"

    def around(self, estimate: float) -> tuple[float, float]:
        """Return the range about an estimate of the same mean that more worlds made."""
        ends = estimate + self.low_offset, estimate + self.high_offset
        if self.kind == "level" and self.unit == "yes/no":
            return max(ends[0], 0.0), min(ends[1], 1.0)
        return ends


@dataclass(frozen=True)
class FormChoice:
    """Which option is best where one structure has one form; the fields are the columns of the table.

    Attributes
    ----------
    structure, form : str
        By name, and the form in words.
    value : int
        The number of the form.
    weight : float
        What the form weighs given the evidence.
    best : str
        The option with the highest expected utility there, over the forms of all other structures.
    behind, behind_error : float
        By how much the option that is best over all forms is behind it there, paired world by world; 0 if it is best.
    changed : bool
        Whether another option is best there, and told from the one that is best over all forms (95%, jointly over
        forms and options).
    """

    structure: str
    form: str
    value: int
    weight: float
    best: str
    behind: float
    behind_error: float
    changed: bool


def read_ranges(given: object) -> StructureRanges | None:
    """Return ranges, or None where none are given.

    Raises
    ------
    InvalidArgument
        If it is anything else.
    """
    if given is None or isinstance(given, StructureRanges):
        return given
    raise InvalidArgument(
        f"structures is {kind_of(given)}",
        expected="what forecast.structure_ranges returns",
        mend="leave it out, or pass forecast.structure_ranges(beliefs, ...)",
    )


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class StructureRanges(Result):
    """How far each mean over worlds could be from its estimate because of structures that are not known.

    What parameters do within a form is not in the range; it stands beside it. Index (quantity, option, kind); each
    quantity has its own unit.

    Attributes
    ----------
    choices : tuple of FormChoice
        Structure by structure, form by form.
    best : str
        The option with the highest expected utility over all forms.
    structures : tuple of str
        Those of which more than one form is possible.
    cells : int
        Combinations of their forms.
    titles : tuple of (str, str)
        Option names and their titles.
    baseline : str
        What differences are from.
    option_hashes : tuple of (str, str)
        Option names and fingerprints of what they do.
    values_hash, priors_hash, evidence_hash : str
        Fingerprints of these, as outcomes and utilities have them.
    """

    rows: tuple[StructureRange, ...]
    choices: tuple[FormChoice, ...]
    best: str
    structures: tuple[str, ...]
    cells: int
    titles: tuple[tuple[str, str], ...]
    baseline: str
    option_hashes: tuple[tuple[str, str], ...]
    values_hash: str
    priors_hash: str
    evidence_hash: str

    row, index = StructureRange, ("quantity", "option", "kind")

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: index (quantity, option, kind); all columns in the quantity's unit, which is the first of them."""
        frame = super().to_frame()
        for end in _ENDS:
            frame[f"{end}_offset"] += frame["mean"]
        frame = frame.rename(columns={f"{end}_offset": end for end in _ENDS})
        frame.insert(0, "unit", frame.pop("unit"))
        return frame

    def of(self, quantity: str, option: str, *, kind: str = "level") -> StructureRange:
        """Return one row.

        Raises
        ------
        KeyError
            If there is none.
        """
        return self._rows[quantity, option, kind]

    def get(self, quantity: str, option: str, *, kind: str = "level") -> StructureRange | None:
        """Return one row, or None where there is none."""
        return self._rows.get((quantity, option, kind))

    def check_options(
        self, options: Iterable[str], *, baseline: str | None = None, attrs: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        """Refuse options that were not run or do something else by these attributes, and another baseline.

        Raises
        ------
        MismatchedRuns
            Naming what is missing.
        """
        known, there = dict(self.option_hashes), attr_dict(attrs, "option_hashes")
        missing = [name for name in options if known.get(name) is None or there.get(name, known[name]) != known[name]]
        if missing or baseline not in (None, self.baseline):
            raise MismatchedRuns(
                f"ranges over structures without {', '.join(missing)}"
                if missing
                else f"ranges over structures against {self.baseline!r} beside outcomes against {baseline!r}",
                expected="ranges of the same options, which do the same, against the same baseline",
                mend="make them with forecast.structure_ranges(..., options=..., baseline=...)",
            )

    def check_same(self, attrs: Mapping[str, Any], *, what: str) -> None:
        """Refuse what is of other beliefs or evidence, or another horizon or other values, by its attributes.

        Raises
        ------
        MismatchedRuns
            Saying what differs.
        """
        about = self.about
        own = {
            "beliefs": (about.beliefs, self.priors_hash, attrs.get("priors"), attrs.get("priors_hash")),
            "evidence": (about.evidence, self.evidence_hash, attrs.get("evidence"), attrs.get("evidence_hash", "")),
            "months": (about.months, about.months, attrs.get("months"), attrs.get("months")),
            "values": (about.values, self.values_hash, attrs.get("values"), attrs.get("values_hash")),
        }
        said = str(attrs.get("given") or "")
        if said:
            raise MismatchedRuns(
                f"ranges over structures of all worlds beside {what} of some ({said:.80})",
                expected="both of all worlds",
                mend="leave the ranges out",
            )
        for part, (name, mark, other, other_mark) in own.items():
            # What does not say is anybody's.
            if other is not None and mark != other_mark:
                raise MismatchedRuns(
                    f"ranges over structures of the {part} {name!r} beside {what} of {other!r}",
                    expected="both of the same beliefs, evidence, horizon and values",
                    mend="make them with forecast.structure_ranges from what the worlds were made from",
                )

    @cached_property
    def _rows(self) -> Mapping[tuple[str, str, str], StructureRange]:
        return {(row.quantity, row.option, row.kind): row for row in self.rows}

    def by_form(self) -> pd.DataFrame:
        """Tabulate the choice by form: index (structure, value); columns the other fields of :class:`FormChoice`."""
        frame = self._frame(self.choices, FormChoice, ("structure", "value"))
        frame.attrs |= {"unit": UTILITY_UNIT, "best": self.best}
        return frame

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"structures": list(self.structures), "cells": self.cells}

    def say(self) -> str:
        """Return in words whether the choice changes with a structure."""
        words = dict(self.titles)
        changed = [row for row in self.choices if row.changed]
        if not self.structures:
            return "No structure is open."
        if not changed:
            return f"Under no form of a structure by itself is an option told to be better than “{words[self.best]}”."
        parts = [
            f"where {row.form} ({100 * row.weight:.2g}%) “{words[row.best]}” is best, "
            f"{estimate_text(row.behind, row.behind_error, unit=UTILITY_UNIT)} ahead"
            for row in changed
        ]
        return f"The choice changes with a structure: {'; '.join(parts)}."

    def _line(self) -> str:
        return f"{len(self.structures)} structures in {self.cells} combinations, {self.about.worlds:,} worlds each"

    def _after(self) -> str:
        return f". {self.say()}"

    def _page_rows(self) -> tuple[FormChoice, ...]:
        return self.choices

    def _columns(self) -> tuple[Column, ...]:
        words = dict(self.titles)

        def ahead(row: FormChoice) -> str:
            return estimate_text(row.behind, row.behind_error, unit=UTILITY_UNIT) if row.best != self.best else ""

        return (
            word("structure", "structure"),
            word("form", "form"),
            Column("weight", lambda row: f"{row.weight:.3g}"),
            Column("best option", lambda row: words[row.best]),
            Column("ahead of the best over all forms", ahead),
        )
