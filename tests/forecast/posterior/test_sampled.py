"""Posteriors block by block: conjugate margins, weights of members and of forms in closed form, and the gates."""

import dataclasses
import datetime
import itertools
import math

import numpy as np
import pytest
from scipy import stats

import forecast
import priors
from forecast.errors import FailedFit
from forecast.evidence import Item, load_evidence
from forecast.posterior.carried import WEIGHTED
from forecast.posterior.importance import Draws
from forecast.posterior.pareto import RELIABLE
from forecast.posterior.sampled import LEAST_EFFECTIVE, LEAST_OF_A_FORM, OFTEN, Posterior, Sampled, sample_posterior
from forecast.posterior.target import Block
from priors import PriorSet
from tests.forecast.posterior.oracles import DRAWS, share_score

DAY = datetime.date(2016, 1, 31)


def _trials(chance, k, n, name=""):
    return Item(name or chance, DAY, "", (), (), (chance,), "", "trials", {"chance": chance, "k": k, "n": n})


def _no_event(hazards, months):
    informs = tuple(f"{one}_hazard" for one in hazards)
    data = {"hazards": list(hazards), "months": months}
    return Item("quiet", DAY, "", (), (), informs, "", "no_event", data)


def _beta(alpha, beta):
    return priors.elicit("Beta", parameters={"alpha": alpha, "beta": beta})


def _betas(first, second):
    return PriorSet({"capture_share": _beta(*first), "parallel_origin": _beta(*second)}, name="two chances")


ITEMS = (_trials("capture_share", 7, 9), _trials("parallel_origin", 1, 6))
MEMBERS = {"a": ((2.0, 3.0), (1.0, 1.0)), "b": ((8.0, 2.0), (2.0, 5.0)), "c": ((1.0, 9.0), (4.0, 1.0))}


def _log_marginal(pairs):
    """Beta-binomial, one for each item."""
    seen = ((item.data["k"], item.data["n"]) for item in ITEMS)
    return sum(stats.betabinom.logpmf(k, n, *pair) for (k, n), pair in zip(seen, pairs, strict=True))


@pytest.fixture(scope="module")
def conjugate():
    return sample_posterior(_betas(*MEMBERS["a"]), ITEMS, seed=1)


def _marginal_scores(one, exact):
    """How many stated errors a block of one quantity is off, in its mean, square and deciles."""
    (values,) = one.values.values()
    moments = [values - exact.mean(), (values - exact.mean()) ** 2 - exact.var()]
    moments += [(values <= exact.ppf(share)) - share for share in np.arange(0.05, 1.0, 0.1)]
    return np.array([share_score(one.weights, moment, 0.0) for moment in moments])


def _exact_margins():
    for item, pair in zip(ITEMS, MEMBERS["a"], strict=True):
        k, n = item.data["k"], item.data["n"]
        yield stats.beta(pair[0] + k, pair[1] + n - k)


def test_a_beta_prior_and_trials_give_the_beta_posterior(conjugate):
    for one, exact in zip(conjugate.sampled[0], _exact_margins(), strict=True):
        assert not one.fault
        assert abs(_marginal_scores(one, exact)).max() < 4
    off = (conjugate.weights.log_marginal - _log_marginal(MEMBERS["a"])) / conjugate.weights.log_marginal_error
    assert abs(off).max() < 4
    assert conjugate.weights.log_marginal_error.max() < 0.01


def test_margins_of_the_prior_do_not_pass(conjugate):
    one, exact = conjugate.sampled[0][0], next(_exact_margins())
    flat = dataclasses.replace(one, draws=dataclasses.replace(one.draws, log_weights=np.zeros(one.weights.size)))
    assert abs(_marginal_scores(flat, exact)).max() > 20


def test_equally_likely_draws_are_of_the_posterior(conjugate):
    groups = conjugate.groups((1, 10_000), seeds=(1, 2, 3))
    posterior, stats_of = groups["posterior"], groups["sample_stats"]
    for name, exact in zip(posterior.data_vars, _exact_margins(), strict=True):
        drawn = posterior[name].values.reshape(-1)
        assert stats.kstest(drawn, exact.cdf).pvalue > 1e-4
        # In random order, so that no part of them is one corner.
        assert stats.kstest(drawn[:1000], exact.cdf).pvalue > 1e-4
        assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 4 / math.sqrt(drawn.size)
    both = posterior.to_array().values.reshape(2, -1)
    assert abs(np.corrcoef(both)[0, 1]) < 4 / math.sqrt(both.shape[1])
    assert (stats_of["distinct"] > 9_000).all()
    # How likely each draw is under the posterior follows from its groups, up to the evidence.
    for name, exact, pair, item in zip(posterior.data_vars, _exact_margins(), MEMBERS["a"], ITEMS, strict=True):
        joint = groups["log_prior"][name] + groups["log_likelihood"][item.name]
        evidence = stats.betabinom.logpmf(item.data["k"], item.data["n"], *pair)
        np.testing.assert_allclose(joint - evidence, exact.logpdf(posterior[name]), atol=1e-10)
        assert groups["observed_data"][item.name] == item.data["k"]


def test_predictions_are_of_the_beta_binomial(conjugate):
    predicted = conjugate.groups((1, 10_000), seeds=(1, 2, 3))["posterior_predictive"]
    for item, exact in zip(ITEMS, _exact_margins(), strict=True):
        n = item.data["n"]
        family = stats.betabinom(n, *exact.args)
        seen = np.bincount(predicted[item.name].values.reshape(-1), minlength=n + 1)
        chances = family.pmf(np.arange(n + 1))
        kept = chances * 10_000 > 5
        rest = [seen[~kept].sum(), chances[~kept].sum() * 10_000]
        squares = ((seen[kept] - chances[kept] * 10_000) ** 2 / (chances[kept] * 10_000)).sum()
        assert stats.chi2(kept.sum() - 1).sf(squares) > 1e-4
        assert abs(rest[0] - rest[1]) < 4 * math.sqrt(rest[1]) + 1


WEIGHTS = (0.5, 0.2, 0.3)


def _exact_weights():
    raw = np.array(WEIGHTS) * np.exp([_log_marginal(pairs) for pairs in MEMBERS.values()])
    return raw / raw.sum()


def _weight_scores(weights):
    return (weights.after - _exact_weights()) / weights.error


def test_members_weigh_their_prior_weights_times_their_marginal_likelihoods():
    pooled = priors.pool({name: _betas(*pairs) for name, pairs in MEMBERS.items()}, weights=WEIGHTS)
    found = sample_posterior(pooled, ITEMS, seed=2)
    assert len(found.blocks) == 2
    assert abs(_weight_scores(found.weights)).max() < 4
    assert found.weights.error.max() < 0.005
    for member, pairs in zip(found.weights.log_marginal, MEMBERS.values(), strict=True):
        assert member == pytest.approx(_log_marginal(pairs), abs=0.02)
    # One block alone would not give these weights.
    mutant = dataclasses.replace(found.weights, log_marginal=[own[0].draws.log_marginal[0] for own in found.sampled])
    assert abs(_weight_scores(mutant)).max() > 20
    which = found.groups((1, 10_000), seeds=(1, 2, 3))["members"]["follows"].values
    np.testing.assert_allclose(np.bincount(which.reshape(-1)) / 10_000, found.weights.after, atol=2e-4)


def test_equal_beliefs_get_equal_weights_exactly():
    sets = {name: _betas(*MEMBERS[own]) for name, own in (("one", "a"), ("other", "b"), ("same", "a"))}
    found = sample_posterior(priors.pool(sets), ITEMS, seed=3)
    log_marginal = found.weights.log_marginal
    assert log_marginal[0] == log_marginal[2] != log_marginal[1]
    assert found.weights.after[0] == found.weights.after[2]
    for first, third in zip(found.sampled[0], found.sampled[2], strict=True):
        np.testing.assert_array_equal(first.draws.log_weights, third.draws.log_weights)


def test_without_evidence_members_keep_their_weights():
    pooled = priors.pool({name: _betas(*pairs) for name, pairs in MEMBERS.items()}, weights=WEIGHTS)
    found = sample_posterior(pooled, (), seed=1)
    np.testing.assert_allclose(found.weights.after, WEIGHTS, rtol=1e-15)
    assert (found.weights.error == 0).all()
    assert found.faults() == {}


def test_a_member_that_rules_the_evidence_out_weighs_nothing():
    """The others' weights and their errors are as without it."""
    item = _no_event(["gnc"], 2.4)
    beliefs = [
        PriorSet({"gnc_hazard": priors.elicit("Normal", parameters={"mu": mu, "sigma": 0.3})}) for mu in (-3, -1, 12)
    ]
    with_it = sample_posterior(priors.pool(dict(zip("abc", beliefs, strict=True))), (item,), seed=1)
    without = sample_posterior(priors.pool(dict(zip("ab", beliefs, strict=False))), (item,), seed=1)
    assert with_it.weights.log_marginal[2] == -math.inf
    np.testing.assert_allclose(with_it.weights.after, [*without.weights.after, 0.0], rtol=1e-14)
    np.testing.assert_allclose(with_it.weights.error, [*without.weights.error, 0.0], rtol=1e-13)
    assert with_it.faults() == {}
    follows = with_it.groups((1, 1000), seeds=(1, 2, 3))["members"]["follows"].values
    assert follows.max() == 1


def test_a_pool_of_single_priors_learns_whose_belief_it_is():
    """One block of two chances that follow the same member: its weight is by both items."""
    each = [priors.pool({m: _beta(*pairs[place]) for m, pairs in MEMBERS.items()}, weights=WEIGHTS) for place in (0, 1)]
    beliefs = PriorSet(dict(zip(("capture_share", "parallel_origin"), each, strict=True)), name="single")
    found = sample_posterior(beliefs, ITEMS, seed=4)
    (one,) = found.sampled[0]
    exact = _exact_weights()
    off = [share_score(one.weights, one.draws.cells[0] == cell, exact[cell]) for cell in range(3)]
    assert abs(np.array(off)).max() < 4
    log_marginal, error = one.draws.log_marginal
    total = math.log(np.dot(WEIGHTS, np.exp([_log_marginal(pairs) for pairs in MEMBERS.values()])))
    assert abs(log_marginal - total) < 4 * error < 0.05
    assert {form.cells[0]: form.weight for form in one.forms} == pytest.approx(
        {cell: share for cell, share in enumerate(exact) if share > OFTEN}, abs=0.01
    )


FORMS = ((0.2, 0.5, 0.3), (0.6, 0.0, 0.4))
MONTHS = 0.7


@pytest.fixture(scope="module")
def forms():
    """Log hazards of 0, 1 or 2, a member of each of two choices, of which the second rules one out."""
    choices = [priors.elicit("Categorical", parameters={f"weight.{i}": w for i, w in enumerate(own)}) for own in FORMS]
    free = priors.elicit("Bernoulli", parameters={"p": 0.7})
    given = {"hor_hazard": choices[0], "seating_hazard": choices[1], "switch": free}
    beliefs = PriorSet(given, name="forms")
    return sample_posterior(beliefs, (_no_event(["hor", "seating"], MONTHS),), seed=5)


def _exact_forms():
    found = {}
    for i, j in itertools.product(range(3), repeat=2):
        found[i, j] = FORMS[0][i] * FORMS[1][j] * math.exp(-MONTHS * (math.exp(i) + math.exp(j)))
    return found


def test_forms_get_their_posterior_weights(forms):
    (one,) = forms.sampled[0]
    raw = _exact_forms()
    total = math.fsum(raw.values())
    exact = {cells: weight / total for cells, weight in raw.items()}
    for (i, j), weight in exact.items():
        inside = (one.values["hor_hazard"] == i) & (one.values["seating_hazard"] == j)
        if weight:
            assert abs(share_score(one.weights, inside, weight)) < 4
        else:
            assert not inside.any()
    log_marginal, error = one.draws.log_marginal
    assert abs(log_marginal - math.log(total)) < 4 * error < 0.02
    assert [form.cells for form in one.forms] == sorted(
        (cells for cells, weight in exact.items() if weight > OFTEN), key=lambda cells: -exact[cells]
    )
    assert min(form.effective for form in one.forms) == one.least_of_a_form > LEAST_OF_A_FORM
    assert one.worst_of_a_form < RELIABLE
    assert not one.fault
    assert {"hor_hazard", "seating_hazard"} <= set(forms.choices())


def test_a_switch_that_nothing_reaches_keeps_its_prior(forms):
    assert "switch" not in forms.reached
    drawn = forms.groups((1, 10_000), seeds=(6, 7, 8))["posterior"]["switch"].values.reshape(-1)
    np.testing.assert_array_equal(drawn, forms.beliefs.arrays(10_000, seed=6)["switch"])
    assert abs(drawn.mean() - 0.7) < 4 * math.sqrt(0.21 / drawn.size)


def _crafted(rare, height, count=65_536):
    """A block with two forms, the second in so few draws of such a weight."""
    cells = np.zeros((1, count), dtype=np.intp)
    cells[0, :rare] = 1
    # A little noise, because equal weights have no tail.
    log_weights = 0.1 * np.random.default_rng(1).standard_normal(count)
    log_weights[:rare] += math.log(height)
    block = Block(("gnc_hazard",), (_no_event(["gnc"], 2.4),))
    values = {"gnc_hazard": np.full(count, -3.0)}
    return Sampled(block, Draws(np.zeros((1, count)), cells, np.zeros(count), log_weights, 1, True), values)


def test_a_form_of_some_weight_must_have_draws_of_its_own():
    plenty, few, seldom = _crafted(2000, 1.0), _crafted(60, 20.0), _crafted(60, 1.0)
    assert plenty.draws.effective > LEAST_EFFECTIVE < few.draws.effective
    assert not plenty.fault
    assert len(plenty.forms) == 2
    assert few.forms[1].weight > OFTEN
    assert few.least_of_a_form < LEAST_OF_A_FORM
    assert "effective draws of one form, not 100" in few.fault
    # What hardly ever is need not be known.
    assert [form.cells for form in seldom.forms] == [(0,)]
    assert not seldom.fault


def _narrowed():
    """The article's evidence, had the growth since 2014 been known to ten percent."""
    known = load_evidence("article")
    items = tuple(
        dataclasses.replace(item, data={**item.data, "low": 300.0, "high": 330.0}) if item.name == "growth" else item
        for item in known.items
    )
    return dataclasses.replace(known, name="narrow", items=items)


@pytest.fixture(scope="module")
def far(article):
    """Beliefs without noise, and with more men than the growth that they allow gives."""
    return article.replace(
        isis_noise=priors.elicit("HalfNormal", interval=(0, 0.0003), mass=0.9),
        isis_fighters=priors.elicit("LogNormal", interval=(9000, 9100), mass=0.9),
        accept=True,
    )


def test_a_broken_gate_names_the_block_and_the_item_that_pulls(far, article):
    known = _narrowed()
    found = sample_posterior(known.applied(far), known.items, seed=1)
    assert list(found.faults()) == ["isis_fighters"]
    said = found.faults()["isis_fighters"]
    assert "effective draws, not 4,000" in said
    assert said.endswith("the item growth pulls most")
    statistics = found.groups((1, 100), seeds=(1, 2, 3))["sample_stats"]
    assert statistics["pulls"].sel(block="isis_fighters") == "growth"
    assert (statistics["pulls"].drop_sel(block="isis_fighters") == "").all()
    # Of a pool it says under whose beliefs, where they weigh anything.
    (own,) = sample_posterior(known.applied(article), known.items, seed=1).sampled
    pooled = [priors.pool({"far": far, "article": article}, weights=pair) for pair in ((0.999, 0.001), (1e-12, 1.0))]
    much, little = (dataclasses.replace(found, beliefs=one, sampled=(*found.sampled, own)) for one in pooled)
    assert much.weights.after[0] > OFTEN > little.weights.after[0]
    assert "(under far)" in much.faults()["isis_fighters"]
    assert little.faults() == {}


def test_a_pool_with_a_member_that_rules_the_evidence_out_passes_its_gates(article):
    mad = article.replace(gnc_hazard=priors.elicit("Normal", parameters={"mu": 12.0, "sigma": 0.1}), accept=True)
    fit = forecast.fit(priors.pool({"article": article, "mad": mad}), progress=False, cache=False)
    assert fit.attrs["method"] == "importance"
    assert fit["members"]["weight"].values.tolist() == [1.0, 0.0]
    assert fit.attrs["gates"] == "passed"


def test_the_item_that_leaves_the_fewest_draws_of_the_beliefs_pulls_most():
    """Two items on one chance, in either order: one of two says next to nothing, and 99 of 100 all."""
    mild, strong = _trials("capture_share", 1, 2, "mild"), _trials("capture_share", 99, 100, "strong")
    beliefs = PriorSet({"capture_share": _beta(2.0, 2.0)})
    for items in ((mild, strong), (strong, mild)):
        (one,) = sample_posterior(beliefs, items, seed=1, draws=1000).sampled[0]
        # A thousand draws cannot be worth four thousand.
        assert "effective draws, not 4,000" in one.fault
        assert one.pulls == "strong"


def test_evidence_that_the_beliefs_rule_out_is_refused(article):
    mad = article.replace(gnc_hazard=priors.elicit("Normal", parameters={"mu": 12.0, "sigma": 0.1}), accept=True)
    with pytest.raises(FailedFit, match="no world drawn from the beliefs"):
        forecast.fit(mad, progress=False, cache=False)


def test_chains_of_a_block_take_its_place(conjugate):
    """Draws by chains are kept in their order, and the other block stays as it was drawn by importance."""
    import xarray as xr

    chains = np.random.default_rng(1).beta(9, 5, (4, 250))
    drawn = conjugate.with_chains(xr.Dataset({"capture_share": (("chain", "draw"), chains)}), ["capture_share"])
    groups = drawn.groups((4, 250), seeds=(1, 2, 3))
    np.testing.assert_array_equal(groups["posterior"]["capture_share"], chains)
    assert np.isnan(groups["sample_stats"]["khat"].values).tolist() == [True, False]
    assert drawn.sampled[0][1] is conjugate.sampled[0][1]
    # Worlds pick each draw of the chains as often as any other, although 1,000 do not go into 65,536.
    weighted = groups[WEIGHTED]
    weights = np.exp(weighted["log_weight"].sel(block="capture_share").values)
    each = [weights[weighted["capture_share"].values == value].sum() for value in chains.reshape(-1)]
    np.testing.assert_allclose(each, each[0], rtol=1e-12)


def test_known_draws_are_given_only_where_there_are_enough(conjugate):
    known = conjugate.known(["capture_share"], seed=1)
    assert list(known) == ["capture_share"]
    assert stats.kstest(known["capture_share"], next(_exact_margins()).cdf).pvalue > 1e-4
    poor = dataclasses.replace(
        conjugate.sampled[0][0],
        draws=dataclasses.replace(conjugate.sampled[0][0].draws, log_weights=_crafted(3, 1e9).draws.log_weights),
    )
    assert Posterior(conjugate.beliefs, ITEMS, conjugate.blocks, ((poor,),)).known(["capture_share"], seed=1) is None


def _log_marginals(name, seeds, draws):
    known = load_evidence("article+reports")
    found = [sample_posterior(known.applied(priors.load(name)), known.items, seed=s, draws=draws) for s in seeds]
    logs = np.array([one.weights.log_marginal[0] for one in found])
    return logs, np.array([one.weights.log_marginal_error[0] for one in found])


def _spread(logs, errors):
    """Sum of squares about the weighted mean, in stated errors; chi-square of one degree fewer than there are."""
    centre = np.average(logs, weights=errors**-2)
    return (((logs - centre) / errors) ** 2).sum()


@pytest.mark.slow
def test_evidence_that_plain_draws_from_the_prior_do_not_find(article):
    """The sceptic and the strength reports: twenty seeds agree within the errors that they state."""
    logs, errors = _log_marginals("sceptic", range(20), 65_536)
    low, high = stats.chi2(19).ppf([1e-4, 1 - 1e-4])
    assert low < _spread(logs, errors) < high
    # An error of a percent or so in the weight of a member, which plain draws of ten times as many miss by far more.
    assert errors.max() < 0.02


def test_a_few_seeds_agree_on_it_too():
    logs, errors = _log_marginals("sceptic", range(4), DRAWS)
    assert _spread(logs, errors) < stats.chi2(3).ppf(1 - 1e-4)
