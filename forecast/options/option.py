"""One intervention option: phases of levers, and triggers that change levers when the world reaches a state.

An option knows no world: alone only its form is checked, and its names by :func:`check_names` when it meets one.
"""

from __future__ import annotations

import builtins
import hashlib
import html
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from forecast.arguments import shown
from forecast.errors import InvalidOption, near_matches
from forecast.estimates import counted
from forecast.months import HORIZON, MOST_MONTHS, month_of, steps_in
from priors.claims import NO_CLAIMS, check_claims

__all__ = [
    "Condition",
    "Option",
    "Phase",
    "Trigger",
    "check_names",
    "check_order",
    "effort_text",
    "size_text",
]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def _is_finite(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        # A whole number beyond the largest double.
        return False


def _number(value: object, what: str, low: float, high: float, domain: str) -> float:
    if not _is_finite(value):
        raise InvalidOption(
            f"{what} is {shown(value)}", expected=f"a finite number {domain}", mend="write a plain number there"
        )
    if not low <= value <= high:
        raise InvalidOption(
            f"{what} is {shown(value)}", expected=f"a number {domain}", mend="bring it inside that range"
        )
    return float(value)


def _whole(value: object, what: str, low: int) -> int:
    number = _number(value, what, low, MOST_MONTHS, f"from {low} to {MOST_MONTHS}")
    if number != int(number):
        raise InvalidOption(f"{what} is {shown(value)}", expected="a whole number of months", mend="round it")
    return int(number)


def check_order(what: str, start: int, end: int) -> None:
    """Refuse an end that comes before the start."""
    if end < start:
        raise InvalidOption(
            f"{what} ends in month {end} and starts in month {start}",
            expected="an end that is not before the start",
            mend="exchange the two, or leave the end out to run to the horizon",
        )


def _levers(levers: object, where: str) -> Mapping[str, float]:
    if not isinstance(levers, Mapping):
        raise InvalidOption(
            f"the levers of {where} are {shown(levers)}",
            expected="a table of lever names and numbers from 0 to 1",
            mend="write for example levers = { patrols = 0.5 }",
        )
    checked: dict[str, float] = {}
    for name, value in levers.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise InvalidOption(
                f"{where} sets a lever named {shown(name)}",
                expected="letters, digits and underscores, starting with a letter",
                mend="write the lever's name as its world has it",
            )
        checked[name] = _number(value, f"lever {name!r} of {where}", 0.0, 1.0, "from 0 to 1")
    return MappingProxyType(checked)


def _times(levers: Mapping[str, float], strength: float) -> Mapping[str, float]:
    return {lever: level * strength for lever, level in levers.items()}


@dataclass(frozen=True)
class Phase:
    """Levers that come in together.

    Parameters
    ----------
    levers : mapping of str to float
        Level of each lever once fully in, 0..1; a lever not named is 0.
    start : int
        First month in which they act, 1 or later.
    ramp : int
        Months over which they rise, in equal steps, 1 or more; 1 means at once.
    end : int or None
        Last month in which they act, or None for the horizon.

    Examples
    --------
    >>> import forecast
    >>> talks = forecast.Phase({"talks": 1.0}, start=2, ramp=4, end=9)
    >>> [talks.share(month) for month in (1, 2, 5, 9, 10)]
    [0.0, 0.25, 1.0, 1.0, 0.0]
    """

    levers: Mapping[str, float]
    start: int = 1
    ramp: int = 1
    end: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "levers", _levers(self.levers, "a phase"))
        object.__setattr__(self, "start", _whole(self.start, "the start", 1))
        object.__setattr__(self, "ramp", _whole(self.ramp, "the ramp", 1))
        if self.end is not None:
            object.__setattr__(self, "end", _whole(self.end, "the end", 1))
            check_order("a phase", self.start, self.end)

    def __reduce__(self) -> tuple[object, ...]:
        # A read-only view of a dict cannot be pickled, and options travel to worker processes.
        return Phase, (dict(self.levers), self.start, self.ramp, self.end)

    def share(self, month: int) -> float:
        """How much of the full level acts in ``month`` (1 is the first month after the origin)."""
        if month < self.start or (self.end is not None and month > self.end):
            return 0.0
        return min(1.0, (month - self.start + 1) / self.ramp)

    def to_dict(self) -> dict[str, Any]:
        """Give the phase as plain data."""
        data: dict[str, Any] = {"levers": dict(self.levers), "start": self.start, "ramp": self.ramp}
        if self.end is not None:
            data["end"] = self.end
        return data


@dataclass(frozen=True)
class Condition:
    """One state that a trigger looks at, at the end of each step.

    Parameters
    ----------
    state : str
        Name of a state (yes/no states are 0 or 1).
    at_least, at_most : float or None
        Exactly one bound, in the state's unit.

    Examples
    --------
    >>> import forecast, numpy as np
    >>> forecast.Condition("rebels", at_most=100).holds(np.array([80.0, 100.0, 120.0])).tolist()
    [True, True, False]
    """

    state: str
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.state, str) or not self.state.isidentifier():
            raise InvalidOption(
                f"a trigger looks at a state named {shown(self.state)}",
                expected="letters, digits and underscores, starting with a letter",
                mend="write the state's name as its world has it",
            )
        if (self.at_least is None) == (self.at_most is None):
            raise InvalidOption(
                f"the trigger condition on {self.state!r} has {'no bound' if self.at_least is None else 'two bounds'}",
                expected="exactly one of at_least and at_most",
                mend="give one; write two conditions for a range",
            )
        for bound in ("at_least", "at_most"):
            value = getattr(self, bound)
            if value is not None:
                checked = _number(value, f"{bound} on {self.state!r}", -math.inf, math.inf, "in the state's unit")
                object.__setattr__(self, bound, checked)

    @property
    def bound(self) -> float:
        """The one bound that is set."""
        bound = self.at_least if self.at_least is not None else self.at_most
        assert bound is not None
        return bound

    def holds(self, value: Any) -> NDArray[np.bool_]:
        """Tell in which worlds the condition holds, from the values of its state."""
        met = value >= self.at_least if self.at_least is not None else value <= self.at_most
        return np.asarray(met)

    def to_dict(self) -> dict[str, Any]:
        """Give the condition as plain data."""
        bound = "at_least" if self.at_least is not None else "at_most"
        return {"state": self.state, bound: getattr(self, bound)}


@dataclass(frozen=True)
class Trigger:
    """Levers that are set for good from the step after all the conditions first hold together.

    Parameters
    ----------
    when : sequence of Condition
        At least one.
    set : mapping of str to float
        Levers and the levels they go to, 0..1.
    start : int
        First month in which they can be set, 1 or later: nothing is looked at before the end of the month before. Where
        a step is longer than a month they are set from the first step on that begins no sooner.

    Examples
    --------
    >>> from forecast import Condition, Option, Phase, Trigger
    >>> home = Trigger((Condition("truce", at_least=1),), {"patrols": 0.0})
    >>> Option("until_the_truce", (Phase({"patrols": 1.0}),), (home,)).to_dict()["trigger"]
    [{'when': [{'state': 'truce', 'at_least': 1.0}], 'set': {'patrols': 0.0}}]
    """

    when: tuple[Condition, ...]
    set: Mapping[str, float]
    start: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", tuple(self.when))
        if not self.when or not all(isinstance(condition, Condition) for condition in self.when):
            raise InvalidOption(
                f"a trigger has the conditions {shown(self.when)}",
                expected="at least one Condition",
                mend='write for example when = [{ state = "truce", at_least = 1 }]',
            )
        object.__setattr__(self, "set", _levers(self.set, "a trigger"))
        if not self.set:
            raise InvalidOption(
                "a trigger sets no lever",
                expected="at least one lever",
                mend="write for example set = { patrols = 0 }",
            )
        object.__setattr__(self, "start", _whole(self.start, "the start of a trigger", 1))

    def __reduce__(self) -> tuple[object, ...]:
        return Trigger, (self.when, dict(self.set), self.start)

    def to_dict(self) -> dict[str, Any]:
        """Give the trigger as plain data."""
        data: dict[str, Any] = {"when": [condition.to_dict() for condition in self.when], "set": dict(self.set)}
        # Left out where it says nothing, as in files from before there was a start.
        return data if self.start == 1 else {**data, "start": self.start}


@dataclass(frozen=True)
class Option:
    """An intervention option.

    Options compose: ``a + b`` runs both, taking the higher level where they set the same lever. ``b.from_month(5)``
    is the same option begun in month 5, ``b.until_month(12)`` ends it after month 12, and ``b.scaled(0.5)`` has half of
    its levels.

    Parameters
    ----------
    name : str
        Letters, digits and underscores, starting with a letter.
    phases : sequence of Phase
        None at all is the null option.
    triggers : sequence of Trigger
        Applied in order; a later one wins where two set the same lever.
    title : str
        The option in a few words, for plots and tables; the name if empty.
    meaning : str
        What the option stands for.
    claims : sequence of str
        Ids of the claims that it rests on.

    Raises
    ------
    InvalidOption
        If a name, level, month or bound is outside its domain. Whether a world has the levers and states is asked where
        the option meets one.

    Examples
    --------
    >>> from forecast import Option, Phase
    >>> Option("patrols", (Phase({"patrols": 1.0}, start=2, ramp=2),)).schedule(3, ["patrols", "talks"]).tolist()
    [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]
    """

    name: str
    phases: tuple[Phase, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    title: str = ""
    meaning: str = ""
    claims: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.match(self.name):
            raise InvalidOption(
                f"an option is named {shown(self.name)}",
                expected="letters, digits and underscores, starting with a letter",
                mend="rename it, and put the words for readers into the title",
            )
        for what, kind in (("phases", Phase), ("triggers", Trigger), ("claims", str)):
            values = getattr(self, what)
            if isinstance(values, str) or not all(isinstance(value, kind) for value in values):
                raise InvalidOption(
                    f"the {what} of option {self.name!r} are {shown(values)}",
                    expected=f"a sequence of {kind.__name__}",
                    mend=f"wrap each in {kind.__name__}(...)",
                )
            object.__setattr__(self, what, tuple(values))
        for what in ("title", "meaning"):
            if not isinstance(getattr(self, what), str):
                raise InvalidOption(
                    f"the {what} of option {self.name!r} is {shown(getattr(self, what))}",
                    expected="text",
                    mend="write it in quotes",
                )
        check_claims(self.claims, NO_CLAIMS, where=f"option {self.name!r}")
        if not self.title:
            object.__setattr__(self, "title", self.name.replace("_", " ").capitalize())

    def schedule(self, months: int, levers: Sequence[str], *, step: float = 1.0) -> NDArray[np.float64]:
        """Levers by step before any trigger.

        Parameters
        ----------
        months : int
            The horizon in months.
        levers : sequence of str
            The levers of a world.
        step : float
            Months in a step of that world.

        Returns
        -------
        ndarray
            Shape (step, lever): row 0 is the first step after the origin, columns are ``levers``, values 0..1. Levers
            are those of the month in which the step ends; where a step is longer than a month, their mean over it.

        Raises
        ------
        InvalidOption
            If the option sets a lever that is not among them.
        InvalidArgument
            If the months are not a whole number of steps.
        """
        return self.by_step(steps_in(months, step), levers, step=step)

    def by_step(self, steps: int, levers: Sequence[str], *, step: float) -> NDArray[np.float64]:
        """Return the same over so many steps; arguments as for :meth:`schedule`."""
        check_names(self, levers=levers)
        if step > 1.0:
            ends = np.arange(1, month_of(steps, step) + 1)
            after = np.arange(steps)[:, np.newaxis] * step
            shared = np.minimum(after + step, ends) - np.maximum(after, ends - 1)
            mean = shared.clip(0.0) @ self.by_step(len(ends), levers, step=1.0) / step
            return np.asarray(np.minimum(mean, 1.0), dtype=np.float64)
        levels = np.zeros((steps, len(levers)))
        columns = {lever: column for column, lever in enumerate(levers)}
        for phase in self.phases:
            for row in range(steps):
                share = phase.share(month_of(row + 1, step))
                for lever, level in phase.levers.items():
                    column = columns[lever]
                    levels[row, column] = max(levels[row, column], share * level)
        return levels

    @property
    def levers(self) -> tuple[str, ...]:
        """The levers that its phases set, then those that only its triggers set."""
        parts = [*(phase.levers for phase in self.phases), *(trigger.set for trigger in self.triggers)]
        return tuple(dict.fromkeys(lever for part in parts for lever in part))

    def effort(
        self, months: int = HORIZON, *, efforts: Mapping[str, Sequence[str]] | None = None
    ) -> Mapping[str, float]:
        """Add up what the option takes over a horizon, before any trigger.

        Parameters
        ----------
        months : int
            The horizon.
        efforts : mapping of str to sequence of str, optional
            Kinds of effort and the levers whose levels add up to each, as ``World.efforts``; by default each lever that
            the option sets is a kind of its own.

        Returns
        -------
        mapping of str to float
            For each kind the levels of its levers by :meth:`schedule`, summed over levers and months. The unit is one
            lever at full level for a month.

        Raises
        ------
        InvalidOption
            If the horizon is no whole number of months.
        """
        kinds = {lever: (lever,) for lever in self.levers} if efforts is None else efforts
        summed = self.schedule(_whole(months, "the horizon", 1), self.levers).sum(axis=0).tolist()
        total = dict(zip(self.levers, summed, strict=True))
        return {kind: sum((total.get(lever, 0.0) for lever in levers), 0.0) for kind, levers in kinds.items()}

    def __add__(self, other: Option) -> Option:
        if not isinstance(other, Option):
            return NotImplemented
        return Option(
            name=f"{self.name}_and_{other.name}",
            phases=self.phases + other.phases,
            triggers=self.triggers + other.triggers,
            title=f"{self.title} + {other.title[:1].lower()}{other.title[1:]}",
            meaning=" With: ".join(text for text in (self.meaning, other.meaning) if text),
            claims=tuple(dict.fromkeys(self.claims + other.claims)),
        )

    def from_month(self, start: int) -> Option:
        """Give the same option, begun so that its first month is month ``start`` (1 is the first after the origin)."""
        start = _whole(start, "the start", 1)
        later = start - min((phase.start for phase in self.phases), default=1)
        phases = tuple(
            Phase(
                phase.levers,
                start=phase.start + later,
                ramp=phase.ramp,
                end=None if phase.end is None else phase.end + later,
            )
            for phase in self.phases
        )
        # A trigger may not act for an option that has not begun.
        triggers = tuple(replace(trigger, start=max(1, trigger.start + later)) for trigger in self.triggers)
        return replace(
            self,
            name=f"{self.name}_from_{start}",
            phases=phases,
            triggers=triggers,
            title=f"{self.title} from month {start}",
        )

    def until_month(self, end: int) -> Option:
        """Give the same option, ended after month ``end``.

        Parameters
        ----------
        end : int
            The last month in which it acts, as in :class:`Phase`: it acts in month ``end`` and no longer in the next.
            A phase that ends earlier stays as it is, and one that would start later is left out.

        Raises
        ------
        InvalidOption
            If the option starts later, or has a trigger that raises a lever: what a trigger sets stays for good.
        """
        end = _whole(end, "the end", 1)
        check_order(f"option {self.name!r}", min((phase.start for phase in self.phases), default=1), end)
        if any(level > 0.0 for trigger in self.triggers for level in trigger.set.values()):
            raise InvalidOption(
                f"option {self.name!r} is to end in month {end} but has a trigger, and what that sets stays for good",
                expected="an option without triggers, or with such as set levers to 0",
                mend="run it to the horizon, or write its phases with an end into an options file",
            )
        return replace(
            self,
            name=f"{self.name}_until_{end}",
            phases=tuple(
                replace(phase, end=end if phase.end is None else min(phase.end, end))
                for phase in self.phases
                if phase.start <= end
            ),
            title=f"{self.title} until month {end}",
        )

    def scaled(self, strength: float) -> Option:
        """Give the same option with every level of its phases and triggers times ``strength``.

        Parameters
        ----------
        strength : float
            Above 0 and at most 1; 1 is the option itself.

        Raises
        ------
        InvalidOption
            If it is outside that range.
        """
        strength = _number(strength, f"the strength of {self.name!r}", math.ulp(0.0), 1.0, "above 0 and at most 1")
        if strength == 1.0:
            return self
        return replace(
            self,
            name=f"{self.name}_at_{re.sub(r'\W', '_', repr(strength))}",
            phases=tuple(replace(phase, levers=_times(phase.levers, strength)) for phase in self.phases),
            triggers=tuple(replace(trigger, set=_times(trigger.set, strength)) for trigger in self.triggers),
            title=f"{self.title} at strength {strength!r}",
        )

    def renamed(self, name: str, *, title: str = "") -> Option:
        """Give the same option under another name and title."""
        return replace(self, name=name, title=title)

    @property
    def hash(self) -> str:
        """Fingerprint of what the option does: phases and triggers, not its name or words."""
        doing = {
            "phases": [phase.to_dict() for phase in self.phases],
            "triggers": [trigger.to_dict() for trigger in self.triggers],
        }
        return hashlib.sha256(json.dumps(doing, sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Give the option as plain data, in the form that an options file has."""
        data: dict[str, Any] = {"title": self.title, "meaning": self.meaning, "claims": list(self.claims)}
        data["phase"] = [phase.to_dict() for phase in self.phases]
        data["trigger"] = [trigger.to_dict() for trigger in self.triggers]
        return data

    def __hash__(self) -> int:
        # The mappings inside keep the generated one from working; equal options have equal names and doings.
        return builtins.hash((self.name, self.hash))

    def __repr__(self) -> str:
        acting = ", ".join(sorted({lever for phase in self.phases for lever in phase.levers})) or "no lever"
        triggered = f", {counted(len(self.triggers), 'trigger')}" if self.triggers else ""
        return f"<Option {self.name}: {acting}{triggered}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{lever}</td><td>{level:g}</td><td>{phase.start}</td><td>{phase.ramp}</td>"
            f"<td>{'' if phase.end is None else phase.end}</td></tr>"
            for phase in self.phases
            for lever, level in phase.levers.items()
        )
        return (
            f"<b>{html.escape(self.title)}</b> ({html.escape(self.name)})<p>{html.escape(self.meaning)}</p>"
            "<table><tr><th>lever</th><th>level</th><th>from month</th><th>ramp, months</th>"
            f"<th>until month</th></tr>{rows}</table>"
        )


def size_text(size: float) -> str:
    """Write a size of effort to one decimal, or to one figure where that would be 0."""
    return f"{size:.1f}" if size >= 0.05 or size == 0.0 else f"{size:.1g}"


def effort_text(option: Option, months: int = HORIZON, *, efforts: Mapping[str, Sequence[str]] | None = None) -> str:
    """Write an option's effort: "effort over 24 months: support 23.0, advisers 23.0 full months"."""
    sizes = [f"{kind} {size_text(size)}" for kind, size in option.effort(months, efforts=efforts).items() if size > 0.0]
    amount = f"{', '.join(sizes)} full months" if sizes else "none"
    uncounted = "; what triggers set is not counted" if option.triggers else ""
    return f"effort over {counted(months, 'month')}: {amount}{uncounted}"


def check_names(
    option: Option, *, levers: Collection[str], states: Collection[str] | None = None, where: str = "the world"
) -> None:
    """Refuse an option with a lever or state that a world does not have.

    Parameters
    ----------
    option : Option
        What meets a world.
    levers, states : collection of str
        The world's; states are not looked at if left out.
    where : str
        The world in words.

    Raises
    ------
    InvalidOption
        Naming the first, with near matches.
    """
    looked_at = [one.state for trigger in option.triggers for one in trigger.when]
    asked = (("sets the lever", option.levers, levers), ("looks at the state", looked_at, states))
    for does, names, known in asked:
        for name in names:
            if known is not None and name not in known:
                raise InvalidOption(
                    f"option {option.name!r:.60} {does} {shown(name)}, which {where} does not have",
                    expected=f"a {does.split()[-1]} of it",
                    mend=near_matches(name, known) if known else "leave it out",
                )
