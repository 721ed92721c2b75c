"""Comparing options: closed forms, and what pairing buys."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import forecast
from forecast.comparison import COMPARE_COLUMNS
from forecast.errors import InvalidArgument, MismatchedRuns, UnknownOption, UnknownOutcome
from forecast.estimates import mean_error
from forecast.libya.world import LIBYA
from tests.forecast.described import described


def _made(**arrays):
    """Outcomes with given per-world values for two options."""
    data = {name: (("option", "world"), np.array(values)) for name, values in arrays.items()}
    coords = {"option": ["no_assistance", "b"], "title": ("option", ["None", "B"])}
    return described(xr.Dataset(data, coords=coords, attrs={"kind": "libya-forecast outcomes"}))


def test_the_table_has_the_promised_form(small):
    table = forecast.compare(small)
    assert isinstance(table, pd.DataFrame)
    assert table.index.names == ["outcome", "option"]
    assert tuple(table.columns) == COMPARE_COLUMNS
    assert list(table.index.get_level_values("outcome").unique()) == list(LIBYA.outcomes)
    assert table.attrs["units"]["oil_output_end"] == "kb/d"
    assert set(LIBYA.headline) <= set(LIBYA.outcomes)


def test_quantities_in_closed_form():
    base, other = np.arange(1.0, 101.0), 3.0 * np.arange(1.0, 101.0) + 5.0
    table = forecast.compare(_made(oil_output_end=[base, other]), names=["oil_output_end"])
    row = table.loc[("oil_output_end", "b")]
    assert row["estimate"] == pytest.approx(3 * 50.5 + 5)
    assert row["error"] == pytest.approx(3 * base.std(ddof=1) / 10)
    assert row["lower"] == pytest.approx(3 * 5.95 + 5)
    assert row["upper"] == pytest.approx(3 * 95.05 + 5)
    assert row["difference"] == pytest.approx(2 * 50.5 + 5)
    assert row["difference_error"] == pytest.approx(2 * base.std(ddof=1) / 10)
    assert row["difference_lower"] == pytest.approx(2 * 5.95 + 5)
    # var(x) + var(3x) over var(2x)
    assert row["variance_ratio"] == pytest.approx(10 / 4)


def test_the_baseline_differs_from_itself_by_exactly_nothing(small):
    table = forecast.compare(small).xs("no_assistance", level="option")
    quantities = table[table["estimate"].notna()]
    assert (quantities["difference"] == 0).all()
    assert quantities["variance_ratio"].isna().all()


def test_probabilities_have_the_jeffreys_error():
    events = np.zeros(50)
    assert mean_error(events, event=True) == pytest.approx(np.sqrt(0.5 * 50.5 / (51**2 * 52)))
    events[:20] = 1
    assert mean_error(events, event=True) == pytest.approx(np.sqrt(20.5 * 30.5 / (51**2 * 52)))
    assert np.isnan(mean_error(np.array([3.0]), event=False))


def test_first_months_leave_out_worlds_without_the_event():
    table = forecast.compare(
        _made(first_month_blowback=[[1.0, np.nan, 3.0], [2.0, 5.0, np.nan]]), names=["first_month_blowback"]
    )
    row = table.loc[("first_month_blowback", "b")]
    assert row["estimate"] == pytest.approx(3.5)
    assert row["difference"] == pytest.approx(1.0)


@pytest.mark.slow
def test_the_error_is_the_error():
    """Over repetitions with other seeds the estimate scatters by its stated error."""
    import priors

    beliefs = priors.load("article")
    tables = [
        forecast.compare(
            forecast.simulate(
                beliefs,
                evidence="none",
                options=["no_assistance", "airstrikes"],
                months=6,
                worlds=400,
                seed=s,
                progress=False,
            ),
            names=["isis_fighters_end", "blowback_ever", "clashes_total"],
        )
        for s in range(60)
    ]
    for column, error in (("estimate", "error"), ("difference", "difference_error")):
        spread = pd.concat([table[column] for table in tables], axis=1).std(axis=1, ddof=1)
        stated = pd.concat([table[error] for table in tables], axis=1).mean(axis=1)
        ratio = (spread / stated).replace([np.inf], np.nan).dropna()
        # A sample sd of 60 has a relative error of 1 / sqrt(2 * 59) = 9%; four of them, and a little for heavy tails.
        assert ((ratio > 0.6) & (ratio < 1.4)).all(), ratio


def test_unpaired_worlds_would_be_noticed(article):
    """A known-bad mutant: options run in different worlds have a variance ratio of 1."""
    options = ["no_assistance", "airstrikes"]
    mutant = xr.concat(
        [
            forecast.simulate(
                article, evidence="none", options=[option], months=12, worlds=4000, seed=seed, progress=False
            )
            for seed, option in enumerate(options)
        ],
        dim="option",
        data_vars="minimal",
        coords="minimal",
        compat="override",
        join="outer",
        combine_attrs="override",
    )
    with pytest.raises(MismatchedRuns, match="seed 0 and 1"):
        forecast.compare(mutant)
    mutant = mutant.assign_coords(run=("option", [mutant.attrs["run"]] * 2))
    names = ["isis_fighters_end", "clashes_total", "council_survives"]
    ratio = forecast.compare(mutant, names=names)["variance_ratio"].dropna()
    # A correlation of 4,000 independent pairs is 0 +- 1/sqrt(4000), and the ratio is near 1 / (1 - correlation).
    assert (abs(ratio - 1) < 4 / np.sqrt(4000)).all()
    paired = forecast.simulate(
        article, evidence="none", options=options, months=12, worlds=4000, seed=0, progress=False
    )
    assert (forecast.compare(paired, names=names)["variance_ratio"].dropna() > 1.2).all()


@pytest.mark.slow
def test_the_interval_covers(article):
    """Calibration: estimate and difference +- 1.645 errors cover the value from many worlds 90% of the time."""
    names, options = ["isis_fighters_end", "council_survives", "clashes_total"], ["no_assistance", "ct_assistance"]

    def table(worlds, seed):
        run = forecast.simulate(
            article, evidence="none", options=options, months=12, worlds=worlds, seed=seed, progress=False
        )
        return forecast.compare(run, names=names)

    truth = table(400_000, 99_991)
    rows = [(column, error) for column, error in (("estimate", "error"), ("difference", "difference_error"))]
    repetitions = 300
    hits = dict.fromkeys([(c, i) for c, _ in rows for i in truth.index], 0)
    for seed in range(repetitions):
        small = table(1000, seed)
        for column, error in rows:
            inside = abs(small[column] - truth[column]) <= 1.6449 * small[error]
            for index in truth.index:
                hits[column, index] += inside[index]
    for (column, index), count in hits.items():
        if column == "difference" and index[1] == "no_assistance":
            continue
        # Binomial(300, .9) has an sd of 1.7 points; 12 comparisons, so 3.5 sd, and 0.5 for heavy tails at 1,000 worlds.
        assert abs(count / repetitions - 0.9) < 3.5 * np.sqrt(0.09 / repetitions) + 0.005, (column, index, count)


@pytest.mark.parametrize(
    ("kwargs", "error", "hint"),
    [
        ({"baseline": "no_asistance"}, UnknownOption, "no_assistance"),
        ({"names": ["pyrhic"]}, UnknownOutcome, "pyrrhic"),
        ({"names": []}, InvalidArgument, "leave it out"),
    ],
)
def test_bad_input_is_refused_with_a_hint(small, kwargs, error, hint):
    with pytest.raises(error, match=hint):
        forecast.compare(small, **kwargs)


def test_a_foreign_dataset_is_refused():
    with pytest.raises(InvalidArgument, match="forecast\\.simulate"):
        forecast.compare(xr.Dataset())
