"""A code that has no word: the world has failed, on every backend, whatever other code goes further."""

import dataclasses

import numpy as np
import pytest

import forecast
import priors
from forecast import World, code, event, number
from forecast.errors import InvalidArgument
from forecast.schema import NO_NUMBER

BELIEFS = priors.PriorSet(
    {"size": dataclasses.replace(priors.elicit("Normal", interval=(-1.0, 1.0), mass=0.9, unit="units"), name="size")},
    name="mine",
    title="Mine",
    description="A size.",
)


def month(xp, state, levers, beliefs, luck, time):
    # In some worlds both are 3 from the second month on.
    far = xp.where((beliefs.size > 0.5) & (time.years > 0.0), 3.0, 1.0)
    return {"short": far, "long": far, "alone": far}


def world(*, words=("calm", "crowded", "crisis")):
    return World(
        name="words",
        date="2012-01-31",
        origin=lambda beliefs, luck: {"short": 0.0, "long": 0.0, "alone": 0.0},
        month=month,
        states={
            "long": code("More words", ("a", "b", "c", "d")),
            "short": code("Few words", words),
            "alone": number("1", "The same as a number"),
        },
        parameters=("size",),
        levers=(),
        shocks={},
        outcomes={"crisis": event("Crisis", "a crisis in the end", lambda path: path.end("short") == 2.0, of="short")},
        options={"nothing": forecast.Option("nothing"), "same": forecast.Option("same", title="The same")},
    )


def simulated(one, **more):
    return forecast.simulate(BELIEFS, world=one, evidence="none", worlds=200, months=4, progress=False, **more)


@pytest.mark.parametrize("backend", ["numpy", "numba", "jax"])
def test_it_is_marked(backend):
    if backend == "jax":
        pytest.importorskip("jax")
    run = simulated(world(), backend=backend)
    far = run.alone.values == 3.0
    assert 20 < far[0, :, -1].sum() < 100
    np.testing.assert_array_equal(run.long, run.alone)
    np.testing.assert_array_equal(run.short, np.where(far, NO_NUMBER, run.alone))


def test_it_counts_as_a_failed_world_and_whoever_asks_is_told():
    kept, reduced = simulated(world()), simulated(world(), reduce=True)
    failed = int((kept.alone == 3.0).any(("option", "month")).sum())
    gate = next(one for one in forecast.check(None, outcomes=kept).gates if one.name == "failed_worlds")
    assert gate.verdict == "failed"
    assert f"{failed} of 200 worlds: short" in gate.evidence
    assert int(reduced.attrs["failed_worlds"]) == failed
    said = (
        f"crisis is missing in {failed} of 200 worlds; short is none of its words from "
        "month 2 on.*declare a word for each number"
    )
    with pytest.raises(InvalidArgument, match=said):
        forecast.compare(kept)


def test_with_a_word_more_it_is_another_world_and_none_fails():
    more = world(words=("calm", "crowded", "crisis", "flight"))
    assert more != world()
    assert more == world(words=("a", "b", "c", "d"))
    for backend in ("numpy", "numba"):
        run = simulated(more, backend=backend)
        np.testing.assert_array_equal(run.short, run.alone)
