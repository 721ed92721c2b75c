"""Beliefs that come to be known in random orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast.sensitivity.adding import added_up
from forecast.sensitivity.groups import meanings_of
from forecast.sensitivity.indices import Index, Indices
from forecast.sensitivity.moments import Basics, check_varies, cross, described, unseen
from forecast.sensitivity.nets import LEAST, Nets, ratios
from forecast.sensitivity.permutations import Permutations
from forecast.sensitivity.study import Study

__all__ = ["permuted"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


def permuted(study: Study, kind: str, groups: Mapping[str, tuple[str, ...]], n: int) -> Indices:
    """Estimate Shapley effects of groups that share no input; :func:`forecast.shapley` has the formula."""
    # Neither the order of groups or members nor a group's name says anything.
    names = sorted(groups, key=lambda name: sorted(groups[name]))
    sums, reference = _sums(study, [tuple(sorted(groups[name])) for name in names], n)
    basics = Basics.of(sums[:, :4], study, reference)
    check_varies(basics, study)

    def parts(sums: Array) -> Array:
        variance = Basics.variance_of(sums[..., :4])[..., np.newaxis]
        return np.concatenate([sums[..., 4 : 4 + len(names)] / sums[..., :1], variance], axis=-1)

    touched = sums[:, 4 + len(names) :].any(axis=0)
    found = ratios(sums, parts, extra=unseen(study, basics, touched, n, len(study.lucks)))
    columns = (found.estimate, found.error, found.lower, found.upper)
    rows = [Index(name, "shapley", *map(float, row)) for name, *row in zip(names, *columns, strict=True)]
    return described(
        study,
        basics,
        rows=tuple(sorted(rows, key=lambda row: (-row.estimate, row.parameter))),
        meanings=meanings_of(study.inputs, groups, kind, study.claims),
        measure="Shapley share of the variance" + (" of the mean over luck" if study.lucks else ""),
        n=n,
        evaluations=n * (1 + len(names)) * max(len(study.lucks), 1),
    )


def _sums(study: Study, groups: list[tuple[str, ...]], n: int) -> tuple[Array, float]:
    """Run everything and add up, net by net: the basics, then each group's share, then worlds that it changes."""
    inputs = study.inputs
    dims = sorted(inputs.names)
    ordering = [" + ".join(group) for group in groups]
    channels = [*(f"A {name}" for name in dims), *(f"B {name}" for name in dims), *(f"order {o}" for o in ordering)]
    nets = Nets(channels, n, study.how.seed)
    places = [dims.index(name) for name in inputs.names]
    reference = study.reference(inputs.values(nets.uniforms(0, LEAST)[: len(dims)][places]))

    def run(start: int, stop: int) -> tuple[int, Array]:
        uniforms = nets.uniforms(start, stop)
        first, other = uniforms[: len(dims)][places], uniforms[len(dims) : 2 * len(dims)][places]
        permutations = Permutations(
            inputs, groups, first, other, np.argsort(uniforms[2 * len(dims) :], axis=0, kind="stable")
        )
        evaluate = study.at(start, stop)
        begun = before = evaluate(permutations.matrix) - reference
        shares, touched = np.zeros((2, len(groups), stop - start))
        worlds = np.arange(stop - start)
        for step in range(len(groups)):
            evaluate.remember()
            after = evaluate(permutations.advance(step)) - reference
            touched[permutations.order[step], worlds] = evaluate.changed()
            shares[permutations.order[step], worlds] = cross(before - after, begun - 0.5 * (before + after))
            before = after
        # The last point is all from the other sample.
        return nets.sums(np.array([*Basics.statistics(begun, before), *shares, *touched]), start)

    statistics = 4 + 2 * len(groups)
    sums = added_up(study, run, n=n, statistics=statistics, label="Shapley effects")
    return sums, reference
