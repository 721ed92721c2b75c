"""Prior against posterior: closed forms, errors, and what evidence does not reach."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from scipy import stats

import forecast
from forecast.diagnostics.moved import _compared, overlap_of
from forecast.errors import InvalidArgument
from tests.forecast.closed_fits import grouped, normal_fit, normal_posterior, tree_of
from tests.forecast.small_models import unseen


@pytest.fixture(scope="module")
def fit():
    return normal_fit()


@pytest.fixture(scope="module")
def frame(fit):
    return forecast.prior_posterior(fit).to_frame()


def exact_overlap(mean, sd):
    grid = np.linspace(-12.0, 12.0, 200_001)
    return np.minimum(stats.norm.pdf(grid), stats.norm.pdf(grid, mean, sd)).sum() * (grid[1] - grid[0])


def test_the_closed_form(frame):
    mean, sd = normal_posterior("near", "pair")
    row = frame.loc["theta"]
    assert abs(row["shift"] - mean) < 4 * row["shift_error"]
    assert abs(row["contraction"] - (1 - sd**2)) < 4 * row["contraction_error"]
    # The kernel widens both densities by a tenth and noise takes a hundredth.
    assert abs(row["overlap"] - exact_overlap(mean, sd)) < 4 * row["overlap_error"] + 0.02
    assert abs(row["posterior_mean"] - mean) < 4 * row["posterior_mean_error"]
    assert abs(row["prior_mean"]) < 4 * row["prior_mean_error"]
    for end, side in (("posterior_lower", -1), ("posterior_upper", 1)):
        assert abs(row[end] - (mean + side * 1.6448536 * sd)) < 4 * row[f"{end}_error"]
    assert 0 < row["shift_error"] < 0.06


@pytest.mark.slow
def test_errors_are_the_spread_between_fits():
    rng, blocks = np.random.default_rng(10), (np.arange(2000) // 50, np.arange(2000) // 50)
    mean, sd = normal_posterior("near", "pair")
    found = np.array(
        [_compared(rng.standard_normal(2000), mean + sd * rng.standard_normal(2000), *blocks) for _ in range(100)]
    )
    for number, name in enumerate(("shift", "contraction", "overlap")):
        spread, said = found[:, number, 0].std(ddof=1), found[:, number, 1].mean()
        # A hundred fits know a spread to a fourteenth of itself.
        assert said == pytest.approx(spread, rel=0.25), name


def test_what_no_evidence_reaches_has_not_moved_and_no_noise_is_shown(fit, frame):
    row = frame.loc["free"]
    assert not row["reached"]
    assert row[["shift", "contraction", "overlap"]].tolist() == [0.0, 0.0, 1.0]
    assert row[["shift_error", "contraction_error", "overlap_error"]].tolist() == [0.0, 0.0, 0.0]
    assert frame.index.tolist() == ["theta", "free"]
    assert "keep their prior" in forecast.prior_posterior(fit)._repr_html_()


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (0.5, 1.0), (1.0, 0.5), (0.0, 0.1), (3.0, 0.2), (0.0, 2.0)])
def test_overlap_of_normals(mean, sd):
    rng = np.random.default_rng(5)
    found = overlap_of(rng.standard_normal(4000), mean + sd * rng.standard_normal(10_000))
    assert found == pytest.approx(exact_overlap(mean, sd), abs=0.03)


@pytest.mark.parametrize("change", [np.exp, lambda x: np.sinh(2 * x), stats.norm.cdf, lambda x: -3 * x])
def test_overlap_does_not_depend_on_the_scale(change):
    rng = np.random.default_rng(6)
    prior, posterior = rng.standard_normal(4000), 0.7 + 0.6 * rng.standard_normal(8000)
    found = overlap_of(change(prior), change(posterior))
    # Ranks are the same; only draws between two of the prior's are placed a little differently.
    assert found == pytest.approx(overlap_of(prior, posterior), abs=0.01)


def test_heavy_tails_are_marked():
    rng = np.random.default_rng(7)
    data = {"wild": grouped(rng.standard_cauchy(4000)), "tame": grouped(rng.standard_normal(4000))}
    frame = forecast.prior_posterior(tree_of({"prior": data, "posterior": data}, sampled=["wild", "tame"])).to_frame()
    assert frame["heavy_tails"].to_dict() == {"wild": True, "tame": False}
    assert frame.loc["wild", "overlap"] == pytest.approx(1.0, abs=0.02)


def test_the_order_is_by_overlap():
    rng = np.random.default_rng(8)
    prior = {name: grouped(rng.standard_normal(4000)) for name in "abc"}
    posterior = {name: grouped(at + rng.standard_normal(4000)) for name, at in zip("abc", (0.3, 1.5, 0.8), strict=True)}
    result = forecast.prior_posterior(tree_of({"prior": prior, "posterior": posterior}, sampled=list("abc")))
    assert [row.parameter for row in result.rows] == ["b", "c", "a"]
    whose = "beliefs: closed; evidence: closed; seed 1"
    assert repr(result) == f"PriorPosterior(3 of 3 quantities reached by evidence, most of all b; {whose})"


def test_vectors_and_quantities_with_bounds_and_fits_that_do_not_say_what_was_sampled():
    rng = np.random.default_rng(9)
    pair = ((*("chain", "draw"), "part"), rng.standard_normal((4, 100, 2)))
    data = {"rate": pair, "held": grouped(rng.random(400))}
    tree = tree_of({"prior": data, "posterior": data}, sampled=["held_share"])
    frame = forecast.prior_posterior(tree).to_frame()
    assert frame["reached"].to_dict() == {"held": True, "rate[0]": False, "rate[1]": False}
    # A file gives back lists of one or none as what is in them.
    tree["posterior"].attrs["sampled"] = "held"
    assert forecast.prior_posterior(tree).to_frame()["reached"].sum() == 1
    tree["posterior"].attrs["sampled"] = np.array([], dtype=float)
    assert not forecast.prior_posterior(tree).to_frame()["reached"].any()
    del tree["posterior"].attrs["sampled"]
    assert forecast.prior_posterior(tree).to_frame()["reached"].all()


def test_a_constant_is_no_trouble():
    data = {"still": grouped(np.ones(400)), "other": grouped(np.random.default_rng(1).standard_normal(400))}
    result = forecast.prior_posterior(tree_of({"prior": data, "posterior": data}, sampled=["still", "other"]))
    assert np.isnan(result.to_frame().loc["still", "shift"])
    assert isinstance(result.plot(), Figure)


def test_the_picture(fit):
    result = forecast.prior_posterior(fit)
    figure = result.plot()
    (ax,) = figure.axes
    assert [label.get_text().split("\n")[0] for label in ax.get_yticklabels()] == ["theta"]
    row = result.rows[0]
    before, after = ax.lines[0].get_xdata(), ax.lines[2].get_xdata()
    assert before[1] == pytest.approx((row.prior_upper - row.prior_mean) / row.prior_sd)
    assert after[0] == pytest.approx((row.posterior_lower - row.prior_mean) / row.prior_sd)
    assert "No evidence reaches 1 of 2 quantities" in " ".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("check", [forecast.prior_posterior, forecast.predictive_checks, forecast.power_scaling])
def test_broken_gates_are_said(fit, check):
    broken = fit.copy()
    broken.attrs["gates"] = "failed: k_hat"
    result = check(broken)
    assert repr(result).endswith("; evidence: closed; seed 1; not to be relied on, gates broken: k_hat)")
    assert result.to_frame().attrs["gates"] == "failed: k_hat"
    assert result.plot().texts[0].get_text().startswith("Not to be relied on (gates broken: k_hat).")


def test_a_picture_without_evidence_says_so(fit):
    tree = tree_of({"prior": {"x": grouped(np.arange(40.0))}, "posterior": {"x": grouped(np.arange(40.0))}}, sampled=[])
    result = forecast.prior_posterior(tree)
    assert (
        repr(result)
        == "PriorPosterior(0 of 1 quantities reached by evidence; beliefs: closed; evidence: closed; seed 1)"
    )
    assert "reaches no quantity" in result.plot().axes[0].texts[0].get_text()


def test_a_real_fit_without_evidence_has_moved_nothing():
    fit = forecast.fit(unseen(), draws=50, cache=False, progress=False)
    (row,) = forecast.prior_posterior(fit).rows
    assert (row.parameter, row.reached, row.shift, row.overlap) == ("centre", False, 0.0, 1.0)
    for refusing in (forecast.power_scaling, forecast.predictive_checks):
        with pytest.raises(InvalidArgument, match="evidence="):
            refusing(fit)


@pytest.mark.parametrize("thing", [None, xr.Dataset(), xr.DataTree()], ids=["none", "dataset", "empty"])
def test_what_is_no_fit_is_refused(thing):
    with pytest.raises(InvalidArgument, match=r"forecast\.fit"):
        forecast.prior_posterior(thing)


def test_a_fit_without_prior_draws_is_refused(fit):
    with pytest.raises(InvalidArgument, match="no prior"):
        forecast.prior_posterior(xr.DataTree.from_dict({"posterior": fit["posterior"].to_dataset()}))
