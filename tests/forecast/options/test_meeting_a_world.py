"""Options of a world that a stranger brings: declared, read, checked when they meet it, and run at its step."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

from forecast import options
from forecast.engine import backends, layout
from forecast.engine.encoding import encode
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.errors import (
    FileMissing,
    InvalidArgument,
    InvalidFile,
    InvalidOption,
    InvalidWorld,
    UnknownOption,
)
from forecast.libya.world import LIBYA
from forecast.options import Condition, Option, Phase, Trigger
from forecast.schema import Variable
from forecast.world import World

WEEK = 12 / 52

NOTHING = Option("nothing")
PATROLS = Option("patrols", (Phase({"patrols": 1.0}, ramp=2),))
TALKS = Option("talks_if_raided", triggers=(Trigger((Condition("raids", at_least=1.0),), {"talks": 0.5}, start=2),))
DECLARED = {one.name: one for one in (PATROLS, NOTHING, TALKS)}

TOML = """
format = 1
[option.nothing]
[option.patrols]
start = "2020-03"
end = 2020-06-30
levers = { patrols = 1.0 }
[option.both]
compose = "0.5 patrols + nothing"
levers = { talks = 1.0 }
[[option.both.trigger]]
when = [{ state = "calm", at_least = 1 }]
set = { patrols = 0 }
start = "2020-05"
"""


def month(xp, state, levers, beliefs, luck, time):
    """Levers are read off the states."""
    return {
        "raids": state.raids + 1.0,
        "patrolled": levers.patrols,
        "talked": levers.talks,
        "rate": beliefs.rate + luck.noise,
    }


def without_levers(beliefs, luck):
    return {"raids": 0.0, "patrolled": 0.0, "talked": 0.0, "rate": beliefs.rate + luck.noise}


def district(**changes):
    return World(
        **{
            "name": "district",
            "date": "2020-01-31",
            "origin": lambda beliefs, luck: dict.fromkeys(("raids", "patrolled", "talked", "rate"), 0.0),
            "month": month,
            "states": {name: Variable("1", "", "continuous") for name in ("raids", "patrolled", "talked")},
            "hidden": ("rate",),
            "derived": {"calm": lambda state: state.raids == 0.0},
            "parameters": ("rate",),
            "levers": ("patrols", "talks"),
            "shocks": {"noise": "normal"},
            "options": DECLARED,
        }
        | {"states": {name: Variable("1", "", "continuous") for name in ("raids", "patrolled", "talked", "calm")}}
        | changes
    )


# What a world declares


def test_options_may_be_a_mapping_a_file_or_a_function(tmp_path):
    path = tmp_path / "options.toml"
    path.write_text(TOML, encoding="utf-8")
    assert dict(district().options) == DECLARED
    assert dict(district(options=lambda: DECLARED).options) == DECLARED
    for given in (path, str(path)):
        read = district(options=given).options
        assert list(read) == ["nothing", "patrols", "both"]
        # The world is of the last of January, so February is month 1.
        assert read["patrols"].phases == (Phase({"patrols": 1.0}, start=2, end=5),)
        assert read["both"].phases == (Phase({"patrols": 0.5}, start=2, end=5), Phase({"talks": 1.0}))
        assert read["both"].triggers[0].start == 4


def test_options_are_read_only_and_no_part_of_the_hash():
    world = district()
    with pytest.raises(TypeError):
        world.options["more"] = NOTHING
    with pytest.raises(AttributeError):
        world.options = {}
    given = dict(DECLARED)
    world = district(options=given)
    given.clear()
    assert dict(world.options) == DECLARED
    assert district(options={}).hash == district(null_option="patrols", proposal="patrols").hash == world.hash
    assert dict(district(options={}).options) == {}


def test_options_stay_with_a_world_that_travels(tmp_path):
    path = tmp_path / "options.toml"
    path.write_text(TOML, encoding="utf-8")
    world = district(options=path, proposal="both", efforts={"force": ("patrols",)})
    path.unlink()
    for again in (pickle.loads(pickle.dumps(world)), copy.deepcopy(world)):
        assert again.options == world.options
        assert [one.hash for one in again.options.values()] == [one.hash for one in world.options.values()]
        assert (again.null_option, again.proposal, dict(again.efforts)) == ("nothing", "both", {"force": ("patrols",)})
        with pytest.raises(TypeError):
            again.options["more"] = NOTHING


@pytest.mark.parametrize(
    ("declared", "null"),
    [
        (DECLARED, "nothing"),
        ({"patrols": PATROLS, "talks_if_raided": TALKS}, "patrols"),
        ({"patrols": PATROLS, "nothing": NOTHING, "idle": Option("idle")}, "patrols"),
        ({"talks_if_raided": TALKS, "idle": Option("idle")}, "idle"),
        ({}, ""),
    ],
)
def test_the_null_option_is_the_only_idle_one_or_the_first(declared, null):
    assert district(options=declared).null_option == null
    assert district(options=declared).proposal == ""


def test_efforts_are_levers_by_kind():
    assert dict(district().efforts) == {"patrols": ("patrols",), "talks": ("talks",)}
    world = district(efforts={"all": ["patrols", "talks"]})
    assert dict(world.efforts) == {"all": ("patrols", "talks")}
    # A ramp of two months, and then two full ones.
    assert PATROLS.effort(4, efforts=world.efforts) == {"all": 3.5}
    assert PATROLS.effort(4) == {"patrols": 3.5}


REFUSED = {
    "a lever that it lacks": (
        {"options": {"x": Option("x", (Phase({"patrls": 1.0}),))}},
        InvalidOption,
        "option 'x' sets the lever 'patrls', which the world 'district' does not have.*'patrols'",
    ),
    "a lever of a trigger": (
        {"options": {"x": Option("x", triggers=(Trigger((Condition("raids", at_least=1),), {"strikes": 1.0}),))}},
        InvalidOption,
        "sets the lever 'strikes'",
    ),
    "a state that it lacks": (
        {"options": {"x": Option("x", triggers=(Trigger((Condition("raid", at_least=1),), {"talks": 1.0}),))}},
        InvalidOption,
        "option 'x' looks at the state 'raid', which the world 'district' does not have.*'raids'",
    ),
    "a lever where there are none": (
        {"levers": (), "month": lambda xp, state, levers, beliefs, luck, time: without_levers(beliefs, luck)},
        InvalidOption,
        "which the world 'district' does not have.*leave it out",
    ),
    "another name": ({"options": {"x": NOTHING}}, InvalidOption, "'nothing' under the name 'x'"),
    "no options": ({"options": [NOTHING]}, InvalidOption, "options of the world 'district' are"),
    "options that are none": ({"options": {"x": "patrols"}}, InvalidOption, "options by name"),
    "a function that raises": ({"options": lambda: 1 / 0}, InvalidOption, "raised ZeroDivisionError"),
    "a function of something": ({"options": lambda world: {}}, InvalidOption, "raised TypeError"),
    "a file that is not there": ({"options": Path("nowhere.toml")}, FileMissing, "nowhere.toml"),
    "a null option that is none": ({"null_option": "nothin"}, InvalidWorld, "null option 'nothin'.*'nothing'"),
    "a proposal that is none": ({"proposal": "both"}, InvalidWorld, "proposal 'both'"),
    "a proposal without options": ({"options": {}, "proposal": "x"}, InvalidWorld, "declare options"),
    "effort of no lever": ({"efforts": {"all": ("patrls",)}}, InvalidWorld, "'patrls'.*'patrols'"),
    "effort of a text": ({"efforts": {"all": "talks"}}, InvalidWorld, "its levers as a tuple"),
}


@pytest.mark.parametrize(("change", "error", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_fit_is_refused_when_the_world_is_made(change, error, said):
    with pytest.raises(error, match=f"(?s){said}") as caught:
        district(**change)
    assert caught.value.mend


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "bad.toml").write_text("format = [", encoding="utf-8")
    with pytest.raises(InvalidFile):
        district(options=tmp_path / "bad.toml")


# What meets a world


def test_alone_an_option_is_checked_for_its_form_only():
    option = Option("x", (Phase({"anything": 0.3}),), (Trigger((Condition("whatever", at_most=1),), {"b": 1.0}),))
    assert repr(option) == "<Option x: anything, 1 trigger>"
    assert "<td>anything</td>" in option._repr_html_()
    assert option.levers == ("anything", "b")
    assert option.effort(2) == {"anything": 0.6, "b": 0.0}
    assert pickle.loads(pickle.dumps(option)) == option
    assert repr(NOTHING) == "<Option nothing: no lever>"
    for name in ("two words", "", 3, "1st"):
        with pytest.raises(InvalidOption, match="sets a lever named"):
            Phase({name: 1.0})
        with pytest.raises(InvalidOption, match="looks at a state named"):
            Condition(name, at_least=1)


def test_functions_take_a_world(tmp_path):
    world = district(proposal="patrols")
    assert options.load(world) == DECLARED
    assert options.resolve(None, world=world) == DECLARED
    assert list(options.resolve(["0.5 patrols", TALKS], world=world)) == ["patrols_at_0_5", "talks_if_raided"]
    assert options.baseline_of(None, ["patrols", "nothing"], world=world) == "nothing"
    assert options.baseline_of(None, ["patrols"], world=world) == "patrols"
    assert options.proposal_of(world) == "patrols"
    path = tmp_path / "more.toml"
    path.write_text('format = 1\n[option.late]\ncompose = "patrols from 2020-04"', encoding="utf-8")
    assert options.read(path, world=world)["late"].phases == (Phase({"patrols": 1.0}, start=3, ramp=2),)
    with pytest.raises(UnknownOption, match="'patrols'"):
        options.read(path)


def test_functions_take_the_shipped_world_by_default():
    assert options.load() == dict(LIBYA.options)
    assert options.proposal_of() == "regional_centres"
    assert options.baseline_of(None, ["training", "no_assistance"]) == "no_assistance"


def test_dates_are_counted_from_the_world_s_own():
    def start(world):
        return options.parse("patrols from 2021-02", world=world).phases[0].start

    assert start(district()) == 13
    assert start(district(date="2020-02-01")) == 13
    assert start(district(date="2020-02-02")) == 12
    with pytest.raises(InvalidOption, match="2020-02") as caught:
        options.parse("patrols from 2020-01", world=district())
    assert "from 2020-02 to" in caught.value.expected
    with pytest.raises(InvalidOption, match="NAME from 2020-04"):
        options.parse("patrols;", world=district())


@pytest.mark.parametrize(
    "meet",
    [
        lambda option, world: options.resolve([option], world=world),
        lambda option, world: options.check_starts([option], 12, world=world),
        lambda option, world: options.parse("strike", among={"strike": option}, world=world),
        lambda option, world: option.schedule(3, world.levers),
    ],
)
def test_an_option_of_another_world_is_refused(meet):
    with pytest.raises(InvalidOption, match=r"option 'strike' sets the lever 'strikes', which .* does not have"):
        meet(Option("strike", (Phase({"strikes": 1.0}),)), district())
    with pytest.raises(InvalidOption, match="looks at the state 'raids', which the world 'libya' does not have"):
        options.resolve(Option("x", triggers=(Trigger((Condition("raids", at_least=1),), {"strikes": 1.0}),)))


def test_a_world_without_options_or_proposal_says_so():
    world = district(options={})
    with pytest.raises(InvalidOption, match="'district' declares no options"):
        options.resolve(None, world=world)
    with pytest.raises(InvalidOption, match="'district' declares no proposal"):
        options.proposal_of(world)
    assert list(options.resolve(NOTHING, world=world)) == ["nothing"]
    with pytest.raises(UnknownOption):
        options.parse("patrols", world=world)


def test_months_that_are_no_whole_number_of_steps_are_refused_before_a_run():
    options.check_starts(DECLARED, 6, world=district(step=3.0))
    with pytest.raises(InvalidArgument, match="24 months in steps of 5"):
        options.check_starts(DECLARED, 24, world=district(step=5.0))
    with pytest.raises(InvalidOption, match="starts in month 9"):
        options.check_starts([PATROLS.from_month(9)], 6, world=district(step=3.0))


# Steps


RISING = Option("rising", (Phase({"patrols": 0.9}, start=2, ramp=3, end=5),))
SCHEDULES = {
    1.0: [0, 0.3, 0.6, 0.9, 0.9, 0],
    0.5: [0, 0, 0.3, 0.3, 0.6, 0.6, 0.9, 0.9, 0.9, 0.9, 0, 0],
    # The means of months 1 to 3 and 4 to 6; of months and their halves.
    3.0: [0.3, 0.6],
    1.5: [0.1, 0.5, 0.9, 0.3],
    # Of 26 weeks, months 1 to 6 end in 4.33, 8.67, 13, 17.33, 21.67 and 26: a week is of the month in which it ends.
    WEEK: [0] * 4 + [0.3] * 4 + [0.6] * 5 + [0.9] * 4 + [0.9] * 4 + [0] * 5,
}


@pytest.mark.parametrize("step", SCHEDULES)
def test_a_schedule_has_a_row_for_each_step(step):
    world = district(step=step)
    found = RISING.schedule(6, world.levers, step=step)
    np.testing.assert_allclose(found, np.column_stack([SCHEDULES[step], np.zeros(world.steps(6))]), rtol=1e-15)
    # Columns are the world's levers, in its order.
    np.testing.assert_array_equal(RISING.schedule(6, ("talks", "patrols"), step=step), found[:, ::-1])
    # The effort is that of months, whatever the step.
    assert RISING.effort(6) == pytest.approx({"patrols": 2.7})
    if step >= 1.0:
        assert found[:, world.levers.index("patrols")].sum() * step == pytest.approx(2.7)


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        ([Phase({"patrols": 1.0}, start=2, end=2)], [1 / 3, 0.0]),
        ([Phase({"patrols": 1.0}, start=1, end=1)], [1 / 3, 0.0]),
        ([Phase({"patrols": 1.0}, start=2)], [2 / 3, 1.0]),
        ([Phase({"patrols": 0.6}, start=4)], [0.0, 0.6]),
        # Two phases take turns, month by month.
        ([Phase({"patrols": 1.0}, end=1), Phase({"patrols": 0.5}, end=4)], [2 / 3, 0.5 / 3]),
    ],
)
def test_a_step_that_is_longer_than_a_month_has_the_mean_of_its_months(phases, expected):
    found = Option("one", tuple(phases)).schedule(6, ("patrols",), step=3.0)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-15)
    assert found.max() <= 1.0


FIRST_SET = {1.0: 3, 0.5: 5, 3.0: 2, 1.5: 3, WEEK: 9}
"""The first step in which a trigger that starts in month 3 can set levers; a long one does not begin in month 2."""


@pytest.mark.parametrize("step", [0.5, 3.0, *(pytest.param(step, marks=pytest.mark.slow) for step in (1.0, WEEK))])
@pytest.mark.parametrize("backend", ["numpy", "numba", "jax"])
def test_every_backend_runs_options_at_the_step_of_the_world(backend, step):
    if backend == "jax":
        pytest.importorskip("jax")
    world, worlds = district(step=step), 3
    steps = world.steps(6)
    late = Trigger((Condition("calm", at_most=1.0),), {"talks": 0.5}, start=3)
    chosen = (RISING, Option("talks", triggers=(late,)), NOTHING)
    out = layout.empty(world, len(chosen), steps, worlds)
    shocks, first = draw_shocks(world, 1, steps, 0, worlds), origin_shocks(world, 1, 0, worlds)
    backends.load(backend)(world, chosen, np.ones((1, worlds)), shocks, first, start=0, out=out)
    states = layout.named(world, out)
    np.testing.assert_allclose(states["patrolled"][0, :, 1:], [SCHEDULES[step]] * worlds, rtol=1e-15)
    talked = np.where(np.arange(1, steps + 1) >= FIRST_SET[step], 0.5, 0.0)
    np.testing.assert_array_equal(states["talked"][1, :, 1:], [talked] * worlds)
    assert not states["patrolled"][2].any()
    assert encode(world, chosen, steps).since.tolist() == [FIRST_SET[step]]
