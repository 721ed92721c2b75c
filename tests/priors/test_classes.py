"""The list of reference classes hangs together, and no class judges a prior that was made from it."""

import tomllib
from importlib.resources import files

import pytest

import priors

LISTED = tomllib.loads(files("priors").joinpath("classes.toml").read_text(encoding="utf-8"))
CLASSES = LISTED["class"]
ROLES = {"prior", "evidence", "gate", "report"}
FIELDS = {"measures", "data", "source", "reliability", "doubt", "quantity", "option", "role"}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_says_what_it_is(name):
    found = CLASSES[name]
    assert FIELDS <= set(found) <= FIELDS | {"excuse"}
    assert found["role"].keys() <= set(priors.available())
    assert set(found["role"].values()) <= ROLES
    assert "article" in found["role"]
    data = found["data"]
    if "value" in data:
        low, high = data["interval"]
        widest, highest = data["wide"]
        assert widest < low < data["value"] < high < highest
    elif "n" in data:
        assert 0 <= data["k"] <= data["n"]
    else:
        assert data.keys() == {"events", "months"}
    if "excuse" in found:
        assert found["excuse"]["side"] in ("above", "below")
        assert set(found["excuse"]["claims"]) <= set(priors.load_claims())
        assert "gate" in found["role"].values()


def test_there_are_gates_enough_and_the_course_of_the_city_is_judged_once():
    gates = [name for name, found in CLASSES.items() if found["role"]["article"] == "gate"]
    assert len(gates) >= 8
    of_the_city = [name for name in gates if CLASSES[name]["quantity"].get("outcome") == "sirte_freed"]
    assert of_the_city == ["freed_aided_12m"]
    assert CLASSES["freed_aided_12m"]["option"] == "ct_with_air"
