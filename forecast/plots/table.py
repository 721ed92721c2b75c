"""Which picture each kind of result has. The file imports none of them: results name kinds, and kinds have pictures."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["picture_of"]

_PICTURES = {
    "Estimate": "estimate:drawn_estimate",
}
"""The kind of a result, by the name of its class, and its picture: a file of this folder and a function in it."""


def picture_of(result: object, **choices: Any) -> Any:
    """Draw the picture of a result.

    Parameters
    ----------
    result : object
        Of a kind that has a picture.
    **choices
        What the picture lets a reader choose.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    for kind in type(result).__mro__:
        if kind.__name__ in _PICTURES:
            file, _, function = _PICTURES[kind.__name__].partition(":")
            return getattr(import_module(f"forecast.plots.{file}"), function)(result, **choices)
    raise TypeError(f"a {type(result).__name__} has no picture")
