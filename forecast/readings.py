"""What evidence may speak of: the chances, rates and levels that a world says follow from its beliefs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from forecast.engine.program import Program
from forecast.errors import InvalidWorld

__all__ = ["NUMPY", "READABLE", "Reading", "ReadingKind", "Recorded", "chance", "level", "rate"]

type ReadingKind = Literal["chance", "rate", "level"]

NUMPY: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "add": np.add,
        "subtract": np.subtract,
        "multiply": np.multiply,
        "divide": np.divide,
        "negative": np.negative,
        "absolute": np.absolute,
        "floor": np.floor,
        "exp": np.exp,
        "log": np.log,
        "sqrt": np.sqrt,
        "minimum": np.minimum,
        "maximum": np.maximum,
        "where": lambda condition, yes, no: np.where(np.not_equal(condition, 0.0), yes, no),
        "equal": lambda left, right: np.equal(left, right) * 1.0,
        "less": lambda left, right: np.less(left, right) * 1.0,
        "less_equal": lambda left, right: np.less_equal(left, right) * 1.0,
    }
)
"""What NumPy does for each operation of a reading, by functions of its own: those of the engine, which have the same
bits wherever they run, take longer."""

READABLE = frozenset({"constant", "input", *NUMPY})
"""Operations that a reading may use: those with a derivative, which chains need."""


@dataclass(frozen=True)
class Reading:
    """A quantity that evidence may speak of, as a world declares it; :func:`chance`, :func:`rate`, :func:`level`.

    Attributes
    ----------
    kind : {"chance", "rate", "level"}
        What it is.
    of : str or callable
        A parameter by name, or ``f(xp, beliefs)``; of a level its value at the origin.
    past : callable, optional
        Of a level: ``f(xp, level, beliefs, time)``, the level a month before.
    noise : str or callable, optional
        Of a level: a parameter by name, or ``f(xp, beliefs)``.

    Examples
    --------
    >>> from forecast.readings import Reading
    >>> Reading("rate", "truce_hazard").of
    'truce_hazard'
    """

    kind: ReadingKind
    of: str | Callable[..., Any]
    past: Callable[..., Any] | None = None
    noise: str | Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        _check(self.kind, self.of, "xp, beliefs")
        if self.noise is not None:
            _check("noise of a level", self.noise, "xp, beliefs")
        if self.past is not None:
            _check("past of a level", self.past, "xp, level, beliefs, time")


def _check(what: str, given: object, arguments: str) -> None:
    """Refuse what is no name where one may stand, and a function that takes other arguments."""
    names = arguments.split(", ")
    if isinstance(given, str) and len(names) == 2:
        return
    fits = callable(given)
    try:
        if callable(given):
            inspect.signature(given).bind(*names)
    except TypeError:
        fits = False
    except ValueError:
        # A function without a signature is found out when it is run.
        pass
    if not fits:
        raise InvalidWorld(
            f"the {what} is {'a function of other arguments' if callable(given) else f'{given!r:.60}'}",
            expected=f"a function of {arguments}" + (", or the name of a parameter" if len(names) == 2 else ""),
            mend=f"write lambda {arguments}: ...",
        )


def chance(of: str | Callable[..., Any]) -> Reading:
    """Declare the probability of a trial, of which evidence counts the successes.

    Parameters
    ----------
    of : str or callable
        ``f(xp, beliefs)`` gives the probability, 0..1, by the arithmetic of a month; or a parameter by name.

    Returns
    -------
    Reading
        For ``readings`` of a :class:`forecast.world.World`.

    Raises
    ------
    InvalidWorld
        If it is neither.

    Examples
    --------
    >>> import forecast
    >>> forecast.chance(lambda xp, beliefs: 1.0 - xp.exp(-beliefs.truce_hazard)).kind
    'chance'
    """
    return Reading("chance", of)


def rate(of: str | Callable[..., Any]) -> Reading:
    """Declare the rate of an event, of which evidence says that it did not happen.

    Parameters
    ----------
    of : str or callable
        ``f(xp, beliefs)`` gives the rate a month, at least 0; or a parameter by name.

    Returns
    -------
    Reading
        For ``readings`` of a :class:`forecast.world.World`.

    Raises
    ------
    InvalidWorld
        If it is neither.

    Examples
    --------
    >>> import forecast
    >>> forecast.rate("truce_hazard").kind
    'rate'
    """
    return Reading("rate", of)


def level(
    origin: str | Callable[..., Any],
    *,
    past: Callable[..., Any] | None = None,
    noise: str | Callable[..., Any] | None = None,
) -> Reading:
    """Declare a quantity above 0 of which evidence reports how large it was some months before the origin.

    Parameters
    ----------
    origin : str or callable
        A parameter by name, or ``f(xp, beliefs)``: the level at the origin.
    past : callable, optional
        ``f(xp, level, beliefs, time)`` gives the level at the start of a month from that at its end, as it would be
        without noise. ``time.years`` are those from the origin to the start of the month, below 0. Without it the level
        was always that of the origin.
    noise : str or callable, optional
        A parameter by name, or ``f(xp, beliefs)``: the standard deviation of the log of the level that a month adds;
        of several months it grows with the square root of their number. 0 without it.

    Returns
    -------
    Reading
        For ``readings`` of a :class:`forecast.world.World`.

    Raises
    ------
    InvalidWorld
        If an argument is neither.

    Examples
    --------
    >>> import forecast
    >>> before = forecast.level("rebels", past=lambda xp, level, beliefs, time: level * xp.exp(-beliefs.growth))
    >>> before.kind, before.of
    ('level', 'rebels')
    """
    return Reading("level", origin, past, noise)


@dataclass(frozen=True)
class Recorded:
    """A reading as a world has recorded it: steps, and no functions.

    Attributes
    ----------
    kind : {"chance", "rate", "level"}
        What it is.
    parameters : tuple of str
        Those of the world: input ``("parameters", n)`` of the programs is the value of the one numbered n.
    of : Program
        The probability, the rate a month, or the level at the origin.
    past : Program, optional
        The level at the start of a month, from ``("level", 0)`` at its end and ``("years", 0)`` at its start.
    noise : Program, optional
        Standard deviation of the log of the level that a month adds.

    Examples
    --------
    >>> import forecast
    >>> forecast.load_world("district").recorded_readings["quiet_month"].reads
    ('rebels', 'raid_rate')
    """

    kind: ReadingKind
    parameters: tuple[str, ...]
    of: Program
    past: Program | None = None
    noise: Program | None = None

    @property
    def programs(self) -> tuple[Program, ...]:
        """All that was recorded."""
        return tuple(one for one in (self.of, self.past, self.noise) if one is not None)

    @property
    def reads(self) -> tuple[str, ...]:
        """The parameters that it depends on, in the order of the world."""
        numbers = {
            step.operands[1]
            for program in self.programs
            for step in program.steps
            if step.operation == "input" and step.operands[0] == "parameters"
        }
        return tuple(self.parameters[number] for number in sorted(numbers))

    @property
    def said(self) -> list[str]:
        """What it is, for a hash."""
        return [self.kind, *("" if one is None else one.hash for one in (self.of, self.past, self.noise))]
