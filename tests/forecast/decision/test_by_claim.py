"""The choice with each claim left out: drawn anew, mapped, reweighted, and refitted."""

import math

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import forecast
import priors
from forecast.decision.by_claim import asked_claims, by_claim
from forecast.decision.decide import decide
from forecast.decision.without_claim import combined, mapped
from forecast.errors import InvalidArgument, InvalidOption, InvalidPrior, UnknownClaim, UnknownOption, UnknownValues
from forecast.evidence import load_evidence
from forecast.libya.state import Parameters
from priors.without import parts_without, without_claim
from tests.forecast.closed_fits import grouped, tree_of

OPTIONS = ["no_assistance", "regional_centres", "airstrikes"]
GIVEN = {"options": OPTIONS, "months": 14, "worlds": 500, "seed": 3, "progress": False}
CLAIMS = ["P34", "P54", "N9", "P14", "N1"]


def form(article, *, sampled=(), draws=500, seed=77):
    """A fit in form only, of no evidence: exact draws of the beliefs, some of them as if evidence reached them."""
    drawn = article.arrays(4 * draws, seed=seed)
    tree = tree_of({"posterior": {name: grouped(drawn[name]) for name in Parameters._fields}}, sampled=sampled)
    none = load_evidence("none")
    tree.attrs |= {"priors": "article", "priors_hash": article.hash, "evidence": "none", "evidence_hash": none.hash}
    return tree


@pytest.fixture(scope="module")
def found(article):
    return by_claim(article, evidence="none", claims=CLAIMS, **GIVEN)


# From beliefs


def test_each_row_is_what_the_beliefs_without_it_give(article, found):
    """Parts by weight, against worlds that choose their part at random: the same up to the luck of choosing."""
    base = forecast.utility(forecast.simulate(article, evidence="none", **GIVEN), "balanced")
    lead = (base.sel(option=found.best) - base.sel(option=found.rival)).values
    assert found.lead == pytest.approx(lead.mean(), rel=1e-12)
    for row in found.rows:
        u = forecast.utility(forecast.simulate(without_claim(article, row.claim), evidence="none", **GIVEN), "balanced")
        drawn = (u.sel(option=found.best) - u.sel(option=found.rival)).values
        error = (drawn - lead).std(ddof=1) / drawn.size**0.5
        assert abs(row.change - (drawn - lead).mean()) <= 4 * math.hypot(error, row.change_error), row.claim
        if row.claim in ("P34", "P54"):
            assert row.change_error < error
        assert row.lead == pytest.approx(found.lead + row.change, abs=1e-12)


def test_parts_are_weighed_and_not_picked(article):
    """By hand: the utility of every part, with its weight."""
    parts = parts_without(article, "P54")
    runs = [forecast.utility(forecast.simulate(part.beliefs, evidence="none", **GIVEN), "balanced") for part in parts]
    by_hand = decide(sum(part.weight * u for part, u in zip(parts, runs, strict=True)))
    row = by_claim(article, evidence="none", claims="P54", **GIVEN).rows[0]
    assert (row.best, row.resolved) == (by_hand.verdict.best, by_hand.verdict.resolved)
    assert abs(row.lead) == pytest.approx(by_hand.verdict.ahead, rel=1e-9)
    assert row.lead_error == pytest.approx(by_hand.verdict.ahead_error, rel=1e-9)


def test_what_nothing_rests_on_changes_nothing(found):
    row = found.to_frame().loc["N9"]
    assert (row["change"], row["change_error"], row["parameters"]) == (0.0, 0.0, "")
    assert row["method"] == "nothing rests on it"
    assert row["lead"] == found.lead


def test_a_correlation_alone_counts(found):
    row = found.to_frame().loc["P14"]
    assert row["parameters"] == "collapse_hazard~seating_hazard"
    assert row["change_error"] > 0.0


def test_the_regional_plan_lives_on_p34_and_p61(article):
    """Without the pull of Misrata or the mediation among rivals the plan is worth less."""
    given = GIVEN | {"worlds": 1500, "options": ["no_assistance", "regional_centres"]}
    found = by_claim(article, evidence="none", claims=["P34", "P61"], against="no_assistance", **given)
    assert found.best == "regional_centres"
    for row in found.rows:
        assert row.change < -4 * row.change_error


def test_a_claim_that_holds_the_choice_up_is_named(article):
    """Beliefs built to hang on one claim: help pays only by an effect that the claim alone is the source of."""
    strong = priors.elicit("Normal", words={"verb": "fact", "strength": "strong", "sign": "-"}, claims=["P54"])
    weak = priors.elicit("Normal", interval=(-0.01, 0.01), mass=0.9, claims=["P1"])
    flat = dict.fromkeys(("assault_support", "assault_strikes", "freed_pressure"), weak)
    flat["strike_attrition"] = priors.elicit("LogNormal", interval=(1e-4, 1e-3), mass=0.9, claims=["P1"])
    built = article.replace(collapse_footprint=strong, accept=True, **flat)
    found = by_claim(built, evidence="none", claims=["P54", "P1"], against="no_assistance", **GIVEN | {"worlds": 3000})
    frame = found.to_frame()
    assert found.best == "airstrikes"
    assert frame.loc["P54", "changed"]
    assert "P1" not in found.needed
    if frame.loc["P54", "resolved"]:
        assert found.needed == ("P54",)
        assert "Another option is best without P54" in found.say()


def test_the_order_of_options_and_claims_does_not_matter(article, found):
    turned = by_claim(article, evidence="none", claims=["N1", "P54"], **GIVEN | {"options": OPTIONS[::-1]})
    frame, other = found.to_frame().loc[["N1", "P54"]], turned.to_frame()
    for column in ("lead", "lead_error", "change", "change_error"):
        np.testing.assert_allclose(other[column], frame[column], atol=1e-12)
    assert other["best"].tolist() == frame["best"].tolist()


def test_all_claims_that_anything_rests_on_by_default(article):
    resting = {claim for prior in article.values() for claim in prior.claims} | {"P14"}
    asked = asked_claims(None, article)
    assert set(asked) == resting
    order = list(priors.load_claims())
    assert list(asked) == sorted(resting, key=order.index)


# Parts put together


def test_parts_that_are_not_weighted_are_a_weighted_mean():
    rng = np.random.default_rng(1)
    one, other = rng.standard_normal((2, 3, 50))
    values, effective = combined([(0.75, np.ones(50), one), (0.25, np.ones(50), other)])
    np.testing.assert_allclose(values, 0.75 * one + 0.25 * other, atol=1e-12)
    assert effective == pytest.approx(50.0)


def test_reweighted_means_are_self_normalised_with_their_errors():
    """Worlds from N(0, 1), weighted to N(1, 1): the mean of x is 1, its error that of the ratio of two means."""
    found = []
    for seed in range(200):
        x = np.random.default_rng(seed).standard_normal(1000)
        values, _ = combined([(1.0, np.exp(x - 0.5), x[np.newaxis])])
        found.append((values.mean(), values.std(ddof=1) / 1000**0.5))
    means, errors = np.array(found).T
    assert abs(means.mean() - 1.0) < 4 * means.std() / 200**0.5 + 0.01
    assert np.sqrt((errors**2).mean()) == pytest.approx(means.std(), rel=0.2)


# From a fit


def test_draws_that_no_evidence_reaches_become_those_of_the_new_beliefs(article):
    """Through quantiles, and through the copula where the claim ties quantities: the draws the new set would give."""
    fit = form(article)
    for claim in ("P34", "P7", "N1", "P40", "P12"):
        for part in parts_without(article, claim):
            moved = mapped(fit, article, part)
            expected = part.beliefs.arrays(2000, seed=77)
            before = article.arrays(2000, seed=77)
            assert set(moved.values) == {name for name in before if not np.array_equal(before[name], expected[name])}
            for name, values in moved.values.items():
                # Scores beyond six, where a distribution function is one less a few ulps, come back less well.
                np.testing.assert_allclose(values, expected[name], rtol=2e-5, atol=1e-9, err_msg=name)
            assert moved.khat == -np.inf
            assert not moved.log_ratio.any()


def test_draws_that_evidence_reaches_are_weighted_to_the_new_beliefs(article):
    """With no evidence the posterior is the prior, so the weighted draws must be the new prior, correlations too."""
    fit = form(article, sampled=list(article), draws=10_000)
    some = article.only(["clash_rate", "war_hazard", "endorse_unrest"])
    part = parts_without(some, "P7")[-1]
    assert set(part.changed) == {"endorse_unrest", "war_hazard"}
    assert part.loosened == (("clash_rate", "war_hazard"),)
    moved = mapped(fit, some, part)
    assert not moved.values
    drawn = article.arrays(40_000, seed=77)
    effective = 1 / (moved.weights**2).sum()
    assert np.exp(moved.log_ratio).mean() == pytest.approx(1.0, abs=5 / effective**0.5)
    for name in some:
        prior = part.beliefs[name]
        for share in (0.25, 0.5, 0.75):
            below = moved.weights @ (drawn[name] <= prior.ppf(share))
            assert abs(below - share) < 5 * (share * (1 - share) / effective) ** 0.5, name
    scores = [
        np.clip(stats.norm.ppf(part.beliefs[name].cdf(drawn[name])), -8, 8) for name in ("clash_rate", "war_hazard")
    ]
    assert abs(moved.weights @ (scores[0] * scores[1])) < 5 / effective**0.5


def test_a_direction_stated_as_fact_cannot_be_weighted_away(article):
    """Hardly a draw has the other sign, so nothing could stand for half the new prior; k-hat says so."""
    fit = form(article, sampled=list(article), draws=2500)
    some = article.only(["clash_war"])
    moved = mapped(fit, some, parts_without(some, "N8")[-1])
    assert moved.khat > 0.7


def test_a_reached_quantity_has_its_exact_posterior_without_the_claim(article):
    """war_collapse rests on three claims; seen once with error 1. Without one: the conjugate mixture, odds updated."""
    old, seen, error = article["war_collapse"], 2.0, 1.0
    rng = np.random.default_rng(5)
    size = 40_000

    def posterior(mean, sd):
        precision = 1 / sd**2 + 1 / error**2
        return (mean / sd**2 + seen / error**2) / precision, precision**-0.5

    mean, sd = posterior(old.mean, old.sd)
    draws = mean + sd * rng.standard_normal(size)
    fit = form(article, draws=size // 4)
    group = fit["posterior"].to_dataset().assign(war_collapse=grouped(draws))
    fit["posterior"] = xr.DataTree(group.assign_attrs(sampled=["war_collapse"]))
    parts = parts_without(article.only(["war_collapse"]), "P53")
    assert [part.weight for part in parts] == pytest.approx([2 / 3, 1 / 3])
    moved = mapped(fit, article.only(["war_collapse"]), parts[1])
    ratio = moved.weights * size * np.exp(moved.log_ratio).mean()
    values, _ = combined([(2 / 3, np.ones(size), draws[None]), (1 / 3, ratio, draws[None])])
    new = parts[1].beliefs["war_collapse"]
    odds = [
        share * stats.norm.pdf(seen, prior.mean, math.hypot(prior.sd, error))
        for share, prior in ((2 / 3, old), (1 / 3, new))
    ]
    exact = np.average([posterior(prior.mean, prior.sd)[0] for prior in (old, new)], weights=odds)
    assert abs(values.mean() - exact) < 4 * values.std() / size**0.5
    # A mutant that leaves the odds as they were before the evidence is seen.
    naive = np.average([posterior(prior.mean, prior.sd)[0] for prior in (old, new)], weights=[2 / 3, 1 / 3])
    assert abs(values.mean() - naive) > 4 * values.std() / size**0.5


@pytest.mark.parametrize(("reached", "method"), [((), "redrawn"), (Parameters._fields, "reweighted")])
def test_a_fit_without_evidence_says_what_its_beliefs_say(article, reached, method):
    asked = ["P54", "N15"]
    given = GIVEN | {"worlds": 500}
    fitted = by_claim(form(article, sampled=reached), claims=asked, against="no_assistance", **given).to_frame()
    plain = by_claim(article, evidence="none", claims=asked, against="no_assistance", **given).to_frame()
    assert (fitted["method"] == method).all()
    for claim in asked:
        error = np.hypot(fitted.loc[claim, "change_error"], plain.loc[claim, "change_error"])
        assert abs(fitted.loc[claim, "change"] - plain.loc[claim, "change"]) < 4 * error, claim
    if method == "reweighted":
        assert (fitted["effective"] < 500).all()
        assert (fitted["reliable"] == (fitted["khat"] < 0.7)).all()


def test_a_fit_of_beliefs_that_are_not_known_is_refused(article):
    fit = form(article)
    own = article.replace(clash_war=priors.elicit("Normal", interval=(0.0, 2.0), mass=0.9))
    fit.attrs["priors_hash"] = own.hash
    with pytest.raises(InvalidArgument, match="not known"):
        by_claim(fit, claims="P54", **GIVEN)
    with pytest.raises(InvalidArgument, match="another fit"):
        by_claim(fit, claims="P54", priors=article, **GIVEN)
    assert by_claim(fit, claims="N9", priors=own, **GIVEN | {"worlds": 60}).rows[0].change == 0.0


@pytest.mark.exhaustive
def test_refitting_agrees_with_reweighting(article):
    """N2 is all that the inflow rests on, which the article's evidence reaches."""
    # By importance the first would fit again too, because that is closer than weighing.
    fit = forecast.fit(article, method="nuts", draws=500, chains=2, tune=500, progress=False)
    given = GIVEN | {"worlds": 1000}
    weighted = by_claim(fit, claims="N2", **given).rows[0]
    refitted = by_claim(fit, claims="N2", refit=True, **given).rows[0]
    assert (weighted.method, refitted.method) == ("reweighted", "refitted")
    # The refitted worlds have the luck of the others, and draws of their own.
    assert abs(weighted.change - refitted.change) < 4 * np.hypot(weighted.change_error, refitted.change_error)


# Tables, pictures, bad input


def test_tables_words_and_picture(found):
    frame = found.to_frame()
    assert frame.index.name == "claim"
    assert frame.attrs["best"] == found.best
    assert found.ranked()[0].claim in found.say()
    (ax,) = found.plot(most=3).axes
    assert [label.get_text().split("  ")[0] for label in ax.get_yticklabels()] == [
        row.claim for row in found.ranked()[:3]
    ]
    assert [bar.lines[0].get_xdata()[0] for bar in ax.containers] == [row.change for row in found.ranked()[:3]]


def test_the_verdict_holds_over_all_claims(article, found):
    base = forecast.utility(forecast.simulate(article, evidence="none", **GIVEN), "balanced")
    assert found.resolved == decide(base).verdict.resolved
    assert found.level == 0.95


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"claims": "P69"}, UnknownClaim, "P69"),
        ({"claims": ()}, InvalidArgument, "at least one claim"),
        ({"claims": ("P7", "P7")}, InvalidArgument, "each once"),
        ({"against": "no_assistence"}, UnknownOption, "no_assistance"),
        ({"claims": 5}, InvalidArgument, "claims = 5"),
        ({"against": ["airstrikes"]}, UnknownOption, "airstrikes"),
        ({"options": 5}, InvalidOption, "options are 5"),
        ({"options": "training"}, InvalidOption, "at least two"),
        ({"values": "balancd"}, UnknownValues, "balanced"),
        ({"refit": 1}, InvalidArgument, "refit"),
        ({"refit": True}, InvalidArgument, "refit without evidence"),
        ({"level": 0.0}, InvalidArgument, "level"),
        ({"worlds": 0}, InvalidArgument, "worlds"),
    ],
)
def test_bad_input_is_refused_before_any_work(article, changed, error, match, monkeypatch):
    def work(*_, **__):
        pytest.fail("work was done before the input was refused")

    monkeypatch.setattr("forecast.engine.keeping.run_chunk", work)
    with pytest.raises(error, match=match):
        by_claim(article, evidence="none", **{"claims": "P54"} | GIVEN | {"worlds": 400} | changed)


def test_the_best_option_is_not_its_own_rival(article):
    """Which is best is known only once the worlds are run."""
    with pytest.raises(InvalidArgument, match="best option itself"):
        by_claim(article, evidence="none", claims="P54", against="regional_centres", **GIVEN)


def test_pools_and_other_things_are_refused():
    with pytest.raises(InvalidPrior, match="each member"):
        by_claim(priors.load("pooled"), evidence="none", **GIVEN)
    with pytest.raises(InvalidArgument, match="fit is an int"):
        by_claim(1, evidence="none", **GIVEN)
