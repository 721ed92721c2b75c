"""``forecast run``: beliefs, evidence, gates, outcomes, comparison and pictures, in one go."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from forecast import options as option_files
from forecast.commands.decision import decision_data, print_decision
from forecast.commands.gates import BROKEN, gates_data, print_gates, warning
from forecast.commands.options import known_options, world_named
from forecast.commands.output import paragraph, print_json, print_table, say
from forecast.commands.stages import stage
from forecast.errors import InvalidArgument
from forecast.question import asked_choice
from forecast.schema import outcomes_of

if TYPE_CHECKING:
    from forecast.options import Option
    from forecast.runs.run import Run
    from forecast.world import World

__all__ = ["run_forecast"]


def run_forecast(
    out: str,
    *,
    world: str | None,
    beliefs: str | None,
    evidence: str | None,
    sampler: str,
    options: str | None,
    options_file: str | None,
    worlds: int,
    months: int | None,
    seed: int,
    baseline: str | None,
    values: str | None,
    structures: bool,
    classes: bool,
    force: bool,
    as_json: bool,
    figures: bool,
    quiet: bool,
) -> int:
    """Run :func:`forecast.run` and write its files; everything that can be refused is refused before any work.

    Parameters
    ----------
    out : str
        Folder for the files of :meth:`forecast.runs.run.Run.save`.
    world : str, optional
        As for :func:`forecast.load_world`; the shipped one by default.
    beliefs, evidence : str, optional
        Names or files, those of the world by default; evidence "none" leaves the beliefs as they are.
    sampler : str
        The ``method`` of :func:`forecast.fit`.
    options : str, optional
        Names or expressions between commas; all that are known by default.
    options_file : str, optional
        A file of further options.
    worlds, months, seed, baseline, values, structures, classes
        As for :func:`forecast.run`.
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
        Exit status: 0, or 1 where a gate of the beliefs, the fit or the worlds is broken.

    Raises
    ------
    ForecastError
        For any bad input, and for an output folder that cannot be written to.
    """
    from forecast.runs.run import check_place, run_in_stages

    def told(label: str, own_bar: bool) -> Any:
        return stage(label, quiet=quiet, own_bar=own_bar)

    home = world_named(world)
    chosen = _chosen(options, options_file, home)
    size = {"world": home, "months": months, "worlds": worlds, "seed": seed, "progress": not quiet}
    choice, settings = asked_choice(None, None, {"values": values, "options": chosen.values(), **size})
    check_place(out, home)
    try:
        found = run_in_stages(
            beliefs,
            choice,
            settings,
            evidence=evidence,
            method=sampler,
            baseline=baseline,
            structures=structures,
            classes=classes,
            stage=told,
        )
    except InvalidArgument as error:
        if "memory" not in error.given:
            raise
        raise InvalidArgument(
            error.given, expected=error.expected, mend="ask for fewer --worlds or --options"
        ) from error
    if found.outcomes.attrs["ended"] == "interrupted":
        # A command that was asked for so many worlds leaves everything as it was rather than fewer.
        raise KeyboardInterrupt
    files = [str(path) for path in found.save_in_stages(out, figures=figures, progress=not quiet, stage=told)]
    broken = bool(found.gates.failed)
    if as_json:
        print_json(_as_data(found, force, files) | {"decision": decision_data(found.decision)})
    else:
        _print(found, force)
        drawn = sum(name.endswith(".png") for name in files)
        tables = ", ".join(name.rpartition("/")[2] for name in files if not name.endswith(".png"))
        say(f"Files in {out}: {tables}" + (f", figures ({drawn})" if drawn else ""))
    return BROKEN if broken and not force else 0


def _chosen(expressions: str | None, options_file: str | None, world: World) -> dict[str, Option]:
    known = known_options(options_file, world)
    if expressions is None:
        return known
    terms = [option_files.parse(term, among=known, world=world) for term in expressions.split(",")]
    return option_files.resolve(terms, world=world)


def _print(found: Run, force: bool) -> None:
    if found.gates.failed:
        warning(found.gates, force)
    headings = found.headings()
    print_table(headings, found.headline(), right=range(1, len(headings)), keep=1)
    say()
    paragraph(found.caption())
    say()
    print_decision(found.decision, title=found.values.title)
    say()
    print_gates(found.gates)
    say()
    if found.gates.failed:
        warning(found.gates, force)


def _as_data(found: Run, force: bool, files: list[str]) -> dict[str, Any]:
    """Give what a run found as plain data: what was run, the whole comparison, the gates, and where the files are."""
    from forecast.outcomes.dataset import titles

    outcomes, attrs = found.outcomes, found.outcomes.attrs
    known = outcomes_of(outcomes)
    rows: list[dict[str, Any]] = found.comparison.to_dict("records")  # type: ignore[assignment]
    records = [
        {"outcome": outcome, "option": option, "unit": known[outcome].unit, **row}
        for (outcome, option), row in zip(found.comparison.index.tolist(), rows, strict=True)
    ]
    return {
        "worlds": outcomes.sizes["world"],
        "months": int(outcomes["month"][-1]),
        "seed": attrs["seed"],
        "run": attrs["run"],
        "beliefs": {"name": attrs["priors"], "hash": attrs["priors_hash"]},
        "evidence": {
            "name": attrs["evidence"],
            "hash": attrs.get("evidence_hash", ""),
            "conflicts": list(found.conflicts),
        },
        "gates": gates_data(found.gates, force),
        "options": [{"name": name, "title": title} for name, title in titles(outcomes).items()],
        "baseline": found.baseline,
        "interval": found.comparison.attrs["mass"],
        "comparison": records,
        "structures": _structures_data(found),
        "files": files,
    }


def _structures_data(found: Run) -> dict[str, Any] | None:
    """Give the choice by structure as plain data; None where ranges were not asked for. The ranges are in the table."""
    ranges = found.structures
    if ranges is None:
        return None
    return {
        "names": list(ranges.structures),
        "combinations": ranges.cells,
        "worlds": ranges.about.worlds,
        "words": ranges.say(),
        "choices": [asdict(row) for row in ranges.choices],
    }
