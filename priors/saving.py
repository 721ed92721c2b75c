"""Writing a prior set out: as a TOML table, to a file that appears whole or not at all, and as a table in HTML."""

from __future__ import annotations

import datetime
import os
from html import escape
from pathlib import Path
from typing import Any

from forecast.errors import FileNotWritable

from .beliefs import Beliefs, Pooled
from .copula import Correlation
from .intervals import interval_label
from .mixture import Mixture
from .prior import Prior
from .reading import scale_of
from .tables import FORMAT

__all__ = ["part_table", "save", "set_html", "to_table"]


def to_table(beliefs: Beliefs) -> dict[str, Any]:
    """Return a set as the table that its file holds."""
    table: dict[str, Any] = {"format": FORMAT, "name": beliefs.name, "title": beliefs.title}
    table["description"] = beliefs.description
    if beliefs.origin is not None:
        table["origin"] = beliefs.origin
    if beliefs.claims:
        table["claims"] = beliefs.claims.to_table()
    if beliefs.pooled is not None:
        table["pooled"] = part_table(beliefs.pooled)
    if beliefs.edited:
        table["edited"] = dict(beliefs.edited)
    table["prior"] = {name: part_table(prior) for name, prior in beliefs.items()}
    if beliefs.correlations:
        table["correlation"] = [part_table(one) for one in beliefs.correlations]
    return table


def part_table(part: Prior | Correlation | Pooled | datetime.date) -> Any:
    """Return a part of a set as it stands in the set's file."""
    if isinstance(part, Prior):
        return _prior_table(part)
    if isinstance(part, Correlation):
        return _correlation_table(part)
    if isinstance(part, Pooled):
        return {"members": list(part.members), "weights": list(part.weights)}
    return part


def _prior_table(prior: Prior) -> dict[str, Any]:
    table: dict[str, Any] = {
        "unit": prior.unit,
        "meaning": prior.meaning,
        "claims": list(prior.claims),
        "derivation": prior.derivation,
    }
    if prior.figures:
        table["figures"] = list(prior.figures)
    if prior.domain is not None:
        table["support"] = list(prior.domain)
    if prior.accepted:
        table["accept"] = True
    if prior.forms:
        table["forms"] = list(prior.forms)
    if prior.size:
        table["size"] = prior.size
    if isinstance(prior.distribution, Mixture):
        table["mixture"] = _mixture_table(prior.distribution)
    elif prior.elicited is not None:
        table["elicit"] = prior.elicited.request.to_table()
    return table


def _mixture_table(mixture: Mixture) -> list[dict[str, Any]]:
    entries = []
    for name, weight, member in zip(mixture.names, mixture.weights, mixture.members, strict=True):
        entry: dict[str, Any] = {"member": name, "weight": weight}
        if isinstance(member, Mixture):
            entry["mixture"] = _mixture_table(member)
        else:
            entry |= {"family": member.family, "parameters": member.parameters}
        entries.append(entry)
    return entries


def _correlation_table(one: Correlation) -> dict[str, Any]:
    table: dict[str, Any] = {"between": list(one.between), "rho": one.rho, "reason": one.reason}
    table["claims"] = list(one.claims)
    if one.members:
        table["members"] = list(one.members)
    return table


def save(beliefs: Beliefs, path: str | os.PathLike[str]) -> Path:
    """Write a set to a TOML file; see :meth:`priors.PriorSet.save`."""
    import tomli_w

    content = tomli_w.dumps(to_table(beliefs)).encode("utf-8")
    target = Path(path)
    try:
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with open(temporary, "wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as fault:
        raise FileNotWritable(
            f"the file {str(target)!r} could not be written ({fault})",
            expected="a path in a folder that exists and can be written",
            mend="create the folder, or choose another path",
        ) from fault
    return target


def set_html(beliefs: Beliefs) -> str:
    """Show a set as an HTML table; meaning and derivation appear over each row."""
    cells = ("name", "median", interval_label(), "what it is in", "claims")
    rows = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in cells) + "</tr>"]
    for name, prior in beliefs.items():
        scale = scale_of(prior.unit)
        cells = (name, scale.text(prior.median), scale.span(*prior.interval()), scale.label, " ".join(prior.claims))
        tip = escape(f"{prior.meaning} {prior.derivation}", quote=True)
        rows.append(f'<tr title="{tip}">' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    about = f"<p><b>{escape(beliefs.title or beliefs.name)}</b> {escape(beliefs.description)}</p>"
    return f"<div>{about}<table>{''.join(rows)}</table><p>{escape(repr(beliefs))}</p></div>"
