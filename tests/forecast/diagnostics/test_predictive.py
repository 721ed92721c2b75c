"""Predictive checks: exact probabilities, errors, and what counts as a surprise."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy import stats

import forecast
import priors
from forecast.diagnostics.predictive import EXTREME, _tail
from forecast.errors import InvalidArgument
from tests.forecast.closed_fits import ERRORS, SEEN, grouped, normal_fit, normal_posterior, tree_of


@pytest.fixture(scope="module")
def fit():
    return normal_fit()


@pytest.fixture(scope="module")
def checks(fit):
    return forecast.predictive_checks(fit)


def counted(seen, prior, posterior, **more):
    """A fit of one count, with the draws that are given."""
    data = {"x": grouped(np.zeros(len(prior)))}
    return tree_of(
        {
            "posterior": data,
            "observed_data": {"count": ((), np.array(seen))},
            "prior_predictive": {"count": grouped(prior)},
            "posterior_predictive": {"count": grouped(posterior)},
        },
        sampled=["x"],
        **more,
    )


def test_the_closed_form(checks):
    frame = checks.to_frame()
    mean, sd = normal_posterior("near", "pair")
    for item, part, seen in (("near", "", 0.8), ("pair", "0", 1.5), ("pair", "1", 0.2)):
        row = frame.loc[item, part]
        assert row["observed"] == seen
        for when, centre, spread in (("prior", 0.0, 1.0), ("posterior", mean, sd)):
            whole = np.hypot(spread, ERRORS[item])
            assert abs(row[f"{when}_mean"] - centre) < 4 * row[f"{when}_mean_error"]
            exact = 2 * stats.norm.sf(abs(seen - centre) / whole)
            assert abs(row[f"{when}_tail"] - exact) < 4 * row[f"{when}_tail_error"]
            # Both ends of a central 90% of 4,000 draws are known to about 0.035 sd.
            assert row[f"{when}_upper"] == pytest.approx(centre + 1.645 * whole, abs=4 * 0.035 * whole)
    assert not frame[["discrete", "conflict", "misfit"]].to_numpy().any()
    assert frame.index.tolist() == [("near", ""), ("pair", "0"), ("pair", "1")]
    assert len(SEEN["pair"]) == 2


@given(st.integers(1, 5), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_of_none_of_all_and_of_a_yes_the_tail_is_the_probability_of_that(n, p, seed):
    drawn = np.random.default_rng(seed).binomial(n, p, (4, 100)).astype(float)
    for seen in (0, n):
        share = (drawn == seen).mean()
        assert _tail(drawn, seen)[0] == pytest.approx(min(share, 2 - share), abs=1e-12)


def test_a_count_in_between_has_a_mid_p():
    drawn = np.repeat([0.0, 1.0, 2.0, 3.0], [10, 20, 30, 40]).reshape(4, 25)
    assert _tail(drawn, 1.0)[0] == pytest.approx(2 * (0.1 + 0.1), rel=1e-12)


@given(st.lists(st.integers(0, 6), min_size=8, max_size=40), st.integers(-1, 7))
def test_a_tail_is_a_probability_with_an_error(drawn, seen):
    draws = np.array(drawn[: len(drawn) // 4 * 4], dtype=float).reshape(4, -1)
    tail, error = _tail(draws, float(seen))
    assert 0.0 <= tail <= 1.0
    assert 0.0 < error < np.inf


def test_a_tail_that_no_draw_reached_has_an_error_as_well():
    tail, error = _tail(np.random.default_rng(1).standard_normal((4, 250)), 40.0)
    # A share that was never seen in n draws is known to about 1 / n.
    assert tail == 0.0
    assert 1e-4 < error < 0.1


def test_the_error_is_the_spread_between_fits():
    rng = np.random.default_rng(2)
    found = np.array([_tail(rng.standard_normal((4, 250)), 1.5) for _ in range(200)])
    assert found[:, 1].mean() == pytest.approx(found[:, 0].std(), rel=0.2)


def test_draws_that_crawl_are_worth_less():
    """A first-order chain with correlation 0.9 is worth one draw in 19."""
    rng = np.random.default_rng(3)
    chain = np.zeros((4, 2000))
    for step in range(1, 2000):
        chain[:, step] = 0.9 * chain[:, step - 1] + (1 - 0.81) ** 0.5 * rng.standard_normal(4)
    free = _tail(rng.standard_normal((4, 2000)), 0.5)[1]
    # The indicator of a tail is correlated less than the chain itself.
    assert 2.0 < _tail(chain, 0.5)[1] / free < 19**0.5 * 1.5


def test_a_surprise_is_a_conflict_and_one_that_stays_is_a_misfit():
    rng = np.random.default_rng(4)
    rare, usual = rng.binomial(1, 0.02, 4000), rng.binomial(1, 0.5, 4000)
    result = forecast.predictive_checks(counted(1, rare, usual))
    (row,) = result.rows
    assert (row.conflict, row.misfit, row.discrete) == (True, False, True)
    assert row.prior_tail == pytest.approx(rare.mean())
    assert result.conflicts == (row,)
    assert repr(result) == (
        "PredictiveChecks(1 numbers, 1 in conflict (count), 0 misfit; beliefs: closed; evidence: closed; seed 1)"
    )
    assert "conflict" in result._repr_html_()
    still = forecast.predictive_checks(counted(1, rare, rare))
    assert still.rows[0].misfit
    assert EXTREME == 0.05


def test_a_number_is_named_by_its_part(fit):
    named = fit.copy()
    for group in ("observed_data", "prior_predictive", "posterior_predictive"):
        named[group] = xr.DataTree(fit[group].to_dataset().assign_coords(part=["<first>", "second"]))
    result = forecast.predictive_checks(named)
    assert [row.part for row in result.rows] == ["", "<first>", "second"]
    assert "&lt;first&gt;" in result._repr_html_()


def test_the_picture(checks):
    figure = checks.plot()
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 3
    assert [ax.lines[-1].get_xdata()[0] for ax in figure.axes] == [0.8, 1.5, 0.2]
    assert figure.axes[1].get_title(loc="left").startswith("pair: 0\nP ")


def test_the_picture_of_counts_has_their_probabilities():
    prior, posterior = np.repeat([0, 1, 2], [1000, 2000, 1000]), np.repeat([0, 1, 2], [3000, 1000, 0])
    (ax,) = forecast.predictive_checks(counted(0, prior, posterior)).plot().axes
    assert [bar.get_height() for bar in ax.patches] == [0.25, 0.5, 0.25, 0.75, 0.25, 0.0]


def test_what_is_seen_in_logs_is_drawn_on_an_axis_that_says_so():
    beliefs, district = forecast.load_world("district").beliefs, forecast.load_world("district")
    fit = forecast.fit(priors.load(beliefs), world=district, evidence="seen", draws=1000, progress=False)
    labels = {
        ax.get_title(loc="left").split("\n")[0]: ax.get_xlabel() for ax in forecast.predictive_checks(fit).plot().axes
    }
    assert labels == {"no_truce": "", "census": "natural logarithm of rebels"}


def test_a_fit_without_evidence_is_refused(fit):
    with pytest.raises(InvalidArgument, match=r"no observed_data.*evidence="):
        forecast.predictive_checks(xr.DataTree.from_dict({"posterior": fit["posterior"].to_dataset()}))


def test_an_item_without_predictions_is_refused(fit):
    cut = fit.copy()
    cut["prior_predictive"] = xr.DataTree(fit["prior_predictive"].to_dataset().drop_vars("near"))
    with pytest.raises(InvalidArgument, match="predictions of 'near'"):
        forecast.predictive_checks(cut)
