"""Worlds by name and from files: what is run, what is refused in a sentence, and that nothing leaks."""

import os
import pickle
import sys
from pathlib import Path

import pytest

import forecast
import priors
from forecast.beliefs import read_beliefs
from forecast.decision.reading import available_values
from forecast.errors import (
    FileMissing,
    ForecastError,
    InvalidArgument,
    InvalidEvidence,
    InvalidFile,
    InvalidOption,
    InvalidPrior,
    InvalidValues,
    InvalidWorld,
    UnknownOutcome,
    UnknownPrior,
)
from forecast.evidence import available, default_evidence
from forecast.libya.world import LIBYA
from forecast.world_data import of_dict, to_dict
from forecast.worlds.district import BELIEFS, DISTRICT

WORLD = """
from forecast import Option, Phase, World, count, end, number, total

def origin(beliefs, luck):
    return {"rebels": beliefs.rebels, "raids": 0.0}

def month(xp, state, levers, beliefs, luck, time):
    rebels = state.rebels * (1.0 - 0.1 * levers.patrols)
    return {"rebels": rebels, "raids": xp.poisson_ppf(luck.raids, 0.01 * rebels)}

NAME = World(
    name="small", date="2012-03-15", origin=origin, month=month,
    states={"rebels": number("persons", "Rebels"), "raids": count("raids", "Raids in the month")},
    parameters=("rebels",), levers=("patrols",), shocks={"raids": "uniform"},
    outcomes={"rebels_end": end("rebels", "Rebels at the end", better="lower"),
              "raids_total": total("raids", "Raids in all", better="lower")},
    MORE
)
"""

OPTIONS = '{"nothing": Option("nothing"), "patrols": Option("patrols", (Phase({"patrols": 1.0}),))}'

REBELS = """
format = 1
name = "mine"
title = "Mine"
description = "What I believe."
origin = 2012-03-15
[prior.rebels]
unit = "persons"
meaning = "Rebels at the origin"
derivation = "A guess."
elicit = { family = "LogNormal", interval = [150, 400], mass = 0.9 }
"""

VALUES = """
format = 1
[goal.quiet]
[attribute.raids_total]
goal = "quiet"
worst = 60
best = 0
[values.calm]
weights = { quiet = 1 }
"""

OPTIONS_FILE = """
format = 1
[option.nothing]
title = "Nothing"
[option.patrols.levers]
patrols = 1.0
"""

EVIDENCE = """
format = 1
[set.empty]
title = "Nothing seen"
description = "No item."
items = []
"""


def written(folder, name="mine.py", *, world="WORLD", more=f"options={OPTIONS}", text=WORLD):
    path = Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("NAME", world).replace("MORE", more), encoding="utf-8")
    return path


# What is loaded


def test_shipped_worlds_by_name():
    assert forecast.load_world("libya") is LIBYA
    assert forecast.load_world("district") is DISTRICT


def test_a_file_and_a_world_of_it_by_name(tmp_path):
    path = written(tmp_path)
    world = forecast.load_world(path)
    assert (world.name, list(world.options), world.since) == ("small", ["nothing", "patrols"], "15 March 2012")
    assert forecast.load_world(str(path)) == world
    assert forecast.load_world(f"{path}:WORLD") == world
    again = pickle.loads(pickle.dumps(world))
    assert (again, again.columns, again.pictures) == (world, world.columns, world.pictures)


def test_one_world_under_two_names_is_one(tmp_path):
    path = written(tmp_path, more=f"options={OPTIONS}", text=WORLD + "\nAGAIN = NAME\n")
    assert forecast.load_world(path).name == "small"


def test_a_colon_in_the_name_of_a_file_is_part_of_it(tmp_path):
    path = written(tmp_path, "a.py:WORLD")
    assert forecast.load_world(str(path)).name == "small"


def test_the_public_names_are_enough_to_write_a_world(tmp_path):
    names = (
        "Condition Phase Trigger World chance code count end event ever first level measure number rate total yes_no"
    )
    path = tmp_path / "names.py"
    path.write_text(f"from forecast import {', '.join(names.split())}\n")
    with pytest.raises(InvalidWorld, match="defines no World"):
        forecast.load_world(path)


def test_relative_paths_are_of_the_folder_of_the_file(tmp_path, monkeypatch):
    files = {"options": OPTIONS_FILE, "evidence": EVIDENCE, "values": VALUES, "beliefs": REBELS}
    (tmp_path / "data").mkdir()
    for name, text in files.items():
        (tmp_path / "data" / f"{name}.toml").write_text(text)
    written(tmp_path, more=", ".join(f'{name}="data/{name}.toml"' for name in files))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    world = forecast.load_world("../mine.py")
    monkeypatch.chdir("/")
    assert list(world.options) == ["nothing", "patrols"]
    assert available_values(world) == ("calm",)
    assert available(world) == ("none", "empty")
    assert Path(world.beliefs).is_absolute()
    assert priors.load(world.beliefs).name == "mine"
    run = forecast.run(world=world, worlds=30, months=3, structures=False, progress=False)
    assert (run.about.beliefs, run.values.name) == ("mine", "calm")


def test_a_path_of_a_world_that_is_no_file_s_is_of_the_working_directory_when_it_is_made(tmp_path, monkeypatch):
    (tmp_path / "mine.toml").write_text(REBELS)
    monkeypatch.chdir(tmp_path)
    scope = {}
    exec(WORLD.replace("NAME", "MADE").replace("MORE", f'options={OPTIONS}, beliefs="mine.toml"'), scope)
    monkeypatch.chdir("/")
    assert priors.load(scope["MADE"].beliefs).name == "mine"


def test_nothing_leaks(tmp_path):
    before = (os.getcwd(), list(sys.path), set(sys.modules), list(sys.argv))
    body = WORLD + '\nassert __name__ != "__main__"\nassert __file__.endswith("mine.py")\n'
    forecast.load_world(written(tmp_path, text=body))
    with pytest.raises(InvalidWorld):
        forecast.load_world(written(tmp_path, "bad.py", text="1 / 0"))
    moves = "import os, sys\nos.chdir('/')\nsys.path.append('elsewhere')\n"
    forecast.load_world(written(tmp_path, "moves.py", text=moves + WORLD))
    with pytest.raises(InvalidWorld):
        forecast.load_world(written(tmp_path, "worse.py", text=moves + "1 / 0"))
    assert (os.getcwd(), list(sys.path), set(sys.modules), list(sys.argv)) == before
    # A failed file leaves no folder behind either.
    assert forecast.files.whole_path("x") == Path.cwd() / "x"


# What is refused


@pytest.mark.parametrize(
    ("text", "kind", "match"),
    [
        ("x = 1", InvalidWorld, r"'mine.py' defines no World\. Expected exactly one World"),
        ("x = (", InvalidFile, r"'mine.py' is no Python in line 1 \("),
        ("\0", InvalidFile, "'mine.py' is no Python"),
        ("x = '\udcff'", InvalidFile, "'mine.py' is no Python"),
        ("raise ValueError('a\\nb')", InvalidWorld, r"'mine.py' raises ValueError in line 1: a b\. Expected"),
        ("\n\n1 / 0", InvalidWorld, "'mine.py' raises ZeroDivisionError in line 3: division by zero"),
        ("raise Exception", InvalidWorld, r"'mine.py' raises Exception in line 1\. Expected"),
        ("import sys\nsys.exit(3)", InvalidWorld, "'mine.py' raises SystemExit in line 2: 3"),
        ("import beside", InvalidWorld, "No module named 'beside'.*no file beside it is imported"),
        ("from forecast import Wrold", InvalidWorld, "raises ImportError"),
        (WORLD.replace('"raids": 0.0', '"raid": 0.0'), InvalidWorld, r"'mine.py': .*does not return raids"),
        (WORLD.replace("MORE", 'beliefs=3, options={"n": Option("n")}'), InvalidWorld, "beliefs=3"),
        (WORLD.replace("MORE", 'columns={"rebels_ned": "Rebels"}'), InvalidWorld, "use 'rebels_end'"),
        (WORLD.replace("MORE", 'columns={"rebels_end": ""}'), InvalidWorld, "a heading for each outcome"),
        (WORLD.replace("MORE", 'columns=("rebels_end",)'), InvalidWorld, "a heading for each outcome"),
        (WORLD.replace("MORE", 'pictures="events"'), InvalidWorld, "a tuple of names"),
        (WORLD.replace("MORE", 'options="there_is_none.toml"'), FileMissing, r"mine.py': .*there_is_none.toml"),
        (WORLD.replace("MORE", 'options={"n": Option("m")}'), InvalidOption, "mine.py': "),
    ],
)
def test_a_file_that_defines_no_world_is_refused_in_a_sentence(tmp_path, monkeypatch, text, kind, match):
    monkeypatch.chdir(tmp_path)
    source = text.replace("NAME", "WORLD").replace("MORE", "")
    Path("mine.py").write_bytes(source.encode("utf-8", "surrogateescape"))
    with pytest.raises(kind, match=match) as caught:
        forecast.load_world("mine.py")
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.mend


def test_two_worlds_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(".", text=WORLD + "\nfrom forecast.worlds.district import DISTRICT\n")
    with pytest.raises(InvalidWorld, match=r"defines 2 worlds, WORLD, DISTRICT.*as in .mine.py:WORLD"):
        forecast.load_world("mine.py")
    assert forecast.load_world("mine.py:DISTRICT") is DISTRICT
    for name, said in (("DISTRCT", "is not there.*use 'DISTRICT'"), ("month", "is a function")):
        with pytest.raises(InvalidWorld, match=said):
            forecast.load_world(f"mine.py:{name}")


@pytest.mark.parametrize(
    ("given", "kind", "match"),
    [
        ("distict", FileMissing, "neither a world nor a file 'distict'.*use 'district'"),
        ("there/is/none.py", FileMissing, "none.py"),
        ("none.py:WORLD", FileMissing, "none.py"),
        (Path("district"), FileMissing, "neither a world nor a file"),
        ("", InvalidFile, "no file"),
        (".", InvalidFile, "'.' is no file"),
        ("/dev/zero", InvalidFile, "is no file"),
        ("x" * 5000, FileMissing, "neither"),
        ("a\0b", FileMissing, "neither"),
        (3, InvalidArgument, "the name of a shipped world, or a Python file"),
        (None, InvalidArgument, "the name of a shipped world"),
        (DISTRICT, InvalidArgument, "a forecast.World is one already"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path, monkeypatch, given, kind, match):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=match) as caught:
        forecast.load_world(given)
    assert isinstance(caught.value, ForecastError)


# Beliefs that a world declares


def test_a_run_needs_no_more_than_a_world():
    assert (LIBYA.beliefs, DISTRICT.beliefs, default_evidence(DISTRICT)) == ("article", BELIEFS, "seen")
    run = forecast.run(world=DISTRICT, worlds=40, months=3, structures=False, progress=False)
    assert (run.about.beliefs, run.about.evidence) == ("district", "seen")


def test_beliefs_do_not_travel_and_are_not_in_the_hash(tmp_path):
    path = written(tmp_path, more=f'options={OPTIONS}, beliefs="mine.toml"')
    world, without = forecast.load_world(path), forecast.load_world(written(tmp_path, "b.py"))
    assert world.hash == without.hash
    for other in (without, pickle.loads(pickle.dumps(world)), of_dict(to_dict(world))):
        assert other.beliefs == ""
        with pytest.raises(InvalidArgument, match="the world 'small' declares none"):
            read_beliefs(None, other)
    with pytest.raises(FileMissing, match=r"mine\.toml"):
        read_beliefs(None, world)


def test_units_are_compared_with_those_of_the_world_s_own_beliefs():
    by_hand = dict(priors.load(BELIEFS)) | {
        "talks_effect": priors.elicit("LogNormal", interval=(50.0, 400.0), mass=0.9),
    }
    mine = priors.PriorSet(by_hand, name="mine", title="Mine", description="")
    # It is in no unit; the world's own is a share, most of which cannot be above 1.
    with pytest.raises(InvalidPrior, match="talks_effect"):
        forecast.build_model(mine, evidence="none", world=DISTRICT)
    forecast.build_model(mine, evidence="none", world=pickle.loads(pickle.dumps(DISTRICT)))


def test_messages_name_the_beliefs_of_the_world():
    with pytest.raises(UnknownPrior, match=r"every parameter of the world 'district'.*district\.toml"):
        forecast.simulate(priors.load("article"), world=DISTRICT, progress=False)
    with pytest.raises(UnknownPrior, match=r'every parameter of the world \'libya\'.*priors.load\("article"\)'):
        forecast.simulate(priors.load(BELIEFS), evidence="none", progress=False)


# What is wrong beside a world is refused with it, not after a run of it


def beside(folder, **files):
    """Write a world with files of its options, values or evidence beside it."""
    for name, text in files.items():
        Path(folder, f"{name}.toml").write_text(text, encoding="utf-8")
    more = ", ".join(f'{name}="{name}.toml"' for name in files)
    return written(folder, more=more)


UNFIT = {
    "an outcome that is not there": (
        {"values": VALUES.replace("raids_total", "raid_total")},
        UnknownOutcome,
        "the values of 'small': there is no outcome 'raid_total'.*use 'raids_total'",
    ),
    "yes and no of a number": (
        {"values": VALUES.replace("worst = 60", 'worst = "yes"')},
        InvalidValues,
        "the values of 'small': the attribute 'raids_total' runs between words",
    ),
    "a goal without an attribute": ({"values": VALUES + "[goal.peace]"}, InvalidValues, "serves the goal 'peace'"),
    "a lever that is not there": (
        {"options": OPTIONS_FILE.replace("patrols = 1.0", "patrol = 1.0")},
        InvalidOption,
        "sets the lever 'patrol'.*use 'patrols'",
    ),
    "a parameter that is not there": (
        {
            "evidence": EVIDENCE
            + """
            [item.seen]
            date = 2012-03-15
            source = "a newspaper"
            informs = ["rebel"]
            likelihood = "Many were seen."
            kind = "trials"
            chance = "rebels"
            k = 1
            n = 2
            """
        },
        InvalidEvidence,
        "informs 'rebel'.*use 'rebels'",
    ),
}


@pytest.mark.parametrize(("files", "kind", "match"), UNFIT.values(), ids=UNFIT.keys())
def test_what_is_wrong_beside_a_world_is_refused_when_it_is_loaded(tmp_path, files, kind, match):
    path = beside(tmp_path, **files)
    with pytest.raises(kind, match=match) as caught:
        forecast.load_world(path)
    assert len(str(caught.value)) < 500


def test_what_fits_beside_a_world_is_taken(tmp_path):
    world = forecast.load_world(beside(tmp_path, options=OPTIONS_FILE, values=VALUES, evidence=EVIDENCE))
    assert (available_values(world), available(world)) == (("calm",), ("none", "empty"))


def test_beliefs_of_another_day_are_refused(tmp_path):
    world = forecast.load_world(written(tmp_path))
    for text, fits in ((REBELS, True), (REBELS.replace("origin = 2012-03-15\n", ""), True), (REBELS, False)):
        path = tmp_path / "rebels.toml"
        path.write_text(text if fits else text.replace("2012-03-15", "2011-03-15"), encoding="utf-8")
        if fits:
            assert forecast.simulate(priors.load(path), world=world, worlds=10, progress=False).sizes["world"] == 10
            continue
        with pytest.raises(InvalidArgument, match=r"of 2011-03-15, and the world 'small' of 2012-03-15.*origin = 2012"):
            forecast.simulate(priors.load(path), world=world, worlds=10, progress=False)
