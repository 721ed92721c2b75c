"""One estimate: a value, its Monte-Carlo error and the interval that follows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from forecast.rounding import estimate_text
from forecast.tables import page_of
from priors.intervals import MASS, interval_label, tails

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Estimate"]


@dataclass(frozen=True, repr=False)
class Estimate:
    """A quantity known by sampling worlds.

    Attributes
    ----------
    value : float
        The estimate.
    error : float
        Its Monte-Carlo standard error, >= 0; 0 where nothing was sampled.
    unit : str
        Unit of both, as in the schema of outcomes.
    meaning : str
        What it is, in a few words.
    least, most : float
        Bounds that the quantity cannot pass; the interval stays between them.
    whose : str
        Whose beliefs on what evidence, and by whose values, in words; empty where nothing says.
    """

    value: float
    error: float
    unit: str = "1"
    meaning: str = ""
    least: float = -math.inf
    most: float = math.inf
    whose: str = ""

    @property
    def interval(self) -> tuple[float, float]:
        """The central 90% interval: what a normal error allows, within the bounds."""
        half = NormalDist().inv_cdf(tails()[1]) * self.error
        return max(self.value - half, self.least), min(self.value + half, self.most)

    def __float__(self) -> float:
        return float(self.value)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: one row; columns value, error, lower, upper (central 90%) and unit."""
        import pandas as pd

        lower, upper = self.interval
        row = {"value": self.value, "error": self.error, "lower": lower, "upper": upper, "unit": self.unit}
        return pd.DataFrame([row], index=pd.Index([self.meaning], name="quantity"))

    def plot(self) -> Figure:
        """Draw the value and its interval on an axis in its unit."""
        from forecast.plots.estimate import drawn_estimate

        return drawn_estimate(self)

    def __repr__(self) -> str:
        named = f", {self.meaning}" if self.meaning else ""
        return f"Estimate({estimate_text(self.value, self.error, unit=self.unit)}{named}{self.whose})"

    def _repr_html_(self) -> str:
        heads = ("quantity", "estimate", interval_label(MASS))
        lower, upper = (estimate_text(bound, self.error, unit=self.unit).split(" ±")[0] for bound in self.interval)
        text = estimate_text(self.value, self.error, unit=self.unit)
        return page_of(heads, [(self.meaning, text, f"{lower} to {upper}")], repr(self))
