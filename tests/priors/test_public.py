"""The public names, and what importing them costs."""

import subprocess
import sys

import priors


def test_public_names():
    assert sorted(priors.__all__) == [
        "Claim",
        "Claims",
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
    for name in priors.__all__:
        assert callable(getattr(priors, name))
        assert name in dir(priors)


def test_importing_is_light():
    heavy = ["numpy", "scipy", "matplotlib", "pandas", "xarray", "pymc", "arviz"]
    code = f"import sys, priors; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_eliciting_needs_no_plotting_nor_tables():
    heavy = ["scipy.stats", "matplotlib", "pandas", "xarray", "pymc", "arviz"]
    code = (
        "import sys, priors; priors.load('article'); priors.elicit('Normal', interval=(0, 1), mass=0.9); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
