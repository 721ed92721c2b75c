"""Luck told from ignorance: closed forms, the spread of the estimate, and the second luck that it runs by itself."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast
import priors
from forecast.decision.luck import NEVER, luck_and_ignorance, luck_share, own_spread
from forecast.errors import InvalidArgument, UnknownArgument, UnknownOption, UnknownOutcome
from forecast.estimates import spread_of
from tests.forecast.described import described

OPTIONS = ["no_assistance", "airstrikes", "training"]
WORLDS = 4000
NAMES = ["isis_fighters_end", "isis_degraded", "integrated_force"]
KNOWN, CHANCE = 3.0, 2.0
ROOT = (2 * np.pi) ** 0.25


def rng(seed):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def lucks(article):
    return [
        forecast.simulate(
            article, evidence="none", options=OPTIONS, months=2, worlds=WORLDS, seed=3, luck=luck, progress=False
        )
        for luck in (3, 4)
    ]


def closed(run, luck, *, known=KNOWN, chance=CHANCE):
    """Fighters are known * theta + chance * luck; under the options after the first, each has luck of its own too."""
    parameter = run["parameter_war_hazard"].values
    theta = (parameter - parameter.mean()) / parameter.std()
    noise = rng(luck).standard_normal((3, theta.size))
    levels = np.stack(
        [
            known * theta + chance * noise[0],
            2.0 * known * theta + chance * noise[0] + noise[1],
            known * theta + chance * noise[0] + 5.0,
        ]
    )
    return described(
        run.assign(
            isis_fighters_end=(("option", "world"), levels),
            isis_degraded=(("option", "world"), noise > 0.0),
            integrated_force=(("option", "world"), np.zeros(noise.shape, dtype=bool)),
        )
    )


@pytest.fixture(scope="module")
def shares(lucks):
    return luck_and_ignorance(closed(lucks[0], 1), closed(lucks[1], 2), names=NAMES)


def test_a_linear_normal_has_its_exact_share(shares):
    frame = shares.to_frame()
    exact = {
        ("level", "no_assistance"): CHANCE**2 / (KNOWN**2 + CHANCE**2),
        ("level", "airstrikes"): (CHANCE**2 + 1) / (4 * KNOWN**2 + CHANCE**2 + 1),
        # The shared luck is gone from the difference, of which known * theta + own luck is left.
        ("difference", "airstrikes"): 1 / (KNOWN**2 + 1),
    }
    for (kind, option), share in exact.items():
        row = frame.loc["isis_fighters_end", kind, option]
        assert abs(row["share"] - share) < 4 * row["error"], (kind, option)
        assert row["error"] < 0.02
    # What parameters decide: known * theta, doubled under the second option, and its excess there.
    for (kind, option), own in {
        ("level", "no_assistance"): KNOWN,
        ("level", "airstrikes"): 2 * KNOWN,
        ("difference", "airstrikes"): KNOWN,
    }.items():
        row = frame.loc["isis_fighters_end", kind, option]
        assert abs(row["own_sd"] - own) < 4 * row["own_sd_error"], (kind, option)
        assert row["own_sd_error"] < 0.03 * own
        # The sd is about the mean of each run, the share about that of both: apart by the square of an error.
        assert row["own_sd"] == pytest.approx(row["sd"] * np.sqrt(1 - row["share"]), rel=1e-3)
    events = frame.loc["isis_degraded"].loc["level"]
    # A fair coin in every world: the chance has no spread, and that is not known exactly.
    assert (events["own_sd"] < 4 * events["own_sd_error"]).all()
    assert (events["own_sd_error"] > 0.0).all()
    assert (abs(events["raw"] - 1.0) < 4 * events["error"]).all()
    assert (events["share"] <= 1.0).all()


def test_what_never_varies_says_so(shares):
    frame = shares.to_frame()
    assert (frame.loc["integrated_force"]["note"] == NEVER).all()
    assert frame.loc["integrated_force"][["share", "own_sd", "own_sd_error"]].isna().all(axis=None)
    # Five more in every world is no variance either.
    assert frame.loc["isis_fighters_end", "difference", "training"]["note"] == NEVER


def test_parameters_alone_leave_nothing_to_luck(lucks):
    found = luck_and_ignorance(closed(lucks[0], 1, chance=0.0), closed(lucks[1], 2, chance=0.0), names=NAMES[0])
    row = found.to_frame().loc["isis_fighters_end", "level", "no_assistance"]
    assert (row["share"], row["error"]) == (0.0, 0.0)
    assert row["own_sd"] == pytest.approx(row["sd"], rel=1e-12)
    assert row["own_sd_error"] > 0.0


def test_an_event_that_luck_never_turned_leaves_room_for_luck():
    happened = (np.arange(400) < 100).astype(float)
    raw, error = luck_share(happened, happened, event=True)
    assert raw == 0.0
    # As many as 1 in 400 could differ: half of that over a variance of 3/16.
    assert error == pytest.approx(0.5 * np.sqrt(0.5 * 400.5 / 402.0) / 401.0 / (3 / 16), rel=1e-6)


def test_a_rare_event_that_no_world_had_twice_leaves_room_for_a_chance_that_differs():
    """Two worlds of 400 saw it, none by both lucks: at most as many pairs as Jeffreys allows could be behind that."""
    first, second = np.zeros((2, 400))
    first[0] = second[1] = 1.0
    unseen = np.sqrt(0.5 * 400.5 / 402.0) / 401.0
    for one, other in ((first, second), (1.0 - first, 1.0 - second)):
        assert own_spread(one, other, event=True) == (
            0.0,
            pytest.approx(np.sqrt(unseen) / ROOT, rel=1e-12),
        )
    # A difference of two events that never both have: -1, 0 or 1.
    assert own_spread(first - second, second * 0.0, event=True)[1] == pytest.approx(np.sqrt(unseen) / ROOT, rel=1e-12)
    # The known-bad mutant takes what was seen for all there is.
    assert own_spread(first, second)[1] < 0.5 * np.sqrt(unseen) / ROOT


@pytest.mark.parametrize(
    ("variance", "error", "sd", "of_sd"),
    [(4.0, 0.0004, 2.0, 0.0001), (0.0, 0.04, 0.0, 0.2 / ROOT), (-0.03, 0.04, 0.0, 0.2 / ROOT), (0.0, 0.0, 0.0, 0.0)],
)
def test_the_root_of_a_variance_and_its_error(variance, error, sd, of_sd):
    # Where the variance is known to a part in 10,000 the delta method is right to one in 10^9.
    assert spread_of(variance, error) == (sd, pytest.approx(of_sd, rel=1e-8))


def test_the_error_of_a_root_at_0_is_that_of_a_normal_cut_there():
    cut = np.maximum(rng(0).standard_normal(400_000), 0.0)
    # The mean of the cut normal is known to .58 / sqrt(400,000), and its root to that over twice .63.
    assert spread_of(0.0, 1.0)[1] == pytest.approx(np.sqrt(cut.mean()), abs=4 * 0.46 / 400_000**0.5)


@pytest.mark.parametrize(("chance", "worlds"), [(0.02, 4000), (0.3, 1000)])
def test_the_spread_of_a_beta_chance_and_its_error(chance, worlds):
    """Chances that are Beta with the sd .5 of their mean: known in closed form, with luck of .9 and more."""
    spread = 0.5 * chance
    strength = chance * (1 - chance) / spread**2 - 1
    found = []
    for seed in range(300):
        own = rng(seed).beta(chance * strength, (1 - chance) * strength, size=worlds)
        came = rng(1000 + seed).uniform(size=(2, worlds)) < own
        found.append(own_spread(*came.astype(float), event=True))
    values, errors = np.array(found).T
    off = np.sqrt(((values - spread) ** 2).mean())
    # 300 repeats know a spread to a twenty-fifth of itself; the error of what few pairs share allows for the unseen.
    assert 0.9 * off < np.sqrt((errors**2).mean()) < 1.3 * off
    assert (abs(values - spread) < 3 * errors).mean() > 0.97


def repeated(statistic, share):
    """Estimates and their errors in 300 samples of normal pairs: they know a spread to a twenty-fifth of itself."""
    found = []
    for seed in range(300):
        theta, one, two = rng(seed).standard_normal((3, 400))
        found.append(statistic(*(np.sqrt(1 - share) * theta + np.sqrt(share) * luck for luck in (one, two))))
    return np.array(found).T


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95, 1.0])
def test_the_error_of_the_own_spread_is_how_far_it_is_off(share):
    values, errors = repeated(own_spread, share)
    off = np.sqrt(((values - np.sqrt(1 - share)) ** 2).mean())
    assert np.sqrt((errors**2).mean()) == pytest.approx(off, rel=0.17)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_the_error_is_the_spread_of_the_estimate(share):
    values, errors = repeated(luck_share, share)
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(ddof=1), rel=0.17)
    assert abs(values.mean() - share) < 4 * values.std() / 300**0.5 + 1.0 / 400


def test_it_is_the_estimator_of_janon():
    """1 - (mean yy' - m^2) / (mean (y^2 + y'^2)/2 - m^2), as they print it."""
    theta, one, two = rng(0).standard_normal((3, 500))
    y, z = theta + one + 3.0, theta + two + 3.0
    middle = (y + z).mean() / 2
    printed = ((y * z).mean() - middle**2) / (((y**2 + z**2) / 2).mean() - middle**2)
    assert luck_share(y, z)[0] == pytest.approx(1 - printed, rel=1e-10)


@given(
    shift=st.floats(-1e3, 1e3), scale=st.floats(1e-3, 1e3), seed=st.integers(0, 100), worlds=st.sampled_from([2, 9, 50])
)
@settings(max_examples=25)
def test_unit_and_order_do_not_matter(shift, scale, seed, worlds):
    y, z = rng(seed).standard_normal((2, worlds))
    share = luck_share(y, z)
    np.testing.assert_allclose(luck_share(scale * y + shift, scale * z + shift), share, rtol=1e-5)
    np.testing.assert_allclose(luck_share(z, y), share, rtol=1e-12)
    assert 0.0 <= share[0] <= 2.0


def test_a_mutant_that_forgets_to_freeze_parameters_is_seen():
    """Worlds paired with others' parameters have luck of 1, wherever the truth is."""
    theta, one, two = rng(0).standard_normal((3, WORLDS))
    raw, error = luck_share(3 * theta + one, 3 * np.roll(theta, 1) + two)
    assert abs(raw - 0.1) > 20 * error


def test_utility_its_difference_and_regret(lucks):
    first, second = (closed(run, luck) for run, luck in zip(lucks, (1, 2), strict=True))
    given = tuple(run["isis_fighters_end"] for run in (first, second))
    frame = luck_and_ignorance(first, second, values=given, names=NAMES[0]).to_frame()
    levels, regrets = frame.loc["utility"].loc["level"], frame.loc["utility"].loc["regret"]
    xr.testing.assert_allclose(
        levels["share"].to_xarray(), frame.loc["isis_fighters_end"].loc["level"]["share"].to_xarray()
    )
    best = [np.maximum.reduce(array.values) - array.values[0] for array in given]
    assert regrets.loc["no_assistance", "raw"] == luck_share(*best)[0]
    shipped = luck_and_ignorance(*lucks, values="balanced", names=NAMES[0])
    assert shipped.about.values == "balanced"
    assert {row.kind for row in shipped.rows} == {"level", "difference", "regret"}


def test_the_order_of_options_does_not_matter(lucks, shares):
    first, second = closed(lucks[0], 1), closed(lucks[1], 2)
    turned = luck_and_ignorance(first.sel(option=OPTIONS[::-1]), second, names=NAMES).to_frame()
    frame = shares.to_frame()
    np.testing.assert_allclose(turned.loc[frame.index, "raw"], frame["raw"], rtol=1e-12)


def test_lucks_are_said_and_what_never_varies_is_not_drawn(shares):
    assert len(shares.rows) == 3 * (3 + 2)
    assert (shares.about.seed, shares.luck, shares.again) == (3, 3, 4)
    assert f"<td>{NEVER}</td>" in shares._repr_html_()
    assert [len(ax.containers) for ax in shares.plot().axes] == [6, 3]


def test_runs_that_are_not_of_the_same_worlds_are_refused(lucks, article):
    first, second = lucks
    other = {"options": OPTIONS, "months": 2, "worlds": 60, "progress": False}
    part, run = first.isel(world=slice(60)), forecast.simulate(article, evidence="none", seed=3, luck=4, **other)
    luck_and_ignorance(part, run)
    cases = {
        "luck 3": part,
        "seed 3 and 4": forecast.simulate(article, evidence="none", seed=4, luck=3, **other),
        "beliefs article": run.assign_coords(run=run["run"].str.replace("beliefs article ", "beliefs article x")),
        "other options": run.sel(option=OPTIONS[:2]),
        "other worlds": second,
        "run cut at month 1": run.isel(month=slice(2)),
        "'no_assistance' is another": run.assign_attrs(option_hashes="{}"),
        "'war_hazard' is not the same": run.assign(parameter_war_hazard=run["parameter_war_hazard"] + 1e-9),
    }
    for why, wrong in cases.items():
        with pytest.raises(InvalidArgument, match=why):
            luck_and_ignorance(part, wrong)
    with pytest.raises(InvalidArgument, match="at least two"):
        luck_and_ignorance(part.isel(world=slice(1)), run.isel(world=slice(1)))
    with pytest.raises(InvalidArgument, match="no simulation made"):
        luck_and_ignorance(part, 5)
    with pytest.raises(InvalidArgument, match=r"the second run has worlds 0\.\.59"):
        luck_and_ignorance(part, run, values=(part["isis_fighters_end"], second["isis_fighters_end"]))
    with pytest.raises(InvalidArgument, match="1 utilities"):
        luck_and_ignorance(part, run, values=(part["isis_fighters_end"],))
    with pytest.raises(InvalidArgument, match="names is an int"):
        luck_and_ignorance(part, run, names=5)
    with pytest.raises(UnknownOption, match="trainig"):
        luck_and_ignorance(part, run, baseline="trainig")
    with pytest.raises(UnknownOutcome, match="pyrrhic"):
        luck_and_ignorance(part, run, names="pyrhic")


def same(found, other):
    pd.testing.assert_frame_equal(found.to_frame(), other.to_frame(), check_exact=True)
    assert repr(found) == repr(other)


def test_the_second_luck_that_it_runs_is_the_one_that_can_be_passed(lucks):
    first, second = lucks
    found = luck_and_ignorance(first, values="balanced", progress=False)
    same(found, luck_and_ignorance(first, second, values="balanced"))
    assert (found.luck, found.again) == (3, 4)
    # Any worlds and options of a run, in any order.
    part = first.isel(world=[7, 300, 299, 12], option=[2, 0])
    same(
        luck_and_ignorance(part, progress=False),
        luck_and_ignorance(part, second.sel(world=part["world"], option=part["option"])),
    )


def test_the_second_luck_can_be_chosen_and_no_world_depends_on_how_it_is_run(lucks, article):
    part = lucks[1].isel(world=slice(60))
    second = forecast.simulate(
        article, evidence="none", options=OPTIONS, months=2, worlds=60, seed=3, luck=9, progress=False
    )
    found = luck_and_ignorance(part, luck=9, backend="numpy", threads=1, progress=False)
    same(found, luck_and_ignorance(part, second))
    last = part.assign_attrs(luck=2**63 - 1)
    assert luck_and_ignorance(last, progress=False).again == 0


@pytest.mark.parametrize("evidence", ["article", "none"])
def test_beliefs_that_outcomes_do_not_name_are_passed(article, evidence):
    edited = article.replace(clash_war=priors.elicit(ratio=(1.0, 3.0)))
    known = edited if evidence == "none" else forecast.fit(edited, draws=500, cache=False, progress=False)
    how = {"options": OPTIONS[:2], "months": 2, "worlds": 50, "seed": 5, "progress": False}
    run, second = (
        forecast.simulate(known, evidence="none" if evidence == "none" else None, luck=luck, **how) for luck in (5, 6)
    )
    same(luck_and_ignorance(run, beliefs=known, progress=False), luck_and_ignorance(run, second))
    with pytest.raises(InvalidArgument, match="not known what they were run from"):
        luck_and_ignorance(run, progress=False)
    with pytest.raises(InvalidArgument, match=r"priors(_hash)? is .* there, and .* here"):
        luck_and_ignorance(run, beliefs=article, progress=False)


def test_what_cannot_be_run_again_is_refused(lucks, article):
    part = lucks[0].isel(world=slice(9))
    mine = part.assign_coords(option=[OPTIONS[0], "mine", OPTIONS[2]])
    cases = {
        "not all of the options are the world's": mine,
        "the world's option 'airstrikes' is another one": part.assign_attrs(
            option_hashes=part.attrs["option_hashes"].replace('"airstrikes": "', '"airstrikes": "0')
        ),
        "it is not known what they were run from": part.assign_attrs(priors="mine"),
        "priors_hash is '0' there": part.assign_attrs(priors_hash="0"),
        "not known what they were run from": part.assign_attrs(evidence="mine"),
    }
    for why, outcomes in cases.items():
        with pytest.raises(InvalidArgument, match=why):
            luck_and_ignorance(outcomes, progress=False)
    with pytest.raises(InvalidArgument, match="luck = 3, which is that of the outcomes"):
        luck_and_ignorance(part, luck=3, progress=False)
    with pytest.raises(InvalidArgument, match="a second run, and beliefs, luck beside it"):
        luck_and_ignorance(part, lucks[1], beliefs=article, luck=4)
    with pytest.raises(UnknownArgument, match="worlds"):
        luck_and_ignorance(part, worlds=5)


def test_a_first_month_that_reports_lead_with_is_not_among_the_default():
    district = forecast.load_world("district")
    sooner = {"first_truce": forecast.first("truce", "Month of the truce", better="lower")}
    world = dataclasses.replace(
        district, outcomes={**district.outcomes, **sooner}, headline=("first_truce", "calm", "rebels_end")
    )
    beliefs = priors.load(world.beliefs)
    run = forecast.simulate(beliefs, world=world, evidence="none", worlds=100, months=6, progress=False)
    found = luck_and_ignorance(run, beliefs=beliefs, progress=False)
    assert {row.quantity for row in found.rows} == {"calm", "rebels_end"}
    with pytest.raises(InvalidArgument):
        luck_and_ignorance(run, beliefs=beliefs, names="first_truce", progress=False)
