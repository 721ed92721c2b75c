"""Beliefs and evidence inside a fit, so that it can be run on, and fitted again, wherever it is read."""

from __future__ import annotations

import json
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from forecast.errors import InvalidArgument
from forecast.evidence import Evidence, evidence_of_table
from forecast.worlds import world_of
from priors import PriorSet
from priors.loading import of_table
from priors.saving import to_table

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "GIVEN",
    "WEIGHTED",
    "beliefs_of",
    "carries",
    "evidence_of",
    "group_of",
    "weighted_draws",
]

GIVEN, WEIGHTED = "given", "importance"
"""The groups of a fit that hold these, as TOML, and the weighted draws that worlds pick from."""


def group_of(beliefs: PriorSet, evidence: Evidence) -> xr.Dataset:
    """Give the group: ``beliefs``, with the priors that evidence brings, and ``evidence``, each as one text."""
    import tomli_w
    import xarray as xr

    texts = {"beliefs": tomli_w.dumps(to_table(beliefs)), "evidence": tomli_w.dumps(evidence.to_table())}
    return xr.Dataset({name: ((), text) for name, text in texts.items()})


def carries(fit: xr.DataTree) -> bool:
    """Whether a fit holds its beliefs and evidence; one of stand-ins, or of an older version, does not."""
    group = fit.children.get(GIVEN)
    return group is not None and {"beliefs", "evidence"} <= set(group.data_vars)


def weighted_draws(fit: xr.DataTree) -> tuple[xr.Dataset, dict[str, Any]]:
    """Give the weighted draws of a fit, and what each of their blocks has.

    Returns
    -------
    draws : xarray.Dataset
        With dims member (one without a name where the beliefs are no pool), block and sample.
    blocks : dict of str to dict
        By name, its ``quantities`` and its ``items``.
    """
    group: xr.Dataset = fit[WEIGHTED].to_dataset()
    blocks: dict[str, Any] = json.loads(group.attrs["blocks"])
    return (group if "member" in group.dims else group.expand_dims(member=[""])), blocks


def beliefs_of(fit: xr.DataTree) -> PriorSet:
    """Give the beliefs that a fit is of, with the priors that its evidence brought.

    Raises
    ------
    InvalidArgument
        If the fit does not hold them.
    """
    return _beliefs(_text(fit, "beliefs"))


def evidence_of(fit: xr.DataTree) -> Evidence:
    """Give the evidence of a fit.

    Raises
    ------
    InvalidArgument
        If the fit does not hold it.
    """
    # Not kept by world: worlds that run alike are equal, and evidence carries its own.
    return evidence_of_table(_parsed(_text(fit, "evidence")), world_of(fit.attrs))


def _text(fit: xr.DataTree, name: str) -> str:
    if not carries(fit):
        raise InvalidArgument(
            f"a fit that does not hold its {name}",
            expected="the DataTree that forecast.fit returns",
            mend="fit again, or read the file that was saved whole",
        )
    return str(fit[GIVEN][name].item())


@lru_cache(maxsize=64)
def _beliefs(text: str) -> PriorSet:
    return of_table(_parsed(text), where="the beliefs of a fit")


@lru_cache(maxsize=64)
def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InvalidArgument(
            f"a fit whose beliefs or evidence cannot be read ({fault})",
            expected="the DataTree that forecast.fit returns",
            mend="fit again",
        ) from fault
