"""Run the options on every shipped set of beliefs, and see which conclusions depend on whose."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import forecast
import priors

OUTCOMES = {"isis_degraded": "ISIS degraded", "council_survives": "Council alive", "stable_success": "Stable success"}

# Okabe and Ito's palette, which colour-blind readers can tell apart; the markers differ as well.
COLOURS = {"o": "#0072B2", "s": "#E69F00", "^": "#009E73", "D": "#D55E00", "v": "#CC79A7", "P": "#56B4E9"}


def main(out: Path = Path("examples-out"), worlds: int = 10_000) -> None:
    """Print the probability of each outcome by option and set of beliefs; save one picture."""
    out.mkdir(parents=True, exist_ok=True)
    tables = {}
    for name in priors.available():
        outcomes = forecast.simulate(priors.load(name), worlds=worlds, seed=1)
        tables[priors.load(name).title] = forecast.compare(outcomes, names=list(OUTCOMES))
    table = pd.concat(tables, names=["beliefs"])
    print((100 * table["estimate"].unstack("beliefs")).round(1).to_string())
    known = f"Each set conditioned on evidence “{outcomes.attrs['evidence']}”; {worlds:,} worlds."
    print(f"Percent of worlds; Monte-Carlo errors up to {100 * table['error'].max():.1f} points. {known}")

    options, titles = outcomes["option"].values.tolist(), outcomes["title"].values.tolist()
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots(1, len(OUTCOMES), sharey=True)
    marks = dict(zip(tables, COLOURS, strict=True))
    for ax, (outcome, words) in zip(axes, OUTCOMES.items(), strict=True):
        for beliefs, mark in marks.items():
            rows = tables[beliefs].loc[outcome]
            at = [options.index(option) for option in rows.index]
            spread = 164.5 * rows["error"]
            ax.errorbar(100 * rows["estimate"], at, xerr=spread, fmt=mark, label=beliefs, color=COLOURS[mark])
        ax.set_title(words)
        ax.grid(axis="y", alpha=0.3)
    axes[0].set_yticks(range(len(titles)), titles)
    axes[0].invert_yaxis()
    figure.suptitle(f"Whose beliefs matter. {known}", fontsize="medium")
    axes[1].set_xlabel("probability after 24 months, % of worlds; bars: 90% Monte-Carlo interval")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(marks), frameon=False)
    forecast.plots.save(figure, out / "whose_beliefs.png")
    print(f"Picture in {out}/")


if __name__ == "__main__":
    main()
