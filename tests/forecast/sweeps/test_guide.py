"""docs/sweeps.md says what the code does."""

import re
import shlex
from pathlib import Path

import pytest

import forecast
from forecast.cli import main
from forecast.commands.sweep import _KEYS
from forecast.sweeps.axes import AXES

PAGE = (Path(__file__).parents[3] / "docs" / "sweeps.md").read_text(encoding="utf-8")


def _blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_its_python_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for snippet in _blocks("python"):
        exec(compile(snippet, "docs/sweeps.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "to do: 18" in printed
    assert "stable_success_difference" in printed


def test_its_grid_file_and_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    [text] = _blocks("toml")
    Path("grid.toml").write_text(text, encoding="utf-8")
    commands = re.findall(r"^\$ forecast (.*)$", PAGE, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert main(shlex.split(command)) == 0
    assert Path("sweep-out/sweep.csv").exists()
    assert "18 of 18" not in capsys.readouterr().out


def test_it_names_every_axis_and_key():
    axes = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert axes == list(AXES)
    [text] = _blocks("toml")
    keys = re.findall(r"^\[?(\w+)\]?", text, re.MULTILINE)
    assert set(_KEYS) <= set(keys)


def test_what_it_says_of_the_room_is_so(tmp_path):
    grid = {"options": ["no_assistance", "training"], "months": [2]}
    told = forecast.sweep(grid, evidence="none", store=tmp_path / "s", worlds=4096, dry_run=True, progress=False)
    more = forecast.sweep(grid, evidence="none", store=tmp_path / "s", worlds=8192, dry_run=True, progress=False)
    # The baseline has no differences, which is half a cell.
    assert told.report.size / 1.5 == pytest.approx(80_000, rel=0.05)
    assert (more.report.size - told.report.size) / 1.5 == pytest.approx(50_000, rel=0.05)
