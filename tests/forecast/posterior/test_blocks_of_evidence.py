"""Blocks are what items, correlations and pools link, and what an item reads is what PyMC's graph says."""

import dataclasses
import datetime
import itertools

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import forecast
import priors
from forecast.blocks import free_above, reached
from forecast.evidence import Item, available, load_evidence
from forecast.likelihood import auxiliaries
from forecast.posterior.sampled import sample_posterior
from forecast.posterior.target import blocks_of
from priors import PriorSet

SETS = priors.available()
EVIDENCE = [name for name in available() if load_evidence(name).items]

GROWTH = (
    *("isis_fighters", "isis_growth", "local_resistance", "isis_inflow", "inflow_fallback", "isis_ceiling"),
    *("recruit_foreign", "disorder_recruitment", "diversion", "isis_noise"),
)
COUNCIL = ("collapse_hazard", "collapse_executive", "seating_hazard", "hor_hazard", "gnc_hazard")
CLASSES = ("leadership_hazard", "freed_hazard", "abandon_hazard", "war_hazard", "train_hold", "clash_rate")
ALONE = (("capture_share",), ("parallel_origin",))
KNOWN = {
    "article": {GROWTH, COUNCIL, ("train_hold",), *ALONE},
    "article+reports": {GROWTH, COUNCIL, ("train_hold",), *ALONE},
    "article+reference": {GROWTH, (*COUNCIL, *CLASSES), *ALONE},
}
"""The clash rate is in no item, but the article believes that it goes with the hazard of war."""


def _sets(groups):
    return {frozenset(group) for group in groups}


def _by_components(beliefs, evidence):
    """What items and correlations of any member link, by another algorithm."""
    names = list(beliefs)
    links = [item.informs for item in evidence.items] + [one.between for one in beliefs.correlations]
    pairs = [(names.index(a), names.index(b)) for link in links for a, b in itertools.pairwise(link)]
    rows, columns = np.array(pairs).T
    matrix = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(len(names),) * 2)
    _, label = connected_components(matrix, directed=False)
    informed = {label[names.index(name)] for item in evidence.items for name in item.informs}
    return {frozenset(np.array(names)[label == one]) for one in informed}


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        pytest.param(name, one, marks=pytest.mark.slow if name == "pooled" and one != "article" else ())
        for name in SETS
        for one in EVIDENCE
    ],
)
def test_blocks_of_the_shipped_sets(name, evidence):
    known = load_evidence(evidence)
    beliefs = known.applied(priors.load(name))
    blocks = blocks_of(beliefs, known.items)
    assert _sets(block.names for block in blocks) == _by_components(beliefs, known) == _sets(KNOWN[evidence])
    # Each item is in one block, in the order of the beliefs; so are the quantities, and the blocks.
    assert sorted(item.name for block in blocks for item in block.items) == sorted(item.name for item in known.items)
    order = list(beliefs)
    firsts = [order.index(block.name) for block in blocks]
    assert firsts == sorted(firsts)
    for block in blocks:
        assert list(block.names) == sorted(block.names, key=order.index)
        assert set(block.own) == {name for item in block.items for name in auxiliaries(item)}


def test_no_evidence_no_blocks(article):
    assert blocks_of(article, ()) == ()


@pytest.mark.parametrize("evidence", EVIDENCE)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "article" else pytest.mark.slow) for name in SETS]
)
def test_what_is_read_is_what_the_graph_of_the_model_says(name, evidence):
    known = load_evidence(evidence)
    beliefs = known.applied(priors.load(name))
    model = forecast.build_model(priors.load(name), evidence=known)
    for item in known.items:
        assert set(item.reads) == free_above(model, [model[item.name]]) & set(beliefs) == set(item.informs)
    found = {name for block in blocks_of(beliefs, known.items) for name in (*block.names, *block.own)}
    if beliefs.pooled is None:
        assert found == set(reached(model))
    else:
        # In the graph the members' joint density links all that they differ in; within a member it does not.
        assert found <= set(reached(model))


def _normals(*names):
    one = priors.elicit("Normal", parameters={"mu": -3.0, "sigma": 0.5})
    return PriorSet(dict.fromkeys(names, one), name="small")


def _no_event(name, *hazards):
    informs = tuple(f"{hazard}_hazard" for hazard in hazards)
    day = datetime.date(2016, 1, 31)
    return Item(name, day, "", (), (), informs, "", "no_event", {"hazards": list(hazards), "months": 3.0})


ITEMS = (_no_event("first", "seating"), _no_event("second", "gnc"))


def test_an_item_and_a_correlation_link():
    beliefs = _normals("seating_hazard", "gnc_hazard", "hor_hazard", "other", "another")
    assert [block.names for block in blocks_of(beliefs, ITEMS)] == [("seating_hazard",), ("gnc_hazard",)]
    both = (*ITEMS, _no_event("third", "seating", "gnc"))
    assert [block.names for block in blocks_of(beliefs, both)] == [("seating_hazard", "gnc_hazard")]
    tied = beliefs.correlate("seating_hazard", "other", 0.5, reason="r").correlate("other", "another", 0.5, reason="r")
    assert [block.names for block in blocks_of(tied, ITEMS)] == [
        ("seating_hazard", "other", "another"),
        ("gnc_hazard",),
    ]
    # Linked to each other, and to nothing that an item reads.
    apart = beliefs.correlate("hor_hazard", "other", 0.5, reason="r")
    assert [block.names for block in blocks_of(apart, ITEMS)] == [("seating_hazard",), ("gnc_hazard",)]


def _pool_of(members, names):
    each = {
        member: priors.elicit("Normal", parameters={"mu": mu, "sigma": 0.5})
        for member, mu in zip(names, members, strict=True)
    }
    return priors.pool(each)


def test_a_pool_of_single_priors_by_the_same_members_links():
    plain = _normals("seating_hazard", "gnc_hazard", "other")
    same = plain.replace(
        seating_hazard=_pool_of((-3.0, -2.0), "ab"), gnc_hazard=_pool_of((-4.0, -3.0), "ab"), accept=True
    )
    assert [block.names for block in blocks_of(same, ITEMS)] == [("seating_hazard", "gnc_hazard")]
    others = plain.replace(
        seating_hazard=_pool_of((-3.0, -2.0), "ab"), gnc_hazard=_pool_of((-4.0, -3.0), "cd"), accept=True
    )
    assert [block.names for block in blocks_of(others, ITEMS)] == [("seating_hazard",), ("gnc_hazard",)]
    # What no item reads is reached through whose belief it is.
    beyond = plain.replace(seating_hazard=_pool_of((-3.0, -2.0), "ab"), other=_pool_of((-4.0, -3.0), "ab"), accept=True)
    assert [block.names for block in blocks_of(beyond, ITEMS)] == [("seating_hazard", "other"), ("gnc_hazard",)]


def test_blocks_of_a_pooled_set_fit_every_member():
    plain = _normals("seating_hazard", "gnc_hazard", "other")
    tied = plain.correlate("seating_hazard", "other", 0.5, reason="r")
    other = plain.correlate("gnc_hazard", "other", 0.5, reason="r")
    pooled = priors.pool({"tied": tied, "plain": plain})
    assert [block.names for block in blocks_of(pooled, ITEMS)] == [("seating_hazard", "other"), ("gnc_hazard",)]
    joined = priors.pool({"tied": tied, "other": other})
    assert [block.names for block in blocks_of(joined, ITEMS)] == [("seating_hazard", "gnc_hazard", "other")]


def test_drawing_blocks_apart_is_drawing_them_together():
    """One block made of all has the same posterior: evidence and means within the stated errors."""
    beliefs = _normals("seating_hazard", "gnc_hazard").replace(
        gnc_hazard=priors.elicit("Normal", parameters={"mu": -1.0, "sigma": 1.0}), accept=True
    )
    apart = sample_posterior(beliefs, ITEMS, seed=1)
    tied = beliefs.correlate("seating_hazard", "gnc_hazard", 1e-12, reason="to link them and say nothing")
    together = sample_posterior(tied, ITEMS, seed=2)
    assert len(apart.blocks) == 2
    assert len(together.blocks) == 1
    difference = apart.weights.log_marginal - together.weights.log_marginal
    error = np.hypot(apart.weights.log_marginal_error, together.weights.log_marginal_error)
    assert abs(difference / error).max() < 4
    for name in beliefs:
        found = []
        for posterior in (apart, together):
            one = next(one for one in posterior.sampled[0] if name in one.values)
            mean = (one.weights * one.values[name]).sum()
            found.append((mean, (one.weights**2 * (one.values[name] - mean) ** 2).sum()))
        assert abs(found[0][0] - found[1][0]) < 4 * np.sqrt(found[0][1] + found[1][1])


def test_values_of_a_block_are_those_of_the_beliefs(article):
    """The coordinates of a block, put through it, are what the whole set makes of the same normals."""
    known = load_evidence("article+reference")
    beliefs = known.applied(article)
    rng = np.random.default_rng(1)
    normals = {name: rng.standard_normal(100) for name in beliefs}
    whole = beliefs.from_normals(normals, lambda names: pytest.fail("no pool"))
    for block in blocks_of(beliefs, known.items):
        bare = dataclasses.replace(block, own={})
        found = bare.of(beliefs).values(
            np.array([normals[name] for name in block.names]), np.empty((0, 100), dtype=int)
        )
        for name in block.names:
            np.testing.assert_array_equal(found[name], whole[name])
