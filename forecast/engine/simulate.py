"""``simulate``: from beliefs and options to an outcome for every option, world and month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast.beliefs import check_names
from forecast.engine.runner import run_worlds
from forecast.errors import InvalidArgument, InvalidPrior
from forecast.options import Option, resolve
from forecast.outcomes import assemble
from forecast.progress import progress_bar
from forecast.world.state import Parameters

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

__all__ = ["simulate"]


def _whole(name: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InvalidArgument(
            f"{name} = {value!r}", expected=f"a whole number from {low} to {high}", mend=f"pass such a {name}"
        )
    return int(value)


def simulate(
    beliefs: PriorSet,
    *,
    options: Iterable[str | Option] | str | Option | None = None,
    months: int = 24,
    worlds: int = 10_000,
    seed: int = 1,
    backend: Literal["auto", "numpy"] = "auto",
    progress: bool = True,
) -> xr.Dataset:
    """Run every option in the same possible worlds.

    World ``w`` has the same parameters and the same luck under every option, so two options differ only by what
    they change. Same seed, same worlds, bit for bit, whatever the options, the number of worlds or of months.

    Parameters
    ----------
    beliefs : PriorSet
        A prior for every parameter of the world model, e.g. ``priors.load("article")``.
    options : iterable of str or Option, optional
        Names, expressions ("ct_assistance + airstrikes from month 5") or options; all shipped ones by default.
    months : int
        Horizon, 1..120.
    worlds : int
        Number of worlds, 1..10,000,000 (about 2.3 kB of memory for each world, option and 24 months).
    seed : int
        The one root seed, >= 0.
    backend : {"auto", "numpy"}
        How to run the month; "auto" chooses.
    progress : bool
        Show a bar if it takes more than two seconds.

    Returns
    -------
    xarray.Dataset
        Dims (option, world, month), month 0 being the origin: every state with unit and long_name in its attrs;
        per-world outcomes on (option, world); each world's parameters on (world,), prefixed ``parameter_``.
        Provenance in the attrs.

    Raises
    ------
    InvalidArgument
        For a number or backend outside its domain.
    UnknownPrior
        If a parameter has no prior, or a prior no parameter.
    UnknownOption, InvalidOption
        For an option that does not exist or cannot be run.
    """
    months = _whole("months", months, 1, 120)
    worlds = _whole("worlds", worlds, 1, 10_000_000)
    seed = _whole("seed", seed, 0, 2**63 - 1)
    if backend not in ("auto", "numpy"):
        raise InvalidArgument(f"backend = {backend!r}", expected="'auto' or 'numpy'", mend="leave it out")
    chosen = resolve(options)
    if not hasattr(beliefs, "sample") or not hasattr(beliefs, "hash"):
        raise InvalidArgument(
            f"beliefs is a {type(beliefs).__name__}",
            expected="a PriorSet",
            mend='pass priors.load("article")',
        )
    check_names(beliefs)

    drawn = beliefs.sample(worlds, seed=seed)
    values = {name: np.ascontiguousarray(drawn[name].values, dtype=np.float64) for name in Parameters._fields}
    _check_finite(values)
    with progress_bar("Simulating worlds", total=worlds, show=progress) as bar:
        states = run_worlds(chosen.values(), values, seed=seed, months=months, advance=bar.advance)
    return assemble(states, values, beliefs=beliefs, options=chosen, seed=seed, backend="numpy")


def _check_finite(values: dict[str, np.ndarray[Any, Any]]) -> None:
    for name, array in values.items():
        bad = int(np.count_nonzero(~np.isfinite(array)))
        if bad:
            raise InvalidPrior(
                f"the prior on {name!r} gave {bad} draws that are not finite",
                expected="finite draws",
                mend="narrow the prior, or choose a family with lighter tails",
            )
