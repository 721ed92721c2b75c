"""Where states are no numbers: what is not finite, and what stands in place of what is no count, code, or yes or no."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.schema import NO_NUMBER, Variable

__all__ = ["as_numbers", "unknown"]

type Array = np.ndarray[Any, Any]


def unknown(variable: Variable, values: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Say where values of a state are none; as bool yes and no are always known."""
    if values.dtype.kind == "f":
        return ~np.isfinite(values)
    return np.asarray(values == NO_NUMBER) if _marked(variable, values) else np.zeros(values.shape, dtype=bool)


def as_numbers(variable: Variable, values: Array) -> Array:
    """Give the values of a state with NaN in place of what is none; as they are where all are known."""
    if _marked(variable, values) and values.min(initial=0) < 0:
        return np.where(values == NO_NUMBER, np.nan, values)
    return values


def _marked(variable: Variable, values: Array) -> bool:
    """Say whether values of a state have a mark where they are none."""
    return not variable.is_number and values.dtype.kind not in "fb"
