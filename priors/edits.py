"""The name of a set that was edited: never again that of the set it came from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from .beliefs import Beliefs
from .saving import part_table

__all__ = ["after_edit", "checked_name", "first_name", "unedited_name"]

_NAMED = 3
"""How many edits a name tells; of more only the number."""

_NOTHING = ""

_HELD = re.compile(r"(?: \(\w+ = \d+(?:, \w+ = \d+)*\))+$")


def after_edit[Set: Beliefs](before: Beliefs, after: Set) -> Set:
    """Name a set by what was edited, in it and before.

    What is edited back to what it was is no edit any more.

    Parameters
    ----------
    before : Beliefs
        The set that was edited.
    after : Beliefs
        The same with the edit, and still with the old name.
    """
    kept = before.edited if _ends(before) else ()
    return _named(before, after, kept)


def checked_name[Set: Beliefs](found: Set, shipped: Beliefs | None) -> Set:
    """Name a set that was read from a file by what was edited.

    Parameters
    ----------
    found : Beliefs
        With what the file says of edits.
    shipped : Beliefs or None
        The shipped set of that name; what differs from it is edited, whether the file says so or not. A set that has
        none of its quantities is about something else.
    """
    edited = found.edited if _ends(found) else ()
    if shipped is None or not any(name in shipped for name in found):
        shipped = found
    return _named(shipped, found, edited)


def unedited_name(beliefs: Beliefs) -> str:
    """Return the name of the set from which a set was edited."""
    return beliefs.name.removesuffix(_suffix(dict(beliefs.edited)))


def first_name(beliefs: Beliefs) -> str:
    """Return the name of the set from which a set was edited, and held at forms (:meth:`PriorSet.with_structure`)."""
    # What is held stands behind what was edited before it, and before what was edited after.
    before = _HELD.sub("", beliefs.name).removesuffix(_suffix(dict(beliefs.edited)))
    return _HELD.sub("", before)


def _named[Set: Beliefs](before: Beliefs, after: Set, edited: tuple[tuple[str, str], ...]) -> Set:
    """Name a set that differs from another, of which some parts may have been edited before."""
    first = dict(edited)
    old, new = _parts(before), _parts(after)
    changed = [part for part in {**old, **new} if old.get(part) != new.get(part) and not _gone(part, before, after)]
    for part in dict.fromkeys((*first, *changed)):
        first.setdefault(part, _digest(old.get(part)))
        if first[part] == _digest(new.get(part)):
            del first[part]
    suffix = _suffix(dict(after.edited)) if _ends(after) else ""
    name, title = (text.removesuffix(suffix) for text in (after.name, after.title))
    return dataclasses.replace(
        after,
        name=name + _suffix(first) if name else "",
        title=title + _suffix(first) if title else "",
        edited=tuple(first.items()),
    )


def _ends(beliefs: Beliefs) -> bool:
    """Whether the name tells the edits that the set knows of: one that was given a name of its own does not."""
    return beliefs.name.endswith(_suffix(dict(beliefs.edited)))


def _suffix(edited: Mapping[str, str]) -> str:
    names = list(edited)
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" (edited: {', '.join(names[:_NAMED])}{more})"


def _parts(beliefs: Beliefs) -> dict[str, Any]:
    """Return all that is believed, by name: correlations as ``one~other``."""
    parts: dict[str, Any] = {}
    if beliefs.origin is not None:
        parts["origin"] = beliefs.origin
    if beliefs.pooled is not None:
        parts["pool"] = beliefs.pooled
    for one in beliefs.correlations:
        pair = "~".join(one.between)
        parts[pair] = (*parts.get(pair, ()), one)
    return parts | beliefs.priors


def _gone(part: str, before: Beliefs, after: Beliefs) -> bool:
    """Whether a part is missing because only some quantities of the set are there."""
    names = part.split("~")
    return all(name in before for name in names) and any(name not in after for name in names)


def _digest(part: Any) -> str:
    if part is None:
        return _NOTHING
    table = [part_table(one) for one in part] if isinstance(part, tuple) else part_table(part)
    return hashlib.sha256(json.dumps(table, sort_keys=True, default=str).encode()).hexdigest()[:16]
