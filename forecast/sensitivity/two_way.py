"""``two_way``: a map of an outcome over two beliefs, in the same worlds everywhere."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from forecast.engine.draws import source_of
from forecast.estimates import estimate_text
from forecast.question import Keywords, Quantity, about_run, asked
from forecast.sensitivity.common_worlds import Setting, read_again
from forecast.sensitivity.grid import MapResult, checked_pair, grid_of
from forecast.sensitivity.interaction import interaction_share
from forecast.sensitivity.means import compared, level
from forecast.settings import Settings, takes
from priors.intervals import interval_label

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

__all__ = ["TwoWay", "two_way"]

_MOST = 25
"""Most points a side: 625 cells of 10,000 worlds fill 50 MB."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class TwoWay(MapResult):
    """A quantity over two beliefs.

    Attributes
    ----------
    data : xarray.Dataset
        Dims ``x`` and ``y``, named as the parameters are, with their values as labels in their units, and their
        quantiles as the labels ``x_quantile`` and ``y_quantile``. Variables: ``estimate`` (mean of the quantity with
        both parameters there in every world), its Monte-Carlo standard error ``error`` and its central 90% interval
        ``lower`` and ``upper``; ``difference`` (the same less the mean with both at their medians, paired world by
        world), ``difference_error``, ``difference_lower``, ``difference_upper``; and ``distinct``, whether the
        difference is told from noise: with probability 90% no cell of the whole map is called so wrongly.
    base, base_error : float
        Mean of the quantity with all beliefs as they are, and its standard error.
    centre, centre_error : float
        The same with both parameters at their medians.
    interaction, interaction_error : float
        The share of the variance of the map that is not additive, 0..1 but for its noise, and its standard error
        (:func:`forecast.sensitivity.interaction.interaction_share`). NaN of a map that is not told from flat.
    """

    base: float
    base_error: float
    centre: float
    centre_error: float
    interaction: float
    interaction_error: float

    def _attrs(self) -> Mapping[Hashable, Any]:
        names = ("base", "base_error", "centre", "centre_error", "interaction", "interaction_error")
        return {name: getattr(self, name) for name in names}

    def _line(self) -> str:
        about = self.about
        means, errors = self.data["estimate"].values.ravel(), self.data["error"].values.ravel()
        ends = [about.text(float(means[cell]), float(errors[cell])) for cell in (np.argmin(means), np.argmax(means))]
        return (
            f"{about.title}, {about.of}, by {self.x} and {self.y}: {ends[0]} to {ends[1]}; {self.not_additive()}; "
            f"{about.worlds:,} worlds"
        )

    def _cell(self, cell: xr.Dataset) -> str:
        return self.about.text(float(cell["estimate"]), float(cell["error"]))

    def not_additive(self) -> str:
        """Say in words how much of the map is interaction."""
        if np.isnan(self.interaction):
            return "not told from flat"
        share = estimate_text(self.interaction, self.interaction_error, unit="yes/no")
        return f"{share} of its variance is interaction"


@takes(Keywords)
def two_way(
    beliefs: PriorSet | xr.DataTree,
    x: str,
    y: str,
    *,
    quantity: str | Quantity | None = None,
    points: int = 9,
    settings: Settings | None = None,
    **keywords: Unpack[Keywords],
) -> TwoWay:
    """Change two beliefs together and map what that does to an outcome.

    Each parameter is held in turn at its own quantiles, equally spaced in probability from its 5% to its 95% point, so
    every cell stands for as much of the belief as any other. The same worlds are run each time, with the same luck and
    the same draws of every other parameter, so differences between cells carry only the noise of the worlds that turn.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        Beliefs as they stand, by design: what is believed is what is varied, so no evidence conditions it. Or a fit.
    x, y : str
        Two different parameters of the world model.
    quantity : str or Quantity, optional
        What is looked at; a name stands for an outcome.
    points : int
        How many quantiles of each parameter, 2..25; with an odd number the medians are among them.
    settings : Settings, optional
        How worlds are run.
    **keywords
        The parts of :class:`forecast.Quantity` and of :class:`forecast.Settings`, in place of them.

    Returns
    -------
    TwoWay
        Where the two, or one of them and a third, are believed to go together, a map takes no notice: the others stay
        at their draws, and a corner may be less likely than its quantiles look.

    Raises
    ------
    InvalidArgument
        For a number or combination outside its domain, x and y the same, or a parameter whose quantiles are not all
        different (of a fit with few draws).
    UnknownPrior, UnknownOutcome, UnknownOption, UnknownValues, UnknownArgument
        For a name that does not exist.

    References
    ----------
    Clemen & Reilly (2013), *Making Hard Decisions with DecisionTools*, 3rd ed., chapter 5 (two-way sensitivity
    analysis).

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs = priors.load(district.beliefs)
    >>> found = forecast.two_way(beliefs, "raid_rate", "growth", outcome="calm", points=3, world=district, worlds=200)
    >>> found.to_frame()["estimate"].round(1).iloc[[0, -1]].tolist()
    [0.8, 0.0]
    """
    import xarray as xr

    looked, how = asked(beliefs, quantity, settings, keywords)
    how.without("client", where="two_way")
    names = checked_pair(x, y, looked.world)
    source = source_of(beliefs, looked.world)
    grid = grid_of(source, names, points, most=_MOST)
    changes = [grid.centre(), Setting(), *grid.cells()]
    found, touched = read_again(
        source, changes, looked, options=looked.options, settings=how, label="Two beliefs at a time"
    )
    centre, base, cells = found[0], found[1], found[2:]
    shape = len(grid.chances), len(grid.chances)
    columns = compared(cells, centre, looked, touched=touched[2:])
    data = xr.Dataset(
        {name: (names, column.reshape(shape)) for name, column in columns.items()},
        grid.coords(source),
        {"interval": interval_label()},
    )
    (of_base, base_error), (of_centre, centre_error) = level(base, looked), level(centre, looked)
    share, share_error = interaction_share(cells.reshape(*shape, how.worlds))
    return TwoWay(
        about=about_run(source.provenance, looked, how),
        data=data,
        x=names[0],
        y=names[1],
        medians=grid.medians,
        base=of_base,
        base_error=base_error,
        centre=of_centre,
        centre_error=centre_error,
        interaction=share,
        interaction_error=share_error,
    )
