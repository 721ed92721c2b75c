"""``forecast decide``: a saved forecast in, an analysis out."""

import json
import re
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import forecast
from forecast.cli import main
from forecast.commands.decide import FIGURES, TABLES, _chance, _print_frontier, _print_questions
from forecast.decision.flips import WeightFlip
from forecast.decision.reading import available_values
from forecast.decision.tradeoffs import Tradeoff, Tradeoffs
from forecast.results import About
from tests.forecast import command_line

WORLDS = 400


@pytest.fixture(scope="module")
def outcomes(article):
    options = ["no_assistance", "ct_assistance", "airstrikes", "regional_centres"]
    return forecast.simulate(article, evidence="none", options=options, worlds=WORLDS, seed=3, progress=False)


@pytest.fixture(scope="module")
def saved(outcomes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    forecast.save(outcomes, folder / "forecast.nc")
    return folder


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(["decide", *map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture(scope="module")
def written(saved, tmp_path_factory):
    out = tmp_path_factory.mktemp("analysis") / "out"
    return out, *command_line.call("decide", saved, "--out", out, "--quiet")


@pytest.mark.slow
def test_it_answers_the_four_questions(written):
    _, status, text, err = written
    assert (status, err) == (0, "")
    for heading in (
        "WHICH OPTION, UNDER WHOSE VALUES",
        "HOW SURE, BY THE VALUES “Balanced”",
        "WHAT WOULD FLIP IT",
        "WHAT IS WORTH FINDING OUT FIRST",
    ):
        assert f"\n{heading}\n" in f"\n{text}"
    for title in ("Balanced", "Counterterrorism first", "State-building first"):
        assert f"\n{title}" in text
    assert "esolved: “" in text
    assert re.search(r"Best in +Alone in", text)
    assert "Files in" in text


@pytest.mark.slow
def test_the_numbers_are_those_of_the_functions(call, saved, outcomes):
    status, text, _ = call(saved, "--values", "state_building_first", "--json", "--quiet")
    data = json.loads(text)
    assert status == 0
    u = forecast.utility(outcomes, "state_building_first")
    frame = forecast.decide(u, indifference=0.005).to_frame()
    shown = pd.DataFrame(data["decision"]["options"]).set_index("option")
    np.testing.assert_array_equal(shown["expected_utility"], frame["expected_utility"])
    np.testing.assert_array_equal(shown["cvar_10_error"], frame["cvar_10_error"])
    np.testing.assert_array_equal(shown["best_alone_error"], frame["best_alone_error"])
    assert data["decision"]["duplicates"] == frame.attrs["duplicates"]
    assert data["evpi"]["value"] == forecast.evpi(u).value
    assert [row["values"] for row in data["values"]] == [
        "state_building_first",
        *(name for name in available_values() if name != "state_building_first"),
    ]
    asked = forecast.questions(u, forecast.parameters(outcomes)).to_frame()
    assert [row["question"] for row in data["questions"]] == asked.index.tolist()
    assert data["files"] == []


def test_what_is_not_sure_is_said_to_be_so(capsys):
    """Verdicts of the frontier, how sure flips are, and values that were moved, from tables made by hand."""
    words = {"a": "A", "b": "B", "c": "C"}
    rows = [
        Tradeoff(name, "x", 0.0, 0.0, 0.0, 0.0, name == "a", 0.3, 0.0, verdict, 0.0, 0.0)
        for name, verdict in (("a", "on"), ("b", "cannot tell"), ("c", "off"))
    ]
    found = Tradeoffs(
        about=About(),
        rows=tuple(rows),
        plane=None,
        titles=tuple(words.items()),
        criteria=(("x", "X"),),
        baseline="a",
        level=0.95,
    )
    _print_frontier(found, words)
    text = " ".join(capsys.readouterr().out.split())
    assert "Surely none: “A”; it cannot be told for: “B”; surely another one: “C”." in text
    flips = {
        p: WeightFlip("goal", "x", "lower", "X", 0.5, "a", np.nan, np.nan, "never", p, 0.01) for p in (0.01, 0.3, 0.99)
    }
    assert _chance(flips[0.3]).startswith("unresolved: 30.0")
    assert [_chance(flips[p]).split()[0] for p in (0.01, 0.99)] == ["1.0", "99.0"]


def test_values_that_were_moved_are_marked(capsys):
    z = np.random.default_rng(1).normal(size=(3, 200))
    u = xr.DataArray(z[:2], dims=("option", "world"))
    found = forecast.questions(u, xr.Dataset({"x": ("world", z[2])}))
    _print_questions(replace(found, rows=(replace(found.rows[0], moved=False),)))
    assert "held to its parts" not in capsys.readouterr().out
    _print_questions(replace(found, rows=(replace(found.rows[0], moved=True),)))
    assert "held to its parts" in capsys.readouterr().out


@pytest.mark.slow
def test_it_writes_its_files_and_nothing_else(written):
    out = written[0]
    names = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert names == {*TABLES, *(f"figures/{name}.png" for name in FIGURES)}
    assert all((out / "figures" / f"{name}.png").stat().st_size > 10_000 for name in FIGURES)
    for name in TABLES:
        assert len(pd.read_csv(out / name)) > 0


@pytest.mark.slow
def test_a_file_will_do_and_the_shipped_values_are_a_file_to_start_from(call, saved, tmp_path):
    shipped = files("forecast.libya").joinpath("values.toml").read_text(encoding="utf-8")
    only, _, _ = shipped.partition("[values.counterterrorism_first]")
    own = only.replace("[values.balanced]", "[values.own]").replace('title = "Balanced"', 'title = "My own"')
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    status, text, _ = call(saved / "forecast.nc", "--values", "own.toml", "--quiet")
    assert status == 0
    assert "HOW SURE, BY THE VALUES “My own”" in text
    assert "Files in" not in text


@pytest.mark.slow
def test_broken_gates_are_said_in_everything(call, outcomes, tmp_path, monkeypatch):
    monkeypatch.setattr("forecast.store.load", lambda _: outcomes.assign_attrs(gates="failed: r_hat"))
    status, text, _ = call("marked.nc", "--out", "out", "--no-figures", "--quiet")
    assert status == 1
    assert "GATES BROKEN: r_hat" in text
    assert (pd.read_csv(tmp_path / "out" / "decision.csv")["gates"] == "failed: r_hat").all()
    assert not (tmp_path / "out" / "figures").exists()
    assert call("marked.nc", "--force", "--quiet")[0] == 0


def test_bad_input_is_refused_and_leaves_nothing(call, saved, tmp_path):
    (tmp_path / "foreign.nc").write_bytes(b"no netCDF at all")
    for arguments, said in (
        (("missing",), "missing"),
        ((tmp_path,), "forecast.nc"),
        (("foreign.nc",), "foreign.nc"),
        ((saved, "--values", "balancd"), "balanced"),
        ((saved, "--out", "foreign.nc"), "foreign.nc"),
    ):
        status, text, err = call(*arguments, "--quiet")
        assert (status, text) == (2, ""), arguments
        assert said in err
        assert "To mend it" in err
    assert [path.name for path in tmp_path.iterdir()] == ["foreign.nc"]


def test_a_forecast_with_too_little_in_it_is_refused(call, outcomes, monkeypatch):
    for part, said in ((outcomes.isel(option=[0]), "1 option"), (outcomes.isel(world=slice(10)), "10 world")):
        monkeypatch.setattr("forecast.store.load", lambda _, part=part: part)
        status, text, err = call("small.nc", "--quiet")
        assert (status, text) == (2, "")
        assert said in err
        assert "To mend it" in err
