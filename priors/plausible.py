"""Beliefs in the wrong unit: priors most of which lie where the world cannot be, or where nobody looked before.

The bounds are data, with a derivation each, in ``plausible.toml``.
"""

from __future__ import annotations

import dataclasses
import warnings
from functools import cache

from forecast.errors import InvalidPrior, PriorWarning

from .intervals import MASS
from .prior import Prior
from .reading import implied
from .tables import check_format, check_keys, field, packaged

__all__ = ["Bound", "admitted", "bounds", "check_plausible"]

_FILE = "plausible.toml"
_KEYS = ("unit", "low", "high", "says", "derivation", "mend")
_MOST = 0.5
"""Share of a prior outside its bounds above which it is refused."""


@dataclasses.dataclass(frozen=True)
class Bound:
    """Where a quantity can be.

    Attributes
    ----------
    unit : str
        Of ``low`` and ``high``; a quantity's unit may add a condition to it.
    low, high : float
        Bounds outside of which at most half of a prior may lie.
    says, derivation, mend : str
        The same in words, why, and how to write a belief in this unit.
    name : str
        The quantity, where it has bounds of its own.
    """

    unit: str
    low: float
    high: float
    says: str
    derivation: str
    mend: str
    name: str = ""

    def of(self, prior: Prior) -> bool:
        """Whether these are bounds of a prior's quantity."""
        in_unit = prior.unit == self.unit or prior.unit.startswith(f"{self.unit} ")
        return in_unit and self.name in ("", prior.name)


@cache
def bounds() -> tuple[Bound, ...]:
    """Give all bounds, those of single quantities first, then those of the longest units."""
    source = packaged(_FILE)
    check_format(source)
    found = []
    for kind, keys in (("parameter", (*_KEYS, "name")), ("unit", _KEYS)):
        for entry in field(source.table, kind, list, where=_FILE):
            check_keys(entry, keys, where=_FILE)
            found.append(Bound(**entry))
    return tuple(sorted(found, key=lambda bound: (not bound.name, -len(bound.unit))))


def check_plausible(prior: Prior) -> None:
    """Refuse a prior of which more than half lies outside the bounds of its quantity, unless it is accepted.

    Raises
    ------
    InvalidPrior
        Saying in plain words what it comes to, and what can be.
    """
    fault = None if prior.accepted else _fault(prior)
    if fault is not None:
        raise fault


def admitted(old: Prior, new: Prior, *, accept: bool) -> Prior:
    """Let a prior take the place of another, marked as accepted where it would be refused otherwise.

    Parameters
    ----------
    old, new : Prior
        Of one quantity, in one unit.
    accept : bool
        Whether a prior outside the bounds of its quantity is meant, and one far from the old one is no surprise.

    Raises
    ------
    InvalidPrior
        If more than half of the new prior lies outside the bounds, and it is not accepted.

    Warns
    -----
    PriorWarning
        If the central 90% of the two have no value in common, and neither it nor this is accepted.
    """
    if new == old or new.accepted:
        return new
    fault = _fault(new)
    if fault is not None and not accept:
        raise fault
    if accept:
        return dataclasses.replace(new, accepted=fault is not None)
    (low, high), (least, most) = new.interval(), old.interval()
    if high < least or most < low:
        warnings.warn(
            f"{new.name} is read {implied(new)}; the prior that it replaces was read {implied(old)}. The two central "
            f"{100 * MASS:g}% have no value in common. Write accept=True if that is meant.",
            PriorWarning,
            stacklevel=3,
        )
    return new


def _fault(prior: Prior) -> InvalidPrior | None:
    bound = next((one for one in bounds() if one.of(prior)), None)
    if bound is None:
        return None
    below, up_to = prior.cdf((bound.low, bound.high))
    outside = float(below + 1.0 - up_to)
    if outside <= _MOST:
        return None
    meaning = f" (“{prior.meaning}”)" if prior.meaning else ""
    return InvalidPrior(
        f"{prior.name or 'a prior'}{meaning} is read {implied(prior)}; "
        f"that is what {prior.distribution} says in the unit {prior.unit!r}",
        expected=f"{bound.says}. {bound.derivation.rstrip('.')}",
        mend=f"{bound.mend}, or say that it is meant: accept=True in replace, accept = true in a file",
    )
