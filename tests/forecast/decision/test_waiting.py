"""What waiting is worth: cases whose answer is known, noise that is worth nothing, and bad input."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast
from forecast.decision.delayed import check_idle, doing_nothing, later
from forecast.decision.paired import Best
from forecast.decision.waiting import waiting
from forecast.errors import InvalidArgument, InvalidOption, UnknownValues
from forecast.libya.outcomes import STATES
from forecast.libya.world import LIBYA
from forecast.options import Condition, Option, Phase, Trigger

WORLDS, MONTHS, WAIT = 1000, 5, 2
GIVEN = {"options": ["airstrikes"], "months": MONTHS, "worlds": WORLDS, "seed": 4, "progress": False}


def valued(now, late):
    """A utility: nothing is worth 0, the option ``now``, or ``late`` of the outcomes if begun later."""

    def values(outcomes):
        found = np.zeros((outcomes.sizes["option"], outcomes.sizes["world"]))
        for place, name in enumerate(outcomes["option"].values.tolist()):
            if name != "no_assistance":
                found[place] = late(outcomes) if "_from_" in name else now
        return xr.DataArray(found, dims=("option", "world"), coords={"option": outcomes["option"].values})

    return values


def rare(outcomes, month=WAIT):
    """Whether ISIS was above its median strength while nothing was done."""
    strength = outcomes["isis_fighters"].sel(option="no_assistance", month=month).values
    return (strength > np.quantile(strength, 0.7)).astype(float)


def one(article, now, late, **changed):
    return waiting(article, evidence="none", months_waited=WAIT, values=valued(now, late), **(GIVEN | changed))


@pytest.mark.parametrize(("now", "loss"), [(0.1, 0.9), (0.0, 0.3), (-0.3, 0.7), (0.0, 0.99)])
def test_a_sign_that_is_seen_is_worth_exactly_what_it_is(article, now, loss):
    """Late it pays 1 - loss where patrons run channels at the month that is seen, and -loss elsewhere."""
    shares = []

    def late(outcomes):
        sign = outcomes["parallel_channels"].sel(option="no_assistance", month=WAIT).values.astype(float)
        shares.append(sign.mean())
        return sign - loss

    row = one(article, now, late, observed="parallel_channels").rows[0]
    share = shares[0]
    assert 0.5 < share < 0.95
    blind, choosing = max(share - loss, 0.0), share * (1.0 - loss)
    assert row.information == pytest.approx(choosing - blind, abs=1e-12)
    assert row.delay == pytest.approx(blind - max(now, 0.0), abs=4 * row.delay_error + 1e-12)
    assert row.value == pytest.approx(row.delay + row.information, abs=1e-12)
    assert row.changed == pytest.approx(1.0 - share if blind else share, abs=1e-12)
    assert row.verdict == ("worth it" if row.value > 0 else "costs")


def test_it_is_the_sum_of_its_parts_and_costs_where_delay_does(article):
    row = one(article, 1.0, lambda outcomes: rare(outcomes) - 0.5).rows[0]
    assert row.value == pytest.approx(row.delay + row.information, abs=1e-12)
    assert row.delay == pytest.approx(-1.0, abs=1e-12)
    assert (row.verdict, row.best_now, row.best_later) == ("costs", "airstrikes", "no_assistance")


def noise(outcomes, seed=1):
    return np.random.default_rng(seed).standard_normal(outcomes.sizes["world"])


def test_noise_is_worth_nothing_and_a_mutant_that_sees_its_own_worlds_is_caught(article):
    row = one(article, 0.0, noise).rows[0]
    assert row.verdict == "not resolved"
    assert row.information_error > 0.0
    assert row.information < 0.005
    # A rule of 13 straight lines that is tried where it was learnt finds something in noise.
    drawn = noise(xr.Dataset(coords={"world": np.arange(WORLDS)}))
    columns = np.random.default_rng(2).standard_normal((WORLDS, 13))
    fitted = columns @ np.linalg.lstsq(columns, drawn, rcond=None)[0]
    assert np.where(fitted > 0, drawn, 0.0).mean() - max(drawn.mean(), 0.0) > 0.01


@pytest.mark.parametrize("seed", [16, 24, 36])
def test_a_rule_that_does_worse_by_chance_counts_as_nothing_with_its_error(article, seed):
    def late(outcomes):
        return noise(outcomes, seed) + 0.25 * (rare(outcomes) - 0.3) - 0.05

    row = one(article, 0.0, late, observed="isis_fighters", worlds=300).rows[0]
    # In these seeds the rule sees the sign and loses by it.
    assert row.information == 0.0
    assert row.changed > 0.0
    assert row.value == row.delay
    assert row.value_error == pytest.approx(np.hypot(row.delay_error, row.information_error), rel=1e-12)
    # The true value, .7 or so of .025 and .3 of -.125 apart, is within its reach.
    assert row.information_error > 0.01


def test_ties_that_do_not_matter_are_no_change_of_choice(article):
    def late(outcomes):
        return 2e-3 * (outcomes["parallel_channels"].sel(option="no_assistance", month=WAIT).values - 0.7)

    def changed(**given):
        now = np.random.default_rng(3).normal(size=WORLDS)
        return one(article, now, late, observed="parallel_channels", **given)

    found = changed()
    # E max(0, N(0, 1)) is .4, less what is picked by luck.
    assert found.tolerance == pytest.approx(0.05 * 0.4, rel=0.2)
    assert (found.rows[0].changed, found.to_frame().attrs["tolerance"]) == (0.0, found.tolerance)
    assert found.rows[0].information > 0.0
    assert changed(tolerance=0.0).rows[0].changed > 0.1
    assert changed(tolerance=1e-5).rows[0].changed > 0.1


def test_what_is_not_seen_cannot_be_used(article):
    def late(outcomes):
        return rare(outcomes) - 0.5

    assert one(article, 0.0, late, observed="isis_fighters").rows[0].information > 0.12
    blind = one(article, 0.0, late, observed="council_seated").rows[0]
    assert blind.information < 0.02


def test_the_month_that_is_seen_is_the_one_waited_for(article):
    """Luck in the month after cannot be seen: a sign from then is worth less than the same from before."""
    before = one(article, 0.0, lambda run: rare(run, WAIT) - 0.5, observed="isis_fighters").rows[0]
    after = one(article, 0.0, lambda run: rare(run, WAIT + 3) - 0.5, observed="isis_fighters").rows[0]
    assert after.information + 4 * after.information_error < before.information


@pytest.mark.slow
def test_the_error_is_the_spread_between_seeds(article):
    def now(run):
        return 0.05 * noise(run, int(run.attrs["seed"]))

    def late(run):
        return rare(run) * 0.2 - 0.05 + 0.3 * noise(run, 1000 + int(run.attrs["seed"]))

    def values(outcomes):
        base = valued(0.0, late)(outcomes)
        acting = [name != "no_assistance" and "_from_" not in name for name in base["option"].values.tolist()]
        return base + np.outer(acting, now(outcomes))

    found = [
        waiting(
            article,
            evidence="none",
            months_waited=2,
            values=values,
            observed="isis_fighters",
            **GIVEN | {"seed": s, "worlds": 400},
        )
        for s in range(40)
    ]
    for name in ("value", "delay", "information"):
        estimates = np.array([getattr(one.rows[0], name) for one in found])
        errors = np.array([getattr(one.rows[0], f"{name}_error") for one in found])
        # Forty seeds know a spread to 11% of itself: two of these. The best option begun then is a tie here, near to
        # which the error of the information is too small (measured .73; .66 if the tie were not counted).
        ratio = np.sqrt((errors**2).mean()) / estimates.std(ddof=1)
        assert (0.7 if name == "information" else 0.8) < ratio < 1.25, name


@pytest.fixture(scope="module")
def shipped(article):
    return waiting(article, evidence="none", months_waited=(2, 4), months=8, worlds=1000, seed=4, progress=False)


def test_the_shipped_options_by_the_shipped_values(shipped, article):
    frame = shipped.to_frame()
    assert list(frame.index) == [2, 4]
    parts = ("value", "delay", "information")
    both = [name for part in parts for name in (part, f"{part}_error")]
    assert list(frame.columns) == [*both, "best_now", "best_later", "changed", "changed_error", "verdict"]
    assert (frame["information"] >= 0.0).all()
    np.testing.assert_allclose(frame["value"], frame["delay"] + frame["information"], atol=1e-12)
    run = forecast.simulate(article, evidence="none", months=8, worlds=1000, seed=4, progress=False)
    u = forecast.utility(run, "balanced")
    best = str(u["option"].values[int(u.mean("world").values.argmax())])
    assert set(frame["best_now"]) == {best}
    # By hand for one wait: the same worlds, every option begun in month 3.
    late = [option.from_month(3) for name, option in forecast.options.load().items() if name != "no_assistance"]
    then = forecast.simulate(
        article, evidence="none", options=["no_assistance", *late], months=8, worlds=1000, seed=4, progress=False
    )
    best_late = Best(forecast.utility(then, "balanced").values)
    value, error = best_late.less(Best(u.values))
    assert frame.loc[2, "delay"] == pytest.approx(value, abs=1e-12)
    assert frame.loc[2, "delay_error"] == pytest.approx(error, rel=1e-6)
    assert set(shipped.observed) == set(LIBYA.watched) <= set(STATES)


def test_words_and_picture(shipped):
    assert shipped.say().count("what is seen changes the choice") == 2
    (ax,) = shipped.plot().axes
    assert len(ax.containers) == 6
    assert ax.get_xticklabels()[0].get_text().startswith("2 months")


def test_the_order_of_options_does_not_matter(article):
    given = {"months_waited": 2, "months": 4, "worlds": 300, "seed": 4, "progress": False}
    options = ["airstrikes", "no_assistance", "training", "ct_assistance"]
    frames = [
        waiting(article, evidence="none", options=chosen, **given).to_frame() for chosen in (options, options[::-1])
    ]
    for name in ("value", "delay", "information", "value_error", "delay_error", "changed"):
        np.testing.assert_allclose(frames[0][name], frames[1][name], atol=1e-12)
    assert frames[0]["best_now"].tolist() == frames[1]["best_now"].tolist()


def test_a_fit_will_do(article):
    from tests.forecast.closed_fits import normal_fit

    found = waiting(
        normal_fit(draws=50, article=article),
        months_waited=1,
        options="training",
        months=2,
        worlds=60,
        progress=False,
    )
    assert found.about.evidence == "closed"


# Options begun later


def test_doing_nothing_is_always_there():
    options = forecast.options.load()
    given, nothing = doing_nothing({"training": options["training"]}, LIBYA)
    assert (list(given), nothing) == (["no_assistance", "training"], "no_assistance")
    other = Option("idle")
    assert doing_nothing({"idle": other}, LIBYA)[1] == "idle"
    with pytest.raises(InvalidOption, match="does something"):
        doing_nothing({"no_assistance": options["training"].renamed("no_assistance")}, LIBYA)


@given(start=st.integers(1, 4))
@settings(max_examples=4)
def test_every_shipped_option_waits(article, start):
    options = later(forecast.options.load(), "no_assistance", start + 1)
    run = forecast.simulate(
        article, evidence="none", options=list(options.values()), months=start + 1, worlds=200, progress=False
    )
    check_idle(run, "no_assistance", start)


def test_an_option_that_acts_before_it_begins_is_seen(article):
    early = Option("early", phases=(Phase({"strikes": 1.0}, start=2),))
    run = forecast.simulate(
        article, evidence="none", options=["no_assistance", early], months=3, worlds=200, progress=False
    )
    with pytest.raises(InvalidOption, match=r"'early' changes \w+ up to month 2"):
        check_idle(run, "no_assistance", 2)
    check_idle(run, "no_assistance", 1)


def test_a_trigger_does_not_fire_for_an_option_that_waits(article):
    always = Trigger((Condition("isis_fighters", at_least=0.0),), {"strikes": 1.0})
    found = waiting(
        article,
        evidence="none",
        months_waited=2,
        options=Option("at_once", triggers=(always,)),
        months=4,
        worlds=60,
        progress=False,
    )
    assert found.rows[0].months_waited == 2


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"months_waited": 0}, "months_waited"),
        ({"months_waited": MONTHS}, "months_waited"),
        ({"months_waited": (2, 2)}, "each once"),
        ({"months_waited": ()}, "at least one"),
        ({"months_waited": 2.5}, "months_waited"),
        ({"months_waited": "3"}, "months_waited"),
        ({"months_waited": True}, "months_waited"),
        ({"worlds": 49}, "at least 50"),
        ({"months": 0}, "months"),
        ({"observed": "isis_figthers"}, "isis_fighters"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"tolerance": 10**400}, "tolerance"),
        ({"observed": 5}, "observed is an int"),
        ({"observed": ()}, "at least one state"),
        ({"observed": ("sirte", "sirte")}, "each once"),
        ({"values": lambda outcomes: outcomes["isis_fighters_end"].isel(option=[0])}, "of 1 options"),
        ({"values": lambda outcomes: None}, "the utility is a NoneType"),
    ],
)
def test_bad_input_is_refused(article, changed, match):
    given = {"months_waited": 2} | GIVEN | {"worlds": 60} | changed
    with pytest.raises(InvalidArgument, match=match):
        waiting(article, evidence="none", **given)


def test_unknown_values_are_refused(article):
    with pytest.raises(UnknownValues, match="balanced"):
        waiting(article, evidence="none", months_waited=2, values="balancd", **GIVEN | {"worlds": 60})


def test_values_are_refused_before_any_world_runs(article, monkeypatch):
    def work(*_, **__):
        pytest.fail("a world ran")

    monkeypatch.setattr("forecast.engine.keeping.run_chunk", work)
    with pytest.raises(UnknownValues, match="balanced"):
        waiting(article, evidence="none", values="balancd", worlds=60, progress=False)
