"""The name of a set that was edited, in any order, and after it was saved and loaded."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import priors
from forecast.errors import InvalidFile, InvalidPrior

A = priors.load("article")
NEW = {
    "isis_fighters": priors.elicit("LogNormal", interval=(2000, 9000), mass=0.9),
    "collapse_hazard": priors.elicit(hazard=(0.1, 0.5), within=12),
    "war_hazard": priors.elicit(hazard=(0.1, 0.5), within=12),
    "clash_war": priors.elicit(ratio=(1, 4)),
    "oil_origin": priors.elicit("LogNormal", interval=(300, 500), mass=0.9),
}


def edited(*names):
    return A.replace({name: NEW[name] for name in names})


def test_edits_accumulate_each_once():
    one = edited("isis_fighters")
    assert one.name == "article (edited: isis_fighters)"
    assert one.title == f"{A.title} (edited: isis_fighters)"
    two = one.replace(collapse_hazard=NEW["collapse_hazard"])
    assert two.name == "article (edited: isis_fighters, collapse_hazard)"
    again = two.replace(isis_fighters=priors.elicit("LogNormal", interval=(2500, 8000), mass=0.9))
    assert again.name == two.name
    assert A.name == "article"


def test_more_than_three_are_counted():
    assert edited(*NEW).name == "article (edited: isis_fighters, clash_war, war_hazard and 2 more)"
    assert edited(*list(NEW)[:3]).name == "article (edited: isis_fighters, war_hazard, collapse_hazard)"


def test_what_changes_nothing_is_no_edit():
    assert A.replace(isis_fighters=A["isis_fighters"]).name == "article"
    assert A.replace(dict(A)) == A
    one = edited("isis_fighters")
    assert one.replace(isis_fighters=one["isis_fighters"]) == one


def test_what_is_edited_back_is_the_set_again():
    two = edited("isis_fighters", "clash_war")
    assert two.replace(isis_fighters=A["isis_fighters"]).name == "article (edited: clash_war)"
    back = two.replace(isis_fighters=A["isis_fighters"], clash_war=A["clash_war"])
    assert back == A
    assert back.hash == A.hash


def test_a_correlation_is_an_edit():
    tied = A.correlate("isis_fighters", "war_hazard", 0.3, reason="So.")
    assert tied.name == "article (edited: isis_fighters~war_hazard)"
    assert tied.replace(NEW).name == "article (edited: isis_fighters~war_hazard, isis_fighters, clash_war and 3 more)"
    old = A.correlations[0]
    same = A.correlate(*old.between, old.rho, reason=old.reason, claims=old.claims)
    assert same.name == "article"


@pytest.mark.slow
@settings(max_examples=25)
@given(some.lists(some.tuples(some.sampled_from(sorted(NEW)), some.booleans(), some.booleans()), max_size=8))
def test_the_name_is_right_after_any_edits_also_from_files(tmp_path_factory, steps):
    beliefs, path = A, tmp_path_factory.mktemp("edits") / "mine.toml"
    for name, forth, saved in steps:
        beliefs = beliefs.replace({name: NEW[name] if forth else A[name]})
        if saved:
            again = priors.load(beliefs.save(path))
            assert again == beliefs
            beliefs = again
    differ = {name for name in A if beliefs[name] != A[name]}
    assert {name for name, _ in beliefs.edited} == differ
    assert (beliefs.name == "article") == (not differ) == (beliefs == A)
    assert beliefs.name.startswith("article (edited: ") or not differ


def test_a_set_with_a_name_of_its_own_begins_anew():
    mine = dataclasses.replace(edited("isis_fighters"), name="mine", title="Mine")
    assert mine.replace(clash_war=NEW["clash_war"]).name == "mine (edited: clash_war)"


def test_a_set_without_a_name_stays_so():
    assert dataclasses.replace(A, name="", title="").replace(clash_war=NEW["clash_war"]).name == ""


def test_a_file_cannot_pass_for_a_shipped_set(tmp_path):
    path = tmp_path / "article.toml"
    changed = {**A.priors, "clash_war": edited("clash_war")["clash_war"]}
    dataclasses.replace(A, priors=changed).save(path)
    assert priors.load(path).name == "article (edited: clash_war)"
    dataclasses.replace(A, correlations=A.correlations[1:]).save(path)
    assert priors.load(path).name == f"article (edited: {'~'.join(A.correlations[0].between)})"
    path.write_text('format = 1\nname = "sceptic"\ntitle = "S"\nbase = "article"\norigin = 2016-02-28\n')
    assert priors.load(path).name.startswith("sceptic (edited: origin, ")
    A.save(path)
    assert priors.load(path) == A
    # What a file says of edits is not believed.
    text = edited("clash_war").save(path).read_text()
    path.write_text(text.replace("clash_war =", "war_hazard =", 1))
    assert priors.load(path).name == "article (edited: clash_war)"
    assert priors.load(path).title == f"{A.title} (edited: clash_war)"


def test_damaged_edits(tmp_path):
    text = edited("clash_war").save(tmp_path / "mine.toml").read_text()
    (tmp_path / "mine.toml").write_text(text.replace('clash_war = "', 'clash_war = 1 # "', 1))
    with pytest.raises(InvalidFile, match="edited"):
        priors.load(tmp_path / "mine.toml")


def test_parts_and_members_and_claims():
    one = edited("isis_fighters", "clash_war")
    assert one.only(["oil_origin", "oil_repair", "raid_loss"]).name == one.name
    assert priors.without_claim(A, "P34").name == "article (without P34)"
    assert priors.without_claim(A, "P34").title == f"{A.title} (without P34)"
    assert priors.without_claim(one, "P34").name == f"{one.name} (without P34)"
    pooled = priors.load("pooled")
    assert pooled.member("sceptic").name == "sceptic (of pooled)"
    assert pooled.replace(clash_war=NEW["clash_war"]).name == "pooled (edited: clash_war)"


def test_an_edit_does_not_choose_other_worlds():
    before = priors.without_claim(A, "N1").sample(200, seed=1)
    after = priors.without_claim(edited("oil_origin"), "N1").sample(200, seed=1)
    assert all(before[name].equals(after[name]) for name in A if name != "oil_origin")


def test_a_mapping_and_names():
    both = A.replace({"clash_war": NEW["clash_war"]}, oil_origin=NEW["oil_origin"])
    assert both == edited("clash_war", "oil_origin")
    with pytest.raises(InvalidPrior, match="each quantity once"):
        A.replace({"clash_war": NEW["clash_war"]}, clash_war=NEW["clash_war"])
    with pytest.raises(InvalidPrior, match="a mapping"):
        A.replace(["clash_war"])
