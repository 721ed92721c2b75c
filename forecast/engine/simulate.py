"""``simulate``: from beliefs and options to an outcome for every option, world and month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from forecast.arguments import whole
from forecast.engine.draws import draw_parameters
from forecast.engine.runner import run_worlds
from forecast.errors import InvalidArgument
from forecast.options import Option, resolve
from forecast.outcomes import assemble
from forecast.progress import progress_bar

if TYPE_CHECKING:
    import xarray as xr

    from priors import PriorSet

__all__ = ["check_size", "simulate"]


def check_size(*, months: int, worlds: int, seed: int) -> tuple[int, int, int]:
    """Refuse a size that cannot be run; arguments and errors as for :func:`simulate`."""
    return (
        whole("months", months, 1, 120),
        whole("worlds", worlds, 1, 10_000_000),
        whole("seed", seed, 0, 2**63 - 1),
    )


def simulate(
    beliefs: PriorSet | xr.DataTree,
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
    beliefs : PriorSet or xarray.DataTree
        A prior for every parameter of the world model, e.g. ``priors.load("article")``; or the fit of such beliefs to
        evidence, from :func:`forecast.fit`.
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
    months, worlds, seed = check_size(months=months, worlds=worlds, seed=seed)
    if backend not in ("auto", "numpy"):
        raise InvalidArgument(f"backend = {backend!r}", expected="'auto' or 'numpy'", mend="leave it out")
    chosen = resolve(options)
    drawn = draw_parameters(beliefs, worlds=worlds, seed=seed)
    with progress_bar("Simulating worlds", total=worlds, show=progress) as bar:
        states = run_worlds(chosen.values(), drawn.values, seed=seed, months=months, advance=bar.advance)
    return assemble(states, drawn, options=chosen, seed=seed, backend="numpy")
