"""The frontends that phonemes and enhancement compare: what is fixed, and computed once, and what learns."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from hearfit.learnable.beside import BesideSpectrogram
from hearfit.learnable.biomimetic import BiomimeticDesign, BiomimeticFrontend
from hearfit.learnable.catalogue import build
from hearfit.learnable.cortical import CorticalLayer, CorticalStart, cortex_design, initial_filters
from hearfit.learnable.gabor_strf import GaborLayer, initial_gabors
from hearfit.learnable.interface import Chain, FrameLayout, Frontend, Layer
from hearfit.learnable.request import FrontendRequest
from hearfit.soundtasks.feature_network import FeatureNetwork
from hearfit.soundtasks.temporal_stem import TemporalStem
from hearfit.training.settings import Settings

# From the number of maps and a seed to what learns, or to None.
Learned = Callable[[int, int], Frontend | Layer | None]


_CORTEX_START: Final = CorticalStart.LOG
_GABOR_FRAMES: Final = 52


@dataclass(frozen=True)
class Recipe:
    """One frontend of the comparison.

    Attributes:
        fixed: computed once for all runs, its spectrograms are the inputs; None: the inputs are sounds.
        learned: what is trained with the network behind it.
        has_stem: a `TemporalStem` takes the place of a modulation stage.
    """

    fixed: Callable[[], Frontend] | None
    learned: Learned
    has_stem: bool = False


@cache
def fixed_cochlea() -> Frontend:
    """The cochlea as it is before any training."""
    return BiomimeticFrontend(BiomimeticDesign(), is_learned=False)


def cochlea_layout() -> FrameLayout:
    """Frames, number of channels and range of frequencies, which the other frontends take over."""
    return fixed_cochlea().layout


def _catalogued(name: str, seed: int) -> Frontend:
    return build(name, _request(seed))


def _request(seed: int) -> FrontendRequest:
    layout = cochlea_layout()
    # The cochlea's range, so that no frontend hears what another cannot.
    lowest_hz, highest_hz = layout.centre_frequencies_hz[0], layout.centre_frequencies_hz[-1]
    return FrontendRequest(
        sampling_rate_hz=layout.sampling_rate_hz,
        hop_s=layout.hop_samples / layout.sampling_rate_hz,
        num_channels=layout.num_channels,
        lowest_hz=lowest_hz,
        highest_hz=highest_hz,
        seed=seed,
    )


def _cortex(num_maps: int, seed: int, *, is_learned: bool) -> Layer:
    design = cortex_design(cochlea_layout())
    filters = initial_filters(num_maps, design, start=_CORTEX_START, seed=seed)
    return BesideSpectrogram(CorticalLayer(filters, design, is_learned=is_learned))


def _full(num_maps: int, seed: int) -> Frontend:
    return Chain(BiomimeticFrontend(BiomimeticDesign(), is_learned=True), _cortex(num_maps, seed, is_learned=True))


def _leaf(num_maps: int, seed: int) -> Frontend:
    del num_maps
    return _catalogued("leaf", seed)


def _nothing(num_maps: int, seed: int) -> None:
    del num_maps, seed


def _gabor(num_maps: int, seed: int) -> Layer:
    filters, frame_rate_hz = initial_gabors(num_maps, seed), cochlea_layout().frame_rate_hz
    return BesideSpectrogram(GaborLayer(filters, frame_rate_hz=frame_rate_hz, kernel_frames=_GABOR_FRAMES))


def recipe_settings() -> Settings:
    """Constants of the recipes, which decide scores as well as the sizes of a network do."""
    layout = cochlea_layout()
    return {
        "cochlea": repr(BiomimeticDesign()),
        "cortex": repr(cortex_design(layout)),
        "start of the cortex": _CORTEX_START.value,
        "Gabor kernel (frames)": _GABOR_FRAMES,
        "stem": TemporalStem.constants(),
        "standardised features": FeatureNetwork.constants(),
        "mel and leaf": repr(_request(0)),
    }


@cache
def _mel() -> Frontend:
    return _catalogued("mel", 0)


RECIPES: Final[dict[str, Recipe]] = {
    "full": Recipe(None, _full),
    "cortical": Recipe(fixed_cochlea, lambda num_maps, seed: _cortex(num_maps, seed, is_learned=True)),
    "frozen": Recipe(fixed_cochlea, lambda num_maps, seed: _cortex(num_maps, seed, is_learned=False)),
    "cnn": Recipe(fixed_cochlea, _nothing, has_stem=True),
    "gabor": Recipe(fixed_cochlea, _gabor),
    "leaf": Recipe(None, _leaf, has_stem=True),
    "mel": Recipe(_mel, _nothing, has_stem=True),
}
