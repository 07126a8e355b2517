"""From a request to the biomimetic, cortical and Gabor frontends, for the catalogue.

Full, Cortical and Frozen are the conditions of Famularo et al. 2024. Modulation filters begin at random, which the
paper found better for phonemes, with the seed of the request.
"""

from typing import Final

from hearfit.frontend.constant_q import ConstantQDesign, highest_centre_hz
from hearfit.learnable.biomimetic import BiomimeticDesign, BiomimeticFrontend, evenly_spaced
from hearfit.learnable.builders import mel
from hearfit.learnable.cortical import CorticalLayer, CorticalStart, cortex_design, initial_filters
from hearfit.learnable.gabor_strf import GaborLayer, initial_gabors
from hearfit.learnable.interface import Chain, Frontend
from hearfit.learnable.request import FrontendRequest

NUM_FILTERS: Final = 20


def biomimetic(request: FrontendRequest) -> Frontend:
    """The cochlea learns."""
    return _cochlea(request, is_learned=True)


def biomimetic_frozen(request: FrontendRequest) -> Frontend:
    """The cochlea alone, fixed."""
    return _cochlea(request, is_learned=False)


def full(request: FrontendRequest) -> Frontend:
    """Cochlea and cortex learn."""
    return _with_cortex(request, is_cochlea_learned=True, is_cortex_learned=True)


def cortical(request: FrontendRequest) -> Frontend:
    """The cortex learns."""
    return _with_cortex(request, is_cochlea_learned=False, is_cortex_learned=True)


def frozen(request: FrontendRequest) -> Frontend:
    """Nothing learns."""
    return _with_cortex(request, is_cochlea_learned=False, is_cortex_learned=False)


def gabor(request: FrontendRequest) -> Frontend:
    """Gabor filters learn, on a fixed log-mel spectrogram."""
    spectrogram = mel(request)
    filters = initial_gabors(NUM_FILTERS, request.seed)
    return Chain(spectrogram, GaborLayer(filters, frame_rate_hz=spectrogram.layout.frame_rate_hz))


def channels_for(request: FrontendRequest) -> ConstantQDesign:
    """Evenly spaced in log frequency over the requested range, or as much of it as the sampling rate carries.

    The bank needs one filter above its highest channel, and its filters end above their centres: of 8 kHz at a
    sampling rate of 16 kHz some 7 kHz remain. The layout of the frontend says what it has.
    """
    span = highest_centre_hz(request.sampling_rate_hz) / request.lowest_hz
    carried_hz = request.lowest_hz * span ** ((request.num_channels - 1) / request.num_channels)
    # Rounding must not carry the filter above beyond the limit.
    return evenly_spaced(request.lowest_hz, min(request.highest_hz, carried_hz * (1.0 - 1e-9)), request.num_channels)


def _cochlea(request: FrontendRequest, *, is_learned: bool) -> BiomimeticFrontend:
    design = BiomimeticDesign(request.sampling_rate_hz, channels_for(request), request.hop_s)
    return BiomimeticFrontend(design, is_learned=is_learned)


def _with_cortex(request: FrontendRequest, *, is_cochlea_learned: bool, is_cortex_learned: bool) -> Frontend:
    cochlea = _cochlea(request, is_learned=is_cochlea_learned)
    design = cortex_design(cochlea.layout)
    filters = initial_filters(NUM_FILTERS, design, start=CorticalStart.RANDOM, seed=request.seed)
    return Chain(cochlea, CorticalLayer(filters, design, is_learned=is_cortex_learned))
