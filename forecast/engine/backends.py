"""Which backend runs the month."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from forecast.errors import InvalidArgument

if TYPE_CHECKING:
    from forecast.world import World

__all__ = ["BACKENDS", "Advance", "choose", "load", "use_compiled_numbers"]

BACKENDS = ("numpy", "numba", "jax")
"""NumPy and numba give the same bits; JAX differs by rounding, and is for accelerators."""

Advance = Callable[..., None]
"""As :func:`forecast.engine.numpy_backend.advance_chunk`."""

_WINS_WARM, _WINS_COLD = 300_000, 1_500_000
"""Options times worlds times steps of a usual world from which numba is faster, with and without its code on disk."""

_USUAL, _POISSON, _BINOMIAL = 1136.0, 70.0, 1000.0
"""Operations in a step of a usual world, and how many of them a draw of a count takes as long as in NumPy."""

_COMPILED, _OF_STEP, _OF_BINOMIAL = 5.0, 0.001, 0.55
"""Seconds that compiling takes at the least, and for each operation and each binomial; benchmarks/README.md."""


def choose(backend: object, size: int, world: World | None = None) -> str:
    """Name the backend that will run.

    Parameters
    ----------
    backend : str
        One of :data:`BACKENDS`, or "auto": numba from a size where it wins, NumPy below. The size changes no world,
        because these two have the same bits.
    size : int
        Options times worlds times steps.
    world : World, optional
        What is run: how much there is to do in a step, how long it takes to compile, and whether it is compiled.

    Raises
    ------
    InvalidArgument
        If there is no such backend, or its library is not installed.
    """
    if not isinstance(backend, str) or backend not in ("auto", *BACKENDS):
        raise InvalidArgument(
            f"backend = {backend!r:.60}",
            expected="'auto', " + ", ".join(repr(name) for name in BACKENDS),
            mend="leave it out, or name one of these (JAX for accelerators)",
        )
    if backend == "auto":
        return "numba" if _has("numba") and _numba_wins(size, world) else "numpy"
    if not _has(backend) or (backend == "numba" and not _compiles()):
        extra = "pip install 'libya-forecast[jax]'" if backend == "jax" else f"pip install {backend}"
        raise InvalidArgument(
            f"backend = {backend!r}, which is not installed, or does not work here",
            expected="a backend that is installed and, for numba, not switched off by NUMBA_DISABLE_JIT",
            mend=f"install it ({extra}), or leave backend out",
        )
    return backend


def _has(library: str) -> bool:
    return find_spec(library) is not None


def _numba_wins(size: int, world: World | None) -> bool:
    loaded = sys.modules.get("forecast.engine.numba_backend")
    if loaded is not None and world is not None and loaded.is_loaded(world):
        return True
    run, compiled = (1.0, 1.0) if world is None else _weights(world)
    # Below this not even importing it would pay.
    if size * run < _WINS_WARM or not _compiles():
        return False
    if size * run >= _WINS_COLD * compiled:
        return True
    from forecast.engine.numba_backend import is_compiled

    return world is not None and is_compiled(world)


def _weights(world: World) -> tuple[float, float]:
    """Return how long a step takes in NumPy, and all steps to compile, beside those of a usual world."""
    operations = [step.operation for step in world.month_program.steps]
    poisson, binomial = operations.count("poisson_ppf"), operations.count("binomial_ppf")
    compiled = _COMPILED + _OF_STEP * len(operations) + _OF_BINOMIAL * binomial
    usual = _COMPILED + _OF_STEP * _USUAL
    return (len(operations) + _POISSON * poisson + _BINOMIAL * binomial) / _USUAL, compiled / usual


def _compiles() -> bool:
    """Tell whether numba can be imported and is switched on."""
    try:
        config: Any = import_module("numba.core.config")
    except ImportError:
        return False
    return not config.DISABLE_JIT


def use_compiled_numbers() -> None:
    """Draw keyed random numbers by machine code, where numba works: the same numbers, several times as fast."""
    if _compiles():
        from forecast.engine.numba_backend import compile_numbers

        compile_numbers()


def load(backend: str) -> Advance:
    """Give the function of a backend that runs a chunk."""
    module = import_module(f"forecast.engine.{backend}_backend")
    advance: Advance = module.advance_chunk
    return advance
