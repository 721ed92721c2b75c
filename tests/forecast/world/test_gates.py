"""What cannot happen in any world: the article's "cannot" and "no chance", and the domains of the states."""

import ast
from pathlib import Path

import numpy as np
import pytest

import forecast.world
import priors
from forecast.engine.numpy_backend import NAMESPACE
from forecast.schema import STATES
from forecast.world.army import integration
from forecast.world.assistance import assistance
from forecast.world.month import origin
from forecast.world.state import Levers, Parameters, State


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


@pytest.mark.parametrize("name", ["council_collapsed", "blowback", "civil_war", "leadership_resolved"])
def test_what_is_final_stays(worlds, name):
    values = _arrays(worlds, name).astype(int)
    assert (np.diff(values, axis=2) >= 0).all()


def test_integration_never_grows_from_the_month_of_collapse(worlds):
    # P53: no chance of ever evolving into an integrated military.
    growth = np.diff(_arrays(worlds, "integration"), axis=2)
    collapsed = _arrays(worlds, "council_collapsed")[:, :, 1:]
    assert collapsed.any()
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
    for name in ("trained_loyal", "trained_defected"):
        by_option = worlds[name].max(("world", "month"))
        assert by_option.sel(option="training") > 0
        assert (by_option.drop_sel(option="training") == 0).all()


def _parameters(**changed):
    values = dict.fromkeys(Parameters._fields, np.array([0.1])) | {k: np.array([v]) for k, v in changed.items()}
    return Parameters(**values)


def _state(parameters, **changed):
    return origin(parameters, np.array([0.5]), np.array([0.5]))._replace(
        **{k: np.array([v]) for k, v in changed.items()}
    )


def _levers(**levels):
    return Levers(**(dict.fromkeys(Levers._fields, 0.0) | levels))


def test_assistance_in_closed_form():
    p = _parameters(
        vetting=0.5,
        national_vetting=0.25,
        footprint_advisers=0.2,
        footprint_training=0.1,
        invited_discount=0.6,
        capability_other=0.5,
        loyal_capability=0.3,
    )
    s = _state(p, centre_maturity=0.4, integration=0.8, invited=1.0, aid_captured=0.25, trained_loyal=2000.0)
    aid = assistance(
        NAMESPACE,
        s,
        _levers(
            support_misrata=0.6,
            support_pfg=0.2,
            support_sirte_officers=0.2,
            conditionality=1.0,
            national_channel=0.5,
            strikes=0.5,
            advisers=1.0,
            training=1.0,
        ),
        p,
    )
    unvetted = (1 - 0.5 * 0.4) * (1 - 0.25 * 0.5 * 0.8)
    assert aid.partisanship == pytest.approx((0.36 + 0.04 + 0.04) / 1.0 * unvetted, rel=1e-14)
    # Misrata and the oil guards count as one partisan whole: (0.6 + 0.2)^2 + 0.2^2.
    assert aid.partisan_share == pytest.approx((0.64 + 0.04) * unvetted, rel=1e-14)
    assert aid.presence == 1.0
    assert aid.advised_centres == pytest.approx(0.4, rel=1e-14)
    assert aid.misrata_alone == pytest.approx(0.6 * 0.6**2 * 0.8, rel=1e-14)
    assert aid.armed_rivals == pytest.approx(0.12 * unvetted, rel=1e-14)
    assert aid.effort == pytest.approx((0.6 + 0.5 * 0.4) * 0.75 + 0.3 * 2.0, rel=1e-14)
    assert aid.visible_footprint == pytest.approx(0.5 + 0.2 + 0.1, rel=1e-14)
    assert aid.footprint == pytest.approx(0.8 * 0.4, rel=1e-14)


def test_no_support_is_not_partisan():
    p = _parameters()
    aid = assistance(NAMESPACE, _state(p), _levers(), p)
    assert all(np.all(value == 0.0) for value in aid._replace(presence=0.0))


def test_growth_is_the_exact_logistic_solution():
    from forecast.world.isis import growth_factor

    def after(strength, months):
        for _ in range(months):
            strength = strength * growth_factor(
                np, strength=strength, mobilised=0.5, unrest=0.25, growth=0.1, disorder=0.8, ceiling=9000.0
            )
        return strength

    rate = 0.1 * 1.5 * np.exp(0.2)
    exact = 9000.0 / (1 + (9000.0 / 3000.0 - 1) * np.exp(-rate * 24))
    assert after(3000.0, 24) == pytest.approx(exact, rel=1e-12)
    assert after(12_000.0, 3) == 12_000.0


def test_without_noise_isis_never_passes_its_ceiling_even_in_ten_years(article):
    quiet = article.replace(isis_noise=priors.elicit("HalfNormal", interval=(0, 1e-9), mass=0.9), accept=True)
    run = forecast.simulate(quiet, evidence="none", months=120, worlds=2000, seed=7, progress=False)
    beliefs = forecast.parameters(run)
    most = np.maximum(beliefs["isis_ceiling"], beliefs["isis_fighters"]).values
    assert (_arrays(run, "isis_fighters").max(axis=(0, 2)) <= most * (1 + 1e-6)).all()


def test_clashes_saturate_upwards_with_unit_slope(article):
    from forecast.world.factions import clash_rate

    def rate(effect):
        p = _parameters(clash_rate=5.0, clash_headroom=2.5, clash_war=effect, integration_origin=0.1)
        s = _state(p, civil_war=1.0, integration=0.1, parallel_channels=1.0)
        return float(clash_rate(NAMESPACE, s, p, assistance(NAMESPACE, s, _levers(), p), np.array([0.0]))[0])

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
        integration_paralysis=0.6,
        integration_partisan_loss=0.03,
        integration_clash_loss=0.02,
    )
    s = _state(p, integration=0.4, centre_maturity=0.5, council_seated=0.0, legitimacy=0.5, leadership_resolved=1.0)
    levers = _levers(conditionality=1.0, support_misrata=1.0, national_channel=1.0)
    aid = assistance(NAMESPACE, s, levers, p)
    gain = 0.05 * 0.5 * (1 - 0.6) + 0.2 * 0.5  # paralysed: no seat
    loss = 0.03 * aid.partisanship + 0.02 * 0.5
    moved = integration(NAMESPACE, s, levers, p, aid, np.array([0.5]), np.array([0.0]))
    assert moved == pytest.approx(0.4 + gain * 0.6 - loss * 0.4, rel=1e-14)
    fallen = integration(NAMESPACE, s, levers, p, aid, np.array([0.5]), np.array([1.0]))
    assert fallen == pytest.approx(0.4 - loss * 0.4, rel=1e-14)


def test_the_world_imports_nothing_but_itself():
    allowed = ("forecast.world", "typing", "__future__")
    for path in Path(forecast.world.__file__).parent.glob("*.py"):
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
