"""Nothing but its own folder names the shipped world: whatever else is written is of any."""

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
