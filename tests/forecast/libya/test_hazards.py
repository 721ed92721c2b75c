"""Closed forms for the building blocks of a month."""

import numpy as np
import pytest
from scipy import stats

from forecast.engine.elementary import log_exponential, poisson_ppf
from forecast.engine.numpy_backend import NAMESPACE
from forecast.libya.hazards import event_probability, ringing_time, rings, unrest_level
from forecast.libya.state import Time
from priors.streams import keyed_uniforms


def test_event_probability_is_exact_whatever_the_step():
    hazard = np.array([0.001, 0.03, 0.4, 2.0])
    month = event_probability(np, np.log(hazard))
    np.testing.assert_allclose(month, -np.expm1(-hazard), rtol=1e-12)
    np.testing.assert_allclose(1 - (1 - month) ** 12, event_probability(np, np.log(12 * hazard)), rtol=1e-12)


def _times(log_hazard, seed, channel, steps):
    """Log ringing times of fresh clocks, one a step and world, shape (step, world)."""
    drawn = keyed_uniforms(seed, channel, 0, 200_000, rows=steps)
    log_exponential(drawn)
    return ringing_time(NAMESPACE, drawn, log_hazard)


@pytest.mark.parametrize("step", [0.5, 1.0, 2.0])
def test_competing_clocks_have_the_known_incidence_at_any_step(step):
    # Hazards .03, .01, .005 a month over 24 months; the one that rings first happens.
    known = np.array([0.4402697, 0.1467566, 0.0733783])
    time = Time(0.0, step, float(np.log(step)))
    steps = round(24 / step)
    clocks = np.array([_times(np.log(h), 1, f"clock {h}", steps) for h in (0.03, 0.01, 0.005)])
    first = np.argmin(clocks, axis=0)
    happens = rings(clocks.min(axis=0), time)
    when = np.argmax(happens, axis=0)
    which = np.where(happens.any(axis=0), np.take_along_axis(first, when[None], axis=0)[0], 3)
    found = np.bincount(which, minlength=4)[:3] / which.size
    assert (np.abs(found - known) < 4 * np.sqrt(known * (1 - known) / which.size)).all()


def test_a_clock_rings_with_the_chance_of_its_hazard():
    hazard = np.array([0.001, 0.03, 0.4, 2.0])
    edges = event_probability(np, np.log(hazard))
    for shift, answer in ((-1e-9, 1.0), (1e-9, 0.0)):
        shock = np.log(-np.log1p(-edges * (1 + shift)))
        assert (rings(ringing_time(NAMESPACE, shock, np.log(hazard)), Time(0.0, 1.0, 0.0)) == answer).all()


def test_restricted_mean_of_the_known_case():
    total = 0.045
    survival = np.cumprod(np.full(24, 1 - event_probability(np, np.log(total))))
    # Within a month the hazard is constant, so the integral of survival is exact month by month.
    mean = (np.concatenate([[1.0], survival[:-1]]) * (1 - np.exp(-total)) / total).sum()
    assert mean == pytest.approx(14.675655, abs=5e-7)


def test_a_closed_gate_never_opens():
    shock = np.array([-700.0, -36.7, 0.0])
    time = Time(0.0, 1.0, 0.0)
    assert not rings(ringing_time(NAMESPACE, shock, 0.0, gate=0.0 * shock), time).any()
    assert (ringing_time(NAMESPACE, shock, 0.0, gate=0.0 * shock) == np.inf).all()
    assert rings(ringing_time(NAMESPACE, shock, 0.1, gate=1.0 + 0.0 * shock), time).all()


def test_unrest_is_bounded_zero_at_the_usual_level_and_one_in_the_war_months_of_2014():
    war = np.log(0.8 * 109 / 6 / (64 / 12))
    assert unrest_level(NAMESPACE, 0.0) == 0.0
    assert unrest_level(NAMESPACE, 0.5 * war) == pytest.approx(0.5, abs=0.01)
    assert unrest_level(NAMESPACE, war) == 1.0
    assert unrest_level(NAMESPACE, 9.0) == 1.0
    assert unrest_level(NAMESPACE, -war) == -1.0


@pytest.mark.parametrize("rate", [0.0, 1e-3, 0.7, 5.6, 21.0, 48.0])
def test_poisson_quantile_steps_exactly_where_the_cdf_does(rate):
    counts = np.arange(0, int(rate + 8 * np.sqrt(rate) + 3))
    cdf = stats.poisson.cdf(counts, rate)
    inside = cdf < 1 - 1e-9
    below, above = cdf[inside] * (1 - 1e-10), cdf[inside] * (1 + 1e-10)
    np.testing.assert_array_equal(poisson_ppf(below, np.full(below.shape, rate)), counts[inside])
    np.testing.assert_array_equal(poisson_ppf(above, np.full(above.shape, rate)), counts[inside] + 1)


def _coupled_difference(high, low):
    """Mean and variance of the difference of two Poisson quantiles of one uniform, by exact integration over it."""
    counts = np.arange(0, 80)
    edges = np.unique(np.concatenate([[0.0], stats.poisson.cdf(counts, high), stats.poisson.cdf(counts, low)]))
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    # Slivers narrower than rounding carry no mass worth counting and no reliable midpoint.
    middle, width = middle[width > 1e-14], width[width > 1e-14]
    gap = poisson_ppf(middle, np.full(middle.shape, high)) - poisson_ppf(middle, np.full(middle.shape, low))
    mean = (gap * width).sum()
    return gap, mean, ((gap - mean) ** 2 * width).sum()


def test_a_shared_uniform_couples_counts_as_tightly_as_known():
    gap, mean, variance = _coupled_difference(10.0, 8.0)
    assert mean == pytest.approx(2.0, abs=1e-9)
    assert variance == pytest.approx(0.2695198, abs=1e-7)
    assert (gap >= 0).all()


def test_counts_given_a_gamma_belief_have_the_conjugate_predictive():
    # Gamma(2, 1) and then 3, 1, 4, 2 give Gamma(12, 5).
    rates, weights = np.polynomial.laguerre.laggauss(60)
    belief = stats.gamma(12, scale=1 / 5)
    density = belief.pdf(rates) * np.exp(rates) * weights
    counts = np.arange(0, 120)

    def moments(rate):
        cdf = stats.poisson.cdf(counts, rate)
        mass = np.diff(np.concatenate([[0.0], cdf]))
        keep = mass > 1e-13
        middle = (np.concatenate([[0.0], cdf])[:-1] + mass / 2)[keep]
        drawn = poisson_ppf(middle, np.full(middle.shape, rate))
        return np.array([(drawn == 0) @ mass[keep], drawn @ mass[keep], drawn**2 @ mass[keep]])

    inside = rates < 40
    zero, mean, square = sum(d * moments(r) for r, d in zip(rates[inside], density[inside], strict=True))
    assert zero == pytest.approx(0.112157, abs=5e-7)
    assert mean == pytest.approx(2.4, abs=1e-6)
    assert square - mean**2 == pytest.approx(2.88, abs=1e-6)
