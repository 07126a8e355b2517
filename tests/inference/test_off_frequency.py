from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float

from hearfit.inference.derived import tone_thresholds
from hearfit.inference.off_frequency import Takeover, from_straight, takeover, to_straight
from hearfit.listener.normal import AUDIOMETRIC_FREQUENCIES_HZ, NORMAL
from hearfit.listener.parameters import DEFAULT_PRIOR, NUM_KNOTS, NUM_PARAMETERS

pytestmark = pytest.mark.usefixtures("float64")

MOVED, BACK = jax.jit(from_straight), jax.jit(to_straight)
THRESHOLDS = slice(NUM_KNOTS, 2 * NUM_KNOTS)
TESTED = [AUDIOMETRIC_FREQUENCIES_HZ.index(f) for f in (250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)]
BETWEEN, HIGHEST = AUDIOMETRIC_FREQUENCIES_HZ.index(6000.0), AUDIOMETRIC_FREQUENCIES_HZ.index(8000.0)


@cache
def octaves_tested() -> Takeover:
    """As after tests at the octaves, which leave an SD of 1.5 dB there and one of 8 dB between."""
    sd = np.full(NUM_PARAMETERS, 8.0)
    sd[NUM_KNOTS + np.array(TESTED)] = 1.5
    return takeover(np.diag(sd**2), NORMAL)


def random_point(seed: int) -> Float[np.ndarray, " parameters"]:
    """Threshold coordinates from -20 to 120 dB, so that many a tone is heard elsewhere."""
    generator = np.random.default_rng(seed)
    point = generator.standard_normal(NUM_PARAMETERS)
    point[THRESHOLDS] = generator.uniform(-20.0, 120.0, NUM_KNOTS)
    return point


@pytest.mark.parametrize("seed", range(3))
def test_volumes_stay_and_the_inverse_brings_back(seed: int) -> None:
    # Truth: a determinant of one by automatic differentiation, and the point itself.
    point, place = jnp.asarray(random_point(seed)), octaves_tested()
    sign, log_determinant = np.linalg.slogdet(np.asarray(jax.jit(jax.jacfwd(from_straight))(point, place)))
    assert sign == 1.0
    assert log_determinant == pytest.approx(0.0, abs=1e-10)
    moved = MOVED(point, place)
    assert np.abs(moved - point).max() > 5.0
    np.testing.assert_allclose(BACK(moved, place), point, atol=1e-9)


def test_nothing_moves_where_no_threshold_decides_about_its_neighbour() -> None:
    # Truth: the identity. All frequencies tested alike, or none.
    point = jnp.asarray(random_point(0))
    place = takeover(np.eye(NUM_PARAMETERS), NORMAL)
    np.testing.assert_allclose(MOVED(point, place), point, atol=1e-12)


def test_tone_is_heard_at_one_level_whether_at_its_place_or_by_its_neighbour() -> None:
    """Truth: the threshold of an 8 kHz tone by bisection on the model's d', along one straightened coordinate.

    Its own threshold coordinate rises without bound, while that of 6 kHz stops falling.
    """
    place = octaves_tested()
    start = np.array(DEFAULT_PRIOR.mean)
    start[THRESHOLDS] = np.interp(np.arange(NUM_KNOTS), [0, NUM_KNOTS - 1], [30.0, 65.0])
    straight = np.tile(np.asarray(BACK(jnp.asarray(start), place)), (4, 1))
    straight[:, NUM_KNOTS + BETWEEN] -= np.linspace(0.0, 60.0, 4)
    positions = np.asarray(jax.vmap(MOVED, in_axes=(0, None))(jnp.asarray(straight), place))
    own, neighbour = positions[:, NUM_KNOTS + HIGHEST], positions[:, NUM_KNOTS + BETWEEN]
    assert own[-1] - own[0] > 7.0
    assert neighbour[-2] - neighbour[-1] < 5.0
    heard = np.asarray(tone_thresholds(jnp.asarray(positions), normal=NORMAL))[:, HIGHEST]
    assert np.ptp(heard) < 4.0
    # By the thresholds alone the tone would be heard far below.
    plain = np.tile(start, (4, 1))
    plain[1:, NUM_KNOTS + BETWEEN] -= 60.0
    assert np.ptp(np.asarray(tone_thresholds(jnp.asarray(plain), normal=NORMAL))[:, HIGHEST]) > 15.0
