"""``utility``: what every option is worth in every world, by somebody's values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecast.decision.reading import values_of
from forecast.decision.values import Values
from forecast.outcomes.dataset import check, levels, titles
from forecast.outcomes.identity import RUN, WORLD_RUN

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["KEPT", "UTILITY_UNIT", "scores", "utility"]

UTILITY_UNIT = "utility"
"""0 where every attribute is at its worst, 1 where every one is at its best."""

KEPT = (
    "run",
    "priors",
    "priors_hash",
    "evidence",
    "evidence_hash",
    "seed",
    "luck",
    "gates",
    "given",
    "structure",
    "option_hashes",
    "origin",
    "ended",
)
"""What of the outcomes' provenance a utility says again."""


def scores(outcomes: xr.Dataset, values: str | Path | Mapping[str, float] | Values | None = None) -> xr.DataArray:
    """Score every attribute of every option in every world.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`, not reduced.
    values : str, Path, mapping or Values
        As for :func:`forecast.load_values`.

    Returns
    -------
    xarray.DataArray
        Dims (attribute, option, world), 0 at the worst level of the attribute's scale to 1 at the best. Coordinates
        ``goal`` and ``weight`` on attribute, ``title`` and ``run`` on option, and the outcomes' ``world``.
        ``attrs["beyond"]``: JSON of the share of option-worlds beyond the ends of each scale, where it is cut off.

    Raises
    ------
    InvalidArgument
        If ``outcomes`` is not from a simulation or is a summary, or an attribute's outcome is missing in some world: a
        missing value is not the worst one.
    UnknownOutcome
        If an attribute's outcome is not among them.
    InvalidValues, UnknownValues
        As for :func:`forecast.load_values`.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> forecast.scores(outcomes).mean("world").sel(option="both").round(2).to_series().to_dict()
    {'raids_total': 0.65, 'calm': 0.42, 'truce_ever': 0.85, 'rebels_end': 0.65}
    """
    import xarray as xr

    check(outcomes)
    chosen = values_of(values, outcomes)
    scored, beyond = [], {}
    for attribute in chosen.attributes:
        reached = levels(outcomes, attribute.outcome)
        scored.append(attribute.score(reached))
        beyond[attribute.outcome] = attribute.beyond(reached)
    coords = {
        "attribute": [attribute.outcome for attribute in chosen.attributes],
        "goal": ("attribute", [attribute.goal for attribute in chosen.attributes]),
        "weight": ("attribute", chosen.weights),
        "option": outcomes["option"].values,
        "title": ("option", list(titles(outcomes).values())),
    }
    coords |= {name: outcomes[name].variable for name in (RUN, WORLD_RUN) if name in outcomes.coords}
    if "world" in outcomes.coords:
        coords["world"] = outcomes["world"].values
    attrs = {key: outcomes.attrs[key] for key in KEPT if key in outcomes.attrs}
    attrs |= {
        "values": chosen.name,
        "values_hash": chosen.hash,
        "beyond": json.dumps(beyond),
        "months": int(outcomes["month"].values[-1]),
    }
    return xr.DataArray(
        np.array(scored),
        dims=("attribute", "option", "world"),
        coords=coords,
        name="score",
        attrs={"units": "1", "long_name": "score from the worst level to the best", **attrs},
    )


def utility(outcomes: xr.Dataset, values: str | Path | Mapping[str, float] | Values | None = None) -> xr.DataArray:
    """Compute what every option is worth in every world.

    The utility is the weighted sum of the attributes' scores, so a difference of 0.01 is worth as much as a hundredth
    of the way from the worst to the best on everything at once.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`, not reduced.
    values : str, Path, mapping or Values
        As for :func:`forecast.load_values`: a name, a file, weights of the world's goals, or :class:`forecast.Values`;
        the first that the world declares by default.

    Returns
    -------
    xarray.DataArray
        Dims (option, world), 0 to 1, with the values' name, their weights and provenance in the attrs.

    Raises
    ------
    InvalidArgument, UnknownOutcome, InvalidValues, UnknownValues
        As for :func:`scores`.

    References
    ----------
    Keeney & Raiffa (1976), *Decisions with Multiple Objectives*, chapter 3: the additive value function.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> forecast.utility(outcomes).mean("world").round(2).to_series().to_dict()
    {'nothing': 0.44, 'patrols': 0.64, 'both': 0.65}
    >>> forecast.utility(outcomes, "quiet_first").attrs["values"]
    'quiet_first'
    """
    chosen = values_of(values, outcomes)
    found = scores(outcomes, chosen)
    total = (found * found["weight"]).sum("attribute").transpose("option", "world")
    total.attrs = {
        **found.attrs,
        "units": UTILITY_UNIT,
        "long_name": f"utility by the values “{chosen.title}”",
        "weights": json.dumps(dict(zip(found["attribute"].values.tolist(), chosen.weights.tolist(), strict=True))),
    }
    return total.rename("utility")
