"""What a model of months is: its states, beliefs, levers and luck, and one month of it, recorded as arithmetic.

A world's functions are run once, on symbols, when the World is made. What they do is recorded as steps, and from then
on the steps are the world: every backend runs them, they tell one world from another, and they travel to other
processes and into files without the functions.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, cast

import numpy as np

from forecast.decision.written import read_values
from forecast.engine.program import Program, Symbol
from forecast.errors import ForecastError, InvalidWorld, kind_of, near_matches, with_article
from forecast.files import whole_path
from forecast.months import HORIZON, steps_in
from forecast.options.option import Option, check_names
from forecast.options.reading import GivenOptions, declared
from forecast.paths import Rule, recorded_rule
from forecast.readings import READABLE, Reading, Recorded
from forecast.recording import Names, recorded
from forecast.schema import (
    PARAMETER_PREFIX,
    RESERVED,
    RESERVED_PARAMETERS,
    Outcome,
    Part,
    Variable,
    event_titles,
    is_name,
)
from forecast.world_fields import FIELDS, ShockKind, kept_fields
from priors.claims import NO_CLAIMS, Claims, check_claims
from priors.tables import read_toml

__all__ = ["NOT", "World"]

NOT = "not "
"""Before the name of an event: that it does not hold."""

_HEADLINE = 12

_PICTURES = ("trajectories", "events", "end_states", "differences")

_EVENTS = 6

_DECLARED_AS = {
    "gain": ", with the way that is better, and no first month",
    "harms": " as an event",
    "events": ' as yes/no, or a word of a code as "STATE=WORD"',
}

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""Not from the calendar module, which speaks the language of whoever runs it."""


class _Options:
    """The field ``options``: it takes what may be given, and has options by name."""

    def __get__(self, world: World | None, owner: object = None) -> Mapping[str, Option]:
        none: Mapping[str, Option] = MappingProxyType({})
        return none if world is None else world.__dict__["options"]

    def __set__(self, world: World, given: GivenOptions) -> None:
        world.__dict__["options"] = given


class _Claims:
    """The field ``claims``: it takes what may be given, and has a list of claims."""

    def __get__(self, world: World | None, owner: object = None) -> Claims:
        return NO_CLAIMS if world is None else world.__dict__["claims"]

    def __set__(self, world: World, given: str | Path | Mapping[str, Any]) -> None:
        world.__dict__["claims"] = given


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class World:
    """A model of months.

    Parameters
    ----------
    name : str
        Letters, digits and underscores.
    date : str
        The day of the origin, "2020-01-31".
    origin : callable
        ``origin(beliefs, luck)`` returns every state at the origin by name.
    month : callable
        ``month(xp, state, levers, beliefs, luck, time)`` returns every state at the end of a step by name. It is
        arithmetic: ``+ - * /``, whole powers, comparisons, which give 0.0 or 1.0, joined by ``&`` and ``|``, and
        ``xp.exp``, ``log``, ``sqrt``, ``abs``, ``floor``, ``minimum``, ``maximum``, ``where(condition, yes, no)``,
        ``poisson_ppf(uniform, rate)``, ``binomial_ppf(uniform, trials, chance)``.
        ``time`` has ``years`` from the origin to the start of the step, the ``step`` in months, and its ``log_step``.
    states : mapping of str to Variable
        What is kept of each month.
    parameters : tuple of str
        What is believed: a prior each.
    levers : tuple of str
        What an option sets, 0..1 each.
    shocks, at_origin : mapping of str to str
        The luck of each step, and that of the origin: the kind of each, of :data:`forecast.world_fields.SHOCK_KINDS`.
    hidden : tuple of str
        States that a month needs and nobody reads.
    derived : mapping of str to callable
        States that follow from others of the same month: ``f(state)``.
    readings : mapping of str to Reading
        What evidence may speak of, from :func:`forecast.readings.chance`, ``rate`` and ``level``.
    beliefs : str or Path
        What is believed where nothing else is said: the path of a TOML file for :func:`priors.load`, or the name of a
        shipped set; none if empty. Like evidence and values it is no part of the hash. A world that came from another
        process or from data has none.
    evidence : str, Path or mapping
        The sets of evidence that :func:`forecast.load_evidence` finds by name: a TOML file, or what it holds; none if
        empty. It is no part of the hash. A run and a fit carry what it holds; a world that came from another process
        has none, unless it was given as what it holds.
    values : str, Path or mapping
        What is wanted and how much: the path of a TOML file in the form of
        ``forecast/worlds/district_values.toml``, or the table in it.
    step : float
        Months in a step, above 0.
    months : int, optional
        How many months are run where nothing else is said, 1..120 and a whole number of steps; 24 by default. It is not
        in ``hash``.
    title : str
        In a few words; the name if empty.
    outcomes : mapping of str to Outcome
        What is asked of each world in the end: what ``end``, ``total``, ``ever``, ``first``, ``event`` and ``measure``
        of :mod:`forecast.paths` give.
    leading : str
        The outcome that says how it went; by default the first event of which it is said which way is better.
    headline : tuple of str
        The outcomes that reports lead with; by default the first dozen of which it is said which way is better.
    columns : mapping of str to str
        The outcomes of the table of a run, each with a short heading; by default the headline by its long names,
        without first months.
    pictures : tuple of str
        The pictures of a run, by the functions of :mod:`forecast.plots`.
    gain : str or tuple of str
        What an option is to gain: one outcome or two, of which it is said which way is better. Pictures of gain against
        harm show the first by itself and the last over the null option. By default the leading outcome, if it has a
        direction.
    harms : tuple of str
        Events any of which is a harm that success may cost: outcomes, or "not" and one.
    events : tuple of str, or mapping of str to str
        What pictures show month by month: yes/no states, and words of codes as "STATE=WORD"; a mapping gives each a
        title, the usual one where it is empty. By default the first six, yes/no states before words.
    watched : tuple of str
        States that can be seen while one waits; by default all that are kept.
    options : mapping of str to Option, str, Path, or callable
        What can be done, by name: a mapping, the path of a TOML file, or a function that returns a mapping. A read-only
        mapping once the world is made. Like the three below they are not in ``hash``, which says what a month does.
    null_option : str
        The option that others are compared with; if empty, the one without phases and triggers, and the first where
        there is none or several such.
    proposal : str
        The option that is looked at where none is named, or empty.
    efforts : mapping of str to tuple of str
        Kinds of effort, and the levers whose levels add up to each; by default each lever is a kind of its own.
    parts : mapping of str to Part
        For readers of its equations: the parts of the month, each with its states; "origin" is before the first month.
    notes : str
        What else one must know to read its equations.
    claims : mapping of str to str, str or Path
        What the ids mean that options, values, evidence and beliefs cite, as :func:`priors.load_claims` takes it: ids
        and words, the path of a TOML file, or "article". If empty, any id is a source. It is not in ``hash``.

    Attributes
    ----------
    rows : tuple of str
        Every state that is computed: those that a month returns, in the order of the origin, then the derived ones.
    origin_program, month_program : Program
        What was recorded. Inputs are numbered in the order of the declarations; results are the rows.
    rules : mapping of str to Rule
        How each outcome is read from the states.
    values_table : mapping
        The values, as their file has them.
    recorded_readings : mapping of str to Recorded
        The same of each reading.
    hash : str
        SHA-256 of the declarations and the steps: which world it is.

    Raises
    ------
    InvalidWorld
        For names that are none or are taken, what cannot be recorded as arithmetic, states that are not returned, and
        parameters, levers and shocks that nothing reads.
    InvalidOption
        For options that set levers or look at states that the world does not have.
    InvalidValues, UnknownOutcome
        For values that cannot be used, or are of outcomes that it does not have.
    UnknownClaim
        For options and values that cite what is not among the claims.
    FileMissing, InvalidFile
        For the files of options and values.

    Notes
    -----
    Relative paths are looked for from the folder of the file that :func:`forecast.load_world` reads, and anywhere else
    from the working directory at the time when the world is made.

    Examples
    --------
    >>> from forecast import World, number
    >>> world = World(
    ...     name="debt", date="2012-01-31", parameters=("interest",), levers=("payment",), shocks={},
    ...     states={"debt": number("dollars", "Debt")},
    ...     origin=lambda beliefs, luck: {"debt": 100.0},
    ...     month=lambda xp, state, levers, beliefs, luck, time: {
    ...         "debt": state.debt * xp.exp(beliefs.interest * time.step) - 2.0 * levers.payment
    ...     },
    ... )
    >>> world.title, world.since, list(world.states)
    ('Debt', 'January 2012', ['debt'])
    """

    name: str
    date: str
    origin: Callable[..., Any] = field(compare=False)
    month: Callable[..., Any] = field(compare=False)
    states: Mapping[str, Variable]
    parameters: tuple[str, ...]
    levers: tuple[str, ...]
    shocks: Mapping[str, ShockKind]
    at_origin: Mapping[str, ShockKind] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    derived: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    beliefs: str | Path = ""
    evidence: str | Path | Mapping[str, Any] = field(default_factory=dict)
    values: str | Path | Mapping[str, Any] = field(default_factory=dict)
    step: float = 1.0
    months: int = HORIZON
    title: str = ""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    leading: str = ""
    headline: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    pictures: tuple[str, ...] = _PICTURES
    gain: str | tuple[str, ...] = ()
    harms: tuple[str, ...] = ()
    events: tuple[str, ...] | Mapping[str, str] = ()
    watched: tuple[str, ...] = ()
    options: _Options = _Options()
    null_option: str = ""
    proposal: str = ""
    efforts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    notes: str = ""
    claims: _Claims = _Claims()
    rows: tuple[str, ...] = field(init=False)
    origin_program: Program = field(init=False)
    month_program: Program = field(init=False)
    rules: Mapping[str, Rule] = field(init=False)
    values_table: Mapping[str, Any] = field(init=False)
    recorded_readings: Mapping[str, Recorded] = field(init=False)

    def __post_init__(self) -> None:
        self._check()
        declared = (*(name for name in self.states if name not in self.derived), *self.hidden)
        order: list[str] = []
        self._recorded_origin(declared, order)
        own = tuple(order)
        self._keep(
            rows=(*own, *self.derived),
            title=self.title or self.name.replace("_", " ").capitalize(),
            origin_program=self._recorded_origin(own),
            month_program=self._recorded_month(own),
        )
        read = {
            name: recorded_rule(f"the outcome {name!r} of {self.name!r}", outcome, self.states, step=self.step)
            for name, outcome in self.outcomes.items()
        }
        self._keep(
            outcomes=MappingProxyType({name: outcome for name, (outcome, _) in read.items()}),
            rules=MappingProxyType({name: rule for name, (_, rule) in read.items()}),
            recorded_readings=MappingProxyType(
                {name: self._recorded_reading(name, one) for name, one in self.readings.items()}
            ),
        )
        self._check_read()
        table = self.values if isinstance(self.values, Mapping) else read_toml(Path(self.values)).table
        self._keep(values_table=MappingProxyType(dict(table)))
        self._check_values()
        self._check_chosen()
        self._choose()
        self._take_options()

    def _keep(self, **fields: Any) -> None:
        """Set fields while the world is made; it is frozen for everybody else."""
        self.__dict__.update(fields)

    def _choose(self) -> None:
        """Fill in what is for readers, where it is left out."""
        judged = [name for name, outcome in self.outcomes.items() if outcome.better]
        gained = [name for name in judged if not self.outcomes[name].is_time]
        events = [name for name in judged if self.outcomes[name].is_event]
        leading = self.leading or next(iter((*events, *judged, *self.outcomes)), "")
        headline = self.headline or tuple(judged[:_HEADLINE]) or tuple(self.outcomes)[:_HEADLINE]
        headings = {name: self.outcomes[name].long_name for name in headline if not self.outcomes[name].is_time}
        shown = dict.fromkeys(list(event_titles(self.states))[:_EVENTS], "")
        whole = {
            "origin": Part("The origin", "The world before its first month.", ()),
            "month": Part(self.title, "The whole month.", self.rows),
        }
        self._keep(
            leading=leading,
            headline=headline,
            gain=self.gain or ((leading,) if leading in gained else ()),
            events=self.events or MappingProxyType(shown),
            watched=self.watched or tuple(self.states),
            columns=self.columns or MappingProxyType(headings),
            parts=self.parts or MappingProxyType(whole),
        )

    @cached_property
    def hash(self) -> str:
        """Which world it is."""
        said = {
            "name": self.name,
            "date": self.date,
            "step": self.step,
            "states": [[name, one.unit, one.kind] for name, one in self.states.items()],
            "outcomes": [[name, self.outcomes[name].unit, rule.said] for name, rule in self.rules.items()],
            "rows": self.rows,
            "names": [self.parameters, self.levers],
            "luck": [list(self.shocks.items()), list(self.at_origin.items())],
            "programs": [self.origin_program.hash, self.month_program.hash],
            "readings": [[name, *one.said] for name, one in self.recorded_readings.items()],
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """The kind of each state that is kept, in the order of the states."""
        return MappingProxyType({name: one.kind for name, one in self.states.items()})

    @property
    def titled_events(self) -> dict[str, str]:
        """What pictures show month by month, each with its title or an empty one."""
        return dict(cast("Mapping[str, str]", self.events))

    @property
    def months_label(self) -> str:
        """What the months are counted from, in words."""
        return f"Months after the end of {self.since}" if self._ends_a_month else f"Months after {self.since}"

    @property
    def since(self) -> str:
        """The origin in words, such that months come after it: a month where it is the last day of one, or else a day.

        Examples
        --------
        >>> from forecast import load_world
        >>> load_world("district").since
        'January 2012'
        """
        day = date.fromisoformat(self.date)
        words = f"{_MONTHS[day.month - 1]} {day.year}"
        return words if self._ends_a_month else f"{day.day} {words}"

    @property
    def _ends_a_month(self) -> bool:
        day = date.fromisoformat(self.date)
        return (day + timedelta(days=1)).month != day.month

    def months_at(self, steps: int) -> np.ndarray[Any, Any]:
        """Return the months at the origin and at the end of so many steps: whole numbers where a step is one."""
        step = int(self.step) if float(self.step).is_integer() else self.step
        # So that a month at the end of thirteen weeks is that month to the last bit.
        return np.round(np.arange(steps + 1) * step, 9)

    def steps(self, months: int) -> int:
        """Return how many steps are in so many months.

        Raises
        ------
        InvalidArgument
            If it is not a whole number, naming the nearest number of months of which it is.
        """
        return steps_in(months, self.step)

    def check_options(self, options: Iterable[Option]) -> None:
        """Refuse options that set levers, look at states or cite claims that the world does not have.

        Raises
        ------
        InvalidOption, UnknownClaim
            Naming the option and the name, with near matches.
        """
        for option in options:
            check_names(option, levers=self.levers, states=self.rows, where=f"the world {self.name!r}")
            check_claims(option.claims, self.claims, where=f"option {option.name!r}")

    def row(self, state: str) -> int:
        """Return the number of the row of a state."""
        return self.rows.index(state)

    def parameter(self, name: str) -> int:
        """Return the number of a parameter."""
        return self._parameters[name]

    @cached_property
    def _parameters(self) -> Mapping[str, int]:
        return {name: number for number, name in enumerate(self.parameters)}

    def __eq__(self, other: object) -> bool:
        return self.hash == other.hash if isinstance(other, World) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return f"<World {self.name}: {len(self.states)} states, {len(self.parameters)} beliefs, {self.hash[:16]}>"

    def __getstate__(self) -> dict[str, Any]:
        # Steps travel, not functions: those of a user's file cannot be had in another process.
        gone = ("origin", "month", "derived", "readings", "values", "beliefs")
        kept = {
            name: value
            for name, value in self.__dict__.items()
            if name not in (*gone, "kinds", "_parameters", "_packed")
        }
        if not isinstance(self.evidence, Mapping):
            del kept["evidence"]
        plain = {name: dict(value) if isinstance(value, MappingProxyType) else value for name, value in kept.items()}
        return plain | {"outcomes": {name: replace(one, read=None) for name, one in self.outcomes.items()}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        nothing = {"origin": _gone, "month": _gone, "derived": {}, "readings": {}, "evidence": {}, "values": {}}
        nothing |= {"beliefs": "", "claims": NO_CLAIMS}
        self.__dict__.update(
            {
                name: MappingProxyType(value) if isinstance(value, dict) else value
                for name, value in (nothing | state).items()
            }
        )

    @classmethod
    def of_parts(cls, parts: Mapping[str, Any]) -> Self:
        """Make a world of its declarations, rows and programs, as one that came from another process.

        Its functions are gone; names and kinds are checked as those of a new one.

        Parameters
        ----------
        parts : mapping
            By the names of the fields: all but ``origin``, ``month`` and ``derived``. Programs must have been checked.

        Raises
        ------
        InvalidWorld
            As for a new world.
        """
        world = cls.__new__(cls)
        world.__setstate__(dict(parts))
        world._check()
        if sorted(world.rows) != sorted((*world.states, *world.hidden)):
            raise InvalidWorld(
                f"the rows of the world {world.name!r:.60} are not its states",
                expected="every state once, hidden ones too",
                mend="load the world from the file that defines it",
            )
        world._check_values()
        world._check_chosen()
        world._take_options()
        return world

    def _check(self) -> None:
        """Check all that there is to check before anything is run."""
        where = f"the world {self.name!r:.60}"
        self._keep(**kept_fields(where, {name: getattr(self, name) for name in FIELDS}))
        self._check_months()
        groups = {
            "state": (*self.states, *self.hidden),
            "parameter": self.parameters,
            "lever": self.levers,
            "shock": (*self.shocks, *self.at_origin),
            "outcome": self.outcomes,
            "reading": self.readings,
        }
        for what, given in groups.items():
            met: set[object] = set()
            for name in given:
                if not is_name(name):
                    raise InvalidWorld(
                        f"{where} has {with_article(what)} called {name!r:.60}",
                        expected="letters, digits and underscores, starting with a letter, and no word of Python's own",
                        mend=f'call it "{name}_" or another name' if isinstance(name, str) else "give it a name",
                    )
                if name in met:
                    raise InvalidWorld(
                        f"{where} has the {what} {name!r} twice", expected="each once", mend="rename one of them"
                    )
                met.add(name)
        own = "a name of the package's own"
        variables = dict.fromkeys(RESERVED, own)
        taken = {
            "state": variables,
            "outcome": variables | dict.fromkeys(groups["state"], "a state"),
            "parameter": dict.fromkeys(RESERVED_PARAMETERS, own),
        }
        for what, known in taken.items():
            for name in groups[what]:
                prefixed = what != "parameter" and name.startswith(PARAMETER_PREFIX)
                kind = known.get(name, "as parameters are called in a run" if prefixed else "")
                if kind:
                    raise InvalidWorld(
                        f"{where} has the {what} {name!r}, which is {kind}",
                        expected="names that tell the variables of a run apart",
                        mend=f'call it "{name}_{"value" if what == "parameter" else "end"}" or another name',
                    )
        for name in self.derived:
            if name not in self.states:
                raise InvalidWorld(
                    f"{where} derives {name!r}, which is no state of it",
                    expected="a state with its unit and meaning",
                    mend=near_matches(name, self.states),
                )

    def _check_months(self) -> None:
        """Check that the horizon is whole steps; the usual one may not be, until it is run."""
        if self.months == HORIZON:
            return
        try:
            self.steps(self.months)
        except ForecastError as error:
            raise InvalidWorld(
                f"the world {self.name!r:.60}: {error.given}", expected=error.expected, mend=error.mend
            ) from None

    def _check_read(self) -> None:
        """Refuse what nothing reads: it would be believed, set or drawn to no effect."""
        origin, month = _read_by(self.origin_program), _read_by(self.month_program)
        evidence = [_read_by(one) for reading in self.recorded_readings.values() for one in reading.programs]
        declared: tuple[tuple[str, str, Iterable[str], str, set[Any]], ...] = (
            ("parameter", "parameters", self.parameters, "beliefs", origin.union(month, *evidence)),
            ("lever", "levers", self.levers, "levers", month),
            ("shock", "shocks", self.shocks, "luck", month),
            ("shock of the origin", "at_origin", self.at_origin, "luck", origin),
        )
        for what, group, names, argument, read in declared:
            for number, name in enumerate(names):
                or_else = "declare a reading of it if evidence alone speaks of it, " if what == "parameter" else ""
                if (group, number) not in read:
                    raise InvalidWorld(
                        f"the world {self.name!r} has the {what} {name!r}, which nothing reads",
                        expected=f"a {what} that makes a difference",
                        mend=f"read it, as {argument}.{name}, {or_else}or leave it out of {group}",
                    )

    def _check_chosen(self) -> None:
        """Check the names of outcomes and states that are chosen from those that there are."""
        events = [name for name, outcome in self.outcomes.items() if outcome.is_event]
        gained = [name for name, outcome in self.outcomes.items() if outcome.better and not outcome.is_time]
        chosen: tuple[tuple[str, Iterable[str], Iterable[str]], ...] = (
            ("leading outcome", [self.leading] if self.leading else [], self.outcomes),
            ("headline", self.headline, self.outcomes),
            ("columns", self.columns, self.outcomes),
            ("gain", self.gain, gained),
            ("harms", [name.removeprefix(NOT) for name in self.harms], events),
            ("events", self.events, event_titles(self.states)),
            ("watched states", self.watched, self.states),
        )
        for what, names, known in chosen:
            for name in names:
                if name not in known:
                    raise InvalidWorld(
                        f"the {what} of {self.name!r}: {name!r:.60}",
                        expected="one that the world declares" + _DECLARED_AS.get(what, ""),
                        mend=near_matches(str(name), known),
                    )
        if len(self.gain) > 2:
            raise InvalidWorld(
                f"the gain of {self.name!r} is {len(self.gain)} outcomes",
                expected="one or two",
                mend="leave some out",
            )

    def _check_values(self) -> None:
        """Read the values once: what they get wrong is not to be found out after a run."""
        where = f"the values of {self.name!r:.60}"
        for one in read_values(self.values_table, where).values() if self.values_table else ():
            try:
                one.of(self.outcomes)
            except ForecastError as error:
                raise type(error)(f"{where}: {error.given}", expected=error.expected, mend=error.mend) from None
            for attribute in one.attributes:
                check_claims(attribute.claims, self.claims, where=f"{where}, attribute {attribute.outcome!r}")

    def _take_options(self) -> None:
        """Check options, what is said of them, and kinds of effort; fill in what is left out."""
        where = f"the world {self.name!r:.60}"
        given = self.__dict__["options"]
        placed = whole_path(given) if isinstance(given, str | Path) else given
        options = declared(placed, where=where, origin=date.fromisoformat(self.date))
        self.check_options(options.values())
        idle = [name for name, option in options.items() if not option.phases and not option.triggers]
        null = self.null_option or next(iter(idle if len(idle) == 1 else options), "")
        for what, name in (("null option", null), ("proposal", self.proposal)):
            if name and name not in options:
                raise InvalidWorld(
                    f"{where} has the {what} {name!r:.60}, which is no option of it",
                    expected="the name of one of its options",
                    mend=near_matches(str(name), options) if options else "declare options",
                )
        efforts = self.efforts or MappingProxyType({lever: (lever,) for lever in self.levers})
        for kind, levers in efforts.items():
            unknown = [one for one in levers if one not in self.levers]
            if unknown:
                raise InvalidWorld(
                    f"{where} counts {unknown[0]!r:.60} as effort of the kind {kind!r:.60}",
                    expected="a tuple of its levers",
                    mend=near_matches(str(unknown[0]), self.levers) if self.levers else "leave it out",
                )
        self._keep(options=MappingProxyType(options), null_option=null, efforts=efforts)

    def _recorded_origin(self, own: tuple[str, ...], order: list[str] | None = None) -> Program:
        def run(xp: Any, given: Callable[[str, int], Symbol]) -> list[object]:
            beliefs = _group("parameter", "parameters", self.parameters, given)
            luck = _group("shock of the origin", "at_origin", self.at_origin, given)
            return self._rows(xp, self.origin(beliefs, luck), own, order)

        return recorded(f"the origin of {self.name!r}", run)

    def _recorded_month(self, own: tuple[str, ...]) -> Program:
        def run(xp: Any, given: Callable[[str, int], Symbol]) -> list[object]:
            when = {"years": given("years", 0), "step": float(self.step), "log_step": math.log(self.step)}
            return self._rows(
                xp,
                self.month(
                    xp,
                    _group("state", "state", own, given),
                    _group("lever", "levers", self.levers, given),
                    _group("parameter", "parameters", self.parameters, given),
                    _group("shock", "shocks", self.shocks, given),
                    Names("part of time", when),
                ),
                own,
            )

        return recorded(f"the month of {self.name!r}", run)

    def _recorded_reading(self, name: str, reading: Reading) -> Recorded:
        def program(part: str, function: str | Callable[..., Any] | None) -> Program | None:
            if function is None:
                return None

            def run(xp: Any, given: Callable[[str, int], Symbol]) -> list[object]:
                beliefs = _group("parameter", "parameters", self.parameters, given)
                if isinstance(function, str):
                    return [getattr(beliefs, function)]
                if part != "past":
                    return [xp.number(function(xp, beliefs))]
                when = {"years": given("years", 0), "step": 1.0, "log_step": 0.0}
                return [xp.number(function(xp, given("level", 0), beliefs, Names("part of time", when)))]

            where = f"the {part} of the reading {name!r} of {self.name!r}"
            found = recorded(where, run)
            foreign = [step.operation for step in found.steps if step.operation not in READABLE]
            if foreign:
                raise InvalidWorld(
                    f"{where} uses {foreign[0]}",
                    expected="arithmetic that can be differentiated",
                    mend="give the probability, the rate or the level itself, and draw nothing",
                )
            return found

        of = program(reading.kind, reading.of)
        assert of is not None
        found = Recorded(
            reading.kind, self.parameters, of, program("past", reading.past), program("noise", reading.noise)
        )
        if not found.reads:
            raise InvalidWorld(
                f"the reading {name!r} of {self.name!r} depends on no parameter",
                expected="what follows from the beliefs, so that evidence of it says something of them",
                mend="read a parameter, as in lambda xp, beliefs: beliefs.name",
            )
        return found

    def _rows(self, xp: Any, returned: object, own: tuple[str, ...], order: list[str] | None = None) -> list[object]:
        """Return the values of all rows, from what a function of the world returned; take down their order."""
        found = returned._asdict() if hasattr(returned, "_asdict") else returned
        if not isinstance(found, Mapping):
            raise InvalidWorld(
                f"it returns {kind_of(returned)}",
                expected="a dict of every state by name",
                mend='return {"name": value, ...}',
            )
        if set(found) != set(own):
            missing, extra = [name for name in own if name not in found], [name for name in found if name not in own]
            both = [name for name in extra if name in self.derived]
            if both and not missing:
                raise InvalidWorld(
                    f"it returns {both[0]!r:.60}, which is derived",
                    expected="every state that is declared, save those that follow from others",
                    mend="leave it out there, or out of derived",
                )
            raise InvalidWorld(
                f"it does not return {', '.join(missing[:5])}" if missing else f"it returns {extra[0]!r:.60}",
                expected="every state that is declared, and no other",
                mend="return it too; one that does not change is returned as it was"
                if missing
                else near_matches(str(extra[0]), own),
            )
        if order is not None and not order:
            order.extend(found)
        values = [xp.number(found[name]) for name in own]
        state = Names("state", dict(zip(own, values, strict=True)))
        return [*values, *(self.derived[name](state) for name in self.derived)]


def _read_by(program: Program) -> set[tuple[Any, ...]]:
    """Return the groups and numbers of the inputs of a program."""
    return {operands for operation, operands in program.steps if operation == "input"}


def _group(what: str, group: str, names: Iterable[str], given: Callable[[str, int], Symbol]) -> Names:
    return Names(what, {name: given(group, number) for number, name in enumerate(names)})


def _gone(*_: object) -> Any:
    raise InvalidWorld(
        "the functions of a world that came from another process or a file",
        expected="its recorded steps",
        mend="load the world from the file that defines it",
    )
