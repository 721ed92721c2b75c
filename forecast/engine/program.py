"""A month as a list of arithmetic steps, found by running the one definition on symbols.

The functions of a world are pure arithmetic on whatever they are given. Given symbols they leave a record
of their steps, which a compiler can write down in its own language: there is no second definition to keep in step.
A step that was met before is not repeated; nothing else is changed, so results keep their bits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import numpy as np

from forecast.errors import InvalidFile, kind_of
from forecast.plain_data import as_dict, as_list, as_number, as_text, as_whole, number_data, shown

__all__ = [
    "MOST_STEPS",
    "OPERANDS",
    "Name",
    "NotArithmetic",
    "Program",
    "Runner",
    "Step",
    "Symbol",
    "record",
    "taken_out",
]

MOST_STEPS = 20_000
"""Steps of a program."""

OPERANDS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("negative", "absolute", "floor", "exp", "log", "sqrt"), 1),
        **dict.fromkeys(("add", "subtract", "multiply", "divide", "minimum", "maximum"), 2),
        **dict.fromkeys(("equal", "less", "less_equal", "poisson_ppf"), 2),
        **dict.fromkeys(("where", "binomial_ppf"), 3),
    }
)
"""Every arithmetic operation, and on how many earlier steps it works."""


class NotArithmetic(TypeError):
    """What cannot be recorded, with a way to write it."""

    def __init__(self, words: str, *, mend: str) -> None:
        super().__init__(words)
        self.mend = mend


class Step(NamedTuple):
    """One step: an operation, and what it works on.

    ``operation`` is "constant" (``operands`` holds a float), "input" (a group and a number within it), or the name of
    an arithmetic operation with the numbers of earlier steps.
    """

    operation: str
    operands: tuple[Any, ...]


class Name(NamedTuple):
    """What the world calls the value of a step: the part of the world that gave the label, and the label in words."""

    number: int
    part: str
    label: str


@dataclass
class _Recorder:
    steps: list[Step] = field(default_factory=list)
    known: dict[Step, int] = field(default_factory=dict)
    names: dict[int, Name] = field(default_factory=dict)

    def add(self, operation: str, *operands: Any) -> Symbol:
        # The text of a float tells 0.0 from -0.0, which are equal as keys.
        step = Step(operation, operands)
        key = Step(operation, (repr(operands[0]),)) if operation == "constant" else step
        if key not in self.known:
            self.known[key] = len(self.steps)
            self.steps.append(step)
        return Symbol(self, self.known[key])

    def symbol(self, value: object) -> Symbol:
        if isinstance(value, Symbol):
            if value.recorder is not self:
                raise NotArithmetic("uses a value of another month", mend="carry it over as a state")
            return value
        # What plain numbers compare to is 0 or 1 as well.
        if not isinstance(value, Real):
            raise NotArithmetic(f"computes with {kind_of(value)}", mend="use numbers, and what the function is given")
        return self.add("constant", float(value))

    def name(self, part: str, label: str, value: object) -> None:
        """Take down a name; it is no step, so it changes neither the program nor its hash."""
        if not isinstance(value, Symbol) or self.steps[value.number].operation in ("constant", "input"):
            raise ValueError(f"{label!r} ({part}) is given to what was not computed; name the outcome of arithmetic")
        name = Name(value.number, part, label)
        known = self.names.setdefault(value.number, name)
        if known != name:
            raise ValueError(f"{label!r} ({part}) is given to a value that is {known.label!r} ({known.part}) already")
        if any(other.label == label and other != name for other in self.names.values()):
            raise ValueError(f"{label!r} ({part}) is given to two values; give each a label of its own")


_COMPARISONS = ("less", "less_equal", "equal")

_MOST_POWER = 64


def _is_one(value: object) -> bool:
    return isinstance(value, float) and value == 1.0


class Symbol:
    """A number that is not known yet. It has no truth value, so the world cannot branch on it."""

    __slots__ = ("number", "recorder")
    # NumPy scalars leave arithmetic with symbols to the symbols.
    __array_ufunc__ = None

    def __init__(self, recorder: _Recorder, number: int) -> None:
        self.recorder, self.number = recorder, number

    def _make(self, operation: str, left: object, right: object) -> Symbol:
        # Once is the number itself, to the last bit; the length of a month is 1.
        if operation == "multiply" and ((left is self and _is_one(right)) or (right is self and _is_one(left))):
            return self
        first, second = self.recorder.symbol(left), self.recorder.symbol(right)
        return self.recorder.add(operation, first.number, second.number)

    def __add__(self, other: object) -> Symbol:
        return self._make("add", self, other)

    def __radd__(self, other: object) -> Symbol:
        return self._make("add", other, self)

    def __sub__(self, other: object) -> Symbol:
        return self._make("subtract", self, other)

    def __rsub__(self, other: object) -> Symbol:
        return self._make("subtract", other, self)

    def __mul__(self, other: object) -> Symbol:
        return self._make("multiply", self, other)

    def __rmul__(self, other: object) -> Symbol:
        return self._make("multiply", other, self)

    def __truediv__(self, other: object) -> Symbol:
        return self._make("divide", self, other)

    def __rtruediv__(self, other: object) -> Symbol:
        return self._make("divide", other, self)

    def __floordiv__(self, other: object) -> Symbol:
        return self.recorder.add("floor", (self / other).number)

    def __rfloordiv__(self, other: object) -> Symbol:
        return self.recorder.add("floor", (other / self).number)

    def __neg__(self) -> Symbol:
        return self.recorder.add("negative", self.number)

    def __lt__(self, other: object) -> Symbol:
        return self._make("less", self, other)

    def __le__(self, other: object) -> Symbol:
        return self._make("less_equal", self, other)

    def __gt__(self, other: object) -> Symbol:
        return self._make("less", other, self)

    def __ge__(self, other: object) -> Symbol:
        return self._make("less_equal", other, self)

    def __eq__(self, other: object) -> Symbol:  # type: ignore[override]
        return self._make("equal", self, other)

    def __ne__(self, other: object) -> Symbol:  # type: ignore[override]
        return 1.0 - self._make("equal", self, other)

    # What equals another only in a step has no hash.
    __hash__ = None  # type: ignore[assignment]

    def _truth(self) -> Symbol:
        """Return 1 where it is not 0; a comparison is so already."""
        return self if self.recorder.steps[self.number].operation in _COMPARISONS else self != 0.0

    def __and__(self, other: object) -> Symbol:
        return self.recorder.symbol(self)._truth() * self.recorder.symbol(other)._truth()

    def __or__(self, other: object) -> Symbol:
        both = self._truth(), self.recorder.symbol(other)._truth()
        return self.recorder.add("maximum", *(one.number for one in both))

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Symbol:
        return 1.0 - self._truth()

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Symbol:
        return self.recorder.add("absolute", self.number)

    def __pow__(self, power: object) -> Symbol:
        if isinstance(power, float) and power.is_integer():
            power = int(power)
        left = int(power) if isinstance(power, Integral) and not isinstance(power, bool) else None
        if left is None or abs(left) > _MOST_POWER:
            raise NotArithmetic(
                f"raises to the power {'of a symbol' if isinstance(power, Symbol) else repr(power)[:40]}",
                mend=f"use a whole power up to {_MOST_POWER}, xp.sqrt(x), or xp.exp(power * xp.log(x))",
            )
        if left < 0:
            return 1.0 / self**-left
        # By squaring: the same products in the same order wherever it is run.
        found, square = self.recorder.symbol(1.0), self
        while left:
            found = square * found if left % 2 else found
            left //= 2
            square = square * square if left else square
        return found

    def __rpow__(self, base: object) -> Symbol:
        raise NotArithmetic("has a symbol as a power", mend="write xp.exp(power * log_of_the_base)")

    def __bool__(self) -> bool:
        raise NotArithmetic(
            "branches on a value that differs between worlds",
            mend="write the choice as xp.where(condition, yes, no), and conditions with & and |",
        )

    def __float__(self) -> float:
        raise NotArithmetic("makes a float of a symbol", mend="leave float() out, and use xp.exp in place of math.exp")

    def __iter__(self) -> Any:
        raise NotArithmetic("goes through a symbol as if it were several", mend="a symbol is one number a world")


class _Namespace:
    """What the world asks of an array library, on symbols."""

    def __init__(self, recorder: _Recorder) -> None:
        self._recorder = recorder

    def _call(self, operation: str, *operands: object) -> Symbol:
        return self._recorder.add(operation, *(self._recorder.symbol(operand).number for operand in operands))

    def number(self, value: object) -> Symbol:
        """Return a plain number as a value of the world."""
        return self._recorder.symbol(value)

    def exp(self, x: object) -> Symbol:
        return self._call("exp", x)

    def sqrt(self, x: object) -> Symbol:
        return self._call("sqrt", x)

    def log(self, x: object) -> Symbol:
        return self._call("log", x)

    def floor(self, x: object) -> Symbol:
        return self._call("floor", x)

    def abs(self, x: object) -> Symbol:
        return self._call("absolute", x)

    def minimum(self, left: object, right: object) -> Symbol:
        return self._call("minimum", left, right)

    def maximum(self, left: object, right: object) -> Symbol:
        return self._call("maximum", left, right)

    def where(self, condition: object, yes: object, no: object) -> Symbol:
        return self._call("where", condition, yes, no)

    def poisson_ppf(self, uniform: object, rate: object) -> Symbol:
        return self._call("poisson_ppf", uniform, rate)

    def binomial_ppf(self, uniform: object, trials: object, chance: object) -> Symbol:
        return self._call("binomial_ppf", uniform, trials, chance)

    def __getattr__(self, name: str) -> Any:
        known = [one for one in dir(type(self)) if not one.startswith("_")]
        raise NotArithmetic(f"uses xp.{name}, which there is not", mend=f"there is {', '.join(known)}")

    def named(self, part: str, label: str, value: object) -> None:
        self._recorder.name(part, label, value)


@dataclass(frozen=True)
class Program:
    """Steps in an order in which they can be run.

    Attributes
    ----------
    steps : tuple of Step
        Only those that the results need.
    results : tuple of int
        For each result (of a month: for each row of the world), the number of the step that gives it.
    names : tuple of Name
        What the world calls some of the steps. They say nothing of what is computed and are no part of the hash.
    """

    steps: tuple[Step, ...]
    results: tuple[int, ...]
    names: tuple[Name, ...] = field(default=(), compare=False)

    @property
    def is_input(self) -> bool:
        """Whether its one result is an input as it is."""
        return len(self.results) == 1 and self.steps[self.results[0]].operation == "input"

    @property
    def hash(self) -> str:
        """SHA-256 of the steps: compiled code is kept under it, so a changed world never meets old code."""
        text = "\n".join(f"{step.operation} {step.operands!r}" for step in self.steps) + f"\n{self.results!r}"
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, which :meth:`of_dict` reads."""
        return {
            "steps": [
                [operation, *(map(number_data, operands) if operation == "constant" else operands)]
                for operation, operands in self.steps
            ],
            "results": list(self.results),
            "names": [list(name) for name in self.names],
        }

    @classmethod
    def of_dict(cls, data: object, where: str, *, groups: Mapping[str, int], results: int) -> Self:
        """Read a program from plain data. Nothing of it is run.

        Parameters
        ----------
        data : object
            As :meth:`to_dict` gives it, or anything else.
        where : str
            What it is, for messages: "the month of the world 'district'".
        groups : mapping of str to int
            The groups of inputs that it may read, and how many there are of each.
        results : int
            How many results it must have.

        Raises
        ------
        InvalidFile
            For an operation that there is not, an operand that is no earlier step, an input that is not declared, too
            many steps, other results.
        """
        known = as_dict(data, where, ("steps", "results", "names"))
        steps: list[Step] = []
        for number, one in enumerate(as_list(known["steps"], f"the steps of {where}", most=MOST_STEPS)):
            steps.append(_step(one, f"step {number} of {where}", number, groups))
        chosen = as_list(known["results"], f"the results of {where}", most=results, least=results)
        found = tuple(as_whole(one, f"a result of {where}", below=len(steps)) for one in chosen)
        return cls(tuple(steps), found, _names(known["names"], f"the names of {where}", steps))


class Runner:
    """A program that an array library runs.

    Parameters
    ----------
    program : Program
        What to run.
    operations : mapping of str to callable
        The library's function for each operation that is a step. Comparisons give 0.0 or 1.0, ``where`` chooses where
        its first operand is not 0.
    """

    def __init__(self, program: Program, operations: Mapping[str, Callable[..., Any]]) -> None:
        last = {operand: number for number, step in enumerate(program.steps) for operand in _uses(step)}
        last |= dict.fromkeys(program.results, len(program.steps))
        self._results = program.results
        self._plan = [
            # What is needed no longer is let go: a month has some hundreds of steps.
            (operations.get(step.operation), step, [one for one in set(_uses(step)) if last[one] == number])
            for number, step in enumerate(program.steps)
        ]
        unknown = {step.operation for function, step, _ in self._plan if function is None} - {"constant", "input"}
        if unknown:
            raise TypeError(f"operations without a function: {', '.join(sorted(unknown))}")

    def __call__(self, inputs: Mapping[str, Any]) -> list[Any]:
        """Run it on the arrays of each group of inputs, by their numbers; the results in order.

        What is not finite is told from the results, and NumPy does not warn of it.
        """
        with np.errstate(all="ignore"):
            return self._run(inputs)

    def _run(self, inputs: Mapping[str, Any]) -> list[Any]:
        values: list[Any] = []
        for function, step, done in self._plan:
            if function is not None:
                values.append(function(*(values[operand] for operand in step.operands)))
            elif step.operation == "constant":
                values.append(step.operands[0])
            else:
                group, number = step.operands
                values.append(inputs[group][number])
            for operand in done:
                values[operand] = None
        return [values[number] for number in self._results]


def _step(data: object, where: str, number: int, groups: Mapping[str, int]) -> Step:
    """Read the step of this number."""
    operation, *operands = as_list(data, where, least=2, most=4)
    if type(operation) is not str:
        raise InvalidFile(
            f"{where} begins with {shown(operation)}", expected="the name of an operation", mend="leave the file aside"
        )
    count = {"constant": 1, "input": 2}.get(operation, OPERANDS.get(operation))
    if count is None:
        raise InvalidFile(
            f"{where} is the operation {shown(operation)}, which there is not",
            expected=f"constant, input, {', '.join(OPERANDS)}",
            mend="read it with the release that wrote it, or leave the file aside",
        )
    as_list(operands, f"what {where} works on", least=count, most=count)
    if operation == "constant":
        return Step(operation, (as_number(operands[0], f"the constant of {where}"),))
    if operation == "input":
        group = as_text(operands[0], f"the group of {where}")
        if group not in groups:
            raise InvalidFile(
                f"{where} reads {shown(group)}", expected=f"one of {', '.join(groups)}", mend="leave the file aside"
            )
        return Step(operation, (group, as_whole(operands[1], f"the input of {where}", below=groups[group])))
    return Step(operation, tuple(as_whole(one, f"what {where} works on", below=number) for one in operands))


def _names(data: object, where: str, steps: list[Step]) -> tuple[Name, ...]:
    names: dict[int, Name] = {}
    for one in as_list(data, where, most=len(steps)):
        number, part, label = as_list(one, f"one of {where}", least=3, most=3)
        step = as_whole(number, f"a step in {where}", below=len(steps))
        name = Name(step, as_text(part, f"one of {where}"), as_text(label, f"one of {where}"))
        if name.number in names or steps[name.number].operation in ("constant", "input"):
            raise InvalidFile(
                f"{where} have {shown(name.label)} for step {name.number}",
                expected="one name for a step that is computed",
                mend="leave the file aside",
            )
        names[name.number] = name
    return tuple(names.values())


def _uses(step: Step) -> tuple[int, ...]:
    return () if step.operation in ("constant", "input") else step.operands


def _program(recorder: _Recorder, values: Iterable[object]) -> Program:
    results = [recorder.symbol(value).number for value in values]
    return _needed(recorder.steps, results, sorted(recorder.names.values()))


def _needed(steps: list[Step], results: Iterable[int], names: Iterable[Name] = ()) -> Program:
    """Keep the steps that the results need, and the names of those."""
    results = list(results)
    needed: set[int] = set()
    waiting = list(results)
    while waiting:
        number = waiting.pop()
        if number not in needed:
            needed.add(number)
            waiting.extend(_uses(steps[number]))
    order = sorted(needed)
    place = {number: new for new, number in enumerate(order)}

    def moved(step: Step) -> Step:
        if step.operation in ("constant", "input"):
            return step
        return Step(step.operation, tuple(place[operand] for operand in step.operands))

    return Program(
        tuple(moved(steps[number]) for number in order),
        tuple(place[number] for number in results),
        tuple(name._replace(number=place[name.number]) for name in names if name.number in needed),
    )


def record(function: Callable[[Any, Callable[[str, int], Any]], Iterable[object]]) -> Program:
    """Record any function of this kind.

    Parameters
    ----------
    function : callable
        Takes a namespace, and a function that gives an input by its group and number; gives the results.
    """
    recorder = _Recorder()
    return _program(recorder, function(_Namespace(recorder), partial(recorder.add, "input")))


def taken_out(program: Program, group: str) -> tuple[Program, Program]:
    """Part a program into what depends on one group of inputs alone, which need be done once, and the rest.

    Returns
    -------
    once : Program
        Works on that group only.
    rest : Program
        The program with the results of the first as inputs of the group "once", in their order. The two together have
        the bits of the program.
    """
    alone: list[bool] = []
    for operation, operands in program.steps:
        if operation == "input":
            alone.append(operands[0] == group)
        else:
            alone.append(operation == "constant" or all(alone[operand] for operand in operands))
    plain = [step.operation in ("constant", "input") for step in program.steps]
    wanted = set(program.results)
    for number, step in enumerate(program.steps):
        if not alone[number] and not plain[number]:
            wanted |= set(step.operands)
    kept = [number for number in sorted(wanted) if alone[number] and not plain[number]]
    place = {number: Step("input", ("once", row)) for row, number in enumerate(kept)}
    steps = [place.get(number, step) for number, step in enumerate(program.steps)]
    return _needed(list(program.steps), kept), _needed(steps, program.results)
