"""``by_structure``: the choice and the headline outcomes under each form of each structure alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.beliefs import check_beliefs, read_beliefs
from forecast.comparison import HEADLINE
from forecast.decision.by_beliefs import DRAWN, REFITTED, choice_under
from forecast.decision.information import evppi
from forecast.decision.names import listed
from forecast.decision.reading import load_values
from forecast.decision.utility import UTILITY_UNIT, utility
from forecast.decision.worlds import checked_level
from forecast.engine.simulate import simulated
from forecast.errors import InvalidArgument, InvalidPrior, UnknownPrior, near_matches
from forecast.estimates import estimate_text, mean_error
from forecast.inference import conditioned, read_evidence
from forecast.options import Option, check_starts, resolve
from forecast.outcomes.dataset import levels, parameters
from forecast.outcomes.provenance import provenance_of, provenance_words
from forecast.progress import progress_bar
from forecast.schema import OUTCOMES
from forecast.settings import Settings, check_size
from forecast.structures.cells import open_structures, posterior_weights, reached
from forecast.tables import frame_of, page_of
from priors import PriorSet
from priors.forms import Forms, with_size

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from forecast.decision.values import Values
    from forecast.evidence import Evidence

__all__ = ["ByStructure", "Knowing", "UnderForm", "UnderFormOption", "UnderFormOutcome", "by_structure"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class UnderForm:
    """The choice where one structure has one form; the fields are the columns of the table of forms.

    Attributes
    ----------
    structure, form : str
        By name, and the form in words.
    value : int
        The number of the form.
    before : float
        What it weighed before the evidence.
    weight, weight_error : float
        What it weighs given the evidence.
    weight_half, weight_double : float
        The same with the prior on the size of the link halved, and doubled (Lindley 1957); NaN where there is no size.
    best : str
        The option with the highest expected utility.
    resolved : bool
        Whether it is told from every other option, all forms at once.
    contenders : str
        All that cannot be told from the best, the best first, between commas.
    ahead, ahead_error : float
        By how much the best leads the next, paired; NaN for one option.
    changed : bool
        Whether the best option is another than with the structure open.
    first_behind, first_behind_error : float
        What the option that is best with the structure open loses against the best here, paired; 0 where it is best.
    gates : str
        Broken gates of the fit, empty if none.
    """

    structure: str
    form: str
    value: int
    before: float
    weight: float
    weight_error: float
    weight_half: float
    weight_double: float
    best: str
    resolved: bool
    contenders: str
    ahead: float
    ahead_error: float
    changed: bool
    first_behind: float
    first_behind_error: float
    gates: str


@dataclass(frozen=True)
class UnderFormOption:
    """One option where one structure has one form; the fields are the columns of the table.

    Attributes
    ----------
    structure : str
        By name.
    value : int
        The number of the form.
    option : str
        By name.
    expected_utility, expected_utility_error : float
        Mean over worlds and its Monte-Carlo error.
    behind, behind_error : float
        How far behind the best option there, paired world by world; 0 for the best.
    """

    structure: str
    value: int
    option: str
    expected_utility: float
    expected_utility_error: float
    behind: float
    behind_error: float


@dataclass(frozen=True)
class UnderFormOutcome:
    """One outcome under one option where one structure has one form; the fields are the columns of the table.

    Attributes
    ----------
    structure : str
        By name.
    value : int
        The number of the form.
    outcome, option : str
        By name.
    estimate, error : float
        Mean over worlds, in the outcome's unit, and its Monte-Carlo standard error.
    """

    structure: str
    value: int
    outcome: str
    option: str
    estimate: float
    error: float


@dataclass(frozen=True)
class Knowing:
    """What it would be worth to know a structure before choosing; the fields are the columns of the table.

    Attributes
    ----------
    structure : str
        By name.
    value, error : float
        Of knowing which form it has, in the utility's unit, and its standard error.
    with_size, with_size_error : float
        Of knowing the size of the link as well; the same again where there is none.
    reached : bool
        Whether the evidence says anything of the structure; if not it weighs what it weighed before.
    """

    structure: str
    value: float
    error: float
    with_size: float
    with_size_error: float
    reached: bool


@dataclass(frozen=True, repr=False)
class ByStructure:
    """The choice and the headline outcomes under each form of each structure alone.

    Attributes
    ----------
    rows : tuple of UnderForm
        Structure by structure, form by form.
    options : tuple of UnderFormOption
        Form by form, option by option.
    outcomes : tuple of UnderFormOutcome
        Form by form, outcome by outcome, option by option.
    knowing : tuple of Knowing
        A row a structure.
    best : str
        The option with the highest expected utility with all structures open.
    titles : tuple of (str, str)
        Option names and their titles.
    priors, evidence, values, unit : str
        Whose beliefs, on what evidence, by whose values, in what unit.
    worlds, months, seed : int
        Of each simulation.
    level : float
        Joint probability, over all forms, that no option is wrongly said to be best.
    gates : str
        Broken gates of the fit with all structures open, empty if none.
    """

    rows: tuple[UnderForm, ...]
    options: tuple[UnderFormOption, ...]
    outcomes: tuple[UnderFormOutcome, ...]
    knowing: tuple[Knowing, ...]
    best: str
    titles: tuple[tuple[str, str], ...]
    priors: str
    evidence: str
    values: str
    unit: str
    worlds: int
    months: int
    seed: int
    level: float
    gates: str

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the forms: index (structure, value); columns the other fields of :class:`UnderForm`."""
        return self._labelled(frame_of(self.rows, UnderForm, index=("structure", "value")))

    def utilities(self) -> pd.DataFrame:
        """Tabulate the options: index (structure, value, option); columns the other fields of their rows."""
        return self._labelled(frame_of(self.options, UnderFormOption, index=("structure", "value", "option")))

    def by_outcome(self) -> pd.DataFrame:
        """Tabulate the headline outcomes: index (structure, value, outcome, option); columns estimate and error."""
        index = ("structure", "value", "outcome", "option")
        return self._labelled(frame_of(self.outcomes, UnderFormOutcome, index=index))

    def worth(self) -> pd.DataFrame:
        """Tabulate what knowing is worth: index structure; columns the other fields of :class:`Knowing`."""
        return self._labelled(frame_of(self.knowing, Knowing, index=("structure",)))

    def _labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        frame.attrs = {"unit": self.unit, "level": self.level, **provenance_of(self)}
        return frame

    def say(self) -> str:
        """Say in words where the choice is another, and what the evidence says of the structures."""
        words = dict(self.titles)
        parts = [f"With all structures open “{words[self.best]}”."]
        changed = [row for row in self.rows if row.changed]
        for row in changed:
            loss = estimate_text(row.first_behind, row.first_behind_error, unit=self.unit)
            sure = "" if self.best not in row.contenders.split(", ") else ", which is not resolved"
            parts.append(f"Where {row.form} “{words[row.best]}”; the first choice would be {loss} behind{sure}.")
        if not changed:
            parts.append("The same under every form of every structure.")
        silent = [one.structure for one in self.knowing if not one.reached]
        if self.evidence != "none" and silent:
            which = "any of them" if len(silent) == len(self.knowing) else ", ".join(silent)
            parts.append(f"The evidence says nothing of {which}: they weigh what they weighed before.")
        return " ".join(parts)

    def plot(self) -> Figure:
        """Draw how far each option is behind the best, under each form.

        Returns
        -------
        matplotlib.figure.Figure
            Forms from the top, structure by structure, with their weights; the best option of each is ringed.
        """
        from forecast.plots.by_structure import drawn_by_structure

        return drawn_by_structure(self)

    def __repr__(self) -> str:
        return f"ByStructure({len(self.rows)} forms, {self.worlds:,} worlds each{provenance_words(self)}. {self.say()})"

    def _repr_html_(self) -> str:
        words, rows = dict(self.titles), []
        for row in self.rows:
            rows.append(
                (
                    row.form,
                    f"{row.before:.2g}",
                    estimate_text(row.weight, row.weight_error, unit="1") if row.weight_error else f"{row.weight:.2g}",
                    words[row.best],
                    "resolved" if row.resolved else "not resolved",
                    estimate_text(row.ahead, row.ahead_error, unit=self.unit),
                    estimate_text(row.first_behind, row.first_behind_error, unit=self.unit) if row.changed else "",
                )
            )
        heads = (
            "form",
            "weight before",
            "given the evidence",
            "best option",
            "",
            "ahead of the next",
            "first choice behind",
        )
        return page_of(heads, rows, repr(self))


def by_structure(
    beliefs: str | Path | PriorSet = "article",
    *,
    names: Iterable[str] | str | None = None,
    evidence: str | Path | Evidence | None = None,
    values: str | Path | Mapping[str, float] | Values = "balanced",
    options: Iterable[str | Option] | str | Option | None = None,
    months: int = 24,
    worlds: int = 10_000,
    seed: int = 1,
    level: float = 0.95,
    progress: bool = True,
) -> ByStructure:
    """Say which option is best, and what comes out, where one structure is known to have each of its forms.

    Parameters
    ----------
    beliefs : str, Path or PriorSet
        As for :func:`forecast.run`.
    names : iterable of str or str, optional
        Which structures; all that are open by default.
    evidence, values, options, months, worlds, seed
        As for :func:`forecast.run`. A form is known before the evidence: its worlds are those of a fit of their own.
    level : float
        Joint probability, in (0, 1), that no option is wrongly said to be best under any form.
    progress : bool
        Show a bar if it takes more than two seconds.

    Returns
    -------
    ByStructure
        World w has the same luck under every form, and the same quantile of all that evidence does not reach.

    Raises
    ------
    InvalidArgument
        If a number is outside its domain.
    UnknownPrior
        If a structure is not known.
    InvalidPrior
        If it, or every structure, is held at one form.
    FailedFit
        If evidence reaches a structure, and importance sampling cannot tell how well some form foretells it.
    UnknownPriorSet, UnknownOption, UnknownEvidence, UnknownValues
        For a name that does not exist.

    Examples
    --------
    >>> import forecast
    >>> found = forecast.by_structure(names="base_matters", options="training", worlds=200, progress=False)
    >>> [(row.form, round(row.before, 2), round(row.weight, 2)) for row in found.rows]
    [('recruits need no base', 0.32, 0.32), ('recruits need a base', 0.68, 0.68)]

    References
    ----------
    Kass & Raftery (1995), "Bayes factors", *JASA* 90, 773-795. Lindley (1957), "A statistical paradox", *Biometrika*
    44, 187-192.
    """
    months, worlds, seed = check_size(months=months, worlds=worlds, seed=seed)
    how = Settings(months=months, worlds=worlds, seed=seed, progress=False)
    level = checked_level("level", level)
    wanted = load_values(values)
    believed, known = read_beliefs(beliefs), read_evidence(evidence)
    check_beliefs(believed)
    chosen = resolve(options)
    check_starts(chosen, months)
    applied = known.applied(believed)
    asked, linked = _asked(open_structures(applied), names), reached(applied, known)

    def run(of: PriorSet) -> tuple[xr.DataTree | None, xr.Dataset, xr.DataArray]:
        source = conditioned(of, known, seed=seed, progress=False)
        outcomes = simulated(source, options=chosen.values(), settings=how)
        return None if isinstance(source, PriorSet) else source, outcomes, utility(outcomes, wanted)

    forms = [(one, form) for one in asked for form in one.possible]
    one_level = 1.0 - (1.0 - level) / len(forms)
    method = REFITTED if known.items else DRAWN
    rows: list[UnderForm] = []
    under: list[UnderFormOption] = []
    came: list[UnderFormOutcome] = []
    with progress_bar("Forms of structures", total=1 + len(forms), show=progress) as bar:
        _, outcomes, u = run(believed)
        first, _ = choice_under(believed.name, u, first=None, method=method, level=one_level)
        drawn = parameters(outcomes)
        bar.advance()
        for one in asked:
            found = []
            for form in one.possible:
                fit, outcomes, own = run(believed.with_structure({one.name: form}))
                found.append(fit)
                row, by_option = choice_under(one.name, own, first=first.best, method=method, level=one_level)
                under += [
                    UnderFormOption(
                        one.name,
                        form,
                        each.option,
                        each.expected_utility,
                        each.expected_utility_error,
                        each.behind,
                        each.behind_error,
                    )
                    for each in by_option
                ]
                came += _headline(one.name, form, outcomes)
                said = {field.name: getattr(row, field.name) for field in fields(UnderForm)[8:]}
                words = (one.name, one.forms[form], form, one.weights[form])
                rows.append(UnderForm(*words, math.nan, math.nan, math.nan, math.nan, **said))
                bar.advance()
            weighed = _weighed(believed, known, one, found, seed, linked=one.name in linked)
            for place, (weight, error, half, double) in zip(range(-len(one.possible), 0), weighed, strict=True):
                rows[place] = replace(
                    rows[place], weight=weight, weight_error=error, weight_half=half, weight_double=double
                )
    return ByStructure(
        tuple(rows),
        tuple(under),
        tuple(came),
        tuple(_knowing(one, u, drawn, bool(known.items) and one.name in linked) for one in asked),
        first.best,
        tuple((name, option.title) for name, option in chosen.items()),
        believed.name,
        known.name,
        wanted.name,
        UTILITY_UNIT,
        worlds,
        months,
        seed,
        level,
        first.gates,
    )


def _asked(known: Mapping[str, Forms], names: Iterable[str] | str | None) -> list[Forms]:
    if names is None:
        if not known:
            raise InvalidPrior(
                "beliefs in which no structure is open",
                expected="at least one quantity that has one of a few forms",
                mend="pass a set such as article, or run it with forecast.run",
            )
        return list(known.values())
    wanted = listed("names", names)
    if not wanted or len(set(wanted)) < len(wanted):
        raise InvalidArgument(f"names = {wanted!r:.80}", expected="at least one name, each once", mend="leave it out")
    for name in wanted:
        if name not in known:
            raise UnknownPrior(
                f"there is no structure {name!r:.60} of which more than one form is possible",
                expected=f"one of {', '.join(known)}" if known else "beliefs in which a structure is open",
                mend=near_matches(name, known),
            )
    return [known[name] for name in wanted]


def _headline(structure: str, form: int, outcomes: xr.Dataset) -> list[UnderFormOutcome]:
    options = [str(name) for name in outcomes["option"].values]
    found = []
    for name in HEADLINE:
        for option, values in zip(options, levels(outcomes, name), strict=True):
            error = mean_error(values, event=OUTCOMES[name].is_event)
            found.append(UnderFormOutcome(structure, form, name, option, float(values.mean()), error))
    return found


def _weighed(
    beliefs: PriorSet, known: Evidence, one: Forms, fits: list[xr.DataTree | None], seed: int, *, linked: bool
) -> list[tuple[float, float, float, float]]:
    """Give what each form weighs given the evidence, its error, and the same with its size halved and doubled."""
    before = [one.weights[form] for form in one.possible]
    if not linked:
        return [(share, 0.0, *((share if one.size else math.nan,) * 2)) for share in before]
    weights, errors = posterior_weights(before, fits, [one.name])
    halves, doubles = (_with_size(beliefs, known, one, factor, seed) for factor in (0.5, 2.0))
    return list(zip(weights.tolist(), errors.tolist(), halves, doubles, strict=True))


def _with_size(beliefs: PriorSet, known: Evidence, one: Forms, factor: float, seed: int) -> list[float]:
    other = with_size(beliefs, one.name, factor)
    if other is None:
        return [math.nan] * len(one.possible)
    fits = []
    for form in one.possible:
        source = conditioned(other.with_structure({one.name: form}), known, seed=seed, progress=False)
        fits.append(None if isinstance(source, PriorSet) else source)
    return [
        float(weight) for weight in posterior_weights([one.weights[form] for form in one.possible], fits, [one.name])[0]
    ]


def _knowing(one: Forms, u: xr.DataArray, drawn: xr.Dataset, reached: bool) -> Knowing:
    """Give what knowing a structure is worth, alone and with the size of its link, of which it is no less."""
    alone = evppi(u, drawn, names=one.name)
    both = evppi(u, drawn, names=[one.name, one.size]) if one.size else alone
    return Knowing(one.name, alone.value, alone.error, both.value, both.error, reached)
