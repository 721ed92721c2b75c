"""Groups of inputs that a sensitivity analysis moves together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from forecast.decision.grouping import checked_groups
from forecast.decision.worlds import Believed
from forecast.errors import InvalidArgument
from forecast.sensitivity.inputs import Inputs
from priors.claims import Claims

__all__ = ["input_groups", "meanings_of", "parts_of", "refuse_overlaps"]


def input_groups(
    inputs: Inputs, groups: Mapping[str, Iterable[str]] | str | None
) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Return what kind the groups are, and the inputs of each.

    Variance can be shared out among inputs that vary independently. Parameters that go together are therefore moved
    together: without groups they make one, named after them; a group takes in what its members are tied to.

    Parameters
    ----------
    inputs : Inputs
        What varies.
    groups : mapping of str to iterable of str, "claims", "mechanisms" or None
        As for :func:`forecast.evppi`.

    Returns
    -------
    kind : str
        "parameter", "group", "claim" or "mechanism".
    groups : dict of str to tuple of str
        Names of inputs.

    Raises
    ------
    InvalidArgument, UnknownPrior
        For groups that do not exist.
    """
    kind, asked = _asked(inputs, groups)
    if groups is None:
        loose = {name for name in inputs.names if not any(name in names for names in inputs.tied)}
        asked = {
            name if name in loose else " + ".join(_tie(inputs, name)): (name,) if name in loose else _tie(inputs, name)
            for name in inputs.names
        }
        return kind, asked
    whole = {}
    for label, names in asked.items():
        members = {other for name in names for other in _tie(inputs, name)}
        whole[label] = tuple(name for name in inputs.names if name in members)
    return kind, whole


def _asked(inputs: Inputs, groups: Mapping[str, Iterable[str]] | str | None) -> tuple[str, dict[str, tuple[str, ...]]]:
    if isinstance(groups, Mapping):
        for label in groups:
            if not isinstance(label, str) or not label:
                raise InvalidArgument(f"a group called {label!r:.60}", expected="a name", mend="give each group a name")
    # What chooses among the members of a pool is no mechanism.
    names = inputs.parameters if isinstance(groups, str) else inputs.names
    known = Believed({name: np.empty(0) for name in names}, {name: inputs.attrs[name] for name in names})
    kind, asked = checked_groups(known, groups)
    return kind, asked | ({name: (name,) for name in inputs.chosen} if groups == "mechanisms" else {})


def parts_of(
    inputs: Inputs, groups: Mapping[str, Iterable[str]] | str | None
) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Return groups as asked, and every input that is in none as one of its own; arguments and errors as above."""
    kind, asked = _asked(inputs, groups)
    grouped = {name for names in asked.values() for name in names}
    alone = {name: (name,) for name in inputs.names if name not in grouped}
    taken = sorted(set(alone) & set(asked))
    if taken:
        raise InvalidArgument(
            f"a group called {taken[0]!r}, which is a parameter that is not in it",
            expected="names of groups that are not names of other parameters",
            mend="give the group another name",
        )
    return kind, asked | alone


def _tie(inputs: Inputs, name: str) -> tuple[str, ...]:
    return next((names for names in inputs.tied if name in names), (name,))


def refuse_overlaps(groups: Mapping[str, tuple[str, ...]], what: str) -> None:
    """Refuse groups that share an input where the analysis needs them apart.

    Raises
    ------
    InvalidArgument
        Naming two groups and what they share.
    """
    owner: dict[str, str] = {}
    for label, names in groups.items():
        for name in names:
            if name in owner:
                raise InvalidArgument(
                    f"{what} with the groups {owner[name]!r} and {label!r}, which share {name!r}",
                    expected="groups that share no parameter, nor one that goes together with another's",
                    mend="put what they share in one of them, or group by mechanism",
                )
            owner[name] = label


def meanings_of(
    inputs: Inputs, groups: Mapping[str, tuple[str, ...]], kind: str, claims: Claims
) -> tuple[tuple[str, str], ...]:
    """Say what each group is: what the parameter means, what the claim says, or which parameters are in it."""
    if kind == "claim":
        return tuple((label, claims.words(label)) for label in groups)
    said = []
    for label, names in groups.items():
        words = [inputs.attrs[name]["long_name"] for name in names] if kind == "parameter" else list(names)
        said.append((label, "; ".join(word for word in words if word)))
    return tuple(said)
