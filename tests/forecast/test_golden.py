"""What readers see of one small result of every kind is what it was when it was last looked at.

A change that is meant is written with ``python -m tests.forecast.test_golden`` and read as a difference of text files.
"""

import inspect
import re
import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path

import pytest

from forecast.results import Result
from tests.forecast.golden_results import RESULTS, written

FOLDER = Path(__file__).parent / "golden"
PART = re.compile(r"^\[(repr|table|attributes|page|picture)\]$", re.MULTILINE)
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


COSTLY = {
    "by_beliefs",
    "by_claim_of_a_fit",
    "by_structure",
    "calibrate",
    "power_scaling",
    "questions_of_a_fit",
    "structure_ranges",
    "tornado_by_claim_of_a_fit",
}
"""Results that take a second or more; the others show tables, words and pages of the same kinds."""


@cache
def _once(name):
    return RESULTS[name]()


def result_of(name, folder):
    return RESULTS[name](folder) if inspect.signature(RESULTS[name]).parameters else _once(name)


def made(name, folder):
    return written(result_of(name, folder))


def of(names):
    return [pytest.param(name, marks=pytest.mark.slow) if name in COSTLY else name for name in names]


@pytest.mark.parametrize("name", of(RESULTS))
def test_a_result_reads_as_before(name, tmp_path):
    now, then = made(name, tmp_path), (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert NUMBER.sub("#", now) == NUMBER.sub("#", then)
    # Another processor may round the last bit otherwise.
    for is_, was in zip(NUMBER.findall(now), NUMBER.findall(then), strict=True):
        assert float(is_) == pytest.approx(float(was), rel=1e-6, abs=1e-12), f"{was} became {is_}"


NO_RESULTS = {"compare", "compare_of_a_fit", "evpi", "evppi", "evsi", "option", "prior", "run", "values"}
"""These are tables, single estimates and inputs; and pictures of outcomes, whose names say so."""


@pytest.mark.parametrize(
    "name", of(name for name in RESULTS if name not in NO_RESULTS and not name.startswith("plots_"))
)
def test_a_result_goes_to_xarray_and_to_a_file(name, tmp_path):
    result = result_of(name, tmp_path)
    assert isinstance(result, Result)
    data, frame = result.to_xarray(), result.to_frame()
    for label in data.dims:
        if label in frame.index.names:
            assert data[label].values.tolist() == list(dict.fromkeys(frame.index.get_level_values(label)))
    assert all(array.dtype.kind != "O" or isinstance(array.values.flat[0], str) for array in data.values())
    assert set(frame.attrs) <= set(data.attrs)
    data.to_netcdf(tmp_path / "result.nc")


SILENT = {"calibrate", "check", "describe_world", "option", "prior", "sweep", "values"}
"""These are of no one set of beliefs, or name it elsewhere than in every part."""


@pytest.mark.parametrize("name", sorted(set(RESULTS) - SILENT))
def test_every_part_of_a_result_says_whose_beliefs_on_what_evidence(name):
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    parts = dict(zip(*[iter(PART.split(text)[1:])] * 2, strict=True))
    assert parts.keys() & {"repr", "attributes", "picture"}
    for part in parts.keys() - {"table"}:
        quoted = "'" if part == "attributes" else ""
        assert f"beliefs: {quoted}article" in parts[part].replace("Beliefs", "beliefs"), part


def test_every_file_has_its_result():
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(RESULTS)


if __name__ == "__main__":
    warnings.simplefilter("error")
    FOLDER.mkdir(exist_ok=True)
    for asked in sys.argv[1:] or RESULTS:
        with tempfile.TemporaryDirectory() as temporary:
            text = made(asked, Path(temporary))
        (FOLDER / f"{asked}.txt").write_text(text, encoding="utf-8")
