"""The PyMC model says what the priors, the copula, the pool and the evidence say."""

import re

import numpy as np
import pytest
from scipy import stats

import forecast
import priors
from forecast.blocks import free_above
from forecast.engine.numpy_backend import NAMESPACE
from forecast.evidence import available, load_evidence
from forecast.libya.aid import aid as derive_aid
from forecast.libya.army import hold_probability
from forecast.libya.council import collapse_log_rate, endorsement_log_rate
from forecast.libya.hazards import event_probability
from forecast.libya.isis import earlier, isis
from forecast.libya.month import origin
from forecast.libya.readings import _COLLAPSE_AT_ORIGIN, _ENDORSING_AT_ORIGIN, CHANCES, HAZARDS
from forecast.libya.sirte import Sirte
from forecast.libya.state import Levers, OriginShocks, Parameters, Shocks, Time
from forecast.libya.world import LIBYA
from forecast.likelihood import levels_before, read

# PyMC and PyTensor are imported in the tests that need them: they take a second.


@pytest.fixture(scope="module")
def worlds_of_parameters(article):
    drawn = article.sample(500, seed=3)
    return {name: drawn[name].values for name in Parameters._fields}


def _compiled(outputs, values):
    """Evaluate PyTensor expressions at many parameter values."""
    import pytensor
    import pytensor.tensor as pt

    symbols = {name: pt.dvector(name) for name in values}
    results = outputs(symbols)
    function = pytensor.function(list(symbols.values()), results, on_unused_input="ignore", mode="FAST_COMPILE")
    return function(*values.values())


def _read(xp, name, values):
    return read(xp, LIBYA.recorded_readings[name], values)


def _past_strength(xp, values, months):
    return levels_before(xp, LIBYA.recorded_readings["isis_fighters"], values, months)


def test_hazards_and_chances_are_the_worlds_own_to_rounding(worlds_of_parameters):
    import pytensor.tensor as pt

    values = worlds_of_parameters
    names = (*HAZARDS, *CHANCES)
    symbolic = _compiled(lambda s: [_read(pt, name, s) for name in names], values)
    plain = [_read(np, name, values) for name in names]
    for ours, theirs in zip(plain, symbolic, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12)


def test_the_past_of_isis_is_the_same_under_numpy_and_pytensor(worlds_of_parameters):
    import pytensor.tensor as pt

    symbolic = _compiled(lambda s: _past_strength(pt, s, 4), worlds_of_parameters)
    for ours, theirs in zip(_past_strength(np, worlds_of_parameters, 4), symbolic, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12)


def test_the_past_of_isis_is_never_nothing_however_many_came():
    known = {
        "isis_fighters": 4416.0,
        "isis_growth": 0.1,
        "recruit_foreign": 0.6,
        "disorder_recruitment": 0.5,
        "isis_ceiling": 12_000.0,
        "local_resistance": 0.03,
        "diversion": -0.5,
        "inflow_fallback": 0.2,
        "isis_inflow": 1e10,
    }
    path = _past_strength(np, {name: np.array([value]) for name, value in known.items()}, 16)
    assert min(float(strength[0]) for strength in path) > 0.0


def test_chances_and_hazards_in_closed_form(worlds_of_parameters):
    p = worlds_of_parameters
    np.testing.assert_allclose(_read(np, "gnc", p), np.exp(p["gnc_hazard"]), rtol=1e-14)
    np.testing.assert_allclose(
        _read(np, "collapse", p), np.exp(p["collapse_hazard"] + p["collapse_executive"]), rtol=1e-14
    )
    np.testing.assert_allclose(_read(np, "train_hold", p), hold_probability(p["train_hold"], 0.7, 0.0), rtol=1e-14)
    np.testing.assert_allclose(_read(np, "hor_in_a_month", p), event_probability(np, p["hor_hazard"]), rtol=1e-12)


def test_effects_that_are_not_read_are_absent_at_the_origin(worlds_of_parameters):
    """With every effect counted, at the conditions of the origin, the hazards are those of the evidence."""
    p = Parameters(**worlds_of_parameters)
    collapse = collapse_log_rate(
        p.collapse_hazard,
        executive=p.collapse_executive,
        **_COLLAPSE_AT_ORIGIN,
        by_footprint=p.collapse_footprint,
        by_blowback=p.collapse_blowback,
        by_legitimacy=p.collapse_legitimacy,
        by_dispute=p.collapse_dispute,
        by_invited=p.collapse_invited,
        by_revenue=p.collapse_revenue,
    )
    np.testing.assert_array_equal(np.exp(collapse), _read(np, "collapse", worlds_of_parameters))
    effects = {
        "by_mediation": p.endorse_mediation,
        "by_footprint": p.endorse_footprint,
        "by_unrest": p.endorse_unrest,
        "by_resolved": p.endorse_resolved,
    }
    for name in ("seating", "hor", "gnc"):
        log_rate = endorsement_log_rate(getattr(p, f"{name}_hazard"), **_ENDORSING_AT_ORIGIN, **effects)
        np.testing.assert_array_equal(np.exp(log_rate), _read(np, name, worlds_of_parameters))
    held = hold_probability(p.train_hold, p.train_hold_gain, 0.0)
    np.testing.assert_array_equal(held, _read(np, "train_hold", worlds_of_parameters))


def test_the_origin_is_where_the_world_starts(worlds_of_parameters):
    """The council's conditions of the evidence are those of the world's first state under no assistance."""
    p = Parameters(**worlds_of_parameters)
    start = origin(p, OriginShocks(np.zeros(500), np.full(500, 0.5)))
    assert (start.blowback == _COLLAPSE_AT_ORIGIN["blowback"]).all()
    assert (start.legitimacy == _COLLAPSE_AT_ORIGIN["legitimate"]).all()
    assert (start.leadership_resolved == _ENDORSING_AT_ORIGIN["resolved"]).all()
    assert (start.unrest == _ENDORSING_AT_ORIGIN["unrest"]).all()


def test_going_back_a_month_undoes_the_worlds_own_month(worlds_of_parameters):
    """With no noise, assistance or rivals to take in, a month of the world after `earlier` gives the strength."""
    values = worlds_of_parameters
    nothing = 0.0 * values["isis_noise"]
    p = Parameters(**values)._replace(isis_noise=nothing, rivals_pool=nothing)
    start = origin(p, OriginShocks(np.full(500, 0.5), np.full(500, 0.5)))
    levers = Levers(**dict.fromkeys(Levers._fields, 0.0))
    unrest, time = 0.3, Time(-0.25, 1.0, 0.0)
    calm = Sirte(assault=0.0, stalled=0.0, freed=0.0, fought=0.0, won=0.0, lost=0.0)
    luck = Shocks(**dict.fromkeys(Shocks._fields, np.full(500, 0.5)))._replace(isis=np.zeros(500))
    aid = derive_aid(NAMESPACE, start, levers, p)
    after = isis(NAMESPACE, start, levers, p, aid, unrest, 0.0, calm, luck, time).fighters
    below = after < 0.9 * p.isis_ceiling
    assert below.mean() > 0.8
    before = earlier(
        np,
        after,
        unrest=unrest,
        years=time.years,
        growth=p.isis_growth,
        foreign=p.recruit_foreign,
        disorder=p.disorder_recruitment,
        ceiling=p.isis_ceiling,
        resistance=p.local_resistance,
        diversion=p.diversion,
        inflow=p.isis_inflow,
        fallback=p.inflow_fallback,
    )
    np.testing.assert_allclose(before[below], start.isis_fighters[below], rtol=1e-12)


def _log_density(model):
    """Compile the joint log density on the natural scale: the model's, less the Jacobians of its transforms."""
    function = model.compile_logp(jacobian=False)
    initial = model.initial_point()

    def at(point):
        given = {}
        for variable in model.free_RVs:
            value = np.asarray(point[variable.name], dtype=float)
            name = model.rvs_to_values[variable].name
            if name.endswith("_log__"):
                value = np.log(value)
            elif name.endswith("_logodds__"):
                value = np.log(value) - np.log1p(-value)
            given[name] = value
        assert set(given) == set(initial)
        return float(function(given))

    return at


def _expected(beliefs, point):
    """Log density of a set at a point, by scipy: marginals and Gaussian copula."""
    total = sum(float(np.log(prior.pdf(point[name]))) for name, prior in beliefs.items())
    names = sorted({name for one in beliefs.correlations for name in one.between})
    matrix = np.eye(len(names))
    for one in beliefs.correlations:
        i, j = (names.index(name) for name in one.between)
        matrix[i, j] = matrix[j, i] = one.rho
    z = np.array([stats.norm.ppf(float(beliefs[name].cdf(point[name]))) for name in names])
    return total + stats.multivariate_normal(cov=matrix).logpdf(z) - stats.norm.logpdf(z).sum()


# Compiling the whole model takes twenty seconds.
@pytest.mark.parametrize(
    "name",
    [pytest.param("article", marks=pytest.mark.slow), pytest.param("sceptic", marks=pytest.mark.exhaustive)],
)
def test_priors_and_copula_are_in_the_model(name):
    beliefs = priors.load(name)
    density = _log_density(forecast.build_model(beliefs, evidence="none"))
    drawn = beliefs.sample(3, seed=8)
    for world in range(3):
        point = {key: float(drawn[key][world]) for key in beliefs}
        assert density(point) == pytest.approx(_expected(beliefs, point), rel=1e-8)


@pytest.mark.exhaustive
def test_a_pooled_model_keeps_each_members_beliefs_together():
    pooled = priors.load("pooled")
    members = [priors.load(name) for name in pooled.pooled.members]
    density = _log_density(forecast.build_model(pooled, evidence="none"))
    # Inside every member's reach: between the pool's quartiles.
    for level in (0.3, 0.6):
        point = {key: float(prior.ppf(level)) for key, prior in pooled.items()}
        logs = [
            np.log(weight) + _expected(member, point)
            for weight, member in zip(pooled.pooled.weights, members, strict=True)
        ]
        assert density(point) == pytest.approx(np.logaddexp.reduce(logs), rel=1e-8)


@pytest.mark.slow
def test_every_item_adds_its_likelihood(article):
    """The model's log density with evidence, less that without, against scipy."""
    point = {key: float(value[0]) for key, value in article.sample(1, seed=9).items()}
    with_it, without = forecast.build_model(article, evidence="article"), forecast.build_model(article, evidence="none")
    gained = _log_density(with_it)(point) - _log_density(without)(point)
    h = {name: float(np.exp(point[f"{name}_hazard"])) for name in ("collapse", "seating", "hor", "gnc")}
    h["collapse"] *= float(np.exp(point["collapse_executive"]))
    past = _past_strength(np, {key: np.array([value]) for key, value in point.items()}, 16)[16][0]
    spread = np.log(9.0) / (2 * stats.norm.ppf(0.95))
    expected = (
        np.log1p(-point["train_hold"])
        + np.log(point["capture_share"])
        - 2 * h["hor"]
        - 2.4 * (h["collapse"] + h["seating"])
        - 2.4 * h["gnc"]
        + np.log(point["parallel_origin"])
        + stats.norm.logpdf(np.log(300.0), np.log(past), np.hypot(spread, 4 * point["isis_noise"]))
    )
    assert gained == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("evidence", available())
def test_the_model_has_a_node_for_every_quantity_and_item(article, evidence):
    model = forecast.build_model(article, evidence=evidence)
    free = {variable.name for variable in model.free_RVs}
    assert set(Parameters._fields) <= free
    assert free - set(Parameters._fields) <= {"report_bias", "class_spread", "class_offset"}
    assert [variable.name for variable in model.observed_RVs] == [item.name for item in load_evidence(evidence).items]
    for name, dims in model.named_vars_to_dims.items():
        assert all(dim in model.coords for dim in dims), name
    assert model.evidence.name == evidence


def test_what_is_no_prior_set_is_refused():
    with pytest.raises(forecast.errors.InvalidArgument, match="PriorSet"):
        forecast.build_model({"isis_fighters": 1})


@pytest.mark.parametrize("evidence", available())
def test_an_item_is_linked_to_what_it_says_it_informs(article, evidence):
    model = forecast.build_model(article, evidence=evidence)
    for item in model.evidence.items:
        linked = free_above(model, [model[item.name]]) & set(article)
        assert linked == set(item.informs), item.name


def test_the_graph_of_the_model_can_be_read(article):
    """Graphviz gets a node for every item and quantity, and an arrow from each quantity to each item it informs."""
    graphviz = pytest.importorskip("graphviz")
    import pymc as pm

    model = forecast.build_model(article, evidence="article+reference")
    items = [item.name for item in model.evidence.items]
    graph = pm.model_to_graphviz(model, var_names=items)
    assert isinstance(graph, graphviz.Digraph)
    for item in model.evidence.items:
        for quantity in item.informs:
            assert re.search(rf'"?{quantity}"? -> "?{item.name}"?', graph.source), (quantity, item.name)
    assert "reference_class" in graph.source
    assert "blowback_hazard" not in graph.source
