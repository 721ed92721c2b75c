"""Outcomes of paths that are written by hand: sums are numbers, a month is written one way, what is missing is so."""

import dataclasses

import numpy as np
import pytest

import forecast
import priors
from forecast import World, code, count, event, ever, first, measure, number, total, yes_no
from forecast.errors import ForecastError, InvalidArgument
from forecast.outcomes.derive import derive, harmed
from forecast.schema import NO_MONTH

BELIEFS = priors.PriorSet(
    {"a": dataclasses.replace(priors.elicit("Normal", interval=(0.0, 1.0), mass=0.9, unit="1"), name="a")},
    name="mine",
    title="Mine",
    description="A number.",
)
STATES = {
    "x": number("1", "A number"),
    "y": yes_no("It holds"),
    "z": yes_no("That holds"),
    "n": count("persons", "Persons"),
    "c": code("Word", tuple("abcdefgh" * 13)),
}


def world(outcomes, *, states=STATES, step=1.0, month=None):
    """Return a world in which every state is as it was, or what is said."""

    def unchanged(xp, state, levers, beliefs, luck, time):
        return {name: getattr(state, name) + 0.0 * beliefs.a for name in states}

    return World(
        name="mine",
        date="2012-01-31",
        origin=lambda beliefs, luck: dict.fromkeys(states, 0.0),
        month=unchanged if month is None else month,
        states=states,
        parameters=("a",),
        levers=(),
        shocks={},
        step=step,
        outcomes=outcomes,
        options={"nothing": forecast.Option("nothing"), "same": forecast.Option("same")},
    )


def paths(months=3, **given):
    """Give states of one option and one world that hold still, in the types that they are kept in."""
    return {
        name: np.full((1, 1, months), given.get(name, 0), dtype=one.dtype)
        if np.ndim(given.get(name, 0)) == 0
        else np.array(given[name], dtype=one.dtype)[np.newaxis, np.newaxis]
        for name, one in STATES.items()
    }


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (lambda p: p.ever(lambda s: s.y + s.z == 2.0), 1.0),
        (lambda p: p.end(lambda s: s.n * s.n), 3.6e9),
        (lambda p: p.total(lambda s: s.n * s.n), 7.2e9),
        (lambda p: p.end(lambda s: s.c + s.c), 200.0),
        (lambda p: p.total(lambda s: s.y - s.z), 0.0),
        (lambda p: p.total(lambda s: -s.y), -2.0),
        (lambda p: p.origin(lambda s: s.c - 128.0 - s.c), -128.0),
        (lambda p: p.end("y") + p.end("z"), 2.0),
        (lambda p: p.end("c") * p.end("c"), 10_000.0),
    ],
)
def test_rules_over_states_are_worked_out_in_numbers(rule, expected):
    found = derive(world({"v": measure("1", "V", "v", rule)}), paths(y=1, z=1, n=60_000, c=100))
    assert found["v"].tolist() == [[expected]]


@pytest.mark.parametrize("step", [0.5, 1.0, 3.0, 12 / 52])
def test_how_long_something_holds_is_in_months(step):
    steps = round(12 / step)
    held = np.zeros(steps + 1, dtype=bool)
    held[1 : steps // 2 + 1] = True
    one = world(
        {"months": total("y", "Months"), "steps": measure("1", "Steps", "s", lambda p: p.total("y"))}, step=step
    )
    found = derive(one, paths(steps + 1, y=held))
    np.testing.assert_allclose(found["months"], 6.0, rtol=1e-12)
    assert found["steps"].tolist() == [[steps // 2]]
    assert one.outcomes["months"].unit == "months"
    assert one.outcomes["months"].whole == (step in (1.0, 3.0))


def test_a_month_is_written_one_way():
    one = world({"f": first("y", "First"), "m": measure("month", "M", "m", lambda p: p.first("y"))}, step=12 / 52)
    label = one.months_at(52)
    for at in range(53):
        found = derive(one, paths(53, y=np.arange(53) >= at))
        assert found["f"].tolist() == found["m"].tolist() == [[label[at]]]


NEVER = {"big": 0.0, "large": 0.0, "when": np.nan, "chosen": 1.0}
RULES = {
    "big": event("Big", "x", lambda p: p.end("x") > -5.0),
    "large": event("Large", "x", lambda p: p.ever(lambda s: s.x > 5.0)),
    "when": measure("month", "When", "x", lambda p: p.first(lambda s: s.x > 5.0)),
    "chosen": measure("1", "Chosen", "x", lambda p: p.end(lambda s: s.x < 0.0) + 1.0),
    "held": event("Held", "y", lambda p: p.end("y") == 0.0),
    "began": event("Began", "x", lambda p: p.origin("x") == 0.0),
}


def test_what_is_read_of_no_number_is_missing():
    states = {name: np.repeat(array, 2, axis=1) for name, array in paths().items()}
    states["x"][0, 1, 1:] = np.nan
    found = derive(world(RULES), states)
    assert {name: found[name][0, 0] for name in ("big", "large", "chosen")} == {"big": 1.0, "large": 0.0, "chosen": 1.0}
    assert np.isnan(found["when"][0, 0])
    assert all(np.isnan(found[name][0, 1]) for name in ("big", "large", "chosen"))
    assert found["when"][0, 1] == NO_MONTH
    # What does not read it, or not in that month, is known.
    for name in ("held", "began"):
        assert found[name].dtype == bool
        assert found[name].tolist() == [[True, True]]


@pytest.mark.parametrize(("state", "mark"), [("n", -1), ("c", -1), ("y", -1)])
def test_so_is_what_is_read_of_no_count_code_or_flag(state, mark):
    states = paths(4)
    states[state] = np.array([[[0, 0, mark, 0]]], dtype="int8" if state == "y" else STATES[state].dtype)
    found = derive(
        world(
            {
                "when": measure("month", "When", "w", lambda p: p.first(lambda s: getattr(s, state) > 5.0)),
                "once": event("Once", "o", lambda p: p.ever(lambda s: getattr(s, state) > 5.0)),
                "last": event("Last", "l", lambda p: p.end(state) == 0.0),
            }
        ),
        states,
    )
    assert found["when"].tolist() == [[NO_MONTH]]
    assert np.isnan(found["once"]).all()
    assert found["last"].tolist() == [[True]]


def test_harm_is_missing_where_an_event_is():
    one = {"a": np.array([[True, False, True]]), "b": np.array([[1.0, np.nan, np.nan]])}
    np.testing.assert_array_equal(harmed(("a", "not b"), one), [[1.0, np.nan, np.nan]])
    assert harmed(("not a",), one).dtype == bool


def logarithm(xp, state, levers, beliefs, luck, time):
    return {"x": xp.log(beliefs.a - 0.5), "y": state.y}


@pytest.fixture(scope="module")
def failing():
    """Worlds in half of which the state is no number."""
    rules = {
        "big": event("Big", "x", lambda p: p.end("x") > -5.0, better="higher"),
        "when": measure("month", "When", "x", lambda p: p.first(lambda s: s.x > -1.0)),
    }
    return world({**rules, "y_ever": ever("y", "Y")}, states={name: STATES[name] for name in "xy"}, month=logarithm)


HOW = {"evidence": "none", "worlds": 200, "months": 2, "backend": "numpy", "progress": False}


@pytest.fixture(scope="module")
def run(failing):
    with np.errstate(invalid="ignore"):
        return forecast.simulate(BELIEFS, world=failing, **HOW)


@pytest.mark.parametrize("name", ["big", "when"])
def test_nothing_takes_what_is_missing_for_a_no(run, name):
    failed = int(np.isnan(run.x.isel(option=0, month=-1)).sum())
    assert 60 < failed < 140
    with pytest.raises(
        InvalidArgument, match=f"{name} is missing in {failed} of 200 worlds; x is no number from month 1"
    ):
        forecast.compare(run, names=[name])
    whole = run.isel(world=np.flatnonzero(np.isfinite(run.x.isel(option=0, month=-1))))
    assert forecast.compare(whole, names=[name])["estimate"].notna().all()


def test_nor_do_conditions_pictures_and_analyses(run, failing):
    for condition in ("big", run.when < 12.0):
        with pytest.raises(InvalidArgument, match="is missing in"):
            forecast.given(run, condition, under="nothing")
    with pytest.raises(InvalidArgument, match="is missing in"):
        forecast.utility(run, {"big": 1.0})
    with pytest.raises(ForecastError), np.errstate(invalid="ignore"):
        forecast.tornado(BELIEFS, "big", world=failing, **HOW)


def test_nor_do_reduced_runs(failing):
    with np.errstate(invalid="ignore"):
        reduced = forecast.simulate(BELIEFS, world=failing, reduce=True, **HOW)
    for name in ("big", "when"):
        for part in ("", "_error", "_sd", "_quantile", "_difference", "_difference_error"):
            assert np.isnan(reduced[name + part]).all(), name + part
    assert reduced.y_ever.values.tolist() == [0.0, 0.0]
    assert forecast.compare(reduced, names=["big"])["estimate"].isna().all()


def test_nor_do_sweeps(failing, tmp_path):
    with np.errstate(invalid="ignore"):
        found = forecast.sweep(
            {"a": [0.4, 0.6], "months": [2]},
            store=tmp_path / "store",
            beliefs=BELIEFS,
            evidence="none",
            world=failing,
            worlds=50,
            progress=False,
            outcomes=["big"],
        )
    frame = found.to_frame()
    assert found.report.failed == 2
    assert frame["big"].notna().sum() == 2
