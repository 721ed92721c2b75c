"""``weight_flips``: how much more or less something would have to count for another option to be best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.decision.reading import values_of
from forecast.decision.simplex import NOTHING, best_by_name
from forecast.decision.utility import scores
from forecast.decision.values import Values
from forecast.decision.worlds import about_worlds
from forecast.errors import InvalidArgument
from forecast.estimates import estimate_text, mean_error, perturbations, standard_error
from forecast.outcomes.dataset import titles
from forecast.results import Column, Result, number, word

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["WeightFlip", "WeightFlips", "weight_flips"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

NEVER = "never"

UNSURE = (0.05, 0.95)
"""Between these probabilities of a flip it is not resolved whether there is one."""


@dataclass(frozen=True)
class WeightFlip:
    """What happens to the best option as one weight goes down to 0 or up to 1; the fields are the columns of the table.

    Attributes
    ----------
    kind, name, direction : str
        "goal" or "attribute", its name, and "lower" or "higher".
    title : str
        The goal or attribute in words.
    weight : float
        Its weight now, of weights that sum to 1.
    best : str
        The best option now.
    flip, flip_error : float
        The weight at which another option becomes best, the others keeping their proportions, and its Monte-Carlo
        error; NaN where none does.
    to : str
        That option; "never" where there is none.
    p_flip, p_flip_error : float
        Probability, given the Monte-Carlo error of all means together, that the best option at the end differs from the
        best one now, and the error of its being simulated.
    """

    kind: str
    name: str
    direction: str
    title: str
    weight: float
    best: str
    flip: float
    flip_error: float
    to: str
    p_flip: float
    p_flip_error: float

    @property
    def unresolved(self) -> bool:
        """Whether these worlds leave open if there is a flip: ``p_flip`` lies between 5% and 95%."""
        return UNSURE[0] < self.p_flip < UNSURE[1]


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class WeightFlips(Result):
    """The weights at which the best option changes, one weight at a time.

    Goals, then attributes; for each the way down and the way up, unless the weight is at that end already. Index (kind,
    name, direction).

    Attributes
    ----------
    titles : tuple of (str, str)
        Option names and their titles.
    """

    rows: tuple[WeightFlip, ...]
    titles: tuple[tuple[str, str], ...]

    row, index = WeightFlip, ("kind", "name", "direction")

    def _line(self) -> str:
        flips, worlds = [row for row in self.rows if row.to != NEVER], f"{self.about.worlds:,} worlds"
        if not flips:
            return f"{self.rows[0].best} is best whatever one weight is; {worlds}"
        near = min(flips, key=lambda row: abs(row.flip - row.weight))
        text = estimate_text(near.flip, near.flip_error)
        sure = " (not resolved)" if near.unresolved else ""
        return (
            f"best: {near.best}; nearest flip: {near.kind} {near.name} from {near.weight:.3g} to {text}, "
            f"then {near.to}{sure}; {worlds}"
        )

    def _columns(self) -> tuple[Column, ...]:
        return (
            word("kind", "kind"),
            word("weight of", "title"),
            word("goes", "direction"),
            Column("now", lambda row: f"{row.weight:.3f}"),
            Column("flips at", lambda row: NEVER if row.to == NEVER else estimate_text(row.flip, row.flip_error)),
            word("to", "to"),
            number("probability of a flip", "p_flip", unit="yes/no"),
        )


def weight_flips(outcomes: xr.Dataset, values: str | Path | Mapping[str, float] | Values | None = None) -> WeightFlips:
    """Find the weight of each goal and each attribute at which another option becomes best.

    One weight at a time goes from what it is down to 0 and up to 1, while the others keep their proportions (equal
    ones, where they all weigh nothing). Expected utility is linear in it, so the flip is the root of a line.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`, not reduced.
    values : str, Path, mapping or Values
        As for :func:`forecast.utility`.

    Returns
    -------
    WeightFlips
        A row for each goal and attribute and direction; ``plot()`` draws each weight from 0 to 1.

    Raises
    ------
    InvalidArgument
        If ``outcomes`` is not from a simulation, is a summary, or has a single option or world.
    UnknownOutcome, InvalidValues, UnknownValues
        As for :func:`forecast.utility`.

    Notes
    -----
    At the root t the difference of expected utilities is 0, so to first order the root's error is that of the paired
    difference at t, divided by its slope in t (the delta method). A best option that is the same now and at the end is
    the best in between as well, because the best of lines is convex.

    References
    ----------
    Keeney & Raiffa (1976), *Decisions with Multiple Objectives*, chapter 3 (weights of an additive value function).
    Butler, Jia & Dyer (1997), "Simulation techniques for the sensitivity analysis of multi-criteria decision models",
    *European Journal of Operational Research* 103, 531-546.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> found = forecast.weight_flips(outcomes)
    >>> [f"{row.best} until {row.name} weighs {row.flip:.2f}, then {row.to}" for row in found.rows[1:2]]
    ['both until quiet weighs 0.64, then patrols']
    """
    chosen = values_of(values, outcomes)
    scored = scores(outcomes, chosen)
    found = scored.transpose("attribute", "option", "world").values
    if found.shape[1] < 2 or found.shape[2] < 2:
        raise InvalidArgument(
            f"{found.shape[1]} option(s) in {found.shape[2]} world(s)",
            expected="two options and two worlds at least",
            mend="simulate more",
        )
    names = [str(option) for option in scored["option"].values]
    goals = np.tensordot(chosen.within_goals(), found, axes=1)
    rows = []
    for kind, parts, weights, known in (
        ("goal", goals, np.array(list(chosen.goal_weights.values())), [(g.name, g.title) for g in chosen.goals]),
        ("attribute", found, chosen.weights, [(a.outcome, a.title) for a in chosen.attributes]),
    ):
        if len(known) > 1:
            for place, (name, title) in enumerate(known):
                rows += _flips(parts, weights, place, names, (kind, name, title))
    if not rows:
        raise InvalidArgument(
            f"the values {chosen.name!r} have one attribute", expected="two at least", mend="add what it is set against"
        )
    about = about_worlds(scored.attrs, found.shape[2])
    return WeightFlips(about=about, rows=tuple(rows), titles=tuple(titles(outcomes).items()))


def _flips(parts: Array, weights: Array, place: int, names: list[str], who: tuple[str, str, str]) -> list[WeightFlip]:
    """Return the way down and the way up of one weight; ``parts`` has shape (part, option, world)."""
    kind, name, title = who
    now = float(weights[place])
    others = np.delete(weights, place)
    others = others / others.sum() if others.sum() > 0.0 else np.full(others.size, 1.0 / others.size)
    rest = np.tensordot(others, np.delete(parts, place, axis=0), axes=1)

    def at(weight: float) -> Array:
        return np.asarray(weight * parts[place] + (1.0 - weight) * rest)

    # Only differences matter for which is best, and they carry less luck than the utilities.
    here = at(now)
    best = best_by_name(here.mean(axis=1), names)
    lead_here = here - here[best]
    rows = []
    for direction, end in (("lower", 0.0), ("higher", 1.0)):
        if now == end:
            continue
        there = at(end)
        lead_there = there - there[best]
        behind, ahead = np.minimum(lead_here.mean(axis=1), 0.0), lead_there.mean(axis=1)
        overtakes = np.flatnonzero(ahead > NOTHING)
        flip, error, to = np.nan, np.nan, NEVER
        if overtakes.size:
            # How far on the way the option draws level; of those that do so at once, the one that then leads.
            way = {i: -behind[i] / (ahead[i] - behind[i]) for i in overtakes.tolist()}
            first = min(way.values())
            winner = min((i for i in way if way[i] <= first + NOTHING), key=lambda i: (-round(ahead[i], 12), names[i]))
            flip, to = now + way[winner] * (end - now), names[winner]
            slope = float(ahead[winner] - behind[winner]) / (end - now)
            difference = (1.0 - way[winner]) * lead_here[winner] + way[winner] * lead_there[winner]
            error = float(standard_error(difference)) / abs(slope)
        chance = _chance(lead_here, lead_there)
        rows.append(WeightFlip(kind, name, direction, title, now, names[best], flip, error, to, *chance))
    return rows


def _chance(here: Array, there: Array) -> tuple[float, float]:
    """Estimate the probability that the best option here is not the best there, and its error."""
    moves = perturbations(np.concatenate([here, there]))
    moved = moves + np.concatenate([here.mean(axis=1), there.mean(axis=1)])
    options = here.shape[0]
    best_here = moved[:, :options] >= moved[:, :options].max(axis=1, keepdims=True) - NOTHING
    best_there = moved[:, options:] >= moved[:, options:].max(axis=1, keepdims=True) - NOTHING
    # Options that tie are both best in both places, which is no change.
    changed = ~(best_here & best_there).any(axis=1)
    return float(changed.mean()), mean_error(changed.astype(np.float64))
