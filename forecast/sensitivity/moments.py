"""Mean, variance and the share of luck, from two independent samples with one or several lucks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from forecast.errors import InvalidArgument
from forecast.estimates import spread_of
from forecast.sensitivity.indices import Index, Indices
from forecast.sensitivity.nets import critical, jackknife
from forecast.sensitivity.study import Study

__all__ = ["Basics", "check_varies", "cross", "described", "unseen"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def cross(first: Array, second: Array) -> Array:
    """Multiply two quantities of the same worlds so that luck adds nothing to the mean of the product.

    Parameters
    ----------
    first, second : ndarray
        Shape (luck, world).

    Returns
    -------
    ndarray
        Shape (world,): the mean of the products of different lucks; the product where there is one luck only.
    """
    lucks = first.shape[0]
    if lucks == 1:
        return np.asarray(first[0] * second[0])
    both = first.sum(axis=0) * second.sum(axis=0) - (first * second).sum(axis=0)
    return np.asarray(both / (lucks * (lucks - 1)))


@dataclass(frozen=True)
class Basics:
    """The mean and the variances of a quantity.

    Attributes
    ----------
    mean, mean_error : float
        Of the quantity.
    variance, variance_error : float
        Over parameters, of the mean over luck.
    sd : float
        Over worlds, luck included.
    luck, luck_error : float
        Share of the variance over worlds that is luck; NaN without.
    """

    mean: float
    mean_error: float
    variance: float
    variance_error: float
    sd: float
    luck: float
    luck_error: float

    @staticmethod
    def statistics(a: Array, b: Array) -> list[Array]:
        """Give, world by world: how many samples, their sum, their products over lucks, and their squares."""
        return [
            np.ones(a.shape[1]),
            0.5 * (a.mean(axis=0) + b.mean(axis=0)),
            0.5 * (cross(a, a) + cross(b, b)),
            0.5 * ((a**2).mean(axis=0) + (b**2).mean(axis=0)),
        ]

    @staticmethod
    def middle(sums: Array) -> Array:
        """Return the mean from sums of the statistics, shape (..., 4)."""
        return np.asarray(sums[..., 1] / sums[..., 0])

    @staticmethod
    def variance_of(sums: Array) -> Array:
        """Return the variance of the mean over luck from sums of the statistics."""
        return np.asarray(sums[..., 2] / sums[..., 0] - Basics.middle(sums) ** 2)

    @classmethod
    def of(cls, sums: Array, study: Study, reference: float) -> Self:
        """Estimate them from sums over nets, shape (net, 4), of the quantity less a reference."""

        def found(sums: Array) -> Array:
            middle, known = Basics.middle(sums), Basics.variance_of(sums)
            whole = sums[..., 3] / sums[..., 0] - middle**2
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.stack([middle, known, whole, 1.0 - known / whole], axis=-1)

        estimate, error = jackknife(sums, found)
        luck, luck_error = (float(estimate[3]), float(error[3])) if study.lucks else (math.nan, math.nan)
        sd = math.sqrt(max(float(estimate[2]), 0.0))
        first = reference + float(estimate[0]), float(error[0])
        return cls(*first, float(estimate[1]), float(error[1]), sd, luck, luck_error)


def unseen(study: Study, basics: Basics, touched: np.ndarray[Any, np.dtype[np.bool_]], n: int, lucks: int) -> Array:
    """Return what one more world would add to the share of a group, where the group changes anything in any world.

    It may change an outcome in so few worlds that a sample has none of them, or none under two lucks at once. Then nets
    do not differ, and their spread would say that the share is known to be 0.

    Parameters
    ----------
    study : Study
        What was run; nothing is added for a function, of which only the quantity is known.
    basics : Basics
        Its variances.
    touched : ndarray of bool
        Shape (group,): whether any state of any world changed.
    n : int
        Points.
    lucks : int
        Products that a world's share is the mean of.

    Returns
    -------
    ndarray
        Shape (group,).
    """
    turn = 1.0 if study.unit == "yes/no" else basics.sd**2
    return np.where(touched, turn / lucks / n / basics.variance, 0.0) if study.lucks else np.zeros(touched.size)


def check_varies(basics: Basics, study: Study) -> None:
    """Refuse to share out a variance that is none.

    Raises
    ------
    InvalidArgument
        If the quantity is the same in every world, or the variance of its mean over luck is not told from 0: a share of
        such a variance could be anything.
    """
    what = study.title if study.looked is None else f"{study.title} {study.looked.of}"
    if basics.sd <= 1e-12 * abs(basics.mean):
        raise InvalidArgument(
            f"{what} is {basics.mean:g} in every world",
            expected="a quantity that varies",
            mend="look at another outcome, option or baseline",
        )
    if not basics.variance > critical() * basics.variance_error:
        known = f"{basics.variance:.2g} with an error of {basics.variance_error:.2g}"
        raise InvalidArgument(
            f"{what} has a variance {'over beliefs ' if study.lucks else ''}of {known} in this sample",
            expected=f"one that is known to be above 0, by {critical():.2f} errors, before it is shared out",
            mend="take a larger n" + (", or run each world with more luck (luck = 20)" if study.lucks else ""),
        )


def described(
    study: Study,
    basics: Basics,
    *,
    rows: tuple[Index, ...],
    meanings: tuple[tuple[str, str], ...],
    measure: str,
    n: int,
    evaluations: int,
) -> Indices:
    """Put indices together with what they are of."""
    own = spread_of(basics.variance, basics.variance_error) if study.lucks else (math.nan, math.nan)
    return Indices(
        about=study.about(evaluations),
        rows=rows,
        meanings=meanings,
        measure=measure,
        mean=basics.mean,
        mean_error=basics.mean_error,
        sd=basics.sd,
        luck=basics.luck,
        luck_error=basics.luck_error,
        own_sd=own[0],
        own_sd_error=own[1],
        n=n,
    )
