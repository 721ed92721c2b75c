"""Errors of means, joint critical values, an estimate as a number, and how it is written: no finer than its error."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy import stats

from forecast.errors import InvalidArgument
from forecast.estimates import (
    Estimate,
    change_error,
    estimate_text,
    event_error,
    half_width,
    jackknife_error,
    joint_critical_value,
    mean_error,
    perturbations,
    range_text,
    rounded,
    standard_error,
    student_width,
)

NAN, INF = math.nan, math.inf


def normals(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


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
    (1.2345e150, 5e147, ("1.234e+150", "5e+147")),
    (3e-12, 2e-13, ("3.00e-12", "2.0e-13")),
    (1e-30, NAN, ("1.000e-30", "?")),
    (5e20, 0.0, ("5.000e+20", "0")),
    (1e14, 1e15, ("1e+14", "1.0e+15")),
    (0.0, 1e-20, ("0", "1.0e-20")),
    (1.0, 1e-300, ("1.000", "0")),
    (1e14, 1e-12, ("100,000,000,000,000", "0")),
    (3.255, 4e-17, ("3.255", "0")),
    (1e-12, 3e-28, ("1.000e-12", "0")),
    (3.255, 4e-14, ("3.25500000000000", "0.00000000000004")),
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
    # Beyond what a double holds the two are written each with its own figures.
    assume(error >= 1e-12 * abs(value))
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


# One estimate


def test_it_is_a_number_with_an_interval():
    estimate = Estimate(0.25, 0.01, unit="utility", meaning="gain")
    assert float(estimate) == 0.25
    assert estimate.interval == pytest.approx((0.25 - 0.016448536, 0.25 + 0.016448536))


def test_the_interval_stays_within_what_is_possible():
    assert Estimate(0.001, 0.01, least=0.0).interval[0] == 0.0
    assert Estimate(0.999, 0.01, most=1.0).interval[1] == 1.0


def test_it_is_shown_no_finer_than_its_error():
    assert repr(Estimate(0.123456, 0.0123, unit="utility", meaning="gain")) == "Estimate(0.123 ± 0.012 utility, gain)"
    assert repr(Estimate(0.5, 0.004, unit="yes/no")) == "Estimate(50.0 ± 0.4 %)"


def test_table_page_and_picture():
    estimate = Estimate(0.25, 0.01, unit="utility", meaning="a & b")
    frame = estimate.to_frame()
    assert list(frame.columns) == ["value", "error", "lower", "upper", "unit"]
    assert frame.index.tolist() == ["a & b"]
    assert "a &amp; b" in estimate._repr_html_()
    assert isinstance(estimate.plot(), Figure)
    assert isinstance(Estimate(0.5, 0.1, unit="yes/no").plot(), Figure)


def test_numbers_move_it_and_its_bounds_and_scale_its_error():
    share = Estimate(0.25, 0.01, unit="yes/no", least=0.0, most=1.0)
    assert (1 - share).value == 0.75
    assert (1 - share).interval == pytest.approx(tuple(1 - end for end in share.interval[::-1]))
    assert (np.float64(-2) * share + 1).interval == pytest.approx(tuple(1 - 2 * end for end in share.interval[::-1]))
    assert (share / 4).error == share.error / 4
    assert (Estimate(0.2, 0.1) * 0).interval == (0.0, 0.0)
    assert (0.5 * Estimate(0.001, 0.01, least=0.0)).interval[0] == 0.0
    assert f"{share:.3f}" == "0.250 ± 0.010"
    assert f"{share}" == repr(share)


@pytest.mark.parametrize("other", [Estimate(1.0, 0.1), "1", True, None])
def test_it_is_put_together_with_numbers_alone(other):
    for put in (lambda: Estimate(1.0, 0.1) + other, lambda: Estimate(1.0, 0.1) * other, lambda: other - Estimate(1, 1)):
        with pytest.raises(InvalidArgument, match="world by world"):
            put()


# Many means


def test_perturbations_have_the_covariance_of_the_means():
    common = normals(20_000)
    values = np.array([common, common + 0.1 * normals(20_000, 1), normals(20_000, 2)])
    moves = perturbations(values, repeats=20_000)
    expected = np.cov(values) / 20_000
    # The blocks know a variance to 1 / sqrt(2 x 1000), the repeats to 1 / sqrt(2 x 20,000): about 2.3%; four of these.
    assert np.cov(moves.T) == pytest.approx(expected, rel=0.1, abs=0.1 * expected[2, 2])
    assert np.var(moves[:, 1] - moves[:, 0]) == pytest.approx(0.01 / 20_000, rel=0.1)


def test_few_worlds_are_blocks_of_their_own():
    values = np.array([[0.0, 1.0, 2.0, 5.0]])
    moves = perturbations(values, repeats=50_000)
    assert moves.std() == pytest.approx(float(standard_error(values)[0]), rel=0.02)


def test_the_joint_quantile_of_independent_means_is_sidaks():
    # Of K independent normals the largest of the absolute values is below c with probability (2 Phi(c) - 1)^K.
    expected = stats.norm.ppf((1 + 0.95 ** (1 / 5)) / 2)
    assert joint_critical_value(normals((5, 50_000)), level=0.95) == pytest.approx(expected, rel=0.03)


def test_a_mean_and_its_copies_need_no_more_than_one():
    row = normals(1000)
    copies = np.array([row, row, row, np.zeros(1000)])
    assert joint_critical_value(copies, level=0.9) == pytest.approx(stats.norm.ppf(0.95), rel=0.05)


def test_joint_values_of_pairs_are_those_of_their_differences():
    values = normals((3, 2000))
    apart = np.array([values[0] - values[1], values[0] - values[2], values[1] - values[2]])
    student = student_width(joint_critical_value(apart, level=0.9), 2000)
    assert joint_critical_value(values, level=0.9, pairs=True) == pytest.approx(student, rel=1e-9)
    cells = np.array([values, normals((3, 2000), 1)])
    assert joint_critical_value(cells, level=0.9, pairs=True) > student
    assert joint_critical_value(values[:, :1], level=0.9, pairs=True) == np.inf


def test_half_widths():
    assert half_width() == pytest.approx(1.6448536269514722)
    assert half_width(0.95, of=10) == pytest.approx(stats.norm.ppf(1 - 0.05 / 20))
    assert student_width(half_width(), 3) == pytest.approx(stats.t.ppf(0.95, 2))
    assert student_width(half_width(), 1) == np.inf


def test_the_error_of_an_event_is_the_spread_of_its_posterior():
    counts = np.array([0, 7, 40])
    assert event_error(counts, 40) == pytest.approx(stats.beta(counts + 0.5, 40 - counts + 0.5).std())
    seen = np.repeat([1.0, 0.0], [7, 33])
    assert mean_error(seen) == mean_error(seen, event=True) == event_error(7, 40)
    assert mean_error(2 * seen) == standard_error(2 * seen)


def test_a_change_that_turned_no_world_has_an_error_where_some_state_moved():
    nothing = np.zeros(400)
    assert change_error(nothing, event=True, touched=False) == 0.0
    assert change_error(nothing, event=True, touched=True) == 1 / 400
    assert change_error(nothing, event=False, touched=True) == 0.0


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = normals(50)
    without = (values.sum() - values) / 49
    assert float(jackknife_error(without)) == pytest.approx(float(standard_error(values)))
