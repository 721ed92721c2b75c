"""Each option's gain against ISIS and its political risk, over a baseline in the same worlds, in plain units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast.arguments import outcome_there
from forecast.estimates import standard_error
from forecast.outcomes.dataset import levels

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["PlanePoint", "plane_points"]

_HARMS = ("council_survives", "blowback_ever", "civil_war_ever")


@dataclass(frozen=True)
class PlanePoint:
    """What one option does against ISIS and what it risks, over the baseline in the same worlds.

    Attributes
    ----------
    option : str
        By name.
    fewer, fewer_error : float
        ISIS fighters fewer at the horizon, mean over worlds, and its Monte-Carlo error.
    harm, harm_error : float
        Added probability that within the horizon the council collapses, rivals form a counter-alliance or civil war is
        renewed, -1 to 1, and its Monte-Carlo error.
    """

    option: str
    fewer: float
    fewer_error: float
    harm: float
    harm_error: float


def plane_points(outcomes: xr.Dataset, names: list[str], at: int) -> tuple[PlanePoint, ...]:
    """Return gains against ISIS and political risks over the baseline.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`.
    names : list of str
        Its options.
    at : int
        The place of the baseline among them.

    Returns
    -------
    tuple of PlanePoint
        One an option.

    Raises
    ------
    UnknownOutcome
        If an outcome that this needs is not among them.
    """
    for name in ("isis_fighters_end", *_HARMS):
        outcome_there(name, outcomes)
    arrays = {name: levels(outcomes, name) for name in ("isis_fighters_end", *_HARMS)}
    harmed = 1.0 - arrays["council_survives"] * (1.0 - arrays["blowback_ever"]) * (1.0 - arrays["civil_war_ever"])
    fewer = arrays["isis_fighters_end"][at] - arrays["isis_fighters_end"]
    more = harmed - harmed[at]
    numbers = zip(
        names,
        fewer.mean(axis=1).tolist(),
        standard_error(fewer).tolist(),
        more.mean(axis=1).tolist(),
        standard_error(more).tolist(),
        strict=True,
    )
    return tuple(PlanePoint(*point) for point in numbers)
