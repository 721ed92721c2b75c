"""The command ``forecast``: its arguments, and what becomes of errors.

Only what reads the arguments is imported here; a command's own work is in :mod:`forecast.commands`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from forecast.errors import FailedFit, ForecastError

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


def _run(arguments: argparse.Namespace) -> int:
    from forecast.commands.run import run_forecast

    return run_forecast(
        arguments.out,
        beliefs=arguments.beliefs,
        evidence=arguments.evidence,
        sampler=arguments.sampler,
        options=arguments.options,
        options_file=arguments.options_file,
        worlds=arguments.worlds,
        months=arguments.months,
        seed=arguments.seed,
        baseline=arguments.baseline,
        values=arguments.values,
        structures=not arguments.no_structures,
        classes=not arguments.no_classes,
        force=arguments.force,
        as_json=arguments.json,
        figures=not arguments.no_figures,
        quiet=arguments.quiet,
    )


def _decide(arguments: argparse.Namespace) -> int:
    from forecast.commands.decide import run_decide

    return run_decide(
        arguments.saved,
        values=arguments.values,
        out=arguments.out,
        force=arguments.force,
        as_json=arguments.json,
        figures=not arguments.no_figures,
        quiet=arguments.quiet,
    )


def _sensitivity(arguments: argparse.Namespace) -> int:
    from forecast.commands.sensitivity import run_sensitivity

    return run_sensitivity(
        outcome=arguments.outcome,
        option=arguments.option,
        baseline=arguments.baseline,
        values=arguments.values,
        methods=arguments.methods,
        groups=arguments.groups,
        beliefs=arguments.beliefs,
        evidence=arguments.evidence,
        options_file=arguments.options_file,
        worlds=arguments.worlds,
        months=arguments.months,
        seed=arguments.seed,
        out=arguments.out,
        force=arguments.force,
        as_json=arguments.json,
        figures=not arguments.no_figures,
        quiet=arguments.quiet,
    )


def _sweep(arguments: argparse.Namespace) -> int:
    from forecast.commands.sweep import run_sweep

    return run_sweep(
        arguments.grid,
        store=arguments.store,
        dry_run=arguments.dry_run,
        out=arguments.out,
        force=arguments.force,
        as_json=arguments.json,
        figures=not arguments.no_figures,
        quiet=arguments.quiet,
    )


def _priors(arguments: argparse.Namespace) -> int:
    from forecast.commands.priors import show_priors

    show_priors(arguments.name, beliefs=arguments.beliefs, plot=arguments.plot, as_json=arguments.json)
    return 0


def _classes(arguments: argparse.Namespace) -> int:
    from forecast.commands.classes import show_classes

    return show_classes(
        arguments.beliefs,
        evidence=arguments.evidence,
        worlds=arguments.worlds,
        seed=arguments.seed,
        plot=arguments.plot,
        only_gates=arguments.gates,
        force=arguments.force,
        as_json=arguments.json,
        quiet=arguments.quiet,
    )


def _options(arguments: argparse.Namespace) -> int:
    from forecast.commands.options import show_options

    show_options(arguments.name, options_file=arguments.options_file, as_json=arguments.json)
    return 0


def _model(arguments: argparse.Namespace) -> int:
    from forecast.commands.model import show_model

    show_model(arguments.part, claim=arguments.claim, as_json=arguments.json)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forecast",
        description="What intervention against ISIS in Libya would lead to, seen from 29 February 2016.",
        epilog="Exit status: 0 done, 1 a gate is broken or cells failed, 2 bad input, 130 interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_run(commands)
    _add_decide(commands)
    _add_sensitivity(commands)
    _add_sweep(commands)
    _add_priors(commands)
    _add_classes(commands)
    _add_options(commands)
    _add_model(commands)
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        allow_abbrev=False,
        help="beliefs and evidence -> gates -> outcomes -> comparison -> pictures",
        description="Condition the beliefs on the evidence, run every option in the same possible worlds, compare "
        "them, and say which is best. Writes forecast.nc, comparison.csv, decision.csv, gates.csv, structures.csv and "
        "figures/ into a folder, all of them or, when it is stopped or fails, none. Where a gate is broken, all "
        "results say so and the exit status is 1.",
    )
    run.add_argument("--out", metavar="DIR", default="forecast-out", help="where to write (default %(default)s)")
    run.add_argument(
        "--beliefs", metavar="NAME|FILE", default="article", help="a prior set or its file (default %(default)s)"
    )
    run.add_argument(
        "--evidence",
        metavar="NAME|FILE",
        default="article",
        help="what the beliefs are conditioned on: a set or its file, or none (default %(default)s)",
    )
    run.add_argument(
        "--options",
        metavar="A,B",
        help='names or expressions between commas, such as "training, ct_assistance + 0.5 airstrikes from month 5" '
        'or "training from 2016-04 until 2016-12" (default: all)',
    )
    _add_options_file(run)
    run.add_argument("--worlds", metavar="N", type=_whole, default=10_000, help="possible worlds (default %(default)s)")
    run.add_argument("--months", metavar="T", type=_whole, default=24, help="horizon, 1 to 120 (default %(default)s)")
    run.add_argument("--seed", metavar="S", type=_whole, default=1, help="same seed, same worlds (default %(default)s)")
    run.add_argument(
        "--sampler",
        metavar="NAME",
        default="auto",
        help="auto, importance (less than a second) or nuts (PyMC's chains, the independent check); auto is importance "
        "and, where its gates fail, nuts (default %(default)s)",
    )
    run.add_argument(
        "--baseline", metavar="NAME", help="what to compare with (default no_assistance, or else the first option)"
    )
    _add_values(run)
    run.add_argument(
        "--no-structures",
        action="store_true",
        help="leave out the range of every number over structures that nobody knows, which takes about ten seconds",
    )
    run.add_argument(
        "--no-classes", action="store_true", help="do not hold the beliefs against reference classes, which is a gate"
    )
    run.add_argument(
        "--force", action="store_true", help="end with status 0 although a gate is broken; the results stay marked"
    )
    run.add_argument("--json", action="store_true", help="print the whole comparison as JSON")
    run.add_argument(
        "--no-figures", action="store_true", help="draw nothing; pictures of an earlier run in DIR are removed"
    )
    run.add_argument("--quiet", action="store_true", help="no stages and no progress on standard error")
    run.set_defaults(handler=_run)


def _add_decide(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    decide = commands.add_parser(
        "decide",
        allow_abbrev=False,
        help="a saved forecast -> which option, how sure, what would flip it, what is worth finding out",
        description="Analyse a saved forecast: which option is best under whose values, how sure that is, which "
        "weights and beliefs would flip it, and which question is worth finding out first. Nothing is simulated again.",
    )
    decide.add_argument(
        "saved",
        metavar="FORECAST",
        nargs="?",
        default="forecast-out",
        help="the folder that forecast run wrote, or a file of outcomes (default %(default)s)",
    )
    _add_values(decide)
    decide.add_argument("--out", metavar="DIR", help="write the tables and pictures there (default: only print)")
    decide.add_argument(
        "--force", action="store_true", help="end with status 0 although a gate of the fit behind it is broken"
    )
    decide.add_argument("--json", action="store_true", help="print all tables as JSON")
    decide.add_argument("--no-figures", action="store_true", help="draw nothing")
    decide.add_argument("--quiet", action="store_true", help="no stages and no progress on standard error")
    decide.set_defaults(handler=_decide)


def _add_sensitivity(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sensitivity = commands.add_parser(
        "sensitivity",
        allow_abbrev=False,
        help="beliefs -> what an outcome owes to each belief and claim, one at a time and all together",
        description="Say what an outcome, a difference between two options, utility or regret owes to each belief and "
        "each claim of the article: changed one at a time in the same worlds, or all varying together.",
    )
    sensitivity.add_argument(
        "outcome",
        metavar="OUTCOME",
        nargs="?",
        default="stable_success",
        help="an outcome that every world has, utility or regret (default %(default)s)",
    )
    sensitivity.add_argument(
        "--option", metavar="NAME", default="regional_centres", help="under which option (default %(default)s)"
    )
    sensitivity.add_argument("--baseline", metavar="NAME", help="look at the difference from this option")
    sensitivity.add_argument("--values", metavar="NAME|FILE", help="of utility and regret (default balanced)")
    sensitivity.add_argument(
        "--methods",
        metavar="A,B",
        help="some of tornado, claims, sobol, shapley, delta, pawn between commas (default tornado,claims,sobol)",
    )
    sensitivity.add_argument(
        "--groups",
        metavar="KIND",
        help="of sobol and shapley: mechanisms, or (sobol only) claims, in place of single beliefs",
    )
    sensitivity.add_argument(
        "--beliefs", metavar="NAME|FILE", default="article", help="a prior set or its file (default %(default)s)"
    )
    sensitivity.add_argument(
        "--evidence",
        metavar="NAME|FILE",
        help="what the beliefs are conditioned on, a set or its file, or none (default article); sobol and shapley "
        "vary what is believed and take beliefs as they stand, by design",
    )
    _add_options_file(sensitivity)
    sensitivity.add_argument(
        "--worlds",
        metavar="N",
        type=_whole,
        default=10_000,
        help="of each run; of sobol and shapley the largest power of two in it (default %(default)s)",
    )
    sensitivity.add_argument(
        "--months", metavar="T", type=_whole, default=24, help="horizon, 1 to 120 (default %(default)s)"
    )
    sensitivity.add_argument(
        "--seed", metavar="S", type=_whole, default=1, help="same seed, same worlds (default %(default)s)"
    )
    sensitivity.add_argument("--out", metavar="DIR", help="write the tables and pictures there (default: only print)")
    sensitivity.add_argument(
        "--force", action="store_true", help="end with status 0 although a gate of the fit is broken"
    )
    sensitivity.add_argument("--json", action="store_true", help="print all tables as JSON")
    sensitivity.add_argument("--no-figures", action="store_true", help="draw nothing")
    sensitivity.add_argument("--quiet", action="store_true", help="no stages and no progress on standard error")
    sensitivity.set_defaults(handler=_sensitivity)


def _add_sweep(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sweep = commands.add_parser(
        "sweep",
        allow_abbrev=False,
        help="a grid of beliefs, evidence, options, values and months -> every cell, kept for the next run",
        description="Run every cell of a grid in the same possible worlds and keep each in a store. Stopped in any "
        "way, the same command goes on where it was; a larger grid, or one of more worlds, takes over what is there. "
        "Cells without numbers to rely on are counted and shown, and make the exit status 1.",
    )
    sweep.add_argument("grid", metavar="FILE", help="the grid: a TOML file (see docs/sweeps.md)")
    sweep.add_argument(
        "--store", metavar="DIR", default="sweep.zarr", help="the store, made if need be (default %(default)s)"
    )
    sweep.add_argument("--dry-run", action="store_true", help="only say what is there and what the rest would take")
    sweep.add_argument(
        "--out", metavar="DIR", help="write sweep.csv, sweep.nc and figures/ there (default: only print)"
    )
    sweep.add_argument("--force", action="store_true", help="end with status 0 although cells failed; they stay marked")
    sweep.add_argument("--json", action="store_true", help="print all cells and the report as JSON")
    sweep.add_argument("--no-figures", action="store_true", help="draw nothing")
    sweep.add_argument("--quiet", action="store_true", help="no stages and no progress on standard error")
    sweep.set_defaults(handler=_sweep)


def _add_priors(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    priors = commands.add_parser(
        "priors",
        allow_abbrev=False,
        help="what is believed, and why",
        description="List the prior sets; with --beliefs, the priors of one; with a quantity, all about its prior.",
    )
    priors.add_argument("name", metavar="NAME", nargs="?", help="a quantity of the set")
    priors.add_argument("--beliefs", metavar="NAME|FILE", help="a prior set or its file (for a quantity: article)")
    priors.add_argument("--plot", metavar="FILE", help="draw the quantity's prior into a .png, .svg or .pdf file")
    priors.add_argument("--json", action="store_true", help="print JSON")
    priors.set_defaults(handler=_priors)


def _add_classes(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    classes = commands.add_parser(
        "classes",
        allow_abbrev=False,
        help="what is believed, held against what was seen elsewhere",
        description="Hold what a set of beliefs implies against reference classes. The gates judge it before the "
        "evidence: three unexcused misses, or one outside the 99% interval, make the exit status 1.",
    )
    classes.add_argument(
        "beliefs",
        metavar="SET",
        nargs="?",
        default="article",
        help="a prior set or its file (default %(default)s)",
    )
    classes.add_argument(
        "--evidence",
        metavar="NAME|FILE",
        default="article",
        help="of the values that are shown beside: a set or its file, or none (default %(default)s)",
    )
    classes.add_argument(
        "--worlds", metavar="N", type=_whole, default=10_000, help="at least 100 (default %(default)s)"
    )
    classes.add_argument(
        "--seed", metavar="S", type=_whole, default=1, help="same seed, same worlds (default %(default)s)"
    )
    classes.add_argument("--gates", action="store_true", help="leave out the classes that judge nothing")
    classes.add_argument("--plot", metavar="FILE", help="draw them into a .png, .svg or .pdf file")
    classes.add_argument("--force", action="store_true", help="end with status 0 although the gate fails")
    classes.add_argument("--json", action="store_true", help="print JSON")
    classes.add_argument("--quiet", action="store_true", help="no progress on standard error")
    classes.set_defaults(handler=_classes)


def _add_options(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    options = commands.add_parser(
        "options",
        allow_abbrev=False,
        help="what an intervener could do",
        description="List the options; with a name or an expression, its levers by month, effort, "
        "triggers and claims. An expression joins names by +, each with a strength before it and its first and last "
        'month after it, as in "0.5 airstrikes from month 3 until 2016-12".',
    )
    options.add_argument("name", metavar="NAME", nargs="?", help="an option, or an expression in quotes")
    _add_options_file(options)
    options.add_argument("--json", action="store_true", help="print JSON")
    options.set_defaults(handler=_options)


def _add_model(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    model = commands.add_parser(
        "model",
        allow_abbrev=False,
        help="the equations of a month, and the claims behind them",
        description="List the parts of the world with their values; with a part, its equations, with the parameters "
        "that enter, their units and claims; with --claim, which values a claim of the article reaches.",
    )
    model.add_argument(
        "part", metavar="PART", nargs="?", help="origin, aid, factions, council, sirte, isis, army or oil"
    )
    model.add_argument("--claim", metavar="ID", help="a claim of the article, such as P8")
    model.add_argument("--json", action="store_true", help="print JSON")
    model.set_defaults(handler=_model)


def _add_values(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--values",
        metavar="NAME|FILE",
        default="balanced",
        help="what is wanted and how much: balanced, counterterrorism_first, state_building_first or a file "
        "(default %(default)s)",
    )


def _add_options_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--options-file",
        metavar="FILE",
        help="a TOML file of further options; one of the same name takes the place of the shipped one",
    )


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
    if not hasattr(arguments, "handler"):
        parser.print_help(sys.stderr)
        return _BAD_INPUT
    try:
        status: int = arguments.handler(arguments)
        sys.stdout.flush()
    except ForecastError as error:
        print(f"forecast: {error}", file=sys.stderr)
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
