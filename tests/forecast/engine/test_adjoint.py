"""The derivative of a program is a program; its numbers are held in tests/forecast/test_path_op.py."""

import pytest

from forecast.engine.adjoint import adjoint
from forecast.engine.program import Step, record


def test_what_does_not_matter_has_the_derivative_zero():
    program = adjoint(record(lambda xp, given: [given("x", 1) + xp.minimum(2.0, 3.0)]), 2)
    zero, weight = (program.steps[number] for number in program.results)
    assert zero == Step("constant", (0.0,))
    assert weight == Step("input", ("x", 2))
    assert len(program.steps) == 2


def test_a_step_without_a_derivative_is_refused():
    with pytest.raises(TypeError, match="poisson_ppf has no derivative"):
        adjoint(record(lambda xp, given: [xp.poisson_ppf(given("x", 0), given("x", 1))]), 2)
