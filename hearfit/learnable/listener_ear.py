"""The listener model's cochlea as a frontend: what a recogniser gets from a normal ear, or from that of a profile.

A recogniser trained with the features of the normal ear, and tested with those of another, shows what this ear costs.
Nothing is fitted to speech: attenuation, exponent and inhibition are those that the listening tests gave.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from hearfit.errors import InputError
from hearfit.frontend.bounded_parameters import BoundedParameter
from hearfit.frontend.cochlea import EarParameters, cochlea_of
from hearfit.frontend.constant_q import ConstantQDesign
from hearfit.frontend.modulation_energy import log_frequency_weights
from hearfit.frontend.module import Frozen
from hearfit.frontend.presets import listener, narrowed
from hearfit.learnable.freezing import freeze
from hearfit.learnable.interface import Features, FrameLayout, Frontend, Sounds, Values, check_whole_frames
from hearfit.learnable.output_compression import OutputCompression, compressed
from hearfit.listener.normal import NORMAL, NormalEar


@dataclass(frozen=True)
class ListenerDesign:
    """The cochlea of `hearfit.frontend.listener`, for sounds in a free field.

    Attributes:
        axis: interpolates the channels, which are evenly spaced in ERB numbers, to a logarithmic frequency axis, as the
            cortical stage needs it; None keeps them.
        output_compression: of the excitation z/z_0, whose unit is the normal threshold.
    """

    sampling_rate_hz: float = 16_000.0
    frame_s: float = 0.01
    axis: ConstantQDesign | None = None
    output_compression: OutputCompression = OutputCompression.LOG


def carried_constants(sampling_rate_hz: float, normal: NormalEar = NORMAL) -> NormalEar:
    """The constants with the channels that a sampling rate carries: make an `ear` on these (`ear_of_profile`)."""
    return narrowed(normal, sampling_rate_hz)


class ListenerFrontend(Frontend):
    """Waveform in pascal to excitation in units of the threshold.

    Args:
        ear: of a fitted profile on the channels of `carried_constants`; None is a normal ear.
        is_learned: attenuation, exponent and inhibition of every channel and the time constant learn.

    Raises:
        InputError: the ear has other channels, the sampling rate carries no bank, or the axis leaves its range.
    """

    def __init__(self, design: ListenerDesign, *, ear: EarParameters | None = None, is_learned: bool = False) -> None:
        self.design = design
        self.is_learned = is_learned
        constants = carried_constants(design.sampling_rate_hz)
        bank = cochlea_of(constants).bank
        if ear is not None and ear.exponent.shape != bank.centre_frequencies_hz.shape:
            raise InputError(
                f"The ear has {ear.exponent.shape[0]} channels, but a sampling rate of {design.sampling_rate_hz:g} Hz "
                f"carries {len(bank.centre_frequencies_hz)}. Make the ear on `carried_constants` of that rate."
            )
        self.cochlea = listener(design.sampling_rate_hz, ear=ear, normal=constants, frame_s=design.frame_s)
        if not is_learned:
            freeze(self.cochlea)
        centre_frequencies_hz = bank.centre_frequencies_hz
        to_axis = None
        if design.axis is not None:
            to_axis = Frozen(jnp.asarray(_to_axis(design.axis, centre_frequencies_hz), float))
            centre_frequencies_hz = design.axis.centre_frequencies_hz
        self.to_axis = to_axis
        grid = self.cochlea.grid
        self.layout = FrameLayout(
            sampling_rate_hz=design.sampling_rate_hz,
            hop_samples=grid.frame_samples,
            centre_frequencies_hz=tuple(centre_frequencies_hz.tolist()),
            latency_s=float(bank.latency_s.max()) + constants.time_constant_s,
        )

    @property
    def parameters(self) -> tuple[BoundedParameter, ...]:
        """Exponent, attenuation, inhibition and time constant of an ear that learns."""
        return self.cochlea.parameters if self.is_learned else ()

    def values(self) -> Values:
        """The learned parameters in their own units."""
        return self.cochlea.values() if self.is_learned else {}

    def __call__(self, waveform: Sounds) -> Features:
        """The excitation as one map."""
        check_whole_frames(waveform, self.layout)
        excitation = compressed(self.cochlea(waveform), self.design.output_compression, unit=1.0)
        if self.to_axis is not None:
            excitation = jnp.matmul(excitation, self.to_axis[...])
        return excitation[..., None]


def _to_axis(axis: ConstantQDesign, frequency_hz: np.ndarray) -> np.ndarray:
    wanted = axis.centre_frequencies_hz
    if wanted[0] < frequency_hz[0] or wanted[-1] > frequency_hz[-1]:
        raise InputError(
            f"An axis from {wanted[0]:g} to {wanted[-1]:g} Hz was asked for, but this ear has channels from "
            f"{frequency_hz[0]:g} to {frequency_hz[-1]:g} Hz at this sampling rate."
        )
    return log_frequency_weights(
        frequency_hz,
        lowest_hz=axis.lowest_hz,
        channels_per_octave=axis.channels_per_octave,
        num_channels=axis.num_channels,
    )
