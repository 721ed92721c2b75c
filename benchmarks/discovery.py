"""W4: the box x0 > .6, x1 < .4, x2 > .3 in 20 parameters, 10,000 worlds, found again; beside ema_workbench's PRIM.

The search alone is compared like with like: the same parameters, worlds, step and objective, and the boxes are checked
to be equal bit for bit. The whole of ``discover`` searches half of the worlds and measures in the other half.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from benchmarks.timing import HOW_TO_INSTALL, Failed, Row, best, installed, say
from forecast.sensitivity.discovery.discover import discover
from forecast.sensitivity.discovery.peel import peeled
from forecast.sensitivity.discovery.result import Discovery

WORLDS, PARAMETERS, ALPHA, MASS_MIN = 10_000, 20, 0.05, 0.05
MANY, MANY_WORLDS = 111, 5_000
"""As many parameters as the world model has, in half of 10,000 worlds; the event has nothing to do with any."""
TRUTH = {("x0", "above"): 0.6, ("x1", "below"): 0.4, ("x2", "above"): 0.3}
TOLERANCE = 0.05


def planted() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(1).random((WORLDS, PARAMETERS))
    return x, (x[:, 0] > 0.6) & (x[:, 1] < 0.4) & (x[:, 2] > 0.3)


def many() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(2)
    return generator.random((MANY_WORLDS, MANY)), generator.random(MANY_WORLDS) < 0.2


def ours(x: np.ndarray, happened: np.ndarray, refits: int) -> Discovery:
    data = xr.Dataset({f"x{place}": ("world", column) for place, column in enumerate(x.T)})
    event = xr.DataArray(happened, dims="world")
    return discover(data, event=event, refits=refits, engine="numpy", progress=False)


def off(found: Discovery) -> float:
    """Give how far the limits are from the truth at most.

    Raises
    ------
    Failed
        If there are others, or that is more than one step of PRIM.
    """
    limits = {(limit.parameter, limit.side): limit.value for limit in found.boxes[0].limits} if found.boxes else {}
    if set(limits) != set(TRUTH):
        raise Failed(f"limits on {sorted(limits)}")
    farthest = max(abs(limits[end] - value) for end, value in TRUTH.items())
    if farthest > TOLERANCE:
        raise Failed(f"a limit is {farthest:.3f} off")
    return farthest


def rows() -> list[Row]:
    """Measure the search alone by both, and the whole."""
    say("W4: ours")
    x, happened = planted()
    alone = best(lambda: peeled(x, happened, ALPHA, MASS_MIN), 3)
    found = [Row("search alone, ours", alone, 1.0, note=f"{PARAMETERS} parameters, {WORLDS:,} worlds")]
    say("W4: ema_workbench")
    if installed("ema_workbench"):
        from forecast.sensitivity.discovery.ema import found_by_ema

        for label, (cases, events), mine in (("", planted(), alone), (f", {MANY} parameters", many(), None)):
            one, other = peeled(cases, events, ALPHA, MASS_MIN), found_by_ema(cases, events, ALPHA, MASS_MIN)
            if not (np.array_equal(one.lows, other.lows) and np.array_equal(one.highs, other.highs)):
                raise Failed("the two searches differ")
            if mine is None:
                mine = best(lambda cases=cases, events=events: peeled(cases, events, ALPHA, MASS_MIN), 3)  # type: ignore[misc]
                note = f"no box there; {MANY_WORLDS:,} worlds"
                found.append(Row(f"search alone, ours{label}", mine, 1.0, note=note))
            theirs = best(
                lambda cases=cases, events=events: found_by_ema(cases, events, ALPHA, MASS_MIN),  # type: ignore[misc]
                1,
            )
            found.append(
                Row(f"ema_workbench PRIM{label}", theirs, theirs / mine, note=f"{len(one)} boxes, equal bit for bit")
            )
    else:
        found.append(Row("ema_workbench PRIM", note=HOW_TO_INSTALL))
    say("W4: the whole")
    for refits in (0, 20):
        result = ours(x, happened, refits)
        farthest = off(result)
        wall = best(lambda refits=refits: ours(x, happened, refits), 2)  # type: ignore[misc]
        what = f"discover, {refits} refits" if refits else "discover, no refits"
        note = f"density {result.boxes[0].density:.3f} and coverage {result.boxes[0].coverage:.3f} in the other half"
        found.append(Row(what, wall, wall / alone, error=f"limits at most {farthest:.3f} off", note=note))
    return found
