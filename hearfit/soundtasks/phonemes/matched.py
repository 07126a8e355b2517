"""The recogniser of each frontend, as large as that with the trained cortex."""

from dataclasses import replace
from functools import partial

from flax import nnx

from hearfit.learnable.interface import Frontend, Layer
from hearfit.soundtasks.learned import num_learned_by
from hearfit.soundtasks.phonemes.recogniser import Recogniser, RecogniserDesign
from hearfit.soundtasks.recipes import RECIPES, Recipe, cochlea_layout


def build_recogniser(recipe: Recipe, design: RecogniserDesign, *, seed: int) -> Recogniser:
    """The recogniser before training.

    With a stem the back end is made narrower or wider until as many numbers are learned as with the trained cortex.
    """
    frontend = recipe.learned(design.num_maps, seed)
    widths = _matched_widths(recipe, frontend, design) if recipe.has_stem else design.widths
    return _assembled(recipe, frontend, replace(design, widths=widths), seed)


def _assembled(recipe: Recipe, frontend: Frontend | Layer | None, design: RecogniserDesign, seed: int) -> Recogniser:
    return Recogniser(
        frontend,
        num_channels=cochlea_layout().num_channels,
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
    wanted = num_learned_by(partial(_assembled, cortical, cortical.learned(design.num_maps, 0), design, 0))
    # What is learned grows linearly with this width.
    here, further = (
        num_learned_by(partial(_assembled, recipe, frontend, replace(design, widths=(first, second, width)), 0))
        for width in (last, last + 1)
    )
    return first, second, max(1, last + round((wanted - here) / (further - here)))
