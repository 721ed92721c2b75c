"""One month, three ways to run it."""

import os
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
import xarray as xr

import forecast
import priors
from forecast.engine import backends, layout
from forecast.engine.draws import source_of
from forecast.engine.shocks import draw_shocks, origin_shocks
from forecast.errors import InvalidArgument
from forecast.libya.state import Parameters
from forecast.libya.world import LIBYA
from forecast.options import Condition, Option, Phase, Trigger
from forecast.world import World

TRIGGERED = Option(
    "many_triggers",
    phases=(Phase({"strikes": 0.7, "advisers": 0.4}, start=2, ramp=5, end=9), Phase({"support_lna": 1.0}, start=4)),
    triggers=(
        Trigger(
            (Condition("isis_fighters", at_least=5000.0), Condition("civil_war", at_most=0.5)),
            {"strikes": 1.0, "mediation": 0.3},
        ),
        Trigger((Condition("council_seated", at_least=1.0),), {"strikes": 0.0, "training": 1.0}),
        Trigger((Condition("oil_output", at_most=300.0),), {"support_pfg": 0.9}),
    ),
)
OPTIONS = ["no_assistance", "ct_two_factions", "regional_then_national", TRIGGERED]


def _run(beliefs, backend, **changed):
    arguments = {"options": OPTIONS, "months": 30, "worlds": 331, "seed": 12} | changed
    return forecast.simulate(beliefs, evidence="none", backend=backend, progress=False, **arguments)


@pytest.mark.parametrize("name", ["article", "reference", "sceptic", "officials", "pooled"])
def test_numba_has_the_bits_of_numpy(name):
    beliefs = priors.load(name)
    left, right = _run(beliefs, "numpy"), _run(beliefs, "numba")
    assert (left.attrs["backend"], right.attrs["backend"]) == ("numpy", "numba")
    xr.testing.assert_equal(left, right)


@pytest.mark.parametrize(("worlds", "months"), [(1, 1), (7, 1), (8, 1), (9, 120)])
def test_so_it_does_for_few_worlds_and_for_the_shortest_and_longest_run(article, worlds, months):
    size = {"worlds": worlds, "months": months, "options": ["airstrikes"]}
    left, right = _run(article, "numpy", **size), _run(article, "numba", **size)
    xr.testing.assert_equal(left, right)


def test_the_triggers_of_the_test_fire(article):
    run = _run(article, "numba")
    seated = (run["council_seated"].sel(option="many_triggers") > 0).any("month")
    trained = run["trained_loyal"] + run["trained_partisan"]
    assert (trained.sel(option="many_triggers").isel(month=-1) > 0).sum() > 20
    assert not (trained.sel(option="many_triggers").isel(month=-1) > 0)[~seated].any()


DEGENERATE = {
    "clash_rate": 0.0,
    "clash_headroom": 0.0,
    "mobilisation_pace": 1e308,
    "isis_ceiling": -0.0,
    "isis_noise": 1e200,
    "raid_rate": 1e300,
    "train_lag": 0.0,
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_worlds_that_fail_fail_alike(article, name):
    """What is not finite stays so in both, or the gate for failed worlds would depend on the backend."""
    source = source_of(article)
    parameters = source.matrix(1, 0, 40)
    parameters[Parameters._fields.index(name)] = DEGENERATE[name]
    options = tuple(forecast.options.load().values())
    found = {}
    for backend in ("numpy", "numba"):
        found[backend] = layout.empty(LIBYA, len(options), 12, 40)
        with np.errstate(all="ignore"):
            backends.load(backend)(
                LIBYA,
                options,
                parameters,
                draw_shocks(LIBYA, 1, 12, 0, 40),
                origin_shocks(LIBYA, 1, 0, 40),
                start=0,
                out=found[backend],
            )
    left, right = (layout.named(LIBYA, found[backend]) for backend in ("numpy", "numba"))
    finite = {state: np.isfinite(left[state]) for state in layout.of_kind(LIBYA, "continuous")}
    for state in layout.of_kind(LIBYA, "continuous"):
        np.testing.assert_array_equal(left[state], right[state], err_msg=state)
    # A count or a yes has no bits for what is no number, so those of failed worlds say nothing.
    sound = np.logical_and.reduce([one.all(axis=-1) for one in finite.values()])
    for state in (name for name, kind in LIBYA.kinds.items() if kind != "continuous"):
        np.testing.assert_array_equal(left[state][sound], right[state][sound], err_msg=state)


def test_machine_code_follows_from_the_order_of_the_states():
    from forecast.engine import numba_backend

    given = {one.name: getattr(LIBYA, one.name) for one in fields(World) if one.init}
    turned = World(**given | {"states": dict(reversed(LIBYA.states.items()))})
    assert turned.month_program == LIBYA.month_program
    assert numba_backend._content(turned) != numba_backend._content(LIBYA)


@pytest.mark.slow
def test_numba_that_is_switched_off_is_not_used():
    code = (
        "import forecast, priors\n"
        "from forecast.engine.backends import _WINS_COLD, choose\n"
        "print(choose('auto', 10 * _WINS_COLD))\n"
        "try:\n"
        "    forecast.simulate(priors.load('article'), evidence='none', worlds=5, backend='numba')\n"
        "except forecast.errors.InvalidArgument as error:\n"
        "    print('NUMBA_DISABLE_JIT' in str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["numpy", "True"]


@pytest.mark.slow
def test_jax_keeps_the_user_s_precision_and_the_types_of_numpy():
    """Its numbers are held in test_thresholds.py."""
    jax = pytest.importorskip("jax")
    before = jax.numpy.zeros(1).dtype
    world = forecast.load_world("district")
    given = {"world": world, "options": None, "months": 12, "worlds": 31}
    left, right = (_run(priors.load(world.beliefs), backend, **given) for backend in ("numpy", "jax"))
    assert jax.numpy.zeros(1).dtype == before
    for name in left.data_vars:
        assert (left[name].dtype, left[name].dims) == (right[name].dtype, right[name].dims), name


def test_auto_takes_numba_from_a_size_where_it_wins(monkeypatch):
    assert backends.choose("auto", backends._WINS_COLD) == "numba"
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    assert backends.choose("auto", backends._WINS_COLD) == "numpy"


def test_auto_takes_numpy_for_little_work_in_a_fresh_process():
    code = (
        "import sys, forecast, priors; "
        "run = forecast.simulate(priors.load('article'), evidence='none', options=['training'], worlds=50); "
        "print(run.attrs['backend'], 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["numpy", "False"]


@pytest.mark.parametrize("wrong", ["fortran", "Numba", "", None, 3, ["numpy"]])
def test_an_unknown_backend_is_refused_with_those_that_exist(article, wrong):
    with pytest.raises(InvalidArgument, match="'numpy', 'numba', 'jax'"):
        _run(article, wrong)


def test_a_backend_that_is_not_installed_says_how_to_install_it(article, monkeypatch):
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    with pytest.raises(InvalidArgument, match=r"libya-forecast\[jax\]"):
        _run(article, "jax")
