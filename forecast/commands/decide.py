"""``forecast decide``: from a saved forecast to which option, whose values, how sure, and what would change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.commands.decision import decision_data, print_decision
from forecast.commands.gates import BROKEN
from forecast.commands.output import paragraph, print_json, print_table, say
from forecast.commands.stages import stage
from forecast.decision.frontier import OFF, ON, UNTOLD
from forecast.decision.reading import available_values, load_values
from forecast.errors import InvalidArgument
from forecast.estimates import estimate_text, value_text
from forecast.files import check_out, place, staged
from forecast.options import baseline_of
from forecast.results import about_of
from forecast.worlds import world_for
from forecast.worlds.loading import load_world

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from forecast.decision.breaks import BreakEven
    from forecast.decision.decide import Decision
    from forecast.decision.dominance import Dominance
    from forecast.decision.flips import WeightFlip, WeightFlips
    from forecast.decision.questions import Questions
    from forecast.decision.tradeoffs import Tradeoffs
    from forecast.decision.values import Values
    from forecast.decision.weights import WeightMap
    from forecast.world import World

__all__ = ["FIGURES", "TABLES", "run_decide"]

TABLES = (
    "decision.csv",
    "values.csv",
    "weight_flips.csv",
    "breakeven.csv",
    "questions.csv",
    "dominance.csv",
    "tradeoffs.csv",
)
"""The files that are written, beside the pictures."""

FIGURES = ("decision", "weight_map", "weight_flips", "breakeven", "questions", "dominance", "tradeoffs")
"""The pictures, by what each is of."""

_FORECAST = "forecast.nc"
_SHOWN = 8
"""Rows of the longer tables that are printed; the files have all."""

_FEWEST = 50
"""Worlds without which no conditional mean can be learnt."""


@dataclass(frozen=True)
class _Analysis:
    decision: Decision
    by_values: tuple[tuple[Values, Decision], ...]
    weights: WeightMap
    flips: WeightFlips
    breakeven: BreakEven
    questions: Questions
    dominance: Dominance
    tradeoffs: Tradeoffs

    def tables(self) -> dict[str, pd.DataFrame]:
        frames = (
            self.decision.to_frame(),
            _values_frame(self.by_values),
            self.flips.to_frame(),
            self.breakeven.to_frame(),
            self.questions.to_frame(),
            self.dominance.to_frame(),
            self.tradeoffs.to_frame(),
        )
        return dict(zip(TABLES, frames, strict=True))

    def pictures(self) -> dict[str, Callable[[], Figure]]:
        of = (
            self.decision.plot,
            self.weights.plot,
            self.flips.plot,
            self.breakeven.plot,
            self.questions.plot,
            self.dominance.plot,
            self.tradeoffs.plot,
        )
        return dict(zip(FIGURES, of, strict=True))


def run_decide(
    saved: str,
    *,
    world: str | None,
    values: str | None,
    out: str | None,
    force: bool,
    as_json: bool,
    figures: bool,
    quiet: bool,
) -> int:
    """Analyse a saved forecast; everything that can be refused is refused before any work.

    Parameters
    ----------
    saved : str
        The folder of ``forecast run``, or a file of outcomes.
    world : str, optional
        As for :func:`forecast.load_world`: whose values are meant; by default the world that the forecast carries, and
        none but that.
    values : str, optional
        Name or file of the values that the tables go by; the world's are set beside them, and its first are the
        default.
    out : str, optional
        Folder for :data:`TABLES` and figures/; nothing is written without it.
    force : bool
        End with status 0 although a gate of the fit behind the forecast is broken.
    as_json : bool
        Print everything as JSON in place of tables.
    figures : bool
        Draw pictures, where there is a folder for them.
    quiet : bool
        Say nothing on standard error.

    Returns
    -------
    int
        Exit status: 0, or 1 where a gate of the fit behind the forecast is broken.

    Raises
    ------
    ForecastError
        For a forecast that cannot be read or has too little in it, bad values, or a folder that cannot be written to.
    """
    home = None if world is None else load_world(world)
    if home is not None:
        load_values(values, world=home)
    drawn = FIGURES if figures and out is not None else ()
    names = [*TABLES, *(f"figures/{name}.png" for name in drawn)]
    folder = None if out is None else check_out(out, names)
    path = Path(saved)
    with stage("reading the forecast", quiet=quiet):
        from forecast.store import load

        outcomes = load(path / _FORECAST if path.is_dir() else path)
    _check(outcomes)
    home = world_for(outcomes, home)
    wanted = load_values(values, world=home)
    with stage("weighing options", quiet=quiet, own_bar=True):
        analysis = _analysed(outcomes, wanted, home, quiet)
    if folder is not None:
        with staged(folder) as place_of:
            _write(analysis, place_of, drawn, quiet)
            place(place_of, folder, names, stale=[f"figures/{name}.png" for name in FIGURES if name not in drawn])
    gates = analysis.decision.about.gates.broken
    if as_json:
        print_json(_as_data(outcomes, analysis, [] if folder is None else [str(folder / name) for name in names]))
    else:
        if gates:
            paragraph(f"GATES BROKEN: {gates}. The numbers of this forecast are not to be relied on.")
            say()
        _print(outcomes, wanted, analysis)
        if folder is not None:
            say()
            say(f"Files in {folder}: " + ", ".join(TABLES) + (f", figures ({len(drawn)})" if drawn else ""))
    return BROKEN if gates and not force else 0


def _check(outcomes: xr.Dataset) -> None:
    from forecast.outcomes.dataset import check

    check(outcomes)
    options, worlds = outcomes.sizes["option"], outcomes.sizes["world"]
    if options < 2 or worlds < _FEWEST:
        raise InvalidArgument(
            f"a forecast of {options} option(s) in {worlds:,} world(s)",
            expected=f"two options and {_FEWEST} worlds at least",
            mend="run more with forecast run",
        )


def _analysed(outcomes: xr.Dataset, wanted: Values, world: World, quiet: bool) -> _Analysis:
    from forecast.decision.breakeven import breakeven
    from forecast.decision.decide import decide
    from forecast.decision.dominance import dominance
    from forecast.decision.flips import weight_flips
    from forecast.decision.questions import questions
    from forecast.decision.tradeoffs import tradeoffs
    from forecast.decision.utility import utility
    from forecast.decision.weights import weight_map
    from forecast.outcomes.dataset import parameters
    from forecast.progress import progress_bar
    from forecast.runs.run import INDIFFERENCE

    others = (name for name in available_values(world) if name != wanted.name)
    sets = [wanted, *(load_values(name, world=world) for name in others)]
    u, believed = utility(outcomes, wanted), parameters(outcomes)
    options = [str(option) for option in outcomes["option"].values]
    baseline = baseline_of(None, options, world=world)
    steps: dict[str, Callable[[], Any]] = {
        "by_values": lambda: tuple(
            (values, decide(utility(outcomes, values), indifference=INDIFFERENCE)) for values in sets
        ),
        "tradeoffs": lambda: tradeoffs(outcomes, values=wanted, baseline=baseline),
        "flips": lambda: weight_flips(outcomes, wanted),
        "weights": lambda: weight_map(outcomes, wanted),
        "dominance": lambda: dominance(u),
        "questions": lambda: questions(u, believed),
        "breakeven": lambda: breakeven(u, believed),
    }
    found: dict[str, Any] = {}
    with progress_bar("Weighing options", total=len(steps), show=not quiet) as bar:
        for name, step in steps.items():
            found[name] = step()
            bar.advance()
    return _Analysis(decision=found["by_values"][0][1], **found)


def _values_frame(by_values: tuple[tuple[Values, Decision], ...]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "title": values.title,
            **{f"weight_{goal}": weight for goal, weight in values.goal_weights.items()},
            "best": decision.verdict.best,
            "resolved": decision.verdict.resolved,
            "ahead": decision.verdict.ahead,
            "ahead_error": decision.verdict.ahead_error,
            "as_good": " ".join(decision.verdict.as_good),
            "contenders": " ".join(decision.verdict.contenders),
        }
        for values, decision in by_values
    ]
    return pd.DataFrame(rows, index=pd.Index([values.name for values, _ in by_values], name="values"))


def _write(analysis: _Analysis, folder: Path, drawn: tuple[str, ...], quiet: bool) -> None:
    from forecast.plots import save
    from forecast.progress import progress_bar

    said = analysis.decision.about.columns()
    with stage("saving", quiet=quiet):
        for name, table in analysis.tables().items():
            with open(folder / name, "w", encoding="utf-8", newline="") as file:
                table.assign(**said).to_csv(file, lineterminator="\n")
    if drawn:
        (folder / "figures").mkdir(exist_ok=True)
        with (
            stage("drawing", quiet=quiet, own_bar=True),
            progress_bar("Drawing", total=len(drawn), show=not quiet) as bar,
        ):
            for name in drawn:
                save(analysis.pictures()[name](), folder / "figures" / f"{name}.png")
                bar.advance()


def _print(outcomes: xr.Dataset, wanted: Values, analysis: _Analysis) -> None:
    from forecast.outcomes.dataset import titles

    words = titles(outcomes)
    size = f"{outcomes.sizes['world']:,} possible worlds, {int(outcomes['month'][-1])} months"
    paragraph(f"From {size}; {about_of(outcomes).whose}; seed {outcomes.attrs['seed']}.")
    say()
    say("WHICH OPTION, UNDER WHOSE VALUES")
    say()
    print_table(["Values", "Best", "Ahead of the next", "Verdict"], _by_values(analysis, words))
    say()
    say(f"HOW SURE, BY THE VALUES “{wanted.title}”")
    say()
    print_decision(analysis.decision, title=wanted.title)
    say()
    say("WHAT WOULD FLIP IT")
    say()
    _print_flips(analysis, words)
    say()
    say("WHAT IS WORTH FINDING OUT FIRST")
    say()
    _print_questions(analysis.questions)


def _by_values(analysis: _Analysis, words: Mapping[str, str]) -> list[list[str]]:
    rows = []
    for values, decision in analysis.by_values:
        verdict = decision.verdict
        if not verdict.resolved:
            said = "not resolved from " + ", ".join(words[name] for name in verdict.contenders[1:])
        elif verdict.as_good:
            said = "resolved; as good in practice: " + ", ".join(words[name] for name in verdict.as_good)
        else:
            said = "resolved"
        ahead = estimate_text(verdict.ahead, verdict.ahead_error)
        rows.append([values.title, words[verdict.best], ahead, said])
    return rows


def _print_flips(analysis: _Analysis, words: Mapping[str, str]) -> None:
    rows = [
        [
            row.title,
            row.kind,
            f"{row.weight:.3f}",
            row.direction,
            "no flip" if row.to == "never" else estimate_text(row.flip, row.flip_error),
            words.get(row.to, ""),
            _chance(row),
        ]
        for row in analysis.flips.rows
        if row.kind == "goal" or row.to != "never" or row.unresolved
    ]
    print_table(["Weight of", "Kind", "Now", "Going", "Flips at", "To", "P(flip)"], rows, right=(2,))
    paragraph(
        "P(flip): probability, given Monte-Carlo error, that another option than the best one now is best at the end "
        "of the way; unresolved from 5% to 95%."
    )
    say()
    shares = "; ".join(
        f"“{words[row.option]}” {estimate_text(row.share, row.share_error, unit='yes/no')}"
        for row in sorted(analysis.weights.options, key=lambda row: -row.share)
        if row.share > 0.0
    )
    paragraph(f"Of all the weights that people of such values may hold, this is the best option under: {shares}.")
    _print_frontier(analysis.tradeoffs, words)
    say()
    _print_breakeven(analysis.breakeven, words)


def _chance(row: WeightFlip) -> str:
    chance = estimate_text(row.p_flip, row.p_flip_error, unit="yes/no")
    return f"unresolved: {chance}" if row.unresolved else chance


def _print_frontier(found: Tradeoffs, words: Mapping[str, str]) -> None:
    listed = {verdict: ", ".join(f"“{words[name]}”" for name in options) for verdict, options in found.verdicts.items()}
    parts = [
        f"{said}: {listed[verdict]}"
        for verdict, said in (
            (ON, "surely none"),
            (UNTOLD, "it cannot be told for"),
            (OFF, "surely another one"),
        )
        if listed[verdict]
    ]
    paragraph(
        "With no weights at all, is another option at least as good on every attribute and better on one? "
        f"{'; '.join(parts)[:1].upper()}{'; '.join(parts)[1:]}."
    )


def _print_breakeven(found: BreakEven, words: Mapping[str, str]) -> None:
    rows = [
        [
            row.parameter,
            value_text(row.value, row.error, row.unit),
            words[row.below],
            words[row.above],
            estimate_text(row.p_beyond, row.p_beyond_error, unit="yes/no"),
        ]
        for row in found.rows
        if row.status == "flips"
    ]
    if rows:
        print_table(["Belief", "Breaks even at", "Best below it", "Best above it", "P(beyond)"], rows[:_SHOWN])
        say()
    flipping, unresolved = len(found.flipping), sum(row.status == "unresolved" for row in found.rows)
    paragraph(
        f"Known alone, {flipping} of {len(found.lines)} beliefs would flip the choice somewhere between their 1% and "
        f"99% points, by more than {found.tolerance:.2g}; of {unresolved} more these worlds cannot tell. P(beyond): "
        "how likely the belief is on the side where the choice is another."
    )


def _print_questions(found: Questions) -> None:
    noted, meanings = any(row.moved for row in found.rows[:_SHOWN]), dict(found.meanings)
    rows = [
        [
            row.question,
            estimate_text(row.evppi, row.evppi_error),
            estimate_text(row.share, row.share_error, unit="yes/no"),
            estimate_text(row.p_change, row.p_change_error, unit="yes/no"),
            *(["held to its parts" if row.moved else ""] if noted else []),
            meanings.get(row.question, ""),
        ]
        for row in found.rows[:_SHOWN]
    ]
    heads = ["Question", "Worth (utility)", "Of knowing all", "Changes the choice in", *(["Note"] if noted else [])]
    heads += ["What it is"]
    print_table(heads, rows, right=(1, 2, 3))
    if noted:
        paragraph(
            "Held to its parts: no question is worth less than a part of it or more than knowing all, and its estimate "
            "was moved by more than two standard errors for that; more worlds would tell."
        )
    say()
    everything, together = (
        estimate_text(value.value, value.error, unit=found.about.unit) for value in (found.everything, found.together)
    )
    paragraph(
        f"Knowing everything, luck included, would be worth {everything}; knowing all parameters {together}. A choice "
        f"counts as changed for a predicted gain above {found.tolerance:.2g}."
    )


def _as_data(outcomes: xr.Dataset, analysis: _Analysis, files: list[str]) -> dict[str, Any]:
    attrs = outcomes.attrs
    tables = {name.removesuffix(".csv"): table for name, table in analysis.tables().items()}
    return {
        "worlds": outcomes.sizes["world"],
        "months": int(outcomes["month"][-1]),
        "seed": attrs["seed"],
        "beliefs": attrs["priors"],
        "evidence": attrs["evidence"],
        "given": about_of(outcomes).given,
        "decision": decision_data(analysis.decision),
        "evpi": {"value": analysis.questions.everything.value, "error": analysis.questions.everything.error},
        **{name: table.reset_index().to_dict("records") for name, table in tables.items() if name != "decision"},
        "files": files,
    }
