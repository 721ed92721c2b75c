"""``two_way``: a map of an outcome over two beliefs, in the same worlds everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecast.decision.values import Values
from forecast.engine.draws import source_of
from forecast.engine.simulate import check_size
from forecast.estimates import estimate_text
from forecast.options import Option, check_starts
from forecast.outcomes.provenance import provenance_of, provenance_words
from forecast.sensitivity.common_worlds import Setting, read_again
from forecast.sensitivity.grid import checked_pair, grid_of
from forecast.sensitivity.interaction import interaction_share
from forecast.sensitivity.means import compared, level
from forecast.sensitivity.quantity import looked_at
from forecast.tables import page_of
from priors.intervals import interval_label
from priors.reading import scale_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from priors import PriorSet

__all__ = ["TwoWay", "two_way"]

_MOST = 25
"""Most points a side: 625 cells of 10,000 worlds fill 50 MB."""


@dataclass(frozen=True, repr=False, eq=False)
class TwoWay:
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
    x, y : str
        The parameters.
    medians : tuple of float
        Of x and y, in their units.
    base, base_error : float
        Mean of the quantity with all beliefs as they are, and its standard error.
    centre, centre_error : float
        The same with both parameters at their medians.
    interaction, interaction_error : float
        The share of the variance of the map that is not additive, 0..1 but for its noise, and its standard error
        (:func:`forecast.sensitivity.interaction.interaction_share`). NaN of a map that is not told from flat.
    title, unit : str
        Of the quantity.
    of : str
        Under which option, and against which.
    worlds, months, seed : int
        Of every run.
    priors, evidence : str
        Whose beliefs, on what evidence.
    gates : str
        Broken gates of the fit behind the beliefs, empty if none.
    """

    data: xr.Dataset
    x: str
    y: str
    medians: tuple[float, float]
    base: float
    base_error: float
    centre: float
    centre_error: float
    interaction: float
    interaction_error: float
    title: str
    unit: str
    of: str
    worlds: int
    months: int
    seed: int
    priors: str
    evidence: str
    gates: str

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: index (x, y) by value; columns the variables of ``data``."""
        names = [str(name) for name in self.data.data_vars]
        frame = self.data.to_dataframe(dim_order=[self.x, self.y])[names]
        frame.attrs = {"unit": self.unit, "base": self.base, "base_error": self.base_error, "of": self.of}
        frame.attrs |= {"centre": self.centre, "centre_error": self.centre_error}
        frame.attrs |= {"interaction": self.interaction, "interaction_error": self.interaction_error}
        frame.attrs |= provenance_of(self)
        return frame

    def plot(self) -> Figure:
        """Draw the map.

        Returns
        -------
        matplotlib.figure.Figure
            One axes: filled contours at labelled levels no nearer to each other than twice the largest error of a cell,
            a full point at each cell that is told from the centre and a ring at each that is not, lines at the medians.
        """
        from forecast.plots.two_way import drawn_map

        return drawn_map(self)

    def __repr__(self) -> str:
        most = float(self.data["error"].max())
        ends = [
            estimate_text(float(self.data["estimate"].reduce(end)), most, unit=self.unit) for end in (np.min, np.max)
        ]
        return (
            f"TwoWay({self.title}, {self.of}, by {self.x} and {self.y}: {ends[0]} to {ends[1]}; "
            f"{self.not_additive()}; {self.worlds:,} worlds{provenance_words(self)})"
        )

    def not_additive(self) -> str:
        """Say in words how much of the map is interaction."""
        if np.isnan(self.interaction):
            return "not told from flat"
        share = estimate_text(self.interaction, self.interaction_error, unit="yes/no")
        return f"{share} of its variance is interaction"

    def _repr_html_(self) -> str:
        across, up = (scale_of(self.data[name].attrs["units"]) for name in (self.x, self.y))
        heads = [f"{self.y} \\ {self.x}", *(across.shown(value) for value in self.data[self.x].values)]
        means, errors = (self.data[name].transpose(self.y, self.x).values for name in ("estimate", "error"))
        rows = [
            [
                up.shown(value),
                *(estimate_text(mean, error, unit=self.unit) for mean, error in zip(row, spread, strict=True)),
            ]
            for value, row, spread in zip(self.data[self.y].values, means, errors, strict=True)
        ]
        return page_of(heads, rows[::-1], repr(self))


def two_way(
    beliefs: PriorSet | xr.DataTree,
    x: str,
    y: str,
    *,
    outcome: str = "stable_success",
    option: str | Option = "regional_centres",
    baseline: str | Option | None = None,
    values: str | Path | Mapping[str, float] | Values | None = None,
    options: Iterable[str | Option] | str | Option | None = None,
    points: int = 9,
    months: int = 24,
    worlds: int = 10_000,
    seed: int = 1,
    progress: bool = True,
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
    outcome : str
        A per-world outcome that every world has, "utility" or "regret".
    option : str or Option
        Under which option.
    baseline : str or Option, optional
        Look at the difference from this option in the same world.
    values : str, Path, mapping or Values, optional
        As for :func:`forecast.utility`, of a utility or regret; "balanced" by default.
    options : iterable of str or Option, optional
        The rivals that regret is measured against; all shipped ones by default.
    points : int
        How many quantiles of each parameter, 2..25; with an odd number the medians are among them.
    months, worlds, seed : int
        As for :func:`forecast.simulate`.
    progress : bool
        Show a bar if it takes more than two seconds.

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
    UnknownPrior, UnknownOutcome, UnknownOption, UnknownValues
        For a name that does not exist.

    References
    ----------
    Clemen & Reilly (2013), *Making Hard Decisions with DecisionTools*, 3rd ed., chapter 5 (two-way sensitivity
    analysis).
    """
    import xarray as xr

    months, worlds, seed = check_size(months=months, worlds=worlds, seed=seed)
    looked = looked_at(outcome, option=option, baseline=baseline, options=options, values=values)
    check_starts(looked.options, months)
    names = checked_pair(x, y)
    source = source_of(beliefs)
    grid = grid_of(source, names, points, most=_MOST)
    found, touched = read_again(
        source,
        [grid.centre(), Setting(), *grid.cells()],
        looked,
        options=looked.options,
        months=months,
        worlds=worlds,
        seed=seed,
        label="Two beliefs at a time",
        progress=progress,
    )
    centre, base, cells = found[0], found[1], found[2:]
    shape = len(grid.chances), len(grid.chances)
    columns = compared(cells, centre, looked, touched=touched[2:])
    under = f"under “{looked.options[0].title}”"
    return TwoWay(
        xr.Dataset(
            {name: (names, column.reshape(shape)) for name, column in columns.items()},
            grid.coords(source),
            {"interval": interval_label()},
        ),
        *names,
        grid.medians,
        *level(base, looked),
        *level(centre, looked),
        *interaction_share(cells.reshape(*shape, worlds)),
        looked.title,
        looked.unit,
        f"{under} less “{looked.options[1].title}”" if looked.paired else under,
        worlds,
        months,
        seed,
        source.provenance["priors"],
        source.provenance["evidence"],
        source.broken,
    )
