"""``at``: the outcomes of an earlier month, derived anew from the states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.arguments import whole
from forecast.errors import InvalidArgument
from forecast.outcomes.dataset import check, read_states
from forecast.outcomes.derive import derive
from forecast.outcomes.identity import RUN, run_of, with_months
from forecast.worlds import world_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["at"]


def at(outcomes: xr.Dataset, *, month: int) -> xr.Dataset:
    """Give the outcomes of an earlier month.

    A slice in time, such as ``outcomes.sel(month=slice(0, 12))``, cuts the states and keeps outcomes of the full
    horizon, which is refused wherever outcomes are read. This derives them from the states up to the month.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`, with its states; not reduced.
    month : int
        The new horizon, from 1 to the present one.

    Returns
    -------
    xarray.Dataset
        Dims (option, world, month), with the bits of ``simulate(..., months=month)``.

    Raises
    ------
    InvalidArgument
        If ``outcomes`` is no whole simulation, or ``month`` is outside it.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> forecast.at(outcomes, month=12).calm.mean("world").round(2).to_series().to_dict()
    {'nothing': 0.14, 'patrols': 0.27, 'both': 0.3}
    """
    check(outcomes, whole_horizon=False)
    world = world_of(outcomes.attrs)
    missing = [name for name in world.states if name not in outcomes or "month" not in outcomes[name].dims]
    held = np.atleast_1d(outcomes["month"].values) if "month" in outcomes.coords else np.zeros(0, dtype=int)
    if missing or not held.size or not np.array_equal(held, world.months_at(held.size - 1)):
        lacks = f"without the states {', '.join(missing[:3])}" if missing else f"of months {held.tolist()!s:.40}"
        if "world_hash" not in outcomes.attrs:
            lacks = "of a model that keeps no states month by month"
        raise InvalidArgument(
            f"outcomes {lacks}",
            expected="the states of every month from the origin on",
            mend="pass what forecast.simulate returned, whole in time",
        )
    month = whole("month", month, 1, int(held[-1]))
    cut = outcomes.isel(month=slice(0, world.steps(month) + 1))
    derived = derive(world, read_states(cut, world.states))
    known = {name: (("option", "world"), derived[name], cut[name].attrs) for name in world.outcomes if name in cut}
    found = cut.assign(known)
    run = run_of(outcomes)
    if run is None:
        return found
    label = with_months(run, month)
    labels = ("option", [label] * found.sizes["option"], outcomes[RUN].attrs)
    return found.assign_coords({RUN: labels}).assign_attrs(run=label)
