"""An epidemic in a small country, week by week: close meeting places, find and isolate the sick, or let it run?

The country and the disease are invented. Beliefs and values are in the TOML files beside this one.
"""

from pathlib import Path

import forecast
import priors
from forecast import Condition, Option, Phase, Trigger, World, code, count, end, event, ever, first, measure, yes_no

HERE = Path(__file__).with_suffix("")
PEOPLE, BEDS = 100_000.0, 400.0
WEEKS = 12.0 / 52.0


def origin(beliefs, luck):
    """Return every state on the first day: nobody knows how many are ill."""
    ill = beliefs.seeds * (1.0 + 0.2 * luck.seeds) ** 2 // 1.0
    return {"susceptible": PEOPLE - ill, "ill": ill, "dead": 0.0, "alert": 0.0, "vaccine": 0.0, "weariness": 0.0}


def month(xp, state, levers, beliefs, luck, time):
    """Return every state at the end of a week; rates in the beliefs are a week's."""
    weariness = 0.98 * state.weariness + 0.02 * levers.closing
    fewer = beliefs.closing_effect * levers.closing * (1.0 - weariness) + beliefs.tracing_effect * levers.tracing
    contacts = beliefs.contacts * xp.maximum(0.0, 1.0 - fewer) * (1.0 - 0.7 * state.vaccine)
    caught = xp.binomial_ppf(luck.caught, state.susceptible, 1.0 - xp.exp(-contacts * state.ill / PEOPLE))
    over = xp.binomial_ppf(luck.over, state.ill, 1.0 - xp.exp(-beliefs.recovery))
    dead = xp.binomial_ppf(luck.dead, over, beliefs.deadliness * xp.where(state.ill > 20.0 * BEDS, 2.0, 1.0))
    ill = state.ill + caught - over
    return {
        "susceptible": state.susceptible - caught,
        "ill": ill,
        "dead": state.dead + dead,
        "alert": (ill > 0.001 * PEOPLE) * 1.0 + (ill > 0.01 * PEOPLE),
        "vaccine": xp.maximum(state.vaccine, luck.vaccine < beliefs.vaccine_log_hazard + time.log_step),
        "weariness": weariness,
    }


def deaths(path):
    """Return the deaths among a thousand people."""
    return 1000.0 * path.end("dead") / PEOPLE


def red_weeks(path):
    """Count the weeks in which the alert is red."""
    return path.total(lambda state: state.alert == 2.0)


def over(path):
    """Whether nearly nobody is ill any more."""
    return path.end("ill") < 20.0


OPTIONS = (
    Option("let_it_run", title="Let it run"),
    Option("close", (Phase({"closing": 1.0}, start=2, end=5),), title="Close meeting places"),
    Option("trace", (Phase({"tracing": 1.0}, ramp=3),), title="Find and isolate"),
    Option("on_red", (Phase({"tracing": 0.5}),), (Trigger((Condition("alert", at_least=2),), {"closing": 0.7}),)),
)

WORLD = World(
    name="epidemic",
    title="An epidemic",
    date="2013-09-01",
    step=WEEKS,
    origin=origin,
    month=month,
    states={
        "susceptible": count("persons", "People who have not had it"),
        "ill": count("persons", "People who are ill"),
        "dead": count("persons", "People who have died"),
        "alert": code("Level of alert", ("green", "amber", "red")),
        "vaccine": yes_no("There is a vaccine"),
        "crowded": yes_no("More are in need of a bed than there are beds"),
    },
    hidden=("weariness",),
    derived={"crowded": lambda state: 0.05 * state.ill > BEDS},
    parameters=(
        *("seeds", "contacts", "recovery", "deadliness"),
        *("closing_effect", "tracing_effect", "vaccine_log_hazard"),
    ),
    levers=("closing", "tracing"),
    shocks={"caught": "uniform", "over": "uniform", "dead": "uniform", "vaccine": "log_exponential"},
    at_origin={"seeds": "normal"},
    outcomes={
        "deaths": measure("per 1000", "Deaths per thousand", "of all people", deaths, of="dead", better="lower"),
        "spared_end": end("susceptible", "People spared at the horizon", better="higher"),
        "crowded_ever": ever("crowded", "Hospitals were full", better="lower"),
        "first_crowded": first("crowded", "Month in which hospitals were first full"),
        "red_weeks": measure("weeks", "Weeks on red", "the alert is red", red_weeks, of="alert", better="lower"),
        "over": event("Over", "fewer than 20 are ill in the end", over, of="ill", better="higher"),
    },
    leading="deaths",
    harms=("crowded_ever",),
    options={option.name: option for option in OPTIONS},
    null_option="let_it_run",
    proposal="trace",
    values=HERE.with_name("an_epidemic_values.toml"),
)


def main(out: Path = Path("examples-out"), worlds: int = 2000) -> None:
    """Run every option over a year, say which is best, and what the deaths depend on."""
    out.mkdir(parents=True, exist_ok=True)
    beliefs = priors.load(HERE.with_suffix(".toml"))
    # Compiled: NumPy takes a hundred times as long for so many counts.
    how = forecast.Settings(months=12, worlds=worlds, backend="numba", progress=False)
    outcomes = forecast.simulate(beliefs, world=WORLD, evidence="none", settings=how)
    print(forecast.compare(outcomes, names=["deaths", "red_weeks"])[["estimate", "error"]].round(3).to_string())
    print(forecast.decide(forecast.utility(outcomes)))
    print(forecast.tornado(beliefs, world=WORLD, settings=how))
    forecast.plots.save(forecast.plots.trajectories(outcomes, state="ill"), out / "epidemic_ill.png")
    forecast.plots.save(forecast.plots.differences(outcomes), out / "epidemic.png")


if __name__ == "__main__":
    main()
