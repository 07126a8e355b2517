"""The biomimetic frontends by their names: what learns, what comes out, which channels the rate carries."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.learnable.biomimetic_builders import NUM_FILTERS, channels_for
from hearfit.learnable.catalogue import build, entry
from hearfit.learnable.request import FrontendRequest

REQUEST = FrontendRequest(16_000.0, 0.01, 12, 200.0, 8_000.0, seed=4)
LEARNED = {
    "biomimetic": {"exponent", "inhibition", "time_constant"},
    "biomimetic-frozen": set(),
    "full": {"exponent", "inhibition", "time_constant", "scale", "rate"},
    "cortical": {"scale", "rate"},
    "frozen": set(),
    "gabor": {"temporal_width", "spectral_width", "orientation", "modulation"},
}


@pytest.mark.parametrize("name", list(LEARNED))
def test_what_learns_and_what_comes_out(name: str) -> None:
    frontend = build(name, REQUEST)
    assert {str(path[-1]) for path, _ in nnx.to_flat_state(nnx.state(frontend, nnx.Param))} == LEARNED[name]
    assert entry(name).is_learned == bool(LEARNED[name]) == bool(frontend.parameters)
    assert frontend.layout.num_maps == (1 if name.startswith("biomimetic") else NUM_FILTERS)
    # Traced, not computed: shapes alone.
    features = jax.eval_shape(frontend, jax.ShapeDtypeStruct((1, 5 * 160), jnp.float32))
    assert features.shape == (1, 5, 12, frontend.layout.num_maps)


def test_channels_end_where_the_rate_ends() -> None:
    centre_hz = channels_for(REQUEST).centre_frequencies_hz
    assert len(centre_hz) == 12
    # One more channel at the same step is the highest that 16 kHz carry: 8000 / 1.07 Hz.
    assert centre_hz[-1] ** 2 / centre_hz[-2] == pytest.approx(8_000.0 / 1.07)
    within = FrontendRequest(48_000.0, 0.005, 34, 500.0, 20_000.0)
    np.testing.assert_allclose(channels_for(within).centre_frequencies_hz[[0, -1]], [500.0, 20_000.0])


def test_the_seed_draws_the_filters() -> None:
    first, again, other = (
        build("gabor", FrontendRequest(16_000.0, 0.01, 12, 200.0, 8_000.0, seed=seed)).values() for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first["modulation"], again["modulation"])
    assert np.any(first["modulation"] != other["modulation"])
