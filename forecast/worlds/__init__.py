"""Worlds that the package ships, by name."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import cast

from forecast.world import World

__all__ = ["shipped"]


@cache
def shipped(name: str | None = None) -> World:
    """Return a world that the package ships, the one that functions run by default if no name is given."""
    listed = tomllib.loads(files(__name__).joinpath("shipped.toml").read_text(encoding="utf-8"))
    module, _, attribute = listed["worlds"][listed["default"] if name is None else name].partition(":")
    return cast(World, getattr(import_module(module), attribute))
