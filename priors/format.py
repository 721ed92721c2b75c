"""Reading the parts of a prior set from a TOML table.

The elicitation request is what a file holds (:mod:`priors.saving`); the distribution is derived from it here.
"""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Any

from forecast.errors import ForecastError, InvalidFile, InvalidPrior

from .arguments import as_number, as_pair, checked_table
from .beliefs import Pooled
from .claims import NO_CLAIMS, SHIPPED, Claims, load_claims
from .copula import Correlation
from .elicitation import UNITS, elicit
from .families import Distribution, family_named
from .inherit import succeed
from .mixture import Mixture
from .prior import Prior
from .prior_set import PriorSet
from .tables import check_keys, field, strings

__all__ = ["read_again", "read_claims", "read_correlations", "read_edited", "read_origin", "read_pooled", "read_priors"]

_PRIOR_KEYS = (
    "unit",
    "meaning",
    "claims",
    "figures",
    "derivation",
    "support",
    "accept",
    "forms",
    "size",
    "elicit",
    "mixture",
)
_CORRELATION_KEYS = ("between", "rho", "reason", "claims", "members")
_ELICIT_KEYS = (
    "family",
    "interval",
    "mass",
    "probabilities",
    "values",
    "parameters",
    "words",
    "count",
    "probability",
    "hazard",
    "within",
    "ratio",
    "shift",
    "bounds",
)
_DEPTH = 20


def read_priors(table: dict[str, Any], base: PriorSet | None, *, where: str) -> dict[str, Prior]:
    """Read the ``prior`` tables of a file over those of its base.

    Raises
    ------
    ForecastError
        Of the class that fits the fault, naming the file and the key.
    """
    out = dict(base.priors) if base is not None else {}
    for name, entry in field(table, "prior", dict, where=where, default={}).items():
        here = f"{where}, prior.{name}"
        if not isinstance(entry, dict):
            raise InvalidFile(here, expected="a table", mend=f"write [prior.{name}]")
        try:
            out[name] = _read_prior(name, entry, out.get(name), here)
        except ForecastError as fault:
            raise _placed(fault, here) from fault
    return out


def read_claims(table: dict[str, Any], base: PriorSet | None, *, where: str, folder: Path | None) -> Claims:
    """Read the list of claims of a file, over that of its base.

    Raises
    ------
    ForecastError
        Of the class that fits the fault, naming the file and the key.
    """
    below = base.claims if base is not None else NO_CLAIMS
    if "claims" not in table:
        return below
    given = field(table, "claims", (str, dict), where=where)
    # What came as data, and from no file of its user, names no file to read.
    if isinstance(given, str) and given not in SHIPPED and folder is None:
        raise InvalidFile(
            f"{where}: claims = {given!r:.60}", expected="a list of claims that stands in it", mend="write the list out"
        )
    try:
        return load_claims(given, folder=folder).over(below)
    except ForecastError as fault:
        raise _placed(fault, where) from fault


def read_again(base: PriorSet | None, reading: str, *, where: str) -> PriorSet:
    """Read every belief of a set that comes from words in another way, "mean" or "median"; the rest is kept."""
    if base is None or base.pooled is not None:
        raise InvalidFile(f"{where}: reading", expected="a base whose words it reads", mend="add a base, or remove it")

    def read(prior: Prior) -> Prior:
        request = prior.elicited.request if prior.elicited is not None else None
        if request is None or (request.words is None and request.shift is None):
            return prior
        table = request.to_table()
        for key in ("words", "shift"):
            if key in table:
                table[key] |= {"reading": reading}
        new = elicit(**_elicit_arguments(table))
        return dataclasses.replace(prior, distribution=new.distribution, elicited=new.elicited)

    try:
        again: dict[str, Any] = {name: read(prior) for name, prior in base.items()}
    except ForecastError as fault:
        raise _placed(fault, f"{where}: reading") from fault
    return base.replace(**again)


def _placed(fault: ForecastError, where: str) -> ForecastError:
    """Add the place to an error that does not name it yet."""
    if fault.given.startswith(where):
        return fault
    return type(fault)(f"{where}: {fault.given}", expected=fault.expected, mend=fault.mend)


def _read_prior(name: str, entry: dict[str, Any], old: Prior | None, where: str) -> Prior:
    check_keys(entry, _PRIOR_KEYS, where=where)
    asked = entry.get("elicit")
    form = next((one for one in UNITS if isinstance(asked, dict) and one in asked), None)
    if form is not None and old is None and "unit" not in entry:
        expected, mend = UNITS[form]
        raise InvalidFile(f"{where}: a {form} with no 'unit'", expected=expected, mend=mend)
    text = {
        key: field(entry, key, str, where=where, default="" if old is not None else None)
        for key in ("unit", "meaning", "derivation")
    }
    claims = strings(entry, "claims", where=where)
    figures = strings(entry, "figures", where=where)
    support = entry.get("support")
    accepted = field(entry, "accept", bool, where=where, default=False)
    kept = {"forms": strings(entry, "forms", where=where), "size": field(entry, "size", str, where=where, default="")}
    if ("elicit" in entry) and ("mixture" in entry):
        raise InvalidFile(f"{where}: elicit and mixture", expected="one of them", mend="remove one")
    if "mixture" in entry:
        domain = as_pair(support, what="support", infinite=True) if support is not None else None
        new = Prior(name, _read_mixture(entry["mixture"], 0), claims=claims, domain=domain, **text)
    elif "elicit" in entry:
        request = _elicit_arguments(field(entry, "elicit", dict, where=where))
        new = elicit(**request, name=name, claims=claims, support=support, **text)
    elif old is not None:
        domain = as_pair(support, what="support", infinite=True) if support is not None else old.domain
        figures = figures or old.figures
        new = Prior(name, old.distribution, claims=claims, domain=domain, elicited=old.elicited, **text)
    else:
        raise InvalidFile(f"{where}: no 'elicit'", expected="an elicit table", mend="add elicit = { family = ... }")
    # New numbers come from data of their own: the figures behind the old ones are not carried over.
    new = dataclasses.replace(new, figures=figures, accepted=accepted, **kept)
    return new if old is None else succeed(old, new, derivation_given=bool(text["derivation"]))


def _elicit_arguments(table: dict[str, Any]) -> dict[str, Any]:
    arguments = checked_table(table, what="elicit", required=(), optional=_ELICIT_KEYS)
    if ("probabilities" in arguments) != ("values" in arguments):
        raise InvalidPrior(
            "elicit with only one of probabilities and values",
            expected="both, of equal length",
            mend="add the other list",
        )
    if "probabilities" in arguments:
        shares, values = arguments.pop("probabilities"), arguments.pop("values")
        if not (isinstance(shares, list) and isinstance(values, list) and len(shares) == len(values)):
            raise InvalidPrior(
                "elicit with probabilities and values that do not pair up",
                expected="two lists of equal length",
                mend="give one value for each probability",
            )
        quantiles = {as_number(p, what="probability"): x for p, x in zip(shares, values, strict=True)}
        if len(quantiles) != len(shares):
            raise InvalidPrior("elicit with a probability that stands twice", expected="each once", mend="remove one")
        arguments["quantiles"] = quantiles
    return arguments


def _read_mixture(value: Any, depth: int) -> Mixture:
    if not isinstance(value, list) or not value or depth > _DEPTH:
        raise InvalidPrior(
            f"mixture = {type(value).__name__}",
            expected="a list of members, not nested too deeply",
            mend="write [[prior.NAME.mixture]] with member, weight, family and parameters",
        )
    members: list[Distribution] = []
    names, weights = [], []
    for entry in value:
        nested = isinstance(entry, dict) and "mixture" in entry
        needed = ("member", "weight", "mixture") if nested else ("member", "weight", "family", "parameters")
        checked = checked_table(entry, what="mixture", required=needed)
        if not isinstance(checked["member"], str):
            raise InvalidPrior("a member whose name is not text", expected="text", mend="name the member")
        names.append(checked["member"])
        weights.append(as_number(checked["weight"], what="weight"))
        if nested:
            members.append(_read_mixture(checked["mixture"], depth + 1))
        else:
            kind = family_named(checked["family"])
            given = checked["parameters"]
            needs = kind.parameter_names(len(given) if isinstance(given, dict) else 0)
            own = checked_table(given, what="parameters", required=needs)
            members.append(kind.from_parameters({key: as_number(x, what=key, infinite=True) for key, x in own.items()}))
    return Mixture(tuple(members), tuple(weights), tuple(names))


def read_correlations(table: dict[str, Any], base: PriorSet | None, *, where: str) -> tuple[Correlation, ...]:
    """Read the ``correlation`` tables of a file; an entry takes the place of the base's for the same pair.

    Raises
    ------
    ForecastError
        Of the class that fits the fault, naming the file and the key.
    """
    own = []
    for number, entry in enumerate(field(table, "correlation", list, where=where, default=[]), start=1):
        here = f"{where}, correlation {number}"
        if not isinstance(entry, dict):
            raise InvalidFile(here, expected="a [[correlation]] table", mend="write [[correlation]]")
        check_keys(entry, _CORRELATION_KEYS, where=here)
        between = strings(entry, "between", where=here)
        if len(between) != 2:
            raise InvalidFile(f"{here}: between", expected="two names", mend='write between = ["a", "b"]')
        claims = strings(entry, "claims", where=here)
        rho = field(entry, "rho", (int, float), where=here)
        reason = field(entry, "reason", str, where=here)
        members = strings(entry, "members", where=here)
        try:
            own.append(Correlation((between[0], between[1]), rho, reason, claims, members))
        except ForecastError as fault:
            raise _placed(fault, here) from fault
    taken = {one.between for one in own}
    kept = [one for one in base.correlations if one.between not in taken] if base is not None else []
    return (*kept, *own)


def read_pooled(table: dict[str, Any], *, where: str) -> Pooled | None:
    """Read the ``pooled`` table: whose beliefs the mixtures of a saved set are."""
    if "pooled" not in table:
        return None
    entry = field(table, "pooled", dict, where=where)
    check_keys(entry, ("members", "weights"), where=where)
    weights = field(entry, "weights", list, where=f"{where}, pooled")
    members = strings(entry, "members", where=f"{where}, pooled")
    try:
        return Pooled(members, tuple(as_number(weight, what="weight") for weight in weights))
    except ForecastError as fault:
        raise _placed(fault, f"{where}, pooled") from fault


def read_edited(table: dict[str, Any], *, where: str) -> tuple[tuple[str, str], ...]:
    """Read the ``edited`` table: what was edited, and a fingerprint of what stood there before."""
    entry = field(table, "edited", dict, where=where, default={})
    for name in entry:
        field(entry, name, str, where=f"{where}, edited")
    return tuple(entry.items())


def read_origin(table: dict[str, Any], *, where: str) -> datetime.date | None:
    """Read the day after which nothing is known in the set."""
    if "origin" not in table:
        return None
    value = field(table, "origin", datetime.date, where=where)
    if isinstance(value, datetime.datetime):
        raise InvalidFile(
            f"{where}: origin with a time", expected="a day", mend="write the day alone, as in origin = 2012-01-31"
        )
    return value if isinstance(value, datetime.date) else None
