"""Pictures of filters: that they show what was learned, against closed forms and hand-made records."""

from dataclasses import replace

import numpy as np
import pytest
from jaxtyping import Float

from hearfit.learnable.catalogue import build
from hearfit.learnable.interface import Frontend
from hearfit.learnable.leaf import Leaf
from hearfit.learnable.request import FrontendRequest
from hearfit.soundtasks.filter_figures import PicturedRun, filter_sheets, modulations
from hearfit.soundtasks.filter_responses import LOWEST_DB, FilterResponses, filter_responses
from hearfit.soundtasks.learned import learned_parameters
from hearfit.soundtasks.pictures import Lines, Moves
from hearfit.soundtasks.recipe_figures import recipe_sheets
from hearfit.soundtasks.recipes import RECIPES
from hearfit.soundtasks.record import LearnedParameter, RunName, RunRecord

REQUEST = FrontendRequest(16_000.0, 0.01, 24, 100.0, 7_000.0, 0)


def moved(start: Frontend, name: str, **after: Float[np.ndarray, " values"]) -> RunRecord:
    """A record of a frontend of which some numbers have changed; an underscore stands for a space."""
    learned = [
        replace(each, after=tuple(after[key].tolist())) if (key := each.name.replace(" ", "_")) in after else each
        for each in learned_parameters(start, start)
    ]
    return RunRecord(RunName("task", name, "clean", 0), {}, 0, 0, 0.0, learned=tuple(learned))


def found(record: RunRecord, start: Frontend) -> FilterResponses:
    responses = filter_responses(record, start)
    assert responses is not None
    return responses


def values(record: RunRecord, name: str, *, is_after: bool) -> Float[np.ndarray, " values"]:
    parameter: LearnedParameter = next(each for each in record.learned if each.name == name)
    return np.array(parameter.after if is_after else parameter.before)


def test_gabor_filters_peak_at_their_centres_and_are_as_wide_as_learned() -> None:
    """Truth: the Fourier transform of a Gaussian of standard deviation sigma, exp(-(2 pi (f - f0) sigma / fs)^2 / 2).

    Full width at half amplitude is the bandwidth, so the gain is 2^-(4 d^2) at a distance of d bandwidths; filters
    whose kernel is cut before three standard deviations are left out.
    """
    start = build("leaf", REQUEST)
    assert isinstance(start, Leaf)
    taps = start.design.kernel_samples
    centres = np.asarray(start.layout.centre_frequencies_hz)
    record = moved(start, "leaf", Gabor_centre_frequency=0.8 * centres, Gabor_bandwidth=np.linspace(300, 900, 24))
    responses = found(record, start)
    assert len(responses.channel) == 10
    for is_after, gain_db in ((False, responses.before_db), (True, responses.after_db)):
        centre = values(record, "Gabor centre frequency", is_after=is_after)[list(responses.channel)]
        width = values(record, "Gabor bandwidth", is_after=is_after)[list(responses.channel)]
        sigma = 16_000.0 * np.sqrt(2.0 * np.log(2.0)) / (np.pi * width)
        is_whole = taps > 6.0 * sigma
        assert is_whole.sum() >= 5
        distance = (responses.frequency_hz[None] - centre[:, None]) / width[:, None]
        closed_form = -20.0 * np.log10(2.0) * 4.0 * distance**2
        # The greatest gain is found to the next place of the axis only.
        near = np.abs(distance) < 0.8
        assert np.abs(gain_db - closed_form)[is_whole[:, None] & near].max() < 0.15
        peaks = responses.frequency_hz[np.argmax(gain_db, axis=1)]
        assert np.all(np.abs(peaks - centre)[is_whole] < 0.02 * centre[is_whole])
        assert gain_db.min() >= LOWEST_DB


def test_band_passes_lie_between_their_edges() -> None:
    """Truth: an ideal band under a window has half the gain at its edges, and nothing far from them."""
    start = build("sincnet", REQUEST)
    upper = np.linspace(1_500.0, 6_500.0, 24)
    record = moved(start, "sincnet", upper_band_edge=upper, band_width=np.full(24, 0.8))
    responses = found(record, start)
    for index, channel in enumerate(responses.channel):
        edges = upper[channel] * np.array([2.0**-0.8, 1.0])
        gain = 10.0 ** (responses.after_db[index] / 20.0)
        # Between two places of the axis the slope is steep.
        np.testing.assert_allclose(np.interp(edges, responses.frequency_hz, gain), 0.5, atol=0.08)
        far = np.interp([edges[0] / 2, min(1.5 * edges[1], 7_990.0)], responses.frequency_hz, responses.after_db[index])
        assert edges[0] < responses.frequency_hz[np.argmax(responses.after_db[index])] < edges[1]
        assert np.all(far == LOWEST_DB)
    # Before training other bands.
    assert not np.allclose(responses.before_db, responses.after_db)


def test_the_sheet_has_a_pair_of_panels_for_each_run_and_no_copies() -> None:
    start = build("leaf", REQUEST)
    centres = np.asarray(start.layout.centre_frequencies_hz)
    record = moved(start, "leaf", Gabor_centre_frequency=0.8 * centres)
    # One network serves two conditions; another one learned something else.
    copy = replace(record, name=replace(record.name, condition="loud"))
    other = replace(moved(start, "leaf", Gabor_centre_frequency=0.9 * centres), name=replace(record.name, seed=1))
    runs = [PicturedRun(each, each.name.condition, start, start.layout) for each in (record, copy, other)]
    (sheet,) = filter_sheets(runs)
    assert [panel.title for panel in sheet.panels] == ["clean: before", "clean: after"] * 2
    first, second = sheet.panels[:2]
    assert isinstance(first, Lines)
    assert isinstance(second, Lines)
    np.testing.assert_array_equal(first.values, found(record, start).before_db)
    np.testing.assert_array_equal(second.values, found(record, start).after_db)
    assert "seed 0, 1." in sheet.caption
    assert filter_sheets([PicturedRun(replace(record, learned=()), "nothing", start, start.layout)]) == ()


def _record(frontend: str, condition: str, *, factor: float) -> RunRecord:
    start = RECIPES[frontend].learned(18, 0)
    assert start is not None
    learned = tuple(
        replace(each, after=tuple(factor * value for value in each.before)) for each in learned_parameters(start, start)
    )
    return RunRecord(RunName("phonemes", frontend, condition, 0), {}, 0, 0, 0.0, learned=learned)


@pytest.mark.parametrize("has_one_network", [False, True])
def test_filters_of_the_recipes_are_drawn(has_one_network: bool) -> None:
    records = [_record(each, "100 %", factor=1.1) for each in ("cortical", "gabor", "leaf")]
    records.append(RunRecord(RunName("phonemes", "cnn", "100 %", 0), {}, 0, 0, 0.0))
    space, kernels, responses = recipe_sheets(records, num_maps=18, has_one_network=has_one_network)
    end = "" if has_one_network else ", 100 %"
    assert [panel.title for panel in space.panels] == [f"cortical{end}", f"gabor{end}"]
    assert len(kernels.panels) == 18
    assert responses.panels[0].title == f"leaf{end}: before"
    cortical, gabor = space.panels
    assert isinstance(cortical, Moves)
    assert isinstance(gabor, Moves)
    # Truth: rate and scale have all grown by a tenth; of Gabor filters the rate is F cos gamma / 2 pi.
    np.testing.assert_allclose(cortical.after, 1.1 * cortical.before, rtol=1e-6)
    rate = values(records[0], "rate", is_after=False)
    np.testing.assert_allclose(np.abs(cortical.before[:, 0]), rate, rtol=1e-6)
    angle, modulation = (values(records[1], name, is_after=True) for name in ("orientation", "modulation"))
    np.testing.assert_allclose(
        np.abs(gabor.after[:, 0]), np.abs(100.0 * modulation * np.cos(angle) / (2.0 * np.pi)), rtol=1e-4
    )


def test_a_run_without_modulation_filters_has_none() -> None:
    start = build("leaf", REQUEST)
    assert modulations(PicturedRun(moved(start, "leaf"), "leaf", start, start.layout)) is None
