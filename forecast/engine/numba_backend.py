"""Run the month as machine code, eight worlds at a time: the backend for size."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any, Literal

import numba
import numpy as np
from numba.core import types
from numpy.typing import NDArray

from forecast.engine import elementary
from forecast.engine.compiled_cache import compile_kept, is_kept
from forecast.engine.encoding import encode
from forecast.engine.lanes import LANES, LOG, log_exponential_step, steps_of
from forecast.engine.layout import KINDS, Stacks, of_kind
from forecast.options import Option
from forecast.schema import GREATEST, NO_NUMBER
from forecast.world import World
from priors import philox

__all__ = ["advance_chunk", "compile_numbers", "is_compiled", "is_loaded"]

Floats = NDArray[np.float64]

# An intrinsic's own signature has the typing context in front, which callers do not give.
_turn: Any = log_exponential_step


def _flush(lanes: Any, out: Any, option: Any, at: Any, kept: Any) -> None:
    """Copy eight worlds, or those of them that there are, to their place in the arrays of the run."""
    for row in range(lanes.shape[0]):
        for lane in range(kept):
            for month in range(lanes.shape[2]):
                out[row, option, at + lane, month] = lanes[row, lane, month]


_flush_lanes = numba.njit(_flush)


def _gather(table: Any, column: Any, kept: Any, lanes: Any) -> None:
    """Copy the columns of eight worlds; repeat the last one where there are fewer."""
    for row in range(table.shape[0]):
        for lane in range(LANES):
            lanes[row, lane] = table[row, column + min(lane, kept - 1)]


_gather_lanes = numba.njit(_gather)


def _kernel(world: World) -> Any:
    """Write the loops around the steps of a world; arguments as ``Encoded`` and :func:`advance_chunk` have them."""
    origin, once, advance, results = steps_of(world)
    greatest_count = float(GREATEST["count"])
    greatest_code = np.array([world.states[name].greatest for name in of_kind(world, "code")], dtype=np.float64)
    rows, levers, step = len(world.rows), len(world.levers), float(world.step)
    floats_at, counts_at, flags_at, codes_at = (
        np.array([world.row(name) for name in of_kind(world, kind)], dtype=np.int64) for kind in KINDS
    )

    @numba.njit(inline="always")
    def record(state: Any, floats: Any, counts: Any, flags: Any, codes: Any, month: Any) -> None:
        # Keeps a month of eight worlds in arrays of shape (state, lane, month), as layout.kept has it.
        for row in range(floats_at.size):
            for lane in range(LANES):
                floats[row, lane, month] = state[floats_at[row], lane]
        for row in range(counts_at.size):
            for lane in range(LANES):
                count = np.rint(state[counts_at[row], lane])
                counts[row, lane, month] = np.int32(count if 0.0 <= count <= greatest_count else NO_NUMBER)
        for row in range(flags_at.size):
            for lane in range(LANES):
                flag = state[flags_at[row], lane]
                flags[row, lane, month] = np.int8(flag if flag == 0.0 or flag == 1.0 else NO_NUMBER)
        for row in range(codes_at.size):
            for lane in range(LANES):
                code = state[codes_at[row], lane]
                known = 0.0 <= code <= greatest_code[row] and code == np.rint(code)
                codes[row, lane, month] = np.int8(code if known else NO_NUMBER)

    def run(
        levels: Any,
        triggers: Any,
        since: Any,
        conditions: Any,
        looks_at: Any,
        sign: Any,
        bound: Any,
        sets: Any,
        lever: Any,
        level: Any,
        parameters: Any,
        shocks: Any,
        at_origin: Any,
        start: Any,
        floats: Any,
        counts: Any,
        flags: Any,
        codes: Any,
    ) -> None:
        options, months = levels.shape[0], levels.shape[1]
        worlds = parameters.shape[1]
        channels = shocks.shape[0] // months
        state = np.empty((rows, LANES))
        pulled = np.empty((levers, LANES))
        fired = np.zeros((max(1, conditions.size - 1), LANES))
        # What eight worlds need and leave behind stays together, in some 60 kB that are never far away; their places
        # in the large arrays are many pages apart and are visited once.
        beliefs = np.empty((parameters.shape[0], LANES))
        luck = np.empty((shocks.shape[0], LANES))
        first_luck = np.empty((at_origin.shape[0], LANES))
        now = np.empty((channels, LANES))
        alone = np.empty((results, LANES))
        own_floats = np.empty((floats_at.size, LANES, months + 1), dtype=np.float64)
        own_counts = np.empty((counts_at.size, LANES, months + 1), dtype=np.int32)
        own_flags = np.empty((flags_at.size, LANES, months + 1), dtype=np.int8)
        own_codes = np.empty((codes_at.size, LANES, months + 1), dtype=np.int8)
        for column in range(0, worlds, LANES):
            kept = min(LANES, worlds - column)
            _gather_lanes(parameters, column, kept, beliefs)
            _gather_lanes(shocks, column, kept, luck)
            _gather_lanes(at_origin, column, kept, first_luck)
            once(alone, beliefs)
            for option in range(options):
                origin(state, beliefs, first_luck)
                record(state, own_floats, own_counts, own_flags, own_codes, 0)
                fired[:] = 0.0
                for month in range(months):
                    for number in range(levers):
                        for lane in range(LANES):
                            pulled[number, lane] = levels[option, month, number]
                    for trigger in range(triggers[option], triggers[option + 1]):
                        for lane in range(LANES):
                            met = month + 1 >= since[trigger]
                            for one in range(conditions[trigger], conditions[trigger + 1]):
                                met = met and sign[one] * state[looks_at[one], lane] >= sign[one] * bound[one]
                            if met:
                                fired[trigger, lane] = 1.0
                            latch = fired[trigger, lane]
                            for one in range(sets[trigger], sets[trigger + 1]):
                                # Products with an exact 0 or 1: a trigger that has not fired changes no bit.
                                old = pulled[lever[one], lane]
                                pulled[lever[one], lane] = old * (1.0 - latch) + level[one] * latch
                    for channel in range(channels):
                        for lane in range(LANES):
                            now[channel, lane] = luck[channel * months + month, lane]
                    advance(state, pulled, beliefs, alone, now, month * step / 12.0)
                    record(state, own_floats, own_counts, own_flags, own_codes, month + 1)
                _flush_lanes(own_floats, floats, option, start + column, kept)
                _flush_lanes(own_counts, counts, option, start + column, kept)
                _flush_lanes(own_flags, flags, option, start + column, kept)
                _flush_lanes(own_codes, codes, option, start + column, kept)

    # Two worlds in one process need two names.
    run.__name__ = run.__qualname__ = f"run_{world.hash[:16]}"
    return run


def _array(kind: Any, dims: int, layout: Literal["C", "A"] = "C") -> Any:
    return types.Array(kind, dims, layout)


_SIGNATURE = types.void(
    _array(types.float64, 3),
    *(_array(types.int64, 1) for _ in range(4)),
    *(_array(types.float64, 1) for _ in range(2)),
    *(_array(kind, 1) for kind in (types.int64, types.int64, types.float64)),
    *(_array(types.float64, 2) for _ in range(3)),
    types.int64,
    *(_array(kind, 4, "A") for kind in (types.float64, types.int32, types.int8, types.int8)),
)


def _log_exponential(values: Any) -> None:
    """Turn a flat array of uniforms into logs of exponentials in place."""
    size = values.size
    whole = size - size % LANES
    for place in range(0, whole, LANES):
        _turn(values, place)
    if whole < size:
        last = np.empty(LANES)
        for lane in range(LANES):
            last[lane] = values[min(whole + lane, size - 1)]
        _turn(last, 0)
        for place in range(whole, size):
            values[place] = last[place - whole]


_LOG_SIGNATURE = types.void(_array(types.float64, 1))


def _hashed(steps: str) -> str:
    """Hash what machine code follows from: steps, and the files that put them into loops."""
    digest = hashlib.sha256(steps.encode())
    for name in ("numba_backend.py", "lanes.py", "elementary.py"):
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


def _content(world: World) -> str:
    """Hash what the month follows from."""
    return _hashed(f"{world.hash} {LANES}")


_compiled: dict[str, Any] = {}
_compiling = threading.Lock()


def compile_numbers() -> None:
    """Draw keyed random numbers by machine code from here on; they are the same, bit for bit."""
    code = hashlib.sha256(Path(philox.__file__).read_bytes()).hexdigest()
    philox.use(compile_kept(philox.fill_loops, [philox.SIGNATURE], code))
    elementary.use(compile_kept(_log_exponential, [_LOG_SIGNATURE], _hashed(LOG.hash)))


def _function(world: World) -> Any:
    """Give the compiled function; compile it, or load it, the first time."""
    with _compiling:
        if world.hash not in _compiled:
            compile_numbers()
            _compiled[world.hash] = compile_kept(_kernel(world), [_SIGNATURE], _content(world))
    return _compiled[world.hash]


def is_loaded(world: World) -> bool:
    """Tell whether the machine code is ready in this process."""
    return world.hash in _compiled


def is_compiled(world: World) -> bool:
    """Tell whether a run would find its machine code ready, in this process or on disk."""
    from numba.core.registry import cpu_target

    return is_loaded(world) or is_kept(_content(world), _SIGNATURE, cpu_target.target_context.codegen())


def advance_chunk(
    world: World,
    options: tuple[Option, ...],
    parameters: Floats,
    shocks: Floats,
    at_origin: Floats,
    *,
    start: int,
    out: Stacks,
) -> None:
    """Run every option over a chunk of worlds and write every state, without holding the interpreter's lock.

    Arguments as for :func:`forecast.engine.numpy_backend.advance_chunk`, and the same bits.
    """
    rows = shocks.reshape(-1, shocks.shape[-1])
    _function(world)(*encode(world, options, shocks.shape[1]), parameters, rows, at_origin, start, *out)
