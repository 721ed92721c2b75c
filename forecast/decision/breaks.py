"""Where the best option changes along each parameter: the result of :func:`forecast.breakeven`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.estimates import value_text
from forecast.results import Column, Result, number, word

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FLIPS", "NEVER", "UNRESOLVED", "BreakEven", "Flip", "Line", "Region"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

FLIPS, UNRESOLVED, NEVER = "flips", "unresolved", "never"


@dataclass(frozen=True)
class Flip:
    """One parameter and one value at which the best option changes; the fields are the columns of the table.

    Attributes
    ----------
    parameter : str
        By name.
    number : int
        1, 2, ... along the parameter; 0 in the row that tells of no flip, or of a further one that is unresolved.
    status : str
        "flips"; "never": surely (95%, all along the curve at once) not between the 1% and the 99% point of what is
        believed, or by no more than the tolerance; "unresolved": the error of the curve allows to say neither.
    below, above : str
        The best option for lower and for higher values; without a flip the best one, and the one that comes nearest.
    value, error : float
        The break-even value and its standard error, in the parameter's unit; NaN without a flip.
    lower, upper : float
        Its central 90% interval.
    p_beyond, p_beyond_error : float
        Share of worlds, 0..1, on the side of the value on which the best option overall is not the better of the two
        (of two others, the side away from the median); 0 where it never flips; NaN where that is unresolved.
    lead, lead_error : float
        The most that the challenger is ahead anywhere between the 1% and 99% points, in the utility's unit: negative
        where it is never ahead.
    unit : str
        The parameter's.
    """

    parameter: str
    number: int
    status: str
    below: str
    above: str
    value: float
    error: float
    lower: float
    upper: float
    p_beyond: float
    p_beyond_error: float
    lead: float
    lead_error: float
    unit: str


@dataclass(frozen=True)
class Region:
    """Values of a parameter for which an option is best.

    Attributes
    ----------
    option, parameter : str
        By name.
    start, stop : float
        In the parameter's unit; infinite where there is no break-even value on that side.
    probability, probability_error : float
        Share of worlds, 0..1, with such a value, and its error, in which those of the break-even values count.
    """

    option: str
    parameter: str
    start: float
    stop: float
    probability: float
    probability_error: float


@dataclass(frozen=True)
class Line:
    """Conditional mean utilities along one parameter, less that of the best option overall.

    Attributes
    ----------
    parameter, unit : str
        By name, and its unit.
    at : ndarray
        Shape (point,), in that unit.
    means, errors : ndarray
        Shape (point, option), in the utility's unit.
    """

    parameter: str
    unit: str
    at: Array
    means: Array
    errors: Array


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class BreakEven(Result):
    """Where the best option changes.

    Parameters that flip first, by the probability of being beyond; then those unresolved; then those that never do, the
    nearest first. Index (parameter, number).

    Attributes
    ----------
    regions : tuple of Region
        For which values of each parameter which option is best.
    lines : tuple of Line
        The curves, in the order of the parameters.
    best : str
        The best option overall.
    titles : tuple of (str, str)
        Options compared, and their titles.
    tolerance : float
        By how much an option must be ahead somewhere to count, in the utility's unit.
    """

    rows: tuple[Flip, ...]
    regions: tuple[Region, ...]
    lines: tuple[Line, ...]
    best: str
    titles: tuple[tuple[str, str], ...]
    tolerance: float

    row, index = Flip, ("parameter", "number")

    @property
    def flipping(self) -> tuple[str, ...]:
        """Parameters that flip the choice within what is believed, the likeliest first."""
        return tuple(dict.fromkeys(row.parameter for row in self.rows if row.status == FLIPS))

    def regions_to_frame(self) -> pd.DataFrame:
        """Tabulate for which values which option is best: index (option, parameter), the other fields of a Region."""
        return self._frame(self.regions, Region, ("option", "parameter"))

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"best": self.best, "tolerance": self.tolerance}

    def _line(self) -> str:
        flipping = self.flipping
        named = ", ".join(flipping[:3]) + (f" and {len(flipping) - 3} more" if len(flipping) > 3 else "")
        doubtful = len({row.parameter for row in self.rows if row.status == UNRESOLVED})
        return (
            f"{self.best} best, {len(flipping)} of {len(self.lines)} parameters flip it"
            f"{': ' + named if named else ''}; {doubtful} unresolved, {self.about.worlds:,} worlds"
        )

    def _columns(self) -> tuple[Column, ...]:
        def value(row: Flip) -> str:
            if row.status == FLIPS:
                return value_text(row.value, row.error, row.unit)
            return "never within the beliefs" if row.status == NEVER else "unresolved"

        beyond = number("beyond it", "p_beyond", unit="yes/no")
        return (
            word("parameter", "parameter"),
            Column("break-even", value),
            word("best below", "below"),
            word("best above", "above"),
            Column(beyond.head, lambda row: beyond.cell(row) if row.status == FLIPS else ""),
            number("most ahead", "lead", unit=self.about.unit),
        )
