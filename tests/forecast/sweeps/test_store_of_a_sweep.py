"""A store survives what happens to it: kill -9, damage, full disks, other writers, other formats."""

import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap

import pytest
import xarray as xr

from forecast.errors import FileNotWritable, InvalidFile, VersionMismatch
from forecast.sweeps.lock import LOCK, Lock
from forecast.sweeps.node import CHUNK, METADATA
from forecast.sweeps.sweep import sweep

GRID = {"vetting": [0.2, 0.8], "options": ["no_assistance", "training"], "months": [2]}
SIZE = {"worlds": 5000, "seed": 2, "progress": False}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a POSIX system")


def _bytes(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    store = tmp_path_factory.mktemp("whole") / "s.zarr"
    return sweep(GRID, evidence="none", store=store, **SIZE), store


@pytest.fixture
def copy(whole, tmp_path):
    return shutil.copytree(whole[1], tmp_path / "s.zarr")


# A child for each moment is forked from one process that has imported everything. It is killed just before it does so
# many things to the store: the interpreter tells of every file that is opened, made, moved or removed.
KILLED = textwrap.dedent("""
    import os, signal, sys
    import forecast
    from forecast.sweeps.sweep import sweep

    folder, moments, grid, size = sys.argv[1], *map(eval, sys.argv[2:])
    for moment in moments:
        pid = os.fork()
        if pid == 0:
            store, seen = os.path.join(folder, f"{moment}.zarr"), 0

            def count(event, arguments):
                global seen
                if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate"):
                    if any(isinstance(one, (str, os.PathLike)) and store in os.fspath(one) for one in arguments):
                        seen += 1
                        if seen > moment:
                            os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(count)
            sweep(grid, evidence="none", store=store, **size)
            os._exit(0)
        print(moment, os.waitpid(pid, 0)[1], flush=True)
""")


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param([14, 40, 110], marks=pytest.mark.slow),
        pytest.param([0, 2, 8, 18, 22, 26, 60, 90, 150], marks=pytest.mark.exhaustive),
    ],
    ids=["some", "many"],
)
def test_a_killed_sweep_goes_on_to_the_same_bits(whole, tmp_path, moments):
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path), repr(moments), repr(GRID), repr(SIZE)],
        capture_output=True,
        text=True,
        check=True,
    )
    ends = dict(map(int, line.split()) for line in ran.stdout.splitlines())
    assert ends == dict.fromkeys(moments, signal.SIGKILL)
    left = set()
    for moment in moments:
        store = tmp_path / f"{moment}.zarr"
        before = _bytes(store) if store.exists() else {}
        left.add(sum(name.endswith(CHUNK) for name in before))
        resumed = sweep(GRID, evidence="none", store=store, **SIZE)
        xr.testing.assert_identical(resumed.data, whole[0].data)
        after = _bytes(store)
        assert after == _bytes(whole[1])
        # What was whole stays as it was.
        assert {name: after[name] for name in before if name.startswith("cells/")} == {
            name: content for name, content in before.items() if name.startswith("cells/")
        }
        assert resumed.report.repaired == ()
    # The moments fell at different stages.
    assert len(left) > 2


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "a flipped bit": lambda array: _flip(array / CHUNK),
    "a cut-off chunk": lambda array: (array / CHUNK).write_bytes((array / CHUNK).read_bytes()[:-9]),
    "an empty chunk": lambda array: (array / CHUNK).write_bytes(b""),
    "a lost chunk": lambda array: (array / CHUNK).unlink(),
    "lost metadata": lambda array: (array / METADATA).unlink(),
    "metadata that is no JSON": lambda array: (array / METADATA).write_bytes(b"\xff{"),
    "metadata of another kind": lambda array: (array / METADATA).write_text("[]"),
    "another shape": lambda array: (array / METADATA).write_text(
        (array / METADATA).read_text().replace('"shape": [', '"shape": [1, ', 1)
    ),
    "a changed note": lambda array: (array / METADATA).write_text(
        (array / METADATA).read_text().replace('"start": 0', '"start": 1')
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_chunk_is_computed_again_alone_and_reported(damage, whole, copy):
    array = sorted(copy.glob("cells/*/*/0-4096"))[2]
    damage(array)
    told = sweep(GRID, evidence="none", store=copy, dry_run=True, **SIZE)
    assert told.report.repaired == (str(array.relative_to(copy)),)
    assert told.report.to_do == 1
    before = {path: path.stat().st_mtime_ns for path in copy.rglob(CHUNK) if array not in path.parents}
    repaired = sweep(GRID, evidence="none", store=copy, **SIZE)
    assert repaired.report.repaired == (str(array.relative_to(copy)),)
    assert repaired.report.computed == 1
    assert "1 damaged and repaired" in repr(repaired)
    xr.testing.assert_identical(repaired.data, whole[0].data)
    assert _bytes(copy) == _bytes(whole[1])
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_damaged_description_is_written_again(whole, copy):
    described = sorted(copy.glob("cells/*/*/"))[1]
    (described / METADATA).write_bytes(b"{")
    mended = sweep(GRID, evidence="none", store=copy, **SIZE)
    assert (mended.report.repaired, mended.report.computed) == ((str(described.relative_to(copy)),), 0)
    assert _bytes(copy) == _bytes(whole[1])


def test_a_lost_description_of_the_store_is_written_again_and_a_damaged_one_refused(whole, copy):
    (copy / METADATA).write_bytes(b"\x00")
    with pytest.raises(InvalidFile, match="delete that file"):
        sweep(GRID, evidence="none", store=copy, **SIZE)
    (copy / METADATA).unlink()
    assert sweep(GRID, evidence="none", store=copy, **SIZE).report.computed == 0
    assert _bytes(copy) == _bytes(whole[1])


def test_cells_of_another_version_are_told_and_left_as_they_are(whole, copy):
    [code] = copy.glob("cells/*/")
    code.rename(code.with_name("0" * 16))
    before = _bytes(copy)
    told = sweep(GRID, evidence="none", store=copy, dry_run=True, **SIZE)
    assert (told.report.there, told.report.to_do) == (0, 4)
    [other] = told.report.other_versions
    assert other.startswith("0000000000000000 libya-forecast ")
    again = sweep(GRID, evidence="none", store=copy, **SIZE)
    assert again.report.computed == 4
    assert "cells of 1 other version of the model are in the store, not used" in repr(again)
    after = _bytes(copy)
    assert {name: after[name] for name in before} == before
    xr.testing.assert_identical(again.data, whole[0].data)
    # They can be deleted, and nothing is said of them then.
    shutil.rmtree(copy / "cells" / ("0" * 16))
    assert sweep(GRID, evidence="none", store=copy, **SIZE).report.other_versions == ()
    assert _bytes(copy) == _bytes(whole[1])


def test_a_damaged_range_is_mended_though_a_shorter_one_is_whole(copy):
    sweep(GRID, evidence="none", store=copy, **{**SIZE, "worlds": 300})
    array = sorted(copy.glob("cells/*/*/0-4096"))[0]
    _flip(array / CHUNK)
    assert sweep(GRID, evidence="none", store=copy, **SIZE).report.repaired == (str(array.relative_to(copy)),)
    assert sweep(GRID, evidence="none", store=copy, **SIZE).report.repaired == ()


def test_nothing_is_said_to_be_repaired_that_could_not_be_written(whole, copy):
    described = sorted(copy.glob("cells/*/*/"))[1]
    (described / METADATA).write_bytes(b"{")
    held = Lock(copy)
    try:
        read = sweep(GRID, evidence="none", store=copy, **SIZE)
    finally:
        held.release()
    assert read.report.ended == "read only"
    assert "1 damaged and to be repaired" in repr(read)
    xr.testing.assert_identical(read.data, whole[0].data)
    assert "1 damaged and repaired" in repr(sweep(GRID, evidence="none", store=copy, **SIZE))


@pytest.mark.parametrize("place", ["cells", "draws"])
def test_a_damaged_description_of_a_folder_is_written_again(place, whole, copy):
    (copy / place / METADATA).write_bytes(b"")
    assert sweep(GRID, evidence="none", store=copy, **SIZE).report.repaired == (place,)
    assert _bytes(copy) == _bytes(whole[1])


def test_an_array_of_another_cell_is_not_taken_for_its_own(whole, copy):
    one, other = sorted(copy.glob("cells/*/*/0-4096"))[:2]
    shutil.rmtree(one)
    shutil.copytree(other, one)
    repaired = sweep(GRID, evidence="none", store=copy, **SIZE)
    assert repaired.report.repaired == (str(one.relative_to(copy)),)
    xr.testing.assert_identical(repaired.data, whole[0].data)


def _foreign(path):
    path.mkdir()
    (path / "notes.txt").write_text("mine")


def _cells_of_something_else(path):
    (path / "cells").mkdir(parents=True)
    (path / "cells" / "culture.csv").write_text("mine")


def _other_zarr(path):
    path.mkdir()
    (path / METADATA).write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {"kind": "x"}}))


def _version(version):
    def make(path):
        path.mkdir()
        attributes = {"kind": "libya-forecast sweep", "format": version}
        (path / METADATA).write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes}))

    return make


STRANGE = {
    "a folder of something else": (_foreign, InvalidFile),
    "cells of something else": (_cells_of_something_else, InvalidFile),
    "a file": (lambda path: path.write_text("mine"), InvalidFile),
    "another Zarr store": (_other_zarr, InvalidFile),
    "a newer format": (_version(2), VersionMismatch),
    "an older format": (_version(0), VersionMismatch),
    "a format that is no number": (_version("1"), VersionMismatch),
    "a format that is true": (_version(True), VersionMismatch),
}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(("make", "error"), STRANGE.values(), ids=STRANGE)
def test_a_strange_store_is_refused_and_left_alone(make, error, dry_run, tmp_path):
    path = tmp_path / "s"
    make(path)
    before = _bytes(tmp_path)
    with pytest.raises(error, match="To mend it") as caught:
        sweep(GRID, evidence="none", store=path, dry_run=dry_run, **SIZE)
    assert type(caught.value) is error
    assert _bytes(tmp_path) == before


@pytest.mark.parametrize("place", ["/proc/s.zarr", "/dev/null/s.zarr", "a\0b"])
def test_a_place_that_cannot_be_written_is_refused(place):
    with pytest.raises(FileNotWritable, match="To mend it"):
        sweep(GRID, evidence="none", store=place, **SIZE)


AS_NOBODY = textwrap.dedent("""
    import os, sys
    import forecast.sweeps.sweep, forecast.sweeps.table, forecast.sweeps.chunk_store
    import google_crc32c, scipy.special, xarray
    from forecast.errors import FileNotWritable
    from forecast.sweeps.sweep import sweep

    store, grid, size = sys.argv[1], *map(eval, sys.argv[2:])
    # All that is imported late is imported while that is allowed.
    sweep({**grid, "vetting": [0.5]}, evidence="none", store=store + "x", **size)
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    found = sweep(grid, evidence="none", store=store, **size)
    assert found.report.there == 4, found
    try:
        sweep({**grid, "vetting": [0.3]}, evidence="none", store=store, **size)
    except FileNotWritable as error:
        print(error)
""")


@pytest.mark.slow
def test_a_read_only_store_gives_what_is_there_and_refuses_the_rest(whole):
    # The folders that pytest makes are its user's alone.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        store = shutil.copytree(whole[1], pathlib.Path(folder) / "s.zarr")
        before = _bytes(store)
        folders = [one for one, _, _ in os.walk(store)]
        for one in folders:
            os.chmod(one, 0o555)
        ran = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(store), repr(GRID), repr(SIZE)], capture_output=True, text=True
        )
        for one in folders:
            os.chmod(one, 0o755)
        assert ran.returncode == 0, ran.stderr
        assert "cannot be written (Permission denied)" in ran.stdout
        assert _bytes(store) == before


def test_a_full_disk_ends_in_words_and_a_store_that_goes_on(whole, tmp_path):
    store = tmp_path / "s.zarr"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        # A range of all 4,096 worlds is one node of under 1,000 bytes, and that of the rest is 13 kB.
        with pytest.raises(FileNotWritable, match=r"make room.*run again"):
            sweep(GRID, evidence="none", store=store, **SIZE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    left = _bytes(store)
    assert sum(name.endswith(CHUNK) for name in left) > 0
    assert not any(".part" in name or LOCK in name for name in left)
    xr.testing.assert_identical(sweep(GRID, evidence="none", store=store, **SIZE).data, whole[0].data)
    assert _bytes(store) == _bytes(whole[1])


HOLDS = """
import pathlib, sys
from forecast.sweeps.lock import Lock
held = Lock(pathlib.Path(sys.argv[1]))
print(flush=True)
sys.stdin.read()
"""


def test_the_second_writer_is_refused_and_takes_over_from_the_dead(copy, whole):
    more = {**GRID, "vetting": [0.2, 0.5, 0.8]}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(copy)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        before = _bytes(copy)
        with pytest.raises(FileNotWritable, match=rf"being written by process {child.pid} on .*one writer"):
            sweep(more, evidence="none", store=copy, **SIZE)
        # To read, and to ask what it would take, no right to write is needed.
        xr.testing.assert_identical(sweep(GRID, evidence="none", store=copy, **SIZE).data, whole[0].data)
        assert sweep(more, evidence="none", store=copy, dry_run=True, **SIZE).report.to_do == 2
        assert _bytes(copy) == before
        child.kill()
    assert (copy / LOCK).exists()
    assert sweep(more, evidence="none", store=copy, **SIZE).report.computed == 2
    assert not (copy / LOCK).exists()


def test_a_second_writer_in_the_same_process_is_refused(copy):
    held = Lock(copy)
    try:
        with pytest.raises(FileNotWritable, match=f"process {os.getpid()}"):
            Lock(copy)
    finally:
        held.release()
    Lock(copy).release()


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("", False),
        ('{"pid": 12', False),
        ("[]", False),
        (json.dumps({"pid": 2**22 + 5, "host": socket.gethostname()}), False),
        # The number of a dead process may be another's by now, which does not hold the lock.
        (json.dumps({"pid": os.getppid(), "host": socket.gethostname()}), False),
        (json.dumps({"pid": 1, "host": "elsewhere.example"}), True),
    ],
)
def test_a_lock_that_was_left_behind(said, refused, tmp_path):
    (tmp_path / LOCK).write_text(said)
    if refused:
        with pytest.raises(FileNotWritable, match=r"elsewhere\.example.*delete"):
            Lock(tmp_path)
        assert (tmp_path / LOCK).read_text() == said
    else:
        Lock(tmp_path).release()
        assert not (tmp_path / LOCK).exists()


def test_an_interrupted_sweep_keeps_what_is_done(whole, tmp_path, monkeypatch):
    import forecast.sweeps.sweep as module

    usual = module._keep

    def keep_and_interrupt(*arguments):
        usual(*arguments)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(module, "_keep", keep_and_interrupt)
    begun = sweep(GRID, evidence="none", store=tmp_path / "s", **SIZE)
    assert begun.report.ended == "interrupted"
    assert begun.report.to_do > 0
    assert "interrupted" in repr(begun)
    assert begun.data.attrs["not_run_cells"] == begun.report.to_do
    monkeypatch.setattr(module, "_keep", usual)
    xr.testing.assert_identical(sweep(GRID, evidence="none", store=tmp_path / "s", **SIZE).data, whole[0].data)
