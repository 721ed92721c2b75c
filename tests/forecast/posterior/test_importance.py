"""Importance sampling against posteriors in closed form; draws that are weighted wrongly do not pass for them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from forecast.posterior import importance
from forecast.posterior.importance import DEFENSIVE, Target, adapt
from forecast.posterior.pareto import RELIABLE
from forecast.posterior.sampled import LEAST_EFFECTIVE
from tests.forecast.posterior.oracles import DRAWS, Exact, gaussian, scores, share_score


def _seen(count, seed=7):
    """Some data, each of a sum of coordinates, so that the posterior is correlated."""
    rng = np.random.default_rng(seed)
    root = np.eye(count) + 0.4 * rng.standard_normal((count, count)) / math.sqrt(count)
    return rng.standard_normal(count), 0.3 * root @ root.T


def _log_likelihood(target, draws):
    return target.log_likelihood(draws.normals, draws.cells)


@pytest.fixture(scope="module")
def five():
    target, exact = gaussian(*_seen(5))
    return target, exact, adapt(target, seed=1, channel="five")


@pytest.mark.parametrize("count", [1, 20])
def test_a_gaussian_posterior_and_its_evidence(count):
    target, exact = gaussian(*_seen(count))
    draws = adapt(target, seed=1, channel="gaussian")
    assert draws.reached
    assert draws.khat < RELIABLE
    assert draws.effective > LEAST_EFFECTIVE
    assert abs(scores(draws, exact)).max() < 4


def test_five_correlated_coordinates(five):
    _, exact, draws = five
    assert abs(exact.cov - np.diag(np.diag(exact.cov))).max() > 0.03
    assert abs(scores(draws, exact)).max() < 4
    # Errors this small tell wrong draws from right ones.
    assert draws.log_marginal[1] < 0.005


def test_draws_without_the_prior_over_the_proposal_do_not_pass(five):
    target, exact, draws = five
    mutant = replace(draws, log_weights=_log_likelihood(target, draws))
    assert abs(scores(mutant, exact)).max() > 100


def test_draws_that_forget_the_defensive_share_do_not_pass(five):
    """Weighted as though the adapted t had given them all: a tenth of the draws then counts for nothing or too much."""
    target, exact, draws = five
    ratio = np.exp(_log_likelihood(target, draws) - draws.log_weights)
    adapted = np.log(np.maximum(ratio - DEFENSIVE, 1e-12) / (1 - DEFENSIVE))
    mutant = replace(draws, log_weights=_log_likelihood(target, draws) - adapted)
    assert abs(scores(mutant, exact)).max() > 20
    # Prior over proposal is at most ten, and so no draw of a bounded likelihood weighs much.
    assert ratio.min() >= DEFENSIVE * (1 - 1e-12)
    assert adapted.min() < math.log(DEFENSIVE)


def test_the_first_tenth_of_the_draws_is_the_prior(five):
    _, _, draws = five
    first = round(DEFENSIVE * draws.weights.size)
    for row in draws.normals:
        assert stats.kstest(row[:first], "norm").pvalue > 1e-4
        assert stats.kstest(row[first:], "norm").pvalue < 1e-9


def test_the_stated_error_of_the_evidence_is_the_spread_over_seeds():
    target, exact = gaussian(*_seen(5))
    found = [adapt(target, seed=seed, channel="z", draws=DRAWS).log_marginal for seed in range(20)]
    off = np.array([(value - exact.log_marginal) / error for value, error in found])
    assert abs(off).max() < 4
    low, high = stats.chi2(20).ppf([1e-4, 1 - 1e-4])
    assert low < (off**2).sum() < high


def test_evidence_far_in_the_tail_of_the_prior_takes_rounds():
    target, exact = gaussian([8.0, -3.0], np.diag([0.01, 0.04]))
    draws = adapt(target, seed=2, channel="tail")
    assert draws.rounds > 1
    assert draws.reached
    assert draws.effective > LEAST_EFFECTIVE
    assert abs(scores(draws, exact)).max() < 4


def test_two_humps():
    """Two places three apart in five dimensions that the data cannot tell apart, of unequal weight."""
    sides, heights, sd = (-1.5, 1.5), (0.3, 0.7), 0.6

    def log_likelihood(z, cells):
        rest = stats.norm.logpdf(z[1:], 0.0, sd).sum(axis=0)
        each = [math.log(h) + stats.norm.logpdf(z[0], side, sd) for side, h in zip(sides, heights, strict=True)]
        return rest + np.logaddexp(*each)

    draws = adapt(Target(5, (), log_likelihood), seed=3, channel="humps")
    shrunk, spread = 1 / (1 + sd**2), sd / math.sqrt(1 + sd**2)
    # Both sides are as far from the prior's centre, so each keeps its height.
    mean = shrunk * np.dot(heights, sides)
    variance = spread**2 + shrunk**2 * np.dot(heights, np.square(sides)) - mean**2
    wide = math.hypot(1, sd)
    exact = Exact(
        np.array([mean, 0, 0, 0, 0]),
        np.diag([variance, *[spread**2] * 4]),
        stats.norm.logpdf(1.5, 0, wide) + 4 * stats.norm.logpdf(0, 0, wide),
    )
    assert draws.khat < RELIABLE
    assert abs(scores(draws, exact)).max() < 4
    right = np.dot(heights, stats.norm.sf(0.0, shrunk * np.array(sides), spread))
    assert abs(share_score(draws.weights, draws.normals[0] > 0, right)) < 4


def test_impossible_evidence_is_told_and_no_crash():
    target = Target(2, (np.array([0.5, 0.5]),), lambda z, cells: np.full(z.shape[1], -np.inf))
    draws = adapt(target, seed=1, channel="impossible", draws=DRAWS)
    assert draws.log_marginal[0] == -math.inf
    assert math.isnan(draws.log_marginal[1])
    assert not draws.reached
    assert (draws.weights == 0).all()
    assert draws.effective == 0
    assert draws.khat == math.inf


def test_evidence_that_rules_out_almost_everything():
    """Possible beyond three standard deviations only, where the likelihood is one."""
    target = Target(1, (), lambda z, cells: np.where(z[0] > 3.0, 0.0, -np.inf))
    draws = adapt(target, seed=1, channel="rare")
    chance = stats.norm.sf(3.0)
    log_marginal, error = draws.log_marginal
    assert abs(log_marginal - math.log(chance)) < 4 * error < 0.1
    above = draws.normals[0] > 3.0
    assert (draws.weights[~above] == 0).all()
    mean = stats.norm.pdf(3.0) / chance
    assert abs(share_score(draws.weights, draws.normals[0], mean)) < 4


@pytest.mark.slow
def test_too_many_linked_coordinates_break_a_gate():
    """Eighty of them: the evidence comes out wrong, and the draws say that they cannot be relied on."""
    target, exact = gaussian(*_seen(80))
    draws = adapt(target, seed=1, channel="many", draws=DRAWS)
    off = abs(draws.log_marginal[0] - exact.log_marginal)
    assert off > 1.0
    # Fewer draws than a fit has, and the gate in proportion.
    assert not draws.khat < RELIABLE or not draws.effective >= LEAST_EFFECTIVE * DRAWS / importance.DRAWS


@pytest.mark.parametrize("height", [0.0, -700.0])
def test_a_constant_likelihood_gives_the_prior_back(height):
    target = Target(3, (np.array([0.2, 0.8]),), lambda z, cells: np.full(z.shape[1], height))
    draws = adapt(target, seed=4, channel="nothing")
    exact = Exact(np.zeros(3), np.eye(3), height)
    assert abs(scores(draws, exact)).max() < 4
    assert abs(share_score(draws.weights, draws.cells[0] == 1, 0.8)) < 4
    assert draws.rounds == 1


def test_a_constant_factor_moves_the_evidence_by_exactly_that():
    target, _ = gaussian(*_seen(2))
    raised = Target(2, (), lambda z, cells: target.log_likelihood(z, cells) - 1000.0)
    plain, moved = (adapt(one, seed=1, channel="z", draws=DRAWS) for one in (target, raised))
    np.testing.assert_allclose(moved.log_weights + 1000.0, plain.log_weights, atol=1e-9)
    assert moved.log_marginal[0] + 1000.0 == pytest.approx(plain.log_marginal[0], abs=1e-9)


CELLS = (np.array([0.3, 0.7]), np.array([0.5, 0.0, 0.3, 0.2]), np.array([0.6, 0.4]))
"""Prior weights of three choices: the second has a cell that the prior rules out, and no item reads the third."""

_PLACES, _SLOPES, _SEEN, _ERROR = np.array([-1.0, 1.5]), np.array([0.2, 9.0, 1.0, 2.0]), 2.4, 0.5


def _choosing(z, cells):
    """Seen is a place by the first choice and a slope on z by the second, with an error."""
    return stats.norm.logpdf(_SEEN, _PLACES[cells[0]] + _SLOPES[cells[1]] * z[0], _ERROR)


def _choices_exactly():
    """Give the posterior weight of every combination, shape (2, 4, 2), and the log of the evidence."""
    likelihoods = stats.norm.pdf(_SEEN, _PLACES[:, None], np.hypot(_SLOPES, _ERROR)[None, :])
    joint = (CELLS[0][:, None] * CELLS[1][None, :] * likelihoods)[..., None] * CELLS[2]
    return joint / joint.sum(), math.log(joint.sum())


@pytest.fixture(scope="module")
def choosing():
    return adapt(Target(1, CELLS, _choosing), seed=5, channel="choices")


def _share_scores(draws, exact):
    inside = {cell: (draws.cells == np.array(cell)[:, None]).all(axis=0) for cell in np.ndindex(exact.shape)}
    return np.array([share_score(draws.weights, inside[cell], exact[cell]) for cell in inside if exact[cell] > 0])


def test_choices_get_their_posterior_weights(choosing):
    exact, log_marginal = _choices_exactly()
    assert abs(_share_scores(choosing, exact)).max() < 4
    found, error = choosing.log_marginal
    assert abs(found - log_marginal) < 4 * error < 0.05
    third = share_score(choosing.weights, choosing.cells[2] == 1, CELLS[2][1])
    assert abs(third) < 4


def test_choices_weighted_without_their_proposal_do_not_pass(choosing):
    """The likelihood alone, for draws that the proposal has already given more often where it is high."""
    exact, _ = _choices_exactly()
    mutant = replace(choosing, log_weights=_choosing(choosing.normals, choosing.cells))
    assert abs(_share_scores(mutant, exact)).max() > 20


def test_a_cell_that_the_prior_rules_out_is_never_drawn(choosing):
    counts = np.bincount(choosing.cells[1], minlength=4)
    assert counts[1] == 0
    # Every other cell has its least share, however unlikely.
    assert (counts[[0, 2, 3]] > 0.9 * 0.02 * choosing.weights.size).all()


def test_choices_alone():
    """No normals at all: the weights of three structures by their likelihoods."""
    logs = np.array([-1.0, -3.0, -2.5])
    prior = np.array([0.2, 0.5, 0.3])
    draws = adapt(Target(0, (prior,), lambda z, cells: logs[cells[0]]), seed=6, channel="alone")
    exact = prior * np.exp(logs)
    found = np.bincount(draws.cells[0], weights=draws.weights)
    errors = [share_score(draws.weights, draws.cells[0] == cell, exact[cell] / exact.sum()) for cell in range(3)]
    assert abs(np.array(errors)).max() < 4
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    assert abs(draws.log_marginal[0] - math.log(exact.sum())) < 4 * draws.log_marginal[1]


def test_an_unlikely_structure_that_evidence_demands_is_found():
    """Prior weight one in ten thousand: the pilot has about one such draw, and later rounds have enough."""
    prior = np.array([1 - 1e-4, 1e-4])

    def log_likelihood(z, cells):
        return np.where(cells[0] == 1, 0.0, -12.0) + stats.norm.logpdf(z[0], 0.5, 1.0)

    draws = adapt(Target(1, (prior,), log_likelihood), seed=1, channel="unlikely")
    exact = prior * np.exp([-12.0, 0.0])
    assert abs(share_score(draws.weights, draws.cells[0] == 1, exact[1] / exact.sum())) < 4
    log_marginal = math.log(exact.sum()) + stats.norm.logpdf(0.5, 0, math.sqrt(2))
    assert abs(draws.log_marginal[0] - log_marginal) < 4 * draws.log_marginal[1] < 0.1


def test_same_seed_same_bits_and_other_seeds_and_channels_others():
    target, _ = gaussian(*_seen(3))
    first, again = (adapt(target, seed=1, channel="a", draws=DRAWS) for _ in range(2))
    np.testing.assert_array_equal(first.normals, again.normals)
    np.testing.assert_array_equal(first.log_weights, again.log_weights)
    for other in (adapt(target, seed=2, channel="a", draws=DRAWS), adapt(target, seed=1, channel="b", draws=DRAWS)):
        assert not np.isin(other.normals, first.normals).any()
