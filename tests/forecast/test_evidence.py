"""Evidence as data: dated, sourced, used once; and refused with a hint where it is not."""

import copy
import datetime
import tomllib
from importlib.resources import files

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import forecast
import priors
from forecast.errors import ForecastError, InvalidEvidence, InvalidFile, UnknownEvidence, VersionMismatch
from forecast.evidence import Evidence, available, load_evidence

SHIPPED = tomllib.loads(files("forecast.libya").joinpath("evidence.toml").read_text(encoding="utf-8"))


def one_set(name="article"):
    table = copy.deepcopy(SHIPPED)
    table["set"] = {name: table["set"][name]}
    return table


def written(tmp_path, table):
    path = tmp_path / "evidence.toml"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path


def test_the_four_sets_are_there():
    assert available() == ("none", "article", "article+reports", "article+reference")
    assert load_evidence("none").items == ()


@pytest.mark.parametrize("name", available())
def test_every_item_is_dated_sourced_and_put_into_words(name):
    for item in load_evidence(name).items:
        assert item.date <= datetime.date(2016, 2, 29)
        assert item.claims or item.source
        assert item.informs
        assert item.figures
        assert item.likelihood.endswith(".")


@pytest.mark.parametrize("evidence", available())
@pytest.mark.parametrize("beliefs", priors.available())
def test_no_figure_is_used_twice_in_any_shipped_pair(beliefs, evidence):
    applied = load_evidence(evidence).applied(priors.load(beliefs))
    for item in load_evidence(evidence).items:
        for quantity in item.informs:
            assert not set(item.figures) & set(applied[quantity].figures)


def test_a_figure_that_is_a_prior_already_is_refused():
    whole = load_evidence("article+reports")
    bare = Evidence(whole.name, whole.title, whole.description, whole.items, {})
    with pytest.raises(InvalidEvidence, match=r"published_range_2016.*isis_fighters"):
        bare.applied(priors.load("article"))


def test_the_priors_that_evidence_brings_replace_those_it_would_repeat():
    article = priors.load("article")
    applied = load_evidence("article+reports").applied(article)
    assert applied["isis_fighters"].interval(0.9) == pytest.approx((1000, 15_000))
    assert [name for name in article if applied[name] != article[name]] == ["isis_fighters"]


def test_leaving_an_item_out():
    whole = load_evidence("article")
    less = whole.without("growth")
    assert len(less.items) == len(whole.items) - 1
    assert less.hash != whole.hash
    with pytest.raises(UnknownEvidence, match="growth"):
        whole.without("grwth")


def test_the_hash_is_of_what_the_evidence_is_and_not_of_its_words(tmp_path):
    table = one_set()
    same = load_evidence(written(tmp_path, table))
    assert same.hash == load_evidence("article").hash
    table["item"]["growth"]["likelihood"] = "Other words."
    assert load_evidence(written(tmp_path, table)).hash == same.hash
    table["item"]["growth"]["high"] = 800.0
    assert load_evidence(written(tmp_path, table)).hash != same.hash


def test_the_table_of_items():
    table = forecast.load_evidence("article").to_frame()
    assert table.index.name == "item"
    assert list(table.columns) == ["date", "source", "claims", "informs", "likelihood"]


def _change(*path, value):
    def change(table):
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (_change("item", "growth", "date", value=datetime.date(2016, 3, 1)), "2016-02-29"),
        (_change("item", "growth", "informs", value=["isis_grwth"]), "isis_growth"),
        (_change("item", "growth", "informs", value=[]), "at least one"),
        (_change("item", "growth", "claims", value=["N99"]), "N1"),
        (_change("item", "growth", "low", value=901.0), "exchange"),
        (_change("item", "growth", "low", value=float("nan")), "low"),
        (_change("item", "growth", "months_before", value=0), "months_before"),
        (_change("item", "growth", "kind", value="strenght"), "strength"),
        (_change("item", "growth", "colour", value="red"), "colour"),
        (_change("item", "trained_force", "k", value=2), "at most n"),
        (_change("item", "trained_force", "chance", value="train_hld"), "train_hold"),
        (_change("item", "gnc_silent", "hazards", value=["gcn"]), "gnc"),
        (_change("item", "gnc_silent", "months", value=-1.0), "months"),
        (_change("set", "article", "items", value=["grwth"]), "growth"),
        (_change("set", "article", "items", value=["growth", "growth"]), "twice"),
        (_change("format", value=2), "format"),
    ],
)
def test_bad_evidence_is_refused_with_a_hint(tmp_path, change, hint):
    table = one_set()
    change(table)
    with pytest.raises(ForecastError, match=hint):
        load_evidence(written(tmp_path, table)).applied(priors.load("article"))


def test_unknown_names_and_foreign_files(tmp_path):
    with pytest.raises(UnknownEvidence, match="article"):
        load_evidence("artcle")
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidFile):
        load_evidence(path)
    with pytest.raises(InvalidEvidence, match="exactly one"):
        load_evidence(written(tmp_path, SHIPPED))
    with pytest.raises(VersionMismatch):
        load_evidence(written(tmp_path, one_set() | {"format": "1"}))


LEAVES = st.one_of(
    st.booleans(),
    st.integers(-5, 10**6),
    st.floats(),
    st.sampled_from(["", "growth", "trials", "N1", "collapse", "train_hold"]),
    st.lists(st.floats(), max_size=2),
    st.dictionaries(st.sampled_from(["k", "of", "low", "elicit"]), st.floats(), max_size=2),
)


def _places(table, path=()):
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from _places(value, (*path, key))


@pytest.mark.parametrize("name", ["article+reports", "article+reference"])
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_file_loads_or_raises_our_error(tmp_path, name, data):
    table = one_set(name)
    path = data.draw(st.sampled_from(list(_places(table))))
    parent = table
    for key in path[:-1]:
        parent = parent[key]
    if data.draw(st.booleans()):
        parent[path[-1]] = data.draw(LEAVES)
    else:
        del parent[path[-1]]
    fault = None
    try:
        load_evidence(written(tmp_path, table)).applied(priors.load("article"))
    except ForecastError as caught:
        fault = caught
    assert fault is None or fault.mend
