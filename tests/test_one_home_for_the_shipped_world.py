"""Nothing but its own folder names the shipped world: whatever else is written is of any."""

import ast
import doctest
import re
from pathlib import Path

import pytest

import forecast
import priors

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


TOY = [path for path in FILES if path.is_relative_to(Path(forecast.__file__).parent)]
ONLY_THERE = {
    "by_claim.py": "only the article has claims",
    "classes.py": "only the shipped world has reference classes",
}
"""Examples that no other world can run, and why."""


def examples_naming_it(path):
    """Return the examples in the docstrings of a file that name the shipped world, or beliefs about it."""
    text, found = path.read_text(encoding="utf-8"), []
    for node in ast.walk(ast.parse(text)) if ">>> " in text else ():
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            for example in doctest.DocTestParser().get_examples(ast.get_docstring(node) or ""):
                said = example.source + example.want
                found += [said] if NAMES.search(said) or '"article' in said else []
    return found


def named(text):
    """Return the names in code and messages; docstrings and comments may say more."""
    return NAMES.findall(SAID.sub("", text))


def test_names_are_found_where_they_are():
    assert named('x = "isis_fighters"  # Sirte\n"""Libya."""') == ["isis"]
    assert named("import libya_forecast") == []
    assert len(FILES) > 250


@pytest.mark.parametrize("package", ["forecast", "priors"])
def test_no_file_elsewhere_names_it(package):
    found = {str(path): names for path in FILES if package in path.parts and (names := named(path.read_text("utf-8")))}
    assert not found


def test_examples_run_on_the_toy():
    found = {path.name for path in TOY if examples_naming_it(path)}
    assert found == set(ONLY_THERE)


def test_an_example_that_names_it_is_found(tmp_path):
    path = tmp_path / "some.py"
    path.write_text('def f():\n    """Do.\n\n    >>> f("no_assistance")\n    2\n    """\n', encoding="utf-8")
    assert examples_naming_it(path) == ['f("no_assistance")\n2\n']
    path.write_text('def f():\n    """Do what Libya does.\n\n    >>> f("both")\n    2\n    """\n', encoding="utf-8")
    assert examples_naming_it(path) == []
