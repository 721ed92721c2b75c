"""The likelihoods in NumPy are PyMC's, in every item and part, possible or not; predictions are of the same family."""

import math

import numpy as np
import pytest
from scipy import special, stats

import forecast
import priors
from forecast.blocks import part_of, reached
from forecast.densities import log_densities
from forecast.evidence import available, load_evidence
from forecast.libya.world import LIBYA
from forecast.likelihood import Likelihood, auxiliaries, levels_before, likelihood, log_density, predicted
from forecast.posterior.chains import as_chains
from forecast.posterior.log_prior import joint_log_density, log_prior_terms
from forecast.posterior.target import blocks_of, item_log_likelihoods
from priors.copula import components

EVIDENCE = [name for name in available() if load_evidence(name).items]

IMPOSSIBLE = {
    "collapse_hazard": 9.0,
    "gnc_hazard": 9.0,
    "train_hold": 1.0,
    "capture_share": 0.0,
    "parallel_origin": 0.0,
}
"""Values that make an item that reads them impossible: hazards of thousands a month, and chances of 0 and 1."""


def _known(beliefs, evidence, worlds):
    """Worlds of the prior with what only the evidence has, as PyMC reads them and as plain arrays."""
    drawn = as_chains(beliefs, 1, worlds, seed=3)
    generator = np.random.default_rng(4)
    for item in evidence.items:
        for name, one in auxiliaries(item).items():
            shape = (worlds, one.size) if one.dim else (worlds,)
            own = [f"{one.dim} of the draws"] if one.dim else []
            drawn[name] = (
                ("chain", "draw", *own),
                one.distribution.from_normals(generator.standard_normal(shape))[None],
            )
    return drawn


def _plain(drawn):
    return {str(name): array.values[0] for name, array in drawn.data_vars.items()}


@pytest.mark.parametrize("name", EVIDENCE)
def test_likelihoods_are_pymcs(article, name):
    evidence = load_evidence(name)
    drawn = _known(evidence.applied(article), evidence, 1000)
    for number, (quantity, value) in enumerate(IMPOSSIBLE.items()):
        drawn[quantity][0, number] = value
    model = forecast.build_model(article, evidence=evidence)
    _, theirs = log_densities(part_of(model, reached(model)), drawn)
    ours = item_log_likelihoods(evidence.items, _plain(drawn))
    assert list(ours) == [item.name for item in evidence.items]
    assert set(ours) == set(theirs.data_vars)
    for item, density in ours.items():
        assert density.shape == theirs[item].values[0].shape
        # Equal infinities are equal, and nothing else is equal to one.
        np.testing.assert_allclose(density, theirs[item].values[0], rtol=1e-12, err_msg=item)
    impossible = sum(np.isneginf(density).reshape(1000, -1).any(axis=1) for density in ours.values())
    assert (impossible[:3] > 0).all()
    assert (impossible[len(IMPOSSIBLE) :] == 0).all()


@pytest.mark.parametrize("name", EVIDENCE)
def test_nothing_is_undefined_however_far_out(article, name):
    """Seven standard deviations out on every side, where a strength is next to nothing and chances are 0 or 1."""
    evidence = load_evidence(name)
    beliefs = evidence.applied(article)
    rng = np.random.default_rng(1)
    for block in blocks_of(beliefs, evidence.items):
        target = block.of(beliefs).target
        z = np.clip(4.0 * rng.standard_normal((target.normals, 2000)), -8.0, 8.0)
        assert not np.isnan(target.log_likelihood(z, np.empty((0, 2000), dtype=np.intp))).any()


def test_reports_share_a_bias_and_classes_a_spread(article):
    """The two likelihoods with quantities of their own, by SciPy: both namespaces have them from one definition."""
    for name, item_name in (("article+reports", "strength_reports"), ("article+reference", "reference_classes")):
        evidence = load_evidence(name)
        values = _plain(_known(evidence.applied(article), evidence, 50))
        item = next(item for item in evidence.items if item.name == item_name)
        found = item_log_likelihoods((item,), values)[item_name]
        if item.kind == "reports":
            exact = [_report(report, item.data, values) for report in item.data["reports"]]
        else:
            exact = [_class(number, one, values) for number, one in enumerate(item.data["classes"])]
        np.testing.assert_allclose(found, np.stack(exact, axis=-1), rtol=1e-10)


def _report(report, data, values):
    months, low, high = report["months_before"], np.log(report["low"]), np.log(report["high"])
    strength = levels_before(np, LIBYA.recorded_readings["isis_fighters"], values, months)[months]
    half = (high - low) / 2 / stats.norm.ppf(0.95)
    variance = data["error"] ** 2 + half**2 + months * values["isis_noise"] ** 2
    centre = np.log(strength) + data["bias"] * values["report_bias"]
    return stats.norm.logpdf((low + high) / 2, centre, np.sqrt(variance))


def _class(number, one, values):
    moved = values["class_spread"] * values["class_offset"][:, number]
    if "months" in one:
        rate = -np.expm1(-one["months"] * np.exp(values[one["of"]] + moved))
    else:
        rate = special.expit(special.logit(values[one["of"]]) + moved)
    counted = round(one["n"] * one["reliability"])
    return stats.binom.logpmf(round(one["k"] * one["reliability"]), counted, rate)


def _moments_agree(said, drawn):
    """Whether means and variances over draws (the first axis) are the family's, within five standard errors."""
    given = {name: np.asarray(value, dtype=float) for name, value in said.arguments.items()}
    match said.family:
        case "Normal":
            family = stats.norm(given["mu"], given["sigma"])
        case "Bernoulli":
            family = stats.bernoulli(given["p"])
        case _:
            family = stats.binom(given["n"], given["p"])
    mean, variance, _, kurtosis = family.stats("mvsk")
    count = drawn.shape[0]
    mean_off = (drawn.mean(axis=0) - mean) / np.sqrt(variance / count)
    variance_off = (drawn.var(axis=0) - variance) / (variance * np.sqrt(np.maximum(kurtosis + 2, 0.05) / count))
    return bool(max(abs(np.asarray(mean_off)).max(), abs(np.asarray(variance_off)).max()) < 5)


@pytest.mark.parametrize("name", EVIDENCE)
def test_predictions_have_the_moments_of_their_family(article, name):
    evidence = load_evidence(name)
    world = _plain(_known(evidence.applied(article), evidence, 1))
    many = {quantity: np.repeat(value, 20_000, axis=0) for quantity, value in world.items()}
    generator = np.random.default_rng(2)
    for item in evidence.items:
        said, drawn = likelihood(np, item, world), predicted(likelihood(np, item, many), generator)
        one = Likelihood(
            said.family,
            {
                k: np.squeeze(np.asarray(v), 0) if np.ndim(v) > np.ndim(said.observed) else v
                for k, v in said.arguments.items()
            },
            said.observed,
        )
        assert _moments_agree(one, drawn), item.name
        if said.family != "Normal":
            assert np.issubdtype(drawn.dtype, np.integer)


def test_predictions_with_another_spread_or_chance_do_not_pass():
    generator = np.random.default_rng(1)
    normal = Likelihood("Normal", {"mu": np.full(20_000, 3.0), "sigma": np.full(20_000, 2.0)}, 0.0)
    one = Likelihood("Normal", {"mu": 3.0, "sigma": 2.0}, 0.0)
    drawn = predicted(normal, generator)
    assert _moments_agree(one, drawn)
    assert not _moments_agree(one, 3.0 + math.sqrt(2.0) * (drawn - 3.0) / 2.0)
    assert not _moments_agree(Likelihood("Bernoulli", {"p": 0.5}, 1), (generator.random(20_000) < 0.53).astype(int))


def test_densities_of_every_family_are_scipys():
    p = np.array([0.0, 1e-12, 0.3, 1.0])
    for seen, n in ((0, 4), (2, 4), (4, 4)):
        found = log_density(Likelihood("Binomial", {"n": n, "p": p}, seen))
        # 1 - p is rounded, as in PyMC.
        np.testing.assert_allclose(found, stats.binom.logpmf(seen, n, p), rtol=1e-12, atol=1e-15)
    for seen in (0, 1):
        found = log_density(Likelihood("Bernoulli", {"p": p}, seen))
        np.testing.assert_allclose(found, stats.bernoulli.logpmf(seen, p), rtol=1e-12)
    mu, sigma = np.array([-3.0, 0.0, 50.0]), np.array([0.1, 1.0, 7.0])
    found = log_density(Likelihood("Normal", {"mu": mu, "sigma": sigma}, 1.2))
    np.testing.assert_allclose(found, stats.norm.logpdf(1.2, mu, sigma), rtol=1e-12)


def _same_terms(beliefs):
    drawn = as_chains(beliefs, 1, 1000, seed=5)
    theirs, _ = log_densities(forecast.build_model(beliefs, evidence="none"), drawn)
    ours = log_prior_terms(beliefs, _plain(drawn))
    assert set(ours) == set(theirs.data_vars)
    for name, term in ours.items():
        # A log density near 0 is a difference of larger terms.
        np.testing.assert_allclose(term, theirs[name].values[0], rtol=1e-12, atol=2e-12, err_msg=name)
    return ours


def test_prior_terms_are_pymcs(article):
    beliefs = article.correlate("train_hold", "isis_growth", -0.6, reason="to have one across families")
    ours = _same_terms(beliefs)
    assert {f"copula_{group[0]}" for group in components(beliefs.correlations)} < set(ours)


@pytest.mark.slow
def test_prior_terms_of_a_pool_are_pymcs():
    assert "one_member_a_world" in _same_terms(priors.load("pooled"))


def test_prior_terms_of_a_pool_sum_to_the_mixture_of_the_members(article):
    """By scipy's logic alone: the joint density is the weighted sum of the members' joint densities."""
    pooled = priors.load("pooled")
    values = pooled.arrays(200, seed=6)
    total = np.add.reduce(list(log_prior_terms(pooled, values).values()))
    members = []
    for name, weight in zip(pooled.pooled.members, pooled.pooled.weights, strict=True):
        own = pooled.member(name)
        tied = [list(group) for group in components(own.correlations)]
        alone = [[quantity] for quantity in own if not any(quantity in group for group in tied)]
        joint = np.add.reduce([joint_log_density(own, group, values) for group in (*tied, *alone)])
        members.append(math.log(weight) + joint)
    np.testing.assert_allclose(total, np.logaddexp.reduce(members), rtol=1e-12)


def test_the_copula_is_that_of_correlated_normals():
    one = priors.elicit("Normal", parameters={"mu": 2.0, "sigma": 3.0})
    beliefs = priors.PriorSet(dict.fromkeys("abc", one))
    beliefs = beliefs.correlate("a", "b", 0.7, reason="r").correlate("b", "c", -0.4, reason="r")
    values = beliefs.arrays(50, seed=1)
    cov = 9.0 * np.array([[1, 0.7, 0], [0.7, 1, -0.4], [0, -0.4, 1]])
    exact = stats.multivariate_normal(np.full(3, 2.0), cov).logpdf(np.stack(list(values.values()), axis=-1))
    np.testing.assert_allclose(joint_log_density(beliefs, list("abc"), values), exact, rtol=1e-11)
    np.testing.assert_allclose(np.add.reduce(list(log_prior_terms(beliefs, values).values())), exact, rtol=1e-11)
