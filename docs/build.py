"""Make the pages and pictures that hold numbers, and the generated parts of the README (``make docs``).

A test builds them again and holds them equal to what is kept, so that no number in the documents can go stale.
"""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import xarray as xr

import forecast
import priors
from docs.conclusions import conclusions_page
from docs.depends import OPTION, depends_blocks, depends_pictures
from docs.model import held_against_classes, model_page
from docs.month import anchor, month_pictures
from docs.writing import markdown_table, signed_text
from forecast.comparison import compare
from forecast.decision.reading import available_values, load_values
from forecast.estimates import estimate_text, mean_error, points_text, range_text, value_text
from forecast.evidence import available, load_evidence
from forecast.libya.outcomes import STATES
from forecast.libya.parts import PARTS
from forecast.libya.world import LIBYA
from forecast.structures.result import StructureRanges
from forecast.world_page import describe_world
from forecast.worlds import shipped
from priors.reading import reading, scale_of, two_figures

ROOT = Path(__file__).resolve().parents[1]
WORLDS, SEED = 10_000, 1


@cache
def fit_of_the_article() -> xr.DataTree:
    """Fit what ``forecast run`` fits by default."""
    return forecast.fit(priors.load("article"), seed=SEED, progress=False)


def worlds_of_the_article() -> xr.Dataset:
    """Run what ``forecast run`` runs by default."""
    return forecast.simulate(fit_of_the_article(), worlds=WORLDS, seed=SEED, progress=False)


def _estimate(row: Any, outcome: str, *, difference: bool = False) -> str:
    unit = LIBYA.outcomes[outcome].unit
    if not difference:
        return estimate_text(row["estimate"], row["error"], unit=unit)
    return signed_text(row["difference"], row["difference_error"], unit=unit)


def results() -> dict[str, tuple[str, str, str | None]]:
    """Give for each claim the outcome, option and baseline that speak to it."""
    data = tomllib.loads((ROOT / "docs" / "claims_to_results.toml").read_text(encoding="utf-8"))
    return {
        claim: (result["outcome"], result["option"], result.get("baseline"))
        for result in data["result"]
        for claim in result["claims"]
    }


def _result(outcomes: xr.Dataset, outcome: str, option: str, baseline: str | None) -> str:
    titles = dict(zip(outcomes["option"].values.tolist(), outcomes["title"].values.tolist(), strict=True))
    table = compare(outcomes, names=[outcome], baseline=baseline or "no_assistance").xs(outcome)
    words = LIBYA.outcomes[outcome].long_name
    text = f"{words}: {_estimate(table.loc[option], outcome)} under “{titles[option]}”"
    if baseline is None:
        return text
    change = _estimate(table.loc[option], outcome, difference=True)
    return f"{text}, {_estimate(table.loc[baseline], outcome)} under “{titles[baseline]}”: {change}"


def claims_page(outcomes: xr.Dataset) -> str:
    """Write the table from sentence to prior or structure to result."""
    beliefs = priors.load("article")
    speaks = results()
    rows = []
    for claim in priors.load_claims().values():
        held = [
            f"`{prior.name}`: {reading(prior) or _interval(prior)}"
            for prior in beliefs.values()
            if claim.id in prior.claims
        ]
        held += [piece.meaning for piece in priors.load_structure() if claim.id in piece.claims]
        result = _result(outcomes, *speaks[claim.id]) if claim.id in speaks else ""
        said = f"{claim.says} ({claim.verb})"
        rows.append([f"**{claim.id}**", claim.paraphrase, said, "<br>".join(held), reached(claim.id), result])
    header = [
        "id",
        "what the article says, in our words",
        "what that says of the model",
        "what we make of it",
        "where it enters the month",
        "what follows",
    ]
    return (
        "# From sentence to result\n\n"
        "One row a claim. N are figures and dates, P are statements; the words are a paraphrase. The fourth column "
        "is what the claim becomes: a prior, with its median and the range that holds 90% of it, or a rule of the "
        "model that holds in every possible world. The fifth leads to the parts of [the month](model.md) whose "
        "equations the claim enters, with the values that its priors enter or the rule that it became. The last "
        "column is a result that the claim bears on, by month 24, "
        f"on all the beliefs and the evidence of the article together, in {WORLDS:,} possible worlds: an estimate ± "
        "its Monte-Carlo error, and where two options are compared, the difference in the same worlds. A result never "
        "rests on one "
        "claim alone. How each prior "
        "was derived stands in [priors.md](priors.md).\n\n" + markdown_table(header, rows) + "\n"
    )


def reached(claim: str) -> str:
    """Say which values of the month a claim reaches through its priors, and which parts keep it as a rule."""
    found = describe_world(claim=claim)
    cells = []
    for part, one in PARTS.items():
        names = [row.name for row in found.rows if row.part == part]
        names += ["a rule"] if any(rule.part == part for rule in found.rules) else []
        if names:
            cells.append(f"[{one.title}](model.md{anchor(part)}): {', '.join(names)}")
    return "<br>".join(cells)


def _interval(prior: priors.Prior) -> str:
    low, high = prior.interval()
    unit = "" if prior.unit == "1" else f" {prior.unit}"
    return f"{two_figures(prior.median)}, between {two_figures(low)} and {two_figures(high)}{unit}"


def priors_page() -> str:
    """Write the table of the article's priors and of what the other sets hold instead."""
    article = priors.load("article")
    rows = [
        [
            f"`{prior.name}`",
            prior.meaning,
            prior.unit,
            str(prior.distribution),
            reading(prior) or _interval(prior),
            prior.derivation,
            ", ".join(prior.claims),
        ]
        for prior in article.values()
    ]
    header = ["name", "meaning", "unit", "distribution", "median and central 90%", "derivation", "claims"]
    text = f"# Priors\n\n## {article.title}\n\n{article.description}\n\n{markdown_table(header, rows)}\n"
    for name in priors.available():
        other = priors.load(name)
        if name in ("article", "pooled"):
            continue
        changed = [
            [f"`{p.name}`", str(p.distribution), reading(p) or _interval(p), p.derivation]
            for p in other.values()
            if p.parameters != article[p.name].parameters
        ]
        heading = ["name", "distribution", "median and central 90%", "derivation"]
        text += f"\n## {other.title}\n\n{other.description} What differs from the article's set:\n\n"
        text += markdown_table(heading, changed) + "\n"
    pooled = priors.load("pooled")
    text += f"\n## {pooled.title}\n\n{pooled.description}\n"
    pairs = [[f"`{a}`, `{b}`", f"{c.rho:g}", c.reason] for c in article.correlations for a, b in [c.between]]
    return (
        text
        + "\n## What goes together\n\n"
        + markdown_table(["between", "correlation of normal scores", "why"], pairs)
        + "\n"
    )


def outcomes_page() -> str:
    """Write the schema."""
    known = shipped().outcomes
    states = [[f"`{name}`", one.unit, one.long_name] for name, one in STATES.items()]
    derived = [[f"`{name}`", one.unit, one.long_name, one.rule or _how(one.reading)] for name, one in known.items()]
    return (
        "# Outcomes\n\nWhat `forecast.simulate` returns and `forecast.nc` holds.\n\n## States\n\n"
        "Dims option, world, month; month 0 is the end of February 2016.\n\n"
        + markdown_table(["name", "unit", "meaning"], states)
        + "\n\n## Outcomes of a world\n\nDims option, world.\n\n"
        + markdown_table(["name", "unit", "meaning", "rule"], derived)
        + "\n\nThe parameters of each world stand beside them, dim world, as `parameter_` and the name of the prior. "
        "Of a pooled set `parameter_whose_beliefs` is the number of the member that the world follows (`flag_meanings` "
        "names them).\n" + _RUN + _SUMMARY
    )


_RUN = """
## Which run

The coordinate `run` on option says what the worlds follow from: beliefs, evidence, seed, luck, months and version, the
first two and the last with a digest; `world_run` on world is a key of what its parameters follow from. They travel into
utility, scores and parameters. Where two things are put together
that are not of one run, of other worlds, or of worlds or options twice, or where a slice in time has fewer months than
its outcomes are of, the call is refused with what differs. Arrays of other models, which say nothing of a run, are
taken as they are.

`forecast.join` puts options or worlds of one run together, `forecast.at` gives the outcomes of an earlier month, and
`forecast.given` keeps the worlds in which something holds; the attribute `given` (JSON) says which, how many of how
many, and their share with its error.
"""

_SUMMARY = """
## Without the worlds

`forecast.simulate(..., reduce=True)` keeps a summary in place of the worlds. A state has the same name, its mean on
(option, month), and beside it `_error` (Monte-Carlo standard error of the mean), `_sd` and `_quantile`; `sirte` is the
share of worlds in each code. An outcome has its mean on (option,), `_error`, `_sd`, `_quantile`, `_known` (worlds in
which it is known: a first month is not where the event never came), and on (option, other) what option less other is in
the same worlds: `_difference`, `_difference_error`, `_difference_quantile`, `_difference_known`, `_variance_ratio`,
`_covariance`. `_only` counts the worlds in which option has an event and other has not.

Counts, means and errors are those of the worlds. Quantiles come from histograms: exact for whole numbers up to
65,535, for others within `relative_error` of the attributes, or within `floors` of 0.

`ended` in the attributes says how a run ended: complete, interrupted, ranking resolved, or budget ended; `worlds_asked`
how many worlds were asked for, and `ranking` (JSON) what the last look at the ranking saw.
"""


def _how(how: str) -> str:
    return {
        "end": "the last month's value",
        "total": "the sum over months",
        "ever": "in some month",
        "first": "NaN where it does not come by the horizon",
    }[how]


def _levers(option: forecast.Option) -> str:
    levels = ", ".join(f"{lever} {level:g}" for phase in option.phases for lever, level in phase.levers.items())
    for trigger in option.triggers:
        when = " and ".join(f"{c.state} {'>=' if c.at_least is not None else '<='} {c.bound:g}" for c in trigger.when)
        levels += f"; once {when}: " + ", ".join(f"{lever} {level:g}" for lever, level in trigger.set.items())
    return levels or "none"


def options_table() -> str:
    """Write the options."""
    rows = [
        [
            f"`{option.name}`",
            option.title,
            _levers(option),
            option.meaning,
        ]
        for option in forecast.options.load().values()
    ]
    return markdown_table(["name", "in words", "levers (0 to 1)", "what it stands for"], rows)


@cache
def ranges_of_the_article() -> StructureRanges:
    """Give the ranges over structures that ``forecast run`` gives by default."""
    return forecast.structure_ranges("article", seed=SEED, progress=False)


def headline_table(outcomes: xr.Dataset) -> str:
    """Write the headline outcomes of every option, with their ranges over structures."""
    table, ranges = compare(outcomes, names=shipped().headline), ranges_of_the_article()
    names = (
        "isis_degraded",
        "sirte_freed",
        "council_survives",
        "blowback_ever",
        "civil_war_ever",
        "stable_success",
        "pyrrhic",
    )
    rows = []
    for option, title in zip(outcomes["option"].values, outcomes["title"].values, strict=True):
        cells = []
        for name in names:
            row = table.loc[(name, option)]
            cells.append(f"{_estimate(row, name)} ({ranges.of(name, option).text(row['estimate'], row['error'])})")
        rows.append([str(title), *cells])
    return markdown_table(["after 24 months", *(LIBYA.outcomes[name].long_name for name in names)], rows)


def ranges_table(outcomes: xr.Dataset) -> str:
    """Write the ranges of one option's headline outcomes, and what parameters do within a form."""
    names = ("isis_degraded", "sirte_freed", "council_survives", "civil_war_ever", "stable_success")
    ranges, table, rows = ranges_of_the_article(), compare(outcomes, names=names), []
    pairs = dict(zip(table.index.tolist(), table[["estimate", "error"]].to_numpy().tolist(), strict=True))
    for name in names:
        row = ranges.of(name, OPTION)
        estimate, error = pairs[name, OPTION]
        whole = range_text(estimate + row.least_offset, estimate + row.greatest_offset, error, unit="yes/no")
        within = points_text(row.within, row.within_error, unit="yes/no")
        rows.append([LIBYA.outcomes[name].long_name, f"{row.text(estimate, error)} %", f"{whole} %", within])
    head = ["regional centres", "90% over structures", "least to greatest", "within a form, by parameters (sd)"]
    return markdown_table(head, rows)


def values_table() -> str:
    """Write the shipped values."""
    rows = []
    for name in available_values():
        values = load_values(name)
        weights = ", ".join(f"{goal.title} {values.goal_weights[goal.name]:.3g}" for goal in values.goals)
        rows.append([f"`{name}`", values.meaning, weights])
    return markdown_table(["name", "what they hold", "weights of the goals"], rows)


def scales_table() -> str:
    """Write the attributes and their scales."""
    rows = []
    for attribute in load_values("balanced").attributes:
        event, unit = LIBYA.outcomes[attribute.outcome].is_event, LIBYA.outcomes[attribute.outcome].unit
        ends = [
            ("yes" if level else "no") if event else f"{level:,g}" + ("" if unit == "1" else f" {unit}")
            for level in (attribute.worst, attribute.best)
        ]
        rows.append([attribute.title, attribute.goal, *ends, attribute.meaning])
    return markdown_table(["attribute", "goal", "worst", "best", "why"], rows)


def decision_table(outcomes: xr.Dataset) -> str:
    """Write what every option is worth by the balanced values."""
    decision = forecast.decide(forecast.utility(outcomes, "balanced"), structures=ranges_of_the_article())
    order = sorted(range(len(decision.rows)), key=lambda place: -decision.rows[place].expected_utility)
    shown = ("expected_utility", "best", "best_alone", "expected_regret", "cvar_10")
    rows = []
    for place in order:
        first, *rest = (decision.text(name, place) for name in shown)
        rows.append([decision.titles[place], first, decision.range_text(place), *rest])
    head = [
        "balanced values",
        "expected utility",
        "over structures",
        "best in",
        "alone in",
        "expected regret",
        "mean of the worst tenth",
    ]
    return markdown_table(head, rows)


LUCKY = (
    "isis_fighters_end",
    "isis_degraded",
    "sirte_freed",
    "council_survives",
    "civil_war_ever",
    "oil_output_end",
    "stable_success",
)


def luck_table(outcomes: xr.Dataset) -> str:
    """Write how much of the main outcomes is luck under the article's proposal, and how far worlds differ otherwise."""
    first = outcomes.sel(option=[OPTION])
    found = forecast.luck_and_ignorance(
        first, beliefs=fit_of_the_article(), values="balanced", names=LUCKY, baseline=OPTION, progress=False
    )
    table = compare(first, baseline=OPTION, names=LUCKY).xs(OPTION, level="option")
    means = {name: _estimate(table.loc[name], name) for name in LUCKY}
    utility = forecast.utility(first).values[0]
    means["utility"] = estimate_text(float(utility.mean()), mean_error(utility, event=False), unit="utility")
    rows = [
        [
            LIBYA.outcomes[row.quantity].long_name if row.quantity in LIBYA.outcomes else "Utility, balanced values",
            means[row.quantity],
            estimate_text(row.share, row.error, unit="yes/no"),
            row.own_spread_text(),
        ]
        for row in found.rows
        if row.kind == "level"
    ]
    return markdown_table(
        ["after 24 months", "mean", "of its variance, luck", "spread of the world's own chance or mean"], rows
    )


def flips_table(outcomes: xr.Dataset) -> str:
    """Write at which weight of each goal the best option changes."""
    flips = forecast.weight_flips(outcomes, "balanced")
    words = dict(flips.titles)
    rows = [
        [
            row.title,
            f"{row.weight:.2f}",
            row.direction,
            "no flip" if row.to == "never" else estimate_text(row.flip, row.flip_error),
            words.get(row.to, ""),
        ]
        for row in flips.rows
        if row.kind == "goal"
    ]
    return markdown_table(["weight of", "now", "going", "flips at", "to"], rows)


def beliefs_table() -> str:
    """Write the choice under each set of beliefs, each conditioned on the article's evidence."""
    found = forecast.by_beliefs(worlds=WORLDS, seed=SEED, progress=False)
    words = dict(found.titles)
    rows = [
        [
            f"`{row.beliefs}`",
            words[row.best],
            "yes" if row.resolved else "no",
            estimate_text(row.first_behind, row.first_behind_error) if row.changed else "",
        ]
        for row in found.rows
    ]
    return markdown_table(["beliefs", "best option", "resolved", "the article's choice would be behind by"], rows)


def structures_table() -> str:
    """Write the choice under each form of each structure."""
    found = forecast.by_structure(worlds=WORLDS, seed=SEED, progress=False)
    words = dict(found.titles)
    rows = [
        [
            row.form,
            f"{row.weight:.2g}",
            words[row.best],
            "yes" if row.resolved else "no",
            estimate_text(row.first_behind, row.first_behind_error) if row.changed else "",
        ]
        for row in found.rows
    ]
    return markdown_table(
        ["where", "weight", "best option", "resolved", "the choice with all open would be behind by"], rows
    )


def classes_table() -> str:
    """Write how the gates judge each set of beliefs, with its misses and excuses."""
    rows = []
    for name in sorted(priors.available(), key=lambda one: one != "article"):
        found = held_against_classes(name)
        excused = [f"`{row.class_}` ({row.excuse})" for row in found.excused]
        missed = [
            f"`{row.class_}` {row.verdict}: {row.prior_text()} against {row.class_text()}"
            + (", outside 99% too" if row.outside else "")
            for row in found.missed
        ]
        near = [f"`{row.class_}`" for row in found.near]
        verdict = "passed" if found.passed else "failed"
        listed = ("<br>".join(names) or "none" for names in (excused, missed, near))
        rows.append([f"`{name}`", verdict, f"{len(found.inside)} of {len(found.judging)}", *listed])
    header = ["beliefs", "gate", "inside", "excused (by claims)", "missed", "near an end"]
    return markdown_table(header, rows)


def claims_needed_table() -> str:
    """Write what the lead over doing nothing is without each of the claims that it needs most."""
    found = forecast.by_claim(
        priors.load("article"),
        claims=NEEDED,
        against="no_assistance",
        options=["no_assistance", "regional_then_national"],
        worlds=WORLDS,
        seed=SEED,
        progress=False,
    )
    rows = [
        [
            row.claim,
            row.paraphrase,
            estimate_text(row.lead, row.lead_error),
            estimate_text(row.change, row.change_error),
        ]
        for row in found.rows
    ]
    return markdown_table(["without", "which says", "lead over no assistance", "change"], rows)


NEEDED = ("P34", "P18", "P61")
"""The claims without which the lead of the article's choice falls most; a test that tries them all holds them."""


def values_page() -> str:
    """Write on which scales outcomes are valued, and whose weights are shipped."""
    return (
        "# Values\n\nWhat is wanted and how much, as data in `forecast/libya/values.toml`. A utility is the "
        "weighted sum of scores, 0 at the worst level of a scale to 1 at the best. The article states no weights; its "
        "goals are these three, and how to weigh them is the reader's.\n\n"
        f"## Whose\n\n{values_table()}\n\nWeights come from an order of the goals, as the centroid of all weights that "
        "keep it (Barron and Barrett 1996). How much readers of such values still disagree is a Dirichlet distribution "
        "around them.\n\n"
        f"## Scales\n\nThe attributes of a goal share its weight equally.\n\n{scales_table()}\n"
    )


def sets_table() -> str:
    """Write the prior sets."""
    return markdown_table(
        ["name", "whose", "what they hold"],
        [[f"`{name}`", priors.load(name).title, priors.load(name).description] for name in priors.available()],
    )


def moved_table(fit: xr.DataTree) -> str:
    """Write the beliefs that the evidence moved most."""
    moved = [row for row in forecast.prior_posterior(fit).rows if row.reached and abs(row.shift) > 1 / 3]
    rows = []
    for row in sorted(moved, key=lambda one: -abs(one.shift)):
        scale = scale_of(row.units)
        before = scale.span(row.prior_lower, row.prior_upper)
        ends = [
            (row.posterior_lower, row.posterior_lower_error),
            (row.posterior_upper, row.posterior_upper_error),
        ]
        ends.sort(key=lambda end: scale.value(end[0]))
        after = " to ".join(value_text(*end, row.units, named=False) for end in ends)
        unit = f" ({scale.label})" if scale.label else ""
        rows.append([f"`{row.parameter}`{unit}", before, after, estimate_text(row.shift, row.shift_error)])
    return markdown_table(["belief", "central 90% before", "after", "shift in prior sd"], rows)


def evidence_tables() -> tuple[str, str]:
    """Write the items of evidence, and the sets of them."""
    sets = {name: load_evidence(name) for name in available()}
    items = {item.name: item for one in sets.values() for item in one.items}
    listed = markdown_table(
        ["item", "known by", "likelihood in words", "informs", "from"],
        [
            [
                f"`{item.name}`",
                item.date.isoformat(),
                item.likelihood,
                ", ".join(f"`{name}`" for name in item.informs),
                item.source or "claims " + ", ".join(item.claims),
            ]
            for item in items.values()
        ],
    )
    chosen = markdown_table(
        ["name", "what it is", "items"],
        [
            [f"`{name}`", one.description, ", ".join(f"`{item.name}`" for item in one.items) or "none"]
            for name, one in sets.items()
        ],
    )
    return listed, chosen


def evidence_page() -> str:
    """Write what the beliefs are conditioned on."""
    items, sets = evidence_tables()
    return (
        "# Evidence\n\nWhat beliefs can be conditioned on, as data in `forecast/libya/evidence.toml`. An item has a "
        "date, a source or claims of the article, and a likelihood; loading refuses an item that became known after 29 "
        "February 2016, and "
        "one whose figure is a prior already.\n\n## Items\n\n" + items + "\n\n## Sets\n\n" + sets + "\n"
    )


def worked_example(outcomes: xr.Dataset) -> str:
    """Write one claim's way from sentence to prior to result."""
    claim, prior = priors.load_claims()["P34"], priors.load("article")["assault_support"]
    return "\n".join(
        [
            f"1. **The sentence** (claim {claim.id}; {claim.where}): {claim.paraphrase}",
            "2. **The words**: we read the direction as one that *would* hold, which the lexicon puts at a probability "
            "of .95 that the sign is right, and the size as *strong*, a mean factor of 4 for an effect that is there.",
            f"3. **The prior** `{prior.name}`: {prior.distribution} on the log hazard ratio of an assault on Sirte for "
            f"a unit of effort, which is Misrata fully supported; {reading(prior)}.",
            f"4. **The result**: {_result(outcomes, *results()[claim.id])}.",
        ]
    )


def spliced(readme: str, blocks: dict[str, str]) -> str:
    """Put generated blocks between their markers in the README."""
    for name, text in blocks.items():
        before, start, rest = readme.partition(f"<!-- generated: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not (start and end):
            raise SystemExit(f"README.md has no block {name!r}")
        readme = before + start + text + "\n" + end + after
    return readme


def pages(*, refits: bool = True) -> dict[Path, str]:
    """Build every generated text, by the file that holds it; without refits only what the article's beliefs say.

    What fits or runs other beliefs, structures and claims, or sweeps over them, takes minutes: some of the README's
    blocks, and the page of the conclusions.
    """
    outcomes = worlds_of_the_article()
    blocks = {
        "headline": headline_table(outcomes),
        "ranges": ranges_table(outcomes),
        "options": options_table(),
        "sets": sets_table(),
        "values": values_table(),
        "decision": decision_table(outcomes),
        "luck": luck_table(outcomes),
        "flips": flips_table(outcomes),
        "evidence": evidence_tables()[1],
        "moved": moved_table(fit_of_the_article()),
        "worked example": worked_example(outcomes),
    }
    found = {
        ROOT / "docs" / "claims.md": claims_page(outcomes),
        ROOT / "docs" / "priors.md": priors_page(),
        ROOT / "docs" / "outcomes.md": outcomes_page(),
        ROOT / "docs" / "evidence.md": evidence_page(),
        ROOT / "docs" / "model.md": model_page(),
        ROOT / "docs" / "values.md": values_page(),
    }
    if refits:
        blocks |= {
            "by beliefs": beliefs_table(),
            "by structure": structures_table(),
            "by claim": claims_needed_table(),
            "classes": classes_table(),
            **depends_blocks(),
        }
        found[ROOT / "docs" / "conclusions.md"] = conclusions_page()
    readme = ROOT / "README.md"
    found[readme] = spliced(readme.read_text(encoding="utf-8"), blocks)
    return found


def pictures() -> None:
    """Draw the README's picture and those of the docs."""
    outcomes = worlds_of_the_article()
    folder = ROOT / "docs" / "figures"
    folder.mkdir(exist_ok=True)
    ranges = ranges_of_the_article()
    for name, given in (
        ("trade_off", {"structures": ranges}),
        ("differences", {"structures": ranges}),
        ("council", {}),
    ):
        forecast.plots.save(getattr(forecast.plots, name)(outcomes, **given), folder / f"{name}.png", dpi=110)
    forecast.plots.save(forecast.by_structure(worlds=WORLDS, progress=False).plot(), folder / "structures.png", dpi=110)
    forecast.plots.save(forecast.weight_map(outcomes).plot(), folder / "weight_map.png", dpi=110)
    moved = forecast.prior_posterior(fit_of_the_article()).plot()
    forecast.plots.save(moved, folder / "evidence_moved.png", dpi=110)
    classes = forecast.check_classes("article", worlds=WORLDS, seed=SEED, progress=False)
    forecast.plots.save(classes.plot(only_gates=True), folder / "classes.png", dpi=110)
    depends_pictures(folder)
    month_pictures(folder)


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT), file=sys.stderr)
    pictures()
