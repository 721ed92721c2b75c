"""Names for values that the page on the model shows.

A name is no arithmetic, so array libraries know nothing of it. A value goes through unchanged, and a namespace that
keeps a record of its steps, and so has ``named``, takes the name down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["naming"]

Array = Any


def naming(part: str) -> Callable[[Any, str, Array], Array]:
    """Give the function by which a part of the world names its values.

    Parameters
    ----------
    part : str
        The part: the name of its file.

    Returns
    -------
    callable
        Takes the namespace, a label in words that is given once in a month, and the value, which it returns as it is.
    """

    def named(xp: Any, label: str, value: Array) -> Array:
        take_down = getattr(xp, "named", None)
        if take_down is not None:
            take_down(part, label, value)
        return value

    return named
