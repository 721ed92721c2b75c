"""What takes a summary instead of worlds gives the same, and what needs worlds says so."""

import os
import shutil

import h5py
import numpy as np
import pytest
import xarray as xr

import forecast
from forecast.diagnostics.groups import draws_of_worlds
from forecast.errors import InvalidArgument, InvalidFile, UnknownOption, UnknownOutcome, VersionMismatch
from forecast.libya.world import LIBYA
from forecast.schema import FORMAT
from forecast.summary.dataset import dataset
from forecast.summary.layout import kind_of
from forecast.summary.summary import Summary
from tests.forecast.summary.makings import granules, options_of

EXACT = ["estimate", "error", "difference", "difference_error", "variance_ratio"]
SKETCHED = ["lower", "upper", "difference_lower", "difference_upper"]


def assert_the_same_table(ours, theirs):
    assert ours.attrs == theirs.attrs
    assert ours.index.equals(theirs.index)
    assert list(ours.columns) == list(theirs.columns)
    np.testing.assert_allclose(ours[EXACT], theirs[EXACT], rtol=1e-9, atol=0)
    for name in ours.index.unique("outcome"):
        # Zero is near zero: a quantile between two values of differing sign has no relative error.
        whole = kind_of(LIBYA.outcomes[name]) != "continuous"
        loose = {"rtol": 0, "atol": 1e-12} if whole else {"rtol": 1 / 256, "atol": LIBYA.outcomes[name].floor}
        np.testing.assert_allclose(ours[SKETCHED].loc[name], theirs[SKETCHED].loc[name], err_msg=name, **loose)


# Comparing


@pytest.mark.parametrize("baseline", ["no_assistance", "airstrikes", "regional_then_national"])
def test_the_table_is_that_of_the_worlds(summary, run, baseline):
    assert_the_same_table(forecast.compare(summary, baseline=baseline), forecast.compare(run, baseline=baseline))


@pytest.mark.parametrize("names", ["pyrrhic", ["first_month_invited", "isis_fighters_end"]])
def test_some_outcomes(summary, run, names):
    assert_the_same_table(forecast.compare(summary, names=names), forecast.compare(run, names=names))


def test_few_worlds(run):
    """With a few worlds there are events that never came, options that never differ, and no spread."""
    for count in (1, 2, 5):
        few = run.isel(world=slice(count))
        made = dataset(Summary.of(LIBYA, *next(granules(few, count))[:2]), options_of(run), run.attrs)
        assert_the_same_table(forecast.compare(made), forecast.compare(few))


def test_the_baseline_differs_from_itself_by_exactly_nothing(summary):
    table = forecast.compare(summary).xs("no_assistance", level="option")
    known = table[table["estimate"].notna()]
    assert (known[["difference", "difference_error", "difference_lower", "difference_upper"]] == 0).all(axis=None)
    assert known["variance_ratio"].isna().all()


def test_a_table_turned_round_would_be_noticed(summary, run):
    """A known-bad mutant: other less option."""
    turned = summary.copy()
    turned["isis_fighters_end_difference"] = -summary["isis_fighters_end_difference"]
    with pytest.raises(AssertionError):
        assert_the_same_table(
            forecast.compare(turned, names="isis_fighters_end"), forecast.compare(run, names="isis_fighters_end")
        )


@pytest.mark.parametrize(
    ("kwargs", "error", "hint"),
    [
        ({"baseline": "no_asistance"}, UnknownOption, "no_assistance"),
        ({"names": ["pyrhic"]}, UnknownOutcome, "pyrrhic"),
        ({"names": []}, InvalidArgument, "leave it out"),
    ],
)
def test_bad_input_is_refused_as_it_is_with_worlds(summary, run, kwargs, error, hint):
    messages = []
    for outcomes in (summary, run):
        with pytest.raises(error, match=hint) as caught:
            forecast.compare(outcomes, **kwargs)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_the_gates_judge_a_summary_as_they_judge_its_worlds(summary, run):
    decision = forecast.decide(forecast.utility(run))
    ours = forecast.check(None, outcomes=summary, decision=decision).to_frame()
    theirs = forecast.check(None, outcomes=run, decision=decision).to_frame()
    assert ours.equals(theirs)
    assert ours.loc["ranking", "verdict"] in ("passed", "note")


# What needs worlds


def test_the_public_functions_that_need_worlds_say_so(summary):
    plots = [getattr(forecast.plots, name) for name in forecast.plots.__all__ if name != "save"]
    for function in (forecast.to_arviz, forecast.parameters, *plots):
        with pytest.raises(InvalidArgument, match="no single worlds") as caught:
            function(summary)
        assert "reduce" in caught.value.mend


def test_what_reads_worlds_beside_a_fit_says_so(summary):
    """Where ``leave_one_out`` and ``power_scaling`` begin with outcomes."""
    with pytest.raises(InvalidArgument, match="no single worlds"):
        draws_of_worlds(xr.DataTree(), summary)


# Saving


@pytest.fixture(scope="module")
def saved(summary, tmp_path_factory):
    return forecast.save(summary, tmp_path_factory.mktemp("summary") / "summary.nc")


@pytest.mark.slow
def test_round_trip(summary, saved, run):
    again = forecast.load(saved)
    xr.testing.assert_identical(again, summary)
    assert list(again.variables) == list(summary.variables)
    assert [type(value) for value in again.attrs.values()] == [type(value) for value in summary.attrs.values()]
    assert forecast.compare(again).equals(forecast.compare(summary))
    assert os.path.getsize(saved) < 5e6


def changed(saved, path, change):
    shutil.copy(saved, path)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


@pytest.mark.slow
def test_every_number_of_the_file_has_a_checksum(saved, summary):
    with h5py.File(saved) as file:
        assert all(file[name].fletcher32 for name in summary.data_vars)


@pytest.mark.slow
def test_a_truncated_file_is_refused(saved, tmp_path):
    path = tmp_path / "short.nc"
    path.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    with pytest.raises(InvalidFile, match="cannot be read"):
        forecast.load(path)


@pytest.mark.slow
def test_another_format_is_refused(saved, tmp_path):
    path = changed(saved, tmp_path / "other.nc", lambda file: file.attrs.modify("format", FORMAT + 1))
    with pytest.raises(VersionMismatch, match=f"format {FORMAT}"):
        forecast.load(path)


def test_what_is_no_whole_summary_is_not_saved(summary, tmp_path):
    parts = (
        summary.drop_vars("pyrrhic_difference"),
        summary.isel(option=0),
        summary.isel(option=slice(0)),
        summary.transpose(),
        summary.assign_attrs(worlds="many"),
        summary.assign_attrs(relative_error=None),
        summary.drop_vars("other"),
    )
    for part in parts:
        with pytest.raises(InvalidArgument):
            forecast.save(part, tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []
