"""Quantities with and without luck whose indices are known in closed form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from forecast.sensitivity.evaluate import Evaluate
from forecast.sensitivity.inputs import read_inputs
from forecast.sensitivity.study import Study
from forecast.settings import Settings
from priors.streams import keyed_uniforms

PI_BOUNDS = dict.fromkeys(("x0", "x1", "x2"), (-np.pi, np.pi))
UNIT_BOUNDS = dict.fromkeys(("x0", "x1", "x2"), (0.0, 1.0))

ISHIGAMI = {
    "first": (0.3139052, 0.4424111, 0.0),
    "total": (0.5575889, 0.4424111, 0.2436837),
    "shapley": (0.4357470, 0.4424111, 0.1218418),
}
# X1 X2 + X3 on U(0, 1); Shapley halves the interaction.
PRODUCT = {
    "first": (3 / 19, 3 / 19, 12 / 19),
    "total": (4 / 19, 4 / 19, 12 / 19),
    "shapley": (3.5 / 19, 3.5 / 19, 12 / 19),
}


def ishigami(x: xr.Dataset) -> xr.DataArray:
    return np.sin(x.x0) + 7 * np.sin(x.x1) ** 2 + 0.1 * x.x2**4 * np.sin(x.x0)


def product(x: xr.Dataset) -> xr.DataArray:
    return x.x0 * x.x1 + x.x2


def sobol_g(a: list[float]) -> Callable[[xr.Dataset], xr.DataArray]:
    weights = np.array(a)[:, np.newaxis]

    def g(x: xr.Dataset) -> xr.DataArray:
        rows = np.array([x[name].values for name in sorted(x.data_vars)])
        return xr.DataArray(np.prod((np.abs(4 * rows - 2) + weights) / (1 + weights), axis=0), dims="world")

    return g


@dataclass(frozen=True)
class Coin(Study):
    """An event whose probability is a function of uniform parameters, and whose luck is a uniform a world."""

    chance: Callable[[Any], Any] | None = None

    def at(self, start, stop):
        assert self.chance is not None
        lucks = [keyed_uniforms(seed, "coin", start, stop)[0] for seed in self.lucks]
        chance = self.chance
        return Evaluate(lambda matrix: np.array([(luck < chance(matrix)).astype(float) for luck in lucks]))


def coin(chance, *, lucks, names=("x0", "x1", "x2"), seed=1):
    how = Settings(seed=seed, progress=False)
    return Coin(read_inputs(dict.fromkeys(names, (0.0, 1.0))), how=how, lucks=lucks, chance=chance)
