"""Waveform to auditory spectrogram: pure functions for both carriers, offline and streamed by the same code.

Fine structure (Famularo et al. 2024): every sample of every channel is compressed, inhibited and rectified, then
integrated. Envelope (the listener model): the power of every channel in a frame is compressed, inhibited and integrated
by the functions of `cochlea`.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from hearfit.frontend.cochlea import EarParameters, cochlea_of, relative_excitation
from hearfit.frontend.fine_structure import inhibition_by_next_higher, signed_power
from hearfit.frontend.frame_integration import (
    FrameSampling,
    IntegratorState,
    frame_weights,
    integrated_frames,
    leaky_frames,
    sampling_window,
    silent_integrator,
    weighted_sums,
)
from hearfit.frontend.frame_loop import Banks, BankState, FrameGrid, map_frames, silent_banks
from hearfit.listener.normal import NormalEar

Spectrogram = Float[Array, "batch frames channels"]


class FineStructureEar(NamedTuple):
    """What is learned of the fine-structure carrier; the exponent also of an extra filter above the channels."""

    exponent: Float[Array, " filters"]
    inhibition: Float[Array, " channels"]
    time_constant_s: Float[Array, ""]


class FineStructureState(NamedTuple):
    """The past of a streamed sound."""

    banks: BankState
    integrator: IntegratorState


class EnvelopeState(NamedTuple):
    """The past of a streamed sound."""

    banks: BankState
    smoothed: Float[Array, "channels batch"]


def silent_fine_structure(banks: Banks, num_channels: int, batch: int) -> FineStructureState:
    """Silence before the beginning."""
    return FineStructureState(
        silent_banks(banks, batch), silent_integrator((num_channels, batch), banks.bank.carry.dtype)
    )


def silent_envelope(banks: Banks, batch: int) -> EnvelopeState:
    """Silence before the beginning."""
    carry = banks.bank.carry
    return EnvelopeState(silent_banks(banks, batch), jnp.zeros((carry.shape[1], batch), carry.dtype))


@partial(jax.jit, static_argnames=("grid", "sampling", "carrier_dtype"))
def fine_structure_spectrogram(
    waveform: Float[Array, "batch samples"],
    state: FineStructureState,
    banks: Banks,
    ear: FineStructureEar,
    *,
    grid: FrameGrid,
    sampling: FrameSampling,
    carrier_dtype: DTypeLike,
) -> tuple[Spectrogram, FineStructureState]:
    """Spectrogram of whole frames and the state after them; `carrier_dtype` is that of the full-rate stage."""
    window = sampling_window(sampling, grid.frame_samples)
    weights = frame_weights(ear.time_constant_s * grid.sampling_rate_hz, window)

    def sums(output: Float[Array, "filters rows samples"]) -> Float[Array, "channels frames sums"]:
        compressed = signed_power(output.astype(carrier_dtype), ear.exponent)
        inhibited = inhibition_by_next_higher(compressed, ear.inhibition)
        return weighted_sums(inhibited.astype(weights.samples.dtype), weights)

    values, banks_after = map_frames(banks, waveform, state.banks, sums, grid)
    frames, integrator = integrated_frames(values, weights.decay, state.integrator)
    return frames.transpose(2, 0, 1), FineStructureState(banks_after, integrator)


def channel_power(
    waveform: Float[Array, "batch samples"], state: BankState, banks: Banks, *, grid: FrameGrid
) -> tuple[Float[Array, "frames channels batch"], BankState]:
    """Power of every channel, averaged over each frame; `banks` has real and imaginary outputs."""

    def power(output: Float[Array, "channels rows samples"]) -> Float[Array, "channels frames 1"]:
        channels = output.shape[0]
        # |Y|^2 / 2 of the analytic signal Y, which is twice the complex output for a real sound; each row holds both
        # parts of a block.
        squares = 2.0 * jnp.sum(jnp.square(output), axis=-1)
        parts = grid.frame_samples // grid.block_samples
        return squares.reshape(channels, -1, parts).sum(axis=-1, keepdims=True) / grid.frame_samples

    values, state = map_frames(banks, waveform, state, power, grid)
    return values[..., 0], state


@partial(jax.jit, static_argnames=("normal", "grid"))
def envelope_spectrogram(
    waveform: Float[Array, "batch samples"],
    state: EnvelopeState,
    banks: Banks,
    ear: EarParameters,
    time_constant_s: Float[Array, ""],
    *,
    normal: NormalEar,
    grid: FrameGrid,
) -> tuple[Spectrogram, EnvelopeState]:
    """Relative excitation z/z_0 of the listener model on equal frames, and the state after them.

    `banks` must deliver power in units of the normal threshold (`transmission`).
    """
    power, banks_after = channel_power(waveform, state.banks, banks, grid=grid)
    frames, channels, batch = power.shape
    rows = power.transpose(0, 2, 1).reshape(frames * batch, channels)
    excitation = (
        relative_excitation(rows, None, ear, cochlea_of(normal)).reshape(frames, batch, channels).transpose(0, 2, 1)
    )
    # Integration is linear and alike in all channels: after the division by z_0 it gives what it gives before.
    smoothed, after = leaky_frames(excitation, state.smoothed, frame_s=grid.frame_s, time_constant_s=time_constant_s)
    return smoothed.transpose(2, 0, 1), EnvelopeState(banks_after, after)
