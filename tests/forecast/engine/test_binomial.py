"""Binomial counts, against SciPy's and on every backend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecast.engine import backends, layout
from forecast.engine.elementary import MOST_TRIALS, binomial_ppf
from forecast.engine.formula import formula_of
from forecast.engine.program import record
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.options import Option
from forecast.schema import Variable
from forecast.world import World
from tests.forecast.engine.thresholds import partings_of

TRIALS = np.array([0, 1, 2, 3, 5, 10, 50, 99, 100, 201, 202, 500, 1000, 10_000, 1e5, 1e6])
CHANCES = np.array([1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.3, 0.49, 0.5])
LEVELS = np.array([1e-12, 1e-9, 1e-6, 1e-3, 0.05, 0.5, 0.95, 0.999, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12])


def of(uniform, trials, chance):
    return binomial_ppf(*(np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in (uniform, trials, chance)))


def expected_where_it_differs(found, uniform, trials, chance, *, within):
    """Compare with SciPy; what differs must be decided by rounding, and is returned."""
    expected = np.maximum(stats.binom.ppf(uniform, trials, chance), 0.0)
    differ = found != expected
    lower = np.minimum(found, expected)
    for edge in (
        stats.binom.cdf(lower, trials, chance),
        stats.binom.cdf(np.maximum(found, expected) - 1.0, trials, chance),
    ):
        assert (np.abs(edge - uniform)[differ] < within).all()
    return np.abs(found - expected)


def test_quantiles_are_those_of_scipy_over_a_wide_grid():
    chances = np.concatenate([CHANCES, 1.0 - CHANCES[:-1]])
    levels = np.concatenate([LEVELS, np.random.default_rng(1).random(60)])
    n, p, u = (part.ravel() for part in np.meshgrid(TRIALS, chances, levels, indexing="ij"))
    off = expected_where_it_differs(binomial_ppf(u, n, p), u, n, p, within=3e-14)
    # In the far tails of a million trials one count more is 1e-14 of the probability.
    assert off.max() <= 2
    assert (off > 0).sum() <= 15
    assert not off[(u > 1e-7) & (u < 1 - 1e-7) & (n > 5)].any()


def test_at_the_jumps_one_off_at_most():
    """Exactly at a value of the distribution function, and one unit in the last place to either side."""
    n, p = (
        part.ravel() for part in np.meshgrid([3.0, 40.0, 400.0, 20_000.0], [0.003, 0.2, 0.5, 0.6, 0.97], indexing="ij")
    )
    count = np.floor(n * p + np.sqrt(n * p * (1 - p)) * np.linspace(-2, 2, 9)[:, None]).clip(0, n - 1)
    edge = stats.binom.cdf(count, n, p)
    n, p, count, edge = (np.broadcast_to(part, count.shape).ravel()[edge.ravel() < 1] for part in (n, p, count, edge))
    for level in (edge, np.nextafter(edge, 0.0), np.nextafter(edge, 1.0)):
        assert set(np.unique(binomial_ppf(level, n, p) - count)) <= {0.0, 1.0}
    assert (binomial_ppf(edge * (1 - 1e-11), n, p) == count).all()
    assert (binomial_ppf(np.minimum(edge * (1 + 1e-11), 1 - 1e-16), n, p) == count + 1).mean() > 0.95


def test_a_thousand_million_trials():
    n, u = np.full(12, 1e9), np.random.default_rng(2).random(12)
    p = np.array([1e-9, 3e-8, 5e-7, 1e-5, 1e-4, 0.001, 0.01, 0.3, 0.5, 0.7, 0.999, 1 - 1e-8])
    assert expected_where_it_differs(binomial_ppf(u, n, p), u, n, p, within=1e-9).max() <= 1


def test_both_ends_are_exact():
    u = np.array([1e-300, 2.0**-53, 0.3, 0.5, 1 - 2.0**-53])
    for n in (0.0, 1.0, 7.0, 300.0, 1e6, MOST_TRIALS):
        assert (of(u, np.full(5, n), np.zeros(5)) == 0.0).all()
        assert (of(u, np.full(5, n), np.ones(5)) == n).all()
        assert (of(np.zeros(3), np.full(3, min(n, 1e6)), [0.0, 0.6, 1.0]) == 0.0).all()
    # A coin: heads where the uniform is above a half.
    assert of([0.5, 0.5000001], [1, 1], [0.5, 0.5]).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("uniform", "trials", "chance"),
    [
        (0.5, 2.5, 0.5),
        (0.5, -1.0, 0.5),
        (0.5, np.nan, 0.5),
        (0.5, np.inf, 0.5),
        (0.5, 2.0 * MOST_TRIALS, 0.5),
        (0.5, 10.0, -1e-300),
        (0.5, 10.0, 1.0000000000000002),
        (0.5, 10.0, np.nan),
        (0.5, 10.0, np.inf),
        (np.nan, 10.0, 0.5),
        (1.0, 10.0, 0.5),
        (-0.1, 10.0, 0.5),
    ],
)
def test_what_has_no_quantile(uniform, trials, chance):
    found = of([uniform, 0.5], [trials, 10.0], [chance, 0.5])
    assert np.isnan(found[0])
    assert found[1] == 5.0


uniforms = st.floats(0.0, 1.0, exclude_max=True)
trials_of_any_size = st.one_of(st.integers(0, 400), st.integers(0, 200_000))


@given(st.lists(uniforms, min_size=2, max_size=40), trials_of_any_size, st.floats(0.0, 1.0))
def test_a_higher_uniform_never_gives_a_lower_count(levels, trials, chance):
    found = of(sorted(levels), np.full(len(levels), trials), np.full(len(levels), chance))
    assert (np.diff(found) >= 0).all()
    assert found[0] >= 0
    assert found[-1] <= trials
    assert (found == np.rint(found)).all()


@pytest.mark.slow
@given(uniforms, trials_of_any_size, st.floats(0.0, 1.0))
def test_a_count_does_not_depend_on_its_neighbours(uniform, trials, chance):
    alone = of(uniform, trials, chance)
    among = of([0.999, uniform, 1e-9, 0.2], [150_000, trials, 300, 4], [0.4, chance, 0.7, 0.5])
    assert among[1] == alone[0]


# Backends


@pytest.fixture(scope="module")
def epidemic():
    """Susceptible persons fall ill and recover, whole persons all of them."""

    def origin(beliefs, luck):
        return {"well": beliefs.persons, "ill": beliefs.ill, "new": 0.0}

    def month(xp, state, levers, beliefs, luck, time):
        risk = 1.0 - xp.exp(-beliefs.contact * state.ill / (state.well + state.ill + 1.0))
        new = xp.binomial_ppf(luck.fall, state.well, risk)
        over = xp.binomial_ppf(luck.heal, state.ill, beliefs.heal)
        return {"well": state.well - new, "ill": state.ill + new - over, "new": new}

    return World(
        name="epidemic",
        date="2020-01-31",
        origin=origin,
        month=month,
        states={name: Variable("persons", "", "count") for name in ("well", "ill", "new")},
        parameters=("persons", "ill", "contact", "heal"),
        levers=(),
        shocks={"fall": "uniform", "heal": "uniform"},
    )


def run(world, backend, beliefs, steps=8):
    worlds = beliefs.shape[1]
    out = layout.empty(world, 1, steps, worlds)
    shocks, first = draw_shocks(world, 3, steps, 0, worlds), origin_shocks(world, 3, 0, worlds)
    backends.load(backend)(world, (Option("nothing"),), beliefs, shocks, first, start=0, out=out)
    return {name: array[0] for name, array in layout.named(world, out).items()}


@pytest.fixture(scope="module")
def beliefs():
    rng = np.random.default_rng(4)
    persons = np.rint(np.exp(rng.uniform(0, np.log(1e6), 403)))
    return np.array([persons, np.rint(persons * 0.01) + 1.0, rng.lognormal(0, 1, 403), rng.uniform(0, 1, 403)])


@pytest.mark.slow
def test_numba_has_the_bits_of_numpy_and_jax_the_counts(epidemic, beliefs):
    ours, same = (run(epidemic, backend, beliefs) for backend in ("numpy", "numba"))
    for name in ours:
        np.testing.assert_array_equal(same[name], ours[name], err_msg=name)
        assert np.ptp(ours[name]) > 100_000, name
        assert ours[name].min() >= 0
    np.testing.assert_array_equal(ours["well"] + np.cumsum(ours["new"], axis=1), np.tile(beliefs[0], (9, 1)).T)
    pytest.importorskip("jax")
    found = partings_of(epidemic, (Option("nothing"),), beliefs, steps=8, seed=3)
    assert not [one for one in found if not one.by]
    assert len(found) < 5


def quantile(kind="continuous"):
    return World(
        name="quantile",
        date="2020-01-31",
        origin=lambda beliefs, luck: {"seen": 0.0},
        month=lambda xp, state, levers, b, luck, time: {"seen": xp.binomial_ppf(b.uniform, b.trials, b.chance)},
        states={"seen": Variable("1", "", kind)},
        parameters=("uniform", "trials", "chance"),
        levers=(),
        shocks={},
    )


@pytest.mark.slow
def test_every_kind_of_number_on_every_backend():
    odd = [np.nan, np.inf, -np.inf, -1.0, -0.0, 0.0, 1e-300, 0.5, 1.0, 2.5, 3.0, 300.0, 1e5, 1e13]
    chances = [np.nan, -0.1, 0.0, 1e-300, 1e-9, 0.2, 0.5, np.nextafter(0.5, 1), 0.9, 1 - 1e-9, 1.0, 1.1]
    levels = [np.nan, -0.1, 0.0, 5e-324, 2.0**-53, 1e-12, 0.3, 0.5, 1 - 1e-12, 1 - 2.0**-53, 1.0]
    given = np.array([part.ravel() for part in np.meshgrid(levels, odd, chances, indexing="ij")])
    ours, same = (run(quantile(), backend, given, steps=1)["seen"][:, 1] for backend in ("numpy", "numba"))
    np.testing.assert_array_equal(same, ours)
    assert 0.4 < np.isnan(ours).mean() < 0.9
    pytest.importorskip("jax")
    near = run(quantile(), "jax", given, steps=1)["seen"][:, 1]
    np.testing.assert_array_equal(np.isnan(near), np.isnan(ours))
    known = ~np.isnan(ours)
    # Beyond what a uniform of 53 bits is, quantiles are those of the last rounding.
    inside = known & (given[0] > 1e-15) & (given[0] < 1 - 1e-15)
    np.testing.assert_array_equal(near[inside], ours[inside])


def test_it_reads_as_a_formula():
    program = record(lambda xp, given: [xp.binomial_ppf(given("u", 0), given("n", 0), 0.25)])
    names = {place: step.operands[0] for place, step in enumerate(program.steps) if step.operation == "input"}
    assert formula_of(program, program.results[0], names=names).text == "binomial(u, n, 0.25)"
