"""What the README says of the claims that the article's choice needs, with every claim tried. Exhaustive."""

import importlib.util
from pathlib import Path

import pytest

import forecast

ROOT = Path(__file__).parents[3]


@pytest.mark.exhaustive
def test_the_claims_of_the_readme_are_those_that_the_lead_needs_most(article):
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    found = forecast.by_claim(article, against="no_assistance", worlds=4000, seed=1, progress=False)
    frame = found.to_frame()
    assert tuple(frame["change"].nsmallest(len(build.NEEDED)).index) == build.NEEDED
    assert found.best in ("regional_then_national", "diplomacy")
    changed = frame.index[frame["changed"] & frame["resolved"]]
    assert list(changed) == ["P34"]
    assert frame.loc["P34", "best"] == "diplomacy"
