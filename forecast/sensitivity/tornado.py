"""``tornado``: what an outcome owes to each belief, and to each claim of the article, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast.decision.by_claim import asked_claims
from forecast.decision.names import listed
from forecast.decision.sources import ClaimSource, claim_source
from forecast.decision.values import Values
from forecast.engine.draws import Source, source_of
from forecast.engine.simulate import check_size
from forecast.errors import InvalidArgument, UnknownPrior, near_matches
from forecast.estimates import estimate_text, half_width, mean_error, points_text
from forecast.inference import conditioned
from forecast.options import Option, check_starts
from forecast.outcomes.dataset import levels
from forecast.outcomes.provenance import provenance_of, provenance_words
from forecast.progress import progress_bar
from forecast.sensitivity.common_worlds import Setting, read_again
from forecast.sensitivity.means import changed_by, level
from forecast.sensitivity.quantity import Looked, looked_at
from forecast.tables import frame_of, page_of
from forecast.world.state import Parameters
from priors.claims import load_claims
from priors.intervals import tails
from priors.reading import scale_of
from priors.without import parts_without

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

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


@dataclass(frozen=True, repr=False)
class Tornado:
    """What the quantity owes to each belief.

    Attributes
    ----------
    rows : tuple of Bar
        Those with the longest bars first.
    base, base_error : float
        Mean of the quantity with all beliefs as they are.
    title, unit : str
        Of the quantity.
    of : str
        Under which option, and against which.
    worlds, months, seed : int
        Of every run.
    priors, evidence : str
        Whose beliefs, on what evidence.
    by : str
        "parameter" or "claim".
    gates : str
        Broken gates of the fit behind the beliefs, empty if none.
    """

    rows: tuple[Bar, ...]
    base: float
    base_error: float
    title: str
    unit: str
    of: str
    worlds: int
    months: int
    seed: int
    priors: str
    evidence: str
    by: str
    gates: str

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: index parameter (a claim's id where claims are left out); columns the other fields of a Bar."""
        frame = frame_of(self.rows, Bar, index=("parameter",))
        frame.attrs = {"unit": self.unit, "base": self.base, "base_error": self.base_error, "of": self.of}
        frame.attrs |= provenance_of(self)
        return frame

    def plot(self, *, most: int = 15) -> Figure:
        """Draw the longest bars.

        Parameters
        ----------
        most : int
            How many, 1..100.

        Returns
        -------
        matplotlib.figure.Figure
            One axes: a bar from the mean at the low end to that at the high end, each with its 90% interval.

        Raises
        ------
        InvalidArgument
            If ``most`` is anything else.
        """
        from forecast.arguments import whole
        from forecast.plots.tornado import drawn_tornado

        return drawn_tornado(self, most=whole("most", most, 1, 100))

    def __repr__(self) -> str:
        first = self.rows[0]
        swing = points_text(first.estimate, first.error, unit=self.unit)
        base = estimate_text(self.base, self.base_error, unit=self.unit)
        return (
            f"Tornado({self.title}, {self.of}: {base}; most by {first.parameter}, {swing}; {self.worlds:,} worlds"
            f"{provenance_words(self)})"
        )

    def _repr_html_(self) -> str:
        heads = ("parameter", "low", "high", "at low", "at high", "change")
        rows = [
            (
                row.parameter,
                "with it" if row.kind == "claim" else scale_of(row.units).shown(row.low),
                "without it" if row.kind == "claim" else scale_of(row.units).shown(row.high),
                estimate_text(row.at_low, row.at_low_error, unit=self.unit),
                estimate_text(row.at_high, row.at_high_error, unit=self.unit),
                points_text(row.estimate, row.error, unit=self.unit),
            )
            for row in self.rows
        ]
        return page_of(heads, rows, repr(self))


def tornado(
    beliefs: PriorSet | xr.DataTree,
    *,
    evidence: str | Path | Evidence | None = None,
    outcome: str = "stable_success",
    option: str | Option = "regional_centres",
    baseline: str | Option | None = None,
    values: str | Path | Mapping[str, float] | Values | None = None,
    options: Iterable[str | Option] | str | Option | None = None,
    by: Literal["parameter", "claim"] = "parameter",
    names: Iterable[str] | str | None = None,
    months: int = 24,
    worlds: int = 10_000,
    seed: int = 1,
    progress: bool = True,
) -> Tornado:
    """Change one belief at a time and say what that does to an outcome.

    The same worlds are run each time, with the same luck and the same draws of every other parameter, so a bar carries
    only the noise of the worlds that the change turns.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        As for :func:`forecast.simulate`.
    evidence : str, Path or Evidence, optional
        What beliefs are conditioned on, as for :func:`forecast.simulate`: the article's evidence by default, "none" for
        beliefs as they stand. A fit has its evidence already.
    outcome : str
        A per-world outcome that every world has, "utility" or "regret".
    option : str or Option
        Under which option.
    baseline : str or Option, optional
        Look at the difference from this option in the same world.
    values : str, Path, mapping or Values, optional
        As for :func:`forecast.utility`, of a utility or regret; "balanced" by default.
    options : iterable of str or Option, optional
        The rivals that regret is measured against; all shipped ones by default.
    by : {"parameter", "claim"}
        Hold each parameter at the ends of its own central 90%, and each structure at its forms; or leave out each claim
        of the article (:func:`priors.without_claim`; what evidence reaches is reweighted, as for
        :func:`forecast.by_claim`).
    names : iterable of str or str, optional
        Which parameters or claims; all parameters, or all claims that a prior rests on, by default.
    months, worlds, seed : int
        As for :func:`forecast.simulate`.
    progress : bool
        Show a bar if it takes more than two seconds.

    Returns
    -------
    Tornado
        Everything else is drawn given the evidence. A parameter that goes with others, because it is believed to or
        because evidence ties them, leaves them at their draws: the bar is the effect of the parameter by itself, not of
        what it tells of the others.

    Raises
    ------
    InvalidArgument
        For a number or combination outside its domain.
    UnknownPrior, UnknownClaim, UnknownOutcome, UnknownOption, UnknownValues
        For a name that does not exist.

    References
    ----------
    Howard (1988), "Decision analysis: practice and promise", *Management Science* 34, 679-695 (the tornado diagram).
    """
    months, worlds, seed = check_size(months=months, worlds=worlds, seed=seed)
    looked = looked_at(outcome, option=option, baseline=baseline, options=options, values=values)
    if by not in ("parameter", "claim"):
        raise InvalidArgument(f"by = {by!r:.60}", expected='"parameter" or "claim"', mend="leave it out")
    check_starts(looked.options, months)
    chosen = None if names is None else listed("names", names)
    if chosen is not None and (not chosen or len(set(chosen)) < len(chosen)):
        raise InvalidArgument(f"names = {chosen!r:.80}", expected="at least one name, each once", mend="leave it out")
    given: dict[str, Any] = {
        "options": looked.options,
        "months": months,
        "worlds": worlds,
        "seed": seed,
        "progress": progress,
    }
    if by == "parameter":
        _check_parameters(chosen)
        source = source_of(conditioned(beliefs, evidence, seed=seed, progress=progress))
        rows, base = _by_parameter(source, looked, chosen, given)
    else:
        claims = claim_source(
            beliefs,
            evidence=evidence,
            measure=lambda outcomes: _looked_at(outcomes, looked),
            **given,
        )
        source = source_of(claims.beliefs if claims.fit is None else claims.fit)
        rows, base = _by_claim(claims, source, looked, chosen, given)
    rows.sort(key=lambda row: (-abs(row.estimate), row.parameter))
    event = looked.unit == "yes/no" and not looked.paired
    under = f"under “{looked.options[0].title}”"
    return Tornado(
        tuple(rows),
        float(base.mean()),
        mean_error(base, event=event),
        looked.title,
        looked.unit,
        f"{under} less “{looked.options[1].title}”" if looked.paired else under,
        worlds,
        months,
        seed,
        source.provenance["priors"],
        source.provenance["evidence"],
        by,
        source.broken,
    )


def _check_parameters(names: list[str] | None) -> None:
    for name in names or ():
        if name not in Parameters._fields:
            raise UnknownPrior(
                f"there is no parameter {name!r:.60}",
                expected="a parameter of the world model",
                mend=near_matches(name, Parameters._fields),
            )


def _looked_at(outcomes: xr.Dataset, looked: Looked) -> xr.DataArray:
    """Read the quantity from whole outcomes, dims (option, world) with the one option that is looked at."""
    import xarray as xr

    needed = [a.outcome for a in looked.values.attributes] if looked.values is not None else [looked.outcome]
    found = looked({name: levels(outcomes, name) for name in needed})
    return xr.DataArray(found[np.newaxis], dims=("option", "world"), attrs=outcomes.attrs)


def _by_parameter(
    source: Source, looked: Looked, chosen: list[str] | None, given: Mapping[str, Any]
) -> tuple[list[Bar], Array]:
    names = list(Parameters._fields) if chosen is None else chosen
    spans = [span for name in names for span in _spans(source, name)]
    settings = [Setting()]
    settings += [Setting(Parameters._fields.index(span.name), end) for span in spans for end in span.ends]
    found, touched = read_again(source, settings, looked, label="One belief at a time", **given)
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
    claims: ClaimSource, source: Source, looked: Looked, chosen: list[str] | None, given: Mapping[str, Any]
) -> tuple[list[Bar], Array]:
    asked = asked_claims(chosen, claims.beliefs)
    if claims.fit is not None:
        return _by_claim_of_a_fit(claims, asked, looked, progress=given["progress"])
    parts = {claim: parts_without(claims.beliefs, claim) for claim in asked}
    settings = [Setting()]
    settings += [Setting(source=source_of(part.beliefs)) for claim in asked for part in parts[claim]]
    found, touched = read_again(source, settings, looked, label="One claim at a time", **given)
    base, rows, place = found[0], [], 1
    for claim in asked:
        weights = np.array([part.weight for part in parts[claim]])
        these = slice(place, place + len(weights))
        without = weights @ found[these] / weights.sum()
        place += len(weights)
        rows.append(_bar(*_said(claim), base, without, base, looked, touched=bool(touched[these].any())))
    return rows, base


def _said(claim: str) -> tuple[str, str, str, str, tuple[float, float]]:
    return claim, "claim", load_claims()[claim].paraphrase, "", (np.nan, np.nan)


def _by_claim_of_a_fit(
    claims: ClaimSource, asked: tuple[str, ...], looked: Looked, *, progress: bool
) -> tuple[list[Bar], Array]:
    """Leave claims out of a fit, whose worlds are weighted: their errors allow for that."""
    base = claims.base().values[0]
    rows = []
    with progress_bar("One claim at a time", total=len(asked), show=progress) as bar:
        for claim in asked:
            without = claims.without(claim)
            values = without.found.values[0]
            change = values - base
            made = _bar(*_said(claim), base, values, base, looked, touched=bool(without.touched))
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
    looked: Looked,
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
