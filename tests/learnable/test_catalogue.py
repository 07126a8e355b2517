"""Every frontend of the catalogue: the contract that deepSTRF tests (exact causality), and what a study relies on."""

import subprocess
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jaxtyping import Array

from hearfit.errors import InputError
from hearfit.learnable.catalogue import CATALOGUE, build, entry
from hearfit.learnable.interface import Frontend
from hearfit.learnable.request import FrontendRequest

REQUEST = FrontendRequest(sampling_rate_hz=8000.0, hop_s=0.005, num_channels=6, lowest_hz=200.0, highest_hz=3800.0)
NUM_FRAMES, FRAME = 60, 30
NAMES = tuple(each.name for each in CATALOGUE)
TONE_HZ = 1000.0


def gradients(frontend: Frontend, waveform: Array) -> tuple[Array, nnx.State[Any, Any], Array]:
    """The features, and the gradient of one frame's sum with respect to the parameters and to the sound."""
    graph, *states = nnx.split(frontend, nnx.Param, ...)
    parameters, rest = states

    @jax.jit
    def both(
        parameters: nnx.State[Any, Any], waveform: Array
    ) -> tuple[tuple[Array, Array], tuple[nnx.State[Any, Any], Array]]:
        def frame(parameters: nnx.State[Any, Any], waveform: Array) -> tuple[Array, Array]:
            features = nnx.merge(graph, parameters, rest)(waveform)
            return jnp.sum(features[:, FRAME]), features

        return jax.value_and_grad(frame, argnums=(0, 1), has_aux=True)(parameters, waveform)

    (_, features), (of_parameters, of_sound) = both(parameters, waveform)
    return features, of_parameters, of_sound


@pytest.mark.parametrize("name", NAMES)
def test_contract(name: str) -> None:
    """Shapes; a frame's gradient is exactly 0 after it and not before; every learned number is reached; prefix."""
    frontend = build(name, REQUEST)
    layout = frontend.layout
    samples = NUM_FRAMES * layout.hop_samples
    waveform = jnp.asarray(0.02 * np.random.default_rng(1).standard_normal((2, samples)), jnp.float32)
    features, of_parameters, of_sound = gradients(frontend, waveform)
    assert features.shape == (2, NUM_FRAMES, REQUEST.num_channels, layout.num_maps)
    assert features.dtype == jnp.float32
    assert bool(jnp.all(jnp.isfinite(features)))
    end = (FRAME + 1) * layout.hop_samples
    assert np.all(np.asarray(of_sound[:, end:]) == 0.0)
    assert np.all(np.any(np.asarray(of_sound[:, end - layout.hop_samples : end]) != 0.0, axis=1))
    leaves = jax.tree.leaves(of_parameters)
    assert bool(leaves) == entry(name).is_learned == bool(frontend.parameters)
    for gradient in leaves:
        assert np.all(np.isfinite(gradient))
        assert np.any(np.asarray(gradient) != 0.0)
    values = frontend.values()
    assert list(values) == [parameter.name for parameter in frontend.parameters]
    for parameter in frontend.parameters:
        assert np.all((values[parameter.name] >= parameter.low) & (values[parameter.name] <= parameter.high))
    # What comes later changes nothing before.
    prefix = frontend(waveform[:, : 41 * layout.hop_samples])
    np.testing.assert_allclose(prefix, features[:, :41], rtol=1e-4, atol=1e-4)
    assert layout.frame_rate_hz == 200.0
    assert np.all(np.diff(layout.centre_frequencies_hz) > 0.0)
    assert 0.0 < layout.latency_s < 0.05


@pytest.mark.parametrize("name", NAMES)
def test_silence_and_a_tone(name: str) -> None:
    """Silence is 0 without a NaN; a tone is loudest in the channel at its frequency, in the frames after its onset."""
    frontend = build(name, REQUEST)
    centres = np.array(frontend.layout.centre_frequencies_hz)
    channel = int(np.argmin(np.abs(np.log(centres / TONE_HZ))))
    time_s = np.arange(20 * REQUEST.hop_samples) / REQUEST.sampling_rate_hz
    tone = 0.02 * np.sin(2.0 * np.pi * centres[channel] * time_s)
    features = np.asarray(frontend(jnp.asarray(np.stack([tone, 0.0 * tone]), jnp.float32)))
    # The root of a power stops at -80 dB SPL, which a plain modulus passes on.
    assert np.all(np.abs(features[1]) < 1e-4)
    assert int(np.argmax(features[0, 4:12, :, 0].mean(axis=0))) == channel


def test_what_has_no_whole_frames_is_refused() -> None:
    with pytest.raises(InputError, match="not a whole number of frames"):
        build("mel", REQUEST)(jnp.zeros((1, 41), jnp.float32))


def test_unknown_names_and_requests_are_refused() -> None:
    with pytest.raises(InputError, match=r"no frontend 'mell'\. Known are: mel, "):
        build("mell", REQUEST)
    with pytest.raises(InputError, match=r"220\.5 samples at 44100 Hz"):
        FrontendRequest(44100.0, 0.005, 40, 60.0, 8000.0)
    with pytest.raises(InputError, match="half the sampling rate, 4000 Hz"):
        FrontendRequest(8000.0, 0.005, 40, 60.0, 8000.0)


def test_the_table_imports_nothing_heavy() -> None:
    program = "import sys, hearfit.learnable.catalogue; print(sorted({'jax', 'flax', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert len(set(NAMES)) == len(NAMES)
