"""W8: what a second of sampling is worth, ``forecast.fit`` against ``pm.sample`` with its defaults."""

from __future__ import annotations

import time
from typing import Any

import arviz as az
import pymc as pm

import forecast
import priors


def least_ess(tree: Any) -> float:
    """Give the smallest bulk effective sample size of any quantity."""
    found = az.ess(tree["posterior"].to_dataset(), method="bulk")
    return float(found.to_array().min())


def row(label: str, tree: Any, wall: float, diverging: int) -> tuple[str, float, float]:
    ess = least_ess(tree)
    sampling = float(tree["posterior"].attrs["sampling_time"])
    text = (
        f"    {label:23} {sampling:7.1f} s sampling, {wall:6.1f} s in all   least bulk ESS {ess:6.0f}"
        f"   {ess / sampling:6.0f} a second, {ess / wall:5.0f} in all   {diverging} divergences"
    )
    return text, ess / sampling, ess / wall


def w8() -> list[str]:
    """Condition the article's beliefs on the article's evidence; compiling counts in the time in all."""
    model = forecast.build_model(priors.load("article"))

    began = time.perf_counter()
    ours = forecast.fit(model, cache=False, progress=False)
    mine = row("forecast.fit", ours, time.perf_counter() - began, int(ours["sample_stats"]["diverging"].sum()))

    began = time.perf_counter()
    with model:
        plain = pm.sample(random_seed=1, quiet=True)
    peer = row(
        "pm.sample, its defaults", plain, time.perf_counter() - began, int(plain["sample_stats"]["diverging"].sum())
    )
    return [
        f"W8  posterior               {mine[1] / peer[1]:.1f} x the effective draws a second of sampling, "
        f"{mine[2] / peer[2]:.1f} x a second in all",
        mine[0],
        peer[0],
    ]


if __name__ == "__main__":
    for line in w8():
        print(line)
