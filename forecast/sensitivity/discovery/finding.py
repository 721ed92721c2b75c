"""One search: boxes in the worlds of one half, the limits that carry nothing dropped, one box taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np

from forecast.arguments import probability, shown, whole
from forecast.errors import InvalidArgument
from forecast.sensitivity.discovery.choosing import Rule
from forecast.sensitivity.discovery.half_samples import half_of
from forecast.sensitivity.discovery.pruning import Pruned, pruned
from forecast.sensitivity.discovery.screening import screened
from forecast.sensitivity.discovery.trajectory import Search
from forecast.sensitivity.repeats import Repeats
from priors.arguments import is_number

__all__ = ["Found", "SearchKeywords", "SearchSettings", "Worlds", "find"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]


class SearchKeywords(TypedDict, total=False):
    """The fields of :class:`SearchSettings` as keywords."""

    density: float | None
    coverage: float | None
    mass_min: float
    alpha: float
    level: float
    refits: int
    engine: Literal["ema_workbench", "numpy"]
    seed: int
    progress: bool


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """How boxes are searched for; :func:`forecast.discover` says what each field is.

    Raises
    ------
    InvalidArgument
        For a value outside its domain, or both a density and a coverage.
    """

    density: float | None = None
    coverage: float | None = None
    mass_min: float = 0.05
    alpha: float = 0.05
    level: float = 0.05
    refits: int = 20
    engine: Literal["ema_workbench", "numpy"] = "ema_workbench"
    seed: int = 1
    progress: bool = True

    def __post_init__(self) -> None:
        if self.density is not None and self.coverage is not None:
            raise InvalidArgument(
                "a density and a coverage", expected="at most one of the two", mend="leave one out; .curve shows both"
            )
        for name in ("density", "coverage", "level"):
            if getattr(self, name) is not None or name == "level":
                probability(name, getattr(self, name))
        for name, low, high in (("alpha", 0.01, 0.2), ("mass_min", 0.01, 0.5)):
            value = getattr(self, name)
            if not is_number(value) or not low <= value <= high:
                raise InvalidArgument(
                    f"{name} = {shown(value)}", expected=f"a number from {low:g} to {high:g}", mend="pass one"
                )
        if self.refits != 0 or isinstance(self.refits, bool):
            whole("refits", self.refits, 2, 200)
        if self.engine not in ("ema_workbench", "numpy"):
            raise InvalidArgument(
                f"engine = {self.engine!r:.60}", expected='"ema_workbench" or "numpy"', mend="leave it out"
            )
        whole("seed", self.seed, 0, 2**63 - 1)

    @property
    def rule(self) -> Rule:
        """Which box is taken."""
        return Rule(self.density, self.coverage)


@dataclass(frozen=True)
class Worlds:
    """The worlds that boxes are searched for in.

    Attributes
    ----------
    x, ranks : ndarray
        Their parameters, and the ranks of these by :func:`.screening.ranked`, shape (world, parameter).
    happened : ndarray of bool
        Shape (world,).
    repeats : Repeats
        Which worlds have the same parameters: these are in the same halves.
    """

    x: Array
    ranks: Array
    happened: Truth
    repeats: Repeats

    def half(self, which: str, seed: int) -> Truth:
        """Return which worlds are in a half, as :func:`.halves.half_of` does; shape (world,)."""
        return half_of(self.repeats.distinct, which, seed=seed)[self.repeats.vector]

    def search(self, half: Truth, remaining: Truth, settings: SearchSettings, peel: Search) -> Found:
        """Search the worlds of a half that are in no box before."""
        these = half & remaining
        return find(
            self.x[these],
            self.ranks[these],
            self.happened[these],
            settings,
            peel,
            worlds=int(half.sum()),
            share=self.repeats.share(these),
        )


@dataclass(frozen=True)
class Found:
    """The boxes of one search after dropping, from large to small, and the place of the one taken (None: no box)."""

    boxes: tuple[Pruned, ...]
    taken: int | None


def find(
    x: Array,
    ranks: Array,
    happened: Truth,
    settings: SearchSettings,
    search: Search,
    *,
    worlds: int,
    share: float = 1.0,
) -> Found:
    """Search.

    Parameters
    ----------
    x, ranks : ndarray
        Parameters of the worlds searched, and their ranks by :func:`.screening.ranked`, shape (world, parameter).
    happened : ndarray of bool
        Shape (world,).
    settings : SearchSettings
        How.
    search : Search
        What peels.
    worlds : int
        How many worlds the half has, those in earlier boxes too: shares of worlds are of these.
    share : float
        How many independent worlds a world counts for in tests, in (0, 1]; fewer than 1 where some have the same
        parameters.

    Returns
    -------
    Found
        Without a box where the event happens in no world or in all.
    """
    events, varied = int(happened.sum()), np.flatnonzero(np.ptp(x, axis=0) > 0.0)
    mass_min = settings.mass_min * worlds / len(x) if len(x) else 1.0
    if not 0 < events < len(x) or not varied.size or mass_min >= 1.0:
        return Found((), None)
    # What is the same in every world can have no limit.
    columns = varied[screened(ranks[:, varied], happened, share=share)]
    if not columns.size:
        return Found((), None)
    places = {place: int(column) for place, column in enumerate(columns)}
    part = x[:, columns]
    found = search(part, happened, settings.alpha, mass_min)
    boxes = pruned(part, happened, found, settings.level, tries=2 * varied.size, share=share)
    named = tuple(
        box._replace(ends=tuple(end._replace(column=places[end.column]) for end in box.ends)) for box in boxes
    )
    return Found(named, settings.rule.choose(named, len(x), events))
