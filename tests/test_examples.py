"""Every example runs, is short, and draws a picture."""

import importlib.util
from pathlib import Path

import pytest

import forecast
import priors

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
COSTLY = {
    "change_a_belief",
    "forecast_all_options",
    "sweep_council_fragility",
    "what_the_evidence_changed",
    "where_regional_centres_fail",
}
"""Examples that run many options, or fit other beliefs than the article's."""
COSTLIEST = {"which_option", "whose_beliefs_matter"}
"""Examples that fit several sets of beliefs, which takes half a minute a set however few the worlds."""
LONGER = {"your_own_analysis": 100, "your_own_world": 110, "an_epidemic": 130}
"""Lines of those that define something: of others a reader wants no more than sixty."""


def test_the_examples_are_there():
    assert {path.stem for path in EXAMPLES} >= {
        "forecast_all_options",
        "write_your_own_option",
        "change_a_belief",
        "whose_beliefs_matter",
        "what_the_evidence_changed",
        "sweep_council_fragility",
        "where_regional_centres_fail",
        "your_own_analysis",
        "your_own_world",
        "an_epidemic",
    }


def test_a_world_is_under_fifty_lines():
    lines = (ROOT / "examples" / "your_own_world.py").read_text(encoding="utf-8").splitlines()
    first, last = lines.index("def origin(beliefs, luck):"), lines.index(")", lines.index("WORLD = World("))
    own = [line for line in lines[first : last + 1] if line and not line.lstrip().startswith('"""')]
    assert len(own) < 50


@pytest.fixture(scope="module")
def compiled():
    """The month, compiled: some examples run two hundred worlds a hundred times, which is slow in NumPy."""
    forecast.simulate(priors.load("article"), evidence="none", worlds=1, months=1, backend="numba", progress=False)


def marks_of(name):
    if name in COSTLIEST:
        return [pytest.mark.exhaustive]
    return [pytest.mark.slow] if name in COSTLY else []


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=marks_of(path.stem)) for path in EXAMPLES],
    ids=lambda path: path.stem,
)
def test_an_example_runs_and_draws(path, tmp_path, capsys):
    assert len(path.read_text(encoding="utf-8").splitlines()) < LONGER.get(path.stem, 60)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(out=tmp_path, worlds=200)
    pictures = list(tmp_path.glob("*.png"))
    assert pictures
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
    assert capsys.readouterr().out
