"""The command line with --world: the toy that the package ships from end to end, and a world from a file."""

import dataclasses
import json
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import forecast
import priors
from forecast.runs.run import TABLES, figures_of
from forecast.worlds import district, shipped
from forecast.worlds.district import BELIEFS, DISTRICT
from tests.forecast.command_line import call, tree

SIZE = ["--worlds", "400", "--months", "6", "--seed", "3"]
HEADINGS = ["Option", "Calm", "Truce", "Raids", "Rebels"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    out = tmp_path_factory.mktemp("ran") / "out"
    return out, *call("run", "--world", "district", *SIZE, "--out", out)


def test_a_run_of_the_toy_has_its_table_its_words_and_its_pictures(ran):
    out, status, text, _ = ran
    assert status == 0
    heading, _, *rows = text.partition("\n\n")[0].splitlines()
    assert re.split(r"  +", heading) == HEADINGS
    assert [re.split(r"  +", row)[0] for row in rows] == ["Nothing", "Patrols", "Patrols and talks"]
    said = " ".join(text.split())
    assert "By month 6 after January 2012, in 400 possible worlds (beliefs: district; evidence: seen; seed 3)." in said
    assert "Probabilities in %, the number of raids, and rebels (persons), as means; each ± its" in said
    assert re.search(r"(Resolved|Not resolved): .*“Patrols", said)
    pictures = {f"figures/{name}.png" for name in ("trajectories", "events", "end_states", "differences")}
    assert set(tree(out)) == {*TABLES, *pictures}
    for name in ("ISIS", "Libya", "Sirte", "Council"):
        assert name not in text


def test_no_help_speaks_the_names_of_one_world():
    names = [*shipped().options, *shipped().levers, *shipped().outcomes, "article", "Libya", "2016"]
    for command in ("run", "options", "classes", "decide", "sensitivity", "sweep", "priors", "model"):
        status, text, _ = call(command, "--help")
        assert status == 0
        for name in names:
            assert not re.search(rf"\b{name}\b", text), (command, name)


def test_its_numbers_are_those_of_the_library(ran):
    read = pd.read_csv(ran[0] / "comparison.csv", index_col=[0, 1])
    run = forecast.run(world=DISTRICT, worlds=400, months=6, seed=3, structures=False, progress=False)
    pd.testing.assert_frame_equal(read[run.comparison.columns], run.comparison, check_exact=True)
    assert run.headline()[0][0] == "Nothing"


@pytest.mark.slow
def test_a_saved_run_is_decided_on_by_the_values_that_it_carries(ran):
    status, text, _ = call("decide", ran[0], "--json", "--quiet", "--values", "quiet_first")
    data = json.loads(text)
    assert status == 0
    assert [row["values"] for row in data["values"]] == ["quiet_first", "even"]
    status, text, _ = call("decide", ran[0], "--quiet", "--world", "district")
    assert status == 0
    assert "Values: Even" in text
    status, out, err = call("decide", ran[0], "--world", "libya")
    assert (status, out) == (2, "")
    assert "another world 'libya'" in err


def test_the_pages_are_of_the_world():
    status, text, _ = call("options", "--world", "district")
    assert status == 0
    assert re.findall(r"^(\w+) +", text, re.MULTILINE)[1:4] == ["nothing", "patrols", "both"]
    assert "Patrols  Talks" in text
    text = call("options", "patrols from 2012-03 + 0.5 talks_not", "--world", "district")[2]
    assert "talks_not" in text
    assert "month 1 is 2012-02" in call("options", "both", "--world", "district")[1]
    assert "The district office" in call("priors", "--world", "district")[1]
    assert "Growth of the rebels" in call("priors", "growth", "--world", "district")[1]
    status, out, err = call("classes", "--world", "district")
    assert (status, out) == (2, "")
    assert "the world 'district' has no reference classes" in err


def test_sensitivity_and_a_sweep_of_the_world(tmp_path):
    arguments = ["--world", "district", "--worlds", "256", "--months", "3", "--quiet"]
    status, text, _ = call("sensitivity", *arguments, "--methods", "tornado", "--evidence", "none")
    assert status == 0
    assert "Calm under “Patrols and talks”" in text
    status, text, _ = call("sensitivity", "utility", *arguments, "--methods", "tornado", "--values", "quiet_first")
    assert (status, "Quiet first" in text) == (0, True)
    (tmp_path / "grid.toml").write_text('format = 1\nevidence = "none"\nworlds = 50\n[grid]\nmonths = [2, 3]\n')
    sweep = ["sweep", tmp_path / "grid.toml", "--store", tmp_path / "s", "--quiet"]
    status, text, _ = call(*sweep, "--world", "district")
    assert status == 0
    heads = re.split(r"  +", text.splitlines()[0])
    assert heads == ["months", "options", "calm", "truce_ever", "raids_total", "rebels_end", "utility"]
    assert "Less nothing in the same cell" in text


def test_a_world_from_a_file_that_names_its_beliefs_beside_it(tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    folder.mkdir()
    home = Path(district.__file__)
    for name in ("district.py", "district.toml", "district_evidence.toml", "district_values.toml"):
        (folder / name).write_bytes(home.with_name(name).read_bytes())
    text = (folder / "district.py").read_text().replace("beliefs=BELIEFS", 'beliefs="district.toml"')
    (folder / "district.py").write_text(text.replace('name="district"', 'name="mine"'))
    monkeypatch.chdir(tmp_path)
    asked = [*SIZE, "--no-figures", "--no-structures", "--quiet", "--json"]
    status, text, _ = call("run", "--world", "mine/district.py:DISTRICT", *asked)
    assert status == 0
    shipped = call("run", "--world", "district", "--beliefs", BELIEFS, *asked, "--out", "other")[1]
    first, second = json.loads(text), json.loads(shipped)
    assert first["comparison"] == second["comparison"]
    assert (first["beliefs"], first["evidence"]["name"]) == (second["beliefs"], "seen")
    # What was written can be decided on without the file.
    (folder / "district.py").unlink()
    assert call("decide", "forecast-out", "--quiet")[0] == 0


@pytest.mark.parametrize(
    "command", [["run"], ["sensitivity"], ["sweep", "grid.toml"], ["priors"], ["classes"], ["options"], ["decide"]]
)
@pytest.mark.parametrize(
    ("text", "match"),
    [
        (None, "neither a world nor a file 'bad.py'"),
        ("1 / 0", "'bad.py' raises ZeroDivisionError in line 1: division by zero"),
        ("x = (", "'bad.py' is no Python"),
        ("", "'bad.py' defines no World"),
    ],
)
def test_a_bad_world_is_bad_input(here, command, text, match):
    (here / "grid.toml").write_text("format = 1\n[grid]\nmonths = [2]\n")
    if text is not None:
        (here / "bad.py").write_text(text)
    before = tree(here)
    status, out, err = call(*command, "--world", "bad.py")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("forecast: ")
    assert match in err
    assert "Traceback" not in err
    assert tree(here) == before


# What a world says of a run


def headed(**changes):
    return dataclasses.replace(DISTRICT, **changes)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"calm": "Calm"}, "Probabilities in %; each"),
        ({"raids_total": "Raids"}, "The number of raids as the mean; each"),
        ({"rebels_end": "Rebels", "calm": "Calm"}, "Probabilities in %, rebels (persons) as the mean; each"),
        ({}, "Probabilities in %, rebels at the horizon (persons), and raids, total (raids), as means; each"),
    ],
)
def test_the_caption_says_what_the_columns_are(columns, said):
    size = {"evidence": "none", "structures": False, "worlds": 20, "months": 2, "progress": False}
    world = headed(columns=columns, date="2012-03-15")
    then = dataclasses.replace(priors.load(BELIEFS), origin=date(2012, 3, 15))
    run = forecast.run(then, world=world, **size)
    assert run.caption().startswith("By month 2 after 15 March 2012, in 20 possible worlds")
    assert said in run.caption()
    assert run.headings() == ["Option", *run.world.columns.values()]
    assert len(run.headline()[0]) == len(run.headings())


def test_the_caption_of_libya_is_what_it_was():
    run = forecast.run(evidence="none", structures=False, classes=False, worlds=20, months=2, progress=False)
    assert run.caption() == (
        "By month 2 after February 2016, in 20 possible worlds (beliefs: article; evidence: none (beliefs as they "
        "stand); seed 1). Probabilities in %, the number of ISIS fighters as the mean; each ± its Monte-Carlo standard "
        "error."
    )


def test_pictures_are_those_that_the_world_lists(tmp_path):
    assert figures_of(headed(pictures=("differences", "events")), 1) == ("events",)
    other = headed(pictures=("evnts",))
    run = forecast.run(world=other, evidence="none", structures=False, worlds=20, months=2, progress=False)
    with pytest.raises(forecast.errors.InvalidWorld, match=r"lists the picture 'evnts'.*use 'events'"):
        run.save(tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_a_run_says_which_evidence_its_beliefs_did_not_expect(tmp_path):
    text = Path(district.__file__).with_name("district_evidence.toml").read_text(encoding="utf-8")
    seen = tmp_path / "seen.toml"
    # Believed are some 300 rebels, give or take a half.
    seen.write_text(text.replace("low = 150", "low = 900").replace("high = 300", "high = 1100"), encoding="utf-8")
    usual = ["run", "--world", "district", *SIZE, "--out", tmp_path / "out", "--no-figures", "--force"]
    note = (
        "Evidence in conflict with the beliefs, which gave what was seen a two-sided tail probability under 5%: census."
    )
    for evidence, conflicts in ((seen, ["census"]), ("seen", [])):
        _, text, _ = call(*usual, "--evidence", evidence)
        assert (note in " ".join(text.split())) == bool(conflicts)
        _, text, _ = call(*usual, "--evidence", evidence, "--json")
        assert json.loads(text)["evidence"]["conflicts"] == conflicts
