"""The real model, fitted for real: gates pass, and evidence moves beliefs the way it points. Slow."""

import numpy as np
import pytest

import forecast
import priors
from forecast.evidence import available

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["article", "article+reports", "article+reference"])
def fitted(request):
    model = forecast.build_model(priors.load("article"), evidence=request.param)
    return model, forecast.fit(model, progress=False)


@pytest.mark.parametrize("evidence", available())
@pytest.mark.parametrize("beliefs", priors.available())
def test_all_gates_pass_with_the_default_settings(beliefs, evidence):
    fit = forecast.fit(priors.load(beliefs), evidence=evidence, progress=False)
    gates = forecast.check(fit)
    assert fit.attrs["method"] == "importance"
    assert not gates.failed, gates.to_frame().to_string()
    assert fit.attrs["gates"] == "passed"
    members = fit.children.get("members")
    assert (members is not None) == (beliefs == "pooled")
    if members is not None:
        assert float(members["weight"].sum()) == pytest.approx(1.0)


def test_trials_move_their_chance_to_the_conjugate_posterior(fitted):
    """One failure of one trial turns Beta(a, b) into Beta(a, b + 1), and one success into Beta(a + 1, b)."""
    model, fit = fitted
    for name, gained in (("capture_share", (1, 0)), ("parallel_origin", (1, 0))):
        prior = model.beliefs[name].parameters
        alpha, beta = prior["alpha"] + gained[0], prior["beta"] + gained[1]
        draws = fit["posterior"][name].values.ravel()
        sd = np.sqrt(alpha * beta / ((alpha + beta) ** 2 * (alpha + beta + 1)))
        # 10,000 draws with an effective size of a few thousand: 0.06 sd is over three standard errors.
        assert draws.mean() == pytest.approx(alpha / (alpha + beta), abs=0.06 * sd)
        assert draws.std() == pytest.approx(sd, rel=0.08)


def test_evidence_points_the_way_it_should(fitted):
    model, fit = fitted
    posterior = fit["posterior"]

    def shift(name):
        return (float(posterior[name].mean()) - model.beliefs[name].mean) / model.beliefs[name].sd

    for name in ("seating_hazard", "hor_hazard", "gnc_hazard"):
        assert shift(name) < -0.05, name
    if model.evidence.name != "article+reference":
        assert shift("train_hold") < -0.1
    if model.evidence.name == "article":
        assert shift("isis_growth") > 0.2


def test_what_no_evidence_reaches_keeps_its_prior(fitted):
    model, fit = fitted
    sampled = set(fit["posterior"].attrs["sampled"])
    untouched = [name for name in model.beliefs if name not in sampled]
    assert len(untouched) > 60
    for name in untouched:
        draws, prior = fit["posterior"][name].values.ravel(), model.beliefs[name]
        assert draws.mean() == pytest.approx(prior.mean, abs=4 * prior.sd / np.sqrt(draws.size))


def test_worlds_run_on_the_fit(fitted):
    run = forecast.simulate(fitted[1], options=["no_assistance", "training"], worlds=2000, progress=False)
    assert run.attrs["evidence"] == fitted[0].evidence.name
    # A council that has not fallen in 2.4 months falls later than one of which nothing is known.
    blank = forecast.simulate(
        priors.load("article"), evidence="none", options=["no_assistance"], worlds=2000, progress=False
    )
    fallen = run["council_collapsed"].sel(option="no_assistance", month=6).mean()
    assert fallen < blank["council_collapsed"].sel(option="no_assistance", month=6).mean()


@pytest.mark.exhaustive
def test_arviz_reads_the_fit_of_a_pool(tmp_path):
    import arviz as az
    import xarray as xr

    fit = forecast.fit(forecast.build_model(priors.load("pooled"), evidence="article"), progress=False)
    table = az.summary(fit, var_names=["isis_growth", "train_hold"], ci_prob=0.9, ci_kind="eti", round_to="none")
    assert table.loc["isis_growth", "mean"] == pytest.approx(float(fit["posterior"]["isis_growth"].mean()))
    assert forecast.prior_posterior(fit).to_frame().loc["isis_growth", "shift"] > 0.2
    fit.to_netcdf(tmp_path / "pool.nc", engine="h5netcdf")
    xr.testing.assert_equal(xr.load_datatree(tmp_path / "pool.nc", engine="h5netcdf"), fit)
    run = forecast.simulate(fit, options=["no_assistance"], worlds=2000, progress=False)
    assert run.attrs["gates"] == "passed"
