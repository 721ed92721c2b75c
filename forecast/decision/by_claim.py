"""``by_claim``: which claims the choice needs."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from forecast.arguments import flag, probability, shown
from forecast.beliefs import claims_known
from forecast.decision.choices import RESOLVED, titled
from forecast.decision.decide import decide
from forecast.decision.sources import ClaimSource, claim_source
from forecast.decision.utility import utility
from forecast.diagnostics.weights import RELIABLE
from forecast.errors import InvalidArgument, InvalidOption, UnknownOption, near_matches
from forecast.estimates import counted, estimate_text
from forecast.progress import progress_bar
from forecast.question import ChoiceKeywords, about_choice, asked_choice
from forecast.results import Column, Result, number, word
from forecast.settings import Settings, takes
from priors import PriorSet
from priors.claims import Claims, check_claims

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evidence import Evidence

__all__ = ["ByClaim", "ClaimLeftOut", "asked_claims", "by_claim"]


@dataclass(frozen=True)
class ClaimLeftOut:
    """What the choice is without one claim; the fields are the columns of the table.

    Attributes
    ----------
    claim, paraphrase : str
        Its id, and what it says in other words.
    parameters : str
        Quantities whose prior rests on it, between commas; correlations as ``one~other``.
    best : str
        The option with the highest expected utility without it.
    changed : bool
        Whether that is another than with it.
    resolved : bool
        Whether it is told from every other option, all claims at once.
    lead, lead_error : float
        Expected utility of the option that is best with all claims, less that of its rival, without this one; and the
        Monte-Carlo error.
    change, change_error : float
        What leaving the claim out does to that difference; of the same worlds, so the error is of the pair.
    method : str
        "redrawn", "reweighted", both, "refitted", or "nothing rests on it".
    khat : float
        Pareto shape of the weights, the worst where there are several; -inf where nothing is weighted.
    effective : float
        How many equally weighted worlds the weighted ones are worth.
    reliable : bool
        Whether k-hat is under 0.7.
    """

    claim: str
    paraphrase: str
    parameters: str
    best: str
    changed: bool
    resolved: bool
    lead: float
    lead_error: float
    change: float
    change_error: float
    method: str
    khat: float
    effective: float
    reliable: bool


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ByClaim(Result):
    """The choice with each claim left out, in the order of the claims; index claim.

    Attributes
    ----------
    best, rival : str
        The best option with all claims, and the one that its lead is over.
    resolved : bool
        Whether the best is told from every other with all claims.
    lead, lead_error : float
        The lead with all claims, and its error.
    titles : tuple of (str, str)
        Option names and their titles.
    level : float
        Joint probability, over all claims, that no option is wrongly said to be best.
    """

    rows: tuple[ClaimLeftOut, ...]
    best: str
    rival: str
    resolved: bool
    lead: float
    lead_error: float
    titles: tuple[tuple[str, str], ...]
    level: float

    row, index = ClaimLeftOut, ("claim",)

    @property
    def needed(self) -> tuple[str, ...]:
        """Claims without which another option is best, and told from every other."""
        return tuple(row.claim for row in self.rows if row.changed and row.resolved and row.reliable)

    @property
    def unreliable(self) -> tuple[str, ...]:
        """Claims that only a fit without them can tell of: their weights are too uneven."""
        return tuple(row.claim for row in self.rows if not row.reliable)

    def ranked(self) -> tuple[ClaimLeftOut, ...]:
        """Return the claims by how far they move the lead, the farthest first."""
        return tuple(sorted(self.rows, key=lambda row: (-abs(row.change), row.claim)))

    def say(self) -> str:
        """Return in words which claims the choice needs, and which move it most."""
        words = dict(self.titles)
        lead = estimate_text(self.lead, self.lead_error, unit=self.about.unit)
        told = "" if self.resolved else " (not resolved)"
        text = f"With all claims “{words[self.best]}” is best{told}, {lead} ahead of “{words[self.rival]}”."
        needed = [row for row in self.rows if row.claim in self.needed]
        if needed:
            turned = ", ".join(f"{row.claim} (“{words[row.best]}”)" for row in needed)
            text += f" Another option is best without {turned}."
        else:
            text += " No single claim changes that beyond doubt."
        open_ = [row.claim for row in self.rows if row.changed and row.claim not in self.needed]
        if open_:
            text += f" Not resolved without {', '.join(open_)}."
        moved = [row for row in self.ranked()[:3] if row.change != 0.0]
        if moved:
            most = ", ".join(
                f"{row.claim} ({'+' if row.change > 0 else ''}{estimate_text(row.change, row.change_error, unit='1')})"
                for row in moved
            )
            text += f" The lead moves most without {most}."
        return text

    def _attrs(self) -> Mapping[Hashable, Any]:
        names = ("level", "best", "rival", "lead", "lead_error")
        return {name: getattr(self, name) for name in names}

    def _line(self) -> str:
        return f"{counted(len(self.rows), 'claim')}, {counted(self.about.worlds, 'world')}"

    def _after(self) -> str:
        return f". {self.say()}"

    def _page_rows(self) -> tuple[ClaimLeftOut, ...]:
        return self.ranked()

    def _columns(self) -> tuple[Column, ...]:
        return (
            word("claim", "claim"),
            word("says", "paraphrase"),
            number("change of the lead", "change", unit=self.about.unit),
            titled("best without it", "best", self.titles),
            RESOLVED,
            word("worlds", "method"),
            Column("k-hat", lambda row: f"{row.khat:.2f}" if math.isfinite(row.khat) else ""),
        )


@takes(ChoiceKeywords)
def by_claim(
    beliefs: PriorSet | xr.DataTree,
    *,
    evidence: str | Path | Evidence | None = None,
    claims: Iterable[str] | str | None = None,
    against: str | None = None,
    refit: bool = False,
    priors: PriorSet | None = None,
    level: float = 0.95,
    settings: Settings | None = None,
    **keywords: Unpack[ChoiceKeywords],
) -> ByClaim:
    """Leave out each claim in turn, and say what is best then.

    What leaving a claim out means is in :mod:`priors.without`: a direction read from its words is lost, a level falls
    back on a base rate or is believed half as firmly, and of a prior that rests on k claims a k-th goes.

    Parameters
    ----------
    beliefs : PriorSet or xarray.DataTree
        Beliefs that are no pool, or a fit of such.
    evidence : str, Path or Evidence, optional
        What beliefs are conditioned on, as for :func:`forecast.simulate`: the article's evidence by default, "none" for
        beliefs as they stand. A fit has its evidence already.
    claims : iterable of str or str, optional
        Their ids; all that a prior or a correlation rests on by default.
    against : str, optional
        The option that the best one's lead is measured over; that which follows it by default.
    refit : bool
        Fit the beliefs without each claim to the same evidence instead of reweighting the fit of all.
    priors : PriorSet, optional
        The beliefs behind a fit, where they are not a shipped set.
    level : float
        Joint probability, in (0, 1), that no option is wrongly said to be best without any claim.
    settings : Settings, optional
        How worlds are run.
    **keywords
        ``values``, as for :func:`forecast.utility`; ``options``, at least two, all that the
        world declares by default; and the fields of :class:`forecast.Settings`, in place of it.

    Returns
    -------
    ByClaim
        A row for each claim. From beliefs as they stand the worlds are drawn anew with the same uniforms and luck,
        which is exact and paired. From a fit, what evidence does not reach is mapped through the quantiles of the old
        prior and the new ("redrawn", exact), and what it reaches is weighted by the ratio of their densities,
        Pareto-smoothed ("reweighted"); an item of evidence that cites the claim stays. ``plot(most=15)`` draws those
        that move the lead most.

    Raises
    ------
    InvalidArgument
        If an argument is outside its domain, or a fit's beliefs are not known.
    InvalidPrior
        If the beliefs are a pool.
    UnknownClaim, UnknownOption, UnknownPrior, UnknownValues, UnknownArgument
        For a name that does not exist.
    InvalidOption
        If there is only one option.
    FailedFit
        As for :func:`forecast.fit`, with ``refit``.

    Notes
    -----
    A claim can also hold through the structure of the model (``priors.load_structure``), through options that cite it,
    or through evidence; none of these is left out here. Where a lead is over an option that is nearly the same, name
    another in ``against``.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, *Journal of Machine Learning
    Research* 25, 1-58. Gustafson (1996), Local sensitivity of posterior expectations, *Annals of Statistics* 24,
    174-195 (what a conclusion owes to a part of the prior).

    Examples
    --------
    >>> import forecast, priors
    >>> world = forecast.load_world("district")
    >>> found = forecast.by_claim(priors.load(world.beliefs), world=world, evidence="none", claims=["D2"], worlds=200)
    >>> found.best, found.rows[0].paraphrase
    ('both', 'Patrols slow the rebels down.')
    """
    choice, how = asked_choice(beliefs, settings, keywords)
    level = probability("level", level)
    if len(choice.options) < 2:
        raise InvalidOption("one option", expected="at least two", mend="leave options out for all")
    if against is not None and (not isinstance(against, str) or against not in choice.options):
        raise UnknownOption(
            f"there is no option {shown(against)}",
            expected="one of those that are run",
            mend=near_matches(str(against), choice.options),
        )
    flag("refit", refit)
    source = claim_source(
        beliefs,
        evidence=evidence,
        measure=partial(utility, values=choice.values),
        refit=refit,
        priors=priors,
        options=tuple(choice.options.values()),
        settings=how,
        world=choice.world,
    )
    asked, known = asked_claims(claims, source.beliefs), claims_known(source.beliefs, choice.world)
    one_level = 1.0 - (1.0 - level) / len(asked)
    with progress_bar("Claims left out", total=1 + len(asked), show=how.progress) as bar:
        base = source.base
        verdict = decide(base, level=level).verdict
        best = verdict.best
        rival = _rival(base, best, against)
        lead = base.sel(option=best) - base.sel(option=rival)
        bar.advance()
        rows = []
        for claim in asked:
            rows.append(_left_out(claim, source, base, (best, rival), one_level, known))
            bar.advance()
    return ByClaim(
        about=about_choice(base, choice, how),
        rows=tuple(rows),
        best=best,
        rival=rival,
        resolved=verdict.resolved,
        lead=float(lead.mean()),
        lead_error=source.error(lead.values),
        titles=choice.titles,
        level=level,
    )


def asked_claims(claims: Iterable[str] | str | None, beliefs: PriorSet) -> tuple[str, ...]:
    """Return the claims to leave out: those named, or all that a prior or correlation rests on, in usual order."""
    if claims is None:
        used = {claim for prior in beliefs.values() for claim in prior.claims}
        used |= {claim for one in beliefs.correlations for claim in one.claims}
        asked = tuple(claim for claim in beliefs.known_claims if claim in used)
        if not asked:
            raise InvalidArgument(
                f"the beliefs {beliefs.name!r:.60}, which rest on no claim",
                expected="priors or correlations that cite claims",
                mend="ask by parameter, with forecast.tornado, or cite claims in the priors by their ids",
            )
    elif not isinstance(claims, Iterable):
        raise InvalidArgument(f"claims = {shown(claims)}", expected="ids of claims", mend="leave claims out for all")
    else:
        asked = (claims,) if isinstance(claims, str) else tuple(claims)
        check_claims(asked, beliefs.known_claims, where="claims")
    if not asked or len(set(asked)) < len(asked):
        raise InvalidArgument(
            f"claims = {asked!r:.60}", expected="at least one claim, each once", mend="leave claims out for all"
        )
    return asked


def _rival(base: xr.DataArray, best: str, against: str | None) -> str:
    if against == best:
        raise InvalidArgument(
            f"against = {against!r}, the best option itself", expected="another option", mend="leave against out"
        )
    if against is not None:
        return against
    others = [name for name in map(str, base["option"].values) if name != best]
    means = {name: float(base.sel(option=name).mean()) for name in others}
    return max(sorted(others), key=lambda name: means[name])


def _left_out(
    claim: str, source: ClaimSource, base: xr.DataArray, pair: tuple[str, str], level: float, known: Claims
) -> ClaimLeftOut:
    best, rival = pair
    without = source.without(claim)
    u = without.found
    verdict = decide(u, level=level).verdict
    lead = (u.sel(option=best) - u.sel(option=rival)).values
    change = lead - (base.sel(option=best) - base.sel(option=rival)).values
    return ClaimLeftOut(
        claim=claim,
        paraphrase=known.words(claim),
        parameters=", ".join(without.touched),
        best=verdict.best,
        changed=verdict.best != best,
        resolved=verdict.resolved,
        lead=float(lead.mean()),
        lead_error=source.error(lead),
        change=float(change.mean()),
        change_error=source.error(change),
        method=without.method,
        khat=without.khat,
        effective=without.effective,
        reliable=without.khat < RELIABLE,
    )
