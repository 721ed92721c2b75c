"""Which half of the worlds a box is found in, and which other halves it is found in again."""

from __future__ import annotations

from typing import Any

import numpy as np

from priors.streams import keyed_uniforms

__all__ = ["half_of"]

type Truth = np.ndarray[Any, np.dtype[np.bool_]]


def half_of(vectors: int, which: str, *, seed: int = 1) -> Truth:
    """Return a half: of each two in a row one, at random.

    Parameters
    ----------
    vectors : int
        How many worlds there are, or distinct vectors of parameters where worlds share some.
    which : str
        Name of the half; two names give halves that share half of their worlds, more or less.
    seed : int
        Another seed gives other halves.

    Returns
    -------
    ndarray of bool
        Shape (vector,). Whether one is in it depends on the seed and its place and on nothing else.
    """
    pairs = -(-vectors // 2)
    # Halves were drawn by 0 before there was a seed: 0 and 1 change places, so that the default gives what it gave.
    root = {0: 1, 1: 0}.get(seed, seed)
    first = keyed_uniforms(root, f"discovery half {which}", 0, pairs)[0] < 0.5
    chosen: Truth = np.column_stack([first, ~first]).reshape(-1)[:vectors]
    return chosen
