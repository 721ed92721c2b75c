"""A fit: closed forms, provenance, the cache, and ArviZ as a reader of it."""

import dataclasses
import json
import logging
import os
import re
import subprocess
import sys
import warnings

import arviz as az
import numpy as np
import pymc as pm
import pytest
import xarray as xr

import forecast
import forecast.cache as store
from forecast import inference
from forecast.blocks import part_of, reached
from forecast.densities import log_densities, predictions
from forecast.errors import InvalidArgument
from forecast.posterior import chains
from forecast.worlds import shipped
from tests.forecast.small_models import RHO, SEEN, beliefs, conjugate, dressed, gaussian_copula, unseen

SETTINGS = {"draws": 500, "tune": 500, "chains": 4, "sampler": "pymc", "progress": False}
WITH_EVIDENCE = {"observed_data", "log_likelihood", "prior_predictive", "posterior_predictive"}


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """No test may read or fill the user's cache."""
    monkeypatch.setenv("LIBYA_FORECAST_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture(scope="module")
def model():
    return conjugate()


@pytest.fixture(scope="module")
def fitted(model):
    return forecast.fit(model, **SETTINGS, cache=False)


# What comes back


def test_groups_dims_and_coordinates(fitted):
    assert set(fitted.children) == {"posterior", "sample_stats", "log_prior", "prior", *WITH_EVIDENCE}
    for group in ("posterior", "log_prior", "log_likelihood", "posterior_predictive", "sample_stats"):
        assert (fitted[group].sizes["chain"], fitted[group].sizes["draw"]) == (4, 500)
    assert dict(fitted["prior"].sizes) == {"chain": 4, "draw": 1000}
    assert fitted["log_likelihood"]["trials"].dims == ("chain", "draw", "trial")
    assert fitted["log_likelihood"]["trial"].values.tolist() == ["first", "second", "third"]
    assert fitted["observed_data"]["trials"].values.tolist() == [0, 1, 2]
    assert fitted["observed_data"]["y"].values.tolist() == SEEN.tolist()
    assert fitted["posterior_predictive"]["y"].dims == ("chain", "draw", "y_dim_0")
    assert list(fitted["posterior"].data_vars) == ["centre", "first", "second"]
    assert list(fitted["log_prior"].data_vars) == ["centre", "first", "second", "copula_first"]
    names = [
        "lp",
        "energy",
        "diverging",
        "n_steps",
        "tree_depth",
        "reached_max_treedepth",
        "acceptance_rate",
        "step_size",
    ]
    assert list(fitted["sample_stats"].data_vars) == names


def test_provenance(fitted, model):
    attrs = fitted.attrs
    expected = {
        "kind": "libya-forecast fit",
        "format": 2,
        "origin": "2016-02-29",
        "priors": "small (edited: first~second)",
        "evidence": "small",
    }
    expected |= {"priors_hash": model.beliefs.hash, "evidence_hash": model.evidence.hash, "seed": 1, "sampler": "pymc"}
    expected |= {"method": "nuts", "why_nuts": "the model was changed by hand"}
    expected |= {"draws": 500, "chains": 4, "tune": 500, "target_accept": 0.99}
    assert {key: attrs[key] for key in expected} == expected
    versions = json.loads(attrs["versions"])
    assert versions["pymc"] == pm.__version__
    assert {"pytensor", "numpy", "libya-forecast", "python"} <= set(versions)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", attrs["created"])
    assert re.fullmatch("[0-9a-f]{64}", attrs["key"])


def test_quantities_keep_their_units_and_meanings(model):
    known = model.beliefs
    titled = dressed(conjugate(), known)
    tree = chains.as_chains(titled.beliefs, 2, 5, seed=1)
    labelled = forecast.fit(unseen(), draws=20, progress=False)
    for group in ("posterior", "prior"):
        assert set(labelled[group]["centre"].attrs) == {"units", "long_name", "claims"}
    assert tree["centre"].values.ravel().tolist() == known.sample(10, seed=1)["centre"].values.tolist()


def test_the_posterior_is_the_closed_form(fitted):
    centre = fitted["posterior"]["centre"]
    for found, exact, error in (
        (centre.mean(), SEEN.sum() / 6, az.mcse(centre, method="mean")),
        (centre.std(), 6**-0.5, az.mcse(centre, method="sd")),
    ):
        assert abs(float(found) - exact) < 4 * float(error)


def test_what_no_item_reaches_keeps_its_prior_and_its_correlation(fitted):
    assert fitted["posterior"].attrs["sampled"] == ["centre"]
    first, second = (fitted["posterior"][name].values.ravel() for name in ("first", "second"))
    n = first.size
    assert abs(first.mean()) < 4 / n**0.5
    assert abs(first.std() - 1) < 4 / (2 * n) ** 0.5
    # Fisher's transform of a correlation has standard error 1 / sqrt(n - 3).
    assert abs(np.arctanh(np.corrcoef(first, second)[0, 1]) - np.arctanh(RHO)) < 4 / (n - 3) ** 0.5
    assert not np.isin(first, fitted["prior"]["first"].values).any()


def test_without_evidence_nothing_is_sampled(monkeypatch):
    monkeypatch.setattr(pm, "sample", None)
    tree = forecast.fit(unseen(), draws=50, progress=False)
    assert set(tree.children) == {"posterior", "log_prior", "prior"}
    assert tree["posterior"].sizes["draw"] == 50


@pytest.mark.slow
def test_same_seed_same_draws_another_seed_others(fitted, model):
    short = SETTINGS | {"draws": 20, "tune": 20, "cache": False}
    one, two, other = (forecast.fit(model, **short, seed=seed) for seed in (3, 3, 4))
    for tree in (one, two):
        tree.attrs["created"] = ""
        tree["posterior"].attrs["sampling_time"] = 0.0
    xr.testing.assert_identical(one, two)
    for group in ("posterior", "prior", "prior_predictive", "posterior_predictive"):
        for name, array in one[group].data_vars.items():
            assert not np.array_equal(array, other[group][name]), (group, name)


# Which quantities a chain draws


def linked(extra):
    with pm.Model() as model:
        nodes = {name: pm.Normal(name) for name in ("a", "b", "c", "d")}
        pm.Potential("copula_b", gaussian_copula(nodes["b"], nodes["c"]))
        pm.Normal("y", nodes["a"], observed=0.0)
        extra(nodes)
    return dressed(model, beliefs("a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (lambda n: None, ["a"]),
        (lambda n: pm.Normal("z", n["d"], observed=0.0), ["a", "d"]),
        (lambda n: pm.Normal("z", n["c"], observed=0.0), ["a", "b", "c"]),
        (lambda n: pm.Potential("copula_a", n["a"] * n["b"]), ["a", "b", "c"]),
        (lambda n: pm.Potential("by_hand", -(n["d"] ** 2)), ["a", "d"]),
        (lambda n: pm.Normal("bias"), ["a", "bias"]),
        (lambda n: pm.Normal("child", n["d"]), ["a", "d", "child"]),
    ],
    ids=["alone", "item", "through a copula", "chain of links", "potential by hand", "auxiliary", "auxiliary's parent"],
)
def test_a_chain_draws_what_evidence_reaches(extra, expected):
    assert reached(linked(extra)) == expected


def test_the_part_has_the_terms_of_the_whole():
    whole = linked(lambda n: pm.Deterministic("sum", n["a"] + n["d"]) + pm.Deterministic("twice", 2 * n["a"]))
    part = part_of(whole, reached(whole))
    assert [node.name for node in part.free_RVs] == ["a"]
    assert [node.name for node in part.deterministics] == ["twice"]
    assert part.potentials == []
    whole_terms = whole.point_logps()
    assert {key: whole_terms[key] for key in ("a", "y")} == part.point_logps()


def test_the_article_s_chain_is_short_and_the_rest_is_its_prior(article):
    names = reached(forecast.build_model(article))
    assert 10 < len(names) < 40 < len(article)
    assert "collapse_hazard" in names
    assert "civil_war" not in names
    assert reached(forecast.build_model(article, evidence="none")) == []


# Densities and predictions


def test_log_densities_are_pymc_s(model, fitted):
    posterior = fitted["posterior"].to_dataset().isel(draw=slice(5))
    prior, likelihood = log_densities(model, posterior)
    tree = xr.DataTree.from_dict({"posterior": posterior})
    with model:
        theirs = pm.compute_log_likelihood(tree, extend_inferencedata=False, progressbar=False)
    xr.testing.assert_allclose(likelihood, theirs[list(likelihood)], rtol=1e-13)
    for name in ("centre", "first", "second"):
        np.testing.assert_allclose(prior[name], -0.5 * (posterior[name] ** 2 + np.log(2 * np.pi)), rtol=1e-13)
    copula = gaussian_copula(posterior["first"], posterior["second"])
    np.testing.assert_allclose(prior["copula_first"], copula, rtol=1e-12)


def test_densities_of_more_terms_than_numpy_adds_at_once():
    with pm.Model() as model:
        nodes = [pm.Normal(f"x{number}") for number in range(40)]
        pm.Potential("copula_all", sum(nodes[1:], nodes[0]) + 0.0)
    given = xr.Dataset({f"x{number}": (("chain", "draw"), np.full((1, 3), float(number))) for number in range(40)})
    given = given.assign_coords(chain=[0], draw=[0, 1, 2])
    assert log_densities(model, given)[0]["copula_all"].values.tolist() == [[780.0] * 3]


def test_predictions_follow_the_worlds_that_are_given():
    with pm.Model(coords={"part": [0, 1]}) as model:
        chance, bias = pm.Beta("chance", 1, 1), pm.Normal("bias")
        pm.Bernoulli("yes", p=chance, observed=1)
        pm.Binomial("count", n=[10, 1000], p=chance * pm.math.ones_like([1.0, 1.0]), observed=[1, 2], dims="part")
        pm.Normal("moved", bias, 0.1, observed=0.0)
    given = xr.Dataset(
        {"chance": (("chain", "draw"), np.repeat([[0.2], [0.7]], 2000, axis=1))},
        coords={"chain": [0, 1], "draw": np.arange(2000)},
    )
    drawn = predictions(model, given, seed=1)
    assert drawn["count"].dims == ("chain", "draw", "part")
    for chain, p in enumerate((0.2, 0.7)):
        error = (p * (1 - p) / 2000) ** 0.5
        assert abs(float(drawn["yes"][chain].mean()) - p) < 4 * error
        assert abs(float(drawn["count"][chain, :, 1].mean()) - 1000 * p) < 4 * error * 1000**0.5
    # The bias is not given, so each world has its own.
    assert abs(float(drawn["moved"].std()) - 1.01**0.5) < 4 * 1.01**0.5 / (2 * 4000) ** 0.5


def test_predictions_of_what_arrays_cannot_draw():
    with pm.Model() as model:
        centre = pm.Normal("centre")
        pm.Censored("capped", pm.Normal.dist(centre, 1.0), lower=None, upper=0.0, observed=0.0)
    given = xr.Dataset(
        {"centre": (("chain", "draw"), np.repeat([[-9.0], [9.0]], 20, axis=1))},
        coords={"chain": [0, 1], "draw": np.arange(20)},
    )
    drawn = predictions(model, given, seed=1)["capped"]
    assert float(drawn[0].max()) < 0.0
    assert np.all(drawn[1] == 0.0)


# The cache


@pytest.fixture
def counted(monkeypatch):
    """How often a fit was computed."""
    calls = []
    real = inference._Asked._drawn_by_nuts

    def counting(*arguments):
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(inference._Asked, "_drawn_by_nuts", counting)
    return calls


QUICK = {"draws": 20, "progress": False}


def test_a_kept_fit_equals_the_fresh_one_and_neither_prints_anything(model, counted, place, capfd, caplog):
    settings = SETTINGS | {"draws": 20, "tune": 20}
    fresh, kept = forecast.fit(model, **settings), forecast.fit(model, **settings)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert logging.getLogger("pymc").level != logging.ERROR
    assert len(counted) == 1
    assert len(list(place.iterdir())) == 1
    xr.testing.assert_identical(fresh, kept)
    for one, other in zip(fresh.subtree, kept.subtree, strict=True):
        assert list(one.data_vars) == list(other.data_vars)
        for name, array in one.variables.items():
            assert array.dtype == other.variables[name].dtype
        assert {k: type(v) for k, v in one.attrs.items()} == {k: type(v) for k, v in other.attrs.items()}


@pytest.mark.slow
def test_every_setting_counts(counted):
    changes = [{"draws": 21}, {"chains": 3}, {"seed": 2}, {"tune": 999}, {"target_accept": 0.95}, {"cache": False}]
    for number, change in enumerate([{}, *changes], start=1):
        forecast.fit(unseen(), **QUICK | change)
        assert len(counted) == number, change


def changed_models():
    hashed = unseen()
    hashed.evidence.hash = "another"
    told = unseen()
    told.beliefs = beliefs("centre", "other")
    with pm.Model() as wider:
        pm.Normal("centre", 0.0, 1.0000001)
    with pm.Model() as other:
        pm.Normal("centre", 0.0, 1.0)
        pm.Potential("copula_nothing", pm.math.constant(0.0))
    known = beliefs("centre")
    return [hashed, told, dressed(wider, known), dressed(other, known)]


@pytest.mark.slow
def test_every_part_of_the_model_counts():
    """Its evidence, its beliefs, a distribution and a potential."""
    assert store.graph_hash(unseen()) == store.graph_hash(unseen())
    models = [unseen(), *changed_models()]
    assert len({forecast.fit(model, **QUICK, cache=False).attrs["key"] for model in models}) == len(models)


@pytest.mark.slow
def test_a_kept_fit_of_beliefs_is_found_without_a_model_and_a_damaged_answer_costs_only_a_model(
    model, counted, place, monkeypatch
):
    built, quick = [], QUICK | {"tune": 20}
    monkeypatch.setattr("forecast.model.build_model", lambda *_, **__: built.append(model) or model)
    # Beliefs and evidence of the small model are stand-ins, which speak of no parameter of the world model.
    monkeypatch.setattr(inference, "read_evidence", lambda given, world: given)
    monkeypatch.setattr(inference, "check_beliefs", lambda *_: None)
    model.evidence.applied = lambda beliefs: beliefs
    model.evidence.world = shipped()

    def asked():
        return inference.fit(model.beliefs, evidence=model.evidence, method="nuts", **quick)

    fresh, kept = asked(), asked()
    xr.testing.assert_identical(fresh, kept)
    assert kept.attrs == forecast.fit(model, method="nuts", **quick).attrs
    assert len(counted) == len(built) == 1
    (answer,) = place.glob("*.key")
    for number, damage in enumerate((b"", b"0" * 64, b"\xff", None), start=2):
        answer.unlink() if damage is None else answer.write_bytes(damage)
        again = asked()
        xr.testing.assert_identical(fresh, again)
        assert answer.read_bytes().startswith(str(again.attrs["key"]).encode())
        assert len(built) == number
    assert len(counted) == 1


def test_a_kept_fit_of_the_article_needs_no_pymc(tmp_path):
    code = (
        "import sys, priors; from forecast.evidence import load_evidence; from forecast import inference as i;"
        "i.recall_answer = lambda asked: 'k'; i.recall = lambda key, groups: sys.exit('pymc' in sys.modules);"
        "i.fit(priors.load('article'), evidence=load_evidence('article'), method='nuts')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_importance_and_calibration_by_it_need_no_pymc_and_keep_nothing(place):
    code = (
        "import sys, priors, forecast; forecast.fit(priors.load('article'), progress=False);"
        "forecast.calibrate(priors.load('article'), replications=10, progress=False);"
        "sys.exit('pymc' in sys.modules or 'arviz' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert not place.exists()


# Which sampler


@pytest.fixture(scope="module")
def article_fit(article):
    return forecast.fit(article, progress=False)


@pytest.mark.slow
def test_a_model_as_it_is_built_is_sampled_by_importance(article, article_fit):
    of_model = forecast.fit(forecast.build_model(article), progress=False)
    assert of_model.attrs["method"] == article_fit.attrs["method"] == "importance"
    assert of_model.attrs["why_nuts"] == ""
    assert of_model.attrs["key"] == article_fit.attrs["key"]
    for name, array in article_fit["posterior"].data_vars.items():
        np.testing.assert_array_equal(array, of_model["posterior"][name])


@pytest.mark.slow
def test_a_potential_by_hand_goes_to_chains_and_moves_the_posterior(article, article_fit):
    known = forecast.load_evidence("article")
    # One item, because chains of all of them take ten seconds to compile.
    one = dataclasses.replace(known, items=tuple(item for item in known.items if item.name == "patrons"))
    model = forecast.build_model(article, evidence=one)
    before = article_fit["posterior"]["parallel_origin"]
    with model:
        # Half as likely for each hundredth above the median.
        pm.Potential("by_hand", -np.log(2.0) * 100.0 * (model["parallel_origin"] - float(before.median())))
    with pytest.raises(InvalidArgument, match="changed by hand"):
        forecast.fit(model, method="importance")
    moved = forecast.fit(model, draws=100, tune=100, chains=2, cache=False, progress=False)
    assert moved.attrs["method"] == "nuts"
    assert moved.attrs["why_nuts"] == "the model was changed by hand"
    assert float(moved["posterior"]["parallel_origin"].mean()) < float(before.mean()) - float(before.std())


@pytest.mark.parametrize("method", ["gibbs", None, 1])
def test_a_method_that_does_not_exist(article, method):
    with pytest.raises(InvalidArgument, match="importance"):
        forecast.fit(article, method=method)


def test_long_data_count():
    def hashed(last):
        with pm.Model() as model:
            pm.Normal("y", pm.Normal("a"), observed=np.append(np.zeros(5000), last))
        return store.graph_hash(model)

    assert hashed(0.0) == hashed(0.0) != hashed(1e-12)


def test_the_code_counts(counted, monkeypatch):
    forecast.fit(unseen(), **QUICK)
    monkeypatch.setattr(inference, "code_hash", lambda: "another release")
    forecast.fit(unseen(), **QUICK)
    assert len(counted) == 2


def truncated(path, key):
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path, key):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path, key):
    path.write_bytes(b"")


def rewritten(path, content, key):
    path.unlink()
    (path.parent / store._name(key, content)).write_bytes(content)


def foreign(path, key):
    rewritten(path, b"\x89HDF\r\n\x1a\n and then nothing of ours", key)


def of_another_key(path, key):
    tree = store.from_bytes(path.read_bytes(), key=key)
    rewritten(path, store.to_bytes(tree, key="0" * 64), key)


def without_a_group(path, key):
    tree = store.from_bytes(path.read_bytes(), key=key)
    del tree["log_prior"]
    rewritten(path, store.to_bytes(tree, key=key), key)


@pytest.mark.slow
def test_a_damaged_or_foreign_entry_is_computed_again_and_replaced(counted, place):
    first = forecast.fit(unseen(), **QUICK)
    damages = (truncated, flipped, empty, foreign, of_another_key, without_a_group)
    for number, damage in enumerate(damages, start=2):
        damage(next(place.iterdir()), first.attrs["key"])
        again = forecast.fit(unseen(), **QUICK)
        assert len(counted) == number, damage
        np.testing.assert_array_equal(first["posterior"]["centre"], again["posterior"]["centre"])
        assert len(list(place.iterdir())) == 1
        forecast.fit(unseen(), **QUICK)
        assert len(counted) == number, damage


def test_a_place_that_cannot_be_written_costs_only_time(counted, place, caplog):
    place.write_text("a file in the way")
    first, again = forecast.fit(unseen(), **QUICK), forecast.fit(unseen(), **QUICK)
    assert len(counted) == 2
    np.testing.assert_array_equal(first["posterior"]["centre"], again["posterior"]["centre"])
    assert len(caplog.records) == 2
    assert "LIBYA_FORECAST_CACHE" in caplog.text


def test_a_full_disk_leaves_nothing_half_written(place, monkeypatch, caplog):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    forecast.fit(unseen(), **QUICK)
    assert list(place.iterdir()) == []
    assert "No space left" in caplog.text


def test_old_entries_make_room_and_files_of_others_stay(place, monkeypatch):
    monkeypatch.setattr(store, "_LIMIT", 2)
    place.mkdir()
    (place / "my-own.nc").write_text("mine")
    keys = [forecast.fit(unseen(), **QUICK, seed=seed).attrs["key"] for seed in range(4)]
    names = {entry.name[:64] for entry in place.iterdir()}
    assert names == {"my-own.nc", *keys[-2:]}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LIBYA_FORECAST_CACHE": "/a/b"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/a"}, "/a/libya-forecast"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/libya-forecast"),
        ({"HOME": "/h"}, "/h/.cache/libya-forecast"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have places of their own")
def test_where_the_cache_is(monkeypatch, variables, expected):
    for name in ("LIBYA_FORECAST_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(store.folder()) == expected


@pytest.mark.slow
def test_the_key_is_the_same_in_another_process(article):
    code = (
        "import priors, forecast, forecast.cache as c;"
        "print(c.graph_hash(forecast.build_model(priors.load('article'))), c.code_hash())"
    )
    seen = set()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        seen.add(done.stdout)
    assert len(seen) == 1


# What is refused


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"draws": 0}, "draws"),
        ({"draws": 2.5}, "draws"),
        ({"chains": True}, "chains"),
        ({"chains": 65}, "64"),
        ({"tune": -1}, "tune"),
        ({"seed": -1}, "seed"),
        ({"seed": "one"}, "seed"),
        ({"target_accept": 1.0}, "between 0 and 1"),
        ({"target_accept": "0.9"}, "between 0 and 1"),
        ({"sampler": "gibbs"}, "nutpie"),
        ({"sampler": None}, "nutpie"),
    ],
)
def test_bad_settings_are_refused_before_any_work(counted, change, hint):
    with pytest.raises(InvalidArgument, match=hint):
        forecast.fit(unseen(), **change)
    assert counted == []


@pytest.mark.parametrize("thing", [None, {}, pm.Model()], ids=["nothing", "dict", "bare model"])
def test_what_is_no_model_of_ours_is_refused(thing):
    with pytest.raises(InvalidArgument, match="build_model"):
        forecast.fit(thing)


# ArviZ as a reader


def test_arviz_summarises(fitted):
    table = az.summary(fitted, ci_prob=0.9, ci_kind="eti", round_to="none")
    assert table.loc["centre", "mean"] == pytest.approx(float(fitted["posterior"]["centre"].mean()))
    assert az.summary(fitted, group="prior", ci_prob=0.9, ci_kind="eti").shape[0] == 3


def drawn(make):
    """Draw a picture and give its figure's number of axes; nothing may be left open."""
    import matplotlib.pyplot as plt

    with warnings.catch_warnings():
        # arviz-plots lays panels out twice and warns of its own figure's margins.
        warnings.filterwarnings("ignore", "The figure layout has changed", UserWarning)
        figure = make().viz["figure"].item()
        figure.canvas.draw()
    plt.close(figure)
    return len(figure.axes)


@pytest.mark.parametrize(
    "plot",
    [
        lambda fit: az.plot_forest(fit, ci_probs=(0.5, 0.9), ci_kind="eti"),
        lambda fit: az.plot_dist(fit, ci_prob=0.9, ci_kind="eti"),
        lambda fit: az.plot_prior_posterior(fit),
        lambda fit: az.plot_ess(fit),
        lambda fit: az.plot_rank(fit),
        lambda fit: az.plot_psense_dist(fit, var_names=["centre"]),
    ],
    ids=["forest", "dist", "prior_posterior", "ess", "rank", "psense_dist"],
)
def test_arviz_draws(fitted, plot):
    assert drawn(lambda: plot(fitted)) >= 1


def test_arviz_power_scales(fitted):
    table = az.psense_summary(fitted, round_to=6)
    # Five observations say more than the prior does, and nothing that is observed says anything of the pair.
    assert table.loc["centre", "likelihood"] > table.loc["centre", "prior"] > 0.02
    assert table.loc["first", "likelihood"] < 0.02 < table.loc["first", "prior"]


def test_arviz_leaves_one_out(fitted):
    # Each observation given the other four, whose sum is s: N(s / 5, 1 + 1 / 5).
    others = (SEEN.sum() - SEEN) / 5
    exact = (-0.5 * np.log(2 * np.pi * 1.2) - (SEEN - others) ** 2 / 2.4).sum()
    assert az.loo(fitted, var_name="y").elpd == pytest.approx(exact, abs=0.05)


def test_netcdf_round_trip(fitted, tmp_path):
    path = tmp_path / "fit.nc"
    fitted.to_netcdf(path, engine="h5netcdf")
    xr.testing.assert_equal(xr.load_datatree(path, engine="h5netcdf"), fitted)
    with az.from_netcdf(path) as lazily:
        assert lazily.attrs["key"] == fitted.attrs["key"]
        assert az.summary(lazily.load(), ci_prob=0.9, ci_kind="eti").shape[0] == 3
