"""Protocol files of forward masking: what they say arrives, and each mistake gets its sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.experiment.protocol import SessionDesign, StimulusDesign, StimulusKind
from hearfit.experiment.protocol_file import parse_protocol

FORWARD = """
name = "test"
version = "1.2.3"
title = "A test"
description = "Something is played."
references = []
frequency_range_hz = [250, 4000]
is_transducer_required = true
task = "detection"
[stimulus]
kind = "tone_after_tone"
duration_s = 0.02
ramp_s = 0.01
masker_duration_s = 0.2
masker_ramp_s = 0.005
[design]
frequency_hz = [500, 1000]
probe_level_offset_db = 10
masker_frequency_ratios = [0.5, 1]
gaps_ms = [0, 10, 50.5]
detectabilities = [1, 2]
highest_level_db_spl = 100
repetitions = 4
catch_trials = 3
interval_count = 1
[response]
values = [0, 1]
labels = ["no", "yes"]
"""


def _problems(text: str) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        parse_protocol(text, source="my.toml")
    return caught.value.problems


def test_a_session_arrives() -> None:
    protocol = parse_protocol(FORWARD, source="my.toml")
    assert protocol.stimulus == StimulusDesign(
        StimulusKind.TONE_AFTER_TONE, 0.02, 0.01, masker_duration_s=0.2, masker_ramp_s=0.005
    )
    assert protocol.design == SessionDesign(
        frequency_hz=(500.0, 1000.0),
        repetitions=4,
        catch_trials=3,
        masker_frequency_ratios=(0.5, 1.0),
        gaps_ms=(0.0, 10.0, 50.5),
        probe_level_offset_db=10.0,
        detectabilities=(1.0, 2.0),
        highest_level_db_spl=100.0,
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("masker_duration_s = 0.2", "", "stimulus.masker_duration_s is missing. A tone_after_tone needs it"),
        ("masker_ramp_s = 0.005", "", "stimulus.masker_ramp_s is missing. A tone_after_tone needs it"),
        ("masker_ramp_s = 0.005", "masker_ramp_s = 0.15", "stimulus.masker_ramp_s is 0.15. The two ramps lie within"),
        ("= true", "= false", "is_transducer_required is false. A tone_after_tone needs it, for the level of its"),
        ("[0, 10, 50.5]", "[10, 0]", "design.gaps_ms is [10.0, 0.0]. The numbers must ascend, each once."),
        ("[0, 10, 50.5]", "[-1, 10]", "the key design.gaps_ms[1] is -1. Allowed is a list of 1 to 100 gaps"),
        ("[0, 10, 50.5]", "[]", "the key design.gaps_ms is []. Allowed is a list of 1 to 100 gaps from 0 to 500 ms"),
        ("[0.5, 1]", "[1, 0.5]", "design.masker_frequency_ratios is [1.0, 0.5]. The numbers must ascend, each once."),
        ("[0.5, 1]", "[0.2, 1]", "design.masker_frequency_ratios has 0.2, a masker of 100 Hz for a probe of 500 Hz."),
        ("[1, 2]", "[2, 1]", "design.detectabilities is [2.0, 1.0]. The numbers must ascend, each once."),
        ("[1, 2]", "[0, 1]", "the key design.detectabilities[1] is 0. Allowed is a list of 1 to 100 values of d'"),
        ("= 100", "= 121", "the key design.highest_level_db_spl is 121. Allowed is a number from -20 to 120 dB SPL."),
        ("offset_db = 10", "offset_db = 0", "the key design.probe_level_offset_db is 0. Allowed is a number from 3 to"),
        ("interval_count = 1", "interval_count = 2", "design.catch_trials is 3. A forced choice (interval_count 2)"),
        ("[0, 1]\nlabels", "[0, 2]\nlabels", "response.values is [0, 2]. In a detection task it must be [0, 1]"),
        ('"tone_after_tone"', '"pure_tone"', "the key design.gaps_ms is not known."),
        ("gaps_ms", "level_offsets_db", "the key design.level_offsets_db is not known."),
    ],
)
def test_what_is_wrong_gets_a_sentence(old: str, new: str, sentence: str) -> None:
    assert old in FORWARD
    problems = _problems(FORWARD.replace(old, new))
    assert any(problem.startswith(f"my.toml: {sentence}") for problem in problems), problems


def test_other_stimuli_follow_no_masker() -> None:
    text = FORWARD.replace('"tone_after_tone"', '"pure_tone"')
    head, tail = text.split("[design]")
    design = (
        "[design]\nfrequency_hz = [500]\nlevel_offsets_db = [0]\nrepetitions = 1\ncatch_trials = 0\n"
        "interval_count = 1\n"
    )
    problems = _problems(head + design + tail[tail.index("[response]") :])
    assert (
        problems[0] == "my.toml: stimulus.masker_duration_s is given. A pure_tone follows no masker: leave the key out."
    )


def test_a_masked_probe_is_detected_and_not_judged() -> None:
    head, _ = FORWARD.replace('"detection"', '"categorical_loudness"').split("[design]")
    design = (
        "[design]\nfrequency_hz = [500]\nnum_levels = 3\nlowest_level_offset_db = 0\nhighest_level_db_hl = 90\n"
        'repetitions = 1\n[response]\nvalues = [0, 5]\nlabels = ["a", "b"]\n'
    )
    assert any("task is categorical_loudness. A tone_after_tone is detected" in p for p in _problems(head + design))


@given(st.data())
def test_any_value_in_any_key_is_accepted_or_refused_in_sentences(data: st.DataObject) -> None:
    lines = FORWARD.splitlines()
    index = data.draw(st.sampled_from([index for index, line in enumerate(lines) if " = " in line]))
    values = ["-1", "0", "1", "1e300", "nan", "true", '""', '"x"', "[]", "[[]]", "[-1.0]", "[1e9]", "{a=1}"]
    lines[index] = f"{lines[index].split(' = ')[0]} = {data.draw(st.sampled_from(values))}"
    problems: tuple[str, ...] = ()
    try:
        parse_protocol("\n".join(lines), source="my.toml")
    except InputError as error:
        problems = error.problems
    assert all(problem.startswith("my.toml: ") for problem in problems)
