"""Compiled code on disk: it saves time, and whatever is wrong with it costs time only."""

import hashlib

import numba
import pytest

from forecast.engine import compiled_cache
from forecast.engine.compiled_cache import compile_kept, is_kept

SIGNATURE = numba.types.int64(numba.types.int64)


def _double(x):
    return 2 * x


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LIBYA_FORECAST_CACHE", str(tmp_path))
    return tmp_path / "compiled"


def _compile(content="one"):
    function = compile_kept(_double, [SIGNATURE], content)
    assert function(21) == 42
    return sum(function.stats.cache_hits.values())


def test_it_is_compiled_once(place):
    assert _compile() == 0
    (entry,) = place.iterdir()
    assert _compile() == 1
    assert list(place.iterdir()) == [entry]


def test_it_tells_whether_it_is_there_without_loading_it(place):
    from numba.core.registry import cpu_target

    codegen = cpu_target.target_context.codegen()
    assert not is_kept("one", SIGNATURE, codegen)
    _compile()
    assert is_kept("one", SIGNATURE, codegen)
    assert not is_kept("two", SIGNATURE, codegen)


def test_other_content_is_other_code(place):
    _compile()
    assert _compile("two") == 0
    assert len(list(place.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"half", None], ids=["empty", "other", "cut"])
def test_a_damaged_entry_is_compiled_again_and_replaced(place, damage):
    _compile()
    (entry,) = place.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert _compile() == 0
    assert _compile() == 1


def test_a_foreign_entry_under_a_right_name_is_compiled_again(place):
    _compile()
    (entry,) = place.iterdir()
    stem = entry.stem.split("-")[0]
    foreign = b"not what numba wrote"
    entry.unlink()
    (place / f"{stem}-{hashlib.sha256(foreign).hexdigest()[:32]}.bin").write_bytes(foreign)
    assert _compile() == 0
    # It is out of the way now.
    assert _compile() == 1
    assert len(list(place.iterdir())) == 1


def test_files_of_other_names_are_not_touched(place):
    place.mkdir()
    (place / "notes.bin").write_bytes(b"mine")
    for number in range(compiled_cache._LIMIT + 2):
        (place / f"{number:064x}-{number:032x}.bin").write_bytes(b"old")
    _compile()
    assert (place / "notes.bin").read_bytes() == b"mine"
    assert len(list(place.iterdir())) == compiled_cache._LIMIT + 1


def test_a_place_that_cannot_be_used_costs_time_only(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("LIBYA_FORECAST_CACHE", str(blocked))
    assert _compile() == 0
    assert _compile() == 0
    assert blocked.read_text() == "in the way"
