"""What each field of a World may be given: it is kept in one form, and whatever else is given is refused."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast.errors import ForecastError, InvalidWorld
from forecast.options import Option
from forecast.paths import end, ever
from forecast.readings import rate
from forecast.schema import Outcome, Part, Variable, number, yes_no
from forecast.world import World
from forecast.world_data import of_dict, to_dict
from forecast.world_fields import FIELDS

SMALL = {
    "name": "small",
    "date": "2012-01-31",
    "origin": lambda beliefs, luck: {"size": 1.0, "calm": 0.0},
    "month": lambda xp, state, levers, beliefs, luck, time: {
        "size": state.size * beliefs.growth + luck.noise,
        "calm": state.size < levers.talks,
    },
    "states": {"size": number("1", "Size"), "calm": yes_no("Calm")},
    "parameters": ("growth",),
    "levers": ("talks",),
    "shocks": {"noise": "normal"},
    "outcomes": {"size_end": end("size", "Size"), "calm_ever": ever("calm", "Calm", better="higher")},
}


def test_every_field_has_a_line():
    declared = {field.name for field in dataclasses.fields(World) if field.init}
    assert declared - set(FIELDS) == {"options"}
    assert set(FIELDS) < declared


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        *((field, "talks", rf"{field}='talks'.*tuple.*write {field}=\(") for field in ("parameters", "levers")),
        *((field, {"growth"}, "in an order") for field in ("parameters", "levers", "hidden", "harms", "watched")),
        *((field, None, f"{field}=None") for field in ("parameters", "levers", "states", "outcomes", "pictures")),
        *((field, 5, f"{field}=5") for field in ("headline", "gain", "harms", "events", "watched", "title", "notes")),
        *((field, ["u"], rf"{field}=\['u'\]") for field in ("states", "shocks", "at_origin", "derived", "readings")),
        *((field, 5, f"{field}=5") for field in ("leading", "null_option", "proposal", "parts", "efforts", "columns")),
        ("harms", "nope", r"harms='nope'.*harms=\("),
        ("states", {}, "no state that is kept"),
        ("states", {"size": Variable(5, "Size", "continuous")}, "state 'size' with the unit 5"),
        ("shocks", {"noise": "gauss"}, "shock 'noise' of the kind 'gauss'.*log_exponential"),
        ("derived", {"calm": 1.0}, "derived state 'calm' as a float.*functions"),
        ("outcomes", {"x": "size"}, "outcome 'x' as a str.*end, total"),
        ("outcomes", {"x": end(None, "Size")}, "the state None"),
        ("outcomes", {"x": end("size", 5)}, "long name 5"),
        ("efforts", {"e": 5}, "effort 'e' as an int.*lever"),
        ("efforts", {"e": "talks"}, "effort 'e' as a str.*tuple"),
        ("parts", {"p": 5}, "part 'p' as an int.*Part"),
        ("parts", {"p": Part("P", "About.", "size")}, "part 'p'"),
        ("columns", {"size_end": ""}, "column 'size_end'"),
        ("values", {"junk": 1}, "junk"),
        ("evidence", {"junk": 1}, "evidence.*'junk'"),
        ("evidence", {"set": 5}, "format"),
        ("name", None, "name=None"),
        ("date", "20120131", "20120131"),
        ("date", "2012-W05-2", "2012-W05-2"),
        ("date", "9999-12-31", "9999-12-31.*9899"),
        ("step", True, "step=True"),
        ("step", "1", "step='1'"),
        ("step", 10**400, "step=1000"),
        *(("step", step, "0.001 to 1,200") for step in (0.0, -1.0, 1e-300, 5e-324, 1e-8, 1e5, float("nan"))),
        ("month", 5, "an int as its month.*def month"),
    ],
)
def test_what_a_field_cannot_be_is_refused_with_what_it_can(field, wrong, said):
    with pytest.raises(ForecastError, match=f"(?s){said}") as caught:
        World(**SMALL | {field: wrong})
    assert "To mend it" in str(caught.value)
    assert "use one of ." not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcomes": {}, "harms": ("nope",)}, "harms.*'nope'"),
        ({"outcomes": {}, "leading": "nope"}, "leading.*'nope'"),
        ({"options": {}, "proposal": "nope"}, "proposal.*'nope'"),
    ],
)
def test_where_there_is_nothing_to_choose_from_no_list_is_shown(changes, said):
    with pytest.raises(InvalidWorld, match=f"(?s){said}") as caught:
        World(**SMALL | changes)
    assert "one of ." not in str(caught.value)


def test_names_are_kept_as_tuples_however_they_are_given():
    world = World(**SMALL)
    for given_names in (
        ["growth"],
        {"growth": "a table"},
        {"growth": 1}.keys(),
        iter(["growth"]),
        np.array(["growth"]),
    ):
        again = World(**SMALL | {"parameters": given_names})
        assert again.parameters == ("growth",)
        assert again == world
    assert World(**SMALL | {"gain": "calm_ever"}).gain == ("calm_ever",)
    assert World(**SMALL | {"evidence": "", "values": "", "claims": ""}) == world


@pytest.mark.parametrize("step", [1, 1.0, np.float64(1.0), np.int64(1)])
def test_a_step_is_the_same_however_it_is_written(step):
    world = World(**SMALL | {"step": step})
    assert world == World(**SMALL)
    assert type(world.step) is float


class Odd:
    """Nothing that a world knows."""


ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=3), st.builds(Odd)
)
NAMES = st.sampled_from(
    ["size", "calm", "growth", "talks", "noise", "size_end", "calm_ever", "nothing", "not calm_ever"]
)
PARTS = st.sampled_from(
    [
        number("1", "Size"),
        Variable(None, None, "count"),
        Outcome(None, "x", "end", "size"),
        Outcome("1", "x", "nonsense", "size"),
        end("size", "Size", better="up"),
        rate("growth"),
        Option("nothing"),
        Part(1, 2, 3),
        "uniform",
    ]
)
LEAVES = st.one_of(ATOMS, NAMES, PARTS)
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.frozensets(st.one_of(NAMES, st.integers()), max_size=3),
        st.dictionaries(st.one_of(NAMES, st.text(max_size=3), st.integers(), st.none()), inner, max_size=3),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([field.name for field in dataclasses.fields(World) if field.init]), JUNK)
def test_whatever_is_given_it_is_a_world_or_is_refused(field, junk):
    try:
        world = World(**SMALL | {field: junk})
    except ForecastError:
        return
    # What is taken is kept, travels, and is read back as the same.
    assert pickle.loads(pickle.dumps(world)) == world
    assert to_dict(of_dict(to_dict(world))) == to_dict(world)
