"""Outcomes as rules over the path of a world, recorded as steps when a World is made.

A rule reads a path, that is a state, or an expression in the states of one month: its value at the end or at the
origin, its total, whether and when it first held; and combines what it reads by arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from forecast.engine.program import Program, Symbol, record
from forecast.errors import InvalidWorld, near_matches
from forecast.recording import Names, check_same, recorded
from forecast.schema import MONTH, YES_NO, Better, Outcome, Variable

__all__ = ["HOWS", "Leaf", "Path", "Rule", "end", "event", "ever", "first", "measure", "recorded_rule", "total"]

type Expression = str | Callable[[Any], Any]

_ASKED = {
    "ever": 'event("...", "...", lambda path: path.ever',
    "first": 'measure("month", "...", "...", lambda path: path.first',
}
"""How an outcome is written that has a rule of its own, up to what it reads."""

HOWS = ("end", "origin", "total", "ever", "first")
"""How a path is read."""


class Leaf(NamedTuple):
    """One reading of a path.

    Attributes
    ----------
    how : str
        One of :data:`HOWS`.
    last : int
        A total is over so many of the last steps; 0 is all after the origin.
    of : Program
        What is read of each month: one result, of the inputs "state" in the order of the states that are kept.

    Examples
    --------
    >>> import forecast
    >>> (leaf,) = forecast.load_world("district").rules["calm"].leaves
    >>> leaf.how, leaf.last
    ('total', 3)
    """

    how: str
    last: int
    of: Program


@dataclass(frozen=True)
class Rule:
    """What an outcome is, as steps.

    Attributes
    ----------
    leaves : tuple of Leaf
        What is read of the path.
    result : Program
        The outcome, of the inputs "path": the leaves.

    Examples
    --------
    >>> import forecast
    >>> rule = forecast.load_world("district").rules["first_truce"]
    >>> [leaf.how for leaf in rule.leaves], rule.result.is_input
    (['first'], True)
    """

    leaves: tuple[Leaf, ...]
    result: Program

    @property
    def reads(self) -> bool:
        """Whether the outcome depends on the path at all."""
        return any(step.operation == "input" for step in self.result.steps)

    @property
    def said(self) -> list[object]:
        """What tells it from other rules."""
        return [[[leaf.how, leaf.last, leaf.of.hash] for leaf in self.leaves], self.result.hash]


class Path:
    """The path of a world, as the rule of an outcome reads it.

    Every method takes the name of a state that is kept, or a function of the states of one month.

    Examples
    --------
    >>> import forecast
    >>> from forecast.paths import Path
    >>> def halved(path: Path) -> object:
    ...     return path.end("rebels") < 0.5 * path.origin("rebels")
    >>> forecast.event("Halved", "half the rebels are gone", halved, of="rebels", better="higher").of
    'rebels'
    """

    def __init__(self, states: Mapping[str, Variable], given: Callable[[str, int], Symbol]) -> None:
        self._states, self._given = states, given
        self.leaves: list[Leaf] = []

    def _read(self, how: str, of: Expression, last: int = 0) -> Symbol:
        if how in ("ever", "first") and not callable(of) and of in self._states and self._states[of].kind != "yes/no":
            raise InvalidWorld(
                f"it asks {'whether' if how == 'ever' else 'when first'} {of!r:.60} held, which is no yes/no state",
                expected="a state of which it can be said in each month whether it holds",
                mend=f"say what is to hold, as in {_ASKED[how]}(lambda state: state.{of} >= 1.0))",
            )

        def run(xp: Any, given: Callable[[str, int], Symbol]) -> list[object]:
            month = Names("state that is kept", {name: given("state", row) for row, name in enumerate(self._states)})
            return [xp.number(of(month) if callable(of) else getattr(month, str(of)))]

        leaf = Leaf(how, last, record(run))
        if leaf not in self.leaves:
            self.leaves.append(leaf)
        return self._given("path", self.leaves.index(leaf))

    def end(self, of: Expression) -> Symbol:
        """Return the value at the horizon."""
        return self._read("end", of)

    def origin(self, of: Expression) -> Symbol:
        """Return the value at the origin."""
        return self._read("origin", of)

    def ever(self, of: Expression) -> Symbol:
        """Return 1 where it held, a yes/no state or what is not 0, at the origin or in some month, else 0."""
        return self._read("ever", of)

    def first(self, of: Expression) -> Symbol:
        """Return the first month in which it held, a yes/no state or what is not 0; NaN where there was none."""
        return self._read("first", of)

    def total(self, of: Expression, *, last: int = 0) -> Symbol:
        """Return the sum over the steps after the origin, or over so many of the last steps.

        A step need not be a month: of how long a yes/no state holds this counts the steps.
        """
        if isinstance(last, bool) or not isinstance(last, int) or last < 0:
            raise InvalidWorld(
                f"the last {last!r:.40} of a path are read",
                expected="a whole number of steps, or 0 for all of them",
                mend="write last=3",
            )
        return self._read("total", of, last)


def end(state: str, long_name: str, *, better: Better | None = None) -> Outcome:
    """Declare an outcome that is a state at the horizon.

    Examples
    --------
    >>> import forecast
    >>> forecast.end("rebels", "Rebels at the horizon", better="lower").reading
    'end'
    """
    return Outcome("", long_name, "end", state, better=better)


def total(state: str, long_name: str, *, better: Better | None = None) -> Outcome:
    """Declare an outcome that is the sum of a state over the steps after the origin.

    Of a yes/no state it is the months in which the state holds, however long a step is.

    Examples
    --------
    >>> import forecast
    >>> raids = forecast.total("raids", "Raids, total", better="lower")
    >>> raids.of, raids.reading
    ('raids', 'total')
    """
    return Outcome("", long_name, "total", state, better=better)


def ever(state: str, long_name: str, *, better: Better | None = None) -> Outcome:
    """Declare an outcome that holds where a yes/no state did in some month, or at the origin.

    Examples
    --------
    >>> import forecast
    >>> forecast.ever("truce", "A truce was made", better="higher").is_event
    True
    """
    return Outcome(YES_NO, long_name, "ever", state, better=better)


def first(state: str, long_name: str, *, better: Better | None = None) -> Outcome:
    """Declare an outcome that is the first month in which a yes/no state held; it is known only where there is one.

    Examples
    --------
    >>> import forecast
    >>> forecast.first("truce", "Month of the truce").is_time
    True
    """
    return Outcome(MONTH, long_name, "first", state, better=better)


def event(
    long_name: str, rule: str, read: Callable[[Path], Any], *, of: str = "", better: Better | None = None
) -> Outcome:
    """Declare an outcome that holds or does not.

    Parameters
    ----------
    long_name, rule : str
        What it is in a few words, and when it holds, in words.
    read : callable
        ``read(path)`` returns what is not 0 where it holds; see :class:`Path`.
    of : str
        The state that it is most of all of.
    better : {"higher", "lower"}, optional
        Which way is better.

    Examples
    --------
    >>> import forecast
    >>> calm = forecast.event("Calm", "no raid in three months", lambda path: path.total("raids", last=3) == 0.0)
    >>> calm.is_event, calm.rule
    (True, 'no raid in three months')
    """
    return Outcome(YES_NO, long_name, "rule", of, rule, better, read=read)


def measure(
    unit: str, long_name: str, rule: str, read: Callable[[Path], Any], *, of: str = "", better: Better | None = None
) -> Outcome:
    """Declare an outcome that is a number and has a rule of its own.

    Parameters
    ----------
    unit : str
        Its unit; "month" for the time of what may not come, which is NaN where it does not.
    long_name, rule, read, of, better
        As for :func:`event`; ``read(path)`` returns the number.

    Examples
    --------
    >>> import forecast
    >>> grown = forecast.measure("1", "Growth", "a ratio", lambda path: path.end("rebels") / path.origin("rebels"))
    >>> grown.unit, grown.is_number
    ('1', True)
    """
    return Outcome(unit, long_name, "rule", of, rule, better, read=read)


def recorded_rule(where: str, outcome: Outcome, states: Mapping[str, Variable], *, step: float) -> tuple[Outcome, Rule]:
    """Record the rule of an outcome.

    Parameters
    ----------
    where : str
        Which outcome, for messages.
    outcome : Outcome
        As it was declared.
    states : mapping of str to Variable
        The states that are kept.
    step : float
        Months in a step.

    Returns
    -------
    Outcome
        With its unit.
    Rule
        Its steps.

    Raises
    ------
    InvalidWorld
        For a state that is not kept, what cannot be recorded, and a rule that reads nothing.

    Examples
    --------
    >>> from forecast import number, total
    >>> from forecast.paths import recorded_rule
    >>> states = {"rain": number("mm", "Rain in the month")}
    >>> outcome, rule = recorded_rule("the outcome 'wet'", total("rain", "Rain, total"), states, step=1.0)
    >>> outcome.unit, rule.leaves[0].how
    ('mm', 'total')
    """
    if outcome.better not in (None, "higher", "lower"):
        raise InvalidWorld(
            f"{where} is better {outcome.better!r:.40}",
            expected='"higher" or "lower"',
            mend="write one, or leave it out",
        )
    if outcome.of not in states and (outcome.of or outcome.read is None):
        raise InvalidWorld(
            f"{where} is of {outcome.of!r:.60}", expected="a state that is kept", mend=near_matches(outcome.of, states)
        )
    if outcome.read is None and states[outcome.of].kind == "code" and outcome.reading in ("end", "origin", "total"):
        raise InvalidWorld(
            f"{where} is a code, of which there is no mean",
            expected="an outcome of which a mean makes sense",
            mend='ask whether it is one of its words: event(..., lambda path: path.end("state") == 2)',
        )
    read: list[tuple[Leaf, ...]] = []

    def run(xp: Any, given: Callable[[str, int], Symbol]) -> list[object]:
        path = Path(states, given)
        found = getattr(path, outcome.reading)(outcome.of) if outcome.read is None else outcome.read(path)
        if _counts_months(outcome, states):
            found = found * float(step)
        read.append(tuple(path.leaves))
        return [xp.number(found)]

    result = recorded(where, run)
    rule = Rule(read[0], result)
    if not rule.reads:
        raise InvalidWorld(
            f"{where} reads nothing of the path",
            expected="what differs from world to world",
            mend='read a state of it, as in lambda path: path.end("state") > 0.0',
        )
    for leaves in read[1:]:
        check_same(where, rule.said, Rule(leaves, result).said)
    # Whatever is made of a month need not be a whole number.
    made = outcome.is_time and outcome.read is not None and not result.is_input
    return _filled(outcome, states, math.nan if made else step), rule


def _counts_months(outcome: Outcome, states: Mapping[str, Variable]) -> bool:
    """Say whether it is the total of what holds or does not, which is in months however long a step is."""
    return outcome.read is None and outcome.reading == "total" and states[outcome.of].kind == "yes/no"


def _filled(outcome: Outcome, states: Mapping[str, Variable], step: float) -> Outcome:
    """Give an outcome the unit of its state, and say whether it is a whole number."""
    whole_time = outcome.is_time and float(step).is_integer()
    if outcome.read is not None:
        same = states.get(outcome.of)
        if same is not None and same.unit == outcome.unit:
            return replace(outcome, whole=whole_time, floor=same.floor, log=same.log)
        return replace(outcome, whole=whole_time)
    state = states[outcome.of]
    months = _counts_months(outcome, states)
    counted = state.kind == "count" or (months and float(step).is_integer())
    unit = outcome.unit or ("months" if months else state.unit)
    return replace(outcome, unit=unit, whole=whole_time or counted, floor=state.floor, log=state.log)
