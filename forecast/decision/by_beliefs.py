"""``by_beliefs``: how the choice moves from one set of beliefs to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.beliefs import check_beliefs
from forecast.decision.decide import decide
from forecast.decision.reading import load_values
from forecast.decision.utility import UTILITY_UNIT, utility
from forecast.decision.worlds import Utilities, checked_level, read_utility
from forecast.engine.simulate import simulated
from forecast.errors import InvalidArgument
from forecast.estimates import estimate_text, standard_error
from forecast.inference import conditioned, read_evidence
from forecast.options import Option, check_starts, resolve
from forecast.options.option import shown
from forecast.outcomes.dataset import broken_gates
from forecast.outcomes.provenance import provenance_of, provenance_words, said_by
from forecast.progress import progress_bar
from forecast.settings import Settings, check_size
from forecast.tables import frame_of, page_of
from priors import PriorSet, available, load

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from forecast.decision.values import Values
    from forecast.evidence import Evidence

__all__ = ["DRAWN", "REFITTED", "Believing", "ByBeliefs", "UnderBeliefs", "by_beliefs", "choice_under"]

DRAWN, REFITTED = "drawn", "refitted"
"""Whether worlds are from the beliefs as they stand, or from a fit of each to the evidence."""


@dataclass(frozen=True)
class UnderBeliefs:
    """One option under one set of beliefs; the fields are the columns of the table of options.

    Attributes
    ----------
    beliefs, option : str
        By name.
    expected_utility, expected_utility_error : float
        Mean over worlds and its Monte-Carlo error.
    behind, behind_error : float
        How far behind the best option under the same beliefs, paired world by world; 0 for the best.
    """

    beliefs: str
    option: str
    expected_utility: float
    expected_utility_error: float
    behind: float
    behind_error: float


@dataclass(frozen=True)
class Believing:
    """The choice under one set of beliefs; the fields are the columns of the table of sets.

    Attributes
    ----------
    beliefs, method : str
        The set, and "drawn" or "refitted".
    best : str
        The option with the highest expected utility.
    resolved : bool
        Whether it is told from every other option, all sets at once.
    contenders : str
        All that cannot be told from the best, the best first, between commas.
    ahead, ahead_error : float
        By how much the best leads the next, paired; NaN for one option.
    changed : bool
        Whether the best option is another than under the first set.
    first_behind, first_behind_error : float
        What the first set's best option loses against the best under these beliefs, paired; 0 where they are the same.
    gates : str
        Broken gates of the fit, empty if none.
    """

    beliefs: str
    method: str
    best: str
    resolved: bool
    contenders: str
    ahead: float
    ahead_error: float
    changed: bool
    first_behind: float
    first_behind_error: float
    gates: str


@dataclass(frozen=True, repr=False)
class ByBeliefs:
    """The choice under each set of beliefs.

    Attributes
    ----------
    rows : tuple of Believing
        Set by set; the first is what others are held against.
    options : tuple of UnderBeliefs
        Set by set, then option by option.
    titles : tuple of (str, str)
        Option names and their titles.
    evidence, values, unit : str
        On what evidence, by whose values, in what unit.
    worlds, months, seed : int
        Of each simulation.
    level : float
        Joint probability, over all sets, that no option is wrongly said to be best.
    """

    rows: tuple[Believing, ...]
    options: tuple[UnderBeliefs, ...]
    titles: tuple[tuple[str, str], ...]
    evidence: str
    values: str
    unit: str
    worlds: int
    months: int
    seed: int
    level: float

    @property
    def attrs(self) -> dict[str, str]:
        """Whose beliefs on what evidence, by whose values, as the attributes of outcomes say it."""
        return said_by(self) | {"priors": ", ".join(row.beliefs for row in self.rows)}

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the sets.

        Returns
        -------
        pandas.DataFrame
            Index beliefs; columns the other fields of :class:`Believing`.
        """
        return self._labelled(frame_of(self.rows, Believing, index=("beliefs",)))

    def utilities(self) -> pd.DataFrame:
        """Tabulate every option under every set.

        Returns
        -------
        pandas.DataFrame
            Index (beliefs, option); columns expected_utility, behind, and the error of each.
        """
        return self._labelled(frame_of(self.options, UnderBeliefs, index=("beliefs", "option")))

    def _labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        frame.attrs = {"unit": self.unit, "level": self.level, **provenance_of(self)}
        return frame

    def say(self) -> str:
        """Say in words which sets agree with the first, and which do not."""
        words = dict(self.titles)
        first = self.rows[0]
        parts = [f"Under {first.beliefs} “{words[first.best]}”{'' if first.resolved else ' (not resolved)'}."]
        same = [row.beliefs for row in self.rows[1:] if not row.changed]
        if same:
            parts.append(f"The same under {', '.join(same)}.")
        for row in self.rows[1:]:
            if row.changed:
                loss = estimate_text(row.first_behind, row.first_behind_error, unit=self.unit)
                sure = "" if first.best not in row.contenders.split(", ") else ", which is not resolved"
                parts.append(f"Under {row.beliefs} “{words[row.best]}”; the first choice would be {loss} behind{sure}.")
        return " ".join(parts)

    def plot(self) -> Figure:
        """Draw the expected utility of every option under every set.

        Returns
        -------
        matplotlib.figure.Figure
            Sets from the top; the best option of each is ringed, and its title beside it says whether it is resolved.
        """
        from forecast.plots.by_beliefs import drawn_by_beliefs

        return drawn_by_beliefs(self)

    def __repr__(self) -> str:
        return f"ByBeliefs({len(self.rows)} sets, {self.worlds:,} worlds each{provenance_words(self)}. {self.say()})"

    def _repr_html_(self) -> str:
        words = dict(self.titles)
        rows = []
        for row in self.rows:
            ahead = estimate_text(row.ahead, row.ahead_error, unit=self.unit)
            behind = estimate_text(row.first_behind, row.first_behind_error, unit=self.unit)
            told = "resolved" if row.resolved else "not resolved"
            rows.append((row.beliefs, row.method, words[row.best], told, ahead, behind))
        heads = ("beliefs", "worlds", "best option", "", "ahead of the next", "what the first set's best loses")
        return page_of(heads, rows, repr(self))


def by_beliefs(
    *,
    sets: Iterable[str | PriorSet] | Mapping[str, PriorSet] | str | PriorSet | None = None,
    evidence: str | Path | Evidence | None = None,
    values: str | Path | Mapping[str, float] | Values = "balanced",
    options: Iterable[str | Option] | str | Option | None = None,
    months: int = 24,
    worlds: int = 10_000,
    seed: int = 1,
    level: float = 0.95,
    progress: bool = True,
) -> ByBeliefs:
    """Say which option is best under each set of beliefs, and what the choice of the first set loses under the others.

    Parameters
    ----------
    sets : iterable of str or PriorSet, mapping of str to PriorSet, or one of them, optional
        Names of shipped sets, paths of files, or sets; all that are shipped by default, the article's first.
    evidence : str, Path or Evidence, optional
        What each set is conditioned on, as for :func:`forecast.simulate`: the article's evidence by default, "none" for
        beliefs as they stand. Fits are kept on disk.
    values : str, Path, mapping or Values
        As for :func:`forecast.utility`.
    options, months, worlds, seed
        As for :func:`forecast.simulate`.
    level : float
        Joint probability, in (0, 1), that no option is wrongly said to be best under any set.
    progress : bool
        Show a bar if it takes more than two seconds.

    Returns
    -------
    ByBeliefs
        World w has the same luck under every set. From beliefs as they stand it also has the same quantile of every
        parameter, so sets differ by what they believe and not by the draw; a world of a fit picks one of its draws.

    Raises
    ------
    InvalidArgument
        If a number is outside its domain, or two sets have one name.
    UnknownPriorSet, UnknownPrior, UnknownOption, UnknownEvidence, UnknownValues
        For a name that does not exist.
    InvalidEvidence, FailedFit
        As for :func:`forecast.build_model` and :func:`forecast.fit`.

    References
    ----------
    Morgan & Henrion (1990), *Uncertainty*, section 7.3: experts who differ are kept apart before they are pooled.
    Dunn (1961), "Multiple comparisons among means", *JASA* 56, 52-64: sets share what may go wrong evenly.
    """
    months, worlds, seed = check_size(months=months, worlds=worlds, seed=seed)
    how = Settings(months=months, worlds=worlds, seed=seed, progress=False)
    level = checked_level("level", level)
    values = load_values(values)
    believed = _named_sets(sets)
    known = read_evidence(evidence)
    chosen = resolve(options)
    check_starts(chosen, months)
    for beliefs in believed.values():
        check_beliefs(beliefs)
        known.applied(beliefs)
    rows: list[Believing] = []
    under: list[UnderBeliefs] = []
    whose = ""
    one_level = 1.0 - (1.0 - level) / len(believed)
    with progress_bar("Sets of beliefs", total=len(believed), show=progress) as bar:
        for name, beliefs in believed.items():
            outcomes = simulated(
                conditioned(beliefs, known, seed=seed, progress=progress),
                options=chosen.values(),
                settings=how,
            )
            u = utility(outcomes, values)
            whose = str(u.attrs["values"])
            first = rows[0].best if rows else None
            row, by_option = choice_under(
                name, u, first=first, method=REFITTED if known.items else DRAWN, level=one_level
            )
            rows.append(row)
            under += by_option
            bar.advance()
    return ByBeliefs(
        tuple(rows),
        tuple(under),
        tuple((name, option.title) for name, option in chosen.items()),
        known.name,
        whose,
        UTILITY_UNIT,
        worlds,
        months,
        seed,
        level,
    )


def _named_sets(
    sets: Iterable[str | PriorSet] | Mapping[str, PriorSet] | str | PriorSet | None,
) -> dict[str, PriorSet]:
    if sets is None:
        # The article's comes first, since others are held against it.
        return {name: load(name) for name in sorted(available(), key=lambda name: name != "article")}
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
                f"a set of beliefs is a {type(one).__name__}",
                expected="names of shipped sets, or PriorSets",
                mend='pass sets=("article", "sceptic")',
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


def choice_under(
    name: str, u: xr.DataArray, *, first: str | None, method: str, level: float
) -> tuple[Believing, list[UnderBeliefs]]:
    """Give the choice by one utility, held against another's.

    Parameters
    ----------
    name : str
        Whose beliefs.
    u : xarray.DataArray
        Utility, dims (option, world).
    first : str, optional
        The option that is best under the first set; this one's own best by default.
    method : str
        How the worlds came about.
    level : float
        Joint probability, over options, that the best is not wrongly said to be.
    """
    read: Utilities = read_utility(u)
    decision = decide(u, level=level)
    verdict, columns = decision.verdict, decision.columns
    other = verdict.best if first is None else first
    loss = read.values[read.index(verdict.best)] - read.values[read.index(other)]
    row = Believing(
        name,
        method,
        verdict.best,
        verdict.resolved,
        ", ".join(verdict.contenders),
        verdict.ahead,
        verdict.ahead_error,
        verdict.best != other,
        float(loss.mean()),
        float(standard_error(loss)),
        broken_gates(u),
    )
    shown = [field.name for field in fields(UnderBeliefs)][2:]
    by_option = [
        UnderBeliefs(name, option, **{column: columns[column][place] for column in shown})
        for place, option in enumerate(read.names)
    ]
    return row, by_option
