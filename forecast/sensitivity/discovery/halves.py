"""Which half of the worlds a box is found in, and which other halves it is found in again."""

from __future__ import annotations

from typing import Any

import numpy as np

from priors.streams import keyed_uniforms

__all__ = ["half_of"]

type Truth = np.ndarray[Any, np.dtype[np.bool_]]


def half_of(worlds: int, which: str) -> Truth:
    """Give a half: of each two worlds in a row one, at random.

    Parameters
    ----------
    worlds : int
        How many there are.
    which : str
        Name of the half; two names give halves that share half of their worlds, more or less.

    Returns
    -------
    ndarray of bool
        Shape (world,). Whether a world is in it depends on its place and on nothing else.
    """
    pairs = -(-worlds // 2)
    first = keyed_uniforms(0, f"discovery half {which}", 0, pairs)[0] < 0.5
    chosen: Truth = np.column_stack([first, ~first]).reshape(-1)[:worlds]
    return chosen
