"""Evidence of a moving ripple, against the cortical stage itself and a closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.experiment.rippled_noise import Ripple, ripple_gains, ripple_phase_rad, ripple_power
from hearfit.frontend.cochlea import (
    cochlea_of,
    internal_representation,
    normal_parameters,
    relative_excitation,
)
from hearfit.frontend.cortex import cortical_magnitude, silent_past
from hearfit.frontend.cortex_parameters import ModulationFilters
from hearfit.frontend.erb_scale import erb_number
from hearfit.frontend.integration import leaky_weights, periodic_leaky_weights
from hearfit.listener.normal import NORMAL
from hearfit.observer.ripples import cortex_of, listening_s, log_ripple_detectability, looks, scale_response

pytestmark = pytest.mark.usefixtures("float64")

COCHLEA = cochlea_of(NORMAL)
TRANSDUCER = "HDA200"
MAGNITUDE = jax.jit(cortical_magnitude, static_argnames="design")


@jax.jit
def _log_detectability(
    power: jax.Array, leak: jax.Array, phase: jax.Array, response: jax.Array, num_looks: jax.Array
) -> jax.Array:
    ear = normal_parameters(COCHLEA)
    return log_ripple_detectability(
        internal_representation(relative_excitation(power, leak, ear, COCHLEA), ear, COCHLEA),
        phase,
        response,
        num_looks,
        sensitivity=NORMAL.sensitivity,
    )


def detectability(ripple: Ripple, depth_db: float, *, num_frames: int = 16, duration_s: float = 0.5) -> float:
    """D' of a listener of ordinary sensitivity."""
    gains = ripple_gains(np.array([60.0]), np.array([depth_db]))[0]
    power = np.tensordot(gains, ripple_power(ripple, num_frames, transducer=TRANSDUCER, normal=NORMAL), axes=1)
    leak = periodic_leaky_weights(
        num_frames, period_s=1.0 / abs(ripple.rate_hz), time_constant_s=NORMAL.time_constant_s
    )
    phase, response = ripple_phase_rad(ripple, num_frames), scale_response(ripple.density_per_octave, normal=NORMAL)
    num_looks = np.array(looks(ripple.rate_hz, ripple.density_per_octave, duration_s, normal=NORMAL))
    return float(jnp.exp(_log_detectability(*jax.device_put((power, leak, phase, response, num_looks)))))


def detectability_of_the_cortex(ripple: Ripple, depth_db: float, *, duration_s: float) -> float:
    """D' from whole sounds: the leaky integrator and the cortical stage run frame by frame, 200 a second.

    The integrator has reached its periodic state; the cortex begins with the sound. What it makes of the steady noise
    is taken away before.
    """
    design, frame_s, ear = cortex_of(COCHLEA), 1.0 / 200.0, normal_parameters(COCHLEA)
    frames_per_period, num_frames = round(200.0 / abs(ripple.rate_hz)), round(200.0 * duration_s)
    terms = ripple_power(ripple, frames_per_period, transducer=TRANSDUCER, normal=NORMAL)
    before = 2 * frames_per_period
    periods = -(-(num_frames + before) // frames_per_period)
    leak = leaky_weights(np.full(periods * frames_per_period, frame_s), time_constant_s=NORMAL.time_constant_s)
    octave = np.arange(design.num_channels) / design.channels_per_octave
    pictures = []
    for depth in (depth_db, np.nan):
        power = np.tensordot(ripple_gains(np.array([60.0]), np.array([depth]))[0], terms, axes=1)
        excitation = relative_excitation(jnp.asarray(np.tile(power, (periods, 1))), jnp.asarray(leak), ear, COCHLEA)
        representation = np.asarray(internal_representation(excitation, ear, COCHLEA))
        # Far finer than the channels, by a polynomial of high order through seven of them.
        pictures.append(_smooth_interpolation(representation, octave)[before : before + num_frames])
    filters = ModulationFilters(
        jnp.array([ripple.density_per_octave]), jnp.array([abs(ripple.rate_hz)]), jnp.array([np.sign(ripple.rate_hz)])
    )
    difference = jnp.asarray(pictures[0] - pictures[1])[None]
    past = silent_past(1, batch=1, design=design)
    energy = np.asarray(MAGNITUDE(difference, filters, design, past)[0])[0, 0] ** 2
    per_octave = np.gradient(erb_number(COCHLEA.frequency_hz[0] * 2.0**octave), octave)
    at_each = np.sum((energy * per_octave / NORMAL.sensitivity**2) ** 2, axis=1) / design.channels_per_octave
    window = NORMAL.detection_window_s
    memory = np.exp(-frame_s * np.arange(num_frames)[::-1] / window) * frame_s
    return float(np.sqrt(memory @ at_each / (abs(ripple.rate_hz) * ripple.density_per_octave)))


def _smooth_interpolation(representation: np.ndarray, octave: np.ndarray) -> np.ndarray:
    """Lagrange polynomials over the channel number, which is smooth in octaves."""
    number = np.interp(octave, np.log2(COCHLEA.frequency_hz / COCHLEA.frequency_hz[0]), np.arange(70.0))
    # Newton's steps: the exact place between two channels.
    exact = (erb_number(COCHLEA.frequency_hz[0] * 2.0**octave) - NORMAL.lowest_cam) / NORMAL.spacing_cam
    assert np.abs(exact - number).max() < 0.2
    first = np.clip(np.floor(exact).astype(int) - 2, 0, 70 - 6)
    total = np.zeros((len(representation), len(octave)))
    for own in range(6):
        weight = np.ones(len(octave))
        for other in range(6):
            if other != own:
                weight = weight * (exact - first - other) / (own - other)
        total += representation[:, first + own] * weight
    return total


@pytest.mark.parametrize(
    ("rate_hz", "density", "depth_db"), [(4.0, 2.0, -20.0), (-4.0, 1.0, -20.0), (10.0, 2.0, -6.0), (20.0, 0.5, -12.0)]
)
def test_the_evidence_is_that_of_the_cortical_stage(rate_hz: float, density: float, depth_db: float) -> None:
    # Truth: the cortical stage run on the whole sound. The closed form leaves out harmonics and the rise of what is
    # not periodic; 8 % of d' are 0.3 dB of depth.
    ripple = Ripple(1500.0, 4.0, rate_hz, density)
    truth = detectability_of_the_cortex(ripple, depth_db, duration_s=0.5)
    assert detectability(ripple, depth_db) == pytest.approx(truth, rel=0.08)


def test_a_ripple_that_moves_the_other_way_is_not_heard_by_the_filter() -> None:
    ripple, ear = Ripple(1500.0, 4.0, 4.0, 1.0), normal_parameters(COCHLEA)
    power = np.tensordot(
        ripple_gains(np.array([60.0]), np.array([-10.0]))[0],
        ripple_power(ripple, 16, transducer=TRANSDUCER, normal=NORMAL),
        axes=1,
    )
    representation = internal_representation(relative_excitation(jnp.asarray(power), None, ear, COCHLEA), ear, COCHLEA)
    response = jnp.asarray(scale_response(1.0, normal=NORMAL))
    own, other = (
        float(log_ripple_detectability(representation, phase, response, jnp.asarray(0.01), sensitivity=0.25))
        for sign in (1.0, -1.0)
        for phase in [jnp.asarray(ripple_phase_rad(Ripple(1500.0, 4.0, sign * 4.0, 1.0), 16))]
    )
    # Energies differ by 17 dB; what is left comes from the edges of the band.
    assert own - other > np.log(50.0)


def test_detectability_grows_with_the_square_of_small_depths() -> None:
    ripple = Ripple(1500.0, 4.0, 4.0, 1.0)
    small, twice = detectability(ripple, -36.0), detectability(ripple, -36.0 + 20.0 * np.log10(2.0))
    assert twice / small == pytest.approx(4.0, rel=0.01)


@pytest.mark.parametrize("density", [0.5, 2.0, 8.0])
def test_few_frames_of_a_period_are_enough(density: float) -> None:
    # Truth: a period in 128 frames; 10 % of d' are 0.4 dB of depth.
    ripple = Ripple(1500.0, 4.0, 4.0, density)
    truth = detectability(ripple, -6.0, num_frames=128)
    assert detectability(ripple, -6.0) == pytest.approx(truth, rel=0.1)


def test_what_is_heard_of_a_long_ripple_is_the_memory() -> None:
    # Truth: the exponential window, in the limit of a ripple that has lasted long and a filter that follows at once.
    assert listening_s(32.0, 3.0, normal=NORMAL) == pytest.approx(NORMAL.detection_window_s, rel=1e-3)
    assert listening_s(4.0, 0.5, normal=NORMAL) < listening_s(4.0, 1.0, normal=NORMAL) < NORMAL.detection_window_s


def test_no_ripple_has_no_evidence_and_a_finite_gradient() -> None:
    response = jnp.asarray(scale_response(2.0, normal=NORMAL))
    phase = jnp.asarray(ripple_phase_rad(Ripple(1500.0, 4.0, 4.0, 2.0), 16))

    def evidence(level: jax.Array) -> jax.Array:
        steady = jnp.broadcast_to(level, (16, 70))
        return log_ripple_detectability(steady, phase, response, jnp.asarray(0.01), sensitivity=NORMAL.sensitivity)

    value, gradient = jax.value_and_grad(evidence)(jnp.asarray(3.0))
    assert float(value) < np.log(1e-6)
    assert np.isfinite(float(gradient))
