"""An analysis of your own: how probable it is that ISIS ends below so many fighters, under each option.

Its result has a table, a line, a page and a picture, and takes quantities and settings as every other does.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import forecast
import priors
from forecast.estimates import estimate_text, mean_error
from forecast.outcomes.dataset import levels
from forecast.results import Column, Result, about_of, number, word
from forecast.settings import SettingsKeywords, settings_of, takes


@dataclass(frozen=True)
class Below:
    """One option and one number of fighters; the fields are the columns of the table."""

    option: str
    fighters: float
    estimate: float
    error: float


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Exceedance(Result):
    """How probable it is to end below each number of fighters."""

    rows: tuple[Below, ...]

    row, index, picture = Below, ("option", "fighters"), "rows"

    def _line(self) -> str:
        most = max(self.rows, key=lambda row: row.estimate)
        chance = estimate_text(most.estimate, most.error, unit="yes/no")
        return f"below {most.fighters:,.0f} under {most.option}: {chance}; {self.about.worlds:,} worlds"

    def _columns(self) -> tuple[Column, ...]:
        below = Column("fewer fighters than", lambda row: f"{row.fighters:,.0f}")
        return word("option", "option"), below, number("probability", "estimate", unit="yes/no")


@takes(SettingsKeywords)
def exceedance(
    beliefs: priors.PriorSet,
    fighters: tuple[float, ...] = (1000.0, 2000.0, 4000.0),
    *,
    options: tuple[str, ...] | None = None,
    settings: forecast.Settings | None = None,
    **keywords: Unpack[SettingsKeywords],
) -> Exceedance:
    """Estimate how probable it is that ISIS ends below so many fighters, under each option."""
    how = settings_of(settings, keywords)
    outcomes = forecast.simulate(beliefs, options=options, settings=how)
    ends = dict(zip(outcomes["option"].values.tolist(), levels(outcomes, "isis_fighters_end"), strict=True))
    below = {(option, most): (end < most).astype(float) for most in fighters for option, end in ends.items()}
    rows = [Below(*key, float(seen.mean()), mean_error(seen, event=True)) for key, seen in below.items()]
    about = about_of(outcomes, title="Ending below so many fighters", unit="yes/no")
    return Exceedance(about=about, rows=tuple(rows))


def main(out: Path = Path("examples-out"), worlds: int = 2000) -> None:
    """Print the line and the table, and save the picture."""
    out.mkdir(parents=True, exist_ok=True)
    found = exceedance(priors.load("article"), options=("no_assistance", "regional_centres"), worlds=worlds)
    print(found, found.to_frame(), sep="\n")
    forecast.plots.save(found.plot(), out / "exceedance.png")


if __name__ == "__main__":
    main()
