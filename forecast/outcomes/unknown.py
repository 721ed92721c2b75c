"""Where states are no numbers: what is not finite, and what stands in place of a count or a code that is none."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.schema import NO_NUMBER, Variable

__all__ = ["as_numbers", "unknown"]

type Array = np.ndarray[Any, Any]


def unknown(variable: Variable, values: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Say where values of a state are none; yes and no are always known."""
    if values.dtype.kind == "f":
        return ~np.isfinite(values)
    return np.asarray(values == NO_NUMBER) if variable.kind in ("count", "code") else np.zeros(values.shape, dtype=bool)


def as_numbers(variable: Variable, values: Array) -> Array:
    """Give the values of a state with NaN in place of counts and codes that are none; as they are if there are none."""
    if variable.kind in ("count", "code") and values.dtype.kind != "f" and values.min(initial=0) < 0:
        return np.where(values == NO_NUMBER, np.nan, values)
    return values
