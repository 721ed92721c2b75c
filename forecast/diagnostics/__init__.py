"""Whether a fit and the worlds drawn from it can be relied on."""
