"""PyMC's chains draw what importance sampling draws. Slow."""

import dataclasses

import numpy as np
import pytest

import priors
from docs.agreement import PAIRS, agree, compared

pytestmark = pytest.mark.slow

IN_CI = ("article", "article")


@pytest.mark.parametrize(
    ("beliefs", "evidence"),
    [pytest.param(*pair, marks=() if pair == IN_CI else pytest.mark.exhaustive) for pair in PAIRS],
)
def test_every_marginal_agrees(beliefs, evidence):
    holds(compared(beliefs, evidence))


@pytest.mark.exhaustive
def test_every_marginal_of_a_pool_agrees():
    """Of two members, both of which are fitted above."""
    holds(compared(priors.pool({name: priors.load(name) for name in ("article", "sceptic")}), "article"))


def holds(rows):
    assert len(rows) >= 16
    assert agree(rows), [row for row in rows if not agree([row])]
    # Means of all marginals together: their squares have mean 1, and sd 1.4 each if they were independent.
    scores = np.array([row.score for row in rows])
    assert float((scores**2).mean()) < 1.0 + 4.0 * (2.0 / scores.size) ** 0.5
    # A fault of a tenth of an sd in one marginal, or of a tenth in its sd, would be seen.
    for row in rows:
        off = dataclasses.replace(row, score=row.score + 0.1 * row.effective**0.5)
        assert row.effective < 4_000 or not agree([off])
