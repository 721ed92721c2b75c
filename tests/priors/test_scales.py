"""One home for what a value in a technical unit is shown as."""

import math

import numpy as np
import pytest

import priors
from forecast.estimates import estimate_text, value_text
from priors.reading import scale_of

A = priors.load("article")
UNITS = sorted({prior.unit for prior in A.values()})


@pytest.mark.parametrize("unit", UNITS)
def test_the_slope_is_the_derivative(unit):
    prior = next(prior for prior in A.values() if prior.unit == unit)
    scale = scale_of(unit)
    for at in prior.ppf([0.05, 0.5, 0.95]):
        step = 1e-6 * max(abs(at), 1e-3)
        numeric = (scale.value(at + step) - scale.value(at - step)) / (2 * step)
        assert scale.slope(at) == pytest.approx(numeric, rel=1e-4)


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        ("log of the monthly hazard", math.log(math.log(2) / 12), "50% within 12 months"),
        ("log hazard ratio", math.log(4), "4 times the hazard"),
        ("log rate ratio for full unrest", math.log(0.5), "0.5 times the rate for full unrest"),
        ("log growth a month", math.log(3) / 12, "3 times the strength in a year"),
        ("log attrition a month of assault", math.log(2) / 12, "50% less strength in a year of assault"),
        ("share of the way a month", math.log(2) / 9, "9 months to half the way"),
        ("1/month", 0.25, "0.25 per month"),
        ("1/month", -0.25, "-0.25 per month"),
        ("log loss per raid", -math.log(0.98), "2% lost in one raid"),
        ("fighters", 4416.0, "4,416 fighters"),
        ("1", 0.25, "0.25"),
        ("", 0.25, "0.25"),
        ("log monthly hazard", -4.0, "-4 log monthly hazard"),
        ("log rate ratios", -4.0, "-4 log rate ratios"),
    ],
)
def test_values_in_closed_form(unit, value, shown):
    assert scale_of(unit).shown(value) == shown


def test_ends_are_told_with_the_smaller_first():
    assert scale_of("share of the way a month").span(math.log(2) / 11, math.log(2) / 5.1) == "5.1 to 11"
    assert scale_of("log hazard ratio").span(0.0, math.log(4)) == "1 to 4"
    assert scale_of("share of the way a month").text(0.0) == "∞"


@pytest.mark.parametrize("value", [-1e4, -700.0, 0.0, 1.0, 700.0, 1e4])
@pytest.mark.parametrize("unit", UNITS)
def test_no_value_is_too_far_out(unit, value):
    scale = scale_of(unit)
    assert scale.shown(value)
    assert value_text(value, 1.0, unit)


def test_errors_are_those_of_what_is_shown():
    p, months = 0.3, 12
    value = math.log(-math.log1p(-p) / months)
    rng = np.random.default_rng(1)
    draws = value + 0.01 * rng.standard_normal(200_000)
    spread = float(np.std(-np.expm1(-months * np.exp(draws))))
    scale = scale_of("log of the monthly hazard")
    # To first order: the next term of this curve is some hundredth of it at an error of 0.01.
    assert scale.slope(value) * 0.01 == pytest.approx(spread, rel=0.02)
    assert value_text(value, 0.01, "log of the monthly hazard") == "30.00 ± 0.25 % within 12 months"
    assert value_text(math.log(2), 0.05, "log hazard ratio") == "2.00 ± 0.10 times the hazard"
    assert value_text(math.log(2), 0.05, "log hazard ratio", named=False) == "2.00 ± 0.10"
    assert value_text(math.nan, math.nan, "log hazard ratio") == "none"
    assert value_text(4000.0, 40.0, "fighters") == estimate_text(4000.0, 40.0, unit="fighters")
    assert value_text(0.3, 0.01, "1") == value_text(0.3, 0.01, "") == estimate_text(0.3, 0.01)


def test_pages_and_tables_tell_no_raw_logs():
    page = repr(A["collapse_hazard"].page())
    assert "on the log of the monthly hazard" in page
    assert "as a chance within 12 months: 37%, between 20% and 62%" in page
    assert "interval: -" not in page
    table = A._repr_html_()
    assert "<td>37%</td><td>20% to 62%</td><td>chance within 12 months</td>" in table
    html = A["collapse_hazard"].page()._repr_html_()
    assert "within 12 months</text>" in html
    # Tables for scripts keep the numbers in their units.
    assert A.to_frame().loc["collapse_hazard", "median"] == A["collapse_hazard"].median


def test_a_picture_keeps_the_scale_and_labels_it():
    prior = A["collapse_hazard"]
    ax = prior.plot()
    ax.figure.draw_without_rendering()
    assert ax.get_xlabel().startswith("chance within 12 months")
    labels = [tick.get_text() for tick in ax.get_xticklabels()]
    assert all(label.endswith("%") for label in labels)
    low, high = ax.get_xlim()
    assert low < prior.median < high
