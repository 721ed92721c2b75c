"""``check_classes``: what beliefs imply, held against reference classes that they were not made from.

A class is a gate, evidence, the ground of a prior, or only shown, which depends on the set of beliefs
(``priors/classes.toml``). Gates judge a set by what it implies before the evidence. A miss on a side that claims of the
article excuse is shown and does not count.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from forecast.arguments import whole
from forecast.beliefs import check_beliefs, read_beliefs
from forecast.engine.simulate import simulated
from forecast.errors import InvalidArgument
from forecast.estimates import counted, estimate_text, mean_error
from forecast.inference import conditioned, read_evidence
from forecast.progress import ProgressBar, progress_bar
from forecast.results import About, Result, about_of
from forecast.settings import Settings, SettingsKeywords, settings_of, takes
from forecast.world import World
from forecast.worlds import class_readings_of, world_for
from priors import available
from priors.classes import HORIZON, WIDE, Rate, ReferenceClass
from priors.edits import first_name
from priors.intervals import MASS, tails

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = [
    "HEADINGS",
    "MOST_MISSES",
    "ClassCheck",
    "ClassChecks",
    "Held",
    "check_classes",
    "checked_once",
    "held",
    "judged",
]

MOST_MISSES = 2
"""Unexcused misses that are let pass: of thirteen gates at 90% one or two are to be expected."""

HEADINGS = ("class", "role", "option", "class (90%)", "before the evidence", "after it", "verdict")
"""Of :meth:`ClassChecks.table`."""

_SHARE = "yes/no"
_AXES: Mapping[tuple[str, ...], str] = MappingProxyType({(_SHARE,): "share of worlds or cases"})
_AT_ONCE = 10_000
_FEWEST = 100
_TOLD = 2.0
"""Monte-Carlo errors between a value and the nearest end of an interval, from which on the verdict is no luck."""


@dataclass(frozen=True)
class Held:
    """A class in the unit of what it is compared with: value, central 90% and 99%."""

    value: float
    low: float
    high: float
    wide_low: float
    wide_high: float


def held(one: ReferenceClass, unit: str = _SHARE) -> Held:
    """Give a class in a unit; of a rate that is held against a share, the chance of an event within some months."""
    data = one.data
    numbers = np.array([data.value, *data.interval, *data.wide])
    if isinstance(data, Rate) and unit == _SHARE:
        numbers = -np.expm1(-numbers * one.quantity.within)
    return Held(*(float(number) for number in numbers))


@dataclass(frozen=True)
class ClassCheck:
    """One class beside what the model gives; the fields are the columns of the table.

    Attributes
    ----------
    class_, measures : str
        Its name, and what is counted among what.
    role : {"gate", "evidence", "prior", "report"}
        In this set of beliefs; only a gate judges it.
    option, quantity : str
        The treatment that the class had, and what of the model it is compared with.
    unit, model_unit : str
        Of the class and of the model's values. "yes/no" is a share of 0..1, "1" a pure number. They differ where a
        class speaks of a belief in another unit.
    value, low, high, wide_low, wide_high : float
        The class, its central 90% and its central 99%.
    prior, prior_error, posterior, posterior_error : float
        The model's share of worlds, or median over worlds, before and after the evidence, with its Monte-Carlo standard
        error; NaN where it was not read.
    spread_low, spread_high : float
        Of a belief, its central 90% before the evidence; NaN for an outcome.
    verdict : {"inside", "below", "above", "a belief", "not read", "not seen"}
        Where the prior value is, by the 90% interval. A belief is shown and has no verdict; an outcome that needs finer
        steps is not read, one that no world shows is not seen.
    outside : bool
        Whether it is outside the 99% interval too.
    resolved : bool
        Whether it is more than two Monte-Carlo errors from every end of both intervals.
    excuse : str
        The claims that excuse a gate's miss on this side, between commas; else empty.
    """

    class_: str
    measures: str
    role: str
    option: str
    quantity: str
    unit: str
    model_unit: str
    value: float
    low: float
    high: float
    wide_low: float
    wide_high: float
    prior: float
    prior_error: float
    posterior: float
    posterior_error: float
    spread_low: float
    spread_high: float
    verdict: str
    outside: bool
    resolved: bool
    excuse: str

    @property
    def judgement(self) -> Literal["inside", "excused", "missed", "not seen", ""]:
        """What it says of the beliefs; empty for what is no gate."""
        if self.role != "gate" or self.verdict in ("a belief", "not read"):
            return ""
        if self.verdict == "inside":
            return "inside"
        if self.verdict == "not seen":
            return "not seen"
        return "excused" if self.excuse else "missed"

    def class_text(self) -> str:
        """Write the class with its central 90%."""
        ends = (self.value, self.low, self.high)
        if self.unit == "yes/no":
            value, low, high = (f"{100 * end:.3g}" for end in ends)
            return f"{value}% ({low} to {high}%)"
        value, low, high = (f"{end:.3g}" for end in ends)
        return f"{value} ({low} to {high})" + ("" if self.unit == "1" else f" {self.unit}")

    def prior_text(self) -> str:
        """Write what the model gives before the evidence, with its error."""
        return estimate_text(self.prior, self.prior_error, unit=self.model_unit)

    def posterior_text(self) -> str:
        """Write what the model gives after the evidence, with its error."""
        return estimate_text(self.posterior, self.posterior_error, unit=self.model_unit)

    def verdict_text(self) -> str:
        """Write the verdict with what qualifies it."""
        parts = [self.verdict]
        if self.outside:
            parts.append(f"outside {100 * WIDE:g}%")
        if self.excuse:
            parts.append(f"excused ({self.excuse})")
        if self.judgement and not self.resolved:
            parts.append("near an end")
        return ", ".join(parts)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ClassChecks(Result):
    """All classes beside what one set of beliefs implies; index class_.

    Attributes
    ----------
    rows : tuple of ClassCheck
        In the order of ``classes.toml``.
    roles : str
        The set whose roles the classes have.
    axes : mapping of tuple of str to str
        Units that share an axis of the picture, with its label; classes in other units are not drawn.
    """

    rows: tuple[ClassCheck, ...]
    roles: str
    axes: Mapping[tuple[str, ...], str] = field(default_factory=lambda: _AXES)

    row, index = ClassCheck, ("class_",)

    @property
    def judging(self) -> tuple[ClassCheck, ...]:
        """The gates."""
        return tuple(row for row in self.rows if row.judgement)

    @property
    def inside(self) -> tuple[ClassCheck, ...]:
        """The gates that hold the prior value in their 90% interval."""
        return self._judged("inside")

    @property
    def excused(self) -> tuple[ClassCheck, ...]:
        """The gates that miss on a side that claims excuse."""
        return self._judged("excused")

    @property
    def missed(self) -> tuple[ClassCheck, ...]:
        """The gates that miss without excuse."""
        return self._judged("missed")

    @property
    def near(self) -> tuple[ClassCheck, ...]:
        """The gates whose verdict another seed may turn: within two Monte-Carlo errors of an end."""
        return tuple(row for row in self.judging if not row.resolved)

    def _judged(self, judgement: str) -> tuple[ClassCheck, ...]:
        return tuple(row for row in self.rows if row.judgement == judgement)

    @property
    def passed(self) -> bool:
        """Whether at most two gates miss without excuse, and none of these is outside its 99% interval."""
        return len(self.missed) <= MOST_MISSES and not any(row.outside for row in self.missed)

    def table(self) -> list[tuple[str, ...]]:
        """Write the classes under :data:`HEADINGS`, the gates first."""
        return [
            (
                row.class_,
                row.role,
                row.option,
                row.class_text(),
                row.prior_text(),
                row.posterior_text(),
                row.verdict_text(),
            )
            for row in self.by_role()
        ]

    def by_role(self) -> list[ClassCheck]:
        """Return the rows, the gates first, otherwise in their order."""
        return sorted(self.rows, key=lambda row: not row.judgement)

    def say(self) -> str:
        """Say how many gates are inside, excused and missed, and name those that are not inside."""
        counts = f"{len(self.inside)} inside, {len(self.excused)} excused, {len(self.missed)} missed"
        parts = [f"{counted(len(self.judging), 'gate')}: {counts}"]
        if unseen := self._judged("not seen"):
            parts[0] += f", {len(unseen)} not seen in any world"
        parts += [f"{row.class_} {row.verdict} its class and excused by {row.excuse}" for row in self.excused]
        for row in self.missed:
            far = f", outside {100 * WIDE:g}% too" if row.outside else ""
            parts.append(f"{row.class_} {row.verdict} its class, {row.prior_text()} against {row.class_text()}{far}")
        if self.near:
            names = ", ".join(row.class_ for row in self.near)
            parts.append(f"within two Monte-Carlo errors of an end, so that another seed may say otherwise: {names}")
        return "; ".join(parts) + "."

    def whose_roles(self) -> str:
        """Say whose roles the classes have; empty where they are those of the set itself."""
        return "" if self.roles == self.about.beliefs else f"Roles as in the set {self.roles!r}."

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"roles": self.roles, "passed": self.passed}

    def _line(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        said = " ".join(filter(None, (self.say(), self.whose_roles())))
        return f"{verdict}: {said} {self.about.worlds:,} worlds"

    def _page(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        return HEADINGS, self.table()


@takes(SettingsKeywords)
def check_classes(
    beliefs: str | Path | PriorSet | None = None,
    *,
    evidence: str | Path | Evidence | None = None,
    settings: Settings | None = None,
    **keywords: Unpack[SettingsKeywords],
) -> ClassChecks:
    """Hold what a set of beliefs implies against reference classes.

    The gates judge the prior predictive: what beliefs imply before the evidence, under the option that each class
    speaks of. Of a dozen intervals of 90% one or two would miss by chance, so the set fails on three unexcused
    misses, or on one outside the 99% interval. The posterior is shown beside.

    Parameters
    ----------
    beliefs : str, Path or PriorSet, optional
        A shipped set's name, a file, or a set; the world's own by default. An edited set has the roles of the set that
        it was edited from; a set that no class names, such as a pool, has those of the world's own. The result's
        ``roles`` says which.
    evidence : str, Path or Evidence, optional
        Of the posterior values, as for :func:`forecast.load_evidence`: the world's own by default; "none" shows the
        prior alone.
    settings : Settings, optional
        How the worlds of each simulation are run: at least 100 of them, and over 24 months, of which classes speak.
    **keywords
        The fields of :class:`forecast.Settings`, in place of it; and ``world``, which must be one that has classes.

    Returns
    -------
    ClassChecks
        A row a class with both values and their Monte-Carlo errors, and ``passed``. Shares are of the worlds in which
        the class can be seen; strengths are medians over worlds. How long an assault lasts needs steps finer than a
        month: these two classes, which are no gates, are not read. ``plot(only_gates=True)`` leaves out the classes
        that judge nothing.

    Raises
    ------
    InvalidArgument
        For a number outside its domain, other months, beliefs of another kind, or a world without classes.
    UnknownPriorSet, UnknownPrior, UnknownEvidence, UnknownArgument
        For a name that does not exist, or beliefs that do not cover the world model.
    InvalidEvidence, InvalidFile, InvalidPrior, FailedFit
        As for :func:`forecast.fit`.

    Examples
    --------
    >>> import forecast
    >>> found = forecast.check_classes("article", evidence="none", worlds=500, progress=False)
    >>> found.passed, len(found.judging)
    (True, 13)
    """
    how = settings_of(settings, keywords)
    world = world_for(beliefs, keywords.get("world"))
    own = class_readings_of(world)
    if own is None:
        raise InvalidArgument(
            f"the world {world.name!r} has no reference classes",
            expected="a world that the package ships with some",
            mend="leave them out",
        )
    how.without("months", where="check_classes")
    whole("worlds", how.worlds, _FEWEST, 10_000_000)
    believed, known = read_beliefs(beliefs, world), read_evidence(evidence, world)
    check_beliefs(believed, world)
    known.applied(believed)
    classes = own.known_classes()
    steps = -(-how.worlds // _AT_ONCE) * (1 + bool(known.items))
    with progress_bar("Reference classes", total=steps, show=how.progress) as bar:
        before = _readings(believed, own, world, classes, how, bar)
        after = _Readings({}, before.about)
        if known.items:
            fit = conditioned(believed, known, seed=how.seed, progress=how.progress, world=world)
            after = _readings(fit, own, world, classes, how, bar)
    roles = _roles_of(believed, world)
    return ClassChecks(
        about=replace(after.about, worlds=how.worlds, beliefs=believed.name, evidence=known.name),
        rows=tuple(
            judged(one, one.role(roles), before.values.get(name), after.values.get(name), units=own.units(one))
            for name, one in classes.items()
        ),
        roles=roles,
        axes=own.AXES,
    )


_KEPT: dict[tuple[str, str, str], ClassChecks] = {}
_MOST_KEPT = 16


def checked_once(beliefs: PriorSet, world: World) -> ClassChecks | None:
    """Check beliefs before any evidence, with the defaults of :func:`check_classes`; each set once in a process.

    What a run reports of its beliefs does not depend on the worlds or the seed of that run. None of a world that has no
    classes.
    """
    if class_readings_of(world) is None:
        return None
    key = beliefs.name, beliefs.hash, world.hash
    if key not in _KEPT:
        while len(_KEPT) >= _MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[key] = check_classes(beliefs, evidence="none", world=world, progress=False)
    return _KEPT[key]


@dataclass(frozen=True)
class _Readings:
    """What was read of each class, one value a world that shows it, and what these worlds are about."""

    values: Mapping[str, NDArray[Any]]
    about: About


def _readings(
    source: PriorSet | xr.DataTree,
    own: ModuleType,
    world: World,
    classes: Mapping[str, ReferenceClass],
    settings: Settings,
    bar: ProgressBar,
) -> _Readings:
    """Read every class, a part of the worlds at a time, so that memory does not grow with their number."""
    options = list(dict.fromkeys(one.option for one in classes.values() if one.quantity.subject == "outcome"))
    parts: dict[str, list[NDArray[Any]]] = {}
    about, how = About(), replace(settings, months=HORIZON, progress=False)
    for start in range(0, how.worlds, _AT_ONCE):
        part = range(start, min(start + _AT_ONCE, how.worlds))
        outcomes = simulated(source, options=options, worlds=part, settings=how, world=world)
        if outcomes.attrs["ended"] == "interrupted":
            # No verdict is to rest on what happens to be there.
            raise KeyboardInterrupt
        about = about_of(outcomes, unit="")
        for name, one in classes.items():
            values = own.read_class(one, outcomes)
            if values is not None:
                parts.setdefault(name, []).append(values)
        bar.advance()
    return _Readings({name: np.concatenate(values) for name, values in parts.items()}, about)


def _roles_of(beliefs: PriorSet, world: World) -> str:
    """Return the set whose roles the classes have: its own where it is shipped and no pool, else the world's."""
    name = first_name(beliefs)
    return name if name in available() and beliefs.pooled is None else str(world.beliefs)


def judged(
    one: ReferenceClass,
    role: str,
    before: NDArray[Any] | None,
    after: NDArray[Any] | None = None,
    *,
    units: tuple[str, str] = (_SHARE, _SHARE),
) -> ClassCheck:
    """Hold a class against what was read of it in worlds.

    Parameters
    ----------
    one : ReferenceClass
        The class.
    role : str
        Its role in the set of beliefs.
    before, after : ndarray, optional
        One value a world that shows it, before and after the evidence: bool for what did or did not happen. None for
        what was not read.
    units : tuple of str
        That of the class, and that of what was read.
    """
    (unit, model_unit), of = units, held(one, units[0])
    belief, whether = one.quantity.subject != "outcome", one.quantity.subject == "structure"
    (prior, prior_error), (posterior, posterior_error) = (_value(values, whether) for values in (before, after))
    spread = (np.nan, np.nan)
    if belief and before is not None and not whether:
        low, high = np.quantile(before, tails(MASS))
        spread = float(low), float(high)
    verdict, outside, resolved, excuse = "a belief", False, False, ""
    if not belief:
        if before is None:
            verdict = "not read"
        elif np.isnan(prior):
            verdict = "not seen"
        else:
            verdict = "below" if prior < of.low else "above" if prior > of.high else "inside"
            outside = not of.wide_low <= prior <= of.wide_high
            ends = (of.wide_low, of.low, of.high, of.wide_high)
            resolved = min(abs(prior - end) for end in ends) > _TOLD * prior_error
            if role == "gate" and one.excuse is not None and one.excuse.side == verdict:
                excuse = ", ".join(one.excuse.claims)
    return ClassCheck(
        one.name,
        one.measures,
        role,
        one.option,
        str(one.quantity),
        unit,
        model_unit,
        of.value,
        of.low,
        of.high,
        of.wide_low,
        of.wide_high,
        prior,
        prior_error,
        posterior,
        posterior_error,
        *spread,
        verdict,
        bool(outside),
        bool(resolved),
        excuse,
    )


def _value(values: NDArray[Any] | None, whether: bool) -> tuple[float, float]:
    """Return a share of worlds, or else a median, with its Monte-Carlo standard error; NaN where there is no world."""
    if values is None or not values.size:
        return np.nan, np.nan
    if values.dtype == bool or whether:
        return float(values.mean()), mean_error(values, event=True)
    # The distance of the order statistics that are half a standard error of ranks from the middle, on either side.
    ordered, n = np.sort(values), values.size
    low, high = (ordered[min(max(round((n + side * np.sqrt(n)) / 2), 0), n - 1)] for side in (-1, 1))
    return float(np.median(values)), float(high - low) / 2
