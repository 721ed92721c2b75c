"""Which point of the trade-off between coverage and density is taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from forecast.sensitivity.discovery.pruning import Pruned

__all__ = ["Rule"]


@dataclass(frozen=True)
class Rule:
    """A rule that looks at the worlds that boxes were found in, and at no other.

    Attributes
    ----------
    density : float, optional
        Take the box with the largest coverage of those with at least this density.
    coverage : float, optional
        Or that with the highest density of those with at least this coverage. With neither, that whose events exceed
        what luck would put into so many worlds by the most standard deviations of luck.

    References
    ----------
    Klösgen (1996), "Explora: a multipattern and multistrategy discovery assistant", in Fayyad et al. (eds),
    *Advances in Knowledge Discovery and Data Mining*, 249-271: the quality (density - rate) sqrt(mass).
    """

    density: float | None = None
    coverage: float | None = None

    @property
    def words(self) -> str:
        """The rule, as a clause."""
        if self.density is not None:
            return f"the largest coverage at {self.needs}"
        if self.coverage is not None:
            return f"the highest density at {self.needs}"
        return "the most events beyond what luck would put there, in standard deviations of luck"

    @property
    def needs(self) -> str:
        """What a box must have to be taken; empty where any will do."""
        if self.density is not None:
            return f"a density of at least {100 * self.density:g}%"
        return "" if self.coverage is None else f"a coverage of at least {100 * self.coverage:g}%"

    def choose(self, boxes: Sequence[Pruned], worlds: int, events: int) -> int | None:
        """Return the place of the box taken; None where none will do.

        Parameters
        ----------
        boxes : sequence of Pruned
            To choose from; of equals the one with fewest limits is taken, then the first.
        worlds, events : int
            In the half that they were found in.
        """
        # A product and no quotient, so that what is equal is so exactly.
        scored: list[tuple[float, int, int]] = []
        for place, box in enumerate(boxes):
            if self.density is not None:
                fits, score = box.events >= self.density * box.worlds, float(box.events)
            elif self.coverage is not None:
                fits, score = box.events >= self.coverage * events, box.events / max(box.worlds, 1)
            else:
                beyond = float(box.events * worlds - box.worlds * events)
                fits, score = True, beyond / math.sqrt(max(box.worlds, 1))
            if fits:
                scored.append((score, -len(box.ends), -place))
        return -max(scored)[2] if scored else None
