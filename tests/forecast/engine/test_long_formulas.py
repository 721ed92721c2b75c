"""Formulas of what is used again and again, and of numbers that are none."""

import pytest

import forecast
from forecast import World, number


def described(function):
    world = World(
        name="debt",
        date="2012-01-31",
        parameters=("interest",),
        levers=("payment",),
        shocks={},
        states={"debt": number("dollars", "Debt")},
        origin=lambda beliefs, luck: {"debt": 100.0},
        month=lambda xp, state, levers, beliefs, luck, time: {
            "debt": function(xp, state.debt) * beliefs.interest - levers.payment
        },
    )
    return {row.name: row.equation for row in forecast.describe_world(world=world).rows}


def doubled(xp, debt, times):
    for _ in range(times):
        debt = debt + debt
    return debt


def test_what_is_used_again_and_again_is_not_written_out_each_time():
    rows = described(lambda xp, debt: doubled(xp, debt, 40))
    assert max(map(len, rows.values())) < 20_000
    # 512 times the debt is the first that is longer than a thousand signs.
    assert rows["value 1"] == " + ".join(["debt"] * 512)
    assert rows["value 2"] == " + ".join(["value 1"] * 512)
    # 40 doublings are four times nine and four more.
    assert rows["next debt"] == f"({' + '.join(['value 4'] * 16)}) * interest - lever(payment)"


def test_what_is_short_is_written_out():
    assert set(described(lambda xp, debt: doubled(xp, debt, 8))) == {"debt at the origin", "next debt"}


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda xp, debt: debt * xp.exp(1000.0), "debt * exp(1000) * interest"),
        (lambda xp, debt: debt + xp.exp(1000.0 + 0.0 * debt), "(debt + exp(1000)) * interest"),
        (lambda xp, debt: debt * xp.sqrt(0.0 * debt - 1.0), "debt * sqrt(-1) * interest"),
    ],
)
def test_a_number_that_is_none_stands_as_it_was_written(function, words):
    assert described(function)["next debt"] == f"{words} - lever(payment)"
