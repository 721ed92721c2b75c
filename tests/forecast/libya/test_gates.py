"""What cannot happen in any world: the article's "cannot" and "no chance", and the domains of the states."""

import ast
from pathlib import Path

import numpy as np
import pytest

import forecast.libya
import priors
from forecast.engine.numpy_backend import NAMESPACE
from forecast.libya.aid import aid as derive_aid
from forecast.libya.aid import dose
from forecast.libya.army import integration
from forecast.libya.month import origin
from forecast.libya.outcomes import STATES
from forecast.libya.parts import PARTS
from forecast.libya.state import Levers, OriginShocks, Parameters, State, Time


def _arrays(outcomes, name):
    return outcomes[name].transpose("option", "world", "month").values


@pytest.mark.parametrize("name", [n for n, v in STATES.items() if v.unit == "1" and n != "mobilisation"])
def test_shares_stay_between_0_and_1(worlds, name):
    values = _arrays(worlds, name)
    assert values.min() >= 0.0
    assert values.max() <= 1.0


@pytest.mark.parametrize("name", [n for n, v in STATES.items() if v.kind in ("continuous", "count")])
def test_no_state_is_negative_or_not_a_number(worlds, name):
    values = _arrays(worlds, name)
    assert np.isfinite(values).all()
    assert values.min() >= 0


@pytest.mark.parametrize("name", ["lna_split", "leadership_resolved"])
def test_what_is_final_stays(worlds, name):
    values = _arrays(worlds, name).astype(int)
    assert (np.diff(values, axis=2) >= 0).all()


def test_integration_never_grows_from_the_month_of_collapse(worlds):
    # P53: no chance of ever evolving into an integrated military.
    growth = np.diff(_arrays(worlds, "integration"), axis=2)
    collapsed = _arrays(worlds, "council_collapsed")[:, :, 1:]
    assert collapsed.any()
    # A step in which an agreement is revived starts as one without a council.
    assert (growth[collapsed] <= 0).all()
    assert (growth[~collapsed] > 0).any()


def test_no_single_command_while_the_leadership_dispute_is_open(article):
    # P19: precludes. With no command centres, integration has no source until the dispute is settled.
    run = forecast.simulate(article, evidence="none", options=["no_assistance"], worlds=4000, seed=3, progress=False)
    growth = np.diff(_arrays(run, "integration"), axis=2)
    settled = _arrays(run, "leadership_resolved")[:, :, :-1]
    assert (growth[~settled] <= 0).all()
    assert (growth[settled] > 0).any()


def test_full_legitimacy_takes_the_seat_and_both_endorsements(worlds):
    legitimacy = _arrays(worlds, "legitimacy")
    parts = [_arrays(worlds, name) for name in ("council_seated", "hor_endorsed", "gnc_endorsed")]
    assert (legitimacy[~parts[0]] == 0).all()
    incomplete = parts[0] & ~(parts[1] & parts[2])
    assert legitimacy[incomplete].max() < 2 / 3
    assert legitimacy[parts[0] & parts[1] & parts[2]].mean() > legitimacy[incomplete].mean()


def test_only_a_seated_council_invites(worlds):
    seated, invited = _arrays(worlds, "council_seated"), _arrays(worlds, "invited")
    first = invited[:, :, 1:] & ~invited[:, :, :-1]
    assert seated[:, :, 1:][first].all()
    # A council that is seated within the month has the rest of it.
    assert not seated[:, :, :-1][first].all()
    assert not (invited & _arrays(worlds, "council_collapsed")).any()


def test_sirte_moves_only_along_its_ways(worlds):
    sirte = _arrays(worlds, "sirte").astype(int)
    moves = set(zip(sirte[:, :, :-1].ravel().tolist(), sirte[:, :, 1:].ravel().tolist(), strict=True))
    # An assault may start and win within a month; a city does not go from freed to assaulted.
    assert moves == {(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (1, 0), (2, 2), (2, 0)}


def test_trained_soldiers_come_only_from_training(worlds):
    for name in ("trained_loyal", "trained_partisan"):
        by_option = worlds[name].max(("world", "month"))
        assert by_option.sel(option="training") > 0
        assert (by_option.drop_sel(option="training") == 0).all()


def _parameters(**changed):
    values = dict.fromkeys(Parameters._fields, np.array([0.1])) | {k: np.array([v]) for k, v in changed.items()}
    return Parameters(**values)


def _state(parameters, **changed):
    return origin(parameters, OriginShocks(np.array([0.5]), np.array([0.5])))._replace(
        **{k: np.array([v]) for k, v in changed.items()}
    )


def _levers(**levels):
    return Levers(**(dict.fromkeys(Levers._fields, 0.0) | levels))


def test_aid_in_closed_form():
    p = _parameters(
        vetting=0.5,
        eligibility=0.3,
        footprint_advisers=0.2,
        footprint_training=0.1,
        invited_discount=0.6,
        capability_pfg=0.5,
        capability_sirte_officers=0.25,
        loyal_capability=0.3,
        rivalry_moderate=0.6,
        rivalry_slight=0.1,
        centre_unbacked=0.4,
        air_ground=0.2,
        fight_state=1.5,
        state_carries_fight=1.0,
        integration_origin=0.1,
        unity_achieved=0.7,
        restraint_achieved=0.3,
    )
    s = _state(
        p,
        centre_maturity=0.5,
        integration=0.8,
        legitimacy=0.5,
        loyalty=0.4,
        invited=1.0,
        aid_captured=0.25,
        trained_loyal=1000.0,
    )
    levers = _levers(
        support_misrata=0.6,
        support_pfg=0.2,
        support_sirte_officers=0.2,
        conditionality=1.0,
        national_channel=0.5,
        strikes=0.5,
        advisers=1.0,
        training=1.0,
        western_unity=1.0,
        regional_restraint=0.5,
    )
    found = derive_aid(NAMESPACE, s, levers, p)
    given = 1 - 0.3 * 0.6
    unvetted = given * (1 - 0.5 * (1 - 0.6 * (1 - 0.5 * 0.8)))
    # Sirte and Misrata mind fully, Misrata and the oil guards or the LNA by .6, all other pairs by .1.
    minded = (0.6 * 0.8 + 0.2 * 0.4) * 1.0 + (0.6 * 0.8 + 0.2 * 0.4) * 0.6 + 0.6 * 0.6 + 0.6 * 0.1
    minded += 0.1 * (0.2 + 0.2 + (0.2 * 0.8 + 0.2 * 0.8)) + 0.1 * (0.0 + 0.2 + 0.2)
    minded += 0.6 * 0.6 * 0.2  # both have arms around the oil
    row = 1.0 + 0.6 + 0.6 + 0.1
    assert found.partisanship == pytest.approx(minded / row * unvetted, rel=1e-12)
    assert found.armed_rivals == pytest.approx(0.12 * unvetted, rel=1e-14)
    assert found.partisan_share == pytest.approx(found.partisanship / given, rel=1e-14)
    assert found.presence == 1.0
    assert found.arbitration == pytest.approx(0.5 * 0.4, rel=1e-14)
    assert found.deconfliction == pytest.approx(0.2 * 0.5 * 0.4, rel=1e-14)
    assert found.misrata_alone == pytest.approx(0.6 * 0.6**2 * 0.8, rel=1e-14)
    able = (0.6 + 0.5 * 0.2 + 0.25 * 0.2) * given * 0.75 + 0.3
    assert found.effort == pytest.approx(able, rel=1e-14)
    assert found.carried == pytest.approx(1.5 * 0.5 * (0.5 + 0.7), rel=1e-14)
    assert found.visible_footprint == pytest.approx(0.5 + 0.2 + 0.1, rel=1e-14)
    assert found.footprint == pytest.approx(0.8 * 0.4, rel=1e-14)
    assert (found.unity, found.restraint) == (pytest.approx(0.7), pytest.approx(0.15))


def test_misrata_alone_is_the_unit_of_partisanship_and_other_factions_are_minded_less():
    p = _parameters(rivalry_moderate=0.6, rivalry_slight=0.1, vetting=0.0)
    found = {
        name: float(derive_aid(NAMESPACE, _state(p, loyalty=0.0), _levers(**{name: 1.0}), p).partisanship[0])
        for name in Levers._fields
        if name.startswith("support_")
    }
    assert found["support_misrata"] == pytest.approx(1.0, rel=1e-14)
    assert found["support_south"] == pytest.approx(0.4 / 2.3, rel=1e-14)
    assert all(0 < value < 1 for name, value in found.items() if name != "support_misrata")


def test_no_support_is_not_partisan():
    p = _parameters()
    found = derive_aid(NAMESPACE, _state(p), _levers(), p)
    assert all(np.all(value == 0.0) for value in found._replace(presence=0.0, carried=0.0))


def test_a_dose_counts_as_it_is_up_to_one_and_saturates_smoothly():
    x = np.array([0.0, 0.3, 1.0, 1.5, 50.0])
    np.testing.assert_allclose(dose(NAMESPACE, x), [0.0, 0.3, 1.0, 2 - np.exp(-0.5), 2.0], rtol=1e-14)
    assert (dose(NAMESPACE, np.array([1 + 1e-7])) - 1.0) / 1e-7 == pytest.approx(1.0, rel=1e-6)


def test_growth_is_the_exact_logistic_solution():
    from forecast.libya.isis import free_growth, growth_factor

    def after(strength, months, step):
        free = free_growth(
            np, mobilised=0.5, unrest=0.25, growth=0.1, foreign=0.4, disorder=0.8, without_base=0.2, months=step
        )
        for _ in range(round(months / step)):
            strength = strength * growth_factor(np, strength, free, 9000.0)
        return strength

    rate = 0.1 * (0.4 * np.exp(0.2) + 0.6) * 1.5 * np.exp(-0.2)
    exact = 9000.0 / (1 + (9000.0 / 3000.0 - 1) * np.exp(-rate * 24))
    for step in (0.5, 1.0, 2.0):
        assert after(3000.0, 24, step) == pytest.approx(exact, rel=1e-12)
    assert after(12_000.0, 3, 1.0) == 12_000.0


def test_without_noise_isis_never_passes_its_ceiling_even_in_ten_years(article):
    quiet = article.replace(isis_noise=priors.elicit("HalfNormal", interval=(0, 1e-9), mass=0.9), accept=True)
    run = forecast.simulate(quiet, evidence="none", months=120, worlds=2000, seed=7, progress=False)
    beliefs = forecast.parameters(run)
    most = np.maximum(beliefs["isis_ceiling"], beliefs["isis_fighters"]).values
    assert (_arrays(run, "isis_fighters").max(axis=(0, 2)) <= most * (1 + 1e-6)).all()


def test_clashes_saturate_upwards_with_unit_slope():
    from forecast.libya.factions import clash_level, clash_log_ratio

    def rate(effect):
        p = _parameters(clash_rate=5.0, clash_headroom=2.5, clash_war=effect, integration_origin=0.1)
        s = _state(p, civil_war=1.0, integration=0.1, parallel_channels=1.0, trained_partisan=0.0)
        found = derive_aid(NAMESPACE, s, _levers(), p)
        return float(clash_level(NAMESPACE, p, clash_log_ratio(s, p, found, np.array([0.0]), 0.0, 0.0))[0])

    assert rate(0.0) == pytest.approx(5.0, rel=1e-14)
    assert (rate(1e-6) - rate(-1e-6)) / 2e-6 == pytest.approx(5.0, rel=1e-6)
    assert rate(-1.0) == pytest.approx(5.0 * np.exp(-1.0), rel=1e-12)
    assert rate(3.0) == pytest.approx(5.0 * (1 + 2.5 * (1 - np.exp(-(np.exp(3.0) - 1) / 2.5))), rel=1e-12)
    assert rate(20.0) == pytest.approx(17.5, rel=1e-6)


def test_integration_in_closed_form():
    p = _parameters(
        integration_centres=0.05,
        integration_national=0.2,
        integration_own_share=0.5,
        integration_loss=0.03,
    )
    s = _state(
        p,
        integration=0.4,
        centre_maturity=0.5,
        council_seated=1.0,
        boycott=0.0,
        legitimacy=0.5,
        leadership_resolved=1.0,
    )
    levers = _levers(conditionality=1.0, support_misrata=1.0, national_channel=1.0)
    found = derive_aid(NAMESPACE, s, levers, p)
    gain = 0.05 * 0.5 + 0.2 / 0.5 * 0.5
    loss = 0.03 * (float(found.partisanship[0]) + 0.5)
    time = Time.of_month(0)
    moved = integration(NAMESPACE, s, levers, p, found, np.array([0.5]), np.array([0.0]), time)
    target, both = gain / (gain + loss), gain + loss
    assert moved == pytest.approx(target + (0.4 - target) * np.exp(-both), rel=1e-12)
    # Half steps come to the same, because rates are constant in a step.
    half = Time(0.0, 0.5, float(np.log(0.5)))
    once = integration(NAMESPACE, s, levers, p, found, np.array([0.5]), np.array([0.0]), half)
    twice = integration(
        NAMESPACE, s._replace(integration=once), levers, p, found, np.array([0.5]), np.array([0.0]), half
    )
    assert twice == pytest.approx(moved, abs=1e-3)
    paralysed = s._replace(boycott=np.array([1.0]))
    moved = integration(NAMESPACE, paralysed, levers, p, found, np.array([0.5]), np.array([0.0]), time)
    assert moved == pytest.approx(0.4 * np.exp(-loss), rel=1e-12)
    fallen = integration(NAMESPACE, s, levers, p, found, np.array([0.5]), np.array([1.0]), time)
    assert fallen == pytest.approx(0.4 * np.exp(-loss), rel=1e-12)


def test_the_month_imports_nothing_but_itself():
    allowed = ("forecast.libya", "math", "typing", "collections.abc", "__future__")
    files = [*(f"{part}.py" for part in PARTS if part != "origin"), "hazards.py", "month.py", "naming.py", "state.py"]
    for path in (Path(forecast.libya.__file__).with_name(name) for name in files):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert all(alias.name.startswith(allowed) for alias in node.names), path.name
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").startswith(allowed), path.name


def test_the_state_at_the_origin(article):
    run = forecast.simulate(
        article, evidence="none", options=["airstrikes"], months=1, worlds=500, seed=4, progress=False
    )
    start = run.sel(month=0, option="airstrikes")
    beliefs = forecast.parameters(run)
    np.testing.assert_array_equal(start["isis_fighters"], beliefs["isis_fighters"])
    np.testing.assert_array_equal(start["oil_output"], beliefs["oil_origin"])
    for name in (
        "sirte",
        "council_seated",
        "hor_endorsed",
        "gnc_endorsed",
        "council_collapsed",
        "legitimacy",
    ):
        assert not start[name].any()
    assert set(State._fields) >= {"isis_fighters", "assault", "freed"}
