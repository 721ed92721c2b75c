"""Beliefs about one rate, for worlds that a test makes for itself."""

import dataclasses

import priors

BELIEFS = priors.PriorSet(
    {
        "rate": dataclasses.replace(
            priors.elicit("LogNormal", interval=(0.05, 0.2), mass=0.9, unit="1/month"), name="rate"
        )
    },
    name="mine",
    title="Mine",
    description="A rate.",
)
