"""Random numbers that depend on (seed, channel, world, row) and on nothing else.

Worlds come in blocks of :data:`BLOCK`. Each (seed, channel, block) has a bit generator of its own, which
fills the block row by row. A row is a month for shocks, and there is one row for parameters. So world 17
sees the same numbers however many worlds, months, options, chunks or workers there are, and a new channel
leaves the old ones untouched, because a channel is keyed by its name and not by its place in a list.

References
----------
NumPy's parallel generation notes: ``SeedSequence`` with a ``spawn_key`` gives independent streams.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "keyed_normals", "keyed_uniforms"]

BLOCK = 1024
"""Worlds per bit generator. Part of what "the same seed" means: changing it changes every world."""

_SMALLEST = 2.0**-54


def _key(channel: str) -> tuple[int, int]:
    digest = hashlib.sha256(channel.encode()).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")


def _keyed(
    draw: Callable[[np.random.Generator, NDArray[np.float64]], object],
    seed: int,
    channel: str,
    start: int,
    stop: int,
    rows: int,
    out: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    out = np.empty((rows, stop - start)) if out is None else out
    whole = np.empty((rows, BLOCK))
    for block in range(start // BLOCK, -(-stop // BLOCK)):
        sequence = np.random.SeedSequence(seed, spawn_key=(*_key(channel), block))
        draw(np.random.Generator(np.random.PCG64(sequence)), whole)
        first, last = max(start, block * BLOCK), min(stop, (block + 1) * BLOCK)
        out[:, first - start : last - start] = whole[:, first - block * BLOCK : last - block * BLOCK]
    return out


def keyed_uniforms(
    seed: int, channel: str, start: int, stop: int, *, rows: int = 1, out: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Draw uniforms in the open interval (0, 1) for worlds ``start`` to ``stop - 1``.

    Parameters
    ----------
    seed : int
        The one root seed, >= 0.
    channel : str
        Name of the source of randomness.
    start, stop : int
        Half-open range of world numbers, ``0 <= start <= stop``.
    rows : int
        Number of rows (months); more rows extend fewer rows and do not change them.
    out : ndarray, optional
        Where to put them, of the shape of the result.

    Returns
    -------
    ndarray
        Shape (rows, stop - start), C-contiguous, strictly inside (0, 1).
    """
    drawn = _keyed(lambda generator, into: generator.random(out=into), seed, channel, start, stop, rows, out)
    # random() may return an exact 0, whose quantile is minus infinity.
    return np.maximum(drawn, _SMALLEST, out=drawn)


def keyed_normals(
    seed: int, channel: str, start: int, stop: int, *, rows: int = 1, out: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Draw standard normals, keyed as :func:`keyed_uniforms` (which see for arguments and shape)."""
    return _keyed(lambda generator, into: generator.standard_normal(out=into), seed, channel, start, stop, rows, out)
