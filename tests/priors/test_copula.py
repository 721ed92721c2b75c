"""The Gaussian copula: known answers, refusals, and bits that do not depend on the number of worlds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from forecast.errors import InvalidPrior
from priors.copula import (
    Correlation,
    apply_correlations,
    components,
    concordance_to_rho,
    factor,
    rho_to_concordance,
)


def test_concordance_known_answer():
    assert round(concordance_to_rho(0.8), 6) == 0.809017
    assert concordance_to_rho(0.5) == 0
    assert rho_to_concordance(0.809016994) == pytest.approx(0.8, abs=1e-9)


def test_concordance_is_the_share_of_worlds_on_one_side_of_both_medians():
    generator = np.random.default_rng(1)
    n = 200_000
    z = {"a": generator.standard_normal(n), "b": generator.standard_normal(n)}
    tied = apply_correlations(z, [Correlation(("a", "b"), concordance_to_rho(0.8))])
    share = np.mean((tied["a"] > 0) == (tied["b"] > 0))
    assert abs(share - 0.8) < 4 * math.sqrt(0.8 * 0.2 / n)


@given(some.sampled_from([0.0, 1.0, -0.2, 1.3, math.nan]))
def test_concordance_outside_its_domain(value):
    with pytest.raises(InvalidPrior):
        concordance_to_rho(value)


def test_factor_is_that_of_the_matrix():
    pairs = [Correlation(("a", "b"), 0.5), Correlation(("b", "c"), -0.3), Correlation(("a", "c"), 0.2)]
    matrix = np.array([[1, 0.5, 0.2], [0.5, 1, -0.3], [0.2, -0.3, 1]])
    np.testing.assert_allclose(factor(["a", "b", "c"], pairs), np.linalg.cholesky(matrix), atol=1e-15)


def test_groups():
    pairs = [Correlation(("d", "b"), 0.1), Correlation(("a", "b"), 0.1), Correlation(("x", "y"), 0.1)]
    assert components(pairs) == [["a", "b", "d"], ["x", "y"]]


def test_contradictions_name_the_pairs():
    pairs = [Correlation(("a", "b"), 0.9), Correlation(("b", "c"), 0.9), Correlation(("a", "c"), -0.9)]
    with pytest.raises(InvalidPrior, match=r"a and b at 0.9, a and c at -0.9, b and c at 0.9"):
        factor(["a", "b", "c"], pairs)


@pytest.mark.parametrize("rho", [1.0, -1.0, 2.0, math.nan, math.inf, True, "0.5"])
def test_rho_outside_its_domain(rho):
    with pytest.raises(InvalidPrior):
        Correlation(("a", "b"), rho)


def test_a_pair_that_was_not_stated_is_named_too():
    pairs = [Correlation(("a", "b"), 0.8), Correlation(("b", "c"), 0.8), Correlation(("c", "d"), 0.1)]
    with pytest.raises(InvalidPrior, match=r"a and b at 0.8, a and c at 0 \(not stated\), b and c at 0.8\."):
        factor(["a", "b", "c", "d"], pairs)


def test_a_quantity_is_not_correlated_with_itself():
    with pytest.raises(InvalidPrior, match="itself"):
        Correlation(("a", "a"), 0.5)


def test_bits_do_not_depend_on_the_number_of_worlds():
    generator = np.random.default_rng(2)
    z = {name: generator.standard_normal(1001) for name in "abcdef"}
    pairs = [Correlation(("a", name), 0.3) for name in "bcdef"]
    whole = apply_correlations(z, pairs)
    for size in (1, 2, 17, 512):
        part = apply_correlations({name: values[:size] for name, values in z.items()}, pairs)
        for name in "abcdef":
            assert np.array_equal(part[name], whole[name][:size])
