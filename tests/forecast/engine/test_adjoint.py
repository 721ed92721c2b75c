"""The derivative of a program is a program; its numbers are held in tests/forecast/test_path_op.py."""

import numpy as np
import pytest

from forecast.engine.adjoint import adjoint
from forecast.engine.numpy_backend import OPERATIONS
from forecast.engine.program import Runner, Step, record


def test_what_does_not_matter_has_the_derivative_zero():
    program = adjoint(record(lambda xp, given: [given("x", 1) + xp.minimum(2.0, 3.0)]), 2)
    zero, weight = (program.steps[number] for number in program.results)
    assert zero == Step("constant", (0.0,))
    assert weight == Step("input", ("x", 2))
    assert len(program.steps) == 2


def test_slopes_are_those_of_small_steps():
    def function(xp, given):
        x, y = given("x", 0), given("x", 1)
        part = xp.where(x > y, xp.log(x) * abs(y - 2.0), x**3 / y) + (x == y) * 5.0
        return [part + xp.floor(x) * 7.0 + abs(x - 4.0) * xp.sqrt(y)]

    program = record(function)
    slopes = Runner(adjoint(program, 2), OPERATIONS)
    value = Runner(program, OPERATIONS)
    x = np.random.default_rng(1).uniform(0.3, 5.7, (2, 400))
    found = slopes({"x": [*x, np.ones(400)]})
    for place in (0, 1):
        step = np.zeros((2, 1))
        step[place] = 1e-6
        above, below = (value({"x": x + sign * step})[0] for sign in (1.0, -1.0))
        np.testing.assert_allclose(found[place], (above - below) / 2e-6, rtol=2e-5, atol=1e-6)


def test_a_step_without_a_derivative_is_refused():
    with pytest.raises(TypeError, match="poisson_ppf has no derivative"):
        adjoint(record(lambda xp, given: [xp.poisson_ppf(given("x", 0), given("x", 1))]), 2)
    with pytest.raises(TypeError, match="binomial_ppf has no derivative"):
        adjoint(record(lambda xp, given: [xp.binomial_ppf(given("x", 0), given("x", 1), 0.5)]), 2)
