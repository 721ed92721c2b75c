"""Pictures of outcomes, one file per family of figure.

Every function takes the outcomes of :func:`forecast.simulate` and gives a ``matplotlib.figure.Figure`` that
belongs to the caller: pyplot and its backends are never touched. Matplotlib is imported when a picture is first
asked for.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import lazy_loader

_general, _, _names = lazy_loader.attach_stub(__name__, __file__)


@cache
def _own() -> Mapping[str, str]:
    """Where the pictures are that only one world has, by name."""
    listed = tomllib.loads(files("forecast").joinpath("worlds/shipped.toml").read_text(encoding="utf-8"))
    found: Mapping[str, str] = listed["own_pictures"]
    return found


def __getattr__(name: str) -> Any:
    if name.startswith("__") or name not in _own():
        return _general(name)
    module, _, function = _own()[name].partition(":")
    return getattr(import_module(module), function)


def __dir__() -> list[str]:
    return sorted([*_names, *_own()])


__all__ = __dir__()
