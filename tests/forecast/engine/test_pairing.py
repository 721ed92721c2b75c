"""Same seed, same worlds, bit for bit, whatever else changes. These come first: everything rests on them."""

import numpy as np
import pytest
import xarray as xr

import forecast
from forecast.engine.draws import source_of
from forecast.engine.job import Job, run_chunk
from forecast.engine.layout import empty, named
from forecast.engine.runner import chunks, in_order
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.libya.outcomes import STATES
from forecast.libya.state import Parameters, Shocks
from forecast.libya.world import LIBYA
from forecast.options import Condition, Option, Phase, Trigger
from priors.streams import keyed_normals, keyed_uniforms

BLOCK = 1024
MONTHS, WORLDS = 8, 2 * BLOCK + 37


def _same(left, right):
    """Identical data, bit for bit; provenance may differ."""
    xr.testing.assert_equal(left, right)
    for name in left.variables:
        # Names of fewer options may be shorter.
        assert left.variables[name].dtype == right.variables[name].dtype or name == "option"


@pytest.fixture(scope="module")
def full(article):
    return forecast.simulate(article, evidence="none", months=MONTHS, worlds=WORLDS, seed=9, progress=False)


@pytest.mark.parametrize("draw", [keyed_uniforms, keyed_normals])
def test_a_draw_depends_on_seed_channel_world_and_row_only(draw):
    whole = draw(3, "a", 0, 3 * BLOCK + 5, rows=4)
    np.testing.assert_array_equal(draw(3, "a", 0, 3 * BLOCK + 5, rows=4), whole)
    np.testing.assert_array_equal(draw(3, "a", 0, 10, rows=4), whole[:, :10])
    np.testing.assert_array_equal(draw(3, "a", 0, 3 * BLOCK + 5, rows=2), whole[:2])
    np.testing.assert_array_equal(draw(3, "a", 1000, 2100, rows=3), whole[:3, 1000:2100])
    assert not np.array_equal(draw(4, "a", 0, 10), whole[:1, :10])
    assert not np.array_equal(draw(3, "b", 0, 10), whole[:1, :10])


def test_blocks_do_not_repeat_one_another():
    drawn = keyed_uniforms(1, "a", 0, 4 * BLOCK)[0].reshape(4, BLOCK)
    assert np.abs(np.corrcoef(drawn) - np.eye(4)).max() < 5 / np.sqrt(BLOCK)
    assert ((drawn > 0) & (drawn < 1)).all()


def test_the_channels_are_the_named_shocks_and_are_independent():
    shocks = draw_shocks(LIBYA, 1, 2, 0, 4 * BLOCK)
    drawn = np.array([channel.ravel() for channel in shocks])
    assert drawn.shape == (len(Shocks._fields), 8 * BLOCK)
    correlation = np.corrcoef(drawn)
    assert np.abs(correlation - np.eye(len(drawn))).max() < 5 / np.sqrt(8 * BLOCK)
    assert [drawn.shape for drawn in origin_shocks(LIBYA, 1, 0, 7)] == [(7,), (7,)]


def test_same_seed_same_worlds_and_another_seed_other_worlds(article, full):
    _same(forecast.simulate(article, evidence="none", months=MONTHS, worlds=WORLDS, seed=9, progress=False), full)
    other = forecast.simulate(article, evidence="none", months=MONTHS, worlds=WORLDS, seed=10, progress=False)
    assert not np.array_equal(other["isis_fighters"], full["isis_fighters"])


def test_a_subset_of_options_in_any_order_leaves_the_worlds(article, full):
    chosen = ["airstrikes", "no_assistance", "regional_then_national"]
    part = forecast.simulate(
        article, evidence="none", options=chosen, months=MONTHS, worlds=WORLDS, seed=9, progress=False
    )
    _same(part, full.sel(option=chosen))


@pytest.mark.parametrize("worlds", [1, 7, BLOCK, BLOCK + 1])
def test_fewer_worlds_are_the_first_of_more(article, full, worlds):
    part = forecast.simulate(article, evidence="none", months=MONTHS, worlds=worlds, seed=9, progress=False)
    _same(part, full.isel(world=slice(worlds)))


def test_a_shorter_horizon_is_the_start_of_a_longer(article, full):
    part = forecast.simulate(article, evidence="none", months=3, worlds=WORLDS, seed=9, progress=False)
    _same(part, forecast.at(full, month=3))


@pytest.mark.parametrize(
    ("backend", "chunk", "workers"),
    [("numba", 1, 1), ("numba", 100, 3), ("numpy", 100, 2), ("numpy", 4096, 1)],
)
def test_chunks_workers_and_backends_change_nothing(article, full, chunk, workers, backend):
    worlds = 257
    options = tuple(forecast.options.load().values())
    job = Job(source_of(article), options, 9, MONTHS, backend)
    out = empty(LIBYA, len(options), MONTHS, worlds)
    outcomes = {}

    def run(start, stop):
        outcomes[start] = run_chunk(job, start, stop, out=out, at=start)[2]

    ends = [stop for stop, _ in in_order(run, chunks(worlds, chunk), workers=workers)]
    assert ends == [stop for _, stop in chunks(worlds, chunk)]
    for name, states in named(LIBYA, out).items():
        np.testing.assert_array_equal(states, full[name].isel(world=slice(worlds)))
    for name in LIBYA.outcomes:
        derived = np.concatenate([outcomes[start][name] for start in sorted(outcomes)], axis=1)
        np.testing.assert_array_equal(derived, full[name].isel(world=slice(worlds)))


NEVER = Trigger((Condition("integration", at_least=2.0),), {"strikes": 1.0})
NULLS = (
    Option("all_zero", phases=(Phase(dict.fromkeys(LIBYA.levers, 0.0), ramp=4),)),
    Option("never_triggered", triggers=(NEVER,)),
    Option(
        "triggered_to_zero",
        triggers=(Trigger((Condition("isis_fighters", at_least=0.0),), {"strikes": 0.0}),),
    ),
)


@pytest.mark.parametrize("option", NULLS, ids=lambda option: option.name)
def test_an_option_that_changes_nothing_is_no_assistance_bit_for_bit(article, full, option):
    run = forecast.simulate(
        article, evidence="none", options=[option], months=MONTHS, worlds=WORLDS, seed=9, progress=False
    )
    baseline = full.sel(option="no_assistance")
    for name in (*STATES, *LIBYA.outcomes):
        np.testing.assert_array_equal(run[name].isel(option=0), baseline[name])


def test_options_agree_until_they_begin_to_act(article):
    later = forecast.options.parse("ct_assistance + airstrikes from month 5")
    run = forecast.simulate(
        article, evidence="none", options=["ct_assistance", later], months=MONTHS, worlds=500, seed=9, progress=False
    )
    for name in STATES:
        first, second = run[name].isel(option=0), run[name].isel(option=1)
        np.testing.assert_array_equal(first.sel(month=slice(0, 4)), second.sel(month=slice(0, 4)))
    assert not np.array_equal(run["mobilisation"].sel(month=5)[0], run["mobilisation"].sel(month=5)[1])


def test_replacing_one_belief_leaves_the_other_parameters_of_each_world(article, full):
    import priors

    changed = article.replace(war_hazard=priors.elicit("Normal", interval=(-5.0, -3.0), mass=0.9))
    run = forecast.simulate(changed, evidence="none", months=MONTHS, worlds=WORLDS, seed=9, progress=False)
    before, after = forecast.parameters(full), forecast.parameters(run)
    for name in Parameters._fields:
        assert np.array_equal(before[name], after[name]) == (name != "war_hazard")


def test_a_trigger_acts_from_the_month_after_and_for_good(article):
    trigger = Trigger((Condition("council_seated", at_least=1.0),), {"strikes": 1.0})
    option = Option("strike_once_seated", triggers=(trigger,))
    run = forecast.simulate(
        article, evidence="none", options=["no_assistance", option], months=MONTHS, worlds=2000, seed=9, progress=False
    )
    seated = run["council_seated"].sel(option="strike_once_seated").values.cumsum(axis=1) > 0
    quiet = run["mobilisation"].sel(option="strike_once_seated").values <= 0.0
    assert quiet[:, 1:][~seated[:, :-1]].all()
    acting = seated[:, :-1] & (forecast.parameters(run)["mobilisation_footprint"].values > 0)[:, None]
    assert not quiet[:, 1:][acting].any()


# JAX compiles for seconds.
@pytest.mark.parametrize("backend", ["numpy", "numba", pytest.param("jax", marks=pytest.mark.exhaustive)])
def test_a_trigger_waits_for_its_start(article, backend):
    """One whose conditions always hold acts from its start on as levers that begin then."""
    if backend == "jax":
        pytest.importorskip("jax")
    always = (Condition("isis_fighters", at_least=0.0),)
    options = [
        Option("triggered", triggers=(Trigger(always, {"strikes": 1.0}, start=4),)),
        Option("begun", phases=(Phase({"strikes": 1.0}, start=4),)),
        Option("moved", triggers=(Trigger(always, {"strikes": 1.0}),)).from_month(4),
    ]
    run = forecast.simulate(
        article, evidence="none", options=options, months=6, worlds=64, seed=9, backend=backend, progress=False
    )
    for name in STATES:
        for other in (0, 2):
            np.testing.assert_array_equal(run[name][other], run[name][1])
    assert (run["mobilisation"].sel(month=4) > 0).any()
    assert not (run["mobilisation"].sel(month=3) > 0).any()


@pytest.fixture(scope="module")
def fitted(article):
    """A fit in form only: 4 x 25 draws of the article's beliefs."""
    drawn = article.sample(100, seed=77)
    posterior = xr.Dataset(
        {n: (("chain", "draw"), drawn[n].values.reshape(4, 25), drawn[n].attrs) for n in Parameters._fields}
    )
    tree = xr.DataTree.from_dict({"posterior": posterior})
    tree.attrs = {
        "kind": "libya-forecast fit",
        "priors": "article",
        "priors_hash": article.hash,
        "evidence": "article",
        "evidence_hash": "e",
        "key": "k",
    }
    return tree


def test_a_world_takes_all_its_parameters_from_one_draw_of_a_fit(fitted):
    run = forecast.simulate(fitted, options=["training"], months=3, worlds=500, seed=2, progress=False)
    given = forecast.parameters(run)
    posterior = fitted["posterior"]
    flat = {name: posterior[name].values.reshape(-1) for name in Parameters._fields}
    number = {value: index for index, value in enumerate(flat["isis_fighters"])}
    picked = np.array([number[value] for value in given["isis_fighters"].values])
    for name in Parameters._fields:
        np.testing.assert_array_equal(given[name].values, flat[name][picked])
    # 500 picks of 100 draws: about one in e^5 is never picked, and none is picked far too often.
    counts = np.bincount(picked, minlength=100)
    assert (counts > 0).mean() > 0.95
    assert counts.max() < 5 + 5 * np.sqrt(5)
    assert (run.attrs["evidence"], run.attrs["fit"]) == ("article", "k")


def test_worlds_of_a_fit_are_the_same_however_many(fitted):
    more = forecast.simulate(fitted, options=["training"], months=3, worlds=1500, seed=2, progress=False)
    fewer = forecast.simulate(fitted, options=["training"], months=3, worlds=40, seed=2, progress=False)
    _same(fewer, more.isel(world=slice(40)))


# Luck apart from beliefs


def test_no_luck_of_its_own_is_the_luck_of_the_root_seed(article, full):
    _same(
        forecast.simulate(article, evidence="none", months=MONTHS, worlds=WORLDS, seed=9, luck=9, progress=False), full
    )
    assert (full.attrs["seed"], full.attrs["luck"]) == (9, 9)


def test_other_luck_has_the_same_parameters_and_other_shocks(article, full):
    other = forecast.simulate(article, evidence="none", months=MONTHS, worlds=WORLDS, seed=9, luck=4, progress=False)
    ours, theirs = (forecast.parameters(run).drop_vars("run") for run in (other, full))
    xr.testing.assert_equal(ours, theirs)
    assert not np.array_equal(other["factional_clashes"], full["factional_clashes"])
    assert (other.attrs["seed"], other.attrs["luck"]) == (9, 4)


def test_luck_depends_on_its_own_seed_only(article, fitted):
    """Where every draw is the same, the root seed has nothing to choose."""
    certain = fitted.copy()
    certain["posterior"] = xr.DataTree(fitted["posterior"].to_dataset().isel(chain=[0], draw=[0]))
    runs = [
        forecast.simulate(certain, options=["training"], months=4, worlds=50, seed=seed, luck=7, progress=False)
        for seed in (1, 2)
    ]
    _same(*(run.drop_vars(["run", "world_run"]) for run in runs))


@pytest.mark.parametrize("options", [["airstrikes", "no_assistance"], ["no_assistance", "airstrikes"]])
def test_other_luck_in_parts_and_in_summaries(article, options):
    given = {"months": 4, "seed": 9, "luck": 4, "progress": False}
    whole = forecast.simulate(article, evidence="none", options=["no_assistance", "airstrikes"], worlds=700, **given)
    _same(
        forecast.simulate(article, evidence="none", options=options, worlds=300, **given),
        whole.sel(option=options)[{"world": slice(300)}],
    )
    summed = forecast.simulate(article, evidence="none", options=options, worlds=700, reduce=True, **given)
    assert summed.attrs["luck"] == 4
    np.testing.assert_allclose(
        summed["clashes_total"], whole["clashes_total"].sel(option=options).mean("world"), rtol=1e-12
    )


@pytest.mark.parametrize("luck", [-1, 1.5, True, "1", 2**63])
def test_luck_that_is_no_seed_is_refused(article, luck):
    with pytest.raises(forecast.errors.InvalidArgument, match="luck"):
        forecast.simulate(article, evidence="none", worlds=5, luck=luck)
