"""What a sweep did, or would do."""

from __future__ import annotations

from dataclasses import dataclass

from forecast.estimates import counted

__all__ = ["SweepReport"]


@dataclass(frozen=True)
class SweepReport:
    """What a sweep did, or would do.

    Attributes
    ----------
    cells : int
        Cells of the grid, values not counted: they are read out of the others.
    there, computed, to_do, failed : int
        Cells that were in the store, that this run added or completed, that are still to be done, and that have no
        numbers to rely on (a broken gate, a fit that failed, outcomes that are not finite).
    repaired : tuple of str
        What was found damaged in the store and computed again, by its place there (in a dry run, and where the store
        cannot be written to: what would be).
    other_versions : tuple of str
        Versions of the model, or of the libraries that it rests on, that have cells in the store too. Those are of no
        use to this one, and are left as they are.
    fits : int
        Fits to evidence that were made (in a dry run: that would be).
    seconds : float
        What it took; in a dry run about what it would take, fits included.
    size : int
        Bytes that the store has grown by, or would grow by, on the disk, about.
    ended : str
        "complete", "interrupted", "dry run", or "read only" where all was there and nothing could be written.
    """

    cells: int
    there: int
    computed: int
    to_do: int
    failed: int
    repaired: tuple[str, ...]
    other_versions: tuple[str, ...]
    fits: int
    seconds: float
    size: int
    ended: str

    def say(self) -> str:
        """Return it in words."""
        parts = [f"{self.there:,} of {self.cells:,} cells were there"]
        fits = counted(self.fits, "fit") if self.fits else ""
        if self.ended == "dry run":
            waiting = [f"{self.to_do:,}", *([fits] if fits else [])]
            cost = f"about {_seconds(self.seconds)} and {_bytes(self.size)}"
            parts.append(f"to do: {' and '.join(waiting)}, {cost}" if self.to_do else "nothing to do")
        elif self.computed or fits:
            made = [*([f"{self.computed:,} computed"] if self.computed else []), *([fits] if fits else [])]
            parts.append(f"{' and '.join(made)} in {_seconds(self.seconds)}")
        if self.ended == "interrupted":
            parts.append(f"interrupted, {self.to_do:,} to do")
        parts += [f"{self.failed:,} failed"] if self.failed else []
        if self.repaired:
            verb = "repaired" if self.ended in ("complete", "interrupted") else "to be repaired"
            parts.append(f"{len(self.repaired):,} damaged and {verb}")
        if self.other_versions:
            others = counted(len(self.other_versions), "other version")
            parts.append(f"cells of {others} of the model are in the store, not used and left as they are")
        return "; ".join(parts)


def _seconds(seconds: float) -> str:
    if seconds < 1.0:
        return "under a second"
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200.0 else f"{seconds / 3600:.1f} h"


def _bytes(size: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size} B"
