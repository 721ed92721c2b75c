"""Runs whose attributes somebody changed: what cannot be read is refused in a sentence that names it."""

import pytest

import forecast
import priors
from forecast.errors import ForecastError


@pytest.fixture(scope="module")
def beliefs():
    return priors.load(forecast.load_world("district").beliefs)


@pytest.fixture(scope="module")
def run(beliefs):
    world = forecast.load_world("district")
    return forecast.simulate(beliefs, world=world, evidence="none", worlds=40, months=4, progress=False)


def joined(run):
    return forecast.join(run.isel(world=slice(0, 20)), run.isel(world=slice(20, 40)))


READERS = {
    "harms": [forecast.plots.trade_off, forecast.tradeoffs],
    "events": [forecast.plots.events],
    "option_hashes": [joined],
    "given": [lambda run: forecast.given(run, "calm", under="both")],
}


@pytest.mark.parametrize("junk", ["{", "5", 5, "null", '"text"', ["a"], "[" * 10_000])
@pytest.mark.parametrize("key", READERS)
def test_what_is_no_list_or_table_is_refused_by_its_name(run, key, junk):
    changed = run.assign_attrs({key: junk})
    for read in READERS[key]:
        with pytest.raises(ForecastError, match=f"attribute {key}"):
            read(changed)


@pytest.mark.parametrize("key", ["seed", "luck", "option_hashes"])
def test_luck_is_told_of_no_run_that_does_not_say_its_own(run, beliefs, key):
    for junk in ("x", [1], 1.5):
        with pytest.raises(ForecastError, match=f"attribute {key}"):
            forecast.luck_and_ignorance(run.assign_attrs({key: junk}), beliefs=beliefs, progress=False)


def test_a_state_that_does_not_say_what_it_is_is_refused(run):
    changed = run.copy(deep=True)
    del changed["raids"].attrs["state_kind"]
    with pytest.raises(ForecastError, match="state 'raids'"):
        forecast.at(changed, month=2)


def test_without_titles_options_go_by_their_names(run):
    changed = run.drop_vars("title")
    assert forecast.utility(changed)["title"].values.tolist() == ["nothing", "patrols", "both"]
    assert "under both" in forecast.given(changed, "calm", under="both").attrs["given"]
    assert forecast.decide(forecast.utility(changed)).rows


def test_what_no_file_holds_is_refused(run, tmp_path):
    with pytest.raises(ForecastError, match="attribute"):
        forecast.save(run.assign_attrs(seed=None), tmp_path / "run.nc")
    assert not list(tmp_path.iterdir())
