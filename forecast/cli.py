"""The command ``forecast``: its arguments, and what becomes of errors.

Only what reads the arguments is imported here; a command's own work is in :mod:`forecast.commands`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from forecast.errors import FailedFit, ForecastError, UnknownPriorSet

__all__ = ["main"]

_FAILED, _BAD_INPUT, _INTERRUPTED, _BROKEN_PIPE = 1, 2, 130, 141


class _Version(argparse.Action):
    """Prints the version; looked up only then, because reading the metadata of installed packages takes time."""

    def __call__(self, *_: object) -> None:
        from forecast.versions import package_version

        print(f"forecast {package_version()}")
        raise SystemExit(0)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text[:40]!r} is not a whole number; write it in digits, for example 2000"
        ) from None


@dataclass(frozen=True)
class _Command:
    """One command: what does its work, and how it is described.

    Attributes
    ----------
    function : str
        Module of :mod:`forecast.commands` and function, which takes the arguments by their names.
    arguments : mapping
        How each argument is written, and what differs from :data:`_SHARED`.
    """

    name: str
    function: str
    help: str
    description: str
    arguments: Mapping[str, Mapping[str, Any]]


_USUAL = "(default %(default)s)"

_SHARED: dict[str, dict[str, Any]] = {
    "--baseline": {"metavar": "NAME"},
    "--beliefs": {"metavar": "NAME|FILE", "help": "a prior set or its file (default: the world's own)"},
    "--evidence": {"metavar": "NAME|FILE"},
    "--force": {"action": "store_true"},
    "--json": {"dest": "as_json", "action": "store_true", "help": "print JSON"},
    "--months": {"metavar": "T", "type": _whole, "help": "horizon, 1 to 120 (default: the world's own)"},
    "--no-figures": {"dest": "figures", "action": "store_false", "help": "draw nothing"},
    "--options-file": {
        "metavar": "FILE",
        "help": "a TOML file of further options; one of the same name takes the place of the world's",
    },
    "--out": {"metavar": "DIR", "help": "write the tables and pictures there (default: only print)"},
    "--plot": {"metavar": "FILE"},
    "--quiet": {"action": "store_true", "help": "no stages and no progress on standard error"},
    "--seed": {"metavar": "S", "type": _whole, "default": 1, "help": f"same seed, same worlds {_USUAL}"},
    "--values": {
        "metavar": "NAME|FILE",
        "help": "what is wanted and how much: values of the world, or a file (default: the world's first)",
    },
    "--world": {
        "metavar": "NAME|FILE",
        "help": "a shipped world, or a Python file that defines one, which is run; FILE:NAME where it defines several "
        "(default: the shipped world that is run where none is named)",
    },
    "--worlds": {"metavar": "N", "type": _whole, "default": 10_000},
}
"""What is the same of an argument in every command that has it."""

_COMMANDS = (
    _Command(
        "run",
        "run:run_forecast",
        "beliefs and evidence -> gates -> outcomes -> comparison -> pictures",
        "Condition the beliefs on the evidence, run every option in the same possible worlds, compare "
        "them, and say which is best. Writes forecast.nc, comparison.csv, decision.csv, gates.csv, structures.csv and "
        "figures/ into a folder, all of them or, when it is stopped or fails, none. Where a gate is broken, all "
        "results say so and the exit status is 1.",
        {
            "--out": {"default": "forecast-out", "help": f"where to write {_USUAL}"},
            "--world": {},
            "--beliefs": {},
            "--evidence": {
                "help": "what the beliefs are conditioned on: a set or its file, or none (default: the world's first)",
            },
            "--options": {
                "metavar": "A,B",
                "help": 'names or expressions between commas, such as "A, B + 0.5 C from month 5" or "A from month 4 '
                'until YYYY-MM", by the names that "forecast options" lists (default: all)',
            },
            "--options-file": {},
            "--worlds": {"help": f"possible worlds {_USUAL}"},
            "--months": {},
            "--seed": {},
            "--sampler": {
                "metavar": "NAME",
                "default": "auto",
                "help": "auto, importance (less than a second) or nuts (PyMC's chains, the independent check); auto is "
                f"importance and, where its gates fail, nuts {_USUAL}",
            },
            "--baseline": {"help": "what to compare with (default: the world's null option, or else the first option)"},
            "--values": {},
            "--no-structures": {
                "dest": "structures",
                "action": "store_false",
                "help": "leave out the range of every number over structures that nobody knows, which takes about ten "
                "seconds",
            },
            "--no-classes": {
                "dest": "classes",
                "action": "store_false",
                "help": "do not hold the beliefs against reference classes, which is a gate",
            },
            "--force": {"help": "end with status 0 although a gate is broken; the results stay marked"},
            "--json": {"help": "print the whole comparison as JSON"},
            "--no-figures": {"help": "draw nothing; pictures of an earlier run in DIR are removed"},
            "--quiet": {},
        },
    ),
    _Command(
        "decide",
        "decide:run_decide",
        "a saved forecast -> which option, how sure, what would flip it, what is worth finding out",
        "Analyse a saved forecast: which option is best under whose values, how sure that is, which "
        "weights and beliefs would flip it, and which question is worth finding out first. Nothing is simulated again.",
        {
            "saved": {
                "metavar": "FORECAST",
                "nargs": "?",
                "default": "forecast-out",
                "help": f"the folder that forecast run wrote, or a file of outcomes {_USUAL}",
            },
            "--world": {"help": "whose values are meant (default: the world that the forecast carries)"},
            "--values": {},
            "--out": {},
            "--force": {"help": "end with status 0 although a gate of the fit behind it is broken"},
            "--json": {"help": "print all tables as JSON"},
            "--no-figures": {},
            "--quiet": {},
        },
    ),
    _Command(
        "sensitivity",
        "sensitivity:run_sensitivity",
        "beliefs -> what an outcome owes to each belief and claim, one at a time and all together",
        "Say what an outcome, a difference between two options, utility or regret owes to each belief and "
        "each claim: changed one at a time in the same worlds, or all varying together.",
        {
            "outcome": {
                "metavar": "OUTCOME",
                "nargs": "?",
                "help": "an outcome that every world has, utility or regret (default: the one that leads in the world)",
            },
            "--world": {},
            "--option": {"metavar": "NAME", "help": "under which option (default: what the world proposes)"},
            "--baseline": {"help": "look at the difference from this option"},
            "--values": {"help": "of utility and regret (default: the world's first)"},
            "--methods": {
                "metavar": "A,B",
                "help": "some of tornado, claims, sobol, shapley, delta, pawn between commas (default "
                "tornado,claims,sobol)",
            },
            "--groups": {
                "metavar": "KIND",
                "help": "of sobol and shapley: mechanisms, or (sobol only) claims, in place of single beliefs",
            },
            "--beliefs": {},
            "--evidence": {
                "help": "what the beliefs are conditioned on, a set or its file, or none (default: the world's first); "
                "sobol and shapley vary what is believed and take beliefs as they stand, by design",
            },
            "--options-file": {},
            "--worlds": {"help": f"of each run; of sobol and shapley the largest power of two in it {_USUAL}"},
            "--months": {},
            "--seed": {},
            "--out": {},
            "--force": {"help": "end with status 0 although a gate of the fit is broken"},
            "--json": {"help": "print all tables as JSON"},
            "--no-figures": {},
            "--quiet": {},
        },
    ),
    _Command(
        "sweep",
        "sweep:run_sweep",
        "a grid of beliefs, evidence, options, values and months -> every cell, kept for the next run",
        "Run every cell of a grid in the same possible worlds and keep each in a store. Stopped in any "
        "way, the same command goes on where it was; a larger grid, or one of more worlds, takes over what is there. "
        "Cells without numbers to rely on are counted and shown, and make the exit status 1.",
        {
            "grid": {"metavar": "FILE", "help": "the grid: a TOML file (see docs/sweeps.md)"},
            "--world": {},
            "--store": {"metavar": "DIR", "default": "sweep.zarr", "help": f"the store, made if need be {_USUAL}"},
            "--dry-run": {"action": "store_true", "help": "only say what is there and what the rest would take"},
            "--out": {"help": "write sweep.csv, sweep.nc and figures/ there (default: only print)"},
            "--force": {"help": "end with status 0 although cells failed; they stay marked"},
            "--json": {"help": "print all cells and the report as JSON"},
            "--no-figures": {},
            "--quiet": {},
        },
    ),
    _Command(
        "priors",
        "priors:show_priors",
        "what is believed, and why",
        "List the prior sets; with --beliefs or --world, the priors of one; with a quantity, all about its prior.",
        {
            "name": {"metavar": "NAME", "nargs": "?", "help": "a quantity of the set"},
            "--world": {"help": "whose own beliefs are meant"},
            "--beliefs": {"help": "a prior set or its file (for a quantity: the world's own)"},
            "--plot": {"help": "draw the quantity's prior into a .png, .svg or .pdf file"},
            "--json": {},
        },
    ),
    _Command(
        "classes",
        "classes:show_classes",
        "what is believed, held against what was seen elsewhere",
        "Hold what a set of beliefs implies against reference classes. The gates judge it before the "
        "evidence: three unexcused misses, or one outside the 99% interval, make the exit status 1.",
        {
            "beliefs": {
                "metavar": "SET",
                "nargs": "?",
                "help": "a prior set or its file (default: the world's own)",
            },
            "--world": {},
            "--evidence": {
                "help": "of the values that are shown beside: a set or its file, or none (default: the world's first)",
            },
            "--worlds": {"help": f"at least 100 {_USUAL}"},
            "--seed": {},
            "--gates": {
                "dest": "only_gates",
                "action": "store_true",
                "help": "leave out the classes that judge nothing",
            },
            "--plot": {"help": "draw them into a .png, .svg or .pdf file"},
            "--force": {"help": "end with status 0 although the gate fails"},
            "--json": {},
            "--quiet": {"help": "no progress on standard error"},
        },
    ),
    _Command(
        "options",
        "options:show_options",
        "what an intervener could do",
        "List the options; with a name or an expression, its levers by month, effort, "
        "triggers and claims. An expression joins names by +, each with a strength before it and its first and last "
        'month after it, as in "0.5 NAME from month 3 until YYYY-MM".',
        {
            "name": {"metavar": "NAME", "nargs": "?", "help": "an option, or an expression in quotes"},
            "--world": {},
            "--options-file": {},
            "--json": {},
        },
    ),
    _Command(
        "model",
        "model:show_model",
        "the equations of a month, and the claims behind them",
        "List the parts of the world with their values; with a part, its equations, with the parameters "
        "that enter, their units and claims; with --claim, which values a claim reaches.",
        {
            "part": {
                "metavar": "PART",
                "nargs": "?",
                "help": "one of the parts that are listed without it",
            },
            "--world": {},
            "--claim": {"metavar": "ID", "help": "a claim by its id, of those that the world lists"},
            "--json": {},
        },
    ),
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forecast",
        description="What each option would lead to in a world of months, by what is believed and was seen.",
        epilog="Exit status: 0 done, 1 a gate is broken or cells failed, 2 bad input, 130 interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="print the version and stop"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in _COMMANDS:
        known = commands.add_parser(
            command.name, allow_abbrev=False, help=command.help, description=command.description
        )
        for written, own in command.arguments.items():
            known.add_argument(written, **{**_SHARED.get(written, {}), **own})
        known.set_defaults(function=command.function)
    return parser


def _done(function: str, arguments: Mapping[str, Any]) -> int:
    """Do a command's work; one that only shows something ends with 0."""
    module, _, name = function.partition(":")
    status: int | None = getattr(import_module(f"forecast.commands.{module}"), name)(**arguments)
    return status or 0


def _which_world(error: ForecastError, given: Mapping[str, Any]) -> str:
    """Say beside a name that is not known of which world names are, where none was named."""
    unnamed = given.get("world", "") is None and "saved" not in given
    if not unnamed or not isinstance(error, KeyError) or isinstance(error, UnknownPriorSet):
        return ""
    from forecast.worlds import shipped

    return f" The world is {shipped().name!r}, as none was named; --world names another."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the command's name; those of the process by default.

    Returns
    -------
    int
        Exit status: 0 done, 1 a gate is broken, cells failed or the posterior could not be drawn, 2 bad input (the
        message is on standard error), 130 interrupted, 141 when whatever read the output stopped reading.
    """
    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    given = vars(arguments)
    if "function" not in given:
        parser.print_help(sys.stderr)
        return _BAD_INPUT
    try:
        status = _done(given.pop("function"), given)
        sys.stdout.flush()
    except ForecastError as error:
        print(f"forecast: {error}{_which_world(error, given)}", file=sys.stderr)
        return _FAILED if isinstance(error, FailedFit) else _BAD_INPUT
    except KeyboardInterrupt as stopped:
        # A command that keeps what it had done says so itself.
        words = str(stopped) or "stopped; nothing half done was kept, and earlier results are as they were"
        print(f"forecast: {words}", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # As `forecast priors | head` ends. Python would complain once more when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    return status
