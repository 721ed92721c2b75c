"""Many worlds: their shocks, and the backends that run the steps of a World on them."""
