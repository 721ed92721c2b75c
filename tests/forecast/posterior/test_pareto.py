"""The shape of the tail of weights is ArviZ's, and near the true shape where that is known."""

import math

import numpy as np
import pytest

from forecast.posterior.pareto import RELIABLE, tail_shape

SIZES = (100, 225, 400, 10_000, 65_536)
"""Of which the tail has a whole number of draws by the formula: elsewhere ArviZ rounds it down and the paper up."""


def _arviz(log_weights):
    """ArviZ takes log likelihoods, of which importance weights are the inverses."""
    from arviz_stats.base import array_stats

    return float(array_stats.psislw(-log_weights)[1])


def _log_weights(kind, size):
    rng = np.random.default_rng(size)
    if kind == "log-normal":
        return rng.standard_normal(size)
    if kind == "wide log-normal":
        return 4.0 * rng.standard_normal(size)
    if kind == "bounded":
        return np.log(rng.random(size))
    if kind == "some impossible":
        return np.where(rng.random(size) < 0.5, -np.inf, 2.0 * rng.standard_normal(size))
    # Pareto: uniform to the power of minus the shape.
    return -float(kind) * np.log(rng.random(size))


KINDS = ("log-normal", "wide log-normal", "bounded", "some impossible", "0.2", "0.7", "1.5")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_arvizs(kind, size):
    log_weights = _log_weights(kind, size)
    assert tail_shape(log_weights) == pytest.approx(_arviz(log_weights), abs=1e-10)


@pytest.mark.parametrize("shape", [0.2, 0.5, 1.0, 1.5])
def test_a_known_shape_is_found(shape):
    log_weights = _log_weights(str(shape), 65_536)
    # The fit's standard error is (1 + k) / sqrt(tail), beside a weak pull to a half.
    assert tail_shape(log_weights) == pytest.approx(shape, abs=4 * (1 + shape) / math.sqrt(768))


def test_a_constant_factor_and_the_order_change_nothing():
    log_weights = _log_weights("0.7", 10_000)
    found = tail_shape(log_weights)
    assert tail_shape(log_weights + 1234.0) == pytest.approx(found, abs=1e-9)
    assert tail_shape(log_weights[::-1]) == found


def test_equal_weights_have_no_tail():
    assert tail_shape(np.full(1000, -3.7)) == -math.inf
    # Impossible draws beside them take nothing away.
    assert tail_shape(np.where(np.arange(1000) < 500, -np.inf, 2.0)) == -math.inf


@pytest.mark.parametrize("possible", [0, 1, 2, 4])
def test_a_few_possible_draws_cannot_be_relied_on(possible):
    log_weights = np.full(1000, -np.inf)
    log_weights[:possible] = np.arange(possible)
    assert tail_shape(log_weights) == math.inf
    assert not tail_shape(log_weights) < RELIABLE


@pytest.mark.parametrize("draws", [2, 5, 20])
def test_a_few_draws_in_all_cannot_be_relied_on(draws):
    assert tail_shape(np.arange(float(draws))) == math.inf
    assert tail_shape(np.zeros(draws)) == -math.inf


def test_one_draw_far_above_the_rest_breaks_the_gate():
    log_weights = _log_weights("log-normal", 10_000)
    log_weights[17] += 40.0
    assert tail_shape(log_weights) > RELIABLE
