"""What people met who came to the package with a world of their own."""

import dataclasses

import pytest

import forecast
import priors
from forecast.worlds.district import BELIEFS, DISTRICT

QUIET = {"evidence": "none", "progress": False}


@pytest.fixture(scope="module")
def beliefs():
    return priors.load(BELIEFS)


# Rates


def test_a_rate_is_shown_as_a_rate(beliefs):
    swings = forecast.tornado(beliefs, world=DISTRICT, worlds=50, progress=False)
    for name in ("truce_hazard", "growth"):
        bar = next(one for one in swings.rows if one.parameter == name)
        assert bar.range_words() == f"{bar.low:.4g} to {bar.high:.4g} per month"
    assert "half the way" not in swings._repr_html_()


def test_a_decline_may_be_believed(beliefs):
    growth = priors.elicit("Normal", interval=(-0.2, -0.1), mass=0.9, unit="1/month")
    falling = dataclasses.replace(
        beliefs, priors=dict(beliefs) | {"growth": dataclasses.replace(growth, name="growth")}
    )
    assert forecast.simulate(falling, world=DISTRICT, worlds=10, **QUIET).sizes["world"] == 10
