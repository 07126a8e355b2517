"""What the answers could not tell, in words: each measurement leaves out something else."""

import numpy as np
import pytest

from hearfit.experiment.protocol import Task
from hearfit.inference.identifiability import IDENTIFIED_SHARE, not_identified
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ

NUM_KNOTS = len(AUDIOMETRIC_FREQUENCIES_HZ)
KNOWN, UNKNOWN = np.full(NUM_KNOTS, 0.9), np.full(NUM_KNOTS, 0.1)
BOTH = (Task.DETECTION, Task.CATEGORICAL_LOUDNESS)


def sentences(
    *,
    exponent: np.ndarray = KNOWN,
    attenuation: np.ndarray = KNOWN,
    threshold: np.ndarray = KNOWN,
    inhibition: np.ndarray = UNKNOWN,
    num_trials: np.ndarray | None = None,
    num_selective_trials: np.ndarray | None = None,
    tasks: tuple[Task, ...] = BOTH,
    has_forward_masker: bool = False,
) -> str:
    return "\n".join(
        not_identified(
            exponent_share=exponent,
            attenuation_share=attenuation,
            threshold_share=threshold,
            inhibition_share=inhibition,
            num_trials=np.full(NUM_KNOTS, 20) if num_trials is None else num_trials,
            num_selective_trials=np.zeros(NUM_KNOTS, np.int64)
            if num_selective_trials is None
            else num_selective_trials,
            quiet_tasks=tasks,
            has_forward_masker=has_forward_masker,
        )
    )


def test_only_selectivity_is_missing_when_everything_else_was_measured() -> None:
    # Single sounds in quiet say nothing about frequency selectivity, whatever the shares are.
    assert sentences().startswith("Lateral inhibition and the equivalent bandwidth were not measured")
    assert "\n" not in sentences()


def test_detection_alone_cannot_know_compression() -> None:
    text = sentences(tasks=(Task.DETECTION,), exponent=UNKNOWN, attenuation=UNKNOWN)
    assert "Loudness was not measured" in text
    assert "cannot tell loss of compression from attenuation" in text
    assert "Tone detection was not measured" not in text


def test_loudness_alone_extrapolates_thresholds() -> None:
    text = sentences(tasks=(Task.CATEGORICAL_LOUDNESS,))
    assert "Tone detection was not measured" in text
    assert "Loudness was not measured" not in text


def test_untested_frequencies_are_named() -> None:
    num_trials = np.full(NUM_KNOTS, 20)
    num_trials[[0, 3, 5]] = 0
    assert "No trial was presented at 125, 750 and 1500 Hz" in sentences(num_trials=num_trials)
    num_trials[[3, 5]] = 20
    assert "No trial was presented at 125 Hz" in sentences(num_trials=num_trials)
    assert "No trial was presented at every frequency" in sentences(num_trials=0 * num_trials)


@pytest.mark.parametrize("name", ["threshold", "compression exponent", "attenuation"])
def test_what_the_prior_decided_is_named_with_its_frequencies(name: str) -> None:
    share = KNOWN.copy()
    share[[4, 8]] = IDENTIFIED_SHARE - 0.01
    share[6] = IDENTIFIED_SHARE
    argument = {"compression exponent": "exponent"}.get(name, name)
    text = sentences(**{argument: share})  # type: ignore[arg-type]
    assert text.startswith(f"The {name} at 1000 and 4000 Hz is mostly the prior speaking")
    assert text.count("prior speaking") == 1


def test_an_untested_frequency_is_not_named_twice() -> None:
    num_trials = np.full(NUM_KNOTS, 20)
    num_trials[0] = 0
    share = KNOWN.copy()
    share[0] = 0.0
    assert "The attenuation" not in sentences(num_trials=num_trials, attenuation=share)


def test_inhibition_is_measured_where_there_was_a_masker() -> None:
    masked = np.zeros(NUM_KNOTS, np.int64)
    masked[[4, 6]] = 100
    inhibition = KNOWN.copy()
    inhibition[6] = 0.3
    text = sentences(num_selective_trials=masked, inhibition=inhibition)
    assert "The lateral inhibition at 2000 Hz is mostly the prior speaking" in text
    assert "bandwidth were not measured at 125, 250, 500, 750, 1500, 3000, 4000, 6000 and 8000 Hz: that needs" in text
    assert sentences(num_selective_trials=np.full(NUM_KNOTS, 9), inhibition=KNOWN) == ""


def test_masked_tones_alone_are_no_sound_in_quiet() -> None:
    text = sentences(tasks=(), num_selective_trials=np.full(NUM_KNOTS, 9), inhibition=KNOWN)
    assert "No sound was presented in quiet." in text
    assert "Loudness was not measured" in text
    assert "Tone detection was not measured" not in text
