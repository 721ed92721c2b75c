"""Which parameters are searched: those that an event has to do with, each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["chances", "screened"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]


def chances(x: Array, happened: Truth) -> Array:
    """Test whether an event has to do with each parameter: whether it comes more at an end, or in the middle.

    Neyman's smooth test of order 2: the event's covariances with the first two Legendre polynomials of the parameter's
    ranks, which are uncorrelated, squared and summed.

    Parameters
    ----------
    x : ndarray
        Parameters, shape (world, parameter); each differs between worlds.
    happened : ndarray of bool
        Shape (world,), neither all True nor all False.

    Returns
    -------
    ndarray
        p-values, shape (parameter,).

    References
    ----------
    Neyman (1937), "Smooth test for goodness of fit", *Skandinavisk Aktuarietidskrift* 20, 149-199.
    """
    from scipy.stats import chi2, rankdata

    centred = 2.0 * (rankdata(x, axis=0) - 0.5) / len(x) - 1.0
    rate = happened.mean()
    residual = happened - rate
    first = centred - centred.mean(axis=0)
    second = centred**2 - (centred**2).mean(axis=0)
    # Tied values correlate the two.
    second = second - first * ((first * second).sum(axis=0) / (first**2).sum(axis=0))
    total = np.zeros(x.shape[1])
    for part in (first, second):
        spread = rate * (1.0 - rate) * (part**2).sum(axis=0)
        total += np.divide((residual @ part) ** 2, spread, out=np.zeros_like(total), where=spread > 1e-12 * len(x))
    return np.asarray(chi2.sf(total, 2))


def screened(x: Array, happened: Truth) -> Whole:
    """Give the places of the parameters to search.

    A step of PRIM takes the best of two slices a parameter. Where events are luck for the most part, the best of many
    slices is a chance one, and a search over a hundred parameters spends its worlds on those. A box that the event
    concentrates in has more of it on the inner side of each limit, so its parameters are seen one by one.

    Parameters
    ----------
    x, happened
        As for :func:`chances`.

    Returns
    -------
    ndarray of int
        In their order: those with a p-value of at most one over the number of parameters, so that on average one is
        searched of those that do not matter; its limits have a test of their own to pass.
    """
    found: Whole = np.flatnonzero(chances(x, happened) * x.shape[1] <= 1.0)
    return found
