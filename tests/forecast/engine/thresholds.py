"""Where JAX leaves the way of NumPy, and whether something lay within rounding of a threshold there.

JAX rounds otherwise, so numbers agree to 1e-10 and an event may fall the other way where what is compared is nearly
equal. Each first difference of a world under an option is looked at by itself: the steps of that month are run once
more, those near a threshold are turned, and the month must then be that of JAX.
"""

import itertools
from dataclasses import dataclass, fields
from unittest import mock

import numpy as np
from scipy import special

from forecast.engine import backends, layout, numpy_backend
from forecast.engine.draws import source_of
from forecast.engine.program import Runner
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.schema import number

NEAR = 1e-9
"""How far apart, of the greater one, two numbers may be that lie within rounding of one another."""

SAME = {"rtol": 1e-10, "atol": 1e-12}
"""To what JAX's numbers agree with NumPy's."""


@dataclass(frozen=True)
class Parting:
    """The first step at which a world under an option goes another way, and by what; empty if by nothing near."""

    option: str
    world: int
    step: int
    by: tuple[str, ...]


def partings(world, beliefs, *, worlds, steps, options=None, seed=1):
    """Run every option with NumPy and JAX, and say where each world first goes another way."""
    options = tuple(world.options.values()) if options is None else tuple(options)
    return partings_of(world, options, source_of(beliefs, world).matrix(seed, 0, worlds), steps=steps, seed=seed)


def partings_of(world, options, parameters, *, steps, seed):
    """The same of worlds with these parameters, shape (parameter, world)."""
    world, worlds = with_all_in_sight(world), parameters.shape[1]
    given = parameters, draw_shocks(world, seed, steps, 0, worlds), origin_shocks(world, seed, 0, worlds)
    ours, theirs = (_run(world, options, given, backend) for backend in ("numpy", "jax"))
    other = np.logical_or.reduce([~alike(world.kinds[name], ours[name], theirs[name]) for name in world.states])
    found = []
    for row, one in np.argwhere(other.any(axis=2)):
        step = int(other[row, one].argmax())
        jax = {name: theirs[name][row, one, step] for name in world.states}
        alone = tuple(part[..., one : one + 1] for part in given)
        found.append(Parting(options[row].name, int(one), step, _by(world, options[row], alone, step, jax)))
    return found


def with_all_in_sight(world):
    """The same world with its hidden states kept: what differs there only shows later elsewhere."""
    given = {one.name: getattr(world, one.name) for one in fields(world) if one.init}
    states = {**world.states, **{name: number("1", name) for name in world.hidden}}
    return type(world)(**given | {"states": states, "hidden": ()})


def alike(kind, ours, theirs):
    """Whether values of a state are the same in both: whole ones equal, numbers to rounding."""
    return np.isclose(theirs, ours, **SAME, equal_nan=True) if kind == "continuous" else theirs == ours


def _run(world, options, given, backend):
    parameters, shocks, at_origin = given
    out = layout.empty(world, len(options), shocks.shape[1], parameters.shape[1])
    backends.load(backend)(world, options, parameters, shocks, at_origin, start=0, out=out)
    return layout.named(world, out)


def _inputs(world, option, alone):
    """What NumPy gives the program of each step, the origin first."""
    seen = []

    def watched(program):
        run = Runner(program, numpy_backend.OPERATIONS)

        def watch(groups):
            seen.append(groups)
            return run(groups)

        return watch

    runners = watched(world.origin_program), watched(world.month_program)
    with mock.patch.object(numpy_backend, "_runners", return_value=runners):
        _run(world, (option,), alone, "numpy")
    return seen


def _by(world, option, alone, step, jax):
    """What has to be turned for NumPy's step to be JAX's: steps of the program, or conditions of triggers."""
    inputs = _inputs(world, option, alone)
    program = world.month_program if step else world.origin_program
    near = list(_near(world, program, _values(program, inputs[step])))
    for size in range(1, min(len(near), 4) + 1):
        for chosen in itertools.combinations(near, size):
            values = _values(program, inputs[step], {number: value for number, _, value in chosen})
            if all(_is(world, name, values[program.results[world.row(name)]], jax[name]) for name in world.states):
                return tuple(words for _, words, _ in chosen)
    return tuple(
        f"trigger on {one.state}"
        for trigger in option.triggers
        for one in trigger.when
        # What was set shows whenever a lever is felt; the origin's inputs hold no states.
        if any(close(groups["state"][world.row(one.state)], one.bound) for groups in inputs[1 : step + 1])
    )


def _is(world, name, value, theirs):
    kind = world.kinds[name]
    return bool(np.all(alike(kind, layout.kept(np, np.asarray(value), world.states[name]), theirs)))


def _values(program, groups, turned=None):
    """The value of every step, some of them as they are given."""
    values = []
    for place, (operation, operands) in enumerate(program.steps):
        if turned and place in turned:
            values.append(turned[place])
        elif operation == "constant":
            values.append(operands[0])
        elif operation == "input":
            values.append(groups[operands[0]][operands[1]])
        else:
            values.append(numpy_backend.OPERATIONS[operation](*(values[one] for one in operands)))
    return values


_REACHED = {"poisson_ppf": special.pdtr, "binomial_ppf": lambda k, n, p: special.bdtr(k, round(n), p)}
"""Cumulative probabilities, by SciPy."""


def close(left, right):
    """Whether two numbers lie within rounding of one another."""
    left, right = float(np.asarray(left).item()), float(right)
    return abs(left - right) <= NEAR * max(abs(left), abs(right))


def _near(world, program, values):
    """The steps near a threshold: number, words, and what is on the other side of it."""
    numbers = [float(np.asarray(value).reshape(-1)[0]) for value in values]
    sure = _sure(world, program, numbers)
    for place, (operation, operands) in enumerate(program.steps):
        if operation in ("constant", "input") or not np.isfinite(numbers[place]):
            continue
        value, given = numbers[place], [numbers[one] for one in operands]
        other, is_sure = value, all(sure[one] for one in operands)
        if operation in ("less", "less_equal", "equal") and not is_sure:
            other = 1.0 - value if close(*given) else value
        elif operation == "floor" and not is_sure:
            whole = round(given[0])
            other = (2.0 * whole - 1.0) - value if close(given[0], whole) else value
        elif operation in _REACHED:
            # The least count whose cumulative probability reaches the uniform.
            if close(given[0], _REACHED[operation](value, *given[1:])):
                other = value + 1.0
            elif value >= 1.0 and close(given[0], _REACHED[operation](value - 1.0, *given[1:])):
                other = value - 1.0
        if other != value:
            yield place, f"step {place}, {operation} of {given}", np.full(1, other)


def _sure(world, program, numbers):
    """Which steps have the same value however a library rounds: whole numbers made of whole numbers alone."""
    sure = []
    for (operation, operands), value in zip(program.steps, numbers, strict=True):
        if operation == "constant":
            sure.append(True)
        elif operation == "input":
            group, place = operands
            kept_whole = group == "state" and world.kinds[world.rows[place]] != "continuous"
            # Before it is kept a count may be a rate.
            sure.append(group != "state" or (kept_whole and value == np.rint(value)))
        else:
            decides = operation in ("less", "less_equal", "equal", "floor", "poisson_ppf", "binomial_ppf")
            sure.append(decides or (all(sure[one] for one in operands) and value == np.rint(value)))
    return sure
