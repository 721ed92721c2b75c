"""One number with its error."""

import pytest
from matplotlib.figure import Figure

from forecast.estimates import Estimate


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
