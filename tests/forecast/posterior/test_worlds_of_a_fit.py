"""Worlds of a fit: what evidence does not reach is as the beliefs have it, bit for bit; the rest is the posterior's."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

import forecast
import priors
from forecast.engine.draws import source_of
from forecast.errors import InvalidArgument
from forecast.evidence import available, load_evidence
from forecast.libya.state import Parameters
from forecast.posterior.carried import GIVEN, WEIGHTED, beliefs_of, carries, evidence_of, group_of
from tests.forecast.posterior.oracles import share_score

WORLDS = 3000


def _fit(beliefs, evidence="article"):
    return forecast.fit(beliefs, evidence=evidence, seed=1, progress=False, cache=False)


def _row(name):
    return Parameters._fields.index(name)


def _simulated(beliefs, worlds, **settings):
    options = ["no_assistance", "training"]
    return forecast.simulate(beliefs, options=options, months=2, worlds=worlds, seed=5, progress=False, **settings)


def _same(left, right):
    xr.testing.assert_equal(left, right)


@pytest.fixture(scope="module")
def fit(article):
    return _fit(article, "article+reports")


@pytest.fixture(scope="module")
def of_pool():
    return _fit(priors.load("pooled"))


def _reached(fit):
    return {name for name in fit[WEIGHTED].data_vars if name in Parameters._fields}


def test_what_no_evidence_reaches_is_bit_for_bit_that_of_the_beliefs(fit, article):
    beliefs = load_evidence("article+reports").applied(article)
    after = source_of(fit).matrix(7, 100, 100 + WORLDS)
    before = source_of(beliefs).matrix(7, 100, 100 + WORLDS)
    reached = _reached(fit)
    assert reached == {name for item in load_evidence("article+reports").items for name in item.informs}
    for name in Parameters._fields:
        assert np.array_equal(after[_row(name)], before[_row(name)]) == (name not in reached), name


def test_what_evidence_reaches_is_the_weighted_draws(fit):
    """A million picks of each block: their mean and spread are the weighted ones, and few worlds share a vector."""
    source, count = source_of(fit), 1_000_000
    follows, samples = source.samples(11, 0, count)
    assert not follows.any()
    group = fit[WEIGHTED].to_dataset()
    for number, (block, names) in enumerate(source.weighted.blocks):
        weights = np.exp(group["log_weight"].values[number])
        weights /= weights.sum()
        picked = np.bincount(samples[block], minlength=weights.size)
        assert np.count_nonzero(picked) > 30_000
        for name in names:
            values = group[name].values
            mean = weights @ values
            variance = weights @ (values - mean) ** 2
            assert abs(picked @ values / count - mean) < 4 * np.sqrt(variance / count), name
            high = weights @ (values - mean) ** 4 - variance**2
            assert abs(picked @ (values - mean) ** 2 / count - variance) < 4 * np.sqrt(high / count), name
    # Draws of one block are picked together and apart from those of others.
    first, second = (samples[block] for block, _ in source.weighted.blocks[:2])
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(count)
    matrix = source.matrix(11, 0, 500)
    for row, name in enumerate(source.weighted.names):
        block = next(block for block, names in source.weighted.blocks if name in names)
        np.testing.assert_array_equal(matrix[_row(name)], source.weighted.values[0, row, samples[block][:500]])


def test_picks_without_the_weights_do_not_pass(fit):
    """The oracle above can fail: draws picked evenly have another mean."""
    group = fit[WEIGHTED].to_dataset()
    weights = np.exp(group["log_weight"].values[0])
    values = group["isis_fighters"].values
    assert abs(share_score(weights / weights.sum(), values, values.mean())) > 20


def test_a_slice_of_worlds_is_that_of_the_run(fit):
    whole = _simulated(fit, 60)
    _same(_simulated(fit, range(20, 45)), whole.isel(world=slice(20, 45)))
    matrix = source_of(fit).matrix(5, 0, 60)
    np.testing.assert_array_equal(source_of(fit).matrix(5, 20, 45), matrix[:, 20:45])


def test_without_evidence_a_fit_is_the_beliefs(article):
    fit = _fit(article, "none")
    # All but the names of the runs.
    names = ["run", "world_run"]
    _same(_simulated(fit, 50).drop_vars(names), _simulated(article, 50, evidence="none").drop_vars(names))
    assert not fit[WEIGHTED].data_vars


@pytest.mark.slow
def test_worlds_of_a_pool_follow_members_by_their_posterior_weights(of_pool):
    source = source_of(of_pool)
    assert source.members == priors.load("pooled").pooled.members
    after = of_pool["members"]["weight"].values
    assert abs(after - of_pool["members"]["weight_before"].values).max() > 0.01
    count = 200_000
    follows, _ = source.samples(3, 0, count)
    shares = np.bincount(follows, minlength=after.size) / count
    assert (abs(shares - after) < 4 * np.sqrt(after * (1 - after) / count)).all()
    np.testing.assert_array_equal(source.whose(3, 0, 1000), follows[:1000])


@pytest.mark.slow
def test_a_world_of_a_pool_has_its_members_beliefs_in_everything_that_is_not_reached(of_pool):
    source, reached = source_of(of_pool), _reached(of_pool)
    pooled = load_evidence("article").applied(priors.load("pooled"))
    follows, samples = source.samples(3, 0, WORLDS)
    matrix = source.matrix(3, 0, WORLDS)
    differ = 0
    for number, name in enumerate(source.members):
        here = follows == number
        assert here.sum() > 50
        own = pooled.member(name).arrays(WORLDS, seed=3)
        for quantity in Parameters._fields:
            if quantity not in reached:
                np.testing.assert_array_equal(matrix[_row(quantity), here], own[quantity][here], err_msg=quantity)
                differ += not np.array_equal(matrix[_row(quantity)], own[quantity])
        for block, names in source.weighted.blocks:
            for quantity in names:
                values = of_pool[WEIGHTED][quantity].sel(member=name).values
                np.testing.assert_array_equal(matrix[_row(quantity), here], values[samples[block][here]])
    # Members do not all believe the same.
    assert differ > 20


def test_weighted_quantiles_are_those_of_the_worlds(of_pool):
    source, count = source_of(of_pool), 200_000
    follows, samples = source.samples(9, 0, count)
    row = source.weighted.names.index("isis_growth")
    block = next(block for block, names in source.weighted.blocks if "isis_growth" in names)
    drawn = source.weighted.values[follows, row, samples[block]]
    for share in (0.05, 0.5, 0.95):
        found = (drawn <= source.quantiles("isis_growth", np.array([share]))[0]).mean()
        assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / count)


def _same_after_saving(fit, path):
    fit.to_netcdf(path, engine="h5netcdf")
    read = xr.load_datatree(path, engine="h5netcdf")
    assert beliefs_of(read).hash == beliefs_of(fit).hash
    assert evidence_of(read).hash == evidence_of(fit).hash
    assert source_of(read).provenance == source_of(fit).provenance
    np.testing.assert_array_equal(source_of(read).matrix(5, 0, 500), source_of(fit).matrix(5, 0, 500))
    return read


@pytest.mark.slow
def test_a_fit_that_was_saved_simulates_the_same_worlds(fit, tmp_path):
    """Without the groups that worlds do not need, because a file of 400 variables takes seconds."""
    needed = fit.copy()
    for group in set(fit.children) - {"posterior", GIVEN, WEIGHTED}:
        del needed[group]
    read = _same_after_saving(needed, tmp_path / "fit.nc")
    _same(_simulated(read, 40), _simulated(fit, 40))


@pytest.mark.slow
def test_a_whole_fit_of_a_pool_that_was_saved_simulates_the_same_worlds(of_pool, tmp_path):
    read = _same_after_saving(of_pool, tmp_path / "fit.nc")
    _same(_simulated(read, 40), _simulated(of_pool, 40))


@pytest.mark.parametrize("evidence", available())
@pytest.mark.parametrize("name", priors.available())
def test_beliefs_and_evidence_come_back_as_they_were(name, evidence):
    known = load_evidence(evidence)
    beliefs = known.applied(priors.load(name))
    tree = xr.DataTree.from_dict({GIVEN: group_of(beliefs, known)})
    read, seen = beliefs_of(tree), evidence_of(tree)
    assert read.hash == beliefs.hash
    assert read.distribution_hash == beliefs.distribution_hash
    assert seen == known
    assert seen.hash == known.hash
    # What was applied once stays as it is when it is applied again.
    assert seen.applied(read).distribution_hash == beliefs.distribution_hash


def _damaged(fit, name, text):
    tree = fit.copy()
    tree[GIVEN] = xr.DataTree(fit[GIVEN].to_dataset().assign({name: ((), text)}))
    return tree


def test_damaged_text_is_told(fit):
    for name, read in (("beliefs", beliefs_of), ("evidence", evidence_of)):
        whole = str(fit[GIVEN][name].item())
        with pytest.raises(InvalidArgument, match="cannot be read"):
            read(_damaged(fit, name, whole[: len(whole) // 2] + "= ="))
        with pytest.raises(forecast.errors.ForecastError):
            read(_damaged(fit, name, "format = 1\n"))
        with pytest.raises(forecast.errors.ForecastError):
            read(_damaged(fit, name, ""))
    with pytest.raises(InvalidArgument, match="cannot be read"):
        forecast.simulate(_damaged(fit, "beliefs", "= ="), worlds=2, months=1, progress=False)


def test_draws_that_are_not_finite_are_told(fit):
    tree = fit.copy()
    group = fit[WEIGHTED].to_dataset()
    values = group["isis_growth"].values.copy()
    values[3] = np.nan
    tree[WEIGHTED] = xr.DataTree(group.assign(isis_growth=("sample", values)))
    with pytest.raises(forecast.errors.InvalidPrior, match="1 draws of 'isis_growth' are not finite"):
        source_of(tree)


def test_a_fit_without_its_beliefs_falls_back_on_its_draws(fit):
    tree = fit.copy()
    del tree[GIVEN]
    assert not carries(tree)
    source = source_of(tree)
    assert source.weighted is None
    draws = np.array([fit["posterior"][name].values.reshape(-1) for name in Parameters._fields])
    np.testing.assert_array_equal(source.posterior, draws)
    # A world has all its parameters from one draw.
    matrix = source.matrix(1, 0, 20)
    assert all((matrix[:, world, None] == draws).all(axis=0).any() for world in range(20))
    with pytest.raises(InvalidArgument, match="does not hold its beliefs"):
        beliefs_of(tree)
    assert (
        dataclasses.replace(source, fixed=(("isis_growth", 0.5),)).matrix(1, 0, 3)[_row("isis_growth")].tolist()
        == [0.5] * 3
    )
