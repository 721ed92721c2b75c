"""A world of your own: should a town on a river raise its dike, give the river room, or wait for the next flood?

The town is invented. What is believed of it, can be done, was seen and is wanted is in the TOML files beside this one.
"""

from pathlib import Path

import forecast
import priors
from forecast import World, chance, count, end, event, ever, first, number, total, yes_no

HERE = Path(__file__)
BELIEFS = priors.load(HERE.with_suffix(".toml"))


def origin(beliefs, luck):
    """Return every state on the first day."""
    return {"households": 4000.0, "high_waters": 0.0, "dike": 0.0, "room": 0.0, "breached": 0.0, "spent": 0.0}


def month(xp, state, levers, beliefs, luck, time):
    """Return every state at the end of a month: arithmetic, and no branches."""
    dike = state.dike + beliefs.dike_building * levers.dike * time.step
    room = xp.minimum(1.0, state.room + beliefs.room_making * levers.room * time.step)
    high_waters = xp.poisson_ppf(luck.rain, beliefs.high_waters * time.step * (1.0 - beliefs.room_effect * room))
    breach = luck.breach < high_waters * beliefs.breach * xp.exp(-beliefs.dike_effect * dike)
    leaving = beliefs.drift * time.step + beliefs.flight * breach + beliefs.moved * (room - state.room)
    return {
        "households": state.households * xp.exp(-leaving),
        "high_waters": high_waters,
        "dike": dike,
        "room": room,
        "breached": xp.maximum(state.breached, breach),
        "spent": state.spent + beliefs.dike_cost * (dike - state.dike) + beliefs.room_cost * (room - state.room),
    }


def kept(path):
    """Whether the town is kept, from the whole path of a world."""
    return (path.ever("breached") == 0.0) & (path.end("households") >= 0.9 * path.origin("households"))


WORLD = World(
    name="river_town",
    date="2014-12-31",
    origin=origin,
    month=month,
    states={
        "households": number("households", "Households behind the dike"),
        "high_waters": count("high waters", "High waters in the month"),
        "dike": number("m", "Height added to the dike"),
        "room": number("1", "Share of the flood plain given back"),
        "breached": yes_no("The dike has been breached"),
        "spent": number("millions", "Spent on works"),
    },
    parameters=tuple(BELIEFS),
    levers=("dike", "room"),
    shocks={"rain": "uniform", "breach": "exponential"},
    outcomes={
        "households_end": end("households", "Households at the horizon", better="higher"),
        "high_waters_total": total("high_waters", "High waters, total", better="lower"),
        "first_breach": first("breached", "Month of the first breach"),
        "spent_end": end("spent", "Spent by the horizon", better="lower"),
        "kept": event("Town kept", "no breach, and nine households in ten still there", kept, better="higher"),
        "breached_ever": ever("breached", "The dike was breached", better="lower"),
    },
    harms=("breached_ever",),
    proposal="room",
    options=HERE.with_name("your_own_world_options.toml"),
    readings={"wet_month": chance(lambda xp, beliefs: 1.0 - xp.exp(-beliefs.high_waters))},
    evidence=HERE.with_name("your_own_world_evidence.toml"),
    values=HERE.with_name("your_own_world_values.toml"),
)


def main(out: Path = Path("examples-out"), worlds: int = 4000) -> None:
    """Condition the beliefs on what was seen, run every option, and say which is best."""
    out.mkdir(parents=True, exist_ok=True)
    posterior = forecast.fit(BELIEFS, world=WORLD, evidence="seen", progress=False)
    outcomes = forecast.simulate(posterior, months=60, worlds=worlds, progress=False)
    print(forecast.compare(outcomes, names=["kept", "spent_end"])[["estimate", "error"]].round(3).to_string())
    print(forecast.decide(forecast.utility(outcomes)))
    forecast.plots.save(forecast.plots.differences(outcomes), out / "river_town.png")
    forecast.plots.save(forecast.plots.trade_off(outcomes), out / "river_town_trade_off.png")
    forecast.plots.save(forecast.plots.trajectories(outcomes, state="households"), out / "river_town_households.png")


if __name__ == "__main__":
    main()
