"""Which worlds are predicted from which others."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from forecast.errors import InvalidArgument
from priors.streams import keyed_uniforms

__all__ = ["FOLDS", "LEAST_WORLDS", "check_worlds", "folds_of"]

type Whole = np.ndarray[Any, np.dtype[np.int64]]

FOLDS = 5
LEAST_WORLDS = 50
"""Fewest worlds: ten a fold. With fewer, a curve and its smoothness cannot both be found within four folds."""


@lru_cache(maxsize=8)
def folds_of(worlds: int) -> Whole:
    """Give each world's fold, 0..FOLDS-1: among each FOLDS worlds in a row every fold once, in random order.

    A world's fold depends on its number and on nothing else. The order is random because worlds may come in a
    pattern, as where every case of a table is repeated by its frequency.
    """
    blocks = -(-worlds // FOLDS)
    drawn = keyed_uniforms(0, "decision folds", 0, blocks, rows=FOLDS)
    found = np.argsort(drawn, axis=0).T.reshape(-1)[:worlds].astype(np.int64)
    found.flags.writeable = False
    return found


def check_worlds(worlds: int) -> None:
    """Refuse too few worlds.

    Raises
    ------
    InvalidArgument
        If there are fewer than 50.
    """
    if worlds < LEAST_WORLDS:
        raise InvalidArgument(
            f"{worlds} worlds",
            expected=f"at least {LEAST_WORLDS}, ten for each of {FOLDS} folds",
            mend="simulate more worlds; thousands for an answer that can be relied on",
        )
