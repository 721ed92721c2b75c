"""The list of reference classes hangs together, and no class judges a prior that was made from it."""

import copy
import tomllib
from importlib.resources import files

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

import priors
from forecast.errors import (
    FileMissing,
    ForecastError,
    InvalidArgument,
    InvalidFile,
    UnknownClaim,
    UnknownPrior,
    UnknownPriorSet,
    VersionMismatch,
)
from priors.classes import Count, Rate, Reported

LISTED = tomllib.loads(files("priors").joinpath("classes.toml").read_text(encoding="utf-8"))
CLASSES = LISTED["class"]


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_read_as_it_is_written(name):
    found, table = priors.load_classes()[name], CLASSES[name]
    assert found.name == name
    assert found.measures == table["measures"]
    if isinstance(found.data, Count):
        assert table["data"] == {"k": found.data.k, "n": found.data.n}
    elif isinstance(found.data, Rate):
        assert table["data"] == {"events": found.data.events, "months": found.data.months}
    else:
        assert found.data == Reported(
            table["data"]["value"], tuple(table["data"]["interval"]), tuple(table["data"]["wide"])
        )
    assert {beliefs: found.role(beliefs) for beliefs in table["role"]} == table["role"]
    assert found.role("hedges_widen") == found.role("mine") == table["role"]["article"]
    for key, value in table["quantity"].items():
        assert value == (found.quantity.name if key == found.quantity.subject else getattr(found.quantity, key))
    if found.excuse is not None:
        assert found.excuse.claims == tuple(table["excuse"]["claims"])
        assert "gate" in table["role"].values()


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_count_is_jeffreys(case):
    k, n = case
    found, expected = Count(k, n), stats.beta(k + 0.5, n - k + 0.5)
    np.testing.assert_allclose(found.interval, expected.ppf((0.05, 0.95)), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.wide, expected.ppf((0.005, 0.995)), rtol=1e-8, atol=1e-12)
    assert found.value == k / n


@given(st.integers(0, 400), st.floats(0.1, 1e4))
def test_the_interval_of_a_rate_is_the_gamma_s(events, months):
    found, expected = Rate(events, months), stats.gamma(events + 0.5, scale=1 / months)
    np.testing.assert_allclose(found.interval, expected.ppf((0.05, 0.95)), rtol=1e-8)
    np.testing.assert_allclose(found.wide, expected.ppf((0.005, 0.995)), rtol=1e-8)
    assert found.value == events / months


FAULTS = [
    ("measures", 3, InvalidFile, "measures"),
    ("measure", "x", InvalidFile, "use 'measures'"),
    ("data", {"k": 3}, InvalidFile, "k and n; or events"),
    ("data", {"k": 5, "n": 4}, InvalidFile, "k = 5, n = 4"),
    ("data", {"k": 0, "n": 0}, InvalidFile, "n from 1"),
    ("data", {"k": 10**400, "n": 10**401}, InvalidFile, "n from 1"),
    ("data", {"k": 1.5, "n": 4}, InvalidFile, "int"),
    ("data", {"k": True, "n": 4}, InvalidFile, "int"),
    ("data", {"events": -1, "months": 3}, InvalidFile, "0 to"),
    ("data", {"events": 1, "months": 0}, InvalidFile, "months above 0"),
    ("data", {"events": 1, "months": "three"}, InvalidFile, "months"),
    ("data", {"events": 1, "months": float("nan")}, InvalidFile, "finite"),
    ("data", {"value": 0.5, "interval": [0.6, 0.7], "wide": [0.1, 0.9]}, InvalidFile, "inside its 90%"),
    ("data", {"value": 0.5, "interval": [0.4, 0.7], "wide": [0.45, 0.9]}, InvalidFile, "inside its 90%"),
    ("data", {"value": 0.5, "interval": [0.7, 0.4], "wide": [0.1, 0.9]}, InvalidFile, "lower"),
    ("data", {"value": 0.5, "interval": "0.4", "wide": [0.1, 0.9]}, InvalidFile, "two numbers"),
    ("data", 3, InvalidFile, "dict"),
    ("quantity", {"by": 12}, InvalidFile, "one of outcome"),
    ("quantity", {"outcome": "civil_war", "parameter": "raid_rate"}, InvalidFile, "one thing"),
    ("quantity", {"parameter": "raid_rates"}, UnknownPrior, "use 'raid_rate'"),
    ("quantity", {"structure": "base_matter"}, UnknownPrior, "use 'base_matters'"),
    ("quantity", {"outcome": "civil_war", "by": 25}, InvalidFile, "from 1 to 24"),
    ("quantity", {"outcome": "civil_war", "by": 10**4000}, InvalidFile, "from 1 to 24"),
    ("quantity", {"outcome": "civil_war", "by": 1.5}, InvalidFile, "int"),
    ("quantity", {"outcome": "civil_war", "by": 3, "at": 3}, InvalidFile, "by and at"),
    ("quantity", {"outcome": "civil_war", "at_most": 3, "at_least": 3}, InvalidFile, "at_most and at_least"),
    ("quantity", {"outcome": "civil_war", "at_most": "3"}, InvalidFile, "at_most"),
    ("quantity", {"outcome": "civil_war", "after_months": 3}, InvalidFile, "after_months"),
    ("quantity", {"outcome": "civil_war", "ratio_to_origin": 1}, InvalidFile, "bool"),
    ("quantity", {"outcome": "civil_war", "within": 3}, InvalidFile, "within"),
    ("option", ["training"], InvalidFile, "option"),
    ("role", {}, InvalidFile, "article"),
    ("role", {"article": "judge"}, InvalidFile, "gate, evidence, prior, report"),
    ("role", {"article": "gate", "skeptic": "gate"}, UnknownPriorSet, "use 'sceptic'"),
    ("excuse", {"side": "under", "claims": ["P1"], "reason": "x"}, InvalidFile, "below or above"),
    ("excuse", {"side": "below", "claims": [], "reason": "x"}, InvalidFile, "no claims"),
    ("excuse", {"side": "below", "claims": ["P99"], "reason": "x"}, UnknownClaim, "P99"),
    ("excuse", {"side": "below", "claims": "P12", "reason": "x"}, InvalidFile, "list"),
    ("excuse", {"side": "below", "claims": ["P12"]}, InvalidFile, "reason"),
]


@pytest.mark.parametrize(("key", "value", "kind", "match"), FAULTS)
def test_a_fault_in_the_file_is_named(tmp_path, key, value, kind, match):
    table = {"format": 1, "claims": "article", "class": {"one": copy.deepcopy(CLASSES["leaders_6m"])}}
    table["class"]["one"][key] = value
    file = tmp_path / "mine.toml"
    file.write_text(tomli_w.dumps(table), encoding="utf-8")
    with pytest.raises(kind, match=match) as caught:
        priors.load_classes(file)
    assert isinstance(caught.value, ForecastError)
    assert "mine.toml" in caught.value.given
    assert "one" in caught.value.given
    assert caught.value.expected
    assert caught.value.mend


def test_a_key_that_is_missing_is_named(tmp_path):
    for key in ("measures", "data", "quantity", "role", "option", "source", "reliability", "doubt"):
        table = {"format": 1, "class": {"one": {k: v for k, v in CLASSES["leaders_6m"].items() if k != key}}}
        (tmp_path / "mine.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
        with pytest.raises(InvalidFile, match=f"no '{key}'"):
            priors.load_classes(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("format = 2\n[class]", VersionMismatch),
        ("format = 1", InvalidFile),
        ("format = 1\nclass = 3", InvalidFile),
        ("format = 1\n[class]\none = 3", InvalidFile),
        ("format = 1\n[classes]", InvalidFile),
        ("format = ", InvalidFile),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, text, kind):
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(kind):
        priors.load_classes(tmp_path / "mine.toml")
    with pytest.raises(FileMissing):
        priors.load_classes(tmp_path / "nowhere.toml")
    with pytest.raises(InvalidArgument):
        priors.load_classes(3)


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
