"""Scales, weights and the files they come from."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.decision.reading import available_values, load_values
from forecast.decision.values import Attribute, Goal, Values, rank_weights
from forecast.errors import (
    ForecastError,
    InvalidFile,
    InvalidValues,
    UnknownOutcome,
    UnknownValues,
    VersionMismatch,
)
from forecast.libya.world import LIBYA

WAR = Attribute("civil_war_ever", "peace", "yes", "no")


def test_the_shipped_values():
    assert available_values() == ("balanced", "counterterrorism_first", "state_building_first")
    for name in available_values():
        values = load_values(name)
        assert values.weights.sum() == pytest.approx(1.0)
        assert values.meaning.endswith(".")
        for attribute in values.attributes:
            # The scale runs the way that the article makes plain.
            assert (attribute.best > attribute.worst) == (LIBYA.outcomes[attribute.outcome].better == "higher")
            assert attribute.meaning.endswith(".")
            assert attribute.claims


def test_weights_by_rank_are_the_published_centroids():
    # Barron and Barrett (1996), table 1: three attributes .6111 .2778 .1111, four .5208 .2708 .1458 .0625.
    assert list(rank_weights((("a",), ("b",), ("c",))).values()) == pytest.approx([11 / 18, 5 / 18, 2 / 18])
    assert list(rank_weights((("a",), ("b",), ("c",), ("d",))).values()) == pytest.approx(
        [0.5208333, 0.2708333, 0.1458333, 0.0625]
    )
    assert list(rank_weights((("a",), ("b", "c"))).values()) == pytest.approx([11 / 18, 7 / 36, 7 / 36])
    assert load_values("balanced").goal_weights == pytest.approx({"isis": 1 / 3, "state": 1 / 3, "peace": 1 / 3})


def test_a_straight_scale_and_its_ends():
    fighters = Attribute("isis_fighters_end", "isis", 19000, 0)
    assert fighters.score(np.array([0.0, 4750.0, 19000.0, 30000.0])).tolist() == [1.0, 0.75, 0.0, 0.0]
    assert fighters.beyond(np.array([0.0, 19000.0, 19001.0, -1.0])) == 0.5
    assert WAR.score(np.array([0.0, 1.0])).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("r", [-3.0, -1e-6, 1e-6, 2.0, 20.0])
def test_a_bent_scale(r):
    attribute = Attribute("oil_output_end", "state", 0, 100, risk_aversion=r)
    levels = np.linspace(0, 100, 101)
    score = attribute.score(levels)
    assert score[0] == 0.0
    assert score[-1] == 1.0
    # With constant absolute risk aversion v the curvature -v''/v' is r on the unit scale.
    middle = np.diff(score, 2) / (np.diff(score)[1:] + np.diff(score)[:-1]) * 2 * 100
    assert -middle == pytest.approx(np.full(99, r), rel=0.01, abs=0.01)


def test_weights_within_and_between_goals():
    values = Values(
        "mine",
        goals=(Goal("a"), Goal("b")),
        attributes=(
            Attribute("sirte_freed", "a", "no", "yes", share=3.0),
            Attribute("blowback_ever", "a", "yes", "no"),
            Attribute("civil_war_ever", "b", "yes", "no"),
        ),
        goal_weights={"a": 4.0, "b": 1.0},
    )
    assert values.weights == pytest.approx([0.6, 0.2, 0.2])
    assert values.with_weights({"b": 7}).weights == pytest.approx([0.0, 0.0, 1.0])
    assert list(values.to_frame().index) == ["sirte_freed", "blowback_ever", "civil_war_ever"]
    assert pickle.loads(pickle.dumps(values)) == values
    assert "sirte_freed" in values._repr_html_()
    assert repr(values) == "<Values mine: a 0.8, b 0.2>"


def test_sampled_weights_are_dirichlet():
    values = load_values("counterterrorism_first")
    drawn = values.sample_weights(40_000, seed=3)
    mean = np.array(list(values.goal_weights.values()))
    assert drawn.sum(axis=1) == pytest.approx(np.ones(40_000))
    # Dirichlet: mean m, variance m (1 - m) / (concentration + 1); the error of a mean is 0.5 / 200 or less.
    assert drawn.mean(axis=0) == pytest.approx(mean, abs=0.006)
    assert drawn.var(axis=0) == pytest.approx(mean * (1 - mean) / 4, rel=0.03)
    np.testing.assert_array_equal(drawn[:100], values.sample_weights(100, seed=3))


def test_exact_weights_are_not_sampled():
    values = load_values({"isis": 2, "state": 1, "peace": 1})
    assert values.concentration == 3.0
    exact = Values("x", values.goals, values.attributes, values.goal_weights)
    assert exact.sample_weights(2).tolist() == [[0.5, 0.25, 0.25]] * 2


FILE = """
format = 1
[values.mine]
title = "Mine"
weights = { isis = 2, state = 1, peace = 1 }
"""

OWN = """
format = 1
[goal.all]
[attribute.isis_degraded]
goal = "all"
worst = "no"
best = "yes"
[attribute.integration_end]
goal = "all"
worst = 0
best = 1.0
share = 3
risk_aversion = 1.5
[values.mine]
rank = [["all"]]
concentration = 5
"""


def test_a_file_of_weights_keeps_the_shipped_scales(tmp_path):
    (tmp_path / "mine.toml").write_text(FILE)
    values = load_values(tmp_path / "mine.toml")
    assert values.attributes == load_values("balanced").attributes
    assert dict(values.goal_weights) == {"isis": 0.5, "state": 0.25, "peace": 0.25}
    assert values.title == "Mine"


def test_a_file_of_scales(tmp_path):
    (tmp_path / "mine.toml").write_text(OWN)
    values = load_values(str(tmp_path / "mine.toml"))
    assert values.weights.tolist() == [0.25, 0.75]
    assert values.attributes[1].risk_aversion == 1.5
    assert values.concentration == 5.0


@pytest.mark.parametrize(
    ("old", "new", "error", "said"),
    [
        ("format = 1", "format = 2", VersionMismatch, "format = 2"),
        ("format = 1", "", VersionMismatch, "None"),
        ("[goal.all]", "[gaol.all]", InvalidFile, "gaol"),
        ('goal = "all"\nworst = "no"', 'goal = "al"\nworst = "no"', InvalidValues, "'all'"),
        ("isis_degraded", "isis_degrade", UnknownOutcome, "isis_degraded"),
        ("isis_degraded", "first_month_seated", InvalidValues, "first month"),
        ("isis_degraded", "oil_output_end", InvalidValues, "between words"),
        ('best = "yes"', 'best = "no"', InvalidValues, "both"),
        ('best = "yes"', "best = 0.5", InvalidValues, '"no" to "yes"'),
        ("best = 1.0", "best = nan", InvalidValues, "finite"),
        ("best = 1.0", 'best = "much"', InvalidValues, "finite"),
        ("share = 3", "share = 0", InvalidValues, "above 0"),
        ("share = 3", "share = inf", InvalidValues, "above 0"),
        ("risk_aversion = 1.5", "risk_aversion = 21", InvalidValues, "-20 to 20"),
        ("concentration = 5", "concentration = -1", InvalidValues, "0 or more"),
        ('rank = [["all"]]', 'rank = ["all"]', InvalidValues, "in order"),
        ('rank = [["all"]]', 'rank = [["all"], ["all"]]', InvalidValues, "once"),
        ('rank = [["all"]]', "", InvalidValues, "neither"),
        ('rank = [["all"]]', "weights = { all = 0 }", InvalidValues, "sum to 0"),
        ('rank = [["all"]]', "weights = { all = -1 }", InvalidValues, "0 or more"),
        ('rank = [["all"]]', "weights = { other = 1 }", InvalidValues, "a weight for each"),
        (
            'rank = [["all"]]\nconcentration = 5',
            'rank = [["all"]]\n[values.b]\nrank = [["all"]]',
            InvalidValues,
            "2 sets",
        ),
        ("[values.mine]", "[values]", InvalidValues, "a table"),
    ],
)
def test_bad_files(tmp_path, old, new, error, said):
    text = OWN.replace(old, new)
    assert text != OWN
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(error, match=said):
        load_values(tmp_path / "bad.toml")


def test_bad_names():
    with pytest.raises(UnknownValues, match="balanced"):
        load_values("balancd")
    with pytest.raises(InvalidValues, match="list"):
        load_values(["balanced"])
    with pytest.raises(InvalidValues, match="'isis'"):
        load_values({"iss": 1.0})
    with pytest.raises(InvalidValues, match="sum to 0"):
        load_values({"isis": 0.0})
    with pytest.raises(InvalidValues, match="no attribute serves"):
        Values("x", (Goal("a"), Goal("peace")), (WAR,), {"a": 1, "peace": 1})
    with pytest.raises(InvalidValues, match="each once"):
        Values("x", (Goal("peace"),), (WAR, WAR), {"peace": 1})


HUGE = 10**400


@pytest.mark.parametrize(
    "made",
    [
        lambda: Values("x", None, None, {}),
        lambda: Values("x", ("isis",), (), {}),
        lambda: Values("x", (Goal("peace"),), (WAR,), {"peace": HUGE}),
        lambda: Values("x", (Goal("peace"),), (WAR,), {"peace": 10**5000}),
        lambda: Values("x", (Goal("peace"),), (WAR,), {"peace": 1.0}, concentration=HUGE),
        lambda: Values("x", (Goal("peace"),), (WAR,), {"peace": 1j}),
        lambda: Goal(["peace"]),
        lambda: Attribute("civil_war_ever", None, "yes", "no"),
        lambda: Attribute("civil_war_ever", "peace", "yes", "no", claims=5),
        lambda: Attribute("isis_fighters_end", "isis", HUGE, 0.0),
        lambda: Attribute("isis_fighters_end", "isis", 1.0, -HUGE),
        # A span that no double holds would score everything 0.
        lambda: Attribute("isis_fighters_end", "isis", 1e308, -1e308),
        lambda: Attribute("isis_fighters_end", "isis", 1.0, 0.0, share=HUGE),
        lambda: Attribute("isis_fighters_end", "isis", 1.0, 0.0, risk_aversion=HUGE),
        lambda: load_values("balanced").with_weights(5),
        lambda: load_values({"isis": 1e308, "state": 1e308, "peace": 1e308}),
    ],
)
def test_what_cannot_be_values_is_refused_in_words(made):
    with pytest.raises(InvalidValues, match="Expected"):
        made()


def test_an_outcome_that_is_no_text_is_unknown():
    with pytest.raises(UnknownOutcome, match="'x'"):
        Attribute(["x"], "a", 0, 1)


def test_other_weights_keep_the_disagreement():
    values = load_values("balanced")
    assert values.with_weights({"isis": 1}).concentration == values.concentration > 0.0
    assert "concentration" in Values.with_weights.__doc__


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.floats(), st.integers(), st.text(max_size=3), st.none())))
def test_any_weights_give_values_or_our_error(weights):
    try:
        values = load_values(weights)
    except ForecastError:
        return
    assert values.weights.sum() == pytest.approx(1.0)
