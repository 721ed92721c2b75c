"""Worlds that the package ships, by name, and the world that beliefs, a fit or a run are of."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from forecast.errors import InvalidArgument, InvalidFile, MismatchedRuns, kind_of
from forecast.files import stamp_of
from forecast.world import World
from forecast.world_data import packed, unpacked

__all__ = [
    "carried",
    "class_readings_of",
    "given_or_shipped",
    "is_shipped",
    "shipped",
    "shipped_names",
    "world_for",
    "world_of",
]


@cache
def _listed() -> Mapping[str, Any]:
    return tomllib.loads(files(__name__).joinpath("shipped.toml").read_text(encoding="utf-8"))


def shipped_names() -> tuple[str, ...]:
    """Give the names of the worlds that the package ships."""
    return tuple(_listed()["worlds"])


@cache
def shipped(name: str | None = None) -> World:
    """Return a world that the package ships, the one that functions run by default if no name is given."""
    module, _, attribute = _listed()["worlds"][_listed()["default"] if name is None else name].partition(":")
    return cast(World, getattr(import_module(module), attribute))


def is_shipped(attrs: Mapping[Any, Any]) -> bool:
    """Whether what a run or a fit is of is a world that the package ships, from its attributes."""
    name = str(attrs.get("world", ""))
    return name in shipped_names() and attrs.get("world_hash") == shipped(name).hash


def given_or_shipped(world: World | None) -> World:
    """Return the world that is given, or else the one that functions run by default."""
    return shipped() if world is None else world


def class_readings_of(world: World) -> ModuleType | None:
    """Return the module that reads the reference classes of a world; None of a world that has none.

    A world of the same name that is another one has none either.
    """
    module = _listed()["classes"].get(world.name)
    return import_module(module) if module is not None and world == shipped(world.name) else None


def carried(world: World) -> dict[str, str]:
    """Return what the attributes of a run or a fit say of its world: its name and hash, and all of it as data."""
    return {"world": world.name, "world_title": world.title, "world_hash": world.hash, "world_data": _packed(world)}


def _packed(world: World) -> str:
    # Kept with the world itself: worlds that run alike are equal, though their options or values differ. Evidence in a
    # file is as it stands there.
    kept, evidence = vars(world), world.evidence
    stamp = stamp_of(evidence) if isinstance(evidence, Path) else None
    if kept.get("_packed", ("",))[0] != stamp:
        kept["_packed"] = stamp, packed(world)
    return str(kept["_packed"][1])


@lru_cache(maxsize=16)
def _unpacked(text: str) -> World:
    return shipped() if text == _packed(shipped()) else unpacked(text)


def world_of(attrs: Mapping[Any, Any]) -> World:
    """Return the world that a run or a fit is of, from its attributes; one that says nothing is of the shipped world.

    Raises
    ------
    InvalidFile, VersionMismatch, InvalidWorld
        If what it carries is no world, or another than it says that it is of.
    """
    text = attrs.get("world_data")
    if text is None and "world_hash" not in attrs:
        return shipped()
    found = _unpacked(text) if isinstance(text, str) else unpacked(text)
    said = attrs.get("world_hash")
    if said != found.hash:
        raise InvalidFile(
            f"what is of a world with the hash {str(said)!r:.20} carries the world {found.name!r:.60} with the hash "
            f"{found.hash[:16]!r}",
            expected="the world that it was computed with",
            mend="leave the attributes world_hash and world_data as they were, or run or fit again",
        )
    return found


def world_for(beliefs: object, world: object = None) -> World:
    """Return the world that beliefs, a fit or a run are of: their own, or else the given one, or else the shipped one.

    Raises
    ------
    InvalidArgument
        If what is given is no world.
    MismatchedRuns
        If it is another than that of a fit or a run.
    """
    if world is not None and not isinstance(world, World):
        raise InvalidArgument(
            f"world is {kind_of(world)}",
            expected="a forecast.World",
            mend='pass world=forecast.load_world("my_world.py")',
        )
    attrs = getattr(beliefs, "attrs", None)
    if not isinstance(attrs, Mapping) or "world_hash" not in attrs:
        return given_or_shipped(world)
    own = world_of(attrs)
    if world is not None and world != own:
        raise MismatchedRuns(
            f"what is of the world {own.name!r}, beside another world {world.name!r}",
            expected="one world",
            mend="leave world= out: a fit or a run carries its own",
        )
    return own if world is None else world
