"""``decide``: every option by every rule of choice, and which is best, if that can be told."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import flag, probability
from forecast.decision.clipping import Clipped, clipped_of
from forecast.decision.ties import Duplicate, best_in, duplicates_of
from forecast.decision.worlds import Utilities, read_utility
from forecast.errors import InvalidArgument
from forecast.estimates import counted, estimate_text, joint_critical_value, mean_error, standard_error
from forecast.results import Column, Result, number
from forecast.structures.result import UTILITY, StructureRanges, read_ranges
from priors.arguments import is_number

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["CVAR_SHARE", "RULES", "Decision", "Judgement", "Verdict", "decide"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

CVAR_SHARE = 0.1
"""Share of worlds, the worst, over which the conditional value at risk is the mean."""

_FEWEST_IN_TAIL = 2
"""Worlds of the worst tenth without which their spread is not known."""

_SAID = 3
"""How many pairs of near-duplicates are named in words."""

RULES: Mapping[str, tuple[str, bool]] = {
    "laplace": ("expected_utility", True),
    "wald": ("worst", True),
    "hurwicz": ("hurwicz", True),
    "savage": ("max_regret", False),
}
"""The choice rules of Milnor (1954): the column that each goes by, and whether more is better."""


@dataclass(frozen=True)
class Verdict:
    """Which option has the highest expected utility, and whether the worlds can tell.

    Attributes
    ----------
    best : str
        The option with the highest estimate.
    resolved : bool
        Whether it is told from every other at the level.
    contenders : tuple of str
        All that cannot be told from the best, the best among them, from the top.
    ahead, ahead_error : float
        By how much the best leads the next, and the Monte-Carlo error of that paired difference; NaN for one option.
    level : float
        Joint probability that no wrong claim is made.
    indifference : float
        The largest difference of expected utility that does not matter.
    as_good : tuple of str
        Options told from the best and yet behind it by no more than that, at the level.
    """

    best: str
    resolved: bool
    contenders: tuple[str, ...]
    ahead: float
    ahead_error: float
    level: float
    indifference: float
    as_good: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """One option by every rule; the fields are the columns of the table.

    Attributes
    ----------
    option : str
        By name.
    expected_utility, best, best_alone, expected_regret, max_regret, cvar_10, worst, hurwicz : float
        As for :func:`decide`, each with its Monte-Carlo error in the field of that name and ``_error``.
    behind, behind_error : float
        How far the option is behind the best, paired.
    lower, upper : float
        The simultaneous interval of the expected utilities.
    behind_lower, behind_upper : float
        Simultaneous bounds of ``behind``.
    """

    option: str
    expected_utility: float
    expected_utility_error: float
    best: float
    best_error: float
    best_alone: float
    best_alone_error: float
    expected_regret: float
    expected_regret_error: float
    max_regret: float
    max_regret_error: float
    cvar_10: float
    cvar_10_error: float
    worst: float
    worst_error: float
    hurwicz: float
    hurwicz_error: float
    behind: float
    behind_error: float
    lower: float
    upper: float
    behind_lower: float
    behind_upper: float


_FIELDS = tuple(field.name for field in fields(Judgement))[1:]


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Decision(Result):
    """Every option by every rule, in the order of the utility; index option.

    Attributes
    ----------
    titles : tuple of str
        The options in words.
    choices : mapping of str to tuple of str
        What each rule of Milnor's would choose: Laplace's on expected utility, all that cannot be told from the best;
        the others on the worlds seen, as if there were no more, all that tie.
    verdict : Verdict
        On expected utility.
    duplicates : tuple of Duplicate
        Pairs of options that have the same utility in at least half of the worlds, with that share and its error.
    optimism : float
        Weight of the best case in Hurwicz's rule.
    run : str
        The run that the utility is of, where it says.
    structures : StructureRanges, optional
        How far each option could be from its estimate because of structures that are not known.
    clipped : tuple of Clipped
        Ends of scales beyond which some option has a twentieth of the worlds or more, the most worlds first.
    """

    rows: tuple[Judgement, ...]
    titles: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]
    verdict: Verdict
    duplicates: tuple[Duplicate, ...]
    optimism: float
    run: str = ""
    structures: StructureRanges | None = None
    clipped: tuple[Clipped, ...] = ()

    row, index = Judgement, ("option",)

    @property
    def names(self) -> tuple[str, ...]:
        """The options by name."""
        return tuple(row.option for row in self.rows)

    @property
    def columns(self) -> dict[str, tuple[float, ...]]:
        """The columns of the table, each with one number an option."""
        return {name: tuple(getattr(row, name) for row in self.rows) for name in _FIELDS}

    def to_frame(self) -> pd.DataFrame:
        """Tabulate.

        Returns
        -------
        pandas.DataFrame
            Index option; columns the other fields of :class:`Judgement`. ``frame.attrs["duplicates"]`` has a dict a
            pair of near-duplicates, ``frame.attrs["level"]`` the joint probability of the intervals. With structures
            also ``structure_low`` and ``structure_high``, the 90% range of the expected utility over structures that
            are not known, and the ``_error`` of each.
        """
        frame = super().to_frame()
        if self.structures is not None:
            rows = [self.structures.of(UTILITY, name) for name in self.names]
            ends = [row.around(own.expected_utility) for row, own in zip(rows, self.rows, strict=True)]
            for place, end in enumerate(("low", "high")):
                frame[f"structure_{end}"] = [pair[place] for pair in ends]
                frame[f"structure_{end}_error"] = [getattr(row, f"{end}_error") for row in rows]
        return frame

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {
            "units": self.about.unit,
            "level": self.verdict.level,
            "verdict": self.say(),
            "duplicates": [asdict(pair) for pair in self.duplicates],
        }

    def say(self) -> str:
        """Return the verdict in words; name options that are nearly the same, and scales that cut much off."""
        words = dict(zip(self.names, self.titles, strict=True))
        parts = [self._told(words)]
        for pair in self.duplicates[:_SAID]:
            share = estimate_text(pair.share, pair.error, unit="yes/no")
            parts.append(f"“{words[pair.option]}” and “{words[pair.other]}” are the same in {share} of worlds.")
        more = len(self.duplicates) - _SAID
        if more > 0:
            pairs = "pair is" if more == 1 else "pairs are"
            parts.append(f"{more} more {pairs} the same in at least half of the worlds.")
        if self.structures is not None and self.structures.structures:
            parts.append(self.structures.say())
        parts += [one.say() for one in self.clipped]
        return " ".join(parts)

    def _told(self, words: Mapping[str, str]) -> str:
        verdict = self.verdict
        if len(self.names) == 1:
            return f"Only one option: “{words[verdict.best]}”."
        ahead = estimate_text(verdict.ahead, verdict.ahead_error, unit=self.about.unit)
        sure = f"{100 * verdict.level:g}%"
        if verdict.resolved:
            best = words[verdict.best]
            text = f"Resolved: “{best}” has the highest expected utility, {ahead} ahead ({sure} joint level)."
            same = " and ".join(f"“{words[name]}”" for name in verdict.as_good)
            return f"{text} In practice {same} is as good: within {verdict.indifference:g}." if same else text
        others = ", ".join(f"“{words[name]}”" for name in verdict.contenders if name != verdict.best)
        return (
            f"Not resolved: “{words[verdict.best]}” cannot be told from {others} "
            f"(the nearest is {ahead} behind; {sure} joint level)."
        )

    def _line(self) -> str:
        return f"{counted(len(self.rows), 'option')}, {counted(self.about.worlds, 'world')}"

    def _after(self) -> str:
        return f". {self.say()}"

    def _columns(self) -> tuple[Column, ...]:
        words = dict(zip(self.names, self.titles, strict=True))
        over = Column("range over structures", lambda row: self.range_text(self.names.index(row.option)))
        return (
            Column("option", lambda row: words[row.option]),
            number("expected utility", "expected_utility"),
            *(() if self.structures is None else (over,)),
            number("best", "best", unit="yes/no"),
            number("best alone", "best_alone", unit="yes/no"),
            number("expected regret", "expected_regret"),
            number("largest regret", "max_regret"),
            number("mean of the worst tenth", "cvar_10"),
        )

    def range_text(self, place: int) -> str:
        """Write the range of one option's expected utility over structures; empty where it is not known."""
        if self.structures is None:
            return ""
        own = self.rows[place]
        return self.structures.of(UTILITY, own.option).text(own.expected_utility, own.expected_utility_error)

    def text(self, name: str, place: int) -> str:
        """Write one measure of one option, with its error.

        Parameters
        ----------
        name : str
            A column that has an error beside it.
        place : int
            The option's place.
        """
        unit = "yes/no" if name in ("best", "best_alone") else "1"
        return number("", name, unit=unit).cell(self.rows[place])


def decide(
    u: xr.DataArray,
    *,
    optimism: float = 0.5,
    level: float = 0.95,
    indifference: float = 0.0,
    sampled: bool = True,
    structures: StructureRanges | None = None,
) -> Decision:
    """Judge every option by every rule of choice.

    Parameters
    ----------
    u : xarray.DataArray
        Utility, dims option and world, from :func:`forecast.utility` or any other model; worlds are equally likely and
        the same under every option.
    optimism : float
        Weight of the best case in Hurwicz's rule, 0..1; the worst case has the rest.
    level : float
        Joint probability, in (0, 1), of each of two families: that the intervals of expected utility all hold, and that
        those of how far options are behind the best all hold, and with them the verdict.
    indifference : float
        The largest difference of expected utility that does not matter, >= 0: the verdict names options that are as
        good as the best in practice.
    sampled : bool
        False where the worlds are all that there are, each as likely as any other: then nothing has an error.
    structures : StructureRanges, optional
        From :func:`forecast.structure_ranges`, of the same beliefs, evidence, values and options; the verdict then says
        whether the choice changes with a structure.

    Returns
    -------
    Decision
        Expected utility; ``best``, the probability that the option is best, alone or tied, and ``best_alone``, that it
        is with no tie; expected regret (how far behind the best option of the same world, on average); largest regret
        and worst utility seen; mean utility in the worst tenth of worlds (``cvar_10``); Hurwicz's mix of the worst and
        the best case; and which options are nearly the same. Errors are from worlds common to all options.

    Raises
    ------
    InvalidArgument
        If ``u`` is no such array, or a number is outside its domain.
    MismatchedRuns
        If ``structures`` are of other beliefs, evidence, values or options.

    Notes
    -----
    Two options tie in a world where their utilities are exactly equal, to the last bit. The probabilities of being best
    sum to more than 1 where options tie, those of being best alone to less. Two options that are equal in at least half
    of the worlds are named: where one of them is not best alone, that may say nothing against it.
    The worst and the largest of a sample are not those of the model, which it does not reach: another sample as large
    has a worse one with probability 1/2. Their error is the jackknife's, the gap to the second worst; read them as
    about the quantile of one in so many worlds. Luck is among the worlds: every option has some where all goes wrong.
    Where a tenth of the worlds or more are equally bad, the mean of the worst tenth is that of these, without error.
    How far the best is ahead is never negative, since it was picked for it; the verdict allows for that.

    References
    ----------
    Milnor (1954), "Games against nature", in *Decision Processes*. Savage (1951), "The theory of statistical
    decision", *JASA* 46. Rockafellar & Uryasev (2000), "Optimization of conditional value-at-risk", *Journal of Risk*
    2, 21-41. Hsu (1981), "Simultaneous confidence intervals for all distances from the best", *Annals of Statistics* 9,
    1026-1034. Hothorn, Bretz & Westfall (2008), *Biometrical Journal* 50, 346-363 (joint intervals).

    Examples
    --------
    >>> import forecast, numpy as np, xarray as xr
    >>> payoff = np.repeat([[-70.0, 50.0, 200.0], [0.0, 0.0, 0.0]], [5, 3, 2], axis=1)
    >>> u = xr.DataArray(payoff, dims=("option", "world"), coords={"option": ["drill", "leave"]})
    >>> forecast.decide(u, sampled=False).say()
    'Resolved: “drill” has the highest expected utility, 20.00 ± 0 utility ahead (95% joint level).'
    """
    read = read_utility(u)
    level = probability("level", level)
    if not is_number(optimism) or not 0.0 <= optimism <= 1.0:
        raise InvalidArgument(
            f"optimism = {optimism!r:.60}", expected="a number from 0 to 1", mend="pass such a number"
        )
    if not is_number(indifference) or not 0.0 <= indifference < math.inf:
        raise InvalidArgument(
            f"indifference = {indifference!r:.60}",
            expected="a number of 0 or more",
            mend="pass one in units of utility",
        )
    flag("sampled", sampled)
    structures = read_ranges(structures)
    if structures is not None:
        structures.check_same(u.attrs, what="a utility")
        structures.check_options(read.names, attrs=u.attrs)
    columns = _columns(read, float(optimism), level, sampled)
    verdict = _verdict(read, columns, level, float(indifference))
    return Decision(
        about=read.about,
        rows=tuple(
            Judgement(name, **{column: float(values[place]) for column, values in columns.items()})
            for place, name in enumerate(read.names)
        ),
        titles=read.titles,
        choices={rule: _choice(read.names, columns, *how) for rule, how in RULES.items()},
        verdict=verdict,
        duplicates=duplicates_of(read.values, read.names, sampled=sampled),
        optimism=float(optimism),
        run=read.run or "",
        structures=structures,
        clipped=clipped_of(u.attrs, dict(zip(read.names, read.titles, strict=True)), read.worlds),
    )


def _columns(read: Utilities, optimism: float, level: float, sampled: bool) -> dict[str, Array]:
    values = read.values
    regret = values.max(axis=0) - values
    best, alone = best_in(values)
    cvar, cvar_influence = _worst_tenth(values)
    worst, worst_error = _extreme(values)
    best_case, best_error = (-part for part in _extreme(-values))
    largest, largest_error = (-part for part in _extreme(-regret))
    found: dict[str, Array] = {
        "expected_utility": values.mean(axis=1),
        "expected_utility_error": standard_error(values),
        "best": best.mean(axis=1),
        "best_error": np.array([mean_error(row, event=True) for row in best]),
        "best_alone": alone.mean(axis=1),
        "best_alone_error": np.array([mean_error(row, event=True) for row in alone]),
        "expected_regret": regret.mean(axis=1),
        "expected_regret_error": standard_error(regret),
        "max_regret": largest,
        "max_regret_error": np.abs(largest_error),
        "cvar_10": cvar,
        "cvar_10_error": standard_error(cvar_influence)
        if read.worlds >= _FEWEST_IN_TAIL / CVAR_SHARE
        else np.full(len(values), math.nan),
        "worst": worst,
        "worst_error": worst_error,
        "hurwicz": optimism * best_case + (1.0 - optimism) * worst,
        # Best and worst world are two different ones, so their errors add as if independent.
        "hurwicz_error": np.hypot(optimism * best_error, (1.0 - optimism) * worst_error),
    }
    # Measured from the best option, what all options of a world share is gone before anything is rounded.
    leader = int(found["expected_utility"].argmax())
    behind = values[leader] - values
    found |= {"behind": behind.mean(axis=1), "behind_error": standard_error(behind)}
    joint, paired = math.nan, math.nan
    if read.worlds > 1:
        joint = joint_critical_value(values - values.mean(), level=level)
        paired = joint_critical_value(behind, pairs=True, level=level)
    for name, width, key in (("", joint, "expected_utility"), ("behind_", paired, "behind")):
        found[f"{name}lower"] = found[key] - width * found[f"{key}_error"]
        found[f"{name}upper"] = found[key] + width * found[f"{key}_error"]
    if not sampled:
        found |= {name: np.zeros(len(read.names)) for name in found if name.endswith("_error")} | {
            "lower": found["expected_utility"],
            "upper": found["expected_utility"],
        }
        found |= {"behind_lower": found["behind"], "behind_upper": found["behind"]}
    return found


def _worst_tenth(values: Array) -> tuple[Array, Array]:
    """Return the mean of the worst tenth of worlds and its influences, both by Rockafellar and Uryasev's formula."""
    threshold = np.quantile(values, CVAR_SHARE, axis=1, method="inverted_cdf", keepdims=True)
    influence = threshold - np.maximum(threshold - values, 0.0) / CVAR_SHARE
    return influence.mean(axis=1), influence


def _extreme(values: Array) -> tuple[Array, Array]:
    """Return the least value of each row, and the jackknife's error of it: the gap to the second least."""
    if values.shape[1] < 2:
        return values[:, 0].copy(), np.full(len(values), np.nan)
    two = np.partition(values, 1, axis=1)[:, :2]
    return two[:, 0].copy(), two[:, 1] - two[:, 0]


def _choice(names: tuple[str, ...], columns: Mapping[str, Array], column: str, more: bool) -> tuple[str, ...]:
    """Name what a rule chooses: the best by its column, with all that tie or, on expectations, are not told from it."""
    score = columns[column] if more else -columns[column]
    top = int(score.argmax())
    near = ~(columns["behind_lower"] > 0.0) if column == "expected_utility" else score == score[top]
    near[top] = True
    order = sorted(np.flatnonzero(near), key=lambda place: (-score[place], names[place]))
    return tuple(names[place] for place in order)


def _verdict(read: Utilities, columns: Mapping[str, Array], level: float, indifference: float) -> Verdict:
    means, behind = columns["expected_utility"], columns["behind"]
    best = int(means.argmax())
    others = [place for place in range(len(read.names)) if place != best]
    # A bound that is not known, of a single world, tells nothing.
    near = [place for place in others if not columns["behind_lower"][place] > 0.0]
    order = sorted(near, key=lambda place: (-means[place], read.names[place]))
    names = (read.names[best], *(read.names[place] for place in order))
    ahead, error = float("nan"), float("nan")
    if others:
        following = min(others, key=lambda place: (behind[place], read.names[place]))
        ahead, error = float(behind[following]), float(columns["behind_error"][following])
    as_good = tuple(
        read.names[place]
        for place in sorted(others, key=lambda place: (behind[place], read.names[place]))
        if place not in near and columns["behind_upper"][place] <= indifference
    )
    return Verdict(names[0], len(names) == 1, names, ahead, error, level, indifference, as_good)
