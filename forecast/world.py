"""What a model of months is: its states, beliefs, levers and luck, and one month of it, recorded as arithmetic.

A world's functions are run once, on symbols, when the World is made. What they do is recorded as steps, and from then
on the steps are the world: every backend runs them, they tell one world from another, and they travel to other
processes and into files without the functions.
"""

from __future__ import annotations

import hashlib
import json
import keyword
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from forecast.engine.program import NotArithmetic, Program, Symbol, record
from forecast.errors import ForecastError, InvalidWorld, near_matches
from forecast.readings import READABLE, Reading, Recorded
from forecast.schema import Variable

__all__ = ["SHOCK_KINDS", "ShockKind", "World"]

type ShockKind = Literal["uniform", "normal", "exponential", "log_exponential"]

SHOCK_KINDS: tuple[ShockKind, ...] = ("uniform", "normal", "exponential", "log_exponential")
"""Kinds of luck: in (0, 1); standard normal; standard exponential, for an event that comes where it is below its rate
times the step; the log of that, for one where it is below the log of its rate plus that of the step."""

_MOST_STEPS = 20_000


class _Names:
    """Values that a world's function reads by name."""

    def __init__(self, what: str, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)
        object.__setattr__(self, "_what", what)

    def __getattr__(self, name: str) -> Any:
        known = [one for one in self.__dict__ if one != "_what"]
        raise InvalidWorld(
            f"there is no {self.__dict__['_what']} {name!r}",
            expected="a name that the world declares",
            mend=near_matches(name, known),
        )

    def __setattr__(self, name: str, value: object) -> None:
        raise InvalidWorld(
            f"the {self._what} {name!r} is set within a month",
            expected="a month that returns the new states",
            mend=f'return {{"{name}": ...}} with the others',
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class World:
    """A model of months.

    Parameters
    ----------
    name : str
        Letters, digits and underscores.
    date : str
        The day of the origin, "2020-01-31".
    origin : callable
        ``origin(beliefs, luck)`` returns every state at the origin by name.
    month : callable
        ``month(xp, state, levers, beliefs, luck, time)`` returns every state at the end of a step by name. It is
        arithmetic: ``+ - * /``, whole powers, comparisons, which give 0.0 or 1.0, joined by ``&`` and ``|``, and
        ``xp.exp``, ``sqrt``, ``minimum``, ``maximum``, ``where(condition, yes, no)``, ``poisson_ppf(uniform, rate)``.
        ``time`` has ``years`` from the origin to the start of the step, the ``step`` in months, and its ``log_step``.
    states : mapping of str to Variable
        What is kept of each month.
    parameters : tuple of str
        What is believed: a prior each.
    levers : tuple of str
        What an option sets, 0..1 each.
    shocks, at_origin : mapping of str to str
        The luck of each step, and that of the origin: the kind of each, of :data:`SHOCK_KINDS`.
    hidden : tuple of str
        States that a month needs and nobody reads.
    derived : mapping of str to callable
        States that follow from others of the same month: ``f(state)``.
    readings : mapping of str to Reading
        What evidence may speak of, from :func:`forecast.readings.chance`, ``rate`` and ``level``.
    evidence : str, Path or mapping
        The sets of evidence that :func:`forecast.load_evidence` finds by name: a TOML file, or what it holds; none if
        empty. It is no part of the hash.
    step : float
        Months in a step, above 0.
    title : str
        In a few words; the name if empty.

    Attributes
    ----------
    rows : tuple of str
        Every state that is computed: those that a month returns, in the order of the origin, then the derived ones.
    origin_program, month_program : Program
        What was recorded. Inputs are numbered in the order of the declarations; results are the rows.
    recorded_readings : mapping of str to Recorded
        The same of each reading.
    hash : str
        SHA-256 of the declarations and the steps: which world it is.

    Raises
    ------
    InvalidWorld
        For names that are none or are taken, what cannot be recorded as arithmetic, and states that are not returned.
    """

    name: str
    date: str
    origin: Callable[..., Any] = field(compare=False)
    month: Callable[..., Any] = field(compare=False)
    states: Mapping[str, Variable]
    parameters: tuple[str, ...]
    levers: tuple[str, ...]
    shocks: Mapping[str, ShockKind]
    at_origin: Mapping[str, ShockKind] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    derived: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    evidence: str | Path | Mapping[str, Any] = field(default_factory=dict)
    step: float = 1.0
    title: str = ""
    rows: tuple[str, ...] = field(init=False)
    origin_program: Program = field(init=False)
    month_program: Program = field(init=False)
    recorded_readings: Mapping[str, Recorded] = field(init=False)

    def __post_init__(self) -> None:
        self._check()
        for name in ("parameters", "levers", "hidden"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("states", "shocks", "at_origin", "derived", "readings"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        declared = (*(name for name in self.states if name not in self.derived), *self.hidden)
        order: list[str] = []
        self._recorded_origin(declared, order)
        own = tuple(order)
        object.__setattr__(self, "rows", (*own, *self.derived))
        object.__setattr__(self, "title", self.title or self.name.replace("_", " ").capitalize())
        for part, recorded in (("origin", self._recorded_origin), ("month", self._recorded_month)):
            object.__setattr__(self, f"{part}_program", self._twice(part, partial(recorded, own)))
        readings = {name: self._recorded_reading(name, one) for name, one in self.readings.items()}
        object.__setattr__(self, "recorded_readings", MappingProxyType(readings))
        if isinstance(self.evidence, Mapping):
            object.__setattr__(self, "evidence", MappingProxyType(dict(self.evidence)))

    def _twice(self, part: str, recorded: Callable[[], Program]) -> Program:
        """Record something, and refuse what is another the second time or too long."""
        program = recorded()
        if recorded().hash != program.hash:
            raise InvalidWorld(
                f"the {part} of {self.name!r} does something else each time it is run",
                expected="the same arithmetic each time; luck comes from the shocks that are declared",
                mend="declare a shock and read it from luck; draw no random numbers and ask no clock",
            )
        if len(program.steps) > _MOST_STEPS:
            raise InvalidWorld(
                f"{len(program.steps):,} steps in the {part} of {self.name!r}",
                expected=f"at most {_MOST_STEPS:,}",
                mend="write loops over many parts as fewer",
            )
        return program

    @cached_property
    def hash(self) -> str:
        """Which world it is."""
        said = {
            "name": self.name,
            "date": self.date,
            "step": self.step,
            "states": [[name, one.unit, one.kind] for name, one in self.states.items()],
            "rows": self.rows,
            "names": [self.parameters, self.levers],
            "luck": [list(self.shocks.items()), list(self.at_origin.items())],
            "programs": [self.origin_program.hash, self.month_program.hash],
            "readings": [[name, *one.said] for name, one in self.recorded_readings.items()],
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """The kind of each state that is kept, in the order of the states."""
        return MappingProxyType({name: one.kind for name, one in self.states.items()})

    def row(self, state: str) -> int:
        """Return the number of the row of a state."""
        return self.rows.index(state)

    def parameter(self, name: str) -> int:
        """Return the number of a parameter."""
        return self._parameters[name]

    @cached_property
    def _parameters(self) -> Mapping[str, int]:
        return {name: number for number, name in enumerate(self.parameters)}

    def __eq__(self, other: object) -> bool:
        return self.hash == other.hash if isinstance(other, World) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return f"<World {self.name}: {len(self.states)} states, {len(self.parameters)} beliefs, {self.hash[:16]}>"

    def __getstate__(self) -> dict[str, Any]:
        # Steps travel, not functions: those of a user's file cannot be had in another process.
        gone = ("origin", "month", "derived", "readings")
        kept = {name: value for name, value in self.__dict__.items() if name not in (*gone, "kinds", "_parameters")}
        return {name: dict(value) if isinstance(value, MappingProxyType) else value for name, value in kept.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        nothing = {"origin": _gone, "month": _gone, "derived": {}, "readings": {}}
        self.__dict__.update(
            {
                name: MappingProxyType(value) if isinstance(value, dict) else value
                for name, value in (nothing | state).items()
            }
        )

    def _check(self) -> None:
        """Check names, kinds and numbers, all that there is to check before anything is run."""
        where = f"the world {self.name!r:.60}"
        if not isinstance(self.name, str) or not self.name.isidentifier():
            raise InvalidWorld(where, expected="a name of letters, digits and underscores", mend="rename it")
        try:
            date.fromisoformat(self.date)
        except (TypeError, ValueError):
            raise InvalidWorld(
                f"{where} is of {self.date!r:.60}", expected='a day such as "2020-01-31"', mend="write it so"
            ) from None
        if isinstance(self.step, bool) or not isinstance(self.step, int | float) or not 0.0 < self.step < math.inf:
            raise InvalidWorld(f"{where} has the step {self.step!r:.60}", expected="months above 0", mend="write 1.0")
        groups = {
            "state": (*self.states, *self.hidden),
            "parameter": self.parameters,
            "lever": self.levers,
            "shock": (*self.shocks, *self.at_origin),
            "reading": self.readings,
        }
        for what, given in groups.items():
            names = list(given)
            for name in names:
                if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name[0] == "_":
                    raise InvalidWorld(
                        f"{where} has a {what} called {name!r:.60}",
                        expected="letters, digits and underscores, starting with a letter, and no word of Python's own",
                        mend=f'call it "{name}_" or another name' if isinstance(name, str) else "give it a name",
                    )
                if names.count(name) > 1:
                    raise InvalidWorld(
                        f"{where} has the {what} {name!r} twice", expected="each once", mend="rename one of them"
                    )
        for name, kind in (*self.shocks.items(), *self.at_origin.items()):
            if kind not in SHOCK_KINDS:
                raise InvalidWorld(
                    f"{where} has the shock {name!r} of the kind {kind!r:.60}",
                    expected=f"one of {', '.join(SHOCK_KINDS)}",
                    mend=near_matches(str(kind), SHOCK_KINDS),
                )
        for name, variable in self.states.items():
            if not isinstance(variable, Variable):
                raise InvalidWorld(
                    f"{where} has the state {name!r} as a {type(variable).__name__}",
                    expected="what number, count, yes_no or code gives",
                    mend=f'write "{name}": number("unit", "What it is")',
                )
        for name, reading in self.readings.items():
            if not isinstance(reading, Reading):
                raise InvalidWorld(
                    f"{where} has the reading {name!r} as a {type(reading).__name__}",
                    expected="what chance, rate or level of forecast.readings gives",
                    mend=f'write "{name}": chance(lambda xp, beliefs: ...)',
                )
        if not isinstance(self.evidence, str | Path | Mapping):
            raise InvalidWorld(
                f"{where} has evidence that is a {type(self.evidence).__name__}",
                expected="the path of a TOML file, or what it holds",
                mend='write evidence="my_evidence.toml", or leave it out',
            )
        for name in self.derived:
            if name not in self.states:
                raise InvalidWorld(
                    f"{where} derives {name!r}, which is no state of it",
                    expected="a state with its unit and meaning",
                    mend=near_matches(name, self.states),
                )

    def _recorded_origin(self, own: tuple[str, ...], order: list[str] | None = None) -> Program:
        def run(xp: Any, given: Callable[[str, int], Symbol]) -> list[object]:
            beliefs = _group("parameter", "parameters", self.parameters, given)
            luck = _group("shock of the origin", "at_origin", self.at_origin, given)
            return self._rows(xp, self.origin(beliefs, luck), own, order)

        return self._recorded("origin", run)

    def _recorded_month(self, own: tuple[str, ...]) -> Program:
        def run(xp: Any, given: Callable[[str, int], Symbol]) -> list[object]:
            when = {"years": given("years", 0), "step": float(self.step), "log_step": math.log(self.step)}
            return self._rows(
                xp,
                self.month(
                    xp,
                    _group("state", "state", own, given),
                    _group("lever", "levers", self.levers, given),
                    _group("parameter", "parameters", self.parameters, given),
                    _group("shock", "shocks", self.shocks, given),
                    _Names("part of time", when),
                ),
                own,
            )

        return self._recorded("month", run)

    def _recorded_reading(self, name: str, reading: Reading) -> Recorded:
        def program(part: str, function: str | Callable[..., Any] | None) -> Program | None:
            if function is None:
                return None

            def run(xp: Any, given: Callable[[str, int], Symbol]) -> list[object]:
                beliefs = _group("parameter", "parameters", self.parameters, given)
                if isinstance(function, str):
                    return [getattr(beliefs, function)]
                if part != "past":
                    return [xp.number(function(xp, beliefs))]
                when = {"years": given("years", 0), "step": 1.0, "log_step": 0.0}
                return [xp.number(function(xp, given("level", 0), beliefs, _Names("part of time", when)))]

            where = f"{part} of the reading {name!r}"
            found = self._twice(where, lambda: self._recorded(where, run))
            foreign = [step.operation for step in found.steps if step.operation not in READABLE]
            if foreign:
                raise InvalidWorld(
                    f"the {where} of {self.name!r} uses {foreign[0]}",
                    expected="arithmetic that can be differentiated",
                    mend="give the probability, the rate or the level itself, and draw nothing",
                )
            return found

        of = program(reading.kind, reading.of)
        assert of is not None
        found = Recorded(
            reading.kind, self.parameters, of, program("past", reading.past), program("noise", reading.noise)
        )
        if not found.reads:
            raise InvalidWorld(
                f"the reading {name!r} of {self.name!r} depends on no parameter",
                expected="what follows from the beliefs, so that evidence of it says something of them",
                mend="read a parameter, as in lambda xp, beliefs: beliefs.name",
            )
        return found

    def _rows(self, xp: Any, returned: object, own: tuple[str, ...], order: list[str] | None = None) -> list[object]:
        """Return the values of all rows, from what a function of the world returned; take down their order."""
        found = returned._asdict() if hasattr(returned, "_asdict") else returned
        if not isinstance(found, Mapping):
            raise InvalidWorld(
                f"it returns a {type(returned).__name__}",
                expected="a dict of every state by name",
                mend='return {"name": value, ...}',
            )
        if set(found) != set(own):
            missing, extra = [name for name in own if name not in found], [name for name in found if name not in own]
            raise InvalidWorld(
                f"it does not return {', '.join(missing[:5])}" if missing else f"it returns {extra[0]!r:.60}",
                expected="every state that is declared, and no other",
                mend="return it too; one that does not change is returned as it was"
                if missing
                else near_matches(str(extra[0]), own),
            )
        if order is not None:
            order.extend(found)
        values = [xp.number(found[name]) for name in own]
        state = _Names("state", dict(zip(own, values, strict=True)))
        return [*values, *(self.derived[name](state) for name in self.derived)]

    def _recorded(self, part: str, run: Callable[..., list[object]]) -> Program:
        """Record a function, and say in words what cannot be recorded."""
        where = f"the {part} of {self.name!r}"
        try:
            return record(run)
        except InvalidWorld as error:
            raise InvalidWorld(f"{where}: {error.given}", expected=error.expected, mend=error.mend) from error
        except NotArithmetic as error:
            raise InvalidWorld(f"{where} {error}", expected="arithmetic on symbols", mend=error.mend) from error
        except ForecastError:
            raise
        except Exception as error:
            # Whatever a stranger's function raises, it is the world that cannot be made.
            raise InvalidWorld(
                f"{where} raised {type(error).__name__}: {error!s:.200}",
                expected="arithmetic on what it is given",
                mend="use + - * / comparisons and the functions of xp, such as xp.exp and xp.where",
            ) from error


def _group(what: str, group: str, names: Iterable[str], given: Callable[[str, int], Symbol]) -> _Names:
    return _Names(what, {name: given(group, number) for number, name in enumerate(names)})


def _gone(*_: object) -> Any:
    raise InvalidWorld(
        "the functions of a world that came from another process or a file",
        expected="its recorded steps",
        mend="load the world from the file that defines it",
    )
