"""W0 in plain PyMC: the same month in a scan inside a model, parameters as its posterior, luck drawn by PyMC.

Two ways are measured. The first is how a forecast is written with PyMC: one world a draw, and
``sample_posterior_predictive`` once for each option, each of which compiles anew. The second is the fastest that was
found in what PyMC documents: worlds and options as dims of one model, run by one function that ``compile`` made once.

Counts are ``pm.Poisson`` inside the scan, as one would write it, and not our inversion of one uniform: a sum of a fixed
150 terms of a distribution function would cost PyMC far more. Worlds of the two therefore agree in distribution only.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import forecast
from benchmarks.timing import Row, in_child, say
from benchmarks.transition import (
    CHECKED,
    OPTIONS,
    TRIGGERS,
    differences,
    drawn_parameters,
    kept,
    schedules,
    switches,
    triggered,
)
from benchmarks.worlds import MONTHS, SEED, WORLDS, beliefs
from forecast.libya.month import month, origin
from forecast.libya.outcomes import STATES
from forecast.libya.state import SHOCK_KINDS, Levers, OriginShocks, Parameters, Shocks, State, Time

COUNTS = ("clashes", "raids")
"""Channels whose one use is a count: drawn inside the scan in place of a uniform."""


class Namespace:
    """What the month asks of an array library, for PyTensor."""

    def __init__(self) -> None:
        import pytensor.tensor as pt

        self.exp, self.minimum, self.maximum = pt.exp, pt.minimum, pt.maximum
        self.where, self.sqrt = pt.switch, pt.sqrt

    def poisson_ppf(self, uniform: Any, rate: Any) -> Any:
        """Draw the count; the uniform is not used (see the module)."""
        import pymc as pm

        return pm.Poisson.dist(rate).astype("float64")


def _log_exponential(name: str, *, shape: tuple[int, ...]) -> Any:
    """Draw logs of standard exponentials: a Gumbel's mirror image."""
    import pymc as pm

    return -pm.Gumbel(name, 0.0, 1.0, shape=shape)


def build(parameters: dict[str, Any], *, shape: tuple[int, ...], luck: tuple[int, ...], levers: Any, own: Any) -> Any:
    """Build the model: free parameters and shocks, a scan over months, and every kept state as a deterministic.

    Parameters
    ----------
    parameters : dict
        PyMC needs a prior for what it takes from a posterior; any will do, and a flat one costs nothing.
    shape : tuple of int
        Of a state: () for one world a draw, (option, world) for all at once.
    luck : tuple of int
        Of a month's shock: () or (1, world), so that options share it.
    levers, own : ndarray
        Shapes (month, lever, ...) and (trigger, ...), broadcasting against ``shape``.
    """
    import pymc as pm
    import pytensor.tensor as pt
    from pymc.pytensorf import collect_default_updates
    from pytensor.scan.basic import scan

    xp = Namespace()
    drawn = [channel for channel in Shocks._fields if channel not in COUNTS]
    with pm.Model() as model:
        values = parameters or {name: pm.Normal(name) for name in Parameters._fields}
        world = Parameters(*(values[name] for name in Parameters._fields))
        kinds = {"normal": pm.Normal, "uniform": pm.Uniform, "log_exponential": _log_exponential}
        shocks = [kinds[SHOCK_KINDS[channel]](f"shock_{channel}", shape=(MONTHS, *luck)) for channel in drawn]
        at_origin = [pm.Uniform(f"shock_{name}_origin", shape=luck) for name in ("parallel", "programme")]
        # Data can be set anew for the next option; constants have the known shapes that broadcasting asks for.
        known = {"schedule": levers, "has": own}
        schedule, has = (pt.constant(value) if shape else pm.Data(name, value) for name, value in known.items())
        years = pt.constant(np.arange(MONTHS) / 12.0)
        zeros = pt.zeros(shape)

        def full(value: Any) -> Any:
            return pt.as_tensor(value, dtype="float64") + zeros

        start = origin(world, OriginShocks(at_origin[0], at_origin[1]))
        width = len(State._fields)

        def step(levels: Any, when: Any, *given: Any) -> Any:
            luck_now, rest = dict(zip(drawn, given[: len(drawn)], strict=True)), given[len(drawn) :]
            before, latches = State(*rest[:width]), list(rest[width : width + len(TRIGGERS)])
            fixed = rest[width + len(TRIGGERS) :]
            inside, switch = Parameters(*fixed[: len(Parameters._fields)]), fixed[len(Parameters._fields)]
            now, fired = triggered(
                xp,
                [levels[column] for column in range(len(Levers._fields))],
                latches,
                [switch[number] for number in range(len(TRIGGERS))],
                before,
            )
            # A uniform that is not used; the count is drawn from its rate.
            shocks_now = Shocks(*(luck_now.get(channel, 0.5) for channel in Shocks._fields))
            after = month(xp, before, now, inside, shocks_now, Time(when, 1.0, 0.0))
            out = [pt.as_tensor(value, dtype="float64") + 0.0 * before[0] for value in after]
            return (*out, *fired), collect_default_updates([*out, *fired], inputs=[levels, when, *given])

        states, _ = scan(
            step,
            sequences=[schedule, years, *shocks],
            outputs_info=[*(full(value) for value in start), *(zeros for _ in TRIGGERS)],
            non_sequences=[*world, has],
            strict=True,
        )
        at_end = State(*states[:width])
        first = State(*(full(value) for value in start))
        for name, origin_value, path in zip(STATES, kept(first), kept(at_end), strict=True):
            pm.Deterministic(f"state_{name}", pt.join(0, origin_value[None], path))  # type: ignore[no-untyped-call]
    return model


def _moments(states: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give means at the horizon by option, and their standard errors; each array is (option, world)."""
    means = {name: values.mean(axis=1) for name, values in states.items()}
    errors = {name: values.std(axis=1) / np.sqrt(values.shape[1]) for name, values in states.items()}
    return means, errors


def _quiet() -> None:
    # PyMC lists on standard error what it samples.
    logging.getLogger("pymc").setLevel(logging.ERROR)


_MODELS: dict[str, Any] = {}
"""The model of :func:`a_draw_a_world`, which is built once a process: building is not what is measured."""


def a_draw_a_world(worlds: str, option: str) -> dict[str, Any]:
    """Run one option the default way, for :mod:`benchmarks.child`.

    Returns
    -------
    dict
        ``apart``: largest difference of our means for this option, in standard errors.
    """
    import arviz as az
    import pymc as pm

    _quiet()
    number = int(option)
    levers, own = schedules()[number], switches()[number]
    if not _MODELS:
        _MODELS["model"] = build({}, shape=(), luck=(), levers=levers, own=own)
    posterior = az.from_dict({"posterior": {k: v[None] for k, v in drawn_parameters(int(worlds)).items()}})
    with _MODELS["model"]:
        pm.set_data({"schedule": levers, "has": own})
        names = [f"state_{name}" for name in STATES]
        began = time.perf_counter()
        tree = pm.sample_posterior_predictive(posterior, var_names=names, random_seed=SEED, progressbar=False)
        seconds = time.perf_counter() - began
    found = tree["posterior_predictive"]
    means, errors = _moments({name: found[f"state_{name}"].values[:, :, -1] for name in CHECKED})
    ours = forecast.simulate(beliefs(), evidence="none", options=[list(OPTIONS)[number]], worlds=WORLDS, progress=False)
    return {"seconds": seconds, "apart": differences(means, errors, ours)}


def all_at_once(worlds: str, repetitions: str) -> dict[str, Any]:
    """Run every option and world in one call of a function that was compiled once, for :mod:`benchmarks.child`."""
    from pytensor.compile.sharedvalue import shared

    _quiet()
    count = int(worlds)
    # Shared variables and not constants: what is compiled with 110 constants in it is not kept on disk, and compiles
    # anew in every process, in a minute or more.
    parameters = {
        name: shared(values[None], shape=(1, count))  # type: ignore[no-untyped-call]
        for name, values in drawn_parameters(count).items()
    }
    levers, own = np.moveaxis(schedules(), 0, 2)[..., None], switches().T[..., None]
    began = time.perf_counter()
    model = build(parameters, shape=(len(OPTIONS), count), luck=(1, count), levers=levers, own=own)
    built = time.perf_counter() - began
    from pymc.pytensorf import compile

    began = time.perf_counter()
    function = compile([], [model[f"state_{name}"] for name in STATES], random_seed=SEED)
    compiled = time.perf_counter() - began
    times = []
    states: Any = None
    for _ in range(1 + int(repetitions)):
        states = None
        began = time.perf_counter()
        states = dict(zip(STATES, function(), strict=True))
        times.append(time.perf_counter() - began)
    means, errors = _moments({name: states[name][-1] for name in CHECKED})
    ours = forecast.simulate(beliefs(), evidence="none", worlds=WORLDS, progress=False)
    return {
        "built": built,
        "compiled": compiled,
        "first": times[0],
        "warm": min(times[1:], default=times[0]),
        "apart": differences(means, errors, ours),
    }


def rows(ours: Callable[[], float]) -> list[Row]:
    """Measure both ways.

    Parameters
    ----------
    ours : callable
        Measures our time for W0, in seconds.
    """
    last = len(OPTIONS) - 1
    found = []
    with tempfile.TemporaryDirectory() as place:
        # What PyTensor compiled before, for whatever else, is kept out of the first calls.
        cold = {"PYTENSOR_FLAGS": f"base_compiledir={place}"}
        say(f"W0: plain PyMC, one option of {len(OPTIONS)} at its defaults (one to three minutes)")
        default = in_child("benchmarks.plain_pymc:a_draw_a_world", WORLDS, last, repetitions=2, environment=cold)
        each, first = default.least("seconds"), default.results[0]["seconds"]
        total, beside = each * len(OPTIONS), ours()
        found.append(
            Row(
                "plain PyMC, a draw a world",
                total,
                total / beside,
                default.peak,
                error=f"{default.result['apart']:.1f} se from ours",
                note=f"sample_posterior_predictive: one call of {each:.1f} s measured, times {len(OPTIONS)} options; "
                f"the first call ever {first:.0f} s",
            )
        )
    with tempfile.TemporaryDirectory() as place:
        cold = {"PYTENSOR_FLAGS": f"base_compiledir={place}"}
        say("W0: plain PyMC, every option and world at once (one to three minutes)")
        before = in_child("benchmarks.plain_pymc:all_at_once", WORLDS, 0, environment=cold).result
        dims = in_child("benchmarks.plain_pymc:all_at_once", WORLDS, 4, environment=cold)
        fast, beside = dims.result, ours()
        answer = fast["built"] + fast["compiled"] + fast["first"]
        never = before["built"] + before["compiled"] + before["first"]
        found += [
            Row(
                "plain PyMC, worlds as dims",
                fast["warm"],
                fast["warm"] / beside,
                dims.peak,
                error=f"{fast['apart']:.1f} se from ours",
                note="calling again what is compiled already",
            ),
            Row(
                "plain PyMC, worlds as dims, first answer of a process",
                answer,
                answer / beside,
                note=f"building, compiling, one call; the first time ever {never:.0f} s",
            ),
        ]
    return found
