"""Fits whose every number is known: exact draws in the groups that forecast.fit gives, and worlds that pick them."""

import math

import numpy as np
import xarray as xr
from scipy import stats

import forecast
from forecast.engine.draws import picked_draws
from forecast.libya.state import Parameters
from forecast.schema import FIT_KIND
from tests.forecast.described import described

DIMS = ("chain", "draw")

SEEN = {"near": np.array([0.8]), "pair": np.array([1.5, 0.2])}
ERRORS = {"near": 1.0, "pair": 2.0}
"""theta ~ N(0, 1), seen once with error 1 and twice with error 2."""


def normal_posterior(*items, prior_power=1.0, likelihood_power=1.0):
    """Mean and sd of theta given some items, by conjugacy, with prior and likelihood raised to powers."""
    precision = prior_power + sum(likelihood_power * SEEN[item].size / ERRORS[item] ** 2 for item in items)
    return sum(likelihood_power * SEEN[item].sum() / ERRORS[item] ** 2 for item in items) / precision, precision**-0.5


def grouped(array, chains=4):
    return DIMS, np.asarray(array).reshape(chains, -1)


def tree_of(groups, *, sampled, key="k"):
    datasets = {}
    for name, data in groups.items():
        dataset = xr.Dataset(data)
        labels = {dim: np.arange(size) for dim, size in dataset.sizes.items() if dim in DIMS}
        datasets[name] = dataset.assign_coords(labels)
    datasets["posterior"].attrs["sampled"] = list(sampled)
    tree = xr.DataTree.from_dict(datasets)
    tree.attrs = {"kind": FIT_KIND, "key": key, "seed": 1, "priors": "closed", "priors_hash": "p"}
    tree.attrs |= {"evidence": "closed", "evidence_hash": "e"}
    return tree


def normal_fit(*, draws=1000, seed=1, article=None):
    """theta after both items, ``free``, which no item reaches, and parameters of worlds from the article."""
    rng = np.random.default_rng(seed)
    size = 4 * draws
    mean, sd = normal_posterior("near", "pair")
    theta, before = mean + sd * rng.standard_normal(size), rng.standard_normal(4000)
    free, free_before = rng.standard_normal(size), rng.standard_normal(4000)
    densities = {
        item: stats.norm.logpdf(SEEN[item], theta[:, None], ERRORS[item]).reshape(4, draws, -1) for item in SEEN
    }
    predicted = {
        when: {
            "near": grouped(values + ERRORS["near"] * rng.standard_normal(values.size)),
            "pair": (
                (*DIMS, "part"),
                (values[:, None] + ERRORS["pair"] * rng.standard_normal((values.size, 2))).reshape(4, -1, 2),
            ),
        }
        for when, values in (("prior", before), ("posterior", theta))
    }
    worlds = {}
    if article is not None:
        # Nothing here depends on the world model, so few draws of it do, over and over.
        drawn = article.sample(50, seed=77)
        worlds = {name: grouped(np.resize(drawn[name].values, size)) for name in Parameters._fields}
    return tree_of(
        {
            "posterior": {"theta": grouped(theta), "free": grouped(free), **worlds},
            "prior": {"theta": grouped(before), "free": grouped(free_before)},
            "log_prior": {
                "theta": grouped(stats.norm.logpdf(theta)),
                "free": grouped(stats.norm.logpdf(free)),
                "copula_free": grouped(np.zeros(size)),
            },
            "log_likelihood": {"near": (DIMS, densities["near"][..., 0]), "pair": ((*DIMS, "part"), densities["pair"])},
            "observed_data": {"near": ((), SEEN["near"][0]), "pair": (("part",), SEEN["pair"])},
            "prior_predictive": predicted["prior"],
            "posterior_predictive": predicted["posterior"],
        },
        sampled=["theta"],
    )


def theta_worlds(fit, *, worlds=4000, seed=3, luck=3, base=None):
    """Worlds of two options in which fighters at the horizon are theta plus luck, and nothing else moves.

    Under the second option they are one more, and ISIS is degraded where they are under 1. ``luck`` seeds the luck;
    ``base`` is a simulation from before, of a fit of as many draws.
    """
    outcomes = base
    if outcomes is None:
        outcomes = forecast.simulate(
            fit, options=["no_assistance", "training"], months=1, worlds=worlds, seed=seed, progress=False
        )
    picked = picked_draws(fit, worlds=worlds, seed=seed)
    noise = 0.5 * np.random.default_rng(luck).standard_normal(worlds)
    theta = fit["posterior"]["theta"].values.reshape(-1)[picked] + noise
    fighters = np.stack([theta, theta + 1.0])
    return described(
        outcomes.assign(
            isis_fighters_end=(("option", "world"), fighters),
            isis_degraded=(("option", "world"), fighters < 1.0),
            integrated_force=(("option", "world"), np.zeros((2, worlds), dtype=bool)),
        )
    )


# The 25 values of Kallioinen et al. (2023), section 4.1: normal with mu ~ N(0, 1) and sigma ~ N+(0, 2.5).
KALLIOINEN = np.concatenate(
    [
        [9.5, 10.2, 9.1, 9.1, 10.3, 10.9, 11.7, 10.3, 9.6, 8.6, 9.1, 11.1, 9.3],
        [10.5, 9.7, 10.3, 10.0, 9.8, 9.6, 8.3, 10.2, 9.8, 10.0, 10.0, 9.1],
    ]
)


def kallioinen_fit(*, draws=10_000, seed=1):
    """Exact draws: sigma from its marginal on a grid, mu given sigma from its normal."""
    rng = np.random.default_rng(seed)
    size, n = 4 * draws, KALLIOINEN.size
    grid = np.linspace(0.3, 20.0, 200_001)
    precision = 1.0 + n / grid**2
    centre = KALLIOINEN.sum() / grid**2 / precision
    log = -n * np.log(grid) - 0.5 * (KALLIOINEN @ KALLIOINEN) / grid**2 + 0.5 * precision * centre**2
    log += -0.5 * np.log(precision) - 0.5 * (grid / 2.5) ** 2
    cumulative = np.cumsum(np.exp(log - log.max()))
    sigma = np.interp(rng.random(size), cumulative / cumulative[-1], grid)
    precision = 1.0 + n / sigma**2
    mu = KALLIOINEN.sum() / sigma**2 / precision + rng.standard_normal(size) / np.sqrt(precision)
    density = stats.norm.logpdf(KALLIOINEN[:, None], mu, sigma).sum(axis=0)
    return tree_of(
        {
            "posterior": {"mu": grouped(mu), "sigma": grouped(sigma)},
            "log_prior": {
                "mu": grouped(stats.norm.logpdf(mu)),
                "sigma": grouped(math.log(2.0) + stats.norm.logpdf(sigma, scale=2.5)),
            },
            "log_likelihood": {"y": grouped(density)},
        },
        sampled=["mu", "sigma"],
    )
