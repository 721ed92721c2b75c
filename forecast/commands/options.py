"""``forecast options``: the options, and what each does by month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from forecast import options as option_files
from forecast.commands.output import paragraph, print_json, print_table, say
from forecast.estimates import counted
from forecast.months import date_of
from forecast.options import Condition, Option, Trigger
from forecast.options.option import effort_text, size_text
from forecast.world import World
from forecast.worlds import shipped
from forecast.worlds.loading import load_world

__all__ = ["known_options", "show_options", "world_named"]

_FEW_STEPS = 3


def world_named(given: str | None) -> World:
    """Give the world of ``--world``, or else the shipped one."""
    return shipped() if given is None else load_world(given)


def known_options(file: str | None, world: World) -> dict[str, Option]:
    """Give the options of a world and those of a file, one of the same name taking the place of the world's.

    Raises
    ------
    FileMissing, InvalidFile, InvalidOption
        If the file is not there, is damaged, or has an option that cannot be run.
    """
    return option_files.load(world) | ({} if file is None else option_files.read(file, world=world))


def show_options(name: str | None, *, world: str | None, options_file: str | None, as_json: bool) -> None:
    """Print the list of options, or one of them.

    Parameters
    ----------
    name : str, optional
        An option or an expression; None lists them.
    world : str, optional
        As for :func:`forecast.load_world`; the shipped one by default.
    options_file : str, optional
        A file of further options.
    as_json : bool
        Print JSON.

    Raises
    ------
    UnknownOption, InvalidOption
        If there is no such option, or the expression is not one.
    FileMissing, InvalidFile
        If the file is not there or is damaged.
    """
    home = world_named(world)
    known = known_options(options_file, home)
    if name is None:
        if as_json:
            print_json({"options": [_as_data(option, home) for option in known.values()]})
        elif not known:
            say(f"The world {home.name!r} declares no options.")
        else:
            rows = [(option.name, option.title, _levers(option)) for option in known.values()]
            print_table(("Name", "Title", "Levers when fully in"), rows)
            say()
            _efforts(known.values(), home)
        return
    option = option_files.parse(name, among=known, world=home)
    if as_json:
        print_json(_as_data(option, home))
    else:
        _page(option, home)


def _efforts(options: Iterable[Option], world: World) -> None:
    say(f"Effort over {counted(world.months, 'month')}, in full months; what triggers set is not counted")
    kinds = world.efforts
    rows = [(option.name, *map(size_text, option.effort(world.months, efforts=kinds).values())) for option in options]
    print_table(("Name", *(kind.capitalize() for kind in kinds)), rows, right=range(1, len(kinds) + 1))


def _horizon(option: Option) -> int:
    """Give a month after which no lever changes by itself."""
    ends = [(phase.end or 0) + 1 for phase in option.phases]
    return max([1, *ends, *(phase.start + phase.ramp - 1 for phase in option.phases)])


def _steps(levels: list[float]) -> list[tuple[int, float]]:
    """Give the months in which a lever changes, with the level from then on; the month before the first has 0."""
    before = [0.0, *levels]
    return [(month, now) for month, (was, now) in enumerate(zip(before, levels, strict=False), 1) if was != now]


def _over_time(steps: list[tuple[int, float]]) -> str:
    (first, low), (last, high) = steps[0], steps[-1]
    levels = [level for _, level in steps]
    if len(steps) > _FEW_STEPS and levels == sorted(levels):
        return f"rises in {len(steps)} steps from {low:.3g} in month {first} to {high:.3g} from month {last}"
    return ", ".join(f"{level:.3g} from month {month}" for month, level in steps)


def _schedule(option: Option, months: int) -> dict[str, list[float]]:
    """Give the levers that ever act, by month."""
    schedule = option.schedule(months, option.levers)
    return {lever: schedule[:, i].tolist() for i, lever in enumerate(option.levers) if schedule[:, i].any()}


def _levers(option: Option) -> str:
    highest = [f"{lever}={max(levels):.3g}" for lever, levels in _schedule(option, _horizon(option)).items()]
    triggered = ["then by a trigger " + _settings(trigger.set) for trigger in option.triggers]
    return ", ".join(highest + triggered) or "none"


def _settings(levers: Mapping[str, float]) -> str:
    return ", ".join(f"{lever}={level:.3g}" for lever, level in levers.items())


def _trigger(trigger: Trigger) -> str:
    conditions = " and ".join(_condition(one) for one in trigger.when)
    later = f", from month {trigger.start}" if trigger.start > 1 else ""
    return f"once {conditions}{later}: {_settings(trigger.set)}"


def _condition(one: Condition) -> str:
    bound = f"least {one.at_least:g}" if one.at_least is not None else f"most {one.at_most:g}"
    return f"{one.state} is at {bound}"


def _page(option: Option, world: World) -> None:
    say(f"{option.title} ({option.name})")
    if option.meaning:
        say()
        paragraph(option.meaning)
    say()
    say(f"Levers, 0 to 1; month 1 is {date_of(1, date.fromisoformat(world.date))}")
    schedule = _schedule(option, _horizon(option))
    widest = max(map(len, schedule), default=0)
    for lever, levels in schedule.items():
        label = f"  {lever:<{widest}}  "
        paragraph(_over_time(_steps(levels)), first=label, rest=" " * len(label))
    if not schedule:
        say("  none")
    say()
    paragraph(f"{effort_text(option, world.months, efforts=world.efforts).capitalize()}.")
    if option.triggers:
        say()
        say("Triggers, each for good from the month after")
        for trigger in option.triggers:
            paragraph(_trigger(trigger), first="  ", rest="    ")
    if option.claims:
        say()
        say("Claims")
        claims = world.claims
        for one in option.claims:
            words = f"{one}: {claims[one].paraphrase}" if one in claims else one
            paragraph(words, first="  ", rest="    ")


def _as_data(option: Option, world: World) -> dict[str, Any]:
    return {
        "name": option.name,
        "hash": option.hash,
        **option.to_dict(),
        "levers_by_month": _schedule(option, world.months),
        "effort": option.effort(world.months, efforts=world.efforts),
    }
