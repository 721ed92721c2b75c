"""Which option, under whose values, how sure, what would flip it, and what is worth finding out first."""

from pathlib import Path
from typing import Any

import forecast
import priors


def main(out: Path = Path("examples-out"), worlds: int = 10_000) -> None:
    """Print one line a result and save a picture and a table of each."""
    out.mkdir(parents=True, exist_ok=True)
    beliefs = priors.load("article")
    outcomes = forecast.simulate(beliefs, worlds=worlds, seed=1)
    u = forecast.utility(outcomes, "balanced")
    parameters = forecast.parameters(outcomes)

    results: dict[str, Any] = {
        "decision": forecast.decide(u, indifference=0.005),
        "dominance": forecast.dominance(u),
        "tradeoffs": forecast.tradeoffs(outcomes),
        "weight_map": forecast.weight_map(outcomes),
        "weight_flips": forecast.weight_flips(outcomes),
        "breakeven": forecast.breakeven(u, parameters),
        "questions": forecast.questions(u, parameters, groups="claims"),
        "luck": forecast.luck_and_ignorance(outcomes, values="balanced"),
        "waiting": forecast.waiting(beliefs, worlds=worlds, seed=1),
        "by_beliefs": forecast.by_beliefs(worlds=worlds, seed=1),
        # The claims without which the lead falls most; without claims= all are tried, which takes two minutes.
        "by_claim": forecast.by_claim(
            beliefs, claims=["P34", "P18", "P61"], against="no_assistance", worlds=worlds, seed=1
        ),
    }
    for name, result in results.items():
        print(f"{name}: {result}\n")
        result.to_frame().to_csv(out / f"{name}.csv")
        forecast.plots.save(result.plot(), out / f"{name}.png")

    # What a survey of 20 clashes between factions that were helped and rivals that were not could tell.
    study = forecast.NormalStudy("clash_partisanship", n=20, sd=2.0)
    print(f"Before any question is asked: {forecast.evpi(u)}")
    print(f"A study of partisan support and clashes: {forecast.evsi(u, parameters, study=study)}")
    print(f"Pictures and tables in {out}/")


if __name__ == "__main__":
    main()
