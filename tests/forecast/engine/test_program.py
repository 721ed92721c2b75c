"""The month as a list of steps: the same arithmetic, and nothing that a compiler could not write down."""

from dataclasses import fields

import numpy as np
import pytest

from forecast.engine.numpy_backend import NAMESPACE, OPERATIONS
from forecast.engine.program import (
    Program,
    Runner,
    Step,
    Symbol,
    _Recorder,
    record,
    taken_out,
)
from forecast.engine.shocks import draw_shocks
from forecast.libya.month import month, origin
from forecast.libya.state import Levers, OriginShocks, Parameters, Shocks, State, Time
from forecast.libya.world import LIBYA
from forecast.world import World

WORLDS = 500


@pytest.fixture(scope="module")
def beliefs(article):
    drawn = article.sample(WORLDS, seed=3)
    return Parameters(*(drawn[name].values for name in Parameters._fields))


def test_the_steps_give_the_bits_of_the_month(beliefs):
    rng = np.random.default_rng(4)
    state = origin(beliefs, OriginShocks(rng.random(WORLDS), rng.random(WORLDS)))
    for step in range(6):
        levers = Levers(*rng.random((len(Levers._fields), 1)))
        luck = Shocks(*draw_shocks(LIBYA, step, 1, 0, WORLDS)[:, 0])
        after = month(NAMESPACE, state, levers, beliefs, luck, Time.of_month(step))
        groups = {
            "state": state,
            "levers": levers,
            "parameters": beliefs,
            "shocks": luck,
            "years": [np.array(step / 12.0)],
        }
        once, rest = taken_out(LIBYA.month_program, "parameters")
        parted = Runner(rest, OPERATIONS)({**groups, "once": Runner(once, OPERATIONS)({"parameters": beliefs})})
        assert LIBYA.rows == (*State._fields, "sirte")
        expected_rows = (*after, after.assault + 2.0 * after.freed)
        for name, ours, again, expected in zip(
            LIBYA.rows, Runner(LIBYA.month_program, OPERATIONS)(groups), parted, expected_rows, strict=True
        ):
            np.testing.assert_array_equal(ours, np.broadcast_to(expected, WORLDS), err_msg=name)
            np.testing.assert_array_equal(ours, again, err_msg=name)
        state = after


def test_the_steps_give_the_bits_of_the_origin(beliefs):
    luck = np.random.default_rng(5).random((2, WORLDS))
    steps = Runner(LIBYA.origin_program, OPERATIONS)({"parameters": beliefs, "at_origin": luck})
    start = origin(beliefs, OriginShocks(*luck))
    for ours, expected in zip(steps, (*start, start.assault + 2.0 * start.freed), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_no_step_is_repeated_and_each_is_needed_and_comes_before_its_use():
    program = LIBYA.month_program
    texts = [(step.operation, repr(step.operands)) for step in program.steps]
    assert len(texts) == len(set(texts))
    used = set(program.results)
    for number, step in enumerate(program.steps):
        if step.operation not in ("constant", "input"):
            assert max(step.operands) < number
            used |= set(step.operands)
    assert used == set(range(len(program.steps)))


def test_what_is_taken_out_depends_on_its_group_alone_and_nothing_of_the_kind_is_left():
    once, rest = taken_out(LIBYA.month_program, "parameters")
    assert {step.operands[0] for step in once.steps if step.operation == "input"} == {"parameters"}
    of_beliefs = {
        number
        for number, step in enumerate(rest.steps)
        if step.operation == "constant" or (step.operation == "input" and step.operands[0] in ("parameters", "once"))
    }
    for step in rest.steps:
        if step.operation not in ("constant", "input"):
            assert not of_beliefs.issuperset(step.operands)


def test_every_lever_and_shock_matters():
    inputs = {step.operands for step in LIBYA.month_program.steps if step.operation == "input"}
    for group, names in (("levers", Levers._fields), ("shocks", Shocks._fields)):
        assert {name for number, name in enumerate(names) if (group, number) not in inputs} == set()


def test_a_changed_step_changes_the_hash():
    program = LIBYA.month_program
    again = World(**{one.name: getattr(LIBYA, one.name) for one in fields(World) if one.init})
    assert (again.month_program.hash, again.hash, again) == (program.hash, LIBYA.hash, LIBYA)
    first = next(number for number, step in enumerate(program.steps) if step.operation == "add")
    other = Step("subtract", program.steps[first].operands)
    steps = (*program.steps[:first], other, *program.steps[first + 1 :])
    assert Program(steps, program.results).hash != program.hash
    assert Program(program.steps, program.results[::-1]).hash != program.hash


def test_zeros_of_both_signs_are_different_constants():
    recorder = _Recorder()
    assert recorder.symbol(0.0).number != recorder.symbol(-0.0).number
    assert recorder.symbol(0.0).number == recorder.symbol(0).number


def test_the_world_may_neither_branch_nor_use_anything_but_numbers():
    x = Symbol(_Recorder(), 0)
    with pytest.raises(TypeError, match="branches"):
        bool(x < 1.0)
    for wrong in (np.zeros(3), "1", 1j, None):
        with pytest.raises(TypeError, match="computes with a"):
            _ = x + wrong


def test_a_name_is_no_step_and_is_kept_where_its_step_is_needed():
    def results(xp, given):
        x = given("x", 0)
        xp.named("part", "twice", x + x)
        xp.named("part", "not needed", x * 3.0)
        return [(x + x) - 1.0]

    program = record(results)
    assert [(name.part, name.label) for name in program.names] == [("part", "twice")]
    assert program.steps[program.names[0].number].operation == "add"
    assert program == record(lambda xp, given: [(given("x", 0) + given("x", 0)) - 1.0])
    assert taken_out(LIBYA.month_program, "parameters")[1].names == ()


def test_names_that_would_mislead_are_refused():
    recorder = _Recorder()
    x = recorder.add("input", "x", 0)
    for wrong in (x, 1.0, recorder.symbol(1.0)):
        with pytest.raises(ValueError, match="not computed"):
            recorder.name("part", "a", wrong)
    recorder.name("part", "a", x + 1.0)
    recorder.name("part", "a", x + 1.0)
    with pytest.raises(ValueError, match="is 'a'"):
        recorder.name("part", "b", x + 1.0)
    with pytest.raises(ValueError, match="two values"):
        recorder.name("other", "a", x + 2.0)
