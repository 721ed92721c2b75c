"""The README's tables and pictures of what an outcome depends on.

One belief at a time and boxes are of worlds given the article's evidence; shares of the variance and the map over two
beliefs vary what is believed, and take beliefs as they stand.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import xarray as xr

import forecast
import priors
from forecast.estimates import estimate_text, points_text
from forecast.sensitivity.discovery.result import Discovery
from forecast.sensitivity.indices import Indices
from forecast.sensitivity.two_way import TwoWay
from priors.intervals import interval_label

OUTCOME, OPTION, SEED = "stable_success", "regional_centres", 1
MAPPED = ("collapse_hazard", "assault_hazard")
FAILS = "pyrrhic"
_SHOWN = 6


@cache
def shares() -> Indices:
    """Share out the variance among all beliefs."""
    return forecast.sobol(priors.load("article"), OUTCOME, n=2**11, option=OPTION, seed=SEED, luck=6, progress=False)


def sensitivity_table() -> str:
    """Write the beliefs that change the outcome most, one at a time, and what each accounts for among all."""
    bars = forecast.tornado(
        priors.load("article"), outcome=OUTCOME, option=OPTION, worlds=2000, seed=SEED, progress=False
    )
    totals = {row.parameter: row for row in shares().rows if row.kind == "total"}
    rows = []
    for bar in bars.rows[:_SHOWN]:
        # What goes together is shared out together.
        name = next(name for name in totals if bar.parameter in name.split(" + "))
        others = [f"`{other}`" for other in name.split(" + ") if other != bar.parameter]
        total = estimate_text(totals[name].estimate, totals[name].error)
        change = points_text(bar.estimate, bar.error, unit=bars.about.unit)
        rows.append(
            [
                f"`{bar.parameter}`",
                bar.meaning,
                bar.range_words(),
                estimate_text(bar.at_low, bar.at_low_error, unit=bars.about.unit),
                estimate_text(bar.at_high, bar.at_high_error, unit=bars.about.unit),
                change if change.startswith("-") else f"+{change}",
                total + (f" (with {', '.join(others)})" if others else ""),
            ]
        )
    head = [
        "belief",
        "what it is",
        interval_label(),
        "at its 5%",
        "at its 95%",
        "change",
        "share of the variance, total",
    ]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


@cache
def worlds() -> xr.Dataset:
    """Run the option on the article's beliefs."""
    return forecast.simulate(priors.load("article"), options=[OPTION], seed=SEED, progress=False)


@cache
def fails() -> Discovery:
    """Find where in belief space the option wins Sirte at the price of the state."""
    return forecast.discover(worlds(), event=FAILS, option=OPTION, engine="numpy", progress=False)


def fails_words() -> str:
    """Write the box in words."""
    return "> " + fails().words


@cache
def over_two() -> TwoWay:
    """Map the outcome over two beliefs."""
    return forecast.two_way(priors.load("article"), *MAPPED, outcome=OUTCOME, option=OPTION, seed=SEED, progress=False)


def depends_blocks() -> dict[str, str]:
    """Give the blocks of the README by name."""
    return {"sensitivity": sensitivity_table(), "fails": fails_words()}


def depends_pictures(folder: Path) -> None:
    """Draw the pictures."""
    forecast.plots.save(over_two().plot(), folder / "two_way.png", dpi=110)
    forecast.plots.save(shares().plot(), folder / "sobol.png", dpi=110)
    forecast.plots.save(fails().plot(), folder / "boxes.png", dpi=110)
