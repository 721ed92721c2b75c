"""Sensitivity indices of every kind in one table: what an outcome owes to each belief."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.estimates import estimate_text
from forecast.results import Column, Result, number, word

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Index", "Indices"]


@dataclass(frozen=True)
class Index:
    """One index; the fields are the columns of the table.

    Attributes
    ----------
    parameter : str
        The parameter, or the group; of a pair "first x second".
    kind : str
        "first", "total", "second", "shapley", "delta" or "pawn".
    estimate, error, lower, upper : float
        The index, a pure number, with its Monte-Carlo standard error and central 90% interval. Shares of variance are
        not cut to 0..1, so that the interval of a parameter that changes nothing lies about 0; delta and PAWN are.
    """

    parameter: str
    kind: str
    estimate: float
    error: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Indices(Result):
    """What a quantity owes to each belief, when all vary together.

    Attributes
    ----------
    rows : tuple of Index
        Kind by kind; within a kind those with the largest estimates first.
    meanings : tuple of (str, str)
        Names of parameters or groups and what they are.
    measure : str
        What the indices are shares or distances of, in words, for the axis.
    mean, mean_error : float
        Of the quantity.
    sd : float
        Its standard deviation over worlds.
    luck, luck_error : float
        Share of the variance over worlds that remains where every parameter is known, and its error; NaN for a function
        and where it is not told apart.
    own_sd, own_sd_error : float
        Spread over worlds of the mean that the quantity has where a world's parameters are known, and its error, in the
        quantity's unit; NaN where luck is.
    n : int
        Base sample; ``about.worlds`` were run in all.
    """

    rows: tuple[Index, ...]
    meanings: tuple[tuple[str, str], ...]
    measure: str
    mean: float
    mean_error: float
    sd: float
    luck: float = math.nan
    luck_error: float = math.nan
    own_sd: float = math.nan
    own_sd_error: float = math.nan
    n: int

    row, index = Index, ("parameter", "kind")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of index, in the order of the rows."""
        return tuple(dict.fromkeys(row.kind for row in self.rows))

    @property
    def evaluations(self) -> int:
        """How many worlds were run in all."""
        return self.about.worlds

    @property
    def what(self) -> str:
        """The quantity, and under which option."""
        return f"{self.about.title} {self.about.of}".strip()

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: a row an index; columns parameter, kind, estimate, error, lower, upper.

        ``attrs`` has the measure, the quantity's unit, mean and standard deviations, the share of luck and the gates.
        """
        return super().to_frame().reset_index()

    def _attrs(self) -> Mapping[Hashable, Any]:
        names = ("measure", "mean", "mean_error", "sd", "luck", "luck_error", "own_sd", "own_sd_error")
        return {"of": self.about.of, **{name: getattr(self, name) for name in names}}

    def luck_words(self) -> str:
        """Say how much of the variance is luck; empty where that is not told apart."""
        return "" if math.isnan(self.luck) else estimate_text(self.luck, self.luck_error, unit="yes/no")

    def _line(self) -> str:
        of = f", {self.about.of}" if self.about.of else ""
        first = self.rows[0]
        most = f"{first.kind} most by {first.parameter}, {estimate_text(first.estimate, first.error)}"
        luck = f"; luck {self.luck_words()}" if self.luck_words() else ""
        return f"{self.about.title}{of}: {most}{luck}; {self.evaluations:,} worlds run"

    def _columns(self) -> tuple[Column, ...]:
        return (
            word("parameter", "parameter"),
            word("kind", "kind"),
            number(self.measure, "estimate"),
            Column("90% interval", lambda row: f"{row.lower:.3f} to {row.upper:.3f}"),
        )
