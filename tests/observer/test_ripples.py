"""Evidence of a moving ripple, against the cortical stage itself and a closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.experiment.rippled_noise import Ripple, ripple_gains, ripple_phase_rad, ripple_power
from hearfit.frontend.cochlea import (
    internal_representation,
    normal_parameters,
    relative_excitation,
)
from hearfit.frontend.integration import periodic_leaky_weights
from hearfit.listener.normal import NORMAL
from hearfit.observer.ripples import listening_s, log_ripple_detectability, looks, scale_response
from tests.observer.ripple_reference import COCHLEA, TRANSDUCER, detectability_of_the_cortex

pytestmark = pytest.mark.usefixtures("float64")


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


@pytest.mark.parametrize(
    ("rate_hz", "density", "depth_db"), [(4.0, 2.0, -20.0), (-4.0, 1.0, -20.0), (10.0, 2.0, 0.0), (20.0, 0.5, -12.0)]
)
def test_the_evidence_is_that_of_the_cortical_stage(rate_hz: float, density: float, depth_db: float) -> None:
    # Truth: the cortical stage run on the whole sound. The closed form leaves out harmonics and the rise of what is
    # not periodic; 6 % of d' are 0.3 dB of depth.
    ripple = Ripple(1500.0, 4.0, rate_hz, density)
    truth = detectability_of_the_cortex(ripple, depth_db, normal_parameters(COCHLEA), level_db_hl=60.0, duration_s=0.5)
    assert detectability(ripple, depth_db) == pytest.approx(truth, rel=0.06)


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
