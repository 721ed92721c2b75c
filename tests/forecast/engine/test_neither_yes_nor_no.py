"""A yes/no state that becomes neither: the world has failed, on every backend, and messages say where."""

import numpy as np
import pytest

import forecast
from forecast import World, ever, total, yes_no
from forecast.errors import InvalidArgument
from forecast.schema import NO_NUMBER
from tests.forecast.one_rate import BELIEFS


def world(fault):
    """A world in which something comes again and again; ``fault`` says what is then returned."""

    def month(xp, state, levers, beliefs, luck, time):
        comes = luck.comes < beliefs.rate * time.step
        return {"came": fault(xp, state.came, comes), "sound": xp.maximum(state.sound, comes)}

    return World(
        name="again",
        date="2012-01-31",
        origin=lambda beliefs, luck: {"came": 0.0, "sound": 0.0},
        month=month,
        states={"came": yes_no("It came"), "sound": yes_no("It came, counted once")},
        parameters=("rate",),
        levers=(),
        shocks={"comes": "exponential"},
        outcomes={"came_ever": ever("came", "It came"), "months": total("came", "Months since")},
        options={"nothing": forecast.Option("nothing"), "same": forecast.Option("same", title="The same")},
    )


TWICE = world(lambda xp, came, comes: came + comes)
NAN = world(lambda xp, came, comes: xp.binomial_ppf(0.5, 0.5 * comes, 0.5))


def simulated(one, **more):
    return forecast.simulate(BELIEFS, world=one, evidence="none", worlds=300, months=12, progress=False, **more)


@pytest.fixture(scope="module", params=[TWICE, NAN], ids=["twice", "NaN"])
def runs(request):
    return {backend: simulated(request.param, backend=backend) for backend in ("numpy", "numba")}


def test_the_same_on_every_backend(runs):
    for name in ("came", "sound", "came_ever", "months"):
        np.testing.assert_array_equal(runs["numba"][name], runs["numpy"][name], err_msg=name)


def test_jax_too():
    pytest.importorskip("jax")
    for name in ("came", "sound"):
        ours, near = (simulated(TWICE, backend=backend)[name] for backend in ("numba", "jax"))
        assert (near == ours).mean() > 0.999


def test_what_came_twice_is_neither():
    came = simulated(TWICE).came.sel(option="nothing").values
    sound = simulated(TWICE)
    assert sound.sound.dtype == bool
    assert came.dtype == np.int8
    assert set(np.unique(came)) == {NO_NUMBER, 0, 1}
    # From the month after the one that it came in first, where it comes again.
    assert not ((came == NO_NUMBER) & ~sound.sound.sel(option="nothing").values).any()


def test_it_counts_as_a_failed_world():
    kept, reduced = simulated(TWICE), simulated(TWICE, reduce=True)
    failed = int((kept.came == NO_NUMBER).any(("option", "month")).sum())
    assert failed > 20
    gate = next(one for one in forecast.check(None, outcomes=kept).gates if one.name == "failed_worlds")
    assert gate.verdict == "failed"
    assert f"{failed} of 300 worlds: came" in gate.evidence
    assert int(reduced.attrs["failed_worlds"]) == failed
    spoiled = (kept.came == NO_NUMBER).any("world")
    np.testing.assert_array_equal(np.isnan(reduced.came), spoiled)
    np.testing.assert_allclose(reduced.sound, kept.sound.mean("world"), rtol=1e-12)


@pytest.mark.parametrize("name", ["came_ever", "months"])
def test_a_message_names_the_state_and_the_month(name):
    outcomes = simulated(TWICE)
    first = int(np.argmax((outcomes.came == NO_NUMBER).any(("option", "world")).values))
    with pytest.raises(InvalidArgument, match=f"came is neither 0 nor 1 from month {first} on.*a comparison") as caught:
        forecast.compare(outcomes, names=[name])
    assert len(str(caught.value)) < 400


def test_without_the_failed_worlds_it_is_as_ever(tmp_path):
    outcomes = simulated(TWICE)
    whole = outcomes.isel(world=np.flatnonzero(~(outcomes.came == NO_NUMBER).any(("option", "month"))))
    found = forecast.compare(whole, names=["came_ever"])["estimate"]
    np.testing.assert_allclose(found["came_ever", "nothing"], float(whole.came_ever.sel(option="nothing").mean()))
    again = forecast.load(forecast.save(outcomes, tmp_path / "run.nc"))
    np.testing.assert_array_equal(again.came, outcomes.came)
    assert again.came.dtype == np.int8
