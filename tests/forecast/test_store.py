"""Saved outcomes come back the same, and no file or place can do harm."""

import errno
import os
import shutil

import h5py
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import forecast
import priors
from forecast.errors import FileMissing, FileNotWritable, InvalidArgument, InvalidFile, VersionMismatch
from forecast.options import Option, Phase
from forecast.schema import FORMAT
from forecast.store import room_for
from forecast.worlds.district import BELIEFS, DISTRICT


def simulated(worlds):
    """Give worlds of the toy: the shipped world's two hundred variables take seconds to write and to read."""
    # A title outside ASCII, because options files are written by people.
    mine = Option("mine", phases=(Phase({"patrols": 0.5}),), title="Patrouilles دوريات")
    return run(options=["nothing", mine], months=3, worlds=worlds, seed=2**62)


def run(**given):
    return forecast.simulate(priors.load(BELIEFS), evidence="none", world=DISTRICT, progress=False, **given)


@pytest.fixture(scope="module")
def outcomes():
    return simulated(60)


@pytest.fixture(scope="module")
def saved(outcomes, tmp_path_factory):
    return forecast.save(outcomes, tmp_path_factory.mktemp("store") / "saved.nc")


@pytest.fixture(scope="module")
def again(saved, tmp_path_factory):
    """What was read from a file that is gone."""
    path = tmp_path_factory.mktemp("gone") / "once.nc"
    shutil.copy(saved, path)
    read = forecast.load(path)
    path.unlink()
    return read


@pytest.fixture(scope="module")
def content(saved):
    return saved.read_bytes()


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged") / "any.nc"


def refused(path):
    with pytest.raises(InvalidFile) as caught:
        forecast.load(path)
    assert caught.value.mend
    return caught.value


# What is saved comes back


def test_round_trip(outcomes, again):
    xr.testing.assert_identical(again, outcomes)
    assert list(again.variables) == list(outcomes.variables)
    for name, variable in outcomes.variables.items():
        assert again[name].dtype.kind == variable.dtype.kind, name
        assert again[name].dtype == variable.dtype or variable.dtype.kind in "UTO", name
        assert again[name].dims == variable.dims
        assert list(again[name].attrs) == list(variable.attrs)
    assert list(again.attrs) == list(outcomes.attrs)
    assert [type(value) for value in again.attrs.values()] == [type(value) for value in outcomes.attrs.values()]


@pytest.mark.slow
def test_round_trip_of_the_shipped_world(small, tmp_path):
    xr.testing.assert_identical(forecast.load(forecast.save(small, tmp_path / "small.nc")), small)


def test_what_is_read_can_be_used_like_what_was_simulated(outcomes, again):
    assert forecast.compare(again).equals(forecast.compare(outcomes))
    xr.testing.assert_identical(forecast.parameters(again), forecast.parameters(outcomes))
    xr.testing.assert_equal(forecast.join(again, simulated(range(60, 65))), simulated(65))


def test_some_worlds_of_one_month_over_an_older_file(tmp_path):
    some = run(options="patrols", months=1, worlds=3)
    one = some.isel(world=slice(1))
    before = one.copy(deep=True)
    (tmp_path / "one.nc").write_bytes(b"an older file")
    path = forecast.save(one, tmp_path / "one.nc")
    # Saving leaves what is saved as it was.
    xr.testing.assert_identical(one, before)
    assert path.stat().st_size < room_for(one)
    xr.testing.assert_identical(forecast.load(path), before)


def test_more_worlds_than_a_block(tmp_path):
    several = run(options="patrols", months=2, worlds=4097)
    path = forecast.save(several, tmp_path / "several.nc")
    assert several.nbytes < path.stat().st_size < room_for(several)
    with h5py.File(path) as file:
        assert file["rebels"].chunks == (1, 2049, 3)
    xr.testing.assert_identical(forecast.load(path), several)


def test_others_may_read_a_saved_file(saved):
    mask = os.umask(0)
    os.umask(mask)
    assert saved.stat().st_mode & 0o777 == 0o666 & ~mask


# Damaged and foreign files


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.1, 0.3, 0.6, 0.9, 0.99, 0.9999])
def test_truncated(content, tmp_path, share):
    path = tmp_path / "short.nc"
    path.write_bytes(content[: int(share * len(content))])
    refused(path)


@given(content=st.binary(max_size=400))
@settings(max_examples=25)
def test_any_bytes(anywhere, content):
    anywhere.write_bytes(content)
    refused(anywhere)


@given(rest=st.binary(min_size=1, max_size=400))
@settings(max_examples=25)
def test_any_bytes_after_the_signature_of_hdf5(anywhere, rest):
    anywhere.write_bytes(b"\x89HDF\r\n\x1a\n" + rest)
    refused(anywhere)


def test_every_number_has_a_checksum_and_a_flipped_bit_is_seen(saved, content, outcomes, tmp_path):
    with h5py.File(saved) as file:
        assert all(file[name].fletcher32 for name in outcomes.data_vars)
        block = file["calm"].id.get_chunk_info(0)
    damaged = bytearray(content)
    damaged[block.byte_offset + block.size // 2] ^= 1
    (tmp_path / "bit.nc").write_bytes(damaged)
    assert "damaged" in refused(tmp_path / "bit.nc").mend


def test_foreign_netcdf(tmp_path):
    path = tmp_path / "foreign.nc"
    xr.Dataset({"rain": ("day", [1.0, 2.0])}).to_netcdf(path, engine="h5netcdf")
    assert "something else" in str(refused(path))


def test_foreign_hdf5(tmp_path):
    path = tmp_path / "foreign.h5"
    with h5py.File(path, "w") as file:
        file["rain"] = [1.0, 2.0]
    refused(path)


def test_text_file(tmp_path):
    path = tmp_path / "notes.nc"
    path.write_text("worlds without end\n")
    refused(path)


def changed(content, path, change):
    """Write the saved file with something in it changed."""
    path.write_bytes(content)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


@pytest.mark.parametrize("version", [FORMAT + 1, 0, -1, "1", 1.5, [1, 1]])
def test_other_format(content, tmp_path, version):
    def change(file):
        file.attrs["format"] = version

    path = changed(content, tmp_path / "other.nc", change)
    with pytest.raises(VersionMismatch, match=f"format {FORMAT}"):
        forecast.load(path)


@pytest.mark.parametrize("kind", ["another model's outcomes", 1, ["a", "b"]])
def test_other_kind(content, tmp_path, kind):
    def change(file):
        file.attrs["kind"] = kind

    refused(changed(content, tmp_path / "other.nc", change))


@pytest.mark.parametrize("attribute", ["kind", "format", "seed"])
def test_attribute_missing(content, tmp_path, attribute):
    def change(file):
        del file.attrs[attribute]

    refused(changed(content, tmp_path / "less.nc", change))


@pytest.mark.parametrize("seed", ["one", 1.5, [1, 2]])
def test_seed_of_another_type(content, tmp_path, seed):
    def change(file):
        file.attrs["seed"] = seed

    refused(changed(content, tmp_path / "seed.nc", change))


@pytest.mark.parametrize("name", ["calm", "title"])
def test_variable_missing(content, tmp_path, name):
    def change(file):
        del file[name]

    assert name in str(refused(changed(content, tmp_path / "less.nc", change)))


def test_variable_on_other_dims(content, tmp_path):
    def change(file):
        values, said = file["rebels"][()], file["rebels"].attrs
        said = {name: said[name] for name in ("units", "long_name", "state_kind")}
        del file["rebels"]
        turned = file.create_dataset("rebels", data=values.transpose())
        turned.attrs.update(said)
        for place, dim in enumerate(("month", "world", "option")):
            turned.dims[place].attach_scale(file[dim])

    assert "dims (option, world, month)" in str(refused(changed(content, tmp_path / "turned.nc", change)))


# Places


def test_missing(tmp_path):
    with pytest.raises(FileMissing, match="check the path"):
        forecast.load(tmp_path / "none.nc")


def test_folder_is_no_file(tmp_path):
    with pytest.raises(FileMissing):
        forecast.load(tmp_path)


def unwritable(folder):
    (folder / "file").write_text("in the way")
    (folder / "folder.nc").mkdir()
    return [folder / "file" / "a.nc", folder / "none" / "a.nc", folder / "folder.nc", folder / ("a" * 300), "a\0b.nc"]


@pytest.mark.parametrize("number", range(5))
def test_place_that_cannot_be_written(outcomes, tmp_path, number):
    places = unwritable(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileNotWritable) as caught:
        forecast.save(outcomes, places[number])
    assert caught.value.mend
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_no_outcome_is_not_saved(outcomes, tmp_path):
    parts = (outcomes.isel(world=0), outcomes.isel(world=slice(0)), outcomes.transpose(), outcomes[["rebels"]])
    for thing in (xr.Dataset(), {"kind": "libya-forecast outcomes"}, None, *parts):
        with pytest.raises(InvalidArgument):
            forecast.save(thing, tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("cannot flush"), KeyboardInterrupt()]
)
def test_failed_save_keeps_the_old_file(outcomes, saved, tmp_path, monkeypatch, fault):
    path = tmp_path / "a.nc"
    shutil.copy(saved, path)
    before = path.read_bytes()

    def write_and_fail(self, target, **kwargs):
        target.write_bytes(before[: len(before) // 2])
        raise fault

    monkeypatch.setattr(xr.Dataset, "to_netcdf", write_and_fail)
    with pytest.raises(KeyboardInterrupt if isinstance(fault, KeyboardInterrupt) else FileNotWritable):
        forecast.save(outcomes, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_limit_on_file_size_is_met_like_a_full_disk(outcomes, content, tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.nc"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(FileNotWritable):
            forecast.save(outcomes, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
    # The process is none the worse for it.
    assert forecast.save(outcomes, path).read_bytes() == content
