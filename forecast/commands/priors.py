"""``forecast priors``: the prior sets, the priors of one, or one prior."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import priors
from forecast.beliefs import read_beliefs
from forecast.commands.options import world_named
from forecast.commands.output import print_json, print_table, say
from forecast.errors import InvalidArgument, UnknownPrior
from priors.intervals import MASS, interval_label

__all__ = ["show_priors"]

_PICTURES = (".png", ".svg", ".pdf")
_DOTS = 150


def show_priors(name: str | None, *, world: str | None, beliefs: str | None, plot: str | None, as_json: bool) -> None:
    """Print the prior sets, or the priors of a set, or all about one prior.

    Parameters
    ----------
    name : str, optional
        A quantity of the set.
    world : str, optional
        As for :func:`forecast.load_world`: whose beliefs are meant where none are named; the shipped one by default.
    beliefs : str, optional
        A prior set's name or file.
    plot : str, optional
        A file for the picture of the prior.
    as_json : bool
        Print JSON.

    Raises
    ------
    UnknownPrior, UnknownPriorSet
        If there is no such quantity or set.
    InvalidArgument
        If a picture is asked for with no quantity, or in a format that is not drawn.
    FileNotWritable
        If the picture cannot be written.
    """
    if plot is not None:
        _check_plot(plot, name)
    if name is not None:
        believed = read_beliefs(beliefs, world_named(world))
        if name not in believed and name in priors.available():
            raise UnknownPrior(
                f"{name!r} is a prior set, not a quantity of the set {believed.name!r}",
                expected="the name of a quantity",
                mend=f"write --beliefs {name} to see that set",
            )
        prior = believed[name]
        if plot is not None:
            _draw(prior, Path(plot))
        if as_json:
            print_json(_as_data(prior))
        else:
            say(repr(prior.page()))
            if plot is not None:
                say(f"\nPicture in {plot}")
    elif beliefs is not None or world is not None:
        _show_set(read_beliefs(beliefs, world_named(world)), as_json=as_json)
    else:
        _show_sets(as_json=as_json)


def _show_sets(*, as_json: bool) -> None:
    sets = {name: priors.load(name) for name in priors.available()}
    if as_json:
        listed = [
            {"name": name, "title": one.title, "description": one.description, "priors": len(one), "hash": one.hash}
            for name, one in sets.items()
        ]
        print_json({"sets": listed})
    else:
        rows = [(name, one.title, str(len(one)), one.description) for name, one in sets.items()]
        print_table(("Name", "Title", "Priors", "What it is"), rows, right=(2,))


def _show_set(believed: priors.PriorSet, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "name": believed.name,
                "title": believed.title,
                "description": believed.description,
                "hash": believed.hash,
                "priors": [_as_data(prior) for prior in believed.values()],
            }
        )
        return
    from priors.reading import scale_of

    rows = []
    for name, prior in believed.items():
        low, high = prior.interval(MASS)
        # A bound that is 0 but for the rounding of doubles is 0.
        low, high = (0.0 if abs(bound) < 1e-12 * (high - low) else bound for bound in (low, high))
        scale = scale_of(prior.unit)
        rows.append((name, scale.label, scale.text(prior.median), scale.span(low, high), " ".join(prior.claims)))
    say(f"{believed.title or believed.name}: {believed.description}".rstrip(": "))
    say()
    print_table(("Name", "What it is in", "Median", interval_label(MASS).capitalize(), "Claims"), rows, right=(2, 3))


def _as_data(prior: priors.Prior) -> dict[str, Any]:
    lower, upper = prior.interval(MASS)
    return {
        "name": prior.name,
        "meaning": prior.meaning,
        "unit": prior.unit,
        "family": prior.family,
        "parameters": prior.parameters,
        "support": list(prior.support),
        "mean": prior.mean,
        "sd": prior.sd,
        "median": prior.median,
        "interval": {"mass": MASS, "lower": lower, "upper": upper},
        "derivation": prior.derivation,
        "claims": {one: prior.listed.words(one) for one in prior.claims},
    }


def _check_plot(plot: str, name: str | None) -> None:
    if name is None:
        raise InvalidArgument(
            f"--plot {plot!r} without a quantity",
            expected="the name of the quantity to draw",
            mend="write forecast priors NAME --plot NAME.png",
        )
    if Path(plot).suffix.lower() not in _PICTURES:
        raise InvalidArgument(
            f"--plot {plot!r}", expected="a file that ends with " + ", ".join(_PICTURES), mend="name it so"
        )


def _draw(prior: priors.Prior, path: Path) -> None:
    from matplotlib.figure import Figure

    from forecast.files import write_whole

    figure = prior.plot().figure
    assert isinstance(figure, Figure)
    write_whole(path, lambda part: figure.savefig(part, dpi=_DOTS))
