"""The page of one prior, as text and as HTML: picture, interval, derivation, and the claims in words."""

from __future__ import annotations

import dataclasses
import textwrap
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from .belief import Belief
from .families import FloatArray
from .intervals import MASS, interval_label
from .plotting import density, plot_prior, visible_range
from .reading import figure, reading, scale_of, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PriorPage"]

_BLOCKS = " ▁▂▃▄▅▆▇█"
_COLUMNS = 56
_WIDTH, _HEIGHT = 420, 120


@dataclasses.dataclass(frozen=True, repr=False)
class PriorPage:
    """A page that shows one prior; its text and HTML are written when asked for."""

    prior: Belief

    def lines(self) -> list[str]:
        """Return the page as lines of plain text, at most 78 characters wide."""
        prior = self.prior
        scale = scale_of(prior.unit)
        out = [prior.name or "unnamed prior"]
        out += textwrap.wrap(prior.meaning, 78)
        _, heights = density(prior, _COLUMNS)
        top = float(np.max(heights)) or 1.0
        levels = np.minimum((heights / top * (len(_BLOCKS) - 1)).round().astype(int), len(_BLOCKS) - 1)
        shown = visible_range(prior)
        left, right = (scale.text(end) for end in shown)
        out += ["", "".join(_BLOCKS[level] for level in levels)]
        out += [left + right.rjust(max(_COLUMNS - len(left), len(right) + 1)) + f" {scale.suffix}".rstrip()]
        out += [""]
        for fact in self._facts():
            out += textwrap.wrap(fact, 78)
        if prior.derivation:
            out += ["", *textwrap.wrap(f"Derivation: {prior.derivation}", 78)]
        for row in prior.elicited.rows if prior.elicited is not None else ():
            out.append(f"  {row.kind}: {row.condition}; missed by {abs(row.achieved - row.asked):.1g}")
        if prior.claims:
            out += ["", "Claims"]
        for one, words in self.claims():
            out += textwrap.wrap(f"{one}: {words}" if words else one, 78, initial_indent="  ", subsequent_indent="    ")
        return out

    def _facts(self) -> list[str]:
        """Return the distribution, and what it comes to: of a technical unit as it is read."""
        prior = self.prior
        scale = scale_of(prior.unit)
        if not scale.plain:
            return [f"{prior.distribution} on the {prior.unit}", reading(prior)]
        low, high = prior.interval()
        unit = with_unit(prior.unit)
        return [
            str(prior.distribution),
            f"{interval_label(MASS)} interval: {figure(low)} to {figure(high)}{unit}",
            f"median {figure(prior.median)}, mean {figure(prior.mean)}, sd {figure(prior.sd)}{unit}",
        ]

    def claims(self) -> list[tuple[str, str]]:
        """Return each claim's id with its paraphrase, which is empty where no list has it."""
        return [(one, self.prior.listed.words(one)) for one in self.prior.claims]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the picture of the page with Matplotlib; returns the axes."""
        return plot_prior(self.prior, ax)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        prior = self.prior
        parts = [
            f"<h4>{escape(prior.name or 'unnamed prior')}</h4>",
            f"<p>{escape(prior.meaning)}</p>",
            self._svg(),
        ]
        parts.append("<p>" + "<br/>".join(escape(fact) for fact in self._facts()) + "</p>")
        if prior.derivation:
            parts.append(f"<p><i>{escape(prior.derivation)}</i></p>")
        if prior.claims:
            items = "".join(f"<li><b>{escape(one)}</b> {escape(words)}</li>" for one, words in self.claims())
            parts.append(f"<ul>{items}</ul>")
        return f'<div style="max-width:{_WIDTH + 60}px">{"".join(parts)}</div>'

    def _svg(self) -> str:
        """Draw the density with the central interval shaded, without any plotting library."""
        x, heights = density(self.prior, 160)
        left, right = visible_range(self.prior)
        top = float(np.max(heights)) or 1.0
        low, high = self.prior.interval()

        def path(places: FloatArray, values: FloatArray) -> str:
            px = (places - left) / (right - left) * _WIDTH
            py = _HEIGHT * (1 - 0.95 * values / top)
            return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(px, py, strict=True))

        inside = (x >= low) & (x <= high)
        polygon = ""
        if inside.any():
            ends = (float(x[inside][0]) - left, float(x[inside][-1]) - left)
            first, last = (end / (right - left) * _WIDTH for end in ends)
            corners = f"{last:.1f},{_HEIGHT} {first:.1f},{_HEIGHT}"
            polygon = f'<polygon points="{path(x[inside], heights[inside])} {corners}" fill="#9ecae1"/>'
        scale = scale_of(self.prior.unit)
        style = 'font-size="11" fill="currentColor"'
        return (
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 18}" width="{_WIDTH}" role="img">{polygon}'
            f'<polyline points="{path(x, heights)}" fill="none" stroke="#08519c" stroke-width="1.5"/>'
            f'<line x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}" stroke="currentColor"/>'
            f'<text x="0" y="{_HEIGHT + 14}" {style}>{escape(scale.text(left))}</text>'
            f'<text x="{_WIDTH}" y="{_HEIGHT + 14}" text-anchor="end" {style}>'
            f"{escape(scale.shown(right))}</text></svg>"
        )
