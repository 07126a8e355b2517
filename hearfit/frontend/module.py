"""The waveform frontend as Flax NNX modules: waveform in, auditory spectrogram out, for a training loop of one's own.

Filters are frozen constants of the type `Frozen`; what is learned are `nnx.Param`s in unconstrained coordinates, which
no optimiser can drive out of physiology. `presets` builds both modules.
"""

from typing import Final

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from hearfit.errors import InputError
from hearfit.frontend.auditory_spectrogram import (
    EnvelopeState,
    FineStructureEar,
    FineStructureState,
    Spectrogram,
    envelope_spectrogram,
    fine_structure_spectrogram,
    silent_envelope,
    silent_fine_structure,
)
from hearfit.frontend.block_filter import BlockMatrices, StateSpace, block_matrices
from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.cochlea import EarParameters, cochlea_of
from hearfit.frontend.frame_integration import FrameSampling
from hearfit.frontend.frame_loop import Banks, FrameGrid
from hearfit.listener.normal import NormalEar

# The paper's values 1 (exponent, inhibition) lie inside the interval, where the gradient is alive; hence the margin.
PAPER_EXPONENT: Final = BoundedParameter("exponent", "", "|y|^a sgn y of each channel; 1 is linear", 0.05, 1.05)
PAPER_INHIBITION: Final = BoundedParameter("inhibition", "", "share of the next higher channel subtracted", 0.0, 1.05)
TIME_CONSTANT: Final = BoundedParameter("time constant", "s", "leaky integration, unit gain", 1e-3, 0.2, is_log=True)
# A steep ear's exponent is above that of a linear one: its threshold coordinate then lies near the anchor.
LISTENER_EXPONENT: Final = BoundedParameter(
    "exponent", "", "growth of amplitude in a channel; normal 0.3", 0.05, 20.0, is_log=True
)
# A normal ear, which has none, starts 0.015 dB inside the range: an attenuation is never a gain.
ATTENUATION: Final = BoundedParameter("attenuation", "dB", "linear part of a loss", 0.0, 150.0)
LISTENER_INHIBITION: Final = BoundedParameter("inhibition", "", "share of the surround subtracted", 0.0, 1.0)

Waveform = Float[Array, "batch samples"] | Float[Array, " samples"]


class Frozen(nnx.Variable[Array]):
    """A constant of the design, never trained."""


class FrozenBank(nnx.Module):
    """The matrices of a filter bank."""

    def __init__(self, filters: StateSpace, block_samples: int) -> None:
        matrices = block_matrices(filters, block_samples)
        self.output = Frozen(matrices.output)
        self.drive = Frozen(matrices.drive)
        self.carry = Frozen(matrices.carry)

    def matrices(self) -> BlockMatrices:
        """As the functions of `block_filter` take them."""
        return BlockMatrices(self.output[...], self.drive[...], self.carry[...])


class FineStructureFrontend(nnx.Module):
    """Every sample compressed, inhibited by the next higher channel, rectified and integrated (Famularo et al. 2024).

    Args:
        filters: the bank; with one filter more than `centre_frequencies_hz` it inhibits the highest channel.
        carrier_dtype: of the full-rate nonlinear stage alone; bfloat16 holds there, rounding averages out over a frame.
    """

    parameters: Final = (PAPER_EXPONENT, PAPER_INHIBITION, TIME_CONSTANT)

    def __init__(
        self,
        filters: StateSpace,
        centre_frequencies_hz: Float[np.ndarray, " channels"],
        grid: FrameGrid,
        *,
        exponent: float,
        inhibition: float,
        time_constant_s: float,
        sampling: FrameSampling,
        carrier_dtype: DTypeLike = float,
    ) -> None:
        num_channels = len(centre_frequencies_hz)
        self.grid = grid
        self.sampling = sampling
        self.carrier_dtype = jnp.empty(0, carrier_dtype).dtype
        self.centre_frequencies_hz = tuple(centre_frequencies_hz.tolist())
        self.bank = FrozenBank(filters, grid.block_samples)
        self.exponent = nnx.Param(PAPER_EXPONENT.coordinate(np.full(num_channels, exponent)))
        self.inhibition = nnx.Param(PAPER_INHIBITION.coordinate(np.full(num_channels, inhibition)))
        self.time_constant = nnx.Param(TIME_CONSTANT.coordinate(np.array(time_constant_s)))

    def ear(self) -> FineStructureEar:
        """The parameters in their own units; the extra filter shares the exponent of the highest channel."""
        num_filters = self.bank.carry[...].shape[1]
        exponent = PAPER_EXPONENT.value(self.exponent[...])
        extra = num_filters - exponent.shape[0]
        return FineStructureEar(
            exponent=jnp.concatenate([exponent, exponent[exponent.shape[0] - extra :]]),
            inhibition=PAPER_INHIBITION.value(self.inhibition[...]),
            time_constant_s=TIME_CONSTANT.value(self.time_constant[...]),
        )

    def values(self) -> dict[str, Float[np.ndarray, "..."]]:
        """Every learned parameter in its own unit, for `parameter_table`."""
        ear = self.ear()
        exponent = ear.exponent[: ear.inhibition.shape[0]]
        learned = zip(self.parameters, (exponent, ear.inhibition, ear.time_constant_s), strict=True)
        return {parameter.name: np.asarray(value) for parameter, value in learned}

    def initial_state(self, batch: int = 1) -> FineStructureState:
        """Silence before the beginning of a streamed sound."""
        return silent_fine_structure(self._banks(), len(self.centre_frequencies_hz), batch)

    def stream(self, waveform: Waveform, state: FineStructureState) -> tuple[Spectrogram, FineStructureState]:
        """Spectrogram of the next piece of a sound, a whole number of frames, and the state after it."""
        return fine_structure_spectrogram(
            _whole_frames(waveform, self.grid),
            state,
            self._banks(),
            self.ear(),
            grid=self.grid,
            sampling=self.sampling,
            carrier_dtype=self.carrier_dtype,
        )

    def __call__(self, waveform: Waveform) -> Float[Array, "*batch frames channels"]:
        """Auditory spectrogram of whole sounds; silence completes the last frame."""
        sounds = _completed(waveform, self.grid)
        spectrogram, _ = self.stream(sounds, self.initial_state(sounds.shape[0]))
        return spectrogram if waveform.ndim == 2 else spectrogram[0]

    def _banks(self) -> Banks:
        return Banks(None, self.bank.matrices())


class EnvelopeFrontend(nnx.Module):
    """The listener model's cochlea for any sound in pascal: relative excitation z/z_0 of every channel and frame."""

    parameters: Final = (LISTENER_EXPONENT, ATTENUATION, LISTENER_INHIBITION, TIME_CONSTANT)

    def __init__(
        self, filters: StateSpace, transmission: StateSpace, normal: NormalEar, grid: FrameGrid, ear: EarParameters
    ) -> None:
        self.grid = grid
        self.normal = normal
        self.bank = FrozenBank(filters, grid.block_samples)
        self.transmission = FrozenBank(transmission, grid.block_samples)
        self.exponent = nnx.Param(LISTENER_EXPONENT.coordinate(np.asarray(ear.exponent, np.float64)))
        self.attenuation = nnx.Param(ATTENUATION.coordinate(np.asarray(ear.attenuation_db, np.float64)))
        self.inhibition = nnx.Param(LISTENER_INHIBITION.coordinate(np.asarray(ear.inhibition, np.float64)))
        self.time_constant = nnx.Param(TIME_CONSTANT.coordinate(np.array(normal.time_constant_s)))

    @property
    def centre_frequencies_hz(self) -> tuple[float, ...]:
        """Centre frequency of each channel, ascending."""
        return tuple(cochlea_of(self.normal).frequency_hz.tolist())

    def ear(self) -> EarParameters:
        """The parameters of the channels in their own units."""
        return EarParameters(
            exponent=LISTENER_EXPONENT.value(self.exponent[...]),
            attenuation_db=ATTENUATION.value(self.attenuation[...]),
            inhibition=LISTENER_INHIBITION.value(self.inhibition[...]),
        )

    def values(self) -> dict[str, Float[np.ndarray, "..."]]:
        """Every learned parameter in its own unit, for `parameter_table`."""
        learned = zip(self.parameters, (*self.ear(), TIME_CONSTANT.value(self.time_constant[...])), strict=True)
        return {parameter.name: np.asarray(value) for parameter, value in learned}

    def initial_state(self, batch: int = 1) -> EnvelopeState:
        """Silence before the beginning of a streamed sound."""
        return silent_envelope(self._banks(), batch)

    def stream(self, waveform: Waveform, state: EnvelopeState) -> tuple[Spectrogram, EnvelopeState]:
        """Excitation by the next piece of a sound, a whole number of frames, and the state after it."""
        return envelope_spectrogram(
            _whole_frames(waveform, self.grid),
            state,
            self._banks(),
            self.ear(),
            TIME_CONSTANT.value(self.time_constant[...]),
            normal=self.normal,
            grid=self.grid,
        )

    def __call__(self, waveform: Waveform) -> Float[Array, "*batch frames channels"]:
        """Relative excitation by whole sounds in pascal; silence completes the last frame."""
        sounds = _completed(waveform, self.grid)
        excitation, _ = self.stream(sounds, self.initial_state(sounds.shape[0]))
        return excitation if waveform.ndim == 2 else excitation[0]

    def _banks(self) -> Banks:
        return Banks(self.transmission.matrices(), self.bank.matrices())


def _completed(waveform: Waveform, grid: FrameGrid) -> Float[Array, "sounds padded"]:
    """The sounds as a batch, with silence to fill their last frame."""
    sounds = waveform if waveform.ndim == 2 else waveform[None]
    if sounds.shape[0] == 0 or sounds.shape[1] == 0:
        raise InputError(
            f"The waveform has the shape {waveform.shape}, so there is nothing to hear. Give at least one sound of at "
            "least one sample."
        )
    return jnp.pad(sounds, ((0, 0), (0, -sounds.shape[1] % grid.frame_samples)))


def _whole_frames(waveform: Waveform, grid: FrameGrid) -> Float[Array, "sounds padded"]:
    """The piece as a batch; it must hold whole frames, or the next would begin within one."""
    pieces = waveform if waveform.ndim == 2 else waveform[None]
    if pieces.shape[0] == 0 or pieces.shape[1] == 0 or pieces.shape[1] % grid.frame_samples:
        raise InputError(
            f"A streamed piece of the shape {waveform.shape} is not a whole number of frames. At "
            f"{grid.sampling_rate_hz:g} Hz a frame has {grid.frame_samples} samples; keep what is left over for the "
            "next piece."
        )
    return pieces
