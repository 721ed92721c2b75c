"""Importance draws against PyMC's chains, marginal by marginal, on every shipped set of beliefs and evidence.

``make calibration`` writes the table of all of them into docs/calibration.md; tests hold it for some in CI and for all
in ``make test-all``. Chains start from importance draws, but what they draw is decided by the model alone. In pools
both mix members by the same weights, which are held to closed forms elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import forecast
import priors
from forecast.evidence import available
from forecast.posterior.carried import weighted_draws
from forecast.progress import progress_bar
from priors import PriorSet

if TYPE_CHECKING:
    import xarray as xr

PAIRS = tuple((beliefs, evidence) for evidence in available() if evidence != "none" for beliefs in priors.available())
"""Every shipped set of beliefs with every shipped set of evidence."""

LARGEST = 4.5
"""Differences in standard errors beyond which means, or logs of sds, do not agree: about one chance in 400 for the
largest of 500."""

type Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Marginal:
    """One quantity by both methods.

    Attributes
    ----------
    beliefs, evidence, quantity : str
        Of what.
    score : float
        Difference of the means over its standard error.
    sd_ratio, sd_score : float
        Sd of the importance draws over that of the chains; its log over its standard error.
    effective : float
        Effective draws of the chains.
    """

    beliefs: str
    evidence: str
    quantity: str
    score: float
    sd_ratio: float
    sd_score: float
    effective: float


def compared(beliefs: str | PriorSet, evidence: str, *, seed: int = 1) -> list[Marginal]:
    """Fit by both methods and compare every quantity that evidence reaches.

    Parameters
    ----------
    beliefs : str or PriorSet
        The name of a shipped set, or a set.
    evidence : str
        The name of a shipped set.
    seed : int
        Of both fits.
    """
    believed = priors.load(beliefs) if isinstance(beliefs, str) else beliefs
    drawn = forecast.fit(believed, evidence=evidence, method="importance", seed=seed, progress=False)
    chains = forecast.fit(believed, evidence=evidence, method="nuts", seed=seed, progress=False)
    for one in (drawn, chains):
        if one.attrs["gates"] != "passed":
            raise RuntimeError(f"{believed.name} with {evidence} by {one.attrs['method']}: gates {one.attrs['gates']}")
    return [
        Marginal(believed.name, evidence, label, *_against(values, weights, other))
        for label, values, weights, other in _marginals(drawn, chains)
    ]


def _marginals(drawn: xr.DataTree, chains: xr.DataTree) -> list[tuple[str, Floats, Floats, Floats]]:
    """Give each scalar that evidence reaches: weighted draws, their weights, and the chains, shape (chain, draw)."""
    group, blocks = weighted_draws(drawn)
    shares = drawn["members"].to_dataset()["weight"].values if "members" in drawn.children else np.ones(1)
    found = []
    for block, said in blocks.items():
        logs = group["log_weight"].sel(block=block).transpose("member", "sample").values
        weights = (np.exp(logs) * shares[:, None]).reshape(-1)
        for name in said["quantities"]:
            values = group[name].transpose("member", "sample", ...).values
            values = values.reshape(weights.size, -1)
            other = chains["posterior"][name].transpose("chain", "draw", ...).values
            other = other.reshape(*other.shape[:2], -1)
            for part in range(values.shape[1]):
                label = name if values.shape[1] == 1 else f"{name}[{part}]"
                found.append((label, values[:, part], weights / weights.sum(), other[..., part]))
    return found


def _against(values: Floats, weights: Floats, chains: Floats) -> tuple[float, float, float, float]:
    """Compare mean and sd of weighted draws with those of chains."""
    import arviz as az

    mean = float((weights * values).sum())
    off = (values - mean) ** 2
    variance = float((weights * off).sum())
    other_mean, other = float(chains.mean()), (chains - chains.mean()) ** 2
    effective = min(float(az.ess(chains, method="mean")), float(chains.size))
    squares = min(float(az.ess(other, method="mean")), float(chains.size))
    error = math.hypot(math.sqrt(float((weights**2 * off).sum())), float(chains.std()) / math.sqrt(effective))
    # Of the log of an sd: half the relative error of the variance.
    ours = math.sqrt(float((weights**2 * (off - variance) ** 2).sum())) / variance / 2.0
    theirs = float(other.std()) / math.sqrt(squares) / float(other.mean()) / 2.0
    ratio = math.sqrt(variance / float(other.mean()))
    return (mean - other_mean) / error, ratio, math.log(ratio) / math.hypot(ours, theirs), effective


def agree(rows: list[Marginal]) -> bool:
    """Whether no marginal is farther off than luck allows."""
    return all(abs(row.score) < LARGEST and abs(row.sd_score) < LARGEST for row in rows)


def table(rows: list[Marginal]) -> str:
    """Write a line a pair of beliefs and evidence."""
    lines = [
        "| beliefs | evidence | marginals | rms difference of means (s.e.) | largest (s.e.) | of | sd ratios "
        "| fewest effective draws of chains | verdict |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for pair in dict.fromkeys((row.beliefs, row.evidence) for row in rows):
        own = [row for row in rows if (row.beliefs, row.evidence) == pair]
        scores = np.array([row.score for row in own])
        worst = max(own, key=lambda row: abs(row.score))
        ratios = [row.sd_ratio for row in own]
        lines.append(
            f"| `{pair[0]}` | `{pair[1]}` | {len(own)} | {math.sqrt(float((scores**2).mean())):.2f} "
            f"| {worst.score:+.2f} "
            f"| `{worst.quantity}` | {min(ratios):.3f} to {max(ratios):.3f} | {min(row.effective for row in own):,.0f} "
            f"| {'agree' if agree(own) else 'DIFFER'} |"
        )
    return "\n".join(lines)


def section(commit: str) -> str:
    """Fit everything by both methods and write the section of the page."""
    rows: list[Marginal] = []
    with progress_bar("Importance against chains", total=len(PAIRS), show=True) as bar:
        for beliefs, evidence in PAIRS:
            rows += compared(beliefs, evidence)
            bar.advance()
    return (
        "## Importance draws against chains\n\n"
        "Every shipped set of beliefs with every set of evidence, fitted by importance and by PyMC's No-U-Turn "
        f"sampler at seed 1, at commit {commit}. Means of the 65,536 weighted draws of each marginal against those of "
        "4 x 2,500 draws of the chains, in standard errors of the difference; the two agree where none of them, nor "
        f"the log of any ratio of sds, is {LARGEST:g} standard errors off.\n\n{table(rows)}\n"
    )
