"""The shipped protocols, and how one is found."""

from pathlib import Path

import pytest

from hearfit.errors import InputError
from hearfit.experiment.protocol import StimulusKind, StoringProcedure, Task
from hearfit.protocols.loader import list_protocols, load_protocol, shipped_protocols

NAMES = (
    "categorical_loudness",
    "categorical_loudness_noise",
    "notched_noise",
    "pure_tone_detection",
    "stored_thresholds",
)


def test_the_shipped_protocols_are_listed() -> None:
    assert list_protocols() == NAMES
    assert tuple(protocol.name for protocol in shipped_protocols()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_protocol_cites_and_covers_the_audiometric_range(name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.references
    assert protocol.frequency_range_hz == (125.0, 8000.0)
    assert len(protocol.response_labels) == len(protocol.response_values)


@pytest.mark.parametrize("name", ["categorical_loudness", "categorical_loudness_noise"])
def test_categorical_loudness_has_the_eleven_categories_of_iso_16832(name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.task is Task.CATEGORICAL_LOUDNESS
    assert protocol.response_values == (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50)
    named = dict(zip(protocol.response_values, protocol.response_labels, strict=True))
    assert (named[0], named[5], named[15], named[25]) == ("not heard", "very soft", "soft", "medium")
    assert (named[35], named[45], named[50]) == ("loud", "very loud", "extremely loud")


def test_the_stimuli() -> None:
    tone = load_protocol("categorical_loudness").stimulus
    assert (tone.kind, tone.duration_s, tone.ramp_s) == (StimulusKind.PURE_TONE, 1.0, 0.2)
    noise = load_protocol("categorical_loudness_noise").stimulus
    assert noise.kind is StimulusKind.NARROWBAND_NOISE
    assert noise.bandwidth_octaves == pytest.approx(1 / 3)


def test_detection_is_yes_or_no_with_catch_trials() -> None:
    protocol = load_protocol("pure_tone_detection")
    assert protocol.task is Task.DETECTION
    assert protocol.response_values == (0, 1)
    assert protocol.design.interval_count == 1
    assert protocol.design.catch_trials > 0


def test_stored_thresholds_are_in_the_steps_of_an_audiometer() -> None:
    """The retest SD is that of NHANES 2011-2012 at 1 kHz without the part of rounding to 5 dB."""
    protocol = load_protocol("stored_thresholds")
    assert protocol.task is Task.STORED_THRESHOLD
    assert protocol.procedure == StoringProcedure(step_db=5.0, retest_sd_db=1.7)
    assert protocol.response_values == (0, 1, 2)


def test_only_noise_needs_a_transducer_for_hearing_levels() -> None:
    required = [name for name in NAMES if load_protocol(name).is_transducer_required]
    assert required == ["categorical_loudness_noise", "notched_noise"]


def test_notched_noise_has_symmetric_and_asymmetric_notches_within_its_edges() -> None:
    protocol = load_protocol("notched_noise")
    edge = protocol.stimulus.noise_outer_edge
    assert protocol.stimulus.kind.has_masker
    assert edge == 0.8
    assert {notch.lower == notch.upper for notch in protocol.design.notches} == {True, False}
    assert all(0.0 <= side < edge for notch in protocol.design.notches for side in (notch.lower, notch.upper))


def test_an_unknown_name_lists_the_known_ones_and_the_closest() -> None:
    with pytest.raises(InputError) as caught:
        load_protocol("categorical_loudnes")
    assert str(caught.value) == (
        "There is no protocol 'categorical_loudnes'. Did you mean categorical_loudness? Known are "
        "categorical_loudness, categorical_loudness_noise, notched_noise, pure_tone_detection, stored_thresholds; "
        "for a protocol of your own give the path of its .toml file."
    )


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(InputError, match=r"There is no protocol 'xyz'\. Known are"):
        load_protocol("xyz")


def test_a_protocol_of_ones_own_is_read_from_its_path(tmp_path: Path, source_root: Path) -> None:
    text = (source_root / "protocols" / "pure_tone_detection.toml").read_text("utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('"pure_tone_detection"', '"my_detection"'), "utf-8")
    assert load_protocol(path).name == "my_detection"
    assert load_protocol(str(path)) == load_protocol(path)


@pytest.mark.parametrize("name", ["missing.toml", "folder/missing"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        load_protocol(str(tmp_path / name))
