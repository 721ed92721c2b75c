"""The density of a belief as a picture shows it, and the picture; Matplotlib is loaded when one is asked for."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from .belief import Belief
from .families import FloatArray
from .intervals import MASS, interval_label
from .mixture import form_weights, is_choice
from .reading import scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["density", "plot_prior", "visible_range"]

_LINE, _SHADE, _ASKED = "#08519c", "#9ecae1", "#a63603"
_POINTS = 600


def visible_range(prior: Belief) -> tuple[float, float]:
    """Return the stretch of the axis that a picture shows: all but 1 in 250 of the probability at each end."""
    low, high = (float(x) for x in prior.ppf(np.array([0.004, 0.996])))
    lower, upper = prior.support
    margin = 0.02 * (high - low)
    # A finite end of the support close to the picture is shown, because a reader looks for it.
    low = lower if lower > low - 0.15 * (high - low) else low - margin
    high = upper if upper < high + 0.15 * (high - low) else high + margin
    return low, high


def density(prior: Belief, points: int) -> tuple[FloatArray, FloatArray]:
    """Return places inside the visible range and the density there, kept finite for a picture."""
    low, high = visible_range(prior)
    step = (high - low) / points
    # Midpoints, because a density may be infinite at the end of its support.
    x = low + step * (np.arange(points) + 0.5)
    return np.asarray(x, dtype=np.float64), np.nan_to_num(prior.pdf(x), nan=0.0, posinf=0.0)


def plot_prior(prior: Belief, ax: Axes | None = None) -> Axes:
    """Draw the density of a prior.

    The central 90% is shaded, the values that were asked for in the elicitation are marked on the axis, and
    the derivation is the caption.

    Parameters
    ----------
    prior : Belief
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a figure of its own unless given.

    Returns
    -------
    matplotlib.axes.Axes
        ``ax.figure`` is the figure.
    """
    if ax is None:
        from .pictures import Picture, PictureAxes

        # Not through pyplot, which would keep the figure alive in a global list.
        ax = Picture(figsize=(7.0, 4.4), layout="constrained").add_subplot(axes_class=PictureAxes)
    if is_choice(prior.distribution):
        return _plot_forms(prior, prior.attrs().get("flag_meanings", "").split("; "), ax)
    x, heights = density(prior, _POINTS)
    low, high = prior.interval()
    inside = (x >= low) & (x <= high)
    scale = scale_of(prior.unit)
    label = f"{interval_label(MASS)}: {scale.span(low, high)}"
    ax.fill_between(x, 0.0, heights, where=inside.tolist(), color=_SHADE, linewidth=0, label=label)
    ax.plot(x, heights, color=_LINE, linewidth=1.6)
    asked = [] if prior.elicited is None else [row.value for row in prior.elicited.rows if row.kind == "asked"]
    shift = prior.elicited is not None and prior.elicited.request.shift is not None
    if asked:
        ax.plot(
            asked,
            np.zeros(len(asked)),
            linestyle="none",
            marker="^",
            markersize=9,
            color=_ASKED,
            clip_on=False,
            zorder=5,
            label=("asked before the shift: " if shift else "asked: ")
            + ", ".join(scale.text(value) for value in sorted(asked, key=scale.value)),
        )
    ax.set_xlim(*visible_range(prior))
    # A density that is infinite at its end would leave nothing of the rest to see.
    ax.set_ylim(0.0, 1.08 * min(float(np.max(heights)), 4.0 * float(np.quantile(heights, 0.97))))
    ax.set_yticks([])
    ax.xaxis.set_major_formatter(lambda value, _position: scale.text(value))
    ax.spines[["left", "top", "right"]].set_visible(False)
    _dress(prior, ax, scale.label or "pure number")
    ax.legend(frameon=False, fontsize="small")
    return ax


def _plot_forms(prior: Belief, words: list[str], ax: Axes) -> Axes:
    """Draw the probability of each form of a structure."""
    weights = form_weights(prior.distribution)
    ax.bar(range(len(weights)), [100.0 * weight for weight in weights], width=0.6, color=_SHADE, edgecolor=_LINE)
    named = words if len(words) == len(weights) else list(map(str, range(len(weights))))
    ax.set_xticks(range(len(weights)), [textwrap.fill(word, 26) for word in named])
    ax.set_ylim(0.0, 100.0)
    ax.set_ylabel("% of what is believed")
    ax.spines[["top", "right"]].set_visible(False)
    _dress(prior, ax, "form")
    return ax


def _dress(prior: Belief, ax: Axes, label: str) -> None:
    """Write what the axis is, the derivation under it, and the prior over it."""
    caption = "\n".join(textwrap.wrap(prior.derivation, 88))
    ax.set_xlabel(label + ("\n\n" + caption if caption else ""))
    ax.set_title(f"{prior.name}  {prior.distribution}".strip(), loc="left", fontsize="medium", wrap=True)
