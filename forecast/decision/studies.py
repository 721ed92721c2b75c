"""Studies that could be made, and what each would report in a world: its parameter, with the study's own luck."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.arguments import probability, whole
from forecast.decision.numbers import finite
from forecast.errors import InvalidArgument
from forecast.estimates import counted, half_width
from priors.intervals import MASS
from priors.streams import keyed_normals, keyed_uniforms

__all__ = ["BinomialStudy", "IntervalReport", "NormalStudy", "Study"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

_MOST = 10**9


@dataclass(frozen=True)
class BinomialStudy:
    """So many independent cases, of which the parameter is the chance of each: how many occur is reported.

    Parameters
    ----------
    parameter : str
        A parameter within 0..1.
    n : int
        Number of cases, 1..1,000,000,000.

    Raises
    ------
    InvalidArgument
        If either is anything else.

    Examples
    --------
    >>> import forecast, numpy as np
    >>> study = forecast.BinomialStudy("share_of_villages_that_would_talk", n=20)
    >>> study.reported(np.array([0.0, 0.5, 1.0]), seed=1).tolist()[::2]
    [0.0, 20.0]
    """

    parameter: str
    n: int

    def __post_init__(self) -> None:
        _named(self.parameter)
        whole("n", self.n, 1, _MOST)

    @property
    def meaning(self) -> str:
        """The study in a few words."""
        return f"counting {counted(self.n, 'case')} of {self.parameter}"

    def reported(self, values: Array, *, seed: int) -> Array:
        """Give the number of cases that occur in each world, shape (world,), the worlds being 0, 1, 2, ...

        Parameters
        ----------
        values : ndarray
            Shape (world,): the parameter.
        seed : int
            The root seed.

        Raises
        ------
        InvalidArgument
            If a value lies outside 0..1.
        """
        from scipy.stats import binom

        outside = (values < 0.0) | (values > 1.0)
        if outside.any():
            raise InvalidArgument(
                f"the parameter {self.parameter!r} is {values[outside][0]:.6g} in a world",
                expected="chances within 0 and 1, to be studied by counting cases",
                mend="study it with NormalStudy or IntervalReport",
            )
        drawn = keyed_uniforms(seed, f"study binomial {self.parameter}", 0, values.size)[0]
        return np.asarray(binom.ppf(drawn, self.n, values))


@dataclass(frozen=True)
class NormalStudy:
    """So many independent observations around the parameter: their mean is reported.

    Parameters
    ----------
    parameter : str
        Any parameter.
    n : int
        Number of observations, 1..1,000,000,000.
    sd : float
        Standard deviation of one observation, in the parameter's unit, > 0.

    Raises
    ------
    InvalidArgument
        If any is anything else.

    Examples
    --------
    >>> import forecast
    >>> forecast.NormalStudy("growth", n=10, sd=0.02).meaning
    '10 observations of growth with sd 0.02'
    """

    parameter: str
    n: int
    sd: float

    def __post_init__(self) -> None:
        _named(self.parameter)
        whole("n", self.n, 1, _MOST)
        _above("sd", self.sd, 0.0)

    @property
    def meaning(self) -> str:
        """The study in a few words."""
        return f"{counted(self.n, 'observation')} of {self.parameter} with sd {self.sd:g}"

    def reported(self, values: Array, *, seed: int) -> Array:
        """Give the mean of the observations in each world, in the parameter's unit; see :class:`BinomialStudy`."""
        drawn = keyed_normals(seed, f"study normal {self.parameter}", 0, values.size)[0]
        return np.asarray(values + self.sd / math.sqrt(self.n) * drawn)


@dataclass(frozen=True)
class IntervalReport:
    """An analyst's report "between a and b": an estimate that is off by an error of which the interval tells the size.

    Parameters
    ----------
    parameter : str
        Any parameter; for ``factor`` one above 0.
    factor : float, optional
        Upper end over lower end, > 1: the error is log-normal, as for counts and rates.
    width : float, optional
        Upper end less lower end, in the parameter's unit, > 0: the error is normal. One of the two is given.
    mass : float
        How often such intervals hold the truth, in (0, 1): their central mass.

    Raises
    ------
    InvalidArgument
        If any is anything else, or not one of ``factor`` and ``width`` is given.

    Examples
    --------
    >>> import forecast
    >>> forecast.IntervalReport("raid_rate", factor=1.5).meaning
    'a report on raid_rate within a factor of 1.5 (90%)'
    """

    parameter: str
    factor: float | None = None
    width: float | None = None
    mass: float = MASS

    def __post_init__(self) -> None:
        _named(self.parameter)
        probability("mass", self.mass)
        if (self.factor is None) == (self.width is None):
            raise InvalidArgument(
                f"factor = {self.factor!r:.60} and width = {self.width!r:.60}",
                expected="one of the two",
                mend="give factor for a quantity above 0, width for any other",
            )
        if self.factor is not None:
            _above("factor", self.factor, 1.0)
        if self.width is not None:
            _above("width", self.width, 0.0)

    @property
    def meaning(self) -> str:
        """The study in a few words."""
        size = f"a factor of {self.factor:g}" if self.factor is not None else f"a width of {self.width:g}"
        return f"a report on {self.parameter} within {size} ({100 * self.mass:g}%)"

    def reported(self, values: Array, *, seed: int) -> Array:
        """Give the centre of the interval in each world, in the parameter's unit; see :class:`BinomialStudy`.

        Raises
        ------
        InvalidArgument
            If a factor is given and a value is not above 0.
        """
        drawn = keyed_normals(seed, f"study interval {self.parameter}", 0, values.size)[0]
        ends = 2.0 * half_width(self.mass)
        if self.factor is None:
            assert self.width is not None  # one of the two is given
            return np.asarray(values + self.width / ends * drawn)
        if (values <= 0.0).any():
            raise InvalidArgument(
                f"the parameter {self.parameter!r} is {values.min():.6g} in a world",
                expected="values above 0, to be known within a factor",
                mend="give the interval's width instead",
            )
        return np.asarray(values * np.exp(math.log(self.factor) / ends * drawn))


type Study = BinomialStudy | NormalStudy | IntervalReport


def _named(parameter: object) -> None:
    if not isinstance(parameter, str) or not parameter:
        raise InvalidArgument(
            f"parameter = {parameter!r:.60}", expected="the name of a parameter", mend="name what is studied"
        )


def _above(name: str, value: object, least: float) -> None:
    if not finite(value) > least:
        raise InvalidArgument(
            f"{name} = {value!r:.60}", expected=f"a number above {least:g}", mend="pass such a number"
        )
