"""Reading beliefs, and whether they speak of the parameters of the world model, all and no others, in their units."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from forecast.errors import InvalidArgument, UnknownPrior, kind_of, near_matches
from forecast.schema import FIT_KIND
from forecast.world import World
from forecast.worlds import given_or_shipped
from priors import PriorSet
from priors.claims import Claims, check_claims
from priors.loading import load
from priors.plausible import check_plausible

__all__ = ["check_beliefs", "claims_known", "read_beliefs"]


def read_beliefs(given: str | Path | PriorSet | None, world: World | None = None) -> PriorSet:
    """Give the beliefs that are meant, as they stand.

    Parameters
    ----------
    given : str, Path or PriorSet, optional
        A name, a file or a set; those that the world declares by default.
    world : World, optional
        The shipped one by default.

    Raises
    ------
    InvalidArgument
        If it is neither a prior set nor a name or path, or nothing is given and the world declares no beliefs.
    UnknownPriorSet, InvalidFile
        As for :func:`priors.load`.
    """
    home = given_or_shipped(world)
    if given is None and not home.beliefs:
        raise InvalidArgument(
            f"no beliefs, and the world {home.name!r} declares none",
            expected="the name of a shipped set, a file, or a PriorSet",
            mend='name a file of beliefs, or write World(..., beliefs="my_beliefs.toml")',
        )
    meant = home.beliefs if given is None else given
    if isinstance(meant, str | Path):
        return load(meant)
    if isinstance(meant, PriorSet):
        return meant
    if str(getattr(meant, "attrs", {}).get("kind", "")) == FIT_KIND:
        raise InvalidArgument(
            "a fit in place of beliefs",
            expected="the name of a set, a file, or a PriorSet",
            mend="pass the beliefs that were fitted, and evidence=..., to which they are fitted again",
        )
    example = f"pass for example {home.beliefs!r}" if isinstance(home.beliefs, str) and home.beliefs else "pass a file"
    raise InvalidArgument(
        f"beliefs is {kind_of(meant)}",
        expected="the name of a shipped set, a file, or a PriorSet",
        mend=example,
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
    InvalidArgument
        If the set says of which day it is, and that is not the origin of the world.
    UnknownClaim
        If the set has no list of claims, and cites one that is not in the world's.
    """
    world = given_or_shipped(world)
    missing = [name for name in world.parameters if name not in beliefs]
    extra = [name for name in beliefs if name not in world.parameters]
    if missing:
        # Beliefs most of which the world does not have are of another, where names are alike by chance.
        foreign = 2 * len(extra) > len(beliefs)
        like = next((name for name in extra if not foreign and get_close_matches(name, missing)), None)
        raise UnknownPrior(
            f"the prior set {beliefs.name!r} has no prior for {', '.join(missing[:5])}"
            + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            + (f", and has {like!r}, which the world {world.name!r} does not have" if like else ""),
            expected=f"a prior for every parameter of the world {world.name!r}",
            mend=f"{near_matches(like, missing)} in place of {like!r}"
            if like
            else _added(missing, world, foreign=foreign),
        )
    if extra:
        raise UnknownPrior(
            f"the prior set {beliefs.name!r} has a prior for {extra[0]!r}, which the world {world.name!r} does not use",
            expected="only parameters of the world",
            mend=near_matches(extra[0], world.parameters),
        )
    if beliefs.origin is not None and beliefs.origin.isoformat() != world.date:
        raise InvalidArgument(
            f"the prior set {beliefs.name!r} is of {beliefs.origin.isoformat()}, and the world {world.name!r} of "
            + world.date,
            expected="beliefs of the day that the world begins on",
            mend=f"write origin = {world.date} into their file if they hold on that day too",
        )
    if not beliefs.claims:
        check_claims(beliefs.known_claims, world.claims, where=f"the prior set {beliefs.name!r}")
    # Of a set that is built by hand neither unit nor meaning is sure to be said; the model's are those of its own.
    known = _declared(world) or beliefs
    for name, prior in beliefs.items():
        meant = known.get(name, prior)
        check_plausible(
            prior if prior.unit == meant.unit else dataclasses.replace(prior, unit=meant.unit, meaning=meant.meaning)
        )


def _added(missing: Sequence[str], world: World, *, foreign: bool) -> str:
    """Say how beliefs come by what they lack; ``foreign`` if they seem to be of another world."""
    declared = _declared(world)
    # Beliefs that are the declared ones, or were made of them, do not get from there what is lacking there.
    lacking = declared is None or any(name not in declared for name in missing)
    start = f'start from priors.load("{world.beliefs}") and replace what you believe differently'
    if foreign:
        return "pass world=..., whose beliefs these are" + ("" if lacking else f", or {start}")
    return "add them to the beliefs" if lacking else start


def claims_known(beliefs: PriorSet | None, world: World) -> Claims:
    """Return the claims that may be spoken of: those of the world, then those of the beliefs."""
    if beliefs is None:
        return world.claims
    if beliefs.claims:
        return beliefs.claims.over(world.claims)
    # What is cited without a list has no words; the world's list may have them.
    return Claims({name: one for name, one in beliefs.known_claims.items() if name not in world.claims}).over(
        world.claims
    )


def _declared(world: World) -> PriorSet | None:
    if not world.beliefs:
        return None
    if isinstance(world.beliefs, str):
        return load(world.beliefs)
    stamp = world.beliefs.stat() if world.beliefs.is_file() else None
    return _of_file(world.beliefs, None if stamp is None else (stamp.st_mtime_ns, stamp.st_size))


@lru_cache(maxsize=16)
def _of_file(file: Path, stamp: tuple[int, int] | None) -> PriorSet:
    # What is read is kept until the file is another.
    return load(file)
