"""Pictures of worlds that are not Libya: what they draw is what NumPy says of the same arrays."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from matplotlib.colors import to_hex

import forecast
import priors
from forecast import plots
from forecast.errors import InvalidArgument, InvalidWorld, UnknownOutcome
from forecast.options import Option, Phase
from forecast.paths import end, event
from forecast.plots.style import amount_axis, named_styles, option_styles
from forecast.results import about_of
from forecast.schema import code, number, yes_no
from forecast.world import World
from forecast.worlds.district import BELIEFS, DISTRICT

Z90 = 1.6448536269514722
MADE = {"idle": {}, "early": {"patrols": 1.0}, "late": {"talks": 1.0}}
GENERAL = ("trajectories", "events", "end_states", "differences", "trade_off")
MANY = tuple(
    Option(f"mixed_{i}", (Phase({"patrols": i / 10, "talks": i / 20}),), title=f"Patrols at {i} tenths, and some talks")
    for i in range(1, 10)
)


def _weekly(**changed):
    """Return a world in weeks, with a code, from the middle of a month."""
    states = {
        "rebels": number("persons", "Rebels", log=True),
        "phase": code("Phase", ("strong", "weak", "all but gone")),
        "truce": yes_no("A truce holds"),
    }

    def month(xp, state, levers, beliefs, luck, time):
        growth = (beliefs.growth - beliefs.patrol_effect * levers.patrols) * time.step + 0.05 * luck.noise
        return {
            "rebels": state.rebels * xp.exp(growth),
            "phase": (state.rebels < 280.0) + (state.rebels < 250.0),
            "truce": xp.maximum(state.truce, luck.truce < beliefs.truce_hazard * time.step),
            "unused": beliefs.raid_rate + beliefs.talks_effect,
        }

    declared = {
        "name": "weeks",
        "title": "The weekly district",
        "date": "2012-03-10",
        "step": 3 / 13,
        "origin": lambda beliefs, luck: {"rebels": beliefs.rebels, "phase": 0.0, "truce": 0.0, "unused": 0.0},
        "month": month,
        "states": states,
        "hidden": ("unused",),
        "parameters": DISTRICT.parameters,
        "levers": ("patrols",),
        "shocks": {"noise": "normal", "truce": "exponential"},
        "outcomes": {
            "rebels_end": end("rebels", "Rebels at the horizon", better="lower"),
            "no_truce": event("No truce", "no truce at the end", lambda path: path.end("truce") == 0, better="lower"),
        },
        "gain": "rebels_end",
        "harms": ("no_truce",),
        "events": {"phase=weak": "Rebels are weak", "truce": ""},
        "options": {"nothing": Option("nothing"), "patrols": Option("patrols", (Phase({"patrols": 1.0}),))},
    }
    return World(**declared | changed)


def _run(world, **asked):
    settled = {"evidence": "none", "months": 6, "worlds": 300, "progress": False} | asked
    beliefs = replace(priors.load(BELIEFS), origin=date.fromisoformat(world.date))
    return forecast.simulate(beliefs, world=world, **settled)


@pytest.fixture(scope="module")
def district():
    return _run(DISTRICT)


@pytest.fixture(scope="module")
def weeks():
    return _run(_weekly())


def words(figure):
    texts = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return " ".join(" ".join(texts).split())


def points(ax):
    """The middles of crosses or bars."""
    return [tuple(float(part[0]) for part in bar.lines[0].get_data()) for bar in ax.containers]


def test_trajectories_draw_the_state_of_the_leading_outcome(district):
    figure = plots.trajectories(district)
    low, median, high = np.quantile(district["raids"].values, (0.05, 0.5, 0.95), axis=1)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Patrols", "Patrols and talks"]
    for place, ax in enumerate(figure.axes, start=1):
        np.testing.assert_allclose(ax.lines[-1].get_ydata(), median[place], rtol=1e-12)
        np.testing.assert_allclose(ax.lines[0].get_ydata(), median[0], rtol=1e-12)
        corners = ax.collections[0].get_paths()[0].vertices[:, 1]
        assert (corners.min(), corners.max()) == (low[place].min(), high[place].max())
        assert ax.get_xlabel() == "months after January 2012"
    assert figure.axes[0].get_ylabel() == "raids"
    assert "Raids in the month" in words(figure)


def test_trajectories_draw_the_first_quantity_where_the_leading_outcome_is_of_none(weeks):
    assert weeks.attrs["leading"] == "no_truce"
    assert "Rebels" in words(plots.trajectories(weeks))
    with pytest.raises(InvalidArgument, match=r"without a state that is a quantity.*plots\.events"):
        plots.trajectories(weeks.drop_vars("rebels"))


def test_events_draw_shares_of_worlds_and_words_of_codes_month_by_month(district, weeks):
    (ax,) = plots.events(district).axes
    truce = np.logical_or.accumulate(district["truce"].values, axis=2).mean(axis=1)
    np.testing.assert_allclose([line.get_ydata() for line in ax.lines], truce, rtol=1e-12)
    assert ax.get_title(loc="left") == "A truce holds"
    assert "in that month" not in words(plots.events(district))

    figure = plots.events(weeks)
    weak, truce = figure.axes
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Rebels are weak", "A truce holds"]
    shares = (weeks["phase"].values == 1).mean(axis=1)
    np.testing.assert_allclose([line.get_ydata() for line in weak.lines], shares, rtol=1e-12)
    # A word is read month by month, so its share falls again.
    assert (np.diff(shares) < 0.0).any()
    assert "Phase: weak, at the end of that step" in words(figure)
    (gone,) = plots.events(weeks, events="phase=all but gone", options="patrols").axes
    assert gone.get_title(loc="left") == "Phase: all but gone"
    np.testing.assert_allclose(gone.lines[0].get_ydata(), (weeks["phase"].values[1] == 2).mean(axis=0), rtol=1e-12)


def test_wrong_events_are_refused(weeks):
    with pytest.raises(UnknownOutcome, match=r"'phase=waek'.*use 'phase=weak'"):
        plots.events(weeks, events=["phase=waek"])
    with pytest.raises(UnknownOutcome, match="'rebels=weak'"):
        plots.events(weeks, events="rebels=weak")
    with pytest.raises(InvalidArgument, match=r"yes or no or a code.*plots\.trajectories"):
        plots.events(weeks.drop_vars(["truce", "phase"]))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"events": ("phase=waek",)}, r"events of 'weeks': 'phase=waek'.*use 'phase=weak'"),
        ({"events": ("rebels",)}, "events of 'weeks': 'rebels'"),
        ({"gain": "rebels"}, r"gain of 'weeks': 'rebels'.*use 'rebels_end'"),
        ({"gain": ("rebels_end", "no_truce", "rebels_end")}, "3 outcomes"),
    ],
)
def test_what_pictures_show_is_checked_when_a_world_is_made(changed, said):
    with pytest.raises(InvalidWorld, match=said):
        _weekly(**changed)


def test_the_usual_events_are_those_that_the_states_allow():
    assert dict(DISTRICT.events) == {"truce": ""}
    assert list(_weekly(events=()).events) == ["truce", "phase=strong", "phase=weak", "phase=all but gone"]
    assert DISTRICT.gain == ("calm",)


def test_end_states_draw_the_quantities_that_reports_lead_with(district, weeks):
    figure = plots.end_states(district)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Rebels at the horizon", "Raids, total"]
    for ax, name in zip(figure.axes, ("rebels_end", "raids_total"), strict=True):
        q = np.quantile(district[name].values, (0.05, 0.25, 0.5, 0.75, 0.95), axis=1)
        for row in range(3):
            thin, thick, dot = ax.lines[3 * row : 3 * row + 3]
            np.testing.assert_allclose(thin.get_xdata(), q[[0, 4], row], rtol=1e-12)
            np.testing.assert_allclose(thick.get_xdata(), q[[1, 3], row], rtol=1e-12)
            np.testing.assert_allclose(dot.get_xdata(), q[2:3, row], rtol=1e-12)
        assert ax.get_xscale() == "linear"
    assert "A border district after 6 months" in words(figure)
    # Declared as log, and above 0 in every world.
    (ax,) = plots.end_states(weeks).axes
    assert ax.get_xscale() == "log"
    some = weeks.assign(rebels_end=weeks["rebels_end"].where(weeks["world"] > 0, 0.0))
    assert plots.end_states(some).axes[0].get_xscale() == "linear"


def test_differences_are_paired(district):
    events, *amounts = plots.differences(district).axes
    for ax, name in zip(amounts, ("rebels_end", "raids_total"), strict=True):
        apart = district[name].values[1:] - district[name].values[0]
        np.testing.assert_allclose([x for x, _ in points(ax)], apart.mean(axis=1), rtol=1e-9)
    apart = [district[name].values[1:].mean(1) - district[name].values[0].mean() for name in ("truce_ever", "calm")]
    np.testing.assert_allclose([x for x, _ in points(events)], 100.0 * np.concatenate(apart), atol=1e-9)


def test_the_trade_off_draws_gain_against_harm(district):
    figure = plots.trade_off(district)
    (ax,) = figure.axes
    calm, harm = district["calm"].values.mean(axis=1), 1.0 - district["truce_ever"].values.mean(axis=1)
    np.testing.assert_allclose(points(ax), np.column_stack([calm, harm]), rtol=1e-12)
    assert ax.get_xlabel() == "Calm, after 6 months (% of worlds)"
    assert ax.get_ylabel() == "harm within 6 months (% of worlds): not “A truce was made”"
    assert "right and down is better" in words(figure)
    assert "more likely, at less harm than “Nothing”" in words(figure)


def test_of_an_amount_the_trade_off_draws_the_mean_and_says_which_way_is_better(weeks):
    figure = plots.trade_off(weeks)
    (ax,) = figure.axes
    rebels = weeks["rebels_end"].values
    np.testing.assert_allclose([x for x, _ in points(ax)], rebels.mean(axis=1), rtol=1e-12)
    errors = rebels.std(axis=1, ddof=1) / np.sqrt(rebels.shape[1])
    for bar, error in zip(ax.containers, errors, strict=True):
        (low, _), (high, _) = bar.lines[2][0].get_segments()[0]
        assert (high - low) / 2.0 == pytest.approx(Z90 * error, rel=1e-9)
    assert ax.get_xlabel() == "Rebels at the horizon, after 6 months (persons, mean over worlds)"
    assert "left and down is better" in words(figure)
    assert "less of it on average, at less harm" in words(figure)


def test_without_gain_or_harms_there_is_no_trade_off_and_a_sentence_says_so():
    run = _run(replace(DISTRICT, harms=()), worlds=50)
    with pytest.raises(InvalidArgument, match=r"declares no harms.*World\(\.\.\., gain="):
        plots.trade_off(run)
    result = forecast.tradeoffs(run)
    assert result.plane is None
    assert len(result.rows) == 3 * len(result.criteria)
    with pytest.raises(InvalidArgument, match="no gain or no harms"):
        result.plot()


def test_the_plane_of_trade_offs_is_over_the_null_option(district):
    figure = forecast.tradeoffs(district).plot()
    (ax,) = figure.axes
    calm, truce = (district[name].values.astype(float) for name in ("calm", "truce_ever"))
    expected = np.column_stack([(calm - calm[0]).mean(axis=1), (truce[0] - truce).mean(axis=1)])
    np.testing.assert_allclose(points(ax), 100.0 * expected, atol=1e-9)
    assert "by how much it is higher after 6 months than with “Nothing”" in words(figure)
    assert "Harm within 6 months: not “A truce was made”." in words(figure)


def test_steps_that_are_no_months(weeks):
    assert weeks.sizes["month"] == 27
    assert about_of(weeks).months == 6
    for ax in (*plots.trajectories(weeks).axes, *plots.events(weeks).axes):
        assert ax.get_xlim() == (0.0, 6.0)
        assert ax.get_xlabel() == "months after 10 March 2012"
    drawn = plots.events(weeks).axes[0].lines[0].get_xdata()
    np.testing.assert_allclose(drawn, np.arange(27) * 3 / 13, atol=1e-9)
    assert "The weekly district after 6 months" in words(plots.end_states(weeks))


def test_a_picture_of_another_world_is_refused_in_a_sentence(district):
    with pytest.raises(InvalidArgument, match=r"a run of the world 'district'.*plots\.events"):
        plots.council(district)


def test_options_of_a_shipped_world_have_the_first_looks_and_keep_them(district):
    colours = [style.colour for style in option_styles(district).values()]
    assert colours[0] == "#4d4d4d"
    assert len(set(colours)) == 3
    assert named_styles({"both": "Both"})["both"].colour == colours[2]
    foreign = named_styles({"first": "First", "second": "Second"})
    assert [style.colour for style in foreign.values()] == colours[:2]


@pytest.mark.slow
def test_twelve_options_fit():
    run = _run(DISTRICT, worlds=60, months=3, options=[*DISTRICT.options.values(), *MANY])
    figures = [getattr(plots, name)(run) for name in GENERAL]
    for figure in (*figures, forecast.tradeoffs(run).plot().figure):
        figure.draw_without_rendering()
        for text in figure.texts:
            box = text.get_window_extent()
            assert box.x0 >= 0.0, text.get_text()
            assert box.x1 <= figure.bbox.width, text.get_text()
        for legend in figure.legends:
            top = legend.get_window_extent().y1
            assert all(ax.get_tightbbox().y0 >= top for ax in figure.axes)
        assert all(ax.get_window_extent().height > 50.0 for ax in figure.axes)
    looks = {(to_hex(style.colour), style.marker) for style in option_styles(run).values()}
    assert len(looks) == 12


def test_one_option_one_world_and_one_month():
    run = _run(DISTRICT, worlds=1, months=1, options=["nothing"])
    for name in ("trajectories", "events", "end_states"):
        getattr(plots, name)(run).draw_without_rendering()


def test_ticks_of_amounts_are_what_they_are_at(district):
    ax = plots.end_states(district).axes[0]
    amount_axis(ax.xaxis)
    write = ax.xaxis.get_major_formatter()
    assert [write(value) for value in (0.0, 0.5, 1.0, 2500.0, 1e-17)] == ["0", "0.5", "1", "2,500", "0"]


def test_sweeps_name_what_was_run_and_give_an_option_one_look(tmp_path):
    options = {name: Option(name, (Phase(levers),), title=name) for name, levers in MADE.items()}
    world = replace(DISTRICT, options=options, null_option="idle", proposal="late")
    grid = {"options": ["idle", "early", "late"], "months": [3, 6]}
    swept = forecast.sweep(
        grid,
        beliefs=priors.load(BELIEFS),
        world=world,
        evidence="none",
        store=tmp_path,
        worlds=20,
        seed=3,
        progress=False,
    )
    assert swept.baseline == "idle"
    pictures = {difference: swept.plot(difference=difference) for difference in (False, True)}
    looks = {}
    for difference, figure in pictures.items():
        note = " ".join(figure.texts[2].get_text().split())
        assert note == "20 possible worlds. Beliefs: district; evidence: none (beliefs as they stand); seed 3."
        assert figure.axes[0].get_xlabel() == "months after January 2012"
        legend = figure.legends[0]
        looks[difference] = {
            text.get_text(): (to_hex(line.get_color()), line.get_marker())
            for text, line in zip(legend.get_texts(), legend.get_lines(), strict=True)
        }
    assert set(looks[True]) == {"early", "late"}
    assert pictures[False].texts[0].get_text() == "Calm, by months and options"
    assert looks[True].items() <= looks[False].items()


def test_the_picture_of_what_may_end_says_that_it_had_come(district):
    off = district["truce"].copy()
    # A truce of every world from the first month on that ends in the second.
    off[..., 0], off[..., 1:] = True, False
    figure = plots.events(district.assign(truce=off))
    (ax,) = figure.axes
    assert "the event had come by the month, though it may have ended since." in words(figure)
    assert "ended" not in words(plots.events(district))
    assert set(np.concatenate([line.get_ydata() for line in ax.lines])) == {1.0}


def test_a_frontier_of_one_point_has_no_line_and_no_word_of_it(district):
    # Both is better than either of the others and harms less.
    figure = forecast.tradeoffs(district).plot()
    said = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "surely off it: another is better" in said
    assert "none gains more at less risk" not in said
