"""A formula as one Op: the values, derivatives and densities of the graph that is written out, faster to compile."""

import pickle

import numpy as np
import pytest
import xarray as xr

import forecast
from forecast import likelihood
from forecast.cache import graph_hash
from forecast.densities import log_densities
from forecast.libya.state import Parameters
from forecast.libya.world import LIBYA
from forecast.likelihood import levels_before

# PyMC and PyTensor are imported in the tests that need them: they take a second.

STRENGTH = LIBYA.recorded_readings["isis_fighters"]

READ = (
    "isis_fighters",
    "isis_growth",
    "recruit_foreign",
    "disorder_recruitment",
    "isis_ceiling",
    "local_resistance",
    "diversion",
    "isis_inflow",
    "inflow_fallback",
)
"""What the path depends on."""


@pytest.fixture(scope="module")
def worlds(article):
    drawn = article.sample(1000, seed=12)
    return {name: drawn[name].values for name in READ}


def past_strength(xp, parameters, months):
    return levels_before(xp, STRENGTH, parameters, months)


def _path(months):
    return lambda xp, parameters: past_strength(xp, parameters, months)


def _scalars():
    import pytensor.tensor as pt

    return {name: pt.dscalar(name) for name in READ}


def _over_draws(outputs, scalars, worlds, mode="FAST_COMPILE"):
    """Evaluate expressions of scalars at all draws at once."""
    import pytensor
    from pytensor.graph.replace import vectorize_graph

    batch = {scalar: scalar.type.clone(shape=(None,))() for scalar in scalars.values()}
    function = pytensor.function(list(batch.values()), vectorize_graph(outputs, batch), mode=mode)
    return function(*worlds.values())


def test_the_op_reads_what_the_formula_reads():
    from forecast.path_op import one_op

    node = one_op(_path(2), dict.fromkeys(Parameters._fields, 0.5) | _scalars()).owner
    assert {scalar.name for scalar in node.inputs[0].owner.inputs} == set(READ)


@pytest.mark.parametrize("months", [0, 1, 16])
def test_values_are_those_of_the_one_definition(worlds, months):
    from forecast.path_op import one_op

    scalars = _scalars()
    if months == 0:
        worlds = {name: worlds[name] for name in READ[:1]}
        scalars = {name: scalars[name] for name in worlds}
    (values,) = _over_draws([one_op(_path(months), scalars)], scalars, worlds)
    assert values.shape == (1000, months + 1)
    np.testing.assert_allclose(values, np.stack(past_strength(np, worlds, months), axis=-1), rtol=1e-15)


@pytest.mark.slow
def test_derivatives_are_those_of_the_graph_that_is_written_out(worlds):
    """In every world of a thousand, for a sum of months whose weights differ."""
    import pytensor
    import pytensor.tensor as pt

    from forecast.path_op import one_op

    months = 16
    weights = np.linspace(-1.0, 2.0, months + 1)
    vectors = {name: pt.dvector(name) for name in READ}
    path = past_strength(pt, vectors, months)
    written = sum(weight * pt.log(strength).sum() for weight, strength in zip(weights, path, strict=True))
    # Its sums of more than 32 terms cannot run in Python when they are fused into one.
    mode = pytensor.compile.mode.get_mode("FAST_COMPILE").excluding("canonicalize")
    theirs = pytensor.function([*vectors.values()], pytensor.grad(written, [*vectors.values()]), mode=mode)
    scalars = _scalars()
    total = (weights * pt.log(one_op(_path(months), scalars))).sum()
    ours = _over_draws(pytensor.grad(total, [*scalars.values()]), scalars, worlds)
    for name, one, other in zip(READ, ours, theirs(*worlds.values()), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12 * np.abs(other).max(), err_msg=name)


def test_derivatives_are_those_of_small_differences(worlds):
    import pytensor.tensor as pt
    from pytensor.gradient import verify_grad

    from forecast.path_op import one_op

    scale = {name: values.std() for name, values in worlds.items()}

    def log_strength(steps):
        moved = {name: float(values[0]) + scale[name] * steps[n] for n, (name, values) in enumerate(worlds.items())}
        return pt.log(one_op(_path(3), moved))

    rng = np.random.default_rng(3)
    for _ in range(2):
        verify_grad(log_strength, [rng.normal(0.0, 0.2, len(READ))], rng=rng, mode="FAST_COMPILE")


def test_a_derivative_can_be_differentiated_again():
    import pytensor
    import pytensor.tensor as pt

    from forecast.path_op import one_op

    x = pt.dscalar("x")
    value = one_op(lambda xp, known: [xp.exp(known["x"]) * xp.sqrt(xp.maximum(known["x"], 1.0))], {"x": x})
    second = pytensor.grad(pytensor.grad(value[0], x), x)
    at = 1.7
    expected = np.exp(at) * (np.sqrt(at) + at**-0.5 - 0.25 * at**-1.5)
    assert second.eval({x: at}, mode="FAST_COMPILE") == pytest.approx(expected, rel=1e-13)


def test_at_a_tie_the_derivative_is_pytensors():
    import pytensor
    import pytensor.tensor as pt

    from forecast.path_op import one_op

    def formula(xp, known):
        a, b = known["a"], known["b"]
        return [3.0 * xp.minimum(a, b), 5.0 * xp.maximum(a, b), 7.0 * xp.maximum(a, 2.0), 11.0 * xp.minimum(2.0, b)]

    a, b = pt.dscalar("a"), pt.dscalar("b")
    for given in ((2.0, 2.0), (1.0, 3.0), (3.0, 1.0)):
        ours = pytensor.grad(one_op(formula, {"a": a, "b": b}).sum(), [a, b])
        theirs = pytensor.grad(sum(formula(pt, {"a": a, "b": b})), [a, b])
        values = pytensor.function([a, b], [*ours, *theirs], mode="FAST_COMPILE")(*given)
        assert values[:2] == values[2:], given


LEFT_ASIDE = {
    "a root": (lambda xp, x: xp.where(x > 0.0, xp.sqrt(x), 0.0), lambda x: 0.5 * x**-0.5 if x > 0.0 else 0.0),
    "a logarithm": (
        lambda xp, x: xp.where(x > 0.0, x * xp.log(x), 0.0),
        lambda x: np.log(x) + 1.0 if x > 0.0 else 0.0,
    ),
    "a quotient": (lambda xp, x: xp.where(x == 0.0, 1.0, 1.0 / x), lambda x: -1.0 / x**2 if x else 0.0),
    "a lesser": (
        lambda xp, x: xp.minimum(1.0, xp.exp(800.0 * x)),
        lambda x: 800.0 * np.exp(800.0 * x) if x < 0.0 else 0.0,
    ),
    "a greater": (
        lambda xp, x: xp.maximum(-1.0, -x * xp.exp(800.0 * x)),
        lambda x: -(1.0 + 800.0 * x) * np.exp(800.0 * x) if x < 0.5 else 0.0,
    ),
}


@pytest.mark.parametrize("name", LEFT_ASIDE)
@pytest.mark.parametrize("mode", ["FAST_COMPILE", "NUMBA"])
def test_what_a_choice_leaves_aside_has_the_derivative_zero(name, mode):
    """A chain goes where a root is no number and a power is infinite, and must find its way back."""
    import pytensor
    import pytensor.tensor as pt

    from forecast.path_op import one_op

    formula, slope = LEFT_ASIDE[name]
    x = pt.dscalar("x")
    value = one_op(lambda xp, known: [formula(xp, known["x"])], {"x": x})[0]
    found = pytensor.function([x], pytensor.grad(value, x), mode=mode)
    for at in (-1.0, 0.0, 1.0, 2.0):
        assert found(at) == pytest.approx(slope(at), rel=1e-13), at


def test_machine_code_gives_what_numpy_gives(worlds):
    """Draw by draw as samplers ask, and over draws; object mode would warn, and warnings are errors."""
    import pytensor
    import pytensor.tensor as pt

    from forecast.path_op import one_op

    scalars, few = _scalars(), {name: values[:20] for name, values in worlds.items()}
    path = one_op(_path(2), scalars)
    outputs = [path, *pytensor.grad(pt.log(path).sum(), [*scalars.values()])]
    expected = _over_draws(outputs, scalars, few)
    together = _over_draws(outputs, scalars, few, mode="NUMBA")
    one = pytensor.function([*scalars.values()], outputs, mode="NUMBA", trust_input=True)
    singly = [one(*(np.asarray(values[draw]) for values in few.values())) for draw in range(20)]
    for place, numbers in enumerate(expected):
        tolerance = {"rtol": 1e-12, "atol": 1e-13 * np.abs(numbers).max()}
        np.testing.assert_allclose(together[place], numbers, **tolerance)
        np.testing.assert_allclose([results[place] for results in singly], numbers, **tolerance)


def test_axes_of_chains_and_draws_and_of_nothing():
    import pytensor
    import pytensor.tensor as pt

    from forecast.path_op import _Recorded, one_op

    op = one_op(lambda xp, known: [known["a"] / known["b"]], {"a": pt.dscalar(), "b": pt.dscalar()}).owner.op
    assert isinstance(op, _Recorded)
    x = pt.dtensor3("x")
    function = pytensor.function([x], [op(x), op(x).shape], mode="FAST_COMPILE")
    for shape in ((2, 1500, 2), (0, 3, 2)):
        given = np.random.default_rng(1).random(shape)
        values, dims = function(given)
        assert values.shape == tuple(dims) == (*shape[:2], 1)
        np.testing.assert_array_equal(values[..., 0], given[..., 0] / given[..., 1])


def test_a_path_is_told_from_another_by_its_steps():
    import pymc as pm
    import pytensor.tensor as pt

    from forecast.path_op import _compiled, one_op

    def model(months):
        with pm.Model() as built:
            nodes = {name: pm.Normal(name) for name in READ}
            pm.Potential("path", likelihood._log_levels(pt, STRENGTH, nodes, [months])[0])
        return built

    assert graph_hash(model(16)) == graph_hash(model(16))
    assert graph_hash(model(16)) != graph_hash(model(15))
    ops = [one_op(_path(months), _scalars()).owner.op for months in (15, 16, 16)]
    assert ops[0] != ops[1]
    assert ops[1] == ops[2]
    assert hash(ops[1]) == hash(ops[2])
    keys = [_compiled(op)[1] for op in ops]
    assert keys[0] != keys[1]
    assert keys[1] == keys[2]


def test_an_op_that_has_run_can_be_pickled():
    from forecast.path_op import one_op

    scalars = _scalars()
    path = one_op(_path(4), scalars)
    point = dict(zip(scalars.values(), (3000.0, 0.1, 0.6, 0.5, 6000.0, 0.05, -0.5, 40.0, 0.2), strict=True))
    before = path.eval(point, mode="FAST_COMPILE")
    copied = pickle.loads(pickle.dumps(path.owner.op))
    assert copied == path.owner.op
    after = copied(path.owner.inputs[0]).eval(point, mode="FAST_COMPILE")
    np.testing.assert_array_equal(after, before)


@pytest.mark.slow
def test_the_density_of_every_item_is_that_of_the_graph_that_is_written_out(article, monkeypatch):
    import pytensor.tensor as pt

    def written_out(_, reading, parameters, months):
        path = past_strength(pt, parameters, max(months))
        return pt.log(pt.stack([path[month] for month in months]))

    drawn = article.sample(100, seed=4)
    own = {name: (("chain", "draw"), drawn[name].values.reshape(1, 100)) for name in article}
    own["report_bias"] = (("chain", "draw"), np.linspace(-2.0, 2.0, 100).reshape(1, 100))
    given = xr.Dataset(own, coords={"chain": [0], "draw": np.arange(100)})
    ours = log_densities(forecast.build_model(article, evidence="article+reports"), given)
    monkeypatch.setattr(likelihood, "_log_levels", written_out)
    theirs = log_densities(forecast.build_model(article, evidence="article+reports"), given)
    for one, other in zip(ours, theirs, strict=True):
        xr.testing.assert_allclose(one, other, rtol=1e-12)
