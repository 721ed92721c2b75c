"""Whose beliefs, on what evidence, in which worlds and by whose values: the words and table attributes of every result.

A source is the attributes of what a result was made from (``priors``, ``evidence``, ``given``, ``values``, ``gates``),
or a result that holds them, in ``attrs`` or as fields of these names. What another model made may say nothing, and then
nothing is said.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import Any

__all__ = [
    "columns_of",
    "gates_of",
    "given_note",
    "provenance_of",
    "provenance_words",
    "said_by",
    "whose",
    "whose_note",
]

_LONGEST = 60


type Source = Mapping[Any, Any] | object


def _attrs(source: Source) -> Mapping[Any, Any]:
    # A Dataset is a mapping too, of its variables.
    held = getattr(source, "attrs", None)
    if isinstance(held, Mapping):
        return held
    return source if isinstance(source, Mapping) else said_by(source)


def gates_of(source: Source) -> str:
    """Name the broken gates of the fit behind a result, empty if none or if they were not checked."""
    attrs = _attrs(source)
    before, failed, names = str(attrs.get("gates", "")).partition("failed: ")
    return names if failed and not before else ""


def given_note(source: Source) -> str:
    """Say in which worlds alone numbers are told, as ``attrs["given"]`` has it; empty where in all."""
    attrs = _attrs(source)
    said = attrs.get("given", "")
    if not said:
        return ""
    try:
        conditions = json.loads(str(said))
        return "; ".join(f"given {one['words']} ({one['kept']:,} of {one['of']:,} worlds)" for one in conditions)
    except (ValueError, TypeError, KeyError):
        return f"given {str(said)[:_LONGEST]}"


def whose(source: Source) -> str:
    """Say whose beliefs on what evidence, and in which worlds alone: "beliefs: article; evidence: article".

    Beliefs that nothing conditions are said to stand as they are. Empty where the attributes name no beliefs.
    """
    attrs = _attrs(source)
    if not attrs.get("priors"):
        return ""
    evidence = str(attrs.get("evidence", "none"))
    as_they_stand = " (beliefs as they stand)" if evidence == "none" else ""
    words = f"beliefs: {attrs['priors']}; evidence: {evidence}{as_they_stand}"
    return "; ".join(part for part in (words, given_note(attrs)) if part)


def whose_note(source: Source) -> str:
    """Say it as the start of a note at the foot of a picture; empty for nothing to say."""
    words = whose(source)
    return words[:1].upper() + words[1:]


def provenance_words(source: Source) -> str:
    """Say it in a line, with values and broken gates, to be put after what it is about; empty for nothing to say."""
    attrs = _attrs(source)
    values, broken = str(attrs.get("values", "")), gates_of(attrs)
    parts = (
        whose(attrs),
        f"values: {values}" if values else "",
        f"not to be relied on, gates broken: {broken}" if broken else "",
    )
    return "".join(f"; {part}" for part in parts if part)


def said_by(result: object) -> dict[str, str]:
    """Give what a result says of itself in its fields, as the attributes of what it was made from would."""
    said = {name: str(getattr(result, name, "") or "") for name in ("priors", "evidence", "given", "values")}
    broken = getattr(result, "gates", "")
    return said | {"gates": f"failed: {broken}" if broken else ""}


def provenance_of(source: Source) -> dict[Hashable, Any]:
    """Give the attributes of a table: beliefs, evidence, given, values, and gates as "failed: ..." or empty."""
    attrs, broken = _attrs(source), gates_of(source)
    return {
        "beliefs": str(attrs.get("priors", "")),
        "evidence": str(attrs.get("evidence", "none" if attrs.get("priors") else "")),
        "given": given_note(attrs),
        "values": str(attrs.get("values", "")),
        "gates": f"failed: {broken}" if broken else "",
    }


def columns_of(source: Source) -> dict[str, str]:
    """Give the columns that a file's table ends with, a file having no attributes: what there is to say."""
    said = provenance_of(source)
    return {str(name): said[name] for name in ("beliefs", "evidence", "given", "gates") if said[name]}
