"""Which parameters are searched: those that an event has to do with, each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["chances", "ranked", "screened"]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Whole = np.ndarray[Any, np.dtype[np.int64]]
type Truth = np.ndarray[Any, np.dtype[np.bool_]]


def ranked(x: Array) -> Array:
    """Return the ranks of parameters of shape (world, parameter), tied ones their mean, spread over (-1, 1)."""
    from scipy.stats import rankdata

    # Parameter by parameter in a row, which is several times faster to sort.
    return np.ascontiguousarray((2.0 * (rankdata(np.ascontiguousarray(x.T), axis=1) - 0.5) / len(x) - 1.0).T)


def chances(ranks: Array, happened: Truth, *, share: float = 1.0) -> Array:
    """Test whether an event has to do with each parameter: whether it comes more at an end, or in the middle.

    Neyman's smooth test of order 2: the event's covariances with the first two orthogonal polynomials of the
    parameter's ranks, squared and summed. Ranks may be those among more worlds than are tested: any function of the
    parameters that does not know the event will do.

    Parameters
    ----------
    ranks : ndarray
        By :func:`ranked`, shape (world, parameter).
    happened : ndarray of bool
        Shape (world,), neither all True nor all False.
    share : float
        How many independent worlds a world counts for, in (0, 1].

    Returns
    -------
    ndarray
        p-values, shape (parameter,); 1 for a parameter that does not vary.

    References
    ----------
    Neyman (1937), "Smooth test for goodness of fit", *Skandinavisk Aktuarietidskrift* 20, 149-199.
    """
    from scipy.stats import chi2

    worlds, rate = len(ranks), happened.mean()
    residual = happened - rate
    square = ranks**2
    mean, mean_square = ranks.mean(axis=0), square.mean(axis=0)
    # Moments, because centred copies of both would be as large as the worlds themselves.
    spread = mean_square - mean**2
    both = np.einsum("ij,ij->j", ranks, square) / worlds - mean * mean_square
    spread_square = np.einsum("ij,ij->j", square, square) / worlds - mean_square**2
    slope = np.divide(both, spread, out=np.zeros_like(both), where=spread > 1e-12)
    first = residual @ ranks
    second = residual @ square - slope * first
    noise = rate * (1.0 - rate) * worlds
    total = np.zeros(ranks.shape[1])
    for part, size in ((first, spread), (second, spread_square - slope * both)):
        total += np.divide(part**2, noise * size, out=np.zeros_like(total), where=size > 1e-12)
    return np.asarray(chi2.sf(share * total, 2))


def screened(ranks: Array, happened: Truth, *, share: float = 1.0) -> Whole:
    """Return the places of the parameters to search.

    A step of PRIM takes the best of two slices a parameter. Where events are luck for the most part, the best of many
    slices is a chance one, and a search over a hundred parameters spends its worlds on those. A box that the event
    concentrates in has more of it on the inner side of each limit, so its parameters are seen one by one.

    Parameters
    ----------
    ranks, happened, share
        As for :func:`chances`.

    Returns
    -------
    ndarray of int
        In their order: those with a p-value of at most one over the number of parameters, so that on average one is
        searched of those that do not matter; its limits have a test of their own to pass.
    """
    found: Whole = np.flatnonzero(chances(ranks, happened, share=share) * ranks.shape[1] <= 1.0)
    return found
