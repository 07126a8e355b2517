"""Detection: signal detection theory in closed form, by numerical integration, and by simulation."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from hearfit.observer.detection import log_detectability, probability_correct, probability_yes, window_weights

pytestmark = pytest.mark.usefixtures("float64")

detectabilities = st.floats(0.0, 8.0)
lapses = st.floats(0.0, 0.5)


def correct(d: float, m: int, lapse: float = 0.0) -> float:
    return float(probability_correct(jnp.asarray(d), interval_count=jnp.asarray(float(m)), lapse=jnp.asarray(lapse)))


def yes(d: float, criterion: float, lapse: float = 0.0) -> float:
    return float(probability_yes(jnp.asarray(d), criterion=jnp.asarray(criterion), lapse=jnp.asarray(lapse)))


@given(detectabilities)
def test_two_intervals_are_the_normal_integral_of_d_over_root_two(d: float) -> None:
    # Truth: Phi(d'/sqrt 2), Green & Swets 1966.
    assert correct(d, 2) == pytest.approx(norm.cdf(d / np.sqrt(2.0)), abs=1e-9)


@pytest.mark.parametrize("m", [3, 4, 8])
@pytest.mark.parametrize("d", [0.0, 0.5, 1.0, 2.5, 6.0])
def test_more_intervals_are_the_integral_of_the_largest_of_m(m: int, d: float) -> None:
    # Truth: scipy's adaptive quadrature of phi(x - d') Phi(x)^(m-1).
    expected, _ = quad(lambda x: norm.pdf(x - d) * norm.cdf(x) ** (m - 1), -12.0, 12.0 + d, epsabs=1e-12)
    assert correct(d, m) == pytest.approx(expected, abs=1e-8)


def test_three_intervals_agree_with_the_published_table() -> None:
    # Truth: Hacker & Ratcliff 1979, Table 1: d' = 1.00 gives 0.63 (M = 3) and 0.55 (M = 4) proportion correct.
    assert correct(1.00, 3) == pytest.approx(0.63, abs=0.005)
    assert correct(1.00, 4) == pytest.approx(0.55, abs=0.005)


def test_three_intervals_agree_with_simulated_choices(rng: np.random.Generator) -> None:
    # Truth: choosing the largest of three normal deviates; 10^6 trials have a standard error of 0.0005.
    evidence = rng.normal(size=(1_000_000, 3)) + np.array([1.2, 0.0, 0.0])
    assert correct(1.2, 3) == pytest.approx(np.mean(np.argmax(evidence, axis=1) == 0), abs=0.0025)


@given(st.integers(1, 8), lapses)
def test_without_a_signal_the_answer_is_a_guess(m: int, lapse: float) -> None:
    assert correct(0.0, m, lapse) == pytest.approx(1.0 / m, abs=1e-9)


@given(st.integers(2, 8), lapses)
def test_lapses_guess_among_the_intervals(m: int, lapse: float) -> None:
    # Truth: psi = lapse/m + 1 - lapse where the signal is unmistakable (the upper asymptote).
    assert correct(40.0, m, lapse) == pytest.approx(lapse / m + 1.0 - lapse, abs=1e-9)


@given(st.floats(-3.0, 5.0), lapses)
def test_in_a_catch_trial_yes_is_a_false_alarm(criterion: float, lapse: float) -> None:
    assert yes(0.0, criterion, lapse) == pytest.approx(0.5 * lapse + (1.0 - lapse) * norm.sf(criterion), abs=1e-12)


@given(detectabilities, st.floats(-3.0, 5.0))
def test_hits_and_false_alarms_differ_by_d_prime(d: float, criterion: float) -> None:
    # Truth: z(hit) - z(false alarm) = d'.
    hit, false_alarm = yes(d, criterion), yes(0.0, criterion)
    if 1e-9 < hit < 1.0 - 1e-9:
        assert norm.ppf(hit) - norm.ppf(false_alarm) == pytest.approx(d, abs=1e-5)


@pytest.mark.parametrize("m", [1, 2, 3])
@given(d=st.floats(0.01, 5.0), lapse=st.floats(0.0, 0.3))
def test_gradients_are_those_of_finite_differences(m: int, d: float, lapse: float) -> None:
    # Truth: central differences.
    point = np.array([d, lapse])
    _, gradient = _answer_and_gradient(jnp.asarray(point), m)
    for i in range(2):
        step = 1e-6 * np.eye(2)[i]
        high, low = (float(_answer_and_gradient(jnp.asarray(at), m)[0]) for at in (point + step, point - step))
        assert float(gradient[i]) == pytest.approx((high - low) / 2e-6, abs=1e-8)


@partial(jax.jit, static_argnums=1)
def _answer_and_gradient(at: jax.Array, m: int) -> tuple[jax.Array, jax.Array]:
    def answer(at: jax.Array) -> jax.Array:
        if m == 1:
            return probability_yes(at[0], criterion=jnp.asarray(1.6), lapse=at[1])
        return probability_correct(at[0], interval_count=jnp.asarray(float(m)), lapse=at[1])

    return jax.value_and_grad(answer)(at)


def test_memory_window_is_the_integral_of_an_exponential() -> None:
    # Truth: quadrature of exp(-(t - u)/tau) over each past frame, read at the end of frame t.
    duration_s = np.array([0.01, 0.2, 0.03, 0.5])
    end_s = np.cumsum(duration_s)
    weights = window_weights(duration_s, window_s=0.2)
    for t in range(4):
        for j in range(4):
            area, _ = quad(lambda u, t=t: np.exp(-(end_s[t] - u) / 0.2), end_s[j] - duration_s[j], end_s[j])
            assert weights[t, j] == pytest.approx(area if j <= t else 0.0, abs=1e-12)


@given(st.lists(st.floats(1e-4, 2.0), min_size=1, max_size=8), st.integers(0, 8))
def test_frames_of_zero_length_contribute_nothing(durations: list[float], where: int) -> None:
    where %= len(durations) + 1
    padded = window_weights(np.insert(durations, where, 0.0), window_s=0.2)
    np.testing.assert_array_equal(padded[:, where], 0.0)
    rest = np.delete(np.delete(padded, where, axis=0), where, axis=1)
    np.testing.assert_allclose(rest, window_weights(np.array(durations), window_s=0.2), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("num_frames", [1, 3])
@pytest.mark.parametrize("duration_s", [0.01, 0.05, 0.2, 1.0, 5.0])
def test_detectability_grows_with_duration_until_the_window_is_full(duration_s: float, num_frames: int) -> None:
    # Truth: the integral of exp(-t/tau) over the tone, so d'^2 = D tau (1 - exp(-T/tau)) / sigma^2.
    difference = np.array([1.0, 2.0, 0.5])
    frames = np.full(num_frames, duration_s / num_frames)
    window = window_weights(frames, window_s=0.2)
    found = log_detectability(
        jnp.asarray(np.tile(difference, (num_frames, 1))),
        jnp.zeros((num_frames, 3)),
        jnp.asarray(window),
        jnp.zeros(()),
        spacing_cam=0.5,
        sensitivity=0.25,
    )
    energy = 0.5 * np.sum(difference**2) * 0.2 * (1.0 - np.exp(-duration_s / 0.2))
    assert float(found) == pytest.approx(0.5 * np.log(energy) - np.log(0.25), abs=1e-8)


def test_the_best_moment_counts_and_not_the_silence_after_it() -> None:
    # Truth: adding silence after a tone changes nothing.
    tone, silence = np.ones((1, 4)), np.zeros((3, 4))
    short, long = (
        log_detectability(
            jnp.asarray(signal),
            jnp.zeros(signal.shape),
            jnp.asarray(window_weights(np.full(len(signal), 0.1), window_s=0.2)),
            jnp.zeros(()),
            spacing_cam=0.5,
            sensitivity=0.25,
        )
        for signal in (tone, np.concatenate([tone, silence]))
    )
    assert float(short) == pytest.approx(float(long), abs=1e-12)


def test_equal_representations_have_a_finite_gradient() -> None:
    def evidence(signal: jax.Array) -> jax.Array:
        return log_detectability(
            signal, jnp.ones((2, 3)), jnp.ones((2, 2)), jnp.zeros(()), spacing_cam=0.5, sensitivity=0.25
        )

    value, gradient = jax.value_and_grad(evidence)(jnp.ones((2, 3)))
    # d' of 1e-5 / 0.25 stands for none.
    assert float(jnp.exp(value)) == pytest.approx(4e-5)
    np.testing.assert_array_equal(np.asarray(gradient), 0.0)
