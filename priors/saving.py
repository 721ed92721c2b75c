"""Writing a prior set out: to a file that appears whole or not at all, and as a table in HTML."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.errors import FileNotWritable

from .format import to_table
from .intervals import interval_label
from .reading import scale_of

if TYPE_CHECKING:
    from .prior_set import PriorSet

__all__ = ["save", "set_html"]


def save(beliefs: PriorSet, path: str | os.PathLike[str]) -> Path:
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
            f"the file {str(target)!r} ({fault})",
            expected="a path in a folder that exists and can be written",
            mend="create the folder, or choose another path",
        ) from fault
    return target


def set_html(beliefs: PriorSet) -> str:
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
