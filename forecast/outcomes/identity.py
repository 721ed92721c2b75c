"""Which run numbers are of, and whether two things are of runs that belong together.

A run's label says what its worlds follow from: beliefs, evidence, seed, luck, months and version, the first two and the
last with a digest of their content. It stands in the coordinate ``run`` along option: a concatenation drops attributes
and scalar coordinates and keeps this one, so that it still tells what was put together. Worlds are known by their
labels in the coordinate ``world``. Arrays without these coordinates are anybody's and are taken as they are.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import MismatchedRuns

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "OF_PARAMETERS",
    "PARTS",
    "RUN",
    "WORLD_RUN",
    "check_horizon",
    "check_labels",
    "check_same_run",
    "check_same_worlds",
    "differences",
    "months_of",
    "parameters_label",
    "run_label",
    "run_of",
    "with_months",
    "with_worlds",
    "world_key",
    "world_names",
    "world_span",
]

RUN = "run"
"""The coordinate with the label of the run."""

WORLD_RUN = "world_run"
"""The coordinate along world with a key of what its parameters follow from: worlds may be put together as well."""

PARTS = ("beliefs", "evidence", "seed", "luck", "months", "version")
"""What a label says, in its order."""

OF_PARAMETERS = ("beliefs", "evidence", "seed", "version")
"""The parts that a world's parameters follow from; its luck and the horizon do not change them."""

_WORLDS = "worlds"
"""What the label of a summary says besides, which has no worlds to be known by."""

_LONGEST = 60
"""Letters of a name in a label."""


def run_label(provenance: Mapping[str, Any], *, months: int, version: str, world: str) -> str:
    """Write the label of a run.

    Parameters
    ----------
    provenance : mapping
        Its attributes: priors, priors_hash, evidence, seed and luck; of a fit also evidence_hash and fit_draws.
    months : int
        Horizon.
    version : str
        Of the package.
    world : str
        A hash of the world model's steps.

    Returns
    -------
    str
        For example "beliefs article 3fa29c1b; evidence article 77ab01d2; seed 1; luck 1; months 24; version 0.1.0
        9c01d2aa".
    """
    known = _digest(provenance.get("evidence_hash", ""), provenance.get("fit_draws", ""))
    return "; ".join(
        (
            f"beliefs {_name(provenance['priors'])} {_digest(provenance['priors_hash'])}",
            f"evidence {_name(provenance['evidence'])} {known}",
            f"seed {provenance['seed']}",
            f"luck {provenance['luck']}",
            f"months {months}",
            f"version {version} {_digest(world)}",
        )
    )


def _name(name: object) -> str:
    return " ".join(str(name).replace(";", ",").split())[:_LONGEST] or "unnamed"


def _digest(*content: object) -> str:
    return hashlib.sha256("\0".join(map(str, content)).encode()).hexdigest()[:8]


def _parts(label: str) -> dict[str, str]:
    """Read a label, or a part of one, back; an unreadable one is all of one part."""
    found = dict(part.partition(" ")[::2] for part in label.split("; "))
    return found if set(found) <= {*PARTS, _WORLDS} else {RUN: label[:_LONGEST]}


def world_key(label: str) -> int:
    """Give the key of a run for :data:`WORLD_RUN`, a whole number below 2**32."""
    return zlib.crc32(parameters_label(label).encode())


def months_of(label: str) -> int | None:
    """Give the horizon that a label says, if it does."""
    months = _parts(label).get("months", "")
    return int(months) if months.isdigit() else None


def _written(parts: Mapping[str, str]) -> str:
    return "; ".join(f"{part} {said}" for part, said in parts.items())


def with_months(label: str, months: int) -> str:
    """Give the label of the same run cut at an earlier month."""
    parts = _parts(label)
    return _written(parts | {"months": str(months)}) if "months" in parts else label


def with_worlds(label: str, worlds: range) -> str:
    """Give the label of a summary of some worlds of a run."""
    return f"{label}; {_WORLDS} {worlds.start}..{worlds.stop - 1}" if label else ""


def parameters_label(label: str) -> str:
    """Give what of a label the parameters of worlds follow from."""
    return _written({part: said for part, said in _parts(label).items() if part in OF_PARAMETERS})


def differences(first: str, second: str, *, parts: Collection[str] = PARTS, worlds: tuple[str, str] = ("", "")) -> str:
    """Say in what two labels differ, as in "beliefs article and sceptic; seed 1 and 2"; empty if in nothing.

    Parameters
    ----------
    first, second : str
        Labels.
    parts : collection of str
        What must be the same.
    worlds : (str, str)
        The names of their worlds, where they are known.
    """
    if first == second:
        return ""
    one, other = _parts(first), _parts(second)
    if not set(one) & set(other):
        return f"runs “{first[:_LONGEST]}” and “{second[:_LONGEST]}”"
    said: list[str] = []
    for part, mine in one.items():
        theirs = other.get(part, mine)
        if mine == theirs or (part in PARTS and part not in parts):
            continue
        # A digest is for the eye only where names do not tell two things apart.
        names = [value.rpartition(" ")[0] or value for value in (mine, theirs)]
        if part == "version" and names[0] == names[1]:
            # The digest beside a version is of the world. Where that is another the rest may well be.
            said.insert(0, _worlds_apart(worlds, mine, theirs))
            continue
        short = names if names[0] != names[1] else [mine, theirs]
        said.append(f"{part} {short[0]} and {short[1]}")
    return "; ".join(said)


def _worlds_apart(worlds: tuple[str, str], *versions: str) -> str:
    """Say that two worlds are not the same, by their names or else by what tells them apart."""
    one, other = worlds
    if one != other:
        return f"the worlds {one or 'without a name'} and {other or 'without a name'}"
    digests = " and ".join(version.rpartition(" ")[2] for version in versions)
    return f"the world{f' {one}' if one else ''} in two forms ({digests})"


def world_names(first: object, second: object) -> tuple[str, str]:
    """Give the names of the worlds of two things, each empty where it does not say."""
    one, other = (str(getattr(data, "attrs", {}).get("world", "")) for data in (first, second))
    return one, other


def _labels(data: xr.Dataset | xr.DataArray) -> list[str]:
    """Give the labels of the runs in some data, each once; of the attributes where the coordinate is gone."""
    held = data.coords[RUN].values if RUN in data.coords else data.attrs.get(RUN, "")
    values = np.atleast_1d(held).ravel().tolist()
    return list(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def run_of(data: xr.Dataset | xr.DataArray, what: str = "the outcomes") -> str | None:
    """Give the label of the run that some data are of, None where they do not say.

    Parameters
    ----------
    data : xarray.Dataset or xarray.DataArray
        Perhaps with the coordinate ``run``.
    what : str
        What they are called in the message.

    Raises
    ------
    MismatchedRuns
        If their options are of several runs, which are not the same worlds.
    """
    labels = _labels(data)
    lost = RUN not in data.coords and ("option" in data.dims or not labels)
    if lost and "priors_hash" in data.attrs:
        # Arithmetic and ``xarray.where`` drop a coordinate that two arrays do not agree on.
        raise MismatchedRuns(
            f"{what} {_verb(what, 'come')} from several runs, or lost which run it is of",
            expected="what one run gave",
            mend="work with one run, or say that it is a model of your own with .drop_attrs()",
        )
    if len(labels) > 1:
        raise MismatchedRuns(
            f"{what} {_verb(what, 'hold')} options of different runs: {differences(labels[0], labels[1])}",
            expected="options that were run in the same worlds",
            mend="run them in one call, or with the same beliefs, evidence, seed and months, and put them together "
            "with forecast.join",
        )
    return labels[0] if labels else None


def _verb(what: str, verb: str) -> str:
    """Give a verb in the number of its subject."""
    many = what.endswith("s")
    return {"have": "have" if many else "has"}.get(verb, verb if many else f"{verb}s")


def check_labels(data: xr.Dataset | xr.DataArray, what: str = "the outcomes") -> None:
    """Refuse an option or a world that stands twice, and worlds of different runs.

    Raises
    ------
    MismatchedRuns
        Naming it.
    """
    if "option" in data.coords and data.coords["option"].ndim:
        names = data.coords["option"].values.tolist()
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise MismatchedRuns(
                f"{what} {_verb(what, 'hold')} the option {twice!r:.60} twice",
                expected="one name an option",
                mend="leave one of them out, or rename it with option.renamed(...) and run it again",
            )
    _check_worlds_of_one_run(data, what)
    if "world" in data.coords and data.coords["world"].ndim:
        worlds = np.asarray(data.coords["world"].values)
        if not _each_once(worlds):
            raise MismatchedRuns(
                f"{what} {_verb(what, 'hold')} {_twice(worlds)} twice",
                expected="every world once",
                mend="leave the second out; for more worlds of a seed run simulate(worlds=range(first, last)) and "
                "forecast.join",
            )


def _check_worlds_of_one_run(data: xr.Dataset | xr.DataArray, what: str) -> None:
    keys = np.asarray(data.coords[WORLD_RUN].values) if WORLD_RUN in data.coords else np.zeros(0)
    if keys.ndim != 1 or not keys.size or not bool((other := keys != keys[0]).any()):
        return
    labels = np.asarray(data.coords["world"].values) if "world" in data.coords else np.arange(keys.size)
    raise MismatchedRuns(
        f"{what} {_verb(what, 'hold')} worlds of different runs: {world_span(labels[~other])} of one and "
        f"{world_span(labels[other])} of another",
        expected="worlds of one run",
        mend="run more worlds of the same beliefs, evidence and seed with simulate(worlds=range(first, last)), and put "
        "them together with forecast.join",
    )


def _each_once(worlds: np.ndarray[Any, Any]) -> bool:
    if worlds.dtype.kind in "iu" and bool(np.all(worlds[1:] > worlds[:-1])):
        return True
    if worlds.dtype.kind in "iu" and worlds.size and worlds.min() >= 0 and worlds.max() < 100 * worlds.size:
        return int(np.bincount(worlds.astype(np.intp)).max()) == 1
    return len(np.unique(worlds)) == worlds.size


def _twice(worlds: np.ndarray[Any, Any]) -> str:
    found, counts = np.unique(worlds, return_counts=True)
    return world_span(found[counts > 1])


def world_span(worlds: Sequence[Any] | np.ndarray[Any, Any]) -> str:
    """Name worlds in few words: "world 7", "worlds 0..999", or "3 worlds between 0 and 999"."""
    labels = np.asarray(worlds)
    if labels.size == 0:
        return "no world"
    if labels.size == 1:
        return f"world {labels[0]}"
    if labels.dtype.kind not in "iu":
        return f"{labels.size:,} worlds"
    low, high = int(labels.min()), int(labels.max())
    run = high - low + 1 == labels.size
    return f"worlds {low}..{high}" if run else f"{labels.size:,} worlds between {low} and {high}"


def check_same_run(
    first: xr.Dataset | xr.DataArray | str | None,
    second: xr.Dataset | xr.DataArray | str | None,
    names: tuple[str, str],
    *,
    parts: Collection[str] = PARTS,
    mend: str = "take both from the same simulation",
) -> None:
    """Refuse two things of runs that do not belong together.

    Parameters
    ----------
    first, second : xarray.Dataset, xarray.DataArray, str or None
        Data, or the labels of their runs; what has no label is anybody's.
    names : (str, str)
        What they are called in the message.
    parts : collection of str
        What must be the same.
    mend : str
        What to do about it.

    Raises
    ------
    MismatchedRuns
        Saying in one sentence what differs.
    """
    labels = [
        one if isinstance(one, str) or one is None else run_of(one, name)
        for one, name in zip((first, second), names, strict=True)
    ]
    one, other = labels
    said = (
        "" if one is None or other is None else differences(one, other, parts=parts, worlds=world_names(first, second))
    )
    if said:
        raise MismatchedRuns(
            f"{names[0]} and {names[1]} are of different runs: {said}",
            expected="the same worlds in both",
            mend=mend,
        )


def check_same_worlds(
    first: np.ndarray[Any, Any] | None,
    second: np.ndarray[Any, Any] | None,
    names: tuple[str, str],
    *,
    mend: str = "take both from the same simulation, or select with .sel(world=...)",
) -> None:
    """Refuse two things that are not of the same worlds in the same order.

    Parameters
    ----------
    first, second : ndarray or None
        Labels of worlds, shape (world,); None is anybody's.
    names, mend
        As for :func:`check_same_run`.

    Raises
    ------
    MismatchedRuns
        Naming the worlds.
    """
    if first is None or second is None or np.array_equal(first, second):
        return
    if first.shape == second.shape and np.array_equal(np.sort(first), np.sort(second)):
        given = f"{names[0]} and {names[1]} hold the same worlds in another order"
    else:
        given = (
            f"{names[0]} {_verb(names[0], 'have')} {world_span(first)} and {names[1]} {_verb(names[1], 'have')} "
            f"{world_span(second)}"
        )
        if first.shape == second.shape and world_span(first) == world_span(second):
            at = int(np.flatnonzero(first != second)[0])
            given = f"world {at} is labelled {first[at]} in {names[0]} and {second[at]} in {names[1]}"
    raise MismatchedRuns(given, expected="the same worlds in the same order", mend=mend)


def check_horizon(outcomes: xr.Dataset) -> None:
    """Refuse outcomes of a horizon that their months do not reach.

    Raises
    ------
    MismatchedRuns
        If the last month is not the one that outcomes are of.
    """
    months = next((months for label in _labels(outcomes) if (months := months_of(label)) is not None), None)
    if months is None or "month" not in outcomes.coords:
        return
    held = np.atleast_1d(outcomes.coords["month"].values)
    last = int(held.max()) if held.size else 0
    if last != months:
        raise MismatchedRuns(
            f"the outcomes are of month {months}, in a run cut at month {last}",
            expected="outcomes and states of one horizon",
            mend=f"forecast.at(outcomes, month={max(last, 1)}) derives them anew; look at states alone as "
            'outcomes["STATE"].sel(month=...)',
        )
