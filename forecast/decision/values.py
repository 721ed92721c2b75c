"""What is wanted and how much: attributes with scales, goals, and swing weights."""

from __future__ import annotations

import hashlib
import html
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast.arguments import outcome_known, shown, whole
from forecast.errors import InvalidValues, UnknownOutcome, near_matches
from forecast.schema import Outcome
from priors.arguments import is_number
from priors.claims import NO_CLAIMS, check_claims
from priors.streams import uniforms

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Attribute", "Goal", "Values", "rank_weights"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_MOST_RISK = 20.0
_WORDS = {"no": 0.0, "yes": 1.0}


@dataclass(frozen=True)
class Goal:
    """What several attributes serve together.

    Attributes
    ----------
    name, title, meaning : str
        In a word, a few words and a sentence.

    Raises
    ------
    InvalidValues
        If the name is no text.

    Examples
    --------
    >>> import forecast
    >>> forecast.Goal("quiet", meaning="Few raids.").title
    'quiet'
    """

    name: str
    title: str = ""
    meaning: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InvalidValues(f"a goal is named {shown(self.name)}", expected="a name", mend="give it one")
        if not self.title:
            object.__setattr__(self, "title", self.name)


@dataclass(frozen=True)
class Attribute:
    """An outcome with the scale on which it is valued.

    Attributes
    ----------
    outcome : str
        A per-world outcome that every world has (not a first month).
    goal : str
        Name of the goal that it serves.
    worst, best : float
        The levels worth 0 and 1, in the outcome's unit; for a yes/no outcome "yes" and "no" will do. Which is the
        larger must agree with the outcome's ``better``, where it has one. Beyond them it is worth no less than 0 and no
        more than 1.
    share : float
        Its part of the goal's weight, > 0, relative to the goal's other attributes.
    risk_aversion : float
        Bends the scale, -20 to 20: with r and a level at t of the way from worst to best it is worth
        (1 - exp(-r t)) / (1 - exp(-r)); 0 is straight, above 0 the first steps away from the worst are worth most.
    meaning : str
        Why this scale.
    claims : tuple of str
        Claims that speak for it.
    title, unit : str
        The outcome in words, and its unit; taken from the outcome where the values meet a world.

    Raises
    ------
    UnknownOutcome
        If the outcome is no name.
    InvalidValues
        If a level, the share or the risk aversion is outside its domain, or the goal or the claims are no text.

    References
    ----------
    Keeney & Raiffa (1976), *Decisions with Multiple Objectives*, chapters 3 and 4 (exponential value, swing weights).

    Examples
    --------
    >>> import forecast
    >>> raids = forecast.Attribute("raids_total", goal="quiet", worst=60, best=0)
    >>> [float(raids.score(level)) for level in (75, 45, 0)]
    [0.0, 0.25, 1.0]
    """

    outcome: str
    goal: str
    worst: float
    best: float
    share: float = 1.0
    risk_aversion: float = 0.0
    meaning: str = ""
    claims: tuple[str, ...] = ()
    title: str = ""
    unit: str = ""
    _words: bool = field(default=False, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_words", any(isinstance(level, str) for level in (self.worst, self.best)))
        here = f"the attribute {self.outcome!r:.60}"
        if not isinstance(self.outcome, str) or not self.outcome.isidentifier():
            raise UnknownOutcome(
                f"an attribute of the outcome {shown(self.outcome)}",
                expected="the name of a per-world outcome",
                mend='name one, such as "clashes_total"',
            )
        if not isinstance(self.goal, str) or not self.goal:
            raise InvalidValues(
                f"{here} serves the goal {shown(self.goal)}", expected="the name of a goal", mend="name one"
            )
        for name in ("worst", "best"):
            object.__setattr__(self, name, _level(getattr(self, name), f"{name} of {here}"))
        if self.worst == self.best:
            raise InvalidValues(
                f"worst and best of {here} are both {self.worst:g}", expected="two levels", mend="set them apart"
            )
        if not math.isfinite(self.best - self.worst):
            raise InvalidValues(
                f"{here} runs from {self.worst:g} to {self.best:g}",
                expected="a span that a double can hold",
                mend="set worst and best to levels that can occur",
            )
        for name, low, high in (("share", 0.0, math.inf), ("risk_aversion", -_MOST_RISK, _MOST_RISK)):
            value = _number(getattr(self, name))
            if not low <= value <= high or (name == "share" and not 0.0 < value < math.inf):
                domain = "a number above 0" if name == "share" else f"a number from {low:g} to {high:g}"
                raise InvalidValues(
                    f"{name} of {here} is {shown(getattr(self, name))}", expected=domain, mend="write such a number"
                )
            object.__setattr__(self, name, value)
        if not isinstance(self.claims, tuple | list) or not all(isinstance(one, str) for one in self.claims):
            raise InvalidValues(
                f"claims of {here} are {shown(self.claims)}", expected="ids of claims", mend='write ("L1", "L2")'
            )
        object.__setattr__(self, "claims", tuple(self.claims))
        check_claims(self.claims, NO_CLAIMS, where=here)

    def of(self, known: Mapping[str, Outcome]) -> Attribute:
        """Check the scale where it meets the outcomes of a world, and take over the outcome's words and unit.

        Raises
        ------
        UnknownOutcome
            If there is no such outcome.
        InvalidValues
            If not every world has it, it is yes or no and the scale is not, or the scale runs against the way that the
            outcome says is better.
        """
        outcome_known(self.outcome, known)
        here, outcome = f"the attribute {self.outcome!r}", known[self.outcome]
        if outcome.is_time:
            raise InvalidValues(
                f"{here} is a first month, which no world has in which the event did not come",
                expected="an outcome that every world has",
                mend="value whether it happened instead",
            )
        if self._words and not outcome.is_event:
            raise InvalidValues(
                f"{here} runs between words, and is in {outcome.unit!r}",
                expected="two levels in its unit",
                mend="write numbers",
            )
        if outcome.is_event and {self.worst, self.best} != {0.0, 1.0}:
            raise InvalidValues(
                f"{here} runs from {self.worst:g} to {self.best:g}",
                expected='from "no" to "yes", or the other way',
                mend="write these words",
            )
        if outcome.better is not None and (self.best > self.worst) != (outcome.better == "higher"):
            said = [
                f'"{"yes" if level else "no"}"' if outcome.is_event else f"{level:g}"
                for level in (self.worst, self.best)
            ]
            raise InvalidValues(
                f"{here} runs from {said[0]} as the worst to {said[1]} as the best, and of "
                f"this outcome {outcome.better} is better",
                expected=f"worst = {said[1]} and best = {said[0]}"
                if outcome.is_event
                else f"a best level that is {outcome.better} than the worst",
                mend="exchange worst and best; or value another outcome, which a world can declare with another better",
            )
        return replace(self, title=outcome.long_name, unit=outcome.unit)

    def score(self, levels: Array) -> Array:
        """Value levels of the outcome.

        Parameters
        ----------
        levels : ndarray
            In the outcome's unit, any shape.

        Returns
        -------
        ndarray
            0..1, more is better, the same shape.
        """
        share = np.clip((levels - self.worst) / (self.best - self.worst), 0.0, 1.0)
        if self.risk_aversion == 0.0:
            return np.asarray(share)
        return np.asarray(np.expm1(-self.risk_aversion * share) / math.expm1(-self.risk_aversion))

    def beyond(self, levels: Array) -> float:
        """Give the share of levels beyond either end of the scale."""
        return float(np.mean(self.past("worst", levels) | self.past("best", levels)))

    def past(self, end: Literal["worst", "best"], levels: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Say which levels are beyond one end of the scale."""
        upper = (end == "best") == (self.best > self.worst)
        limit = self.best if end == "best" else self.worst
        return np.asarray(levels > limit if upper else levels < limit)


def _number(value: Any) -> float:
    """Give a real number as a double: NaN for anything else, infinity for a whole number beyond all doubles."""
    if not is_number(value):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _level(value: Any, what: str) -> float:
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    if isinstance(value, bool):
        return float(value)
    number = _number(value)
    if not math.isfinite(number):
        raise InvalidValues(
            f"{what} is {shown(value)}",
            expected='a finite number in the outcome\'s unit, or "yes" or "no"',
            mend="write one of these",
        )
    return number


def rank_weights(rank: tuple[tuple[str, ...], ...]) -> dict[str, float]:
    """Derive weights from an order of importance: the centroid of all weights that keep it.

    Parameters
    ----------
    rank : tuple of tuple of str
        Names in order, the most important first; those in one inner tuple are of equal rank and share equally.

    Returns
    -------
    dict of str to float
        Summing to 1.

    References
    ----------
    Barron & Barrett (1996), "Decision quality using ranked attribute weights", *Management Science* 42, 1515-1523.
    """
    count = sum(map(len, rank))
    centroid = [sum(1.0 / later for later in range(place, count + 1)) / count for place in range(1, count + 1)]
    weights: dict[str, float] = {}
    start = 0
    for tied in rank:
        mean = sum(centroid[start : start + len(tied)]) / len(tied)
        weights |= dict.fromkeys(tied, mean)
        start += len(tied)
    return weights


@dataclass(frozen=True)
class Values:
    """Whose values: goals, the attributes that serve them, and what each goal weighs.

    Attributes
    ----------
    name, title, meaning : str
        In a word, a few words and a sentence.
    goals : tuple of Goal
        In their order.
    attributes : tuple of Attribute
        At least one a goal.
    goal_weights : mapping of str to float
        What each goal weighs, >= 0, by its name; stored so that they sum to 1.
    concentration : float
        Sum of the parameters of the Dirichlet distribution by which readers with such values disagree on the goals'
        weights, >= 0; 0 means that they do not.

    Raises
    ------
    InvalidValues
        If goals, attributes and weights do not fit together.

    Examples
    --------
    >>> from forecast import Attribute, Goal, Values
    >>> goals = Goal("quiet"), Goal("peace")
    >>> raids = Attribute("raids_total", "quiet", worst=60, best=0)
    >>> truce = Attribute("truce_ever", "peace", worst="no", best="yes")
    >>> Values("ours", goals, (raids, truce), {"quiet": 3, "peace": 1})
    <Values ours: quiet 0.75, peace 0.25>
    """

    name: str
    goals: tuple[Goal, ...]
    attributes: tuple[Attribute, ...]
    goal_weights: Mapping[str, float]
    title: str = ""
    meaning: str = ""
    concentration: float = 0.0

    def __post_init__(self) -> None:
        for what, part_of in (("goals", Goal), ("attributes", Attribute)):
            parts = getattr(self, what)
            if not isinstance(parts, tuple | list) or not all(isinstance(part, part_of) for part in parts):
                raise InvalidValues(
                    f"the {what} of the values {shown(self.name)} are {shown(parts)}",
                    expected=f"a tuple of {part_of.__name__}",
                    mend="see forecast.load_values('balanced')",
                )
            object.__setattr__(self, what, tuple(parts))
        names = [goal.name for goal in self.goals]
        outcomes = [attribute.outcome for attribute in self.attributes]
        for kind, given in (("goal", names), ("attribute", outcomes)):
            if len(set(given)) < len(given) or not given:
                raise InvalidValues(
                    f"the values {self.name!r} have the {kind}s {given}",
                    expected=f"at least one {kind}, each once",
                    mend="write each once",
                )
        for attribute in self.attributes:
            if attribute.goal not in names:
                raise InvalidValues(
                    f"the attribute {attribute.outcome!r} serves {attribute.goal!r}",
                    expected="a goal of these values",
                    mend=near_matches(attribute.goal, names),
                )
        served = {attribute.goal for attribute in self.attributes}
        if idle := [name for name in names if name not in served]:
            raise InvalidValues(
                f"no attribute serves the goal {idle[0]!r}", expected="at least one", mend="add one, or drop the goal"
            )
        object.__setattr__(self, "goal_weights", _weights(self.goal_weights, names, f"the values {self.name!r}"))
        concentration = _number(self.concentration)
        if not 0.0 <= concentration < math.inf:
            raise InvalidValues(
                f"the concentration of the values {self.name!r} is {shown(self.concentration)}",
                expected="a number of 0 or more",
                mend="write 0 for exact weights, or about the number of goals for wide disagreement",
            )
        object.__setattr__(self, "concentration", concentration)
        if not self.title:
            object.__setattr__(self, "title", self.name.replace("_", " "))

    def __reduce__(self) -> tuple[object, ...]:
        weights = dict(self.goal_weights)
        return Values, (
            self.name,
            self.goals,
            self.attributes,
            weights,
            self.title,
            self.meaning,
            self.concentration,
        )

    def of(self, known: Mapping[str, Outcome]) -> Values:
        """Check the values where they meet the outcomes of a world; errors as for :meth:`Attribute.of`."""
        return replace(self, attributes=tuple(one.of(known) for one in self.attributes))

    @property
    def weights(self) -> Array:
        """Swing weight of each attribute, shape (attribute,), summing to 1: its share of its goal's weight."""
        return np.asarray(self.attribute_weights(np.array([list(self.goal_weights.values())]))[0])

    @property
    def hash(self) -> str:
        """A fingerprint of what utilities follow from, to the last digit: goals, scales and weights, and no words."""
        words = {"title", "unit", "_words"}
        scales = [
            {name: value for name, value in asdict(one).items() if name not in words} | {"meaning": "", "claims": ()}
            for one in self.attributes
        ]
        content = {"scales": scales, "weights": {name: weight.hex() for name, weight in self.goal_weights.items()}}
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()[:16]

    def total(self, outcomes: Mapping[str, np.ndarray[Any, Any]]) -> Array:
        """Give the utility of outcomes that every world has: the shape of each of them."""
        scored = [one.score(outcomes[one.outcome].astype(np.float64)) for one in self.attributes]
        return np.asarray(np.tensordot(self.weights, np.array(scored), axes=1))

    def attribute_weights(self, goal_weights: Array) -> Array:
        """Turn weights of goals, shape (case, goal), into weights of attributes, shape (case, attribute)."""
        return np.asarray(goal_weights @ self.within_goals())

    def within_goals(self) -> Array:
        """Give each attribute's part of its goal's weight, shape (goal, attribute), rows summing to 1."""
        parts = np.array(
            [[a.share if a.goal == goal.name else 0.0 for a in self.attributes] for goal in self.goals],
            dtype=np.float64,
        )
        return np.asarray(parts / parts.sum(axis=1, keepdims=True))

    def with_weights(self, goal_weights: Mapping[str, float], *, name: str = "own") -> Values:
        """Give the same scales with other weights of the goals.

        Parameters
        ----------
        goal_weights : mapping of str to float
            >= 0, any sum; a goal left out weighs 0.
        name : str
            Of the new values.

        Returns
        -------
        Values
            With the concentration of these: readers who weigh goals so are taken to disagree as much as these do. For
            another, or for exact weights, use ``dataclasses.replace(values, concentration=0.0)``.

        Raises
        ------
        InvalidValues
            If a weight is out of its domain or of no goal.
        """
        if not isinstance(goal_weights, Mapping):
            raise InvalidValues(
                f"the weights are {shown(goal_weights)}",
                expected="a weight by goal",
                mend=f"pass {{{self.goals[0].name!r}: 1.0}}",
            )
        names = [goal.name for goal in self.goals]
        for goal in goal_weights:
            if goal not in names:
                raise InvalidValues(
                    f"a weight is given to {goal!r:.60}", expected="a goal", mend=near_matches(str(goal), names)
                )
        weights = {goal: goal_weights.get(goal, 0.0) for goal in names}
        return replace(self, name=name, title="Weights of your own", meaning="", goal_weights=weights)

    def sample_weights(self, number: int, *, seed: int = 1) -> Array:
        """Draw weights of the goals from their Dirichlet distribution.

        Parameters
        ----------
        number : int
            How many draws, 1 or more.
        seed : int
            Draw ``i`` depends on (seed, i) only.

        Returns
        -------
        ndarray
            Shape (draw, goal), each row summing to 1; the exact weights again and again where the concentration is 0.
        """
        from scipy.special import gammaincinv

        number, seed = whole("number", number, 1, 10_000_000), whole("seed", seed, 0, 2**63 - 1)
        mean = np.array(list(self.goal_weights.values()))
        if self.concentration == 0.0:
            return np.tile(mean, (number, 1))
        drawn = uniforms(seed, [f"weight:{goal}" for goal in self.goal_weights], 0, number)[:, 0]
        # A Dirichlet draw is independent gamma draws over their sum; a goal of weight 0 never has any.
        shapes = self.concentration * mean
        gammas = np.array(
            [gammaincinv(a, u) if a > 0.0 else np.zeros(number) for a, u in zip(shapes, drawn, strict=True)]
        )
        # With a tiny concentration all may be 0 to the computer: then one goal takes all, as it would in the limit.
        lost = gammas.sum(axis=0) == 0.0
        gammas[int(mean.argmax()), lost] = 1.0
        return np.asarray((gammas / gammas.sum(axis=0)).T)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: index attribute; columns title, goal, weight, worst, best, unit, risk_aversion, meaning."""
        import pandas as pd

        rows = [
            {
                "title": a.title,
                "goal": a.goal,
                "weight": weight,
                "worst": a.worst,
                "best": a.best,
                "unit": a.unit,
                "risk_aversion": a.risk_aversion,
                "meaning": a.meaning,
            }
            for a, weight in zip(self.attributes, self.weights.tolist(), strict=True)
        ]
        return pd.DataFrame(rows, index=pd.Index([a.outcome for a in self.attributes], name="attribute"))

    def __repr__(self) -> str:
        weights = ", ".join(f"{goal} {weight:.3g}" for goal, weight in self.goal_weights.items())
        return f"<Values {self.name}: {weights}>"

    def _repr_html_(self) -> str:
        table = self.to_frame()[["title", "goal", "weight", "worst", "best", "unit"]].to_html(
            float_format="{:.3g}".format
        )
        return f"<b>{html.escape(self.title)}</b><p>{html.escape(self.meaning)}</p>{table}"


def _weights(given: Mapping[str, float], names: list[str], where: str) -> Mapping[str, float]:
    from types import MappingProxyType

    if not isinstance(given, Mapping) or set(given) != set(names):
        raise InvalidValues(
            f"{where} weigh {', '.join(map(str, given)) or 'nothing' if isinstance(given, Mapping) else shown(given)}",
            expected=f"a weight for each of {', '.join(names)}",
            mend="weigh each goal once; 0 is allowed",
        )
    weights = {name: _number(given[name]) for name in names}
    for name, weight in weights.items():
        if not 0.0 <= weight < math.inf:
            raise InvalidValues(
                f"{where} weigh {name!r} {shown(given[name])}",
                expected="a number of 0 or more",
                mend="write such a weight",
            )
    # fsum raises where the sum is beyond all doubles.
    total = sum(weights.values())
    total = math.fsum(weights.values()) if math.isfinite(total) else total
    if not 0.0 < total < math.inf:
        raise InvalidValues(
            f"{where} have weights that sum to {total:g}", expected="some weight, and a finite sum", mend="rescale them"
        )
    return MappingProxyType({name: weight / total for name, weight in weights.items()})
