"""One small result of every kind, and all that a reader sees of it as text."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text

import forecast
import priors
from forecast.errors import InvalidArgument

OPTIONS = ("no_assistance", "regional_centres", "ct_two_factions", "airstrikes")
NAMES = ("isis_fighters", "collapse_hazard", "victory", "base_matters")
CLAIMS = ("P12", "P16", "P17")
SMALL = {"months": 12, "worlds": 400, "seed": 3, "progress": False}
PLAIN = SMALL | {"evidence": "none"}
CHOICE = SMALL | {"options": OPTIONS}
VALUES = "counterterrorism_first"

ROWS, PAGE = 30, 6
"""Rows of a table and of a page that are written out; the means of the columns stand for the others."""


@cache
def article():
    return priors.load("article")


@cache
def loose():
    return forecast.simulate(article(), evidence="none", options=OPTIONS, months=12, worlds=800, seed=5, progress=False)


@cache
def other_luck():
    return forecast.simulate(
        article(), evidence="none", options=OPTIONS, months=12, worlds=800, seed=5, luck=6, progress=False
    )


@cache
def fit():
    return forecast.fit(article(), evidence="article", seed=1, draws=1000, cache=False, progress=False)


@cache
def fitted():
    return forecast.simulate(fit(), options=OPTIONS, months=12, worlds=800, seed=5, progress=False)


@cache
def utility():
    return forecast.utility(loose(), "balanced")


@cache
def fitted_utility():
    return forecast.utility(fitted(), "balanced")


@cache
def drawn():
    return forecast.parameters(loose())


def swept(folder):
    grid = {"isis_fighters": [3000.0, 5000.0], "options": OPTIONS, "months": [6]}
    found = forecast.sweep(grid, store=folder / "store", evidence="none", worlds=100, seed=3, progress=False)
    # How long it took is no part of the result.
    return replace(found, report=replace(found.report, seconds=0.5))


RESULTS = {
    "best_map": lambda: forecast.best_map(
        article(), "collapse_hazard", "isis_fighters", points=3, options=OPTIONS, **SMALL
    ),
    "breakeven": lambda: forecast.breakeven(utility(), drawn(), names=("isis_fighters", "collapse_hazard")),
    "by_beliefs": lambda: forecast.by_beliefs(sets=("article", "sceptic"), **CHOICE),
    "by_beliefs_as_they_stand": lambda: forecast.by_beliefs(evidence="none", **CHOICE),
    "by_claim": lambda: forecast.by_claim(article(), evidence="none", claims=CLAIMS, **CHOICE),
    "by_claim_of_a_fit": lambda: forecast.by_claim(fit(), claims=CLAIMS[0], against="no_assistance", **CHOICE),
    "by_structure": lambda: forecast.by_structure("article", names=("victory", "base_matters"), **CHOICE),
    "calibrate": lambda: forecast.calibrate(article(), replications=20, seed=2, progress=False),
    "check": lambda: forecast.check(fit(), outcomes=fitted()),
    "check_classes": lambda: forecast.check_classes("article", worlds=1000, seed=2, progress=False),
    "compare": lambda: forecast.compare(loose(), baseline="no_assistance"),
    "compare_of_a_fit": lambda: forecast.compare(fitted(), baseline="no_assistance"),
    "decide": lambda: forecast.decide(utility()),
    "decide_of_a_fit": lambda: forecast.decide(fitted_utility()),
    "decide_one_option": lambda: forecast.decide(utility().isel(option=[0])),
    "delta": lambda: forecast.delta(article(), "isis_fighters_end", evidence="none", names=NAMES, n=2000, months=6),
    "delta_of_a_fit": lambda: forecast.delta(
        fit(), "stable_success", names=NAMES, n=2000, months=6, baseline="no_assistance"
    ),
    "describe_world": lambda: forecast.describe_world("council"),
    "discover": lambda: forecast.discover(
        loose(), event="pyrrhic", option="regional_centres", names=NAMES, refits=4, engine="numpy", progress=False
    ),
    "discover_of_a_fit": lambda: forecast.discover(
        fitted(), event="stable_success", option="airstrikes", boxes=2, names=NAMES, refits=0, engine="numpy"
    ),
    "dominance": lambda: forecast.dominance(utility()),
    "evpi": lambda: forecast.evpi(utility()),
    "evppi": lambda: forecast.evppi(utility(), drawn(), names=NAMES),
    "evsi": lambda: forecast.evsi(utility(), drawn(), study=forecast.NormalStudy("isis_fighters", sd=500.0, n=1)),
    "leave_one_out": lambda: forecast.leave_one_out(
        fit(), outcomes=fitted(), names=("isis_fighters_end", "stable_success")
    ),
    "luck_and_ignorance": lambda: forecast.luck_and_ignorance(loose(), other_luck(), values="balanced"),
    "option": lambda: forecast.options.load()["regional_centres"],
    "pawn": lambda: forecast.pawn(article(), "isis_fighters_end", evidence="none", names=NAMES, n=2000, months=6),
    "plots_council": lambda: forecast.plots.council(fitted()),
    "plots_differences": lambda: forecast.plots.differences(fitted()),
    "plots_end_states": lambda: forecast.plots.end_states(fitted()),
    "plots_events": lambda: forecast.plots.events(fitted()),
    "plots_trade_off": lambda: forecast.plots.trade_off(fitted()),
    "plots_trajectories": lambda: forecast.plots.trajectories(fitted()),
    "power_scaling": lambda: forecast.power_scaling(fit(), outcomes=fitted()),
    "predictive_checks": lambda: forecast.predictive_checks(fit()),
    "prior": lambda: article()["collapse_hazard"],
    "prior_posterior": lambda: forecast.prior_posterior(fit()),
    "questions": lambda: forecast.questions(utility(), drawn(), names=NAMES),
    "questions_in_pairs": lambda: forecast.questions(utility(), drawn(), names=NAMES[:3], pairs=True),
    "questions_of_a_fit": lambda: forecast.questions(
        fitted_utility(), forecast.parameters(fitted()), groups={"council": NAMES[1:2], "war": NAMES[2:]}
    ),
    "run": lambda: forecast.run("article", structures=False, classes=False, **CHOICE),
    "shapley": lambda: forecast.shapley(
        article(), "stable_success", groups="mechanisms", n=256, months=6, seed=3, progress=False
    ),
    "sobol": lambda: forecast.sobol(
        article(),
        "isis_fighters_end",
        groups="mechanisms",
        baseline="no_assistance",
        n=256,
        months=6,
        seed=3,
        progress=False,
    ),
    "structure_ranges": lambda: forecast.structure_ranges(
        "article", options=OPTIONS[:2], months=6, worlds=100, seed=3, cache=False, progress=False
    ),
    "sweep": swept,
    "tornado": lambda: forecast.tornado(article(), names=NAMES, **PLAIN),
    "tornado_by_claim": lambda: forecast.tornado(article(), by="claim", names=CLAIMS, **PLAIN),
    "tornado_by_claim_of_a_fit": lambda: forecast.tornado(
        fit(), outcome="utility", by="claim", names=CLAIMS[:2], **SMALL
    ),
    "tornado_of_a_difference": lambda: forecast.tornado(
        fit(), outcome="isis_fighters_end", baseline="no_assistance", names=NAMES, **SMALL
    ),
    "tornado_of_regret": lambda: forecast.tornado(
        article(), outcome="regret", options=OPTIONS, values=VALUES, names=NAMES[:2], **PLAIN
    ),
    "tradeoffs": lambda: forecast.tradeoffs(loose()),
    "tradeoffs_by_goal": lambda: forecast.tradeoffs(fitted(), by="goal", values=VALUES),
    "two_way": lambda: forecast.two_way(article(), "collapse_hazard", "isis_fighters", points=4, **SMALL),
    "two_way_of_a_difference": lambda: forecast.two_way(
        article(), "collapse_hazard", "isis_fighters", points=3, baseline="no_assistance", **SMALL
    ),
    "values": lambda: forecast.load_values("balanced"),
    "waiting": lambda: forecast.waiting(article(), evidence="none", months_waited=(3, 6), **CHOICE),
    "waiting_of_a_fit": lambda: forecast.waiting(fit(), months_waited=3, **CHOICE),
    "weight_flips": lambda: forecast.weight_flips(loose()),
    "weight_map": lambda: forecast.weight_map(loose(), weightings=500),
    "weight_map_of_a_fit": lambda: forecast.weight_map(fitted(), weightings=500),
}
"""Each takes nothing, or a folder to write into."""


def written(result):
    """Give all that a reader sees: one-line repr, table with types and attributes, page, and the picture's text."""
    parts = {}
    ours = not isinstance(result, pd.DataFrame | Figure)
    if ours:
        parts["repr"] = repr(result)
    table = result if isinstance(result, pd.DataFrame) else result.to_frame() if hasattr(result, "to_frame") else None
    if table is not None:
        parts["table"] = _table(table)
        parts["attributes"] = "\n".join(sorted(f"{name}: {value!r}" for name, value in table.attrs.items()))
    if ours and hasattr(result, "_repr_html_"):
        rows = result._repr_html_().replace("<tr>", "\n<tr>").replace("</table>", "\n</table>").splitlines()
        ends = [place for place, row in enumerate(rows) if row.startswith("</table>")][-1:] or [len(rows)]
        parts["page"] = "\n".join(rows[: min(PAGE, ends[0])] + rows[ends[0] :])
    figure = result if isinstance(result, Figure) else _picture(result) if ours and hasattr(result, "plot") else None
    if figure is not None:
        figure = getattr(figure, "figure", figure)
        size = "{:.6g} by {:.6g} inches, {} axes".format(*figure.get_size_inches(), len(figure.axes))
        parts["picture"] = "\n".join([size, *(text.get_text() for text in figure.findobj(Text) if text.get_text())])
    return "".join(f"[{name}]\n{text}\n" for name, text in parts.items())


def _picture(result):
    """Draw it, if its kind has a picture."""
    try:
        return result.plot()
    except InvalidArgument:
        return None


def _table(table):
    """Write the first rows, and of a long table the mean of each column and how often its first value is there."""
    flat = table.reset_index()
    types = " ".join(f"{name}:{kind}" for name, kind in flat.dtypes.items() if name in table.columns)
    text = f"{len(table)} rows by {list(table.index.names)}; {types}\n"
    text += flat.head(ROWS).to_csv(index=False, float_format="%.9g")
    if len(flat) > ROWS:
        numbers = flat.select_dtypes(np.number).mean().to_dict()
        text += "means: " + ", ".join(f"{name} {value:.9g}" for name, value in numbers.items()) + "\n"
        words = {name: int((flat[name] == flat[name].iloc[0]).sum()) for name in flat.select_dtypes(exclude=np.number)}
        text += "as in the first row: " + ", ".join(f"{name} {count}" for name, count in words.items()) + "\n"
    return text
