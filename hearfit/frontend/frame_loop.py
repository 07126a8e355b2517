"""From a waveform to one value a frame: the filter bank and what follows it at the full rate, a few frames at a time.

Full-rate outputs of all channels are a hundred times larger than the sound; here they exist only for a chunk of frames
that fits a processor's cache, so that memory is bounded for sounds of any length. A gradient computes them again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from hearfit.errors import InputError
from hearfit.frontend.block_filter import BlockMatrices, State, filter_blocks, initial_state

FRAME_S = 0.005
_BLOCK_SAMPLES = range(128, 39, -1)
_LARGEST_DEVIATION = 0.02
# Frames of all sounds of a batch that are filtered at once. On a CPU 40 to 160 measured alike; others need more work at
# a time.
_FRAMES_AT_ONCE_ON_CPU, _FRAMES_AT_ONCE = 80, 8192


@dataclass(frozen=True)
class FrameGrid:
    """Frames of a whole number of blocks of a whole number of samples."""

    sampling_rate_hz: float
    frame_samples: int
    block_samples: int

    @property
    def frame_s(self) -> float:
        """Duration of a frame in seconds."""
        return self.frame_samples / self.sampling_rate_hz

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second."""
        return self.sampling_rate_hz / self.frame_samples


class Banks(NamedTuple):
    """One filter before the bank, if any, and the bank."""

    transmission: BlockMatrices | None
    bank: BlockMatrices


class BankState(NamedTuple):
    """What the filters remember."""

    transmission: State | None
    bank: State


def frame_grid(sampling_rate_hz: float, frame_s: float = FRAME_S) -> FrameGrid:
    """The frame nearest in duration that blocks of 40 to 128 samples divide.

    5 ms at 8, 16, 32, 48 and 96 kHz, 4.99 ms at 44.1 kHz.
    """
    wanted = frame_s * sampling_rate_hz
    nearest = sorted(range(int(wanted * (1.0 - _LARGEST_DEVIATION)), int(wanted) + 2), key=lambda n: abs(n - wanted))
    for frame_samples in nearest:
        for block_samples in _BLOCK_SAMPLES:
            if frame_samples % block_samples == 0:
                return FrameGrid(sampling_rate_hz, frame_samples, block_samples)
    raise InputError(
        f"Frames of {1e3 * frame_s:g} ms at a sampling rate of {sampling_rate_hz:g} Hz have {wanted:g} samples, which "
        "no blocks of 40 to 128 samples divide. Use a sampling rate from 8000 to 96000 Hz."
    )


def silent_banks(banks: Banks, batch: int) -> BankState:
    """Silence before the beginning."""
    transmission = None if banks.transmission is None else initial_state(banks.transmission, batch)
    return BankState(transmission, initial_state(banks.bank, batch))


def map_frames(
    banks: Banks,
    waveform: Float[Array, "batch samples"],
    state: BankState,
    reduce_rows: Callable[
        [Float[Array, "channels rows outputs_samples"]], Float[Array, "channels batch_frames values"]
    ],
    grid: FrameGrid,
) -> tuple[Float[Array, "frames channels batch values"], BankState]:
    """Values of every frame and the state after the last; `samples` is a whole number of frames.

    `reduce_rows` turns the bank's output, one row a block, into values of each frame: within a sound frames follow one
    another, and the sounds of a batch follow one another.
    """
    batch, num_samples = waveform.shape
    num_frames = num_samples // grid.frame_samples
    at_once = _FRAMES_AT_ONCE_ON_CPU if jax.default_backend() == "cpu" else _FRAMES_AT_ONCE
    chunk = max(1, min(at_once // batch, num_frames))
    num_chunks = -(-num_frames // chunk)
    parts = grid.frame_samples // grid.block_samples
    padded = jnp.pad(waveform, ((0, 0), (0, num_chunks * chunk * grid.frame_samples - num_samples)))
    chunks = padded.reshape(batch, num_chunks, chunk * parts, grid.block_samples).transpose(1, 0, 2, 3)
    # What was added to fill the last chunk must not reach the state.
    num_valid = np.clip(num_frames - chunk * np.arange(num_chunks), 0, chunk) * parts

    @jax.checkpoint
    def process(
        before: BankState, step: tuple[Float[Array, "batch blocks samples"], Array]
    ) -> tuple[BankState, Float[Array, "channels batch frames values"]]:
        blocks, valid = step
        transmission = before.transmission
        if banks.transmission is not None and transmission is not None:
            transmitted, transmission = filter_blocks(banks.transmission, blocks, transmission, valid)
            blocks = transmitted[0]
        output, after = filter_blocks(banks.bank, blocks, before.bank, valid)
        channels = output.shape[0]
        values = reduce_rows(output.reshape(channels, batch * chunk * parts, -1))
        return BankState(transmission, after), values.reshape(-1, batch, chunk, values.shape[-1])

    state, values = lax.scan(process, state, (chunks, jnp.asarray(num_valid, jnp.int32)))
    channels, count = values.shape[1], values.shape[-1]
    framed = values.transpose(0, 3, 1, 2, 4).reshape(num_chunks * chunk, channels, batch, count)
    return framed[:num_frames], state
