"""A fit has the same bits whatever library does linear algebra, and on however many threads."""

import hashlib
import os
import platform
import subprocess
import sys

import numpy as np
import pytest

from forecast.evidence import load_evidence
from forecast.posterior.sampled import sample_posterior

_FIT = """
import numpy as np, forecast, priors
from threadpoolctl import threadpool_info
from tests.forecast.posterior.test_same_bits import digest
fit = forecast.fit(priors.load("article"), evidence="article+reference", progress=False, cache=False)
library = [one for one in threadpool_info() if one["internal_api"] == "openblas"]
# Which kernels and threads there were: equal ones could not tell anything. A product is what they differ in.
rng = np.random.default_rng(1)
product = rng.standard_normal((300, 300)) @ rng.standard_normal((300, 300))
kernels = sorted({(one["architecture"], one["num_threads"]) for one in library})
print(digest(fit), kernels, product.sum().hex(), sep="|")
"""


def digest(fit):
    """Hash what a fit drew."""
    found = hashlib.sha256()
    for group in ("posterior", "importance", "sample_stats"):
        for name, array in sorted(fit[group].data_vars.items()):
            values = array.values
            found.update(str(name).encode())
            found.update(repr(values.tolist()).encode() if values.dtype == object else np.ascontiguousarray(values))
    return found.hexdigest()


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the kernels are of x86")
def test_bits_do_not_depend_on_the_linear_algebra_library_or_its_threads():
    said = []
    for kernel, threads in (("Haswell", "1"), ("Nehalem", "2")):
        environment = {**os.environ, "OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": threads, "PYTHONPATH": "."}
        done = subprocess.run([sys.executable, "-c", _FIT], env=environment, capture_output=True, text=True, check=True)
        said.append(done.stdout.strip().split("|"))
    (first, kernels, product), (second, others, other_product) = said
    if kernels == others or product == other_product:
        pytest.skip(f"NumPy's library has no kernels that differ: {kernels}, {others}")
    assert first == second


def _drawn(beliefs, seed):
    known = load_evidence("article")
    found = sample_posterior(known.applied(beliefs), known.items, seed=seed)
    return {name: values for one in found.sampled[0] for name, values in one.values.items()}


def test_same_seed_same_bits_and_other_seeds_others(article):
    first, again, other = (_drawn(article, seed) for seed in (1, 1, 2))
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
        # Far out in the tails numbers are rounded together.
        assert np.isin(values, other[name]).mean() < 1e-3
