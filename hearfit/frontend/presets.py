"""The two frontends that are calibrated: that of the paper and that of the listener model."""

import dataclasses

from jax.typing import DTypeLike

from hearfit.audiology.retspl import ReferenceThresholds, reference_thresholds
from hearfit.frontend.block_filter import pole_zero_state_space
from hearfit.frontend.cochlea import EarParameters, build_cochlea, cochlea_of, normal_parameters
from hearfit.frontend.constant_q import ConstantQDesign, digital_filters
from hearfit.frontend.frame_integration import FrameSampling
from hearfit.frontend.frame_loop import FRAME_S, frame_grid
from hearfit.frontend.gammatone import carried_channels, digital_gammatone
from hearfit.frontend.module import EnvelopeFrontend, FineStructureFrontend
from hearfit.frontend.transmission import transmission_filter
from hearfit.listener.normal import NORMAL, NormalEar

PAPER_SAMPLING_RATE_HZ = 16_000.0
_FIELD = "free-field"


def paper(
    sampling_rate_hz: float = PAPER_SAMPLING_RATE_HZ,
    *,
    design: ConstantQDesign | None = None,
    exponent: float = 1.0,
    inhibition: float = 1.0,
    time_constant_s: float = 0.008,
    sampling: FrameSampling = FrameSampling.POINT,
    is_top_inhibited: bool = False,
    carrier_dtype: DTypeLike = float,
    frame_s: float = FRAME_S,
) -> FineStructureFrontend:
    """The frontend of Famularo et al. 2024: constant-Q bank, 129 channels from 179.7 Hz, kernel (1, -1), 8 ms.

    The leak has unit gain; the original's is larger by 1 / (1 - a) = 128.5 at 16 kHz. With `is_top_inhibited` an
    extra filter above inhibits the highest channel, which escapes in the original.

    Raises:
        InputError: the sampling rate cannot carry the bank, or a parameter lies outside its range.
    """
    design = ConstantQDesign() if design is None else design
    bank = dataclasses.replace(design, num_channels=design.num_channels + 1) if is_top_inhibited else design
    filters = digital_filters(bank, sampling_rate_hz)
    return FineStructureFrontend(
        pole_zero_state_space(filters.poles, filters.zeros, filters.gain),
        design.centre_frequencies_hz,
        frame_grid(sampling_rate_hz, frame_s),
        exponent=exponent,
        inhibition=inhibition,
        time_constant_s=time_constant_s,
        sampling=sampling,
        carrier_dtype=carrier_dtype,
    )


def listener(
    sampling_rate_hz: float,
    *,
    ear: EarParameters | None = None,
    normal: NormalEar = NORMAL,
    reference: ReferenceThresholds | None = None,
    frame_s: float = FRAME_S,
) -> EnvelopeFrontend:
    """The listener model for any sound in pascal, in a free field unless `reference` says otherwise.

    `ear` holds the parameters of a fitted ear on the channels of `normal`; without one the ear is normal.

    Raises:
        InputError: the sampling rate cannot carry the bank (see `narrowed`), or a parameter lies outside its range.
    """
    cochlea = cochlea_of(normal)
    field = reference_thresholds(_FIELD) if reference is None else reference
    return EnvelopeFrontend(
        digital_gammatone(cochlea.bank, sampling_rate_hz),
        transmission_filter(field, sampling_rate_hz),
        normal,
        frame_grid(sampling_rate_hz, frame_s),
        normal_parameters(cochlea) if ear is None else ear,
    )


def narrowed(normal: NormalEar, sampling_rate_hz: float) -> NormalEar:
    """These constants with only the channels that a sampling rate can carry, for recordings below 26 kHz."""
    fitting = carried_channels(build_cochlea(normal).bank, sampling_rate_hz)
    highest_cam = normal.lowest_cam + (fitting - 1) * normal.spacing_cam
    return dataclasses.replace(normal, highest_cam=min(normal.highest_cam, highest_cam))
