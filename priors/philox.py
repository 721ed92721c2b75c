"""Philox, a random number generator without memory: each number is a function of a key and of its place.

A block of four 32-bit words follows from a counter of four words and a key of two by ten rounds of multiplications
and exclusive ors. Here the counter holds a world and a pair of rows, and the block gives both rows a uniform with 52
bits. So no number costs the ones before it, and nothing has to be seeded.

References
----------
Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", *SC '11*: Philox4x32-10.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ROUNDS", "SIGNATURE", "fill", "fill_loops", "rounds", "use"]

ROUNDS = 10

Words = NDArray[np.uint64]

_FIRST, _SECOND = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_STEP_FIRST, _STEP_SECOND = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF, _SIX, _FORTY_FOUR = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(12), np.uint64(44)
_UNIT = 2.0**-52

SIGNATURE = "void(uint64[:, ::1], int64, float64[:, :, ::1])"
"""Of :func:`fill_loops`, for numba."""


def rounds(counter: tuple[Any, Any, Any, Any], key: tuple[Any, Any]) -> tuple[Any, Any, Any, Any]:
    """Turn counters into random words.

    Parameters
    ----------
    counter : tuple of 4
        Words below 2^32 as 64-bit numbers or arrays of them.
    key : tuple of 2
        The same.

    Returns
    -------
    tuple of 4
        Words below 2^32.
    """
    one, two, three, four = counter
    first, second = key
    for _ in range(ROUNDS):
        left, right = _FIRST * one, _SECOND * three
        one, two = (right >> _HALF) ^ two ^ first, right & _LOW
        three, four = (left >> _HALF) ^ four ^ second, left & _LOW
        first, second = (first + _STEP_FIRST) & _LOW, (second + _STEP_SECOND) & _LOW
    return one, two, three, four


def _fill_arrays(keys: Words, start: int, out: NDArray[np.float64]) -> None:
    rows, worlds = out.shape[1:]
    pairs = np.arange((rows + 1) // 2, dtype=np.uint64)[:, np.newaxis]
    world = np.arange(start, start + worlds, dtype=np.uint64)
    nothing = np.uint64(0)
    for key, channel in zip(keys, out, strict=True):
        one, two, three, four = rounds((world, pairs, nothing, nothing), (key[0], key[1]))
        # The middle of one of 2^52 equal parts of (0, 1): neither 0 nor 1.
        channel[::2] = (((one << _HALF | two) >> _SIX).astype(np.float64) + 0.5) * _UNIT
        channel[1::2] = (((three << _HALF | four) >> _SIX).astype(np.float64) + 0.5)[: rows // 2] * _UNIT


def fill_loops(keys: Any, start: int, out: Any) -> None:
    """Do what :func:`fill` does, number by number: for a compiler."""
    for channel in range(out.shape[0]):
        for row in range(0, out.shape[1], 2):
            for world in range(out.shape[2]):
                one, two, three, four = np.uint64(start + world), np.uint64(row // 2), np.uint64(0), np.uint64(0)
                first, second = keys[channel, 0], keys[channel, 1]
                for _ in range(ROUNDS):
                    left, right = _FIRST * one, _SECOND * three
                    one, two = (right >> _HALF) ^ two ^ first, right & _LOW
                    three, four = (left >> _HALF) ^ four ^ second, left & _LOW
                    first, second = (first + _STEP_FIRST) & _LOW, (second + _STEP_SECOND) & _LOW
                high, low = (one << _HALF | two) >> _SIX, (three << _HALF | four) >> _SIX
                # Below 2^52, so signed numbers hold it, which processors turn into doubles eight at a time.
                out[channel, row, world] = (np.float64(np.int64(high)) + 0.5) * _UNIT
                if row + 1 < out.shape[1]:
                    out[channel, row + 1, world] = (np.float64(np.int64(low)) + 0.5) * _UNIT


_filling: list[Callable[[Words, int, NDArray[np.float64]], None]] = [_fill_arrays]


def use(function: Callable[[Words, int, NDArray[np.float64]], None]) -> None:
    """Fill with :func:`fill_loops` as a compiler has made it. The numbers are the same, bit for bit."""
    _filling[0] = function


def fill(keys: Words, start: int, out: NDArray[np.float64]) -> None:
    """Fill an array with uniforms in the open interval (0, 1).

    Parameters
    ----------
    keys : ndarray
        A key for each channel, shape (channel, 2), words below 2^32.
    start : int
        Number of the first world, below 2^32.
    out : ndarray
        C-contiguous, shape (channel, row, world).
    """
    _filling[0](keys, start, out)
