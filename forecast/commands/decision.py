"""The decision table in the output of a command."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from forecast.commands.output import paragraph, print_table, say

if TYPE_CHECKING:
    from forecast.decision.decide import Decision

__all__ = ["decision_data", "print_decision"]

_COLUMNS = {
    "expected_utility": "Expected utility",
    "best": "Best in",
    "best_alone": "Alone in",
    "expected_regret": "Expected regret",
    "max_regret": "Largest regret",
    "cvar_10": "Worst tenth",
}


def print_decision(decision: Decision, *, title: str) -> None:
    """Print a row an option, the best on top, then the verdict and how to read the table.

    Parameters
    ----------
    decision : Decision
        From :func:`forecast.decide`.
    title : str
        Whose values, in words.
    """
    order = sorted(range(len(decision.rows)), key=lambda place: -decision.rows[place].expected_utility)
    heads = ["Option", *_COLUMNS.values()]
    rows = [[decision.titles[place], *(decision.text(name, place) for name in _COLUMNS)] for place in order]
    if decision.structures is not None:
        heads.insert(2, "Over structures")
        for row, place in zip(rows, order, strict=True):
            row.insert(2, decision.range_text(place))
    print_table(heads, rows, right=range(1, len(heads)), keep=1)
    say()
    paragraph(decision.say())
    paragraph(
        f"Values: {title} (0 everything at its worst, 1 at its best). Best in: share of worlds in which no option is "
        "better; alone in: and none is as good. Regret: how far behind the best option of the same world; worst tenth: "
        "mean utility in the worst tenth of worlds; each ± its Monte-Carlo standard error."
    )


def decision_data(decision: Decision) -> dict[str, Any]:
    """Return a decision as plain data."""
    verdict = decision.verdict
    return {
        "values": decision.about.values,
        "verdict": {
            "words": decision.say(),
            "best": verdict.best,
            "resolved": verdict.resolved,
            "contenders": list(verdict.contenders),
            "as_good": list(verdict.as_good),
            "ahead": verdict.ahead,
            "ahead_error": verdict.ahead_error,
            "level": verdict.level,
        },
        "duplicates": [asdict(pair) for pair in decision.duplicates],
        "choices": {rule: list(chosen) for rule, chosen in decision.choices.items()},
        "options": [asdict(row) for row in decision.rows],
    }
