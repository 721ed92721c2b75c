"""The world that a run or a fit carries is the one that it says it is of, and names no files."""

import dataclasses
import pickle

import pytest

import forecast
import priors
from forecast.errors import InvalidFile
from forecast.evidence import available
from forecast.world_data import of_dict, packed, to_dict
from forecast.worlds import world_of
from forecast.worlds.district import DISTRICT


@pytest.fixture(scope="module")
def run():
    beliefs = priors.load(DISTRICT.beliefs)
    how = {"evidence": "none", "worlds": 20, "months": 2, "backend": "numpy", "progress": False}
    return forecast.simulate(beliefs, world=DISTRICT, **how)


OTHER = dataclasses.replace(DISTRICT, name="other")
ASKED = {
    "world_of": lambda changed, run: world_of(changed.attrs),
    "at": lambda changed, run: forecast.at(changed, month=1),
    "utility": lambda changed, run: forecast.utility(changed),
    "join": lambda changed, run: forecast.join(run.sel(option=["both"]), changed.sel(option=["nothing"])),
    "luck": lambda changed, run: forecast.luck_and_ignorance(changed, names=["calm"]),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("attr", [{"world_hash": OTHER.hash}, {"world_data": packed(OTHER)}], ids=list)
def test_a_run_that_carries_another_world_than_it_says_is_refused(attr, asked, run):
    with pytest.raises(InvalidFile, match="with the hash"):
        ASKED[asked](run.assign_attrs(attr), run)


def test_so_is_a_fit():
    fit = forecast.fit(priors.load(DISTRICT.beliefs), world=DISTRICT, evidence="seen", progress=False)
    assert world_of(fit.attrs) == DISTRICT
    fit.attrs["world_hash"] = OTHER.hash
    with pytest.raises(InvalidFile, match="with the hash"):
        forecast.simulate(fit, worlds=20, progress=False)


def test_neither_a_pickle_nor_data_name_files():
    for again in (pickle.loads(pickle.dumps(DISTRICT)), of_dict(to_dict(DISTRICT))):
        assert (again.beliefs, dict(again.evidence), available(again)) == ("", {}, ("none",))
