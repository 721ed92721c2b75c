"""Recorded steps as formulas that can be read: one line of plain text a value, in terms of values with a name.

A formula is written in the usual signs. ``^`` is a power, ``[a < b]`` is 1 where a is below b and 0 elsewhere, ``x if a
else y`` is x where a holds (a yes/no value: where it is 1) and y elsewhere, and ``poisson(u, rate)`` and
``binomial(u, n, p)`` are quantiles. What comes to nothing is left out: sums with 0, products with 1 or 0, choices that
are made. Numbers have six figures.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from forecast.engine.program import Program

__all__ = ["Formula", "formula_of", "too_long"]

_MOST = 1000
"""Signs in a formula, from which a step of it is written by itself."""


class Formula(NamedTuple):
    """A value as text, and the names that stand in the text, in the order in which they are first met."""

    text: str
    names: tuple[str, ...]


class _Node(NamedTuple):
    """A number, a name, or an operation on other nodes."""

    operation: str
    operands: tuple[Any, ...]


def formula_of(program: Program, number: int, *, names: Mapping[int, str]) -> Formula:
    """Write the value of a step in terms of those that have a name.

    Parameters
    ----------
    program : Program
        The steps.
    number : int
        The step.
    names : mapping of int to str
        The steps that are shown by name, inputs among them. An input is its name; of another step that has a name it
        is asked what it is.
    """
    if program.steps[number].operation != "input":
        names = {step: name for step, name in names.items() if step != number}
    node = _tree(program, number, names)
    met: dict[str, None] = {}
    _collect(node, met)
    return Formula(_text(node), tuple(met))


def too_long(program: Program, *, names: Mapping[int, str]) -> list[int]:
    """Return the steps to name beside those that have a name, so that no formula is longer than can be read.

    A value that is used twice is written out twice: thirty steps that each double the one before would be a billion.
    """
    found: list[int] = []
    sizes: list[int] = []
    for number, step in enumerate(program.steps):
        plain = number in names or step.operation in ("input", "constant")
        size = 1 if plain else 1 + sum(sizes[operand] for operand in step.operands)
        if size > _MOST:
            found.append(number)
        sizes.append(size if size <= _MOST else 1)
    return found


def _tree(program: Program, number: int, names: Mapping[int, str]) -> _Node:
    if number in names:
        return _Node("name", (names[number],))
    step = program.steps[number]
    if step.operation == "constant":
        return _Node("number", step.operands)
    return _simple(step.operation, [_tree(program, operand, names) for operand in step.operands])


def _collect(node: _Node, met: dict[str, None]) -> None:
    if node.operation == "name":
        met[node.operands[0]] = None
    elif node.operation != "number":
        for operand in node.operands:
            _collect(operand, met)


# What comes to nothing


_ON_NUMBERS: Mapping[str, Callable[..., float]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "minimum": min,
    "maximum": max,
    "exp": math.exp,
    "sqrt": math.sqrt,
}


def _is(node: _Node, value: float) -> bool:
    return node == _Node("number", (value,))


def _simple(operation: str, operands: list[_Node]) -> _Node:
    if operation in _ON_NUMBERS and all(one.operation == "number" for one in operands):
        # What is no number, or too large for one, stands as it was written.
        with contextlib.suppress(ArithmeticError, ValueError):
            return _Node("number", (_ON_NUMBERS[operation](*(one.operands[0] for one in operands)),))
    first, last = operands[0], operands[-1]
    match operation:
        case "add" if _is(first, 0.0):
            return last
        case "add" | "subtract" if _is(last, 0.0):
            return first
        case "multiply" if _is(first, 0.0) or _is(last, 0.0):
            return _Node("number", (0.0,))
        case "multiply" if _is(first, 1.0):
            return last
        case "where" if first.operation == "number":
            return operands[1] if first.operands[0] else operands[2]
        case "less" if first.operation == "where" and _is(first.operands[2], math.inf):
            # What is never can not be early.
            gate, then, _ = first.operands
            return _Node("and", (gate, _simple("less", [then, last])))
        case "less" if first.operation == "subtract" and _is(last, 0.0):
            return _Node("less", first.operands)
    return _Node(operation, tuple(operands))


# Text


_CHOICE, _SUM, _PRODUCT, _ATOM = range(4)
"""How tightly a text holds together; what is looser than its place asks is put in parentheses."""

_CALLS = {
    **{"exp": "exp", "log": "log", "sqrt": "sqrt", "absolute": "abs", "floor": "floor"},
    **{"minimum": "min", "maximum": "max", "poisson_ppf": "poisson", "binomial_ppf": "binomial"},
}
_SIGNS = {"less": "<", "less_equal": "<=", "equal": "="}


def _text(node: _Node, least: int = _CHOICE) -> str:
    text, holds = _written(node)
    return text if holds >= least else f"({text})"


def _written(node: _Node) -> tuple[str, int]:
    """Give the text of a node, and how tightly it holds together."""
    operation, operands = node
    match operation:
        case "number":
            return _number(operands[0]), _ATOM if operands[0] >= 0 else _SUM
        case "name":
            return operands[0], _ATOM
        case "add" | "subtract" | "negative":
            return _sum(node)
        case "multiply" | "divide":
            return _sum(node)
        case "where":
            condition, yes, no = operands
            return f"{_text(yes, _SUM)} if {_condition(condition)} else {_text(no, _SUM)}", _CHOICE
        case "less" | "less_equal" | "equal" | "and":
            return f"[{_condition(node)}]", _ATOM
    return f"{_CALLS[operation]}({', '.join(_text(one) for one in operands)})", _ATOM


def _condition(node: _Node) -> str:
    """Write what holds or not."""
    if node.operation == "and":
        return " and ".join(_condition(one) for one in node.operands)
    if node.operation in _SIGNS:
        first, second = (_text(one, _SUM) for one in node.operands)
        sign = _SIGNS[node.operation]
        # What varies comes first.
        turned = node.operands[0].operation == "number"
        return f"{second} {sign.replace('<', '>')} {first}" if turned else f"{first} {sign} {second}"
    return _text(node, _SUM)


def _number(value: float) -> str:
    return f"{value:.6g}"


def _sum(node: _Node) -> tuple[str, int]:
    terms: list[tuple[bool, str]] = []
    _add_terms(node, False, terms)
    (below, text), *rest = terms
    text = f"-{text}" if below else text
    for minus, term in rest:
        text += f" {'-' if minus else '+'} {term}"
    return text, _SUM if rest or below else _PRODUCT


def _add_terms(node: _Node, minus: bool, terms: list[tuple[bool, str]]) -> None:
    match node.operation:
        case "add" | "subtract":
            _add_terms(node.operands[0], minus, terms)
            _add_terms(node.operands[1], minus != (node.operation == "subtract"), terms)
        case "negative":
            _add_terms(node.operands[0], not minus, terms)
        case "multiply" | "divide":
            below, text = _product(node)
            terms.append((minus != below, text))
        case _:
            terms.append((minus, _text(node, _PRODUCT)))


def _product(node: _Node) -> tuple[bool, str]:
    """Give whether a product has a minus before it, and its text without."""
    above: list[_Node] = []
    under: list[_Node] = []
    below = _add_factors(node, above, under)
    over = _factors(above) or ["1"]
    if not under:
        return below, " * ".join(over)
    divided = _factors(under)
    return below, f"{' * '.join(over)} / " + (divided[0] if len(divided) == 1 else f"({' * '.join(divided)})")


def _add_factors(node: _Node, above: list[_Node], under: list[_Node]) -> bool:
    """Take a product apart; gives whether there is a minus before it."""
    match node.operation:
        case "multiply":
            first = _add_factors(node.operands[0], above, under)
            return first != _add_factors(node.operands[1], above, under)
        case "divide":
            first = _add_factors(node.operands[0], above, under)
            return first != _add_factors(node.operands[1], under, above)
        case "negative":
            return not _add_factors(node.operands[0], above, under)
        case "number":
            value = node.operands[0]
            if abs(value) != 1.0:
                above.append(_Node("number", (abs(value),)))
            return bool(value < 0)
        case _:
            above.append(node)
            return False


def _factors(nodes: list[_Node]) -> list[str]:
    """Write factors, numbers first, and those that come twice as a power."""
    texts = [_text(one, _ATOM) for one in sorted(nodes, key=lambda one: one.operation != "number")]
    return [text if texts.count(text) == 1 else f"{text}^{texts.count(text)}" for text in dict.fromkeys(texts)]
