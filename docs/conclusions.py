"""The page on what carries each option's result, and on which conclusions survive other structures and beliefs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

import forecast
import priors
from docs.writing import markdown_table, signed_text
from forecast.estimates import mean_error, points_text
from forecast.libya.world import LIBYA
from forecast.options.option import Option, Phase
from forecast.structures.result import UTILITY

__all__ = ["CONCLUSIONS", "Conclusion", "conclusions_page", "levers_of", "surviving"]

WORLDS, SEED = 10_000, 1
SURE = 2.0
"""Errors by which a difference must lie on its side of 0 to be told."""


class Conclusion(NamedTuple):
    """A sentence that the README draws from a difference between two options."""

    says: str
    quantity: str
    option: str
    baseline: str
    sign: int


CONCLUSIONS = (
    Conclusion(
        "Backing Misrata frees Sirte more often than doing nothing.", "sirte_freed", "ct_assistance", "no_assistance", 1
    ),
    Conclusion(
        "Backing the oil guards as well frees it most often, aircraft behind Misrata being next.",
        "sirte_freed",
        "ct_two_factions",
        "ct_with_air",
        1,
    ),
    Conclusion(
        "And gives a better chance of a stable success than the centres.",
        "stable_success",
        "ct_two_factions",
        "regional_then_national",
        1,
    ),
    Conclusion("It brings more blowback than one faction.", "blowback_ever", "ct_two_factions", "ct_assistance", 1),
    Conclusion(
        "Aircraft behind Misrata degrade ISIS more often than alone.", "isis_degraded", "ct_with_air", "airstrikes", 1
    ),
    Conclusion(
        "Sustained airstrikes cost the council its life.", "council_survives", "airstrikes", "no_assistance", -1
    ),
    Conclusion(
        "The centres give a better chance of a stable success than doing nothing.",
        "stable_success",
        "regional_centres",
        "no_assistance",
        1,
    ),
    Conclusion(
        "The centres bring fewer clashes than backing Misrata.",
        "clashes_total",
        "regional_centres",
        "ct_assistance",
        -1,
    ),
    Conclusion(
        "Training new units does more harm than good, by balanced values.", UTILITY, "training", "no_assistance", -1
    ),
    Conclusion(
        "Backing Misrata alone does more harm than good, by balanced values.",
        UTILITY,
        "ct_assistance",
        "no_assistance",
        -1,
    ),
    Conclusion(
        "The centres are better than diplomacy alone, by balanced values.",
        UTILITY,
        "regional_then_national",
        "diplomacy",
        1,
    ),
)
"""The last is no conclusion of the README, which says that the two are not told apart."""

_USED = tuple(dict.fromkeys(name for one in CONCLUSIONS for name in (one.option, one.baseline)))


def _worlds(source: Any, options: Iterable[Any] | None = None) -> xr.Dataset:
    return forecast.simulate(source, options=options, worlds=WORLDS, seed=SEED, progress=False)


def _fit(beliefs: priors.PriorSet) -> xr.DataTree:
    return forecast.fit(beliefs, seed=SEED, progress=False)


def _levels(outcomes: xr.Dataset, quantity: str) -> xr.DataArray:
    return forecast.utility(outcomes) if quantity == UTILITY else outcomes[quantity].astype(float)


def _difference(outcomes: xr.Dataset, one: Conclusion) -> tuple[float, float]:
    levels = _levels(outcomes, one.quantity)
    change = (levels.sel(option=one.option) - levels.sel(option=one.baseline)).values
    return float(change.mean()), mean_error(change, event=False)


@cache
def surviving() -> dict[str, dict[str, tuple[float, float]]]:
    """Give every conclusion's difference and its error by where it was looked at.

    Returns
    -------
    dict
        By the conclusion's words, then by "article", by each form of each structure, and by the name of each other set.
    """
    article = priors.load("article")
    places = {"article": article}
    for name, known in priors.structures(article).items():
        places |= {known.forms[form]: article.with_structure({name: form}) for form in known.possible}
    places |= {name: priors.load(name) for name in priors.available() if name != "article"}
    found: dict[str, dict[str, tuple[float, float]]] = {one.says: {} for one in CONCLUSIONS}
    for place, beliefs in places.items():
        outcomes = _worlds(_fit(beliefs), _USED)
        for one in CONCLUSIONS:
            found[one.says][place] = _difference(outcomes, one)
    return found


def _verdict(one: Conclusion, value: float, error: float) -> str:
    """Say whether a difference has the sign of the conclusion, the other one, or cannot be told from 0."""
    toward = one.sign * value
    return "holds" if toward > SURE * error else "fails" if toward < -SURE * error else "not told"


def _conclusion_rows() -> Iterable[list[str]]:
    sets = set(priors.available())
    for one in CONCLUSIONS:
        found = surviving()[one.says]
        verdicts = {place: _verdict(one, *pair) for place, pair in found.items()}
        forms = {place: said for place, said in verdicts.items() if place not in sets}
        others = {place: said for place, said in verdicts.items() if place in sets and place != "article"}
        unit = "1" if one.quantity == UTILITY else LIBYA.outcomes[one.quantity].unit
        yield [
            one.says,
            points_text(*found["article"], unit=unit),
            _counted(forms),
            _counted(others),
            "; ".join(f"{place}: {said}" for place, said in verdicts.items() if said != "holds") or "nowhere",
        ]


def _counted(verdicts: dict[str, str]) -> str:
    return f"{sum(said == 'holds' for said in verdicts.values())} of {len(verdicts)}"


def levers_of(option: Option) -> tuple[str, ...]:
    """Name the levers that an option pulls, by its phases or its triggers."""
    pulled = {lever for phase in option.phases for lever, level in phase.levers.items() if level > 0}
    pulled |= {lever for trigger in option.triggers for lever, level in trigger.set.items() if level > 0}
    return tuple(sorted(pulled))


def without(option: Option, levers: Iterable[str]) -> Option:
    """Give an option with some levers never pulled."""
    out = set(levers)

    def kept(levels: Any) -> dict[str, float]:
        return {lever: level for lever, level in levels.items() if lever not in out}

    phases = tuple(
        Phase(kept(phase.levers), start=phase.start, end=phase.end, ramp=phase.ramp) for phase in option.phases
    )
    # A trigger that would set nothing is none.
    triggers = tuple(replace(one, set=kept(one.set)) for one in option.triggers if kept(one.set))
    return Option(f"{option.name}_without_{'_and_'.join(sorted(out))}", phases=phases, triggers=triggers)


KINDS: dict[str, frozenset[str]] = {
    "all support to factions": frozenset(
        ("support_misrata", "support_pfg", "support_lna", "support_south", "support_sirte_officers")
    ),
    "all diplomacy": frozenset(("mediation", "western_unity", "regional_restraint")),
    "centres and advisers": frozenset(("coordination", "advisers")),
}
"""Levers that are of one kind, left out together."""


def _kinds(levers: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Give the kinds of which an option pulls several levers, and others beside: their words by their levers."""
    found = {tuple(lever for lever in levers if lever in kind): words for words, kind in KINDS.items()}
    return {out: words for out, words in found.items() if 1 < len(out) < len(levers)}


@cache
def _left_out() -> dict[str, dict[tuple[str, ...], dict[str, Any]]]:
    """Give what every option loses without some levers, world by world: by option, levers and quantity."""
    fit, found = _fit(priors.load("article")), {}
    for option in forecast.options.load().values():
        levers = levers_of(option)
        if len(levers) < 2:
            continue
        pairs = combinations(levers, 2) if len(levers) > 2 else ()
        outs = dict.fromkeys([*((lever,) for lever in levers), *pairs, *_kinds(levers)])
        variants = {out: without(option, out) for out in outs}
        outcomes = _worlds(fit, [option, *variants.values()])
        levels = {quantity: _levels(outcomes, quantity) for quantity in ("sirte_freed", "stable_success", UTILITY)}
        found[option.name] = {
            out: {
                quantity: (array.sel(option=variant.name) - array.sel(option=option.name)).values
                for quantity, array in levels.items()
            }
            for out, variant in variants.items()
        }
    return found


def _lever_rows(pairs: bool) -> Iterable[list[str]]:
    for option, changes in _left_out().items():
        for out, change in changes.items():
            if len(out) == 1 + pairs and (not pairs or _together(changes, out)):
                yield _row(option, " and ".join(f"`{lever}`" for lever in out), change)


def _kind_rows() -> Iterable[list[str]]:
    options = forecast.options.load()
    for option, changes in _left_out().items():
        for out, words in _kinds(levers_of(options[option])).items():
            yield _row(option, words, changes[out])


def _row(option: str, words: str, change: dict[str, Any]) -> list[str]:
    return [f"`{option}`", words, *(_change(values, quantity) for quantity, values in change.items())]


def _together(changes: dict[tuple[str, ...], dict[str, Any]], pair: tuple[str, ...]) -> bool:
    """Whether leaving out two levers does another thing than leaving out each, added up."""
    one, other = ((lever,) for lever in pair)
    for quantity, both in changes[pair].items():
        beyond = both - changes[one][quantity] - changes[other][quantity]
        error = mean_error(beyond, event=False)
        if abs(float(beyond.mean())) > max(4 * error, 0.003):
            return True
    return False


def _change(values: np.ndarray[Any, Any], quantity: str) -> str:
    if not values.any():
        return "no world changes"
    unit = "1" if quantity == UTILITY else "yes/no"
    return signed_text(float(values.mean()), mean_error(values, event=False), unit=unit)


def conclusions_page() -> str:
    """Write docs/conclusions.md."""
    heads = ["option", "without", "Sirte freed", "stable success", "utility, balanced"]
    return f"""# What the conclusions rest on

Made by `make docs`, on the article's evidence: {WORLDS:,} worlds each, the same ones each time, 24 months, seed
{SEED}. ± is the Monte-Carlo standard error.

## Which conclusions survive

What the README concludes, looked at where each structure is known to have each of its forms (the article's beliefs),
and on the other shipped sets of beliefs. A conclusion holds where its difference is on its side of 0 by two errors,
fails where it is on the other side by as much, and is not told in between. The last line is no conclusion: it shows
what the choice hangs on.

{
        markdown_table(
            ["conclusion", "difference, article", "holds by forms", "holds by other sets", "does not hold"],
            _conclusion_rows(),
        )
    }

![Which option is best where each structure has each of its forms](figures/structures.png)

## What carries each option

Each option with one of its levers never pulled, less the option itself: what is lost, or gained, without it. Western
unity acts through command centres alone (P48), so it changes nothing where there are none.

{markdown_table(heads, _lever_rows(pairs=False))}

And with all of one kind left out together:

{markdown_table(heads, _kind_rows())}

Two levers left out together, where that does another thing than leaving out each, added up (by more than 4 errors and
.3 points or .003 of utility):

{markdown_table(heads, _lever_rows(pairs=True))}
"""
