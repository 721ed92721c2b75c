"""``structure_ranges``: how far every outcome could be from its estimate because of structures that are not known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast

import numpy as np

from forecast.arguments import flag, whole
from forecast.beliefs import read_beliefs
from forecast.cache import content_key, keep, recall, source_hash, to_bytes
from forecast.decision.luck import own_variance
from forecast.engine.draws import Source, source_of
from forecast.estimates import half_width, spread_of
from forecast.inference import conditioned, is_fit, read_evidence
from forecast.options import baseline_of
from forecast.outcomes.derive import harmed
from forecast.posterior.carried import beliefs_of, evidence_of
from forecast.progress import progress_bar
from forecast.question import UTILITY, Choice, ChoiceKeywords, asked_choice
from forecast.results import about_of
from forecast.schema import YES_NO
from forecast.sensitivity.common_worlds import Setting, read_again
from forecast.settings import Settings, next_seed, takes
from forecast.structures.cells import Cells, cells_of
from forecast.structures.result import POLITICAL_COST, FormChoice, StructureRange, StructureRanges
from forecast.structures.spread import Spread, Sums
from forecast.versions import versions
from forecast.world import World

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = ["WORLDS", "structure_ranges"]

type Array = np.ndarray[Any, np.dtype[np.float64]]

WORLDS = 2_000
"""Worlds of each combination of forms: 96 of them make as many as a run of 192,000."""

TWICE = 10_000
"""Worlds that are run twice with other luck, to tell what parameters do within a form."""

_AT_ONCE = 8
"""Cells at a time: what they give is added up, and only that is kept."""


@takes(ChoiceKeywords, usual=Settings(worlds=WORLDS))
def structure_ranges(
    beliefs: str | Path | PriorSet | xr.DataTree | None = None,
    *,
    evidence: str | Path | Evidence | None = None,
    baseline: str | None = None,
    cache: bool = True,
    settings: Settings | None = None,
    **keywords: Unpack[ChoiceKeywords],
) -> StructureRanges:
    """Estimate how far outcomes could be from their estimates because it is not known which structures hold.

    Every combination of forms is run with the same worlds of beliefs and luck. A mean over worlds is then a number a
    combination; the range is where 90% of the weight of combinations lie, with what is luck of the draw taken out
    (:mod:`forecast.structures.spread`). What parameters do within a form is left out.

    Parameters
    ----------
    beliefs : str, Path, PriorSet or DataTree, optional
        As for :func:`forecast.run`; or a fit, with no evidence beside it.
    evidence : str, Path or Evidence, optional
        As for :func:`forecast.run`.
    baseline : str, optional
        Name of the option that differences are from; doing nothing or else the first by default.
    cache : bool
        False neither reads nor keeps the result on disk, where fits are kept.
    settings : Settings, optional
        How worlds are run, at least 100 of each combination and on no cluster.
    **keywords
        ``values``, as for :func:`forecast.utility`; ``options``, all of the world's by default;
        and the fields of :class:`forecast.Settings`, in place of it, of which ``worlds`` are 2,000 by default.

    Returns
    -------
    StructureRanges
        A row for every outcome that each world has, and utility; with no open structure every range is 0.
        ``by_form()`` tabulates the choice under each form.

    Raises
    ------
    ForecastError
        As for :func:`forecast.run`.
    FailedFit
        If evidence reaches a structure, and importance sampling cannot tell how well some form foretells it.

    References
    ----------
    Draper (1995), "Assessment and propagation of model uncertainty", *JRSS B* 57, 45-97.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs = priors.load(district.beliefs)
    >>> whether = priors.elicit("Bernoulli", parameters={"p": 0.7}, unit="1")
    >>> beliefs = beliefs.replace(talks_effect=whether, accept=True)
    >>> found = forecast.structure_ranges(beliefs, world=district, evidence="none", options=["both"], worlds=200)
    >>> found.structures, found.cells
    (('talks_effect',), 2)
    """
    choice, how = asked_choice(beliefs, settings, keywords, worlds=WORLDS)
    whole("worlds", how.worlds, 100, 2**31 - 1)
    how.without("client", where="structure_ranges")
    flag("cache", cache)
    asked = _Asked(choice, baseline_of(baseline, choice.options, world=choice.world), how)
    if is_fit(beliefs):
        source = conditioned(beliefs, evidence, seed=how.seed, progress=False, world=choice.world)
        believed, known = beliefs_of(beliefs), evidence_of(beliefs)
    else:
        believed, known = (
            read_beliefs(cast("PriorSet | None", beliefs), choice.world),
            read_evidence(evidence, choice.world),
        )
        source = conditioned(believed, known, seed=how.seed, progress=how.progress, world=choice.world)
    origin = source_of(source, choice.world)
    key = content_key(
        {
            "kind": "ranges over structures",
            "columns": list(_COLUMNS),
            "from": origin.provenance,
            "world": [choice.world.hash, list(choice.world.harms)],
            "options": [[name, option.hash] for name, option in choice.options.items()],
            "baseline": asked.baseline,
            "values": [choice.values.name, choice.values.hash],
            # NumPy and numba have the same bits.
            "size": [how.horizon(choice.world), how.worlds, how.seed]
            + ([f"luck {how.luck}"] if how.shock_seed != how.seed else [])
            + (["jax"] if how.backend == "jax" else []),
            "source": source_hash(),
            "versions": versions(),
        }
    )
    kept = recall(key, groups=["ranges"]) if cache else None
    if kept is None:
        cells = cells_of(believed, known, seed=how.seed, source=source, progress=how.progress)
        kept = _computed(cells, origin, asked)
        if cache:
            keep(key, to_bytes(kept, key=key))
    return _read(kept.children["ranges"].to_dataset(), believed, origin, asked)


_COLUMNS = tuple(field.name for field in fields(StructureRange))[3:-1]
"""The numbers of a row."""


@dataclass(frozen=True)
class _Asked:
    """What is run, checked."""

    choice: Choice
    baseline: str
    settings: Settings

    @property
    def world(self) -> World:
        return self.choice.world

    @property
    def names(self) -> list[str]:
        return list(self.choice.options)

    @property
    def quantities(self) -> tuple[str, ...]:
        return tuple(self.units)

    @cached_property
    def units(self) -> dict[str, str]:
        """The quantities and their units: the outcomes that every world has, whether there was harm, and utility."""
        own = {name: outcome.unit for name, outcome in self.world.outcomes.items() if not outcome.is_time}
        return own | ({POLITICAL_COST: YES_NO} if self.world.harms else {}) | {UTILITY: "1"}

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Pairs of options, by their places."""
        return [(one, other) for one in range(len(self.names)) for other in range(one)]

    def read(self, outcomes: Mapping[str, np.ndarray[Any, Any]]) -> Array:
        """Return levels, differences from the baseline and leads of utility, shape (number, world)."""
        place = self.names.index(self.baseline)
        known = {
            **outcomes,
            POLITICAL_COST: harmed(self.world.harms, outcomes),
            UTILITY: self.choice.values.total(outcomes),
        }
        levels = np.array([known[name].astype(np.float64) for name in self.quantities])
        both = np.stack([levels, levels - levels[:, place : place + 1]]).reshape(-1, levels.shape[-1])
        leads = [levels[-1, one] - levels[-1, other] for one, other in self.pairs]
        return np.concatenate([both, np.reshape(leads, (len(leads), levels.shape[-1]))])

    def numbers(self) -> int:
        """Count what :meth:`read` gives for each world before the leads."""
        return 2 * len(self.quantities) * len(self.names)

    def again(self, origin: Source, changes: list[Setting], **other: Any) -> Array:
        """Run the same worlds under some changes, with other settings if any: shape (change, number, world)."""
        found, _ = read_again(
            origin,
            changes,
            self.read,
            options=tuple(self.choice.options.values()),
            settings=replace(self.settings.quiet(), **other),
            label="",
            shape=(self.numbers() + len(self.pairs),),
        )
        return found


def _computed(cells: Cells, origin: Source, asked: _Asked) -> xr.DataTree:
    """Run the cells, and worlds with all structures open with two lucks, and return what is kept of them."""
    import xarray as xr

    how, count = asked.settings, asked.numbers()
    sums = Sums(cells.weights, how.worlds)
    shape = (2, len(asked.quantities), len(asked.names))
    with progress_bar("Structures", total=cells.weights.size + 2, show=how.progress) as bar:
        for number, fitted in enumerate(cells.origins):
            for some in batched(np.flatnonzero(cells.fits == number).tolist(), _AT_ONCE, strict=False):
                for one in asked.again(fitted, cells.settings(some)):
                    sums.add(one)
                bar.advance(len(some))
        size = max(TWICE, how.worlds)
        first, second = (
            asked.again(origin, [Setting()], worlds=size, luck=luck)[0, :count]
            for luck in (how.luck, next_seed(how.shock_seed))
        )
        bar.advance(2)
    spread = sums.spread(cells.errors, cells.fits)
    means = spread.means()
    read = spread.part(slice(0, count))
    ends, errors = read.ends(seed=how.seed)
    between = read.variance()
    within = np.array([_within(one, other, part) for one, other, part in zip(first, second, between, strict=True)])
    columns = {"mean": (means[:count] @ cells.weights).reshape(shape)}
    for name, values, off in zip(("low", "high", "least", "greatest"), ends, errors, strict=True):
        columns |= {f"{name}_offset": values.reshape(shape), f"{name}_error": off.reshape(shape)}
    columns |= {"within": within[:, 0].reshape(shape), "within_error": within[:, 1].reshape(shape)}
    best = int(np.argmax(columns["mean"][0, -1]))
    choices = [asdict(row) for row in _choices(cells, spread, means, best, asked)]
    data = xr.Dataset(
        {name: (("kind", "quantity", "option"), values) for name, values in columns.items()},
        attrs={"choices": json.dumps(choices), "best": asked.names[best], "cells": int(cells.weights.size)},
    )
    return xr.DataTree.from_dict({"ranges": data})


def _within(first: Array, second: Array, between: float) -> tuple[float, float]:
    """Return the spread of worlds' own means within a form: the whole of it less what lies between forms."""
    event = bool(np.isin(first, (0.0, 1.0)).all() and np.isin(second, (0.0, 1.0)).all())
    variance, error = own_variance(first, second, event=event)
    return spread_of(variance - between, error) if np.any(first) or np.any(second) else (0.0, 0.0)


def _read(data: xr.Dataset, beliefs: PriorSet, origin: Source, asked: _Asked) -> StructureRanges:
    """Return the result from what is kept."""
    numbers = np.array([data[name].values for name in _COLUMNS])
    rows = [
        StructureRange(
            quantity,
            option,
            said,
            unit=asked.units[quantity],
            **dict(zip(_COLUMNS, map(float, numbers[:, kind, number, place]), strict=True)),
        )
        for number, quantity in enumerate(asked.quantities)
        for kind, said in enumerate(("level", "difference"))
        for place, option in enumerate(asked.names)
    ]
    choices = tuple(FormChoice(**row) for row in json.loads(data.attrs["choices"]))
    choice, how = asked.choice, asked.settings
    return StructureRanges(
        about=about_of(
            origin.provenance,
            # Each quantity has its own.
            unit="",
            beliefs=beliefs.name,
            values=choice.values.name,
            worlds=how.worlds,
            months=how.horizon(choice.world),
            seed=how.seed,
        ),
        rows=tuple(rows),
        choices=choices,
        best=str(data.attrs["best"]),
        structures=tuple(dict.fromkeys(row.structure for row in choices)),
        cells=int(data.attrs["cells"]),
        titles=choice.titles,
        baseline=asked.baseline,
        option_hashes=tuple((name, option.hash) for name, option in choice.options.items()),
        values_hash=choice.values.hash,
        priors_hash=origin.provenance["priors_hash"],
        evidence_hash=origin.provenance.get("evidence_hash", ""),
    )


def _choices(cells: Cells, spread: Spread, means: Array, best: int, asked: _Asked) -> Iterator[FormChoice]:
    """Yield the choice under each form of each structure, over all forms of the others."""
    names, pairs = asked.names, asked.pairs
    forms = [(one, form) for one in cells.structures for form in one.possible]
    # Bonferroni's: over forms and rivals.
    critical = half_width(0.95, of=max(len(forms) * (len(names) - 1), 1))
    first = len(names) * (len(asked.quantities) - 1)
    for one, form in forms:
        here = cells.of(one.name) == form
        weight = float(cells.weights[here].sum())
        shares = cells.weights[here] / weight
        there = int(np.argmax(means[first : first + len(names), here] @ shares))
        behind = error = 0.0
        if there != best:
            lead = spread.sums[asked.numbers() + pairs.index((max(there, best), min(there, best)))][here]
            by_batch = (1.0 if there > best else -1.0) * (shares @ lead)
            behind = float(by_batch.sum() / spread.counts.sum())
            off = by_batch - behind * spread.counts
            error = float(np.sqrt(off.size / max(off.size - 1, 1) * (off @ off)) / spread.counts.sum())
        told = there != best and behind > critical * error
        yield FormChoice(one.name, one.forms[form], form, weight, names[there], behind, error, told)
