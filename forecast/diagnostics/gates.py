"""``check``: the gates that a fit, and the worlds drawn from it, must pass before their results are read.

A gate is a value with a threshold, the evidence for it, and what to do where it fails. What cannot be judged is
skipped and says why: a skipped gate neither passes nor fails. Whether the best option is told from the rest says
nothing about whether the numbers are right, so that it is not is a note and no failure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from forecast.diagnostics.fit_gates import THRESHOLDS, Gate, judge_fit, skipped, state_of
from forecast.errors import InvalidArgument, MismatchedRuns, kind_of
from forecast.estimates import estimate_text
from forecast.inference import check_fit
from forecast.outcomes.dataset import check as check_outcomes
from forecast.outcomes.identity import check_same_run
from forecast.results import Column, Result, about_of, word
from forecast.world import World
from forecast.worlds import class_readings_of, world_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from forecast.decision.decide import Decision
    from forecast.diagnostics.classes import ClassChecks

__all__ = ["Gates", "check"]

_VERDICTS = ("passed", "failed", "note", "skipped")
"""What can be said of a gate: a note says what must not be read into the numbers, and not that they are wrong."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Gates(Result):
    """All the checks of one fit, in the order of :data:`forecast.diagnostics.fit_gates.THRESHOLDS`; index gate."""

    rows: tuple[Gate, ...]

    row, index = Gate, ("name",)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The rows."""
        return self.rows

    @property
    def passed(self) -> bool:
        """Whether some gate could be judged, and none of those failed. Skipped gates and notes do not count."""
        verdicts = {gate.passed for gate in self.rows} - {None}
        return verdicts == {True}

    @property
    def failed(self) -> tuple[Gate, ...]:
        """The gates that failed, which makes the numbers unsafe; ``ranking`` never does."""
        return tuple(gate for gate in self.rows if gate.passed is False)

    @property
    def mark(self) -> str:
        """What results carry: "passed", or "failed: " and the names of the gates that failed."""
        return str(state_of(self.rows))

    def to_frame(self) -> pd.DataFrame:
        """Tabulate: index gate; columns verdict, passed (None for a note and where skipped), and the other fields."""
        frame = super().to_frame()
        frame.index.name = "gate"
        frame.insert(1, "passed", np.array([gate.passed for gate in self.rows], dtype=object))
        return frame

    def _line(self) -> str:
        parts = []
        for verdict in _VERDICTS:
            names = [gate.name for gate in self.rows if gate.verdict == verdict]
            named = f": {', '.join(names)}" if names and verdict in ("failed", "note") else ""
            if names or verdict != "note":
                parts.append(f"{len(names)} {verdict}{named}")
        return ", ".join(parts)

    def __repr__(self) -> str:
        # The gates that are broken are named already.
        return f"Gates({self._line()})"

    def _columns(self) -> tuple[Column, ...]:
        return (
            word("gate", "name"),
            word("verdict", "verdict"),
            Column("value", Gate.value_text),
            Column("must be", Gate.limit_text),
            word("evidence", "evidence"),
            word("mend", "mend"),
        )


def check(
    fit: xr.DataTree | None,
    *,
    outcomes: xr.Dataset | None = None,
    decision: Decision | None = None,
    classes: ClassChecks | None = None,
) -> Gates:
    """Judge a fit and the worlds drawn from it.

    Parameters
    ----------
    fit : xarray.DataTree or None
        From :func:`forecast.fit`; None for worlds drawn from priors alone, of which only the worlds are judged.
    outcomes : xarray.Dataset, optional
        From :func:`forecast.simulate`; a summary will do.
    decision : Decision, optional
        From :func:`forecast.decide`, whose verdict ``ranking`` repeats; it is skipped without one.
    classes : ClassChecks, optional
        From :func:`forecast.check_classes`, of the same beliefs; ``reference_classes`` is skipped without them.

    Returns
    -------
    Gates
        ``k_hat``: the largest Pareto shape of the importance weights of any block of what evidence links, and of any
        combination of choices in it. ``effective_draws``: the smallest effective number of weighted draws of a block.
        ``form_draws``: that of a combination of choices whose posterior weight is above 1%. ``r_hat``: the largest
        rank-normalised split R-hat. ``ess_bulk``, ``ess_tail``: the smallest effective number of draws for the centre
        and for the 5% and 95% quantiles. ``divergences``: draws after tuning whose trajectory diverged. ``e_bfmi``: the
        smallest fraction of energy that a chain's momentum explores. ``member_weights``: in a pool, the largest Monte-
        Carlo error of what a member weighs given the evidence. ``failed_worlds``: draws with a quantity, and worlds
        with a state, that is not finite. ``reference_classes``: how many reference classes what is believed misses
        without excuse; one outside its 99% interval fails it too. ``ranking``: whether the best option by the
        decision's values is told from every other: the least that any other can be behind it, at the decision's joint
        level. That it is not is a note and never a failure.

    Raises
    ------
    InvalidArgument
        If ``fit`` has no posterior, ``outcomes`` is not from a simulation, neither is given, ``decision`` is none or
        is of other options than the outcomes, or ``classes`` are none or of other beliefs.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021), Rank-normalization, folding, and localization: an improved
    R-hat, *Bayesian Analysis* 16, 667-718. Betancourt (2016), Diagnosing suboptimal cotangent disintegrations in
    Hamiltonian Monte Carlo, arXiv:1604.00695. Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance
    sampling, *Journal of Machine Learning Research* 25, 1-58.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> fit = forecast.fit(priors.load(district.beliefs), world=district, evidence="seen", draws=1000, progress=False)
    >>> forecast.check(fit)
    Gates(3 passed, 0 failed, 9 skipped)
    """
    tree = None if fit is None and outcomes is not None else check_fit(fit)
    if outcomes is not None:
        check_outcomes(outcomes, summaries=True)
    _check_decision(decision, outcomes)
    about = about_of(tree if outcomes is None else outcomes, unit="")
    _check_compared(classes, about.beliefs)
    if tree is not None and outcomes is not None:
        theirs, ours = str(outcomes.attrs.get("fit", "")), str(tree.attrs.get("key", ""))
        if theirs != ours:
            raise MismatchedRuns(
                f"the worlds were drawn from {f'the fit {theirs[:12]}' if theirs else 'beliefs'}, and the fit is "
                f"{ours[:12] or 'without a key'}",
                expected="worlds drawn from this fit",
                mend="pass outcomes = forecast.simulate(fit, ...)",
            )
    if decision is not None and outcomes is not None:
        check_same_run(decision.run or None, outcomes, ("the decision", "the outcomes"))
    judged = tree if outcomes is None else outcomes
    world = world_of({} if judged is None else judged.attrs)
    rows = (*judge_fit(tree, outcomes), _reference_classes(classes, world), _ranking(decision))
    return Gates(about=replace(about, gates=state_of(rows)), rows=rows)


def _check_decision(decision: object, outcomes: xr.Dataset | None) -> None:
    if decision is None:
        return
    from forecast.decision.decide import Decision

    if not isinstance(decision, Decision):
        raise InvalidArgument(
            f"the decision is {kind_of(decision)}",
            expected="what forecast.decide gives",
            mend="pass decision=forecast.decide(forecast.utility(outcomes))",
        )
    options = decision.names if outcomes is None else tuple(map(str, outcomes["option"].values))
    if set(decision.names) != set(options):
        raise InvalidArgument(
            f"the decision is between {', '.join(decision.names):.60}",
            expected=f"the options of the outcomes: {', '.join(options):.60}",
            mend="decide by the utility of the same outcomes",
        )


def _check_compared(classes: object, believed: str) -> None:
    if classes is None:
        return
    from forecast.diagnostics.classes import ClassChecks

    if not isinstance(classes, ClassChecks):
        raise InvalidArgument(
            f"classes is {kind_of(classes)}",
            expected="what forecast.check_classes gives",
            mend="pass classes=forecast.check_classes(beliefs)",
        )
    if believed and classes.about.beliefs != believed:
        raise MismatchedRuns(
            f"the classes were held against the beliefs {classes.about.beliefs!r}, and the worlds are of {believed!r}",
            expected="classes held against the same beliefs",
            mend="pass classes = forecast.check_classes(beliefs)",
        )


def _reference_classes(classes: ClassChecks | None, world: World) -> Gate:
    name = "reference_classes"
    if classes is None and class_readings_of(world) is None:
        return skipped(name, f"the world {world.name!r} has no reference classes")
    if classes is None:
        return skipped(name, "not held against reference classes: classes=check_classes(beliefs)")
    mend = (
        "see forecast classes or check_classes(beliefs).plot(): a belief behind what misses is far from what was seen "
        "elsewhere; give its reason, or think it over"
    )
    passed, misses = classes.passed, float(len(classes.missed))
    beyond = (
        "a miss lies outside the central 99%, which none may:" if any(row.outside for row in classes.missed) else ""
    )
    evidence = " ".join(filter(None, (beyond, classes.say(), classes.whose_roles())))
    verdict: Literal["passed", "failed"] = "passed" if passed else "failed"
    return Gate(name, verdict, misses, THRESHOLDS[name][1], evidence, "" if passed else mend)


def _ranking(decision: Decision | None) -> Gate:
    if decision is None:
        return skipped("ranking", "no decision was given: decision=decide(utility(outcomes))")
    others = [row for row in decision.rows if row.option != decision.verdict.best]
    if not others:
        return skipped("ranking", "one option has no rank")
    # Of a single world no bound is known, and nothing is told apart.
    least = float(np.min([row.behind_lower for row in others]))
    whose = f" by the values {decision.about.values}" if decision.about.values else ""
    verdict = decision.verdict
    ahead = estimate_text(verdict.ahead, verdict.ahead_error, unit=decision.about.unit)
    threshold = THRESHOLDS["ranking"][1]
    if verdict.resolved:
        evidence = f"{verdict.best} is ahead of the next by {ahead}{whose}"
        if verdict.as_good:
            evidence += f"; as good in practice: {', '.join(verdict.as_good)}"
        return Gate("ranking", "passed", least, threshold, evidence)
    evidence = (
        f"{verdict.best} is not told from {', '.join(verdict.contenders[1:])}{whose}; the nearest is {ahead} behind"
    )
    return Gate("ranking", "note", least, threshold, evidence, "read these as equal, or run more worlds")
