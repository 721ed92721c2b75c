"""What ``discover`` gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forecast.arguments import whole
from forecast.errors import InvalidArgument
from forecast.estimates import estimate_text, half_width
from forecast.outcomes.provenance import provenance_of, provenance_words
from forecast.sensitivity.discovery.measures import Measure, Measures
from forecast.sensitivity.discovery.words import chance_text, discovery_words, limit_words
from forecast.tables import frame_of, page_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Box", "Discovery", "Limit"]


@dataclass(frozen=True)
class Limit:
    """One limit of a box.

    Attributes
    ----------
    parameter, side : str
        Worlds of the box have this parameter "above" or "below" the value.
    value, error : float
        In the parameter's unit; the standard error, by finding the box again in other halves of the worlds (NaN where
        fewer than two have the limit).
    quantile, quantile_error : float
        The share, 0..1, of what is believed of the parameter that lies below the value, and its error.
    found_in : float
        Share of the other halves in which the box has this limit too (NaN without any).
    quasi_p : float
        Bryant and Lempert's quasi-p-value, one-sided binomial, in the worlds that the box was not found in: how likely
        so many events are if the limit carries nothing. Rather too large, see :func:`.pruning.quasi_p`.
    p_value : float
        Fisher's exact one-sided p-value of the same, corrected for the number of limits of the box (Holm), and, where
        the box was picked from the curve, for the number of boxes on it.
    confirmed : bool
        Whether that is at most the level.
    meaning, units : str
        Of the parameter.
    """

    parameter: str
    side: str
    value: float
    error: float
    quantile: float
    quantile_error: float
    found_in: float
    quasi_p: float
    p_value: float
    confirmed: bool
    meaning: str
    units: str


@dataclass(frozen=True)
class Box:
    """A box in belief space, measured in worlds that it was not found in.

    Attributes
    ----------
    limits : tuple of Limit
        In the order of the parameters' names.
    measures : Measures
        Coverage, density, mass, rate and lift, each with error and central 90% interval; where the box was picked from
        the curve for one of them, that flatters it.
    p_value : float
        Exact one-sided p-value (Fisher) of the event being no more frequent in it than in the other worlds that are in
        no box before it; corrected, where a box was picked from the curve, for the number of boxes on it.
    found_coverage, found_density, found_mass : float
        The same measures in the worlds that it was found in, which flatter it.
    """

    limits: tuple[Limit, ...]
    measures: Measures
    p_value: float
    found_coverage: float
    found_density: float
    found_mass: float

    @property
    def coverage(self) -> float:
        """Share of all worlds with the event that are in the box."""
        return self.measures.coverage.estimate

    @property
    def coverage_error(self) -> float:
        """Standard error of the coverage."""
        return self.measures.coverage.error

    @property
    def density(self) -> float:
        """Share of the worlds in the box that have the event."""
        return self.measures.density.estimate

    @property
    def density_error(self) -> float:
        """Standard error of the density."""
        return self.measures.density.error

    @property
    def mass(self) -> float:
        """Share of all worlds that are in the box."""
        return self.measures.mass.estimate

    @property
    def mass_error(self) -> float:
        """Standard error of the mass."""
        return self.measures.mass.error

    @property
    def lift(self) -> float:
        """Density over the rate of the event among the worlds in no box before, those of this box included."""
        return self.measures.lift.estimate

    @property
    def lift_error(self) -> float:
        """Standard error of the lift."""
        return self.measures.lift.error

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that have a limit."""
        return tuple(dict.fromkeys(limit.parameter for limit in self.limits))


@dataclass(frozen=True)
class _Row:
    box: int
    name: str
    side: str
    kind: str
    estimate: float
    error: float
    lower: float
    upper: float
    units: str
    quantile: float = float("nan")
    quantile_error: float = float("nan")
    found_in: float = float("nan")
    quasi_p: float = float("nan")
    p_value: float = float("nan")


@dataclass(frozen=True, repr=False)
class Discovery:
    """Where in belief space an event concentrates.

    Attributes
    ----------
    boxes : tuple of Box
        Those that are claimed, the chosen one first; empty where the event does not concentrate.
    curve : tuple of Box
        The trade-off of the first search, from large boxes to small; limits without errors. Their p-values are those of
        one box alone.
    chosen : int or None
        The place on the curve of the box that the rule took, claimed or not.
    title, of : str
        Of the event, and under which option.
    rate, rate_error : float
        Share of all worlds with the event, and its Monte-Carlo error.
    worlds, found, measured : int
        How many worlds there are, in how many the boxes were found, in how many others they were measured.
    searched : int
        How many parameters could have had a limit.
    rule : str
        By which the box was chosen, in words.
    level : float
        The chance of claiming a box, any box, where there is none; also the level of the tests of limits.
    refits : int
        In how many other halves of the worlds each box was looked for again.
    seed : int
        Of the halves.
    needs : str
        What the rule asks of a box, in words; empty where any will do.
    distinct : int
        How many distinct parameters worlds have: fewer than worlds where some are of the same draw of a fit.
    picked : bool
        Whether the box was picked from the curve.
    attrs : mapping
        Whose beliefs, on what evidence, whose values; broken gates.
    limits_at : callable, optional
        Gives the limits of a point of the curve with their errors; no part of what is compared.
    """

    boxes: tuple[Box, ...]
    curve: tuple[Box, ...]
    chosen: int | None
    title: str
    of: str
    rate: float
    rate_error: float
    worlds: int
    found: int
    measured: int
    searched: int
    rule: str
    level: float
    refits: int
    seed: int
    needs: str
    distinct: int
    picked: bool = False
    attrs: Mapping[str, Any] = field(default_factory=dict)
    limits_at: Callable[[int], tuple[Limit, ...]] | None = field(default=None, compare=False)

    def at(self, point: int) -> Discovery:
        """Take another box of the curve.

        Parameters
        ----------
        point : int
            Its place on ``curve``, from 0.

        Returns
        -------
        Discovery
            With that box alone if it is claimed. Its p-value and those of its limits are multiplied by the number of
            boxes on the curve, because whoever picks has looked at all of them. Its measures are as they were, and
            flatter it if it was picked for them. Its limits' errors come from the boxes of the other halves with the
            nearest coverage.

        Raises
        ------
        InvalidArgument
            If there is no such point.
        """
        if not self.curve:
            raise InvalidArgument(
                f"the point {point!r:.60} of a curve without boxes",
                expected="a search that found some",
                mend="look at .words for why there is none",
            )
        place = whole("point", point, 0, len(self.curve) - 1)
        box = self.curve[place]
        chance = min(1.0, box.p_value * len(self.curve))
        limits = tuple(
            self._picked(limit) for limit in (box.limits if self.limits_at is None else self.limits_at(place))
        )
        taken = _changed(box, limits=limits, p_value=chance)
        return _changed(
            self,
            boxes=(taken,) if chance <= self.level else (),
            chosen=place,
            picked=True,
            rule="picked from the curve",
        )

    def _picked(self, limit: Limit) -> Limit:
        chance = min(1.0, limit.p_value * len(self.curve))
        return _changed(limit, p_value=chance, confirmed=chance <= self.level)

    @property
    def words(self) -> str:
        """Where the event concentrates, in words with errors."""
        return discovery_words(self)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate.

        Returns
        -------
        pandas.DataFrame
            Index box (from 1), name and side: first the box's measures ("coverage", "density", "mass", "rate", "lift",
            side empty), then a row a limit, by parameter and "above" or "below". Columns kind ("measure", "limit"),
            estimate, error, lower and upper (central 90%), units, and of limits quantile, quantile_error, found_in,
            quasi_p and p_value; the p_value in the row of the lift is that of the box. ``frame.attrs``: the event and
            where it comes from.
        """
        rows = []
        for number, box in enumerate(self.boxes, start=1):
            for name, measure in box.measures._asdict().items():
                chance = box.p_value if name == "lift" else float("nan")
                ends = (measure.estimate, measure.error, measure.lower, measure.upper)
                rows.append(_Row(number, name, "", "measure", *ends, "1", p_value=chance))
            for limit in box.limits:
                half = half_width() * limit.error
                rows.append(
                    _Row(
                        number,
                        limit.parameter,
                        limit.side,
                        "limit",
                        limit.value,
                        limit.error,
                        limit.value - half,
                        limit.value + half,
                        limit.units,
                        limit.quantile,
                        limit.quantile_error,
                        limit.found_in,
                        limit.quasi_p,
                        limit.p_value,
                    )
                )
        frame = frame_of(rows, _Row, index=("box", "name", "side"))
        frame.attrs = {"event": self.title, "of": self.of, "rate": self.rate, "rate_error": self.rate_error}
        frame.attrs |= {"worlds": self.worlds, "level": self.level, **provenance_of(self)}
        return frame

    def plot(self, *, box: int = 1) -> Figure:
        """Draw the trade-off, and a box.

        Parameters
        ----------
        box : int
            Which, from 1.

        Returns
        -------
        matplotlib.figure.Figure
            Two axes: coverage against density along the first search, coloured by the number of parameters with a
            limit, the chosen box with its errors; and the limits of the box over what is believed.

        Raises
        ------
        InvalidArgument
            If there is no such box.
        """
        from forecast.plots.boxes import drawn_boxes

        return drawn_boxes(self, box=whole("box", box, 1, max(1, len(self.boxes))))

    def __repr__(self) -> str:
        tail = f"{self.worlds:,} worlds{provenance_words(self)})"
        about = f"Discovery({self.title}{f' {self.of}' if self.of else ''}: "
        if not self.boxes:
            return f"{about}no box; {tail}"
        first = self.boxes[0]
        density, coverage = (
            estimate_text(measure.estimate, measure.error, unit="yes/no")
            for measure in (first.measures.density, first.measures.coverage)
        )
        more = f"{len(self.boxes)} boxes, the first " if len(self.boxes) > 1 else ""
        return f"{about}{more}{' and '.join(first.parameters)}, density {density}, coverage {coverage}; {tail}"

    def _repr_html_(self) -> str:
        rows = []
        for number, box in enumerate(self.boxes, start=1):
            for name in ("density", "coverage", "mass", "lift"):
                measure: Measure = getattr(box.measures, name)
                said = estimate_text(measure.estimate, measure.error, unit="1" if name == "lift" else "yes/no")
                rows.append((str(number), name, said, "", chance_text(box.p_value) if name == "lift" else ""))
            for limit in box.limits:
                value, believed = limit_words(limit)
                rows.append(
                    (str(number), f"{limit.parameter} {limit.side}", value, believed, chance_text(limit.p_value))
                )
        return page_of(("box", "what", "value", "of what is believed", "chance"), rows, self.words)


def _changed[T: (Box, Discovery, Limit)](one: T, **fields: Any) -> T:
    from dataclasses import replace

    return replace(one, **fields)
