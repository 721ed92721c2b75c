"""What decision analysis is given: a utility of every option in every world, and what was believed in each world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arguments import listed, option_run, parameter_known
from forecast.errors import InvalidArgument, kind_of
from forecast.outcomes.identity import OF_PARAMETERS, RUN, check_labels, check_same_run, check_same_worlds, run_of
from forecast.results import About, about_of
from forecast.schema import CODE, PARAMETER_PREFIX

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Believed", "Utilities", "about_worlds", "read_parameters", "read_utility"]

type Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Utilities:
    """A checked utility.

    Attributes
    ----------
    names, titles : tuple of str
        The options, by name and in words.
    values : ndarray
        Shape (option, world), finite.
    unit : str
        Unit of the utility; "utility" where the array does not say.
    attrs : mapping
        The array's attributes: whose values, provenance, gates.
    labels : ndarray, optional
        The coordinate ``world``, shape (world,), where the array has one.
    run : str, optional
        The run that it is of, where it says (:mod:`forecast.outcomes.identity`).
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    values: Array
    unit: str = "utility"
    attrs: Mapping[str, Any] = field(default_factory=dict)
    labels: np.ndarray[Any, Any] | None = None
    run: str | None = None

    @property
    def worlds(self) -> int:
        """Number of worlds."""
        return int(self.values.shape[1])

    @property
    def about(self) -> About:
        """What a result from it is about."""
        return about_worlds(self.attrs, self.worlds, unit=self.unit)

    def index(self, option: str) -> int:
        """Return an option's place.

        Raises
        ------
        UnknownOption
            If there is none of that name.
        """
        return self.names.index(option_run("option", option, self.names))


def about_worlds(attrs: Mapping[str, Any], worlds: int, *, unit: str = "utility") -> About:
    """Say what a result from the values of so many worlds is about, as far as the attributes of these say."""
    months = str(attrs.get("months", ""))
    known = int(months) if months.isdecimal() else 0
    return about_of(attrs, title="utility", unit=unit, worlds=worlds, months=known)


@dataclass(frozen=True)
class Believed:
    """Checked parameters of worlds.

    Attributes
    ----------
    values : dict of str to ndarray
        Each parameter by its name without a prefix, shape (world,), finite.
    attrs : dict of str to dict
        Its unit (``units``), meaning (``long_name``) and claim ids (``claims``), where the array says.
    """

    values: dict[str, Array]
    attrs: dict[str, dict[str, Any]]

    def unit(self, name: str) -> str:
        """Return a parameter's unit, "1" where none is said."""
        return str(self.attrs[name].get("units", "") or "1")

    def codes(self) -> tuple[str, ...]:
        """Name the parameters that are codes, whose numbers have no order: whose beliefs a world follows."""
        return tuple(name for name in self.values if self.attrs[name].get("units") == CODE)

    def without(self, names: Iterable[str]) -> Believed:
        """Leave some parameters out."""
        out = set(names)
        kept = {name: column for name, column in self.values.items() if name not in out}
        return Believed(kept, {name: self.attrs[name] for name in kept})

    def indicators(self) -> Believed:
        """Return a yes/no for each meaning of a code in place of the code: of an order nothing can be learnt there."""
        values: dict[str, Array] = {}
        attrs: dict[str, dict[str, Any]] = {}
        for name, column in self.values.items():
            if name not in self.codes():
                values[name], attrs[name] = column, self.attrs[name]
                continue
            for code, meaning in enumerate(str(self.attrs[name].get("flag_meanings", "")).split("; ")):
                one = f"{name}: {meaning}"
                values[one] = (column == code).astype(np.float64)
                said = f"{self.attrs[name].get('long_name', name)}: {meaning}"
                attrs[one] = {"units": "yes/no", "long_name": said, "claims": ""}
        return Believed(values, attrs)

    def matrix(self, names: Iterable[str]) -> Array:
        """Return some parameters as columns, shape (world, parameter)."""
        return np.column_stack([self.values[name] for name in names])


def read_utility(u: object, *, least: int = 1) -> Utilities:
    """Read a utility, from this package or any other model.

    Parameters
    ----------
    u : xarray.DataArray
        Numeric, dims option and world in either order. Coordinate ``option`` has the names (``option_0`` and so on
        without it), ``title`` on option the words. ``attrs["units"]`` is its unit.
    least : int
        How many options there must be.

    Returns
    -------
    Utilities
        Float64, option first.

    Raises
    ------
    InvalidArgument
        If it is anything else, has NaN or infinity, no world, or too few options.
    MismatchedRuns
        If it holds options of different runs, or an option or a world twice.
    """
    import xarray as xr

    if not isinstance(u, xr.DataArray):
        raise InvalidArgument(
            f"the utility is {kind_of(u)}",
            expected="a DataArray with dims option and world",
            mend="make one with forecast.utility(outcomes, ...), or xarray.DataArray(values, dims=('option', 'world'))",
        )
    if set(u.dims) != {"option", "world"}:
        raise InvalidArgument(
            f"the utility has dims {tuple(map(str, u.dims))}",
            expected="dims option and world",
            mend="rename or select with rename() and sel()",
        )
    values = _reals(u.transpose("option", "world"), "the utility")
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise InvalidArgument(
            f"{bad} of {values.size} utilities are NaN or infinite",
            expected="a finite number for every option and world",
            mend="leave those worlds out of every option, or use an outcome that every world has",
        )
    if values.shape[0] < least or values.shape[1] < 1:
        raise InvalidArgument(
            f"a utility of {values.shape[0]} options in {values.shape[1]} worlds",
            expected=f"at least {least} option(s) and one world",
            mend="run more options, in more worlds",
        )
    labels = u["option"].values.tolist() if "option" in u.coords else [f"option_{i}" for i in range(values.shape[0])]
    names = tuple(map(str, labels))
    check_labels(u, "the utility")
    run = run_of(u, "the utility")
    if "title" in u.coords and u["title"].dims != ("option",):
        raise InvalidArgument(
            f"the coordinate title has dims {tuple(map(str, u['title'].dims))}",
            expected="a title for each option",
            mend="assign_coords(title=('option', titles)), or drop_vars('title')",
        )
    titles = tuple(map(str, u["title"].values.tolist())) if "title" in u.coords else names
    labels = u["world"].values if "world" in u.coords else None
    return Utilities(names, titles, values, str(u.attrs.get("units", "utility")), dict(u.attrs), labels, run)


def _reals(array: xr.DataArray, what: str) -> Array:
    """Return an array as float64; durations, dates and complex numbers are none, though NumPy counts some as such."""
    if array.dtype.kind not in "biuf":
        raise InvalidArgument(f"{what} has dtype {array.dtype}", expected="real numbers", mend="convert it first")
    return np.ascontiguousarray(array.values, dtype=np.float64)


def read_parameters(
    parameters: object,
    *,
    worlds: int,
    names: Iterable[str] | str | None = None,
    labels: np.ndarray[Any, Any] | None = None,
    run: str | None = None,
    beside: str = "the utility",
) -> Believed:
    """Read what was believed in each world.

    Parameters
    ----------
    parameters : xarray.Dataset
        Numeric variables with the one dim world: from ``forecast.parameters(outcomes)``, or outcomes themselves, of
        which the variables prefixed ``parameter_`` are taken.
    worlds : int
        How many worlds the utility has.
    names : iterable of str or str, optional
        Which; all by default.
    labels : ndarray, optional
        The utility's coordinate ``world``, if it has one: the parameters' must be the same where they have one too.
    run : str, optional
        The run that the utility is of: the parameters must be of the same beliefs, evidence and seed where they say.
    beside : str
        What the parameters are put beside, for the message.

    Returns
    -------
    Believed
        In the order of ``names``.

    Raises
    ------
    InvalidArgument
        If it is no Dataset, has NaN, is not of real numbers, or ``names`` is empty or names one twice.
    MismatchedRuns
        If it is of another run, or of other worlds.
    UnknownPrior
        If a name is not in it.
    """
    import xarray as xr

    if not isinstance(parameters, xr.Dataset):
        raise InvalidArgument(
            f"the parameters are {kind_of(parameters)}",
            expected="a Dataset of variables with dim world",
            mend="pass forecast.parameters(outcomes), or xarray.Dataset({name: ('world', values)})",
        )
    # Before variables are picked, which would drop the coordinate along option.
    own_run = run_of(parameters, "the parameters")
    prefixed = [str(name) for name in parameters.data_vars if str(name).startswith(PARAMETER_PREFIX)]
    if prefixed:
        parameters = parameters[prefixed].rename({name: name.removeprefix(PARAMETER_PREFIX) for name in prefixed})
    known = [str(name) for name in parameters.data_vars]
    chosen = known if names is None else listed("names", names)
    if not chosen:
        raise InvalidArgument("no parameter is named", expected="at least one", mend="leave names out for all")
    check_labels(parameters, "the parameters")
    check_same_run(run, own_run, (beside, "the parameters"), parts=OF_PARAMETERS)
    own = parameters["world"].values if "world" in parameters.coords else None
    check_same_worlds(labels, own, (beside, "the parameters"))
    values, attrs = {}, {}
    for name in chosen:
        parameter_known(name, known)
        if name in values:
            raise InvalidArgument(f"the parameter {name!r} is named twice", expected="each once", mend="name it once")
        # A variable that was taken out of its Dataset still says whose it is.
        check_same_run(run, parameters[name].attrs.get(RUN), (beside, f"the parameter {name}"), parts=OF_PARAMETERS)
        values[name], attrs[name] = _parameter(parameters[name], name, worlds), dict(parameters[name].attrs)
    return Believed(values, attrs)


def _parameter(array: xr.DataArray, name: str, worlds: int) -> Array:
    if tuple(array.dims) != ("world",) or array.sizes["world"] != worlds:
        raise InvalidArgument(
            f"the parameter {name!r} has sizes {dict(array.sizes)}",
            expected=f"the one dim world, of the utility's {worlds} worlds",
            mend="take utility and parameters from the same simulation",
        )
    found = _reals(array, f"the parameter {name!r}")
    if not np.isfinite(found).all():
        raise InvalidArgument(
            f"the parameter {name!r} has NaN or infinite values",
            expected="a finite value in every world",
            mend="leave those worlds out of utility and parameters",
        )
    return found
