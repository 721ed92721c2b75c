"""W2: first and total Sobol' indices of the G-function of 20 parameters, with intervals; truth known."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from benchmarks.timing import HOW_TO_INSTALL, Failed, Row, in_child, installed, say
from priors.intervals import MASS, tails

N, RESAMPLES = 2**14, 1_000
WEIGHTS = np.array([0, 0.5, 1, 2, 3, *[9] * 5, *[99] * 10], dtype=float)
NAMES = [f"x{place:02}" for place in range(len(WEIGHTS))]
FIRST = np.array([0.424227, 0.188545, 0.106057, 0.047136, 0.026514, *[0.004242] * 5, *[0.000042] * 10])
TOTAL = np.array([0.568170, 0.293249, 0.174822, 0.081167, 0.046381, *[0.007550] * 5, *[0.000076] * 10])
TARGET, TARGET_MB = 0.5, 200.0
MOST_OFF = 0.03
"""A peer that is further from the truth than this answers another question."""


def g(points: Any) -> Any:
    """The G-function of points, shape (parameter, point)."""
    weights = WEIGHTS[:, np.newaxis]
    return np.prod((np.abs(4.0 * points - 2.0) + weights) / (1.0 + weights), axis=0)


def _of_dataset(parameters: xr.Dataset) -> xr.DataArray:
    return xr.DataArray(g(np.array([parameters[name].values for name in NAMES])), dims="world")


def _said(first: Any, total: Any, half: Any = None) -> dict[str, Any]:
    found = np.concatenate([np.ravel(first), np.ravel(total)]) - np.concatenate([FIRST, TOTAL])
    if np.abs(found).max() > MOST_OFF:
        raise Failed(f"an index is {np.abs(found).max():.3f} off")
    inside = None if half is None else int(np.count_nonzero(np.abs(found) <= np.ravel(half) + 1e-12))
    return {"off": float(np.sqrt(np.mean(found**2))), "inside": inside}


def ours() -> dict[str, Any]:
    """This package: intervals from 16 independent randomisations of the points."""
    from forecast.sensitivity.sobol import sobol

    frame = sobol(dict.fromkeys(NAMES, (0.0, 1.0)), _of_dataset, n=N).to_frame()
    rows = [frame[frame["kind"] == kind].set_index("parameter").loc[NAMES] for kind in ("first", "total")]
    half = np.concatenate([(row["upper"] - row["lower"]) / 2 for row in rows])
    return _said(rows[0]["estimate"].to_numpy(), rows[1]["estimate"].to_numpy(), half)


def ours_by_bootstrap() -> dict[str, Any]:
    """This package's points and sums, with intervals from 1,000 bootstraps of the randomisations."""
    from forecast.sensitivity.inputs import read_inputs
    from forecast.sensitivity.pick_freeze import net_sums, shares
    from forecast.sensitivity.study import Study
    from forecast.settings import Settings

    inputs = read_inputs(dict.fromkeys(NAMES, (0.0, 1.0)))
    study = Study(inputs, function=_of_dataset, how=Settings(progress=False))
    sums, _ = net_sums(study, [(name,) for name in NAMES], N, second=False)
    generator = np.random.default_rng(1)
    weights = generator.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES)
    low, high = np.quantile(shares(weights @ sums, len(NAMES)), tails(), axis=0)
    found = shares(sums.sum(axis=0), len(NAMES))
    return _said(found[: len(NAMES)], found[len(NAMES) :], (high - low) / 2)


def salib(resamples: str) -> dict[str, Any]:
    """SALib, as its guide has it."""
    from SALib.analyze import sobol
    from SALib.sample import sobol as sampler

    problem = {"num_vars": len(NAMES), "names": NAMES, "bounds": [[0.0, 1.0]] * len(NAMES)}
    points = sampler.sample(problem, N, calc_second_order=False, seed=1)
    found = sobol.analyze(
        problem, g(points.T), calc_second_order=False, num_resamples=int(resamples), conf_level=MASS, seed=1
    )
    return _said(found["S1"], found["ST"], np.concatenate([found["S1_conf"], found["ST_conf"]]))


def openturns(resamples: str) -> dict[str, Any]:
    """OpenTURNS with Saltelli's estimator on a Sobol' sequence; intervals of its bootstrap where any are asked for."""
    import openturns as ot

    ot.Log.Show(ot.Log.NONE)
    uniform = ot.JointDistribution([ot.Uniform(0.0, 1.0)] * len(NAMES))
    experiment = ot.LowDiscrepancyExperiment(ot.SobolSequence(), uniform, N)
    points = ot.SobolIndicesExperiment(experiment, False).generate()
    algorithm = ot.SaltelliSensitivityAlgorithm(points, ot.Sample(g(np.asarray(points).T)[:, np.newaxis]), N)
    first, total = np.array(algorithm.getFirstOrderIndices()), np.array(algorithm.getTotalOrderIndices())
    if not int(resamples):
        return _said(first, total)
    algorithm.setBootstrapSize(int(resamples))
    algorithm.setConfidenceLevel(MASS)
    algorithm.setUseAsymptoticDistribution(False)
    ends = [algorithm.getFirstOrderIndicesInterval(), algorithm.getTotalOrderIndicesInterval()]
    half = np.concatenate([(np.array(e.getUpperBound()) - np.array(e.getLowerBound())) / 2 for e in ends])
    return _said(first, total, half)


def scipy(resamples: str) -> dict[str, Any]:
    """SciPy; intervals of its bootstrap where any are asked for."""
    from scipy.stats import sobol_indices, uniform

    dists: Any = [uniform()] * len(NAMES)
    found: Any = sobol_indices(func=g, n=N, dists=dists, rng=np.random.default_rng(1))
    half = None
    if int(resamples):
        ends = found.bootstrap(confidence_level=MASS, n_resamples=int(resamples))
        half = np.concatenate(
            [
                (end.confidence_interval.high - end.confidence_interval.low) / 2
                for end in (ends.first_order, ends.total_order)
            ]
        )
    return _said(found.first_order, found.total_order, half)


def rows() -> list[Row]:
    """Measure each in fresh processes."""
    say("W2: ours")
    base = in_child("benchmarks.indices:ours", repetitions=5, also=["forecast.sensitivity.sobol"])
    found = [
        _row("ours, 16 randomisations", base, 1.0, note=_met(base.warm, base.peak)),
        Row("ours, in a fresh process", base.first, base.first / base.warm, note="SciPy's sequence is imported in it"),
    ]
    booted = in_child("benchmarks.indices:ours_by_bootstrap", repetitions=5, also=["forecast.sensitivity.sobol"])
    note = _met(booted.warm, booted.peak)
    found.append(_row("ours, 1,000 bootstraps of them", booted, booted.warm / base.warm, note=note))
    peers: list[tuple[str, str, str, int, list[str]]] = [
        ("SALib, 1,000 bootstraps", "salib", "SALib", RESAMPLES, ["SALib.analyze.sobol", "SALib.sample.sobol"]),
        ("SALib, 100 bootstraps (its default)", "salib", "SALib", 100, ["SALib.analyze.sobol", "SALib.sample.sobol"]),
        ("OpenTURNS, no intervals", "openturns", "openturns", 0, ["openturns"]),
        ("OpenTURNS, 1,000 bootstraps", "openturns", "openturns", RESAMPLES, ["openturns"]),
        ("SciPy, no intervals", "scipy", "scipy", 0, ["scipy.stats"]),
        ("SciPy, 100 bootstraps", "scipy", "scipy", 100, ["scipy.stats"]),
    ]
    for label, function, module, resamples, also in peers:
        say(f"W2: {label}")
        if not installed(module):
            found.append(Row(label, note=HOW_TO_INSTALL))
            continue
        try:
            run = in_child(f"benchmarks.indices:{function}", resamples, repetitions=1, also=also)
        except Failed as error:
            found.append(Row(label, note=f"failed: {error}"))
            continue
        found.append(_row(label, run, run.warm / base.warm))
    return found


def _row(label: str, run: Any, ratio: float, *, note: str = "") -> Row:
    inside = run.result["inside"]
    hold = "" if inside is None else f", {inside} of {2 * len(NAMES)} within their 90%"
    return Row(label, run.warm, ratio, run.peak, error=f"rms {run.result['off']:.4f} off{hold}", note=note)


def _met(wall: float, peak: float) -> str:
    def said(met: bool) -> str:
        return "met" if met else "not met"

    return f"targets {TARGET:g} s {said(wall <= TARGET)}, {TARGET_MB:g} MB {said(peak <= TARGET_MB)}"
