"""The frontends that are compared: what is fixed, and is computed once for a whole study, and what learns."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from flax import nnx

from hearfit.learnable.beside import BesideSpectrogram
from hearfit.learnable.biomimetic import BiomimeticDesign, BiomimeticFrontend
from hearfit.learnable.catalogue import build
from hearfit.learnable.cortical import CorticalLayer, CorticalStart, cortex_design, initial_filters
from hearfit.learnable.gabor_strf import GaborLayer, initial_gabors
from hearfit.learnable.interface import Chain, FrameLayout, Frontend, Layer
from hearfit.learnable.request import FrontendRequest
from hearfit.soundtasks.phonemes.recogniser import Recogniser, RecogniserDesign, num_learned

_LOWEST_HZ: Final = 80.0
_HIGHEST_HZ: Final = 7_600.0

# From the number of maps and a seed to what learns, or to None.
Learned = Callable[[int, int], Frontend | Layer | None]


@dataclass(frozen=True)
class Recipe:
    """One frontend of the comparison.

    Attributes:
        fixed: computed once for all runs, its spectrograms are the inputs; None: the inputs are sounds.
        learned: what is trained with the recogniser.
        has_stem: a `TemporalStem` takes the place of a modulation stage, and the back end is made narrower or wider
            until the recogniser learns as many numbers as that with the trained cortex.
    """

    fixed: Callable[[], Frontend] | None
    learned: Learned
    has_stem: bool = False


def build_recogniser(recipe: Recipe, design: RecogniserDesign, *, seed: int) -> Recogniser:
    """The recogniser before training."""
    frontend = recipe.learned(design.num_maps, seed)
    widths = _matched_widths(recipe, frontend, design) if recipe.has_stem else design.widths
    return _assembled(recipe, frontend, replace(design, widths=widths), seed)


def _assembled(recipe: Recipe, frontend: Frontend | Layer | None, design: RecogniserDesign, seed: int) -> Recogniser:
    return Recogniser(
        frontend,
        num_channels=_cochlea_layout().num_channels,
        has_stem=recipe.has_stem,
        design=design,
        rngs=nnx.Rngs(seed),
    )


def _matched_widths(
    recipe: Recipe, frontend: Frontend | Layer | None, design: RecogniserDesign
) -> tuple[int, int, int]:
    """The design's widths with the last one such that the numbers learned come nearest to those of `cortical`."""
    first, second, last = design.widths
    cortical = RECIPES["cortical"]
    wanted = num_learned(_assembled(cortical, cortical.learned(design.num_maps, 0), design, 0))
    # What is learned grows linearly with this width.
    here, further = (
        num_learned(_assembled(recipe, frontend, replace(design, widths=(first, second, width)), 0))
        for width in (last, last + 1)
    )
    return first, second, max(1, last + round((wanted - here) / (further - here)))


@cache
def _cochlea_layout() -> FrameLayout:
    return fixed_cochlea().layout


def fixed_cochlea() -> Frontend:
    """The cochlea as it is before any training."""
    return BiomimeticFrontend(BiomimeticDesign(), is_learned=False)


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


def _cortex(num_maps: int, seed: int, *, is_learned: bool) -> Layer:
    design = cortex_design(_cochlea_layout())
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
    return BesideSpectrogram(GaborLayer(initial_gabors(num_maps, seed), frame_rate_hz=_cochlea_layout().frame_rate_hz))


RECIPES: Final[dict[str, Recipe]] = {
    "full": Recipe(None, _full),
    "cortical": Recipe(fixed_cochlea, lambda num_maps, seed: _cortex(num_maps, seed, is_learned=True)),
    "frozen": Recipe(fixed_cochlea, lambda num_maps, seed: _cortex(num_maps, seed, is_learned=False)),
    "cnn": Recipe(fixed_cochlea, _nothing, has_stem=True),
    "gabor": Recipe(fixed_cochlea, _gabor),
    "leaf": Recipe(None, _leaf, has_stem=True),
    "mel": Recipe(lambda: _catalogued("mel", 0), _nothing, has_stem=True),
}
