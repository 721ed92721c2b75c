"""Many worlds: their shocks, and the backends that run :mod:`forecast.world` on them."""
