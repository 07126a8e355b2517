"""The frontends of the event tasks by name, and which part of each is computed once, before any training."""

from dataclasses import dataclass
from typing import Final

import jax
from flax import nnx

from hearfit.frontend.constant_q import ConstantQDesign
from hearfit.learnable.beside import BesideSpectrogram
from hearfit.learnable.biomimetic import BiomimeticDesign, BiomimeticFrontend
from hearfit.learnable.catalogue import build
from hearfit.learnable.cortical import CorticalLayer, CorticalStart, cortex_design, initial_filters
from hearfit.learnable.gabor_strf import GaborLayer, initial_gabors
from hearfit.learnable.interface import Chain, Frontend, Layer
from hearfit.learnable.request import FrontendRequest
from hearfit.soundtasks.events.examples import HOP_S, SAMPLING_RATE_HZ
from hearfit.soundtasks.events.network import NUM_FILTERS
from hearfit.training.settings import Settings

NUM_CHANNELS: Final = 40
LOWEST_HZ: Final = 140.0
HIGHEST_HZ: Final = 7_600.0
# Seven channels an octave: as many channels as the others have, from 140 Hz to 6.7 kHz.
COCHLEA: Final = BiomimeticDesign(channels=ConstantQDesign(140.0, 7, NUM_CHANNELS), frame_s=HOP_S)
GABOR_FRAMES: Final = 40

_CORTEX_START: Final = CorticalStart.LOG
_BIOMIMETIC: Final = ("cortical", "frozen", "full")


def frontend_settings() -> Settings:
    """The constants of this module, which decide what the networks are given."""
    return {
        "channels": NUM_CHANNELS,
        "lowest (Hz)": LOWEST_HZ,
        "highest (Hz)": HIGHEST_HZ,
        "frame (s)": HOP_S,
        "cochlea": repr(COCHLEA),
        "cortex": repr(cortex_design(BiomimeticFrontend(COCHLEA, is_learned=False).layout)),
        "start of the cortex": _CORTEX_START.value,
        "Gabor kernel (frames)": GABOR_FRAMES,
    }


@dataclass(frozen=True)
class Stages:
    """A frontend in two: what is computed once for every sound, and what is computed in every step of the training."""

    fixed: Frontend | None
    learned: Frontend | Layer | None


def event_frontend(name: str, seed: int) -> Frontend:
    """A frontend with its initial parameters.

    Raises:
        InputError: there is none of this name.
    """
    request = FrontendRequest(SAMPLING_RATE_HZ, HOP_S, NUM_CHANNELS, LOWEST_HZ, HIGHEST_HZ, seed)
    if name == "cnn":
        return build("mel", request)
    if name == "gabor":
        mel = build("mel", request)
        layer = GaborLayer(
            initial_gabors(NUM_FILTERS, seed), frame_rate_hz=mel.layout.frame_rate_hz, kernel_frames=GABOR_FRAMES
        )
        return Chain(mel, BesideSpectrogram(layer))
    if name == "cochlea":
        return BiomimeticFrontend(COCHLEA, is_learned=False)
    if name in _BIOMIMETIC:
        cochlea = BiomimeticFrontend(COCHLEA, is_learned=name == "full")
        design = cortex_design(cochlea.layout)
        filters = initial_filters(NUM_FILTERS, design, start=_CORTEX_START, seed=seed)
        return Chain(cochlea, BesideSpectrogram(CorticalLayer(filters, design, is_learned=name != "frozen")))
    return build(name, request)


def stages_of(frontend: Frontend) -> Stages:
    """The longest fixed beginning apart from the rest.

    The maps of a fixed layer behind a fixed spectrogram are not computed beforehand: they would fill the memory.
    """
    if isinstance(frontend, Chain) and not _learns(frontend.frontend):
        return Stages(frontend.frontend, frontend.layer)
    return Stages(None, frontend) if _learns(frontend) else Stages(frontend, None)


def _learns(module: nnx.Module) -> bool:
    return bool(jax.tree.leaves(nnx.state(module, nnx.Param)))
