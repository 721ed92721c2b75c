"""``run``: from beliefs and evidence to gates, outcomes, comparison and decision, in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from forecast.arguments import flag
from forecast.beliefs import check_beliefs, read_beliefs
from forecast.comparison import compare
from forecast.decision.decide import Decision, decide
from forecast.decision.utility import utility
from forecast.decision.values import Values
from forecast.diagnostics.classes import checked_once
from forecast.diagnostics.gates import Gates, check
from forecast.diagnostics.predictive import EXTREME, unexpected
from forecast.engine.simulate import simulated
from forecast.errors import FailedFit, InvalidArgument, InvalidWorld, kind_of, near_matches
from forecast.estimates import counted, estimate_text
from forecast.files import check_out, place, staged
from forecast.inference import check_method, conditioned, is_fit, read_evidence
from forecast.options import baseline_of
from forecast.outcomes.dataset import titles
from forecast.outcomes.unknown import unknown
from forecast.progress import progress_bar
from forecast.question import Choice, ChoiceKeywords, asked_choice
from forecast.results import About, about_of
from forecast.schema import SHARE, outcomes_of, states_of
from forecast.settings import Settings, takes
from forecast.structures.cells import open_structures
from forecast.structures.ranges import structure_ranges
from forecast.structures.result import StructureRanges
from forecast.tables import page_of
from forecast.world import World
from forecast.worlds import class_readings_of, world_of
from priors import PriorSet

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from forecast.diagnostics.classes import ClassChecks
    from forecast.evidence import Evidence

__all__ = ["INDIFFERENCE", "TABLES", "Run", "check_place", "figures_of", "files_of", "run", "run_in_stages"]

type Stage = Callable[[str, bool], AbstractContextManager[None]]
"""Told what is being done, and whether it draws a bar of its own."""

TABLES = ("forecast.nc", "comparison.csv", "decision.csv", "gates.csv")
"""The files beside the pictures."""

_STRUCTURES = "structures.csv"
"""And one more where ranges over structures were asked for."""

INDIFFERENCE = 0.005
"""The largest difference of utility that counts as none: half a hundredth of the way from worst to best."""


@dataclass(frozen=True, repr=False, kw_only=True)
class Run:
    """What one run found.

    Attributes
    ----------
    outcomes : xarray.Dataset
        As :func:`forecast.simulate` gives them, with the state of the gates in their attrs.
    fit : xarray.DataTree or None
        The posterior behind them; None for beliefs as they stand.
    gates : Gates
        Whether the beliefs, the fit and the worlds can be relied on.
    comparison : pandas.DataFrame
        Of :func:`forecast.compare`, against ``baseline``.
    decision : Decision
        Of :func:`forecast.decide`, by ``values``; differences of utility up to :data:`INDIFFERENCE` count as none.
    values : Values
        By what outcomes are valued.
    baseline : str
        The option that the others are compared with.
    structures : StructureRanges or None
        How far outcomes could be from their estimates because of structures that are not known; None if not asked for.
    classes : ClassChecks or None
        The beliefs before the evidence held against reference classes, in worlds of their own; None where left out.

    Examples
    --------
    >>> import forecast
    >>> district = forecast.load_world("district")
    >>> result = forecast.run(world=district, evidence="none", worlds=200, structures=False, progress=False)
    >>> result.headings()
    ['Option', 'Calm', 'Truce', 'Raids', 'Rebels']
    >>> result.headline()[-1]
    ['Patrols and talks', '42.5 ± 3.5 %', '85.0 ± 2.5 %', '23.6 ± 2.0', '340 ± 40']
    """

    outcomes: xr.Dataset
    fit: xr.DataTree | None
    gates: Gates
    comparison: pd.DataFrame
    decision: Decision
    values: Values
    baseline: str
    structures: StructureRanges | None = None
    classes: ClassChecks | None = None

    @property
    def about(self) -> About:
        """What it is about."""
        return about_of(self.outcomes, values=self.values.title)

    @property
    def world(self) -> World:
        """The world that was run, as its outcomes carry it."""
        return world_of(self.outcomes.attrs)

    @property
    def whose(self) -> str:
        """Whose beliefs on what evidence, and the seed, in words."""
        return f"{self.about.whose}; seed {self.about.seed}"

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The items of evidence that the beliefs did not expect, as :func:`forecast.predictive_checks` judges them."""
        return () if self.fit is None else unexpected(self.fit)

    def headings(self) -> list[str]:
        """Return the headings of :meth:`headline`."""
        return ["Option", *self.world.columns.values()]

    def headline(self) -> list[list[str]]:
        """Write the headline table: a row an option, its title and then the columns of the world."""
        pairs = self.comparison[["estimate", "error"]].to_numpy().tolist()
        found = dict(zip(self.comparison.index.tolist(), pairs, strict=True))
        known = outcomes_of(self.outcomes)
        units = {name: "yes/no" if known[name].is_event else "1" for name in self.world.columns}
        return [
            [title, *(self._cell(name, option, found[name, option], unit) for name, unit in units.items())]
            for option, title in titles(self.outcomes).items()
        ]

    def _cell(self, name: str, option: str, pair: Sequence[float], unit: str) -> str:
        text = estimate_text(*pair, unit=unit)
        if self.structures is None or not self.structures.structures:
            return text
        return f"{text} ({self.structures.of(name, option).text(*pair)})"

    def caption(self) -> str:
        """Say what the headline table is of."""
        worlds = counted(self.about.worlds, "possible world")
        return (
            f"By month {self.about.months} after {self.world.since}, in {worlds} ({self.whose}). "
            f"{self._columns_note()}each ± its Monte-Carlo standard error{self._structures_note()}."
            f"{self._conflict_note()}"
        )

    def _conflict_note(self) -> str:
        conflicts = self.conflicts
        if not conflicts:
            return ""
        return (
            " Evidence in conflict with the beliefs, which gave what was seen a two-sided tail probability under "
            f"{100 * EXTREME:g}%: {', '.join(conflicts)}."
        )

    def _columns_note(self) -> str:
        """Say which columns are probabilities, and in what unit the others are."""
        known = outcomes_of(self.outcomes)
        means = [
            _meant(heading, known[name].unit)
            for name, heading in self.world.columns.items()
            if not known[name].is_event
        ]
        parts = ["probabilities in %"] if len(means) < len(self.world.columns) else []
        if means:
            *others, last = means
            parts.append(f"{', '.join(others)}, and {last}, as means" if others else f"{last} as the mean")
        note = f"{', '.join(parts)}; " if parts else ""
        return note[:1].upper() + note[1:]

    def _structures_note(self) -> str:
        if self.structures is None or not self.structures.structures:
            return ""
        return (
            "; in brackets where the mean would lie (90%) if it were known which of "
            f"{counted(len(self.structures.structures), 'link')} between the parts of the world exist"
        )

    def save(self, out: str | Path, *, figures: bool = True, progress: bool = True) -> list[Path]:
        """Write the files that ``forecast run`` writes, all of them or none.

        Parameters
        ----------
        out : str or Path
            The folder; made if need be. Files of an earlier run are replaced.
        figures : bool
            Draw pictures; those of an earlier run are removed otherwise.
        progress : bool
            Show a bar if it takes more than two seconds.

        Returns
        -------
        list of Path
            :data:`TABLES`, then figures/.

        Raises
        ------
        FileNotWritable
            If the folder cannot be written to; nothing is changed then.
        """
        return self.save_in_stages(out, figures=figures, progress=progress, stage=_silent)

    def save_in_stages(self, out: str | Path, *, figures: bool, progress: bool, stage: Stage) -> list[Path]:
        """Write the files as :meth:`save` does, and tell of each stage."""
        drawn = figures_of(self.world, self.outcomes.sizes["option"]) if figures else ()
        names = files_of(drawn, structures=self.structures is not None)
        if not isinstance(out, str | Path):
            raise InvalidArgument(f"out is {kind_of(out)}", expected="a folder", mend='pass "out", say')
        folder = check_place(str(out), self.world)
        every = files_of(_drawable(), structures=True)
        with staged(folder) as place_of:
            if drawn:
                with stage("drawing", True):
                    self._draw(drawn, place_of, progress)
            with stage("saving", False):
                self._write(place_of)
                place(place_of, folder, names, stale=[name for name in every if name not in names])
        return [folder / name for name in names]

    def _draw(self, names: Sequence[str], folder: Path, progress: bool) -> None:
        from forecast import plots

        compared, whole = {"trajectories", "differences"}, _whole(self.outcomes)
        ranged = {"differences", "trade_off"}
        with progress_bar("Drawing", total=len(names), show=progress) as bar:
            for name in names:
                function = getattr(plots, name)
                given: dict[str, Any] = {"baseline": self.baseline} if name in compared else {}
                if name in ranged and self.structures is not None:
                    given["structures"] = self.structures
                file = folder / _picture(name)
                file.parent.mkdir(exist_ok=True)
                plots.save(function(whole, **given), file)
                bar.advance()

    def _write(self, folder: Path) -> None:
        from forecast.store import save

        save(self.outcomes, folder / "forecast.nc")
        tables = {"comparison.csv": self.comparison, "decision.csv": self.decision.to_frame()}
        said = self.about.columns()
        frames = {name: table.assign(**said) for name, table in tables.items()}
        # There "evidence" is what a gate was judged by.
        whose_gates = {"beliefs": said["beliefs"], "evidence_set": said["evidence"]}
        if self.structures is not None:
            frames[_STRUCTURES] = self.structures.to_frame().assign(**said)
        frames["gates.csv"] = self.gates.to_frame().assign(**whose_gates)
        for name, table in frames.items():
            with open(folder / name, "w", encoding="utf-8", newline="") as file:
                table.to_csv(file, lineterminator="\n")

    def __repr__(self) -> str:
        about = self.about
        broken = f" GATES BROKEN: {about.gates.broken}." if about.gates.failed else ""
        return f"Run({self.whose}; {about.worlds:,} worlds, {about.months} months.{broken} {self.decision.say()})"

    def _repr_html_(self) -> str:
        headings = ["option", *self.world.columns.values()]
        return page_of(headings, self.headline(), self.caption()) + self.decision._repr_html_()


def _meant(heading: str, unit: str) -> str:
    """Name a column that is no probability, with its unit where the heading does not say it."""
    words = heading if heading[1:2].isupper() else heading[:1].lower() + heading[1:]
    if words.endswith(unit):
        return f"the number of {words}"
    return words if unit == SHARE else f"{words} ({unit})"


@takes(ChoiceKeywords)
def run(
    beliefs: str | Path | PriorSet | None = None,
    *,
    evidence: str | Path | Evidence | None = None,
    method: Literal["auto", "importance", "nuts"] = "auto",
    baseline: str | None = None,
    structures: bool = True,
    classes: bool = True,
    settings: Settings | None = None,
    **keywords: Unpack[ChoiceKeywords],
) -> Run:
    """Condition beliefs on evidence, run every option in the same worlds, compare them and say which is best.

    This is what the command ``forecast run`` does, with the same numbers to the last digit.

    Parameters
    ----------
    beliefs : str, Path or PriorSet, optional
        A shipped set's name, a file, or a set; those that the world declares by default.
    evidence : str, Path or Evidence, optional
        What beliefs are conditioned on, as for :func:`forecast.load_evidence`: the world's first set by default; "none"
        leaves beliefs as they stand.
    method : {"auto", "importance", "nuts"}
        How the posterior is sampled, as for :func:`forecast.fit`.
    baseline : str, optional
        Name of the option to compare with; doing nothing or else the first by default.
    structures : bool
        Give the range of every outcome over structures that are not known (:func:`forecast.structure_ranges`), which
        takes about ten seconds, and is kept on disk.
    classes : bool
        Hold the beliefs against reference classes too, as :func:`forecast.check_classes` does by default, whatever the
        worlds and seed of this run; half a second, once for a set of beliefs. False skips that gate, and so does a
        world that has none.
    settings : Settings, optional
        How worlds are run. The seed is that of the fit as well.
    **keywords
        ``values`` (as for :func:`forecast.utility`; the world's first by default), ``options`` (all that it declares by
        default), and the fields of :class:`forecast.Settings`, in place of them; and ``world``, the shipped one by
        default.

    Returns
    -------
    Run
        Outcomes, fit, gates, comparison and decision; ``.save("out")`` writes the files of ``forecast run``. Stopped
        with Ctrl-C while worlds run it holds those that are complete, marked in ``outcomes.attrs["ended"]``.

    Raises
    ------
    InvalidArgument
        For a number outside its domain, or more worlds than memory holds.
    UnknownPriorSet, UnknownPrior, UnknownEvidence, UnknownOption, UnknownValues, UnknownArgument
        For a name that does not exist.
    InvalidEvidence, InvalidOption, InvalidValues, InvalidFile
        For what cannot be used.
    FailedFit
        As for :func:`forecast.fit`.

    Examples
    --------
    >>> import forecast
    >>> district = forecast.load_world("district")
    >>> result = forecast.run(world=district, evidence="none", worlds=200, structures=False, progress=False)
    >>> result.decision.verdict.best, result.fit is None
    ('both', True)
    """
    choice, how = asked_choice(beliefs, settings, keywords)
    return run_in_stages(
        beliefs,
        choice,
        how,
        evidence=evidence,
        method=method,
        baseline=baseline,
        structures=structures,
        classes=classes,
        stage=_silent,
    )


def run_in_stages(
    beliefs: str | Path | PriorSet | None,
    choice: Choice,
    settings: Settings,
    *,
    evidence: str | Path | Evidence | None,
    method: str,
    baseline: str | None,
    structures: bool,
    classes: bool,
    stage: Stage,
) -> Run:
    """Run as :func:`run` does, and tell of each stage."""
    flag("structures", structures)
    flag("classes", classes)
    chosen, wanted, seed, progress = choice.options, choice.values, settings.seed, settings.progress
    world = choice.world
    against = baseline_of(baseline, chosen, world=world)
    with stage("reading beliefs", False):
        believed = read_beliefs(beliefs, world)
        known = read_evidence(evidence, world)
        # First of all: of beliefs of another world, evidence speaks of what they lack.
        check_beliefs(believed, world)
        known.applied(believed)
        check_method(method)
    fitting = f"fitting to {counted(len(known.items), 'item')} of evidence"
    with stage(fitting, True) if known.items else nullcontext():
        source = conditioned(believed, known, method=method, seed=seed, progress=progress, world=world)
    ranges = None
    if structures and open_structures(known.applied(believed)):
        # Before the worlds of the run: what a form's fit refuses is refused before they are made.
        with stage("looking at other structures", True):
            ranges = _ranges(
                source if is_fit(source) else believed,
                evidence=None if is_fit(source) else known,
                options=chosen.values(),
                baseline=against,
                values=wanted,
                world=world,
                months=settings.months,
                seed=seed,
                luck=settings.luck,
                backend=settings.backend,
                threads=settings.threads,
                progress=progress,
            )
    size = f"{counted(settings.worlds, 'world')} under {counted(len(chosen), 'option')}"
    with stage(f"simulating {size}", True):
        try:
            outcomes = simulated(source, options=chosen.values(), settings=settings, world=world)
        except MemoryError as error:
            raise InvalidArgument(
                f"{size} for {counted(settings.horizon(world), 'month')} do not fit into memory",
                expected="about 2.9 kB for each world, option and 24 months",
                mend="ask for fewer worlds or options",
            ) from error
    compared = None
    if classes and class_readings_of(world) is not None:
        with stage("holding beliefs against reference classes", False):
            compared = checked_once(believed, world)
    with stage("checking and comparing", False):
        fit = None if isinstance(source, PriorSet) else source
        # Worlds that failed break a gate, and have no values to count.
        whole = _whole(outcomes)
        decision = decide(utility(whole, wanted), indifference=INDIFFERENCE, structures=ranges)
        gates = check(fit, outcomes=outcomes, decision=decision, classes=compared)
        outcomes.attrs["gates"] = whole.attrs["gates"] = gates.mark
        decision = replace(decision, about=replace(decision.about, gates=about_of(outcomes).gates))
        comparison = compare(whole, baseline=against, structures=ranges)
    return Run(
        outcomes=outcomes,
        fit=fit,
        gates=gates,
        comparison=comparison,
        decision=decision,
        values=wanted,
        baseline=against,
        structures=ranges,
        classes=compared,
    )


def _ranges(beliefs: PriorSet | xr.DataTree, **asked: Any) -> StructureRanges:
    """Return the ranges over structures, and where they cannot be told, say how to do without them."""
    try:
        return structure_ranges(beliefs, **asked)
    except FailedFit as fault:
        mend = f"{fault.mend}; or leave the ranges out: structures=False, --no-structures"
        raise FailedFit(fault.given, expected=fault.expected, mend=mend) from fault


def _whole(outcomes: xr.Dataset) -> xr.Dataset:
    """Leave out worlds in which some state is no number under some option; all of them where none is left."""
    failed = np.any(
        [
            unknown(state, outcomes.variables[name].transpose("world", ...).values).any(axis=(1, 2))
            for name, state in states_of(outcomes).items()
        ],
        axis=0,
    )
    return outcomes.isel(world=np.flatnonzero(~failed)) if failed.any() and not failed.all() else outcomes


def _drawable() -> tuple[str, ...]:
    """Name the pictures that a run can have."""
    from forecast import plots

    return tuple(name for name in dir(plots) if name != "save")


def figures_of(world: World, options: int) -> tuple[str, ...]:
    """Name the pictures of a run of so many options: differences need two.

    Raises
    ------
    InvalidWorld
        If the world lists one that there is not.
    """
    known = _drawable()
    for name in world.pictures:
        if name not in known:
            raise InvalidWorld(
                f"the world {world.name!r} lists the picture {name!r:.60}",
                expected="functions of forecast.plots that draw outcomes",
                mend=near_matches(name, known),
            )
    return tuple(name for name in world.pictures if name != "differences" or options > 1)


def check_place(out: str, world: World) -> Path:
    """Refuse, before any work, a folder that the files of a run could not be written to, and pictures there are not."""
    figures_of(world, 1)
    return check_out(out, files_of(_drawable(), structures=True))


def files_of(figures: Sequence[str], *, structures: bool = False) -> list[str]:
    """Name the files of a run with some pictures, relative to its folder."""
    return [*TABLES, *([_STRUCTURES] if structures else []), *(_picture(name) for name in figures)]


def _picture(name: str) -> str:
    return f"figures/{name}.png"


def _silent(_: str, __: bool) -> AbstractContextManager[None]:
    return nullcontext()
