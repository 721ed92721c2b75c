"""Counts and codes that are none: marked alike by every backend, and counted as failed worlds, never wrapped."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

import forecast
from forecast.diagnostics.fit_gates import judge_fit
from forecast.engine import backends, layout
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.errors import InvalidArgument
from forecast.libya.outcomes import STATES
from forecast.libya.world import LIBYA
from forecast.options import Option
from forecast.outcomes.dataset import read_states
from forecast.outcomes.derive import derive
from forecast.runs.run import _whole
from forecast.schema import GREATEST, NO_NUMBER, Variable
from forecast.summary.kernels import Kernels, compiled, count_numbers, count_wholes
from forecast.summary.layout import LEVELS
from forecast.summary.summary import Summary
from forecast.world import World
from tests.forecast.summary.makings import bits

STEPS, NAN, INF = 2, np.nan, np.inf


@pytest.fixture(scope="module")
def world():
    """Counts of any rate, and a count and a code that are whatever is believed."""

    def origin(beliefs, luck):
        return {"seen": 0.0, "told": beliefs.told, "mark": beliefs.code}

    def month(xp, state, levers, beliefs, luck, time):
        return origin(beliefs, luck) | {"seen": xp.poisson_ppf(luck.seen, beliefs.rate)}

    kinds = {"seen": "count", "told": "count", "mark": "code"}
    return World(
        name="counts",
        date="2020-01-31",
        origin=origin,
        month=month,
        states={name: Variable("1", "", kind) for name, kind in kinds.items()},
        parameters=("rate", "told", "code"),
        levers=(),
        shocks={"seen": "uniform"},
    )


def run(world, backend, *, rate=1.0, told=0.0, code=0.0):
    beliefs = np.array(np.broadcast_arrays(np.atleast_1d(rate), told, code), dtype=np.float64)
    worlds = beliefs.shape[1]
    out = layout.empty(world, 1, STEPS, worlds)
    shocks, first = draw_shocks(world, 3, STEPS, 0, worlds), origin_shocks(world, 3, 0, worlds)
    if backend == "jax":
        pytest.importorskip("jax")
    backends.load(backend)(world, (Option("nothing"),), beliefs, shocks, first, start=0, out=out)
    return {name: array[0] for name, array in layout.named(world, out).items()}, shocks[0].T


TOP = 2.0**31

TOLD = {
    0.0: 0,
    -0.4: 0,
    0.5: 0,
    1.5: 2,
    2.5: 2,
    32_768.0: 32_768,
    50_000.0: 50_000,
    TOP - 1.0: 2**31 - 1,
    TOP - 0.6: 2**31 - 1,
    TOP: NO_NUMBER,
    4e9: NO_NUMBER,
    1e300: NO_NUMBER,
    INF: NO_NUMBER,
    -INF: NO_NUMBER,
    NAN: NO_NUMBER,
    -0.6: NO_NUMBER,
    -7.0: NO_NUMBER,
    -TOP - 5.0: NO_NUMBER,
}

CODES = {
    0.0: 0,
    2.0: 2,
    127.0: 127,
    **dict.fromkeys((128.0, 256.0, 258.0, -1.0, -2.0, -129.0, 1.5, 1e-300, 1e300, INF, -INF, NAN), NO_NUMBER),
}


@pytest.mark.parametrize("backend", backends.BACKENDS)
def test_what_is_no_count_is_marked_and_nothing_wraps(world, backend):
    kept, _ = run(world, backend, told=list(TOLD))
    assert kept["told"].dtype == np.int32
    np.testing.assert_array_equal(kept["told"], np.tile(list(TOLD.values()), (STEPS + 1, 1)).T)


@pytest.mark.parametrize("backend", backends.BACKENDS)
def test_what_is_no_code_is_marked_and_nothing_wraps(world, backend):
    kept, _ = run(world, backend, code=list(CODES))
    assert kept["mark"].dtype == np.int8
    np.testing.assert_array_equal(kept["mark"], np.tile(list(CODES.values()), (STEPS + 1, 1)).T)


@pytest.mark.parametrize("backend", backends.BACKENDS)
def test_counts_of_large_rates(world, backend):
    rates = np.array([0.0, 3.0, 50_000.0, 1e6, 2e7, 1.1e12, 1e15, INF, NAN, -1.0])
    kept, uniform = run(world, backend, rate=rates)
    expected = stats.poisson.ppf(uniform, rates[:, None])
    expected[5:] = NO_NUMBER
    # Where a quantile is decided by rounding it may be the next one.
    assert (np.abs(kept["seen"][:, 1:] - expected) <= (rates == 2e7)[:, None]).all()


# Whole runs


@pytest.fixture(scope="module")
def outcomes(article):
    return forecast.simulate(article, evidence="none", options=["airstrikes"], worlds=40, months=4, progress=False)


def marked(outcomes, name="factional_clashes"):
    """Outcomes in which a state is no number in two of the worlds."""
    states = outcomes[name].copy(deep=True)
    states[0, 5, 2:] = states[0, 7, 3] = NO_NUMBER
    changed = outcomes.assign({name: states})
    for name, values in derive(LIBYA, states_in(changed)).items():
        changed[name].values = values
    return changed


def states_in(outcomes):
    return {name: outcomes[name].values for name in STATES}


@pytest.mark.parametrize("name", ["factional_clashes", "sirte"])
def test_the_gate_tells(outcomes, name):
    one = next(gate for gate in judge_fit(None, marked(outcomes, name)) if gate.name == "failed_worlds")
    assert (one.passed, one.value) == (False, 2.0)
    assert f"2 of 40 worlds: {name}" in one.evidence
    assert next(gate for gate in judge_fit(None, outcomes) if gate.name == "failed_worlds").passed


@pytest.mark.parametrize("name", ["factional_clashes", "sirte"])
def test_what_is_compared_leaves_failed_worlds_out(outcomes, name):
    assert _whole(marked(outcomes, name))["world"].values.tolist() == [w for w in range(40) if w not in (5, 7)]
    assert _whole(outcomes) is outcomes


def test_a_total_over_a_path_with_a_mark_is_not_a_value(outcomes):
    changed = marked(outcomes)
    total, before = changed["clashes_total"].values[0], outcomes["clashes_total"].values[0]
    assert np.flatnonzero(np.isnan(total)).tolist() == [5, 7]
    np.testing.assert_array_equal(np.delete(total, [5, 7]), np.delete(before, [5, 7]))
    with pytest.raises(InvalidArgument, match="clashes_total is missing in 2 of 40 worlds"):
        forecast.utility(changed, "balanced")


def test_states_with_a_mark_are_not_read(outcomes):
    with pytest.raises(InvalidArgument, match="factional_clashes is missing in 2 of 40 worlds"):
        read_states(marked(outcomes), ["factional_clashes"])
    assert read_states(outcomes, ["factional_clashes"])["factional_clashes"].dtype == np.int32


# Reduced runs


@pytest.fixture(scope="module")
def kernels():
    return compiled()


def summed(states, kernels=None):
    """Summarise states of shape (option, month, world), with the outcomes that follow."""
    return Summary.of(LIBYA, states, {}, kernels=kernels)


def test_a_reduced_run_counts_the_same_worlds(outcomes, kernels):
    for name in ("factional_clashes", "sirte"):
        changed = marked(outcomes, name)
        states = {n: np.ascontiguousarray(np.moveaxis(array, 1, 2)) for n, array in states_in(changed).items()}
        totals = {"clashes_total": changed["clashes_total"].values}
        made = [Summary.of(LIBYA, states, totals, kernels=one) for one in (None, kernels)]
        assert bits(made[0]) == bits(made[1])
        assert made[0].failed == 2
        table = made[0].states[name].tables(LEVELS)
        for suffix, array in table.items():
            # The mark spoils what it is in, and nothing else.
            assert np.isnan(array[0, 2:]).all(), suffix
            assert np.isfinite(array[0, :2]).all(), suffix
        assert Summary.of(LIBYA, states, {}).merge(Summary.of(LIBYA, states, {})).failed == 4


def large(seed, worlds=300):
    rng = np.random.default_rng(seed)
    values = np.exp(rng.uniform(0, np.log(2.0**31), (2, 3, worlds))).astype(np.int32)
    values[0, 0] = rng.poisson(50_000, worlds)
    values[0, 1] = rng.poisson(3.0, worlds)
    values[1, 2, :3] = 2**31 - 1, 65_535, 65_536
    return values


def test_large_counts_have_exact_means_and_near_quantiles(kernels):
    values = large(1)
    made = summed({"oil_raids": values})
    table = made.states["oil_raids"].tables(LEVELS)
    for option in range(2):
        for month in range(3):
            row = [Fraction(int(value)) for value in values[option, month]]
            mean = sum(row) / len(row)
            spread = float(sum((value - mean) ** 2 for value in row) / (len(row) - 1)) ** 0.5
            assert table[""][option, month] == pytest.approx(float(mean), rel=1e-15)
            assert table["_sd"][option, month] == pytest.approx(spread, rel=1e-12)
            quantiles = np.quantile(values[option, month], LEVELS)
            exact = values[option, month].max() <= 65_535
            np.testing.assert_allclose(table["_quantile"][option, month], quantiles, rtol=0 if exact else 1 / 256)
    assert made.failed == 0
    assert made.states["oil_raids"].sketch.outside == 0
    assert bits(summed({"oil_raids": values}, kernels)) == bits(made)
    assert bits(summed({"oil_raids": values[..., :9]}, Kernels(count_numbers, count_wholes))) == bits(
        summed({"oil_raids": values[..., :9]})
    )


def test_large_counts_leave_no_trace_of_their_grouping():
    values = large(2)
    at_once = summed({"oil_raids": values})
    parts = [summed({"oil_raids": part}) for part in np.split(values, [1, 40, 250], axis=2)]
    backwards = parts[3].merge(parts[2]).merge(parts[1]).merge(parts[0])
    assert bits(backwards) == bits(at_once)


def test_totals_whose_squares_no_64_bits_hold(kernels):
    rng = np.random.default_rng(3)
    totals = np.floor(rng.uniform(1e9, 5e10, (2, 200)))
    totals[1, 7] = np.nan
    made = Summary.of(LIBYA, {}, {"clashes_total": totals[:, :100]}, kernels=kernels)
    made.merge(Summary.of(LIBYA, {}, {"clashes_total": totals[:, 100:]}))
    table = made.outcomes["clashes_total"].tables(LEVELS)
    known = np.delete(totals[1], 7)
    assert table["_known"].tolist() == [200, 199]
    for option, row in enumerate((totals[0], known)):
        assert table[""][option] == pytest.approx(row.mean(), rel=1e-14)
        assert table["_sd"][option] == pytest.approx(row.std(ddof=1), rel=1e-12)
        np.testing.assert_allclose(table["_quantile"][option], np.quantile(row, LEVELS), rtol=1 / 256)
    differences = np.delete(totals[1] - totals[0], 7)
    assert table["_difference"][1, 0] == pytest.approx(differences.mean(), rel=1e-12)


def test_many_sums_that_fit_one_by_one_and_not_together():
    # Squares of 2^61 each: the fifth granule of one world would wrap.
    value = np.array([[2.0**30.5 // 1]])
    parts = [Summary.of(LIBYA, {}, {"clashes_total": value}) for _ in range(12)]
    for part in parts[1:]:
        parts[0].merge(part)
    assert parts[0].outcomes["clashes_total"].sums.squares[0, 0] == 12 * int(value[0, 0]) ** 2


def test_the_least_and_the_greatest_fit_their_types():
    for kind, greatest in GREATEST.items():
        held = np.iinfo(dataclasses.replace(STATES["sirte"], kind=kind).dtype)
        assert (held.max, held.min < NO_NUMBER < 0) == (greatest, True)
