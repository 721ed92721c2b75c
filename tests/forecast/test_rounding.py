"""Estimates are written with the figures that their error leaves, and no more."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.estimates import estimate_text, range_text, rounded

NAN, INF = math.nan, math.inf

# The first eight follow the rule of the Particle Data Group, the first two being its own examples.
KNOWN = [
    (0.827, 0.119, ("0.83", "0.12")),
    (0.827, 0.367, ("0.8", "0.4")),
    (0.3178, 0.0047, ("0.318", "0.005")),
    (4883.2, 41.3, ("4,880", "40")),
    (2970.98, 26.37, ("2,971", "26")),
    (1.0, 0.0354, ("1.000", "0.035")),
    (1.0, 0.0355, ("1.00", "0.04")),
    (0.5, 0.0962, ("0.50", "0.10")),
    (1234567.0, 1000.0, ("1,234,600", "1,000")),
    (1234567.0, 99999.0, ("1,230,000", "100,000")),
    (-0.00004, 0.003, ("0.0000", "0.0030")),
    (-12.3456, 0.5, ("-12.3", "0.5")),
    (0.0, 0.5, ("0.0", "0.5")),
    (5.0, 700.0, ("0", "700")),
    (0.0, 0.0, ("0", "0")),
    (0.25, 0.0, ("0.2500", "0")),
    (4740.689, NAN, ("4,741", "?")),
    (12345.6, NAN, ("12,346", "?")),
    (0.00123456, NAN, ("0.001235", "?")),
    (NAN, NAN, ("none", "")),
    (NAN, 0.1, ("none", "")),
    (INF, 0.1, ("inf", "?")),
    (1.5, INF, ("1.500", "?")),
]


@pytest.mark.parametrize(("value", "error", "expected"), KNOWN)
def test_rounded(value, error, expected):
    assert rounded(value, error) == expected


def test_numbers_of_numpy_are_written_as_those_of_python():
    assert rounded(np.float64(44.55), 0.5) == rounded(44.55, 0.5) == ("44.5", "0.5")


@pytest.mark.parametrize(
    ("value", "error", "unit", "expected"),
    [
        (0.318, 0.0047, "yes/no", "31.8 ± 0.5 %"),
        (0.318, 0.0047, "1", "0.318 ± 0.005"),
        (4883.2, 41.3, "fighters", "4,880 ± 40 fighters"),
        (NAN, NAN, "month", "none"),
        (0.0, 0.25, "yes/no", "0 ± 25 %"),
    ],
)
def test_estimate_text(value, error, unit, expected):
    assert estimate_text(value, error, unit=unit) == expected


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9))
def test_rounding_costs_little_and_shows_no_more_than_is_known(value, error):
    shown, margin = (Decimal(text.replace(",", "")) for text in rounded(value, error))
    assert shown.as_tuple().exponent == margin.as_tuple().exponent
    assert len(margin.normalize().as_tuple().digits) <= 2
    # The worst case of the rule: 0.355 is written 0.4, and half of its last place is .05 of .355.
    last = Decimal("0.1409") * Decimal(error)
    doubles = abs(Decimal(value)) * Decimal("1e-15")
    assert abs(margin - Decimal(error)) <= last
    assert abs(shown - Decimal(value)) <= last + doubles


def test_a_range_is_rounded_to_what_its_error_tells():
    assert range_text(0.0321, 0.1163, 0.004, unit="yes/no") == "3.2 to 11.6"
    assert range_text(5672.0, 7269.0, 40.0) == "5,670 to 7,270"
    assert range_text(0.1703, 0.1704, 0.004, unit="yes/no") == "17.0"
