"""What of the model a reference class speaks of, read from worlds whose states are kept by month.

A share is of the worlds in which it can be seen. What needs a finer step than a month is not read here: see
:data:`FINER`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.engine.elementary import poisson_ppf
from forecast.errors import UnknownOption, UnknownOutcome, near_matches
from forecast.libya.outcomes import DEGRADED_SHARE, FEW_FIGHTERS, INTEGRATED_SHARE, SIRTE_CODES
from forecast.options import load as load_options
from forecast.schema import PARAMETER_PREFIX
from priors import load, load_classes
from priors.classes import HORIZON, Count, Quantity, Rate, ReferenceClass
from priors.reading import HAZARD
from priors.streams import keyed_uniforms

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "AXES",
    "FINER",
    "ORIGIN",
    "SHARE_OF_FORCES",
    "check_subject",
    "known_classes",
    "read_class",
    "units",
]

Array = NDArray[Any]

ORIGIN, SHARE_OF_FORCES = "times the origin", "share of forces"
"""Units of medians over worlds."""

AXES: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        ("yes/no", SHARE_OF_FORCES): "share of worlds, cases or forces",
        (ORIGIN,): "strength of ISIS, times that at the origin",
    }
)
"""Units that share an axis of the picture, with what it is labelled; classes in other units are not drawn."""

FINER = ("months_under_assault",)
"""Outcomes that states by month do not tell, since most assaults last less than one: docs/model.md reads them on steps
of a quarter of a month."""

_NEVER = 999
_YEAR = 12
_FREED = SIRTE_CODES.index("freed")


def known_classes() -> dict[str, ReferenceClass]:
    """Give the shipped classes, each of an option and an outcome that there are.

    Raises
    ------
    UnknownOption, UnknownOutcome
        If one speaks of what does not exist.
    """
    classes = load_classes()
    for one in classes.values():
        check_subject(one)
    return classes


def check_subject(one: ReferenceClass) -> None:
    """Refuse a class of an option or an outcome that does not exist; errors as for :func:`known_classes`."""
    options, outcomes = load_options(), (*_READ, *FINER)
    if one.option not in options:
        raise UnknownOption(
            f"the class {one.name!r}: the option {one.option!r:.60}",
            expected="a shipped option",
            mend=near_matches(one.option, options),
        )
    quantity = one.quantity
    for name in (quantity.name if quantity.subject == "outcome" else "", quantity.after):
        if name and name not in outcomes:
            raise UnknownOutcome(
                f"the class {one.name!r}: the outcome {name!r:.60}",
                expected="an outcome that classes can be compared with",
                mend=near_matches(name, outcomes),
            )


def units(one: ReferenceClass) -> tuple[str, str]:
    """Give the unit of a class, and that of what it is compared with; most are the same."""
    if one.quantity.subject == "outcome":
        unit = {"isis_fighters": ORIGIN, "integration": SHARE_OF_FORCES}.get(one.quantity.name, "yes/no")
        return unit, unit
    unit = _unit(one.quantity)
    if unit in (HAZARD, "1"):
        # A hazard is read as its chance within some months, and beliefs without a unit are shares.
        return "yes/no", "yes/no"
    own = unit if isinstance(one.data, Rate) else "yes/no" if isinstance(one.data, Count) else "1"
    return own, unit


def _unit(belief: Quantity) -> str:
    # Of a set that is built by hand the unit is not sure to be said; the model's are those of the article.
    return load("article")[belief.name].unit


def read_class(one: ReferenceClass, outcomes: xr.Dataset) -> Array | None:
    """Read what a class speaks of in each world in which it can be seen.

    Parameters
    ----------
    one : ReferenceClass
        The class.
    outcomes : xarray.Dataset
        Of :func:`forecast.simulate`, with its option, over 24 months at least.

    Returns
    -------
    ndarray or None
        One value a world that can be seen: bool for what did or did not happen, float else, of which worlds that
        failed are left out. None for one of :data:`FINER`.
    """
    quantity = one.quantity
    if quantity.name in FINER:
        return None
    if quantity.subject != "outcome":
        values = outcomes[PARAMETER_PREFIX + quantity.name].values
        return -np.expm1(-np.exp(values) * quantity.within) if _unit(quantity) == HAZARD else values
    values = _READ[quantity.name](outcomes.sel(option=one.option), quantity)
    return values if values.dtype == bool else values[np.isfinite(values)]


# Readings. Arrays of states are (world, month), month 0 the origin.


def _of(outcomes: xr.Dataset, name: str) -> Array:
    return np.asarray(outcomes[name].transpose("world", "month").values[:, : HORIZON + 1])


def _within(happens: Array, quantity: Quantity) -> Array:
    """Whether something holds in some month up to one, the origin left out; or in one month."""
    if quantity.at is not None:
        return np.asarray(happens[:, quantity.at])
    return np.asarray(happens[:, 1 : _month(quantity) + 1].any(axis=1))


def _month(quantity: Quantity) -> int:
    return quantity.by or quantity.at or HORIZON


def _first(happens: Array) -> Array:
    """Month in which something first holds; 999 for never."""
    return np.where(happens.any(axis=1), happens.argmax(axis=1), _NEVER)


def _assaulted(outcomes: xr.Dataset) -> Array:
    return _first(_of(outcomes, "sirte") > 0)


def _freed(outcomes: xr.Dataset) -> Array:
    return _first(_of(outcomes, "sirte") == _FREED)


def _whether_assaulted(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    return _assaulted(outcomes) <= _month(quantity)


def _whether_freed(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    """Count from the month of the assault where the class does, in worlds where it can be followed for as long."""
    freed = _freed(outcomes)
    if not quantity.after:
        return freed <= _month(quantity)
    start = _assaulted(outcomes)
    return (freed - start <= _month(quantity))[start <= HORIZON - _month(quantity)]


def _given_up(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    """Whether an assault that is seen at the end of a month is over within some months, with the city held."""
    sirte, months, start = _of(outcomes, "sirte"), _month(quantity), _assaulted(outcomes)
    assault, freed = sirte == SIRTE_CODES.index("under assault"), sirte == _FREED
    over = assault[:, :-1] & ~assault[:, 1:] & ~freed[:, 1:]
    now = np.arange(HORIZON)
    within = (now >= start[:, np.newaxis]) & (now < start[:, np.newaxis] + months)
    before_freeing = ~np.logical_or.accumulate(freed[:, :-1], axis=1)
    given_up: Array = (over & within & before_freeing).any(axis=1)
    return given_up[start <= HORIZON - months]


def _lost_again(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    freed = _of(outcomes, "sirte") == _FREED
    since, now, months = _freed(outcomes), np.arange(HORIZON + 1), _month(quantity)
    within = (now > since[:, np.newaxis]) & (now <= since[:, np.newaxis] + months)
    lost: Array = (~freed & within).any(axis=1)
    return lost[since <= HORIZON - months]


def _strength(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    fighters = _of(outcomes, "isis_fighters")
    return fighters[:, _month(quantity)] / fighters[:, 0]


def _below_2000(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    return _within(_of(outcomes, "isis_fighters") < FEW_FIGHTERS, quantity)


def _alive(outcomes: xr.Dataset, month: int) -> Array:
    return ~_of(outcomes, "council_collapsed")[:, 1 : month + 1].any(axis=1)


def _survives(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    alive = _alive(outcomes, _month(quantity))
    return alive if quantity.after_months is None else alive[_alive(outcomes, quantity.after_months)]


def _seated(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    return _within(_of(outcomes, "council_seated"), quantity)


def _whole(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    there = [_of(outcomes, name) for name in ("council_seated", "hor_endorsed", "gnc_endorsed")]
    return _within(np.all(there, axis=0) & ~_of(outcomes, "boycott"), quantity)


def _one_command(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    one = (_of(outcomes, "integration") >= INTEGRATED_SHARE) & ~_of(outcomes, "council_collapsed")
    return _within(one, quantity)


def _alive_and_no_war(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    month = _month(quantity)
    return _alive(outcomes, month) & ~_of(outcomes, "civil_war")[:, 1 : month + 1].any(axis=1)


def _freed_or_degraded(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    fighters = _of(outcomes, "isis_fighters")
    return _within((_of(outcomes, "sirte") == _FREED) | (fighters < DEGRADED_SHARE * fighters[:, :1]), quantity)


def _war(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    return _within(_of(outcomes, "civil_war"), quantity)


def _clashes_of_a_year(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    """Compare the clashes of a year with those of one at the origin's rate, whose count is luck as well."""
    rate = outcomes[PARAMETER_PREFIX + "clash_rate"].values
    first = int(outcomes["world"].values[0])
    drawn = keyed_uniforms(int(outcomes.attrs["luck"]), "class:year_before", first, first + rate.size, rows=_YEAR)
    before = np.maximum(np.sum([poisson_ppf(row, rate) for row in drawn], axis=0), 1.0)
    month = _month(quantity)
    ratio: Array = _of(outcomes, "factional_clashes")[:, month - _YEAR + 1 : month + 1].sum(axis=1) / before
    return ratio <= quantity.at_most if quantity.at_most is not None else ratio >= (quantity.at_least or 0.0)


def _channels_ended(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    channels = _of(outcomes, "parallel_channels")
    return _within(~channels, quantity)[channels[:, 0]]


def _integration(outcomes: xr.Dataset, quantity: Quantity) -> Array:
    return _of(outcomes, "integration")[:, _month(quantity)]


_READ: dict[str, Callable[[xr.Dataset, Quantity], Array]] = {
    "sirte_assaulted": _whether_assaulted,
    "sirte_freed": _whether_freed,
    "assault_given_up": _given_up,
    "sirte_lost_again": _lost_again,
    "isis_fighters": _strength,
    "isis_below_2000": _below_2000,
    "council_survives": _survives,
    "council_seated": _seated,
    "council_whole": _whole,
    "integrated_force": _one_command,
    "council_alive_and_no_war": _alive_and_no_war,
    "sirte_freed_or_isis_degraded": _freed_or_degraded,
    "civil_war": _war,
    "clashes_year_ratio": _clashes_of_a_year,
    "parallel_channels_ended": _channels_ended,
    "integration": _integration,
}
