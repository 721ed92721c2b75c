"""Nothing but its own folder names the shipped world: whatever else is written is of any."""

import doctest
import re
from pathlib import Path

import pytest

import forecast
import priors
from forecast.libya.world import LIBYA
from forecast.worlds.district import DISTRICT

NAMES = re.compile(
    r"isis|sirte|misrata|libya(?!_forecast|-forecast)|no_assistance|regional_centres|stable_success|2016-02|2016, 2, 29"
    r"|council",
    re.IGNORECASE,
)
SAID = re.compile(r'"""(?:.|\n)*?"""|#.*')
FILES = sorted(
    path
    for package in (forecast, priors)
    for path in Path(package.__file__).parent.rglob("*.py")
    if "libya" not in path.parts
)


def declared(world):
    """Return what a world calls its options, outcomes, values and whatever its month is made of."""
    parts = (world.options, world.outcomes, world.states, world.derived, world.hidden, world.parameters, world.levers)
    more = (world.shocks, world.at_origin, world.readings, world.values_table["values"])
    return {name for part in (*parts, *more) for name in part}


_OWN = sorted(declared(LIBYA) - declared(DISTRICT))
OWN = re.compile(
    rf"\b({'|'.join(name for name in _OWN if '_' in name)})\b"
    # Many are words of the language too: only in quotes are they names.
    rf"|[\"'`]({'|'.join(name for name in _OWN if '_' not in name)})[\"'`]"
)

TOY = [path for path in FILES if path.is_relative_to(Path(forecast.__file__).parent)]
TOLD = {"worlds/loading.py": "its name is what a reader types"}
ONLY_THERE = {"diagnostics/classes.py": "only the shipped world has reference classes"}
"""Docstrings that name the shipped world, and examples that no other world can run; and why."""


def told(text):
    """Return the names of the shipped world, and of what it declares, in docstrings and comments."""
    said = "\n".join(SAID.findall(text))
    return [found.group() for pattern in (NAMES, OWN) for found in pattern.finditer(said)]


def of_the_article(text):
    """Return the examples in docstrings that run on the beliefs about the shipped world."""
    return [
        example.source
        for said in SAID.findall(text)
        for example in doctest.DocTestParser().get_examples(said)
        if '"article"' in example.source + example.want
    ]


def those_with(find):
    """Return the files of the package in which something is found."""
    home = Path(forecast.__file__).parent
    return {path.relative_to(home).as_posix() for path in TOY if find(path.read_text(encoding="utf-8"))}


def named(text):
    """Return the names in code and messages."""
    return NAMES.findall(SAID.sub("", text))


def test_names_are_found_where_they_are():
    assert named('x = "isis_fighters"  # Sirte\n"""Libya."""') == ["isis"]
    assert named("import libya_forecast") == []
    assert len(FILES) > 250


@pytest.mark.parametrize("package", ["forecast", "priors"])
def test_no_file_elsewhere_names_it(package):
    found = {str(path): names for path in FILES if package in path.parts and (names := named(path.read_text("utf-8")))}
    assert not found


def test_docstrings_name_nothing_that_is_its_own():
    assert those_with(told) == set(TOLD)


def test_examples_run_on_the_toy():
    assert those_with(of_the_article) == set(ONLY_THERE)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("values : str", []),
        ('values : str, "balanced" by default', ['"balanced"']),
        ("such as ``airstrikes``", ["`airstrikes`"]),
        ("airstrikes and training are words", []),
        ("events such as blowback_ever", ["blowback_ever"]),
        ('>>> f("no_assistance")', ["no_assistance", "no_assistance"]),
        ("of the Council", ["Council"]),
        ('>>> f("both", "calm", "patrols", "truce")', []),
    ],
)
def test_a_name_in_a_docstring_is_found(line, names):
    assert told(f'def f():\n    """Do.\n\n    {line}\n    """\n') == names
    assert told(f"x = 1  # {line}") == names


def test_an_example_on_its_beliefs_is_found():
    text = 'def f():\n    """Do.\n\n    {}\n    """\n'
    assert of_the_article(text.format('>>> f(priors.load("article"))')) == ['f(priors.load("article"))\n']
    assert of_the_article(text.format('"article", or a file')) == []
