"""Two parameters held at a grid of their own quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import parameter_known, whole
from forecast.engine.draws import Source
from forecast.errors import InvalidArgument
from forecast.results import Result, plain_attrs
from forecast.sensitivity.common_worlds import Setting
from forecast.world import World
from priors.intervals import tails
from priors.reading import scale_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["Grid", "MapResult", "checked_pair", "grid_of"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class MapResult(Result):
    """What is told of every cell of a map over two beliefs; index (x, y) by value.

    Attributes
    ----------
    data : xarray.Dataset
        What is told, on dims named as the two parameters.
    x, y : str
        The parameters.
    medians : tuple of float
        Of the two beliefs.
    """

    data: xr.Dataset
    x: str
    y: str
    medians: tuple[float, float]

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: index (x, y) by value; columns the variables of ``data`` that a cell has one number of."""
        names = [str(name) for name, array in self.data.data_vars.items() if set(array.dims) == {self.x, self.y}]
        frame = self.data[names].to_dataframe(dim_order=[self.x, self.y])[names]
        frame.attrs = {**self.about.attrs(), **self._attrs()}
        return frame

    def to_xarray(self) -> xr.Dataset:
        """Return ``data``, which says what it is about in its attributes."""
        return self.data.assign_attrs(plain_attrs({**self.about.attrs(), **self._attrs()}))

    def _cell(self, cell: xr.Dataset) -> str:
        """Write one cell of the page."""
        raise NotImplementedError

    def _page(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        across, up = (scale_of(self.data[name].attrs["units"]) for name in (self.x, self.y))
        heads = [f"{self.y} \\ {self.x}", *(across.shown(value) for value in self.data[self.x].values)]
        rows = [
            [
                up.shown(value),
                *(self._cell(self.data.isel({self.x: i, self.y: j})) for i in range(self.data.sizes[self.x])),
            ]
            for j, value in enumerate(self.data[self.y].values)
        ]
        return heads, rows[::-1]


@dataclass(frozen=True)
class Grid:
    """Where two parameters are held.

    Attributes
    ----------
    names : tuple of str
        The two parameters.
    values : tuple of ndarray
        Of each its quantiles, increasing, in its unit: shape (point,).
    chances : ndarray
        Their probabilities, the same for both: shape (point,).
    medians : tuple of float
        Of the two, in their units.
    rows : tuple of int
        The places of the two among the parameters of the world.
    """

    names: tuple[str, str]
    values: tuple[Array, Array]
    chances: Array
    medians: tuple[float, float]
    rows: tuple[int, int]

    def centre(self) -> Setting:
        """Hold both at their medians."""
        return self._held(*self.medians)

    def cells(self) -> list[Setting]:
        """Hold both at each pair of quantiles, the second parameter's changing fastest."""
        return [self._held(float(x), float(y)) for x in self.values[0] for y in self.values[1]]

    def _held(self, x: float, y: float) -> Setting:
        return Setting(self.rows, (x, y))

    def coords(self, source: Source) -> dict[str, Any]:
        """Give labels for xarray: the values by parameter, and ``x_quantile`` and ``y_quantile``."""
        labels: dict[str, Any] = {}
        for name, at, letter in zip(self.names, self.values, "xy", strict=True):
            about = source.attrs[name]
            labels[name] = (name, at, {"units": about["units"], "long_name": about["long_name"]})
            labels[f"{letter}_quantile"] = (name, self.chances, {"units": "1", "long_name": f"quantile of {name}"})
        return labels


def checked_pair(x: object, y: object, world: World) -> tuple[str, str]:
    """Give the names of two different parameters of a world.

    Raises
    ------
    UnknownPrior
        If one is no parameter of the world model.
    InvalidArgument
        If they are the same.
    """
    for argument, name in (("x", x), ("y", y)):
        parameter_known(name, world.parameters, argument=f"parameter for {argument}:", of_a_world=True)
    if x == y:
        raise InvalidArgument(f"x and y are both {x!r}", expected="two parameters", mend="see tornado for one")
    return str(x), str(y)


def grid_of(source: Source, names: Sequence[str], points: int, *, most: int) -> Grid:
    """Lay a grid over two beliefs.

    Parameters
    ----------
    source : Source
        Beliefs, or a fit.
    names : sequence of str
        The two parameters, as :func:`checked_pair` gives them.
    points : int
        How many quantiles of each, 2 to ``most``: equally spaced in probability over the central 90%, ends included.
    most : int
        How many are allowed.

    Raises
    ------
    InvalidArgument
        For other numbers of points, a structure, or if the quantiles of a parameter are not all different.
    """
    points = whole("points", points, 2, most)
    # Rounded so that the middle one of an odd number is .5 and its quantile the median to the last bit.
    chances = np.round(np.linspace(*tails(), points), 15)
    x, y = names
    for name in names:
        if source.forms(name):
            raise InvalidArgument(
                f"{name!r}, which has one of a few forms and so no quantiles",
                expected="a belief that has a value of its own at each",
                mend="see forecast.by_structure, or hold it at a form: beliefs.with_structure",
            )
    middle = np.array([0.5])
    return Grid(
        (x, y),
        (_quantiles(source, x, chances), _quantiles(source, y, chances)),
        chances,
        (float(_quantiles(source, x, middle)[0]), float(_quantiles(source, y, middle)[0])),
        (source.world.parameter(x), source.world.parameter(y)),
    )


def _quantiles(source: Source, name: str, chances: Array) -> Array:
    found = source.quantiles(name, chances)
    if not (np.diff(found) > 0.0).all():
        raise InvalidArgument(
            f"{len(chances)} quantiles of {name!r} that are not all different",
            expected="a belief that has a value of its own at each",
            mend="map another parameter, or take fewer points",
        )
    return found
