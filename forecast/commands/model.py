"""``forecast model``: the month in equations, part by part, and what a claim reaches."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import priors
from forecast.commands.output import print_json, say
from forecast.world_page import PARTS, WorldDescription, describe_world

__all__ = ["show_model"]


def show_model(part: str | None, *, claim: str | None, as_json: bool) -> None:
    """Print the parts of the world, or the equations of one, or which values a claim reaches.

    Parameters
    ----------
    part : str, optional
        A part; None lists them.
    claim : str, optional
        The id of a claim.
    as_json : bool
        Print JSON.

    Raises
    ------
    InvalidArgument
        If there is no such part.
    UnknownClaim
        If the article has no such claim.
    """
    found = describe_world(part, claim=claim)
    if as_json:
        print_json(_as_data(found))
    else:
        say(repr(found))


def _as_data(found: WorldDescription) -> dict[str, Any]:
    article = priors.load("article")
    entering = dict.fromkeys(name for row in found.rows for name in row.parameters)
    return {
        "parts": {name: PARTS[name].title for name in PARTS if found.part in (None, name)},
        "claim": found.claim,
        "values": [asdict(row) for row in found.rows],
        "parameters": {
            name: {
                "meaning": article[name].meaning,
                "unit": article[name].unit,
                "claims": list(article[name].claims),
            }
            for name in entering
        },
        "rules": [rule._asdict() for rule in found.rules],
    }
