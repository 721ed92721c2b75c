"""Reading beliefs, and whether they speak of the parameters of the world model, all and no others, in their units."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from forecast.errors import InvalidArgument, UnknownPrior, near_matches
from forecast.world import World
from forecast.worlds import shipped
from priors import PriorSet
from priors.loading import load
from priors.plausible import check_plausible

__all__ = ["check_beliefs", "read_beliefs"]


def read_beliefs(given: str | Path | PriorSet) -> PriorSet:
    """Give the beliefs that are meant, as they stand.

    Raises
    ------
    InvalidArgument
        If it is neither a prior set nor a name or path.
    UnknownPriorSet, InvalidFile
        As for :func:`priors.load`.
    """
    if isinstance(given, str | Path):
        return load(given)
    if isinstance(given, PriorSet):
        return given
    raise InvalidArgument(
        f"beliefs is a {type(given).__name__}",
        expected="the name of a shipped set, a file, or a PriorSet",
        mend='pass for example "article"; instead of a fit, pass its beliefs and its evidence',
    )


def check_beliefs(beliefs: PriorSet, world: World | None = None) -> None:
    """Refuse a set that lacks a parameter, has one that the model does not use, or cannot be meant in its unit.

    Parameters
    ----------
    beliefs : PriorSet
        What is checked.
    world : World, optional
        Whose parameters they are; the shipped one by default.

    Raises
    ------
    UnknownPrior
        Naming what is missing, or what is too many with near matches.
    InvalidPrior
        If most of a prior lies where the parameter cannot be in this world, and it is not accepted.
    """
    own = shipped()
    world = own if world is None else world
    missing = [name for name in world.parameters if name not in beliefs]
    if missing:
        raise UnknownPrior(
            f"the prior set {beliefs.name!r} has no prior for {', '.join(missing[:5])}"
            + (f" and {len(missing) - 5} more" if len(missing) > 5 else ""),
            expected="a prior for every parameter of the world model"
            if world == own
            else f"a prior for every parameter of the world {world.name!r}",
            mend='start from priors.load("article") and replace what you believe differently'
            if world == own
            else "add them to the beliefs",
        )
    extra = [name for name in beliefs if name not in world.parameters]
    if extra:
        raise UnknownPrior(
            f"the prior set {beliefs.name!r} has a prior for {extra[0]!r}, which the world model does not use",
            expected="only parameters of the world model",
            mend=near_matches(extra[0], world.parameters),
        )
    # Of a set that is built by hand neither unit nor meaning is sure to be said; the model's are those of the article.
    known = load("article") if world == own else beliefs
    for name, prior in beliefs.items():
        meant = known[name]
        check_plausible(
            prior if prior.unit == meant.unit else dataclasses.replace(prior, unit=meant.unit, meaning=meant.meaning)
        )
