"""What readers see of one small result of every kind is what it was when it was last looked at.

A change that is meant is written with ``python -m tests.forecast.test_golden`` and read as a difference of text files.
"""

import inspect
import re
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

from tests.forecast.golden_results import RESULTS, written

FOLDER = Path(__file__).parent / "golden"
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def made(name, folder):
    return written(RESULTS[name](folder) if inspect.signature(RESULTS[name]).parameters else RESULTS[name]())


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_reads_as_before(name, tmp_path):
    now, then = made(name, tmp_path), (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert NUMBER.sub("#", now) == NUMBER.sub("#", then)
    # Another processor may round the last bit otherwise.
    for is_, was in zip(NUMBER.findall(now), NUMBER.findall(then), strict=True):
        assert float(is_) == pytest.approx(float(was), rel=1e-6, abs=1e-12), f"{was} became {is_}"


def test_every_file_has_its_result():
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(RESULTS)


if __name__ == "__main__":
    warnings.simplefilter("error")
    FOLDER.mkdir(exist_ok=True)
    for asked in sys.argv[1:] or RESULTS:
        with tempfile.TemporaryDirectory() as temporary:
            text = made(asked, Path(temporary))
        (FOLDER / f"{asked}.txt").write_text(text, encoding="utf-8")
