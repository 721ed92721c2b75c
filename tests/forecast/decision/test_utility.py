"""What options are worth in worlds."""

import json

import numpy as np
import pytest
import xarray as xr

import forecast
from forecast.decision.reading import load_values
from forecast.decision.utility import scores, utility
from forecast.errors import InvalidArgument, UnknownOutcome


def test_it_is_the_weighted_sum_of_scores(small):
    values = load_values("balanced")
    found = utility(small, values)
    by_hand = np.zeros((small.sizes["option"], small.sizes["world"]))
    for attribute, weight in zip(values.attributes, values.weights, strict=True):
        level = small[attribute.outcome].transpose("option", "world").values.astype(float)
        share = np.clip((level - attribute.worst) / (attribute.best - attribute.worst), 0, 1)
        by_hand += weight * share
    assert found.dims == ("option", "world")
    np.testing.assert_allclose(found.values, by_hand, rtol=1e-13)
    assert found.attrs["units"] == "utility"
    assert found.attrs["values"] == "balanced"
    assert found.attrs["seed"] == 5
    assert json.loads(found.attrs["weights"])["sirte_freed"] == pytest.approx(1 / 6)


def test_the_best_and_the_worst_of_everything_are_worth_1_and_0(small):
    values = load_values("balanced")
    for level, worth in (("best", 1.0), ("worst", 0.0)):
        made = small.copy()
        for attribute in values.attributes:
            made[attribute.outcome] = small[attribute.outcome].astype(float) * 0 + getattr(attribute, level)
        np.testing.assert_allclose(utility(made, values).values, worth, atol=1e-15)


def test_scores_say_how_often_a_scale_was_left(small):
    found = scores(small)
    assert found.dims == ("attribute", "option", "world")
    assert float(found.min()) >= 0.0
    assert float(found.max()) <= 1.0
    beyond = json.loads(found.attrs["beyond"])
    fighters = small["isis_fighters_end"].values
    assert beyond["isis_fighters_end"] == np.mean(fighters > 19000)
    assert beyond["sirte_freed"] == 0.0


def test_weights_of_ones_own(small):
    only_isis = utility(small, {"isis": 1})
    by_scores = scores(small).sel(attribute=["isis_fighters_end", "sirte_freed"]).mean("attribute")
    xr.testing.assert_allclose(only_isis.drop_vars("title"), by_scores.drop_vars("title").rename("utility"))


def test_worlds_are_needed_and_whole_outcomes(small, article):
    with pytest.raises(InvalidArgument, match="no simulation"):
        utility(small["sirte_freed"])
    with pytest.raises(UnknownOutcome, match="sirte_freed"):
        utility(small.drop_vars("sirte_freed"))
    summary = forecast.simulate(
        article, evidence="none", options=["no_assistance"], worlds=50, months=2, reduce=True, progress=False
    )
    with pytest.raises(InvalidArgument, match="summary"):
        utility(summary)


def test_an_option_that_changes_nothing_is_worth_the_same(article):
    nothing = forecast.Option("nothing")
    made = forecast.simulate(
        article, evidence="none", options=["no_assistance", nothing], worlds=200, months=12, progress=False
    )
    found = utility(made).values
    np.testing.assert_array_equal(found[0], found[1])
