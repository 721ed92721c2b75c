"""``forecast sweep``."""

import json

import pandas as pd
import pytest

from forecast.commands.sweep import read_grid_file, run_sweep
from forecast.errors import FileMissing, ForecastError, InvalidArgument, UnknownPrior, VersionMismatch

TEXT = """
format = 1
worlds = 60
outcomes = ["stable_success", "pyrrhic"]
[grid]
vetting = [0.2, 0.8]
options = ["no_assistance", "ct_assistance + airstrikes from month 2"]
months = [2]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text(TEXT)
    return path


def _run(file, tmp_path, **changes):
    usual = {"dry_run": False, "out": None, "force": False, "as_json": False, "quiet": True}
    return run_sweep(str(file), store=str(tmp_path / "s.zarr"), **{**usual, **changes})


def test_the_file_is_read(file):
    read = read_grid_file(file)
    assert (read["worlds"], read["seed"], read["beliefs"]) == (60, 1, "article")
    assert list(read["grid"]) == ["vetting", "options", "months"]


def test_a_dry_run_then_a_run_then_what_is_there(file, tmp_path, capsys):
    assert _run(file, tmp_path, dry_run=True) == 0
    assert "to do: 4" in capsys.readouterr().out.lower()
    assert not (tmp_path / "s.zarr").exists()
    assert _run(file, tmp_path, out=str(tmp_path / "t.csv")) == 0
    printed = capsys.readouterr().out
    assert "4 computed" in printed
    assert "stable_success" in printed
    table = pd.read_csv(tmp_path / "t.csv", index_col=["vetting", "options", "months"])
    assert len(table) == 4
    assert _run(file, tmp_path, as_json=True) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["report"]["there"] == 4
    assert len(data["cells"]) == 4
    assert data["cells"][0]["utility"] == table["utility"].iloc[0]
    assert data["units"]["pyrrhic"] == "yes/no"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("format = 1", "format = 2", VersionMismatch),
        ("format = 1", "", VersionMismatch),
        ("worlds", "world", ForecastError),
        ("[grid]", "[grids]", ForecastError),
        ("vetting", "veting", UnknownPrior),
        ("worlds = 60", "worlds = 0", InvalidArgument),
        ("worlds = 60", 'worlds = "60"', InvalidArgument),
        ("format = 1", "format = ", ForecastError),
    ],
)
def test_a_bad_file_is_refused_before_any_work(file, tmp_path, old, new, error):
    file.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(error, match="To mend it"):
        _run(file, tmp_path)
    assert not (tmp_path / "s.zarr").exists()


def test_a_missing_file_or_folder_is_refused(file, tmp_path):
    with pytest.raises(FileMissing):
        _run(tmp_path / "none.toml", tmp_path)
    with pytest.raises(InvalidArgument, match="does not exist"):
        _run(file, tmp_path, out=str(tmp_path / "no" / "t.csv"))
    assert not (tmp_path / "s.zarr").exists()
