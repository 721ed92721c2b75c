"""Technical scales read back in plain terms."""

import math

import pytest

import priors
from priors.reading import reading


@pytest.mark.parametrize(
    ("unit", "value", "spread", "expected"),
    [
        ("log hazard ratio", math.log(4), 1e-9, "as a factor on the hazard: 4, between 4 and 4"),
        (
            "log rate ratio for full unrest",
            math.log(2),
            1e-9,
            "as a factor on the rate for full unrest: 2, between 2 and 2",
        ),
        # A constant monthly hazard of log(2) / 12 halves survival in a year.
        ("log of the monthly hazard", math.log(math.log(2) / 12), 1e-9, "as a chance within 12 months: 50%"),
        ("log growth a month", math.log(3) / 12, 1e-9, "as a factor on strength in a year: 3"),
        ("log attrition a month", math.log(2) / 12, 1e-9, "as a cut in strength in a year: 50%"),
        ("share of the way a month", math.log(2) / 9, 1e-9, "months to half the way: 9"),
        ("log loss per raid", -math.log(0.98), 1e-9, "as a loss in one raid: 2%"),
        ("fighters", 4000.0, 1.0, ""),
        ("1", 0.4, 0.01, ""),
    ],
)
def test_readings_in_closed_form(unit, value, spread, expected):
    prior = priors.elicit("Normal", parameters={"mu": value, "sigma": spread}, unit=unit)
    assert reading(prior).startswith(expected)
    assert bool(reading(prior)) == bool(expected)


def test_the_reading_keeps_the_interval():
    prior = priors.elicit(
        "Normal",
        probability={"interval": (0.25, 0.5), "mass": 0.9, "months": 12, "event": "occurs"},
        unit="log of the monthly hazard",
    )
    assert reading(prior).endswith("between 25% and 50%")


def test_a_page_tells_it():
    page = repr(priors.load("article")["assault_support"].page())
    assert "as a factor on the hazard per unit of effort: 3, between 1 and 8.8" in page
