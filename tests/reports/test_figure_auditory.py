"""The pictures of a sound: axes with units, colours that read in grey, and nothing drawn that is not so."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from hearfit.reports.figure_auditory import AuditoryPicture, PictureAxes, draw_auditory, draw_comparison

AXES = PictureAxes(
    frequency_hz=200.0 * 2.0 ** (np.arange(97) / 24.0),
    frame_s=0.005,
    scale_cycles_per_octave=np.array([0.5, 1.0, 2.0]),
    rate_hz=np.array([-8.0, -4.0, 4.0, 8.0]),
    spectrogram_label="Above threshold (dB)",
    modulation_label="Modulation, RMS (dB)",
)


def picture(scale: float = 1.0, *, name: str = "normal ear", num_frames: int = 40) -> AuditoryPicture:
    spectrogram = scale * np.tile(np.arange(97.0), (num_frames, 1))
    return AuditoryPicture(name, spectrogram, scale * np.arange(12.0).reshape(3, 4))


def images(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


def test_axes_have_units_and_frequencies_stand_at_their_channels() -> None:
    figure = draw_auditory(picture(), AXES, title="speech.wav at 65 dB SPL")
    spectrum, modulation = figure.axes[:2]
    assert (spectrum.get_xlabel(), spectrum.get_ylabel()) == ("Time (s)", "Frequency (Hz)")
    assert modulation.get_ylabel() == "Scale (cycles/octave)"
    assert spectrum.get_title(loc="left") == "speech.wav at 65 dB SPL: normal ear"
    ticks = dict(zip((text.get_text() for text in spectrum.get_yticklabels()), spectrum.get_yticks(), strict=True))
    # Truth: 24 channels an octave above 200 Hz.
    assert ticks["1k"] == pytest.approx(24.0 * np.log2(1000.0 / 200.0), abs=0.01)
    assert spectrum.get_xlim()[1] == pytest.approx(0.2)
    assert [text.get_text() for text in modulation.get_xticklabels()] == ["−8", "−4", "4", "8"]


@pytest.mark.parametrize("name", ["cividis", "Greys"])
def test_the_colours_are_in_order_in_grey(name: str) -> None:
    # Truth: luma of ITU-R BT.709 must be monotonic.
    colours = matplotlib.colormaps[name](np.linspace(0.0, 1.0, 64))[:, :3]
    assert len(set(np.sign(np.diff(colours @ [0.2126, 0.7152, 0.0722])).tolist())) == 1
    figure = draw_comparison(picture(), picture(0.5), AXES, title="")
    assert name in {axes.images[0].get_cmap().name for axes in figure.axes if axes.images}


def test_the_third_column_is_what_is_lost() -> None:
    figure = draw_comparison(picture(), picture(0.25, name="left ear of L1"), AXES, title="speech.wav")
    normal, ear, lost = images(figure)[:3]
    np.testing.assert_allclose(lost, normal - ear)
    assert [axes.get_title(loc="left") for axes in figure.axes[:3]] == [
        "Normal ear",
        "Left ear of L1",
        "Lost: normal minus this ear",
    ]
    assert not [text for axes in figure.axes for text in axes.texts]


def test_more_than_normal_is_said_not_drawn() -> None:
    figure = draw_comparison(picture(0.5), picture(), AXES, title="")
    assert images(figure)[2].max() == 0.0
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts == ["more than normal: not drawn, up to 48", "more than normal: not drawn, up to 5.5"]


def test_long_sounds_are_pooled_and_silence_is_drawn() -> None:
    (spectrogram, _) = images(draw_auditory(picture(num_frames=4001), AXES, title=""))
    assert spectrogram.shape == (97, 1334)
    np.testing.assert_allclose(spectrogram[:, 0], np.arange(97.0))
    draw_auditory(picture(0.0), AXES, title="")
