"""Pictures: what stands in them. Only the smoke tests at the end write files."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Annotation

import forecast
from forecast import plots
from forecast.comparison import compare
from forecast.decision.plane import harmed_worlds
from forecast.errors import FileNotWritable, InvalidArgument, UnknownOption, UnknownOutcome
from forecast.estimates import mean_error
from forecast.libya.outcomes import DEGRADED_SHARE, STATES
from forecast.libya.pictures import COUNCIL_STATES, council_shares
from forecast.libya.world import LIBYA
from forecast.plots.style import option_styles
from forecast.plots.timing import happened
from forecast.schema import event_titles

DRAWN = ("council", "differences", "end_states", "events", "trade_off", "trajectories")
Z90 = 1.6448536269514722


@pytest.fixture(scope="module")
def pictures(small):
    """Every picture with its defaults, drawn and laid out once."""
    figures = {name: getattr(plots, name)(small) for name in DRAWN}
    for figure in figures.values():
        figure.draw_without_rendering()
    return figures


def words(figure):
    """Everything written on a figure."""
    texts = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return " ".join(" ".join(texts).split())


def hexes(colour):
    return to_hex(colour).lower()


# The public face


@pytest.mark.slow
def test_importing_the_package_does_not_import_matplotlib_and_drawing_not_pyplot():
    code = (
        "import sys, forecast, priors, forecast.plots; dir(forecast.plots); print('matplotlib' in sys.modules)\n"
        "o = forecast.simulate(priors.load('article'), evidence='none', months=2, worlds=20, progress=False)\n"
        f"for name in {DRAWN!r}: getattr(forecast.plots, name)(o)\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_public_functions():
    assert sorted(plots.__all__) == sorted([*DRAWN, "save"])
    assert dir(plots) == sorted(plots.__all__)
    for name in plots.__all__:
        # Twice: importing a file must not put the module in the function's place.
        assert callable(getattr(plots, name))
        assert callable(getattr(plots, name))
    with pytest.raises(AttributeError, match="trajectory"):
        _ = plots.trajectory


# What every picture has


@pytest.mark.parametrize("name", DRAWN)
def test_a_wrong_option_is_refused_with_the_near_one(small, name):
    with pytest.raises(UnknownOption, match=r"'airstrike'.*use 'airstrikes'"):
        getattr(plots, name)(small, options=["airstrike"])
    with pytest.raises(InvalidArgument, match="options is empty"):
        getattr(plots, name)(small, options=[])
    with pytest.raises(InvalidArgument, match="options = 3"):
        getattr(plots, name)(small, options=3)


@pytest.mark.parametrize("name", DRAWN)
def test_only_outcomes_can_be_drawn(name):
    with pytest.raises(InvalidArgument, match=r"forecast\.simulate"):
        getattr(plots, name)({"isis_fighters": 3})


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "council"])
@pytest.mark.parametrize("mass", [0.0, 1.0, -0.1, 90, float("nan"), "wide", True])
def test_a_wrong_mass_is_refused(small, name, mass):
    with pytest.raises(InvalidArgument, match="mass = "):
        getattr(plots, name)(small, mass=mass)


@pytest.mark.parametrize(
    ("name", "dropped"),
    [
        ("council", "hor_endorsed"),
        ("differences", "pyrrhic"),
        ("end_states", "clashes_total"),
        ("events", "sirte"),
        ("trade_off", "blowback_ever"),
        ("trade_off", "isis_degraded"),
    ],
)
def test_outcomes_that_were_cut_down_are_refused(small, name, dropped):
    with pytest.raises(UnknownOutcome, match=dropped):
        getattr(plots, name)(small.drop_vars(dropped))


def test_an_option_has_one_colour_in_every_picture(pictures, small):
    expected = {style.title: style.colour.lower() for style in option_styles(small).values()}
    assert len(set(expected.values())) == len(expected) == small.sizes["option"]
    names = list(option_styles(small))
    titles = list(expected)

    for ax in pictures["trajectories"].axes:
        assert hexes(ax.lines[-1].get_color()) == expected[" ".join(ax.get_title(loc="left").split())]
    for ax in pictures["events"].axes:
        assert [hexes(line.get_color()) for line in ax.lines] == list(expected.values())
    for ax in pictures["council"].axes:
        colour = expected[" ".join(ax.get_title(loc="left").split())]
        assert hexes(ax.spines["top"].get_edgecolor()) == colour
    for ax in pictures["end_states"].axes:
        rows = [hexes(patch.get_facecolor()) for patch in ax.patches]
        assert rows == list(expected.values())
    for ax in pictures["differences"].axes:
        points = [hexes(bar.lines[0].get_color()) for bar in ax.containers]
        assert points == [expected[title] for title in titles[1:]] * (len(points) // (len(titles) - 1))
    (ax,) = pictures["trade_off"].axes
    assert [hexes(bar.lines[2][0].get_color()[0]) for bar in ax.containers] == list(expected.values())

    for legend in (pictures["events"].legends[0], pictures["differences"].legends[0]):
        for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            assert hexes(handle.get_color()) == expected[text.get_text()]

    # The same when only some are drawn, in another order.
    two = plots.events(small, options=[names[5], names[2]])
    for ax in two.axes:
        assert [hexes(line.get_color()) for line in ax.lines] == [expected[titles[5]], expected[titles[2]]]


def test_looks_do_not_depend_on_what_else_was_run(article):
    runs = [
        forecast.simulate(article, evidence="none", months=2, worlds=2, options=options, progress=False)
        for options in (["airstrikes"], ["training + airstrikes", "airstrikes", "training from month 2"])
    ]
    alone, together = (option_styles(run) for run in runs)
    assert alone["airstrikes"] == together["airstrikes"]
    looks = {(style.colour, style.marker) for style in together.values()}
    assert len(looks) == 3
    assert list(together) == runs[1]["option"].values.tolist()


def test_many_options_keep_apart(article):
    many = [f"airstrikes from month {month}" for month in range(2, 22)]
    run = forecast.simulate(article, evidence="none", months=21, worlds=2, options=many, progress=False)
    styles = option_styles(run).values()
    assert len({(style.colour, style.dash) for style in styles}) == 20


def test_a_title_with_dollars_is_not_set_as_maths(small):
    title = small["title"].values.astype(object)
    title[1] = "Pay $5 or $6"
    figure = plots.council(small.assign_coords(title=("option", title)))
    assert r"Pay \$5 or \$6" in words(figure)
    figure.draw_without_rendering()


# Trajectories


@pytest.mark.parametrize(("state", "mass"), [("isis_fighters", 0.9), ("factional_clashes", 0.5), ("integration", 0.8)])
def test_trajectories_draw_the_quantiles(small, state, mass):
    figure = plots.trajectories(small, state=state, mass=mass)
    options = [str(option) for option in small["option"].values]
    assert len(figure.axes) == len(options) - 1
    q = np.quantile(small[state].values, [(1 - mass) / 2, 0.5, (1 + mass) / 2], axis=1)
    for ax, option in zip(figure.axes, options[1:], strict=True):
        at = options.index(option)
        median, *edges, own = (line.get_ydata() for line in ax.lines)
        np.testing.assert_allclose(own, q[1, at], rtol=1e-12)
        np.testing.assert_allclose(median, q[1, 0], rtol=1e-12)
        np.testing.assert_allclose(edges, q[[0, 2], 0], rtol=1e-12)
        np.testing.assert_array_equal(ax.lines[-1].get_xdata(), small["month"].values)
        (band,) = ax.collections
        corners = band.get_paths()[0].vertices[:, 1]
        assert corners.min() == pytest.approx(q[0, at].min(), rel=1e-12)
        assert corners.max() == pytest.approx(q[2, at].max(), rel=1e-12)
    assert f"central {100 * mass:g}%" in words(figure)


def test_trajectories_name_units_and_months(small):
    for state, unit in (("isis_fighters", "fighters"), ("oil_output", "kb/d"), ("integration", "share")):
        figure = plots.trajectories(small, state=state)
        assert unit in figure.axes[0].get_ylabel()
        assert figure.axes[-1].get_xlabel() == "months after February 2016"
        assert STATES[state].long_name in words(figure)


def test_trajectories_share_one_scale_from_zero(pictures):
    figure = pictures["trajectories"]
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    assert figure.axes[0].get_ylim()[0] == 0.0


def test_the_baseline_of_trajectories(small):
    against = plots.trajectories(small, baseline="training", options=["training", "airstrikes", "no_assistance"])
    assert [ax.get_title(loc="left") for ax in against.axes] == ["Sustained airstrikes", "No assistance"]
    alone = plots.trajectories(small, options="no_assistance")
    assert len(alone.axes) == 1
    assert len(alone.axes[0].lines) == 1
    assert "Grey" not in words(alone)
    without = plots.trajectories(small.sel(option=["training", "airstrikes"]))
    assert len(without.axes) == 2
    assert all(len(ax.lines) == 1 for ax in without.axes)
    with pytest.raises(UnknownOption, match="use 'training'"):
        plots.trajectories(small, baseline="trainin")


@pytest.mark.parametrize("state", ["sirte", "civil_war"])
def test_a_state_without_a_median_is_refused(small, state):
    with pytest.raises(InvalidArgument, match=r"forecast\.plots\.events"):
        plots.trajectories(small, state=state)


def test_a_wrong_state_is_refused(small):
    with pytest.raises(UnknownOutcome, match=r"'isis_fighter'.*use 'isis_fighters'"):
        plots.trajectories(small, state="isis_fighter")
    with pytest.raises(UnknownOutcome, match="state with 'isis_fighters'"):
        plots.trajectories(small.drop_vars("isis_fighters"), state="isis_fighters")


# Events


def test_events_draw_the_shares_of_worlds(small, pictures):
    figure = pictures["events"]
    options = [str(option) for option in small["option"].values]
    titles = {
        "sirte=freed": "Sirte freed, and not lost again",
        **{name: STATES[name].long_name for name in ("council_collapsed", "blowback", "civil_war", "invited")},
        "leadership_resolved": STATES["leadership_resolved"].long_name,
    }
    assert len(figure.axes) == len(titles)
    for ax, event in zip(figure.axes, titles, strict=True):
        share = happened(small, event, options).mean(axis=1)
        np.testing.assert_allclose([line.get_ydata() for line in ax.lines], share, rtol=1e-12)
        assert ax.get_title(loc="left") == titles[event]
    assert "(Sirte: is free in that month)" in words(figure)
    assert "% of worlds" in figure.axes[0].get_ylabel()
    assert figure.axes[-1].get_xlabel() == "months after February 2016"


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ("sirte=freed", "sirte_freed"),
        ("blowback", "blowback_ever"),
        ("civil_war", "civil_war_ever"),
        ("invited", "invitation"),
        ("leadership_resolved", "leadership_settled"),
        ("parallel_channels", "parallel_ever"),
    ],
)
def test_at_the_horizon_an_event_agrees_with_its_outcome(small, event, outcome):
    options = [str(option) for option in small["option"].values]
    np.testing.assert_array_equal(happened(small, event, options)[:, :, -1], small[outcome].values)


def test_an_event_that_came_stays_come(small):
    options = [str(option) for option in small["option"].values]
    for event in event_titles(STATES):
        came = happened(small, event, options)
        assert came.shape == (len(options), 300, 7)
        if "=" not in event:
            assert (came[..., 1:] >= came[..., :-1]).all()


def test_an_invitation_that_lapsed_was_made(article):
    """It lapses with the council, and is one that had been made."""
    run = forecast.simulate(
        article, evidence="none", options=["regional_centres"], months=12, worlds=3000, seed=5, progress=False
    )
    state = run["invited"].values
    assert (state[..., 1:] < state[..., :-1]).any()
    came = happened(run, "invited", ["regional_centres"])
    assert (came[..., 1:] >= came[..., :-1]).all()


def test_the_band_of_an_event_is_its_monte_carlo_error(small):
    figure = plots.events(small, events="council_collapsed", options="airstrikes")
    (ax,) = figure.axes
    # In how many worlds it has happened: an agreement can be revived later.
    worlds = small["council_collapsed"].sel(option="airstrikes").any("month").values
    p, error = worlds.mean(), mean_error(worlds.astype(float), event=True)
    band = ax.collections[0].get_paths()[0].vertices
    at_horizon = band[band[:, 0] == small["month"].values[-1], 1]
    assert at_horizon.max() == pytest.approx(p + Z90 * error, rel=1e-9)
    assert at_horizon.min() == pytest.approx(p - Z90 * error, rel=1e-9)
    assert band[:, 1].min() == 0.0  # at the origin nothing has collapsed, and no share is below 0
    assert "90% Monte-Carlo interval" in words(figure)


def test_wrong_events_are_refused(small):
    with pytest.raises(UnknownOutcome, match=r"'blowbak'.*use 'blowback'"):
        plots.events(small, events=["blowbak"])
    with pytest.raises(UnknownOutcome, match="'isis_fighters'"):
        plots.events(small, events="isis_fighters")
    with pytest.raises(InvalidArgument, match="events is empty"):
        plots.events(small, events=())


# End states


def test_end_states_draw_quantiles_and_all_worlds(small, pictures):
    figure = pictures["end_states"]
    names = ("isis_fighters_end", "clashes_total", "integration_end", "oil_output_end")
    assert len(figure.axes) == len(names)
    for ax, name in zip(figure.axes, names, strict=True):
        worlds = small[name].values
        q = np.quantile(worlds, (0.05, 0.25, 0.5, 0.75, 0.95), axis=1)
        for row in range(len(worlds)):
            thin, thick, dot = ax.lines[3 * row : 3 * row + 3]
            np.testing.assert_allclose(thin.get_xdata(), q[[0, 4], row], rtol=1e-12)
            np.testing.assert_allclose(thick.get_xdata(), q[[1, 3], row], rtol=1e-12)
            np.testing.assert_allclose(dot.get_xdata(), q[2:3, row], rtol=1e-12)
            values, edges, baseline = ax.patches[row].get_data()
            assert baseline == len(worlds) - 1 - row
            seen = np.histogram(worlds[row], bins=edges)[0]
            np.testing.assert_allclose(values - baseline, 0.62 * seen / seen.max(), atol=1e-12)
            assert seen.sum() >= 0.96 * worlds.shape[1]
        assert ax.get_title(loc="left") == LIBYA.outcomes[name].long_name
    assert [ax.get_xscale() for ax in figure.axes] == ["log", "linear", "linear", "linear"]
    for ax, unit in zip(figure.axes, ("fighters (log scale)", "clashes", "share", "kb/d"), strict=True):
        assert unit in ax.get_xlabel()
    assert figure.axes[2].get_xlim() == (0.0, 1.0)
    assert "central 50%" in words(figure)
    assert "central 90%" in words(figure)


def test_end_states_of_one_world_and_of_nothing_at_all(article):
    one = forecast.simulate(article, evidence="none", months=1, worlds=1, progress=False)
    figure = plots.end_states(one)
    figure.draw_without_rendering()
    for ax in figure.axes:
        low, high = ax.get_xlim()
        assert all(low <= x <= high for line in ax.lines for x in line.get_xdata())
    # Nobody is trained under these options: every value is 0.
    plots.end_states(one, names="trained_loyal_end", options=["airstrikes"]).draw_without_rendering()


@pytest.mark.parametrize("name", ["pyrrhic", "first_month_civil_war"])
def test_end_states_refuse_what_is_not_an_amount(small, name):
    with pytest.raises(InvalidArgument, match=name):
        plots.end_states(small, names=[name])


def test_wrong_end_states_are_refused(small):
    with pytest.raises(UnknownOutcome, match=r"'clashes_totl'.*use 'clashes_total'"):
        plots.end_states(small, names="clashes_totl")


# Differences


def test_differences_draw_what_compare_says(small, pictures):
    figure = pictures["differences"]
    table = compare(small, names=LIBYA.headline)
    happen = [name for name in LIBYA.headline if LIBYA.outcomes[name].is_event]
    amounts = [name for name in LIBYA.headline if not LIBYA.outcomes[name].is_event]
    options = [str(option) for option in small["option"].values][1:]
    assert len(figure.axes) == 1 + len(amounts)
    panels = [(happen, 100.0), *(([name], 1.0) for name in amounts)]
    for ax, (names, factor) in zip(figure.axes, panels, strict=True):
        keys = [(name, option) for name in names for option in options]
        assert len(ax.containers) == len(keys)
        heights = []
        for bar, key in zip(ax.containers, keys, strict=True):
            difference, error = table.loc[key, ["difference", "difference_error"]]
            point, _caps, (arm,) = bar.lines
            assert point.get_xdata()[0] == pytest.approx(factor * difference, rel=1e-12, abs=1e-12)
            (low, _), (high, _) = arm.get_segments()[0]
            assert (high - low) / 2 == pytest.approx(factor * Z90 * error, rel=1e-9, abs=1e-12)
            heights.append(point.get_ydata()[0])
        assert heights == sorted(heights, reverse=True)
        assert len(set(heights)) == len(heights)
        # The zero line: a vertical line right through.
        assert any(np.array_equal(line.get_xdata(), [0.0, 0.0]) for line in ax.lines)
    assert "percentage points" in figure.axes[0].get_xlabel()
    ticks = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert ticks == [LIBYA.outcomes[name].long_name for name in happen]
    for ax, name in zip(figure.axes[1:], amounts, strict=True):
        assert LIBYA.outcomes[name].unit in ax.get_xlabel()
    assert "No assistance" in words(figure)


def test_differences_of_one_kind_and_against_another_baseline(small):
    assert len(plots.differences(small, names="pyrrhic").axes) == 1
    amounts = plots.differences(small, names=["clashes_total", "oil_output_end"], options="training")
    assert [len(ax.containers) for ax in amounts.axes] == [1, 1]
    months = plots.differences(small, names="first_month_collapsed")
    assert "months; worlds in which it came under both" in months.axes[0].get_xlabel()
    swapped = plots.differences(small, names="clashes_total", baseline="training", options="no_assistance")
    forward = amounts.axes[0].containers[0].lines[0].get_xdata()[0]
    assert swapped.axes[0].containers[0].lines[0].get_xdata()[0] == pytest.approx(-forward, rel=1e-12)


def test_ticks_of_differences_carry_signs(small):
    figure = plots.differences(small, names=["isis_fighters_end"])
    ticks = figure.axes[0].xaxis.get_major_formatter()
    assert [ticks(value) for value in (-1500.0, 0.0, -1e-17, 0.25)] == ["\N{MINUS SIGN}1,500", "0", "0", "+0.25"]


def test_differences_refuse_what_cannot_be_compared(small):
    with pytest.raises(UnknownOption, match=r"'no_assistence'.*use 'no_assistance'"):
        plots.differences(small, baseline="no_assistence")
    with pytest.raises(UnknownOutcome, match=r"'pyrhic'.*use 'pyrrhic'"):
        plots.differences(small, names=["pyrhic"])
    with pytest.raises(InvalidArgument, match="at least one other option"):
        plots.differences(small, options="no_assistance")


# The council


def test_shares_of_the_council_add_to_one(small):
    options = [str(option) for option in small["option"].values]
    shares = council_shares(small, options)
    assert shares.shape == (len(options), len(COUNCIL_STATES), 7)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-12)
    assert (shares >= 0.0).all()


def test_shares_of_the_council_are_the_outcomes_at_the_horizon(small):
    options = [str(option) for option in small["option"].values]
    legitimate, seated, unseated, collapsed = np.moveaxis(council_shares(small, options)[..., -1], 1, 0)
    np.testing.assert_allclose(legitimate, small["council_legitimate"].mean("world").values, rtol=1e-12)
    dead = small["council_collapsed"].isel(month=-1)
    np.testing.assert_allclose(collapsed, dead.mean("world").values, rtol=1e-12)
    short = ~dead & ~small["council_legitimate"].astype(bool)
    np.testing.assert_allclose(seated + unseated, short.mean("world").values, rtol=1e-12)


def test_the_council_is_drawn_as_a_stack(small, pictures):
    figure = pictures["council"]
    options = [str(option) for option in small["option"].values]
    assert len(figure.axes) == len(options)
    tops = np.cumsum(council_shares(small, options), axis=1)
    for ax, top in zip(figure.axes, tops, strict=True):
        assert ax.get_ylim() == (0.0, 1.0)
        assert len(ax.collections) == len(COUNCIL_STATES)
        for layer, edge, colour in zip(ax.collections, top, COUNCIL_STATES.values(), strict=True):
            assert hexes(layer.get_facecolor()[0]) == colour
            corners = layer.get_paths()[0].vertices
            for month, height in enumerate(edge):
                at = corners[corners[:, 0] == month, 1]
                assert np.isclose(at, height, rtol=0.0, atol=1e-12).any()
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == list(reversed(COUNCIL_STATES))
    assert "% " not in figure.axes[1].get_ylabel()
    assert figure.axes[0].get_ylabel() == "share of worlds (%)"


# The trade-off


def test_the_trade_off_draws_the_two_probabilities(small, pictures):
    figure = pictures["trade_off"]
    (ax,) = figure.axes
    degraded = small["isis_degraded"].values
    cost = harmed_worlds(small)
    expected_cost = ~small["council_survives"] | small["civil_war_ever"] | small["blowback_ever"]
    np.testing.assert_array_equal(cost, expected_cost.values)
    for bar, d, c in zip(ax.containers, degraded, cost, strict=True):
        point, _caps, arms = bar.lines
        assert point.get_xdata()[0] == pytest.approx(d.mean(), rel=1e-12)
        assert point.get_ydata()[0] == pytest.approx(c.mean(), rel=1e-12)
        for arm, worlds, axis in zip(arms, (d, c), (0, 1), strict=True):
            low, high = arm.get_segments()[0][:, axis]
            error = Z90 * mean_error(worlds.astype(float), event=True)
            assert high == pytest.approx(min(worlds.mean() + error, 1.0), rel=1e-9)
            assert low == pytest.approx(max(worlds.mean() - error, 0.0), rel=1e-9, abs=1e-12)
    for said in ("council collapsed", "counter-alliance", "civil war", "6 months"):
        assert said in ax.get_ylabel()
    assert f"{100 * DEGRADED_SHARE:g}% of its strength" in ax.get_xlabel()
    assert "% of worlds" in ax.get_xlabel()


def test_labels_of_the_trade_off_keep_clear(small, pictures):
    (ax,) = pictures["trade_off"].axes
    notes = [text for text in ax.texts if isinstance(text, Annotation)]
    assert [note.get_text() for note in notes] == small["title"].values.tolist()
    boxes = [note.get_window_extent() for note in notes]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
    points = ax.transData.transform([bar.lines[0].get_xydata()[0] for bar in ax.containers])
    for box in boxes:
        assert not any(box.contains(x, y) for x, y in points)
    inside = ax.get_window_extent()
    assert all(box.x0 >= inside.x0 and box.y0 >= inside.y0 and box.y1 <= inside.y1 for box in boxes)


def test_the_trade_off_without_a_baseline(small):
    figure = plots.trade_off(small, options=["airstrikes", "training"])
    (ax,) = figure.axes
    assert len(ax.containers) == 2
    assert "more likely to degrade" not in words(figure)
    with pytest.raises(UnknownOption, match="use 'airstrikes'"):
        plots.trade_off(small, baseline="airstrikess")


# Words that fit, and files


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_that_is_written_runs_off_the_figure(pictures, name):
    figure = pictures[name]
    width, height = figure.bbox.width, figure.bbox.height
    inside = [*figure.texts, *(text for ax in figure.axes for text in (ax.xaxis.label, ax.yaxis.label))]
    inside += [text for legend in figure.legends for text in legend.get_texts()]
    for text in inside:
        if text.get_text():
            box = text.get_window_extent()
            assert box.x0 >= 0.0, text.get_text()
            assert box.y0 >= 0.0, text.get_text()
            assert box.x1 <= width, text.get_text()
            assert box.y1 <= height, text.get_text()


@pytest.mark.parametrize("name", DRAWN)
def test_the_strips_above_and_below_are_left_free(pictures, name):
    figure = pictures[name]
    heading, reading, note = (text.get_window_extent() for text in figure.texts)
    panels = [ax.get_tightbbox() for ax in figure.axes]
    assert heading.y0 >= reading.y1
    assert all(reading.y0 >= panel.y1 for panel in panels)
    below = [note.y1, *(legend.get_window_extent().y1 for legend in figure.legends)]
    assert all(panel.y0 >= max(below) for panel in panels)
    assert all(legend.get_window_extent().y0 >= note.y1 for legend in figure.legends)


def test_a_picture_is_saved(pictures, tmp_path):
    path = plots.save(pictures["trade_off"], tmp_path / "picture.png", dpi=60)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_saving_says_what_is_wrong(pictures, tmp_path):
    figure = pictures["trade_off"]
    with pytest.raises(FileNotWritable, match="make its folder"):
        plots.save(figure, tmp_path / "none" / "a.png")
    with pytest.raises(InvalidArgument, match=r"'\.pgn'.*use 'png'"):
        plots.save(figure, tmp_path / "a.pgn")
    with pytest.raises(InvalidArgument, match=r"end the name with \.png"):
        plots.save(figure, tmp_path / "a")
    with pytest.raises(InvalidArgument, match="dpi"):
        plots.save(figure, tmp_path / "a.png", dpi=0)
    assert not list(tmp_path.iterdir())
