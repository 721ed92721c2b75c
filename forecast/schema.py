"""What a variable of a run is: its kind, unit and meaning, how an outcome is read, and which way is better.

A world declares its variables. A run carries what is said of them in their attributes, and whoever reads a run reads it
there: :func:`states_of`, :func:`outcomes_of` and :func:`outcome_of`.
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args

import numpy as np

from forecast.errors import InvalidWorld

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "CODE",
    "DTYPES",
    "FIT_KIND",
    "FORMAT",
    "GREATEST",
    "MONTH",
    "NO_MONTH",
    "NO_NUMBER",
    "OUTCOMES_KIND",
    "PARAMETER_PREFIX",
    "RESERVED",
    "RESERVED_PARAMETERS",
    "SHARE",
    "SUMMARY_KIND",
    "WHOSE",
    "YES_NO",
    "Better",
    "Kind",
    "Outcome",
    "Part",
    "Reading",
    "Variable",
    "code",
    "count",
    "event_titles",
    "is_name",
    "number",
    "outcome_of",
    "outcomes_of",
    "states_of",
    "yes_no",
]

FORMAT = 2
"""Version of the outcome files."""

OUTCOMES_KIND, SUMMARY_KIND, FIT_KIND = "libya-forecast outcomes", "libya-forecast summary", "libya-forecast fit"
"""What a result of this package says that it is, in its attribute ``kind``."""

PARAMETER_PREFIX = "parameter_"
"""A world's parameters travel with its outcomes under this prefix, because a parameter and a state may share a name."""

RESERVED = (
    *("option", "world", "month", "title", "run", "world_run", "other", "quantile", "code", "parameter"),
    *("chain", "draw"),
)
"""Dims and coordinates of a run, of its summary, and of its form for ArviZ: no state and no outcome may have them."""

CODE, MONTH, SHARE, YES_NO = "code", "month", "1", "yes/no"
"""Units of a number that only names one of several things, of a time, of a share, and of what holds or does not."""

WHOSE = "whose_beliefs"
"""In a pooled set, which member's beliefs a world follows: a code, told among the parameters."""

RESERVED_PARAMETERS = (
    *("world", "run", "world_run", "chain", "draw", "fit_draw"),
    *("sample", "block", "member", "log_weight", WHOSE),
)
"""Dims, coordinates and variables beside the parameters of a run and of a fit."""

type Kind = Literal["continuous", "count", "yes/no", "code"]
type Reading = Literal["end", "origin", "total", "ever", "first", "rule"]
type Better = Literal["higher", "lower"]

DTYPES: Mapping[str, str] = MappingProxyType(
    {"continuous": "float64", "count": "int32", "yes/no": "bool", "code": "int8"}
)
"""NumPy dtype of each kind of state."""

GREATEST: Mapping[str, int] = MappingProxyType({"count": 2**31 - 1, "code": 2**7 - 1})
"""The greatest count and the greatest code that are kept; the least is 0."""

NO_NUMBER = -1
"""Kept in place of a count that is below 0, above the greatest, infinite or NaN once it is rounded, of a code that is
no whole number from 0 to the greatest, and of a yes or no that is neither 0 nor 1. Wherever this stands the world has
failed, as where a state is not finite. A run in which each yes or no is one has them as bool, and any other as int8."""

NO_MONTH = -math.inf
"""In place of a time that is missing, because a state that its rule reads is no number: NaN says that it never came."""

FLOOR = 2.0**-14

WORLD_UNITS = "world_units"
"""Attribute of a summary: the unit that a variable has in one world. That of its mean is in ``units``."""


@dataclass(frozen=True)
class Variable:
    """One state: its unit (UDUNITS style, "1" for a share), meaning, and how it is stored.

    ``words`` say what each number of a code stands for, from 0 on. A value under the ``floor``, a power of two in the
    unit, counts as 0 in the quantiles of a run that keeps no worlds. Of a ``log`` one pictures have a
    logarithmic axis where no value is 0.

    Examples
    --------
    >>> import forecast
    >>> forecast.load_world("district").states["raids"]
    Variable(unit='raids', long_name='Raids in the month', kind='count', words=(), floor=6.103515625e-05, log=False)
    """

    unit: str
    long_name: str
    kind: Kind
    words: tuple[str, ...] = ()
    floor: float = FLOOR
    log: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it may be any number."""
        return self.kind == "continuous"

    @property
    def dtype(self) -> str:
        """NumPy dtype in which the state is kept."""
        return DTYPES[self.kind]

    def attrs(self) -> dict[str, Any]:
        """Say it in the attributes of an array."""
        said: dict[str, Any] = {"units": self.unit, "long_name": self.long_name, "state_kind": self.kind}
        if self.words:
            said |= {"flag_values": list(range(len(self.words))), "flag_meanings": "; ".join(self.words)}
        return said | ({"log": 1} if self.log else {})


@dataclass(frozen=True)
class Outcome:
    """One per-world outcome.

    Attributes
    ----------
    unit, long_name : str
        What it is in; and what it is, in a few words.
    reading : str
        How it comes from the states: ``end`` the last month's value, ``origin`` that of month 0, ``total`` the sum over
        months, ``ever`` whether it happened, ``first`` the month in which it first held, ``rule`` a rule of its own.
    of : str
        The state that is read, where it is one.
    rule : str
        A rule of its own in words.
    better : {"higher", "lower"}, optional
        Which way is better.
    whole : bool
        Whether it is a whole number in each world in which it is known.
    floor, log
        As of a :class:`Variable`.
    read : callable, optional
        The rule: takes the path of a world. What came from another process or a file does not have it.

    Examples
    --------
    >>> import forecast
    >>> calm = forecast.load_world("district").outcomes["calm"]
    >>> calm.rule, calm.better, calm.is_event
    ('no raid in the last three months', 'higher', True)
    """

    unit: str
    long_name: str
    reading: Reading
    of: str = ""
    rule: str = ""
    better: Better | None = None
    whole: bool = False
    floor: float = FLOOR
    log: bool = False
    read: Callable[[Any], Any] | None = field(default=None, compare=False, repr=False)

    @property
    def is_event(self) -> bool:
        """Whether the outcome is yes or no in each world, so that its mean is a probability."""
        return self.unit == YES_NO

    @property
    def is_number(self) -> bool:
        """Whether it may be any number."""
        return not self.is_event and not self.whole

    @property
    def is_time(self) -> bool:
        """Whether it is a month, which is known only where something came to pass."""
        return self.unit == MONTH

    def attrs(self) -> dict[str, Any]:
        """Say it in the attributes of an array."""
        said: dict[str, Any] = {"units": self.unit, "long_name": self.long_name, "reading": self.reading}
        said |= {name: getattr(self, name) for name in ("of", "rule", "better") if getattr(self, name)}
        return said | {name: 1 for name in ("whole", "log") if getattr(self, name)}


class Part(NamedTuple):
    """A part of a world, for readers: its title, what it is about, and its states.

    Examples
    --------
    >>> from forecast.schema import Part
    >>> Part("Rebels", "How many there are, and their raids.", ("rebels", "raids")).title
    'Rebels'
    """

    title: str
    about: str
    states: tuple[str, ...]


def number(unit: str, long_name: str, *, floor: float = FLOOR, log: bool = False) -> Variable:
    """Declare a state that is any number.

    Parameters
    ----------
    unit, long_name : str
        Its unit ("1" of a share), and what it is in a few words.
    floor : float
        A size, above 0, that nobody would tell from 0; the power of two below it is kept.
    log : bool
        Whether it is spread over orders of magnitude, so that pictures have a logarithmic axis where no value is 0.

    Raises
    ------
    InvalidWorld
        If the floor is no number above 0.

    Examples
    --------
    >>> import forecast
    >>> forecast.number("persons", "Rebels in the district", log=True).attrs()
    {'units': 'persons', 'long_name': 'Rebels in the district', 'state_kind': 'continuous', 'log': 1}
    """
    if isinstance(floor, bool) or not isinstance(floor, int | float) or not 0.0 < floor < math.inf:
        raise InvalidWorld(
            f"{long_name!r:.60} has the floor {floor!r:.40}", expected="a number above 0", mend="leave it out"
        )
    return Variable(unit, long_name, "continuous", floor=2.0 ** math.floor(math.log2(floor)), log=bool(log))


def count(unit: str, long_name: str) -> Variable:
    """Declare a state that counts what happens in a month.

    Examples
    --------
    >>> import forecast
    >>> forecast.count("raids", "Raids in the month").attrs()
    {'units': 'raids', 'long_name': 'Raids in the month', 'state_kind': 'count'}
    """
    return Variable(unit, long_name, "count")


def yes_no(long_name: str) -> Variable:
    """Declare a state that holds or does not.

    Examples
    --------
    >>> import forecast
    >>> forecast.yes_no("A truce holds").attrs()
    {'units': 'yes/no', 'long_name': 'A truce holds', 'state_kind': 'yes/no'}
    """
    return Variable(YES_NO, long_name, "yes/no")


def code(long_name: str, words: tuple[str, ...]) -> Variable:
    """Declare a state that is one of several things, which are numbered from 0 on.

    Examples
    --------
    >>> import forecast
    >>> forecast.code("Level of alert", ("green", "amber", "red")).long_name
    'Level of alert: 0 green, 1 amber, 2 red'
    """
    return Variable(CODE, f"{long_name}: " + ", ".join(f"{i} {word}" for i, word in enumerate(words)), "code", words)


def is_name(given: object) -> bool:
    """Say whether it can be the name of a part of a world: one of Python's, not private, and no word of its own.

    Examples
    --------
    >>> from forecast.schema import is_name
    >>> is_name("lives_saved"), is_name("lives saved"), is_name("lambda"), is_name(1)
    (True, False, False, False)
    """
    return isinstance(given, str) and given.isidentifier() and not keyword.iskeyword(given) and given[0] != "_"


def event_titles(states: Mapping[str, Variable]) -> dict[str, str]:
    """Name what can be told to hold or not in a month: yes/no states, and then words of codes as "STATE=WORD".

    Examples
    --------
    >>> import forecast
    >>> from forecast.schema import event_titles
    >>> event_titles({"alert": forecast.code("Level of alert", ("green", "red"))})
    {'alert=green': 'Level of alert: green', 'alert=red': 'Level of alert: red'}
    """
    found = {name: variable.long_name for name, variable in states.items() if variable.kind == "yes/no"}
    for name, variable in states.items():
        for word in variable.words:
            # The long name of a code goes on with its words.
            found[f"{name}={word}"] = f"{variable.long_name.partition(': 0 ')[0]}: {word}"
    return found


_KINDS: frozenset[Hashable] = frozenset(get_args(Kind.__value__))
_READINGS: frozenset[Hashable] = frozenset(get_args(Reading.__value__))


def _said(outcomes: xr.Dataset) -> Iterator[tuple[Hashable, Mapping[Any, Any]]]:
    """Give what each array says of itself."""
    labels = set(outcomes.coords)
    # Not by data_vars: each array that xarray makes of a Dataset looks at all the others for its coordinates.
    return ((name, variable.attrs) for name, variable in outcomes.variables.items() if name not in labels)


def states_of(outcomes: xr.Dataset) -> dict[str, Variable]:
    """Read what the states of a run are from their attributes, in the order of the run.

    Examples
    --------
    >>> import forecast, xarray
    >>> from forecast.schema import states_of
    >>> states_of(xarray.Dataset({"truce": ("world", [True], forecast.yes_no("A truce holds").attrs())}))["truce"].kind
    'yes/no'
    """
    found = {}
    for name, said in _said(outcomes):
        # An attribute of a file may be of any type.
        kind = said.get("state_kind")
        if isinstance(kind, str) and kind in _KINDS:
            words = tuple(str(said.get("flag_meanings", "")).split("; ")) if kind == "code" else ()
            found[str(name)] = Variable(
                str(said.get(WORLD_UNITS, said.get("units", ""))),
                str(said.get("long_name", name)),
                cast("Kind", kind),
                words,
                log=bool(np.all(said.get("log", 0))),
            )
    return found


def outcomes_of(outcomes: xr.Dataset) -> dict[str, Outcome]:
    """Read what the outcomes of a run are from their attributes, in the order of the run.

    Examples
    --------
    >>> import forecast, xarray
    >>> from forecast.schema import outcomes_of
    >>> said = forecast.ever("truce", "A truce was made", better="higher").attrs()
    >>> outcomes_of(xarray.Dataset({"truce_ever": ("world", [True], said)}))["truce_ever"].better
    'higher'
    """
    found = ((str(name), _outcome(str(name), said)) for name, said in _said(outcomes))
    return {name: one for name, one in found if one is not None}


def outcome_of(outcomes: xr.Dataset, name: str) -> Outcome | None:
    """Read what one array of a run is from its attributes; None if it is no outcome.

    Examples
    --------
    >>> import forecast, xarray
    >>> from forecast.schema import outcome_of
    >>> said = forecast.ever("truce", "A truce was made").attrs()
    >>> outcome_of(xarray.Dataset({"truce_ever": ("world", [True], said)}), "truce_ever").long_name
    'A truce was made'
    """
    return _outcome(name, outcomes.variables[name].attrs)


def _outcome(name: str, said: Mapping[Any, Any]) -> Outcome | None:
    reading = said.get("reading")
    if not isinstance(reading, str) or reading not in _READINGS:
        return None
    better = str(said.get("better", ""))
    return Outcome(
        unit=str(said.get(WORLD_UNITS, said.get("units", ""))),
        long_name=str(said.get("long_name", name)),
        reading=cast("Reading", reading),
        of=str(said.get("of", "")),
        rule=str(said.get("rule", "")),
        better=cast("Better", better) if better in get_args(Better.__value__) else None,
        whole=bool(np.all(said.get("whole", 0))),
        log=bool(np.all(said.get("log", 0))),
    )
