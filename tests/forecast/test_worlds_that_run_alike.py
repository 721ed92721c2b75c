"""Worlds that run alike are equal, and still each has its own options, values, claims and words."""

from dataclasses import replace

import pytest

import forecast
import priors
from forecast.errors import InvalidArgument, MismatchedRuns
from forecast.options import Option, Phase
from forecast.world import World
from forecast.worlds import world_of
from forecast.worlds.district import DISTRICT

NOTHING = Option("nothing")
STRONG, WEAK = (Option("act", (Phase({"patrols": level}),), title=f"At {level}") for level in (1.0, 0.25))


@pytest.fixture(scope="module")
def pair():
    """Two equal worlds with one file of evidence, of other options, values and what is better."""
    outcomes = {
        **DISTRICT.outcomes,
        "raids_total": forecast.total("raids", "Raids, total", better="higher"),
    }
    worlds = (
        replace(DISTRICT, options={"nothing": NOTHING, "act": STRONG}, proposal="act"),
        replace(DISTRICT, options={"nothing": NOTHING, "act": WEAK}, proposal="act", outcomes=outcomes, values={}),
    )
    assert worlds[0] == worlds[1]
    return worlds


@pytest.fixture(scope="module")
def beliefs():
    return priors.load(DISTRICT.beliefs)


def levels_of(world):
    return world.options["act"].phases[0].levers["patrols"]


def test_a_fit_carries_the_world_that_it_was_made_with(pair, beliefs):
    for world in pair:
        fit = forecast.fit(beliefs, world=world, evidence="seen", progress=False)
        own = world_of(fit.attrs)
        assert levels_of(own) == levels_of(world)
        assert own.outcomes["raids_total"].better == world.outcomes["raids_total"].better
        assert dict(own.values_table) == dict(world.values_table)


def test_evidence_that_was_loaded_with_another_goes_with_the_world_that_is_given(pair, beliefs):
    first, second = pair
    seen = forecast.load_evidence("seen", world=first)
    fit = forecast.fit(beliefs, world=second, evidence=seen, progress=False)
    assert levels_of(world_of(fit.attrs)) == 0.25
    assert levels_of(forecast.build_model(beliefs, evidence=seen, world=second).evidence.world) == 0.25
    run = forecast.simulate(beliefs, world=second, evidence=seen, worlds=20, months=2, backend="numpy", progress=False)
    assert run["title"].values.tolist() == ["Nothing", "At 0.25"]
    # And the first keeps its own.
    assert levels_of(seen.world) == 1.0


def test_a_fit_that_is_read_has_the_evidence_of_its_own_world(pair, beliefs):
    from forecast.posterior.carried import evidence_of

    for world in pair:
        fit = forecast.fit(beliefs, world=world, evidence="seen", progress=False)
        assert levels_of(evidence_of(fit).world) == levels_of(world)


def test_a_sweep_runs_the_world_that_is_given(pair, beliefs):
    from forecast.sweeps.axes import read_grid

    seen = forecast.load_evidence("seen", world=pair[0])
    grid = read_grid({"evidence": [seen]}, beliefs=beliefs, evidence=None, world=pair[1])
    assert [levels_of(one.world) for one in grid.axis("evidence").items] == [0.25]


def test_a_world_file_that_is_edited_is_read_anew(tmp_path, beliefs):
    text = (
        "from dataclasses import replace\n"
        "from forecast.worlds.district import DISTRICT\n"
        "WORLD = replace(DISTRICT, options='options.toml', proposal='')\n"
    )
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    for level in (1.0, 0.5):
        (tmp_path / "options.toml").write_text(
            f"format = 1\n[option.nothing]\n[option.act]\nlevers = {{ patrols = {level} }}\n", encoding="utf-8"
        )
        fit = forecast.fit(
            beliefs, world=forecast.load_world(f"{tmp_path}/mine.py:WORLD"), evidence="seen", progress=False
        )
        assert levels_of(world_of(fit.attrs)) == level


def test_the_equations_cite_the_claims_of_the_world_that_is_asked(tmp_path):
    text = DISTRICT.beliefs.read_text(encoding="utf-8")
    claims = {"D1": "One.", "D2": "Two.", "D3": "Three."}
    assert '["D3"]' in text
    for cited in ("D3", "D1"):
        (tmp_path / "beliefs.toml").write_text(text.replace('["D3"]', f'["{cited}"]'), encoding="utf-8")
        world = replace(DISTRICT, beliefs=tmp_path / "beliefs.toml", claims=claims)
        (hazard,) = (row for row in forecast.describe_world(world=world).rows if "talks_effect" in row.parameters)
        assert cited in hazard.claims
        assert ("D3" in hazard.claims) == (cited == "D3")


VALUES = {
    "format": 1,
    "goal": {"high": {"title": "High", "meaning": "A high V"}},
    "attribute": {"v": {"goal": "high", "worst": 0.0, "best": 1.0}},
    "values": {"mine": {"title": "Mine", "meaning": "What I want", "weights": {"high": 1.0}}},
}


def coded(words=("peace", "war"), *, unit="1", better="higher", title="Calm", values=None):
    """A world with a code, of which two that say different things of it run alike."""
    return World(
        name="coded",
        date="2012-01-31",
        origin=lambda beliefs, luck: {"c": 0.0, "x": beliefs.a},
        month=lambda xp, state, levers, beliefs, luck, time: {"c": 1.0 - state.c, "x": state.x},
        states={"c": forecast.code("State of affairs", words), "x": forecast.number("1", "X")},
        parameters=("a",),
        levers=(),
        shocks={},
        outcomes={
            "calm": forecast.event(title, "peace", lambda path: path.end("c") == 0.0, better=better),
            "v": forecast.measure(unit, "V", "v", lambda path: path.end("x"), better="higher"),
        },
        options={"nothing": NOTHING},
        values=VALUES if values is None else values,
    )


def run_of(world, worlds=range(20), **more):
    beliefs = priors.PriorSet(
        {"a": replace(priors.elicit("Normal", interval=(0.0, 1.0), mass=0.9, unit="1"), name="a")},
        name="mine",
        title="Mine",
        description="A number.",
    )
    how = {"evidence": "none", "months": 2, "backend": "numpy", "progress": False}
    return forecast.simulate(beliefs, world=world, worlds=worlds, **how, **more)


OTHERS = {
    "words": (coded(("war", "peace")), "the long name of 'c' is .*0 peace, 1 war' in one and .*0 war, 1 peace'"),
    "better": (coded(better="lower"), "better of 'calm' is 'higher' in one and 'lower'"),
    "title": (coded(title="War"), "long name of 'calm' is 'Calm' in one and 'War'"),
    "values": (coded(values={}), "the values of their worlds"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_runs_of_worlds_that_say_different_things_are_not_put_together(other):
    world, said = OTHERS[other]
    assert world == coded()
    first = run_of(coded())
    with pytest.raises(MismatchedRuns, match=said):
        forecast.join(first, run_of(world, range(20, 30)))
    with pytest.raises(InvalidArgument, match=said):
        forecast.luck_and_ignorance(first, run_of(world, luck=7), names=["calm"])
    assert forecast.join(first, run_of(coded(), range(20, 30))).sizes["world"] == 30
