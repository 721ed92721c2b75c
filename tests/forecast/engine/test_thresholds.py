"""Events and counts on JAX are those of NumPy, save where something lies within 1e-9 of a threshold; it is counted."""

from pathlib import Path

import pytest

import forecast
import priors
from forecast import World, code, count, yes_no
from tests.forecast.engine.thresholds import partings, with_all_in_sight

EXAMPLES = Path(forecast.__file__).parents[1] / "examples"
RUNS = {
    "district": ("district", {"worlds": 3000, "steps": 24}),
    "river_town": (EXAMPLES / "your_own_world.py", {"worlds": 3000, "steps": 60}),
    "epidemic": (EXAMPLES / "an_epidemic.py", {"worlds": 500, "steps": 26}),
    "libya": ("libya", {"worlds": 1000, "steps": 24}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_jax_parts_from_numpy_only_at_a_threshold(name, record_property):
    pytest.importorskip("jax")
    home, size = RUNS[name]
    world = forecast.load_world(home)
    beliefs = priors.load(world.beliefs or Path(home).with_suffix(".toml"))
    found = partings(world, beliefs, **size)
    record_property("worlds that part at a threshold", len(found))
    assert not [one for one in found if not one.by]
    # Luck falls so near once in a hundred million times.
    assert len(found) <= 3


BELIEFS = priors.PriorSet({"rate": priors.elicit("LogNormal", interval=(0.5, 1.5), mass=0.9)}, name="edge")
STATES = {
    "less": yes_no("Less"),
    "counted": count("things", "Counted"),
    "chosen": count("things", "Chosen"),
    "whole": code("Whole", ("none", "one", "two", "three")),
    "never": yes_no("Never"),
}


def world_of(name, month, shocks="uv", **states):
    """A world in which nothing can be done; what is no state is hidden."""
    rows = tuple(states["hidden"]) + tuple(states["states"])
    return World(
        name=name,
        date="2012-01-31",
        parameters=("rate",),
        levers=(),
        shocks=dict.fromkeys(shocks, "uniform"),
        origin=lambda beliefs, luck: dict.fromkeys(rows, 0.0),
        month=month,
        options={"nothing": forecast.Option("nothing")},
        **states,
    )


def at_the_edge(xp, state, levers, beliefs, luck, time):
    """A month in which all that is decided lies within rounding of its threshold, save what never comes."""
    same = xp.exp(xp.log(luck.u))
    return {
        "hidden": same,
        "less": luck.u < same,
        "counted": xp.poisson_ppf(luck.u, -xp.log(luck.u)),
        "chosen": xp.binomial_ppf(luck.u, 2.0, 1.0 - xp.sqrt(same)),
        "whole": xp.floor(3.0 * same / luck.u),
        "never": (state.never == 0.0) & (luck.v > 1.0 + beliefs.rate),
    }


def test_what_lies_at_a_threshold_is_found():
    pytest.importorskip("jax")
    world = world_of("edge", at_the_edge, states=STATES, hidden=("hidden",))
    found = partings(world, BELIEFS, worlds=60, steps=6)
    assert len(found) > 30
    assert all(one.by for one in found)
    met = {words.split()[2] for one in found for words in one.by}
    assert met == {"less", "poisson_ppf", "binomial_ppf", "floor"}


def test_what_is_computed_wrongly_is_no_rounding(monkeypatch):
    """An exponential that is a hundredth too great turns an event where luck lies between the two."""
    jax_backend = pytest.importorskip("forecast.engine.jax_backend")
    right = jax_backend._OPERATIONS["exp"]
    monkeypatch.setitem(jax_backend._OPERATIONS, "exp", lambda x: 1.01 * right(x))

    def month(xp, state, levers, beliefs, luck, time):
        return {"less": (state.less == 0.0) & (luck.v < xp.exp(-beliefs.rate))}

    world = world_of("wrong", month, "v", states={"less": STATES["less"]}, hidden=())
    found = partings(world, BELIEFS, worlds=500, steps=12)
    assert len(found) > 5
    assert not any(one.by for one in found)


def test_hidden_states_are_in_sight():
    world = world_of("sight", at_the_edge, states=STATES, hidden=("hidden",))
    seen = with_all_in_sight(world)
    assert set(seen.states) == {*world.states, "hidden"}
    assert seen.month_program == world.month_program
