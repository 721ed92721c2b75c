"""The world that a run or a fit carries is the one that it says it is of, and names no files."""

import dataclasses
import pickle
from pathlib import Path

import pytest

import forecast
import priors
from forecast.errors import FileMissing, InvalidEvidence, InvalidFile, InvalidWorld, VersionMismatch
from forecast.evidence import available
from forecast.world_data import of_dict, packed, to_dict
from forecast.worlds import carried, world_of
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
    again = pickle.loads(pickle.dumps(DISTRICT))
    assert (again.beliefs, dict(again.evidence), available(again)) == ("", {}, ("none",))
    again = of_dict(to_dict(DISTRICT))
    assert (again.beliefs, available(again)) == ("", ("none", "seen"))
    assert pickle.loads(pickle.dumps(again)).evidence == again.evidence
    assert str(FILE.parent) not in repr(again.evidence)


# Evidence


FILE = Path(DISTRICT.evidence)


def test_what_a_run_carries_is_fitted_to_the_same_evidence(run):
    own, again = (forecast.load_evidence("seen", world=world) for world in (DISTRICT, world_of(run.attrs)))
    assert own == again
    assert own.hash == again.hash
    assert [item.date for item in own.items] == [item.date for item in again.items]
    assert of_dict(to_dict(again.world)).evidence == again.world.evidence
    posterior = [
        forecast.fit(priors.load(DISTRICT.beliefs), world=world, progress=False).posterior["growth"].values
        for world in (DISTRICT, world_of(run.attrs))
    ]
    assert (posterior[0] == posterior[1]).all()


def test_evidence_that_was_written_again_is_carried_as_it_is(tmp_path, run):
    file = tmp_path / "evidence.toml"
    file.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    world = dataclasses.replace(DISTRICT, evidence=file)
    assert available(world_of(carried(world))) == ("none", "seen")
    file.write_text(FILE.read_text(encoding="utf-8").replace("[set.seen]", "[set.looked_at]"), encoding="utf-8")
    assert available(world_of(carried(world))) == ("none", "looked_at")


@pytest.mark.parametrize("text", [None, "set = [", "format = 1\n[junk]\n", "[set.seen]\n"])
def test_without_evidence_its_file_does_not_matter(tmp_path, text, run):
    file = tmp_path / "evidence.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    world = dataclasses.replace(DISTRICT, evidence=file)
    beliefs, how = priors.load(DISTRICT.beliefs), {"evidence": "none", "progress": False}
    again = forecast.simulate(beliefs, world=world, worlds=20, months=2, backend="numpy", **how)
    assert again["raids"].equals(run["raids"])
    assert dict(world_of(again.attrs).evidence) == {}
    assert forecast.run(world=world, worlds=50, structures=False, **how).about.evidence == "none"
    with pytest.raises((FileMissing, InvalidFile, VersionMismatch)):
        forecast.run(world=world, worlds=50, progress=False)


def test_no_set_is_called_none(tmp_path):
    file = tmp_path / "evidence.toml"
    file.write_text('format = 1\n[set.none]\ntitle = "t"\ndescription = "d"\nitems = ["a"]\n', encoding="utf-8")
    with pytest.raises(InvalidEvidence, match=r"called none.*rename"):
        available(dataclasses.replace(DISTRICT, evidence=file))


@pytest.mark.parametrize("given", [3, "set = [", "junk = 1\n", "x" * 600_000, '"\\ud800"', "set = " + "[" * 5000])
def test_evidence_in_data_is_read_as_data(given):
    with pytest.raises((InvalidFile, InvalidWorld)):
        of_dict(to_dict(DISTRICT) | {"evidence": given})
