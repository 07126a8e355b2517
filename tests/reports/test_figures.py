"""The drawings: the clinical convention of the audiogram, and what the panels show."""

import dataclasses

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.experiment.stimulus_columns import MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER
from hearfit.listener.profile import AnswerCount, Estimate
from hearfit.reports.figure_audiogram import draw_audiogram, num_legend_lines
from hearfit.reports.figure_curves import draw_choices, draw_loudness, proportions
from hearfit.reports.figure_parameters import NormalValues, bandwidth_ratio, draw_parameters
from hearfit.reports.figure_style import colours, octaves, tick_step
from hearfit.reports.panels import Panel, new_canvas
from hearfit.reports.svg import inline_svg
from hearfit.reports.wording import frequency
from tests.reports.example_profile import example_profile

NORMAL = NormalValues(compression_exponent=0.3, attenuation_db=0.0, inhibition=0.5)


def audiogram_of(*thresholds: Threshold) -> Figure:
    profile = example_profile(thresholds[0].ear)
    return draw_audiogram(profile.ear, profile.frequencies, Audiogram("L001", thresholds))


def example_audiogram_figure() -> Figure:
    profile = example_profile()
    return draw_audiogram(profile.ear, profile.frequencies, profile.measured_audiogram)


def coloured_lines(figure: Figure, ear: Ear) -> list[Line2D]:
    return [line for line in figure.axes[0].lines if line.get_color() == colours(ear).line]


def joined_levels(figure: Figure, ear: Ear) -> list[tuple[float, ...]]:
    lines = [line for line in coloured_lines(figure, ear) if line.get_linestyle() == "-"]
    return [tuple(np.asarray(line.get_ydata()).tolist()) for line in lines]


def test_an_octave_is_as_wide_as_20_db_is_tall() -> None:
    axes = example_audiogram_figure().axes[0]
    origin, octave, level = axes.transData.transform([(octaves(1000), 40), (octaves(2000), 40), (octaves(1000), 60)])
    assert octave[0] - origin[0] == pytest.approx(origin[1] - level[1])


def test_the_ears_of_a_pair_are_drawn_on_the_same_height() -> None:
    profile = example_profile()
    fitted = draw_audiogram(Ear.RIGHT, profile.frequencies, profile.measured_audiogram, num_legend_lines=4)
    alone = draw_audiogram(Ear.LEFT, (), Audiogram("L001", (Threshold(Ear.LEFT, 1000.0, 5.0),)), num_legend_lines=4)
    assert fitted.get_size_inches().tolist() == alone.get_size_inches().tolist()
    assert fitted.axes[0].get_position().bounds == alone.axes[0].get_position().bounds
    assert num_legend_lines(Ear.RIGHT, profile.frequencies, profile.measured_audiogram) == 4


def test_each_figure_names_its_ear() -> None:
    for ear in Ear:
        assert f">{ear.value.capitalize()} ear</text>" in inline_svg(draw_audiogram(ear, (), None), prefix="a")


def test_the_range_of_normal_ears_lies_behind_every_parameter() -> None:
    """Grey polygons: four panels, each over the eleven audiometric frequencies and back."""
    figure = draw_parameters(example_profile().frequencies, Ear.RIGHT, NORMAL)
    bands = [item for item in figure.axes[0].get_children() if isinstance(item, Polygon)]
    assert [len(band.get_xy()) for band in bands] == [23, 23, 23, 23]


def test_bandwidth_is_a_multiple_of_the_normal_one() -> None:
    """24.7 (4.37 + 1) = 132.6 Hz at 1 kHz (Glasberg & Moore 1990)."""
    (entry,) = (each for each in example_profile().frequencies if each.frequency_hz == 1000.0)
    bandwidth = Estimate(265.3, 13.26, 239.3, 291.3, None)
    ratio = bandwidth_ratio(dataclasses.replace(entry, equivalent_bandwidth_hz=bandwidth))
    assert ratio.mean == pytest.approx(2.0, abs=1e-3)
    assert ratio.sd == pytest.approx(0.1, abs=1e-3)
    assert ratio.data_share == entry.inhibition.data_share


def test_hearing_level_grows_downwards_from_minus_10_to_120() -> None:
    assert example_audiogram_figure().axes[0].get_ylim() == (120.0, -10.0)


@pytest.mark.parametrize(("ear", "marker"), [(Ear.RIGHT, "o"), (Ear.LEFT, "x")])
def test_right_is_a_red_circle_and_left_a_blue_cross(ear: Ear, marker: str) -> None:
    figure = audiogram_of(Threshold(ear, 1000.0, 40.0))
    (symbol,) = coloured_lines(figure, ear)
    assert symbol.get_marker() == marker
    red, blue = colours(Ear.RIGHT).line, colours(Ear.LEFT).line
    assert int(red[1:3], 16) > 2 * int(red[5:7], 16)
    assert int(blue[5:7], 16) > 2 * int(blue[1:3], 16)


@pytest.mark.parametrize(("ear", "marker"), [(Ear.RIGHT, "^"), (Ear.LEFT, "s")])
def test_a_masked_right_threshold_is_a_triangle_and_a_left_one_a_square(ear: Ear, marker: str) -> None:
    (symbol,) = coloured_lines(audiogram_of(Threshold(ear, 1000.0, 40.0, is_masked=True)), ear)
    assert symbol.get_marker() == marker


def test_bone_conduction_is_not_joined() -> None:
    thresholds = [Threshold(Ear.LEFT, hz, 20.0, Conduction.BONE) for hz in (500.0, 1000.0)]
    assert joined_levels(audiogram_of(*thresholds), Ear.LEFT) == []


def test_lines_do_not_run_to_a_threshold_without_response() -> None:
    figure = audiogram_of(
        Threshold(Ear.RIGHT, 500.0, 40.0),
        Threshold(Ear.RIGHT, 1000.0, 50.0),
        Threshold(Ear.RIGHT, 2000.0, 110.0, is_no_response=True),
        Threshold(Ear.RIGHT, 4000.0, 60.0),
    )
    assert joined_levels(figure, Ear.RIGHT) == [(40.0, 50.0)]
    # One symbol each, and one arrow.
    symbols = [line for line in coloured_lines(figure, Ear.RIGHT) if line.get_linestyle() == "None"]
    assert len(symbols) == 5


def test_of_a_masked_and_an_unmasked_threshold_the_masked_one_is_joined() -> None:
    figure = audiogram_of(
        Threshold(Ear.RIGHT, 500.0, 40.0),
        Threshold(Ear.RIGHT, 1000.0, 70.0, is_masked=True),
        Threshold(Ear.RIGHT, 1000.0, 50.0),
    )
    assert joined_levels(figure, Ear.RIGHT) == [(40.0, 70.0)]


def test_the_prior_is_hollow_grey_and_dotted() -> None:
    figure = draw_parameters(example_profile(Ear.LEFT).frequencies, Ear.LEFT, NORMAL)
    marks = [item for item in figure.axes[0].collections if isinstance(item, PathCollection)]
    faces = {tuple(np.round(np.asarray(item.get_facecolor())[0], 2)) for item in marks if np.size(item.get_offsets())}
    assert (1.0, 1.0, 1.0, 1.0) in faces
    assert len(faces) == 2
    bars = [item for item in figure.axes[0].collections if isinstance(item, LineCollection)]
    # Grid, frame and known values solid, the prior's dotted.
    assert len({str(style) for item in bars for style in item.get_linestyle()}) == 2


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 11])
def test_every_curve_has_a_panel(number: int) -> None:
    profile = example_profile()
    curves = [dataclasses.replace(profile.curves[0], frequency_hz=1000.0 + index) for index in range(number)]
    for draw in (draw_loudness, draw_choices):
        svg = inline_svg(draw(curves, Ear.RIGHT), prefix="p")
        assert all(f">{frequency(curve.frequency_hz)}</text>" in svg for curve in curves)


def test_panels_of_masked_tones_name_their_notch() -> None:
    curve = example_profile().curves[-1]
    notches = {(0.0, 0.0): "no notch", (0.2, 0.2): "notch 0.2", (0.1, 0.3): "notch 0.1 / 0.3, 3 intervals"}
    curves = [
        dataclasses.replace(
            curve,
            parameters={MASKER_LEVEL: 50.0, NOTCH_LOWER: edges[0], NOTCH_UPPER: edges[1]},
            interval_count=3 if edges[0] < edges[1] else 1,
        )
        for edges in notches
    ]
    svg = inline_svg(draw_choices(curves, Ear.LEFT), prefix="p")
    assert all(f">{remark}</text>" in svg for remark in notches.values())


def test_curves_without_answers_or_levels_are_drawn() -> None:
    empty = dataclasses.replace(
        example_profile().curves[-1], x=(), predicted=(), lower_95=(), upper_95=(), normal_ear=(), answers=()
    )
    assert "0 answers" in inline_svg(draw_choices([empty], Ear.LEFT), prefix="p")


def test_proportions_count_catch_trials_apart() -> None:
    answers = (
        AnswerCount(None, 1, 1),
        AnswerCount(None, 0, 3),
        AnswerCount(40.0, 0, 2),
        AnswerCount(30.0, 1, 5),
        AnswerCount(40.0, 1, 6),
    )
    curve = dataclasses.replace(example_profile().curves[-1], answers=answers)
    assert proportions(curve) == ((None, 0.25, 4), (30.0, 1.0, 5), (40.0, 0.75, 8))


@pytest.mark.parametrize("span", [1e-300, 0.3, 5.9, 61.0, 700.0, 1e9, 1e308])
def test_there_are_never_more_ticks_than_room(span: float) -> None:
    step = tick_step(span, (0.1, 1.0, 100.0), 6.0)
    assert step > 0
    assert span / step <= 6.0


def test_a_panel_maps_data_to_points() -> None:
    _, axes = new_canvas(2.0, 1.0)
    panel = Panel(axes, left=10.0, bottom=20.0, width=100.0, height=40.0, x_limits=(0.0, 2.0), y_limits=(-1.0, 1.0))
    np.testing.assert_allclose(panel.x([0.0, 1.0, 2.0]), [10.0, 60.0, 110.0])
    np.testing.assert_allclose(panel.y([-1.0, 1.0]), [20.0, 60.0])


def test_drawings_of_one_page_share_no_identifier() -> None:
    figure = example_audiogram_figure()
    first, second = inline_svg(figure, prefix="a"), inline_svg(figure, prefix="b")
    assert first != second
    assert first.replace("a-", "b-") == second.replace("a-", "b-")
    assert "<style" not in first
    assert "<metadata" not in first
