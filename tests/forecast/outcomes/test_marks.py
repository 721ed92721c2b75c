"""Marks of what is no count: NaN for ArviZ, and refused in pictures as a missing number is."""

import dataclasses

import numpy as np
import pytest

import forecast
import priors
from forecast.errors import ForecastError
from forecast.plots import selection
from forecast.worlds.district import DISTRICT


def _month(xp, state, levers, beliefs, luck, time):
    after = DISTRICT.month(xp, state, levers, beliefs, luck, time)
    # No count where the noise is above 1.
    return after | {"raids": xp.where(luck.noise > 1.0, float("nan"), after["raids"])}


@pytest.fixture(scope="module")
def run():
    world = dataclasses.replace(DISTRICT, month=_month)
    how = {"evidence": "none", "worlds": 50, "months": 3, "options": "both", "progress": False}
    return forecast.simulate(priors.load(DISTRICT.beliefs), world=world, **how)


def test_arviz_gets_no_marks(run):
    marked = (run["raids"] == -1).values
    found = forecast.to_arviz(run)["prior_predictive"]["raids"]
    assert marked.any()
    assert int(np.isnan(found).sum()) == marked.sum()
    assert float(found.min()) >= 0.0


def test_a_picture_draws_no_marks(run):
    with pytest.raises(ForecastError, match="raids"):
        selection.values(run, "raids", ["both"])
