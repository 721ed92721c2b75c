"""The decision table as a picture: every option by four measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecast.estimates import counted, half_width
from forecast.plots.rows import bare_rows, name_rows, point
from forecast.plots.style import dress_noted, finish, named_styles, pale_range, plain
from priors.intervals import MASS
from priors.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.decision.decide import Decision, Judgement

__all__ = ["draw"]

_PANELS = (
    ("expected_utility", "expected utility", 1.0),
    ("best", "best, alone or tied (% of worlds)\nhollow: alone", 100.0),
    ("expected_regret", "expected regret", 1.0),
    ("cvar_10", "worst tenth of worlds, mean", 1.0),
)


def draw(result: Decision) -> Figure:
    """Draw a decision.

    Parameters
    ----------
    result : Decision
        From :func:`forecast.decide`.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels that share their rows, options from the top by expected utility. Bars of the first panel are the
        simultaneous interval, of the others the central 90% one. In the second the filled point is the probability of
        being best, alone or tied, and the hollow one that of being best alone.
    """
    about, styles = result.about, named_styles(dict(zip(result.names, result.titles, strict=True)))
    rows = sorted(result.rows, key=lambda row: -row.expected_utility)
    figure = Picture(figsize=(11.4, 0.42 * len(rows) + 2.2), layout="constrained")
    axes = figure.subplots(1, len(_PANELS), sharey=True)
    for ax, (name, label, factor) in zip(axes, _PANELS, strict=True):
        finish(ax)
        for place, row in enumerate(rows):
            style = styles[row.option]
            if name == "expected_utility" and result.structures is not None:
                ends = result.structures.of(name.removeprefix("expected_"), row.option).around(row.expected_utility)
                pale_range(ax, *ends, -place, style)
            measures = (("best_alone", 0.16), ("best", -0.16)) if name == "best" else ((name, 0.0),)
            for measure, down in measures:
                value, *reaches = (factor * part for part in _bar(row, measure))
                look: dict[str, Any] = {"marker": style.marker, "hollow": measure == "best_alone", "markersize": 6.5}
                point(ax, value, -place - down, (reaches[0], reaches[1]), colour=style.colour, **look)
        ax.set_xlabel(label, fontsize=8.5)
        ax.margins(x=0.12)
    name_rows(axes[0], [styles[row.option].wrapped(26) for row in rows], fontsize=9)
    for ax in axes:
        bare_rows(ax)
        # Most panels stand far from the names of their rows.
        ax.grid(True, axis="y")
    said = "".join(f"{part}.  " for part in (about.note, about.values and f"Values: {about.values}") if part)
    dress_noted(
        figure,
        f"{said}{counted(about.worlds, 'possible world')}, the same under every option.",
        title="Which option, and how sure",
        subtitle=f"{plain(result.say())} Bars: Monte-Carlo error, of expected utility for all options at once "
        f"({100 * result.verdict.level:g}%), of the others singly ({100 * MASS:g}%). Units: utility."
        + ("" if result.structures is None else " Pale: 90% over structures that nobody knows."),
        broken=about.gates.broken,
    )
    return figure


def _bar(row: Judgement, measure: str) -> tuple[float, float, float]:
    """Return a measure of an option, and how far its bar reaches below and above it."""
    value = float(getattr(row, measure))
    if measure == "expected_utility":
        return value, value - row.lower, row.upper - value
    half = half_width(MASS) * float(getattr(row, f"{measure}_error"))
    if measure in ("best", "best_alone"):
        return value, min(half, value), min(half, 1.0 - value)
    return value, half, half
