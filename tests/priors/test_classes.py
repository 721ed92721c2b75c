"""The list of reference classes hangs together, and no class judges a prior that was made from it."""

import tomllib
from importlib.resources import files

import numpy as np
import pytest
from scipy import special, stats

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


ON_A_SCALE_OF_THEIR_OWN = {"recruitment_under_strikes", "attacks_by_aided_partners"}
"""A log already, and an elasticity."""


@pytest.mark.parametrize("name", [name for name, found in CLASSES.items() if "wide" in found["data"]])
def test_the_wide_interval_follows_from_the_data(name):
    found = CLASSES[name]
    data = found["data"]
    if "Kaplan-Meier" in found["measures"]:
        wide = stats.beta.ppf((0.005, 0.995), data["value"] * 19 + 0.5, (1 - data["value"]) * 19 + 0.5)
    else:
        scale, back = (special.logit, special.expit)
        if "ratio_to_origin" in found["quantity"]:
            scale, back = (np.log, np.exp)
        elif name in ON_A_SCALE_OF_THEIR_OWN:
            scale = back = np.asarray
        low, high = scale(np.array(data["interval"]))
        half = (high - low) / 2 * stats.norm.ppf(0.995) / stats.norm.ppf(0.95)
        wide = back(np.array([(low + high) / 2 - half, (low + high) / 2 + half]))
    np.testing.assert_allclose(data["wide"], wide, atol=0.0051 if wide[1] < 1 else 0.051)


def test_there_are_gates_enough_and_the_course_of_the_city_is_judged_once():
    gates = [name for name, found in CLASSES.items() if found["role"]["article"] == "gate"]
    assert len(gates) >= 8
    of_the_city = [name for name in gates if CLASSES[name]["quantity"].get("outcome") == "sirte_freed"]
    assert of_the_city == ["freed_aided_12m"]
    assert CLASSES["freed_aided_12m"]["option"] == "ct_with_air"
