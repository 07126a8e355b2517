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

# From the number of maps and a seed to what learns, or to None.
Learned = Callable[[int, int], Frontend | Layer | None]


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
    layout = cochlea_layout()
    # The cochlea's range, so that no frontend hears what another cannot.
    lowest_hz, highest_hz = layout.centre_frequencies_hz[0], layout.centre_frequencies_hz[-1]
    request = FrontendRequest(
        sampling_rate_hz=layout.sampling_rate_hz,
        hop_s=layout.hop_samples / layout.sampling_rate_hz,
        num_channels=layout.num_channels,
        lowest_hz=lowest_hz,
        highest_hz=highest_hz,
        seed=seed,
    )
    return build(name, request)


def _cortex(num_maps: int, seed: int, *, is_learned: bool) -> Layer:
    design = cortex_design(cochlea_layout())
    filters = initial_filters(num_maps, design, start=CorticalStart.LOG, seed=seed)
    return BesideSpectrogram(CorticalLayer(filters, design, is_learned=is_learned))


def _full(num_maps: int, seed: int) -> Frontend:
    return Chain(BiomimeticFrontend(BiomimeticDesign(), is_learned=True), _cortex(num_maps, seed, is_learned=True))


def _leaf(num_maps: int, seed: int) -> Frontend:
    del num_maps
    return _catalogued("leaf", seed)


def _nothing(num_maps: int, seed: int) -> None:
    del num_maps, seed


def _gabor(num_maps: int, seed: int) -> Layer:
    return BesideSpectrogram(GaborLayer(initial_gabors(num_maps, seed), frame_rate_hz=cochlea_layout().frame_rate_hz))


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
