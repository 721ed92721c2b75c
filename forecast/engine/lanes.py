"""Programs compiled to vector instructions, eight worlds at a time.

numba compiles the loops around a month; the month itself is written down here, step by step, as operations on LLVM
vectors of eight doubles, because compilers do not find vectors in some 600 steps with loops among them by themselves.
No flag lets LLVM fuse or reorder anything, so every lane has the bits of :mod:`forecast.engine.elementary`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from forecast.engine import elementary
from forecast.engine.program import Program, record, taken_out
from forecast.world import World

__all__ = ["LANES", "LOG", "Steps", "log_exponential_step", "steps_of"]

LANES = 8
"""Worlds in a vector: one AVX-512 register, or two of AVX2."""

LOG = record(lambda _, number: [elementary.log_of(number("exponent", 0), number("fraction", 0))])
"""The steps of :func:`forecast.engine.elementary.log_of`."""

_AT_THE_MODE = record(lambda xp, number: [elementary.at_the_mode(xp, number("rate", 0), number("mode", 0))])
"""The steps of :func:`forecast.engine.elementary.at_the_mode`."""

_OF_NONE = record(
    lambda xp, number: [elementary.binomial_of_none(xp, *(number(name, 0) for name in ("trials", "share", "other")))]
)
"""The steps of :func:`forecast.engine.elementary.binomial_of_none`."""

_BINOMIAL_AT_THE_MODE = record(
    lambda xp, number: [
        elementary.binomial_at_the_mode(xp, *(number(name, 0) for name in ("trials", "share", "other", "mode")))
    ]
)
"""The steps of :func:`forecast.engine.elementary.binomial_at_the_mode`."""

_SPARE = 1075 << 52
"""Bits of 2^52: a whole number below 2^52 or-ed into them is added, where AVX2 could not convert it."""

_DOUBLE, _LONG = ir.DoubleType(), ir.IntType(64)
_VECTOR, _LONGS, _MASK = (ir.VectorType(kind, LANES) for kind in (_DOUBLE, _LONG, ir.IntType(1)))


def _same(value: float) -> ir.Constant:
    return ir.Constant(_VECTOR, [float(value)] * LANES)


def _same_long(value: int) -> ir.Constant:
    return ir.Constant(_LONGS, [value] * LANES)


def _everywhere(builder: ir.IRBuilder, value: Any) -> Any:
    """Put one number into every lane."""
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.IntType(32)(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _own(module: ir.Module, name: str, operands: int) -> tuple[ir.Function, bool]:
    """Find or declare a function of vectors in a module; tell whether its body is still to be written."""
    if name in module.globals:
        return module.globals[name], False
    function = ir.Function(module, ir.FunctionType(_VECTOR, [_VECTOR] * operands), name)
    function.linkage = "internal"
    # Compiling takes longer than in proportion to what stands in one function, and calls cost nothing that is noticed.
    function.attributes.add("noinline")
    return function, True


def _either(builder: ir.IRBuilder, sign: str, left: Any, right: Any) -> Any:
    """Choose as NumPy's minimum ("<") and maximum (">") do: what is not a number stays so, from either side."""
    takes_left = builder.fcmp_ordered(sign, left, right)
    takes_left = builder.or_(takes_left, builder.fcmp_unordered("uno", left, left))
    return builder.select(takes_left, left, right)


def _minimum(builder: ir.IRBuilder, left: Any, right: Any) -> Any:
    return _either(builder, "<", left, right)


def _maximum(builder: ir.IRBuilder, left: Any, right: Any) -> Any:
    return _either(builder, ">", left, right)


def _exp(module: ir.Module) -> ir.Function:
    """Write :func:`forecast.engine.elementary.exp` for vectors."""
    function, new = _own(module, "world_exp", 1)
    if not new:
        return function
    builder = ir.IRBuilder(function.append_basic_block())
    inside = _minimum(builder, _maximum(builder, function.args[0], _same(elementary.LOWEST)), _same(elementary.HIGHEST))
    whole = builder.fadd(builder.fmul(inside, _same(elementary.LOG2_E)), _same(elementary.SHIFTER))
    bits = builder.shl(builder.bitcast(whole, _LONGS), _same_long(52))
    scale = builder.bitcast(builder.add(bits, _same_long(elementary.HALF)), _VECTOR)
    whole = builder.fsub(whole, _same(elementary.SHIFTER))
    rest = builder.fsub(inside, builder.fmul(whole, _same(elementary.LN2_HIGH)))
    rest = builder.fsub(rest, builder.fmul(whole, _same(elementary.LN2_LOW)))
    pairs = zip(elementary.COEFFICIENTS[::2], elementary.COEFFICIENTS[1::2], strict=True)
    terms = [builder.fadd(builder.fmul(rest, _same(odd)), _same(even)) for even, odd in pairs]
    power: Any = rest
    while len(terms) > 1:
        power = builder.fmul(power, power)
        for number in range(1, len(terms), 2):
            terms[number - 1] = builder.fadd(terms[number - 1], builder.fmul(terms[number], power))
        terms = terms[::2]
    builder.ret(builder.fmul(terms[0], scale))
    return function


def _exact(module: ir.Module, operation: str) -> ir.Function:
    """Find or declare an operation of the processor on vectors, which IEEE arithmetic rounds exactly."""
    name = f"llvm.{operation}.v{LANES}f64"
    return module.globals.get(name) or ir.Function(module, ir.FunctionType(_VECTOR, [_VECTOR]), name)


def _log(module: ir.Module) -> ir.Function:
    """Write :func:`forecast.engine.elementary.log` for vectors."""
    function, new = _own(module, "world_log", 1)
    if not new:
        return function
    builder = ir.IRBuilder(function.append_basic_block())
    x = function.args[0]
    small = builder.fcmp_ordered("<", x, _same(elementary.LEAST_NORMAL))
    found = _log_of_bits(builder, builder.select(small, builder.fmul(x, _same(elementary.UP)), x))
    found = builder.select(small, builder.fsub(found, _same(elementary.LOG_UP)), found)
    found = builder.select(builder.fcmp_ordered("==", x, _same(0.0)), _same(-math.inf), found)
    kept = builder.fcmp_unordered("<", x, _same(0.0))
    found = builder.select(kept, _same(math.nan), found)
    builder.ret(builder.select(builder.fcmp_ordered("==", x, _same(math.inf)), x, found))
    return function


def _loop(
    function: ir.Function,
    builder: ir.IRBuilder,
    first: Sequence[Any],
    goes_on: Callable[[ir.IRBuilder, Sequence[Any]], Any],
    step: Callable[[ir.IRBuilder, Sequence[Any]], Sequence[Any]],
) -> list[Any]:
    """Write a loop over values as long as a bit says so; leave the builder behind it, and return the last values."""
    before = builder.block
    head, body, done = (function.append_basic_block() for _ in range(3))
    builder.branch(head)
    builder.position_at_end(head)
    values = [builder.phi(value.type) for value in first]
    builder.cbranch(goes_on(builder, values), body, done)
    builder.position_at_end(body)
    after = step(builder, values)
    builder.branch(head)
    for phi, begun, later in zip(values, first, after, strict=True):
        phi.add_incoming(begun, before)
        phi.add_incoming(later, body)
    builder.position_at_end(done)
    return values


def _any(builder: ir.IRBuilder, mask: Any) -> Any:
    return builder.icmp_unsigned("!=", builder.bitcast(mask, ir.IntType(LANES)), ir.IntType(LANES)(0))


def _within(builder: ir.IRBuilder, *bounds: tuple[Any, str, Any]) -> Any:
    """Say in which lanes all comparisons hold; those with what is not a number do not."""
    first, *rest = (builder.fcmp_ordered(sign, left, right) for left, sign, right in bounds)
    for other in rest:
        first = builder.and_(first, other)
    return first


def _as_numbers(builder: ir.IRBuilder, mask: Any) -> Any:
    return builder.uitofp(mask, _VECTOR)


def _from_zero(module: ir.Module) -> ir.Function:
    """Write the sum of Poisson probabilities from 0 for vectors, as elementary has it."""
    function, new = _own(module, "world_poisson_from_zero", 2)
    if not new:
        return function
    uniform, rate = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    first = builder.call(_exp(module), [builder.fneg(rate)])

    def goes_on(builder: ir.IRBuilder, values: Sequence[Any]) -> Any:
        k, _, _, cumulative = values
        undecided = _any(builder, builder.fcmp_ordered(">", uniform, cumulative))
        return builder.and_(undecided, builder.fcmp_ordered("<", k, _DOUBLE(float(elementary.MOST_TERMS))))

    def step(builder: ir.IRBuilder, values: Sequence[Any]) -> Sequence[Any]:
        k, count, term, cumulative = values
        above = builder.fcmp_ordered(">", uniform, cumulative)
        shares = _everywhere(builder, builder.fdiv(_DOUBLE(1.0), k))
        term = builder.fmul(term, builder.fmul(rate, shares))
        count = builder.fadd(count, _as_numbers(builder, above))
        return builder.fadd(k, _DOUBLE(1.0)), count, term, builder.fadd(cumulative, term)

    _, count, _, _ = _loop(function, builder, (_DOUBLE(1.0), _same(0.0), first, first), goes_on, step)
    builder.ret(count)
    return function


def _from_the_mode(
    function: ir.Function,
    builder: ir.IRBuilder,
    uniform: Any,
    mode: Any,
    peak: Any,
    *,
    fallen: Callable[[ir.IRBuilder, Any], Any],
    risen: Callable[[ir.IRBuilder, Any], Any],
) -> Any:
    """Write a sum of probabilities from the mode for vectors, as elementary has it."""
    one, least = _same(1.0), _same(elementary.NEGLIGIBLE)

    def weighs(builder: ir.IRBuilder, term: Any) -> Any:
        return builder.fcmp_ordered(">", term, least)

    def next_below(builder: ir.IRBuilder, term: Any, k: Any) -> tuple[Any, Any]:
        return builder.fmul(term, fallen(builder, k)), builder.fsub(k, one)

    def down(builder: ir.IRBuilder, values: Sequence[Any]) -> Sequence[Any]:
        total, term, k = values
        term, k = next_below(builder, term, k)
        return builder.fadd(total, term), term, k

    total, _, _ = _loop(
        function, builder, (peak, peak, mode), lambda builder, now: _any(builder, weighs(builder, now[1])), down
    )

    def lower(builder: ir.IRBuilder, values: Sequence[Any]) -> Any:
        _, below, term, _ = values
        reached = builder.fcmp_ordered("<=", uniform, builder.fsub(below, term))
        return builder.and_(reached, weighs(builder, term))

    def one_lower(builder: ir.IRBuilder, values: Sequence[Any]) -> Sequence[Any]:
        count, below, term, k = values
        less = _as_numbers(builder, lower(builder, values))
        return builder.fsub(count, less), builder.fsub(below, term), *next_below(builder, term, k)

    count, _, _, _ = _loop(
        function,
        builder,
        (mode, total, peak, mode),
        lambda builder, now: _any(builder, lower(builder, now)),
        one_lower,
    )

    def higher(builder: ir.IRBuilder, values: Sequence[Any]) -> Any:
        _, cumulative, term, _ = values
        return builder.and_(builder.fcmp_ordered(">", uniform, cumulative), weighs(builder, term))

    def one_higher(builder: ir.IRBuilder, values: Sequence[Any]) -> Sequence[Any]:
        count, cumulative, term, k = values
        k = builder.fadd(k, one)
        more = _as_numbers(builder, higher(builder, values))
        term = builder.fmul(term, risen(builder, k))
        return builder.fadd(count, more), builder.fadd(cumulative, term), term, k

    count, _, _, _ = _loop(
        function,
        builder,
        (count, total, peak, mode),
        lambda builder, now: _any(builder, higher(builder, now)),
        one_higher,
    )
    return count


def _poisson_from_the_mode(module: ir.Module) -> ir.Function:
    function, new = _own(module, "world_poisson_from_the_mode", 2)
    if not new:
        return function
    uniform, rate = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    mode = builder.call(_exact(module, "floor"), [rate])
    peak = _write(builder, _AT_THE_MODE, {"rate": lambda _: rate, "mode": lambda _: mode})[0]
    count = _from_the_mode(
        function,
        builder,
        uniform,
        mode,
        peak,
        fallen=lambda builder, k: builder.fdiv(k, rate),
        risen=lambda builder, k: builder.fdiv(rate, k),
    )
    builder.ret(count)
    return function


def _poisson_ppf(module: ir.Module) -> ir.Function:
    """Write :func:`forecast.engine.elementary.poisson_ppf` for vectors."""
    function, new = _own(module, "world_poisson_ppf", 2)
    if not new:
        return function
    builder = ir.IRBuilder(function.append_basic_block())
    uniform, rate = function.args
    known = _within(
        builder,
        (uniform, ">=", _same(0.0)),
        (uniform, "<", _same(1.0)),
        (rate, ">=", _same(0.0)),
        (rate, "<=", _same(elementary.MOST_RATE)),
    )
    uniform, rate = (builder.select(known, one, _same(0.0)) for one in (uniform, rate))
    large = builder.fcmp_ordered(">", rate, _same(elementary.SUMMED))
    count = builder.call(_from_zero(module), [uniform, builder.select(large, _same(0.0), rate)])
    # Lanes that are small do not wait for anything: a rate of 1 at its mode is decided at once.
    found = _where_any(
        function,
        builder,
        large,
        lambda: builder.call(_poisson_from_the_mode(module), [uniform, builder.select(large, rate, _same(1.0))]),
        count,
    )
    builder.ret(builder.select(known, found, _same(math.nan)))
    return function


def _where_any(function: ir.Function, builder: ir.IRBuilder, mask: Any, rare: Callable[[], Any], common: Any) -> Any:
    """Choose between what is written only for the case that the mask is set in some lane, and what is there."""
    some, done = function.append_basic_block(), function.append_basic_block()
    begun = builder.block
    builder.cbranch(_any(builder, mask), some, done)
    builder.position_at_end(some)
    both = builder.select(mask, rare(), common)
    builder.branch(done)
    builder.position_at_end(done)
    found = builder.phi(_VECTOR)
    found.add_incoming(common, begun)
    found.add_incoming(both, some)
    return found


def _binomial_from_zero(module: ir.Module) -> ir.Function:
    """Write the sum of binomial probabilities from 0 for vectors, as elementary has it."""
    function, new = _own(module, "world_binomial_from_zero", 4)
    if not new:
        return function
    uniform, trials, share, other = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    odds, mean = builder.fdiv(share, other), builder.fmul(trials, share)
    given = {"trials": lambda _: trials, "share": lambda _: share, "other": lambda _: other}
    first = _write(builder, _OF_NONE, given)[0]

    def above(builder: ir.IRBuilder, values: Sequence[Any]) -> Any:
        k, _, term, cumulative = values
        weighs = builder.fcmp_ordered(">", term, _same(elementary.NEGLIGIBLE))
        early = builder.fcmp_ordered("<=", _everywhere(builder, k), mean)
        return builder.and_(builder.fcmp_ordered(">", uniform, cumulative), builder.or_(weighs, early))

    def goes_on(builder: ir.IRBuilder, values: Sequence[Any]) -> Any:
        few = builder.fcmp_ordered("<", values[0], _DOUBLE(float(elementary.MOST_TERMS)))
        return builder.and_(_any(builder, above(builder, values)), few)

    def step(builder: ir.IRBuilder, values: Sequence[Any]) -> Sequence[Any]:
        k, count, term, cumulative = values
        count = builder.fadd(count, _as_numbers(builder, above(builder, values)))
        left = builder.fsub(builder.fadd(trials, _same(1.0)), _everywhere(builder, k))
        shares = _everywhere(builder, builder.fdiv(_DOUBLE(1.0), k))
        term = builder.fmul(term, builder.fmul(builder.fmul(left, odds), shares))
        return builder.fadd(k, _DOUBLE(1.0)), count, term, builder.fadd(cumulative, term)

    _, count, _, _ = _loop(function, builder, (_DOUBLE(1.0), _same(0.0), first, first), goes_on, step)
    builder.ret(_minimum(builder, count, trials))
    return function


def _binomial_from_the_mode(module: ir.Module) -> ir.Function:
    function, new = _own(module, "world_binomial_from_the_mode", 4)
    if not new:
        return function
    uniform, trials, share, other = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    mode = builder.call(_exact(module, "floor"), [builder.fmul(trials, share)])
    up, down = builder.fdiv(share, other), builder.fdiv(other, share)
    given = {"trials": trials, "share": share, "other": other, "mode": mode}
    inputs = {name: lambda _, value=value: value for name, value in given.items()}
    peak = _write(builder, _BINOMIAL_AT_THE_MODE, inputs)[0]

    def left(builder: ir.IRBuilder, k: Any) -> Any:
        return builder.fadd(builder.fsub(trials, k), _same(1.0))

    count = _from_the_mode(
        function,
        builder,
        uniform,
        mode,
        peak,
        fallen=lambda builder, k: builder.fmul(builder.fdiv(k, left(builder, k)), down),
        risen=lambda builder, k: builder.fmul(builder.fdiv(left(builder, k), k), up),
    )
    builder.ret(count)
    return function


def _binomial_ppf(module: ir.Module) -> ir.Function:
    """Write :func:`forecast.engine.elementary.binomial_ppf` for vectors."""
    function, new = _own(module, "world_binomial_ppf", 3)
    if not new:
        return function
    builder = ir.IRBuilder(function.append_basic_block())
    uniform, trials, chance = function.args
    none, one = _same(0.0), _same(1.0)
    known = _within(
        builder,
        (uniform, ">=", none),
        (uniform, "<", one),
        (trials, ">=", none),
        (trials, "<=", _same(elementary.MOST_TRIALS)),
        (trials, "==", builder.call(_exact(module, "floor"), [trials])),
        (chance, ">=", none),
        (chance, "<=", one),
    )
    uniform, trials, chance = (builder.select(known, part, none) for part in (uniform, trials, chance))
    turned = builder.fcmp_ordered(">", chance, _same(0.5))
    rest = builder.fsub(one, chance)
    # The next number after a positive one has the next bits; of 1 it is 1.
    bits = builder.add(builder.bitcast(builder.fsub(one, uniform), _LONGS), _same_long(1))
    reach = builder.select(turned, _minimum(builder, builder.bitcast(bits, _VECTOR), one), uniform)
    share, other = builder.select(turned, rest, chance), builder.select(turned, chance, rest)
    large = builder.fcmp_ordered(">", builder.fmul(trials, share), _same(elementary.SUMMED))
    small = builder.call(_binomial_from_zero(module), [reach, builder.select(large, none, trials), share, other])
    # As for Poisson counts; of two trials.
    others = ((trials, 2.0), (share, 0.5), (other, 0.5))
    count = _where_any(
        function,
        builder,
        large,
        lambda: builder.call(
            _binomial_from_the_mode(module),
            [reach, *(builder.select(large, part, _same(value)) for part, value in others)],
        ),
        small,
    )
    count = builder.select(turned, builder.fsub(trials, count), count)
    count = builder.select(builder.fcmp_ordered("==", uniform, none), none, count)
    builder.ret(builder.select(known, count, _same(math.nan)))
    return function


def _write(builder: ir.IRBuilder, program: Program, inputs: Mapping[str, Any]) -> list[Any]:
    """Write a program; ``inputs`` gives for each group a function from a number to a vector."""
    module = builder.module
    arithmetic = {
        "add": builder.fadd,
        "subtract": builder.fsub,
        "multiply": builder.fmul,
        "divide": builder.fdiv,
        "negative": builder.fneg,
        "minimum": lambda left, right: _minimum(builder, left, right),
        "maximum": lambda left, right: _maximum(builder, left, right),
        "less": lambda left, right: builder.uitofp(builder.fcmp_ordered("<", left, right), _VECTOR),
        "less_equal": lambda left, right: builder.uitofp(builder.fcmp_ordered("<=", left, right), _VECTOR),
        "equal": lambda left, right: builder.uitofp(builder.fcmp_ordered("==", left, right), _VECTOR),
        "exp": lambda x: builder.call(_exp(module), [x]),
        "log": lambda x: builder.call(_log(module), [x]),
        "sqrt": lambda x: builder.call(_exact(module, "sqrt"), [x]),
        "absolute": lambda x: builder.call(_exact(module, "fabs"), [x]),
        "floor": lambda x: builder.call(_exact(module, "floor"), [x]),
        "where": lambda condition, yes, no: builder.select(
            builder.fcmp_unordered("!=", condition, _same(0.0)), yes, no
        ),
        "poisson_ppf": lambda *given: builder.call(_poisson_ppf(module), given),
        "binomial_ppf": lambda *given: builder.call(_binomial_ppf(module), given),
    }
    values: list[Any] = []
    for operation, operands in program.steps:
        if operation == "constant":
            values.append(_same(operands[0]))
        elif operation == "input":
            group, number = operands
            values.append(inputs[group](number))
        else:
            values.append(arithmetic[operation](*(values[operand] for operand in operands)))
    return [values[number] for number in program.results]


class _Table:
    """An array argument of (row, lane): one vector a row."""

    def __init__(self, context: Any, builder: ir.IRBuilder, kind: Any, value: Any) -> None:
        self._builder = builder
        self._data = builder.bitcast(context.make_array(kind)(context, builder, value).data, _VECTOR.as_pointer())

    def load(self, row: int) -> Any:
        return self._builder.load(self._builder.gep(self._data, [_LONG(row)]), align=8)

    def store(self, row: int, value: Any) -> None:
        self._builder.store(value, self._builder.gep(self._data, [_LONG(row)]), align=8)


def _log_of_bits(builder: ir.IRBuilder, value: Any) -> Any:
    """Write the logarithm of positive normal numbers."""
    moved = builder.bitcast(value, _LONGS)
    moved = builder.add(moved, _same_long(elementary.BIAS - elementary.LEAST_FRACTION))
    # A positive number has no sign among its bits, and AVX2 no shift that would keep one.
    biased = builder.or_(builder.lshr(moved, _same_long(52)), _same_long(_SPARE))
    exponent = builder.fsub(builder.bitcast(biased, _VECTOR), _same(2.0**52 + 1023.0))
    kept = builder.and_(moved, _same_long(elementary.FRACTION))
    fraction = builder.bitcast(builder.add(kept, _same_long(elementary.LEAST_FRACTION)), _VECTOR)
    return _write(builder, LOG, {"exponent": lambda _: exponent, "fraction": lambda _: fraction})[0]


@intrinsic
def log_exponential_step(typing_context: Any, values: Any, place: Any) -> Any:
    """Turn eight uniforms into logs of exponentials: those from ``place`` on in a flat C-contiguous array, in place."""
    signature = types.void(values, types.int64)

    def write(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        eight = builder.bitcast(builder.gep(data, [arguments[1]]), _VECTOR.as_pointer())
        left = builder.fsub(_same(1.0), builder.load(eight, align=8))
        builder.store(_log_of_bits(builder, builder.fneg(_log_of_bits(builder, left))), eight, align=8)
        return context.get_dummy_value()

    return signature, write


class Steps(NamedTuple):
    """What numba calls for the steps of a world, on eight worlds at a time.

    Attributes
    ----------
    origin : intrinsic
        ``origin(state, parameters, at_origin)`` sets out worlds at the origin.
    once : intrinsic
        ``once(results, parameters)`` works out what follows from the parameters alone.
    month : intrinsic
        ``month(state, levers, parameters, results, shocks, years)`` advances worlds by a step; ``state`` is changed in
        place. All but ``years`` are arrays of (row, lane), C-contiguous with :data:`LANES` columns.
    results : int
        Numbers that follow from the parameters alone and that every month needs.
    """

    origin: Any
    once: Any
    month: Any
    results: int


def steps_of(world: World) -> Steps:
    """Make of a world's programs what numba can call."""
    alone, rest = taken_out(world.month_program, "parameters")

    def tables_of(context: Any, builder: ir.IRBuilder, kinds: Any, values: Any) -> list[_Table]:
        return [_Table(context, builder, kind, value) for kind, value in zip(kinds, values, strict=True)]

    def store(builder: ir.IRBuilder, table: _Table, program: Program, inputs: Mapping[str, Any]) -> None:
        for number, value in enumerate(_write(builder, program, inputs)):
            table.store(number, value)

    @intrinsic
    def month(typing_context: Any, state: Any, levers: Any, parameters: Any, once: Any, shocks: Any, years: Any) -> Any:
        def write(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            tables = tables_of(context, builder, signature.args[:5], arguments[:5])
            when = _everywhere(builder, arguments[5])
            inputs: dict[str, Any] = {
                name: table.load
                for name, table in zip(("state", "levers", "parameters", "once", "shocks"), tables, strict=True)
            }
            store(builder, tables[0], rest, inputs | {"years": lambda _: when})
            return context.get_dummy_value()

        return types.void(state, levers, parameters, once, shocks, types.float64), write

    @intrinsic
    def once(typing_context: Any, results: Any, parameters: Any) -> Any:
        def write(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            found, beliefs = tables_of(context, builder, signature.args, arguments)
            store(builder, found, alone, {"parameters": beliefs.load})
            return context.get_dummy_value()

        return types.void(results, parameters), write

    @intrinsic
    def origin(typing_context: Any, state: Any, parameters: Any, at_origin: Any) -> Any:
        def write(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            states, beliefs, luck = tables_of(context, builder, signature.args, arguments)
            store(builder, states, world.origin_program, {"parameters": beliefs.load, "at_origin": luck.load})
            return context.get_dummy_value()

        return types.void(state, parameters, at_origin), write

    return Steps(origin, once, month, len(alone.results))
