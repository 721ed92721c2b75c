"""What is asked of worlds: an outcome, a paired difference, a utility or a regret, a number a world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from forecast.arguments import flag, shown
from forecast.decision.reading import load_values
from forecast.decision.values import Values
from forecast.errors import InvalidArgument, MismatchedRuns, UnknownOutcome, near_matches
from forecast.options import Option, check_starts, parse, proposal_of, resolve
from forecast.results import About, about_of
from forecast.schema import Outcome
from forecast.settings import Settings, SettingsKeywords, settings_of
from forecast.world import World
from forecast.worlds import given_or_shipped, world_for

__all__ = [
    "REGRET",
    "UTILITY",
    "Choice",
    "ChoiceKeywords",
    "Keywords",
    "Quantity",
    "QuantityKeywords",
    "about_choice",
    "about_run",
    "asked",
    "asked_choice",
    "quantity_of",
]

type Array = np.ndarray[Any, np.dtype[np.float64]]
type Valuing = str | Path | Mapping[str, float] | Values
type Options = Iterable[str | Option] | str | Option

UTILITY, REGRET = "utility", "regret"

_MEND = "pass its name; an analysis takes beliefs first, and after them the quantity, which may be a whole Quantity"


class QuantityKeywords(TypedDict, total=False):
    """The parts of a :class:`Quantity` as keywords of an analysis."""

    outcome: str | None
    option: str | Option | None
    baseline: str | Option | None
    values: Valuing | None
    options: Options | None
    regret: bool


class ChoiceKeywords(SettingsKeywords, total=False):
    """What analyses of a choice take as keywords: by whose values, among which options, and settings."""

    values: Valuing | None
    options: Options | None


class Keywords(QuantityKeywords, SettingsKeywords):
    """What most analyses take as keywords: the parts of a quantity, and of settings."""


@dataclass(frozen=True, init=False, repr=False)
class Quantity:
    """One number a world: an outcome under an option, its difference from a baseline, a utility, or a regret.

    Parameters
    ----------
    outcome : str, optional
        A per-world outcome that every world has, "utility" or "regret"; the world's leading one by default, or where
        values are given the utility.
    option : str or Option, optional
        Under which option; the world's proposal by default.
    baseline : str or Option, optional
        Look at the difference from this option in the same world; not with regret, which is a difference already.
    values : str, Path, mapping or Values, optional
        As for :func:`forecast.utility`, of a utility or regret; those of the world by default.
    options : iterable of str or Option, optional
        The rivals that regret is measured against; all that the world declares by default.
    regret : bool
        Look at how far the option is behind the best of its rivals in the same world.
    world : World, optional
        Whose outcomes and options they are; the shipped world by default.

    Attributes
    ----------
    outcome : str
        As above.
    options : tuple of Option
        What must be run; the one looked at first, then the baseline or the rivals.
    paired : bool
        Whether the number is the first option's less the second's.
    values : Values or None
        Of a utility or regret.
    world : World
        Whose outcomes and options they are.
    unit, title : str
        Of the number: "yes/no" is a probability in the mean, and of a difference a difference of probabilities.

    Raises
    ------
    UnknownOutcome, UnknownOption, InvalidOption, UnknownValues, InvalidValues
        For a name that does not exist.
    InvalidArgument
        For a first month, which not every world has, or parts that do not go together.

    Examples
    --------
    >>> import forecast
    >>> district = forecast.load_world("district")
    >>> forecast.Quantity("calm", option="patrols", baseline="nothing", world=district)
    Quantity(Calm, under “Patrols” less “Nothing”)
    >>> forecast.Quantity(values="even", regret=True, options=["patrols"], world=district).unit
    'utility'
    """

    outcome: str
    options: tuple[Option, ...]
    paired: bool
    values: Values | None
    world: World
    unit: str
    title: str

    def __init__(
        self,
        outcome: str | None = None,
        *,
        option: str | Option | None = None,
        baseline: str | Option | None = None,
        values: Valuing | None = None,
        options: Options | None = None,
        regret: bool = False,
        world: World | None = None,
    ) -> None:
        world = given_or_shipped(world)
        known = world.outcomes
        name = _outcome(world, outcome, values, regret)
        first = _one("option", proposal_of(world) if option is None else option, world)
        valued = name in (UTILITY, REGRET)
        _check_parts(known, name, baseline, values, options)
        chosen = load_values(values, world=world) if valued else None
        others: tuple[Option, ...] = () if baseline is None else (_one("baseline", baseline, world),)
        if name == REGRET:
            others = tuple(rival for rival in resolve(options, world=world).values() if rival != first)
        if others == (first,) or (name == REGRET and not others):
            raise InvalidArgument(
                f"{first.name!r} against itself", expected="another option to compare with", mend="name another one"
            )
        found = {
            "outcome": name,
            "options": (first, *others),
            "paired": baseline is not None,
            "values": chosen,
            "world": world,
            "unit": "utility" if valued else known[name].unit,
            "title": f"{name.capitalize()}, {chosen.title}" if chosen is not None else known[name].long_name,
        }
        for field, value in found.items():
            object.__setattr__(self, field, value)

    @property
    def of(self) -> str:
        """Under which option, and against which, in words."""
        under = f"under “{self.options[0].title}”"
        return f"{under} less “{self.options[1].title}”" if self.paired else under

    @property
    def event(self) -> bool:
        """Whether the number says if something happened, 0 or 1."""
        return self.unit == "yes/no" and not self.paired

    def __call__(self, outcomes: Mapping[str, np.ndarray[Any, Any]]) -> Array:
        """Read it from the outcomes of some worlds, each of shape (option, world): shape (world,)."""
        levels = self.levels(outcomes)
        if self.outcome == REGRET:
            return np.asarray(levels.max(axis=0) - levels[0])
        return np.asarray(levels[0] - levels[1] if self.paired else levels[0])

    def levels(self, outcomes: Mapping[str, np.ndarray[Any, Any]]) -> Array:
        """Return the outcome, or of utility and regret the utility, under each option: shape (option, world)."""
        if self.values is None:
            return np.asarray(outcomes[self.outcome].astype(np.float64))
        return self.values.total(outcomes)

    def __hash__(self) -> int:
        return hash((self.outcome, self.options, self.title))

    def __repr__(self) -> str:
        return f"Quantity({self.title}, {self.of})"


def _outcome(world: World, outcome: object, values: object, regret: object) -> str:
    """Return the name of what is looked at."""
    known = world.outcomes
    flag("regret", regret)
    if regret and outcome not in (None, UTILITY, REGRET):
        raise InvalidArgument(
            f"regret of the outcome {outcome!r:.60}",
            expected="regret of a utility",
            mend="leave the outcome out, and pass values if they are not the balanced ones",
        )
    if regret:
        return REGRET
    name = outcome if outcome is not None else world.leading if values is None else UTILITY
    if not isinstance(name, str) or name not in (*known, UTILITY, REGRET):
        raise UnknownOutcome(
            f"there is no outcome {shown(name)}",
            expected='a per-world outcome, "utility" or "regret"',
            mend=near_matches(name, [*known, UTILITY, REGRET]) if isinstance(name, str) else _MEND,
        )
    return name


def _check_parts(known: Mapping[str, Outcome], name: str, baseline: object, values: object, options: object) -> None:
    """Refuse parts that do not go together."""
    valued = name in (UTILITY, REGRET)
    if values is not None and not valued:
        raise InvalidArgument(
            f"values with the outcome {name!r}",
            expected='values only of "utility" or "regret"',
            mend="leave them out",
        )
    if options is not None and name != REGRET:
        raise InvalidArgument(
            f"options with the outcome {name!r}", expected='rivals only of "regret"', mend="leave them out"
        )
    if name == REGRET and baseline is not None:
        raise InvalidArgument(
            "regret over a baseline", expected="one of the two", mend="leave the baseline out, or look at utility"
        )
    if not valued and known[name].is_time:
        raise InvalidArgument(
            f"the outcome {name!r} is a first month, which no world has in which the event did not come",
            expected="an outcome that every world has",
            mend="look at whether it happened instead",
        )


def _one(argument: str, option: str | Option, world: World) -> Option:
    """Read one option; a list of several is no option."""
    if isinstance(option, str):
        return parse(option, world=world)
    found = list(resolve(option, world=world).values())
    if len(found) != 1:
        raise InvalidArgument(
            f"{argument} with {len(found)} options", expected="one option", mend="ask about one at a time"
        )
    return found[0]


def quantity_of(quantity: str | Quantity | None, keywords: Mapping[str, Any], world: World) -> Quantity:
    """Make a quantity of what an analysis was given.

    Parameters
    ----------
    quantity : str or Quantity, optional
        A name stands for the outcome. A Quantity is whole: none of its parts may be a keyword as well.
    keywords : mapping
        Among them parts of a Quantity.
    world : World
        Whose outcomes and options they are.

    Raises
    ------
    InvalidArgument
        For both at once, or parts that do not go together.
    MismatchedRuns
        For a quantity of another world.
    """
    given = {name: value for name, value in keywords.items() if name in QuantityKeywords.__annotations__}
    if not isinstance(quantity, Quantity) and (quantity is None or given.get("outcome") is None):
        return Quantity(**given if quantity is None else given | {"outcome": quantity}, world=world)
    beside = {name: value for name, value in given.items() if value is not None and value is not False}
    if beside:
        raise InvalidArgument(
            f"a quantity, and {', '.join(beside)} beside it",
            expected="one of the two",
            mend=f"pass forecast.Quantity(..., {next(iter(beside))}=...)",
        )
    assert isinstance(quantity, Quantity)
    if quantity.world != world:
        raise MismatchedRuns(
            f"a quantity of the world {quantity.world.name!r}, asked of {world.name!r}",
            expected="both of one world",
            mend="make it with forecast.Quantity(..., world=...)",
        )
    return quantity


@dataclass(frozen=True)
class Choice:
    """By whose values, and among which options, a choice is made.

    Attributes
    ----------
    values : Values
        As for :func:`forecast.utility`; those of the world by default.
    options : mapping of str to Option
        By name; all that the world declares by default.
    world : World
        Whose they are.
    """

    values: Values
    options: Mapping[str, Option]
    world: World

    @property
    def titles(self) -> tuple[tuple[str, str], ...]:
        """Names and titles of the options."""
        return tuple((name, option.title) for name, option in self.options.items())


def asked_choice(
    beliefs: object, settings: Settings | None, keywords: Mapping[str, Any], **usual: Any
) -> tuple[Choice, Settings]:
    """Make a choice and settings of what an analysis was given.

    Parameters
    ----------
    beliefs : object
        What it is asked of: a fit is of a world.
    settings, keywords, **usual
        As for :func:`forecast.settings.settings_of`; and ``world``.

    Raises
    ------
    InvalidArgument, UnknownOption, InvalidOption, UnknownValues, InvalidValues
        For a part outside its domain, or an option that starts after the horizon.
    """
    how = settings_of(settings, keywords, **usual)
    values = keywords.get("values")
    world = world_for(beliefs, keywords.get("world"))
    chosen = Choice(
        load_values(values, world=world),
        resolve(keywords.get("options"), world=world),
        world,
    )
    check_starts(chosen.options, how.horizon(world), world=world)
    return chosen, how


def about_choice(source: object, choice: Choice, settings: Settings) -> About:
    """Say what a result on a choice is about, by whose values as the source says it; arguments as :func:`about_run`."""
    return about_of(
        source,
        title="utility",
        unit="utility",
        values=about_of(source).values or choice.values.name,
        **settings.said(choice.world),
    )


def about_run(source: object, quantity: Quantity, settings: Settings) -> About:
    """Say what a result of one quantity is about.

    Parameters
    ----------
    source : object
        What the beliefs are from, as for :func:`forecast.results.about_of`.
    quantity, settings : Quantity, Settings
        What was asked, and how worlds were run.
    """
    return about_of(
        source,
        title=quantity.title,
        unit=quantity.unit,
        of=quantity.of,
        difference=quantity.paired,
        values=quantity.values.name if quantity.values is not None else "",
        **settings.said(quantity.world),
    )


def asked(
    beliefs: object, quantity: str | Quantity | None, settings: Settings | None, keywords: Mapping[str, Any]
) -> tuple[Quantity, Settings]:
    """Make a quantity and settings of what an analysis was given.

    Parameters
    ----------
    beliefs : object
        What it is asked of: a fit is of a world.
    quantity, settings, keywords
        As for :func:`quantity_of` and :func:`forecast.settings.settings_of`; and ``world``.

    Raises
    ------
    InvalidArgument
        For a part outside its domain, or given twice.
    """
    world = world_for(beliefs, keywords.get("world"))
    looked, how = quantity_of(quantity, keywords, world), settings_of(settings, keywords)
    check_starts(looked.options, how.horizon(world), world=world)
    return looked, how
