"""Reading and writing prior sets: round trips, inheritance, and every kind of damage."""

import copy
import datetime
import tomllib

import numpy as np
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

import priors
from forecast.errors import (
    FileMissing,
    FileNotWritable,
    ForecastError,
    InvalidArgument,
    InvalidFile,
    InvalidPrior,
    UnknownClaim,
    UnknownPrior,
    UnknownPriorSet,
    VersionMismatch,
)

from .conftest import TOY


def written(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


class TestRoundTrip:
    def test_plain(self, toy, tmp_path):
        again = priors.load(toy.save(tmp_path / "again.toml"))
        assert again == toy
        assert again.hash == toy.hash
        assert again.sample(20, seed=1).identical(toy.sample(20, seed=1))
        assert again.origin == datetime.date(2016, 2, 29)
        # The request is what is saved, and not the parameters fitted from it.
        saved = tomllib.loads((tmp_path / "again.toml").read_text())
        assert saved["prior"]["fighters"]["elicit"]["interval"] == [3000, 6500]

    def test_pooled(self, toy, tmp_path):
        other = toy.replace(
            accept=True,
            fighters=priors.elicit("Gamma", interval=(100, 200), mass=0.9),
            hazard=priors.pool({"p": toy["hazard"], "q": priors.elicit("Normal", interval=(0, 1), mass=0.9)}),
        ).correlate("fighters", "ceiling", 0.1, reason="")
        pool = priors.pool({"a": toy, "b": other}, weights=[0.2, 0.8])
        again = priors.load(pool.save(tmp_path / "pool.toml"))
        assert again == pool
        assert again.hash == pool.hash
        assert again.sample(50, seed=1).identical(pool.sample(50, seed=1))

    def test_every_family_and_route(self, toy, tmp_path):
        words = {"verb": "would", "strength": "strong", "sign": "-"}
        more = {
            "a": priors.elicit("TruncatedNormal", interval=(1, 9), mass=0.8, bounds=(0, float("inf"))),
            "b": priors.elicit("HalfNormal", quantiles={0.9: 3}),
            "c": priors.elicit("Normal", words=words),
            "d": priors.elicit("Gamma", parameters={"alpha": 2, "beta": 0.1}),
            "e": priors.elicit(
                "Normal",
                count={"k": 3, "n": 9, "reliability": 0.5, "months": 12, "event": "survives"},
                shift=words,
            ),
            "f": priors.elicit("Beta", interval=(0.1, 0.3), mass=0.9, support=(0, 1)),
            "g": priors.pool(
                {"x": toy["share"], "y": priors.elicit("Beta", interval=(0.1, 0.3), mass=0.9)}, method="log"
            ),
        }
        whole = priors.PriorSet(more, name="families", title="t")
        assert priors.load(whole.save(tmp_path / "f.toml")) == whole

    def test_saving_replaces_whole_files_and_leaves_nothing_behind(self, toy, tmp_path):
        path = tmp_path / "deep.toml"
        toy.save(path)
        toy.save(path)
        assert [p.name for p in tmp_path.iterdir() if "deep" in p.name] == ["deep.toml"]

    def test_a_path_that_cannot_be_written(self, toy, tmp_path):
        for path in (tmp_path / "none" / "x.toml", tmp_path, "bad\0name.toml", ""):
            with pytest.raises(FileNotWritable):
                toy.save(path)
        assert {p.name for p in tmp_path.iterdir()} <= {"toy.toml"}

    def test_an_older_file_survives_a_failed_save(self, toy, tmp_path, monkeypatch):
        path = toy.save(tmp_path / "kept.toml")
        before = path.read_bytes()

        def broken(*_):
            raise OSError("disk full")

        monkeypatch.setattr("os.replace", broken)
        with pytest.raises(FileNotWritable, match="disk full"):
            toy.correlate("hazard", "share", 0.1, reason="").save(path)
        assert path.read_bytes() == before
        assert {p.name for p in tmp_path.iterdir()} == {"kept.toml", "toy.toml"}


class TestInheritance:
    def test_an_override_keeps_what_it_does_not_say(self, toy, toy_file, tmp_path):
        path = written(
            tmp_path,
            """
            format = 1
            name = "sceptic"
            title = "Half"
            base = "toy.toml"
            [prior.fighters]
            elicit = { family = "LogNormal", interval = [1500, 3250], mass = 0.9 }
            [prior.share]
            meaning = "Said otherwise"
            [[correlation]]
            between = ["ceiling", "fighters"]
            rho = 0.2
            reason = "Weaker."
            """,
        )
        mine = priors.load(path)
        assert mine.name == "sceptic"
        assert mine.origin == toy.origin
        assert mine["fighters"].median == pytest.approx(toy["fighters"].median / 2)
        assert mine["fighters"].claims == ("N1",)
        assert mine["fighters"].unit == "fighters"
        assert "In place of" in mine["fighters"].derivation
        assert mine["share"].distribution == toy["share"].distribution
        assert mine["share"].meaning == "Said otherwise"
        assert mine["share"].derivation == "Seven of seventeen."
        assert mine["hazard"] == toy["hazard"]
        assert [one.rho for one in mine.correlations] == [0.2]
        assert priors.load(mine.save(tmp_path / "saved.toml")) == mine

    def test_a_pool_in_a_file(self, toy, toy_file, tmp_path):
        written(
            tmp_path,
            'format = 1\nname = "b"\ntitle = "B"\nbase = "toy.toml"\n[prior.fighters]\n'
            'elicit = { family = "LogNormal", interval = [1500, 3250], mass = 0.9 }\n',
            "b.toml",
        )
        text = 'format = 1\nname = "p"\ntitle = "P"\n[pool]\nmembers = ["toy.toml", "b.toml"]\n'
        text += "weights = [3, 1]\n"
        pool = priors.load(written(tmp_path, text, "pool.toml"))
        assert pool["fighters"].distribution.weights == (0.75, 0.25)
        assert pool["share"] == toy["share"]
        log = priors.load(written(tmp_path, text + 'method = "log"\n', "log.toml"))
        assert log["fighters"].family == "LogNormal"

    def test_circles(self, tmp_path):
        for name, base in (("a", "b"), ("b", "a")):
            written(tmp_path, f'format = 1\nname = "x"\ntitle = "t"\nbase = "{base}.toml"\n', f"{name}.toml")
        with pytest.raises(InvalidFile, match="based on itself"):
            priors.load(tmp_path / "a.toml")


def edited(change):
    table = tomllib.loads(TOY)
    change(table)
    return table


def put(*path_and_value):
    *path, value = path_and_value

    def change(table):
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value

    return change


def drop(*path):
    def change(table):
        for key in path[:-1]:
            table = table[key]
        del table[path[-1]]

    return change


DAMAGE = [
    (put("formt", 1), InvalidFile, "formt"),
    (put("format", 2), VersionMismatch, "format 2"),
    (put("format", "1"), InvalidFile, "format"),
    (drop("format"), InvalidFile, "format"),
    (drop("name"), InvalidFile, "name"),
    (put("name", 3), InvalidFile, "name"),
    (put("origin", "2016"), InvalidFile, "origin"),
    (put("origin", datetime.datetime(2016, 2, 29)), InvalidFile, "origin"),
    (put("prior", 3), InvalidFile, "prior"),
    (put("prior", {}), InvalidFile, "no priors"),
    (put("prior", "share", 3), InvalidFile, "prior.share"),
    (put("prior", "share", "units", "x"), InvalidFile, r"prior\.share.*units"),
    (drop("prior", "share", "unit"), InvalidFile, r"prior\.share.*unit"),
    (drop("prior", "share", "meaning"), InvalidFile, "meaning"),
    (drop("prior", "share", "derivation"), InvalidFile, "derivation"),
    (drop("prior", "share", "elicit"), InvalidFile, "elicit"),
    (put("prior", "share", "claims", "N1"), InvalidFile, "claims"),
    (put("prior", "share", "claims", ["N99"]), UnknownClaim, r"prior\.share.*N99"),
    (put("prior", "share", "support", [0.0, 0.5]), InvalidPrior, r"prior\.share"),
    (put("prior", "share", "support", [1.0]), InvalidPrior, "support"),
    (put("prior", "share", "elicit", "famly", "Beta"), InvalidPrior, r"prior\.share.*famly"),
    (put("prior", "share", "elicit", "family", "Bta"), InvalidPrior, "'Beta'"),
    (put("prior", "share", "elicit", {}), InvalidPrior, "nothing to go on"),
    (put("prior", "share", "elicit", "count", "k", float("nan")), InvalidPrior, "prior.share"),
    (put("prior", "fighters", "elicit", "interval", [1, float("inf")]), InvalidPrior, "prior.fighters"),
    (put("prior", "fighters", "elicit", "interval", [2, 1]), InvalidPrior, "prior.fighters"),
    (drop("prior", "ceiling", "elicit", "values"), InvalidPrior, "both"),
    (put("prior", "ceiling", "elicit", "values", [1, 2]), InvalidPrior, "pair up"),
    (put("prior", "ceiling", "elicit", "probabilities", [0.5, 0.5, 0.7]), InvalidPrior, "twice"),
    (put("prior", "share", "mixture", []), InvalidFile, "elicit and mixture"),
    (put("correlation", 0, "rho", 1.5), InvalidPrior, "correlation 1"),
    (put("correlation", 0, "rho", "high"), InvalidFile, "correlation 1.*rho"),
    (put("correlation", 0, "between", ["fighters"]), InvalidFile, "two names"),
    (put("correlation", 0, "between", ["fighters", "ceilings"]), UnknownPrior, "'ceiling'"),
    (put("correlation", 0, "between", ["fighters", "fighters"]), InvalidPrior, "itself"),
    (drop("correlation", 0, "reason"), InvalidFile, "reason"),
    (put("correlation", 0, "claims", ["P0"]), UnknownClaim, "P0"),
    (put("claims", 3), InvalidFile, "claims"),
    (put("claims", "nowhere"), FileMissing, "nowhere"),
    (put("claims", "nowhere.toml"), FileMissing, "nowhere"),
    (put("claims", {"P 1": "x"}), InvalidArgument, "P 1"),
    (put("claims", {"P1": 3}), InvalidArgument, "P1"),
    (put("claims", {"P1": {"words": "x"}}), InvalidFile, "paraphrase"),
    (put("correlation", 0, "members", ["x"]), InvalidPrior, "members of the pool"),
    (lambda table: table["correlation"].append(table["correlation"][0]), InvalidPrior, "twice"),
    (put("correlation", [3]), InvalidFile, "correlation 1"),
    (put("reading", "median"), InvalidFile, "reading.*base"),
    (lambda table: table.update(base="pooled", reading="median"), InvalidFile, "reading.*base"),
    (lambda table: table.update(base="article", reading="mode"), InvalidPrior, "reading.*'mode'"),
    (put("base", "nowhere"), UnknownPriorSet, "nowhere"),
    (put("base", "nowhere.toml"), FileMissing, "nowhere"),
    (put("pool", {"members": []}), InvalidPrior, "members"),
    (put("pooled", {"members": ["a"], "weights": [0.5, 0.5]}), InvalidPrior, "weights"),
]


@pytest.mark.parametrize(("change", "error", "message"), DAMAGE)
def test_damage_is_named(tmp_path, change, error, message):
    path = written(tmp_path, tomli_w.dumps(edited(change)))
    with pytest.raises(error, match=message) as caught:
        priors.load(path)
    if error not in (UnknownPriorSet, FileMissing):
        assert path.name in str(caught.value)


def test_what_is_not_a_set(tmp_path, toy_file):
    cases = {
        "missing.toml": (None, FileMissing),
        "empty.toml": (b"", InvalidFile),
        "binary.toml": (b"\x00\xff\xfe\x80" * 50, InvalidFile),
        "cut.toml": (toy_file.read_bytes()[:400], InvalidFile),
        "text.toml": (b"beliefs, mostly", InvalidFile),
        "deep.toml": (b"a = " + b"[" * 5000, InvalidFile),
        "huge.toml": (b"format = " + b"9" * 6000, InvalidFile),
        "hex.toml": (b"format = 0x" + b"f" * 6000, VersionMismatch),
    }
    for name, (content, error) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(error, match=name):
            priors.load(tmp_path / name)
    with pytest.raises(InvalidFile):
        priors.load(tmp_path)
    for odd in (3, None, b"toy", ["toy"]):
        with pytest.raises(InvalidArgument):
            priors.load(odd)
    for odd in ("", "toyy", "a\0b", "a\0b.toml", "\ud800", "x" * 5000, "~"):
        with pytest.raises(ForecastError):
            priors.load(odd)


def test_shipped_names_are_found_and_guessed():
    assert "article" in priors.available()
    assert not {"claims", "lexicon", "structure"} & set(priors.available())
    with pytest.raises(UnknownPriorSet, match="'article'"):
        priors.load("artikle")


LEAVES = some.one_of(
    some.none().map(lambda _: []),
    some.booleans(),
    some.integers(-(10**6), 10**6),
    some.floats(),
    some.sampled_from(["", "Beta", "Normal", "fighters", "share", "N1", "+", "would", "cannot", "toy.toml", "article"]),
    some.lists(some.floats(), max_size=3),
    some.dictionaries(some.sampled_from(["family", "k", "members", "mass", "member"]), some.floats(), max_size=2),
)


def places(table, path=()):
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


PLACES = list(places(tomllib.loads(TOY)))


@given(data=some.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_file_loads_or_raises_our_error(tmp_path, data):
    table = copy.deepcopy(tomllib.loads(TOY))
    for _ in range(data.draw(some.integers(1, 3))):
        path = data.draw(some.sampled_from(PLACES))
        action = data.draw(some.sampled_from(["put", "drop", "add"]))
        try:
            parent = table
            for key in path[:-1]:
                parent = parent[key]
            if isinstance(path[-1], int) != isinstance(parent, list):
                continue  # an earlier mutation put something else in the place of the list
            if action == "put":
                put(*path, data.draw(LEAVES))(table)
            elif action == "drop":
                drop(*path)(table)
            else:
                put(
                    *path[:-1],
                    data.draw(some.sampled_from(["base", "pool", "mixture", "mass", "bounds", "x"])),
                    data.draw(LEAVES),
                )(table)
        except (KeyError, IndexError, TypeError):
            continue
    path = written(tmp_path, tomli_w.dumps(table))
    fault = None
    try:
        beliefs = priors.load(path)
    except ForecastError as caught:
        fault = caught
    if fault is not None:
        assert all((fault.given, fault.expected, fault.mend))
        return
    assert priors.load(beliefs.save(tmp_path / "again.toml")) == beliefs
    assert np.isfinite(beliefs.sample(3, seed=1).to_array()).all()


@given(content=some.binary(max_size=200) | some.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_raise_our_error(tmp_path, content):
    path = tmp_path / "noise.toml"
    path.write_bytes(content)
    with pytest.raises(ForecastError):
        priors.load(path)
