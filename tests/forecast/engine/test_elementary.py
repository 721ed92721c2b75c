"""The elementary functions that all backends share."""

from decimal import Context, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecast.engine import elementary, numba_backend
from forecast.engine.elementary import exp, log_exponential, poisson_ppf

EXACT, FINER = Context(prec=40), Context(prec=80)


def _ulps(x):
    """Error of exp(x) in units in the last place of the exact value."""
    exact = Decimal(x).exp(EXACT)
    return abs(Decimal(float(exp(x))) - exact) / Decimal(float(np.spacing(float(exact))))


@given(st.floats(-700.0, 700.0))
def test_exp_is_within_two_units_in_the_last_place(x):
    assert _ulps(x) < 2


@given(st.floats(-1.0, 1.0))
def test_exp_is_near_exact_where_hazards_are(x):
    assert _ulps(x) < 2


def test_exp_at_its_ends_and_at_nothing():
    assert exp(0.0) == 1.0
    assert exp(-0.0) == 1.0
    assert exp(-np.inf) == exp(-1e300) == exp(-709.0) == 0.0
    assert exp(np.inf) == exp(1e300) == exp(709.79) == np.inf
    assert np.isnan(exp(np.nan))


def test_exp_is_as_near_at_its_ends():
    # The logarithms of 3.2e-308, below which there is 0, and of the greatest double.
    for x in [*np.linspace(-708.04, -707.0, 200), *np.linspace(708.0, 709.782712893383, 200)]:
        assert _ulps(x) < 2


def test_exp_keeps_shapes_and_an_element_does_not_depend_on_its_neighbours():
    x = np.random.default_rng(1).normal(0.0, 20.0, (3, 7, 5))
    whole = exp(x)
    assert whole.shape == x.shape
    assert exp(2.0).shape == ()
    np.testing.assert_array_equal([exp(one) for one in x.ravel()], whole.ravel())
    np.testing.assert_array_equal(exp(x[:, ::2]), whole[:, ::2])


@given(st.integers(0, 2**52 - 1))
def test_the_log_of_an_exponential_shock_is_near_exact_at_every_uniform(place):
    uniform = (place + 0.5) * 2.0**-52
    found = np.array([uniform])
    log_exponential(found)
    exact = (-FINER.subtract(1, Decimal(uniform)).ln(FINER)).ln(EXACT)
    assert abs(Decimal(float(found[0])) - exact) < Decimal("4e-16") * max(1, abs(exact))


UNIT = 2.0**-53


@pytest.fixture(scope="module")
def compiled():
    """The log of an exponential shock as machine code."""
    numba_backend.compile_numbers()
    assert elementary._turning[0] is not elementary._log_exponential_arrays
    return log_exponential


def _same_bits(compiled, uniform):
    by_arrays, by_lanes = uniform.copy(), uniform.copy()
    elementary._log_exponential_arrays(by_arrays)
    compiled(by_lanes)
    np.testing.assert_array_equal(by_lanes.view(np.int64), by_arrays.view(np.int64))


def test_machine_code_gives_the_bits_of_arrays_for_a_million_uniforms(compiled):
    _same_bits(compiled, (np.random.default_rng(2).integers(0, 2**52, 1_000_003) + 0.5) * 2.0**-52)


def test_machine_code_gives_the_bits_of_arrays_from_the_least_uniform_to_the_greatest(compiled):
    # Of every size, and around where u, or the log of 1 - u, is a power of the root of 2: there exponents change.
    small = [(2**power + side) * UNIT for power in range(1, 53) for side in (-1, 1) if 2**power + side < 2**53]
    turns = np.concatenate([0.5 ** (np.arange(1, 60) / 2), np.exp(-(2.0 ** (np.arange(-60, 11) / 2)))])
    near = (np.floor(turns[:, np.newaxis] / (2 * UNIT)) + np.arange(-4, 5)) * 2 * UNIT + UNIT
    near = near[(near > 0) & (near < 1)]
    uniform = np.concatenate([small, 1 - np.array(small), near, 1 - near])
    assert uniform.min() == UNIT
    assert uniform.max() == 1 - UNIT
    np.testing.assert_array_equal(uniform / UNIT % 2, 1)
    _same_bits(compiled, uniform)


@pytest.mark.parametrize("size", range(18))
def test_machine_code_turns_arrays_of_any_size_and_nothing_beside_them(compiled, size):
    uniform = (np.random.default_rng(size).integers(0, 2**52, size + 20) + 0.5) * 2.0**-52
    whole = uniform.copy()
    # An odd place, so that vectors are not aligned.
    compiled(whole[9 : 9 + size])
    elementary._log_exponential_arrays(uniform[9 : 9 + size])
    np.testing.assert_array_equal(whole, uniform)


def test_an_element_does_not_depend_on_its_neighbours(compiled):
    uniform = (np.random.default_rng(2).integers(0, 2**52, (3, 5, 7)) + 0.5) * 2.0**-52
    whole, one = uniform.copy(), uniform[1, 2, 3:4].copy()
    compiled(whole)
    compiled(one)
    assert one[0] == whole[1, 2, 3]
    _same_bits(compiled, uniform)


@given(st.floats(1e-12, 1 - 1e-12), st.floats(0.0, 48.0))
def test_poisson_quantiles_are_those_of_scipy(uniform, rate):
    ours = int(poisson_ppf(np.array([uniform]), np.array([rate]))[0])
    # The smallest count whose distribution function reaches the uniform; at a tie rounding decides.
    assert stats.poisson.cdf(ours, rate) >= uniform * (1 - 1e-12)
    assert ours == 0 or stats.poisson.cdf(ours - 1, rate) <= uniform * (1 + 1e-12)


@given(st.floats(1e-12, 1 - 1e-12), st.floats(0.0, 47.0), st.floats(1e-6, 1.0))
def test_a_higher_rate_never_gives_a_lower_count(uniform, rate, more):
    low, high = poisson_ppf(np.full(2, uniform), np.array([rate, rate + more]))
    assert high >= low
