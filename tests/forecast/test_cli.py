"""The command line: what it prints and writes, what it refuses, and that nothing is ever half written."""

import json
import math
import os
import re
import signal
import threading
import time
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import forecast
import priors
from forecast.diagnostics.fit_gates import THRESHOLDS
from forecast.errors import FailedFit, FileNotWritable
from forecast.files import place, staged
from forecast.libya.world import LIBYA
from forecast.runs.run import TABLES
from forecast.worlds import shipped
from priors.intervals import MASS
from tests.forecast.command_line import call, process, tree

WORLDS, MONTHS, SEED = 200, 6, 3
EVERYTHING = ["--worlds", str(WORLDS), "--months", str(MONTHS), "--seed", str(SEED), "--evidence", "none"]
SIZE = [*EVERYTHING, "--no-structures"]
TWO = ["--options", "no_assistance, ct_assistance + airstrikes from month 3"]
COMPOSED = "ct_assistance_and_airstrikes_from_3"


def evidence_table(*items):
    """Give shipped items of evidence as a file of their own would hold them."""
    table = tomllib.loads(files("forecast.libya").joinpath("evidence.toml").read_text(encoding="utf-8"))
    words = {"title": "A part", "description": "Some of the items.", "items": list(items)}
    return {"format": 1, "set": {"part": words}, "item": {name: table["item"][name] for name in items}}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One run with everything, in a place two folders of which did not exist."""
    top = tmp_path_factory.mktemp("ran")
    return top, *call("run", "--out", top / "new" / "out", *SIZE)


@pytest.fixture(scope="module")
def outcomes(article):
    return forecast.simulate(article, evidence="none", worlds=WORLDS, months=MONTHS, seed=SEED, progress=False)


@pytest.fixture(scope="module")
def comparison(outcomes):
    return forecast.compare(outcomes)


def stand_in(outcomes, path):
    """Write a few words: saving takes most of a small run."""
    Path(path).write_text(f"seed {outcomes.attrs['seed']}, gates {outcomes.attrs['gates']}")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A run of two options, as JSON, without pictures."""
    out = tmp_path_factory.mktemp("two") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forecast.store.save", stand_in)
        return out, *call("run", *TWO, *SIZE, "--out", out, "--json", "--no-figures", "--quiet")


@pytest.fixture
def quick(monkeypatch):
    """Where the file of worlds is not looked into, a stand-in does."""
    monkeypatch.setattr("forecast.store.save", stand_in)


# A run


def test_run_writes_its_files_and_nothing_else(ran):
    top, status, _, _ = ran
    assert status == 0
    pictures = {f"figures/{name}.png" for name in LIBYA.pictures}
    assert set(tree(top)) == {f"new/out/{name}" for name in {*TABLES, *pictures}}
    for name in pictures:
        assert (top / "new" / "out" / name).read_bytes().startswith(b"\x89PNG")


def test_saved_outcomes_are_those_of_the_library(ran, outcomes):
    saved = forecast.load(ran[0] / "new" / "out" / "forecast.nc")
    xr.testing.assert_equal(saved, outcomes)
    assert {**saved.attrs, "created": ""} == {**outcomes.attrs, "created": "", "gates": "passed"}


def test_comparison_file_is_that_of_the_library(ran, comparison):
    read = pd.read_csv(ran[0] / "new" / "out" / "comparison.csv", index_col=[0, 1], dtype=str)
    said = {"beliefs": "article", "evidence": "none", "worlds": WORLDS, "months": MONTHS, "seed": SEED}
    assert {name: set(read.pop(name)) for name in said} == {name: {str(value)} for name, value in said.items()}
    read = read.astype(float)
    pd.testing.assert_frame_equal(read, comparison, check_exact=True)


@pytest.mark.slow
def test_ranges_over_structures_stand_in_table_file_and_json(here, quick, article):
    # Two forms are left open.
    article.with_structure(threat_moves=0, state_carries_fight=1, invited_by_need=0, council_settles=1, victory=0).save(
        here / "mine.toml"
    )
    mine = priors.load(here / "mine.toml")
    asked = ["--options", "no_assistance, training", *EVERYTHING, "--no-figures", "--beliefs", "mine.toml"]
    status, table, _ = call("run", *asked, "--out", "one")
    options = ["no_assistance", "training"]
    given = {"evidence": "none", "options": options, "months": MONTHS, "seed": SEED, "progress": False}
    ranges = forecast.structure_ranges(mine, **given)
    compared = forecast.compare(forecast.simulate(mine, worlds=WORLDS, **given), structures=ranges)
    lines = table.splitlines()[2:4]
    for option, line in zip(options, lines, strict=True):
        for name, cell in zip(LIBYA.columns, re.split(r"  +", line)[1:], strict=True):
            pair = compared.loc[(name, option), ["estimate", "error"]]
            assert cell.endswith(f" ({ranges.of(name, option).text(*pair)})")
    read = pd.read_csv(here / "one" / "comparison.csv", index_col=[0, 1])
    pd.testing.assert_frame_equal(read[compared.columns], compared, check_exact=True)
    kept = pd.read_csv(here / "one" / "structures.csv", index_col=[0, 1, 2])
    assert len(kept) == len(ranges.rows)
    data = json.loads(call("run", *asked, "--out", "one", "--json")[1])
    assert data["structures"]["words"] == ranges.say()
    assert [row["structure_low"] for row in data["comparison"] if row["outcome"] == "sirte_freed"] == [
        compared.loc[("sirte_freed", option), "structure_low"] for option in options
    ]
    assert status == 0


def test_table_shows_every_option_and_headline(ran, outcomes, comparison):
    table, _, rest = ran[2].partition("\n\n")
    heading, _, *lines = table.splitlines()
    assert re.split(r"  +", heading) == ["Option", *LIBYA.columns.values()]
    assert [re.split(r"  +", line)[0] for line in lines] == outcomes["title"].values.tolist()
    for option, line in zip(outcomes["option"].values, lines, strict=True):
        for name, cell in zip(LIBYA.columns, re.split(r"  +", line)[1:], strict=True):
            estimate, error = comparison.loc[(name, option), ["estimate", "error"]]
            shown, margin = re.fullmatch(r"([\d,.]+) ± ([\d,.]+)( %)?", cell).group(1, 2)
            scale = 100 if LIBYA.outcomes[name].is_event else 1
            assert ("%" in cell) == LIBYA.outcomes[name].is_event
            # Rounding never moves a number by more than a sixth of its error.
            assert abs(float(shown.replace(",", "")) - scale * estimate) <= scale * error / 6
            assert abs(float(margin.replace(",", "")) - scale * error) <= scale * error / 6
    assert f"month {MONTHS}" in rest
    assert f"{WORLDS} possible worlds" in rest
    assert "article" in rest
    assert f"seed {SEED}" in rest
    assert str(ran[0] / "new" / "out") in rest


def test_table_is_of_headline_outcomes():
    assert set(LIBYA.columns) <= set(shipped().headline)


def test_stages_are_told_in_order(ran):
    told = re.findall(r"^(reading beliefs|simulating|checking|drawing|saving)\b.* \d+\.\d s$", ran[3], re.MULTILINE)
    assert told == ["reading beliefs", "simulating", "checking", "drawing", "saving"]


def test_quiet_says_nothing_on_standard_error(two):
    _, status, _, err = two
    assert status == 0
    assert err == ""


def test_json_is_the_comparison(two, article):
    out, _, text, _ = two
    data = json.loads(text, parse_constant=pytest.fail)
    options = [part.strip() for part in TWO[1].split(",")]
    run = forecast.simulate(
        article, evidence="none", options=options, worlds=WORLDS, months=MONTHS, seed=SEED, progress=False
    )
    expected = forecast.compare(run)
    rows = {(row.pop("outcome"), row.pop("option")): row for row in data["comparison"]}
    assert list(rows) == expected.index.tolist()
    for key, row in rows.items():
        assert row.pop("unit") == LIBYA.outcomes[key[0]].unit
        numbers = {name: math.nan if value is None else value for name, value in row.items()}
        pd.testing.assert_series_equal(pd.Series(numbers), expected.loc[key], check_exact=True, check_names=False)
    assert data["beliefs"] == {"name": "article", "hash": article.hash}
    assert (data["worlds"], data["months"], data["seed"]) == (WORLDS, MONTHS, SEED)
    assert data["baseline"] == "no_assistance"
    assert data["interval"] == MASS
    assert [option["name"] for option in data["options"]] == ["no_assistance", COMPOSED]
    assert sorted(data["files"]) == sorted(str(out / name) for name in tree(out))


def test_same_seed_same_comparison_byte_for_byte(two, here, quick):
    def comparison_of(*arguments):
        assert call("run", *TWO, "--no-figures", "--out", "again", *arguments)[0] == 0
        return (here / "again" / "comparison.csv").read_bytes()

    first = (two[0] / "comparison.csv").read_bytes()
    assert comparison_of(*SIZE) == first
    assert b"\r" not in first
    assert comparison_of(*SIZE, "--seed", SEED + 1) != first


def test_baseline(here, quick):
    call("run", "--options", "airstrikes,training", *SIZE, "--no-figures")
    assert compared(here)["difference"]["airstrikes"].eq(0).all()
    call("run", *SIZE, "--baseline", "training", "--no-figures")
    found = compared(here)["difference"]
    assert found["training"].eq(0).all()
    assert not found["no_assistance"].eq(0).all()


def compared(folder):
    """Give the comparison of the yes/no outcomes, options over outcomes."""
    table = pd.read_csv(folder / "forecast-out" / "comparison.csv", index_col=[0, 1])
    return table.loc[[name for name, outcome in LIBYA.outcomes.items() if outcome.is_event]].unstack()


def test_beliefs_from_a_file(here, quick, article):
    mine = article.replace(
        isis_fighters=priors.elicit("LogNormal", interval=(100, 200), mass=0.9, unit="fighters"), accept=True
    )
    mine.save(here / "mine.toml")
    status, text, _ = call("run", *TWO, *SIZE, "--no-figures", "--json", "--beliefs", "mine.toml", "--no-classes")
    assert status == 0
    data = json.loads(text)
    assert data["beliefs"]["hash"] == mine.hash != article.hash
    strength = next(row for row in data["comparison"] if row["outcome"] == "isis_fighters_end")
    assert strength["estimate"] < 2_000


def test_options_of_a_file_are_run_with_the_shipped(here, quick):
    Path("mine.toml").write_text('format = 1\n[option.mine]\ncompose = "training"\ntitle = "Mine"\n')
    arguments = ["run", *SIZE, "--no-figures", "--json", "--options-file", "mine.toml"]
    names = [option["name"] for option in json.loads(call(*arguments)[1])["options"]]
    assert names == [*forecast.options.load(), "mine"]
    data = json.loads(call(*arguments, "--options", "mine + airstrikes")[1])
    assert data["options"] == [{"name": "mine_and_airstrikes", "title": "Mine + sustained airstrikes"}]
    assert data["baseline"] == "mine_and_airstrikes"


def test_an_option_alone_has_no_picture_of_differences(here, quick, drawn):
    assert call("run", "--options", "training", *SIZE)[0] == 0
    assert set(drawn) == set(LIBYA.pictures) - {"differences"}
    assert set(tree(here / "forecast-out" / "figures")) == {f"{name}.png" for name in drawn}


@pytest.fixture
def drawn(monkeypatch):
    """Pictures that are noted in place of being drawn: the arguments of each by its name."""
    noted = Noted()
    for name in LIBYA.pictures:
        monkeypatch.setattr(f"forecast.plots.{name}", noted.picture(name), raising=False)
    monkeypatch.setattr("forecast.plots.save", lambda figure, path: path.write_text(figure), raising=False)
    return noted


class Noted(dict):
    def picture(self, name):
        def draw(outcomes, **arguments):
            self[name] = arguments
            return name

        return draw


def test_pictures_are_drawn_against_the_baseline(here, quick, drawn):
    assert call("run", *SIZE, "--baseline", "training")[0] == 0
    with_baseline = {name for name, arguments in drawn.items() if arguments == {"baseline": "training"}}
    assert with_baseline == {"trajectories", "differences"}
    assert set(drawn) == set(LIBYA.pictures)


def test_pictures_of_an_earlier_run_do_not_stay(here, quick, drawn):
    assert call("run", *SIZE)[0] == 0
    notes = here / "forecast-out" / "notes.txt"
    notes.write_text("kept")
    assert call("run", *SIZE, "--no-figures")[0] == 0
    assert set(tree(here / "forecast-out")) == {*TABLES, "notes.txt"}
    assert not (here / "forecast-out" / "figures").exists()
    (here / "forecast-out" / "figures").mkdir()
    (here / "forecast-out" / "figures" / "mine.png").write_text("kept")
    assert call("run", *SIZE, "--options", "training", "--no-figures")[0] == 0
    assert (here / "forecast-out" / "figures" / "mine.png").exists()


# Evidence and gates


@pytest.fixture(scope="module")
def conditioned(tmp_path_factory):
    """A run on two precedents, whose posterior is drawn in seconds."""
    top = tmp_path_factory.mktemp("conditioned")
    (top / "mine.toml").write_text(tomli_w.dumps(evidence_table("captured_unit", "patrons")))
    return top, *call("run", *TWO, *SIZE, "--evidence", top / "mine.toml", "--out", top / "out", "--no-figures")


def test_a_run_is_conditioned_on_its_evidence(conditioned, ran, article):
    top, status, text, err = conditioned
    assert status == 0
    assert "evidence: part" in text
    assert re.search(r"^fitting to 2 items of evidence +\d+\.\d s$", err, re.MULTILINE)
    saved = forecast.load(top / "out" / "forecast.nc")
    fit = forecast.fit(article, evidence=top / "mine.toml", seed=SEED, progress=False)
    run = forecast.simulate(fit, options=saved["option"].values[:1].tolist(), worlds=WORLDS, months=MONTHS, seed=SEED)
    assert saved.attrs["fit"] == fit.attrs["key"] == run.attrs["fit"]
    for name, array in run.data_vars.items():
        kept = saved[name].isel(option=[0]) if "option" in array.dims else saved[name]
        np.testing.assert_array_equal(array, kept)
    # Two of two years with channels: more likely to run at the origin than the prior has it.
    assert saved["parameter_parallel_origin"].mean() > article["parallel_origin"].mean


def test_the_gates_are_shown_and_kept(conditioned):
    top, _, text, _ = conditioned
    table = pd.read_csv(top / "out" / "gates.csv", index_col=0)
    assert list(table.index) == list(THRESHOLDS)
    for name, row in table.iterrows():
        assert re.search(rf"^{name} +{row['verdict']} ", text, re.MULTILINE), name
    judged = ["k_hat", "effective_draws", "failed_worlds", "reference_classes"]
    assert (table["passed"][judged].astype(str) == "True").all()
    assert set(table.index[table["verdict"] == "skipped"]) == set(THRESHOLDS) - {*judged, "ranking"}
    assert "GATES BROKEN" not in text
    assert "gates" not in pd.read_csv(top / "out" / "comparison.csv").columns


def test_without_evidence_the_sampler_is_not_judged(ran):
    table = pd.read_csv(ran[0] / "new" / "out" / "gates.csv", index_col=0)
    assert (table["verdict"] == "skipped").sum() == 9
    assert str(table.loc["failed_worlds", "passed"]) == "True"


def test_beliefs_that_miss_reference_classes_break_the_gate(here, quick, article):
    """A council that falls at once misses what leaders in office do in the second year, far outside 99%."""
    falls = priors.elicit("Normal", interval=(2.0, 2.2), mass=0.9, unit=article["collapse_hazard"].unit)
    article.replace(collapse_hazard=falls, accept=True).save(here / "mine.toml")
    arguments = ["run", *TWO, *SIZE, "--no-figures", "--beliefs", "mine.toml"]
    status, text, _ = call(*arguments)
    assert status == 1
    assert text.startswith("GATES BROKEN: reference_classes.")
    assert re.search(r"^reference_classes +failed +[12]  at most 2 ", text, re.MULTILINE)
    status, text, _ = call(*arguments, "--force")
    assert status == 0
    assert text.startswith("GATES BROKEN: reference_classes.")
    assert "shown because of --force" in " ".join(text.split())
    status, text, _ = call(*arguments, "--no-classes")
    assert status == 0
    assert re.search(r"^reference_classes +skipped ", text, re.MULTILINE)


@pytest.fixture
def broken(monkeypatch):
    """A world that fails: its strength is not a number from the third month on."""
    from forecast.runs import run

    real = run.simulated

    def failing(*arguments, **settings):
        outcomes = real(*arguments, **settings)
        outcomes["isis_fighters"][0, 5, 3:] = np.nan
        return outcomes

    monkeypatch.setattr(run, "simulated", failing)


def test_a_broken_gate_marks_every_result_and_ends_with_1(here, quick, broken):
    status, text, _ = call("run", *TWO, *SIZE, "--no-figures")
    assert status == 1
    assert text.startswith("GATES BROKEN: failed_worlds.")
    assert text.count("GATES BROKEN") == 2
    assert "shown because of --force" not in " ".join(text.split())
    out = here / "forecast-out"
    assert (out / "forecast.nc").read_text().endswith("gates failed: failed_worlds")
    assert (pd.read_csv(out / "comparison.csv")["gates"] == "failed: failed_worlds").all()
    assert str(pd.read_csv(out / "gates.csv", index_col=0).loc["failed_worlds", "passed"]) == "False"


def test_a_broken_gate_in_json(here, quick, broken):
    status, text, _ = call("run", *TWO, *SIZE, "--json", "--no-figures", "--force")
    gates = json.loads(text)["gates"]
    assert status == 0
    assert (gates["mark"], gates["forced"]) == ("failed: failed_worlds", True)
    assert [row["gate"] for row in gates["checks"]] == list(THRESHOLDS)


def test_an_unresolved_ranking_is_said_and_breaks_nothing(here, quick):
    twins = "regional_centres, regional_then_national"
    status, text, _ = call("run", "--options", twins, *SIZE, "--no-figures")
    assert status == 0
    assert re.search(r"^ranking +note ", text, re.MULTILINE)
    assert "Not resolved: " in text
    assert "are the same in" in " ".join(text.split())
    assert "read these as equal" in text
    assert "GATES BROKEN" not in text


def test_a_posterior_that_cannot_be_drawn_ends_with_1(here, monkeypatch):
    def fails(*_, **__):
        raise FailedFit("the sampler broke off", expected="a finite density", mend="widen a prior")

    monkeypatch.setattr("forecast.inference.fit", fails)
    monkeypatch.setattr("forecast.model.build_model", lambda *_, **__: None)
    status, text, err = call("run", *TWO, *SIZE, "--evidence", "article")
    assert (status, text) == (1, "")
    assert "broke off" in err
    assert list(here.iterdir()) == []


# Refusals


@pytest.fixture
def idle(monkeypatch):
    """No work may be done."""

    def work(*_, **__):
        pytest.fail("work was done before the input was refused")

    monkeypatch.setattr("forecast.engine.keeping.run_chunk", work)
    monkeypatch.setattr("forecast.inference.fit", work)


BAD = {
    "no worlds": ["--worlds", "0"],
    "too many worlds": ["--worlds", "10000001"],
    "half a world": ["--worlds", "1.5"],
    "worlds in words": ["--worlds", "many"],
    "very long worlds": ["--worlds", "9" * 5000],
    "no months": ["--months", "0"],
    "too many months": ["--months", "121"],
    "negative seed": ["--seed", "-1"],
    "huge seed": ["--seed", str(2**63)],
    "unknown beliefs": ["--beliefs", "artcle"],
    "missing beliefs": ["--beliefs", "none.toml"],
    "beliefs a folder": ["--beliefs", "."],
    "beliefs not TOML": ["--beliefs", "file"],
    "beliefs incomplete": ["--beliefs", "few.toml"],
    "unknown option": ["--options", "training,airstrike"],
    "no option": ["--options", ""],
    "empty option": ["--options", "training,,airstrikes"],
    "bad expression": ["--options", "training from month x"],
    "month of an expression": ["--options", "training from month 0"],
    "date of an expression": ["--options", "training from 2016-02"],
    "end of an expression": ["--options", "training from month 5 until month 4"],
    "strength of an expression": ["--options", "1.5 training"],
    "unknown evidence": ["--evidence", "artcle"],
    "missing evidence": ["--evidence", "nothing.toml"],
    "evidence a folder": ["--evidence", "."],
    "evidence not TOML": ["--evidence", "file"],
    "evidence used twice": ["--evidence", "twice.toml"],
    "missing options file": ["--options-file", "none.toml"],
    "options file a folder": ["--options-file", "."],
    "options file not TOML": ["--options-file", "file"],
    "unknown baseline": ["--baseline", "nothing"],
    "baseline not run": ["--options", "training", "--baseline", "no_assistance"],
    "out a file": ["--out", "file"],
    "out under a file": ["--out", "file/out"],
    "out without name": ["--out", ""],
    "out too long": ["--out", "a" * 300],
    "out with NUL": ["--out", "a\0b"],
    "out with a folder for a file": ["--out", "full"],
    "out with a file for a folder": ["--out", "flat"],
    "out a loose link": ["--out", "loose"],
    "unknown argument": ["--world", "10"],
    "stray argument": ["training"],
}


@pytest.fixture
def obstacles(here):
    (here / "file").write_text("neither TOML nor a folder = = =")
    (here / "full" / "comparison.csv").mkdir(parents=True)
    (here / "flat").mkdir()
    (here / "flat" / "figures").write_text("in the way")
    (here / "loose").symlink_to("nowhere")
    elicit = {"family": "Normal", "parameters": {"mu": 0.0, "sigma": 1.0}}
    few = {"isis_fighters": {"unit": "fighters", "meaning": "m", "derivation": "d", "elicit": elicit}}
    (here / "few.toml").write_text(tomli_w.dumps({"format": 1, "name": "few", "title": "Few", "prior": few}))
    (here / "twice.toml").write_text(tomli_w.dumps(evidence_table("strength_reports")))
    (here / "same.toml").write_text("format = 1\n[option.training_and_airstrikes]\nstart = 1\n")
    return here


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD.keys())
def test_bad_input_is_refused_before_work(obstacles, idle, arguments):
    before = sorted(obstacles.rglob("*"))
    status, out, err = call("run", *arguments)
    assert status == 2
    assert out == ""
    assert "Traceback" not in err
    assert "To mend it: " in err or "error: " in err
    assert sorted(obstacles.rglob("*")) == before


def test_two_options_of_one_name(obstacles, idle):
    arguments = ["--options", "training + airstrikes, training_and_airstrikes", "--options-file", "same.toml"]
    status, _, err = call("run", *arguments)
    assert status == 2
    assert "two different options are named" in err


def test_near_matches_are_offered(here, idle):
    assert "'airstrikes'" in call("run", "--options", "airstrike")[2]
    assert "'article'" in call("run", "--beliefs", "artcle")[2]
    assert "'no_assistance'" in call("run", "--baseline", "no_asistance")[2]
    assert "'isis_fighters'" in call("priors", "isis_fighter")[2]
    assert "--beliefs sceptic" in call("priors", "sceptic")[2]
    assert "'training'" in call("options", "trainin")[2]
    assert "'council'" in call("model", "counsil")[2]


def test_too_little_memory_is_bad_input(here, monkeypatch):
    def too_much(*_, **__):
        raise MemoryError

    monkeypatch.setattr("forecast.engine.keeping.run_chunk", too_much)
    status, out, err = call("run", *SIZE)
    assert (status, out) == (2, "")
    assert "memory" in err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["rnu"], ["--worlds", "10"], ["run", "--nonsense"], ["priors", "a", "b"]])
def test_wrong_usage(arguments):
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert "usage: forecast" in err


@given(text=st.text(max_size=20))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_are_answered_or_refused(idle, text):
    for command in (
        ["options", "--", text],
        ["priors", "--", text],
        ["run", f"--options={text}", "--worlds=0"],
        ["run", f"--baseline={text}", "--worlds=0"],
    ):
        status, _, err = call(*command)
        assert status in (0, 2)
        assert (status == 2) == bool(err)


# Nothing half written


@pytest.fixture
def earlier(here, quick, drawn, monkeypatch, outcomes):
    """The results of an earlier run, in a place with nothing else; later ones cost no simulation."""

    def drawn_again(*_, settings, **__):
        return outcomes.isel(option=[0, 1]).assign_attrs(seed=settings.seed)

    monkeypatch.setattr("forecast.runs.run.simulated", drawn_again)
    assert call("run", *SIZE, "--seed", "8")[0] == 0
    return here, tree(here)


FAULTS = {KeyboardInterrupt: 130, OSError: 2}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("where", ["runs.run.simulated", "runs.run.compare", "plots.save", "store.save"])
def test_failure_leaves_the_earlier_results(earlier, monkeypatch, where, fault):
    here, before = earlier

    def fail(*_, **__):
        raise fault("made to fail")

    monkeypatch.setattr(f"forecast.{where}", fail)
    if fault is OSError and where in ("runs.run.simulated", "runs.run.compare"):
        with pytest.raises(OSError, match="made to fail"):
            call("run", *SIZE)
    else:
        status, out, err = call("run", *SIZE)
        assert (status, out) == (FAULTS[fault], "")
        assert "Traceback" not in err
    assert tree(here) == before
    assert [path.name for path in here.iterdir()] == ["forecast-out"]


def test_worlds_that_were_interrupted_are_not_written(earlier, monkeypatch, outcomes):
    here, before = earlier
    part = outcomes.isel(world=slice(20)).assign_attrs(ended="interrupted")
    monkeypatch.setattr("forecast.runs.run.simulated", lambda *_, **__: part)
    status, out, _ = call("run", *SIZE)
    assert (status, out) == (130, "")
    assert tree(here) == before


MOVES = 2 * len([*TABLES, *LIBYA.pictures])
"""Two for each file: the old one away and the new one in."""


@pytest.mark.slow
def test_stopping_between_any_two_moves_puts_everything_back(earlier, monkeypatch):
    here, before = earlier
    move = os.replace

    def stopping(number):
        moves = []

        def replace(source, target):
            moves.append(target)
            if len(moves) == number:
                raise KeyboardInterrupt
            move(source, target)

        return replace

    for number in range(1, MOVES + 1):
        monkeypatch.setattr(os, "replace", stopping(number))
        assert call("run", *SIZE, "--seed", "9")[0] == 130
        assert tree(here) == before
        assert [path.name for path in here.iterdir()] == ["forecast-out"]
    monkeypatch.setattr(os, "replace", stopping(MOVES + 1))
    assert call("run", *SIZE, "--seed", "9")[0] == 0
    assert set(tree(here)) == set(before)
    assert tree(here)["forecast-out/forecast.nc"].startswith(b"seed 9")
    assert [path.name for path in here.iterdir()] == ["forecast-out"]


@pytest.mark.parametrize("number", range(1, 4))
def test_stopping_a_first_run_leaves_no_folder(tmp_path, monkeypatch, number):
    names = ["a.nc", "figures/b.png", "figures/c.png"]
    move, moves = os.replace, []

    def stop(source, target):
        moves.append(target)
        move(source, target)
        if len(moves) == number:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt), staged(tmp_path / "x" / "out") as stage:  # noqa: PT012
        (stage / "figures").mkdir()
        for name in names:
            (stage / name).write_text(name)
        place(stage, tmp_path / "x" / "out", names)
    assert list(tmp_path.iterdir()) == []


def test_temporary_folder_is_on_the_disk_of_the_output(tmp_path):
    with staged(tmp_path / "x" / "out") as stage:
        assert stage.parent == tmp_path
    (tmp_path / "out").mkdir()
    with staged(tmp_path / "out") as stage:
        assert stage.parent == tmp_path / "out"
    assert list((tmp_path / "out").iterdir()) == []


def test_request_to_terminate_clears_away(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped, staged(tmp_path / "out"):  # noqa: PT012
        assert len(list(tmp_path.iterdir())) == 1
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_staging_works_outside_the_main_thread(tmp_path):
    found = []

    def work():
        with staged(tmp_path / "out") as stage:
            found.append(stage.is_dir())

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert found == [True]


def test_file_system_error_while_staged(tmp_path):
    with pytest.raises(FileNotWritable, match="make room"), staged(tmp_path):
        raise OSError(28, "No space left on device")


def test_interrupt_of_a_real_process(tmp_path):
    arguments = ["-m", "forecast", "run", "--worlds", "100000", "--months", "60"]
    with process(*arguments, cwd=tmp_path) as running:
        assert "reading beliefs" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert "stopped" in err
    assert list(tmp_path.iterdir()) == []
