"""``tradeoffs``: what each option gains and gives up, before anybody weighs one against the other."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import one_of, probability
from forecast.decision.frontier import VERDICTS, frontier_verdicts, undominated
from forecast.decision.plane import Plane, plane_of
from forecast.decision.reading import values_of
from forecast.decision.utility import scores
from forecast.decision.values import Values
from forecast.decision.worlds import about_worlds
from forecast.errors import InvalidArgument
from forecast.estimates import estimate_text, mean_error, perturbations, standard_error
from forecast.outcomes.dataset import baseline_or_null, titles
from forecast.results import Result

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Tradeoff", "Tradeoffs", "tradeoffs"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_REPEATS = 4000


@dataclass(frozen=True)
class Tradeoff:
    """One option on one criterion; the fields are the columns of the table.

    Attributes
    ----------
    option, criterion : str
        By name. A criterion is an attribute or a goal.
    score, score_error : float
        Mean over worlds, 0 at the worst level to 1 at the best, and its Monte-Carlo error.
    gain, gain_error : float
        The same less the baseline's in the same worlds.
    on_frontier : bool
        Whether no other option has mean scores at least as good on every criterion and better on one, as estimated.
    p_frontier, p_frontier_error : float
        Share of draws of all means together, within their Monte-Carlo error, in which that holds, and the error of its
        being simulated. It describes how firm ``on_frontier`` is and is no test: of options that are all but equal, on
        many criteria, one that is truly off the frontier is on it in nearly all draws. The verdict is the test.
    verdict : str
        "on" the frontier, surely, where the option leads every other on some criterion beyond joint error; "off" where
        another leads on every criterion beyond joint error, but for those on which the two are the same in every world;
        else "cannot tell".
    share_undominated, share_undominated_error : float
        Share of worlds in which no other option does at least as well on every criterion and better on one, and its
        Monte-Carlo error.
    """

    option: str
    criterion: str
    score: float
    score_error: float
    gain: float
    gain_error: float
    on_frontier: bool
    p_frontier: float
    p_frontier_error: float
    verdict: str
    share_undominated: float
    share_undominated_error: float


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Tradeoffs(Result):
    """Trade-offs without weights.

    Option by option, criterion by criterion; index (option, criterion). Columns from ``on_frontier`` on are of the
    option and are said again on each of its rows.

    Attributes
    ----------
    plane : Plane or None
        Each option's gain and harm, as the world declares them; None of one that declares no gain or no harms.
    titles, criteria : tuple of (str, str)
        Names of options and of criteria, and their titles.
    baseline : str
        What gains are over.
    level : float
        Least probability that every "on" and every "off" is right.
    """

    rows: tuple[Tradeoff, ...]
    plane: Plane | None
    titles: tuple[tuple[str, str], ...]
    criteria: tuple[tuple[str, str], ...]
    baseline: str
    level: float

    row, index = Tradeoff, ("option", "criterion")

    @property
    def frontier(self) -> tuple[str, ...]:
        """The options whose expected scores no other's dominate, as estimated; :attr:`verdicts` says which surely."""
        return tuple(dict.fromkeys(row.option for row in self.rows if row.on_frontier))

    @property
    def verdicts(self) -> dict[str, tuple[str, ...]]:
        """The options that are surely "on" the frontier, of which it "cannot tell", and surely "off" it."""
        said = {row.option: row.verdict for row in self.rows}
        return {verdict: tuple(name for name in said if said[name] == verdict) for verdict in VERDICTS}

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"baseline": self.baseline, "level": self.level}

    def _line(self) -> str:
        said = "; ".join(f"{verdict}: {', '.join(names)}" for verdict, names in self.verdicts.items() if names)
        return f"frontier of {len(self.criteria)} criteria, {said}; {self.about.worlds:,} worlds"

    def _page(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        gains = [f"{title}, gain" for _, title in self.criteria]
        rows = []
        for option, title in self.titles:
            own = [row for row in self.rows if row.option == option]
            share = estimate_text(own[0].share_undominated, own[0].share_undominated_error, unit="yes/no")
            chance = estimate_text(own[0].p_frontier, own[0].p_frontier_error, unit="yes/no")
            over = [estimate_text(row.gain, row.gain_error) for row in own]
            rows.append([title, *over, f"{own[0].verdict} ({chance})", share])
        return ["option", *gains, "frontier (share of draws on it)", "undominated worlds"], rows


def tradeoffs(
    outcomes: xr.Dataset,
    *,
    values: str | Path | Mapping[str, float] | Values | None = None,
    baseline: str | None = None,
    by: str = "attribute",
    level: float = 0.95,
) -> Tradeoffs:
    """Compare what options gain and give up, and find which ones nobody should choose whatever the weights.

    Parameters
    ----------
    outcomes : xarray.Dataset
        From :func:`forecast.simulate`, not reduced.
    values : str, Path, mapping or Values
        Their scales are used; the weights of the goals are not.
    baseline : str, optional
        What gains are over, which must have been run; the world's null option by default.
    by : {"attribute", "goal"}
        What the options are compared on. The score of a goal is the mean of its attributes' by their shares.
    level : float
        Least probability that every "on" the frontier and every "off" it is right, over all options at once.

    Returns
    -------
    Tradeoffs
        A row for every option and criterion. ``plot()`` draws gains against harms, where the world declares both.

    Raises
    ------
    UnknownOption
        If the baseline was not run.
    InvalidArgument
        If ``outcomes`` is not from a simulation or is a summary, has a single world, or an argument is outside its
        domain.
    UnknownOutcome, InvalidValues, UnknownValues
        As for :func:`forecast.utility`.

    Notes
    -----
    Verdicts are of all paired differences of means within one joint bound. ``p_frontier`` perturbs all means jointly,
    so that what options share cancels; it is a description, since a share of draws is no probability where the frontier
    jumps. Two options that are the same on a criterion in every world are the same there, and by nothing no option
    dominates another.

    References
    ----------
    Keeney & Raiffa (1976), *Decisions with Multiple Objectives*, section 3.2: the efficient frontier.
    Hothorn, Bretz & Westfall (2008), "Simultaneous inference in general parametric models", *Biometrical Journal* 50.
    Andrews (2000), "Inconsistency of the bootstrap when a parameter is on the boundary of the parameter space",
    *Econometrica* 68, 399-405.
    van der Vaart & Wellner (1996), *Weak Convergence and Empirical Processes*, section 3.6 (multiplier bootstrap).

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> outcomes = forecast.simulate(priors.load(district.beliefs), world=district, evidence="none", worlds=200)
    >>> forecast.tradeoffs(outcomes).verdicts
    {'on': ('patrols', 'both'), 'cannot tell': (), 'off': ('nothing',)}
    """
    level = probability("level", level)
    one_of("by", by, "attribute", "goal")
    chosen = values_of(values, outcomes)
    scored = scores(outcomes, chosen)
    names = [str(option) for option in outcomes["option"].values]
    baseline = baseline_or_null(outcomes, baseline)
    found = scored.transpose("attribute", "option", "world").values
    if found.shape[-1] < 2:
        raise InvalidArgument("a single world", expected="two worlds at least", mend="simulate more")
    criteria = tuple((attribute.outcome, attribute.title) for attribute in chosen.attributes)
    if by == "goal":
        found = np.tensordot(chosen.within_goals(), found, axes=1)
        criteria = tuple((goal.name, goal.title) for goal in chosen.goals)
    at = names.index(baseline)
    plane = plane_of(outcomes, names, at)
    rows = _rows(found, names, [name for name, _ in criteria], at, level)
    return Tradeoffs(
        about=about_worlds(scored.attrs, found.shape[-1], unit="1"),
        rows=tuple(rows),
        plane=plane,
        titles=tuple(titles(outcomes).items()),
        criteria=criteria,
        baseline=baseline,
        level=level,
    )


def _rows(found: Array, names: list[str], criteria: list[str], at: int, level: float) -> list[Tradeoff]:
    """Return the rows from scores, shape (criterion, option, world), with the baseline at ``at``."""
    # Means are perturbed as gains, so that what is in every option's world alike never enters.
    gains = found - found[:, at : at + 1]
    means, errors = found.mean(axis=-1), standard_error(found)
    over, over_errors = gains.mean(axis=-1), standard_error(gains)
    moves = perturbations(gains.reshape(-1, found.shape[-1]), repeats=_REPEATS)
    moved = over[..., np.newaxis] + moves.T.reshape(*over.shape, _REPEATS)
    on = undominated(over[..., np.newaxis])[:, 0]
    often, free = undominated(moved), undominated(found)
    verdicts = frontier_verdicts(found, level=level)
    rows = []
    for i, option in enumerate(names):
        chance = float(often[i].mean())
        for c, criterion in enumerate(criteria):
            rows.append(
                Tradeoff(
                    option,
                    criterion,
                    score=float(means[c, i]),
                    score_error=float(errors[c, i]),
                    gain=float(over[c, i]),
                    gain_error=float(over_errors[c, i]),
                    on_frontier=bool(on[i]),
                    p_frontier=chance,
                    p_frontier_error=mean_error(often[i].astype(np.float64)),
                    verdict=verdicts[i],
                    share_undominated=float(free[i].mean()),
                    share_undominated_error=mean_error(free[i].astype(np.float64)),
                )
            )
    return rows
