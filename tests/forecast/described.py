"""Outcomes made by hand, which say of themselves what those of a run say."""

from forecast.libya.world import LIBYA


def described(outcomes):
    """Give variables that have the names of the shipped world's the attributes of those."""
    known = {**LIBYA.states, **LIBYA.outcomes}
    for name in outcomes.data_vars:
        if name in known:
            outcomes[name].attrs = known[name].attrs()
    return outcomes.assign_attrs(headline=" ".join(LIBYA.headline))
