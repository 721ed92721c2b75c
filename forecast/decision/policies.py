"""What choosing by some parameters would be worth: a rule learnt in some worlds and tried in others.

For every fold of worlds the other folds say which option is best given the parameters, and which is best without
them. What the first rule achieves in the fold, world by world, less what the second does, is what those parameters
are worth. No rule is tried on worlds that it was learnt from, so nothing is too large for having been picked, and the
error is that of a mean over paired worlds. A rule that is learnt and not known is at best as good as the best one, so
what comes out is a lower bound in expectation, near to the value where the curves are. An effect that noise could have
made is taken for none: the error says what such a one could be worth. An effect of a cause that is there in a handful
of worlds alone cannot be seen at all, and no error tells of it.

References
----------
Luedtke & van der Laan (2016), "Statistical inference for the mean outcome under a possibly non-unique optimal
treatment strategy", *Annals of Statistics* 44, 713-742.
Strong, Oakley & Brennan (2014), "Estimating multiparameter partial expected value of perfect information from a
probabilistic sensitivity analysis sample: a nonparametric regression approach", *Medical Decision Making* 34, 311-326.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.decision.bases import Basis
from forecast.decision.folds import FOLDS, folds_of
from forecast.decision.paired import Best
from forecast.decision.smoothing import HIDDEN, CrossFit, Smooth
from forecast.estimates import mean_error, standard_error

__all__ = ["Policies", "Policy", "Rule"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Policy:
    """What one set of parameters is worth, before it is held against other sets.

    Attributes
    ----------
    value, error : float
        Mean gain of choosing by the parameters and its standard error, in the utility's unit; of either sign. In the
        error counts what a line that noise hides could be worth, so it is not 0 where nothing was seen.
    change, change_error : float
        Share of worlds, 0..1, in which the choice changes for a predicted gain above the tolerance, and its standard
        error: of the share, and of the rule.
    """

    value: float
    error: float
    change: float
    change_error: float


@dataclass(frozen=True)
class Rule:
    """A policy, and what it gains world by world.

    Attributes
    ----------
    policy : Policy
        What it is worth.
    gains : ndarray
        Shape (world,), in the utility's unit: over the option that is best in the other folds of worlds.
    unseen : float
        The part of the policy's error that is what could be worth something and not be seen.
    """

    policy: Policy
    gains: Array
    unseen: float


class Policies:
    """Rules of choice by sets of parameters, over the same worlds and options.

    Parameters
    ----------
    values : ndarray
        Shape (option, world), finite: utility.
    tolerance : float
        Least predicted gain, in the utility's unit, at which a choice counts as changed.
    """

    def __init__(self, values: Array, *, tolerance: float = 0.0) -> None:
        self._best = Best(values)
        self._tolerance = tolerance
        self._folds = folds_of(values.shape[1])
        others = np.delete(self._best.differences, self._best.index, axis=0)
        # The best option's own difference, zero, is never regressed: it comes first wherever options are compared.
        self._differences = np.vstack([np.zeros(values.shape[1]), others])
        self._cross = CrossFit(np.ascontiguousarray(others.T))
        self._means, self._errors = others.mean(axis=1), standard_error(others)

    def of(self, sets: Sequence[Sequence[Basis]], *, threads: int | None = None) -> list[Policy]:
        """Value one set of parameters after another.

        Parameters
        ----------
        sets : sequence of sequence of Basis
            The parameters of each set.
        threads : int, optional
            How many sets at a time; as many as there are processors by default.

        Returns
        -------
        list of Policy
            One a set.
        """
        return self._cross.each(sets, self._policy, threads=threads)

    def rule(self, bases: Sequence[Basis]) -> Rule:
        """Value one set of parameters, and keep what its rule of choice gains in each world."""
        return self._cross.each([bases], self._rule)[0]

    def _policy(self, smooth: Smooth) -> Policy:
        return self._rule(smooth).policy

    def _rule(self, smooth: Smooth) -> Rule:
        worlds = np.arange(self._folds.size)
        usual = _best_of(smooth.means)[self._folds]
        floor = self._unseen(smooth)
        if smooth.flat.all():
            nothing = np.zeros(worlds.size)
            return Rule(Policy(0.0, floor, 0.0, mean_error(nothing, event=True)), nothing, floor)
        chosen = _best_of(smooth.predicted)
        gains = self._differences[chosen, worlds] - self._differences[usual, worlds]
        # How sure it is which option is best without knowing counts: near a tie that, too, differs between samples.
        achieved = self._best.reference + self._differences[chosen, worlds]
        error = math.hypot(self._best.gain(achieved)[1], floor)
        shares = np.array([self._changes(smooth.by(fold), smooth.means[fold]).mean() for fold in range(FOLDS)])
        change = self._changes(smooth.predicted, smooth.means[self._folds])
        # The rule differs from fold to fold as in a jackknife that leaves out a fold at a time.
        rule = math.sqrt((FOLDS - 1) / FOLDS * float(((shares - shares.mean()) ** 2).sum()))
        spread = math.hypot(mean_error(change.astype(np.float64), event=True), rule)
        return Rule(Policy(float(gains.mean()), error, float(change.mean()), spread), gains, floor)

    def _unseen(self, smooth: Smooth) -> float:
        """Give what parameters could be worth without being seen: a floor of the error, so that 0 is not certain.

        A line that the margin hides, in a fold at least, is worth the unit normal loss integral (Raiffa & Schlaifer
        1961): nothing where the best option is far ahead, 1.2 standard errors where options tie. Where a curve is
        seen in every fold, what it leaves out is less: a line of one standard error.
        """
        spreads = self._errors * np.where(smooth.flat.any(axis=0), HIDDEN, 1.0)
        return max(map(_loss, self._means.tolist(), spreads.tolist()), default=0.0)

    def _changes(self, predicted: Array, means: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Say in which worlds the choice changes by more than the tolerance."""
        usual = np.broadcast_to(_best_of(means), predicted.shape[:1])
        padded = np.column_stack([np.zeros(len(predicted)), predicted])
        gain = padded.max(axis=1) - padded[np.arange(len(predicted)), usual]
        return np.asarray(gain > self._tolerance)


def _best_of(differences: Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Give the best option's place, the reference being 0, from the others' differences in the last dim."""
    reference = np.zeros((*differences.shape[:-1], 1))
    return np.asarray(np.concatenate([reference, differences], axis=-1).argmax(axis=-1))


def _loss(mean: float, spread: float) -> float:
    """Give E max(0, X) of a normal X."""
    if spread <= 0.0:
        return 0.0
    z = mean / spread
    density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
    return max(spread * density + mean * math.erfc(-z / math.sqrt(2.0)) / 2.0, 0.0)
