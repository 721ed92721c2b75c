"""``forecast model``: the month in equations, part by part, and what a claim reaches."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from forecast.commands.options import world_named
from forecast.commands.output import print_json, say
from forecast.world_page import WorldDescription, believed, describe_world

__all__ = ["show_model"]


def show_model(part: str | None, *, claim: str | None, as_json: bool, world: str | None = None) -> None:
    """Print the parts of the world, or the equations of one, or which values a claim reaches.

    Parameters
    ----------
    part : str, optional
        A part; None lists them.
    claim : str, optional
        The id of a claim.
    as_json : bool
        Print JSON.
    world : str, optional
        As for :func:`forecast.load_world`; the shipped one by default.

    Raises
    ------
    InvalidArgument
        If there is no such part.
    UnknownClaim
        If there is no such claim.
    """
    found = describe_world(part, claim=claim, world=world_named(world))
    if as_json:
        print_json(_as_data(found))
    else:
        say(repr(found))


def _as_data(found: WorldDescription) -> dict[str, Any]:
    beliefs, parts = believed(found.world), found.world.parts
    entering = dict.fromkeys(name for row in found.rows for name in row.parameters)
    return {
        "parts": {name: parts[name].title for name in parts if found.part in (None, name)},
        "claim": found.claim,
        "values": [asdict(row) for row in found.rows],
        "parameters": {
            name: {
                "meaning": beliefs[name].meaning,
                "unit": beliefs[name].unit,
                "claims": list(beliefs[name].claims),
            }
            for name in entering
            if beliefs is not None
        },
        "rules": [rule._asdict() for rule in found.rules],
    }
