"""Quantiles of Beta priors by table are those of the exact function, or are not used."""

import numpy as np
import pytest
import scipy.special as sc
from hypothesis import given
from hypothesis import strategies as st

import priors
from priors.beta_table import _REACH, _table, beta_from_normals

SCORES = np.concatenate([np.linspace(-_REACH, _REACH, 4001), [-7.5, -6.0, 6.0, 7.5]])


def _check(alpha, beta):
    """The probability below the quantile is that of the score, as near as a double's neighbours allow."""
    value = beta_from_normals(alpha, beta, SCORES)
    assert ((value > 0) & (value < 1)).all()
    assert (np.diff(value[:4001]) >= 0).all()
    lower = SCORES < 0
    below = sc.betainc(alpha, beta, value[lower])
    np.testing.assert_allclose(below, sc.ndtr(SCORES[lower]), rtol=1e-8)


@pytest.mark.parametrize("name", ["article", "reference", "sceptic", "officials"])
def test_the_shipped_priors_have_tables_and_these_are_exact(name):
    for prior in priors.load(name).values():
        if prior.family == "Beta":
            shape = prior.parameters
            assert _table(shape["alpha"], shape["beta"]) is not None
            exact = prior.ppf(sc.ndtr(SCORES[:4001]))
            drawn = beta_from_normals(shape["alpha"], shape["beta"], SCORES[:4001])
            # From below as from above: the exact function of a probability near 1 has lost the digits of the tail.
            low = SCORES[:4001] < 0
            np.testing.assert_allclose(drawn[low], exact[low], rtol=2e-11, err_msg=prior.name)


@given(st.floats(0.3, 300.0), st.floats(0.3, 300.0))
def test_any_shape_is_exact_by_table_or_without(alpha, beta):
    _check(alpha, beta)


@given(st.floats(0.01, 0.3), st.floats(0.01, 1000.0))
def test_extreme_shapes_stay_inside(alpha, beta):
    for shape in ((alpha, beta), (beta, alpha)):
        value = beta_from_normals(*shape, SCORES)
        assert ((value > 0) & (value < 1)).all()


def test_a_shape_on_which_a_table_would_err_has_none():
    """Between two of its nodes it would be wrong by 2e-8."""
    value = float(beta_from_normals(0.162, 0.051, np.array([-0.8575]))[0])
    assert value == pytest.approx(sc.betaincinv(0.162, 0.051, sc.ndtr(-0.8575)), rel=1e-10)


def test_an_element_does_not_depend_on_its_neighbours():
    whole = beta_from_normals(2.2, 5.5, SCORES)
    np.testing.assert_array_equal(
        [beta_from_normals(2.2, 5.5, SCORES[n : n + 1])[0] for n in range(0, 4005, 37)], whole[::37]
    )
