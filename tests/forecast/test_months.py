"""Months and steps: how many, which, and what the calendar calls them."""

import datetime
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InvalidArgument
from forecast.months import date_of, first_step_of, month_of, number_of, steps_in

STEPS = [(1, 1), (1, 2), (12, 52), (3, 1), (1, 30), (7, 10), (12, 365), (2, 1), (6, 1)]


@pytest.mark.parametrize(
    ("months", "step", "steps"),
    [
        (24, 1.0, 24),
        (24, 0.5, 48),
        (3, 12 / 52, 13),
        (24, 12 / 52, 104),
        (24, 3.0, 8),
        (12, 12 / 365, 365),
        (7, 0.7, 10),
    ],
)
def test_steps_in_months(months, step, steps):
    assert steps_in(months, step) == steps


@pytest.mark.parametrize(
    ("months", "step", "near"),
    [(24, 5.0, "20 or 25"), (1, 3.0, "run 3 months"), (4, 12 / 52, "3 or 6"), (24, 0.7, "21 or 28")],
)
def test_months_that_are_no_whole_number_of_steps_are_refused(months, step, near):
    with pytest.raises(InvalidArgument, match=f"{months} months in steps of") as caught:
        steps_in(months, step)
    assert near in caught.value.mend


def test_a_step_of_which_no_number_makes_whole_months():
    with pytest.raises(InvalidArgument, match="divides"):
        steps_in(24, math.pi / 10)


@given(st.sampled_from(STEPS), st.integers(1, 120), st.integers(1, 120))
def test_months_of_steps_are_those_of_exact_fractions(step, number, month):
    exact, rounded = Fraction(*step), step[0] / step[1]
    assert month_of(number, rounded) == math.ceil(number * exact)
    first = first_step_of(month, rounded)
    if exact > 1:
        assert (first - 1) * exact >= month - 1 > (first - 2) * exact
    else:
        assert math.ceil(first * exact) >= month > math.ceil((first - 1) * exact)
    assert steps_in(month * step[0], rounded) == month * step[1]


@pytest.mark.parametrize(
    ("origin", "first"),
    [("2016-02-29", "2016-03"), ("2020-01-31", "2020-02"), ("2020-02-01", "2020-02"), ("2019-12-15", "2020-01")],
)
def test_month_1_is_the_first_that_begins_at_the_origin_or_later(origin, first):
    day = datetime.date.fromisoformat(origin)
    assert date_of(1, day) == first
    year, month = map(int, first.split("-"))
    assert number_of(year, month, day) == 1
    assert number_of(year + 1, month, day) == 13
    assert date_of(13, day) == f"{year + 1}-{month:02}"
