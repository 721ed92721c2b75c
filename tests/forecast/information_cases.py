"""Decision problems whose values of information are known."""

import numpy as np
import xarray as xr

EVPI, EVPPI_P1, EVPPI_P2 = 0.4798107, 0.0833155, 0.3955931
"""Of :func:`normal_case`; by quadrature (Raiffa & Schlaifer 1961; the voi package's vignette)."""

FIVE = 1.1629645
"""E max of five independent standard normals."""


def utility(*rows, names=None):
    coords = {} if names is None else {"option": list(names)}
    return xr.DataArray(np.array(rows, dtype=float), dims=("option", "world"), coords=coords)


def parameters(**columns):
    return xr.Dataset({name: ("world", np.asarray(values, dtype=float)) for name, values in columns.items()})


def normal_case(worlds, seed=0):
    """Utilities 0 and p1 - p2, p1 ~ N(1, 1), p2 ~ N(0, sd 2); ``idle`` changes nothing."""
    generator = np.random.default_rng(seed)
    p1, p2 = generator.normal(1.0, 1.0, worlds), generator.normal(0.0, 2.0, worlds)
    drawn = parameters(p1=p1, p2=p2, idle=generator.normal(size=worlds))
    return utility(np.zeros(worlds), p1 - p2, names=("stay", "go")), drawn


def five_alike(worlds, seed=0):
    """Five options of independent standard normals; a parameter that changes nothing."""
    generator = np.random.default_rng(seed)
    return utility(*generator.normal(size=(5, worlds))), parameters(idle=generator.normal(size=worlds))


def wildcatter(times=10):
    """Raiffa's (1968) oil wildcatter, every case as often as it is likely: 100 worlds, times over."""
    oil = np.repeat([0, 1, 2], [50, 30, 20])
    closure = np.concatenate([np.repeat([0, 1, 2], counts) for counts in ([30, 15, 5], [9, 12, 9], [2, 8, 10])])
    drill = np.array([-70.0, 50.0, 200.0])[oil]
    u = utility(np.zeros(100 * times), np.tile(drill, times), names=("stay", "drill"))
    return u, parameters(closure=np.tile(closure, times), oil=np.tile(oil, times))
