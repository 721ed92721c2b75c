"""The two loops that count values into bins, for numba. They do what the NumPy way in ``sketch`` does, to the last bit.

Written in what both Python and numba run, and not compiled here: whoever compiles the month compiles these with it, as
``numba.njit(signature, nogil=True)`` with the signatures below, and hands them to ``Summary.of``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["SIGNATURES", "Kernels", "compiled", "count_numbers", "count_wholes"]

SIGNATURES = {
    "numbers": ["void(int64[:, ::1], int32[:, ::1], int64, int64, int64, int64)"],
    "wholes": [
        "void(float64[:, ::1], int32[:, ::1], int64, int64, int64)",
        "void(int32[:, ::1], int32[:, ::1], int64, int64, int64)",
    ],
}

_MAGNITUDE = 0x7FFF_FFFF_FFFF_FFFF
_INFINITY = 0x7FF0_0000_0000_0000


class Kernels(NamedTuple):
    """The two loops, compiled."""

    numbers: Callable[..., None]
    wholes: Callable[..., None]


def count_numbers(bits: Any, counts: Any, shift: int, base: int, start: int, last: int) -> None:
    """Count doubles of shape (series, world), given as bits, by exponent and leading mantissa; NaN are left out."""
    for series in range(bits.shape[0]):
        for world in range(bits.shape[1]):
            size = bits[series, world] & _MAGNITUDE
            if size <= _INFINITY:
                key = min(max((size >> shift) - base, 0), last)
                if bits[series, world] < 0:
                    key = -key
                counts[series, key - start] += 1


def count_wholes(values: Any, counts: Any, start: int, largest: int, last: int) -> None:
    """Count whole numbers of shape (series, world); NaN are left out.

    Up to ``largest``, a power of two less 1, each has its own bin; beyond it an octave has 128.
    """
    for series in range(values.shape[0]):
        for world in range(values.shape[1]):
            value = values[series, world]
            # NaN is on neither side of anything.
            if -largest <= value <= largest:
                counts[series, int(value) - start] += 1
            elif value == value:
                size, key = abs(value), last
                if size < 2.0**62:
                    key, rest = largest + 1, int(size)
                    while rest > 2 * largest + 1:
                        key, rest = key + 128, rest >> 1
                    key = min(key + 128 * (rest - largest - 1) // (largest + 1), last)
                counts[series, (key if value > 0 else -key) - start] += 1


def compiled() -> Kernels:
    """Compile both (a second or so), for whoever keeps no compiled code of their own."""
    import numba

    functions: dict[str, Any] = {"numbers": count_numbers, "wholes": count_wholes}
    return Kernels(**{name: numba.njit(SIGNATURES[name], nogil=True)(function) for name, function in functions.items()})
