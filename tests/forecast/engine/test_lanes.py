"""What machine code is made of."""

import numba
import pytest

import forecast
from forecast import World, number
from forecast.engine.lanes import steps_of

TIMES = 12


@pytest.mark.parametrize("name", ["exp", "log"])
def test_functions_stand_in_machine_code_once_however_often_they_are_called(name):
    """Put into a month each time, a thousand exponentials would take minutes to compile."""

    def origin(beliefs, luck):
        return {"x": beliefs.a}

    def month(xp, state, levers, beliefs, luck, time):
        x = beliefs.a
        for _ in range(TIMES):
            x = getattr(xp, name)(x) * 0.5 + 1.0
        return {"x": state.x + x}

    world = World(
        name="deep",
        date="2012-01-31",
        origin=origin,
        month=month,
        states={"x": number("1", "What is summed")},
        parameters=("a",),
        levers=(),
        shocks={},
        options={"nothing": forecast.Option("nothing")},
    )
    once = steps_of(world).once
    table = numba.types.Array(numba.float64, 2, "C")
    compiled = numba.njit([numba.types.void(table, table)])(lambda results, parameters: once(results, parameters))
    (code,) = compiled.inspect_llvm().values()
    lines = [line for line in code.splitlines() if f"@world_{name}(" in line]
    assert sum(line.startswith("define") for line in lines) == 1
    assert sum(" call " in line for line in lines) >= TIMES
