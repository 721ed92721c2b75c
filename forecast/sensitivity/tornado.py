"""``tornado``: what an outcome owes to each belief, and to each claim, one at a time."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from forecast.arguments import listed, one_of, parameter_known
from forecast.beliefs import claims_known
from forecast.decision.by_claim import asked_claims
from forecast.decision.sources import ClaimSource, claim_source
from forecast.engine.draws import Source, source_of
from forecast.errors import InvalidArgument
from forecast.estimates import half_width, points_text
from forecast.inference import conditioned
from forecast.outcomes.dataset import levels
from forecast.progress import progress_bar
from forecast.question import Keywords, Quantity, about_run, asked
from forecast.results import Column, Result, number, word
from forecast.sensitivity.common_worlds import Setting, read_again
from forecast.sensitivity.means import changed_by, level
from forecast.settings import Settings, takes
from forecast.world import World
from priors.claims import Claims
from priors.intervals import tails
from priors.reading import scale_of
from priors.without import parts_without

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = ["Bar", "Tornado", "tornado"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Bar:
    """What the quantity does as one belief changes; the fields are the columns of the table.

    Attributes
    ----------
    parameter : str
        The parameter, or the claim; of one that has more than two forms with the form, as ``victory=2``.
    kind : str
        "quantiles": from its lower to its upper end; "structure": from its first form to another one; "claim": from all
        claims to all but this one.
    meaning, units : str
        What it is, and the unit of ``low`` and ``high`` (empty for a claim).
    low, high : float
        The ends of the parameter; NaN for a claim.
    at_low, at_low_error, at_high, at_high_error : float
        Mean of the quantity with the parameter there in every world; of a claim with it, and without it.
    change_low, change_low_error, change_high, change_high_error : float
        The same less the mean with the belief as it is, paired world by world.
    estimate, error, lower, upper : float
        Change from low to high, its Monte-Carlo standard error and its central 90% interval.
    forms : str
        Of a structure, its two forms in words; else empty.
    """

    parameter: str
    kind: str
    meaning: str
    units: str
    low: float
    high: float
    at_low: float
    at_low_error: float
    at_high: float
    at_high_error: float
    change_low: float
    change_low_error: float
    change_high: float
    change_high_error: float
    estimate: float
    error: float
    lower: float
    upper: float
    forms: str = ""

    def range_words(self) -> str:
        """Say from where to where the parameter goes; empty for a claim."""
        if self.kind == "claim":
            return ""
        if self.kind == "structure":
            return self.forms
        scale = scale_of(self.units)
        return scale.followed(scale.span(self.low, self.high))


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Tornado(Result):
    """What the quantity owes to each belief, those with the longest bars first; index parameter, or a claim's id.

    Attributes
    ----------
    base, base_error : float
        Mean of the quantity with all beliefs as they are.
    by : str
        "parameter" or "claim".
    """

    rows: tuple[Bar, ...]
    base: float
    base_error: float
    by: str

    row, index = Bar, ("parameter",)

    def _attrs(self) -> Mapping[Hashable, Any]:
        return {"base": self.base, "base_error": self.base_error}

    def _line(self) -> str:
        about, first = self.about, self.rows[0]
        swing = points_text(first.estimate, first.error, unit=about.unit)
        base = about.text(self.base, self.base_error)
        return f"{about.title}, {about.of}: {base}; most by {first.parameter}, {swing}; {about.worlds:,} worlds"

    def _columns(self) -> tuple[Column, ...]:
        def end(which: str, of_a_claim: str) -> Column:
            def cell(bar: Bar) -> str:
                return of_a_claim if bar.kind == "claim" else scale_of(bar.units).shown(getattr(bar, which))

            return Column(which, cell)

        unit, points = self.about.unit, self.about.difference
        return (
            word("parameter", "parameter"),
            end("low", "with it"),
            end("high", "without it"),
            number("at low", "at_low", unit=unit, points=points),
            number("at high", "at_high", unit=unit, points=points),
            number("change", "estimate", unit=unit, points=True),
        )


@takes(Keywords)
def tornado(
    beliefs: PriorSet | xr.DataTree,
    quantity: str | Quantity | None = None,
    *,
    evidence: str | Path | Evidence | None = None,
    by: Literal["parameter", "claim"] = "parameter",
    names: Iterable[str] | str | None = None,
    settings: Settings | None = None,
    **keywords: Unpack[Keywords],
) -> Tornado:
    """Change one belief at a time and say what that does to an outcome.

    The same worlds are run each time, with the same luck and the same draws of every other parameter, so a bar carries
    only the noise of the worlds that the change turns.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        As for :func:`forecast.simulate`.
    quantity : str or Quantity, optional
        What is looked at; a name stands for an outcome.
    evidence : str, Path or Evidence, optional
        What beliefs are conditioned on, as for :func:`forecast.simulate`: the world's evidence by default, "none" for
        beliefs as they stand. A fit has its evidence already.
    by : {"parameter", "claim"}
        Hold each parameter at the ends of its own central 90%, and each structure at its forms; or leave out each claim
        that a prior rests on (:func:`priors.without_claim`; what evidence reaches is reweighted, as for
        :func:`forecast.by_claim`).
    names : iterable of str or str, optional
        Which parameters or claims; all parameters, or all claims that a prior rests on, by default.
    settings : Settings, optional
        How worlds are run.
    **keywords
        The parts of :class:`forecast.Quantity` and of :class:`forecast.Settings`, in place of them.

    Returns
    -------
    Tornado
        Everything else is drawn given the evidence. A parameter that goes with others, because it is believed to or
        because evidence ties them, leaves them at their draws: the bar is the effect of the parameter by itself, not of
        what it tells of the others. ``plot(most=15)`` draws the longest bars.

    Raises
    ------
    InvalidArgument
        For a number or combination outside its domain.
    UnknownPrior, UnknownClaim, UnknownOutcome, UnknownOption, UnknownValues, UnknownArgument
        For a name that does not exist.

    References
    ----------
    Howard (1988), "Decision analysis: practice and promise", *Management Science* 34, 679-695 (the tornado diagram).

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs = priors.load(district.beliefs)
    >>> found = forecast.tornado(beliefs, "calm", world=district, evidence="none", worlds=200)
    >>> [(row.parameter, round(row.at_low, 1), round(row.at_high, 1)) for row in found.rows[:2]]
    [('raid_rate', 0.6, 0.2), ('growth', 0.7, 0.2)]
    """
    looked, how = asked(beliefs, quantity, settings, keywords)
    one_of("by", by, "parameter", "claim")
    how.without("client", where="tornado")
    chosen = None if names is None else listed("names", names)
    if chosen is not None and (not chosen or len(set(chosen)) < len(chosen)):
        raise InvalidArgument(f"names = {chosen!r:.80}", expected="at least one name, each once", mend="leave it out")
    if by == "parameter":
        _check_parameters(chosen, looked.world)
        source = source_of(
            conditioned(beliefs, evidence, seed=how.seed, progress=how.progress, world=looked.world), looked.world
        )
        rows, base = _by_parameter(source, looked, chosen, how)
    else:
        measure = partial(_looked_at, looked=looked)
        claims = claim_source(
            beliefs,
            evidence=evidence,
            measure=measure,
            options=looked.options,
            settings=how,
            world=looked.world,
        )
        source = source_of(claims.beliefs if claims.fit is None else claims.fit, looked.world)
        rows, base = _by_claim(claims, source, looked, chosen, how)
    mean, error = level(base, looked)
    return Tornado(
        about=about_run(source.provenance, looked, how),
        rows=tuple(sorted(rows, key=lambda row: (-abs(row.estimate), row.parameter))),
        base=mean,
        base_error=error,
        by=by,
    )


def _check_parameters(names: list[str] | None, world: World) -> None:
    for name in names or ():
        parameter_known(name, world.parameters, of_a_world=True)


def _looked_at(outcomes: xr.Dataset, looked: Quantity) -> xr.DataArray:
    """Read the quantity from whole outcomes, dims (option, world) with the one option that is looked at."""
    import xarray as xr

    needed = [a.outcome for a in looked.values.attributes] if looked.values is not None else [looked.outcome]
    found = looked({name: levels(outcomes, name) for name in needed})
    return xr.DataArray(found[np.newaxis], dims=("option", "world"), attrs=outcomes.attrs)


def _by_parameter(source: Source, looked: Quantity, chosen: list[str] | None, how: Settings) -> tuple[list[Bar], Array]:
    names = list(source.world.parameters) if chosen is None else chosen
    spans = [span for name in names for span in _spans(source, name)]
    changes = [Setting()]
    changes += [Setting(source.world.parameter(span.name), end) for span in spans for end in span.ends]
    found, touched = read_again(
        source, changes, looked, options=looked.options, settings=how, label="One belief at a time"
    )
    base, rows = found[0], []
    for place, span in enumerate(spans):
        low, high = 1 + 2 * place, 2 + 2 * place
        about = source.attrs[span.name]
        said = (span.label, span.kind, about["long_name"], about["units"], span.ends)
        changed = bool(touched[low] or touched[high])
        bar = _bar(*said, found[low], found[high], base, looked, touched=changed)
        rows.append(replace(bar, forms=span.forms))
    return rows, base


@dataclass(frozen=True)
class _Span:
    """From where to where one parameter goes."""

    name: str
    label: str
    kind: str
    ends: tuple[float, float]
    forms: str = ""


def _spans(source: Source, name: str) -> list[_Span]:
    """Give the ends of a parameter's own central 90%; of a structure its first possible form, and each other one."""
    forms = source.forms(name)
    if len(forms) < 2:
        return [_Span(name, name, "quantiles", _ends(source, name))]
    words = source.attrs[name].get("flag_meanings", "").split("; ")
    first, found = forms[0], []
    for form in forms[1:]:
        label = name if len(forms) == 2 else f"{name}={form}"
        said = f"{words[first]} to {words[form]}" if len(words) > max(forms) else f"{first} to {form}"
        found.append(_Span(name, label, "structure", (float(first), float(form)), said))
    return found


def _ends(source: Source, name: str) -> tuple[float, float]:
    """Give the ends of a parameter's own central 90%."""
    low, high = source.quantiles(name, np.array(tails()))
    return float(low), float(high)


def _by_claim(
    claims: ClaimSource, source: Source, looked: Quantity, chosen: list[str] | None, how: Settings
) -> tuple[list[Bar], Array]:
    asked, known = asked_claims(chosen, claims.beliefs), claims_known(claims.beliefs, looked.world)
    if claims.fit is not None:
        return _by_claim_of_a_fit(claims, asked, looked, known, progress=how.progress)
    parts = {claim: parts_without(claims.beliefs, claim) for claim in asked}
    changes = [Setting()]
    changes += [Setting(source=source_of(part.beliefs, looked.world)) for claim in asked for part in parts[claim]]
    found, touched = read_again(
        source, changes, looked, options=looked.options, settings=how, label="One claim at a time"
    )
    base, rows, place = found[0], [], 1
    for claim in asked:
        weights = np.array([part.weight for part in parts[claim]])
        these = slice(place, place + len(weights))
        without = weights @ found[these] / weights.sum()
        place += len(weights)
        rows.append(_bar(*_said(claim, known), base, without, base, looked, touched=bool(touched[these].any())))
    return rows, base


def _said(claim: str, known: Claims) -> tuple[str, str, str, str, tuple[float, float]]:
    return claim, "claim", known.words(claim), "", (np.nan, np.nan)


def _by_claim_of_a_fit(
    claims: ClaimSource, asked: tuple[str, ...], looked: Quantity, known: Claims, *, progress: bool
) -> tuple[list[Bar], Array]:
    """Leave claims out of a fit, whose worlds are weighted: their errors allow for that."""
    base = claims.base.values[0]
    rows = []
    with progress_bar("One claim at a time", total=len(asked), show=progress) as bar:
        for claim in asked:
            without = claims.without(claim)
            values = without.found.values[0]
            change = values - base
            made = _bar(*_said(claim, known), base, values, base, looked, touched=bool(without.touched))
            if without.touched and np.any(change):
                error = claims.error(change)
                half = half_width() * error
                made = replace(
                    made,
                    at_high_error=claims.error(values),
                    change_high_error=error,
                    error=error,
                    lower=made.estimate - half,
                    upper=made.estimate + half,
                )
            rows.append(made)
            bar.advance()
    return rows, base


def _bar(
    name: str,
    kind: str,
    meaning: str,
    units: str,
    ends: tuple[float, float],
    low: Array,
    high: Array,
    base: Array,
    looked: Quantity,
    *,
    touched: bool,
) -> Bar:
    swing, error = changed_by(high, low, looked, touched=touched)
    half = half_width() * error
    return Bar(
        name,
        kind,
        meaning,
        units,
        *ends,
        *level(low, looked),
        *level(high, looked),
        *changed_by(low, base, looked, touched=touched),
        *changed_by(high, base, looked, touched=touched),
        swing,
        error,
        swing - half,
        swing + half,
    )
