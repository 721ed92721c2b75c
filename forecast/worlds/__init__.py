"""Worlds that the package ships, by name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, cast

from forecast.errors import InvalidArgument
from forecast.world import World

__all__ = ["shipped", "world_of"]


@cache
def shipped(name: str | None = None) -> World:
    """Return a world that the package ships, the one that functions run by default if no name is given."""
    listed = tomllib.loads(files(__name__).joinpath("shipped.toml").read_text(encoding="utf-8"))
    module, _, attribute = listed["worlds"][listed["default"] if name is None else name].partition(":")
    return cast(World, getattr(import_module(module), attribute))


def world_of(attrs: Mapping[Any, Any]) -> World:
    """Return the world that a run is of, from its attributes.

    Raises
    ------
    InvalidArgument
        If it is of another.
    """
    known = shipped()
    if attrs.get("world_hash") != known.hash:
        raise InvalidArgument(
            f"the run is of the world {attrs.get('world')!s:.40}, as it was in another release",
            expected=f"a run of {known.name!r} as it is",
            mend="run the worlds again with this release",
        )
    return known
