"""W8: the posterior by importance sampling, by chains that start from it, and by ``pm.sample`` with its defaults.

Agreement of every marginal on every shipped pair of beliefs and evidence is in docs/calibration.md.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.timing import Row, Run, in_child, say


def _of_chains(tree: Any, wall: float) -> dict[str, float]:
    """Give the smallest bulk effective sample size of any quantity, and what it took."""
    import arviz as az

    sampled = tree["posterior"].attrs.get("sampled")
    posterior = tree["posterior"].to_dataset()
    least = az.ess(posterior if sampled is None else posterior[list(sampled)], method="bulk")
    return {
        "ess": float(least.to_array().min()),
        "wall": wall,
        "sampling": float(tree["posterior"].attrs["sampling_time"]),
        "diverging": int(tree["sample_stats"]["diverging"].sum()),
    }


def importance() -> dict[str, float]:
    """Condition the article's beliefs on the article's evidence: in a fresh process, and again."""
    import forecast
    import priors

    walls = []
    for _ in range(4):
        began = time.perf_counter()
        tree = forecast.fit(priors.load("article"), method="importance", progress=False)
        walls.append(time.perf_counter() - began)
    return {"ess": float(tree["sample_stats"]["effective"].min()), "wall": walls[0], "again": min(walls[1:])}


def every_pair() -> dict[str, float]:
    """Do so with every shipped set of beliefs and of evidence: the mean time of one, and the fewest effective draws."""
    import forecast
    import priors
    from forecast.evidence import available

    forecast.fit(priors.load("article"), progress=False)
    pairs = [(b, e) for e in available() if e != "none" for b in priors.available()]
    began = time.perf_counter()
    fits = [forecast.fit(priors.load(b), evidence=e, method="importance", progress=False) for b, e in pairs]
    wall = (time.perf_counter() - began) / len(pairs)
    stats = [one["sample_stats"].to_dataset() for one in fits]
    least = min(float(np.nanmin(one["effective"].values)) for one in stats)
    khat = max(float(np.nanmax(one["khat"].values)) for one in stats)
    return {"ess": least, "wall": wall, "pairs": len(pairs), "khat": khat}


def chains() -> dict[str, float]:
    """Sample the same with PyMC's chains, which start from importance draws; no kept fit is used."""
    import forecast
    import priors

    model = forecast.build_model(priors.load("article"))
    began = time.perf_counter()
    tree = forecast.fit(model, method="nuts", cache=False, progress=False)
    return _of_chains(tree, time.perf_counter() - began)


def peer() -> dict[str, float]:
    """Sample the same model the default way."""
    import pymc as pm

    import forecast
    import priors

    model = forecast.build_model(priors.load("article"))
    began = time.perf_counter()
    with model:
        tree = pm.sample(random_seed=1, quiet=True)
    return _of_chains(tree, time.perf_counter() - began)


def _row(label: str, run: Run, unit: float, note: str) -> Row:
    found = run.result
    return Row(label, found["wall"] / found["ess"], found["wall"] / found["ess"] / unit, run.peak, note=note)


def _note(found: dict[str, float]) -> str:
    return (
        f"least bulk ESS {found['ess']:.0f}: {found['ess'] / found['wall']:.0f} a second in all "
        f"({found['wall']:.1f} s, compiling counted), {found['ess'] / found['sampling']:.0f} a second of sampling "
        f"({found['sampling']:.1f} s); {found['diverging']:.0f} divergences"
    )


def rows() -> list[Row]:
    """Measure all, in seconds for one effective draw."""
    say("W8: forecast.fit by importance (seconds)")
    mine, every = in_child("benchmarks.posterior:importance"), in_child("benchmarks.posterior:every_pair")
    say("W8: forecast.fit by chains (half a minute)")
    ours = in_child("benchmarks.posterior:chains")
    say("W8: pm.sample (one to two minutes)")
    theirs = in_child("benchmarks.posterior:peer")
    unit = mine.result["wall"] / mine.result["ess"]
    first, all_pairs = mine.result, every.result
    return [
        _row(
            "forecast.fit by importance, an effective draw",
            mine,
            unit,
            f"least effective draws of a block {first['ess']:,.0f}; {first['wall']:.2f} s in a fresh process after "
            f"imports of NumPy and SciPy, {first['again']:.2f} s again",
        ),
        _row(
            "the same on every shipped pair, a pair",
            every,
            unit,
            f"{all_pairs['pairs']:.0f} pairs, pools among them, {all_pairs['wall']:.2f} s each; fewest effective draws "
            f"{all_pairs['ess']:,.0f}, largest k-hat {all_pairs['khat']:.2f}",
        ),
        _row("forecast.fit by chains from importance draws, an effective draw", ours, unit, _note(ours.result)),
        _row("pm.sample, its defaults, an effective draw", theirs, unit, _note(theirs.result)),
    ]
