"""Outcomes as rules over the path of a world: against plain NumPy on any path, and refused in words."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from forecast.errors import InvalidWorld
from forecast.outcomes.derive import derive, harmed
from forecast.paths import end, event, ever, first, measure, total
from forecast.schema import MONTH, code, count, number, yes_no
from forecast.world import World

STATES = {
    "size": number("persons", "Size", floor=0.3),
    "raids": count("raids", "Raids in the month"),
    "truce": yes_no("A truce holds"),
    "alarm": code("Alarm", ("none", "some", "high")),
}
OUTCOMES = {
    "size_end": end("size", "Size at the end", better="lower"),
    "raids_end": end("raids", "Raids in the last month"),
    "raids_total": total("raids", "Raids, total"),
    "months_of_truce": total("truce", "Months of truce"),
    "truce_ever": ever("truce", "A truce was made", better="higher"),
    "first_truce": first("truce", "Month of the truce"),
    "halved": event("Halved", "half of what it was", lambda path: path.end("size") < 0.5 * path.origin("size")),
    "calm": event("Calm", "no raid in the last three", lambda path: path.total("raids", last=3) == 0.0),
    "high_ever": event("High alarm", "high in some month", lambda path: path.ever(lambda state: state.alarm == 2.0)),
    "first_high": measure(MONTH, "First high alarm", "", lambda path: path.first(lambda state: state.alarm == 2.0)),
    "both": event(
        "Both", "a truce, and no high alarm", lambda path: path.ever("truce") & ~path.ever(_high), of="truce"
    ),
    "burden": measure(
        "persons",
        "Burden",
        "raids per person",
        lambda path: path.total(lambda state: state.raids / (1.0 + abs(state.size))),
        of="size",
    ),
}


def _high(state):
    return state.alarm == 2.0


def made(**changes):
    given_ = {
        "name": "district",
        "date": "2012-01-31",
        "origin": lambda beliefs, luck: dict.fromkeys(STATES, 0.0),
        "month": lambda xp, state, levers, beliefs, luck, time: {name: getattr(state, name) for name in STATES},
        "states": STATES,
        "parameters": (),
        "levers": (),
        "shocks": {},
        "outcomes": OUTCOMES,
    }
    return World(**given_ | changes)


WORLD = made()


def states(shape):
    return st.fixed_dictionaries(
        {
            "size": hnp.arrays(np.float64, shape, elements=st.floats(-1e6, 1e6)),
            "raids": hnp.arrays(np.int32, shape, elements=st.integers(0, 50)),
            "truce": hnp.arrays(np.bool_, shape),
            "alarm": hnp.arrays(np.int8, shape, elements=st.integers(0, 2)),
        }
    )


def when(happened, step=1.0):
    """The first month by a plain loop."""
    found = np.full(happened.shape[:-1], np.nan)
    for place in np.ndindex(*found.shape):
        for month, held in enumerate(happened[place]):
            if held:
                found[place] = month * step
                break
    return found


@given(states((2, 3, 6)))
def test_rules_are_what_they_say(paths):
    found = derive(WORLD, paths)
    size, raids, truce, high = paths["size"], paths["raids"], paths["truce"], paths["alarm"] == 2
    expected = {
        "size_end": size[..., -1],
        "raids_end": raids[..., -1],
        "raids_total": raids[..., 1:].sum(-1),
        "months_of_truce": truce[..., 1:].sum(-1),
        "truce_ever": truce.any(-1),
        "first_truce": when(truce),
        "halved": size[..., -1] < 0.5 * size[..., 0],
        "calm": (raids[..., -3:] == 0).all(-1),
        "high_ever": high.any(-1),
        "first_high": when(high),
        "both": truce.any(-1) & ~high.any(-1),
        "burden": (raids / (1.0 + np.abs(size)))[..., 1:].sum(-1),
    }
    assert list(found) == list(expected) == list(WORLD.outcomes)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-12, err_msg=name)
        assert found[name].dtype == (np.bool_ if WORLD.outcomes[name].is_event else np.float64), name


def test_units_and_kinds_are_those_of_the_states():
    known = {name: (one.unit, one.whole) for name, one in WORLD.outcomes.items()}
    assert known["size_end"] == ("persons", False)
    assert known["raids_total"] == ("raids", True)
    assert known["months_of_truce"] == ("months", True)
    assert known["truce_ever"] == ("yes/no", False)
    assert known["first_truce"] == known["first_high"] == ("month", True)
    # The floor is a power of two, that of the state.
    assert WORLD.outcomes["size_end"].floor == WORLD.outcomes["burden"].floor == 0.25
    assert WORLD.leading == "truce_ever"
    assert WORLD.headline == ("size_end", "truce_ever")


def test_months_are_months_at_any_step():
    weekly = made(step=12 / 52)
    paths = {name: np.zeros((1, 1, 14), dtype=one.dtype) for name, one in STATES.items()}
    paths["truce"][0, 0, 13] = True
    assert derive(weekly, paths)["first_truce"][0, 0] == pytest.approx(3.0)
    assert not weekly.outcomes["first_truce"].whole


def test_harm_is_any_of_those_that_are_named():
    world = made(harms=("not truce_ever", "high_ever"))
    outcomes = {"truce_ever": np.array([True, True, False]), "high_ever": np.array([False, True, False])}
    assert harmed(world.harms, outcomes).tolist() == [False, True, True]


def rule(read):
    return {"outcomes": {"x": event("X", "x", read)}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcomes": {"x": end("sise", "X")}}, "'x'.*'sise'.*'size'"),
        ({"outcomes": {"x": "size"}}, "'x'.*str.*end, total"),
        ({"outcomes": {"x": end("alarm", "X")}}, "a code"),
        (rule(lambda path: path.end("sise") > 0.0), "'x'.*'sise'.*'size'"),
        (rule(lambda path: path.end(lambda state: state.sise)), "'sise'"),
        (rule(lambda path: path.end("size") > 0.0 and path.end("raids") > 0.0), "branches"),
        (rule(lambda path: path.ever(lambda state: 1.0 if state.truce else 0.0)), "branches"),
        (rule(lambda path: path.end("size") < random.random()), "each time"),
        (rule(lambda path: path.end(lambda state: state.size * random.random()) < 1.0), "each time"),
        (rule(lambda path: path.total("raids", last=-1)), "last -1"),
        (rule(lambda path: path.total("raids", last=2.5)), "last 2.5"),
        (rule(lambda path: path.median("raids")), "median"),
        (rule(lambda path: None), "NoneType"),
        (rule(lambda: 1.0), "TypeError"),
        (rule(lambda path: True), "'x' of .* reads nothing of the path"),
        ({"outcomes": {"x": measure("1", "X", "x", lambda path: 0.5)}}, "'x' of .* reads nothing of the path"),
        (rule(lambda path: [path.end("size"), True][1]), "reads nothing of the path"),
        ({"outcomes": {"size": end("raids", "X")}}, "'size'.*a state"),
        ({"outcomes": {"world": end("raids", "X")}}, "'world'.*package"),
        ({"outcomes": {"parameter_x": end("raids", "X")}}, "'parameter_x'"),
        ({"outcomes": {"lambda": end("raids", "X")}}, "'lambda'"),
        ({"outcomes": {"x": end("size", "X", better="low")}}, "'x'.*better 'low'.*lower"),
        ({"values": None}, "values=None"),
        ({"leading": "peace"}, "leading.*'peace'"),
        ({"headline": ("peace",)}, "headline.*'peace'"),
        ({"harms": ("size_end",)}, "harms.*'size_end'.*event"),
        ({"watched": ("peace",)}, "watched.*'peace'"),
        ({"states": STATES | {"size": number("persons", "Size", floor=1e-3)}, "step": 0.0}, "step"),
    ],
)
def test_what_is_no_rule_is_refused_when_the_world_is_made(changes, said):
    with pytest.raises(InvalidWorld, match=f"(?s){said}"):
        made(**changes)


def test_a_floor_is_a_size():
    for floor in (0.0, -1.0, float("nan"), float("inf"), "1", True):
        with pytest.raises(InvalidWorld, match="floor"):
            number("1", "Share", floor=floor)


def test_flags_and_counts_are_added_up_as_numbers():
    world = made(
        outcomes={
            "twice": measure("1", "Twice", "", lambda path: path.total(lambda state: state.truce + state.truce)),
            "raids_twice": measure(
                "raids", "Twice", "", lambda path: path.end(lambda state: state.raids + state.raids)
            ),
        }
    )
    zero = np.zeros((1, 2, 3))
    truce, raids = zero.astype(bool), np.full(zero.shape, 2_000_000_000, dtype=np.int32)
    truce[0, 1, 1:] = True
    found = derive(world, {"size": zero, "raids": raids, "truce": truce, "alarm": zero.astype(np.int8)})
    np.testing.assert_array_equal(found["twice"], [[0.0, 4.0]])
    np.testing.assert_array_equal(found["raids_twice"], [[4e9, 4e9]])
