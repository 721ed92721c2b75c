"""Pick and freeze: points of two independent samples with one group of inputs exchanged at a time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from forecast.sensitivity.adding import added_up
from forecast.sensitivity.groups import meanings_of
from forecast.sensitivity.indices import Index, Indices
from forecast.sensitivity.moments import Basics, check_varies, cross, described, unseen
from forecast.sensitivity.nets import LEAST, Nets, Ratios, ratios
from forecast.sensitivity.study import Study

__all__ = ["net_sums", "pick_freeze", "shares"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def pick_freeze(study: Study, kind: str, groups: Mapping[str, tuple[str, ...]], n: int, *, second: bool) -> Indices:
    """Estimate Sobol' indices of groups; :func:`forecast.sobol` has the formulas and says what the arguments are."""
    sums, reference = net_sums(study, list(groups.values()), n, second=second)
    basics = Basics.of(sums[:, :4], study, reference)
    check_varies(basics, study)
    count = len(groups)
    pairs = list(combinations(groups, 2)) if second else []

    touched, lucks = sums[:, -count:].any(axis=0), len(study.lucks)
    extra = np.zeros(2 * count + len(pairs))
    extra[:count] = unseen(study, basics, touched, n, lucks)
    extra[count : 2 * count] = unseen(study, basics, touched, n, lucks * (lucks - 1))
    found = ratios(sums, lambda sums: _parts(sums, count), extra=extra)
    names = [*groups, *groups, *(f"{one} x {other}" for one, other in pairs)]
    kinds = ["first"] * count + ["total"] * count + ["second"] * len(pairs)
    evaluations = n * (2 + count * (2 if second else 1)) * max(len(study.lucks), 1)
    return described(
        study,
        basics,
        rows=_rows(names, kinds, found),
        meanings=meanings_of(study.inputs, groups, kind, study.claims),
        measure="share of the variance" if study.looked is None else "share of the variance of the mean over luck",
        n=n,
        evaluations=evaluations,
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
    found = _parts(sums, count)
    return np.asarray(found[..., :-1] / found[..., -1:])


def _parts(sums: Array, count: int) -> Array:
    """Return the parts of the variance in the order of :func:`shares`, and last the variance."""
    head, rest = sums[..., :4], sums[..., 4:]
    size = head[..., :1]
    moved, product = rest[..., :count], rest[..., count : 2 * count]
    # B*(AB_i - A) with B less the mean of all.
    first = product / size - Basics.middle(head)[..., np.newaxis] * moved / size
    other = rest[..., 2 * count : -count] / size
    return np.concatenate([first, other, Basics.variance_of(head)[..., np.newaxis]], axis=-1)


def _rows(names: list[str], kinds: list[str], found: Ratios) -> tuple[Index, ...]:
    columns = (found.estimate, found.error, found.lower, found.upper)
    rows = [Index(name, kind, *map(float, row)) for name, kind, *row in zip(names, kinds, *columns, strict=True)]
    order = {kind: place for place, kind in enumerate(("total", "first", "second"))}
    return tuple(sorted(rows, key=lambda row: (order[row.kind], -row.estimate, row.parameter)))


def net_sums(study: Study, groups: list[tuple[str, ...]], n: int, *, second: bool) -> tuple[Array, float]:
    """Run everything and add up, net by net.

    Returns
    -------
    sums : ndarray
        Shape (net, statistic): the basics, then AB_i - A, B*(AB_i - A) and (A - AB_i)*(A - AB_i) / 2 of every group,
        (BA_i - B)*(AB_j - A) of every pair, and of every group the worlds in which it changes anything.
    reference : float
        What was taken off the quantity first.
    """
    inputs = study.inputs
    count = len(groups)
    pairs = np.triu_indices(count, 1) if second else (np.zeros(0, dtype=np.intp),) * 2
    # In alphabetical order, so that the order in which parameters are given changes nothing.
    dims = sorted(inputs.names)
    nets = Nets([*(f"A {name}" for name in dims), *(f"B {name}" for name in dims)], n, study.how.seed)
    places = [dims.index(name) for name in inputs.names]
    members = [[inputs.names.index(name) for name in names] for names in groups]
    reference = study.reference(inputs.values(nets.uniforms(0, LEAST)[: len(dims)][places]))

    def run(start: int, stop: int) -> tuple[int, Array]:
        uniforms = nets.uniforms(start, stop)
        first, other = uniforms[: len(dims)][places], uniforms[len(dims) :][places]
        made_a, made_b = inputs.values(first), inputs.values(other)
        evaluate = study.at(start, stop)
        b, a = evaluate(made_b) - reference, evaluate(made_a) - reference
        evaluate.remember()
        statistics = np.empty((4 + 4 * count, stop - start))
        statistics[:4] = Basics.statistics(a, b)
        to_b, to_a = np.empty((2, count if second else 0, *a.shape))
        for place, group in enumerate(members):
            moved = evaluate(_mixed(study, first, other, made_a, made_b, group)) - reference - a
            statistics[4 + place] = moved.mean(axis=0)
            statistics[4 + count + place] = cross(b, moved)
            statistics[4 + 2 * count + place] = 0.5 * cross(moved, moved)
            statistics[4 + 3 * count + place] = evaluate.changed()
            if second:
                to_b[place] = moved
                to_a[place] = evaluate(_mixed(study, other, first, made_b, made_a, group)) - reference - b
        at, singles = nets.sums(statistics, start)
        both = [_crossed(*parts)[pairs] for parts in nets.parts(to_a, to_b)] if second else np.empty((len(singles), 0))
        return at, np.hstack([singles[:, : 4 + 3 * count], both, singles[:, 4 + 3 * count :]])

    statistics = 4 + 4 * count + len(pairs[0])
    sums = added_up(study, run, n=n, statistics=statistics, label="Sobol' indices")
    return sums, reference


def _crossed(to_a: Array, to_b: Array) -> Array:
    """Add up the products of every two groups over worlds and different lucks: (group, luck, world) to (group, group).

    Either of a pair may be the one taken from B: both are run, so both are used.
    """
    lucks = to_a.shape[1]
    found = np.asarray(to_a.sum(axis=1) @ to_b.sum(axis=1).T)
    if lucks > 1:
        found -= sum(to_a[:, luck] @ to_b[:, luck].T for luck in range(lucks))
        found /= lucks * (lucks - 1)
    return 0.5 * (found + found.T)


def _mixed(study: Study, own: Array, other: Array, made_own: Array, made_other: Array, group: list[int]) -> Array:
    """Return the parameters of points with some inputs from others."""
    inputs = study.inputs
    if not inputs.chosen:
        # What is tied is moved together, so the rest keeps its values. In a pool a value depends on whose belief it is.
        made = made_own.copy()
        made[group] = made_other[group]
        return made
    uniforms = own.copy()
    uniforms[group] = other[group]
    return inputs.values(uniforms)
