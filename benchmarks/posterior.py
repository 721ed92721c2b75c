"""W8: effective draws a second, ``forecast.fit`` against ``pm.sample`` with its defaults on the model as written."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.timing import Row, Run, in_child, say


def _found(tree: Any, wall: float) -> dict[str, float]:
    """Give the smallest bulk effective sample size of any quantity, and what it took."""
    import arviz as az

    least = az.ess(tree["posterior"].to_dataset(), method="bulk")
    return {
        "ess": float(least.to_array().min()),
        "wall": wall,
        "sampling": float(tree["posterior"].attrs["sampling_time"]),
        "diverging": int(tree["sample_stats"]["diverging"].sum()),
    }


def ours() -> dict[str, float]:
    """Condition the article's beliefs on the article's evidence, for :mod:`benchmarks.child`; no saved fit is used."""
    import forecast
    import priors

    model = forecast.build_model(priors.load("article"))
    began = time.perf_counter()
    tree = forecast.fit(model, cache=False, progress=False)
    return _found(tree, time.perf_counter() - began)


def peer() -> dict[str, float]:
    """Sample the same model the default way."""
    import pymc as pm

    import forecast
    import priors

    model = forecast.build_model(priors.load("article"))
    began = time.perf_counter()
    with model:
        tree = pm.sample(random_seed=1, quiet=True)
    return _found(tree, time.perf_counter() - began)


def _row(label: str, run: Run, unit: float) -> Row:
    found = run.result
    return Row(
        label,
        found["wall"] / found["ess"],
        found["wall"] / found["ess"] / unit,
        run.peak,
        note=f"least bulk ESS {found['ess']:.0f}: {found['ess'] / found['wall']:.0f} a second in all "
        f"({found['wall']:.1f} s, compiling counted), {found['ess'] / found['sampling']:.0f} a second of sampling "
        f"({found['sampling']:.1f} s); {found['diverging']:.0f} divergences",
    )


def rows() -> list[Row]:
    """Measure both, in seconds for one effective draw."""
    say("W8: forecast.fit (half a minute)")
    mine = in_child("benchmarks.posterior:ours")
    say("W8: pm.sample (one to two minutes)")
    theirs = in_child("benchmarks.posterior:peer")
    unit = mine.result["wall"] / mine.result["ess"]
    return [
        _row("forecast.fit, an effective draw", mine, unit),
        _row("pm.sample, its defaults, an effective draw", theirs, unit),
    ]
