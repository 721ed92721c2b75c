"""The output schema, locked."""

import json

import numpy as np
import pytest
import xarray as xr

import forecast
from forecast.libya.outcomes import INTEGRATED_SHARE, STATES
from forecast.libya.state import Levers, Parameters, Shocks, State
from forecast.libya.world import LIBYA
from forecast.schema import PARAMETER_PREFIX

# The public names and their units: changing one is a change for users, so it is changed here on purpose.
STATE_UNITS = {
    "isis_fighters": "fighters",
    "sirte": "code",
    "antagonism": "1",
    "council_seated": "yes/no",
    "hor_endorsed": "yes/no",
    "gnc_endorsed": "yes/no",
    "invited": "yes/no",
    "council_collapsed": "yes/no",
    "legitimacy": "1",
    "leadership_resolved": "yes/no",
    "centre_maturity": "1",
    "integration": "1",
    "factional_clashes": "clashes",
    "blowback": "yes/no",
    "aid_captured": "1",
    "parallel_channels": "yes/no",
    "isis_base": "fighters",
    "plots_abroad": "plots",
    "boycott": "yes/no",
    "loyalty": "1",
    "lna_split": "yes/no",
    "ports_open": "yes/no",
    "trained_loyal": "persons",
    "trained_partisan": "persons",
    "oil_output": "kb/d",
    "oil_raids": "raids",
    "oil_scramble": "yes/no",
    "mobilisation": "1",
    "civil_war": "yes/no",
}


def test_states_and_units():
    assert {name: variable.unit for name, variable in STATES.items()} == STATE_UNITS


def test_dims_coords_and_dtypes(small):
    assert small.sizes == {"option": len(forecast.options.load()), "world": 300, "month": 7}
    assert small["option"].values.tolist() == list(forecast.options.load())
    assert small["month"].values.tolist() == list(range(7))
    for name, variable in STATES.items():
        assert small[name].dims == ("option", "world", "month")
        assert small[name].dtype == variable.dtype
    for name in LIBYA.outcomes:
        assert small[name].dims == ("option", "world")
    for name in Parameters._fields:
        assert small[PARAMETER_PREFIX + name].dims == ("world",)
    assert set(small.data_vars) == {*STATES, *LIBYA.outcomes, *(PARAMETER_PREFIX + n for n in Parameters._fields)}


def test_every_variable_says_its_unit_and_meaning(small):
    for name in small.data_vars:
        assert small[name].attrs["units"], name
        assert small[name].attrs["long_name"], name


def test_provenance(small, article):
    attrs = small.attrs
    assert attrs["seed"] == 5
    assert (attrs["priors"], attrs["priors_hash"]) == ("article", article.hash)
    assert attrs["origin"] == "2016-02-29"
    assert attrs["evidence"] == "none"
    assert attrs["backend"] in ("numpy", "numba")
    assert set(json.loads(attrs["option_hashes"])) == set(forecast.options.load())
    assert {"libya-forecast", "numpy", "scipy", "xarray", "python"} == set(json.loads(attrs["versions"]))
    assert attrs["created"].endswith("+00:00")


def test_parameters_come_back_under_their_own_names(small, article):
    drawn = article.sample(300, seed=5)
    given = forecast.parameters(small)
    assert set(given.data_vars) == set(Parameters._fields)
    for name in Parameters._fields:
        np.testing.assert_array_equal(given[name], drawn[name])
        assert given[name].attrs["units"] == article[name].unit


def _states(**changed):
    """Two months of two worlds in which nothing happens, with changes; arrays are (option, world, month)."""
    states = {name: np.zeros((1, 2, 3), dtype=variable.dtype) for name, variable in STATES.items()}
    states["isis_fighters"][:] = 1000.0
    for name, values in changed.items():
        states[name][0] = np.array(values)
    return states


@pytest.mark.parametrize(
    ("changed", "outcome", "expected"),
    [
        ({"isis_fighters": [[1000, 700, 499], [1000, 400, 500]]}, "isis_degraded", [True, False]),
        ({"isis_fighters": [[1000, 700, 499], [1000, 400, 500]]}, "isis_fighters_end", [499.0, 500.0]),
        ({"sirte": [[0, 1, 2], [0, 2, 0]]}, "sirte_freed", [True, False]),
        ({"sirte": [[0, 1, 2], [0, 0, 0]]}, "sirte_assaulted", [True, False]),
        ({"sirte": [[0, 1, 2], [0, 2, 0]]}, "first_month_sirte_freed", [2.0, 1.0]),
        ({"sirte": [[0, 0, 1], [0, 0, 0]]}, "first_month_assault", [2.0, np.nan]),
        ({"sirte": [[0, 1, 2], [0, 1, 2]], "civil_war": [[0, 0, 0], [0, 0, 1]]}, "stable_success", [True, False]),
        ({"sirte": [[0, 1, 2], [0, 1, 2]], "council_collapsed": [[0, 0, 0], [0, 1, 1]]}, "pyrrhic", [False, True]),
        ({"sirte": [[0, 1, 2], [0, 1, 1]], "civil_war": [[0, 1, 1], [0, 1, 1]]}, "pyrrhic", [True, False]),
        ({"council_collapsed": [[0, 0, 1], [0, 0, 0]]}, "council_survives", [False, True]),
        ({"council_collapsed": [[0, 0, 1], [0, 0, 0]]}, "council_paralysed", [False, True]),
        ({"integration": [[0, 0, INTEGRATED_SHARE], [0, 0.9, 0.49]]}, "integrated_force", [True, False]),
        ({"factional_clashes": [[9, 2, 3], [9, 0, 4]]}, "clashes_total", [5.0, 4.0]),
        ({"parallel_channels": [[1, 0, 0], [0, 0, 0]]}, "parallel_ever", [True, False]),
        ({"blowback": [[0, 0, 1], [0, 0, 0]]}, "first_month_blowback", [2.0, np.nan]),
    ],
)
def test_derived_outcomes(changed, outcome, expected):
    from forecast.outcomes.derive import derive

    np.testing.assert_array_equal(derive(LIBYA, _states(**changed))[outcome][0], expected)


def test_the_council_is_legitimate_paralysed_or_collapsed(small):
    """And both of the first two when it is endorsed but some of its members stay away."""
    end = small.isel(month=-1)
    legitimate, paralysed = end["council_legitimate"], end["council_paralysed"]
    assert ((legitimate | paralysed) == ~end["council_collapsed"]).all()
    assert ((legitimate & paralysed) == (legitimate & end["boycott"])).all()
    assert not (end["council_survives"] & end["council_collapsed"]).any()


def test_success_is_stable_or_pyrrhic(small):
    assert (small["sirte_freed"] == (small["stable_success"] | small["pyrrhic"])).all()
    assert not (small["stable_success"] & small["pyrrhic"]).any()


def test_to_arviz_is_a_tree_that_arviz_can_use(small):
    import arviz as az

    tree = forecast.to_arviz(small)
    assert isinstance(tree, xr.DataTree)
    assert tree["prior"]["isis_fighters"].sizes == {"chain": 1, "draw": 300}
    assert tree["prior_predictive"]["isis_fighters"].dims[:2] == ("chain", "draw")
    np.testing.assert_array_equal(
        tree["prior_predictive"]["clashes_total"].sel(chain=0, option="training"),
        small["clashes_total"].sel(option="training"),
    )
    summary = az.summary(
        tree, group="prior_predictive", var_names=["isis_fighters_end"], ci_prob=0.9, ci_kind="eti", kind="stats"
    )
    assert len(summary) == small.sizes["option"]
    az.plot_forest(tree, group="prior_predictive", var_names=["stable_success"], ci_probs=(0.5, 0.9), ci_kind="eti")
    az.plot_dist(tree, group="prior", var_names=["isis_fighters"], ci_prob=0.9, ci_kind="eti")


def test_the_flat_tuples_share_no_field_by_accident():
    assert not set(Levers._fields) & set(Parameters._fields)
    assert set(Shocks._fields).isdisjoint(Parameters._fields)
    assert {"assault", "freed"} < set(State._fields)
