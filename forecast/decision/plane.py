"""Each option's gain and harm over a baseline in the same worlds, in plain units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import outcome_there
from forecast.estimates import standard_error
from forecast.outcomes.dataset import gain_of, harms_of, levels
from forecast.outcomes.derive import harmed
from forecast.schema import Outcome, outcomes_of
from forecast.world import NOT

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Plane", "PlanePoint", "harm_words", "harmed_worlds", "plane_of"]


@dataclass(frozen=True)
class PlanePoint:
    """What one option gains and what harm it does, over the baseline in the same worlds.

    Attributes
    ----------
    option : str
        By name.
    gain, gain_error : float
        By how much the outcome that is the gain is better, mean over worlds in its unit, and its Monte-Carlo error.
    harm, harm_error : float
        Added probability of any harm, -1 to 1, and its Monte-Carlo error.
    """

    option: str
    gain: float
    gain_error: float
    harm: float
    harm_error: float


@dataclass(frozen=True)
class Plane:
    """Gains and harms of options, and what they are.

    Attributes
    ----------
    points : tuple of PlanePoint
        One an option.
    gain : Outcome
        What is gained.
    harms : tuple of str
        What any of is a harm, in words.
    of : tuple of (str, str)
        The name and the hash of the world, where it is known.
    """

    points: tuple[PlanePoint, ...]
    gain: Outcome
    harms: tuple[str, ...]
    of: tuple[tuple[str, str], ...] = ()


def harm_words(outcomes: xr.Dataset) -> tuple[str, ...]:
    """Give the harms of a run in words."""
    known = outcomes_of(outcomes)
    return tuple(
        f"{NOT if name.startswith(NOT) else ''}“{known[name.removeprefix(NOT)].long_name}”"
        for name in harms_of(outcomes)
    )


def harmed_worlds(outcomes: xr.Dataset) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell in which worlds of a run any of its harms came to pass: shape (option, world).

    Raises
    ------
    UnknownOutcome
        If an outcome that this needs is not among them.
    """
    harms = harms_of(outcomes)
    names = [name.removeprefix(NOT) for name in harms]
    for name in names:
        outcome_there(name, outcomes)
    return harmed(harms, {name: levels(outcomes, name) for name in names})


def plane_of(outcomes: xr.Dataset, names: list[str], at: int) -> Plane | None:
    """Return gains and harms over the baseline.

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
    Plane or None
        None of a world that declares no gain or no harms.

    Raises
    ------
    UnknownOutcome
        If an outcome that this needs is not among them.
    """
    gains = gain_of(outcomes)
    if not gains or not harms_of(outcomes):
        return None
    name = gains[-1]
    outcome_there(name, outcomes)
    gain = outcomes_of(outcomes[[name]])[name]
    level = levels(outcomes, name)
    better = level[at] - level if gain.better == "lower" else level - level[at]
    harm = harmed_worlds(outcomes).astype(np.float64)
    more = harm - harm[at]
    numbers = zip(
        names,
        better.mean(axis=1).tolist(),
        standard_error(better).tolist(),
        more.mean(axis=1).tolist(),
        standard_error(more).tolist(),
        strict=True,
    )
    of = tuple((key, str(outcomes.attrs[key])) for key in ("world", "world_hash") if key in outcomes.attrs)
    return Plane(tuple(PlanePoint(*point) for point in numbers), gain, harm_words(outcomes), of)
