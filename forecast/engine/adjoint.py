"""The derivative of a program, itself a program: reverse-mode differentiation of recorded steps.

References
----------
Griewank & Walther (2008), *Evaluating Derivatives*, chapter 3.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any

from forecast.engine.program import Program, record

__all__ = ["CHOICES", "OPERATORS", "adjoint"]

OPERATORS: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "absolute": operator.abs,
    "equal": operator.eq,
    "less": operator.lt,
    "less_equal": operator.le,
}
"""What symbols do for operations that are not asked of the namespace."""

CHOICES = frozenset({"where", "minimum", "maximum"})
"""Operations that leave one of their operands aside."""

_WITHOUT_END = frozenset({"divide", "exp", "log", "sqrt"})
"""Operations that give what is no number, or is infinite, for some numbers."""


def adjoint(program: Program, size: int) -> Program:
    """Differentiate a program.

    At a tie, ``minimum`` and ``maximum`` pass the derivative to the first of the two alone, as PyTensor does. What
    ``where``, ``minimum`` and ``maximum`` leave aside has the derivative 0, even where it is infinite or no number.

    Parameters
    ----------
    program : Program
        Its inputs are ``("x", 0)`` to ``("x", size - 1)``.
    size : int
        How many inputs it has; not every one need matter.

    Returns
    -------
    Program
        Inputs of the program, followed by a weight for each of its results. Gives the derivatives of the weighted sum
        of its results, one for each of the ``size`` inputs.

    Raises
    ------
    TypeError
        If a step has no derivative here.
    """

    def derivatives(xp: Any, given: Callable[[str, int], Any]) -> list[Any]:
        values = _replay(program, xp, given)
        varies, endless = _follow(program, {"input"}), _follow(program, _WITHOUT_END)
        # For each step that matters, the derivative of the weighted sum by it.
        slopes: dict[int, Any] = {}
        # Steps that a choice may leave aside.
        aside: set[int] = set()

        def pass_on(number: int, slope: Any) -> None:
            slopes[number] = slopes[number] + slope if number in slopes else slope

        for number, result in enumerate(program.results):
            pass_on(result, given("x", size + number))
        for number in reversed(range(len(program.steps))):
            operation, operands = program.steps[number]
            if number not in slopes or operation in ("constant", "input"):
                continue
            slope = slopes[number]
            terms = _terms(xp, operation, slope, values[number], [values[operand] for operand in operands])
            unsure = number in aside and (operation in _WITHOUT_END or (operation == "multiply" and endless[number]))
            for operand, term in zip(operands, terms, strict=True):
                if varies[operand]:
                    # Nothing times infinity would be no number.
                    pass_on(operand, xp.where(slope == 0.0, 0.0, term) if unsure else term)
                    if number in aside or operation in CHOICES:
                        aside.add(operand)
        places = {step.operands[1]: number for number, step in enumerate(program.steps) if step.operation == "input"}
        return [slopes.get(places.get(number, -1), 0.0) for number in range(size)]

    return record(derivatives)


def _replay(program: Program, xp: Any, given: Callable[[str, int], Any]) -> list[Any]:
    """Return the value of every step."""
    values: list[Any] = []
    for operation, operands in program.steps:
        if operation == "constant":
            values.append(operands[0])
        elif operation == "input":
            values.append(given(*operands))
        else:
            function = OPERATORS.get(operation) or getattr(xp, operation)
            values.append(function(*(values[operand] for operand in operands)))
    return values


def _follow(program: Program, operations: Collection[str]) -> list[bool]:
    """Return for each step whether it is one of these operations or follows from one."""
    found: list[bool] = []
    for operation, operands in program.steps:
        plain = operation in ("constant", "input")
        found.append(operation in operations or (not plain and any(found[operand] for operand in operands)))
    return found


def _terms(xp: Any, operation: str, slope: Any, value: Any, operands: list[Any]) -> tuple[Any, ...]:
    """Return for each operand of a step what its own derivative gains; parts that nobody wants are not kept."""
    a, b = operands[0], operands[-1]
    match operation:
        case "add":
            return slope, slope
        case "subtract":
            return slope, -slope
        case "multiply":
            return slope * b, slope * a
        case "divide":
            share = slope / b
            return share, -(share * value)
        case "negative":
            return (-slope,)
        case "exp":
            return (slope * value,)
        case "sqrt":
            return (0.5 * slope / value,)
        case "log":
            return (slope / a,)
        case "absolute":
            return (slope * ((a > 0.0) - (a < 0.0)),)
        case "floor":
            return (0.0,)
        case "where":
            holds = a != 0.0
            return 0.0, xp.where(holds, slope, 0.0), xp.where(holds, 0.0, slope)
        case "minimum":
            return xp.where(a <= b, slope, 0.0), xp.where(a > b, slope, 0.0)
        case "maximum":
            return xp.where(a >= b, slope, 0.0), xp.where(a < b, slope, 0.0)
        case "less" | "less_equal" | "equal":
            return 0.0, 0.0
    raise TypeError(f"{operation} has no derivative here")
