"""Putting a new prior in the place of an old one without losing what the old one said about the quantity."""

from __future__ import annotations

import dataclasses

from forecast.errors import InvalidPrior

from .mixture import is_choice
from .prior import Prior
from .reading import scale_of

__all__ = ["succeed"]

_BEFORE = " In place of: "


def succeed(old: Prior, new: Prior, *, derivation_given: bool | None = None) -> Prior:
    """Give the new prior the old one's name, and its unit, meaning, range and claims where it has none.

    A derivation that the new prior did not state is written from its request, and the old derivation is
    kept behind it: the old sentence beside the new numbers would be false.

    Parameters
    ----------
    old, new : Prior
        The prior in the set and the one that takes its place.
    derivation_given : bool, optional
        Whether the new derivation was stated. Unless given, it was when it differs from the sentence
        that the request would write.

    Raises
    ------
    InvalidPrior
        If the units differ, a ratio is given for what is no log ratio, or the new prior reaches outside the range that
        the quantity can take.
    """
    if new.unit and old.unit and new.unit != old.unit:
        raise InvalidPrior(
            f"{old.name} in {new.unit!r}",
            expected=f"the unit {old.unit!r}",
            mend=f"convert the numbers to {old.unit}, or leave unit out if they already are",
        )
    asked = new.elicited.request if new.elicited is not None else None
    if asked is not None and asked.ratio is not None and old.unit and not scale_of(old.unit).ratio:
        raise InvalidPrior(
            f"a ratio for {old.name}, which is in {old.unit!r}",
            expected="a ratio for a log hazard ratio or a log rate ratio only",
            mend=f"elicit {old.name} in its own unit",
        )
    low, high = old.allowed
    if new.domain is None and not (low <= new.support[0] and new.support[1] <= high):
        raise InvalidPrior(
            f"{new.distribution} for {old.name}",
            expected=f"a distribution between {low:g} and {high:g}, as the quantity is",
            mend="choose a bounded family, or say what range the quantity can take with support=(low, high)",
        )
    written = asked.sentence() if asked is not None else ""
    stated = new.derivation not in ("", written) if derivation_given is None else derivation_given
    derivation = new.derivation
    if not stated and new.distribution == old.distribution:
        derivation = old.derivation
    elif not stated:
        derivation = (written + _BEFORE + old.derivation.split(_BEFORE)[-1]) if old.derivation else written
    return dataclasses.replace(
        new,
        name=old.name,
        unit=new.unit or old.unit,
        meaning=new.meaning or old.meaning,
        claims=new.claims or old.claims,
        derivation=derivation,
        domain=new.domain if new.domain is not None else old.domain,
        accepted=new.accepted or (old.accepted and new.distribution == old.distribution),
        forms=new.forms or (old.forms if new.support == old.support else ()),
        size=new.size or (old.size if is_choice(new.distribution) else ""),
    )
