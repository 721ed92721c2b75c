"""Cells, ranges over structures, and the choice by structure, on the world."""

import dataclasses
import inspect
import math

import numpy as np
import pytest

import forecast
import priors
from forecast.comparison import STRUCTURE_COLUMNS
from forecast.decision.utility import utility
from forecast.errors import FailedFit, InvalidArgument, InvalidPrior, MismatchedRuns, UnknownOption, UnknownPrior
from forecast.evidence import available, load_evidence
from forecast.structures.cells import cells_of, posterior_weights, reached
from forecast.structures.result import UTILITY

RUN = {"options": ["no_assistance", "ct_with_air", "airstrikes"], "months": 12, "seed": 3, "progress": False}
SMALL = {**RUN, "worlds": 400}
PLAIN = {"evidence": "none", "cache": False}


@pytest.fixture(scope="module")
def two(article):
    """Beliefs in which two structures are open, one of them with three forms."""
    return article.with_structure(threat_moves=0, state_carries_fight=1, invited_by_need=0, council_settles=1)


@pytest.fixture(scope="module")
def ranges(two):
    return forecast.structure_ranges(two, **SMALL, **PLAIN)


@pytest.fixture(scope="module")
def informed(article):
    """Beliefs with a structure that evidence speaks of: whether all recruits are foreign."""
    return article.replace(recruit_foreign=priors.elicit("Bernoulli", parameters={"p": 0.6}), accept=True)


def test_cells_are_every_combination_with_the_product_of_what_was_believed(article):
    cells = cells_of(article, load_evidence("none"), seed=1)
    assert cells.forms.shape == (96, 6)
    assert len({tuple(row) for row in cells.forms.tolist()}) == 96
    known = {one.name: one.weights for one in cells.structures}
    expected = [math.prod(known[n][f] for n, f in zip(known, row, strict=True)) for row in cells.forms.tolist()]
    np.testing.assert_allclose(cells.weights, expected, rtol=1e-12)
    for name, weights in known.items():
        for form, weight in enumerate(weights):
            assert cells.weights[cells.of(name) == form].sum() == pytest.approx(weight)
    np.testing.assert_array_equal(cells.errors, 0.0)


def test_the_worlds_of_a_cell_have_its_forms_and_all_else_as_ever(two):
    cells = cells_of(two, load_evidence("none"), seed=1)
    base = forecast.engine.draws.source_of(two).matrix(1, 0, 50)
    names = forecast.libya.state.Parameters._fields
    (origin,) = cells.origins
    for row, setting in zip(cells.forms.tolist(), cells.settings(range(6)), strict=True):
        own = setting.matrix(origin.matrix(1, 0, 50), 1, 0, 50)
        for number, name in enumerate(names):
            if name in ("base_matters", "victory"):
                np.testing.assert_array_equal(own[number], row[[one.name for one in cells.structures].index(name)])
            else:
                np.testing.assert_array_equal(own[number], base[number])


def test_a_range_is_that_of_the_forms_run_one_by_one(two, ranges):
    """The means of each form are those of plain simulations of the beliefs that hold it."""
    found = []
    for base in (0, 1):
        for victory in (0, 1, 2):
            held = two.with_structure(base_matters=base, victory=victory)
            outcomes = forecast.simulate(held, evidence="none", **SMALL)
            weight = priors.structures(two)["base_matters"].weights[base] / 3
            found.append((weight, outcomes["isis_fighters_end"].mean("world").values))
    weights, means = np.array([w for w, _ in found]), np.array([m for _, m in found])
    for place, option in enumerate(RUN["options"]):
        row = ranges.of("isis_fighters_end", option)
        assert row.mean == pytest.approx(weights @ means[:, place], rel=1e-9)
        off = means[:, place] - row.mean
        # In 400 worlds hardly anything of what is seen is luck: the forms share it.
        assert row.least_offset == pytest.approx(off.min(), rel=0.02)
        assert row.greatest_offset == pytest.approx(off.max(), rel=0.02)
        assert row.least_offset <= row.low_offset <= 0.0 <= row.high_offset <= row.greatest_offset
        assert min(row.low_error, row.high_error, row.within, row.within_error) > 0.0


@pytest.mark.slow
def test_the_same_bits_again_and_from_disk(two, ranges, tmp_path, monkeypatch):
    monkeypatch.setenv("LIBYA_FORECAST_CACHE", str(tmp_path))
    kept = forecast.structure_ranges(two, **SMALL, evidence="none")
    assert len(list(tmp_path.glob("*.nc"))) == 1
    again = forecast.structure_ranges(two, **SMALL, evidence="none")
    assert kept == again == ranges
    for changed in ({"seed": 4}, {"luck": 4}):
        other = forecast.structure_ranges(two, **{**SMALL, **changed}, evidence="none")
        assert [row.mean for row in other.rows] != [row.mean for row in ranges.rows]
    # Luck of the same seed is no other luck.
    assert forecast.structure_ranges(two, **SMALL, luck=SMALL["seed"], evidence="none") == ranges
    assert len(list(tmp_path.glob("*.nc"))) == 3


def test_settings_say_how_worlds_are_run_and_a_combination_has_fewer_by_default(two, ranges):
    how = forecast.Settings(**{name: SMALL[name] for name in ("months", "worlds", "seed", "progress")})
    assert forecast.structure_ranges(two, options=SMALL["options"], settings=how, **PLAIN) == ranges
    assert inspect.signature(forecast.structure_ranges).parameters["worlds"].default == 2000


@pytest.mark.slow
def test_other_values_of_one_name_are_not_taken_from_disk(two, tmp_path, monkeypatch):
    monkeypatch.setenv("LIBYA_FORECAST_CACHE", str(tmp_path))
    values = forecast.load_values("balanced")
    scale = values.attributes[0]
    other = dataclasses.replace(values, attributes=(dataclasses.replace(scale, worst=5000.0), *values.attributes[1:]))
    close = dataclasses.replace(values, goal_weights={**values.goal_weights, "isis": 0.333334})
    found = [forecast.structure_ranges(two, evidence="none", values=one, **SMALL) for one in (values, other, close)]
    assert scale.outcome == "isis_fighters_end"
    assert len({one.of(UTILITY, "airstrikes").mean for one in found}) == 3
    outcomes = forecast.simulate(two, evidence="none", **SMALL)
    with pytest.raises(MismatchedRuns, match="values 'balanced'"):
        forecast.decide(utility(outcomes, other), structures=found[0])


def test_ranges_of_options_that_do_something_else_or_beside_some_worlds_are_refused(two, ranges):
    weaker = dataclasses.replace(forecast.options.load()["airstrikes"].scaled(0.1), name="airstrikes")
    run = {**SMALL, "options": ["no_assistance", "ct_with_air", weaker]}
    outcomes = forecast.simulate(two, evidence="none", **run)
    some = forecast.given(forecast.simulate(two, evidence="none", **SMALL), "sirte_freed", under="ct_with_air")
    for found, said in ((outcomes, "airstrikes"), (some, "of some")):
        for taken in (forecast.compare, forecast.plots.trade_off, forecast.plots.differences):
            with pytest.raises(MismatchedRuns, match=said):
                taken(found, structures=ranges)
        with pytest.raises(MismatchedRuns, match=said):
            forecast.decide(utility(found), structures=ranges)


@pytest.mark.parametrize("wrong", [5, "x", [], {}, True])
def test_what_are_no_ranges_are_refused(small, wrong):
    for taken in (forecast.compare, forecast.plots.trade_off, forecast.plots.differences):
        with pytest.raises(InvalidArgument, match="structures is a"):
            taken(small, structures=wrong)
    with pytest.raises(InvalidArgument, match="structures is a"):
        forecast.decide(utility(small), structures=wrong)


def test_a_run_whose_ranges_cannot_be_told_says_how_to_do_without(two, monkeypatch):
    def chains(*_, **__):
        raise FailedFit("the weight of a form", expected="importance", mend="widen it")

    monkeypatch.setattr("forecast.runs.run.structure_ranges", chains)
    with pytest.raises(FailedFit, match="--no-structures"):
        forecast.run(two, evidence="none", **SMALL)


def test_beliefs_in_which_nothing_is_open_have_no_range(two):
    known = two.with_structure(base_matters=1, victory=0)
    found = forecast.structure_ranges(known, **SMALL, **PLAIN)
    assert (found.cells, found.structures, found.choices) == (1, (), ())
    assert all(row.low_offset == row.high_offset == row.low_error == row.high_error == 0.0 for row in found.rows)
    assert found.say() == "No structure is open."
    assert found.of("sirte_freed", "airstrikes").text(0.3, 0.01) == "no range"


def test_one_option_has_ranges_and_no_rival(two, ranges):
    found = forecast.structure_ranges(two, **{**SMALL, "options": ["airstrikes"]}, **PLAIN)
    assert found.baseline == found.best == "airstrikes"
    assert found.of("sirte_freed", "airstrikes") == ranges.of("sirte_freed", "airstrikes")
    assert not any(row.changed for row in found.choices)


def test_an_option_that_is_the_baseline_has_no_range_of_its_difference(ranges):
    for row in ranges.rows:
        if row.kind == "difference" and row.option == "no_assistance":
            assert row.low_offset == row.high_offset == row.mean == 0.0


@pytest.mark.slow
def test_evidence_that_speaks_of_a_structure_weighs_its_forms(article, informed):
    """Separate marginal likelihoods, form by form, against the joint sampler that draws the form as well."""
    known = load_evidence("article")
    others = dict.fromkeys(priors.structures(article), 0)
    held = informed.with_structure(others)
    cells = cells_of(held, known, seed=1)
    assert cells.forms.tolist() == [[0], [1]]
    joint = forecast.fit(informed, evidence="article", seed=2, progress=False)["importance"]
    shares = np.exp(joint["log_weight"].sel(block="isis_fighters").values)
    foreign = joint["recruit_foreign"].values == 1
    share = shares[foreign].sum() / shares.sum()
    error = np.sqrt((shares**2 * (foreign - share) ** 2).sum()) / shares.sum()
    own = cells.weights[0] * cells.weights[1] * np.hypot(*cells.errors)
    assert abs(cells.weights[1] - share) < 4 * np.hypot(error, own) < 0.02
    assert cells.weights[1] > 0.63


@pytest.mark.slow
def test_no_shipped_evidence_speaks_of_a_structure_so_a_form_leaves_every_fit_as_it_is(article):
    """What chains find for the set with its structures open they would find under every form."""
    for name in priors.available():
        beliefs = priors.load(name)
        for evidence in available():
            known = load_evidence(evidence)
            applied = known.applied(beliefs)
            # The members of a pool disagree on two, so that these tell whose beliefs a world follows.
            assert reached(applied, known) == ({"base_matters", "state_carries_fight"} if beliefs.pooled else set())
    open_, held = (forecast.fit(b, seed=1, progress=False) for b in (article, article.with_structure(victory=2)))
    for name in ("isis_fighters", "seating_hazard", "log_weight"):
        np.testing.assert_array_equal(open_["importance"][name], held["importance"][name])


def test_posterior_weights_by_hand():
    weights, errors = posterior_weights([0.2, 0.8], [None, None])
    np.testing.assert_allclose(weights, [0.2, 0.8])
    np.testing.assert_array_equal(errors, 0.0)


def test_a_form_whose_fit_is_by_chains_is_refused(article):
    tree = forecast.fit(article, evidence="article", seed=1, progress=False)
    tree.attrs["method"], tree.attrs["why_nuts"] = "importance and nuts", "block isis_fighters: k-hat .9"
    with pytest.raises(FailedFit, match="by chains"):
        posterior_weights([0.5, 0.5], [tree, tree])


def test_compare_and_decide_take_ranges_of_the_same_run_and_refuse_others(two, ranges):
    outcomes = forecast.simulate(two, evidence="none", **SMALL)
    table = forecast.compare(outcomes, structures=ranges)
    assert list(table.columns[-len(STRUCTURE_COLUMNS) :]) == list(STRUCTURE_COLUMNS)
    for name in ("sirte_freed", "clashes_total"):
        for option in RUN["options"]:
            row, said = ranges.of(name, option), table.loc[name, option]
            assert said["structure_low"] == row.around(said["estimate"])[0]
            assert said["structure_high_error"] == row.high_error
            other = ranges.of(name, option, kind="difference")
            assert said["difference_structure_low"] == said["difference"] + other.low_offset
    months = table.loc["first_month_seated"]
    assert months[list(STRUCTURE_COLUMNS)].isna().all(axis=None)
    decision = forecast.decide(utility(outcomes), structures=ranges)
    frame = decision.to_frame()
    for option in RUN["options"]:
        low = frame.loc[option, "expected_utility"] + ranges.of(UTILITY, option).low_offset
        assert frame.loc[option, "structure_low"] == pytest.approx(low)
    assert ranges.say() in decision.say()
    assert "range over structures" in decision._repr_html_()
    elsewhere = dataclasses.replace(ranges, about=dataclasses.replace(ranges.about, beliefs="another"), priors_hash="0")
    later = dataclasses.replace(ranges, about=dataclasses.replace(ranges.about, months=24))
    fewer = dataclasses.replace(ranges, option_hashes=ranges.option_hashes[:2])
    for other in (elsewhere, later, fewer):
        with pytest.raises(MismatchedRuns):
            forecast.compare(outcomes, structures=other)
    with pytest.raises(MismatchedRuns, match="against 'no_assistance' beside outcomes against 'airstrikes'"):
        forecast.compare(outcomes, structures=ranges, baseline="airstrikes")
    with pytest.raises(MismatchedRuns, match="values"):
        forecast.decide(utility(outcomes, "state_building_first"), structures=ranges)


@pytest.mark.slow
def test_a_run_has_them_and_says_so_everywhere(two, monkeypatch, tmp_path):
    monkeypatch.setenv("LIBYA_FORECAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("forecast.store.save", lambda outcomes, path: path.write_text("worlds"))
    run = forecast.run(two, evidence="none", **{**SMALL, "worlds": 300})
    assert run.structures.structures == ("base_matters", "victory")
    assert run.structures.about.worlds == 2000
    assert run.decision.structures is run.structures
    assert " to " in run.headline()[0][1]
    assert "which of 2 links" in run.caption()
    files = [path.name for path in run.save(tmp_path / "out", figures=False)]
    assert "structures.csv" in files
    without = forecast.run(two, evidence="none", structures=False, **{**SMALL, "worlds": 300})
    assert without.structures is None
    assert "(" not in without.headline()[0][1]
    for column in run.comparison.columns.difference(list(STRUCTURE_COLUMNS)):
        np.testing.assert_array_equal(run.comparison[column], without.comparison[column])
    assert "structures.csv" not in [path.name for path in without.save(tmp_path / "out", figures=False)]
    assert not (tmp_path / "out" / "structures.csv").exists()


def test_by_structure_is_by_beliefs_over_held_sets(two):
    found = forecast.by_structure(two, evidence="none", **SMALL)
    frame = found.to_frame()
    assert list(frame.index) == [
        ("base_matters", 0),
        ("base_matters", 1),
        ("victory", 0),
        ("victory", 1),
        ("victory", 2),
    ]
    sets = {"open": two} | {f"{n}{v}": two.with_structure({n: v}) for n, v in frame.index}
    other = forecast.by_beliefs(sets=sets, evidence="none", **SMALL).to_frame()
    for (name, value), row in frame.iterrows():
        there = other.loc[f"{name}{value}"]
        assert row["best"] == there["best"]
        assert row["first_behind"] == there["first_behind"]
        assert row["ahead"] == there["ahead"]
        assert row["weight"] == row["before"] == row["weight_half"] == row["weight_double"]
        assert row["weight_error"] == 0.0
    outcomes = forecast.simulate(two.with_structure(victory=1), evidence="none", **SMALL)
    table = forecast.compare(outcomes, names=["sirte_freed"])
    said = found.by_outcome().xs(("victory", 1, "sirte_freed"), level=("structure", "value", "outcome"))
    np.testing.assert_array_equal(said["estimate"], table.loc["sirte_freed"]["estimate"])
    worth = found.worth()
    assert (worth["with_size"] >= worth["value"]).all()
    assert not worth["reached"].any()
    assert found.plot().axes


@pytest.mark.slow
def test_by_structure_weighs_forms_by_evidence_and_says_what_it_says_nothing_of(informed):
    run = {**RUN, "worlds": 60, "options": ["no_assistance", "training"]}
    found = forecast.by_structure(informed, names=["recruit_foreign", "victory"], **run)
    rows = found.to_frame()["weight"]
    assert rows.loc["recruit_foreign"].sum() == pytest.approx(1.0)
    assert rows["recruit_foreign", 1] > 0.63
    assert 0.0 < found.to_frame()["weight_error"]["recruit_foreign", 1] < 0.01
    assert found.worth()["reached"].to_dict() == {"recruit_foreign": True, "victory": False}
    assert "The evidence says nothing of victory" in found.say()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"names": "base_maters"}, UnknownPrior),
        ({"names": []}, InvalidArgument),
        ({"names": ["victory", "victory"]}, InvalidArgument),
        ({"names": "isis_growth"}, UnknownPrior),
        ({"beliefs": 3}, InvalidArgument),
        ({"level": 1.0}, InvalidArgument),
        ({"worlds": 0}, InvalidArgument),
        ({"options": "nothing"}, UnknownOption),
    ],
)
def test_by_structure_refuses_before_any_work(given, error):
    with pytest.raises(error):
        forecast.by_structure(**{"progress": False, **given})


def test_by_structure_without_an_open_one_is_refused(two):
    with pytest.raises(InvalidPrior, match="no structure is open"):
        forecast.by_structure(two.with_structure(base_matters=1, victory=1), **SMALL)


@pytest.mark.parametrize(
    "given",
    [{"worlds": 99}, {"worlds": 1.5}, {"baseline": "nothing"}, {"baseline": ["a"]}, {"beliefs": 3}, {"cache": "no"}],
)
def test_ranges_refuse_before_any_work(given):
    with pytest.raises((InvalidArgument, UnknownOption)):
        forecast.structure_ranges(**{"progress": False, **given})


@pytest.mark.slow
def test_a_fit_has_the_ranges_of_its_beliefs(two):
    fit = forecast.fit(two, evidence="article", seed=3, progress=False)
    of_fit = forecast.structure_ranges(fit, cache=False, **SMALL)
    of_beliefs = forecast.structure_ranges(two, evidence="article", cache=False, **SMALL)
    for one, other in zip(of_fit.rows, of_beliefs.rows, strict=True):
        assert (one.low_offset, one.high_offset, one.mean) == (other.low_offset, other.high_offset, other.mean)


@pytest.mark.slow
def test_tornado_holds_structures_at_their_forms(two):
    found = forecast.tornado(
        two,
        evidence="none",
        outcome="isis_degraded",
        option="airstrikes",
        months=12,
        worlds=500,
        seed=3,
        progress=False,
    )
    rows = {row.parameter: row for row in found.rows if row.kind == "structure"}
    assert set(rows) == {"base_matters", "victory=1", "victory=2"}
    for name, row in rows.items():
        structure, _, form = name.partition("=")
        for end, value in (("low", 0), ("high", int(form or 1))):
            held = two.with_structure({structure: value})
            run = {"evidence": "none", "options": ["airstrikes"], "months": 12, "worlds": 500, "seed": 3}
            outcomes = forecast.simulate(held, progress=False, **run)
            assert getattr(row, f"at_{end}") == pytest.approx(float(outcomes["isis_degraded"].mean()))
        assert " to " in row.range_words()
    # One that is held has nowhere to go.
    held = next(row for row in found.rows if row.parameter == "threat_moves")
    assert (held.kind, held.low, held.high, held.estimate) == ("quantiles", 0.0, 0.0, 0.0)


def test_a_structure_and_its_size_are_one_question(two):
    outcomes = forecast.simulate(two, evidence="none", **SMALL)
    found = forecast.questions(utility(outcomes), forecast.parameters(outcomes))
    asked = {row.question for row in found.rows}
    assert "base_matters, base_recruitment" in asked
    assert "victory, victory_size" in asked
    assert not {"base_matters", "base_recruitment", "victory", "victory_size"} & asked


def test_pawn_of_two_forms_is_the_distance_of_two_distributions(two):
    """Exact: the median over two classes of the largest distance between the distribution there and that of all."""
    outcomes = forecast.simulate(two, evidence="none", **{**SMALL, "worlds": 4000})
    found = forecast.pawn(outcomes, outcome="isis_degraded", option="airstrikes", names="base_matters").to_frame()
    y = outcomes["isis_degraded"].sel(option="airstrikes").values
    x = forecast.parameters(outcomes)["base_matters"].values
    apart = [abs(y[x == form].mean() - y.mean()) for form in (0, 1)]
    share = np.mean(x == 1)
    assert share > 0.5
    row = found.iloc[0]
    assert abs(row["estimate"] - apart[1]) < 3 * row["error"] + 0.005


def test_maps_and_sweeps_take_forms_as_forms(article, tmp_path):
    with pytest.raises(InvalidArgument, match="by_structure"):
        forecast.two_way(article, "base_matters", "isis_growth", progress=False)
    with pytest.raises(InvalidPrior, match="whole number from 0 to 2"):
        forecast.sweep({"victory": [0.5], "options": ["no_assistance"]}, store=tmp_path / "kept", progress=False)


def test_chains_refuse_an_open_structure_that_evidence_reaches_and_take_a_held_one(informed):
    with pytest.raises(InvalidArgument, match="with_structure"):
        forecast.build_model(informed, evidence="article")
    assert forecast.build_model(informed.with_structure(recruit_foreign=1), evidence="article").free_RVs


@pytest.mark.exhaustive
def test_chains_with_a_form_held_agree_with_importance(informed):
    held = informed.with_structure(recruit_foreign=1)
    by_importance = forecast.fit(held, evidence="article", seed=1, progress=False)["posterior"]
    model = forecast.build_model(held, evidence="article")
    chains = forecast.fit(model, method="nuts", draws=1000, seed=1, progress=False)
    drawn = chains["posterior"]
    import arviz

    for name in ("isis_fighters", "isis_growth", "isis_inflow", "isis_ceiling", "disorder_recruitment"):
        sizes = float(arviz.ess(drawn[name].values)), 10_000 / 4
        one, other = by_importance[name].values.ravel(), drawn[name].values.ravel()
        error = np.hypot(one.std() / np.sqrt(sizes[1]), other.std() / np.sqrt(sizes[0]))
        assert abs(one.mean() - other.mean()) < 4 * error, name
        assert 0.9 < one.std() / other.std() < 1.1, name
