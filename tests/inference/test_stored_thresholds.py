"""Stored thresholds: their likelihood against closed forms and the detection model, and what a fit makes of them."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float
from scipy.stats import norm

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.errors import InputError
from hearfit.experiment.conditions import collapse
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import MASKER_LEVEL, NOTCH_LOWER, NOTCH_UPPER
from hearfit.experiment.stored_audiogram import with_stored_thresholds
from hearfit.experiment.trials import TrialBlock
from hearfit.inference.data import build_fit_data
from hearfit.inference.derived import tone_thresholds
from hearfit.inference.laplace import laplace
from hearfit.inference.likelihood import predict
from hearfit.inference.task_stored import result_probabilities
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS
from hearfit.protocols.loader import load_protocol
from tests.inference.sessions import (
    TRANSDUCER,
    detection,
    loudness,
    mode_of,
    simulated_blocks,
    trials_of,
    truth,
)

# One result in twenty has four times the SD of the others, and the SD of all is the retest SD.
SHARES = np.array([0.95, 0.05])
SD_DB, STEP_DB = 1.7, 5.0
SDS_DB = SD_DB / np.sqrt(0.95 + 0.05 * 16.0) * np.array([1.0, 4.0])
CRITERION, LAPSE = 3 * NUM_KNOTS + 1, 3 * NUM_KNOTS + 2
NOTCH = {MASKER_LEVEL: 30.0, NOTCH_LOWER: 0.1, NOTCH_UPPER: 0.1}


def _block(
    protocol: Protocol,
    level_db_hl: Sequence[float] | np.ndarray,
    frequency_hz: Sequence[float] | np.ndarray,
    response: Sequence[int] | np.ndarray,
) -> TrialBlock:
    size = len(level_db_hl)
    parameters = NOTCH if protocol.stimulus.kind.has_masker else {}
    return TrialBlock(
        protocol=protocol,
        trial=np.arange(1, size + 1),
        frequency_hz=np.array(frequency_hz, np.float64),
        level_db_hl=np.array(level_db_hl, np.float64),
        interval_count=np.ones(size, np.int64),
        is_catch=np.zeros(size, bool),
        response=np.array(response),
        parameters={name: np.full(size, value) for name, value in parameters.items()},
    )


def _masked() -> Protocol:
    """Stored thresholds of tones in notched noise."""
    stored, noise = load_protocol("stored_thresholds"), load_protocol("notched_noise")
    return replace(stored, name="stored_in_noise", stimulus=noise.stimulus, design=noise.design)


def _fitted(blocks: Sequence[TrialBlock]) -> tuple[Float[np.ndarray, " knots"], Float[np.ndarray, " knots"]]:
    """Mean and SD of the thresholds of a fit, by random ears of its posterior."""
    with jax.enable_x64(True):
        posterior = laplace(mode_of([collapse(block) for block in blocks]), DEFAULT_PRIOR)
        levels = np.asarray(tone_thresholds(jnp.asarray(posterior.draws(200, seed=1)), normal=NORMAL))
    return levels.mean(axis=0), levels.std(axis=0)


@pytest.fixture(scope="module")
def true_thresholds() -> Float[np.ndarray, " knots"]:
    with jax.enable_x64(True):
        return np.asarray(tone_thresholds(jnp.asarray(truth()[None]), normal=NORMAL))[0]


@pytest.mark.parametrize("threshold", [-30.0, 17.0, 19.9, 20.0, 22.0, 60.0, 170.0])
def test_probabilities_of_a_result(threshold: float, float64: None) -> None:
    """Against the normal distribution of SciPy."""
    level = 20.0
    found = np.asarray(result_probabilities(*map(jnp.asarray, (threshold, level, STEP_DB, SD_DB))))
    above, below = norm.sf(level, threshold, SDS_DB), norm.cdf(level - STEP_DB, threshold, SDS_DB)
    # One of the two differences has no digits left far from the threshold.
    at = np.maximum(norm.cdf(level, threshold, SDS_DB) - below, norm.sf(level - STEP_DB, threshold, SDS_DB) - above)
    np.testing.assert_allclose(found, np.stack([above, at, below]) @ SHARES, rtol=1e-9, atol=2e-15)
    assert np.all(found >= 1e-15)
    assert found.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("is_masked", [False, True])
def test_a_threshold_is_the_level_heard_in_half_of_the_trials(is_masked: bool, float64: None) -> None:
    """Against the yes/no model on a fine grid of levels, for a listener with the ordinary criterion."""
    position = truth().copy()
    position[CRITERION] = NORMAL.threshold_detectability
    yes_no = load_protocol("notched_noise" if is_masked else "pure_tone_detection")
    stored = replace(_masked(), stimulus=yes_no.stimulus) if is_masked else load_protocol("stored_thresholds")
    assert stored.stimulus == yes_no.stimulus
    for frequency in (500.0, 4000.0):
        levels = np.arange(-10.0, 100.0, 0.5)
        block = _block(yes_no, levels, np.full(len(levels), frequency), np.zeros(len(levels), np.int64))
        (heard,) = predict(
            position, build_fit_data([collapse(block)], transducer=TRANSDUCER, normal=NORMAL), normal=NORMAL
        )
        expected = np.interp(0.5, heard.probability[:, 1], levels)
        near = np.round(expected)
        data = build_fit_data(
            [collapse(_block(stored, [near], [frequency], [1]))], transducer=TRANSDUCER, normal=NORMAL
        )
        (result,) = predict(position, data, normal=NORMAL)
        candidates = np.linspace(near - 3.0, near + 3.0, 601)
        above = norm.sf(near, candidates[:, None], SDS_DB) @ SHARES
        assert np.interp(result.probability[0, 0], above, candidates) == pytest.approx(expected, abs=0.05)


def test_derivatives_are_those_of_finite_differences(float64: None) -> None:
    """Of every probability by every coordinate; what a stored threshold does not depend on has none."""
    blocks = [
        _block(load_protocol("stored_thresholds"), [25.0, 45.0], [500.0, 4000.0], [1, 1]),
        _block(_masked(), [55.0], [1000.0], [0]),
    ]
    data = build_fit_data([collapse(block) for block in blocks], transducer=TRANSDUCER, normal=NORMAL)
    (responses,) = predict(truth(), data, normal=NORMAL)
    assert np.abs(responses.jacobian).max(axis=(0, 1))[3 * NUM_KNOTS] > 0.01
    np.testing.assert_array_equal(responses.jacobian[:, :, [CRITERION, LAPSE]], 0.0)
    for parameter in [*range(0, 3 * NUM_KNOTS + 1, 3), 3 * NUM_KNOTS, 3 * NUM_KNOTS + 4]:
        ends = []
        for sign in (-1.0, 1.0):
            position = truth().copy()
            position[parameter] += sign * 1e-4
            ends.append(predict(position, data, normal=NORMAL)[0].probability)
        difference = (ends[1] - ends[0]) / 2e-4
        np.testing.assert_allclose(responses.jacobian[:, :, parameter], difference, rtol=2e-3, atol=2e-5)


def test_simulated_results_follow_the_closed_form(true_thresholds: np.ndarray) -> None:
    """Mean and SD of many results at one frequency: those of a threshold with retest errors, rounded up to steps."""
    protocol = load_protocol("stored_thresholds")
    design = replace(protocol.design, frequency_hz=(1000.0,), repetitions=400)
    (block,) = simulated_blocks([replace(protocol, design=design)], seed=3)
    threshold = true_thresholds[AUDIOMETRIC_FREQUENCIES_HZ.index(1000.0)]
    found = block.level_db_hl[np.abs(block.level_db_hl - threshold) < 15.0]
    assert len(found) >= 385
    assert set(block.response[np.abs(block.level_db_hl - threshold) < 15.0]) == {1}
    # A tone of 1 s and one of unlimited duration differ by less than 1 dB.
    thresholds = threshold + np.linspace(-1.0, 1.0, 201)
    results = np.arange(0.0, 75.0, STEP_DB)
    at_most = norm.cdf(results, thresholds[:, None, None], SDS_DB[:, None]).transpose(0, 2, 1) @ SHARES
    share = np.diff(at_most, axis=1, prepend=0.0)
    mean = share @ results
    sd = np.sqrt(share @ results**2 - mean**2)
    assert mean[0] < found.mean() < mean[-1]
    assert found.std() == pytest.approx(np.interp(found.mean(), mean, sd), rel=0.1)


@pytest.mark.slow
def test_thresholds_of_simulated_audiograms_are_recovered() -> None:
    """Errors as large as the posterior says, and no larger than a retest and a uniform place in a step make.

    Six ears of one shape, shifted against the steps; the first one with loudness beside its thresholds.
    """
    protocol = load_protocol("stored_thresholds")
    tested = [AUDIOMETRIC_FREQUENCIES_HZ.index(frequency) for frequency in protocol.design.frequency_hz]
    z_scores, errors = [], []
    for seed in range(6):
        position = truth().copy()
        position[NUM_KNOTS : 2 * NUM_KNOTS] += seed * STEP_DB / 6
        with jax.enable_x64(True):
            expected = np.asarray(tone_thresholds(jnp.asarray(position[None]), normal=NORMAL))[0]
        protocols = [protocol] if seed else [protocol, loudness(num_levels=6, repetitions=1)]
        mean, sd = _fitted(simulated_blocks(protocols, seed=seed, position=position))
        errors.append((mean - expected)[tested])
        z_scores.append(errors[-1] / sd[tested])
    rms, rms_z = (np.sqrt(np.mean(np.square(values))) for values in (errors, z_scores))
    print(f"rms error {rms:.2f} dB, mean {np.mean(errors):.2f} dB, rms of z {rms_z:.2f}")
    # 48 errors: their rms is known to 10 %, twice that is allowed.
    assert rms < 1.2 * np.sqrt(SD_DB**2 + STEP_DB**2 / 12)
    assert abs(np.mean(errors)) < 1.0
    assert 0.7 < rms_z < 1.3


def test_no_response_bounds_a_threshold_from_below() -> None:
    """Found at 40 dB HL at 1 kHz: no response at 100 dB HL at 4 kHz lifts that threshold, one at 0 dB HL does not."""
    protocol = load_protocol("stored_thresholds")
    mean, sd = _fitted([_block(protocol, [40.0, 100.0], [1000.0, 4000.0], [1, 0])])
    at_1_khz, at_4_khz = (AUDIOMETRIC_FREQUENCIES_HZ.index(frequency) for frequency in (1000.0, 4000.0))
    assert 34.0 < mean[at_1_khz] < 41.0
    assert mean[at_4_khz] > 97.0
    low, low_sd = _fitted([_block(protocol, [40.0, 0.0], [1000.0, 4000.0], [1, 0])])
    assert 20.0 < low[at_4_khz] < 60.0
    assert low_sd[at_4_khz] > 3.0 * sd[at_1_khz]


AUDIOGRAM = Audiogram(
    listener="L001",
    thresholds=(
        Threshold(Ear.LEFT, 1000.0, 40.0),
        Threshold(Ear.LEFT, 4000.0, 110.0, is_no_response=True),
        Threshold(Ear.LEFT, 12000.0, 60.0),
        Threshold(Ear.RIGHT, 1000.0, 10.0),
    ),
    date="2026-01-30",
)


def test_an_audiogram_as_data() -> None:
    trials = trials_of(simulated_blocks([detection()], seed=1))
    protocol = load_protocol("stored_thresholds")
    joined, told = with_stored_thresholds(trials, AUDIOGRAM, protocol, source="a.csv")
    block = joined.blocks[-1]
    assert block.protocol == protocol
    assert block.frequency_hz.tolist() == [1000.0, 4000.0]
    assert block.level_db_hl.tolist() == [40.0, 110.0]
    assert block.response.tolist() == [1, 0]
    assert joined.num_trials == trials.num_trials + 2
    assert joined.source_sha256 != trials.source_sha256
    assert joined.source_names == ("simulated", "a.csv")
    first, second, third = told
    assert first.startswith("a.csv: the thresholds of the left ear are used as data, as found in steps of 5 dB with a")
    assert second == "a.csv: not used, being outside what stored_thresholds allows: 12000 Hz."
    assert third.startswith("a.csv: is of 2026-01-30, the trials are of 2026-01-31.")
    with pytest.raises(InputError, match="hold stored thresholds already"):
        with_stored_thresholds(joined, AUDIOGRAM, protocol, source="a.csv")
    low, right = replace(protocol, frequency_range_hz=(125.0, 900.0)), replace(trials, ear=Ear.RIGHT)
    with pytest.raises(InputError, match=r"a\.csv: has no air-conduction threshold of the right ear from 125 to"):
        with_stored_thresholds(right, AUDIOGRAM, low, source="a.csv")
