"""Many worlds: their shocks, and the backends that run :mod:`forecast.libya` on them."""
