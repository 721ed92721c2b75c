"""Limits and chances in words, from what parameters mean and their units."""

from __future__ import annotations

import math

from forecast.estimates import estimate_text, value_text
from forecast.sensitivity.discovery.boxes import Limit
from priors.reading import scale_of

__all__ = ["chance_text", "limit_words", "where_words"]


def chance_text(chance: float) -> str:
    """Write a p-value."""
    return "p < .0001" if chance < 1e-4 else f"p = {chance:.2g}"


def limit_words(limit: Limit) -> tuple[str, str]:
    """Return the value of a limit, and its place among what is believed.

    Returns
    -------
    tuple of str
        ``("above 8.0 ± 0.8 % within 12 months", "the top 45 ± 3 %")``: of a log what it stands for.
    """
    above = limit.side == "above"
    if limit.units == "yes/no":
        return "so" if above else "not so", f"{100 * (1.0 - limit.quantile if above else limit.quantile):.0f} %"
    # What is above in the unit is below as shown where that falls, as months to half the way do.
    over = above == (scale_of(limit.units).slope(limit.value) > 0.0)
    value = value_text(limit.value, limit.error, limit.units)
    share = estimate_text(1.0 - limit.quantile if above else limit.quantile, limit.quantile_error, unit="yes/no")
    if math.isnan(limit.quantile_error):
        share += " %" if not share.endswith("%") else ""
    return f"{'above' if over else 'below'} {value}", f"the {'top' if above else 'bottom'} {share}"


def where_words(limit: Limit) -> str:
    """Say where worlds of a box are by one limit, and what of it is in doubt."""
    value, believed = limit_words(limit)
    doubt = "" if limit.confirmed else f"; not confirmed by itself, {chance_text(limit.p_value)}"
    what = f"“{limit.meaning}”" if limit.meaning else limit.parameter
    return f"{what} is {value} ({believed} of what is believed{doubt})"
