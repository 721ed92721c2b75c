"""The section on the month in docs/model.md, and its pictures: every equation, part by part."""

from __future__ import annotations

from pathlib import Path

import forecast
import priors
from forecast.libya.parts import PARTS
from forecast.world_page import WorldDescription, describe_world, reading_of
from forecast.worlds import shipped

__all__ = ["anchor", "month_pictures", "month_section"]

_WIDTH = 118


def anchor(part: str) -> str:
    """Give where a part stands in docs/model.md, as the end of a link."""
    return "#" + PARTS[part].title.lower().replace(" ", "-")


def month_section() -> str:
    """Write the section."""
    links = ", ".join(f"[{one.title}]({anchor(part)})" for part, one in PARTS.items())
    parts = "\n\n".join(_part(part) for part in PARTS)
    return f"""## The month, part by part

Written from the recorded steps of the month that every backend runs; a test holds each equation equal to the month.
`forecast model PART` prints the same, and `forecast model --claim P8` says which values a claim reaches. The parts:
{links}.

{reading_of(shipped())}

![Which part of the world reads which](figures/month.png)

![On which states and levers each state's next value depends](figures/month_states.png)

{parts}"""


def _part(part: str) -> str:
    found = describe_world(part)
    equations = "\n".join(row.line(_WIDTH) for row in found.rows)
    text = f"### {PARTS[part].title}\n\n{PARTS[part].about}\n\n```text\n{equations}\n```\n\n{_parameters(found)}"
    if found.rules:
        text += "\n\nKept as rules:\n\n" + "\n".join(
            f"- {rule.meaning} ({', '.join(rule.claims)})" for rule in found.rules
        )
    return text


def _parameters(found: WorldDescription) -> str:
    """Write which parameters enter each value, with what their priors rest on."""
    article = priors.load("article")
    lines = ["| value | parameter | meaning | unit | claims |", "| --- | --- | --- | --- | --- |"]
    for row in found.rows:
        for number, name in enumerate(row.parameters):
            prior = article[name]
            cells = ["" if number else row.name, f"`{name}`", prior.meaning, prior.unit, ", ".join(prior.claims)]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def month_pictures(folder: Path) -> None:
    """Draw the pictures."""
    whole = describe_world()
    forecast.plots.save(whole.plot(), folder / "month.png", dpi=110)
    forecast.plots.save(whole.plot(states=True), folder / "month_states.png", dpi=110)
