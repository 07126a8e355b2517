"""The mask network of each frontend, as large as that with the trained cortex."""

from dataclasses import replace
from typing import Final

from flax import nnx

from hearfit.learnable.interface import Frontend, Layer
from hearfit.soundtasks.enhancement.network import MaskNetwork, NetworkDesign
from hearfit.soundtasks.enhancement.short_time_spectrum import SpectrumGrid
from hearfit.soundtasks.feature_network import num_maps_of
from hearfit.soundtasks.learned import num_learned
from hearfit.soundtasks.recipes import RECIPES, Recipe, cochlea_layout
from hearfit.training.settings import Settings

_WIDTHS: Final = range(8, 257)


def width_settings() -> Settings:
    """Between which widths that which matches is looked for."""
    return {"least width": _WIDTHS[0], "greatest width": _WIDTHS[-1]}


def build_network(recipe: Recipe, design: NetworkDesign, grid: SpectrumGrid, *, seed: int) -> MaskNetwork:
    """The network before training, as wide as makes it learn as many numbers as that with the trained cortex."""
    frontend = recipe.learned(design.num_maps, seed)
    return MaskNetwork(
        frontend,
        num_channels=cochlea_layout().num_channels,
        has_stem=recipe.has_stem,
        grid=grid,
        design=replace(design, width=_matched_width(recipe, frontend, design, grid)),
        rngs=nnx.Rngs(seed),
    )


def _matched_width(recipe: Recipe, frontend: Frontend | Layer | None, design: NetworkDesign, grid: SpectrumGrid) -> int:
    def total(width: int, behind: Frontend | Layer | None, *, has_stem: bool) -> int:
        return num_learned(behind) + replace(design, width=width).num_parameters(
            num_features=num_maps_of(behind),
            num_channels=cochlea_layout().num_channels,
            num_bins=grid.num_bins,
            has_stem=has_stem,
        )

    cortical = RECIPES["cortical"]
    wanted = total(design.width, cortical.learned(design.num_maps, 0), has_stem=cortical.has_stem)
    return min(_WIDTHS, key=lambda width: abs(total(width, frontend, has_stem=recipe.has_stem) - wanted))
