"""Write options of your own: by composing shipped ones, by naming levers, and with a trigger."""

from pathlib import Path

import forecast
import priors
from forecast.options import Condition, Option, Phase, Trigger


def main(out: Path = Path("examples-out"), worlds: int = 10_000) -> None:
    """Compare haste with patience: support for Misrata at once, later, or only once it was asked for."""
    out.mkdir(parents=True, exist_ok=True)
    at_once = forecast.options.load()["ct_assistance"]
    later = forecast.options.parse("ct_assistance from month 7").renamed("later", title="Back Misrata from month 7")
    escalating = forecast.options.parse("ct_assistance + airstrikes from month 5")
    when_asked = Option(
        "when_asked",
        phases=(Phase({"mediation": 1.0, "western_unity": 1.0}),),
        triggers=(
            Trigger(
                when=(Condition("invited", at_least=1),),
                set={"support_misrata": 0.6, "support_sirte_officers": 0.4, "advisers": 0.5, "conditionality": 1.0},
            ),
        ),
        title="Mediate, and help once invited",
    )

    outcomes = forecast.simulate(
        priors.load("article"),
        options=["no_assistance", at_once, later, escalating, when_asked],
        worlds=worlds,
        seed=1,
    )
    table = forecast.compare(outcomes, names=["sirte_freed", "council_survives", "blowback_ever", "stable_success"])
    print(table[["estimate", "error", "difference", "difference_error"]].round(3).to_string())
    forecast.plots.save(forecast.plots.differences(outcomes), out / "own_options.png")
    forecast.plots.save(forecast.plots.trajectories(outcomes), out / "own_options_strength.png")
    print(f"Pictures in {out}/")


if __name__ == "__main__":
    main()
