"""What was asked of an elicitation, and how well the answer meets it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .intervals import tails

if TYPE_CHECKING:
    import pandas as pd

    from .families import Distribution

__all__ = ["TOLERANCE", "Count", "Elicitation", "Horizon", "Request", "Row", "Words"]

TOLERANCE = 0.005
"""Largest miss, in probability, of an elicitation that is said to meet what was asked."""


@dataclasses.dataclass(frozen=True)
class Words:
    """A direction with a verb: "would, moderate, +"; ``reading`` says how, see :meth:`Lexicon.effect`."""

    verb: str
    strength: str
    sign: str
    reading: str = "mean"

    def to_table(self) -> dict[str, Any]:
        """Give these fields as a table of a prior-set file."""
        table = {"verb": self.verb, "strength": self.strength, "sign": self.sign}
        return table if self.reading == "mean" else table | {"reading": self.reading}

    def sentence(self) -> str:
        """Say it in words."""
        direction = "raises" if self.sign == "+" else "lowers"
        return f"the verb '{self.verb}' with a {self.strength} effect that {direction} the rate"


@dataclasses.dataclass(frozen=True)
class Count:
    """k cases of n in a reference class, believed by its reliability (0 to 1)."""

    k: float
    n: float
    reliability: float
    months: float | None = None
    event: str | None = None

    def to_table(self) -> dict[str, Any]:
        """Give these fields as a table of a prior-set file."""
        table: dict[str, Any] = {"k": self.k, "n": self.n, "reliability": self.reliability}
        if self.months is not None:
            table |= {"months": self.months, "event": self.event}
        return table

    def sentence(self) -> str:
        """Say it in words."""
        within = ""
        if self.months is not None:
            within = f" in which the event {self.event} within {self.months:g} months"
        return f"{self.k:g} of {self.n:g} cases{within}, at reliability {self.reliability:g}"


@dataclasses.dataclass(frozen=True)
class Horizon:
    """A central interval for the probability that an event occurs, or does not, within some months."""

    interval: tuple[float, float]
    mass: float
    months: float
    event: str

    def to_table(self) -> dict[str, Any]:
        """Give these fields as a table of a prior-set file."""
        return {
            "interval": list(self.interval),
            "mass": self.mass,
            "months": self.months,
            "event": self.event,
        }

    def sentence(self) -> str:
        """Say it in words."""
        low, high = self.interval
        return (
            f"a probability of {low:g} to {high:g} (central {100 * self.mass:g}%) "
            f"that it {self.event} within {self.months:g} months"
        )


type Part = Words | Count | Horizon


@dataclasses.dataclass(frozen=True)
class Request:
    """One elicitation as it was asked for; exactly one route is set.

    Every field but the family may be None. Quantiles and parameters are tuples of pairs, so that requests
    compare and hash by value.
    """

    family: str
    interval: tuple[float, float] | None = None
    ratio: tuple[float, float] | None = None
    mass: float | None = None
    quantiles: tuple[tuple[float, float], ...] | None = None
    parameters: tuple[tuple[str, float], ...] | None = None
    words: Words | None = None
    count: Count | None = None
    probability: Horizon | None = None
    shift: Words | None = None
    bounds: tuple[float, float] | None = None

    def to_table(self) -> dict[str, Any]:
        """Give the request as the ``elicit`` table of a prior-set file."""
        table: dict[str, Any] = {"family": self.family}
        for name, pair in (("interval", self.interval), ("ratio", self.ratio)):
            if pair is not None:
                table |= {name: list(pair), "mass": self.mass}
        if self.quantiles is not None:
            table["probabilities"] = [p for p, _ in self.quantiles]
            table["values"] = [value for _, value in self.quantiles]
        if self.parameters is not None:
            table["parameters"] = dict(self.parameters)
        for name in ("words", "count", "probability", "shift"):
            part: Part | None = getattr(self, name)
            if part is not None:
                table[name] = part.to_table()
        if self.bounds is not None:
            table["bounds"] = list(self.bounds)
        return table

    def sentence(self) -> str:
        """Say in one sentence where the numbers came from."""
        pair = self.interval or self.ratio
        if pair is not None and self.mass is not None:
            low, high = pair
            below = 100 * tails(self.mass)[0]
            text = f"{low:g} to {high:g} as the central {100 * self.mass:g}% interval ({below:g}% on each side)"
            if self.ratio is not None:
                text = f"a factor of {text}"
            if self.family == "HalfNormal":
                text = f"{100 * self.mass:g}% of the probability between 0 and {high:g}"
        elif self.quantiles is not None:
            text = "quantiles " + ", ".join(f"{value:g} at {p:g}" for p, value in self.quantiles)
        elif self.parameters is not None:
            text = "parameters given directly: " + ", ".join(f"{k} = {v:.6g}" for k, v in self.parameters)
        else:
            part: Part | None = self.words or self.count or self.probability
            text = part.sentence() if part is not None else "nothing"
        if self.shift is not None:
            text += f", shifted by {self.shift.sentence()}"
        return f"{self.family} from {text}."


@dataclasses.dataclass(frozen=True)
class Row:
    """One condition: the probability asked at or below a value, and the probability that the fit puts there.

    ``kind`` is "asked" for what the fit had to meet and "implied" for what follows and is shown as a check.
    """

    condition: str
    value: float
    asked: float
    achieved: float
    kind: str = "asked"

    @property
    def error(self) -> float:
        """Achieved minus asked, in probability."""
        return self.achieved - self.asked


@dataclasses.dataclass(frozen=True)
class Elicitation:
    """How well a fitted prior meets what was asked.

    Attributes
    ----------
    request : Request
        What was asked.
    fitted : Distribution
        What the request gives.
    rows : tuple of Row
        One for each condition; none where the parameters were given directly.
    tolerance : float
        Largest miss in probability that still counts as meeting the request (0.005).

    Examples
    --------
    >>> import priors
    >>> asked = priors.elicit("LogNormal", interval=(150, 400), mass=0.9, unit="persons").elicited
    >>> asked.meets, len(asked.rows)
    (True, 2)
    """

    request: Request
    fitted: Distribution
    rows: tuple[Row, ...] = ()
    tolerance: float = TOLERANCE

    @property
    def max_error(self) -> float:
        """Largest absolute miss, in probability, over the conditions that were asked."""
        return max((abs(row.error) for row in self.rows if row.kind == "asked"), default=0.0)

    @property
    def meets(self) -> bool:
        """Whether every condition asked is met within the tolerance."""
        return self.max_error <= self.tolerance

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the conditions: columns condition, value, asked, achieved, error, kind."""
        import pandas as pd

        columns = ["condition", "value", "asked", "achieved", "error", "kind"]
        rows = [(r.condition, r.value, r.asked, r.achieved, r.error, r.kind) for r in self.rows]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        verdict = "meets" if self.meets else "misses"
        return (
            f"Elicitation({self.request.sentence()} {verdict} {len(self.rows)} conditions, "
            f"largest error {self.max_error:.2g} in probability, tolerance {self.tolerance:g})"
        )
