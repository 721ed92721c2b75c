"""``best_map``: which option is best over two beliefs, and where that cannot be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.decision.values import Values
from forecast.engine.draws import source_of
from forecast.engine.simulate import check_size
from forecast.errors import InvalidOption
from forecast.estimates import estimate_text, joint_critical_value, standard_error
from forecast.options import Option, check_starts, resolve
from forecast.outcomes.provenance import provenance_of, provenance_words
from forecast.sensitivity.common_worlds import read_again
from forecast.sensitivity.grid import checked_pair, grid_of
from forecast.sensitivity.quantity import REGRET, looked_at
from forecast.tables import page_of
from priors.intervals import MASS
from priors.reading import scale_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from priors import PriorSet

__all__ = ["BestMap", "best_map"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_MOST = 15
"""Most points a side: 225 cells of seven options and 10,000 worlds fill 130 MB."""


@dataclass(frozen=True, repr=False, eq=False)
class BestMap:
    """The best option over two beliefs.

    Attributes
    ----------
    data : xarray.Dataset
        Dims ``x`` and ``y``, named as the parameters are, and ``option``. Of each cell: ``best`` and ``second``, the
        names of the two options of highest expected utility; ``lead``, the paired difference between them, with its
        standard error ``lead_error``; ``resolved``, whether the best is told from every other option. Of each option in
        it: ``expected_utility``, ``behind`` (how far behind the best, paired), their errors, and ``tied``, whether it
        is not told from the best. With probability 90% all that is told in the whole map is right. The lead of an
        option that was picked for it is on average a little too large where options are near each other; verdicts
        allow for that.
    x, y : str
        The parameters.
    medians : tuple of float
        Of x and y, in their units.
    titles : dict of str to str
        Options' titles by name.
    values : str
        Whose values the utility is by.
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
    titles: dict[str, str]
    values: str
    worlds: int
    months: int
    seed: int
    priors: str
    evidence: str
    gates: str

    def to_frame(self) -> pd.DataFrame:
        """Tabulate cells: index (x, y) by value; columns best, second, lead, lead_error, resolved."""
        names = ["best", "second", "lead", "lead_error", "resolved"]
        frame = self.data[names].to_dataframe(dim_order=[self.x, self.y])[names]
        frame.attrs = {"unit": "utility", **provenance_of(self)}
        return frame

    def plot(self) -> Figure:
        """Draw the map.

        Returns
        -------
        matplotlib.figure.Figure
            One axes: each cell in the colour of its best option, striped in that of the second where the best is not
            told from every other option.
        """
        from forecast.plots.best_map import drawn_best_map

        return drawn_best_map(self)

    def __repr__(self) -> str:
        best, resolved = self.data["best"].values, int(self.data["resolved"].sum())
        names, counts = np.unique(best, return_counts=True)
        shares = ", ".join(f"{names[i]} in {counts[i]}" for i in np.argsort(-counts, kind="stable"))
        return (
            f"BestMap(by {self.x} and {self.y}, {best.size} cells: {shares}; "
            f"{resolved} resolved; {self.worlds:,} worlds{provenance_words(self)})"
        )

    def _repr_html_(self) -> str:
        scales = [scale_of(self.data[name].attrs["units"]) for name in (self.x, self.y)]
        heads = [f"{self.y} \\ {self.x}", *(scales[0].shown(value) for value in self.data[self.x].values)]
        cells = self.data.transpose(self.y, self.x, "option")
        rows = []
        for place, value in enumerate(self.data[self.y].values):
            row = [scales[1].shown(value)]
            for across in range(self.data.sizes[self.x]):
                cell = cells.isel({self.y: place, self.x: across})
                lead = estimate_text(float(cell["lead"]), float(cell["lead_error"]))
                told = "" if cell["resolved"] else ", not resolved"
                row.append(f"{cell['best'].item()} (ahead of {cell['second'].item()} by {lead}{told})")
            rows.append(row)
        return page_of(heads, rows[::-1], repr(self))


def best_map(
    beliefs: PriorSet | xr.DataTree,
    x: str,
    y: str,
    *,
    values: str | Path | Mapping[str, float] | Values | None = None,
    options: Iterable[str | Option] | str | Option | None = None,
    points: int = 7,
    months: int = 24,
    worlds: int = 10_000,
    seed: int = 1,
    progress: bool = True,
) -> BestMap:
    """Change two beliefs together and map which option has the highest expected utility.

    The grid and the worlds are those of :func:`forecast.two_way`, and every option is run in them.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        Beliefs as they stand, by design: what is believed is what is varied, so no evidence conditions it. Or a fit.
    x, y : str
        Two different parameters of the world model.
    values : str, Path, mapping or Values, optional
        As for :func:`forecast.utility`; "balanced" by default.
    options : iterable of str or Option, optional
        At least two; all shipped ones by default.
    points : int
        How many quantiles of each parameter, 2..15; with an odd number the medians are among them.
    months, worlds, seed : int
        As for :func:`forecast.simulate`.
    progress : bool
        Show a bar if it takes more than two seconds.

    Returns
    -------
    BestMap
        Of options with the very same mean the first by name is called the best, and is not resolved.

    Raises
    ------
    InvalidArgument
        As for :func:`forecast.two_way`.
    InvalidOption
        For a single option.
    UnknownPrior, UnknownOption, UnknownValues
        For a name that does not exist.

    References
    ----------
    Clemen & Reilly (2013), *Making Hard Decisions with DecisionTools*, 3rd ed., chapter 5 (strategy regions).
    Hsu (1981), "Simultaneous confidence intervals for all distances from the best", *Annals of Statistics* 9.
    """
    import xarray as xr

    months, worlds, seed = check_size(months=months, worlds=worlds, seed=seed)
    rivals = list(resolve(options).values())
    if len(rivals) < 2:
        raise InvalidOption(
            f"the single option {rivals[0].name!r}", expected="two or more", mend="name others, or leave options out"
        )
    looked = looked_at(REGRET, option=rivals[0], baseline=None, options=rivals, values=values)
    assert looked.values is not None
    check_starts(looked.options, months)
    names = checked_pair(x, y)
    source = source_of(beliefs)
    grid = grid_of(source, names, points, most=_MOST)
    found, _ = read_again(
        source,
        grid.cells(),
        looked.levels,
        options=looked.options,
        months=months,
        worlds=worlds,
        seed=seed,
        label="The best option over two beliefs",
        progress=progress,
        shape=(len(rivals),),
    )
    shape = len(grid.chances), len(grid.chances)
    columns = _verdicts(found, [option.name for option in looked.options])
    data = {
        name: ((*names, "option")[: 1 + column.ndim], column.reshape(*shape, *column.shape[1:]))
        for name, column in columns.items()
    }
    coords = grid.coords(source) | {"option": [option.name for option in looked.options]}
    return BestMap(
        xr.Dataset(data, coords),
        *names,
        grid.medians,
        {option.name: option.title for option in looked.options},
        looked.values.title,
        worlds,
        months,
        seed,
        source.provenance["priors"],
        source.provenance["evidence"],
        source.broken,
    )


def _verdicts(found: Array, names: list[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Say of each cell which option is best, from utilities of shape (cell, option, world)."""
    cells = np.arange(len(found))
    means = found.mean(axis=-1)
    # By name, so that the order in which options were given decides nothing.
    by_name = np.argsort(names)
    ranked = by_name[np.argsort(-means[:, by_name], axis=1, kind="stable")]
    best, second = ranked[:, 0], ranked[:, 1]
    apart = found[cells, best][:, np.newaxis] - found
    behind, error = apart.mean(axis=-1), standard_error(apart)
    told = behind > joint_critical_value(found, level=MASS, pairs=True) * error
    tied = ~told
    tied[cells, best] = False
    return {
        "best": np.array(names)[best],
        "second": np.array(names)[second],
        "lead": behind[cells, second],
        "lead_error": error[cells, second],
        "resolved": ~tied.any(axis=1),
        "expected_utility": means,
        "expected_utility_error": standard_error(found),
        "behind": behind,
        "behind_error": error,
        "tied": tied,
    }
