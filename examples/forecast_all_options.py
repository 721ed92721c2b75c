"""Forecast every option on the article's beliefs, and draw what each gains against ISIS and what it costs."""

from pathlib import Path

import forecast
import priors
from forecast.estimates import estimate_text


def main(out: Path = Path("examples-out"), worlds: int = 10_000) -> None:
    """Print the headline outcomes of every option and save three pictures."""
    out.mkdir(parents=True, exist_ok=True)
    beliefs = priors.load("article")
    outcomes = forecast.simulate(beliefs, worlds=worlds, seed=1)

    table = forecast.compare(outcomes, names=["isis_degraded", "sirte_freed", "council_survives", "stable_success"])
    for outcome in table.index.unique("outcome"):
        for option, row in table.loc[outcome].iterrows():
            estimate = estimate_text(row["estimate"], row["error"], unit="yes/no")
            change = estimate_text(row["difference"], row["difference_error"], unit="yes/no")
            print(f"{outcome:18} {option!s:24} {estimate:>15}   against no assistance {change:>16}")

    forecast.plots.save(forecast.plots.trade_off(outcomes), out / "trade_off.png")
    forecast.plots.save(forecast.plots.events(outcomes), out / "events.png")
    forecast.plots.save(forecast.plots.council(outcomes), out / "council.png")
    print(f"Pictures in {out}/")


if __name__ == "__main__":
    main()
