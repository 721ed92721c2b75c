"""``delta`` and ``pawn``: how far the whole distribution of a quantity moves when a parameter becomes known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

import numpy as np

from forecast.arguments import listed, whole
from forecast.engine.simulate import simulated
from forecast.errors import InvalidArgument
from forecast.estimates import mean_error
from forecast.inference import conditioned, is_fit
from forecast.options import check_starts
from forecast.question import Quantity
from forecast.sensitivity.given import Given, check_known, of_data, of_study
from forecast.sensitivity.given_delta import deltas
from forecast.sensitivity.given_pawn import pawns
from forecast.sensitivity.held_out import FEWEST, GivenData
from forecast.sensitivity.indices import Index, Indices
from forecast.sensitivity.study import Asked, Function, StudyKeywords, asked_study, read_study
from forecast.settings import Settings, takes

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = ["delta", "pawn"]

_WORLDS = 2**14
_OVER = ("median", "mean", "max")


@takes(StudyKeywords)
def delta(
    beliefs_or_outcomes: PriorSet | xr.DataTree | Mapping[str, tuple[float, float]] | xr.Dataset,
    quantity_or_function: str | Quantity | Function | None = None,
    *,
    evidence: str | Path | Evidence | None = None,
    names: Iterable[str] | str | None = None,
    n: int | None = None,
    settings: Settings | None = None,
    **keywords: Unpack[StudyKeywords],
) -> Indices:
    """Estimate how far the distribution of a quantity moves when a parameter becomes known (Borgonovo's delta).

    The mean over the parameter of the total variation between the quantity's distribution given the parameter and its
    distribution: 0 where the two are independent, 1 where the parameter tells everything. Unlike shares of variance it
    sees every change of the distribution, and parameters may depend on each other, as those of a posterior do: a
    parameter that only goes together with one that matters then has a delta as well.

    Of an outcome of the world model it is of the outcome as it is, luck included: what luck decides no parameter tells.

    Parameters
    ----------
    beliefs_or_outcomes : PriorSet, xarray.DataTree, mapping of str to (float, float) or xarray.Dataset
        Of an outcome, beliefs or a fit, as for :func:`forecast.simulate`; of a function as for :func:`forecast.sobol`.
        Or worlds that are there already: outcomes of :func:`forecast.simulate` or a run, from beliefs or a fit, or any
        Dataset of numbers with the one dim world.
    quantity_or_function : str, Quantity or callable, optional
        What is looked at; a name stands for an outcome. Of outcomes that are there, options are among those that were
        run; of a Dataset that is not from a simulation, the name of a variable, all others being parameters. Or a
        function that takes a Dataset of parameters (dim world) and returns a DataArray (world).
    evidence : str, Path or Evidence, optional
        Of an outcome and beliefs, what they are conditioned on, as for :func:`forecast.simulate`: the world's
        evidence by default, "none" for beliefs as they stand.
    names : iterable of str or str, optional
        Parameters to look at; all by default.
    n : int, optional
        Worlds to run, 1000..10**7; 16,384 by default. Not with a Dataset, which needs at least 1000, with
        parameters of their own.
    settings : Settings, optional
        How worlds are run; not how many, nor on which luck or cluster. Of a Dataset its seed alone: of which worlds are
        held out together.
    **keywords
        The parts of :class:`forecast.Quantity`, and ``months``, ``seed``, ``backend``, ``threads`` and ``progress`` of
        :class:`forecast.Settings`, in place of them.

    Returns
    -------
    Indices
        Kind "delta", 0..1. ``error`` has what may be left of the bias; intervals are cut at 0 and 1, and so is the
        estimate, so an interval that starts at 0 says that no effect was seen. A constant has 0 without error.
        ``plot(most=15)`` draws the largest.

    Raises
    ------
    InvalidArgument
        For a number or combination outside its domain, fewer than 1000 worlds or distinct draws, numbers that are
        not finite, or a quantity that does not vary.
    UnknownPrior, UnknownOutcome, UnknownOption, UnknownValues, UnknownArgument
        For a name that does not exist.

    Notes
    -----
    Regions of (parameter, quantity) denser than independence says are drawn from some worlds, and their excess is
    counted in others, which is never more than delta in expectation; what is missing is extrapolated from fewer worlds.
    With 1,000 to 50,000 worlds intervals held the truth in 82% to 100% of 60 to 100 repetitions a case, 91% on average
    (Ishigami's function, a linear model of normals, a product, discrete parameters, yes/no outcomes, no effect). An
    effect finer than a hundredth of a parameter's ranks cannot be seen, nor does the error tell of it.

    Worlds of a fit pick its draws with replacement, and a parameter that changes nothing tells which draw it is. Worlds
    with the same parameters are therefore held out together and count as one where they are alike; of a Dataset that is
    not from a simulation those are that agree in every parameter, where two at least are continuous. With 10,000 worlds
    of 4,000 or of 10,000 draws intervals held a linear model's delta in 90% and 91% of 120 repetitions, its PAWN median
    in 97% and 90%, and the 0 of two others in 95% to 99%. That draws of one chain go together is not seen: where each
    was worth a sixth of an independent one nothing was amiss, where it was worth a nineteenth an effect was seen in 25%
    to 31% of parameters without any. A fit to the article's evidence has draws worth 0.87 or more.

    References
    ----------
    Borgonovo (2007), "A new uncertainty importance measure", *Reliability Engineering & System Safety* 92, 771-784.
    :mod:`forecast.sensitivity.given_delta` has the estimator.

    Examples
    --------
    >>> import forecast
    >>> found = forecast.delta({"a": (0, 1), "b": (0, 1)}, lambda x: x.a + 0 * x.b, n=1000)
    >>> [(row.parameter, row.lower > 0.0) for row in found.rows]
    [('a', True), ('b', False)]
    """
    asked = asked_study("delta", beliefs_or_outcomes, quantity_or_function, settings, keywords)
    given = _given(asked, evidence, names, n, label="Delta")
    found = deltas(given.x, given.y, seed=asked.how.seed, repeats=given.repeats)
    return _indices(given, "delta", found, "delta, a share of probability")


@takes(StudyKeywords)
def pawn(
    beliefs_or_outcomes: PriorSet | xr.DataTree | Mapping[str, tuple[float, float]] | xr.Dataset,
    quantity_or_function: str | Quantity | Function | None = None,
    *,
    evidence: str | Path | Evidence | None = None,
    over: Literal["median", "mean", "max"] = "median",
    names: Iterable[str] | str | None = None,
    n: int | None = None,
    settings: Settings | None = None,
    **keywords: Unpack[StudyKeywords],
) -> Indices:
    """Estimate how far apart a quantity's distribution functions are with and without knowing a parameter (PAWN).

    At each value of the parameter the Kolmogorov-Smirnov distance between the two functions; over values their median.
    It is of single values, not of a number of conditioning intervals, which the published estimate depends on.

    Parameters
    ----------
    beliefs_or_outcomes, quantity_or_function, evidence, names, n, settings, **keywords
        As for :func:`forecast.delta`.
    over : str
        "median", "mean" or "max" over the parameter's values. "max" is over the central 90% of a continuous parameter,
        since no number of worlds tells what the utmost of an unbounded one would do, and over all values of a discrete
        one; it is the least sure of the three.

    Returns
    -------
    Indices
        Kind "pawn", 0..1, cut as for :func:`forecast.delta`. Of an outcome of the world model, luck included.

    Raises
    ------
    InvalidArgument, UnknownPrior, UnknownOutcome, UnknownOption, UnknownValues, UnknownArgument
        As for :func:`forecast.delta`, and for another ``over``.

    Notes
    -----
    The place of the largest difference is found in some worlds and the difference measured in others; what is missing
    is extrapolated from fewer worlds. In cases like those of :func:`forecast.delta` intervals of medians and means held
    the truth in 80% to 100% of 30 to 100 repetitions, 92% on average, and "max" in 77% to 100% of 20 to 60, 89% on
    average. With 1,000 worlds, or 10,000 of 1,000 draws, an effect was seen in 5% to 11% of parameters without any.

    References
    ----------
    Pianosi & Wagener (2015), "A simple and efficient method for global sensitivity analysis based on cumulative
    distribution functions", *Environmental Modelling & Software* 67, 1-11; (2018), "Distribution-based sensitivity
    analysis from a generic input-output sample", 108, 197-207. :mod:`forecast.sensitivity.given_pawn` has how it is
    estimated.

    Examples
    --------
    >>> import forecast
    >>> found = forecast.pawn({"a": (0, 1), "b": (0, 1)}, lambda x: x.a + 0 * x.b, n=1000)
    >>> [(row.parameter, row.lower > 0.0) for row in found.rows]
    [('a', True), ('b', False)]
    """
    if over not in _OVER:
        raise InvalidArgument(
            f"over = {over!r:.60}", expected='"median", "mean" or "max"', mend='leave it out for "median"'
        )
    asked = asked_study("pawn", beliefs_or_outcomes, quantity_or_function, settings, keywords)
    given = _given(asked, evidence, names, n, label="PAWN")
    found = pawns(given.x, given.y, over=over, seed=asked.how.seed, repeats=given.repeats)
    return _indices(given, "pawn", found, f"PAWN, {over} distance between distribution functions")


def _given(
    asked: Asked,
    evidence: str | Path | Evidence | None,
    names: Iterable[str] | str | None,
    n: int | None,
    *,
    label: str,
) -> Given:
    """Check everything, then run what is to be run."""
    import xarray as xr

    chosen, how, known = None if names is None else listed("names", names), asked.how, asked.of
    if isinstance(known, xr.Dataset):
        if asked.function is not None or evidence is not None or n is not None:
            raise InvalidArgument(
                "a function, evidence or n with worlds that are there already",
                expected="these only where worlds are run",
                mend="leave them out",
            )
        how.without("months", "backend", "threads", where="worlds that are there already")
        return _checked(of_data(asked).named(chosen))
    worlds = whole("n", _WORLDS if n is None else n, FEWEST, 10**7)
    if asked.function is not None and (evidence is not None or is_fit(known)):
        raise InvalidArgument(
            "evidence or a fit with a function", expected="these only of an outcome", mend="leave them out"
        )
    if asked.function is None and not isinstance(known, dict):
        looked = asked.quantity
        check_starts(looked.options, how.horizon(looked.world), world=looked.world)
        known = conditioned(known, evidence, seed=how.seed, progress=how.progress, world=looked.world)
        asked = replace(asked, of=known, what=looked, parts={})
        if is_fit(known):
            outcomes = simulated(
                known, options=looked.options, settings=replace(how, worlds=worlds), world=looked.world
            )
            return _checked(of_data(replace(asked, of=outcomes)).named(chosen))
    study = read_study(asked, worlds, luck=1)
    check_known(chosen, study.inputs.parameters)
    return _checked(of_study(study, n=worlds, label=label).named(chosen))


def _checked(given: Given) -> Given:
    if given.distinct < FEWEST or not len(given.names):
        few = f", of {given.distinct} distinct draws" if given.distinct < given.y.size else ""
        raise InvalidArgument(
            f"{given.y.size} worlds{few}, with {len(given.names)} parameters",
            expected=f"at least {FEWEST} worlds with parameters of their own, and one parameter",
            mend="fit with more draws, run more worlds, or look at tornado"
            if few
            else "run more worlds, or look at tornado",
        )
    if given.y.min() == given.y.max():
        raise InvalidArgument(
            f"{given.about.title} is {given.y[0]:g} in every world",
            expected="a quantity that varies",
            mend="look at another, or run more worlds",
        )
    return given


def _indices(given: Given, kind: str, found: GivenData, measure: str) -> Indices:
    columns = (found.estimate, found.error, found.lower, found.upper)
    rows = [Index(name, kind, *map(float, row)) for name, *row in zip(given.names, *columns, strict=True)]
    event = given.about.unit == "yes/no" and bool(np.isin(given.y, (0.0, 1.0)).all())
    return Indices(
        about=given.about,
        rows=tuple(sorted(rows, key=lambda row: (-row.estimate, row.parameter))),
        meanings=tuple(zip(given.names, given.meanings, strict=True)),
        measure=measure,
        mean=float(given.y.mean()),
        mean_error=mean_error(given.y, event=event),
        sd=float(given.y.std(ddof=1)),
        n=given.y.size,
    )
