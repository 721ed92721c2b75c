"""The derivative of a program, itself a program: reverse-mode differentiation of recorded steps.

References
----------
Griewank & Walther (2008), *Evaluating Derivatives*, chapter 3.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from forecast.engine.program import Program, record

__all__ = ["OPERATORS", "adjoint"]

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


def adjoint(program: Program, size: int) -> Program:
    """Differentiate a program.

    At a tie, ``minimum`` and ``maximum`` pass the derivative to the first of the two alone, as PyTensor does.

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
        varies = _varies(program)
        # For each step that matters, the derivative of the weighted sum by it.
        slopes: dict[int, Any] = {}

        def pass_on(number: int, slope: Any) -> None:
            slopes[number] = slopes[number] + slope if number in slopes else slope

        for number, result in enumerate(program.results):
            pass_on(result, given("x", size + number))
        for number in reversed(range(len(program.steps))):
            operation, operands = program.steps[number]
            if number not in slopes or operation in ("constant", "input"):
                continue
            terms = _terms(operation, slopes[number], values[number], [values[operand] for operand in operands])
            for operand, term in zip(operands, terms, strict=True):
                if varies[operand]:
                    pass_on(operand, term)
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


def _varies(program: Program) -> list[bool]:
    """Return for each step whether an input changes it."""
    varies: list[bool] = []
    for operation, operands in program.steps:
        known = operation == "input" or (operation != "constant" and any(varies[operand] for operand in operands))
        varies.append(known)
    return varies


def _terms(operation: str, slope: Any, value: Any, operands: list[Any]) -> tuple[Any, ...]:
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
            return 0.0, slope * holds, slope * (1.0 - holds)
        case "minimum":
            return slope * (a <= b), slope * (a > b)
        case "maximum":
            return slope * (a >= b), slope * (a < b)
        case "less" | "less_equal" | "equal":
            return 0.0, 0.0
    raise TypeError(f"{operation} has no derivative here")
