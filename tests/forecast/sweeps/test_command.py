"""``forecast sweep``."""

import json
import os
import signal

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.cli import main
from forecast.commands.sweep import FIGURES, TABLES, read_grid_file, run_sweep
from forecast.errors import (
    FileMissing,
    FileNotWritable,
    ForecastError,
    InvalidArgument,
    UnknownOption,
    UnknownOutcome,
    UnknownPrior,
    VersionMismatch,
)

TEXT = """
format = 1
evidence = "none"
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
    usual = {
        "world": None,
        "dry_run": False,
        "out": None,
        "force": False,
        "figures": False,
        "as_json": False,
        "quiet": True,
    }
    return run_sweep(str(file), store=str(tmp_path / "s.zarr"), **{**usual, **changes})


def test_the_file_is_read(file):
    read = read_grid_file(file)
    assert (read["worlds"], read["seed"], read["beliefs"]) == (60, 1, None)
    assert list(read["grid"]) == ["vetting", "options", "months"]


def test_a_dry_run_then_a_run_then_what_is_there(file, tmp_path, capsys):
    assert _run(file, tmp_path, dry_run=True) == 0
    assert "to do: 4" in capsys.readouterr().out.lower()
    assert not (tmp_path / "s.zarr").exists()
    assert _run(file, tmp_path, out=str(tmp_path / "o"), figures=True) == 0
    printed = capsys.readouterr().out
    assert "4 computed" in printed
    assert "stable_success" in printed
    assert "Less no_assistance in the same cell" in printed
    written = {str(path.relative_to(tmp_path / "o")) for path in (tmp_path / "o").rglob("*") if path.is_file()}
    assert written == {*TABLES, *(f"figures/{name}.png" for name in FIGURES)}
    table = pd.read_csv(tmp_path / "o" / "sweep.csv", index_col=["vetting", "options", "months"])
    grid = xr.load_dataset(tmp_path / "o" / "sweep.nc", engine="h5netcdf")
    np.testing.assert_array_equal(grid["utility"].values.ravel(), table["utility"])
    assert len(table) == 4
    # What a table without attributes is of; the months are an axis.
    assert table[["beliefs", "evidence", "worlds", "seed"]].drop_duplicates().values.tolist() == [
        ["article", "none", 60, 1]
    ]
    assert "(beliefs: article; evidence: none (beliefs as they stand); seed 1)" in " ".join(printed.split())
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
        ("worlds = 60", 'baseline = "trainign"', UnknownOption),
        ('"pyrrhic"]', '["pyrrhic"]]', UnknownOutcome),
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
    (tmp_path / "o").write_text("mine")
    with pytest.raises(FileNotWritable, match="not a folder"):
        _run(file, tmp_path, out=str(tmp_path / "o"))
    assert not (tmp_path / "s.zarr").exists()


def test_the_command_takes_its_arguments(file, tmp_path, capsys):
    store, out = tmp_path / "s.zarr", tmp_path / "o"
    usual = ["sweep", str(file), "--store", str(store), "--quiet"]
    assert main([*usual, "--dry-run"]) == 0
    assert not store.exists()
    assert main([*usual, "--out", str(out), "--no-figures"]) == 0
    assert {path.name for path in out.iterdir()} == set(TABLES)
    capsys.readouterr()
    assert main([*usual, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["cells"]) == 4
    assert main(["sweep", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [False, True])
def test_cells_that_failed_end_with_1_and_are_shown(file, tmp_path, capsys, monkeypatch, as_json):
    import forecast.sweeps.work as work

    usual = work.run_chunk

    def broken(job, start, stop):
        parameters, states, outcomes = usual(job, start, stop)
        outcomes["oil_output_end"][1] = np.nan
        return parameters, states, outcomes

    monkeypatch.setattr(work, "run_chunk", broken)
    arguments = ["sweep", str(file), "--store", str(tmp_path / "s"), "--quiet", *(["--json"] if as_json else [])]
    assert main(arguments) == 1
    printed = capsys.readouterr().out
    assert "utility is not finite in 60 worlds" in printed
    if as_json:
        assert json.loads(printed)["report"]["failed"] == 2
    else:
        assert "CELLS FAILED: 2" in printed
        assert "none" in printed
    assert main([*arguments, "--force"]) == 0


def test_ctrl_c_says_where_what_was_done_is(file, tmp_path, capsys, monkeypatch):
    import forecast.sweeps.sweep as module

    usual = module._keep

    def keep_and_interrupt(*arguments):
        usual(*arguments)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(module, "_keep", keep_and_interrupt)
    arguments = ["sweep", str(file), "--store", str(tmp_path / "s"), "--out", str(tmp_path / "o"), "--quiet"]
    assert main(arguments) == 130
    told = capsys.readouterr().err
    assert f"what was computed is in {tmp_path / 's'}, and the same command goes on from there" in told
    assert "nothing half done" not in told
    assert not (tmp_path / "o").exists()
    # Pressed twice, or before there is anything to keep.
    monkeypatch.setattr(module, "_run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main(arguments) == 130
    assert "goes on from there" in capsys.readouterr().err
    monkeypatch.undo()
    assert main([*arguments, "--no-figures"]) == 0
    assert "there" in capsys.readouterr().out


def test_a_grid_of_one_option_and_no_outcome_is_drawn(file, tmp_path, capsys):
    text = 'format = 1\nevidence = "none"\nworlds = 20\noutcomes = []\n[grid]\nvalues = ["balanced", {isis = 1}]\n'
    file.write_text(f'{text}options = ["training"]\n')
    assert _run(file, tmp_path, out=str(tmp_path / "o"), figures=True) == 0
    # There is nothing to differ from.
    assert [path.name for path in (tmp_path / "o" / "figures").iterdir()] == ["sweep.png"]
    assert "1 computed" in capsys.readouterr().out
