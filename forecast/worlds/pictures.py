"""What a shipped world says of its pictures beside what it declares."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from forecast.worlds import is_shipped, shipped

__all__ = ["home_of", "said_of"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _table(path: str) -> Mapping[str, Any]:
    return tomllib.loads(files("forecast").joinpath(path).read_text(encoding="utf-8"))


@cache
def _listed() -> Mapping[str, Any]:
    return _table("worlds/shipped.toml")


@cache
def _said(name: str) -> Mapping[str, Any]:
    return _table(_listed()["pictures"][name])


def said_of(attrs: Mapping[Any, Any]) -> Mapping[str, Any]:
    """Return what is said of the pictures of the world of a run, from its attributes; nothing of a foreign world."""
    name = str(attrs.get("world", ""))
    if name in _listed()["pictures"] and is_shipped(attrs):
        return _said(name)
    return _NOTHING


def home_of(options: Iterable[str]) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """Find the shipped world that declares some of these options, the default one before the others.

    Returns
    -------
    tuple of str
        Its options in their order, none where no world declares any.
    mapping
        What is said of its pictures.
    """
    names, known = set(options), _listed()
    for name in sorted(known["worlds"], key=lambda name: name != known["default"]):
        if not names.isdisjoint(declared := shipped(name).options):
            return tuple(declared), _said(name) if name in known["pictures"] else _NOTHING
    return (), _NOTHING
