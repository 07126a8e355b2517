"""Forward masking in the likelihood: a second implementation, finite differences, and the limits of the model."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from hearfit.errors import InputError
from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import excite
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.stimulus_columns import GAP, TONE_MASKER_FREQUENCY, TONE_MASKER_LEVEL
from hearfit.experiment.trials import TrialBlock
from hearfit.frontend.cochlea import cochlea_of
from hearfit.inference import task_forward_masking
from hearfit.inference.likelihood import Responses, evaluate, predict
from hearfit.inference.map import whitened_prior
from hearfit.inference.simulate import position_from_thresholds, simulate_block
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS
from hearfit.observer.forward_masking import tail_share
from hearfit.protocols.loader import load_protocol
from tests.inference.reference_model import ReferenceListener, channel_frequencies_hz, gammatone_power
from tests.inference.sessions import TRANSDUCER, fit_data, simulated, truth

pytestmark = pytest.mark.usefixtures("float64")

PRIOR = whitened_prior(DEFAULT_PRIOR)
# Reference thresholds of the HDA 200 in dB SPL, ISO 389-8:2004.
ZERO_DB_HL = {250.0: 18.0, 500.0: 11.0, 1000.0: 5.5, 2000.0: 4.5}


def temporal_masking_curve(
    frequency_hz: tuple[float, ...] = (500.0, 2000.0),
    *,
    interval_count: int = 1,
    gaps_ms: tuple[float, ...] = (10.0, 50.0),
) -> Protocol:
    """The shipped protocol with fewer frequencies and gaps."""
    protocol = load_protocol("temporal_masking_curve")
    design = replace(
        protocol.design,
        frequency_hz=frequency_hz,
        gaps_ms=gaps_ms,
        interval_count=interval_count,
        catch_trials=2 if interval_count == 1 else 0,
        masker_frequency_ratios=(0.5, 1.0),
    )
    return replace(protocol, design=design)


@cache
def session() -> tuple[Conditions, ...]:
    protocols = [temporal_masking_curve(), temporal_masking_curve((1000.0,), interval_count=2)]
    return tuple(simulated(protocols, seed=3))


def some_position(seed: int) -> np.ndarray:
    """Near the listener who answered, and nobody's mode; recovery and tail are not the normal ones."""
    generator = np.random.default_rng(seed)
    at_truth = np.linalg.solve(PRIOR.factor, truth() - PRIOR.mean)
    return np.asarray(PRIOR.mean + PRIOR.factor @ (0.7 * at_truth + 0.3 * generator.normal(size=NUM_PARAMETERS)))


def smooth_step(x: float) -> float:
    return 0.0 if x < 0.0 else 1.0 if x > 1.0 else 3.0 * x**2 - 2.0 * x**3


def share_of_tail(centre_hz: float, tone_hz: float) -> float:
    """One from two thirds of an octave above the tone on, at places of 1 kHz and higher; none at 500 Hz and lower."""
    return smooth_step(3.0 * np.log2(centre_hz / tone_hz) - 1.0) * smooth_step(np.log2(centre_hz / 500.0))


def log_detectability(listener: ReferenceListener, conditions: Conditions, row: int) -> float:
    """Log d' in plain NumPy and loops; only the filtered probe comes from the library."""
    ear, position = listener.ear, listener.position
    stimulus = conditions.stimuli[conditions.stimulus_index[row]]
    masker_hz = conditions.parameters[TONE_MASKER_FREQUENCY][row]
    masker_hl = conditions.parameters[TONE_MASKER_LEVEL][row] - ZERO_DB_HL[masker_hz]
    gap_s = conditions.parameters[GAP][row] / 1000.0
    (excitation,) = excite((stimulus,), transducer=TRANSDUCER, normal=NORMAL)
    probe = ear.excitation(10.0 ** (conditions.level_db_hl[row] / 10.0) * excitation.power, excitation.duration_s)
    near = ear.excitation(10.0 ** (masker_hl / 10.0) * gammatone_power(masker_hz)[None], None)[0]
    threshold = np.exp(NORMAL.threshold_correction) * 10.0 ** (-0.3 * NORMAL.anchor_db_hl / 20.0)
    recovery_s = NORMAL.recovery_time_s * np.exp(position[53])
    built_up = 1.0 - np.exp(-0.108 / recovery_s)
    end_s = np.cumsum(excitation.duration_s)
    squared = np.zeros(len(end_s))
    for c, centre_hz in enumerate(channel_frequencies_hz()):
        tail_db = masker_hl - ear.attenuation_db[c] - NORMAL.tail_level_db_hl - position[54]
        share = share_of_tail(centre_hz, masker_hz)
        masker = (1.0 - share) * near[c] + share * 10.0 ** (tail_db / 20.0) / threshold
        of_probe = (1.0 - share_of_tail(centre_hz, stimulus.frequency_hz)) * probe[:, c]
        power = ear.sharpness[c]
        for t, (end, duration) in enumerate(zip(end_s, excitation.duration_s, strict=True)):
            left = masker * built_up * np.exp(-(gap_s + end - duration / 2.0) / recovery_s)
            remainder = (left + 1e-6) ** power
            distance = np.log1p(remainder + (of_probe[t] + 1e-6) ** power) - np.log1p(remainder)
            audibility = remainder / (1.0 + remainder)
            weight = 1.0 + audibility * (np.exp(2.0 * position[48]) - 1.0)
            squared[t] += NORMAL.spacing_cam * weight * distance**2
    tau = NORMAL.detection_window_s
    start_s = end_s - excitation.duration_s
    evidence = [
        sum(
            squared[k] * tau * (np.exp((end_s[k] - now) / tau) - np.exp((start_s[k] - now) / tau))
            for k in range(len(end_s))
            if end_s[k] <= now + 1e-12
        )
        for now in end_s
    ]
    return float(0.5 * np.log(max(evidence) + 1e-10) - np.log(NORMAL.sensitivity) + position[33])


def test_probabilities_are_those_of_the_second_implementation() -> None:
    # Truth: NumPy and loops over channels and frames, one condition at a time.
    position = some_position(1)
    listener = ReferenceListener(position)
    data = fit_data(session())
    (responses,) = predict(position, data, normal=NORMAL)
    first = 0
    for conditions in session():
        for row in range(0, len(conditions.counts), 11):
            d = 0.0 if conditions.is_catch[row] else np.exp(log_detectability(listener, conditions, row))
            # The rule from d' to an answer is that of detection in quiet, tested there.
            expected = probability_positive(listener, d, int(conditions.interval_count[row]))
            assert responses.probability[first + row, 1] == pytest.approx(expected, rel=1e-6), row
        first += len(conditions.counts)


def probability_positive(listener: ReferenceListener, d: float, interval_count: int) -> float:
    criterion, lapse = listener.position[34], 1.0 / (1.0 + np.exp(-listener.position[35]))
    if interval_count == 1:
        return float(0.5 * lapse + (1.0 - lapse) * norm.cdf(d - criterion))
    best, _ = quad(lambda x: norm.pdf(x - d) * norm.cdf(x) ** (interval_count - 1), d - 12.0, d + 12.0, epsabs=1e-12)
    return float(lapse / interval_count + (1.0 - lapse) * best)


def test_gradient_is_that_of_finite_differences_of_the_log_posterior() -> None:
    # Truth: central differences in every coordinate.
    data = fit_data(session())
    point = np.linalg.solve(PRIOR.factor, some_position(2) - PRIOR.mean)
    gradient = evaluate(point, PRIOR, data, normal=NORMAL).gradient
    for i in range(NUM_PARAMETERS):
        step = 1e-4 * np.eye(NUM_PARAMETERS)[i]
        high, low = (evaluate(at, PRIOR, data, normal=NORMAL).log_posterior for at in (point + step, point - step))
        assert gradient[i] == pytest.approx((high - low) / 2e-4, rel=1e-4, abs=1e-4)


def test_jacobian_of_every_condition_is_that_of_finite_differences() -> None:
    # Truth: central differences of all probabilities along random directions, recovery and tail among them.
    data, position = fit_data(session()), some_position(4)
    (responses,) = predict(position, data, normal=NORMAL)
    generator = np.random.default_rng(5)
    directions = [*generator.normal(size=(3, NUM_PARAMETERS)), *np.eye(NUM_PARAMETERS)[[33, 48, 53, 54]]]
    for direction in directions:
        step = 1e-5 * direction
        high, low = (predict(position + s * step, data, normal=NORMAL)[0].probability for s in (1.0, -1.0))
        np.testing.assert_allclose(responses.jacobian @ direction, (high - low) / 2e-5, rtol=1e-4, atol=1e-6)


def test_a_louder_masker_and_a_shorter_gap_mask_more() -> None:
    conditions = session()[0]
    masked: list[Responses] = []
    for name, change in ((TONE_MASKER_LEVEL, 3.0), (GAP, -5.0)):
        changed = {**conditions.parameters, name: conditions.parameters[name] + change}
        masked += predict(truth(), fit_data([replace(conditions, parameters=changed)]), normal=NORMAL)
    (before,) = predict(truth(), fit_data([conditions]), normal=NORMAL)
    played = ~conditions.is_catch
    for after in masked:
        assert np.all(after.probability[played, 1] < before.probability[played, 1])
        np.testing.assert_allclose(after.probability[~played], before.probability[~played])


def test_without_a_masker_it_is_a_short_tone_in_quiet() -> None:
    # A limit: the softest masker and the longest gap leave what tone detection says, but for the tails.
    (conditions,) = simulated([temporal_masking_curve((2000.0,))], seed=3)
    nothing = {TONE_MASKER_LEVEL: -20.0, GAP: 500.0}
    silent = {name: np.full(len(conditions.counts), value) for name, value in nothing.items()}
    parameters = {**conditions.parameters, **silent}
    alone = predict(truth(), fit_data([replace(conditions, parameters=parameters)]), normal=NORMAL)[0].probability
    tones = load_protocol("pure_tone_detection")
    stimulus = replace(tones.stimulus, duration_s=0.016, ramp_s=0.004)
    quiet = replace(
        conditions,
        protocol=replace(tones, stimulus=stimulus),
        stimuli=tuple(replace(own, design=stimulus, parameters=()) for own in conditions.stimuli),
        parameters={},
    )
    in_quiet = predict(truth(), fit_data([quiet]), normal=NORMAL)[0].probability
    np.testing.assert_allclose(alone, in_quiet, atol=0.01)


def test_tails_begin_above_the_tone_and_only_at_basal_places() -> None:
    cochlea = cochlea_of(NORMAL)
    for tone_hz in (275.0, 550.0, 1100.0, 4000.0):
        expected = [share_of_tail(f, tone_hz) for f in channel_frequencies_hz()]
        np.testing.assert_allclose(tail_share(tone_hz, cochlea), expected, atol=1e-12)


def test_sessions_of_any_size_share_one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    # A compiled program does not call the functions that it was traced from.
    predict(truth(), fit_data(session()), normal=NORMAL)

    def traced(*_: object) -> None:
        raise AssertionError("the likelihood was traced again")

    monkeypatch.setattr(task_forward_masking, "forward_masked_log_detectability", traced)
    predict(truth(), fit_data(session()[1:]), normal=NORMAL)


@pytest.mark.parametrize("scale", [3.0, 6.0])
def test_far_from_any_listener_everything_is_still_finite(scale: float, rng: np.random.Generator) -> None:
    for _ in range(5):
        evaluation = evaluate(scale * rng.normal(size=NUM_PARAMETERS), PRIOR, fit_data(session()), normal=NORMAL)
        assert np.isfinite(evaluation.log_posterior)
        assert np.isfinite(evaluation.gradient).all()
        assert np.isfinite(evaluation.fisher).all()


def test_maskers_too_loud_are_left_out_and_an_ear_that_none_masks_is_refused() -> None:
    protocol = load_protocol("temporal_masking_curve")
    generator = np.random.default_rng(1)

    def block(loss_db: float) -> TrialBlock:
        position = position_from_thresholds(np.full(NUM_KNOTS, loss_db), outer_hair_cell_share=0.65, normal=NORMAL)
        return simulate_block(protocol, position, transducer=TRANSDUCER, normal=NORMAL, generator=generator)

    mild, moderate = block(20.0), block(60.0)
    for own in (mild, moderate):
        assert own.parameters[TONE_MASKER_LEVEL].max() <= protocol.design.highest_level_db_spl
    assert len(moderate.trial) < len(mild.trial)
    with pytest.raises(InputError, match="temporal_masking_curve: with maskers and probes of up to 105 dB SPL nothing"):
        block(100.0)
