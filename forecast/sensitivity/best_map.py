"""``best_map``: which option is best over two beliefs, and where that cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from forecast.engine.draws import source_of
from forecast.errors import InvalidOption
from forecast.estimates import estimate_text, joint_critical_value, standard_error
from forecast.question import ChoiceKeywords, about_choice, asked_choice
from forecast.sensitivity.common_worlds import read_again
from forecast.sensitivity.grid import MapResult, checked_pair, grid_of
from forecast.settings import Settings, takes
from priors.intervals import MASS

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

__all__ = ["BestMap", "best_map"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_MOST = 15
"""Most points a side: 225 cells of seven options and 10,000 worlds fill 130 MB."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class BestMap(MapResult):
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
    titles : dict of str to str
        Options' titles by name.
    """

    titles: dict[str, str]

    def _line(self) -> str:
        best, resolved = self.data["best"].values, int(self.data["resolved"].sum())
        names, counts = np.unique(best, return_counts=True)
        shares = ", ".join(f"{names[i]} in {counts[i]}" for i in np.argsort(-counts, kind="stable"))
        return (
            f"by {self.x} and {self.y}, {best.size} cells: {shares}; {resolved} resolved; {self.about.worlds:,} worlds"
        )

    def _cell(self, cell: xr.Dataset) -> str:
        lead = estimate_text(float(cell["lead"]), float(cell["lead_error"]))
        told = "" if cell["resolved"] else ", not resolved"
        return f"{cell['best'].item()} (ahead of {cell['second'].item()} by {lead}{told})"


@takes(ChoiceKeywords)
def best_map(
    beliefs: PriorSet | xr.DataTree,
    x: str,
    y: str,
    *,
    points: int = 7,
    settings: Settings | None = None,
    **keywords: Unpack[ChoiceKeywords],
) -> BestMap:
    """Change two beliefs together and map which option has the highest expected utility.

    The grid and the worlds are those of :func:`forecast.two_way`, and every option is run in them.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        Beliefs as they stand, by design: what is believed is what is varied, so no evidence conditions it. Or a fit.
    x, y : str
        Two different parameters of the world model.
    points : int
        How many quantiles of each parameter, 2..15; with an odd number the medians are among them.
    settings : Settings, optional
        How worlds are run.
    **keywords
        ``values``, as for :func:`forecast.utility`; ``options``, at least two, all that the
        world declares by default; and the fields of :class:`forecast.Settings`, in place of it.

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
    UnknownPrior, UnknownOption, UnknownValues, UnknownArgument
        For a name that does not exist.

    References
    ----------
    Clemen & Reilly (2013), *Making Hard Decisions with DecisionTools*, 3rd ed., chapter 5 (strategy regions).
    Hsu (1981), "Simultaneous confidence intervals for all distances from the best", *Annals of Statistics* 9.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs = priors.load(district.beliefs)
    >>> found = forecast.best_map(beliefs, "talks_effect", "patrol_effect", points=3, world=district, worlds=200)
    >>> found.to_frame()["best"].iloc[[2, -3]].tolist()
    ['patrols', 'both']
    """
    import xarray as xr

    choice, how = asked_choice(beliefs, settings, keywords)
    how.without("client", where="best_map")
    rivals = tuple(choice.options.values())
    if len(rivals) < 2:
        raise InvalidOption(
            f"the single option {rivals[0].name!r}", expected="two or more", mend="name others, or leave options out"
        )
    names = checked_pair(x, y, choice.world)
    source = source_of(beliefs, choice.world)
    grid = grid_of(source, names, points, most=_MOST)
    found, _ = read_again(
        source,
        grid.cells(),
        choice.values.total,
        options=rivals,
        settings=how,
        label="The best option over two beliefs",
        shape=(len(rivals),),
    )
    shape = len(grid.chances), len(grid.chances)
    columns = _verdicts(found, list(choice.options))
    data = {
        name: ((*names, "option")[: 1 + column.ndim], column.reshape(*shape, *column.shape[1:]))
        for name, column in columns.items()
    }
    return BestMap(
        about=about_choice(source.provenance, choice, how),
        data=xr.Dataset(data, grid.coords(source) | {"option": list(choice.options)}),
        x=names[0],
        y=names[1],
        medians=grid.medians,
        titles=dict(choice.titles),
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
