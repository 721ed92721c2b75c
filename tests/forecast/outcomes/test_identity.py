"""Runs that do not belong together are told apart wherever two things are put together."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import forecast
import priors
from forecast.errors import ForecastError, InvalidArgument, MismatchedRuns
from forecast.outcomes.dataset import check
from forecast.outcomes.identity import (
    PARTS,
    check_same_run,
    check_same_worlds,
    differences,
    months_of,
    run_label,
    run_of,
    with_months,
    world_span,
)

SIZE = {"months": 4, "worlds": 60, "seed": 3, "progress": False}


def simulated(beliefs, **changed):
    return forecast.simulate(
        beliefs, **({"evidence": "none", "options": ["no_assistance", "airstrikes"]} | SIZE | changed)
    )


@pytest.fixture(scope="module")
def run(article):
    return simulated(article)


@pytest.fixture(scope="module")
def others(article):
    """Runs that differ from ``run`` in one thing each, with the words that tell it."""
    return {
        "beliefs article and sceptic": simulated(priors.load("sceptic")),
        "seed 3 and 4": simulated(article, seed=4),
        "luck 3 and 9": simulated(article, luck=9),
        "months 4 and 5": simulated(article, months=5),
    }


def test_a_run_says_what_it_follows_from(run):
    (label,) = set(run["run"].values.tolist())
    assert label == run.attrs["run"]
    assert label.startswith("beliefs article ")
    assert "; seed 3; luck 3; months 4; version " in label
    assert [part.split()[0] for part in label.split("; ")] == list(PARTS)


def test_it_travels_in_utility_scores_and_parameters(run):
    label = run.attrs["run"]
    for found in (forecast.utility(run), forecast.scores(run), forecast.parameters(run)):
        assert run_of(found) == label
    # Through what people do with arrays, too.
    u = forecast.utility(run)
    for turned in (u.sel(option=["airstrikes"]), 2.0 * u, u.where(u > 0.1), u.transpose(), u.isel(world=slice(5))):
        assert run_of(turned) == label


def test_the_same_question_is_the_same_run(run, article):
    again = simulated(article, options=["training"], worlds=7)
    assert again.attrs["run"] == run.attrs["run"]
    assert simulated(article, reduce=True).attrs["run"] == run.attrs["run"]


@pytest.mark.parametrize("said", ["beliefs article and sceptic", "seed 3 and 4", "luck 3 and 9", "months 4 and 5"])
def test_options_of_other_runs_are_refused_wherever_outcomes_are_read(run, others, said):
    other = others[said]
    dims = {"data_vars": "minimal", "coords": "minimal", "compat": "override", "combine_attrs": "override"}
    if said.startswith("months"):
        other = other.isel(month=slice(0, 5))
    both = xr.concat([run.sel(option=["no_assistance"]), other.sel(option=["airstrikes"])], dim="option", **dims)
    for read in (
        forecast.compare,
        forecast.utility,
        forecast.scores,
        forecast.parameters,
        forecast.to_arviz,
        forecast.tradeoffs,
        forecast.weight_map,
        forecast.plots.trajectories,
        lambda o: forecast.given(o, "sirte_freed", under="airstrikes"),
    ):
        with pytest.raises(MismatchedRuns, match=said):
            read(both)


def test_utilities_of_other_runs_are_not_put_together(run, others):
    u, other = forecast.utility(run), forecast.utility(others["seed 3 and 4"])
    for read in (forecast.decide, forecast.dominance, forecast.evpi):
        with pytest.raises(MismatchedRuns, match="seed 3 and 4"):
            read(xr.concat([u[:1], other[1:]], dim="option", coords="minimal", compat="override"))


def test_parameters_of_another_run_are_refused(article):
    first, second = (simulated(article, seed=seed, worlds=200) for seed in (1, 2))
    some = ["clash_war", "clash_rate"]
    u, believed = forecast.utility(first), forecast.parameters(second)[some]
    study = forecast.NormalStudy("clash_war", n=10, sd=1.0)
    for asked in (
        lambda u, p: forecast.evppi(u, p, names="clash_war"),
        forecast.questions,
        forecast.breakeven,
        lambda u, p: forecast.evsi(u, p, study=study),
    ):
        with pytest.raises(MismatchedRuns, match="seed 1 and 2"):
            asked(u, believed)
        # Outcomes will do for parameters, and are looked at alike.
        with pytest.raises(MismatchedRuns, match="seed 1 and 2"):
            asked(u, second)
        asked(u, forecast.parameters(first)[some])


def test_luck_and_horizon_do_not_change_parameters(article):
    """The worlds' parameters are the same, so they may be put beside each other."""
    first = simulated(article, worlds=200)
    for other in (simulated(article, worlds=200, luck=9), simulated(article, worlds=200, months=5)):
        forecast.evppi(forecast.utility(first), forecast.parameters(other), names="clash_war")


def test_an_event_of_another_run_is_refused(article):
    first, second = (simulated(article, seed=seed, worlds=400) for seed in (1, 2))
    event = second["sirte_assaulted"].sel(option="airstrikes")
    with pytest.raises(MismatchedRuns, match=r"seed (1 and 2|2 and 1)"):
        forecast.discover(first, event=event, engine="numpy")


def test_worlds_and_options_twice_are_refused(run):
    twice = xr.concat([run, run], dim="world", data_vars="minimal")
    for read in (forecast.compare, forecast.utility, check):
        with pytest.raises(MismatchedRuns, match=r"hold worlds 0\.\.59 twice"):
            read(twice)
    for read in (
        forecast.compare,
        forecast.utility,
        lambda o: forecast.decide(xr.concat([forecast.utility(run)] * 2, "option")),
    ):
        with pytest.raises(MismatchedRuns, match="'no_assistance' twice"):
            read(xr.concat([run, run], dim="option", data_vars="minimal"))


def test_worlds_of_another_run_behind_those_of_one_are_refused(run, others):
    """Also where the coordinate along option is taken from the first, as xarray's coming defaults do."""
    kept = {"data_vars": "minimal", "coords": "minimal", "compat": "override"}
    for said in ("beliefs article and sceptic", "seed 3 and 4"):
        more = others[said]
        more = more.assign_coords(world=more["world"] + 60)
        both = xr.concat([run, more], dim="world", **kept)
        for read in (forecast.compare, forecast.utility, forecast.parameters):
            with pytest.raises(MismatchedRuns, match=r"worlds 0\.\.59 of one and worlds 60\.\.119 of another"):
                read(both)
        u = xr.concat([forecast.utility(run), forecast.utility(more)], dim="world", coords="minimal", compat="override")
        with pytest.raises(MismatchedRuns, match="of another"):
            forecast.decide(u)


def test_a_slice_in_time_is_refused_and_says_how_to_do_it(run):
    for cut in (run.sel(month=slice(0, 2)), run.sel(month=2)):
        for read in (forecast.compare, forecast.utility, forecast.to_arviz):
            with pytest.raises(
                MismatchedRuns, match=r"of month 4, in a run cut at month 2.*forecast\.at\(outcomes, month=2\)"
            ):
                read(cut)
    # States alone may be looked at in any month, and outcomes in a run of fewer months but its last.
    assert run["isis_fighters"].sel(month=2).shape == (2, 60)
    forecast.compare(run.sel(month=[0, 2, 4]))


def test_arrays_without_a_run_are_anybodys(article):
    run = simulated(article, worlds=200)
    u, believed = forecast.utility(run), forecast.parameters(run)
    bare, of_anybody = u.drop_vars("run").drop_attrs(), believed.drop_vars("run").drop_attrs()
    for first, second in ((bare, believed), (u, of_anybody), (bare, of_anybody)):
        forecast.evppi(first, second, names="clash_war")


def test_what_lost_its_coordinate_is_known_by_its_attributes(article):
    first, second = (simulated(article, worlds=200, seed=seed) for seed in (1, 2))
    u, other = forecast.utility(first), forecast.utility(second)
    picked = (second[["parameter_clash_war"]], xr.Dataset({"clash_war": second["parameter_clash_war"]}))
    for believed in picked:
        with pytest.raises(MismatchedRuns, match="seed 1 and 2"):
            forecast.evppi(u, believed, names="clash_war")
    with pytest.raises(MismatchedRuns, match="seed 2 and 1"):
        forecast.given(first, second["parameter_clash_war"] > 0)
    with pytest.raises(MismatchedRuns, match="lost which run"):
        forecast.evppi(u.drop_vars("run"), forecast.parameters(first), names="clash_war")
    # Arithmetic drops what two arrays do not agree on.
    for mixed in (u + other, xr.where(u > 0.5, u, other)):
        with pytest.raises(MismatchedRuns, match=r"(several|different) runs"):
            forecast.decide(mixed)


def test_summaries_are_known_too(article):
    size = {"reduce": True, "months": 4}
    one, other = (simulated(article, seed=seed, **size) for seed in (1, 2))
    more = simulated(article, worlds=range(60, 120), seed=1, **size)
    for second, said in ((other, "seed 1 and 2"), (more, r"worlds 0\.\.59 and 60\.\.119")):
        both = xr.concat(
            [one.isel(option=[0]), second.isel(option=[1])],
            "option",
            compat="override",
            coords="minimal",
            data_vars="minimal",
        )
        with pytest.raises(MismatchedRuns, match=said):
            forecast.compare(both)
    with pytest.raises(MismatchedRuns, match="cut at month 2"):
        forecast.compare(one.sel(month=slice(0, 2)))
    with pytest.raises(MismatchedRuns, match="twice"):
        forecast.compare(one.isel(option=[0, 0]))
    assert set(more["run"].values.tolist()) == {more.attrs["run"] + "; worlds 60..119"}


def test_a_decision_or_a_twin_of_another_run_is_refused(run, others):
    other = others["seed 3 and 4"]
    with pytest.raises(MismatchedRuns, match=r"seed (4 and 3|3 and 4)"):
        forecast.check(None, outcomes=run, decision=forecast.decide(forecast.utility(other)))
    again = others["luck 3 and 9"]
    u, v = forecast.utility(run), forecast.utility(again)
    forecast.luck_and_ignorance(run, again, values=(u, v), names="isis_fighters_end")
    for pair in ((v, u), (u, u), (forecast.utility(other), v)):
        with pytest.raises(MismatchedRuns):
            forecast.luck_and_ignorance(run, again, values=pair, names="isis_fighters_end")


@pytest.mark.parametrize("shape", ["option", "world", "no worlds"])
def test_outcomes_of_another_shape_are_refused_in_words(run, shape):
    bad = run.isel(world=slice(0)) if shape == "no worlds" else run.isel({shape: 0})
    for read in (forecast.compare, forecast.utility, forecast.to_arviz, lambda o: forecast.at(o, month=2)):
        with pytest.raises(InvalidArgument, match="at least one"):
            read(bad)


def test_missing_outcomes_are_not_values(run):
    some = run["parameter_clash_war"] > run["parameter_clash_war"].median()
    half, whole = run.where(some), run.where(some, drop=True)
    for read in (forecast.utility, forecast.scores, forecast.compare):
        with pytest.raises(InvalidArgument, match="missing in 30 of 60 worlds"):
            read(half)
        read(whole)
    assert whole.sizes["world"] == 30
    right = forecast.utility(run).isel(world=np.flatnonzero(some))
    np.testing.assert_array_equal(forecast.utility(whole), right)


@pytest.mark.parametrize("name", ["civil_war", "isis_fighters", "council_collapsed"])
def test_missing_states_are_not_values(run, name):
    some = run["parameter_clash_war"] > run["parameter_clash_war"].median()
    lacking = run.assign({name: run[name].where(some)})
    with pytest.raises(InvalidArgument, match=f"{name} is missing in 30 of 60 worlds"):
        forecast.at(lacking, month=2)
    # What ``where`` leaves as objects without a gap is what it was.
    whole = run.where(some, drop=True)
    kept = forecast.given(run, some)
    assert np.array_equal(forecast.at(whole, month=2)["civil_war_ever"], forecast.at(kept, month=2)["civil_war_ever"])
    assert forecast.given(whole, "sirte_assaulted", under="airstrikes").sizes["world"] > 0


def test_missing_outcomes_are_refused_by_all_that_read_them(article):
    run = simulated(article, worlds=300)
    again = simulated(article, worlds=300, luck=8)
    some = run["parameter_clash_war"] > run["parameter_clash_war"].median()
    lacking = run.assign(pyrrhic=run["pyrrhic"].where(some), isis_fighters_end=run["isis_fighters_end"].where(some))
    asked = (
        lambda: forecast.discover(lacking, event="pyrrhic", option="airstrikes", engine="numpy"),
        lambda: forecast.luck_and_ignorance(lacking, again, names="isis_fighters_end"),
        lambda: forecast.given(lacking, "pyrrhic", under="airstrikes"),
        lambda: forecast.given(lacking, lacking["isis_fighters_end"] > 3000, under="airstrikes"),
        lambda: forecast.plots.trade_off(run.assign(isis_degraded=run["isis_degraded"].where(some))),
        lambda: forecast.plots.end_states(lacking),
    )
    for ask in asked:
        with pytest.raises(InvalidArgument, match="missing in 150 of 300 worlds"):
            ask()


def test_fits_of_one_key_and_other_draws_are_other_runs(article):
    from tests.forecast.closed_fits import normal_fit

    fit = normal_fit(draws=50, article=article)
    changed = fit.copy()
    changed["posterior"] = xr.DataTree(
        fit["posterior"].to_dataset().assign(clash_war=fit["posterior"]["clash_war"] + 1e-9)
    )
    given_ = {"options": ["training"], "months": 1, "worlds": 20, "progress": False}
    one, other = (forecast.simulate(tree, **given_) for tree in (fit, changed))
    assert differences(one.attrs["run"], other.attrs["run"]).startswith("evidence closed ")


# Labels


names = st.text(min_size=0, max_size=80)
LABEL = {"months": 24, "version": "0.1.0", "world": "w"}


def label_of(**changed):
    said = {"priors": "article", "priors_hash": "p", "evidence": "none", "seed": 1, "luck": 1} | changed
    return run_label(said, **LABEL)


@given(st.fixed_dictionaries({"priors": names, "priors_hash": names, "evidence": names, "evidence_hash": names}))
def test_any_names_make_a_label_that_is_read_back(said):
    label = label_of(**said)
    assert differences(label, label) == ""
    assert months_of(label) == 24
    assert months_of(with_months(label, 3)) == 3
    assert differences(label, with_months(label, 3)) == "months 24 and 3"
    assert len(label) < 400
    assert "\n" not in label


@given(names, names)
def test_other_content_is_another_run_whatever_it_is_called(one, other):
    said = differences(label_of(priors_hash=one), label_of(priors_hash=other))
    assert (said == "") == (one == other)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([], "no world"),
        ([7], "world 7"),
        ([3, 4, 5], "worlds 3..5"),
        ([0, 999, 5], "3 worlds between 0 and 999"),
        (["a", "b"], "2 worlds"),
    ],
)
def test_worlds_in_words(labels, said):
    assert world_span(np.array(labels)) == said


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (np.arange(5), np.arange(1, 6), r"has worlds 0\.\.4 and b has worlds 1\.\.5"),
        (np.arange(5), np.arange(5)[::-1], "in another order"),
        (np.array([0, 2, 9]), np.array([0, 3, 9]), "world 1 is labelled 2 in a and 3 in b"),
        (np.arange(5), np.arange(4), r"worlds 0\.\.3"),
    ],
)
def test_other_worlds_are_named(first, second, said):
    with pytest.raises(MismatchedRuns, match=said):
        check_same_worlds(first, second, ("a", "b"))
    check_same_worlds(first, first, ("a", "b"))
    check_same_worlds(None, second, ("a", "b"))


def test_messages_are_short(run, others):
    for other in others.values():
        with pytest.raises(ForecastError) as caught:
            check_same_run(run, other, ("the first", "the second"))
        assert len(str(caught.value)) < 400
