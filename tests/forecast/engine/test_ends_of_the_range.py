"""What is without end, or no number, is so on every backend."""

import math
from decimal import Context, Decimal

import numpy as np
import pytest

import forecast
from forecast import World, number
from forecast.engine import backends, layout
from forecast.engine.shocks import draw_shocks, origin_shocks

NAN, INF = math.nan, math.inf

EXPONENTIALS = {
    -INF: 0.0,
    -1e300: 0.0,
    -800.0: 0.0,
    0.0: 1.0,
    709.75: float(Decimal("709.75").exp(Context(prec=40))),
    709.79: INF,
    1000.0: INF,
    INF: INF,
    NAN: NAN,
}


def results_of(formulas, values, backend):
    """Return the states of a world after its month, shape (formula, value), for each value of its parameter ``a``."""
    names = [f"x{number}" for number in range(len(formulas))]
    world = World(
        name="ends",
        date="2012-01-31",
        origin=lambda beliefs, luck: dict.fromkeys(names, 0.0),
        month=lambda xp, state, levers, beliefs, luck, time: {
            name: formula(xp, beliefs.a) for name, formula in zip(names, formulas, strict=True)
        },
        states={name: number("1", "What is asked") for name in names},
        parameters=("a",),
        levers=(),
        shocks={},
        options={"nothing": forecast.Option("nothing")},
    )
    parameters = np.array([values])
    size = parameters.shape[1]
    found = layout.empty(world, 1, 1, size)
    with np.errstate(all="ignore"):
        backends.load(backend)(
            world,
            tuple(world.options.values()),
            parameters,
            draw_shocks(world, 1, 1, 0, size),
            origin_shocks(world, 1, 0, size),
            start=0,
            out=found,
        )
    states = layout.named(world, found)
    return np.array([states[name][0, :, 1] for name in names])


@pytest.fixture(params=["numpy", *(pytest.param(name, marks=pytest.mark.slow) for name in ("numba", "jax"))])
def backend(request):
    if request.param == "jax":
        pytest.importorskip("jax")
    return request.param


def test_exponentials_end_at_nothing_and_go_on_without_end(backend):
    (found,) = results_of([lambda xp, a: xp.exp(a)], list(EXPONENTIALS), backend)
    np.testing.assert_allclose(found, list(EXPONENTIALS.values()), rtol=1e-14)


def test_a_power_is_nothing_of_nothing_and_the_lesser_and_the_greater_of_no_number_are_none(backend):
    formulas = [
        # As the message on x**0.5 has it.
        lambda xp, a: xp.exp(0.5 * xp.log(a)),
        lambda xp, a: xp.minimum(a, NAN),
        lambda xp, a: xp.minimum(NAN, a),
        lambda xp, a: xp.maximum(a, NAN),
        lambda xp, a: xp.maximum(NAN, a),
    ]
    power, *none = results_of(formulas, [0.0, 4.0, -INF, INF, NAN], backend)
    np.testing.assert_allclose(power, [0.0, 2.0, NAN, INF, NAN], rtol=1e-14)
    np.testing.assert_array_equal(none, np.full((4, 5), NAN))
