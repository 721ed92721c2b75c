"""``weight_map``: which option is best under which weights of the goals, and whether values or facts decide."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import probability, whole
from forecast.decision.reading import available_values, load_values, values_of
from forecast.decision.shares import BestShare, VariancePart, best_shares, variance_parts
from forecast.decision.simplex import Contrasts, simplex_grid
from forecast.decision.utility import scores
from forecast.decision.values import Values
from forecast.decision.worlds import about_worlds
from forecast.errors import InvalidArgument
from forecast.estimates import estimate_text
from forecast.outcomes.dataset import titles
from forecast.results import Column, Result, number
from forecast.world import World
from forecast.worlds import world_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["MapPoint", "WeightMap", "weight_map"]

_STEPS = {2: 100, 3: 40}


@dataclass(frozen=True)
class MapPoint:
    """One weighting of the goals.

    Attributes
    ----------
    weights : tuple of float
        Weight of each goal, summing to 1.
    best : str
        The option with the highest expected utility.
    lead, lead_error : float
        What it has over the next, in utility, and the Monte-Carlo error of that paired difference.
    within : tuple of str
        The options that are not told from the best, in the order of their means; empty where it is.
    """

    weights: tuple[float, ...]
    best: str
    lead: float
    lead_error: float
    within: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class WeightMap(Result):
    """Which option is best under which weights of the goals: each option's shares, index option.

    Attributes
    ----------
    points : tuple of MapPoint
        An even grid over all weights.
    variance : tuple of VariancePart
        Whether values or facts decide.
    presets : tuple of (str, tuple of float)
        Titles of values and their goal weights, the map's own first.
    goals, titles : tuple of (str, str)
        Names of goals and of options, and their titles.
    weightings : int
        How many weightings were drawn for the shares.
    level : float
        Least probability that every point of the map whose best option is told from the rest has the right one.
    """

    rows: tuple[BestShare, ...]
    points: tuple[MapPoint, ...]
    variance: tuple[VariancePart, ...]
    presets: tuple[tuple[str, tuple[float, ...]], ...]
    goals: tuple[tuple[str, str], ...]
    titles: tuple[tuple[str, str], ...]
    weightings: int
    level: float

    row, index = BestShare, ("option",)

    @property
    def options(self) -> tuple[BestShare, ...]:
        """The rows."""
        return self.rows

    def map_frame(self) -> pd.DataFrame:
        """Tabulate the map: index the goals' weights; columns best, lead, lead_error (utility) and within."""
        import pandas as pd

        index = pd.MultiIndex.from_tuples([p.weights for p in self.points], names=[name for name, _ in self.goals])
        rows = [
            {"best": p.best, "lead": p.lead, "lead_error": p.lead_error, "within": ", ".join(p.within)}
            for p in self.points
        ]
        frame = pd.DataFrame(rows, index=index)
        frame.attrs = {**self.about.attrs(), **self._attrs()}
        return frame

    def variance_frame(self) -> pd.DataFrame:
        """Tabulate whether values or facts decide: index (quantity, source); columns share and error."""
        return self._frame(self.variance, VariancePart, ("quantity", "source"))

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"weightings": self.weightings, "level": self.level}

    def _line(self) -> str:
        leaders = sorted((o for o in self.rows if o.share > 0.0), key=lambda o: (-o.share, o.option))
        shares = ", ".join(f"{o.option} {estimate_text(o.share, o.share_error, unit='yes/no')}" for o in leaders)
        return f"best under the weights of: {shares}; {self.about.worlds:,} worlds"

    def _columns(self) -> tuple[Column, ...]:
        words = dict(self.titles)
        return (
            Column("option", lambda row: words[row.option]),
            number("best in the mean, share of weightings", "share", unit="yes/no"),
            Column("beyond error", lambda row: f"{100 * row.share_sure:.1f} %"),
            number("best in the world, alone or tied, share of worlds", "best", unit="yes/no"),
        )

    def _foot(self) -> str:
        parts = "; ".join(
            f"{part.quantity} by {part.source}: {estimate_text(part.share, part.error, unit='yes/no')}"
            for part in self.variance
        )
        return f"{self!r}. Variance explained: {parts}."


def weight_map(
    outcomes: xr.Dataset,
    values: str | Path | Mapping[str, float] | Values | None = None,
    *,
    level: float = 0.95,
    weightings: int = 2000,
    seed: int = 1,
) -> WeightMap:
    """Find which option is best under every weighting of the goals, and whether values or facts decide.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`, not reduced.
    values : str, Path, mapping or Values
        As for :func:`forecast.utility`; two or three goals. The map is over all weights of the goals; the shares are
        over the Dirichlet distribution on which readers with these values disagree. Within a goal shares stay.
    level : float
        Least probability that every point whose best option is told from the rest has the right one, over the whole
        map at once.
    weightings : int
        How many weightings are drawn for the shares, 100 to 100,000; 400 of them at most are tried in every world.
    seed : int
        Of these draws.

    Returns
    -------
    WeightMap
        The map, shares for every option, and variance by source; ``plot()`` draws all three.

    Raises
    ------
    InvalidArgument
        If there are more than three goals or one, a single option or world, or an argument is outside its domain; if
        ``outcomes`` is not from a simulation or is a summary.
    UnknownOutcome, InvalidValues, UnknownValues
        As for :func:`forecast.utility`.

    Notes
    -----
    Expected utility is linear in the weights, so mean scores of the goals are all that the map needs. Where two
    options are equally good within error, both are named. Options that are the same in every world share a weighting
    evenly, and each is best in a world where they tie; the map names the first by name.

    References
    ----------
    Lahdelma, Hokkanen & Salminen (1998), "SMAA: stochastic multiobjective acceptability analysis", *European Journal of
    Operational Research* 106, 137-143: shares of weights.
    Hothorn, Bretz & Westfall (2008), "Simultaneous inference in general parametric models", *Biometrical Journal* 50.
    Searle, Casella & McCulloch (1992), *Variance Components*, chapter 4.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> found = forecast.weight_map(outcomes, weightings=100).map_frame().reset_index()
    >>> found[["quiet", "peace", "best"]].iloc[[0, -1]].to_dict("records")
    [{'quiet': 0.0, 'peace': 1.0, 'best': 'both'}, {'quiet': 1.0, 'peace': 0.0, 'best': 'patrols'}]
    """
    level = probability("level", level)
    weightings, seed = whole("weightings", weightings, 100, 100_000), whole("seed", seed, 0, 2**63 - 1)
    chosen = values_of(values, outcomes)
    if len(chosen.goals) not in _STEPS:
        raise InvalidArgument(
            f"the values {chosen.name!r} have {len(chosen.goals)} goals",
            expected="two or three, which a map can show",
            mend="use weight_flips, which takes any number, or put goals together",
        )
    scored = scores(outcomes, chosen)
    found = np.tensordot(chosen.within_goals(), scored.transpose("attribute", "option", "world").values, axes=1)
    if found.shape[1] < 2 or found.shape[2] < 2:
        raise InvalidArgument(
            f"{found.shape[1]} option(s) in {found.shape[2]} world(s)",
            expected="two options and two worlds at least",
            mend="simulate more",
        )
    names = [str(option) for option in scored["option"].values]
    grid, drawn = (
        simplex_grid(len(chosen.goals), _STEPS[len(chosen.goals)]),
        chosen.sample_weights(weightings, seed=seed),
    )
    contrasts = Contrasts(found, names, np.concatenate([grid, drawn]), level=level)
    points = []
    for weights in grid:
        best, lead, error, within = contrasts.judge(weights)
        points.append(MapPoint(tuple(weights.tolist()), best, lead, error, within))
    mean_weights = np.array(list(chosen.goal_weights.values()))
    return WeightMap(
        about=about_worlds(scored.attrs, found.shape[2]),
        rows=best_shares(found, names, drawn, mean_weights, contrasts, exact=chosen.concentration == 0.0),
        points=tuple(points),
        variance=variance_parts(found, names, drawn, mean_weights),
        presets=_presets(chosen, world_of(outcomes.attrs)),
        goals=tuple((goal.name, goal.title) for goal in chosen.goals),
        titles=tuple(titles(outcomes).items()),
        weightings=weightings,
        level=level,
    )


def _presets(chosen: Values, world: World) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return the values themselves, then those of the world that weigh the same goals."""
    goals = [goal.name for goal in chosen.goals]
    others = (load_values(name, world=world) for name in available_values(world) if name != chosen.name)
    known = [chosen, *others]
    same = [values for values in known if [goal.name for goal in values.goals] == goals]
    return tuple((values.title, tuple(values.goal_weights.values())) for values in same)
