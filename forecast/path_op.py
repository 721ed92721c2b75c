"""A long formula as one PyTensor Op with its derivative: compiling its hundreds of nodes takes longer than sampling.

The formula is recorded as steps (:mod:`forecast.engine.program`), which are differentiated as steps
(:mod:`forecast.engine.adjoint`) and written down as Python. NumPy runs that text on many draws at once, and numba
compiles it for one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.replace import _vectorize_node
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key

from forecast.engine.adjoint import OPERATORS, adjoint
from forecast.engine.program import Program, record
from forecast.readings import NUMPY

__all__ = ["is_graph", "one_op", "operations_of"]

# PyTensor has no types for these two.
_concatenate: Any = pt.concatenate
_for_numba: Any = register_funcify_and_cache_key

_BLOCK = 1024
"""Draws that NumPy runs at a time: a few hundred steps of as many numbers stay in the processor's cache."""

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_COMPARISONS = {"less": "<", "less_equal": "<=", "equal": "=="}
_FUNCTIONS = {
    **{"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "minimum": np.minimum, "maximum": np.maximum},
    **{"absolute": np.absolute, "floor": np.floor, "where": np.where},
    # Constants are written as they print.
    **{"inf": np.inf, "nan": np.nan},
}

_PYTENSOR: Mapping[str, Callable[..., Any]] = {
    "add": pt.add,
    "subtract": pt.sub,
    "multiply": pt.mul,
    "divide": pt.true_div,
    "negative": pt.neg,
    "absolute": pt.abs,
    "floor": pt.floor,
    "exp": pt.exp,
    "log": pt.log,
    "sqrt": pt.sqrt,
    "minimum": pt.minimum,
    "maximum": pt.maximum,
    "where": lambda condition, yes, no: pt.switch(pt.neq(condition, 0.0), yes, no),
    "equal": lambda left, right: pt.eq(left, right) * np.float64(1.0),
    "less": lambda left, right: pt.lt(left, right) * np.float64(1.0),
    "less_equal": lambda left, right: pt.le(left, right) * np.float64(1.0),
}


class _Operations(Mapping[str, Callable[..., Any]]):
    """Operations on variables or symbols, of which those on plain numbers alone are done at once by NumPy."""

    def __init__(self, functions: Callable[[str], Callable[..., Any]]) -> None:
        self._functions = functions

    def __getitem__(self, operation: str) -> Callable[..., Any]:
        of_numbers, function = NUMPY[operation], self._functions(operation)

        def run(*operands: Any) -> Any:
            if all(isinstance(one, Real) for one in operands):
                with np.errstate(all="ignore"):
                    return float(of_numbers(*operands))
            # A plain 0.5 would become a single-precision constant.
            return function(*(np.float64(one) if isinstance(one, Real) else one for one in operands))

        return run

    def __iter__(self) -> Iterator[str]:
        return iter(NUMPY)

    def __len__(self) -> int:
        return len(NUMPY)


def is_graph(xp: Any) -> bool:
    """Tell whether a namespace is PyTensor's."""
    return xp is pt


def operations_of(xp: Any) -> Mapping[str, Callable[..., Any]]:
    """Give what runs recorded steps as a graph, or records them again within longer ones.

    Parameters
    ----------
    xp : namespace
        ``pytensor.tensor``, or the one that :func:`forecast.engine.program.record` gives.
    """
    if is_graph(xp):
        return _Operations(_PYTENSOR.__getitem__)
    named = {"absolute": "abs"}
    return _Operations(lambda name: OPERATORS.get(name) or getattr(xp, named.get(name, name)))


def one_op(function: Callable[[Any, Mapping[str, Any]], Iterable[Any]], parameters: Mapping[str, Any]) -> Any:
    """Write a formula as one node of a graph.

    Parameters
    ----------
    function : callable
        Takes a namespace, which gives ``exp``, ``sqrt``, ``minimum`` and ``maximum``, and the parameters. Gives the
        results, which are arithmetic on them.
    parameters : mapping of str to variable
        PyTensor scalars. Those that the function reads become the inputs of the node.

    Returns
    -------
    TensorVariable
        Vector of the results.
    """
    names: list[str] = []

    def results(xp: Any, given: Callable[[str, int], Any]) -> list[Any]:
        read = _Read(given)
        values = list(function(xp, read))
        names.extend(read)
        return values

    program = record(results)
    return _Recorded(program, len(names))(pt.stack([parameters[name] for name in names]).astype("float64"))


class _Read(dict[str, Any]):
    """Parameters as inputs, numbered in the order in which they are first read."""

    def __init__(self, given: Callable[[str, int], Any]) -> None:
        super().__init__()
        self._given = given

    def __missing__(self, name: str) -> Any:
        self[name] = self._given("x", len(self))
        return self[name]


class _Recorded(Op):
    """Run recorded steps on vectors: the last axis of the input holds the inputs of the steps, any before it draws."""

    __props__ = ("hash", "size")

    def __init__(self, program: Program, size: int) -> None:
        self.program, self.size = program, size
        # Equal Ops are merged, and graphs and compiled code are told apart, by this.
        self.hash = program.hash

    def __reduce__(self) -> tuple[Any, ...]:
        # Functions that were written at run time cannot be pickled, and are soon written again.
        return _Recorded, (self.program, self.size)

    @cached_property
    def steps(self) -> Callable[[Any, Any], None]:
        return _written(self.program)

    def make_node(self, *inputs: Any) -> Apply[Any]:
        x = pt.as_tensor_variable(*inputs)
        return Apply(self, [x], [pt.tensor(dtype="float64", shape=(*x.type.shape[:-1], len(self.program.results)))])

    def infer_shape(self, node: Apply[Any], shapes: Sequence[Any]) -> list[Any]:
        return [(*shapes[0][:-1], len(self.program.results))]

    def pullback(self, inputs: Sequence[Any], outputs: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
        weights = len(self.program.results)
        op = _Recorded(adjoint(self.program, self.size), self.size + weights)
        return [op(_concatenate([inputs[0], cotangents[0]], axis=-1))]

    def perform(self, node: Apply[Any], inputs: Sequence[Any], output_storage: Any) -> None:
        (x,) = inputs
        rows = x.reshape(-1, self.size)
        out = np.empty((len(rows), len(self.program.results)))
        # Far from where the model has mass they overflow, and the log density is then no number.
        with np.errstate(all="ignore"):
            for start in range(0, len(rows), _BLOCK):
                self.steps(rows[start : start + _BLOCK].T, out[start : start + _BLOCK].T)
        output_storage[0][0] = out.reshape(*x.shape[:-1], out.shape[1])


@_vectorize_node.register(_Recorded)
def _vectorized(op: _Recorded, node: Apply[Any], x: Any) -> Apply[Any]:
    """Take axes of draws as they are."""
    return op.make_node(x)


def _compiled(op: _Recorded, node: Apply[Any] | None = None, **_: Any) -> tuple[Any, str]:
    """Return the Op as a function of numba, and what its machine code follows from."""
    # Unless told otherwise numba hands PyTensor's licence to reorder sums on to what is called.
    steps = numba_njit(op.steps, error_model="numpy", fastmath=False)
    size, results = op.size, len(op.program.results)

    @numba_njit
    def run(x: Any) -> Any:
        rows = np.ascontiguousarray(x).reshape(-1, size)
        out = np.empty((rows.shape[0], results))
        for row in range(rows.shape[0]):
            steps(rows[row], out[row])
        return out.reshape((*x.shape[:-1], results))

    # PyTensor keeps machine code by this key alone, so the code of this file is part of it.
    key = hashlib.sha256(f"{op.hash} {size}".encode() + Path(__file__).read_bytes()).hexdigest()
    return run, key


_for_numba(_Recorded)(_compiled)


def _written(program: Program) -> Callable[[Any, Any], None]:
    """Return a function of an array of inputs that fills an array of results, both along axis 0."""
    lines, names = ["def steps(x, out):"], []
    for number, (operation, operands) in enumerate(program.steps):
        if operation == "constant":
            names.append(f"({operands[0]!r})")
            continue
        names.append(f"v{number}")
        if operation == "input":
            value = f"x[{operands[1]}]"
        elif operation in _SIGNS:
            value = f"{names[operands[0]]} {_SIGNS[operation]} {names[operands[1]]}"
        elif operation in _COMPARISONS:
            # Of truth values NumPy has no differences.
            value = f"({names[operands[0]]} {_COMPARISONS[operation]} {names[operands[1]]}) * 1.0"
        elif operation == "where":
            value = f"where({names[operands[0]]} != 0.0, {names[operands[1]]}, {names[operands[2]]})"
        elif operation == "negative":
            value = f"-{names[operands[0]]}"
        else:
            value = f"{operation}({', '.join(names[operand] for operand in operands)})"
        lines.append(f"    v{number} = {value}")
    lines += [f"    out[{place}] = {names[number]}" for place, number in enumerate(program.results)]
    scope: dict[str, Any] = dict(_FUNCTIONS)
    exec("\n".join(lines), scope)
    function: Callable[[Any, Any], None] = scope["steps"]
    return function
