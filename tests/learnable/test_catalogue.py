"""Every frontend of the catalogue: the contract that deepSTRF tests (exact causality), and what a study relies on."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from hearfit.errors import InputError
from hearfit.learnable.catalogue import CATALOGUE, build, entry
from hearfit.learnable.interface import Chain, Frontend
from hearfit.learnable.request import FrontendRequest
from tests.learnable.frontend_contract import evaluate, features_of

REQUEST = FrontendRequest(sampling_rate_hz=8000.0, hop_s=0.005, num_channels=6, lowest_hz=200.0, highest_hz=3800.0)
NUM_FRAMES, FRAME = 60, 30
NAMES = tuple(each.name for each in CATALOGUE)
TONE_HZ = 1000.0


MODULATION_FILTERS = {"gabor", "full"}
CORTICAL = {"full", "cortical", "frozen"}
# Their stages are those of another name in another order or number, or fixed instead of learned: what they compute is
# asked of that other one.
SHARED = {
    "pcen-fixed": "pcen",
    "adaptation-fixed": "adaptation-both",
    "adaptation": "adaptation-both",
    "on-off-fixed": "adaptation-both",
    "on-off": "adaptation-both",
    "adaptation-both-fixed": "adaptation-both",
    "cascade-fixed": "cascade",
    "biomimetic-frozen": "biomimetic",
    "cortical": "full",
    "frozen": "full",
}


def check_description(name: str, frontend: Frontend) -> None:
    """What is declared: whether it learns, within which bounds, its frames and channels."""
    layout = frontend.layout
    learned = nnx.to_flat_state(nnx.state(frontend, nnx.Param))
    assert bool(learned) == entry(name).is_learned == bool(frontend.parameters)
    values = frontend.values()
    assert list(values) == [parameter.name for parameter in frontend.parameters]
    for parameter in frontend.parameters:
        assert np.all((values[parameter.name] >= parameter.low) & (values[parameter.name] <= parameter.high))
    assert layout.num_channels == REQUEST.num_channels
    assert layout.frame_rate_hz == 200.0
    assert np.all(np.diff(layout.centre_frequencies_hz) > 0.0)
    # A filter for slow modulations, which comes behind, may take a second.
    before = frontend.frontend.layout if name in CORTICAL and isinstance(frontend, Chain) else layout
    assert 0.0 < before.latency_s < 0.05
    assert before.latency_s <= layout.latency_s < 1.5


def sounds(frontend: Frontend) -> tuple[np.ndarray, int]:
    """Noise, a tone at the centre of a channel and silence [3, samples]; that channel."""
    centres = np.array(frontend.layout.centre_frequencies_hz)
    channel = int(np.argmin(np.abs(np.log(centres / TONE_HZ))))
    samples = NUM_FRAMES * frontend.layout.hop_samples
    noise = 0.02 * np.random.default_rng(1).standard_normal(samples)
    tone = 0.02 * np.sin(2.0 * np.pi * centres[channel] * np.arange(samples) / REQUEST.sampling_rate_hz)
    return np.stack([noise, tone, 0.0 * tone]), channel


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SHARED])
def test_contract(name: str) -> None:
    """Shapes; a frame's gradient is exactly 0 after it and not before; every learned number is reached; prefix.

    Silence is 0 without a NaN; a tone is loudest in the channel at its frequency, in the frames after its onset.
    """
    frontend = build(name, REQUEST)
    check_description(name, frontend)
    hop = frontend.layout.hop_samples
    waveform, channel = sounds(frontend)
    found = evaluate(frontend, waveform, frame=FRAME)
    assert found.features.shape == (3, NUM_FRAMES, REQUEST.num_channels, frontend.layout.num_maps)
    assert found.features.dtype == np.float32
    assert np.all(np.isfinite(found.features))
    end = (FRAME + 1) * hop
    assert np.all(found.of_sound[:, end:] == 0.0)
    # A cortical filter begins at 0, so that it hears nothing of the frame itself.
    newest = end - hop if name in CORTICAL else end
    assert np.all(np.any(found.of_sound[:2, newest - hop : newest] != 0.0, axis=1))
    for gradient in found.of_parameters.values():
        assert np.all(np.isfinite(gradient))
        assert np.any(gradient != 0.0)
    # The root of a power stops at -80 dB SPL, which a plain modulus passes on.
    assert np.all(np.abs(found.features[2]) < 1e-4)
    # What answers to modulations alone need not answer most where the tone is.
    if name not in MODULATION_FILTERS:
        assert int(np.argmax(found.features[1, 4:12, :, 0].mean(axis=0))) == channel
    # What comes later changes nothing before.
    prefix = features_of(frontend, waveform[:, : 41 * hop])
    np.testing.assert_allclose(prefix, found.features[:, :41], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", SHARED)
def test_what_shares_its_stages(name: str) -> None:
    """Described rightly, and of the same kind of stages as the one that is put through the whole contract."""
    frontend, other = build(name, REQUEST), build(SHARED[name], REQUEST)
    check_description(name, frontend)
    stages, others = ({type(part) for _, part in nnx.iter_graph(each)} for each in (frontend, other))
    assert {each for each in stages if issubclass(each, nnx.Module)} <= others
    sound = jax.ShapeDtypeStruct((2, 3 * frontend.layout.hop_samples), jnp.float32)
    features = jax.eval_shape(frontend, sound)
    assert features.shape == (2, 3, REQUEST.num_channels, frontend.layout.num_maps)


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
