"""``forecast sensitivity``: what an outcome owes to each belief and claim, one at a time and all together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast.beliefs import read_beliefs
from forecast.commands.gates import BROKEN
from forecast.commands.options import known_options, world_named
from forecast.commands.output import paragraph, print_json, print_table, say
from forecast.commands.stages import stage
from forecast.errors import ForecastError, InvalidArgument, InvalidPrior, near_matches
from forecast.estimates import counted, estimate_text, points_text
from forecast.files import check_out, place, staged
from forecast.options import parse, proposal_of
from forecast.question import Quantity
from forecast.settings import BasicKeywords, Settings
from priors.intervals import interval_label

if TYPE_CHECKING:
    import xarray as xr

    from forecast.evidence import Evidence
    from forecast.sensitivity.indices import Indices
    from forecast.sensitivity.tornado import Tornado
    from priors import PriorSet

__all__ = ["DEFAULT", "METHODS", "run_sensitivity"]

METHODS = ("tornado", "claims", "sobol", "shapley", "delta", "pawn")
"""What can be asked for; each has a table and a picture of its name."""

DEFAULT = ("tornado", "claims", "sobol")

_AS_THEY_STAND = ("sobol", "shapley")
"""Methods that vary what is believed, on independent priors by design; the others are conditioned on the evidence."""

_GROUPED = ("sobol", "shapley")
"""Methods that can move several parameters together."""

_SHOWN = 10
"""Rows of a table that are printed; the files have all."""

_HEADS = {
    "tornado": "ONE BELIEF AT A TIME",
    "claims": "ONE CLAIM AT A TIME",
    "sobol": "ALL TOGETHER: SHARES OF THE VARIANCE",
    "shapley": "ALL TOGETHER: FAIR SHARES",
    "delta": "ALL TOGETHER: HOW FAR THE DISTRIBUTION MOVES (DELTA)",
    "pawn": "ALL TOGETHER: HOW FAR THE DISTRIBUTION MOVES AT MOST (PAWN)",
}


@dataclass(frozen=True)
class _Asked:
    beliefs: PriorSet
    evidence: Evidence
    known: PriorSet | xr.DataTree
    quantity: Quantity
    groups: str | None
    worlds: int
    run: BasicKeywords


def run_sensitivity(
    *,
    world: str | None,
    outcome: str | None,
    option: str | None,
    baseline: str | None,
    values: str | None,
    methods: str | None,
    groups: str | None,
    beliefs: str | None,
    evidence: str | None,
    options_file: str | None,
    worlds: int,
    months: int | None,
    seed: int,
    out: str | None,
    force: bool,
    as_json: bool,
    figures: bool,
    quiet: bool,
) -> int:
    """Analyse what an outcome is sensitive to; everything that can be refused is refused before any work.

    Parameters
    ----------
    world : str, optional
        As for :func:`forecast.load_world`; the shipped one by default.
    outcome, option, baseline, values
        As for :func:`forecast.tornado`; options by name or expression, values by name or file.
    methods : str, optional
        Some of :data:`METHODS` between commas; :data:`DEFAULT` without.
    groups : str, optional
        "mechanisms", or of ``sobol`` "claims".
    beliefs : str, optional
        A prior set's name or file; the world's own by default.
    evidence : str, optional
        Name or file of what the beliefs are conditioned on, or "none", for the methods that are: the world's by
        default. ``sobol`` and ``shapley`` take beliefs as they stand, by design.
    options_file : str, optional
        A file of further options.
    worlds : int
        Of each run, >= 1; of ``sobol`` and ``shapley`` the base sample is the largest power of two in it, 256 at least.
    months : int, optional
    seed : int
        As for :func:`forecast.simulate`.
    out : str, optional
        Folder for a table and a picture a method; nothing is written without it.
    force : bool
        End with status 0 although a gate of the fit is broken.
    as_json : bool
        Print everything as JSON in place of tables.
    figures : bool
        Draw pictures, where there is a folder for them.
    quiet : bool
        Say nothing on standard error.

    Returns
    -------
    int
        Exit status: 0, or 1 where a gate of the fit is broken.

    Raises
    ------
    ForecastError
        For any bad input, and for an output folder that cannot be written to.
    """
    from forecast.diagnostics.picked import is_weighted
    from forecast.engine.draws import picked_draws
    from forecast.evidence import load_evidence
    from forecast.inference import conditioned, is_fit, read_evidence
    from forecast.sensitivity.held_out import FEWEST

    Settings(months=months, worlds=worlds, seed=seed)
    chosen = _methods(methods)
    home = world_named(world)
    known = known_options(options_file, home)
    under = parse(proposal_of(home) if option is None else option, among=known, world=home)
    against = None if baseline is None else parse(baseline, among=known, world=home)
    quantity = Quantity(outcome, option=under, baseline=against, values=values, world=home)
    files = [f"{name}.csv" for name in chosen]
    drawn = tuple(chosen) if figures and out is not None else ()
    names = [*files, *(f"figures/{name}.png" for name in drawn)]
    folder = None if out is None else check_out(out, names)
    with stage("reading beliefs", quiet=quiet):
        believed = read_beliefs(beliefs, home)
        items = read_evidence(evidence, home)
        items.applied(believed)
    _check_groups(groups, chosen)
    if set(chosen) & {"delta", "pawn"} and worlds < FEWEST:
        raise InvalidArgument(
            f"--worlds {worlds} with delta or pawn", expected=f"at least {FEWEST:,}", mend="run more worlds"
        )
    conditioned_on = load_evidence("none", world=home) if set(chosen) <= set(_AS_THEY_STAND) else items
    items_used = counted(len(conditioned_on.items), "item")
    fitting = stage(f"fitting to {items_used} of evidence", quiet=quiet, own_bar=True)
    with fitting if conditioned_on.items else nullcontext():
        known_beliefs = conditioned(believed, conditioned_on, seed=seed, progress=not quiet, world=home)
    if set(chosen) & {"delta", "pawn"} and is_fit(known_beliefs) and not is_weighted(known_beliefs):
        distinct = np.unique(picked_draws(known_beliefs, worlds=worlds, seed=seed)).size
        if distinct < FEWEST:
            raise InvalidArgument(
                f"--worlds {worlds} with delta or pawn, which are of {distinct} distinct draws of the fit",
                expected=f"at least {FEWEST:,} worlds with parameters of their own",
                mend="run more worlds",
            )
    run: BasicKeywords = {"world": home, "months": months, "seed": seed, "progress": not quiet}
    asked = _Asked(believed, items, known_beliefs, quantity, groups, worlds, run)
    found: dict[str, Tornado | Indices] = {}
    refused: dict[str, ForecastError] = {}
    for name in chosen:
        with stage(_HEADS[name].lower(), quiet=quiet, own_bar=True):
            try:
                found[name] = _RUN[name](asked)
            except (InvalidArgument, InvalidPrior) as error:
                # What the worlds do not tell by one method takes nothing from what they tell by another.
                refused[name] = error
    if not found:
        raise next(iter(refused.values()))
    files = [f"{name}.csv" for name in found]
    drawn = tuple(name for name in drawn if name in found)
    names = [*files, *(f"figures/{name}.png" for name in drawn)]
    if folder is not None:
        with staged(folder) as place_of:
            _write(found, place_of, drawn, quiet)
            stale = [f"figures/{name}.png" for name in METHODS if name not in drawn]
            stale += [f"{name}.csv" for name in refused]
            place(place_of, folder, names, stale=stale)
    gates = next((result.about.gates.broken for result in found.values() if result.about.gates.failed), "")
    if as_json:
        print_json(_as_data(found, refused, [] if folder is None else [str(folder / name) for name in names]))
    else:
        if gates:
            paragraph(f"GATES BROKEN: {gates}. These numbers are not to be relied on.")
            say()
        _print(found)
        for name, why in refused.items():
            say()
            say(_HEADS[name])
            say()
            paragraph(f"Not told by these worlds: {why}")
        if folder is not None:
            say()
            say(f"Files in {folder}: " + ", ".join(files) + (f", figures ({len(drawn)})" if drawn else ""))
    return BROKEN if gates and not force else 0


def _check_groups(groups: str | None, chosen: list[str]) -> None:
    if groups is None:
        return
    if groups not in ("mechanisms", "claims"):
        raise InvalidArgument(
            f"--groups {groups:.60}",
            expected="mechanisms or claims",
            mend=near_matches(groups, ["mechanisms", "claims"]),
        )
    if not set(chosen) & set(_GROUPED):
        raise InvalidArgument(
            f"--groups {groups} with {', '.join(chosen)}, which look at single beliefs",
            expected="groups only of " + " and ".join(_GROUPED),
            mend="leave --groups out, or add one of these to --methods",
        )
    if groups == "claims" and "shapley" in chosen:
        raise InvalidArgument(
            "--groups claims with shapley, which needs groups that share no parameter",
            expected="mechanisms",
            mend="leave shapley out of --methods, or group by mechanisms",
        )


def _methods(given: str | None) -> list[str]:
    if given is None:
        return list(DEFAULT)
    names = [name.strip() for name in given.split(",")]
    for name in names:
        if name not in METHODS:
            raise InvalidArgument(
                f"--methods {given:.60}",
                expected="some of " + ", ".join(METHODS) + " between commas",
                mend=near_matches(name, METHODS),
            )
    return list(dict.fromkeys(names))


def _one_at_a_time(asked: _Asked, by: Literal["parameter", "claim"]) -> Tornado:
    from forecast.sensitivity.tornado import tornado

    # A claim is left out of the beliefs, which are then conditioned; the fit that is kept on disk is found again.
    given: dict[str, Any] = {"evidence": asked.evidence} if by == "claim" or asked.known is asked.beliefs else {}
    return tornado(
        asked.beliefs if given else asked.known,
        asked.quantity,
        **given,
        by=by,
        worlds=asked.worlds,
        **asked.run,
    )


def _base(worlds: int) -> int:
    """Give the largest power of two in a number of worlds, and no less than the smallest base sample."""
    from forecast.sensitivity.nets import LEAST

    return max(1 << (worlds.bit_length() - 1), LEAST)


def _shares(asked: _Asked, function: Callable[..., Indices]) -> Indices:
    return function(asked.beliefs, asked.quantity, n=_base(asked.worlds), groups=asked.groups, **asked.run)


def _sobol(asked: _Asked) -> Indices:
    from forecast.sensitivity.sobol import sobol

    return _shares(asked, sobol)


def _shapley(asked: _Asked) -> Indices:
    from forecast.sensitivity.shapley import shapley

    return _shares(asked, shapley)


def _given(asked: _Asked, function: Callable[..., Indices]) -> Indices:
    from forecast.inference import is_fit

    evidence = None if is_fit(asked.known) else "none"
    return function(asked.known, asked.quantity, evidence=evidence, n=asked.worlds, **asked.run)


def _delta(asked: _Asked) -> Indices:
    from forecast.sensitivity.given_data import delta

    return _given(asked, delta)


def _pawn(asked: _Asked) -> Indices:
    from forecast.sensitivity.given_data import pawn

    return _given(asked, pawn)


_RUN: dict[str, Callable[[_Asked], Any]] = {
    "tornado": lambda asked: _one_at_a_time(asked, "parameter"),
    "claims": lambda asked: _one_at_a_time(asked, "claim"),
    "sobol": _sobol,
    "shapley": _shapley,
    "delta": _delta,
    "pawn": _pawn,
}


def _write(found: dict[str, Any], folder: Path, drawn: tuple[str, ...], quiet: bool) -> None:
    from forecast.plots import save
    from forecast.progress import progress_bar

    with stage("saving", quiet=quiet):
        for name, result in found.items():
            table = result.to_frame().assign(**result.about.columns())
            with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
                table.to_csv(file, lineterminator="\n", index=table.index.name is not None)
    if drawn:
        (folder / "figures").mkdir(exist_ok=True)
        with (
            stage("drawing", quiet=quiet, own_bar=True),
            progress_bar("Drawing", total=len(drawn), show=not quiet) as bar,
        ):
            for name in drawn:
                save(found[name].plot(), folder / "figures" / f"{name}.png")
                bar.advance()


def _print(found: dict[str, Any]) -> None:
    for number, (name, result) in enumerate(found.items()):
        if number:
            say()
        say(_HEADS[name])
        say()
        if name in ("tornado", "claims"):
            _print_tornado(result)
        else:
            _print_indices(result)


def _points(value: float, error: float, unit: str) -> str:
    text = points_text(value, error, unit=unit)
    return text if text.startswith(("-", "0 ")) else f"+{text}"


def _print_tornado(result: Tornado) -> None:
    about, unit, claims = result.about, result.about.unit, result.by == "claim"
    base = about.text(result.base, result.base_error)
    run = f"{about.worlds:,} worlds; {about.whose}; seed {about.seed}"
    paragraph(f"{about.title} {about.of}, with all beliefs as they are: {base} ({run}).")
    say()
    rows = []
    for row in result.rows[:_SHOWN]:
        change = _points(row.estimate, row.error, unit)
        ends = [about.text(row.at_high, row.at_high_error)]
        if not claims:
            ends = [row.range_words(), about.text(row.at_low, row.at_low_error), *ends]
        rows.append([row.parameter, *ends, change, row.meaning])
    if claims:
        heads = ["Claim", "Without it", "Change", "Which says"]
    else:
        heads = ["Belief", interval_label().capitalize(), "At 5%", "At 95%", "Change", "What it is"]
    print_table(heads, rows)


def _print_indices(result: Indices) -> None:
    luck = ""
    if result.luck_words():
        own = points_text(result.own_sd, result.own_sd_error, unit=result.about.unit)
        luck = (
            f" Luck makes {result.luck_words()} of the variance over worlds, which no belief accounts for; the mean "
            f"over luck differs between worlds with an sd of {own}."
        )
    mean = result.about.text(result.mean, result.mean_error)
    measure = result.measure[0].upper() + result.measure[1:]
    by_design = ", by design" if set(result.kinds) & {"first", "total", "shapley"} else ""
    said = f"{result.about.whose}{by_design}; seed {result.about.seed}"
    paragraph(f"{result.what}: {mean}. {measure}.{luck} {result.evaluations:,} worlds run ({said}).")
    say()
    kinds = [kind for kind in result.kinds if kind != "second"]
    of: dict[str, dict[str, str]] = {}
    for row in result.rows:
        of.setdefault(row.parameter, {})[row.kind] = estimate_text(row.estimate, row.error)
    order = [row.parameter for row in result.rows if row.kind == kinds[0]]
    meanings = dict(result.meanings)
    rows = [[name, *(of[name][kind] for kind in kinds), meanings.get(name, "")] for name in order[:_SHOWN]]
    print_table(["Belief", *(kind.capitalize() for kind in kinds), "What it is"], rows)


def _as_data(found: dict[str, Any], refused: dict[str, ForecastError], files: list[str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, result in found.items():
        table = result.to_frame()
        rows = table.reset_index() if table.index.name is not None else table
        data[name] = {**table.attrs, "rows": rows.to_dict("records")}
    first = next(iter(found.values()))
    return {
        "beliefs": first.about.beliefs,
        "seed": first.about.seed,
        **data,
        "refused": {name: str(error) for name, error in refused.items()},
        "files": files,
    }
