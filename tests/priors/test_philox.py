"""The generator against its published vectors, and what a user of its numbers relies on."""

import numpy as np
import pytest
from scipy import stats

from priors import philox
from priors.streams import keyed_normals, normals, uniforms

# The known answers of the authors' own implementation (Random123, kat_vectors: philox4x32, 10 rounds).
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def _words(text):
    return tuple(np.uint64(int(word, 16)) for word in text.split())


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_published_vectors(counter, key, expected):
    assert philox.rounds(_words(counter), _words(key)) == _words(expected)


def test_a_uniform_is_made_of_the_words_of_its_world_and_pair_of_rows():
    key = _words("a4093822 299f31d0")
    out = np.empty((1, 5, 3))
    philox.fill(np.array([key], dtype=np.uint64), 7, out)
    for row in range(5):
        for world in range(3):
            words = philox.rounds((np.uint64(7 + world), np.uint64(row // 2), np.uint64(0), np.uint64(0)), key)
            high, low = (int(word) for word in words[2 * (row % 2) : 2 * (row % 2) + 2])
            assert out[0, row, world] == (((high << 32 | low) >> 12) + 0.5) / 2**52


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 7, 130), (2, 24, 1), (5, 1, 33)])
def test_loops_and_arrays_have_the_same_bits(shape):
    keys = np.random.default_rng(1).integers(0, 2**32, (shape[0], 2), dtype=np.uint64)
    loops, arrays = np.empty(shape), np.empty(shape)
    with np.errstate(over="ignore"):
        philox.fill_loops(keys, 12345, loops)
    philox._fill_arrays(keys, 12345, arrays)
    np.testing.assert_array_equal(loops, arrays)


def test_the_ends_are_never_reached():
    for words in ("00000000 00000000", "ffffffff ffffffff"):
        high, low = (int(word) for word in _words(words))
        value = (float((high << 32 | low) >> 12) + 0.5) * 2.0**-52
        assert 0.0 < value < 1.0


@pytest.mark.parametrize("rows", [1, 2, 24])
def test_uniforms_are_uniform_and_normals_normal(rows):
    drawn = uniforms(3, ["a", "b"], 0, 40_000, rows=rows)
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 1e-4
    scores = normals(3, ["a", "b"], 0, 40_000, rows=rows)
    assert stats.kstest(scores.ravel(), "norm").pvalue > 1e-4
    assert np.abs(scores).max() < 8.3


def test_neighbours_in_every_direction_are_independent():
    scores = normals(5, [f"channel {n}" for n in range(6)], 1000, 21_000, rows=6)
    for axis in range(3):
        first = np.take(scores, range(scores.shape[axis] - 1), axis).ravel()
        second = np.take(scores, range(1, scores.shape[axis]), axis).ravel()
        assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(first.size)
        assert abs(np.corrcoef(first**2, second**2)[0, 1]) < 5 / np.sqrt(first.size)


def test_seeds_and_channels_whose_texts_run_together_differ():
    assert not np.array_equal(keyed_normals(1, "1 a", 0, 5), keyed_normals(11, "a", 0, 5))
    assert not np.array_equal(keyed_normals(1, "a", 0, 5), keyed_normals(2, "a", 0, 5))


def test_no_channel_is_no_number():
    assert uniforms(1, [], 0, 5, rows=3).shape == (0, 3, 5)
    keys = np.empty((0, 2), dtype=np.uint64)
    philox.fill_loops(keys, 0, np.empty((0, 3, 5)))


def test_the_largest_seed_and_far_worlds_are_drawn():
    far = keyed_normals(2**63 - 1, "a", 2**32 - 3, 2**32)
    assert np.unique(far).size == 3
