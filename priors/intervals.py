"""The one interval policy: central intervals, 90% unless said otherwise.

Every table, plot and page takes its interval from here and computes its label from here, so that the level
in a figure is the level in the table beside it.
"""

from __future__ import annotations

__all__ = ["MASS", "interval_label", "tails"]

MASS = 0.9
"""Probability inside the interval that is reported everywhere (central: equal tails outside it)."""


def tails(mass: float = MASS) -> tuple[float, float]:
    """Give the two probabilities that bound the central interval of a given mass.

    Parameters
    ----------
    mass : float
        Probability inside, in (0, 1).

    Returns
    -------
    tuple of float
        ``((1 - mass) / 2, (1 + mass) / 2)``.
    """
    # Rounded so that 0.9 gives 0.05 and not 0.04999999999999999: the label and the request use this number.
    return round((1.0 - mass) / 2.0, 15), round((1.0 + mass) / 2.0, 15)


def interval_label(mass: float = MASS) -> str:
    """Name the interval, for axes, captions and column headings: ``"central 90%"``."""
    return f"central {100 * mass:g}%"
