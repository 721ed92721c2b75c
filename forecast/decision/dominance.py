"""``dominance``: which options are better than which others whatever the attitude to risk, and what cannot be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import flag, option_run, probability
from forecast.decision.crossings import ORDERS, Crossing, Pair, crossing, exact_crossing
from forecast.decision.verdicts import CANNOT_TELL, DOES_NOT, DOMINATES, EQUAL, Key, exact_verdicts, sampled_verdicts
from forecast.decision.worlds import read_utility
from forecast.errors import InvalidArgument
from forecast.estimates import counted
from forecast.results import Column, Result, number, word

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CANNOT_TELL", "DOES_NOT", "DOMINATES", "EQUAL", "Dominance", "DominanceRow", "dominance"]


@dataclass(frozen=True)
class DominanceRow:
    """One option against another; the fields are the columns of the table.

    Attributes
    ----------
    option, other : str
        By name.
    first, second : str
        Whether ``option`` dominates ``other`` at first and at second order: "dominates", "does not", "cannot tell", or
        "equal" where they are the same in every world (or, where nothing is sampled, in distribution).
    first_violation, first_violation_error, first_violation_at : float
        The most by which ``option`` is likelier than ``other`` to end at or under some utility (a probability, >= 0),
        its Monte-Carlo error there, and that utility.
    first_margin, first_margin_error, first_margin_at : float
        The least, over the range, by which ``option`` is less likely than ``other`` to end at or under a utility.
    second_violation, second_violation_error, second_violation_at, second_margin, second_margin_error, second_margin_at
        The same of the expected shortfall under a utility, in units of utility.
    lower, upper : float
        The range of utility over which "dominates" is claimed.
    """

    option: str
    other: str
    first: str
    second: str
    first_violation: float
    first_violation_error: float
    first_violation_at: float
    first_margin: float
    first_margin_error: float
    first_margin_at: float
    second_violation: float
    second_violation_error: float
    second_violation_at: float
    second_margin: float
    second_margin_error: float
    second_margin_at: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Dominance(Result):
    """First- and second-order stochastic dominance between all options.

    Every ordered pair in the order of the options; index (option, other).

    Attributes
    ----------
    titles : tuple of (str, str)
        Option names and their titles.
    level : float
        Least probability that every "dominates" and every "does not" in the table is right.
    sampled : bool
        Whether the worlds are a sample; if not, they are all that there is and nothing is in doubt.
    """

    rows: tuple[DominanceRow, ...]
    titles: tuple[tuple[str, str], ...]
    level: float
    sampled: bool

    row, index = DominanceRow, ("option", "other")

    def verdict(self, option: str, other: str, *, order: str = "first") -> str:
        """Say whether one option dominates another.

        Parameters
        ----------
        option, other : str
            Two different options.
        order : {"first", "second"}
            First: better for whoever wants more. Second: better for whoever wants more and no risk.

        Raises
        ------
        UnknownOption
            If an option is not in the table.
        InvalidArgument
            If the two are one, or there is no such order.
        """
        names = [name for name, _ in self.titles]
        for name in (option, other):
            option_run("option", name, names)
        if option == other:
            raise InvalidArgument(f"{option!r} against itself", expected="two options", mend="name another one")
        if order not in ORDERS:
            raise InvalidArgument(f"order = {order!r:.40}", expected="'first' or 'second'", mend="pass one of them")
        return next(str(getattr(row, order)) for row in self.rows if (row.option, row.other) == (option, other))

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"units": self.about.unit, "level": self.level, "sampled": self.sampled}

    def _line(self) -> str:
        parts = []
        for order in ORDERS:
            counts = Counter(str(getattr(row, order)) for row in self.rows)
            words = ", ".join(f"{counts[word]} {word}" for word in _WORDS if counts[word])
            parts.append(f"{order} order: {words or 'nothing to compare'}")
        sure = f"all right with {100 * self.level:g}% confidence" if self.sampled else "exact"
        return f"{counted(len(self.titles), 'option')}, {self.about.worlds:,} worlds; {'; '.join(parts)}; {sure}"

    def _columns(self) -> tuple[Column, ...]:
        return (
            word("option", "option"),
            word("other", "other"),
            word("first order", "first"),
            number("first largest violation", "first_violation", unit="yes/no"),
            word("second order", "second"),
            number("second largest violation", "second_violation", unit=self.about.unit),
        )


_WORDS = (DOMINATES, DOES_NOT, CANNOT_TELL, EQUAL)


def dominance(u: xr.DataArray, *, level: float = 0.95, sampled: bool = True) -> Dominance:
    """Compare whole distributions of utility: which option serves better than which whatever the attitude to risk.

    An option dominates another at first order if at no utility z it is likelier to end at or under z, and at second
    order if at no z its expected shortfall under z is larger. Whoever prefers more utility to less prefers an option
    that dominates at first order; if they shun risk too, one that dominates at second order.

    "does not" needs evidence of a violation somewhere: the largest one is held against what it would be in other worlds
    if the two had one distribution. "dominates" needs evidence at every point of a range, which is stated: for
    utilities with at most 20 values it is all of them, otherwise the middle 90% of the two options' worlds, of which up
    to 90 quantiles are looked at. What is outside the range counts as its nearer end. Everything else is "cannot tell".

    Parameters
    ----------
    u : xarray.DataArray
        Utility, dims option (two at least) and world, higher better. Worlds are common: options are compared world by
        world, so that what they share cancels.
    level : float
        Least probability that every "dominates" and every "does not" is right at once, over all pairs and both orders.
    sampled : bool
        False where the worlds are all that there are, equally likely: then verdicts are exact.

    Returns
    -------
    Dominance
        A row for every ordered pair.

    Raises
    ------
    InvalidArgument
        If ``u`` is no such array, a sample has a single world, ``level`` is no probability or ``sampled`` is no truth
        value.

    Notes
    -----
    Half of ``1 - level`` is spent on "does not", by the largest statistic of all pairs and orders, step by step; half
    on "dominates", by Holm's method. Verdicts that others imply are given: first order implies second, and an option
    that dominates is not dominated. "equal" is said only of options that are the same in every world.

    References
    ----------
    Barrett & Donald (2003), "Consistent tests for stochastic dominance", *Econometrica* 71, 71-104.
    Linton, Maasoumi & Whang (2005), "Consistent testing for stochastic dominance under general sampling schemes",
    *Review of Economic Studies* 72, 735-765.
    Davidson & Duclos (2013), "Testing for restricted stochastic dominance", *Econometric Reviews* 32, 84-125.
    Romano & Wolf (2005), "Exact and approximate stepdown methods for multiple hypothesis testing", *Journal of the
    American Statistical Association* 100, 94-108.
    Holm (1979), "A simple sequentially rejective multiple test procedure", *Scandinavian Journal of Statistics* 6.

    Examples
    --------
    >>> import forecast, numpy as np, xarray as xr
    >>> payoff = np.repeat([[-70.0, 50.0, 200.0], [0.0, 0.0, 0.0]], [5, 3, 2], axis=1)
    >>> u = xr.DataArray(payoff, dims=("option", "world"), coords={"option": ["drill", "leave"]})
    >>> forecast.dominance(u, sampled=False).verdict("drill", "leave")
    'does not'
    """
    level = probability("level", level)
    flag("sampled", sampled)
    utilities = read_utility(u, least=2)
    if sampled and utilities.worlds < 2:
        raise InvalidArgument(
            "a sample of one world", expected="two worlds at least", mend="run more, or pass sampled=False"
        )
    names, values = utilities.names, _without_rounding(utilities.values)
    compared = crossing if sampled else exact_crossing
    pairs = {
        (names[one], names[other]): compared(values[one], values[other])
        for one, other in combinations(range(len(names)), 2)
    }
    found = {
        (one, other, order): side[order]
        for (first, second), pair in pairs.items()
        for one, other, side in ((first, second, pair.forward), (second, first, pair.backward))
        for order in ORDERS
    }
    if sampled:
        verdicts = sampled_verdicts(found, dict(zip(names, values, strict=True)), (1.0 - level) / 2.0)
    else:
        verdicts = exact_verdicts(found)
    rows = [
        _row(one, other, verdicts, found, pairs.get((one, other)) or pairs[other, one])
        for one, other in permutations(names, 2)
    ]
    return Dominance(
        about=utilities.about,
        rows=tuple(rows),
        titles=tuple(zip(names, utilities.titles, strict=True)),
        level=level,
        sampled=sampled,
    )


type Array = np.ndarray[Any, np.dtype[np.float64]]

_FIGURES = 12
"""Utilities that agree in so many figures are one: a weighted sum carries rounding in the ones after."""


def _without_rounding(values: Array) -> Array:
    largest = float(np.abs(values).max())
    scale = 10.0 ** np.floor(np.log10(largest)) if largest > 0.0 else 1.0
    return np.asarray(np.round(values / scale, _FIGURES) * scale)


def _row(one: str, other: str, verdicts: dict[Key, str], found: dict[Key, Crossing], pair: Pair) -> DominanceRow:
    first, second = found[one, other, "first"], found[one, other, "second"]
    return DominanceRow(
        one,
        other,
        verdicts[one, other, "first"],
        verdicts[one, other, "second"],
        first.violation,
        first.violation_error,
        first.violation_at,
        first.margin,
        first.margin_error,
        first.margin_at,
        second.violation,
        second.violation_error,
        second.violation_at,
        second.margin,
        second.margin_error,
        second.margin_at,
        pair.lower,
        pair.upper,
    )
