"""The frontends that are compared: what is fixed, and is computed once for a whole study, and what learns."""

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
from hearfit.soundtasks.phonemes.recogniser import Recogniser, RecogniserDesign, num_learned


@dataclass(frozen=True)
class Recipe:
    """One frontend of the comparison.

    Attributes:
        fixed: name of the frontend in `FIXED` whose spectrograms are the inputs; empty: the inputs are sounds.
        learned: from the number of maps and a seed to what is trained with the recogniser; None: nothing.
        has_stem: a `TemporalStem` takes the place of a modulation stage.
    """

    fixed: str
    learned: Callable[[int, int], Frontend | Layer | None]
    has_stem: bool = False


@cache
def cochlea_layout() -> FrameLayout:
    """Frames and channels of the cochlea, which all frontends share."""
    return _cochlea(is_learned=False).layout


def fixed_frontend(name: str) -> Frontend:
    """A frontend without anything to learn, by the name in `Recipe.fixed`."""
    return FIXED[name]()


def build_recogniser(recipe: Recipe, design: RecogniserDesign, *, seed: int) -> Recogniser:
    """The recogniser before training, with as many learned numbers as that with the trained cortex.

    What a stem or a frontend has more or less of them, the last convolution of the back end makes up for.
    """
    learned = recipe.learned(design.num_maps, seed)
    widths = design.widths
    wanted = _num_of_cortical(design)
    sizes = [
        (abs(num_learned(_assembled(recipe, learned, replace(design, widths=(*widths[:2], width)), 0)) - wanted), width)
        for width in range(widths[2] // 2, 2 * widths[2])
    ]
    return _assembled(recipe, learned, replace(design, widths=(*widths[:2], min(sizes)[1])), seed)


def _assembled(recipe: Recipe, learned: Frontend | Layer | None, design: RecogniserDesign, seed: int) -> Recogniser:
    return Recogniser(
        learned,
        num_channels=cochlea_layout().num_channels,
        has_stem=recipe.has_stem,
        design=design,
        rngs=nnx.Rngs(seed),
    )
