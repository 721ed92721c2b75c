"""Pick and freeze: points of two independent samples with one group of inputs exchanged at a time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from itertools import combinations
from typing import Any

import numpy as np

from forecast.engine.runner import chunks, in_order
from forecast.progress import progress_bar
from forecast.sensitivity.groups import meanings_of
from forecast.sensitivity.indices import Index, Indices
from forecast.sensitivity.moments import Basics, check_varies, cross, described
from forecast.sensitivity.nets import Nets, interval, jackknife
from forecast.sensitivity.study import Study

__all__ = ["net_sums", "pick_freeze", "shares"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def pick_freeze(
    study: Study,
    kind: str,
    groups: Mapping[str, tuple[str, ...]],
    n: int,
    seed: int,
    *,
    second: bool,
    progress: bool,
) -> Indices:
    """Estimate Sobol' indices of groups; :func:`forecast.sobol` has the formulas and says what the arguments are."""
    sums = net_sums(study, list(groups.values()), n, seed, second=second, progress=progress)
    basics = Basics.of(sums[:, :4], study)
    check_varies(basics, study)
    count = len(groups)
    pairs = list(combinations(groups, 2)) if second else []

    estimates, errors = jackknife(sums, lambda sums: shares(sums, count))
    errors[count : 2 * count] = np.hypot(errors[count : 2 * count], _unseen(study, sums[:, -count:], n, basics))
    names = [*groups, *groups, *(f"{one} x {other}" for one, other in pairs)]
    kinds = ["first"] * count + ["total"] * count + ["second"] * len(pairs)
    evaluations = n * (2 + count * (2 if second else 1)) * max(len(study.lucks), 1)
    return described(
        study,
        basics,
        rows=_rows(names, kinds, estimates, errors),
        meanings=meanings_of(study.inputs, groups, kind),
        measure="share of the variance" if study.looked is None else "share of the variance of the mean over luck",
        n=n,
        evaluations=evaluations,
        seed=seed,
    )


def shares(sums: Array, count: int) -> Array:
    """Turn sums of :func:`net_sums` over any points into indices.

    Parameters
    ----------
    sums : ndarray
        Shape (..., statistic).
    count : int
        How many groups there are.

    Returns
    -------
    ndarray
        Shape (..., index): first of every group, total of every group, then second of every pair.
    """
    head, rest = sums[..., :4], sums[..., 4:]
    middle, variance = Basics.middle(head), Basics.variance_of(head)
    size = head[..., :1]
    moved, product = rest[..., :count], rest[..., count : 2 * count]
    # B*(AB_i - A) with B less the mean of all.
    first = product / size - middle[..., np.newaxis] * moved / size
    other = rest[..., 2 * count : -count] / size
    return np.asarray(np.concatenate([first, other], axis=-1) / variance[..., np.newaxis])


def _unseen(study: Study, turned: Array, n: int, basics: Basics) -> Array:
    """Give what one more world would add to the total index of an event.

    A group may turn an event in some worlds and yet in none of them under two lucks at once. Then nets do not differ,
    and their spread would say that the index is known to be 0.
    """
    lucks = len(study.lucks)
    if study.unit != "yes/no" or lucks < 2:
        return np.zeros(turned.shape[1])
    return np.where(turned.any(axis=0), 1.0 / (lucks * (lucks - 1)) / n / basics.variance, 0.0)


def _rows(names: list[str], kinds: list[str], estimates: Array, errors: Array) -> tuple[Index, ...]:
    lower, upper = interval(estimates, errors)
    rows = [
        Index(*row)
        for row in zip(names, kinds, *(map(float, a) for a in (estimates, errors, lower, upper)), strict=True)
    ]
    order = {kind: place for place, kind in enumerate(("total", "first", "second"))}
    return tuple(sorted(rows, key=lambda row: (order[row.kind], -row.estimate, row.parameter)))


def net_sums(study: Study, groups: list[tuple[str, ...]], n: int, seed: int, *, second: bool, progress: bool) -> Array:
    """Run everything and add up, net by net.

    Returns
    -------
    ndarray
        Shape (net, statistic): the basics, then AB_i - A, B*(AB_i - A) and (A - AB_i)*(A - AB_i) / 2 of every group,
        (BA_i - B)*(AB_j - A) of every pair, and of every group the worlds in which it changes anything.
    """
    inputs = study.inputs
    count = len(groups)
    # In alphabetical order, so that the order in which parameters are given changes nothing.
    dims = sorted(inputs.names)
    nets = Nets([*(f"A {name}" for name in dims), *(f"B {name}" for name in dims)], n, seed)
    places = [dims.index(name) for name in inputs.names]
    members = [[inputs.names.index(name) for name in names] for names in groups]

    def run(start: int, stop: int) -> tuple[int, Array]:
        uniforms = nets.uniforms(start, stop)
        first, other = uniforms[: len(dims)][places], uniforms[len(dims) :][places]
        made_a, made_b = inputs.values(first), inputs.values(other)
        evaluate = study.at(start, stop)
        a, b = evaluate(made_a), evaluate(made_b)
        statistics = [*Basics.statistics(a, b), *np.empty((3 * count, stop - start))]
        to_b, to_a, turned = [], [], []
        for place, group in enumerate(members):
            moved = evaluate(_mixed(study, first, other, made_a, made_b, group)) - a
            statistics[4 + place] = moved.mean(axis=0)
            statistics[4 + count + place] = cross(b, moved)
            statistics[4 + 2 * count + place] = 0.5 * cross(moved, moved)
            turned.append((moved != 0.0).any(axis=0))
            if second:
                back = evaluate(_mixed(study, other, first, made_b, made_a, group)) - b
                to_b.append(moved)
                to_a.append(back)
        for i, j in combinations(range(len(to_b)), 2):
            # Either of the two may be the one taken from B: both are run, so both are used.
            statistics.append(0.5 * (cross(to_a[i], to_b[j]) + cross(to_a[j], to_b[i])))
        return nets.sums(np.array([*statistics, *turned]), start)

    sums: Array | None = None
    with (
        progress_bar("Sobol' indices", total=n, show=progress) as bar,
        closing(in_order(run, chunks(n, study.chunk), workers=study.workers)) as parts,
    ):
        done = 0
        for stop, (first_net, part) in parts:
            if sums is None:
                sums = np.zeros((n // nets.size, part.shape[1]))
            sums[first_net : first_net + part.shape[0]] += part
            bar.advance(stop - done)
            done = stop
    assert sums is not None
    return sums


def _mixed(study: Study, own: Array, other: Array, made_own: Array, made_other: Array, group: list[int]) -> Array:
    """Give the parameters of points with some inputs from others."""
    inputs = study.inputs
    if max(group) < len(inputs.parameters):
        # What is tied is moved together, so the rest keeps its values.
        made = made_own.copy()
        made[group] = made_other[group]
        return made
    uniforms = own.copy()
    uniforms[group] = other[group]
    return inputs.values(uniforms)
