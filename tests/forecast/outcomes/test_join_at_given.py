"""Runs put together, cut in time and conditioned, as one run would have given them."""

import dataclasses
import json

import numpy as np
import pytest
import xarray as xr

import forecast
import priors
from forecast.errors import ForecastError, InvalidArgument, InvalidOption, MismatchedRuns, UnknownOption, UnknownOutcome

OPTIONS = ["no_assistance", "airstrikes", "regional_then_national"]
SIZE = {"evidence": "none", "options": OPTIONS, "months": 6, "worlds": 90, "seed": 5, "progress": False}
AMONG = {"created", "backend"}
"""What two runs of the same worlds may say differently."""


def simulated(beliefs, **changed):
    return forecast.simulate(beliefs, **(SIZE | changed))


@pytest.fixture(scope="module")
def run(article):
    return simulated(article)


def same(left, right):
    xr.testing.assert_equal(left, right)
    for name in left.variables:
        assert left.variables[name].dtype == right.variables[name].dtype
        assert {k: np.asarray(v).tolist() for k, v in left.variables[name].attrs.items()} == {
            k: np.asarray(v).tolist() for k, v in right.variables[name].attrs.items()
        }
    assert {k: v for k, v in left.attrs.items() if k not in AMONG} == {
        k: v for k, v in right.attrs.items() if k not in AMONG
    }


# Worlds of a range


@pytest.mark.parametrize("worlds", [range(30, 90), range(1), range(89, 90), range(4090, 4100)])
def test_a_range_has_the_bits_of_the_whole(article, worlds):
    part = simulated(article, worlds=worlds, options="airstrikes", months=2)
    whole = simulated(article, worlds=worlds.stop, options="airstrikes", months=2)
    xr.testing.assert_equal(part, whole.sel(world=list(worlds)))
    assert part["world"].dtype == whole["world"].dtype


def test_a_range_of_a_fit_has_the_draws_of_the_whole(article):
    from tests.forecast.closed_fits import normal_fit

    fit = normal_fit(draws=50, article=article)
    given = {"options": ["training"], "months": 1, "seed": 2, "progress": False}
    part = forecast.simulate(fit, worlds=range(40, 70), **given)
    whole = forecast.simulate(fit, worlds=70, **given)
    xr.testing.assert_equal(part, whole.isel(world=slice(40, None)))
    picked = forecast.to_arviz(part)["posterior"]
    for name in ("clash_war", "isis_fighters"):
        drawn = fit["posterior"][name].values.ravel()[picked["fit_draw"].values]
        np.testing.assert_array_equal(drawn, picked[name].values[0])


def test_a_range_is_summed_up_like_any_worlds(article):
    part = simulated(article, worlds=range(100, 400), options=OPTIONS[:2], months=2, reduce=True)
    every = simulated(article, worlds=range(100, 400), options=OPTIONS[:2], months=2)
    np.testing.assert_allclose(part["isis_fighters_end"], every["isis_fighters_end"].mean("world"), rtol=1e-12)
    assert part.attrs["worlds"] == 300


@pytest.mark.parametrize(
    "worlds",
    [range(0), range(5, 5), range(0, 10, 2), range(-3, 5), range(10**7, 10**7 + 1), range(5, 0, -1), [1, 2], 2.0],
)
def test_worlds_that_are_no_range_are_refused(article, worlds):
    with pytest.raises(InvalidArgument, match="worlds"):
        simulated(article, worlds=worlds)


# join


def test_options_run_apart_are_those_of_one_run(article, run):
    parts = [simulated(article, options=[name]) for name in OPTIONS]
    same(forecast.join(*parts), run)
    same(
        forecast.join(*parts[::-1]).sel(option=OPTIONS),
        run.assign_attrs(option_hashes=forecast.join(*parts[::-1]).attrs["option_hashes"]),
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_worlds_run_apart_are_those_of_one_run(article, run, order):
    ranges = [range(20), range(20, 70), range(70, 90)]
    same(forecast.join(*(simulated(article, worlds=ranges[place]) for place in order)), run)


def test_worlds_joined_under_options_in_another_order(article, run):
    joined = forecast.join(
        simulated(article, worlds=40), simulated(article, worlds=range(40, 90), options=OPTIONS[::-1])
    )
    same(joined, run)


BAD = {
    "seed 5 and 6": lambda a, r: simulated(a, options="training", seed=6),
    "beliefs article and sceptic": lambda a, r: simulated(priors.load("sceptic"), options="training"),
    "evidence none and closed": lambda a, r: fitted(a),
    "months 6 and 7": lambda a, r: simulated(a, options="training", months=7),
    "luck 5 and 8": lambda a, r: simulated(a, options="training", luck=8),
    r"hold worlds 0\.\.89 twice|'no_assistance' twice": lambda a, r: r,
    "version 0": lambda a, r: r.assign_coords(run=r["run"].str.replace("version 0.1.0", "version 0.2.0")).sel(
        option=["airstrikes"]
    ),
    "in worlds 0..89 and the second training in worlds 0..29": lambda a, r: simulated(a, options="training", worlds=30),
    "'airstrikes' is another": lambda a, r: simulated(
        a, options=[forecast.options.load()["training"].renamed("airstrikes")]
    ),
    "the first and the second has pyrrhic": lambda a, r: r.drop_vars("pyrrhic"),
    "left out by a condition": lambda a, r: forecast.given(r, r["parameter_clash_war"] > 0),
    "clash_war is not the same": lambda a, r: simulated(a, options="training").pipe(
        lambda d: d.assign(parameter_clash_war=d["parameter_clash_war"] + 1e-9)
    ),
}


def fitted(article):
    from tests.forecast.closed_fits import normal_fit

    fit = normal_fit(draws=50, article=article)
    fit.attrs |= {"priors": "article", "priors_hash": article.hash}
    return forecast.simulate(fit, options="training", months=6, worlds=90, seed=5, progress=False)


@pytest.mark.parametrize("said", BAD)
def test_what_does_not_belong_together_is_not_joined(article, run, said):
    with pytest.raises(MismatchedRuns, match=said) as caught:
        forecast.join(run, BAD[said](article, run))
    assert len(str(caught.value)) < 500


def test_what_is_no_run_is_not_joined(article, run):
    for bad in ((), (run,), (run, None), (run, 3), (run, simulated(article, reduce=True)), (run, run.drop_vars("run"))):
        with pytest.raises(ForecastError):
            forecast.join(*bad)


# at


@pytest.mark.parametrize("month", [1, 3, 6])
def test_at_is_a_run_of_fewer_months(article, run, month):
    same(forecast.at(run, month=month), simulated(article, months=month))


def test_at_takes_what_was_cut_already(article, run):
    same(forecast.at(run.sel(month=slice(0, 4)), month=3), simulated(article, months=3))


def test_at_leaves_what_was_dropped(run):
    cut = forecast.at(run.drop_vars(["pyrrhic", "parameter_clash_war"]), month=2)
    assert "pyrrhic" not in cut
    assert "parameter_clash_war" not in cut


@pytest.mark.parametrize("month", [0, 7, -1, 2.0, "2", True, None])
def test_a_month_that_is_not_there_is_refused(run, month):
    with pytest.raises(InvalidArgument, match="month"):
        forecast.at(run, month=month)


def test_at_needs_the_states(article, run):
    for lacking in (
        run.drop_vars("sirte"),
        run.sel(month=[0, 2, 4, 6]),
        run.isel(month=-1),
        run.sel(month=slice(2, 6)),
    ):
        with pytest.raises(InvalidArgument, match="states"):
            forecast.at(lacking, month=2)
    with pytest.raises(InvalidArgument, match="summary"):
        forecast.at(simulated(article, reduce=True), month=2)


# given


def test_given_keeps_the_worlds_of_a_condition_for_all_options(run):
    holds = run["sirte_assaulted"].sel(option="airstrikes").values
    for condition in (
        run["sirte_assaulted"],
        run["sirte_assaulted"].sel(option="airstrikes"),
        "sirte_assaulted",
        run["sirte_assaulted"].transpose(),
    ):
        kept = forecast.given(run, condition, under="airstrikes")
        np.testing.assert_array_equal(kept["world"], run["world"].values[holds])
        xr.testing.assert_equal(kept, run.isel(world=np.flatnonzero(holds)))
    (said,) = json.loads(kept.attrs["given"])
    assert (said["kept"], said["of"], said["under"]) == (holds.sum(), 90, "airstrikes")
    assert said["share"] == holds.mean()
    k, n = holds.sum() + 0.5, 91.0
    assert said["error"] == pytest.approx(np.sqrt(k * (n - k) / (n**2 * (n + 1))), rel=1e-12)


def test_a_condition_on_parameters_needs_no_option(article, run):
    believed = forecast.parameters(run)["clash_war"]
    kept = forecast.given(run, believed > believed.median())
    assert kept.sizes["world"] == 45
    # Of other luck and another horizon the parameters are the same.
    other = simulated(article, luck=8, months=3)
    forecast.given(other, believed > believed.median())
    twice = forecast.given(kept, "sirte_assaulted", under="airstrikes")
    assert len(json.loads(twice.attrs["given"])) == 2
    assert forecast.utility(twice).attrs["given"] == twice.attrs["given"]


def test_given_of_everything_changes_no_number(run):
    whole = forecast.given(run, run["isis_fighters_end"] > 0)
    xr.testing.assert_equal(whole, run)


def test_a_condition_that_differs_between_options_needs_one(run):
    with pytest.raises(
        InvalidArgument, match=r"differs between options: it holds in .* under .* and .* under .*under="
    ):
        forecast.given(run, "sirte_assaulted")
    with pytest.raises(InvalidArgument, match="under is None"):
        forecast.given(run, run["sirte_assaulted"].sel(option="airstrikes"))
    with pytest.raises(InvalidArgument, match="of the option airstrikes, and under is 'no_assistance'"):
        forecast.given(run, run["sirte_assaulted"].sel(option="airstrikes"), under="no_assistance")


def test_a_condition_is_of_this_run(article, run):
    for other, said in (
        (simulated(article, seed=6), "seed 6 and 5|seed 5 and 6"),
        (simulated(article, luck=6), "luck"),
        (run.isel(world=slice(50)), "50 worlds"),
        (run.isel(world=slice(None, None, -1)), "another order"),
    ):
        with pytest.raises(MismatchedRuns, match=said):
            forecast.given(run, other["sirte_assaulted"], under="airstrikes")


@pytest.mark.parametrize(
    ("condition", "under", "error"),
    [
        ("sirte_fred", None, UnknownOutcome),
        ("isis_fighters_end", "airstrikes", UnknownOutcome),
        ("sirte_freed", "airstrike", UnknownOption),
        (3, None, InvalidArgument),
        (None, None, InvalidArgument),
        (np.ones(90, dtype=bool), None, InvalidArgument),
    ],
)
def test_bad_conditions_are_refused(run, condition, under, error):
    with pytest.raises(error, match="To mend it"):
        forecast.given(run, condition, under=under)


def test_the_words_of_a_condition_are_its_own(run):
    def words(condition, **given):
        return json.loads(forecast.given(run, condition, **given).attrs["given"])[-1]["words"]

    under = {"under": "airstrikes"}
    assaulted = run["sirte_assaulted"]
    assert words("sirte_assaulted", **under) == "An assault on Sirte began under Sustained airstrikes"
    assert words(assaulted, **under) == words("sirte_assaulted", **under)
    assert words(assaulted.sel(option="airstrikes"), **under) == words("sirte_assaulted", **under)
    # A comparison keeps the words of what is compared, which say something else.
    assert words(~assaulted, **under) == "a condition on sirte_assaulted under Sustained airstrikes"
    believed = forecast.parameters(run)["clash_war"]
    assert words(believed > believed.median()) == "a condition on clash_war"
    assert words(run["isis_fighters"].sel(month=3) > 100, **under).startswith("a condition on isis_fighters")
    assert words(~assaulted, words="No assault began", **under) == "No assault began under Sustained airstrikes"
    for bad in ("", "  ", 3):
        with pytest.raises(InvalidArgument, match="words"):
            forecast.given(run, assaulted, words=bad, **under)


def test_a_condition_that_never_holds_says_so(run):
    with pytest.raises(InvalidArgument, match="in none of 90 worlds"):
        forecast.given(run, run["isis_fighters_end"] < 0)
    for odd in (
        run["isis_fighters_end"],
        run["sirte_freed"].isel(world=0),
        run["council_seated"],
        run["sirte_freed"].mean("world") > 2,
    ):
        with pytest.raises(InvalidArgument, match="condition"):
            forecast.given(run, odd, under="airstrikes")


def test_luck_by_whose_beliefs(article):
    pool = priors.load("pooled")
    size = {"evidence": "none", "options": OPTIONS[:2], "months": 3, "worlds": 400, "seed": 2, "progress": False}
    first, again = forecast.simulate(pool, **size), forecast.simulate(pool, luck=7, **size)
    whose = forecast.parameters(first)["whose_beliefs"]
    np.testing.assert_array_equal(whose, pool.follows(400, seed=2))
    assert whose.attrs["flag_meanings"].split("; ") == list(pool.pooled.members)
    for member in range(4):
        one, other = (forecast.given(run, whose == member) for run in (first, again))
        assert one.sizes["world"] == int((whose == member).sum())
        found = forecast.luck_and_ignorance(one, other, names="isis_fighters_end").to_frame()
        assert found["share"].between(0, 1).all()


# Options that never start


@pytest.mark.parametrize(
    "option",
    [
        "airstrikes from month 7",
        "ct_assistance + airstrikes from month 7",
        forecast.options.load()["regional_then_national"].from_month(8),
    ],
)
def test_an_option_that_starts_after_the_horizon_is_refused_before_any_work(article, option):
    given = {"months": 6, "worlds": 60, "progress": False}
    asked = (
        lambda: forecast.simulate(article, options=["no_assistance", option], **given),
        lambda: forecast.tornado(article, option=option, **given),
        lambda: forecast.waiting(article, options=option, months_waited=1, **given),
        lambda: forecast.by_beliefs(options=option, **given),
        lambda: forecast.by_claim(article, options=["no_assistance", option], **given),
        lambda: forecast.two_way(article, "clash_war", "clash_rate", option=option, **given),
        lambda: forecast.best_map(article, "clash_war", "clash_rate", options=["no_assistance", option], **given),
        lambda: forecast.sobol(article, "stable_success", option=option, n=256, months=6, progress=False),
        lambda: forecast.run(options=["no_assistance", option], **given),
        lambda: forecast.sweep({"options": [option], "months": [24, 6]}, store="never", progress=False),
    )
    for ask in asked:
        with pytest.raises(InvalidOption, match="after the horizon of 6 months"):
            ask()
    forecast.simulate(article, evidence="none", options=option, months=8, worlds=2, progress=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "valley"}, "the worlds district and valley"),
        ({"step": 0.5}, r"the world district in two forms \([0-9a-f]{8} and [0-9a-f]{8}\)"),
    ],
)
def test_runs_of_two_worlds_are_refused_by_the_names_of_the_worlds(change, said):
    district = forecast.load_world("district")
    other = dataclasses.replace(district, **change)
    beliefs = priors.load(district.beliefs)
    first, second = (
        forecast.simulate(beliefs, world=world, evidence="none", worlds=20, months=3, luck=luck, progress=False)
        for world, luck in ((district, 1), (other, 2))
    )
    for refused in (
        lambda: forecast.join(first, second.assign_coords(world=second["world"] + 20)),
        lambda: forecast.luck_and_ignorance(first, second),
    ):
        with pytest.raises((MismatchedRuns, InvalidArgument), match=said):
            refused()
