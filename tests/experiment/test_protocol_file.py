"""Protocol files: what they say arrives, and each mistake gets its sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearfit.errors import InputError
from hearfit.experiment.protocol import Notch, SessionDesign, StimulusDesign, StimulusKind, StoringProcedure, Task
from hearfit.experiment.protocol_file import parse_protocol

COMMON = """
name = "test"
version = "1.2.3"
title = "A test"
description = "Something is\\nplayed."
references = ["Someone (2000)."]
frequency_range_hz = [250, 4000]
is_transducer_required = false
"""
TONE = '[stimulus]\nkind = "pure_tone"\nduration_s = 0.5\nramp_s = 0.05\n'
NOISE = TONE.replace("pure_tone", "narrowband_noise") + "bandwidth_octaves = 0.5\n"
DETECTION = f"""{COMMON}
task = "detection"
{TONE}
[design]
frequency_hz = [500, 1000]
level_offsets_db = [-5, 0, 5]
repetitions = 4
catch_trials = 3
interval_count = 1
[response]
values = [0, 1]
labels = ["no", "yes"]
"""
MASKED = f"""{COMMON.replace("= false", "= true")}
task = "detection"
{TONE.replace("pure_tone", "tone_in_notched_noise")}
noise_outer_edge = 0.8
[design]
frequency_hz = [500, 1000]
notches = [[0, 0], [0.1, 0.3]]
masker_level_offset_db = 60
highest_masker_level_db_spl_per_hz = 55.5
level_offsets_db = [-5, 0, 5]
repetitions = 4
catch_trials = 3
interval_count = 1
[response]
values = [0, 1]
labels = ["no", "yes"]
"""
STORED_MASKED = f"""{COMMON.replace("= false", "= true")}
task = "stored_threshold"
{TONE.replace("pure_tone", "tone_in_notched_noise")}
noise_outer_edge = 0.8
[procedure]
step_db = 2
retest_sd_db = 1.5
[design]
frequency_hz = [500, 1000]
repetitions = 1
notches = [[0, 0], [0.1, 0.3]]
masker_level_offset_db = 60
highest_masker_level_db_spl_per_hz = 55.5
[response]
values = [0, 1, 2]
labels = ["above", "at", "below"]
"""
LOUDNESS = f"""{COMMON}
task = "categorical_loudness"
{NOISE}
[design]
frequency_hz = [1000]
num_levels = 7
lowest_level_offset_db = -5
highest_level_db_hl = 100
repetitions = 2
[response]
values = [0, 25, 50]
labels = ["soft", "medium", "loud"]
"""


def _problems(text: str) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        parse_protocol(text, source="my.toml")
    return caught.value.problems


def test_a_detection_protocol() -> None:
    protocol = parse_protocol(DETECTION, source="my.toml")
    assert protocol.task is Task.DETECTION
    assert protocol.description == "Something is played."
    assert protocol.frequency_range_hz == (250.0, 4000.0)
    assert protocol.stimulus == StimulusDesign(StimulusKind.PURE_TONE, duration_s=0.5, ramp_s=0.05)
    assert protocol.design == SessionDesign(
        frequency_hz=(500.0, 1000.0), repetitions=4, level_offsets_db=(-5.0, 0.0, 5.0), catch_trials=3
    )


def test_a_loudness_protocol() -> None:
    protocol = parse_protocol(LOUDNESS, source="my.toml")
    assert protocol.stimulus.bandwidth_octaves == 0.5
    assert protocol.response_values == (0, 25, 50)
    assert protocol.design == SessionDesign(
        frequency_hz=(1000.0,), repetitions=2, num_levels=7, lowest_level_offset_db=-5.0, highest_level_db_hl=100.0
    )


def test_a_protocol_with_a_masker() -> None:
    protocol = parse_protocol(MASKED, source="my.toml")
    assert protocol.is_transducer_required
    assert protocol.stimulus == StimulusDesign(
        StimulusKind.TONE_IN_NOTCHED_NOISE, duration_s=0.5, ramp_s=0.05, noise_outer_edge=0.8
    )
    assert protocol.design == SessionDesign(
        frequency_hz=(500.0, 1000.0),
        repetitions=4,
        level_offsets_db=(-5.0, 0.0, 5.0),
        catch_trials=3,
        notches=(Notch(0.0, 0.0), Notch(0.1, 0.3)),
        masker_level_offset_db=60.0,
        highest_masker_level_db_spl_per_hz=55.5,
    )


def test_a_protocol_of_stored_thresholds() -> None:
    protocol = parse_protocol(STORED_MASKED, source="my.toml")
    assert protocol.task is Task.STORED_THRESHOLD
    assert protocol.procedure == StoringProcedure(step_db=2.0, retest_sd_db=1.5)
    assert protocol.design.level_offsets_db == (0.0,)
    assert protocol.design.notches == (Notch(0.0, 0.0), Notch(0.1, 0.3))
    assert parse_protocol(MASKED, source="my.toml").procedure is None


@pytest.mark.parametrize("text", [DETECTION, LOUDNESS, MASKED, STORED_MASKED])
def test_nothing_has_a_default(text: str) -> None:
    keys = [line.split(" = ")[0] for line in text.splitlines() if " = " in line]
    assert len(keys) > 15
    for key in keys:
        without = "\n".join(line for line in text.splitlines() if not line.startswith(f"{key} = "))
        assert any(f"{key} is missing." in problem for problem in _problems(without)), key


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "test"', 'name = "Test 1"', "the key name is 'Test 1'. Allowed is 1 to 64 lower-case letters"),
        ('"1.2.3"', '"1.2"', "the key version is '1.2'. Allowed is a version such as \"1.0.0\"."),
        ('"A test"', '""', "the key title is ''. Allowed is text of 1 to 4000 characters"),
        ('"A test"', '"\\u001b[2J"', "the key title is '\\x1b[2J'. Allowed is text"),
        ('"detection"', '"detect"', 'the key task is \'detect\'. Allowed is "detection", "categorical_loudness" or'),
        ("[250, 4000]", "[100, 4000]", "the key frequency_range_hz[1] is 100. Allowed is the lowest and the highest"),
        ("= false", '= "no"', "the key is_transducer_required is 'no'. Allowed is true or false."),
        ('"pure_tone"', '"tone"', 'the key stimulus.kind is \'tone\'. Allowed is "pure_tone", "narrowband_noise" or'),
        ("= 0.5", "= nan", "the key stimulus.duration_s is nan. Allowed is a number of seconds above 0, at most 10."),
        ("= 0.5", '= "0.5"', "the key stimulus.duration_s is '0.5'. Allowed is a number of seconds"),
        ("= 0.5", "= 9" + "0" * 400, "the key stimulus.duration_s is 9000"),
        ("repetitions = 4", "repetitions = true", "the key design.repetitions is true. Allowed is a whole number from"),
        ("repetitions = 4", "repetitions = 0", "the key design.repetitions is 0. Allowed is a whole number from 1 to"),
        ("interval_count = 1", "interval_count = 9", "the key design.interval_count is 9. Allowed is a whole number"),
        ("[response]", "[answer]", "the key response is missing. Allowed is a table [response]."),
        (TONE, "stimulus = 3\n", "the key stimulus is 3. Allowed is a table [stimulus]."),
    ],
)
def test_a_value_that_is_not_allowed(old: str, new: str, sentence: str) -> None:
    assert old in DETECTION
    problems = _problems(DETECTION.replace(old, new))
    assert any(problem.startswith(f"my.toml: {sentence}") for problem in problems), problems


@pytest.mark.parametrize(
    ("text", "old", "new", "sentence"),
    [
        (DETECTION, "[250, 4000]", "[4000, 4000]", "frequency_range_hz is 4000 to 4000. The lowest frequency must"),
        (DETECTION, "ramp_s = 0.05", "ramp_s = 0.3", "stimulus.ramp_s is 0.3. The two ramps lie within the duration,"),
        (DETECTION, TONE, TONE + "bandwidth_octaves = 0.5\n", "stimulus.bandwidth_octaves"),
        (LOUDNESS, "bandwidth_octaves = 0.5\n", "", "stimulus.bandwidth_octaves is missing. A narrowband_noise needs"),
        (DETECTION, "[500, 1000]", "[500, 6000]", "design.frequency_hz has 6000. Allowed is 250 to 4000 Hz,"),
        (DETECTION, "[500, 1000]", "[1000, 500]", "design.frequency_hz is [1000.0, 500.0]. The numbers must ascend,"),
        (DETECTION, "[-5, 0, 5]", "[0, 0]", "design.level_offsets_db is [0.0, 0.0]. The numbers must ascend,"),
        (DETECTION, '["no", "yes"]', '["no"]', "response.labels has 1 texts for 2 response values."),
        (DETECTION, "[0, 1]", "[1, 2]", "response.values is [1, 2]. In a detection task it must be [0, 1]:"),
        (LOUDNESS, "[0, 25, 50]", "[0, 50, 25]", "response.values is [0, 50, 25]. The numbers must ascend,"),
        (DETECTION, "interval_count = 1", "interval_count = 3", "design.catch_trials is 3. A forced choice"),
        (DETECTION, TONE, TONE + "noise_outer_edge = 0.8\n", "stimulus.noise_outer_edge is given. A pure_tone has no"),
        (
            MASKED,
            "= true",
            "= false",
            "is_transducer_required is false. A tone_in_notched_noise needs it, for the level",
        ),
        (MASKED, "noise_outer_edge = 0.8", "", "stimulus.noise_outer_edge is missing. A tone_in_notched_noise needs"),
        (MASKED, "noise_outer_edge = 0.8", "bandwidth_octaves = 1", "stimulus.bandwidth_octaves is given. A tone_in_n"),
        (MASKED, "[0.1, 0.3]", "[0.1, 0.8]", "design.notches has [0.1, 0.8]. Both ends must be from 0 to below 0.8,"),
        (MASKED, "[0.1, 0.3]", "[-0.1, 0.3]", "design.notches has [-0.1, 0.3]. Both ends must be from 0 to below 0.8,"),
        (MASKED, "[0.1, 0.3]", "[0, 0]", "design.notches has a pair more than once. Give each pair once."),
        (MASKED, "[0.1, 0.3]", "[0.1]", "the key design.notches[2]"),
        (STORED_MASKED, "[0, 1, 2]", "[0, 1, 3]", "response.values is [0, 1, 3]. Of stored thresholds they must be"),
        (
            STORED_MASKED,
            "step_db = 2",
            "step_db = 0",
            "the key procedure.step_db is 0. Allowed is a number of decibels",
        ),
        (DETECTION, "[response]", "[procedure]\nstep_db = 2\n[response]", "the key procedure is not known."),
        (MASKED, "= 55.5", "= 155", "the key design.highest_masker_level_db_spl_per_hz is 155. Allowed is a number"),
        (
            LOUDNESS,
            NOISE,
            TONE.replace("pure_tone", "tone_in_notched_noise") + "noise_outer_edge = 0.8\n",
            "task is categorical_loudness. A tone_in_notched_noise is detected: only detection and stored_",
        ),
    ],
)
def test_values_that_contradict_each_other(text: str, old: str, new: str, sentence: str) -> None:
    assert old in text
    problems = _problems(text.replace(old, new))
    assert any(problem.startswith(f"my.toml: {sentence}") for problem in problems), problems


def test_a_misspelt_key_gets_a_guess_and_all_problems_come_at_once() -> None:
    text = DETECTION.replace("repetitions", "repetitons").replace('"1.2.3"', "1")
    assert _problems(text) == (
        'my.toml: the key version is 1. Allowed is a version such as "1.0.0".',
        "my.toml: the key design.repetitions is missing. Allowed is a whole number from 1 to 1000.",
        (
            "my.toml: the key design.repetitons is not known. Did you mean repetitions? Known here are catch_trials, "
            "frequency_hz, interval_count, level_offsets_db, repetitions."
        ),
    )


def test_a_key_like_no_other_gets_no_guess() -> None:
    problems = _problems('"\\u001b" = 1\n' + DETECTION)
    assert any(problem.startswith("my.toml: the key '\\x1b' is not known. Known here are") for problem in problems)


def test_without_a_task_the_design_is_not_judged() -> None:
    assert _problems(DETECTION.replace('task = "detection"', "").replace("repetitions", "x")) == (
        'my.toml: the key task is missing. Allowed is "detection", "categorical_loudness" or "stored_threshold".',
    )


@pytest.mark.parametrize("text", ["a" * 10, "a = [" * 20_000, "a = " + "9" * 5000, "\x00", "a = 1\na = 2"])
def test_what_is_not_toml(text: str) -> None:
    assert _problems(text)[0].startswith("my.toml: is not a TOML file that can be read (")


@given(st.text())
def test_any_text_is_refused_in_sentences(text: str) -> None:
    assert all(problem.startswith("my.toml: ") for problem in _problems(text))


@given(st.data())
def test_any_value_in_any_key_is_accepted_or_refused_in_sentences(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from([DETECTION, LOUDNESS, MASKED, STORED_MASKED])).splitlines()
    index = data.draw(st.sampled_from([index for index, line in enumerate(lines) if " = " in line]))
    values = [
        "-1",
        "0",
        "1",
        "1e300",
        "inf",
        "1979-05-27",
        "07:32:00",
        "true",
        '""',
        '"x"',
        "[]",
        "[[]]",
        "{}",
        "{a=1}",
    ]
    lines[index] = f"{lines[index].split(' = ')[0]} = {data.draw(st.sampled_from(values))}"
    problems: tuple[str, ...] = ()
    try:
        parse_protocol("\n".join(lines), source="my.toml")
    except InputError as error:
        problems = error.problems
    assert all(problem.startswith("my.toml: ") for problem in problems)
