"""Make the page and the picture of the calibration (``make calibration``); it takes about eight minutes.

A default test holds the page to be of the beliefs and evidence that there are, and a slow one holds its numbers equal
to those of a run of its own.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import forecast
import priors
from docs.writing import markdown_table
from forecast.diagnostics.calibration import FAMILY_ERROR, LEVELS, TOGETHER, Calibration, all_evidence
from forecast.evidence import Evidence
from priors import PriorSet

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "calibration.md"
PICTURE = ROOT / "docs" / "figures" / "calibration.png"
REPLICATIONS, SEED = 1000, 1
MUTANTS = (0.5, 0.9, 1.1)


def calibrated() -> tuple[PriorSet, Evidence]:
    """Give what is calibrated: the article's beliefs and every item of evidence."""
    return priors.load("article"), all_evidence()


def provenance(beliefs: PriorSet, evidence: Evidence) -> str:
    """Say what the page was made from."""
    applied = evidence.applied(beliefs)
    return (
        f"Beliefs `{applied.name}` with the priors that evidence brings ({applied.hash[:16]}), evidence "
        f"“{evidence.name}” ({evidence.hash}), {REPLICATIONS:,} replications, seed {SEED}."
    )


def picture_hash() -> str:
    """Give the fingerprint of the picture."""
    return hashlib.sha256(PICTURE.read_bytes()).hexdigest()[:16]


def _percent(coverage: float, error: float) -> str:
    return f"{100 * coverage:.1f} ± {100 * error:.1f}"


def _covered(row: Any) -> list[str]:
    return [_percent(row[f"coverage_{100 * level:.0f}"], row[f"error_{100 * level:.0f}"]) for level in LEVELS]


def _p(value: float) -> str:
    return "< .0001" if value < 1e-4 else f"{value:.2g}"


def table(run: Calibration) -> str:
    """Write coverage and ranks, one row a quantity."""
    rows = [
        [
            f"`{name}`" if name != TOGETHER else "all together",
            {"belief": "belief", "nuisance": "only in the evidence", "check": "check", "pooled": ""}[row["kind"]],
            *_covered(row),
            "" if name == TOGETHER else f"{row['ecdf_difference']:.3f}",
            _p(row["p"]),
            "passed" if row["passed"] else "failed",
        ]
        for name, row in run.to_frame().iterrows()
    ]
    heads = [f"{100 * level:.0f}% interval holds (%)" for level in LEVELS]
    return markdown_table(["quantity", "kind", *heads, "largest ECDF difference", "p", "verdict"], rows)


def page(run: Calibration, beliefs: PriorSet, evidence: Evidence) -> str:
    """Write the page of a run."""
    faults = []
    for factor in MUTANTS:
        wrong = run.scaled(factor)
        faults.append(
            [
                f"{factor:g}",
                *_covered(wrong.to_frame().loc[TOGETHER]),
                str(int((~wrong.to_frame()["passed"].iloc[:-1].astype(bool)).sum())),
                "passed" if wrong.passed else "failed",
            ]
        )
    heads = [f"{100 * level:.0f}% intervals hold (%)" for level in LEVELS]
    quantities, weighted = run.data.sizes["quantity"], run.data["weighted"]
    few, many = int(weighted.min()), int(weighted.max())
    again, broke = int((weighted > few).any("block").sum()), int(run.broke_gates.sum())
    return (
        "# Calibration\n\n"
        "Made by `make calibration`, which also draws the picture. "
        f"{provenance(beliefs, evidence)} Picture {picture_hash()}.\n\n"
        "Each replication draws a world from the beliefs, every item of evidence from that world by the likelihoods "
        "of the model, and the posterior from that evidence. Where prior, likelihood and sampler agree, the world's "
        "own value is like any draw: its rank among the draws is uniform, and a 90% interval holds it in 90% of "
        f"replications. The sampler is the importance sampler of fits, with {few:,} weighted draws of each block of "
        f"what evidence links, of which {run.data.sizes['draw']} equally likely ones are ranked. In {again} "
        f"replications some block broke the gates of a fit and was drawn again with {many:,}, as many as a fit has. In "
        f"{broke} it broke them even so; a fit hands such a block to chains, here it counts like the others.\n\n"
        "![For each quantity, how far the ranks of the truth are from uniform, with simultaneous bands]"
        "(figures/calibration.png)\n\n"
        f"The run **{'passed' if run.passed else 'failed'}**. A calibrated run fails with a probability of at most "
        f"{100 * FAMILY_ERROR:g}%, of which half is shared by the ranks of the {quantities} quantities (exact "
        "simultaneous bands) and half goes to the coverage of all parameters together. The ± of one quantity is the "
        "binomial standard error; that of all together counts each replication once, because the parameters of "
        "one replication share its evidence. The log likelihood of each item and the log density are ranked as well, "
        "because a posterior that ignores its evidence shows in nothing else.\n\n"
        + table(run)
        + "\n\n## Known faults\n\nThe same run with the sd of every posterior multiplied by a factor. "
        "Each must fail.\n\n"
        + markdown_table(["factor", *heads, "quantities whose ranks fail", "verdict"], faults)
        + "\n"
    )


def _commit() -> str:
    """Name the commit that the page is made at."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main() -> None:
    """Run the calibration and write picture and page."""
    beliefs, evidence = calibrated()
    run = forecast.calibrate(beliefs, evidence=evidence, replications=REPLICATIONS, seed=SEED)
    forecast.plots.save(run.plot(), PICTURE, dpi=110)
    print(run, file=sys.stderr)
    from docs import agreement

    PAGE.write_text(f"{page(run, beliefs, evidence)}\n{agreement.section(_commit())}", encoding="utf-8")


if __name__ == "__main__":
    main()
