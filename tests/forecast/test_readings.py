"""Evidence for a world that a stranger brings: readings, their evidence in a file, closed forms, and refusals."""

import datetime
import pickle
import random

import numpy as np
import pytest
import tomli_w
from scipy import special, stats

import forecast
import priors
from forecast.blocks import part_of, reached
from forecast.densities import log_densities
from forecast.engine.draws import source_of
from forecast.errors import (
    InvalidArgument,
    InvalidEvidence,
    InvalidWorld,
    MismatchedRuns,
    UnknownEvidence,
    UnknownPrior,
)
from forecast.evidence import available, default_evidence, load_evidence
from forecast.inference import conditioned
from forecast.likelihood import _noise, auxiliaries, levels_before, read
from forecast.posterior.carried import evidence_of
from forecast.posterior.chains import as_chains
from forecast.posterior.target import item_log_likelihoods
from forecast.readings import chance, level, rate
from forecast.schema import Variable
from forecast.world import World
from forecast.worlds import shipped, world_of

MONTHS_QUIET, BEFORE, NOISE = 4.0, 9, 0.05
READINGS = {
    "quits": chance(lambda xp, beliefs: 1.0 - beliefs.hold),
    "truce": rate("truce_rate"),
    "rebels": level(
        "rebels",
        past=lambda xp, level, beliefs, time: level * xp.exp(-beliefs.growth),
        noise=lambda xp, beliefs: NOISE,
    ),
}
DISTRICT = {
    "name": "district",
    "date": "2012-01-31",
    "origin": lambda beliefs, luck: {
        "rebels": beliefs.rebels,
        "others": beliefs.hold + beliefs.share + beliefs.truce_rate + beliefs.far,
    },
    "month": lambda xp, state, levers, beliefs, luck, time: {
        "rebels": state.rebels * xp.exp(beliefs.growth),
        "others": state.others,
    },
    "hidden": ("others",),
    "states": {"rebels": Variable("persons", "Rebels", "continuous")},
    "parameters": ("hold", "share", "truce_rate", "rebels", "growth", "far"),
    "levers": (),
    "shocks": {},
    "readings": READINGS,
}
PRIORS = {
    "hold": ("Beta", {"alpha": 2.0, "beta": 3.0}),
    "share": ("Beta", {"alpha": 4.0, "beta": 2.0}),
    "truce_rate": ("Gamma", {"alpha": 2.0, "beta": 10.0}),
    "rebels": ("LogNormal", {"mu": 6.0, "sigma": 0.4}),
    "growth": ("Normal", {"mu": 0.05, "sigma": 0.04}),
    "far": ("Normal", {"mu": 0.0, "sigma": 1.0}),
}


def said(kind, informs, **data):
    own = {"date": datetime.date(2011, 12, 31), "source": "a newspaper", "likelihood": "As it was said."}
    return {**own, "kind": kind, "informs": informs, **data}


ITEMS = {
    "quit": said("trials", ["hold"], chance="quits", k=2, n=7),
    "kept": said("trials", ["share"], chance="share", k=5, n=6),
    "quiet": said("no_event", ["truce_rate"], hazards=["truce"], months=MONTHS_QUIET),
    "census": said("strength", ["rebels", "growth"], months_before=BEFORE, low=150.0, high=300.0),
}
REPORTS = said(
    "reports",
    ["rebels", "growth"],
    of="rebels",
    bias=0.2,
    error=0.3,
    reports=[
        {"months_before": 2, "low": 300.0, "high": 500.0, "source": "one"},
        {"months_before": 8, "low": 0.5, "high": 0.5, "source": "other"},
    ],
)


def table(**items):
    own = {"title": "What was seen", "description": "All of it.", "items": list(items)}
    return {"format": 1, "set": {"seen": own}, "item": items}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("district")


@pytest.fixture(scope="module")
def district(folder):
    (folder / "evidence.toml").write_text(tomli_w.dumps(table(**ITEMS)), encoding="utf-8")
    return World(**DISTRICT, evidence=folder / "evidence.toml")


@pytest.fixture(scope="module")
def beliefs():
    return priors.PriorSet(
        {name: priors.elicit(family, parameters=given) for name, (family, given) in PRIORS.items()}, name="district"
    )


@pytest.fixture(scope="module")
def fit(district, beliefs):
    return forecast.fit(beliefs, world=district, seed=2, progress=False)


def exact():
    """Posteriors in closed form: two beta-binomials, a gamma-exponential, and a linear model of normals."""
    mean, covariance = np.array([6.0, 0.05]), np.diag([0.4**2, 0.04**2])
    seen = np.array([1.0, -float(BEFORE)])
    spread = np.log(2.0) / (2.0 * stats.norm.ppf(0.95))
    variance = seen @ covariance @ seen + spread**2 + BEFORE * NOISE**2
    found = np.log(150.0 * 300.0) / 2.0
    gain = covariance @ seen / variance
    centre, left = mean + gain * (found - seen @ mean), covariance - np.outer(gain, seen @ covariance)
    marginals = {
        "hold": stats.betabinom.logpmf(2, 7, 3.0, 2.0),
        "share": stats.betabinom.logpmf(5, 6, 4.0, 2.0),
        "truce_rate": 2.0 * np.log(10.0 / (10.0 + MONTHS_QUIET)),
        "rebels": stats.norm.logpdf(found, seen @ mean, np.sqrt(variance)),
    }
    return {
        "hold": stats.beta(2.0 + 5.0, 3.0 + 2.0),
        "share": stats.beta(4.0 + 5.0, 2.0 + 1.0),
        "truce_rate": stats.gamma(2.0, scale=1.0 / (10.0 + MONTHS_QUIET)),
        "rebels": stats.lognorm(np.sqrt(left[0, 0]), scale=np.exp(centre[0])),
        "growth": stats.norm(centre[1], np.sqrt(left[1, 1])),
        "far": stats.norm(0.0, 1.0),
    }, marginals


def check_closed(tree, effective):
    """Means, and shares below three quantiles, within five standard errors of so many independent draws."""
    for name, posterior in exact()[0].items():
        drawn = tree["posterior"][name].values.reshape(-1)
        assert abs(drawn.mean() - posterior.mean()) < 5.0 * posterior.std() / np.sqrt(effective), name
        for share in (0.1, 0.5, 0.9):
            below = (drawn < posterior.ppf(share)).mean()
            assert abs(below - share) < 5.0 * np.sqrt(share * (1.0 - share) / effective), (name, share)


def test_by_importance_posteriors_are_the_closed_forms(fit):
    assert fit.attrs["method"] == "importance"
    check_closed(fit, 4_000)
    known = fit["sample_stats"].to_dataset()
    for name, logarithm in exact()[1].items():
        one = known.sel(block=name)
        assert float(one["log_marginal_likelihood"]) == pytest.approx(logarithm, abs=0.02), name
    wrong = {"posterior": fit["posterior"].to_dataset().assign(hold=1.0 - fit["posterior"]["hold"])}
    with pytest.raises(AssertionError, match="hold"):
        check_closed(wrong, 4_000)


@pytest.mark.slow
def test_by_chains_posteriors_are_the_closed_forms(district, beliefs):
    tree = forecast.fit(
        beliefs, world=district, method="nuts", draws=2_000, chains=2, seed=3, progress=False, cache=False
    )
    assert tree.attrs["method"] == "nuts"
    check_closed(tree, 800)


def test_a_fit_says_which_world_it_is_of(fit, district, beliefs):
    assert (fit.attrs["world"], fit.attrs["world_hash"], fit.attrs["origin"]) == (
        "district",
        district.hash,
        "2012-01-31",
    )
    assert evidence_of(fit).items[0].name == "quit"
    assert conditioned(fit, None, seed=1, progress=False, world=district) is fit
    other = World(**DISTRICT | {"date": "2012-02-29"})
    for refused in (
        lambda: source_of(fit, other),
        lambda: source_of(fit, shipped()),
        lambda: conditioned(fit, None, seed=1, progress=False, world=other),
    ):
        with pytest.raises(MismatchedRuns, match="district"):
            refused()
    # A fit carries its world: nothing of the file that defined it is needed.
    assert world_of(fit.attrs) == district
    assert source_of(fit).matrix(1, 0, 5).shape == (6, 5)
    known = forecast.fit(priors.load("article"), seed=1, progress=False).attrs
    assert (known["world"], known["origin"]) == ("libya", "2016-02-29")


def test_another_reading_is_another_fit(district, beliefs, folder):
    """The same evidence, beliefs and settings of a world whose chance is another are not found under one key."""
    turned = {**READINGS, "quits": chance(lambda xp, beliefs: beliefs.hold)}
    other = World(**DISTRICT | {"readings": turned}, evidence=folder / "evidence.toml")
    assert other != district
    known, moved = (forecast.fit(beliefs, world=one, seed=2, progress=False) for one in (district, other))
    assert load_evidence("seen", world=other).hash == load_evidence("seen", world=district).hash
    assert known.attrs["key"] != moved.attrs["key"]
    # 5 of 7 held in one, 2 of 7 in the other.
    means = [float(tree["posterior"]["hold"].mean()) for tree in (known, moved)]
    np.testing.assert_allclose(means, [7.0 / 12.0, 4.0 / 12.0], atol=5.0 * 0.14 / np.sqrt(4_000))


def everything(xp, beliefs):
    """A positive number by every operation that a reading may use."""
    x, y = beliefs.far, beliefs.growth
    sharp = xp.where((x > 0.3) & (y <= 0.05) | (x == 9.0), xp.sqrt(xp.abs(x) + 1.0), xp.minimum(x, 0.2))
    return xp.exp(0.1 * sharp) + xp.floor(beliefs.rebels / 50.0) + xp.maximum(-x, xp.log(beliefs.rebels)) + x**2 / 3.0


RICH = {
    "odd": chance(lambda xp, beliefs: 1.0 / (1.0 + everything(xp, beliefs))),
    "often": rate(lambda xp, beliefs: 0.001 * everything(xp, beliefs)),
    "rebels": level(
        everything,
        past=lambda xp, level, beliefs, time: xp.where(
            time.years < -0.3, level * xp.exp(-beliefs.growth), everything(xp, beliefs) + xp.maximum(level - 1.0, 0.5)
        ),
        noise="share",
    ),
}


@pytest.fixture(scope="module")
def rich():
    items = {
        "odd_one": said("trials", ["far"], chance="odd", k=1, n=3),
        "not_often": said("no_event", ["far"], hazards=["often", "often"], months=2.0),
        "census": ITEMS["census"],
        "counts": REPORTS,
    }
    return World(**DISTRICT | {"readings": RICH}, evidence=table(**items))


def test_numpy_and_pytensor_agree_in_every_operation(rich, beliefs):
    evidence = load_evidence("seen", world=rich)
    drawn = as_chains(beliefs, 1, 400, seed=3)
    drawn["report_bias"] = (("chain", "draw"), np.linspace(-2.0, 2.0, 400)[None])
    model = forecast.build_model(beliefs, evidence=evidence)
    _, theirs = log_densities(part_of(model, reached(model)), drawn)
    values = {str(name): array.values[0] for name, array in drawn.data_vars.items()}
    ours = item_log_likelihoods(evidence.items, values)
    assert set(ours) == set(theirs.data_vars) == {"odd_one", "not_often", "census", "counts"}
    for item, density in ours.items():
        np.testing.assert_allclose(density, theirs[item].values[0], rtol=1e-12, err_msg=item)
        assert np.isfinite(density).all()

    # And from the functions themselves, in NumPy.
    class Plain:
        exp, log, sqrt, floor, abs, minimum, maximum = (
            *(np.exp, np.log, np.sqrt, np.floor, np.abs),
            *(np.minimum, np.maximum),
        )
        where = staticmethod(lambda condition, yes, no: np.where(condition, yes, no))

    own = type("Beliefs", (), values)
    strength = everything(Plain, own)
    np.testing.assert_allclose(read(np, rich.recorded_readings["often"], values), 0.001 * strength, rtol=1e-14)
    path = [strength]
    for month in range(1, BEFORE + 1):
        time = type("Time", (), {"years": -month / 12.0})
        path.append(RICH["rebels"].past(Plain, path[-1], own, time))
    found = levels_before(np, rich.recorded_readings["rebels"], values, BEFORE)
    np.testing.assert_allclose(np.stack(found), np.stack(path), rtol=1e-13)


def test_machine_code_and_its_derivatives_agree(rich, beliefs):
    """In numba, as samplers ask, against NumPy and against small differences; far from where a floor steps."""
    import pytensor
    import pytensor.tensor as pt

    from forecast import likelihood

    names = ("far", "growth", "rebels")
    scalars = {name: pt.dscalar(name) for name in names}
    months, reading = [1, BEFORE], rich.recorded_readings["rebels"]
    total = (likelihood._log_levels(pt, reading, scalars, months) * np.array([1.0, -0.5])).sum()
    total += read(pt, rich.recorded_readings["odd"], scalars)
    function = pytensor.function(
        [*scalars.values()], [total, *pytensor.grad(total, [*scalars.values()])], mode="NUMBA", trust_input=True
    )

    def plain(point):
        known = {name: np.array([value]) for name, value in point.items()}
        logs = likelihood._log_levels(np, reading, known, months)[0]
        return float(logs @ [1.0, -0.5] + read(np, rich.recorded_readings["odd"], known)[0])

    for far, growth in ((0.8, 0.02), (0.1, 0.02), (-6.5, 0.09)):
        point = {"far": far, "growth": growth, "rebels": 420.0}
        value, *slopes = function(*(np.asarray(one) for one in point.values()))
        assert value == pytest.approx(plain(point), rel=1e-12)
        for name, slope in zip(names, slopes, strict=True):
            step = 1e-5 * max(1.0, abs(point[name]))
            ends = [plain(point | {name: point[name] + side * step}) for side in (1.0, -1.0)]
            assert slope == pytest.approx((ends[0] - ends[1]) / (2.0 * step), rel=1e-6, abs=1e-9), name


def test_reports_of_a_level_by_scipy(district, beliefs):
    world = World(**DISTRICT, evidence=table(counts=REPORTS))
    (item,) = load_evidence("seen", world=world).items
    values = {**beliefs.arrays(50, seed=1), "report_bias": np.linspace(-1.0, 1.0, 50)}
    assert list(auxiliaries(item)) == ["report_bias"]
    found = item_log_likelihoods([item], values)["counts"]
    for number, (months, middle, width) in enumerate(
        ((2, np.log(150_000.0) / 2.0, np.log(5.0 / 3.0)), (8, np.log(0.5), 0))
    ):
        error = np.sqrt(0.3**2 + (width / 2.0 / stats.norm.ppf(0.95)) ** 2 + months * NOISE**2)
        centre = np.log(values["rebels"]) - months * values["growth"] + 0.2 * values["report_bias"]
        np.testing.assert_allclose(found[:, number], stats.norm.logpdf(middle, centre, error), rtol=1e-10)


CLASSES = said(
    "classes",
    ["truce_rate", "hold", "share", "far"],
    spread=0.5,
    classes=[
        {"of": "truce", "k": 3, "n": 8, "months": 6.0, "reliability": 1.0, "name": "a rate of the world"},
        {"of": "quits", "k": 4, "n": 20, "reliability": 0.5, "name": "a chance of the world"},
        {"of": "far", "k": 1, "n": 5, "months": 2.0, "reliability": 1.0, "name": "the log of a rate"},
        {"of": "share", "k": 5, "n": 6, "reliability": 1.0, "name": "a share"},
    ],
)


def test_classes_speak_of_readings_and_of_parameters_by_scipy(beliefs):
    world = World(**DISTRICT, evidence=table(like=CLASSES))
    (item,) = load_evidence("seen", world=world).items
    drawn = as_chains(beliefs, 1, 20, seed=1)
    own = {"class_spread": np.linspace(0.1, 1.0, 20), "class_offset": np.linspace(-2.0, 2.0, 80).reshape(20, 4)}
    drawn = drawn.assign(
        class_spread=(("chain", "draw"), own["class_spread"][None]),
        class_offset=(("chain", "draw", "reference_class"), own["class_offset"][None]),
    )
    values = {str(name): array.values[0] for name, array in drawn.data_vars.items()}
    moved = (own["class_spread"][:, None] * own["class_offset"]).T
    chances = (
        1.0 - np.exp(-6.0 * values["truce_rate"] * np.exp(moved[0])),
        special.expit(special.logit(1.0 - values["hold"]) + moved[1]),
        1.0 - np.exp(-2.0 * np.exp(values["far"] + moved[2])),
        special.expit(special.logit(values["share"]) + moved[3]),
    )
    counts = ((3, 8), (2, 10), (1, 5), (5, 6))
    expected = [stats.binom.logpmf(k, n, p) for (k, n), p in zip(counts, chances, strict=True)]
    np.testing.assert_allclose(item_log_likelihoods([item], values)["like"].T, expected, rtol=1e-9)
    model = forecast.build_model(beliefs, evidence="seen", world=world)
    _, theirs = log_densities(part_of(model, reached(model)), drawn)
    np.testing.assert_allclose(theirs["like"].values[0].T, expected, rtol=1e-9)


def test_a_level_without_a_past_was_always_that_of_the_origin(beliefs):
    items = table(census=ITEMS["census"] | {"informs": ["rebels"]})
    world = World(**DISTRICT | {"readings": {"rebels": level("rebels")}}, evidence=items)
    (item,) = load_evidence("seen", world=world).items
    values = beliefs.arrays(20, seed=1)
    spread = np.log(2.0) / (2.0 * stats.norm.ppf(0.95))
    expected = stats.norm.logpdf(np.log(45_000.0) / 2.0, np.log(values["rebels"]), spread)
    np.testing.assert_allclose(item_log_likelihoods([item], values)["census"], expected, rtol=1e-12)
    model = forecast.build_model(beliefs, evidence="seen", world=world)
    drawn = as_chains(beliefs, 1, 20, seed=1)
    _, theirs = log_densities(part_of(model, reached(model)), drawn)
    known = {str(name): array.values[0] for name, array in drawn.data_vars.items()}
    np.testing.assert_allclose(item_log_likelihoods([item], known)["census"], theirs["census"].values[0], rtol=1e-12)


def test_sets_by_name_by_path_and_none(district, folder, beliefs):
    assert available(district) == ("none", "seen")
    assert default_evidence(district) == "seen"
    assert load_evidence("seen", world=district) == load_evidence("seen", world=district)
    assert load_evidence(folder / "evidence.toml", world=district).hash == load_evidence("seen", world=district).hash
    bare = World(**DISTRICT)
    assert bare == district
    assert (available(bare), default_evidence(bare)) == (("none",), "none")
    assert load_evidence("none", world=bare).items == ()
    assert forecast.build_model(beliefs, world=bare).observed_RVs == []
    assert conditioned(beliefs, None, seed=1, progress=False, world=bare) == beliefs
    with pytest.raises(UnknownEvidence, match="seen"):
        load_evidence("sen", world=district)


def test_a_file_that_was_changed_is_read_again(tmp_path):
    place = tmp_path / "evidence.toml"
    place.write_text(tomli_w.dumps(table(quit=ITEMS["quit"])), encoding="utf-8")
    world = World(**DISTRICT, evidence=str(place))
    assert load_evidence("seen", world=world).items[0].data["k"] == 2
    place.write_text(tomli_w.dumps(table(quit=ITEMS["quit"] | {"k": 4, "source": "another paper"})), encoding="utf-8")
    assert load_evidence("seen", world=world).items[0].data["k"] == 4


def test_steps_travel_and_functions_do_not(district):
    copy = pickle.loads(pickle.dumps(district))
    assert copy == district
    assert copy.recorded_readings == district.recorded_readings
    assert not copy.readings
    assert copy.recorded_readings["rebels"].reads == ("rebels", "growth")
    # Nor does the path of a file: evidence is handed to a process.
    assert available(copy) == ("none",)
    seen = load_evidence("seen", world=district)
    assert seen.for_world(copy).world is copy


@pytest.mark.parametrize(
    "change",
    [
        {"quits": chance("hold")},
        {"truce": chance("truce_rate")},
        {"rebels": level("rebels", past=READINGS["rebels"].past, noise=lambda xp, beliefs: 0.06)},
        {"rebels": level("rebels", past=READINGS["rebels"].past)},
        {"more": rate("truce_rate")},
    ],
)
def test_a_reading_is_part_of_the_world(district, change):
    assert World(**DISTRICT | {"readings": READINGS | change}) != district


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"chance": "quts"}, "quits"),
        ({"chance": "hld"}, "hold"),
        ({"chance": "truce"}, r"'truce', a rate.*Expected a chance"),
        ({"chance": "rebels"}, r"'rebels', a level"),
        ({"chance": 3}, "chance = 3"),
        ({"date": datetime.date(2012, 2, 1)}, "2012-01-31"),
        ({"informs": ["hald"]}, "hold"),
        ({"of": "rebels"}, "of"),
        (said("no_event", ["hold"], hazards=["quits"], months=1.0), r"'quits', a chance.*Expected a rate"),
        (said("no_event", ["hold"], hazards=["truc"], months=1.0), "truce"),
        (said("strength", ["hold"], months_before=3, low=1.0, high=2.0, of="truce"), "a level of the world: rebels"),
        (said("strength", ["hold"], months_before=3, low=0.0, high=2.0), "low"),
        (
            said("reports", ["hold"], bias=0.1, error=0.1, reports=[{"months_before": 1, "low": 1.0, "high": 1.0}]),
            "source",
        ),
        (
            said(
                "classes",
                ["hold"],
                spread=0.5,
                classes=[{"of": "hld", "k": 1, "n": 2, "reliability": 1.0, "name": "a"}],
            ),
            "hold",
        ),
        (
            said(
                "classes",
                ["truce_rate"],
                spread=0.5,
                classes=[{"of": "truce", "k": 1, "n": 2, "reliability": 1.0, "name": "a"}],
            ),
            r"'truce', a rate.*Expected a chance",
        ),
    ],
)
def test_bad_items_are_refused_with_a_hint(change, hint):
    item = change if "kind" in change else ITEMS["quit"] | change
    with pytest.raises(forecast.errors.ForecastError, match=rf"(?s){hint}"):
        load_evidence("seen", world=World(**DISTRICT, evidence=table(quit=item)))


def test_which_level_must_be_said_where_there_are_several():
    two = {**READINGS, "other": level("rebels")}
    with pytest.raises(InvalidEvidence, match="rebels, other"):
        load_evidence("seen", world=World(**DISTRICT | {"readings": two}, evidence=table(census=ITEMS["census"])))
    named = table(census=ITEMS["census"] | {"of": "other"})
    (item,) = load_evidence("seen", world=World(**DISTRICT | {"readings": two}, evidence=named)).items
    assert item.level.past is None
    with pytest.raises(InvalidEvidence, match="readings"):
        load_evidence("seen", world=World(**DISTRICT | {"readings": {}}, evidence=table(census=ITEMS["census"])))


def test_what_does_not_go_together_is_refused(district, beliefs):
    with pytest.raises(InvalidEvidence, match="district"):
        forecast.build_model(beliefs, evidence=load_evidence("article"), world=district)
    with pytest.raises(InvalidEvidence, match="libya"):
        forecast.fit(beliefs, evidence=load_evidence("article"), world=district)
    with pytest.raises(UnknownPrior, match=r"(?s)no prior for hold.*district"):
        forecast.fit(priors.load("article"), world=district)
    with pytest.raises(InvalidArgument, match="world"):
        forecast.fit(forecast.build_model(beliefs, world=district), world=district)
    outside = World(**DISTRICT, evidence=table(odd=said("trials", ["far"], chance="far", k=1, n=1)))
    with pytest.raises(InvalidEvidence, match=r"'far' as a chance.*-inf to inf"):
        forecast.build_model(beliefs, world=outside)
    for of, more, hint in (
        ("far", {}, "'far' as a chance"),
        ("truce_rate", {"months": 3}, "as the log of a rate.*0 to"),
    ):
        one = {"of": of, "k": 1, "n": 2, "reliability": 1.0, "name": "a", **more}
        odd = World(**DISTRICT, evidence=table(odd=said("classes", [of], spread=0.5, classes=[one])))
        with pytest.raises(InvalidEvidence, match=hint):
            forecast.build_model(beliefs, world=odd)
    named = World(**DISTRICT, evidence={**table(quit=ITEMS["quit"]), "set": {"none": table(quit=1)["set"]["seen"]}})
    with pytest.raises(InvalidEvidence, match="called none and has items"):
        load_evidence("seen", world=named)
    assert load_evidence("none", world=named).items == ()


def test_a_reading_that_leaves_a_number_without_end_aside_has_a_slope():
    """PyTensor's own derivative is no number there, and chains stay where they are."""
    import pytensor
    import pytensor.tensor as pt

    def held_back(xp, beliefs):
        return xp.minimum(1.0, xp.exp(800.0 * beliefs.far))

    readings = {"held": rate(held_back), "hold": level("hold", noise=held_back)}
    held, hold = World(**DISTRICT | {"readings": readings}).recorded_readings.values()
    far = pt.dscalar("far")
    for value in (read(pt, held, {"far": far}), _noise(pt, hold, {"far": far}, 1)):
        slope = pytensor.grad(value, far)
        assert slope.eval({far: 1.0}, mode="FAST_COMPILE") == 0.0
        assert slope.eval({far: -0.001}, mode="FAST_COMPILE") == pytest.approx(800.0 * np.exp(-0.8), rel=1e-13)


@pytest.mark.parametrize(
    ("readings", "hint"),
    [
        ({"a": chance("hld")}, r"chance of the reading 'a'.*hold"),
        ({"a": chance(lambda xp, beliefs: beliefs.hld)}, "hold"),
        ({"a": chance(lambda xp, beliefs: 0.5)}, "depends on no parameter"),
        ({"a": chance(lambda xp, beliefs: random.random() * beliefs.hold)}, "something else each time"),
        ({"a": rate(lambda xp, beliefs: xp.poisson_ppf(0.5, beliefs.hold))}, "poisson_ppf"),
        ({"a": rate(lambda xp, beliefs: (beliefs.hold, 1.0))}, "tuple"),
        ({"a": rate(lambda xp, beliefs: 1.0 if beliefs.hold > 0.5 else 0.0)}, "xp.where"),
        ({"a": level("hold", past=lambda xp, level, beliefs, time: time.month)}, r"past of the reading 'a'.*years"),
        ({"a": lambda xp, beliefs: beliefs.hold}, "chance, rate or level"),
        ({"class": chance("hold")}, "reading called 'class'"),
    ],
)
def test_bad_readings_are_refused_when_the_world_is_made(readings, hint):
    with pytest.raises(InvalidWorld, match=rf"(?s){hint}"):
        World(**DISTRICT | {"readings": readings})


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda: chance(lambda beliefs: beliefs.hold), "lambda xp, beliefs:"),
        (lambda: rate(3.0), "the rate is 3.0"),
        (lambda: level("hold", past=lambda xp, level: level), "lambda xp, level, beliefs, time:"),
        (lambda: level("hold", past="growth"), "past of a level"),
        (lambda: level("hold", noise=lambda: 1.0), "noise of a level"),
    ],
)
def test_functions_of_other_arguments_are_refused_at_once(make, hint):
    with pytest.raises(InvalidWorld, match=hint):
        make()


def test_evidence_must_be_a_path_or_a_table():
    with pytest.raises(InvalidWorld, match="evidence"):
        World(**DISTRICT, evidence=3)
    with pytest.raises(forecast.errors.FileMissing):
        load_evidence("seen", world=World(**DISTRICT, evidence="no_such_evidence.toml"))


@pytest.mark.parametrize(
    ("reading", "item", "said"),
    [
        (
            forecast.chance(lambda xp, beliefs: beliefs.share * 3.0),
            {"kind": "trials", "chance": "spoken", "k": 1, "n": 4},
            "chance 'spoken'.*0 to 1.*xp.minimum",
        ),
        (
            forecast.rate(lambda xp, beliefs: beliefs.share - 0.5),
            {"kind": "no_event", "hazards": ["spoken"], "months": 3},
            "rate 'spoken', which is -0.*0 or more",
        ),
        (
            forecast.level(lambda xp, beliefs: xp.log(beliefs.share)),
            {"kind": "strength", "months_before": 1, "low": 1.0, "high": 2.0},
            "level 'spoken'.*above 0",
        ),
    ],
)
def test_what_is_no_probability_rate_or_level_is_refused_before_anything_is_sampled(reading, item, said):
    world = forecast.World(
        name="spoken",
        date="2012-01-31",
        origin=lambda beliefs, luck: {"x": beliefs.share},
        month=lambda xp, state, levers, beliefs, luck, time: {"x": state.x},
        states={"x": forecast.number("1", "X")},
        parameters=("share",),
        levers=(),
        shocks={},
        readings={"spoken": reading},
        evidence={
            "format": 1,
            "set": {"seen": {"title": "Seen", "description": "It was seen.", "items": ["one"]}},
            "item": {
                "one": {
                    "date": datetime.date(2012, 1, 31),
                    "source": "an observer",
                    "informs": ["share"],
                    "likelihood": "What was seen.",
                    **item,
                }
            },
        },
        options={"nothing": forecast.Option("nothing")},
    )
    share = priors.elicit("Beta", interval=(0.2, 0.8), mass=0.9, unit="1")
    beliefs = priors.PriorSet({"share": share}, name="mine")
    with pytest.raises(InvalidEvidence, match=f"(?s)item 'one'.*{said}"):
        forecast.fit(beliefs, world=world, evidence="seen", progress=False)
    with pytest.raises(InvalidEvidence, match=f"(?s){said}"):
        forecast.simulate(beliefs, world=world, evidence="seen", worlds=20, months=2, progress=False)
