"""The frontends that are compared: what is fixed, and is computed once, and what learns with the mask network."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from flax import nnx

from hearfit.learnable.biomimetic import BiomimeticDesign, BiomimeticFrontend
from hearfit.learnable.catalogue import build
from hearfit.learnable.cortical import CorticalLayer, CorticalStart, cortex_design, initial_filters
from hearfit.learnable.gabor_strf import GaborLayer, initial_gabors
from hearfit.learnable.interface import Chain, FrameLayout, Frontend, Layer
from hearfit.learnable.request import FrontendRequest
from hearfit.soundtasks.enhancement.network import MaskNetwork, NetworkDesign, num_learned, num_maps_of
from hearfit.soundtasks.enhancement.short_time_spectrum import SpectrumGrid

_LOWEST_HZ: Final = 80.0
_HIGHEST_HZ: Final = 7_600.0
_WIDTHS: Final = range(8, 129)


@dataclass(frozen=True)
class Recipe:
    """One frontend of the comparison.

    Attributes:
        fixed: computed once, its spectrograms are the inputs; None: the inputs are sounds.
        learned: from the number of maps and a seed to what is trained with the network, or to None.
        has_stem: a `TemporalStem` takes the place of a modulation stage.
    """

    fixed: Callable[[], Frontend] | None
    learned: Callable[[int, int], Frontend | Layer | None]
    has_stem: bool = False


def build_network(recipe: Recipe, design: NetworkDesign, grid: SpectrumGrid, *, seed: int) -> MaskNetwork:
    """The network before training, as wide as makes it learn as many numbers as that with the trained cortex."""
    frontend = recipe.learned(design.num_maps, seed)
    return MaskNetwork(
        frontend,
        num_channels=_cochlea_layout().num_channels,
        has_stem=recipe.has_stem,
        grid=grid,
        design=replace(design, width=_matched_width(recipe, frontend, design, grid)),
        rngs=nnx.Rngs(seed),
    )


@cache
def fixed_cochlea() -> Frontend:
    """The cochlea as it is before any training."""
    return BiomimeticFrontend(BiomimeticDesign(), is_learned=False)


def _matched_width(recipe: Recipe, frontend: Frontend | Layer | None, design: NetworkDesign, grid: SpectrumGrid) -> int:
    layout = _cochlea_layout()

    def total(width: int, num_features: int, *, has_stem: bool, num_before: int) -> int:
        sized = replace(design, width=width)
        return num_before + sized.num_parameters(
            num_features=num_features, num_channels=layout.num_channels, num_bins=grid.num_bins, has_stem=has_stem
        )

    # A cortical filter learns two numbers, its scale and its rate.
    wanted = total(design.width, design.num_maps, has_stem=False, num_before=2 * design.num_maps)
    before, features = num_learned(frontend), num_maps_of(frontend)
    return min(
        _WIDTHS,
        key=lambda width: abs(total(width, features, has_stem=recipe.has_stem, num_before=before) - wanted),
    )


def _cochlea_layout() -> FrameLayout:
    return fixed_cochlea().layout


def _catalogued(name: str, seed: int) -> Frontend:
    layout = _cochlea_layout()
    request = FrontendRequest(
        sampling_rate_hz=layout.sampling_rate_hz,
        hop_s=layout.hop_samples / layout.sampling_rate_hz,
        num_channels=layout.num_channels,
        lowest_hz=_LOWEST_HZ,
        highest_hz=_HIGHEST_HZ,
        seed=seed,
    )
    return build(name, request)


@cache
def _mel() -> Frontend:
    return _catalogued("mel", 0)


def _cortex(num_maps: int, seed: int, *, is_learned: bool) -> CorticalLayer:
    design = cortex_design(_cochlea_layout())
    filters = initial_filters(num_maps, design, start=CorticalStart.LOG, seed=seed)
    return CorticalLayer(filters, design, is_learned=is_learned)


def _full(num_maps: int, seed: int) -> Frontend:
    return Chain(BiomimeticFrontend(BiomimeticDesign(), is_learned=True), _cortex(num_maps, seed, is_learned=True))


def _leaf(num_maps: int, seed: int) -> Frontend:
    del num_maps
    return _catalogued("leaf", seed)


def _gabor(num_maps: int, seed: int) -> Layer:
    return GaborLayer(initial_gabors(num_maps, seed), frame_rate_hz=_cochlea_layout().frame_rate_hz)


def _nothing(num_maps: int, seed: int) -> None:
    del num_maps, seed


RECIPES: Final[dict[str, Recipe]] = {
    "full": Recipe(None, _full),
    "cortical": Recipe(fixed_cochlea, lambda num_maps, seed: _cortex(num_maps, seed, is_learned=True)),
    "frozen": Recipe(fixed_cochlea, lambda num_maps, seed: _cortex(num_maps, seed, is_learned=False)),
    "cnn": Recipe(fixed_cochlea, _nothing, has_stem=True),
    "gabor": Recipe(fixed_cochlea, _gabor),
    "leaf": Recipe(None, _leaf, has_stem=True),
    "mel": Recipe(_mel, _nothing, has_stem=True),
}
