"""Which picture each kind of result has. The file imports none of them: results name kinds, and kinds have pictures."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

from forecast.errors import InvalidArgument, kind_of, near_matches

__all__ = ["picture_of", "register"]

_SHARED = "rows"
"""The picture that a kind of result may share."""

_PICTURES: dict[str, str | Callable[..., Any]] = {
    "BestMap": "best_map",
    "BreakEven": "breakeven",
    "ByBeliefs": "by_beliefs",
    "ByClaim": "by_claim",
    "ByStructure": "by_structure",
    "Calibration": "ranks",
    "ClassChecks": "classes",
    "Decision": "decision",
    "Discovery": "boxes",
    "Dominance": "dominance",
    "Estimate": "estimate",
    "Indices": "indices",
    "LeaveOneOut": "leaving_out",
    "LuckShares": "luck",
    "PowerScaling": "scaling",
    "PredictiveChecks": "predictive",
    "PriorPosterior": "moved",
    "Questions": "questions",
    "Sweep": "sweep",
    "Tornado": "tornado",
    "Tradeoffs": "tradeoffs",
    "TwoWay": "two_way",
    "Waiting": "waiting",
    "WeightFlips": "flips",
    "WeightMap": "weights",
    "WorldDescription": "influence",
}
"""The name of the class of a result, and the file of this folder whose function ``draw`` is its picture."""


def register(kind: str, draw: Callable[..., Any]) -> None:
    """Give a kind of result its picture.

    Parameters
    ----------
    kind : str
        Name of the class.
    draw : callable
        Takes a result of it, and keywords that a reader may choose, and returns a figure.

    Raises
    ------
    InvalidArgument
        If it is a kind that is shipped.
    """
    if isinstance(_PICTURES.get(kind), str):
        raise InvalidArgument(
            f"a second picture of {kind}", expected="one for each kind", mend="name the class otherwise"
        )
    _PICTURES[kind] = draw


def _own_picture(kind: type) -> str | Callable[..., Any]:
    """Return what a class says its picture is, or what the table says of one that is shipped or registered."""
    said = vars(kind).get("picture", "")
    if said and said != _SHARED:
        raise InvalidArgument(f"picture = {said!r:.40}", expected=f'"{_SHARED}"', mend="or register one of your own")
    known = _PICTURES.get(kind.__name__, "")
    shipped = isinstance(known, str) and not kind.__module__.startswith("forecast.")
    return said or ("" if shipped else known)


def picture_of(result: object, **choices: Any) -> Any:
    """Draw the picture of a result.

    Parameters
    ----------
    result : object
        Of a kind that has a picture, or derived from one.
    **choices
        What that picture lets a reader choose.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    InvalidArgument
        If there is no picture, or it does not let one choose that.
    """
    kinds = map(_own_picture, type(result).__mro__)
    found: str | Callable[..., Any] = next((one for one in kinds if one), "")
    if not found:
        raise InvalidArgument(
            f"the picture of {kind_of(result)}",
            expected="a kind of result that has one",
            mend='see its table with to_frame(); a kind of your own may say picture = "rows"',
        )
    draw = import_module(f"forecast.plots.{found}").draw if isinstance(found, str) else found
    known = [one.name for one in signature(draw).parameters.values() if one.kind is Parameter.KEYWORD_ONLY]
    for name in choices:
        if name not in known:
            raise InvalidArgument(
                f"plot({name}=...) of {kind_of(result)}",
                expected="plot(" + ", ".join(f"{one}=..." for one in known) + ")",
                mend=near_matches(name, known) if known else "leave it out",
            )
    return draw(result, **choices)
