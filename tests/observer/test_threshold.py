"""Tone thresholds against a second implementation and closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

from hearfit.frontend.cochlea import EarParameters, cochlea_of
from hearfit.frontend.filterbank import tone_power
from hearfit.listener.normal import NORMAL
from hearfit.observer.threshold import HIGHEST_DB_HL, LOWEST_DB_HL, steady_log_detectability, threshold_db_hl
from tests.inference.reference_model import ReferenceEar, gammatone_power

pytestmark = pytest.mark.usefixtures("float64")

COCHLEA = cochlea_of(NORMAL)
NUM_CHANNELS = len(COCHLEA.frequency_hz)


@jax.jit
def threshold(
    tone: jax.Array, background: jax.Array, ear: EarParameters, log_sensitivity: jax.Array, log_masked: jax.Array
) -> jax.Array:
    return threshold_db_hl(tone, background, ear, log_sensitivity, log_masked, COCHLEA)


def found(
    frequency_hz: float,
    ear: tuple[np.ndarray, ...],
    *,
    background: np.ndarray | None = None,
    log_sensitivity: float = 0.0,
    log_masked_sensitivity: float = 0.0,
) -> float:
    tone = jnp.asarray(tone_power(COCHLEA.bank, np.array([frequency_hz]))[0])
    noise = jnp.zeros(NUM_CHANNELS) if background is None else jnp.asarray(background)
    parameters = EarParameters(*(jnp.asarray(curve) for curve in ear))
    return float(threshold(tone, noise, parameters, jnp.asarray(log_sensitivity), jnp.asarray(log_masked_sensitivity)))


def flat(exponent: float, attenuation_db: float, inhibition: float) -> tuple[np.ndarray, ...]:
    return tuple(value * np.ones(NUM_CHANNELS) for value in (exponent, attenuation_db, inhibition))


@pytest.mark.parametrize("is_masked", [False, True])
@pytest.mark.parametrize("frequency_hz", [250.0, 4000.0])
def test_threshold_is_where_the_second_implementation_reaches_the_criterion(
    is_masked: bool, frequency_hz: float, rng: np.random.Generator
) -> None:
    # Truth: Brent's method on d' of the NumPy implementation, whose window is full for a long tone.
    ear = tuple(rng.uniform(low, high, NUM_CHANNELS) for low, high in ((0.25, 0.9), (0.0, 40.0), (0.1, 0.8)))
    background = 10.0 ** rng.uniform(3.0, 7.0, NUM_CHANNELS) if is_masked else np.zeros(NUM_CHANNELS)
    reference = ReferenceEar(*ear)

    def log_d(level_db: float) -> float:
        power = 10.0 ** (level_db / 10.0) * gammatone_power(frequency_hz)
        alone, together = reference.representation(np.stack([background, background + power]), None)
        # As far as the masker is audible, a squared difference counts as the squared masked sensitivity.
        weight = np.exp(-alone) + (1.0 - np.exp(-alone)) * np.exp(0.4) ** 2
        energy = NORMAL.spacing_cam * NORMAL.detection_window_s * np.sum(weight * (together - alone) ** 2)
        return float(0.5 * np.log(energy + 1e-10) - np.log(NORMAL.sensitivity * NORMAL.threshold_detectability))

    expected = brentq(log_d, -40.0, 180.0, xtol=1e-6)
    again = found(frequency_hz, ear, background=background, log_masked_sensitivity=0.4)
    assert again == pytest.approx(expected, abs=1e-3)


def test_masked_sensitivity_matters_as_far_as_the_masker_is_heard() -> None:
    # Truth: none where the masker lies 40 dB below threshold; as much as the sensitivity itself where it lies 60 above.
    ear = flat(0.3, 0.0, 0.5)

    def change(background: np.ndarray, **listener: float) -> float:
        return found(1000.0, ear, background=background) - found(1000.0, ear, background=background, **listener)

    inaudible, loud = 1e-4 * np.ones(NUM_CHANNELS), 1e6 * np.ones(NUM_CHANNELS)
    assert change(inaudible, log_masked_sensitivity=0.5) == pytest.approx(0.0, abs=0.02)
    assert change(loud, log_masked_sensitivity=0.5) == pytest.approx(change(loud, log_sensitivity=0.5), abs=0.02)
    assert change(loud, log_masked_sensitivity=0.5) > 2.0


def test_every_db_of_attenuation_is_a_db_of_threshold() -> None:
    # Truth: attenuation only subtracts from the level (design section 4, stage 2).
    base = found(1000.0, flat(0.5, 0.0, 0.5))
    for attenuation_db in (10.0, 35.0):
        assert found(1000.0, flat(0.5, attenuation_db, 0.5)) == pytest.approx(base + attenuation_db, abs=1e-3)


@pytest.mark.parametrize(("exponent", "attenuation_db"), [(0.3, 0.0), (0.3, 40.0), (0.5, 20.0), (0.8, 5.0), (1.5, 5.0)])
@pytest.mark.parametrize("frequency_hz", [250.0, 1000.0, 8000.0])
def test_threshold_of_a_flat_loss_is_nearly_the_closed_form(
    exponent: float, attenuation_db: float, frequency_hz: float
) -> None:
    # Truth: a + L_A (1 - alpha_0/alpha). Not exact: the skirts of the excitation shrink as the exponent grows, so
    # fewer channels add to d' while inhibition, whose effect on a tone is divided out for the normal exponent only,
    # takes less away. The two together are worth up to 1.3 dB at the normal inhibition.
    expected = attenuation_db + NORMAL.anchor_db_hl * (1.0 - 0.3 / exponent)
    assert found(frequency_hz, flat(exponent, attenuation_db, 0.5)) == pytest.approx(expected, abs=1.5)


def test_a_more_sensitive_listener_has_a_lower_threshold() -> None:
    # Truth: below threshold d' grows as x^5 with x = 10^(0.3 L/20), so exp(0.5) times the sensitivity is worth 2.9 dB
    # there, and more at threshold, where d' already grows more slowly.
    base, better = (found(1000.0, flat(0.3, 0.0, 0.5), log_sensitivity=s) for s in (0.0, 0.5))
    assert 0.5 / (5.0 * 0.3 * np.log(10.0) / 20.0) < base - better < 5.0


def test_noise_raises_the_threshold_by_as_much_as_it_is_raised() -> None:
    # Truth: Weber's law: far above quiet, log1p(x^s) -> s log x, so 10 dB more noise mask 10 dB more.
    noise = np.ones(NUM_CHANNELS)
    low, high = (found(1000.0, flat(0.3, 0.0, 0.5), background=gain * noise) for gain in (1e6, 1e7))
    assert high - low == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize(("attenuation_db", "end"), [(250.0, HIGHEST_DB_HL), (0.0, LOWEST_DB_HL)])
def test_thresholds_beyond_the_range_stop_at_its_ends(attenuation_db: float, end: float) -> None:
    log_sensitivity = 0.0 if attenuation_db else 30.0
    ends = found(1000.0, flat(0.3, attenuation_db, 0.5), log_sensitivity=log_sensitivity)
    assert ends == pytest.approx(end, abs=1e-3)


def test_detectability_of_nothing_is_nil() -> None:
    ear = EarParameters(*(jnp.asarray(curve) for curve in flat(0.3, 0.0, 0.5)))
    silence = jnp.zeros(NUM_CHANNELS)
    assert float(jnp.exp(steady_log_detectability(silence, silence, ear, jnp.zeros(()), jnp.zeros(()), COCHLEA))) < 1e-4
