"""What is looked for: whether something happened in each world, by an outcome, against rivals, or by a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from forecast.arguments import option_run
from forecast.decision.utility import utility
from forecast.decision.values import Values
from forecast.errors import InvalidArgument, UnknownOutcome, kind_of, near_matches
from forecast.outcomes.dataset import check, levels, titles
from forecast.outcomes.identity import run_of
from forecast.results import About, about_of
from forecast.schema import outcomes_of

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Event", "EventKeywords", "event_of"]

type Truth = np.ndarray[Any, np.dtype[np.bool_]]

_BEATEN, _NOT = "beaten", "not "


class EventKeywords(TypedDict, total=False):
    """Under which option an event is looked for, beaten by whom, and by whose values."""

    option: str | None
    rival: str | None
    values: str | Path | Mapping[str, float] | Values | None


@dataclass(frozen=True)
class Event:
    """Something that happened in each world, or did not.

    Attributes
    ----------
    happened : ndarray of bool
        Shape (world,).
    about : About
        What, under which option, and whose beliefs; whose values where they count.
    labels : ndarray, optional
        The coordinate ``world``.
    run : str, optional
        The run that it is of, where it says.
    """

    happened: Truth
    about: About
    labels: np.ndarray[Any, Any] | None
    run: str | None = None


def event_of(
    outcomes: xr.Dataset,
    event: str | xr.DataArray | Callable[[xr.Dataset], xr.DataArray] | None,
    *,
    option: str | None = None,
    rival: str | None = None,
    values: str | Path | Mapping[str, float] | Values | None = None,
) -> Event:
    """Read the event.

    Parameters
    ----------
    outcomes, event, option, rival, values
        As for :func:`forecast.discover`.

    Returns
    -------
    Event
        In each world.

    Raises
    ------
    InvalidArgument
        If the event is not yes or no in each world, or arguments do not go together.
    UnknownOutcome, UnknownOption, UnknownValues, InvalidValues
        For a name that does not exist.
    """
    import xarray as xr

    beaten = isinstance(event, str) and event.removeprefix(_NOT) == _BEATEN
    if not beaten and (rival is not None or values is not None):
        raise InvalidArgument(
            "a rival or values with an event that is not “beaten”",
            expected='both only of event="beaten"',
            mend="leave them out",
        )
    if isinstance(event, xr.DataArray):
        if option is not None:
            raise InvalidArgument(
                "an option with an event that is an array",
                expected="one of the two: the array says by itself what happened",
                mend="leave the option out",
            )
        if not isinstance(outcomes, xr.Dataset):
            check(outcomes)
        return _read(outcomes, event, str(event.attrs.get("long_name", event.name or "The event")))
    check(outcomes)
    words = titles(outcomes)
    # What no world is said of may be another model's, which proposes nothing.
    proposed = str(outcomes.attrs.get("proposal", "")) or next(reversed(words))
    chosen = option_run("option", proposed if option is None else option, words)
    of = f"under “{words[chosen]}”"
    if callable(event):
        under = outcomes.sel(option=chosen)
        return _read(outcomes, event(under), str(getattr(event, "__name__", "the event")), of)
    if event is None:
        event = _leading(outcomes)
    if not isinstance(event, str):
        raise InvalidArgument(
            f"the event is {kind_of(event)}",
            expected='a yes/no outcome, "not" and one, "beaten", a function of outcomes, or an array',
            mend='pass event="NAME", or event="not NAME"',
        )
    name, known = event.removeprefix(_NOT), outcomes_of(outcomes)
    if beaten:
        return _beaten(outcomes, chosen, rival, values, event != name)
    if name not in known or not known[name].is_event:
        events = [one for one, outcome in known.items() if outcome.is_event]
        raise UnknownOutcome(
            f"there is no event {event!r:.60}",
            expected='a yes/no outcome of these worlds, "not" before one, or "beaten"',
            mend=near_matches(name, [*events, _BEATEN]),
        )
    levels(outcomes, name)
    array = outcomes[name].sel(option=chosen, drop=True).astype(bool)
    said = known[name].long_name
    return _read(outcomes, ~array if event != name else array, f"Not “{said}”" if event != name else said, of)


def _leading(outcomes: xr.Dataset) -> str:
    """Return the event that leads, or else the first."""
    known = outcomes_of(outcomes)
    events = [name for name, outcome in known.items() if outcome.is_event]
    if not events:
        raise InvalidArgument(
            "no event, and outcomes without one",
            expected="a yes/no outcome, or what else happened",
            mend='pass event="beaten", or a function of the outcomes',
        )
    leading = str(outcomes.attrs.get("leading", ""))
    return leading if leading in events else events[0]


def _beaten(
    outcomes: xr.Dataset,
    option: str,
    rival: str | None,
    values: str | Path | Mapping[str, float] | Values | None,
    unbeaten: bool,
) -> Event:
    words = titles(outcomes)
    rivals = [name for name in words if name != option] if rival is None else [option_run("rival", rival, words)]
    if not rivals or option in rivals:
        raise InvalidArgument(
            f"{option!r} has no rival in {rivals}",
            expected="another option to be beaten by",
            mend="run more options, or name another rival",
        )
    u = utility(outcomes, values)
    array = u.sel(option=rivals).max("option") > u.sel(option=option, drop=True)
    who = "Another option" if rival is None else f"“{words[rivals[0]]}”"
    title = f"{who} {'no better' if unbeaten else 'better'}"
    return _read(outcomes, ~array if unbeaten else array, title, f"than “{words[option]}”", values=u.attrs["values"])


def _read(outcomes: xr.Dataset, array: object, title: str, of: str = "", *, values: str = "") -> Event:
    import xarray as xr

    worlds = outcomes.sizes.get("world", 0)
    if not isinstance(array, xr.DataArray) or array.dims != ("world",) or array.sizes["world"] != worlds:
        sizes = dict(array.sizes) if isinstance(array, xr.DataArray) else type(array).__name__
        raise InvalidArgument(
            f"the event is {sizes!s:.80}",
            expected=f"an array with the one dim world, of the outcomes' {worlds} worlds",
            mend="compare outcomes of one option with a threshold",
        )
    if array.dtype != np.bool_:
        raise InvalidArgument(
            f"the event has dtype {array.dtype}", expected="True or False in each world", mend="compare it first"
        )
    labels = array["world"].values if "world" in array.coords else None
    about = about_of(outcomes, title=title, unit="yes/no", of=of, values=values)
    return Event(np.asarray(array.values), about, labels, run_of(array, "the event"))
