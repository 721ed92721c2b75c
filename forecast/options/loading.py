"""Options of a world: those that it declares, and those of files and expressions that are meant for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path

from forecast.arguments import shown
from forecast.errors import InvalidOption, UnknownOption, near_matches
from forecast.estimates import counted
from forecast.options.option import Option
from forecast.options.reading import parsed, read_file
from forecast.world import World
from forecast.worlds import given_or_shipped

__all__ = ["baseline_of", "check_starts", "load", "parse", "proposal_of", "read", "resolve"]


def load(world: World | None = None) -> dict[str, Option]:
    """Give the options that a world declares by name, in its order.

    Parameters
    ----------
    world : World, optional
        The shipped one by default.

    Examples
    --------
    >>> import forecast
    >>> forecast.options.load(forecast.load_world("district"))["both"]
    <Option both: patrols, talks>
    """
    return dict(given_or_shipped(world).options)


def read(path: str | Path, *, world: World | None = None) -> dict[str, Option]:
    r"""Read options from a TOML file.

    Parameters
    ----------
    path : str or Path
        A file in the form of the shipped world's ``options.toml``. Its options may compose those of the world.
    world : World, optional
        Whose levers and states they name, and from whose date months are counted; the shipped one by default.

    Returns
    -------
    dict of str to Option
        The file's options, in its order.

    Raises
    ------
    FileMissing
        If there is no such file.
    InvalidFile
        If it is not TOML text; ``VersionMismatch`` if it has another format.
    InvalidOption
        If an option in it cannot be run, or names what the world does not have.

    Examples
    --------
    >>> import forecast, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "mine.toml")
    ...     _ = path.write_text("format = 1\n[option.mine.levers]\npatrols = 0.5")
    ...     forecast.options.read(path, world=forecast.load_world("district"))
    {'mine': <Option mine: patrols>}
    """
    home = given_or_shipped(world)
    found = read_file(path, others=home.options, origin=date.fromisoformat(home.date))
    home.check_options(found.values())
    return found


def parse(text: str, *, among: Mapping[str, Option] | None = None, world: World | None = None) -> Option:
    """Make an option from an expression.

    Parameters
    ----------
    text : str
        Names joined by ``+``. Each may have a strength before it, by which all its levels are multiplied, above 0 and
        at most 1, and after it the first and the last month in which it acts, as ``month N`` or as a date:
        ``"patrols from 2012-04 until 2012-12 + 0.5 both from month 5"``. Month 1 is the first calendar month
        that begins on the date of the world or later.
    among : mapping of str to Option, optional
        The options that may be named; those of the world by default.
    world : World, optional
        Whose levers and states they name, and from whose date months are counted; the shipped one by default.

    Returns
    -------
    Option
        A single name alone is that option itself.

    Raises
    ------
    UnknownOption
        If a name is not among them.
    InvalidOption
        If the expression is not of that form, or the world lacks what it names.

    Examples
    --------
    >>> import forecast
    >>> forecast.options.parse("0.5 patrols + both from month 3", world=forecast.load_world("district"))
    <Option patrols_at_0_5_and_both_from_3: patrols, talks>
    """
    home = given_or_shipped(world)
    option = parsed(
        text, home.options if among is None else among, date.fromisoformat(home.date), of=f" of the world {home.name!r}"
    )
    home.check_options([option])
    return option


def baseline_of(given: str | None, chosen: Collection[str], *, world: World | None = None) -> str:
    """Give the name of the option that others are compared with.

    Parameters
    ----------
    given : str, optional
        Its name; the world's null option by default, or else the first.
    chosen : collection of str
        The names of what is run.
    world : World, optional
        The shipped one by default.

    Raises
    ------
    UnknownOption
        If the one that is named is not among those that are run.

    Examples
    --------
    >>> import forecast
    >>> forecast.options.baseline_of(None, ["patrols", "nothing"], world=forecast.load_world("district"))
    'nothing'
    """
    if given is None:
        null = given_or_shipped(world).null_option
        return null if null in chosen else next(iter(chosen))
    if not isinstance(given, str) or given not in chosen:
        raise UnknownOption(
            f"the baseline {given!r:.60} is not among the options of this run",
            expected="the name of one of them",
            mend=near_matches(str(given), chosen) + ", or run it too",
        )
    return given


def proposal_of(world: World | None = None) -> str:
    """Give the name of the option that is looked at where none is named.

    Parameters
    ----------
    world : World, optional
        The shipped one by default.

    Raises
    ------
    InvalidOption
        If the world declares none.

    Examples
    --------
    >>> import forecast
    >>> forecast.options.proposal_of(forecast.load_world("district"))
    'both'
    """
    home = given_or_shipped(world)
    if not home.proposal:
        raise InvalidOption(
            f"no option is named, and the world {home.name!r} declares no proposal",
            expected="under which option to look",
            mend="name one, or write World(..., proposal=...)",
        )
    return home.proposal


def _none_declared(world: World) -> InvalidOption:
    return InvalidOption(
        f"the world {world.name!r} declares no options, and none was given",
        expected="at least one option",
        mend='name some, or write World(..., options={"nothing": Option("nothing")})',
    )


def resolve(options: Iterable[str | Option] | str | Option | None, *, world: World | None = None) -> dict[str, Option]:
    """Turn what a caller gave as options into options by name.

    Parameters
    ----------
    options : iterable of str or Option, one of them, or None
        Names, expressions (see :func:`parse`) and options; None is every option that the world declares.
    world : World, optional
        Whose levers and states they name, and from whose date months are counted; the shipped one by default.

    Returns
    -------
    dict of str to Option
        In the order given.

    Raises
    ------
    UnknownOption, InvalidOption
        For what is no option, a wrong name, an empty list, two different options of one name, or an option that sets or
        looks at what the world does not have.

    Examples
    --------
    >>> import forecast
    >>> list(forecast.options.resolve(["patrols", "0.5 both"], world=forecast.load_world("district")))
    ['patrols', 'both_at_0_5']
    """
    home = given_or_shipped(world)
    if options is None:
        if not home.options:
            raise _none_declared(home)
        return dict(home.options)
    if not isinstance(options, str | Option | Iterable):
        raise InvalidOption(
            f"options are {shown(options)}",
            expected="names, expressions or Options",
            mend="leave it out to run all that the world declares",
        )
    given = [options] if isinstance(options, str | Option) else list(options)
    if not given and not home.options:
        raise _none_declared(home)
    if not given:
        raise InvalidOption("no option was given", expected="at least one option", mend="leave it out to run them all")
    resolved: dict[str, Option] = {}
    for item in given:
        if not isinstance(item, str | Option):
            raise InvalidOption(
                f"an option was given as {shown(item)}",
                expected="a name or an Option",
                mend="pass options.load()[NAME]",
            )
        option = item if isinstance(item, Option) else parse(item, world=home)
        if option.name in resolved and resolved[option.name] != option:
            raise InvalidOption(
                f"two different options are named {option.name!r}",
                expected="one name for each option",
                mend="give one of them another name with option.renamed(...)",
            )
        resolved[option.name] = option
    home.check_options(resolved.values())
    return resolved


def check_starts(options: Mapping[str, Option] | Iterable[Option], months: int, *, world: World | None = None) -> None:
    """Refuse options that a world cannot run over a horizon.

    Parameters
    ----------
    options : mapping of str to Option, or iterable of Option
        What is to be run.
    months : int
        The horizon.
    world : World, optional
        What runs them; the shipped one by default.

    Raises
    ------
    InvalidOption
        If a part of one starts after the horizon, as it would be run as if that part were not there; or if one sets or
        looks at what the world does not have.
    InvalidArgument
        If the horizon is not a whole number of the world's steps.

    Examples
    --------
    >>> import forecast
    >>> district = forecast.load_world("district")
    >>> forecast.options.check_starts(district.options, 24, world=district)
    >>> try:
    ...     forecast.options.check_starts({"late": district.options["both"].from_month(30)}, 24, world=district)
    ... except forecast.errors.InvalidOption as error:
    ...     error.given
    "the option 'both_from_30' has a part that starts in month 30, after the horizon of 24 months"
    """
    home = given_or_shipped(world)
    given = list(options.values() if isinstance(options, Mapping) else options)
    home.check_options(given)
    home.steps(months)
    for option in given:
        late = [part.start for part in (*option.phases, *option.triggers) if part.start > months]
        if late:
            raise InvalidOption(
                f"the option {option.name!r:.60} has a part that starts in month {min(late)}, after the horizon of "
                f"{counted(months, 'month')}",
                expected="parts that start within the horizon",
                mend="run more months, or let it start earlier; World(..., months=...) says how many are usual",
            )
