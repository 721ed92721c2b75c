"""The months that are run where nobody says how many: those of the world."""

import dataclasses

import numpy as np
import pytest

import forecast
import priors
from forecast.errors import InvalidFile, InvalidOption, InvalidWorld
from forecast.options import Option, Phase
from forecast.world_data import of_dict, to_dict
from forecast.worlds import shipped, shipped_names
from forecast.worlds.district import BELIEFS as FILE
from forecast.worlds.district import DISTRICT
from tests.forecast.command_line import call

BELIEFS = priors.load(FILE)
LONG = dataclasses.replace(
    DISTRICT, months=36, options={**DISTRICT.options, "late": Option("late", (Phase({"talks": 1.0}, start=30),))}
)
HOW = {"evidence": "none", "progress": False, "worlds": 20}


def horizon(run):
    return int(run["month"][-1])


@pytest.mark.parametrize("name", shipped_names())
def test_the_shipped_worlds_run_two_years(name):
    assert shipped(name).months == 24


def test_a_run_goes_to_the_horizon_of_its_world_and_an_option_may_start_late():
    run = forecast.simulate(BELIEFS, world=LONG, **HOW)
    assert horizon(run) == 36
    assert horizon(forecast.simulate(BELIEFS, world=LONG, options="nothing", months=6, **HOW)) == 6
    with pytest.raises(InvalidOption, match=r"starts in month 30.*World\(\.\.\., months=\.\.\.\)"):
        forecast.simulate(BELIEFS, world=LONG, months=24, **HOW)


def test_it_is_the_run_that_names_the_months_itself():
    own, named = (
        forecast.simulate(BELIEFS, world=world, **HOW, options="both", **months)
        for world, months in ((LONG, {}), (DISTRICT, {"months": 36}))
    )
    assert own.attrs["run"] == named.attrs["run"]
    for name in named.data_vars:
        np.testing.assert_array_equal(own[name], named[name])


def test_every_analysis_takes_it():
    small = dataclasses.replace(LONG, months=3, options=DISTRICT.options)
    of = {"world": small, "progress": False}
    assert forecast.run(world=small, structures=False, classes=False, **HOW).about.months == 3
    assert forecast.tornado(BELIEFS, **of, worlds=20).about.months == 3
    assert forecast.waiting(BELIEFS, **of, worlds=200, evidence="none", months_waited=[1]).about.months == 3
    assert forecast.sobol(BELIEFS, **of, n=256).about.months == 3


def test_a_sweep_takes_it(tmp_path):
    small = dataclasses.replace(LONG, months=3, options=DISTRICT.options)
    how = {"beliefs": BELIEFS, "evidence": "none", "world": small, "worlds": 64, "progress": False}
    own = forecast.sweep({"options": ["both"]}, store=tmp_path / "own", **how)
    named = forecast.sweep({"options": ["both"], "months": [3, 24]}, store=tmp_path / "named", **how)
    (raids,), (three, full) = own.to_frame()["raids_total"], named.to_frame()["raids_total"]
    assert raids == three < full


def test_it_is_no_part_of_the_hash_and_travels_as_data():
    assert LONG.hash == DISTRICT.hash
    assert of_dict(to_dict(LONG)).months == 36
    run = forecast.simulate(BELIEFS, world=LONG, options="nothing", months=3, **HOW)
    assert forecast.worlds.world_of(run.attrs).months == 36


@pytest.mark.parametrize("months", [0, 121, True, 24.0, "24", None])
def test_only_a_horizon_that_can_be_run_is_taken(months):
    with pytest.raises(InvalidWorld, match=r"'district' has months=.*\. Expected a whole number from 1 to 120"):
        dataclasses.replace(DISTRICT, months=months)
    with pytest.raises((InvalidFile, InvalidWorld), match="months"):
        of_dict(to_dict(LONG) | {"months": months})


def test_a_horizon_of_no_whole_steps_is_refused():
    with pytest.raises(InvalidWorld, match=r"'district': 25 months in steps of 2.*run 24 or 26 months"):
        dataclasses.replace(DISTRICT, step=2.0, months=25)


def test_the_command_line_runs_it(tmp_path):
    file = tmp_path / "long.py"
    file.write_text(
        'import dataclasses\nimport forecast\nLONG = dataclasses.replace(forecast.load_world("district"), months=3)\n',
        encoding="utf-8",
    )
    status, text, _ = call("run", "--world", f"{file}:LONG", "--worlds", "50", "--evidence", "none", "--no-figures")
    assert status == 0
    assert "By month 3 after" in " ".join(text.split())
    assert "Effort over 3 months" in call("options", "--world", f"{file}:LONG")[1]
