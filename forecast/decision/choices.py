"""The choice under one assumption and another: what ``by_beliefs`` and ``by_structure`` share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from forecast.decision.decide import decide
from forecast.decision.worlds import read_utility
from forecast.estimates import estimate_text, standard_error
from forecast.results import Column, Result, about_of, number

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["RESOLVED", "ChoiceRow", "Choices", "OptionRow", "choice_in", "titled"]


@dataclass(frozen=True)
class OptionRow:
    """One option under one assumption.

    Attributes
    ----------
    option : str
        By name.
    expected_utility, expected_utility_error : float
        Mean over worlds and its Monte-Carlo error.
    behind, behind_error : float
        How far behind the best option under the same assumption, paired world by world; 0 for the best.
    """

    option: str
    expected_utility: float
    expected_utility_error: float
    behind: float
    behind_error: float


@dataclass(frozen=True)
class ChoiceRow:
    """The choice under one assumption, held against a first choice.

    Attributes
    ----------
    best : str
        The option with the highest expected utility.
    resolved : bool
        Whether it is told from every other option, all assumptions at once.
    contenders : str
        All that cannot be told from the best, the best first, between commas.
    ahead, ahead_error : float
        By how much the best leads the next, paired; NaN for one option.
    changed : bool
        Whether the best option is another than the first choice.
    first_behind, first_behind_error : float
        What the first choice loses against the best here, paired; 0 where they are the same.
    gates : str
        Broken gates of the fit, empty if none.
    """

    best: str
    resolved: bool
    contenders: str
    ahead: float
    ahead_error: float
    changed: bool
    first_behind: float
    first_behind_error: float
    gates: str


def choice_in(u: xr.DataArray, *, first: str | None, level: float) -> tuple[ChoiceRow, list[OptionRow]]:
    """Return the choice by a utility, and every option.

    Parameters
    ----------
    u : xarray.DataArray
        Utility, dims (option, world).
    first : str, optional
        The first choice; this one's own best by default.
    level : float
        Joint probability, over options, that the best is not wrongly said to be.
    """
    read, decision = read_utility(u), decide(u, level=level)
    verdict, columns = decision.verdict, decision.columns
    other = verdict.best if first is None else first
    loss = read.values[read.index(verdict.best)] - read.values[read.index(other)]
    row = ChoiceRow(
        best=verdict.best,
        resolved=verdict.resolved,
        contenders=", ".join(verdict.contenders),
        ahead=verdict.ahead,
        ahead_error=verdict.ahead_error,
        changed=verdict.best != other,
        first_behind=float(loss.mean()),
        first_behind_error=float(standard_error(loss)),
        gates=about_of(u).gates.broken,
    )
    names = [field.name for field in fields(OptionRow)][1:]
    return row, [
        OptionRow(option, *(columns[name][place] for name in names)) for place, option in enumerate(read.names)
    ]


RESOLVED = Column("", lambda row: "resolved" if row.resolved else "not resolved")
"""Whether the best option of a row is told from the others."""


def titled(head: str, field: str, titles: tuple[tuple[str, str], ...]) -> Column:
    """Return the column that writes the title of the option that a field names."""
    words = dict(titles)
    return Column(head, lambda row: words[getattr(row, field)])


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Choices(Result):
    """The choice under each of some assumptions, which ``index`` names.

    Attributes
    ----------
    rows : tuple of ChoiceRow
        Assumption by assumption.
    options : tuple of OptionRow
        The same, and option by option.
    titles : tuple of (str, str)
        Option names and their titles.
    level : float
        Joint probability, over all assumptions, that no option is wrongly said to be best.
    """

    rows: tuple[Any, ...]
    options: tuple[Any, ...]
    titles: tuple[tuple[str, str], ...]
    level: float

    option_row: ClassVar[type[OptionRow]]
    many: ClassVar[str]
    """What the assumptions are, in words."""

    def utilities(self) -> pd.DataFrame:
        """Tabulate every option under every assumption: the index is that of the rows, and option."""
        return self._frame(self.options, self.option_row, (*self.index, "option"))

    def say(self) -> str:
        """Return in words where the choice is another."""
        raise NotImplementedError

    def _turned(self, first: str, where: Callable[[Any], str]) -> list[str]:
        """Return, of each assumption under which the choice is another, what the first one would lose there."""
        words, parts = dict(self.titles), []
        for row in self.rows:
            if row.changed:
                loss = estimate_text(row.first_behind, row.first_behind_error, unit=self.about.unit)
                sure = ", which is not resolved" if first in row.contenders.split(", ") else ""
                parts.append(f"{where(row)} “{words[row.best]}”; the first choice would be {loss} behind{sure}.")
        return parts

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"level": self.level}

    def _line(self) -> str:
        return f"{len(self.rows)} {self.many}, {self.about.worlds:,} worlds each"

    def _after(self) -> str:
        return f". {self.say()}"

    def _best(self) -> tuple[Column, ...]:
        """Return the columns of the best option, and of whether and how far it leads."""
        ahead = number("ahead of the next", "ahead", unit=self.about.unit)
        return titled("best option", "best", self.titles), RESOLVED, ahead
