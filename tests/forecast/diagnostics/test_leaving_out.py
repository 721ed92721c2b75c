"""Leave one out: the exact posterior without an item, errors, and weights that cannot be relied on."""

import dataclasses
import math

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from scipy import stats

import forecast
from forecast.diagnostics.leaving_out import weights_without
from forecast.diagnostics.weights import smoothed
from forecast.errors import InvalidArgument, UnknownOutcome
from forecast.libya.world import LIBYA
from tests.forecast.closed_fits import normal_fit, normal_posterior, theta_worlds

NAMES = ["isis_fighters_end", "isis_degraded", "integrated_force"]
LEFT = {"near": "pair", "pair": "near"}


@pytest.fixture(scope="module")
def fit(article):
    return normal_fit(article=article)


@pytest.fixture(scope="module")
def outcomes(fit):
    return theta_worlds(fit)


@pytest.fixture(scope="module")
def without(fit, outcomes):
    return forecast.leave_one_out(fit, outcomes=outcomes, names=NAMES)


@pytest.mark.parametrize("item", LEFT)
def test_the_weighted_draws_are_the_exact_posterior_without_the_item(fit, item):
    weights, khat = weights_without(fit, item)
    mean, sd = normal_posterior(LEFT[item])
    theta = fit["posterior"]["theta"].values.reshape(-1)
    effective = 1 / (weights**2).sum()
    assert abs(weights @ theta - mean) < 4 * sd / effective**0.5
    assert math.sqrt(weights @ (theta - mean) ** 2) == pytest.approx(sd, rel=4 / (2 * effective) ** 0.5)
    order = np.argsort(theta)
    distance = np.abs(np.cumsum(weights[order]) - stats.norm.cdf(theta[order], mean, sd)).max()
    # Kolmogorov's 99.9% point.
    assert distance < 1.95 / effective**0.5
    assert khat < 0.7


@pytest.mark.parametrize("item", LEFT)
def test_outcomes_without_the_item_are_exact(without, item):
    frame = without.to_frame().loc[item]
    whole, kept = normal_posterior("near", "pair"), normal_posterior(LEFT[item])
    for option, more in (("no_assistance", 0.0), ("training", 1.0)):
        row = frame.loc["isis_fighters_end", option]
        assert abs(row["estimate"] - whole[0] - more) < 4 * row["error"]
        assert abs(row["without"] - kept[0] - more) < 4 * row["without_error"]
        assert abs(row["effect"] - (kept[0] - whole[0])) < 4 * row["effect_error"]
        assert row["effect"] == pytest.approx(row["without"] - row["estimate"], rel=1e-12)
        event = frame.loc["isis_degraded", option]
        chance = [stats.norm.cdf((1.0 - more - mean) / math.hypot(sd, 0.5)) for mean, sd in (whole, kept)]
        assert abs(event["effect"] - (chance[1] - chance[0])) < 4 * event["effect_error"]


def test_pairing_narrows_the_effect(without):
    """Most of what the two means are off by they have in common."""
    rows = without.to_frame().xs("isis_fighters_end", level="outcome")
    apart = np.hypot(rows["error"], rows["without_error"])
    assert (rows["effect_error"] < 0.75 * apart).all()


@pytest.mark.slow
def test_errors_are_the_spread_between_fits(article):
    rows, worlds = [], None
    for seed in range(40):
        fit = normal_fit(draws=250, seed=seed, article=article)
        worlds = theta_worlds(fit, worlds=800, luck=seed, base=worlds)
        frame = forecast.leave_one_out(fit, outcomes=worlds, names=["isis_fighters_end", "isis_degraded"]).to_frame()
        rows.append(frame.xs("no_assistance", level="option").loc["near"])
    whole, kept = normal_posterior("near", "pair"), normal_posterior("pair")
    for outcome in ("isis_fighters_end", "isis_degraded"):
        for name, error in (("estimate", "error"), ("without", "without_error"), ("effect", "effect_error")):
            spread = np.std([frame.loc[outcome, name] for frame in rows], ddof=1)
            said = np.sqrt(np.mean([frame.loc[outcome, error] ** 2 for frame in rows]))
            # Forty fits know a spread to a ninth of itself.
            assert said == pytest.approx(spread, rel=0.4), (outcome, name)
    z = [(f.loc["isis_fighters_end", "effect"] - kept[0] + whole[0]) for f in rows]
    assert abs(np.mean(z)) < 4 * np.std(z) / 40**0.5


def test_an_event_that_never_came_has_an_error(without):
    row = without.to_frame().loc["near", "integrated_force", "training"]
    assert (row["estimate"], row["without"], row["effect"]) == (0.0, 0.0, 0.0)
    assert 0 < row["error"] <= row["effect_error"]


# Weights


def test_an_item_that_says_the_same_of_every_draw_changes_nothing(fit, outcomes):
    flat = fit.copy()
    flat["log_likelihood"] = xr.DataTree(xr.zeros_like(fit["log_likelihood"].to_dataset()) - 0.7)
    frame = forecast.leave_one_out(flat, outcomes=outcomes, names=NAMES).to_frame()
    # The weights are equal, up to the last bit of their sum.
    assert frame["effect"].abs().max() < 1e-12
    assert (frame["khat"] == -np.inf).all()
    assert frame["reliable"].all()
    np.testing.assert_allclose(frame["effective"], 4000.0)


def test_an_item_that_is_all_there_is_cannot_be_left_out_by_reweighting(fit, outcomes):
    """Weights exp(8 theta^2) have no mean under the posterior, and k-hat says so."""
    strong = fit.copy()
    theta = fit["posterior"]["theta"]
    strong["log_likelihood"] = xr.DataTree(xr.Dataset({"strong": -8.0 * (theta - 0.5) ** 2}))
    result = forecast.leave_one_out(strong, outcomes=outcomes, names=NAMES)
    assert result.unreliable == ("strong",)
    assert not result.to_frame()["reliable"].any()
    assert (
        repr(result)
        == "LeaveOneOut(1 items, 4,000 worlds, not reliable: strong; beliefs: closed; evidence: closed; seed 3)"
    )


@pytest.mark.parametrize("index", [0.2, 0.5, 1.0, 1.5])
def test_khat_is_the_tail_s(index):
    """Weights from a Pareto distribution of known index."""
    draws = np.random.default_rng(1).pareto(1.0 / index, 40_000)
    weights, khat = smoothed(np.log1p(draws))
    # From a tail of 600 the shape is known to about (1 + k) / sqrt(600), and the prior pulls it to 1/2 a little.
    assert khat == pytest.approx(index, abs=4 * (1 + index) / 600**0.5)
    assert weights.sum() == pytest.approx(1.0)


def test_weights_with_equal_largest_ones():
    weights, khat = smoothed(np.repeat([0.0, -1.0], [500, 500]))
    assert khat == -np.inf
    assert weights[0] / weights[-1] == pytest.approx(math.e)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_densities_that_are_not_finite_are_refused(bad):
    with pytest.raises(InvalidArgument, match="not finite"):
        smoothed(np.append(np.zeros(50), bad))


# Tables, pictures, bad input


def test_the_table(without):
    frame = without.to_frame()
    assert frame.index.names == ["item", "outcome", "option"]
    assert list(frame.columns) == [
        *("estimate", "error", "without", "without_error", "effect", "effect_error", "khat", "effective", "reliable"),
        "method",
    ]
    assert len(frame) == 2 * 3 * 2
    assert frame.attrs["units"]["isis_degraded"] == "yes/no"


def test_the_picture(without):
    figure = without.plot(outcome="isis_degraded")
    assert isinstance(figure, Figure)
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["near", "pair"]
    expected = [100 * row.effect for row in without.rows if row.outcome == "isis_degraded"]
    assert [bar.lines[0].get_xdata()[0] for bar in ax.containers] == expected
    assert "percentage points" in ax.get_xlabel()
    said = " ".join(text.get_text() for text in figure.texts)
    assert "reweighted and not drawn anew" in said
    assert "Hollow" not in said
    with pytest.raises(UnknownOutcome, match="isis_degraded"):
        without.plot(outcome="isis_degrade")


def test_the_picture_says_what_was_drawn_anew(without):
    rows = tuple(dataclasses.replace(row, method="refitted") if row.item == "pair" else row for row in without.rows)
    figure = dataclasses.replace(without, rows=rows).plot(outcome="isis_degraded")
    said = " ".join(text.get_text() for text in figure.texts)
    assert "4,000 possible worlds, drawn anew without pair, else reweighted." in said


def test_bad_input_is_refused(fit, outcomes, article):
    with pytest.raises(InvalidArgument, match="drawn from beliefs"):
        forecast.leave_one_out(
            fit,
            outcomes=forecast.simulate(
                article, evidence="none", options="training", months=1, worlds=5, progress=False
            ),
        )
    with pytest.raises(InvalidArgument, match=r"forecast\.fit"):
        forecast.leave_one_out(None, outcomes=outcomes)
    with pytest.raises(UnknownOutcome, match="pyrrhic"):
        forecast.leave_one_out(fit, outcomes=outcomes, names="pyrhic")
    with pytest.raises(InvalidArgument, match="no log_likelihood"):
        forecast.leave_one_out(fit.drop_nodes("log_likelihood"), outcomes=outcomes)
    with pytest.raises(InvalidArgument, match="at least one world"):
        forecast.leave_one_out(fit, outcomes=outcomes.isel(world=slice(0)))


def test_the_default_outcomes_are_the_headline(fit, outcomes):
    frame = forecast.leave_one_out(fit, outcomes=outcomes).to_frame()
    assert tuple(frame.index.unique("outcome")) == LIBYA.headline
