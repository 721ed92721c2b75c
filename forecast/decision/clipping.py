"""How often outcomes lie beyond the ends of the scales on which they are valued, where the scales cut them off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from forecast.decision.values import Attribute
from forecast.estimates import estimate_text, event_error
from forecast.plain_data import attr_dict
from priors.reading import figure, with_unit

__all__ = ["CLIPPED", "Clipped", "clipped_of", "ends_of"]

CLIPPED = 0.05
"""The least share of worlds beyond an end, under some option, that is spoken of."""

_ENDS: tuple[Literal["worst"], Literal["best"]] = ("worst", "best")


@dataclass(frozen=True)
class Clipped:
    """An end of a scale, and how often an outcome lies beyond it.

    Attributes
    ----------
    title : str
        The outcome in words.
    end : str
        "worst" or "best".
    level : str
        The level of the scale there, with its unit.
    option : str
        The option, in words, under which most worlds are beyond it.
    share, error : float
        That share of its worlds, and the Monte-Carlo error.
    """

    title: str
    end: str
    level: str
    option: str
    share: float
    error: float

    def say(self) -> str:
        """Say it in a sentence."""
        share = estimate_text(self.share, self.error, unit="yes/no")
        return (
            f"In {share} of worlds “{self.title}” lies beyond its {self.end} value of {self.level} under "
            f"“{self.option}”, and counts as that."
        )


def ends_of(attributes: Iterable[tuple[Attribute, np.ndarray[Any, Any]]], options: Iterable[str]) -> str:
    """Write as JSON the ends of scales beyond which some option has a twentieth of the worlds or more.

    Parameters
    ----------
    attributes : iterable of (Attribute, ndarray)
        Each with the levels of its outcome, dims (option, world).
    options : iterable of str
        By name, in the order of the levels.
    """
    names, found, worlds = list(options), [], 0
    for one, levels in attributes:
        worlds = levels.shape[1]
        for end in _ENDS:
            counts = one.past(end, levels).sum(axis=1)
            if worlds and counts.max() >= CLIPPED * worlds:
                level = figure(getattr(one, end)) + with_unit(one.unit)
                counted = dict(zip(names, counts.tolist(), strict=True))
                found.append({"title": one.title, "end": end, "level": level, "counts": counted})
    return json.dumps({"worlds": worlds, "ends": found})


def clipped_of(attrs: Mapping[str, Any], options: Mapping[str, str], worlds: int) -> tuple[Clipped, ...]:
    """Read what :func:`ends_of` wrote, of some options with their titles.

    A utility of other worlds than those that were counted, a part of them for example, says nothing.
    """
    said = attr_dict(attrs, "clipped")
    if said.get("worlds") != worlds:
        return ()
    found = []
    for one in said["ends"]:
        counts = {name: count for name, count in one.pop("counts").items() if name in options}
        most = max(counts, key=counts.__getitem__, default="")
        if most and counts[most] >= CLIPPED * worlds:
            error = float(event_error(counts[most], worlds))
            found.append(Clipped(**one, option=options[most], share=counts[most] / worlds, error=error))
    return tuple(sorted(found, key=lambda one: -one.share))
