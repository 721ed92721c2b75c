"""Random numbers that depend on (seed, channel, world, row) and on nothing else.

A row is a month for shocks, and there is one row for parameters. World 17 sees the same numbers however many worlds,
months, options, chunks or workers there are, and a new channel leaves the old ones untouched, because a channel is
keyed by its name and not by its place in a list.

References
----------
Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", *SC '11*: counter-based generators.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy.special as sc
from numpy.typing import NDArray

from . import philox

__all__ = ["keyed_normals", "keyed_uniforms", "normals", "uniforms"]

Floats = NDArray[np.float64]


@lru_cache(maxsize=4096)
def _key(seed: int, channel: str) -> tuple[int, int]:
    digest = hashlib.sha256(f"{seed} {channel}".encode()).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")


def uniforms(
    seed: int, channels: Sequence[str], start: int, stop: int, *, rows: int = 1, out: Floats | None = None
) -> Floats:
    """Draw uniforms in the open interval (0, 1) for worlds ``start`` to ``stop - 1``.

    Parameters
    ----------
    seed : int
        The one root seed, >= 0.
    channels : sequence of str
        Names of the sources of randomness.
    start, stop : int
        Half-open range of world numbers, ``0 <= start <= stop <= 2**32``.
    rows : int
        Number of rows (months); more rows extend fewer rows and do not change them.
    out : ndarray, optional
        Where to put them: C-contiguous, of the shape of the result.

    Returns
    -------
    ndarray
        Shape (channel, rows, stop - start), C-contiguous.
    """
    out = np.empty((len(channels), rows, stop - start)) if out is None else out
    # The shape is given, because there may be no channel.
    keys = np.array([_key(seed, channel) for channel in channels], dtype=np.uint64).reshape(-1, 2)
    philox.fill(keys, start, out)
    return out


def normals(
    seed: int, channels: Sequence[str], start: int, stop: int, *, rows: int = 1, out: Floats | None = None
) -> Floats:
    """Draw standard normals, keyed as :func:`uniforms` (which see for arguments and shape): their quantiles."""
    drawn = uniforms(seed, channels, start, stop, rows=rows, out=out)
    return np.asarray(sc.ndtri(drawn, out=drawn))


def keyed_uniforms(seed: int, channel: str, start: int, stop: int, *, rows: int = 1) -> Floats:
    """Draw the uniforms of one channel; arguments as for :func:`uniforms`, shape (rows, stop - start)."""
    drawn: Floats = uniforms(seed, [channel], start, stop, rows=rows)[0]
    return drawn


def keyed_normals(seed: int, channel: str, start: int, stop: int, *, rows: int = 1) -> Floats:
    """Draw the standard normals of one channel; arguments as for :func:`uniforms`, shape (rows, stop - start)."""
    drawn: Floats = normals(seed, [channel], start, stop, rows=rows)[0]
    return drawn
