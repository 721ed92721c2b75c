"""Calibration: what is right passes, known faults fail; by chains, replications do not touch one another."""

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from matplotlib.figure import Figure
from scipy import stats

import forecast
import priors
from forecast.diagnostics import replications
from forecast.diagnostics.calibration import (
    CALIBRATION_COLUMNS,
    FAMILY_ERROR,
    LEVELS,
    TOGETHER,
    Calibration,
    all_evidence,
    calibrate,
)
from forecast.diagnostics.replications import KEPT, LOG_DENSITY, check_replicable
from forecast.errors import FailedFit, InvalidArgument
from forecast.inference import fit
from forecast.results import About
from tests.forecast.small_models import beliefs, conjugate, dressed, funnel, two_modes, unseen

MUTANTS = {0.5: 0.589166, 0.9: 0.861225, 1.1: 0.929602}
"""Coverage of the 90% interval where a normal posterior's sd is scaled (Talts et al. 2018)."""


def made_of(truth, drawn, kinds=None):
    """Truths (replication, quantity) and draws (replication, draw, quantity) as a calibration."""
    count = truth.shape[1]
    return Calibration(
        about=About(),
        data=xr.Dataset(
            {
                "truth": (("replication", "quantity"), truth),
                "drawn": (("replication", "draw", "quantity"), drawn),
                "diverging": (("replication",), np.zeros(len(truth), int)),
            },
            coords={
                "quantity": [f"q{i}" for i in range(count)],
                "kind": ("quantity", kinds or ["belief"] * count),
            },
        ),
    )


def conjugate_runs(seed, *, n=256, count=24):
    """Normal posteriors that are right: theta ~ N(0, 1), y ~ N(theta, 1), so theta given y ~ N(y / 2, 1 / 2)."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal((n, count))
    seen = truth + rng.standard_normal((n, count))
    drawn = seen[:, None] / 2 + np.sqrt(0.5) * rng.standard_normal((n, KEPT, count))
    return truth, seen, drawn


@pytest.fixture(scope="module")
def model():
    return conjugate()


@pytest.fixture(scope="module")
def run(model):
    """The small model, sampled for real; one process, so that its coverage is measured."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replications, "usable_cores", lambda count: 1)
        return calibrate(model, replications=20, progress=False)


# Known answers


@pytest.mark.parametrize(("factor", "expected"), MUTANTS.items())
def test_coverage_of_a_scaled_normal_posterior_is_the_closed_form(factor, expected):
    # Every quantile of the truth once, and draws at the quantiles: no chance is left in it.
    many = 4000
    truth = stats.norm.ppf((np.arange(many) + 0.5) / many)[:, None]
    drawn = np.broadcast_to(stats.norm.ppf(np.arange(1, 100) / 100)[None, :, None], (many, 99, 1))
    right = made_of(truth, drawn)
    for level in LEVELS:
        found = right.to_frame().loc["q0", f"coverage_{100 * level:.0f}"]
        assert found == pytest.approx(level, abs=1 / many)
    found = right.scaled(factor).to_frame().loc["q0", "coverage_90"]
    assert found == pytest.approx(expected, abs=1 / many)


def test_what_is_right_passes_and_the_mutants_fail():
    truth, _, drawn = conjugate_runs(1, n=200)
    right = made_of(truth, drawn)
    assert right.passed, right.to_frame().to_string()
    assert right.scaled(1.0).passed
    for factor, expected in MUTANTS.items():
        wrong = right.scaled(factor)
        row = wrong.to_frame().loc[TOGETHER]
        assert not wrong.passed
        assert not row["passed"]
        # Four errors; the centre is a mean of 99 draws, which costs half a point.
        assert row["coverage_90"] == pytest.approx(expected, abs=4 * row["error_90"] + 0.005)


def test_the_pooled_gate_has_the_power_it_claims():
    for seed in range(20):
        truth, _, drawn = conjugate_runs(seed, n=200)
        for factor in (0.9, 1.1):
            assert not made_of(truth, drawn).scaled(factor).passed


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_stated():
    rng = np.random.default_rng(3)
    levels = np.arange(KEPT) + 0.5
    alarms, tries = 0, 600
    for _ in range(tries):
        # A rank drawn uniformly is a truth among fixed draws.
        ranks = rng.integers(0, KEPT + 1, (256, 24)).astype(float)
        calibration = made_of(ranks, np.broadcast_to(levels[None, :, None], (256, KEPT, 24)))
        alarms += not calibration.passed
    # Binomial: beyond this with a chance of 1 in 1,000 where the stated error holds.
    assert alarms <= stats.binom.ppf(0.999, tries, FAMILY_ERROR)
    assert alarms >= stats.binom.ppf(0.001, tries, FAMILY_ERROR / 4)


def test_parameters_of_one_replication_are_not_taken_for_independent():
    """The same parameter 24 times is no more evidence than once."""
    truth, _, drawn = conjugate_runs(4, count=1)
    once = made_of(truth, drawn).to_frame().loc[TOGETHER]
    copies = made_of(np.repeat(truth, 24, axis=1), np.repeat(drawn, 24, axis=2)).to_frame().loc[TOGETHER]
    assert copies["coverage_90"] == pytest.approx(once["coverage_90"], rel=1e-12)
    # One is the binomial error at the level, the other that of the sample.
    assert copies["error_90"] == pytest.approx(once["error_90"], rel=0.2)


def test_a_biased_quantity_is_named():
    truth, _, drawn = conjugate_runs(5, count=4)
    drawn[:, :, 2] += 0.4
    wrong = made_of(truth, drawn)
    assert not wrong.passed
    assert wrong.to_frame()["passed"].tolist()[:4] == [True, True, False, True]
    assert "ranks not uniform: q2" in repr(wrong)


def test_only_the_log_density_sees_that_evidence_is_ignored():
    """Draws from the prior have uniform ranks in the parameter itself (Modrák et al. 2023)."""
    truth, seen, _ = conjugate_runs(6, count=1)
    drawn = np.random.default_rng(7).standard_normal((256, KEPT, 1))

    def log_density(theta, y):
        return -0.5 * theta**2 - 0.5 * (y - theta) ** 2

    both = made_of(
        np.concatenate([truth, log_density(truth, seen)], axis=1),
        np.concatenate([drawn, log_density(drawn, seen[:, None])], axis=2),
        ["belief", "check"],
    )
    assert both.to_frame()["passed"].tolist() == [True, False, True]
    assert not both.passed


# The loop that samples by chains


def test_a_conjugate_model_passes(run):
    assert run.passed, run.to_frame().to_string()
    assert run.data["quantity"].values.tolist() == ["centre", LOG_DENSITY]
    assert run.data["kind"].values.tolist() == ["belief", "check"]
    # Twenty posteriors, each N(sum(y) / 6, 1 / 6): the mean of their variances to four standard errors.
    variance = run.data["drawn"].sel(quantity="centre").var("draw", ddof=1).mean()
    assert float(variance) == pytest.approx(1 / 6, rel=4 * (2 / (20 * KEPT)) ** 0.5)
    assert abs(run.to_frame().loc["centre", "autocorrelation"]) < 0.15


def test_the_truths_are_the_worlds_of_simulations(run):
    model = conjugate()
    worlds = model.beliefs.sample(20, seed=1)["centre"].values
    np.testing.assert_array_equal(run.data["truth"].sel(quantity="centre").values, worlds)


@pytest.mark.slow
def test_replications_are_the_same_in_any_order_and_number_and_process(run):
    """Nothing that adapts is left over from one replication to the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replications, "usable_cores", lambda count: 2)
        fewer = calibrate(conjugate(), replications=12, progress=False)
    xr.testing.assert_equal(fewer.data["drawn"], run.data["drawn"].isel(replication=slice(12)))
    model, names = conjugate(), ["centre"]
    truths = replications._truths(model, names, 4, 1)
    seen = xr.Dataset(
        {
            "y": (("chain", "draw", "y_dim"), np.arange(20.0).reshape(1, 4, 5)),
            "trials": (("chain", "draw", "trial"), np.zeros((1, 4, 3), int)),
        }
    )
    chain = replications._Chain(model, names, truths, seen, 1)
    first = [chain.replication(number)[2] for number in (0, 1, 2, 3)]
    again = [chain.replication(number)[2] for number in (3, 1, 0, 1)]
    for number, drawn in zip((3, 1, 0, 1), again, strict=True):
        np.testing.assert_array_equal(drawn, first[number])
    # Each has its own evidence: the mean is that of the conjugate posterior, sum(y) / 6, to five standard errors.
    for number, drawn in enumerate(first):
        assert drawn[:, 0].mean() == pytest.approx(seen["y"].values[0, number].sum() / 6, abs=5 * (1 / 6 / KEPT) ** 0.5)


@pytest.mark.usefixtures("run")
def test_the_model_keeps_its_evidence(model):
    now, before = (
        {node.name: one.rvs_to_values[node].eval().tolist() for node in one.observed_RVs}
        for one in (model, conjugate())
    )
    assert now == before


@pytest.mark.slow
def test_vectors_bounds_and_what_only_evidence_has():
    """Truths are given on the scale of the sampler, and a belief between bounds is ranked as its share of the way."""
    share = priors.elicit("ScaledBeta", interval=(2.0, 7.0), mass=0.9, bounds=(1.0, 9.0))
    with pm.Model(coords={"place": ["a", "b"]}) as model:
        scaled = share.distribution
        inside = pm.Beta("level_share", scaled.alpha, scaled.beta)
        level = pm.Deterministic("level", scaled.lower + (scaled.upper - scaled.lower) * inside)
        spread = pm.HalfNormal("spread", 1.0)
        offset = pm.Normal("offset", 0.0, 1.0, dims="place")
        pm.Normal("y", level + spread * offset, 0.5, observed=[4.0, 5.0], dims="place")
    known = priors.PriorSet({"level": share}, name="bounded")
    dressed(model, known)
    names = check_replicable(model)
    assert names == ["level_share", "spread", "offset"]
    truths = replications._truths(model, names, 10, 1)
    seen = forecast.densities.predictions(model, truths, seed=1)
    chain = replications._Chain(model, names, truths, seen, 1)
    assert chain.labels(known) == (
        ["level_share", "spread", "offset[0]", "offset[1]", LOG_DENSITY],
        ["belief", "nuisance", "nuisance", "nuisance", "check"],
    )
    share_of_way = (truths["level"].values[0] - 1.0) / 8.0
    np.testing.assert_allclose(chain._truth[:, 0], np.log(share_of_way / (1 - share_of_way)), rtol=1e-9)
    np.testing.assert_allclose(chain._truth[:, 1], np.log(truths["spread"].values[0]), rtol=1e-12)
    np.testing.assert_array_equal(chain._truth[:, 2:], truths["offset"].values[0])
    # What the sampler says of a draw is what the density says of it.
    _, _, drawn, _ = chain.replication(0)
    assert chain._density([drawn[-1, :-1].copy()])[0] == pytest.approx(drawn[-1, -1], rel=1e-9)


def test_the_sampler_is_set_as_fit_sets_it():
    assert fit.__kwdefaults__["target_accept"] == replications.TARGET_ACCEPT


# Results


def test_the_table_the_words_and_the_picture(run):
    frame = run.to_frame()
    assert tuple(frame.columns) == CALIBRATION_COLUMNS
    assert frame.index.tolist() == ["centre", LOG_DENSITY, TOGETHER]
    assert frame.loc["centre", "error_90"] == pytest.approx((0.9 * 0.1 / 20) ** 0.5)
    ranks = run.ranks.sel(quantity="centre").values
    assert frame.loc["centre", "coverage_90"] == ((ranks >= 5) & (ranks < 95)).mean()
    assert frame.loc["centre", "coverage_50"] == ((ranks >= 25) & (ranks < 75)).mean()
    assert repr(run).startswith("Calibration(passed: 20 replications, 2 quantities; 90% intervals hold ")
    assert "sd scaled by 0.5" in repr(run.scaled(0.5))
    assert "<table" in run._repr_html_()
    for one in (run, run.scaled(0.5)):
        figure = one.plot()
        assert isinstance(figure, Figure)
        assert len(figure.axes) == one.data.sizes["quantity"]
    assert run.data.attrs["replications"] == 20
    assert (run.data.attrs["method"], run.data.attrs["why_nuts"]) == ("nuts", "the model was changed by hand")
    assert run.scaled(0.5).scaled(0.5).data.attrs["sd_scaled_by"] == 0.25


def test_a_line_of_the_picture_is_the_ranks(run):
    line = run.plot().axes[0].lines[-1]
    at = np.arange(1, KEPT + 1)
    below = (run.ranks.values[:, [0]] < at).mean(axis=0)
    np.testing.assert_allclose(line.get_ydata(), below - at / (KEPT + 1), rtol=1e-12, atol=1e-15)


def test_all_evidence_covers_what_any_evidence_informs(article):
    every = all_evidence()
    every.applied(article)
    informed = {name for item in every.items for name in item.informs}
    for name in ("article", "article+reports", "article+reference"):
        one = forecast.load_evidence(name)
        assert {item.name for item in one.items} <= {item.name for item in every.items}
        assert {parameter for item in one.items for parameter in item.informs} <= informed
    names = check_replicable(forecast.build_model(article, evidence=every))
    assert informed <= set(names)
    assert {item.kind for item in every.items} == set(forecast.evidence.KINDS)


# Bad input


@pytest.mark.parametrize(
    "change",
    [
        {"replications": 9},
        {"replications": 2.5},
        {"replications": True},
        {"seed": -1},
        {"seed": "one"},
        {"method": "mh"},
    ],
)
def test_bad_settings_are_refused_before_any_work(change, monkeypatch):
    monkeypatch.setattr("forecast.diagnostics.calibration.replicate", lambda *a, **k: pytest.fail("work was done"))
    with pytest.raises(InvalidArgument, match=next(iter(change))):
        calibrate(conjugate(), **change)


def test_what_cannot_be_calibrated_is_refused():
    with pytest.raises(InvalidArgument, match="build_model"):
        calibrate({"centre": 1.0})
    with pytest.raises(InvalidArgument, match="without evidence"):
        calibrate(unseen())
    with pytest.raises(InvalidArgument, match="without evidence"):
        calibrate(two_modes())
    hanging = funnel()
    with hanging:
        pm.Normal("y", hanging["x"][0], 1.0, observed=0.0)
    with pytest.raises(InvalidArgument, match="'x', which depends on width"):
        calibrate(hanging)
    loose = conjugate()
    with loose:
        pm.Potential("term", -(loose["centre"] ** 2))
    with pytest.raises(InvalidArgument, match="potential 'term'"):
        calibrate(loose)


@pytest.mark.parametrize("factor", [0, -1.0, float("nan"), True, "half", None])
def test_scaling_refuses_what_is_no_factor(factor):
    with pytest.raises(InvalidArgument, match="factor"):
        made_of(np.zeros((10, 1)), np.zeros((10, KEPT, 1))).scaled(factor)


def test_a_sampler_that_breaks_off_says_so():
    with pm.Model() as model:
        centre = pm.Normal("centre", 0.0, 1.0)
        # Impossible at every start but that of a lucky world.
        pm.Uniform("y", centre - 1e-6, centre + 1e-6, observed=0.0)
    with pytest.raises(FailedFit, match="whatever the evidence"):
        calibrate(dressed(model, beliefs("centre")), replications=10, progress=False)
