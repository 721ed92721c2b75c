"""``forecast run``: beliefs, evidence, gates, outcomes, comparison and pictures, in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import priors
from forecast import options as option_files
from forecast.commands.decision import INDIFFERENCE, decision_data, print_decision
from forecast.commands.gates import BROKEN, gates_data, print_gates, warning
from forecast.commands.options import known_options
from forecast.commands.output import paragraph, print_json, print_table, say
from forecast.commands.stages import stage
from forecast.commands.whole import check_out, place, staged
from forecast.errors import InvalidArgument, UnknownOption, near_matches
from forecast.options import Option
from forecast.rounding import estimate_text
from forecast.schema import OUTCOMES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from forecast.diagnostics.gates import Gates
    from forecast.evidence import Evidence
    from priors import PriorSet

__all__ = ["COLUMNS", "FIGURES", "TABLES", "run_forecast"]

FIGURES = ("trajectories", "events", "end_states", "differences", "council", "trade_off")
"""The pictures, by the function of :mod:`forecast.plots` that draws each."""

COLUMNS: Mapping[str, str] = {
    "isis_degraded": "ISIS degraded",
    "sirte_freed": "Sirte freed",
    "council_survives": "Council alive",
    "blowback_ever": "Blowback",
    "civil_war_ever": "Civil war",
    "stable_success": "Stable success",
    "pyrrhic": "Pyrrhic success",
    "isis_fighters_end": "ISIS fighters",
}
"""The outcomes of the table, with their headings."""

TABLES = ("forecast.nc", "comparison.csv", "decision.csv", "gates.csv")
"""The files beside the pictures."""

_NULL_OPTION = "no_assistance"


def run_forecast(
    out: str,
    *,
    beliefs: str,
    evidence: str,
    options: str | None,
    options_file: str | None,
    worlds: int,
    months: int,
    seed: int,
    baseline: str | None,
    values: str,
    force: bool,
    as_json: bool,
    figures: bool,
    quiet: bool,
) -> int:
    """Run a forecast and write its files; everything that can be refused is refused before any work.

    Parameters
    ----------
    out : str
        Folder for :data:`TABLES` and figures/.
    beliefs : str
        A prior set's name or file.
    evidence : str
        Name or file of what the beliefs are conditioned on; "none" leaves them as they are.
    options : str, optional
        Names or expressions between commas; all that are known by default.
    options_file : str, optional
        A file of further options.
    worlds, months, seed : int
        As for :func:`forecast.simulate`.
    baseline : str, optional
        Name of the option to compare with; the null option or else the first by default.
    values : str
        Name or file of the values that the decision table goes by.
    force : bool
        End with status 0 although a gate is broken; the results stay marked.
    as_json : bool
        Print the comparison as JSON in place of the table.
    figures : bool
        Draw pictures.
    quiet : bool
        Say nothing on standard error.

    Returns
    -------
    int
        Exit status: 0, or 1 where a gate of the fit or the worlds is broken.

    Raises
    ------
    ForecastError
        For any bad input, and for an output folder that cannot be written to.
    """
    from forecast.comparison import compare
    from forecast.decision.decide import decide
    from forecast.decision.reading import load_values
    from forecast.decision.utility import utility
    from forecast.diagnostics.gates import check
    from forecast.engine.simulate import check_size, simulate
    from forecast.evidence import load_evidence
    from forecast.outcomes import broken_gates

    check_size(months=months, worlds=worlds, seed=seed)
    chosen = _chosen(options, options_file)
    baseline = _baseline(baseline, chosen)
    drawn = tuple(name for name in FIGURES if figures and (name != "differences" or len(chosen) > 1))
    pictures = {name: f"figures/{name}.png" for name in FIGURES}
    wanted = load_values(values)
    names = [*TABLES, *(pictures[name] for name in drawn)]
    folder = check_out(out, list(dict.fromkeys([*names, *pictures.values()])))

    with stage("reading beliefs", quiet=quiet):
        believed = priors.load(beliefs)
        known = load_evidence(evidence)
        known.applied(believed)
    fit = None
    if known.items:
        with stage(f"fitting to {_count(len(known.items), 'item')} of evidence", quiet=quiet, own_bar=True):
            fit = _fit(believed, known, seed, quiet)
    size = f"{_count(worlds, 'world')} under {_count(len(chosen), 'option')}"
    with stage(f"simulating {size}", quiet=quiet, own_bar=True):
        try:
            outcomes = simulate(
                believed if fit is None else fit,
                options=chosen.values(),
                months=months,
                worlds=worlds,
                seed=seed,
                progress=not quiet,
            )
        except MemoryError as error:
            raise InvalidArgument(
                f"{size} for {_count(months, 'month')} do not fit into memory",
                expected="about 2.9 kB for each world, option and 24 months",
                mend="ask for fewer --worlds or --options",
            ) from error
    if outcomes.attrs["ended"] == "interrupted":
        # A command that was asked for so many worlds leaves everything as it was rather than fewer.
        raise KeyboardInterrupt
    with stage("checking and comparing", quiet=quiet):
        decision = decide(utility(outcomes, wanted), indifference=INDIFFERENCE)
        gates = check(fit, outcomes=outcomes, decision=decision)
        outcomes.attrs["gates"] = gates.mark
        decision = replace(decision, gates=broken_gates(outcomes))
        comparison = compare(outcomes, baseline=baseline)
    with staged(folder) as place_of:
        if drawn:
            with stage("drawing", quiet=quiet, own_bar=True):
                _draw(outcomes, baseline, {name: place_of / pictures[name] for name in drawn}, quiet)
        with stage("saving", quiet=quiet):
            _save(outcomes, {"comparison.csv": comparison, "decision.csv": decision.to_frame()}, gates, place_of)
            place(place_of, folder, names, stale=[path for path in pictures.values() if path not in names])

    if as_json:
        data = _as_data(outcomes, comparison, gates, force, [str(folder / name) for name in names])
        print_json(data | {"decision": decision_data(decision)})
    else:
        if gates.failed:
            warning(gates, force)
        _headline(outcomes, comparison)
        say()
        print_decision(decision, title=wanted.title)
        say()
        print_gates(gates)
        say()
        if gates.failed:
            warning(gates, force)
        say(f"Files in {folder}: " + ", ".join(TABLES) + (f", figures ({len(drawn)})" if drawn else ""))
    return BROKEN if gates.failed and not force else 0


def _fit(believed: PriorSet, known: Evidence, seed: int, quiet: bool) -> xr.DataTree:
    """Condition the beliefs; apart from the rest, because it may import what takes a second to import."""
    from forecast.inference import fit_beliefs

    return fit_beliefs(believed, evidence=known, seed=seed, progress=not quiet)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _chosen(expressions: str | None, options_file: str | None) -> dict[str, Option]:
    known = known_options(options_file)
    if expressions is None:
        return known
    return option_files.resolve([option_files.parse(term, among=known) for term in expressions.split(",")])


def _baseline(given: str | None, chosen: Mapping[str, Option]) -> str:
    if given is None:
        return _NULL_OPTION if _NULL_OPTION in chosen else next(iter(chosen))
    if given not in chosen:
        raise UnknownOption(
            f"the baseline {given!r} is not among the options of this run",
            expected="the name of one of them",
            mend=near_matches(given, chosen) + ", or add it to --options",
        )
    return given


def _draw(outcomes: xr.Dataset, baseline: str, files: Mapping[str, Path], quiet: bool) -> None:
    from forecast import plots
    from forecast.progress import progress_bar

    compared = {"trajectories", "differences"}
    with progress_bar("Drawing", total=len(files), show=not quiet) as bar:
        for name, file in files.items():
            file.parent.mkdir(exist_ok=True)
            function = getattr(plots, name)
            plots.save(function(outcomes, baseline=baseline) if name in compared else function(outcomes), file)
            bar.advance()


def _save(outcomes: xr.Dataset, tables: Mapping[str, pd.DataFrame], gates: Gates, folder: Path) -> None:
    from forecast.store import save

    save(outcomes, folder / "forecast.nc")
    if gates.failed:
        tables = {name: table.assign(gates=gates.mark) for name, table in tables.items()}
    for name, table in (*tables.items(), ("gates.csv", gates.to_frame())):
        with open(folder / name, "w", encoding="utf-8", newline="") as file:
            table.to_csv(file, lineterminator="\n")


def _records(comparison: pd.DataFrame) -> list[tuple[tuple[str, str], dict[str, float]]]:
    """Give the rows of the comparison, each with its (outcome, option)."""
    rows: list[dict[str, Any]] = comparison.to_dict("records")  # type: ignore[assignment]
    return list(zip(comparison.index.tolist(), rows, strict=True))


def _headline(outcomes: xr.Dataset, comparison: pd.DataFrame) -> None:
    from forecast.outcomes import titles

    found = {key: (row["estimate"], row["error"]) for key, row in _records(comparison)}
    units = {name: "yes/no" if OUTCOMES[name].is_event else "1" for name in COLUMNS}
    rows = [
        [title, *(estimate_text(*found[name, option], unit=unit) for name, unit in units.items())]
        for option, title in titles(outcomes).items()
    ]
    print_table(["Option", *COLUMNS.values()], rows, right=range(1, len(COLUMNS) + 1), keep=1)
    say()
    attrs = outcomes.attrs
    size = _count(outcomes.sizes["world"], "possible world")
    paragraph(
        f"By month {int(outcomes['month'][-1])} after February 2016, in {size} (beliefs: {attrs['priors']}; "
        f"evidence: {attrs['evidence']}; seed {attrs['seed']}). Probabilities in %, the number of ISIS fighters as the "
        "mean; each ± its Monte-Carlo standard error."
    )


def _as_data(
    outcomes: xr.Dataset, comparison: pd.DataFrame, gates: Gates, force: bool, files: list[str]
) -> dict[str, Any]:
    """Give what a run found as plain data: what was run, the whole comparison, the gates, and where the files are."""
    from forecast.outcomes import titles

    attrs = outcomes.attrs
    records = [
        {"outcome": outcome, "option": option, "unit": OUTCOMES[outcome].unit, **row}
        for (outcome, option), row in _records(comparison)
    ]
    return {
        "worlds": outcomes.sizes["world"],
        "months": int(outcomes["month"][-1]),
        "seed": attrs["seed"],
        "beliefs": {"name": attrs["priors"], "hash": attrs["priors_hash"]},
        "evidence": {"name": attrs["evidence"], "hash": attrs.get("evidence_hash", "")},
        "gates": gates_data(gates, force),
        "options": [{"name": name, "title": title} for name, title in titles(outcomes).items()],
        "baseline": comparison.attrs["baseline"],
        "interval": comparison.attrs["mass"],
        "comparison": records,
        "files": files,
    }
