"""Claims: what beliefs, options, values and evidence rest on, by id, as lists; and what the article fixes as structure.

A list of claims is a world's own. The article's ships with the package under the name "article"; a file or a mapping of
ids to words makes another. Where there is no list, any id is a source.

Claims whose words rule a thing in or out ("cannot", "precludes", "no chance") are structure and not priors:
:func:`load_structure` lists those of the article with the place in the model where each is kept.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forecast.errors import FileMissing, InvalidArgument, InvalidFile, UnknownClaim, near_matches

from .tables import Source, check_format, check_keys, field, packaged, read_toml, strings

__all__ = [
    "DIRECTIONS",
    "NO_CLAIMS",
    "SHIPPED",
    "Claim",
    "Claims",
    "Structure",
    "check_claims",
    "load_claims",
    "load_structure",
]

DIRECTIONS = ("+", "-", "0", "level", "gate", "condition", "norm")
"""What a claim can say of its quantity: a sign, no effect, a level, a gate, a condition, or a norm."""

SHIPPED = {"article": "claims.toml"}
"""Lists that the package has, and their files."""

_MOST = 60
"""Characters of an id."""


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim, paraphrased. Only the id and the paraphrase must be given.

    Attributes
    ----------
    id : str
        Without spaces. The article's are N and a number for figures and dates, P and a number for statements.
    paraphrase : str
        What the source says, in other words.
    quantity : str
        The model quantity that it speaks of.
    says : str
        What that means for the quantity.
    direction : str
        One of :data:`DIRECTIONS`, or empty.
    verb, certainty : str
        The source's certainty word, and how certain its author is.
    where : str
        Where it stands in the source.

    Examples
    --------
    >>> import priors
    >>> priors.Claim("L1", "Talks hold only while patrols do.").direction
    ''
    """

    id: str
    paraphrase: str
    quantity: str = ""
    says: str = ""
    direction: str = ""
    verb: str = ""
    certainty: str = ""
    where: str = ""


_CLAIM_KEYS = tuple(one.name for one in dataclasses.fields(Claim))


@dataclasses.dataclass(frozen=True, eq=False)
class Claims(Mapping[str, Claim]):
    """A list of claims, by id; never changed in place.

    Attributes
    ----------
    entries : mapping of str to Claim
        In the order of the list.
    name : str
        Of a shipped list its name, of another it is empty.
    base_rates : str
        The shipped set of beliefs whose levels take the place of those that rest on a claim of the list when that claim
        is left out; none if empty.

    Examples
    --------
    >>> import priors
    >>> listed = priors.load("article").claims
    >>> listed.name, len(listed), listed.words("N1")
    ('article', 86, 'Estimates of how many fighters ISIS has in Libya run from 3,000 to 6,500.')
    """

    entries: Mapping[str, Claim] = dataclasses.field(default_factory=dict)
    name: str = ""
    base_rates: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries", MappingProxyType(dict(self.entries)))

    def __getitem__(self, key: str) -> Claim:
        return self.entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __hash__(self) -> int:
        return hash(frozenset(self.entries))

    def __reduce__(self) -> tuple[Any, ...]:
        return Claims, (dict(self.entries), self.name, self.base_rates)

    def over(self, base: Claims) -> Claims:
        """Return this list with the claims of another that it does not have, which stand first."""
        if not self or self is base:
            return base
        if not base or (set(base) <= set(self) and list(self)[: len(base)] == list(base)):
            return self
        return Claims({**base, **self}, base_rates=self.base_rates or base.base_rates)

    def words(self, claim: str) -> str:
        """Return what a claim says, or nothing where the list does not have it."""
        return self[claim].paraphrase if claim in self else ""

    def to_table(self) -> str | dict[str, Any]:
        """Return what stands for the list under ``claims`` in a file: the name of a shipped one, else all of it."""
        if self.name:
            return self.name
        table: dict[str, Any] = {"base_rates": self.base_rates} if self.base_rates else {}
        for key, claim in self.items():
            said = {name: getattr(claim, name) for name in _CLAIM_KEYS[1:] if getattr(claim, name)}
            table[key] = claim.paraphrase if set(said) <= {"paraphrase"} else said
        return table


NO_CLAIMS = Claims()
"""The list of those who have none: any id is a source."""


@dataclasses.dataclass(frozen=True)
class Structure:
    """A claim that the model keeps as structure: what it means, and the function that keeps it."""

    id: str
    meaning: str
    claims: tuple[str, ...]
    where: str


def load_claims(given: str | os.PathLike[str] | Mapping[str, Any] = "article", *, folder: Path | None = None) -> Claims:
    """Load a list of claims.

    Parameters
    ----------
    given : str, path or mapping
        "article"; the path of a TOML file with a ``[[claim]]`` table for each, which has ``id``, ``paraphrase`` and, if
        wanted, the other attributes of :class:`Claim`; or a mapping of ids to paraphrases, or to tables of these
        attributes.
    folder : Path, optional
        Where a relative path is looked for; the working directory by default.

    Returns
    -------
    Claims
        A mapping of ids to claims, in the order of the list.

    Raises
    ------
    FileMissing, InvalidFile, VersionMismatch
        If there is no such list or file, or it is damaged.
    InvalidArgument
        If what is given is none of these, or an id has spaces.

    Examples
    --------
    >>> import priors
    >>> found = priors.load_claims({"L1": "Talks hold only while patrols do.", "L2": "Raids follow the harvest."})
    >>> list(found), found["L2"].paraphrase
    (['L1', 'L2'], 'Raids follow the harvest.')
    """
    if isinstance(given, Claims):
        return given
    if isinstance(given, Mapping):
        return _of_mapping(given, where="claims")
    if not isinstance(given, str | os.PathLike):
        raise InvalidArgument(
            f"claims of the type {type(given).__name__}",
            expected="the name of a shipped list, the path of a TOML file, or a mapping of ids to words",
            mend='write {"L1": "What the source says"}',
        )
    if isinstance(given, str) and given in SHIPPED:
        return _shipped(given)
    path = Path(os.fsdecode(given))
    if isinstance(given, str) and not given.endswith(".toml") and path.name == given:
        raise FileMissing(
            f"the list of claims {given!r:.60}",
            expected=f"{', '.join(SHIPPED)}, or the path of a TOML file",
            mend=near_matches(given, SHIPPED),
        )
    return _of_file(read_toml(path if folder is None else folder / path))


@cache
def _shipped(name: str) -> Claims:
    return dataclasses.replace(_of_file(packaged(SHIPPED[name])), name=name)


def _of_file(source: Source) -> Claims:
    check_format(source)
    check_keys(source.table, ("format", "source", "base_rates", "claim"), where=source.where)
    out: dict[str, Claim] = {}
    for number, table in enumerate(field(source.table, "claim", list, where=source.where), start=1):
        where = f"{source.where}, claim {number}"
        if not isinstance(table, dict):
            raise InvalidFile(where, expected="a [[claim]] table", mend="write it as [[claim]]")
        check_keys(table, _CLAIM_KEYS, where=where)
        claim = _of_table(field(table, "id", str, where=where), table, where=where)
        if claim.id in out:
            raise InvalidFile(f"{where}: {claim.id} again", expected="each id once", mend="remove one of the two")
        out[claim.id] = claim
    return Claims(out, base_rates=field(source.table, "base_rates", str, where=source.where, default=""))


def _of_mapping(given: Mapping[str, Any], *, where: str) -> Claims:
    out = {}
    for key, value in given.items():
        if key == "base_rates":
            continue
        here = f"{where}, {key!r:.60}"
        if isinstance(value, Claim):
            value = dataclasses.asdict(value)
        table = {"paraphrase": value} if isinstance(value, str) else value
        if not isinstance(table, Mapping):
            raise InvalidArgument(
                f"{here} is of the type {type(value).__name__}",
                expected="what the claim says, in words",
                mend=f'write {key} = "What the source says"',
            )
        check_keys(table, _CLAIM_KEYS, where=here)
        out[key] = _of_table(key, table, where=here)
    return Claims(out, base_rates=field(given, "base_rates", str, where=where, default=""))


def _of_table(key: object, table: Mapping[str, Any], *, where: str) -> Claim:
    _check_id(key, where=where)
    said = {name: field(table, name, str, where=where, default="") for name in _CLAIM_KEYS[2:]}
    claim = Claim(str(key), field(table, "paraphrase", str, where=where), **said)
    if claim.direction and claim.direction not in DIRECTIONS:
        raise InvalidFile(
            f"{where}: direction {claim.direction!r}",
            expected="one of " + ", ".join(DIRECTIONS),
            mend=near_matches(claim.direction, DIRECTIONS),
        )
    return claim


def check_claims(ids: Iterable[str], known: Mapping[str, Any], *, where: str) -> None:
    """Refuse an id that a list does not have; where the list is empty, what is no id.

    Raises
    ------
    UnknownClaim
        Naming the place and the near matches.
    InvalidArgument
        If it is no text, or has spaces.
    """
    for one in ids:
        _check_id(one, where=where)
        if known and one not in known:
            raise UnknownClaim(
                f"{where}: claim {one!r:.60}",
                expected=f"an id of the list of claims: {_shown(list(known))}",
                mend=near_matches(one, known),
            )


def _check_id(one: object, *, where: str) -> None:
    # Attributes of arrays hold several ids with spaces between them.
    if not isinstance(one, str) or not one or len(one) > _MOST or any(sign.isspace() for sign in one):
        raise InvalidArgument(
            f"{where}: claim {one!r:.60}",
            expected=f"an id without spaces, of at most {_MOST} characters",
            mend='call it "L1", and list what L1 says under claims',
        )


def _shown(ids: list[str]) -> str:
    return ", ".join(ids) if len(ids) <= 6 else f"{ids[0]}, {ids[1]} ... {ids[-1]}"


def load_structure() -> tuple[Structure, ...]:
    """Load the claims of the article that are kept as structure, each with the function that keeps it.

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
    >>> priors.load_structure()[0].claims
    ('N5',)
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
        check_claims(claims, load_claims(), where=where)
        text = {key: field(table, key, str, where=where) for key in ("id", "meaning", "where")}
        out.append(Structure(claims=claims, **text))
    return tuple(out)
