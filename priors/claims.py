"""The article's claims, by id, and the structure that some of them fix.

Claims whose words rule a thing in or out ("cannot", "precludes", "no chance") are structure and not priors:
:func:`load_structure` lists them with the place in the model where each is kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import cache

from forecast.errors import InvalidFile, UnknownClaim, near_matches

from .tables import check_format, check_keys, field, packaged, strings

__all__ = ["DIRECTIONS", "Claim", "Structure", "check_claims", "load_claims", "load_structure"]

DIRECTIONS = ("+", "-", "0", "level", "gate", "condition", "norm")
"""What a claim can say of its quantity: a sign, no effect, a level, a gate, a condition, or a norm."""

_CLAIM_KEYS = ("id", "paraphrase", "quantity", "says", "direction", "verb", "certainty", "where")


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim of the article, paraphrased.

    Attributes
    ----------
    id : str
        N and a number for figures and dates, P and a number for statements.
    paraphrase, says : str
        What the article says, in other words, and what that means for the quantity.
    quantity : str
        The model quantity that it speaks of.
    direction : str
        One of :data:`DIRECTIONS`.
    verb, certainty : str
        The article's certainty word, and how certain the author is.
    where : str
        Section and paragraph of the article.

    Examples
    --------
    >>> import priors
    >>> claim = priors.load_claims()["P34"]
    >>> claim.quantity, claim.direction, claim.verb
    ('chance that Sirte is freed', '+', 'fact')
    """

    id: str
    paraphrase: str
    quantity: str
    says: str
    direction: str
    verb: str
    certainty: str
    where: str


@dataclasses.dataclass(frozen=True)
class Structure:
    """A claim that the model keeps as structure: what it means, and the function that keeps it."""

    id: str
    meaning: str
    claims: tuple[str, ...]
    where: str


@cache
def _claims() -> dict[str, Claim]:
    source = packaged("claims.toml")
    check_format(source)
    out: dict[str, Claim] = {}
    for number, table in enumerate(field(source.table, "claim", list, where=source.where), start=1):
        where = f"{source.where}, claim {number}"
        if not isinstance(table, dict):
            raise InvalidFile(where, expected="a [[claim]] table", mend="write it as [[claim]]")
        check_keys(table, _CLAIM_KEYS, where=where)
        claim = Claim(**{key: field(table, key, str, where=where) for key in _CLAIM_KEYS})
        if claim.direction not in DIRECTIONS:
            raise InvalidFile(
                f"{where}: direction {claim.direction!r}",
                expected="one of " + ", ".join(DIRECTIONS),
                mend=near_matches(claim.direction, DIRECTIONS),
            )
        if claim.id in out:
            raise InvalidFile(f"{where}: {claim.id} again", expected="each id once", mend="remove one of the two")
        out[claim.id] = claim
    return out


def load_claims() -> dict[str, Claim]:
    """Load the article's claims.

    Returns
    -------
    dict of str to Claim
        In the order of the file; a new dict each time.

    Raises
    ------
    InvalidFile
        If the packaged table is damaged.

    Examples
    --------
    >>> import priors
    >>> claims = priors.load_claims()
    >>> len(claims), list(claims)[0], claims["P34"].direction
    (86, 'N1', '+')
    """
    return dict(_claims())


def check_claims(ids: Iterable[str], *, where: str) -> None:
    """Refuse a claim id that the article does not have.

    Raises
    ------
    UnknownClaim
        Naming the place and the near matches.
    """
    known = _claims()
    for one in ids:
        if one not in known:
            raise UnknownClaim(
                f"{where}: claim {one!r:.60}",
                expected="ids of the article's claims, N1 to N18 and P1 to P68",
                mend=near_matches(one, known),
            )


def load_structure() -> tuple[Structure, ...]:
    """Load the claims that are kept as structure, each with the function that keeps it.

    Returns
    -------
    tuple of Structure
        ``where`` reads "module:function".

    Raises
    ------
    InvalidFile
        If the packaged table is damaged.
    UnknownClaim
        If it names a claim that does not exist.

    Examples
    --------
    >>> import priors
    >>> kept = priors.load_structure()[0]
    >>> kept.claims, kept.where
    (('N5',), 'forecast.libya.month:origin')
    """
    source = packaged("structure.toml")
    check_format(source)
    out = []
    for number, table in enumerate(field(source.table, "structure", list, where=source.where), start=1):
        where = f"{source.where}, structure {number}"
        if not isinstance(table, dict):
            raise InvalidFile(where, expected="a [[structure]] table", mend="write it as [[structure]]")
        check_keys(table, ("id", "meaning", "claims", "where"), where=where)
        claims = strings(table, "claims", where=where)
        check_claims(claims, where=where)
        text = {key: field(table, key, str, where=where) for key in ("id", "meaning", "where")}
        out.append(Structure(claims=claims, **text))
    return tuple(out)
