"""What results share: what they are about, the state of gates, tables, pages, pictures."""

import copy
import pickle
import warnings
from dataclasses import dataclass, replace

import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import forecast
from forecast.errors import InvalidArgument
from forecast.libya.world import LIBYA
from forecast.plots.table import picture_of, register
from forecast.results import About, Column, GateState, Result, about_of, number, word
from forecast.settings import Settings

ATTRS = {
    "priors": "article",
    "evidence": "none",
    "values": "balanced",
    "gates": "failed: k_hat, r_hat",
    "seed": 7,
    "given": '[{"words": "Sirte freed", "kept": 1200, "of": 5000}]',
}


@dataclass(frozen=True)
class Row:
    option: str
    estimate: float
    error: float


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Small(Result):
    rows: tuple[Row, ...]
    level: float = 0.9

    row, index, picture = Row, ("option",), "rows"

    def _attrs(self):
        return {"level": self.level}

    def _line(self):
        return f"{len(self.rows)} rows"

    def _columns(self):
        return word("option", "option"), number("chance", "estimate", unit="yes/no"), Column("<b>", lambda row: "a & b")


ABOUT = About(title="Chance", unit="yes/no", worlds=500, seed=3, beliefs="article", evidence="article")
SMALL = Small(about=ABOUT, rows=(Row("a", 0.25, 0.02), Row("b", 0.5, 0.01)))


# The state of gates


@pytest.mark.parametrize("text", ["", "passed", "not checked", "failed: k_hat", "failed: k_hat, r_hat"])
def test_a_state_reads_what_it_writes(text):
    state = GateState.read(text)
    assert str(state) == text
    assert bool(state.failed) == text.startswith("failed")


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.binary()))
def test_what_is_no_state_was_not_checked(text):
    state = GateState.read(text)
    assert GateState.read(str(state)) == state
    if text not in (None, "", 0, 0.0, b"", "passed", "not checked") and not str(text).startswith("failed: "):
        assert state == GateState("not checked")


@pytest.mark.parametrize(("state", "failed"), [("bogus", ()), ("passed", ("k_hat",)), ("failed", ())])
def test_a_state_that_says_two_things_is_refused(state, failed):
    with pytest.raises(InvalidArgument, match="state of gates"):
        GateState(state, failed)


def test_of_several_fits_the_worst_is_said_with_all_that_failed():
    read = GateState.read
    together = GateState.together
    assert together([read("failed: a"), read("not checked"), read("failed: b, a")]) == read("failed: a, b")
    assert together([read("passed"), read("not checked"), read("")]) == read("not checked")
    assert together([read(""), read("passed")]) == read("passed")
    assert together([]) == GateState()


def test_gates_that_were_checked():
    assert GateState.of([]) == GateState("passed")
    assert GateState.of(["k_hat", "r_hat"]).broken == "k_hat, r_hat"


# What a result is about


def test_it_is_read_from_attributes_and_put_into_words():
    about = about_of(ATTRS, worlds=1200)
    assert about.gates.failed == ("k_hat", "r_hat")
    assert (about.seed, about.worlds) == (7, 1200)
    assert about.words == (
        "; beliefs: article; evidence: none (beliefs as they stand); given Sirte freed (1,200 of 5,000 worlds)"
        "; values: balanced; seed 7; not to be relied on, gates broken: k_hat, r_hat"
    )
    assert about.note.startswith("Beliefs: article")
    assert set(about.columns()) == {"beliefs", "evidence", "given", "worlds", "seed", "gates"}
    assert about_of(Small(about=about, rows=())) is about


def test_worlds_that_say_nothing_are_anybodys():
    assert about_of(xr.DataArray([1.0, 2.0], dims="world")) == About(worlds=2)
    assert about_of({}).words == ""
    assert about_of(None).columns() == {}


def test_another_luck_is_said(small):
    assert about_of(small).luck is None
    other = about_of({"priors": "article", "seed": 5, "luck": 0})
    assert other.luck == 0
    assert other.attrs()["luck"] == 0
    assert other.words.endswith("; seed 5, luck 0")
    assert Settings(seed=5, luck=5).said(LIBYA)["luck"] is None
    assert Settings(seed=5, luck=0).said(LIBYA)["luck"] == 0


def test_a_run_says_its_own_size(small):
    about = about_of(small)
    assert (about.worlds, about.months, about.seed) == (300, 6, 5)
    assert about.gates == GateState()


def test_a_structure_that_is_held_is_said(article):
    held = forecast.simulate(
        article.with_structure(base_matters=True), evidence="none", options="training", worlds=9, months=1
    )
    assert about_of(held).structure == "base_matters = 1"
    assert about_of(held).attrs()["structure"] == "base_matters = 1"


# Tables, lines, pages


def test_one_specification_gives_table_line_and_page():
    frame = SMALL.to_frame()
    assert frame.index.names == ["option"]
    assert list(frame.columns) == ["estimate", "error"]
    assert frame.attrs == {
        "title": "Chance",
        "unit": "yes/no",
        "worlds": 500,
        "seed": 3,
        "beliefs": "article",
        "evidence": "article",
        "given": "",
        "values": "",
        "gates": "",
        "level": 0.9,
    }
    assert repr(SMALL) == "Small(2 rows; beliefs: article; evidence: article; seed 3)"
    page = SMALL._repr_html_()
    assert "<td>25.0 ± 2.0 %</td>" in page
    assert "&lt;b&gt;" in page
    assert "a &amp; b" in page
    assert repr(SMALL) in page


def test_arrays_have_the_index_as_dims():
    data = SMALL.to_xarray()
    assert data["estimate"].dims == ("option",)
    assert data["estimate"].sel(option="b") == 0.5
    assert data.attrs["level"] == 0.9


def test_a_table_without_all_combinations_keeps_its_rows(tmp_path):
    @dataclass(frozen=True)
    class Pair:
        b: str
        a: str
        told: bool

    @dataclass(frozen=True, kw_only=True, repr=False, eq=False)
    class Ragged(Result):
        row, index = Pair, ("b", "a")

        def _attrs(self):
            return {"sampled": True, "units": {"x": "1"}}

    rows = (Pair("two", "z", True), Pair("two", "y", False), Pair("one", "z", True))
    data = Ragged(about=ABOUT, rows=rows).to_xarray()
    assert data["told"].dims == ("row",)
    assert data["told"].dtype == bool
    assert data["b"].values.tolist() == ["two", "two", "one"]
    data.to_netcdf(tmp_path / "ragged.nc")
    whole = Ragged(about=ABOUT, rows=(*rows, Pair("one", "y", False))).to_xarray()
    assert whole["told"].dims == ("b", "a")
    assert whole["b"].values.tolist() == ["two", "one"]
    assert whole["told"].sel(b="one", a="y").item() is False


def test_results_are_the_same_by_all_that_they_hold():
    other = Small(about=ABOUT, rows=(Row("a", 0.25, 0.02), Row("b", 0.5, 0.011)))
    assert other != SMALL
    assert copy.copy(SMALL) == SMALL == pickle.loads(pickle.dumps(SMALL))
    assert hash(SMALL) == hash(copy.deepcopy(SMALL))
    unknown = replace(SMALL, rows=(Row("a", float("nan"), 0.02),))
    assert unknown == copy.deepcopy(unknown)
    assert SMALL != ABOUT


def test_maps_of_other_beliefs_are_other_maps(article):
    size = {"quantity": "sirte_freed", "points": 2, "worlds": 20, "months": 2, "progress": False}
    one = forecast.two_way(article, "isis_fighters", "collapse_hazard", **size)
    assert one == forecast.two_way(article, "isis_fighters", "collapse_hazard", **size)
    assert one != forecast.two_way(article, "isis_growth", "collapse_hazard", **size)


def test_what_moved_is_read_for_one_release():
    for name, value in (("worlds", 500), ("priors", "article"), ("gates", ""), ("title", "Chance")):
        with pytest.warns(DeprecationWarning, match=r"\.about\."):
            assert getattr(SMALL, name) == value
    with warnings.catch_warnings(), pytest.raises(AttributeError, match="nothing_like_it"):
        _ = SMALL.nothing_like_it


# Pictures


def test_a_kind_without_a_picture_of_its_own_may_have_one_of_rows(tmp_path):
    figure = SMALL.plot(most=1)
    assert isinstance(figure, Figure)
    assert figure.axes[0].get_xlabel() == "Chance (%)"
    assert figure._repr_png_().startswith(b"\x89PNG")
    forecast.plots.save(figure, tmp_path / "rows.png")


@pytest.mark.parametrize(
    ("choices", "said"),
    [({"mots": 3}, r"plot\(most=\.\.\.\).*use 'most'"), ({"most": 0}, "most"), ({"most": "a"}, "whole number")],
)
def test_a_wrong_choice_is_refused(choices, said):
    with pytest.raises(InvalidArgument, match=said):
        SMALL.plot(**choices)


def test_kinds_and_their_pictures():
    with pytest.raises(InvalidArgument, match="has one"):
        picture_of(object())
    with pytest.raises(InvalidArgument, match="second picture"):
        register("Tornado", print)
    for _ in range(2):
        register("Registered", lambda result: "drawn")
    assert picture_of(type("Registered", (), {})()) == "drawn"


def test_a_kind_of_the_readers_own_is_not_taken_for_a_shipped_one():
    own = dataclass(frozen=True, kw_only=True, repr=False, eq=False)(type("Tornado", (Small,), {}))
    assert own(about=ABOUT, rows=SMALL.rows).plot().axes[0].get_xlabel() == "Chance (%)"
    with pytest.raises(InvalidArgument, match="rows"):
        picture_of(type("Typo", (Small,), {"picture": "rwos"})(about=ABOUT))
