"""Groups of parameters that one study would tell about together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from forecast.arguments import parameter_known
from forecast.decision.worlds import Believed
from forecast.errors import InvalidArgument, near_matches

__all__ = ["by_claim", "by_mechanism", "checked_groups"]

CLAIMS, MECHANISMS = "claims", "mechanisms"


def by_claim(believed: Believed) -> dict[str, list[str]]:
    """Group parameters by the claims that they rest on.

    Parameters
    ----------
    believed : Believed
        Parameters whose attribute ``claims`` has claim ids apart by spaces.

    Returns
    -------
    dict
        Claim id to names; a parameter that rests on several claims is in several groups, one on none in no group.
    """
    found: dict[str, list[str]] = {}
    for name, attrs in believed.attrs.items():
        for claim in str(attrs.get("claims", "")).split():
            found.setdefault(claim, []).append(name)
    return found


def by_mechanism(believed: Believed) -> dict[str, list[str]]:
    """Group parameters by the first word of their names: of this package, the mechanism that they belong to."""
    found: dict[str, list[str]] = {}
    for name in believed.values:
        found.setdefault(name.split("_")[0], []).append(name)
    return found


def checked_groups(
    believed: Believed, groups: Mapping[str, Iterable[str]] | str | None, *, sized: bool = False
) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Give what kind the questions are, and the parameters of each.

    Parameters
    ----------
    believed : Believed
        All parameters.
    groups : mapping of str to iterable of str, "claims", "mechanisms" or None
        None asks about every parameter on its own.
    sized : bool
        Then ask about whether a link exists together with how large it is.

    Raises
    ------
    InvalidArgument
        If it is anything else, a group is empty or has a name twice, or there is no group.
    UnknownPrior
        If a group has a name that is no parameter.
    """
    if groups is None:
        return "parameter", _sized(believed) if sized else {name: (name,) for name in believed.values}
    if isinstance(groups, str):
        if groups not in (CLAIMS, MECHANISMS):
            raise InvalidArgument(
                f"groups = {groups!r:.60}",
                expected="a mapping of names to parameters, 'claims' or 'mechanisms'",
                mend=near_matches(groups, (CLAIMS, MECHANISMS)),
            )
        found = by_claim(believed) if groups == CLAIMS else by_mechanism(believed)
        if not found:
            raise InvalidArgument(
                "groups = 'claims', but no parameter says which claims it rests on",
                expected="parameters with an attribute claims, as forecast.parameters gives them",
                mend="pass a mapping of names to parameters",
            )
        if groups == MECHANISMS and all(len(names) == 1 for names in found.values()):
            raise InvalidArgument(
                "groups = 'mechanisms', but no two parameters have names that begin with the same word",
                expected="parameters of a mechanism that share the first word of their names, such as ward_beds and "
                "ward_cost",
                mend="pass a mapping of names to parameters, or leave it out for every parameter on its own",
            )
        return groups.removesuffix("s"), {name: tuple(names) for name, names in found.items()}
    if not isinstance(groups, Mapping) or not groups:
        raise InvalidArgument(
            f"groups = {groups!r:.60}",
            expected="a mapping of names to parameters, at least one",
            mend="leave it out for every parameter on its own",
        )
    return "group", {str(name): _members(str(name), names, believed) for name, names in groups.items()}


def _sized(believed: Believed) -> dict[str, tuple[str, ...]]:
    """Ask about each parameter on its own; a structure and the size of its link are one question."""
    sizes = {name: str(attrs.get("size", "")) for name, attrs in believed.attrs.items()}
    sized = {name: size for name, size in sizes.items() if size in believed.values}
    taken = set(sized.values())
    found: dict[str, tuple[str, ...]] = {}
    for name in believed.values:
        if name in sized:
            found[f"{name}, {sized[name]}"] = (name, sized[name])
        elif name not in taken:
            found[name] = (name,)
    return found


def _members(group: str, names: object, believed: Believed) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise InvalidArgument(
            f"the group {group!r} is {names!r:.60}", expected="several names of parameters", mend="put them in a list"
        )
    members = tuple(map(str, names))
    for name in members:
        parameter_known(name, believed.values, argument=f"parameter of the group {group!r}:")
    if not members or len(set(members)) < len(members):
        raise InvalidArgument(
            f"the group {group!r} has {list(members)!r:.80}",
            expected="at least one name, each once",
            mend="leave the group or the second name out",
        )
    return members
