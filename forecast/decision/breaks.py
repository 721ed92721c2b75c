"""Where the best option changes along each parameter: the result of :func:`forecast.breakeven`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.estimates import estimate_text, value_text
from forecast.outcomes.provenance import provenance_of, provenance_words
from forecast.tables import frame_of, page_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

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


@dataclass(frozen=True, repr=False)
class BreakEven:
    """Where the best option changes.

    Attributes
    ----------
    rows : tuple of Flip
        Those that flip first, by the probability of being beyond; then those unresolved; then those that never do,
        the nearest first.
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
    unit : str
        The utility's.
    worlds : int
        How many worlds this comes from.
    attrs : mapping
        Attributes of the utility: whose values, provenance, broken gates.
    """

    rows: tuple[Flip, ...]
    regions: tuple[Region, ...]
    lines: tuple[Line, ...]
    best: str
    titles: tuple[tuple[str, str], ...]
    tolerance: float
    unit: str
    worlds: int
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def flipping(self) -> tuple[str, ...]:
        """Parameters that flip the choice within what is believed, the likeliest first."""
        return tuple(dict.fromkeys(row.parameter for row in self.rows if row.status == FLIPS))

    def to_frame(self) -> pd.DataFrame:
        """Tabulate.

        Returns
        -------
        pandas.DataFrame
            Index (parameter, number); columns the other fields of :class:`Flip`. ``frame.attrs`` has the best option
            overall, the utility's unit, the tolerance, whose values and the broken gates of the fit.
        """
        frame = frame_of(self.rows, Flip, index=("parameter", "number"))
        frame.attrs = {
            "best": self.best,
            "unit": self.unit,
            "tolerance": self.tolerance,
            "worlds": self.worlds,
            **provenance_of(self),
        }
        return frame

    def regions_to_frame(self) -> pd.DataFrame:
        """Tabulate for which values which option is best: index (option, parameter), the other fields of a Region."""
        return frame_of(self.regions, Region, index=("option", "parameter"))

    def plot(self, *, most: int = 9) -> Figure:
        """Draw each option's conditional mean against the parameters that flip the choice.

        Parameters
        ----------
        most : int
            How many parameters, 1..30.

        Returns
        -------
        matplotlib.figure.Figure
            One axes a parameter; those that come nearest where none flips.

        Raises
        ------
        InvalidArgument
            If ``most`` is anything else.
        """
        from forecast.arguments import whole
        from forecast.plots.breakeven import drawn_breakeven

        return drawn_breakeven(self, most=whole("most", most, 1, 30))

    def __repr__(self) -> str:
        flipping = self.flipping
        named = ", ".join(flipping[:3]) + (f" and {len(flipping) - 3} more" if len(flipping) > 3 else "")
        doubtful = len({row.parameter for row in self.rows if row.status == UNRESOLVED})
        return (
            f"BreakEven({self.best} best, {len(flipping)} of {len(self.lines)} parameters flip it"
            f"{': ' + named if named else ''}; {doubtful} unresolved, "
            f"{self.worlds:,} worlds{provenance_words(self)})"
        )

    def _repr_html_(self) -> str:
        rows = []
        for row in self.rows:
            lead = estimate_text(row.lead, row.lead_error, unit=self.unit)
            if row.status == FLIPS:
                value = value_text(row.value, row.error, row.unit)
                beyond = estimate_text(row.p_beyond, row.p_beyond_error, unit="yes/no")
                rows.append((row.parameter, value, row.below, row.above, beyond, lead))
            else:
                said = "never within the beliefs" if row.status == NEVER else "unresolved"
                rows.append((row.parameter, said, row.below, row.above, "", lead))
        return page_of(
            ("parameter", "break-even", "best below", "best above", "beyond it", "most ahead"), rows, repr(self)
        )
