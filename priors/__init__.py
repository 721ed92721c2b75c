"""What is believed about the quantities of the model, and why: priors as named data with sources.

Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .claims import Claim, load_claims, load_structure
    from .classes import load_classes
    from .elicitation import elicit
    from .forms import Forms, structures
    from .lexicon import load_lexicon
    from .loading import available, load
    from .pooling import pool
    from .prior import Prior
    from .prior_set import PriorSet
    from .request import Elicitation
    from .without import without_claim

__all__ = [
    "Claim",
    "Elicitation",
    "Forms",
    "Prior",
    "PriorSet",
    "available",
    "elicit",
    "load",
    "load_claims",
    "load_classes",
    "load_lexicon",
    "load_structure",
    "pool",
    "structures",
    "without_claim",
]

_HOME = {
    "Claim": "claims",
    "Elicitation": "request",
    "Forms": "forms",
    "Prior": "prior",
    "PriorSet": "prior_set",
    "available": "loading",
    "elicit": "elicitation",
    "load": "loading",
    "load_claims": "claims",
    "load_classes": "classes",
    "load_lexicon": "lexicon",
    "load_structure": "claims",
    "pool": "pooling",
    "structures": "forms",
    "without_claim": "without",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'priors' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
