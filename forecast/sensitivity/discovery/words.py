"""Boxes in words, from what parameters mean and their units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecast.estimates import estimate_text, value_text
from forecast.outcomes.provenance import gates_of, whose_note
from priors.reading import scale_of

if TYPE_CHECKING:
    from forecast.sensitivity.discovery.result import Box, Discovery, Limit

__all__ = ["chance_text", "discovery_words", "limit_words", "none_words"]


def chance_text(chance: float) -> str:
    """Write a p-value."""
    return "p < .0001" if chance < 1e-4 else f"p = {chance:.2g}"


def limit_words(limit: Limit) -> tuple[str, str]:
    """Give the value of a limit, and its place among what is believed.

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


def _where(limit: Limit) -> str:
    value, believed = limit_words(limit)
    doubt = "" if limit.confirmed else f"; not confirmed by itself, {chance_text(limit.p_value)}"
    what = f"“{limit.meaning}”" if limit.meaning else limit.parameter
    return f"{what} is {value} ({believed} of what is believed{doubt})"


def _box_words(box: Box, result: Discovery, number: int) -> str:
    where = "; and ".join(_where(limit) for limit in box.limits)
    measures = box.measures
    coverage, density, mass, rate = (
        estimate_text(measure.estimate, measure.error, unit="yes/no")
        for measure in (measures.coverage, measures.density, measures.mass, measures.rate)
    )
    lift = estimate_text(measures.lift.estimate, measures.lift.error)
    others = "worlds" if number == 1 else "worlds outside the boxes before it"
    start = "It" if number > 1 else f"{result.title}{f' {result.of}' if result.of else ''}"
    verb = "also concentrates" if number > 1 else "concentrates"
    return (
        f"{start} {verb} where {where}. There it comes in {density} of worlds, against {rate} of all {others}: {lift} "
        f"times as often ({chance_text(box.p_value)}). The box holds {coverage} of such worlds in {mass} of all."
        + (" It was picked from a curve that shows these measures, so they flatter it." if result.picked else "")
    )


def _how(result: Discovery) -> str:
    said = [f"Boxes are found in {result.found:,} worlds and measured in {result.measured:,} others"]
    if result.distinct < result.worlds:
        said[0] += f", with no draw of the {result.distinct:,} of a fit in both"
    said[0] += f"; the chance of claiming one where there is none is {100 * result.level:g}%."
    if whose_note(result):
        said.append(f"{whose_note(result)}.")
    if "values" in result.attrs:
        said.append(f"Values: {result.attrs['values']}.")
    if gates_of(result.attrs):
        said.append(f"Not to be relied on, gates broken: {gates_of(result.attrs)}.")
    return " ".join(said)


def none_words(result: Discovery) -> str:
    """Say that no box is claimed, and which rule nothing met, without the reason in numbers."""
    about = f"{result.title}{f' {result.of}' if result.of else ''}"
    if result.rate in (0.0, 1.0):
        often = "no world" if result.rate == 0.0 else "every world"
        return f"{about} comes in {often} of {result.worlds:,}, so nowhere more than elsewhere"
    rate = estimate_text(result.rate, result.rate_error, unit="yes/no")
    if result.chosen is None and result.curve:
        number = "the one box" if len(result.curve) == 1 else f"none of the {len(result.curve)} boxes"
        has = "has not" if len(result.curve) == 1 else "has"
        return f"{about} comes in {rate} of worlds, and {number} that a search found {has} {result.needs}"
    return f"{about}, which comes in {rate} of worlds, does not concentrate anywhere that can be told from luck"


def discovery_words(result: Discovery) -> str:
    """Say where the event concentrates, or that it does not, or that it cannot be told."""
    how = _how(result)
    if result.boxes:
        said = " ".join(_box_words(box, result, number) for number, box in enumerate(result.boxes, start=1))
        return f"{said} {how}"
    none = f"No box: {none_words(result)}."
    if result.rate in (0.0, 1.0):
        return f"{none} {how}"
    if result.chosen is None:
        return f"{none} {_unmet(result)} {how}"
    tried = result.curve[result.chosen]
    lift = estimate_text(tried.lift, tried.lift_error)
    parameters = " and ".join(tried.parameters)
    chance = tried.p_value * len(result.curve) if result.picked else tried.p_value
    which = "box picked" if result.picked else "best candidate"
    return (
        f"{none} The {which}, on {parameters}, has it {lift} times as often as all worlds, its own among "
        f"them, where it was not found ({chance_text(min(1.0, chance))}). {how}"
    )


def _unmet(result: Discovery) -> str:
    """Say why the rule took no box."""
    if not result.curve:
        return f"No limit on any of {result.searched} parameters passed in the half that was searched."
    density, coverage = (
        max(getattr(box, name) for box in result.curve) for name in ("found_density", "found_coverage")
    )
    most, name = (density, "density") if "density" in result.needs else (coverage, "coverage")
    return (
        f"The most is a {name} of {100 * most:.3g}%, in the half that was searched, so none was tested; .at(place) "
        "takes one of .curve."
    )
