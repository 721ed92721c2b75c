"""The examples in docstrings run, and print what they say; everything public has one."""

import doctest
import importlib
import inspect
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("forecast", "priors")
    for path in (ROOT / package).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)
"""Modules with examples, found by their text: nothing is imported before a test needs it."""


def test_the_modules_with_examples_are_found():
    assert {"forecast.engine.simulate", "forecast.options.option", "priors.elicitation"} <= set(EXAMPLES)
    assert len(EXAMPLES) > 60


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_in_docstrings_run(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert found.attempted > 0
    assert found.failed == 0


PUBLIC = ("forecast", "forecast.options", "forecast.plots", "priors")
DECLARING = ("forecast.paths", "forecast.readings", "forecast.schema", "forecast.world")
"""Modules that a user imports from: what ``forecast`` and ``priors`` show, and what declares a world."""


def without_example(home):
    """Return the public functions and classes of a module whose docstrings show no example."""
    public = {name: inspect.unwrap(getattr(home, name)) for name in home.__all__}
    return [
        name
        for name, one in public.items()
        if (inspect.isfunction(one) or inspect.isclass(one)) and ">>> " not in (one.__doc__ or "")
    ]


@pytest.mark.parametrize("home", [*PUBLIC, *DECLARING])
def test_everything_public_has_an_example(home):
    assert not without_example(importlib.import_module(home))


def test_a_function_without_an_example_is_found():
    def shown():
        """Show.

        >>> shown()
        """

    def hidden():
        """Hide."""

    class Silent:
        pass

    names = {"shown": shown, "hidden": hidden, "Silent": Silent, "NUMBER": 1}
    assert without_example(SimpleNamespace(**names, __all__=list(names))) == ["hidden", "Silent"]
