"""The likelihood against a second implementation, enumeration of all answers, and finite differences."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.experiment.conditions import Conditions
from hearfit.experiment.excitation import excite
from hearfit.experiment.protocol import Task
from hearfit.frontend.cochlea import cochlea_of
from hearfit.frontend.integration import leaky_weights, with_steady_past
from hearfit.inference import task_detection, task_loudness
from hearfit.inference.ear_coordinates import channel_coordinates
from hearfit.inference.likelihood import Evaluation, evaluate, predict
from hearfit.inference.map import whitened_prior
from hearfit.inference.task_detection import detection_evidence
from hearfit.inference.task_model import BLOCK_SIZE
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_PARAMETERS
from hearfit.observer.detection import probability_correct, probability_yes, window_weights
from tests.inference.reference_model import ReferenceListener, normal_growth
from tests.inference.sessions import TRANSDUCER, detection, fit_data, loudness, notched_noise, simulated, truth

pytestmark = pytest.mark.usefixtures("float64")

PRIOR = whitened_prior(DEFAULT_PRIOR)


@cache
def session() -> tuple[Conditions, ...]:
    """Yes/no with catch trials, three intervals, loudness, and both kinds of detection in notched noise."""
    protocols = [
        detection((500.0, 4000.0), repetitions=8),
        detection((2000.0,), interval_count=3, catch_trials=0),
        loudness((500.0, 4000.0)),
        notched_noise((1000.0, 4000.0)),
        notched_noise((1000.0,), interval_count=2),
    ]
    return tuple(simulated(protocols, seed=11))


def evaluated(conditions: list[Conditions] | tuple[Conditions, ...], whitened: np.ndarray) -> Evaluation:
    return evaluate(whitened, PRIOR, fit_data(conditions), normal=NORMAL)


def some_point(seed: int) -> np.ndarray:
    """Near the listener who answered, and off the mode."""
    generator = np.random.default_rng(seed)
    at_truth = np.linalg.solve(PRIOR.factor, truth() - PRIOR.mean)
    return 0.7 * at_truth + 0.3 * generator.normal(size=NUM_PARAMETERS)


def part_of(conditions: Conditions, rows: np.ndarray) -> Conditions:
    return replace(
        conditions,
        stimulus_index=conditions.stimulus_index[rows],
        level_db_hl=conditions.level_db_hl[rows],
        interval_count=conditions.interval_count[rows],
        is_catch=conditions.is_catch[rows],
        counts=conditions.counts[rows],
        parameters={name: values[rows] for name, values in conditions.parameters.items()},
    )


def assert_same(first: Evaluation, second: Evaluation) -> None:
    assert first.log_likelihood == pytest.approx(second.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(first.gradient, second.gradient, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(first.fisher, second.fisher, rtol=1e-9, atol=1e-9)


def test_log_likelihood_is_the_sum_over_single_trials_of_the_second_implementation() -> None:
    # Truth: NumPy, SciPy and loops, one trial at a time; nothing of the model is shared but the filtered stimulus.
    whitened = some_point(1)
    listener = ReferenceListener(PRIOR.mean + PRIOR.factor @ whitened)
    chosen, total = [], 0.0
    for conditions in session():
        is_detection = conditions.protocol.task is Task.DETECTION
        # Loudness at one frequency only: the growth of the normal ear takes seconds.
        rows = np.arange(0, len(conditions.counts), 4) if is_detection else np.array([2, 4, 6, 8])
        chosen.append(part_of(conditions, rows))
        excitations = excite(conditions.stimuli, transducer=TRANSDUCER, normal=NORMAL)
        growth = None if is_detection else normal_growth(excitations[0], conditions.stimuli[0].frequency_hz)
        for row in rows:
            excitation = excitations[conditions.stimulus_index[row]]
            level = None if conditions.is_catch[row] else float(conditions.level_db_hl[row])
            if is_detection:
                maskers = conditions.masker_level_db_spl_per_hz
                masker = None if maskers is None else float(maskers[row])
                heard = listener.probability_heard(excitation, level, int(conditions.interval_count[row]), masker)
                probability = np.array([1.0 - heard, heard])
            else:
                assert level is not None
                assert growth is not None
                assert conditions.stimulus_index[row] == 0
                probability = listener.probability_of_categories(excitation, level, growth)
            for response, count in enumerate(conditions.counts[row]):
                for _ in range(count):
                    total += float(np.log(probability[response]))
    assert evaluated(chosen, whitened).log_likelihood == pytest.approx(total, rel=1e-7)


def test_gradient_is_that_of_finite_differences_of_the_log_posterior() -> None:
    # Truth: central differences in every coordinate.
    data, point = fit_data(session()), some_point(2)
    gradient = evaluate(point, PRIOR, data, normal=NORMAL).gradient
    for i in range(NUM_PARAMETERS):
        step = 1e-4 * np.eye(NUM_PARAMETERS)[i]
        high, low = (evaluate(at, PRIOR, data, normal=NORMAL).log_posterior for at in (point + step, point - step))
        assert gradient[i] == pytest.approx((high - low) / 2e-4, rel=1e-4, abs=1e-4)


def test_log_posterior_adds_a_standard_normal_prior() -> None:
    point = some_point(3)
    evaluation = evaluated(session(), point)
    assert evaluation.log_posterior == pytest.approx(evaluation.log_likelihood - 0.5 * np.sum(point**2))


def test_information_is_the_expectation_over_all_answers() -> None:
    # Truth: enumeration, sum_r p_r (d log p_r)(d log p_r)' of each single trial, with scores from finite differences
    # of log probabilities.
    data, point = fit_data(session()), some_point(4)

    def log_probabilities(at: np.ndarray) -> list[np.ndarray]:
        return [np.log(r.probability) for r in predict(PRIOR.mean + PRIOR.factor @ at, data, normal=NORMAL)]

    scores = [np.empty((*p.shape, NUM_PARAMETERS)) for p in log_probabilities(point)]
    for i in range(NUM_PARAMETERS):
        step = 1e-4 * np.eye(NUM_PARAMETERS)[i]
        for score, high, low in zip(
            scores, log_probabilities(point + step), log_probabilities(point - step), strict=True
        ):
            score[..., i] = (high - low) / 2e-4
    expected = np.zeros((NUM_PARAMETERS, NUM_PARAMETERS))
    for responses, score in zip(predict(PRIOR.mean + PRIOR.factor @ point, data, normal=NORMAL), scores, strict=True):
        for row, num_trials in enumerate(responses.counts.sum(axis=1)):
            for r, p in enumerate(responses.probability[row]):
                expected += num_trials * p * np.outer(score[row, r], score[row, r])
    fisher = evaluate(point, PRIOR, data, normal=NORMAL).fisher
    np.testing.assert_allclose(fisher, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_information_is_the_covariance_of_the_score_over_simulated_answers() -> None:
    # Truth: simulation; the mean of the outer product of 400 scores has a relative error of about sqrt(2/400) = 7 %.
    point = some_point(5)
    protocols = [detection((500.0,), repetitions=6), loudness((500.0,))]
    position = PRIOR.mean + PRIOR.factor @ point
    conditions = simulated(protocols, seed=0, position=position)
    responses = predict(position, fit_data(conditions), normal=NORMAL)
    generator = np.random.default_rng(6)
    direction = generator.normal(size=(5, NUM_PARAMETERS))
    squares = []
    for _ in range(400):
        score = np.zeros(NUM_PARAMETERS)
        for own in responses:
            counts = generator.multinomial(own.counts.sum(axis=1).astype(int), own.probability)
            score += PRIOR.factor.T @ np.einsum("cr,crp->p", counts / own.probability, own.jacobian)
        squares.append((direction @ score) ** 2)
    fisher = evaluated(conditions, point).fisher
    expected = np.einsum("dp,pq,dq->d", direction, fisher, direction)
    np.testing.assert_allclose(np.mean(squares, axis=0), expected, rtol=4 * np.sqrt(2.0 / 400.0))


@pytest.mark.parametrize("group", [0, 1, 3, 4])
def test_jacobian_is_that_of_the_unbatched_function(group: int) -> None:
    # Truth: forward differentiation of one condition straight from the coordinates, without the chain of two parts.
    position = PRIOR.mean + PRIOR.factor @ some_point(7)
    (responses,) = predict(position, fit_data([session()[group]]), normal=NORMAL)
    conditions, row, cochlea = session()[group], 3, cochlea_of(NORMAL)
    interval_count = int(conditions.interval_count[row])
    (excitation,) = excite((conditions.stimuli[conditions.stimulus_index[row]],), transducer=TRANSDUCER, normal=NORMAL)
    duration_s = np.concatenate([[0.0], excitation.duration_s])
    leak = jnp.asarray(with_steady_past(leaky_weights(duration_s, time_constant_s=NORMAL.time_constant_s)))
    window = jnp.asarray(window_weights(duration_s, window_s=NORMAL.detection_window_s))
    power = jnp.asarray(np.pad(excitation.power, ((1, 0), (0, 0))))
    gain = jnp.asarray(10.0 ** (conditions.level_db_hl[row] / 10.0))
    levels = conditions.masker_level_db_spl_per_hz
    masker_gain = jnp.asarray(0.0 if levels is None else 10.0 ** (levels[row] / 10.0))
    masker = jnp.zeros(len(cochlea.frequency_hz)) if excitation.masker is None else jnp.asarray(excitation.masker)

    @jax.jit
    def positive(at: jax.Array) -> jax.Array:
        log_d = detection_evidence(
            channel_coordinates(at, cochlea), at[37], power, masker, leak, window, gain, masker_gain, cochlea
        )
        d, lapse = jnp.exp(log_d + at[33]), jax.nn.sigmoid(at[35])
        if interval_count == 1:
            return probability_yes(d, criterion=at[34], lapse=lapse)
        return probability_correct(d, interval_count=jnp.asarray(float(interval_count)), lapse=lapse)

    assert not conditions.is_catch[row]
    assert responses.probability[row, 1] == pytest.approx(float(positive(jnp.asarray(position))), rel=1e-9)
    slope = np.asarray(jax.jit(jax.jacfwd(positive))(jnp.asarray(position)))
    np.testing.assert_allclose(responses.jacobian[row, 1], slope, rtol=1e-8, atol=1e-11)


def test_probabilities_sum_to_one_and_their_derivatives_to_zero() -> None:
    for responses in predict(PRIOR.mean + PRIOR.factor @ some_point(8), fit_data(session()), normal=NORMAL):
        np.testing.assert_allclose(responses.probability.sum(axis=1), 1.0, rtol=1e-9)
        np.testing.assert_allclose(responses.jacobian.sum(axis=1), 0.0, atol=1e-7)


def test_conditions_without_answers_change_nothing() -> None:
    point = some_point(9)
    more = [replace(own, counts=0 * own.counts) for own in session()]
    assert_same(evaluated([*session(), *more], point), evaluated(session(), point))


def test_the_order_of_the_conditions_does_not_matter(rng: np.random.Generator) -> None:
    point = some_point(10)
    shuffled = [part_of(own, rng.permutation(len(own.counts))) for own in reversed(session())]
    assert_same(evaluated(shuffled, point), evaluated(session(), point))


def test_collapsed_conditions_are_worth_as_much_as_single_trials() -> None:
    # Truth: each trial a condition of its own; more than one block of the compiled program.
    point, single = some_point(11), []
    for own in session():
        rows, answers = np.nonzero(own.counts)
        times = own.counts[rows, answers]
        trial = part_of(own, np.repeat(rows, times))
        single.append(replace(trial, counts=np.eye(own.counts.shape[1], dtype=np.int64)[np.repeat(answers, times)]))
    assert sum(len(own.counts) for own in single[:2]) > BLOCK_SIZE
    assert_same(evaluated(single, point), evaluated(session(), point))


def test_sessions_of_any_size_share_one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    # A compiled program does not call the functions that it was traced from.
    evaluated(session(), some_point(12))

    def traced(*_: object) -> None:
        raise AssertionError("the likelihood was traced again")

    monkeypatch.setattr(task_detection, "detection_evidence", traced)
    monkeypatch.setattr(task_loudness, "log_total_loudness", traced)
    for own in (
        [session()[0]],
        [session()[2]],
        [session()[3]],
        simulated([detection((250.0, 8000.0)), loudness()], seed=5),
    ):
        evaluated(own, some_point(13))


@pytest.mark.parametrize("scale", [3.0, 6.0])
def test_far_from_any_listener_everything_is_still_finite(scale: float, rng: np.random.Generator) -> None:
    for _ in range(5):
        evaluation = evaluated(session(), scale * rng.normal(size=NUM_PARAMETERS))
        assert np.isfinite(evaluation.log_posterior)
        assert np.isfinite(evaluation.gradient).all()
        assert np.isfinite(evaluation.fisher).all()
