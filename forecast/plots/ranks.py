"""Ranks of known truths among posterior draws, against uniform: the picture of a calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.diagnostics.uniformity import band, counts_below
from forecast.plots.curves import Panels
from forecast.plots.style import GREY, dress_noted, finish, plain

if TYPE_CHECKING:
    from forecast.diagnostics.calibration import Calibration

__all__ = ["draw"]

_ALONE = 0.05
"""Error of the inner band, for one panel alone."""

_INNER, _OUTER, _LINE, _WRONG = "#b9cfe0", "#dfe9f1", "#0072B2", "#D55E00"


def draw(result: Calibration) -> Figure:
    """Draw the difference between the ECDF of the ranks and uniform, a panel a quantity.

    Parameters
    ----------
    result : Calibration
        From :func:`forecast.calibrate`.

    Returns
    -------
    matplotlib.figure.Figure
        x: rank of the truth among the draws, as a share of them; y: share of replications with a lower rank, less
        what it would be if ranks were uniform. Bands hold the whole curve with 95% for one panel alone, and with the
        probability of the verdict for all panels together. A line that leaves the wider band is in another colour.
    """
    data, about = result.data, result.about
    n, points = data.sizes["replication"], data.sizes["draw"]
    share = np.arange(1, points + 1) / (points + 1)
    curves = counts_below(result.ranks.values, points=points).T / n - share
    inner = [edge / n - share for edge in band(n=n, points=points, error=_ALONE)]
    outer = [edge / n - share for edge in band(n=n, points=points, error=result.threshold)]
    fails = (curves < outer[0] - 1e-9) | (curves > outer[1] + 1e-9)
    panels = Panels(len(curves), columns=5, each=(2.1, 1.45), around=(0.6, 1.8), sharex=True, sharey=True)
    reach = 1.1 * max(np.abs(outer).max(), np.abs(curves).max())
    names, kinds = data["quantity"].values, data["kind"].values
    for position, (ax, name, kind, curve) in enumerate(zip(panels.axes, names, kinds, curves, strict=True)):
        ax.fill_between(share, outer[0], outer[1], step="mid", color=_OUTER, linewidth=0)
        ax.fill_between(share, inner[0], inner[1], step="mid", color=_INNER, linewidth=0)
        ax.axhline(0.0, color="white", linewidth=0.8)
        ax.step(share, curve, where="mid", color=_WRONG if fails[position].any() else _LINE, linewidth=1.1)
        ax.set_title(plain(str(name)), fontsize=8, loc="left", pad=3, color="black" if kind == "belief" else GREY)
        finish(ax)
        ax.set_xlim(0.0, 1.0)
        ax.set_xticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
        ax.set_ylim(-reach, reach)
        ax.tick_params(labelbottom=panels.is_last(position))
    # Not the figure's own label, which would stand outside the room that is left for the panels.
    lowest = max(filter(panels.is_first, range(len(curves))))
    middle = panels.axes[(lowest + len(curves) - 1) // 2]
    middle.set_xlabel("rank of the truth among the posterior draws, as a share", fontsize=9)
    panels.figure.supylabel("ECDF of the ranks, less uniform", fontsize=9)
    scaled = data.attrs.get("sd_scaled_by")
    handles = [
        Line2D([], [], color=_LINE, linewidth=1.4, label="ranks"),
        *([Line2D([], [], color=_WRONG, linewidth=1.4, label="ranks that are not uniform")] if fails.any() else []),
        Patch(facecolor=_INNER, label=f"{100 * (1 - _ALONE):g}% band, one panel alone"),
        Patch(facecolor=_OUTER, label="band of the verdict, all panels together"),
    ]
    dress_noted(
        panels.figure,
        title="Does the posterior know what it claims to know?",
        subtitle=(
            f"In {n} replications a world was drawn from the beliefs, evidence from that world, and the posterior from "
            "that evidence. Where all is right the world's own value has any rank among the draws. A slope up "
            "through the middle: not sure enough. A slope down: too sure. All above or below: biased."
            + (f" Here every posterior sd was multiplied by {scaled:g}." if scaled else "")
        ),
        note=(
            f"Beliefs: {about.beliefs or 'unknown'}.  Evidence: {about.evidence or 'unknown'}.  "
            "Grey titles: what only the evidence has, and log likelihoods and density as checks."
        ),
        handles=handles,
    )
    return panels.figure
