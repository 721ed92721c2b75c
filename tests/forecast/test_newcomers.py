"""What people met who came to the package with a world of their own."""

import dataclasses
import re

import pytest
import xarray as xr

import forecast
import priors
from forecast import chance, cli, event, ever, first, level, measure
from forecast.errors import (
    FileMissing,
    FileNotWritable,
    ForecastError,
    InvalidArgument,
    InvalidOption,
    InvalidValues,
    InvalidWorld,
    UnknownOption,
    UnknownPrior,
)
from forecast.worlds import shipped
from forecast.worlds.district import BELIEFS, DISTRICT

QUIET = {"evidence": "none", "progress": False}


@pytest.fixture(scope="module")
def beliefs():
    return priors.load(BELIEFS)


# Rates


def test_a_rate_is_shown_as_a_rate(beliefs):
    swings = forecast.tornado(beliefs, world=DISTRICT, worlds=50, progress=False)
    for name in ("truce_hazard", "growth"):
        bar = next(one for one in swings.rows if one.parameter == name)
        assert bar.range_words() == f"{bar.low:.4g} to {bar.high:.4g} per month"
    assert "half the way" not in swings._repr_html_()


def test_a_decline_may_be_believed(beliefs):
    growth = priors.elicit("Normal", interval=(-0.2, -0.1), mass=0.9, unit="1/month")
    falling = dataclasses.replace(
        beliefs, priors=dict(beliefs) | {"growth": dataclasses.replace(growth, name="growth")}
    )
    assert forecast.simulate(falling, world=DISTRICT, worlds=10, **QUIET).sizes["world"] == 10


# What a world declares to no effect


def declaring(**parts):
    return dataclasses.replace(DISTRICT, **parts)


@pytest.mark.parametrize(
    ("parts", "match"),
    [
        (
            {"parameters": (*DISTRICT.parameters, "weather")},
            r"parameter 'weather', which nothing reads.*beliefs\.weather, declare a reading.*out of parameters",
        ),
        ({"levers": ("patrols", "aid", "talks")}, r"lever 'aid', which nothing reads.*levers\.aid.*out of levers"),
        ({"shocks": {**DISTRICT.shocks, "rain": "normal"}}, r"shock 'rain', .*luck\.rain, or leave it out of shocks"),
        ({"at_origin": {"rain": "normal"}}, r"shock of the origin 'rain', .*luck\.rain, or leave it out of at_origin"),
    ],
    ids=["parameter", "lever", "shock", "shock of the origin"],
)
def test_what_nothing_reads_is_refused(parts, match):
    with pytest.raises(InvalidWorld, match=match):
        declaring(**parts)


def test_what_evidence_alone_reads_is_taken():
    parameters = (*DISTRICT.parameters, "quiet", "error")
    readings = {
        "quiet": chance("quiet"),
        "rebels": level("rebels", past=lambda xp, level, b, time: level, noise="error"),
    }
    assert declaring(parameters=parameters, readings=readings).parameters == parameters


@pytest.mark.parametrize(
    ("outcome", "match"),
    [
        (
            ever("rebels", "Rebels"),
            r"whether 'rebels' held, which is no yes/no state.*path\.ever\(lambda state: state",
        ),
        (
            first("raids", "Raids"),
            r"when first 'raids' held.*measure\(\"month\".*path\.first\(lambda state: state",
        ),
        (event("Rebels", "any", lambda path: path.ever("rebels")), r"the outcome 'any' of 'district': it asks whether"),
    ],
    ids=["ever", "first", "within a rule"],
)
def test_whether_a_quantity_ever_held_is_no_question(outcome, match):
    with pytest.raises(InvalidWorld, match=match):
        declaring(outcomes={**DISTRICT.outcomes, "any": outcome})


def test_how_to_mend_it_is_an_outcome():
    many = event("Many", "many", lambda path: path.ever(lambda state: state.rebels >= 1.0))
    when = measure("month", "When", "first raid", lambda path: path.first(lambda state: state.raids >= 1.0))
    assert {"many", "when"} < set(declaring(outcomes={**DISTRICT.outcomes, "many": many, "when": when}).rules)


# Of which world


@pytest.mark.parametrize(
    "command",
    [["priors", "rebels"], ["options", "patrols"], ["run", "--options", "patrols"], ["model", "--claim", "D9"]],
)
def test_a_name_that_is_not_known_is_said_with_its_world(command, capsys):
    assert cli.main(command) == 2
    said = capsys.readouterr().err
    assert f"The world is '{shipped().name}', as none was named; --world names another." in said


@pytest.mark.parametrize("command", [["priors", "freed"], ["options", "freed"]])
def test_of_a_world_that_is_named_no_other_is_spoken(command, capsys):
    assert cli.main([*command, "--world", "district"]) == 2
    said = capsys.readouterr().err
    assert "'district'" in said
    assert "--world" not in said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"months": 0}, "months = 0. Expected a whole number from 1 to 120. To mend it: pass such a number."),
        ({"months": 2.5}, "months = 2.5. Expected a whole number from 1 to 120. To mend it: pass such a number."),
        ({"settings": 3}, "settings is an int. Expected forecast.Settings"),
    ],
)
def test_what_is_not_taken_is_said_in_english(given, words, beliefs):
    with pytest.raises(InvalidArgument) as refused:
        forecast.simulate(beliefs, world=DISTRICT, evidence="none", **given)
    assert str(refused.value).startswith(words)


# What is of another world, or of none


EMPTY = dataclasses.replace(DISTRICT, options={}, proposal="", null_option="")


@pytest.mark.parametrize("given", ["patrols", ["patrols"], "0.5 patrols + talks"])
def test_an_option_of_a_world_without_any_is_said_to_be_of_none(given, beliefs):
    with pytest.raises(UnknownOption, match=r"there is no option of the world 'district'.*declare options"):
        forecast.simulate(beliefs, world=EMPTY, options=given, **QUIET)
    with pytest.raises(InvalidOption, match=r"'district' declares no options, and none was given"):
        forecast.simulate(beliefs, world=EMPTY, options=[], **QUIET)


def test_the_command_line_says_so_too(tmp_path, capsys):
    file = tmp_path / "empty.py"
    file.write_text(
        'import dataclasses, forecast\nW = dataclasses.replace(forecast.load_world("district"), options={}, '
        'proposal="", null_option="")\n',
        encoding="utf-8",
    )
    named = ["--world", f"{file}:W"]
    assert cli.main(["run", *named, "--evidence", "none", "--no-figures", "--quiet"]) == 2
    assert "declares no options, and none was given" in capsys.readouterr().err
    assert cli.main(["run", *named, "--options", "patrols", "--evidence", "none", "--quiet"]) == 2
    assert "there is no option of the world 'district'" in capsys.readouterr().err
    assert cli.main(["options", *named]) == 0
    assert capsys.readouterr().out == "The world 'district' declares no options.\n"


def test_beliefs_of_another_world_are_said_to_be_that_before_evidence_is_read():
    with pytest.raises(UnknownPrior, match=r"the prior set 'article' has no prior for .*of the world 'district'"):
        forecast.run("article", world=DISTRICT, worlds=20, progress=False)


def test_arrays_of_another_model_have_no_states():
    outcomes = forecast.from_arrays({"lives": [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]}, options=["a", "b"])
    with pytest.raises(InvalidArgument, match="of a model that keeps no states month by month"):
        forecast.at(outcomes, month=1)


@pytest.mark.parametrize("world", [{}, {"world": DISTRICT}], ids=["its own", "named"])
def test_a_sweep_of_a_fit_asks_for_its_beliefs(world, beliefs, tmp_path):
    fit = forecast.fit(beliefs, world=DISTRICT, progress=False)
    with pytest.raises(InvalidArgument, match=r"^a fit in place of beliefs.*pass the beliefs that were fitted"):
        forecast.sweep({"options": ["both"]}, beliefs=fit, store=tmp_path, worlds=64, progress=False, **world)


@pytest.mark.parametrize(
    "call",
    [
        lambda b, _: forecast.by_claim(b),
        lambda b, _: forecast.by_claim(b, **QUIET),
        lambda b, _: forecast.tornado(b, **QUIET),
        lambda b, _: forecast.tornado(b, names=["talks_effect"], **QUIET),
        lambda b, _: forecast.sobol(b, progress=False),
        lambda b, _: forecast.shapley(b, progress=False),
        lambda b, _: forecast.by_beliefs(sets={"a": b, "b": b}, **QUIET),
        lambda b, _: forecast.by_structure(b, **QUIET),
        lambda b, _: forecast.structure_ranges(b, **QUIET),
        lambda b, folder: forecast.sweep({"talks_effect": [0.1, 0.2]}, beliefs=b, store=folder, **QUIET),
        lambda b, folder: forecast.sweep({"months": [3, 4]}, beliefs=b, store=folder, **QUIET),
        lambda b, _: forecast.best_map(b, "talks_effect", "patrol_effect", progress=False),
        lambda b, _: forecast.two_way(b, "talks_effect", "patrol_effect", progress=False),
        lambda b, _: forecast.fit(b, **QUIET),
        lambda b, _: forecast.fit(b, evidence="seen", progress=False),
        lambda b, _: forecast.build_model(b),
        lambda b, _: forecast.build_model(b, evidence="seen"),
        lambda b, _: forecast.simulate(b, evidence="seen", progress=False),
        lambda b, _: forecast.calibrate(b, evidence="seen", progress=False),
        lambda b, _: forecast.check_classes(b, **QUIET),
        lambda b, _: forecast.run(BELIEFS, **QUIET),
        lambda b, _: forecast.load_evidence("seen"),
    ],
)
def test_a_world_that_was_forgotten_is_asked_for(call, beliefs, tmp_path):
    with pytest.raises(ForecastError) as caught:
        call(beliefs, tmp_path)
    assert "pass world=..., whose" in caught.value.mend


@pytest.mark.parametrize("call", [forecast.describe_world, forecast.load_values, forecast.load_evidence])
def test_a_world_in_the_first_place_belongs_behind_its_name(call):
    with pytest.raises(ForecastError, match=r"pass it as world=\.\.\."):
        call(DISTRICT)


def test_a_fit_is_said_to_be_one_and_is_saved_as_is_said(beliefs, tmp_path, monkeypatch):
    fit = forecast.fit(beliefs, world=DISTRICT, progress=False)
    with pytest.raises(InvalidArgument, match=r"a fit.*run it with forecast\.simulate\(fit\)"):
        forecast.compare(fit)
    with pytest.raises(InvalidArgument) as caught:
        forecast.save(fit, tmp_path / "fit.nc")
    write, read = re.findall(r"[\w.]+\([^)]*\)", caught.value.mend)
    monkeypatch.chdir(tmp_path)
    exec(write, {"fit": fit})
    again = eval(read, {"xarray": xr})
    xr.testing.assert_identical(
        forecast.simulate(again, worlds=20, progress=False)["rebels_end"],
        forecast.simulate(fit, worlds=20, progress=False)["rebels_end"],
    )


def test_what_is_missing_is_said_with_a_verb(tmp_path):
    with pytest.raises(UnknownPrior, match=r"^there is no prior 'strikes'"):
        priors.load(BELIEFS)["strikes"]
    with pytest.raises(FileMissing, match=r"there is no file '.*x.toml'"):
        priors.load(tmp_path / "x.toml")
    with pytest.raises(FileNotWritable, match=r"the file '.*x.toml' could not be written"):
        priors.load(BELIEFS).save(tmp_path / "no" / "x.toml")


def test_values_that_weigh_other_goals_are_told_their_names():
    values = forecast.load_values("even", world=DISTRICT)
    with pytest.raises(InvalidValues, match=r"weigh patient, staff\. Expected"):
        dataclasses.replace(values, goal_weights={"patient": 1.0, "staff": 1.0})
    with pytest.raises(InvalidValues, match=r"weigh nothing\. Expected"):
        dataclasses.replace(values, goal_weights={})


def test_a_step_in_words_is_told_how_weeks_are_written():
    with pytest.raises(InvalidWorld, match=r"write 1\.0, or 12 / 52 for weeks"):
        dataclasses.replace(DISTRICT, step="week")


def test_the_month_of_a_world_points_to_the_command_too():
    assert "forecast model PART" in repr(forecast.describe_world(world=DISTRICT))


def test_parameters_without_mechanisms_are_not_grouped_by_them():
    small = {"n": 256, "world": DISTRICT, "progress": False}
    beliefs = priors.load(BELIEFS)
    for analysis in (forecast.sobol, forecast.shapley):
        found = analysis(beliefs, "calm", option="both", **small)
        assert {row.parameter for row in found.rows} >= {"growth", "raid_rate"}
        with pytest.raises(InvalidArgument, match="no two parameters have names that begin with the same word"):
            analysis(beliefs, "calm", option="both", groups="mechanisms", **small)


def test_only_a_figure_is_saved(tmp_path):
    with pytest.raises(InvalidArgument, match="the figure is a NoneType"):
        forecast.plots.save(None, tmp_path / "x.png")


def test_worlds_that_failed_send_to_the_month_of_a_world_of_ones_own():
    for name, mend in (("mine", "and at the month of the world 'mine'"), ("district", "and report it with the seed")):
        world = DISTRICT if name == "district" else dataclasses.replace(DISTRICT, name=name)
        run = forecast.simulate(priors.load(BELIEFS), world=world, worlds=20, **QUIET)
        run["rebels"][0, 0, 0] = float("nan")
        (gate,) = (gate for gate in forecast.check(None, outcomes=run).rows if gate.name == "failed_worlds")
        assert gate.verdict == "failed"
        assert gate.mend.endswith(mend)
