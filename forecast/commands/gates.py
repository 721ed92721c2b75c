"""The gates in the output of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecast.commands.output import paragraph, print_table, say

if TYPE_CHECKING:
    from forecast.diagnostics.gates import Gates

__all__ = ["BROKEN", "gates_data", "print_gates", "warning"]

BROKEN = 1
"""Exit status where a gate is broken."""


def warning(gates: Gates, force: bool) -> None:
    """Say that the numbers are not to be relied on, and whether they were asked for all the same."""
    names = ", ".join(gate.name for gate in gates.failed)
    asked = "shown because of --force" if force else "exit status 1; --force shows them with status 0"
    paragraph(f"GATES BROKEN: {names}. The numbers of this run are not to be relied on ({asked}).")
    say()


def print_gates(gates: Gates) -> None:
    """Print a row for each gate, and under them what to do about those that failed and how to read notes."""
    rows = [[gate.name, gate.verdict, gate.value_text(), gate.limit_text(), gate.evidence] for gate in gates.rows]
    print_table(["Gate", "Verdict", "Value", "Must be", "Evidence"], rows, right=(2,))
    for gate in gates.rows:
        if gate.mend:
            paragraph(f"{gate.name}: {gate.mend}.")


def gates_data(gates: Gates, force: bool) -> dict[str, Any]:
    """Give the gates as plain data."""
    rows = gates.to_frame().reset_index().to_dict("records")
    return {"mark": gates.mark, "forced": force and bool(gates.failed), "checks": rows}
