"""One belief, and one claim, at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import forecast
import priors
from forecast.engine.draws import source_of
from forecast.errors import (
    ForecastError,
    InvalidArgument,
    UnknownClaim,
    UnknownOption,
    UnknownOutcome,
    UnknownPrior,
    UnknownValues,
)
from forecast.libya.state import Parameters
from forecast.question import Quantity
from forecast.sensitivity.common_worlds import Setting, read_again
from forecast.sensitivity.tornado import tornado
from forecast.settings import Settings
from priors.without import parts_without
from tests.forecast.closed_fits import normal_fit

SIZE = {"worlds": 600, "months": 12, "seed": 4, "progress": False}


def looked(outcome="sirte_freed", **given_):
    return Quantity(outcome, **{"option": "ct_assistance", "baseline": None, "options": None, "values": None} | given_)


def again(article, rules, quantity, **size):
    how = Settings(**SIZE | size)
    found, _ = read_again(source_of(article), rules, quantity, options=quantity.options, label="again", settings=how)
    return found


# The same worlds


def test_nothing_changed_is_the_simulation_bit_for_bit(article):
    run = forecast.simulate(article, evidence="none", options=["ct_assistance", "no_assistance"], **SIZE)
    for name in ("sirte_freed", "isis_fighters_end", "clashes_total"):
        found = again(article, [Setting(), Setting(source=source_of(article))], looked(name, baseline="no_assistance"))
        values = run[name].astype(float)
        difference = (values.sel(option="ct_assistance") - values.sel(option="no_assistance")).values
        np.testing.assert_array_equal(found[0], difference)
        np.testing.assert_array_equal(found[1], difference)


def test_utility_and_regret_are_those_of_the_simulation(article):
    run = forecast.simulate(article, evidence="none", **SIZE)
    u = forecast.utility(run, "state_building_first").sel(option="ct_assistance").values
    every = forecast.utility(run, "state_building_first")
    found = again(article, [Setting()], looked("utility", values="state_building_first"))
    np.testing.assert_allclose(found[0], u, rtol=1e-12)
    found = again(article, [Setting()], looked("regret", values="state_building_first"))
    np.testing.assert_allclose(found[0], every.max("option").values - u, atol=1e-12)


def test_chunks_and_more_settings_change_no_bit(article):
    row = Parameters._fields.index("assault_support")
    few = again(article, [Setting(row, 2.0)], looked(), worlds=1500)
    more = again(article, [Setting(), Setting(row, -1.0), Setting(row, 2.0)], looked(), worlds=1500)
    np.testing.assert_array_equal(few[0], more[2])
    np.testing.assert_array_equal(again(article, [Setting(row, 2.0)], looked(), worlds=900)[0], few[0, :900])


def test_a_parameter_is_held_as_if_its_prior_were_a_point(article):
    row = Parameters._fields.index("isis_growth")
    unit = article["isis_growth"].unit
    # A family as narrow as rounding: every world draws 0.1, and all else as before.
    point = article.replace(
        isis_growth=priors.elicit("LogNormal", interval=(0.1 - 1e-9, 0.1 + 1e-9), mass=0.9, unit=unit)
    )
    run = forecast.simulate(point, evidence="none", options=["ct_assistance"], **SIZE)
    found = again(article, [Setting(row, 0.1)], looked("isis_fighters_end"))
    np.testing.assert_allclose(found[0], run["isis_fighters_end"].values[0], rtol=1e-6)


# Bars


@pytest.fixture(scope="module")
def bars(article):
    return tornado(
        article, evidence="none", outcome="sirte_freed", option="ct_assistance", worlds=1500, seed=1, progress=False
    )


def test_the_bars_point_the_way_of_the_claims(bars):
    frame = bars.to_frame()
    # P34: Misrata's forces are able to retake Sirte. P59: Libyans fight back.
    for name in ("assault_support", "assault_hazard", "freed_hazard"):
        assert frame.loc[name, "estimate"] > 4 * frame.loc[name, "error"], name
        assert frame.loc[name, "at_low"] < bars.base < frame.loc[name, "at_high"]


def test_what_the_option_does_not_use_changes_nothing_exactly(bars):
    frame = bars.to_frame()
    for name in ("train_hold", "assault_strikes"):
        assert (frame.loc[name, ["change_low", "change_high", "estimate", "error"]] == 0.0).all(), name


def test_rows_are_ranked_and_add_up(bars):
    frame = bars.to_frame()
    # One of the structures has three forms, each of which is held against the first.
    assert len(frame) == len(Parameters._fields) + 1
    assert frame["estimate"].abs().is_monotonic_decreasing
    np.testing.assert_allclose(frame["change_high"] - frame["change_low"], frame["estimate"], atol=1e-12)
    np.testing.assert_allclose(frame["at_low"] - bars.base, frame["change_low"], atol=1e-12)
    assert frame.loc["assault_support", "low"] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.slow
def test_errors_are_the_spread_between_seeds(article):
    names = ["assault_support", "assault_hazard", "collapse_hazard"]
    runs = [
        tornado(
            article,
            evidence="none",
            outcome="sirte_freed",
            option="ct_assistance",
            names=names,
            **SIZE | {"seed": seed},
        )
        for seed in range(40)
    ]
    # Where only one world in some hundreds turns, the error is rather too wide than 0.
    rare = [run.to_frame().loc["collapse_hazard"] for run in runs]
    assert 0 < np.std([row["estimate"] for row in rare]) < np.mean([row["error"] for row in rare]) < 3 / 600
    for name in names[:2]:
        rows = [run.to_frame().loc[name] for run in runs]
        # 40 seeds know a standard deviation to 11%; three of these.
        assert np.std([row["estimate"] for row in rows]) == pytest.approx(
            np.mean([row["error"] for row in rows]), rel=0.35
        )


def test_a_claim_left_out_is_the_set_without_it(article):
    found = tornado(
        article, evidence="none", outcome="isis_fighters_end", by="claim", names=["N1", "P34"], **SIZE
    ).to_frame()
    expected = 0.0
    for part in parts_without(article, "N1"):
        run = forecast.simulate(part.beliefs, evidence="none", options=["regional_centres"], **SIZE)
        expected += part.weight * float(run["isis_fighters_end"].mean())
    assert found.loc["N1", "at_high"] == pytest.approx(expected, rel=1e-12)
    assert (found["kind"] == "claim").all()
    assert found["low"].isna().all()


def test_a_fit_is_asked_by_its_own_quantiles(article):
    fit = normal_fit(article=article)
    row = tornado(fit, names=["isis_growth"], **SIZE).to_frame().loc["isis_growth"]
    low, high = np.quantile(fit["posterior"]["isis_growth"].values.ravel(), [0.05, 0.95])
    assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))
    with pytest.raises(InvalidArgument, match="not known"):
        tornado(fit, by="claim", **SIZE)


def test_line_page_and_picture(bars):
    assert repr(bars).startswith("Tornado(Sirte freed at the horizon, under “Back Misrata against ISIS”")
    assert "points" in repr(bars)
    assert "assault_support" in bars._repr_html_()
    assert isinstance(bars.plot(most=5), Figure)
    with pytest.raises(InvalidArgument, match="most"):
        bars.plot(most=0)


# Refusals


@pytest.mark.parametrize(
    ("given_", "error", "said"),
    [
        ({"outcome": "sirte_fred"}, UnknownOutcome, "sirte_freed"),
        ({"outcome": "first_month_seated"}, InvalidArgument, "first month"),
        ({"option": "ct_asistance"}, UnknownOption, "ct_assistance"),
        ({"baseline": "nothing"}, UnknownOption, "nothing"),
        ({"outcome": "regret", "baseline": "no_assistance"}, InvalidArgument, "one of the two"),
        ({"values": "balanced", "outcome": "pyrrhic"}, InvalidArgument, "leave them out"),
        ({"options": ["training"]}, InvalidArgument, "rivals"),
        ({"outcome": "utility", "values": "balancd"}, UnknownValues, "balanced"),
        ({"names": ["isis_grwth"]}, UnknownPrior, "isis_growth"),
        ({"names": []}, InvalidArgument, "at least one"),
        ({"names": ["isis_growth", "isis_growth"]}, InvalidArgument, "each once"),
        ({"names": 5}, InvalidArgument, "names"),
        ({"by": "sentence"}, InvalidArgument, "claim"),
        ({"by": "claim", "names": ["P99"]}, UnknownClaim, "P99"),
        ({"worlds": 0}, InvalidArgument, "worlds"),
    ],
)
def test_bad_input_is_refused_before_any_work(article, monkeypatch, given_, error, said):
    def work(*_, **__):
        pytest.fail("work was done before the input was refused")

    monkeypatch.setattr("forecast.sensitivity.common_worlds.draw_shocks", work)
    with pytest.raises(error, match=said):
        tornado(article, evidence="none", **SIZE | given_)


@given(st.fixed_dictionaries({}, optional={"outcome": st.text(max_size=3), "by": st.none(), "months": st.floats()}))
@settings(max_examples=30)
def test_any_arguments_give_our_error(article, given_):
    if given_:
        with pytest.raises(ForecastError):
            tornado(article, evidence="none", **SIZE | given_)
