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


def results_of(formula, values, backend):
    """Return the state of a world after its month, one for each value of its parameter ``a``."""
    world = World(
        name="ends",
        date="2012-01-31",
        origin=lambda beliefs, luck: {"x": 0.0},
        month=lambda xp, state, levers, beliefs, luck, time: {"x": formula(xp, beliefs.a)},
        states={"x": number("1", "What is asked")},
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
    return layout.named(world, found)["x"][0, :, 1]


@pytest.fixture(params=["numpy", "numba", pytest.param("jax", marks=pytest.mark.slow)])
def backend(request):
    if request.param == "jax":
        pytest.importorskip("jax")
    return request.param


def test_exponentials_end_at_nothing_and_go_on_without_end(backend):
    found = results_of(lambda xp, a: xp.exp(a), list(EXPONENTIALS), backend)
    np.testing.assert_allclose(found, list(EXPONENTIALS.values()), rtol=1e-14)


def test_a_power_written_with_exp_and_log_of_nothing_is_nothing(backend):
    # As the message on x**0.5 has it.
    found = results_of(lambda xp, a: xp.exp(0.5 * xp.log(a)), [0.0, 4.0], backend)
    np.testing.assert_allclose(found, [0.0, 2.0], rtol=1e-14)


@pytest.mark.parametrize("operation", ["minimum", "maximum"])
@pytest.mark.parametrize("turned", [False, True], ids=["constant on the left", "constant on the right"])
def test_the_lesser_and_the_greater_of_no_number_are_none(backend, operation, turned):
    def formula(xp, a):
        return getattr(xp, operation)(*((a, NAN) if turned else (NAN, a)))

    np.testing.assert_array_equal(results_of(formula, [0.0, 1.0, -INF, INF, NAN], backend), NAN)
