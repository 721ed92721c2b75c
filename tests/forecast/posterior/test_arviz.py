"""ArviZ takes a fit by importance: one chain of equally likely draws."""

import warnings

import arviz as az
import numpy as np
import pytest

import forecast

NAMES = ["isis_growth", "capture_share", "war_hazard"]


@pytest.fixture(scope="module")
def fit(article):
    return forecast.fit(article, progress=False)


def test_it_summarises(fit):
    table = az.summary(fit, var_names=NAMES, ci_prob=0.9, ci_kind="eti", kind="stats", round_to="none")
    for name in NAMES:
        assert table.loc[name, "mean"] == pytest.approx(float(fit["posterior"][name].mean()))


@pytest.mark.parametrize("plot", [az.plot_dist, az.plot_prior_posterior], ids=["dist", "prior_posterior"])
def test_it_draws(fit, plot):
    import matplotlib.pyplot as plt

    with warnings.catch_warnings():
        # arviz-plots lays panels out twice and warns of its own figure's margins.
        warnings.filterwarnings("ignore", "The figure layout has changed", UserWarning)
        figure = plot(fit, var_names=NAMES).viz["figure"].item()
        figure.canvas.draw()
    assert len(figure.axes) >= len(NAMES)
    plt.close(figure)


def test_it_scales_the_power(fit):
    reached = ["isis_growth", "isis_fighters", "isis_inflow"]
    table = az.psense_summary(fit, var_names=[*reached, "war_hazard"], prior_var_names=reached, round_to=6)
    assert table.loc["isis_growth", "likelihood"] > 0.05
    # What no item reaches does not answer to the likelihood, but for the noise of 10,000 draws.
    assert table.loc["war_hazard", "likelihood"] < 0.02


def test_draws_are_independent(fit):
    """Resampled draws stand in random order."""
    for name in NAMES:
        draws = fit["posterior"][name].values[0]
        assert float(az.ess(draws[None], method="bulk")) > 0.8 * draws.size
        assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 4 / draws.size**0.5
