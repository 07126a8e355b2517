"""From a request to a frontend, for the catalogue; whatever a request leaves open is chosen here."""

import numpy as np

from hearfit.learnable import leaf as leaf_module
from hearfit.learnable import sincnet as sincnet_module
from hearfit.learnable.adaptation import Adaptation, Kind
from hearfit.learnable.adaptation_cascade import AdaptationCascade
from hearfit.learnable.gammatone import GammatoneDesign, GammatoneSpectrogram
from hearfit.learnable.interface import Chain, Frontend
from hearfit.learnable.mel import MelDesign, MelSpectrogram
from hearfit.learnable.pcen import Pcen
from hearfit.learnable.request import FrontendRequest


def mel_design(request: FrontendRequest) -> MelDesign:
    """Window: four periods of the lowest frequency, between two hops and 25 ms (at least two hops)."""
    window_s = max(2.0 * request.hop_s, min(0.025, 4.0 / request.lowest_hz))
    return MelDesign(
        sampling_rate_hz=request.sampling_rate_hz,
        hop_samples=request.hop_samples,
        window_samples=round(window_s * request.sampling_rate_hz),
        num_channels=request.num_channels,
        lowest_hz=request.lowest_hz,
        highest_hz=request.highest_hz,
    )


def mel(request: FrontendRequest) -> Frontend:
    """Log-mel."""
    return MelSpectrogram(mel_design(request))


def mel_cube_root(request: FrontendRequest) -> Frontend:
    """Mel, cube root of amplitude."""
    return MelSpectrogram(mel_design(request), scale="cube-root")


def gammatone(request: FrontendRequest) -> Frontend:
    """Log gammatone."""
    return GammatoneSpectrogram(GammatoneDesign(*_numbers(request)))


def sincnet(request: FrontendRequest) -> Frontend:
    """Learned band edges."""
    return sincnet_module.SincNet(sincnet_module.design_for(*_numbers(request)))


def leaf(request: FrontendRequest) -> Frontend:
    """Learned Gabor bank, pooling and PCEN."""
    return leaf_module.Leaf(leaf_module.design_for(*_numbers(request)))


def pcen_fixed(request: FrontendRequest) -> Frontend:
    """PCEN as published."""
    return _with_pcen(request, is_learned=False)


def pcen(request: FrontendRequest) -> Frontend:
    """PCEN, learned."""
    return _with_pcen(request, is_learned=True)


def adaptation_fixed(request: FrontendRequest) -> Frontend:
    """Midbrain adaptation."""
    return _with_adaptation(request, "adapted", is_learned=False)


def adaptation(request: FrontendRequest) -> Frontend:
    """Midbrain adaptation, learned."""
    return _with_adaptation(request, "adapted", is_learned=True)


def on_off_fixed(request: FrontendRequest) -> Frontend:
    """Log-mel, ON and OFF."""
    return _with_adaptation(request, "on-off", is_learned=False)


def on_off(request: FrontendRequest) -> Frontend:
    """Log-mel, ON and OFF, learned."""
    return _with_adaptation(request, "on-off", is_learned=True)


def adaptation_both_fixed(request: FrontendRequest) -> Frontend:
    """Log-mel, adapted, ON and OFF."""
    return _with_adaptation(request, "both", is_learned=False)


def adaptation_both(request: FrontendRequest) -> Frontend:
    """Log-mel, adapted, ON and OFF, learned."""
    return _with_adaptation(request, "both", is_learned=True)


def cascade_fixed(request: FrontendRequest) -> Frontend:
    """Adaptation in two stages."""
    return _with_cascade(request, is_learned=False)


def cascade(request: FrontendRequest) -> Frontend:
    """Adaptation in two stages, learned."""
    return _with_cascade(request, is_learned=True)


def _numbers(request: FrontendRequest) -> tuple[float, int, int, float, float]:
    return (
        request.sampling_rate_hz,
        request.hop_samples,
        request.num_channels,
        request.lowest_hz,
        request.highest_hz,
    )


def _with_pcen(request: FrontendRequest, *, is_learned: bool) -> Frontend:
    spectrogram = MelSpectrogram(mel_design(request), scale="power")
    return Chain(spectrogram, Pcen(request.num_channels, is_learned=is_learned))


def _with_adaptation(request: FrontendRequest, kind: Kind, *, is_learned: bool) -> Frontend:
    spectrogram = MelSpectrogram(mel_design(request))
    centres = np.array(spectrogram.layout.centre_frequencies_hz)
    layer = Adaptation(centres, spectrogram.layout.frame_rate_hz, kind=kind, is_learned=is_learned)
    return Chain(spectrogram, layer)


def _with_cascade(request: FrontendRequest, *, is_learned: bool) -> Frontend:
    spectrogram = MelSpectrogram(mel_design(request))
    centres = np.array(spectrogram.layout.centre_frequencies_hz)
    layer = AdaptationCascade(centres, spectrogram.layout.frame_rate_hz, is_learned=is_learned)
    return Chain(spectrogram, layer)
