"""``by_structure``: the choice and the headline outcomes under each form of each structure alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from forecast.arguments import listed, probability
from forecast.beliefs import check_beliefs, read_beliefs
from forecast.decision.choices import ChoiceRow, Choices, OptionRow, choice_in
from forecast.decision.information import evppi
from forecast.decision.utility import utility
from forecast.engine.simulate import simulated
from forecast.errors import InvalidArgument, InvalidPrior, UnknownPrior, near_matches
from forecast.estimates import estimate_text, mean_error
from forecast.inference import conditioned, read_evidence
from forecast.outcomes.dataset import headline_of, levels, parameters
from forecast.progress import progress_bar
from forecast.question import ChoiceKeywords, about_choice, asked_choice
from forecast.results import Column, word
from forecast.schema import outcomes_of
from forecast.settings import Settings, takes
from forecast.structures.cells import open_structures, posterior_weights, reached
from priors import PriorSet
from priors.forms import Forms, with_size

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from forecast.evidence import Evidence

__all__ = ["ByStructure", "Knowing", "UnderForm", "UnderFormOption", "UnderFormOutcome", "by_structure"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class _Form:
    structure: str
    value: int


@dataclass(frozen=True)
class _Weighed(_Form):
    form: str
    before: float
    weight: float
    weight_error: float
    weight_half: float
    weight_double: float


# The fields of the second base come before those of the first.
@dataclass(frozen=True)
class UnderForm(ChoiceRow, _Weighed):
    """The choice where one structure has one form, held against that with the structure open.

    The fields are the columns of the table; those of :class:`forecast.decision.choices.ChoiceRow` come after these.

    Attributes
    ----------
    structure : str
        By name.
    value : int
        The number of the form.
    form : str
        In words.
    before : float
        What it weighed before the evidence.
    weight, weight_error : float
        What it weighs given the evidence.
    weight_half, weight_double : float
        The same with the prior on the size of the link halved, and doubled (Lindley 1957); NaN where there is no size.
    """


@dataclass(frozen=True)
class UnderFormOption(OptionRow, _Form):
    """One option where one structure has one form, ``value`` by number; the fields are the columns of the table."""


@dataclass(frozen=True)
class UnderFormOutcome(_Form):
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


@dataclass(frozen=True, kw_only=True, repr=False)
class ByStructure(Choices):
    """The choice and the headline outcomes under each form of each structure alone; index (structure, value).

    Attributes
    ----------
    outcomes : tuple of UnderFormOutcome
        Form by form, outcome by outcome, option by option.
    knowing : tuple of Knowing
        A row a structure.
    best : str
        The option with the highest expected utility with all structures open.
    """

    rows: tuple[UnderForm, ...]
    options: tuple[UnderFormOption, ...]
    outcomes: tuple[UnderFormOutcome, ...]
    knowing: tuple[Knowing, ...]
    best: str

    row, index, option_row, many = UnderForm, ("structure", "value"), UnderFormOption, "forms"

    def by_outcome(self) -> pd.DataFrame:
        """Tabulate the headline outcomes: index (structure, value, outcome, option); columns estimate and error."""
        return self._frame(self.outcomes, UnderFormOutcome, ("structure", "value", "outcome", "option"))

    def worth(self) -> pd.DataFrame:
        """Tabulate what knowing is worth: index structure; columns the other fields of :class:`Knowing`."""
        return self._frame(self.knowing, Knowing, ("structure",))

    def say(self) -> str:
        """Return in words where the choice is another, and what the evidence says of the structures."""
        parts = [f"With all structures open “{dict(self.titles)[self.best]}”."]
        parts += self._turned(self.best, lambda row: f"Where {row.form}")
        if not any(row.changed for row in self.rows):
            parts.append("The same under every form of every structure.")
        silent = [one.structure for one in self.knowing if not one.reached]
        if self.about.evidence != "none" and silent:
            which = "any of them" if len(silent) == len(self.knowing) else ", ".join(silent)
            parts.append(f"The evidence says nothing of {which}: they weigh what they weighed before.")
        return " ".join(parts)

    def _columns(self) -> tuple[Column, ...]:
        def weight(row: UnderForm) -> str:
            return estimate_text(row.weight, row.weight_error) if row.weight_error else f"{row.weight:.2g}"

        def behind(row: UnderForm) -> str:
            loss = estimate_text(row.first_behind, row.first_behind_error, unit=self.about.unit)
            return loss if row.changed else ""

        before = Column("weight before", lambda row: f"{row.before:.2g}")
        given = Column("given the evidence", weight)
        return word("form", "form"), before, given, *self._best(), Column("first choice behind", behind)


@takes(ChoiceKeywords)
def by_structure(
    beliefs: str | Path | PriorSet | None = None,
    *,
    names: Iterable[str] | str | None = None,
    evidence: str | Path | Evidence | None = None,
    level: float = 0.95,
    settings: Settings | None = None,
    **keywords: Unpack[ChoiceKeywords],
) -> ByStructure:
    """Find which option is best, and what comes out, where one structure is known to have each of its forms.

    Parameters
    ----------
    beliefs : str, Path or PriorSet, optional
        As for :func:`forecast.run`.
    names : iterable of str or str, optional
        Which structures; all that are open by default.
    evidence : str, Path or Evidence, optional
        As for :func:`forecast.run`. A form is known before the evidence: its worlds are those of a fit of their own.
    level : float
        Joint probability, in (0, 1), that no option is wrongly said to be best under any form.
    settings : Settings, optional
        How worlds are run.
    **keywords
        ``values``, as for :func:`forecast.utility`; ``options``, all of the world's by default;
        and the fields of :class:`forecast.Settings`, in place of it.

    Returns
    -------
    ByStructure
        World w has the same luck under every form, and the same quantile of all that evidence does not reach.
        ``utilities()``, ``by_outcome()`` and ``worth()`` tabulate the options, the headline outcomes and what knowing a
        structure is worth; ``plot()`` draws how far each option is behind the best, form by form.

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
    UnknownPriorSet, UnknownOption, UnknownEvidence, UnknownValues, UnknownArgument
        For a name that does not exist.

    References
    ----------
    Kass & Raftery (1995), "Bayes factors", *JASA* 90, 773-795. Lindley (1957), "A statistical paradox", *Biometrika*
    44, 187-192.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs = priors.load(district.beliefs)
    >>> whether = priors.elicit("Bernoulli", parameters={"p": 0.7}, unit="1")
    >>> beliefs = beliefs.replace(talks_effect=whether, accept=True)
    >>> found = forecast.by_structure(beliefs, world=district, evidence="none", worlds=200)
    >>> [(row.form, round(row.before, 1), row.best) for row in found.rows]
    [('absent', 0.3, 'patrols'), ('present', 0.7, 'patrols')]
    """
    choice, how = asked_choice(beliefs, settings, keywords)
    level = probability("level", level)
    believed, known = read_beliefs(beliefs, choice.world), read_evidence(evidence, choice.world)
    check_beliefs(believed, choice.world)
    applied = known.applied(believed)
    asked, linked = _asked(open_structures(applied), names), reached(applied, known)

    def run(of: PriorSet) -> tuple[xr.DataTree | None, xr.Dataset, xr.DataArray]:
        source = conditioned(of, known, seed=how.seed, progress=False, world=choice.world)
        outcomes = simulated(source, options=choice.options.values(), settings=how.quiet(), world=choice.world)
        return None if isinstance(source, PriorSet) else source, outcomes, utility(outcomes, choice.values)

    count = sum(len(one.possible) for one in asked)
    one_level = 1.0 - (1.0 - level) / count
    rows: list[UnderForm] = []
    under: list[UnderFormOption] = []
    came: list[UnderFormOutcome] = []
    with progress_bar("Forms of structures", total=1 + count, show=how.progress) as bar:
        _, outcomes, u = run(believed)
        first, _ = choice_in(u, first=None, level=one_level)
        drawn = parameters(outcomes)
        bar.advance()
        for one in asked:
            fits, chosen = [], []
            for form in one.possible:
                fit, outcomes, own = run(believed.with_structure({one.name: form}))
                row, by_option = choice_in(own, first=first.best, level=one_level)
                fits.append(fit)
                chosen.append(row)
                under += [UnderFormOption(one.name, form, **vars(each)) for each in by_option]
                came += _headline(one.name, form, outcomes)
                bar.advance()
            weighed = _weighed(believed, known, one, fits, how.seed, linked=one.name in linked)
            rows += [
                UnderForm(one.name, form, one.forms[form], one.weights[form], *weights, **vars(row))
                for form, weights, row in zip(one.possible, weighed, chosen, strict=True)
            ]
    return ByStructure(
        about=replace(about_choice(u, choice, how), evidence=known.name),
        rows=tuple(rows),
        options=tuple(under),
        outcomes=tuple(came),
        knowing=tuple(_knowing(one, u, drawn, bool(known.items) and one.name in linked) for one in asked),
        best=first.best,
        titles=choice.titles,
        level=level,
    )


def _asked(known: Mapping[str, Forms], names: Iterable[str] | str | None) -> list[Forms]:
    if names is None:
        if not known:
            raise InvalidPrior(
                "beliefs in which no structure is open",
                expected="at least one quantity that has one of a few forms",
                mend='give a belief the family "Bernoulli" or "Categorical", or compare options with forecast.decide',
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
    found, known = [], outcomes_of(outcomes)
    for name in headline_of(outcomes):
        for option, values in zip(options, levels(outcomes, name), strict=True):
            error = mean_error(values, event=known[name].is_event)
            found.append(UnderFormOutcome(structure, form, name, option, float(values.mean()), error))
    return found


def _weighed(
    beliefs: PriorSet, known: Evidence, one: Forms, fits: list[xr.DataTree | None], seed: int, *, linked: bool
) -> list[tuple[float, float, float, float]]:
    """Return what each form weighs given the evidence, its error, and the same with its size halved and doubled."""
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
    sources = [
        conditioned(other.with_structure({one.name: form}), known, seed=seed, progress=False, world=known.world)
        for form in one.possible
    ]
    fits = [None if isinstance(source, PriorSet) else source for source in sources]
    weights: list[float] = posterior_weights([one.weights[form] for form in one.possible], fits, [one.name])[0].tolist()
    return weights


def _knowing(one: Forms, u: xr.DataArray, drawn: xr.Dataset, reached: bool) -> Knowing:
    """Return what knowing a structure is worth, alone and with the size of its link, of which it is no less."""
    alone = evppi(u, drawn, names=one.name)
    both = evppi(u, drawn, names=[one.name, one.size]) if one.size else alone
    return Knowing(one.name, alone.value, alone.error, both.value, both.error, reached)
