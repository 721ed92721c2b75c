"""``by_beliefs``: how the choice moves from one set of beliefs to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from forecast.arguments import probability, shown
from forecast.beliefs import check_beliefs, read_beliefs
from forecast.decision.choices import ChoiceRow, Choices, OptionRow, choice_in
from forecast.decision.utility import utility
from forecast.engine.simulate import simulated
from forecast.errors import InvalidArgument, kind_of
from forecast.inference import conditioned, read_evidence
from forecast.progress import progress_bar
from forecast.question import ChoiceKeywords, about_choice, asked_choice
from forecast.results import About, Column, GateState, number, word
from forecast.settings import Settings, takes
from forecast.world import World
from priors import PriorSet, available, load

if TYPE_CHECKING:
    from forecast.evidence import Evidence

__all__ = ["Believing", "ByBeliefs", "UnderBeliefs", "by_beliefs"]

type Sets = Iterable[str | PriorSet] | Mapping[str, PriorSet] | str | PriorSet


@dataclass(frozen=True)
class _Set:
    beliefs: str


@dataclass(frozen=True)
class UnderBeliefs(OptionRow, _Set):
    """One option under one set of beliefs, ``beliefs`` by name; the fields are the columns of the table of options."""


@dataclass(frozen=True)
class _Drawn(_Set):
    method: str


# The fields of the second base come before those of the first.
@dataclass(frozen=True)
class Believing(ChoiceRow, _Drawn):
    """The choice under one set of beliefs, held against that under the first; the fields are the columns of the table.

    Those of :class:`forecast.decision.choices.ChoiceRow` come after these.

    Attributes
    ----------
    beliefs : str
        The set.
    method : str
        "drawn" if worlds are from the beliefs as they stand, "refitted" if from a fit of them to the evidence.
    """


@dataclass(frozen=True, kw_only=True, repr=False)
class ByBeliefs(Choices):
    """The choice under each set of beliefs; the first set is what others are held against. Index beliefs."""

    rows: tuple[Believing, ...]
    options: tuple[UnderBeliefs, ...]

    row, index, option_row, many = Believing, ("beliefs",), UnderBeliefs, "sets"

    def say(self) -> str:
        """Return in words which sets agree with the first, and which do not."""
        first, *others = self.rows
        told = "" if first.resolved else " (not resolved)"
        parts = [f"Under {first.beliefs} “{dict(self.titles)[first.best]}”{told}."]
        same = [row.beliefs for row in others if not row.changed]
        if same:
            parts.append(f"The same under {', '.join(same)}.")
        return " ".join(parts + self._turned(first.best, lambda row: f"Under {row.beliefs}"))

    def _columns(self) -> tuple[Column, ...]:
        loses = number("what the first set's best loses", "first_behind", unit=self.about.unit)
        return word("beliefs", "beliefs"), word("worlds", "method"), *self._best(), loses


@takes(ChoiceKeywords)
def by_beliefs(
    *,
    sets: Sets | None = None,
    evidence: str | Path | Evidence | None = None,
    level: float = 0.95,
    settings: Settings | None = None,
    **keywords: Unpack[ChoiceKeywords],
) -> ByBeliefs:
    """Find which option is best under each set of beliefs, and what the choice of the first set loses under the others.

    Parameters
    ----------
    sets : iterable of str or PriorSet, mapping of str to PriorSet, or one of them, optional
        Names of shipped sets, paths of files, or sets; by default the world's own, and where that is a shipped set all
        that are shipped after it.
    evidence : str, Path or Evidence, optional
        What each set is conditioned on, as for :func:`forecast.simulate`: the world's first set by default, "none" for
        beliefs as they stand. Fits are kept on disk.
    level : float
        Joint probability, in (0, 1), that no option is wrongly said to be best under any set.
    settings : Settings, optional
        How worlds are run.
    **keywords
        ``values``, as for :func:`forecast.utility`; ``options``, all of the world's by default;
        and the fields of :class:`forecast.Settings`, in place of it.

    Returns
    -------
    ByBeliefs
        World w has the same luck under every set. From beliefs as they stand it also has the same quantile of every
        parameter, so sets differ by what they believe and not by the draw; a world of a fit picks one of its draws.
        ``utilities()`` tabulates every option under every set, and ``plot()`` draws them.

    Raises
    ------
    InvalidArgument
        If a number is outside its domain, or two sets have one name.
    UnknownPriorSet, UnknownPrior, UnknownOption, UnknownEvidence, UnknownValues, UnknownArgument
        For a name that does not exist.
    InvalidEvidence, FailedFit
        As for :func:`forecast.build_model` and :func:`forecast.fit`.

    References
    ----------
    Morgan & Henrion (1990), *Uncertainty*, section 7.3: experts who differ are kept apart before they are pooled.
    Dunn (1961), "Multiple comparisons among means", *JASA* 56, 52-64: sets share what may go wrong evenly.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> ours, weak = priors.load(district.beliefs), priors.elicit("LogNormal", interval=(0.1, 0.3), mass=0.9, unit="1")
    >>> both = {"ours": ours, "theirs": ours.replace(talks_effect=weak, accept=True)}
    >>> found = forecast.by_beliefs(sets=both, world=district, evidence="none", worlds=200)
    >>> [(row.beliefs, row.best) for row in found.rows]
    [('ours', 'both'), ('theirs', 'patrols')]
    """
    choice, how = asked_choice(None, settings, keywords)
    level = probability("level", level)
    believed, known = _named_sets(sets, choice.world), read_evidence(evidence, choice.world)
    for beliefs in believed.values():
        check_beliefs(beliefs, choice.world)
        known.applied(beliefs)
    rows: list[Believing] = []
    under: list[UnderBeliefs] = []
    about: dict[str, About] = {}
    method = "refitted" if known.items else "drawn"
    one_level = 1.0 - (1.0 - level) / len(believed)
    with progress_bar("Sets of beliefs", total=len(believed), show=how.progress) as bar:
        for name, beliefs in believed.items():
            source = conditioned(beliefs, known, seed=how.seed, progress=how.progress, world=choice.world)
            outcomes = simulated(source, options=choice.options.values(), settings=how.quiet(), world=choice.world)
            u = utility(outcomes, choice.values)
            row, by_option = choice_in(u, first=rows[0].best if rows else None, level=one_level)
            rows.append(Believing(name, method, **vars(row)))
            under += [UnderBeliefs(name, **vars(one)) for one in by_option]
            about[name] = about_choice(u, choice, how)
            bar.advance()
    return ByBeliefs(
        about=_together(about, known.name),
        rows=tuple(rows),
        options=tuple(under),
        titles=choice.titles,
        level=level,
    )


def _together(of: Mapping[str, About], evidence: str) -> About:
    """Return what the choice under several sets is about; held structures and broken gates by the names of the sets."""
    first, *others = of.values()
    marked = [
        GateState.of([f"{name}: {gate}" for gate in one.gates.failed]) if one.gates.failed else one.gates
        for name, one in of.items()
    ]
    gates = GateState.together(marked)
    held = "; ".join(f"{name}: {one.structure}" for name, one in of.items() if one.structure)
    structure = first.structure if all(one.structure == first.structure for one in others) else held
    return replace(first, beliefs=", ".join(of), evidence=evidence, gates=gates, structure=structure)


def _named_sets(sets: Sets | None, world: World) -> dict[str, PriorSet]:
    if sets is None and world.beliefs in available():
        # The world's own comes first, since others are held against it.
        return {name: load(name) for name in sorted(available(), key=lambda name: name != world.beliefs)}
    if sets is None:
        sets = [read_beliefs(None, world)]
    # A set of priors is a mapping too, of priors by quantity.
    if isinstance(sets, Mapping) and not isinstance(sets, PriorSet):
        pairs = list(sets.items())
    else:
        if not isinstance(sets, str | Path | Iterable):
            raise InvalidArgument(
                f"sets = {shown(sets)}", expected="names of shipped sets, or PriorSets", mend="leave sets out for all"
            )
        listed = [sets] if isinstance(sets, str | Path | PriorSet) else list(sets)
        loaded = [load(one) if isinstance(one, str | Path) else one for one in listed]
        pairs = [(getattr(one, "name", ""), one) for one in loaded]
    found: dict[str, PriorSet] = {}
    for name, one in pairs:
        if not isinstance(one, PriorSet) or not isinstance(name, str):
            raise InvalidArgument(
                f"a set of beliefs is {kind_of(one)}",
                expected="names of shipped sets, or PriorSets",
                mend="pass names, files, or what priors.load gives",
            )
        if not name or name in found:
            raise InvalidArgument(
                f"two sets are named {name!r}" if name else "a set has no name",
                expected="a name for each set",
                mend="pass a mapping of names to sets",
            )
        found[name] = one
    if not found:
        raise InvalidArgument("no set of beliefs", expected="at least one", mend="leave sets out for all")
    return found
