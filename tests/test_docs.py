"""The documents say what the code does: generated parts are built again, snippets and commands are run."""

import contextlib
import dataclasses
import importlib.util
import math
import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest

import forecast
import priors
from forecast.cli import main
from forecast.decision.reading import available_values
from forecast.errors import ForecastError
from forecast.evidence import KINDS
from forecast.libya.parts import PARTS
from forecast.libya.world import LIBYA

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def build():
    return _of_docs("build")


def _of_docs(name):
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ESTIMATE = re.compile(r"([+-]?[\d,]+(?:\.\d+)?) ± ([\d,]+(?:\.\d+)?)")


def differences_beyond_luck(kept, built):
    """Say where two texts differ by more than the Monte-Carlo errors that they state.

    Another processor rounds otherwise, a Markov chain then takes another way, and every estimate that rests on the
    posterior is drawn anew. All that is no estimate with an error must be the same.
    """
    if ESTIMATE.sub("±", kept) != ESTIMATE.sub("±", built):
        return ["the words"]
    found = []
    for ours, theirs in zip(ESTIMATE.findall(kept), ESTIMATE.findall(built), strict=True):
        (a, da), (b, db) = ([float(number.replace(",", "")) for number in pair] for pair in (ours, theirs))
        near = abs(a - b) <= 4.5 * math.hypot(da, db)
        alike = da == db or max(da, db) <= 1.6 * min(da, db)
        if not (near and alike):
            found.append(f"{' ± '.join(ours)} and {' ± '.join(theirs)}")
    return found


@pytest.mark.parametrize(
    "refits",
    [pytest.param(False, marks=pytest.mark.slow), pytest.param(True, marks=pytest.mark.exhaustive)],
)
def test_generated_pages_are_up_to_date(build, refits):
    for path, text in build.pages(refits=refits).items():
        stale = differences_beyond_luck(path.read_text(encoding="utf-8"), text)
        assert not stale, f"{path.name} is stale ({stale[:3]}): run make docs"


@pytest.mark.parametrize(
    ("kept", "built", "stale"),
    [
        ("x 13.0 ± 0.4 points", "x +13.5 ± 0.4 points", False),
        ("x 13.0 ± 0.4 points", "x 13.0 ± 0.4 %", True),
        ("x 13.0 ± 0.4, 5", "x 13.0 ± 0.4, 6", True),
        ("x 13.0 ± 0.4", "x 16.0 ± 0.4", True),
        ("x 13.0 ± 0.4", "x 13.0 ± 0.9", True),
        ("x 6,867 ± 40 fighters", "x 6,900 ± 40 fighters", False),
    ],
)
def test_staleness_is_more_than_luck(kept, built, stale):
    assert bool(differences_beyond_luck(kept, built)) == stale


def test_the_calibration_is_of_the_beliefs_and_evidence_that_there_are():
    """Its numbers are held in a slow test: tests/forecast/diagnostics/test_calibration_of_the_article.py."""
    calibration = _of_docs("calibration")
    text = calibration.PAGE.read_text(encoding="utf-8")
    assert calibration.provenance(*calibration.calibrated()) in text, (
        "docs/calibration.md is stale: run make calibration"
    )
    assert f"Picture {calibration.picture_hash()}." in text, "page and picture are not of one run: run make calibration"
    assert "The run **passed**" in text


def test_the_page_of_every_test_counts_each_outcome_by_folder():
    report = ElementTree.fromstring(
        '<testsuites><testsuite><testcase classname="tests.forecast.libya.test_x" name="a" time="60"/>'
        '<testcase classname="tests.forecast.libya.test_x" name="b" time="30"><failure/></testcase>'
        '<testcase classname="tests.test_docs.TestX" name="c" time="6"><skipped/></testcase></testsuite></testsuites>'
    )
    text = _of_docs("checks").page(report, "`abc`")
    assert "at commit `abc`" in text
    assert "| tests/forecast/libya | 1 | 1 | 0 | 1.5 |" in text
    assert "| tests | 0 | 0 | 1 | 0.1 |" in text
    assert "| **all** | 1 | 1 | 1 | 1.6 |" in text


def test_the_month_in_equations_is_up_to_date_and_claims_lead_to_its_parts(build):
    month = _of_docs("month")
    model, claims = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("model.md", "claims.md"))
    assert month.month_section() in model, "docs/model.md is stale: run make docs"
    headings = {
        "#" + line.lstrip("# ").lower().replace(" ", "-") for line in re.findall(r"^#+ .*$", model, re.MULTILINE)
    }
    linked = set(re.findall(r"\]\((?:model\.md)?(#[^)]+)\)", claims + model))
    assert linked == {month.anchor(part) for part in PARTS}
    assert linked <= headings
    for claim in priors.load_claims():
        (row,) = re.findall(rf"^\| \*\*{claim}\*\* .*$", claims, re.MULTILINE)
        assert build.reached(claim) in row, "docs/claims.md is stale: run make docs"


def test_the_readme_counts_the_reference_classes():
    classes = priors.load_classes().values()
    gates = sum(one.role("article") == "gate" for one in classes)
    assert f"lists {len(classes)} reference classes" in README
    assert f"; {gates} are gates" in README


def test_the_example_of_a_choice_tries_the_claims_that_it_needs_most(build):
    example = (ROOT / "examples" / "which_option.py").read_text(encoding="utf-8")
    assert tuple(re.findall(r'"(P\d+)"', example)) == build.NEEDED


def test_every_result_names_what_there_is(build):
    claims, options = set(priors.load_claims()), set(forecast.options.load())
    speaks = build.results()
    assert set(speaks) == claims
    for outcome, option, baseline in speaks.values():
        assert outcome in LIBYA.outcomes
        assert option in options
        assert baseline is None or baseline in options


@pytest.mark.slow
def test_what_the_readme_concludes_is_so(build):
    """The sentences under the headline table, held against the worlds that made it."""
    outcomes = build.worlds_of_the_article()
    table = forecast.compare(outcomes)["estimate"]
    stable = table["stable_success"]
    assert stable.idxmax() == "ct_two_factions"
    assert 1 / 6 < stable.max() < 1 / 5
    fighters = outcomes["isis_fighters"].sel(option="no_assistance").mean("world")
    assert 1.5 < fighters.sel(month=24) / fighters.sel(month=0) < 1.7
    assert set(table["isis_fighters_end"].nsmallest(2).index) == {"ct_with_air", "airstrikes"}
    assert list(table["isis_degraded"].nlargest(2).index) == ["ct_with_air", "airstrikes"]
    alive = table["council_survives"]
    for option in ("ct_with_air", "airstrikes"):
        assert 0.09 < alive["no_assistance"] - alive[option] < 0.13
    assert ((table["pyrrhic"] / table["sirte_freed"]) > 0.55).all()
    freed, blowback, clashes = table["sirte_freed"], table["blowback_ever"], table["clashes_total"]
    assert freed["ct_assistance"] > freed["no_assistance"] + 0.1
    assert freed.idxmax() == blowback.idxmax() == "ct_two_factions"
    assert freed["regional_centres"] == pytest.approx(freed["ct_assistance"], abs=0.02)
    assert blowback["no_assistance"] < blowback["regional_centres"] < 0.75 * blowback["ct_assistance"]
    assert clashes["regional_centres"] < 0.87 * clashes["ct_assistance"]
    assert alive["regional_centres"] == pytest.approx(alive["no_assistance"], abs=0.03)
    could = priors.elicit("Normal", words={"verb": "could", "strength": "moderate", "sign": "+"})
    assert math.exp(could.mean + could.sd**2 / 2) == pytest.approx(1.6, abs=1e-12)
    assert math.exp(could.mean) == pytest.approx(1.45, abs=0.005)


@pytest.mark.slow
def test_what_the_readme_concludes_of_the_proposals_parts_is_so():
    """Without its centres and advisers the proposal does better, and without its mediation worse."""
    proposal = forecast.options.load()["regional_centres"]
    (phase,) = proposal.phases

    def without(*levers):
        kept = {lever: level for lever, level in phase.levers.items() if lever not in levers}
        return dataclasses.replace(
            proposal, name=f"without_{levers[0]}", phases=(dataclasses.replace(phase, levers=kept),)
        )

    outcomes = forecast.simulate(
        priors.load("article"),
        options=[proposal, without("coordination", "advisers"), without("mediation")],
        worlds=10_000,
        progress=False,
    )
    table = forecast.compare(outcomes, baseline="regional_centres").loc["stable_success"]
    gain, error = table["difference"], table["difference_error"]
    assert gain["without_coordination"] > 3 * error["without_coordination"]
    assert gain["without_mediation"] < -3 * error["without_mediation"]


@pytest.mark.slow
def test_what_the_readme_concludes_of_the_choice_is_so(build):
    outcomes = build.worlds_of_the_article()
    expected = {
        "balanced": {"regional_centres", "regional_then_national", "diplomacy"},
        "counterterrorism_first": {"ct_two_factions", "regional_then_national"},
        "state_building_first": {"diplomacy"},
    }
    assert set(expected) == set(available_values())
    for name, best in expected.items():
        decision = forecast.decide(forecast.utility(outcomes, name), indifference=0.0025)
        assert {decision.verdict.best, *decision.verdict.as_good, *decision.verdict.contenders} == best, name
    u = forecast.utility(outcomes)
    decision = forecast.decide(u)
    best = decision.to_frame()["best"]
    assert best.max() < 1 / 2
    shares = {(pair.option, pair.other): pair.share for pair in decision.duplicates}
    assert shares["regional_centres", "regional_then_national"] == pytest.approx(0.88, abs=0.03)
    won = u == u.max("option")
    either = won.sel(option=["regional_centres", "regional_then_national"]).any("option")
    assert float(either.mean()) == pytest.approx(0.17, abs=0.02)
    assert best["airstrikes"] == pytest.approx(0.28, abs=0.02)


def test_what_the_readme_concludes_of_luck_is_so():
    """Of the table that is kept, which another test holds against the worlds."""
    block = README.partition("<!-- generated: luck -->\n")[2].partition("<!-- end -->")[0]
    rows = {}
    for line in block.splitlines()[2:]:
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        rows[name] = [float(ESTIMATE.search(cell)[1].replace(",", "")) for cell in cells], cells[2]
    events = [(numbers[1], numbers[2]) for numbers, spread in rows.values() if spread.endswith("points")]
    assert len(events) == 5
    assert min(luck for luck, _ in events) > 65
    assert 7 < min(spread for _, spread in events) < 10
    assert 25 < max(spread for _, spread in events) < 30
    assert 44 < rows[LIBYA.outcomes["isis_fighters_end"].long_name][0][1] < 60
    assert rows[LIBYA.outcomes["oil_output_end"].long_name][0][1] > 65


def test_what_the_readme_concludes_of_structures_is_so():
    """Ranges are several times the errors where ISIS is concerned, and nearly all conclusions survive every form."""
    table = README[README.index("<!-- generated: headline -->") :].splitlines()[3:14]
    for line in table:
        estimate, low, high = re.match(r"\| [^|]+ \| [\d.]+ ± ([\d.]+) % \(([\d.]+) to ([\d.]+)\)", line).groups()
        assert float(high) - float(low) > 10 * float(estimate)
    page = (ROOT / "docs" / "conclusions.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if re.search(r"\d of 13", line)]
    by_forms = [int(row[2].split()[0]) for row in rows]
    by_sets = [int(row[3].split()[0]) for row in rows]
    assert len(rows) == 11
    assert "nine hold under every form of every structure, six under every form and every shipped set" in README
    assert sum(count == 13 for count in by_forms[:-1]) == 9
    assert sum(pair == (13, 5) for pair in zip(by_forms[:-1], by_sets, strict=False)) == 6
    # The choice between the centres and diplomacy is told under few forms, and goes both ways among the sets.
    assert by_forms[-1] < 7
    assert "fails" in rows[-1][4]


@pytest.mark.slow
def test_the_first_snippet_gives_the_headline_to_the_last_digit(build, capsys):
    snippet = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    exec(compile(snippet, "README.md", "exec"), {})
    printed = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    table = build.headline_table(build.worlds_of_the_article())
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert [row[: len(rows[0])] for row in printed[: len(rows)]] == rows
    # The kept table is that of the processor it was made on, and another draws another posterior.
    kept = README.partition("<!-- generated: headline -->\n")[2].partition("<!-- end -->")[0]
    assert differences_beyond_luck(kept.strip(), table) == []


@pytest.mark.slow
def test_python_snippets_run(capsys):
    """All but the first, which is run above."""
    _, *snippets = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, "README.md", "exec"), {})
    assert "stable_success" in capsys.readouterr().out


def test_the_way_to_a_world_of_your_own_is_what_the_page_says(tmp_path, monkeypatch, capsys):
    """Its files are written, its code is run from top to bottom, and each text is what the code above it said."""
    text = (ROOT / "docs" / "own_world.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names, said, refused = {"__name__": "own_world"}, "", 0
    for kind, block in re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        if kind == "toml":
            (tmp_path / block.splitlines()[0].removeprefix("# ")).write_text(block, encoding="utf-8")
        elif kind == "console":
            for command in re.findall(r"^\$ forecast (.*)$", block, re.MULTILINE):
                assert (
                    main([*shlex.split(command), *(["--quiet", "--no-figures"] if command.startswith("run") else [])])
                    == 0
                )
            capsys.readouterr()
        elif kind == "python":
            assert not said, "what the code before this said is not on the page"
            if block.startswith("# mill.py"):
                (tmp_path / "mill.py").write_text(block, encoding="utf-8")
            try:
                exec(compile(block, "own_world.md", "exec"), names)
                said = capsys.readouterr().out
            except ForecastError as error:
                said, refused = f"{type(error).__name__}: {error}", refused + 1
        else:
            assert block.split() == said.split()
            said = ""
    assert refused >= 15
    for kind, keys in KINDS.items():
        (row,) = re.findall(rf"^\| `{kind}` \| .*$", text, re.MULTILINE)
        assert all(f"`{key}`" in row for key in keys), row
        assert f'kind = "{kind}"' in text
    assert "`months_before` the origin, a whole number from 1 to 60;" in text
    told = (tmp_path / "mill_more.toml").read_text(encoding="utf-8")
    for months, taken in ((0, False), (0.5, False), (1, True), (60, True), (61, False)):
        (tmp_path / "months.toml").write_text(told.replace("months_before = 6", f"months_before = {months}"))
        with contextlib.nullcontext() if taken else pytest.raises(ForecastError, match="from 1 to 60"):
            forecast.load_evidence(tmp_path / "months.toml", world=names["WORLD"])
    assert {"mill.nc", "workless.png"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.slow
def test_commands_run(tmp_path, capsys):
    commands = re.findall(r"^\$ \.venv/bin/forecast (.*)$", README, re.MULTILINE)
    assert len(commands) >= 2
    saved = ["run", "--evidence", "none", "--worlds", "60", "--months", "6", "--no-figures", "--quiet"]
    assert main([*saved, "--out", str(tmp_path / "saved")]) == 0
    for number, command in enumerate(commands):
        arguments = shlex.split(command)
        if arguments[0] == "run":
            # Sampling a posterior is what the slow tests are for; the article's is here already, for the table.
            arguments += [] if "--beliefs" not in arguments else ["--evidence", "none"]
            # The river town has options that start in its second year.
            arguments += ["--worlds", "50", "--months", "24" if "--world" in arguments else "6"]
            arguments += ["--no-figures", "--out", str(tmp_path / str(number))]
        if arguments[0] == "sensitivity":
            arguments += ["--worlds", "1000", "--months", "6", "--methods", "tornado"]
        if arguments[0] == "sweep":
            arguments[arguments.index("--store") + 1] = str(tmp_path / "council.zarr")
            if "--out" in arguments:
                arguments += ["--dry-run"]
                arguments[arguments.index("--out") + 1] = str(tmp_path / "council")
        if arguments[0] == "decide":
            arguments[1] = str(tmp_path / "saved")
        assert main(arguments) == 0
    capsys.readouterr()


def test_the_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^\$ make (\w+)$", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize(
    "page",
    [
        *("README.md", "CONTRIBUTING.md", "docs/sources.md", "docs/sweeps.md", "docs/claims.md", "docs/calibration.md"),
        "docs/conclusions.md",
        *("docs/model.md", "docs/own_world.md"),
    ],
)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (ROOT / page).parent.joinpath(target).exists(), target
