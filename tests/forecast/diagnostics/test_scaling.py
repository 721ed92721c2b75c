"""Power-scaling: published numbers, exact ones, ArviZ's own path, and the worlds of a fit."""

import math

import arviz as az
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from scipy import stats

import forecast
from forecast.diagnostics.groups import prior_terms
from forecast.diagnostics.scaling import CONFLICT, NOISY, STRONG_PRIOR, THRESHOLD, Scaled, _diagnosed
from forecast.diagnostics.slopes import slopes
from forecast.errors import InvalidArgument, UnknownOutcome, UnknownPrior
from forecast.estimates import block_jackknife
from tests.forecast.closed_fits import (
    KALLIOINEN,
    grouped,
    kallioinen_fit,
    normal_fit,
    normal_posterior,
    theta_worlds,
    tree_of,
)

POWERS = ("prior_power", "likelihood_power")
NAMES = ["isis_fighters_end", "isis_degraded", "integrated_force"]


@pytest.fixture(scope="module")
def published():
    return kallioinen_fit()


@pytest.fixture(scope="module")
def published_frame(published):
    return forecast.power_scaling(published).to_frame().droplevel("option")


@pytest.fixture(scope="module")
def fit(article):
    return normal_fit(article=article)


@pytest.fixture(scope="module")
def outcomes(fit):
    return theta_worlds(fit)


@pytest.fixture(scope="module")
def scaled(fit, outcomes):
    return forecast.power_scaling(fit, outcomes=outcomes, names=NAMES, priors=["free"])


def limit(points, distribution, moved, draws):
    """The sensitivity from a distribution function and its derivative by the power, on a fine grid.

    The bound that divides the divergence is an integral over the range of the draws, so the exact value has theirs.
    """
    width = np.diff(points, append=points[-1])
    within = (points >= draws.min()) & (points <= draws.max())

    def ratio(below):
        inside = (below > 1e-12) & within
        return (moved[inside] ** 2 / below[inside] * width[inside]).sum() / (below[inside] * width[inside]).sum()

    return math.sqrt(math.log(2) / 8 * max(ratio(distribution), ratio(1 - distribution)))


def published_exactly(fit):
    """Both quantities of the univariate normal by quadrature on a grid of mu and sigma."""
    mu, sigma = np.linspace(-8.0, 14.0, 1101), np.geomspace(0.3, 25.0, 500)
    m, s = np.meshgrid(mu, sigma, indexing="ij")
    prior = stats.norm.logpdf(m) + stats.norm.logpdf(s, scale=2.5)
    likelihood = -KALLIOINEN.size * np.log(s) - 0.5 * sum((y - m) ** 2 for y in KALLIOINEN) / s**2
    weight = np.exp(prior + likelihood - (prior + likelihood).max()) * s
    weight /= weight.sum()
    found = {}
    for component, density in (("prior", prior), ("likelihood", likelihood)):
        tilted = weight * (density - (weight * density).sum())
        for name, points, axis in (("mu", mu, 1), ("sigma", sigma, 0)):
            below, moved = np.cumsum(weight.sum(axis=axis)), np.cumsum(tilted.sum(axis=axis))
            found[component, name] = limit(points, below, moved, fit["posterior"][name].values)
    return found


# Parameters


def test_the_published_case(published, published_frame):
    frame = published_frame
    exact = published_exactly(published)
    # Printed in the tests of arviz-stats, from 4,000 draws: their error is sqrt(10) times ours, and both count.
    printed = {("prior", "mu"): 0.404, ("prior", "sigma"): 0.293, ("likelihood", "mu"): 0.575}
    printed |= {("likelihood", "sigma"): 0.535}
    for (component, name), value in printed.items():
        found, error = frame.loc[name, component], frame.loc[name, f"{component}_error"]
        # ArviZ smooths the weights and takes a finite difference; that alone is up to 4%.
        assert abs(found - exact[component, name]) < 4 * error + 0.04 * found, (component, name)
        assert abs(found - value) < 3 * math.hypot(error, error * 10**0.5), (component, name)
    assert (frame["diagnosis"] == CONFLICT).all()
    assert frame["reliable"].all()


def test_the_numbers_are_arviz_s(published, published_frame):
    for component in ("prior", "likelihood"):
        theirs = az.psense(published, group=component)
        for name in ("mu", "sigma"):
            assert published_frame.loc[name, component] == pytest.approx(float(theirs[name]), rel=1e-9)


@pytest.mark.parametrize("shape", ["normal", "counts", "yes or no", "skewed"])
def test_the_limit_is_what_arviz_approximates(shape):
    rng = np.random.default_rng(11)
    latent = rng.standard_normal(20_000)
    values = {
        "normal": latent,
        "counts": rng.poisson(np.exp(0.5 * latent)).astype(float),
        "yes or no": (latent + rng.standard_normal(20_000) > 1.5).astype(float),
        "skewed": np.exp(latent),
    }[shape]
    density = -0.5 * (latent - 1.0) ** 2
    tree = tree_of({"posterior": {"x": grouped(values)}, "log_prior": {"x": grouped(density)}}, sampled=["x"])
    squared = slopes(values, density, np.arange(20_000) // 500)[0]
    assert np.sqrt(squared) == pytest.approx(float(az.psense(tree, group="prior")["x"]), rel=0.05)


def test_leaving_out_a_block_is_computing_without_it():
    rng = np.random.default_rng(12)
    values, density = rng.integers(0, 5, 300).astype(float), rng.standard_normal(300)
    block = rng.integers(0, 7, 300)
    _, without, _, slope_without = slopes(values, density, block)
    for number in range(7):
        kept = block != number
        squared, _, slope, _ = slopes(values[kept], density[kept], np.zeros(kept.sum(), dtype=int))
        assert without[number] == pytest.approx(squared, rel=1e-10)
        assert slope_without[number] == pytest.approx(slope, rel=1e-10)


def test_a_normal_posterior_moves_as_conjugacy_says(scaled, fit):
    frame, draws = scaled.to_frame(), fit["posterior"]["theta"].values
    grid = np.linspace(-6.0, 6.0, 20_001)
    step = 1e-4
    for component, power in (("prior", "prior_power"), ("likelihood", "likelihood_power")):
        ends = [normal_posterior("near", "pair", **{power: 1.0 + side * step}) for side in (1, -1)]
        moved = (stats.norm.cdf(grid, *ends[0]) - stats.norm.cdf(grid, *ends[1])) / (2 * step)
        row = frame.loc["theta", ""]
        exact = limit(grid, stats.norm.cdf(grid, *normal_posterior("near", "pair")), moved, draws)
        assert abs(row[component] - exact) < 4 * row[f"{component}_error"] + 0.04 * exact
        slope = math.log(2) * (ends[0][0] - ends[1][0]) / (2 * step)
        assert abs(row[f"{component}_slope"] - slope) < 4 * row[f"{component}_slope_error"]


def test_only_what_evidence_reaches_is_scaled_and_listed(scaled, fit):
    assert [quantity for quantity, option in scaled.to_frame().index if not option] == ["theta"]
    louder = fit.copy()
    louder["log_prior"] = xr.DataTree(fit["log_prior"].to_dataset().assign(free=100 * fit["log_prior"]["free"]))
    assert forecast.power_scaling(louder).to_frame().loc["theta", ""]["prior"] == pytest.approx(
        scaled.to_frame().loc["theta", ""]["prior"], rel=1e-12
    )


def test_correlations_belong_to_the_prior(fit):
    assert prior_terms(fit) == ["theta"]
    tied = fit.copy()
    tied["log_prior"] = xr.DataTree(
        fit["log_prior"].to_dataset().rename(copula_free="copula_theta").assign(by_hand=fit["log_prior"]["theta"])
    )
    assert prior_terms(tied) == ["theta", "copula_theta", "by_hand"]
    held = fit.copy()
    held["posterior"].attrs["sampled"] = ["theta_share"]
    held["log_prior"] = xr.DataTree(
        fit["log_prior"].to_dataset().rename(theta="theta_share", free="free_share", copula_free="copula_theta")
    )
    assert prior_terms(held) == ["theta_share", "copula_theta"]
    pooled = fit.copy()
    pooled["posterior"].attrs["sampled"] = ["theta", "free"]
    pooled["log_prior"] = xr.DataTree(fit["log_prior"].to_dataset().rename(copula_free="one_member_a_world"))
    assert prior_terms(pooled) == ["theta", "free", "one_member_a_world"]


def test_a_prior_alone(scaled):
    """theta does not depend on the quantity that no evidence reaches, so what is seen is noise, and is said to be."""
    row = scaled.by_component().loc["prior of free", "theta", ""]
    assert row["sensitivity"] < 4 * row["noise"]
    assert abs(row["slope"]) < 4 * row["slope_error"]
    assert row["reliable"]


def test_noise_is_what_independence_gives():
    rng = np.random.default_rng(13)
    squares, bias = [], []
    for _ in range(100):
        values, density = rng.standard_normal(2000), rng.standard_normal(2000)
        block = np.arange(2000) // 50
        squared, without, _, _ = slopes(values, density, block)
        squares.append(float(squared))
        bias.append(float(squared - block_jackknife(squared, without, np.bincount(block))[1]))
    # The mean of a hundred squares of noise is known to about a tenth.
    assert np.mean(bias) == pytest.approx(np.mean(squares), rel=0.4)


# Diagnoses


def one(sensitivity, *, noise=0.0, reliable=True):
    return Scaled("c", "q", "", sensitivity, 0.001, noise, 0.0, 0.0, 0.0, reliable)


@pytest.mark.parametrize(
    ("prior", "likelihood", "expected"),
    [
        (one(0.06), one(0.06), CONFLICT),
        (one(0.06), one(0.04), STRONG_PRIOR),
        (one(0.04), one(0.06), "-"),
        (one(0.04), one(0.04), "-"),
        (one(THRESHOLD), one(THRESHOLD), CONFLICT),
        (one(0.06, noise=0.05), one(0.06), "-"),
        (one(0.06), one(0.06, noise=0.05), STRONG_PRIOR),
        (one(0.5, reliable=False), one(0.06), NOISY),
        (one(0.06), one(0.5, reliable=False), NOISY),
        (one(0.01), one(0.5, reliable=False), "-"),
    ],
)
def test_diagnoses(prior, likelihood, expected):
    assert _diagnosed(prior, likelihood) == expected


# Through the worlds


def test_worlds_have_the_densities_of_their_draws(scaled):
    """Fighters are theta plus luck: their slope is that of theta, under both options."""
    frame = scaled.to_frame()
    mean = {power: [normal_posterior("near", "pair", **{power: 1 + e})[0] for e in (1e-4, -1e-4)] for power in POWERS}
    for component, power in zip(("prior", "likelihood"), POWERS, strict=True):
        slope = math.log(2) * (mean[power][0] - mean[power][1]) / 2e-4
        for option in ("no_assistance", "training"):
            row = frame.loc["isis_fighters_end", option]
            assert abs(row[f"{component}_slope"] - slope) < 4 * row[f"{component}_slope_error"]
            # Luck blurs: the sensitivity is less than that of theta itself.
            assert row[component] < frame.loc["theta", ""][component]


def test_events_have_the_slope_of_their_probability(scaled):
    row = scaled.to_frame().loc["isis_degraded", "no_assistance"]

    def probability(power):
        mean, sd = normal_posterior("near", "pair", likelihood_power=power)
        return stats.norm.cdf((1.0 - mean) / math.hypot(sd, 0.5))

    slope = math.log(2) * (probability(1.0001) - probability(0.9999)) / 2e-4
    assert abs(row["likelihood_slope"] - slope) < 4 * row["likelihood_slope_error"]


@pytest.mark.slow
def test_errors_are_the_spread_between_fits(article):
    rows, worlds = [], None
    for seed in range(20):
        fit = normal_fit(draws=250, seed=seed, article=article)
        worlds = theta_worlds(fit, worlds=800, luck=seed, base=worlds)
        rows.append(
            forecast.power_scaling(fit, outcomes=worlds, names="isis_fighters_end")
            .to_frame()
            .loc["isis_fighters_end", "no_assistance"]
        )
    for name in ("likelihood_slope", "prior_slope", "likelihood"):
        spread = np.std([row[name] for row in rows], ddof=1)
        # Twenty fits know a spread to a sixth of itself.
        assert np.mean([row[f"{name}_error"] for row in rows]) == pytest.approx(spread, rel=0.5), name


def test_what_never_comes_is_not_judged(scaled):
    row = scaled.to_frame().loc["integrated_force", "training"]
    assert row["diagnosis"] == NOISY
    assert np.isnan(row["prior_error"])


def test_a_likelihood_that_says_nothing(fit):
    flat = fit.copy()
    flat["log_likelihood"] = xr.DataTree(xr.zeros_like(fit["log_likelihood"].to_dataset()))
    row = forecast.power_scaling(flat).to_frame().loc["theta", ""]
    assert (row["likelihood"], row["likelihood_error"], row["diagnosis"]) == (0.0, 0.0, STRONG_PRIOR)


def test_worlds_may_be_left_out_and_come_in_any_order(fit, outcomes, scaled):
    some = outcomes.isel(world=np.random.default_rng(1).permutation(4000)[:3000])
    row = forecast.power_scaling(fit, outcomes=some, names=NAMES).to_frame().loc["isis_fighters_end", "training"]
    whole = scaled.to_frame().loc["isis_fighters_end", "training"]
    assert row["likelihood_slope"] == pytest.approx(whole["likelihood_slope"], abs=2 * whole["likelihood_slope_error"])


# Tables and pictures


def test_the_tables(scaled):
    frame = scaled.to_frame()
    assert frame.index.names == ["quantity", "option"]
    assert list(frame.columns) == [
        *("prior", "prior_error", "prior_noise", "likelihood", "likelihood_error", "likelihood_noise", "diagnosis"),
        *("prior_slope", "prior_slope_error", "likelihood_slope", "likelihood_slope_error", "khat", "reliable"),
    ]
    assert list(scaled.by_component().index.unique("component")) == ["prior", "likelihood", "prior of free"]
    assert scaled.diagnosis("theta") == frame.loc["theta", ""]["diagnosis"]


def test_the_picture(scaled, fit):
    figure = scaled.plot()
    assert isinstance(figure, Figure)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Parameters", "Outcomes"]
    names = {text.get_text() for text in figure.axes[1].texts}
    assert names == set(NAMES)
    assert len(forecast.power_scaling(fit).plot().axes) == 1


# Bad input


def test_worlds_of_another_fit_are_refused(fit, outcomes, article):
    other = fit.copy()
    other.attrs["key"] = "another"
    with pytest.raises(InvalidArgument, match=r"fit k.*another.*simulate\(fit"):
        forecast.power_scaling(other, outcomes=outcomes)
    twin = fit.copy()
    twin["posterior"] = xr.DataTree(fit["posterior"].to_dataset().roll(draw=1))
    with pytest.raises(InvalidArgument, match="not that of the draws"):
        forecast.power_scaling(twin, outcomes=outcomes)
    with pytest.raises(InvalidArgument, match="drawn from beliefs"):
        forecast.power_scaling(
            fit,
            outcomes=forecast.simulate(
                article, evidence="none", options="training", months=1, worlds=5, progress=False
            ),
        )
    with pytest.raises(InvalidArgument, match=r"forecast\.simulate"):
        forecast.power_scaling(fit, outcomes=fit)


def test_wrong_names_are_refused(fit, outcomes):
    with pytest.raises(UnknownOutcome, match="isis_degraded"):
        forecast.power_scaling(fit, outcomes=outcomes, names=["isis_degrade"])
    with pytest.raises(InvalidArgument, match="first_month_seated"):
        forecast.power_scaling(fit, outcomes=outcomes, names="first_month_seated")
    with pytest.raises(InvalidArgument, match="no names of outcomes"):
        forecast.power_scaling(fit, outcomes=outcomes, names=[])
    with pytest.raises(UnknownPrior, match="theta"):
        forecast.power_scaling(fit, priors="thet")


def test_a_fit_without_evidence_is_refused(fit):
    groups = {name: fit[name].to_dataset() for name in ("posterior", "prior", "log_prior")}
    with pytest.raises(InvalidArgument, match="no log_likelihood"):
        forecast.power_scaling(xr.DataTree.from_dict(groups))


def test_too_few_draws_are_refused(fit):
    groups = {name: fit[name].to_dataset().isel(chain=[0], draw=slice(10)) for name in ("posterior", "log_prior")}
    groups["log_likelihood"] = fit["log_likelihood"].to_dataset().isel(chain=[0], draw=slice(10))
    with pytest.raises(InvalidArgument, match="at least 25"):
        forecast.power_scaling(xr.DataTree.from_dict(groups))
