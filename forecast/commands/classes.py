"""``forecast classes``: what a set of beliefs implies, held against reference classes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.commands.gates import BROKEN
from forecast.commands.options import world_named
from forecast.commands.output import paragraph, print_json, print_table, say
from forecast.commands.stages import stage
from forecast.errors import InvalidArgument

if TYPE_CHECKING:
    from forecast.diagnostics.classes import ClassCheck, ClassChecks

__all__ = ["show_classes"]

_PICTURES = (".png", ".svg", ".pdf")


def show_classes(
    beliefs: str | None,
    *,
    world: str | None,
    evidence: str | None,
    worlds: int,
    seed: int,
    plot: str | None,
    only_gates: bool,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Print the classes beside what the model gives, and the verdict.

    Parameters
    ----------
    beliefs, evidence : str, optional
        Names or files, those of the world by default; evidence "none" shows the values before it alone.
    world : str, optional
        As for :func:`forecast.load_world`; the shipped one by default.
    worlds, seed
        As for :func:`forecast.check_classes`.
    plot : str, optional
        A file for the picture.
    only_gates : bool
        Leave out the classes that judge nothing.
    force : bool
        End with status 0 although the gate fails.
    as_json : bool
        Print JSON.
    quiet : bool
        Say nothing on standard error.

    Returns
    -------
    int
        Exit status: 0, or 1 where the gate fails.

    Raises
    ------
    ForecastError
        For any bad input, and for a picture that cannot be written.
    """
    if plot is not None and Path(plot).suffix.lower() not in _PICTURES:
        raise InvalidArgument(
            f"--plot {plot!r:.60}", expected="a file that ends with " + ", ".join(_PICTURES), mend="name it so"
        )
    from forecast.diagnostics.classes import check_classes

    home = world_named(world)
    with stage("holding beliefs against reference classes", quiet=quiet, own_bar=True):
        found = check_classes(beliefs, evidence=evidence, world=home, worlds=worlds, seed=seed, progress=not quiet)
    if plot is not None:
        from forecast.files import write_whole
        from forecast.plots.style import save

        figure = found.plot(only_gates=only_gates)
        write_whole(Path(plot), lambda part: save(figure, part))
    if as_json:
        print_json(_as_data(found, only_gates))
    else:
        _print(found, only_gates)
    return 0 if found.passed or force else BROKEN


def _print(found: ClassChecks, only_gates: bool) -> None:
    from forecast.diagnostics.classes import HEADINGS

    about = found.about
    table = [
        cells for cells, row in zip(found.table(), found.by_role(), strict=True) if row.judgement or not only_gates
    ]
    print_table([heading.capitalize() for heading in HEADINGS], table, right=(3, 4, 5))
    say()
    paragraph(
        f"{about.whose}; {about.worlds:,} possible worlds, seed {about.seed}. Shares are of worlds in which the class "
        "can be seen, others medians over worlds; each ± its Monte-Carlo standard error. Verdicts are of the value "
        f"before the evidence. {found.whose_roles()}".rstrip()
    )
    if about.gates.failed:
        paragraph(f"GATES BROKEN: {about.gates.broken}. The values after the evidence are not to be relied on.")
    say()
    paragraph(f"{'Passed' if found.passed else 'FAILED'}: {found.say()}")


def _as_data(found: ClassChecks, only_gates: bool) -> dict[str, Any]:
    rows = [row for row in found.by_role() if row.judgement or not only_gates]
    return {
        "beliefs": found.about.beliefs,
        "evidence": found.about.evidence,
        "roles": found.roles,
        "worlds": found.about.worlds,
        "seed": found.about.seed,
        "gates": found.about.gates.broken,
        "passed": found.passed,
        "verdict": found.say(),
        "classes": [_row(row) for row in rows],
    }


def _row(row: ClassCheck) -> dict[str, Any]:
    data = asdict(row)
    return {"name": data.pop("class_"), **data, "judgement": row.judgement}
