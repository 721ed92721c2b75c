"""The measurements measure what they say: the neutral model against its truth, peers' worlds against ours."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

import forecast
from benchmarks import elicitation, ema, neutral, scoring, transition
from benchmarks.run import MEASUREMENTS
from benchmarks.timing import Failed, Row, in_child, table
from forecast.libya.outcomes import STATES

ROOT = Path(__file__).resolve().parents[1]
SMALL = 2_000
"""Worlds: enough for an error of one in the model to be many standard errors."""


class TestNeutralGround:
    # Compiling for parallel loops takes seconds.
    @pytest.mark.parametrize("way", ["numpy", pytest.param("numba", marks=pytest.mark.slow)])
    def test_comes_out_at_the_truth(self, way):
        result = neutral.summary(*neutral.WAYS[way](SMALL, 3))
        # Of 15 figures one is five standard errors away by chance once in 100,000 runs.
        assert result.apart() < 5.0

    def test_the_truth_of_log_r_is_its_closed_form(self):
        low, high = 3000.0, 6500.0
        start = (high * np.log(high) - low * np.log(low)) / (high - low) - 1.0
        for option, truth in enumerate(neutral.TRUTH["log_r"]):
            drift = 0.02 - 0.003 * option - (0.225 + 0.03 * option) * 0.1
            # Half a unit of the last digit that is given.
            assert start + 24 * drift == pytest.approx(truth, abs=5e-6)

    def test_a_wrong_answer_is_seen_and_not_timed(self):
        result = neutral.summary(*neutral.with_numpy(SMALL, 3))
        wrong = dataclasses.replace(result, attacks=tuple(1.1 * attacks for attacks in result.attacks))
        assert wrong.apart() > 5.0
        row = neutral._checked(Row("x", 1.0), wrong.apart())
        assert row.wall is None
        assert "standard errors from the truth" in row.note

    def test_shared_luck_narrows_the_difference_between_options(self):
        result = neutral.summary(*neutral.with_numpy(SMALL, 3))
        # .1705 where noise is shared and .4504 where options are independent; the error of a spread at 2,000 is .01.
        assert result.paired == pytest.approx(0.1705, abs=0.04)

    def test_plain_python_gives_what_numpy_would(self, monkeypatch):
        noise = ([[0.0] * 24], [[0.5] * 24], [[0.5] * 24])
        monkeypatch.setattr(neutral, "_noise", lambda worlds: noise)
        found = neutral.one_world(world=0, option=2, r0=4000.0, g=0.02, k=0.2, lam=0.0, h0=0.001)
        months = np.arange(1, 25)
        expected = 4000.0 * np.exp(months * (0.02 - 0.006 - 0.26 * 0.1))
        np.testing.assert_allclose(found["path"], expected, rtol=1e-12)
        assert found["attacks"] == 0
        assert found["first"] == 25


def test_one_world_at_a_time_is_the_same_world():
    ours = forecast.simulate(transition.beliefs(), evidence="none", worlds=3, months=24, progress=False)
    for number, option in enumerate(transition.OPTIONS):
        theirs = ema.looked_up(world=2, option=number)
        mine = ours.sel(option=option, world=2)
        for name, variable in STATES.items():
            path = np.rint(theirs[name]) if variable.kind == "count" else theirs[name]
            # The same arithmetic in another order of loops: rounding only.
            np.testing.assert_allclose(path, mine[name].values.astype(float), rtol=1e-9, atol=1e-9)


def test_the_score_is_the_double_sum():
    draws = np.random.default_rng(1).normal(size=(3, 40))
    observed = np.array([-1.0, 0.0, 2.5])
    spread = np.abs(draws[:, :, None] - draws[:, None, :]).mean(axis=(1, 2))
    expected = np.abs(draws - observed[:, None]).mean(axis=1) - spread / 2
    np.testing.assert_allclose(scoring.by_sorting(observed, draws), expected, rtol=1e-12)


def test_every_interval_is_met():
    asked = elicitation.intervals()[:40]
    inside, tail = elicitation.missed(asked, [prior.distribution.cdf for prior in elicitation.ours(asked)])
    assert max(inside, tail) < 1e-9


class TestTable:
    def test_aligns_and_says_what_is_missing(self):
        lines = table(
            "T", [Row("ours", 0.0123, 1.0, 50.0, "1 se", "warm"), Row("peer", note="not installed")]
        ).splitlines()
        assert lines[0] == "T"
        assert "12.3 ms" in lines[2]
        assert "50 MB" in lines[2]
        assert lines[3].split() == ["peer", "-", "not", "installed"]
        assert lines[1].index("note") == lines[2].index("warm") == lines[3].index("not installed")

    @pytest.mark.parametrize(
        ("seconds", "text"), [(None, "-"), (2.5e-5, "25 us"), (0.5, "500 ms"), (1.25, "1.2 s"), (300.0, "300 s")]
    )
    def test_times_are_read_at_a_glance(self, seconds, text):
        assert text in table("T", [Row("x", seconds)])


class TestFreshProcess:
    def test_measures_time_and_memory_of_its_own(self):
        ballast = np.ones(30_000_000)
        run = in_child("benchmarks.scoring:score", "sort", repetitions=2)
        assert ballast.size
        assert run.warm <= run.first
        # 240 MB are held here, which a child must not be charged for; it needs three arrays of 32 MB, and NumPy.
        assert 96 < run.peak < 200

    def test_a_failure_is_told_by_its_last_line(self):
        with pytest.raises(Failed, match="no_such_function"):
            in_child("benchmarks.scoring:no_such_function")


def test_the_page_has_a_row_for_every_table():
    page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| (W\d[a-z]?) \|", page, re.MULTILINE))
    assert set(MEASUREMENTS) == {row.lower() for row in rows}


def test_peers_are_pinned_and_change_nothing_of_ours():
    pins = [line for line in (ROOT / "benchmarks" / "peers.txt").read_text().splitlines() if not line.startswith("#")]
    # A name and a version: no address, host or option.
    assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", pin)] == []
    ours = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    assert ours.isdisjoint(pin.split("==")[0] for pin in pins)
