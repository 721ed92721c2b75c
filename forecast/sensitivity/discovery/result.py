"""What ``discover`` returns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from forecast.arguments import whole
from forecast.errors import InvalidArgument
from forecast.estimates import estimate_text, half_width
from forecast.results import Result
from forecast.sensitivity.discovery.boxes import Box, Limit
from forecast.sensitivity.discovery.words import chance_text, limit_words, where_words

__all__ = ["Discovery"]


@dataclass(frozen=True)
class _Row:
    """A measure of a box, with kind "measure" and no side, or a limit, with kind "limit"."""

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


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Discovery(Result):
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
    rate, rate_error : float
        Share of all worlds with the event, and its Monte-Carlo error.
    found, measured : int
        In how many worlds the boxes were found, and in how many others they were measured.
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
    limits_at : callable, optional
        Gives the limits of a point of the curve with their errors; no part of what is compared.
    """

    rows: tuple[_Row, ...] = field(init=False, compare=False)
    boxes: tuple[Box, ...]
    curve: tuple[Box, ...]
    chosen: int | None
    rate: float
    rate_error: float
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
    limits_at: Callable[[int], tuple[Limit, ...]] | None = field(default=None, compare=False)

    row, index = _Row, ("box", "name", "side")

    def __post_init__(self) -> None:
        rows = [row for number, box in enumerate(self.boxes, start=1) for row in _rows(number, box)]
        object.__setattr__(self, "rows", tuple(rows))

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
        taken = replace(box, limits=limits, p_value=chance)
        return replace(
            self,
            boxes=(taken,) if chance <= self.level else (),
            chosen=place,
            picked=True,
            rule="picked from the curve",
        )

    def _picked(self, limit: Limit) -> Limit:
        chance = min(1.0, limit.p_value * len(self.curve))
        return replace(limit, p_value=chance, confirmed=chance <= self.level)

    @property
    def what(self) -> str:
        """The event, and under which option."""
        return f"{self.about.title} {self.about.of}".strip()

    @property
    def words(self) -> str:
        """Where the event concentrates, in words with errors; or that it does not, or that it cannot be told."""
        if self.boxes:
            said = [self._box_words(box, number) for number, box in enumerate(self.boxes, start=1)]
            return " ".join([*said, self._how()])
        none = f"No box: {self.none_words()}."
        if self.rate in (0.0, 1.0):
            return f"{none} {self._how()}"
        if self.chosen is None:
            return f"{none} {self._unmet()} {self._how()}"
        tried = self.curve[self.chosen]
        lift = estimate_text(tried.lift, tried.lift_error)
        parameters = " and ".join(tried.parameters)
        chance = tried.p_value * len(self.curve) if self.picked else tried.p_value
        which = "box picked" if self.picked else "best candidate"
        return (
            f"{none} The {which}, on {parameters}, has it {lift} times as often as all worlds, its own among "
            f"them, where it was not found ({chance_text(min(1.0, chance))}). {self._how()}"
        )

    def none_words(self) -> str:
        """Say that no box is claimed, and which rule nothing met, without the reason in numbers."""
        if self.rate in (0.0, 1.0):
            often = "no world" if self.rate == 0.0 else "every world"
            return f"{self.what} comes in {often} of {self.about.worlds:,}, so nowhere more than elsewhere"
        rate = estimate_text(self.rate, self.rate_error, unit="yes/no")
        if self.chosen is None and self.curve:
            number = "the one box" if len(self.curve) == 1 else f"none of the {len(self.curve)} boxes"
            has = "has not" if len(self.curve) == 1 else "has"
            return f"{self.what} comes in {rate} of worlds, and {number} that a search found {has} {self.needs}"
        return f"{self.what}, which comes in {rate} of worlds, does not concentrate anywhere that can be told from luck"

    def _unmet(self) -> str:
        """Say why the rule took no box."""
        if not self.curve:
            return f"No limit on any of {self.searched} parameters passed in the half that was searched."
        name = "density" if "density" in self.needs else "coverage"
        most = max(getattr(box, f"found_{name}") for box in self.curve)
        return (
            f"The most is a {name} of {100 * most:.3g}%, in the half that was searched, so none was tested; .at(place) "
            "takes one of .curve."
        )

    def _box_words(self, box: Box, number: int) -> str:
        where = "; and ".join(where_words(limit) for limit in box.limits)
        measures = box.measures
        coverage, density, mass, rate = (
            estimate_text(measure.estimate, measure.error, unit="yes/no")
            for measure in (measures.coverage, measures.density, measures.mass, measures.rate)
        )
        lift = estimate_text(measures.lift.estimate, measures.lift.error)
        start, verb, others = self.what, "concentrates", "worlds"
        if number > 1:
            start, verb, others = "It", "also concentrates", "worlds outside the boxes before it"
        return (
            f"{start} {verb} where {where}. There it comes in {density} of worlds, against {rate} of all {others}: "
            f"{lift} times as often ({chance_text(box.p_value)}). The box holds {coverage} of such worlds in {mass} of "
            "all." + (" It was picked from a curve that shows these measures, so they flatter it." * self.picked)
        )

    def _how(self) -> str:
        about = self.about
        draws = f", with no draw of the {self.distinct:,} of a fit in both" if self.distinct < about.worlds else ""
        said = [
            f"Boxes are found in {self.found:,} worlds and measured in {self.measured:,} others{draws}; the chance of "
            f"claiming one where there is none is {100 * self.level:g}%.",
            f"{about.note}." if about.note else "",
            f"Values: {about.values}." if about.values else "",
            f"Not to be relied on, gates broken: {about.gates.broken}." if about.gates.failed else "",
        ]
        return " ".join(part for part in said if part)

    def _attrs(self) -> Mapping[Hashable, Any]:
        said: dict[Hashable, Any] = {name: getattr(self, name) for name in ("rate", "rate_error", "level")}
        return said | {"event": self.about.title, "of": self.about.of}

    def _line(self) -> str:
        tail = f"; {self.about.worlds:,} worlds"
        if not self.boxes:
            return f"{self.what}: no box{tail}"
        first = self.boxes[0]
        density, coverage = (
            estimate_text(measure.estimate, measure.error, unit="yes/no")
            for measure in (first.measures.density, first.measures.coverage)
        )
        more = f"{len(self.boxes)} boxes, the first " if len(self.boxes) > 1 else ""
        return f"{self.what}: {more}{' and '.join(first.parameters)}, density {density}, coverage {coverage}{tail}"

    def _page(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        rows = []
        for number, box in enumerate(self.boxes, start=1):
            for name in ("density", "coverage", "mass", "lift"):
                measure = getattr(box.measures, name)
                said = estimate_text(measure.estimate, measure.error, unit="1" if name == "lift" else "yes/no")
                rows.append((str(number), name, said, "", chance_text(box.p_value) if name == "lift" else ""))
            for limit in box.limits:
                label = f"{limit.parameter} {limit.side}"
                rows.append((str(number), label, *limit_words(limit), chance_text(limit.p_value)))
        return ("box", "what", "value", "of what is believed", "chance"), rows

    def _foot(self) -> str:
        return self.words


def _rows(number: int, box: Box) -> list[_Row]:
    """Tabulate a box: its measures, and then its limits; the p-value in the row of the lift is that of the box."""
    rows = []
    for name, measure in box.measures._asdict().items():
        ends = (measure.estimate, measure.error, measure.lower, measure.upper)
        chance = box.p_value if name == "lift" else float("nan")
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
    return rows
