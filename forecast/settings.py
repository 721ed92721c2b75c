"""How worlds are run: how many, how long, from which seed, on what. One object for every analysis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, Literal, TypedDict, cast, get_type_hints

from forecast.arguments import flag, whole
from forecast.engine.backends import choose
from forecast.engine.cluster import check_client
from forecast.engine.runner import usable_cores
from forecast.errors import InvalidArgument, UnknownArgument, kind_of, near_matches
from forecast.months import MOST_HORIZON
from forecast.world import World

__all__ = [
    "Backend",
    "BasicKeywords",
    "RunKeywords",
    "Settings",
    "SettingsKeywords",
    "check_range",
    "next_seed",
    "settings_of",
    "takes",
]

type Backend = Literal["auto", "numpy", "numba", "jax"]

_MOST_WORLDS, _MOST_SEEDS, _MOST_THREADS = 10_000_000, 2**63 - 1, 1024


class BasicKeywords(TypedDict, total=False):
    """The fields of :class:`Settings` that analyses with a size and lucks of their own, and no cluster, take too.

    And ``world``, which stands beside the beliefs: the world that they are of, by default that of a fit or else the
    shipped one.
    """

    months: int | None
    seed: int
    backend: Backend
    threads: int | None
    progress: bool
    world: World | None


class _Keywords(BasicKeywords, total=False):
    luck: int | None
    client: Any


class SettingsKeywords(_Keywords, total=False):
    """The fields of :class:`Settings` as keywords of an analysis."""

    worlds: int


class RunKeywords(_Keywords, total=False):
    """The same of a simulation, which can also run a range of worlds."""

    worlds: int | range


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How worlds are run. The same seed gives the same worlds, bit for bit, whatever the last four say.

    Attributes
    ----------
    months : int, optional
        1..120; the horizon of the world, ``World.months``, by default.
    worlds : int
        How many possible worlds, 1..10,000,000; the same under every option and belief.
    seed : int
        Of beliefs and luck, 0..2^63 - 1.
    luck : int, optional
        Seed of the luck alone: other luck in worlds that believe the same.
    backend : {"auto", "numpy", "numba", "jax"}
        What runs a month. The first three give the same bits; JAX, for accelerators, agrees to rounding.
    threads : int, optional
        At most so many at once; as many as there are cores by default.
    client : dask.distributed.Client, optional
        A cluster that runs the worlds.
    progress : bool
        Show a bar if it takes more than two seconds.

    Raises
    ------
    InvalidArgument
        For a value outside its domain, a backend that is not installed, or a client that cannot run worlds.

    Examples
    --------
    >>> import forecast, priors
    >>> district = forecast.load_world("district")
    >>> beliefs = priors.load(district.beliefs)
    >>> small = forecast.Settings(months=12, worlds=200, seed=7)
    >>> forecast.simulate(beliefs, world=district, evidence="none", settings=small).sizes["month"]
    13
    """

    months: int | None = None
    worlds: int = 10_000
    seed: int = 1
    luck: int | None = None
    backend: Backend = "auto"
    threads: int | None = None
    client: Any = None
    progress: bool = True

    def __post_init__(self) -> None:
        for name, low, high in (
            ("months", 1, MOST_HORIZON),
            ("worlds", 1, _MOST_WORLDS),
            ("seed", 0, _MOST_SEEDS),
            ("luck", 0, _MOST_SEEDS),
            ("threads", 1, _MOST_THREADS),
        ):
            value = getattr(self, name)
            if value is not None or name in ("worlds", "seed"):
                object.__setattr__(self, name, whole(name, value, low, high))
        flag("progress", self.progress)
        choose(self.backend, 1)
        check_client(self.client)

    @property
    def shock_seed(self) -> int:
        """The seed of the luck."""
        return self.seed if self.luck is None else self.luck

    @property
    def workers(self) -> int:
        """How many threads run worlds."""
        return min(self.threads or usable_cores(), usable_cores())

    def horizon(self, world: World) -> int:
        """Return how many months of a world are run."""
        return world.months if self.months is None else self.months

    def said(self, world: World) -> dict[str, int | None]:
        """Return what a result says of them: worlds, months, seed, and the luck where it is another seed."""
        luck = self.shock_seed if self.shock_seed != self.seed else None
        return {"worlds": self.worlds, "months": self.horizon(world), "seed": self.seed, "luck": luck}

    def quiet(self) -> Settings:
        """Return the same without a bar."""
        # Making settings asks the workers of a cluster what they have.
        return replace(self, progress=False) if self.progress else self

    def without(self, *names: str, where: str) -> Settings:
        """Refuse fields that an analysis cannot follow.

        Parameters
        ----------
        *names : str
            The fields.
        where : str
            Name of the analysis.

        Raises
        ------
        InvalidArgument
            If one is not what it is by default.
        """
        usual = {field.name: field.default for field in fields(self)}
        for name in names:
            if getattr(self, name) != usual[name]:
                raise InvalidArgument(
                    f"{name} = {getattr(self, name)!r:.60} for {where}",
                    expected=f"settings without {name}, which {where} does not follow",
                    mend="leave it out",
                )
        return self


_FIELDS = frozenset(field.name for field in fields(Settings))


def settings_of(settings: Settings | None, keywords: Mapping[str, Any], **usual: Any) -> Settings:
    """Make settings of what an analysis was given.

    Parameters
    ----------
    settings : Settings, optional
        Then no field of it may be a keyword as well.
    keywords : mapping
        Among them fields of Settings.
    **usual
        Fields of which this analysis has another default.

    Raises
    ------
    InvalidArgument
        For both at once, or a value outside its domain.
    """
    given = {name: value for name, value in keywords.items() if name in _FIELDS}
    if settings is None:
        return Settings(**usual | given)
    if not isinstance(settings, Settings):
        raise InvalidArgument(
            f"settings is {kind_of(settings)}",
            expected="forecast.Settings",
            mend="pass settings=forecast.Settings(worlds=5000), or the fields as keywords",
        )
    if given:
        raise InvalidArgument(
            f"settings, and {', '.join(given)} beside them",
            expected="one of the two",
            mend=f"pass settings=forecast.Settings(..., {next(iter(given))}=...)",
        )
    return settings


def next_seed(seed: int) -> int:
    """Return the seed after one, and after the last one the first."""
    return (seed + 1) % (_MOST_SEEDS + 1)


def check_range(worlds: range) -> range:
    """Return the worlds to run, if they are a range that can be run."""
    if worlds.step != 1 or not 0 <= worlds.start < worlds.stop <= _MOST_WORLDS:
        raise InvalidArgument(
            f"worlds = {worlds!r:.60}",
            expected=f"a number of worlds, or a range of them within 0..{_MOST_WORLDS:,} in steps of 1",
            mend="pass for example worlds=range(10_000, 20_000)",
        )
    return worlds


def takes[Function: Callable[..., Any]](*kinds: Any, usual: Any = Settings) -> Callable[[Function], Function]:
    """Let a function that has ``**keywords`` take these, refuse others, and show them by name.

    Parameters
    ----------
    *kinds : TypedDict
        Names and types of the keywords; a type checker reads them from ``Unpack``.
    usual : type
        What has their defaults as attributes; None is the default of all others.

    Returns
    -------
    callable
        A decorator. The function raises UnknownArgument, with near matches, for a keyword that it does not take; its
        signature, which ``help`` and notebooks show, has the keywords in place of ``**keywords``.
    """

    def marked(function: Function) -> Function:
        own = signature(function)
        hints = {name: hint for kind in kinds for name, hint in get_type_hints(kind).items()}
        kept = [one for one in own.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
        more = [
            Parameter(name, Parameter.KEYWORD_ONLY, annotation=hint, default=getattr(usual, name, None))
            for name, hint in hints.items()
        ]
        shown = Signature([*kept, *more], return_annotation=own.return_annotation)

        @wraps(function)
        def checked(*args: Any, **given: Any) -> Any:
            for name in given:
                if name not in shown.parameters:
                    raise UnknownArgument(
                        f"{function.__name__}({name}=...)",
                        expected="an argument that it takes",
                        mend="its size is n"
                        if name == "worlds" and "n" in shown.parameters
                        else near_matches(name, shown.parameters),
                    )
            return function(*args, **given)

        checked.__signature__ = shown  # type: ignore[attr-defined]
        return cast(Function, checked)

    return marked
