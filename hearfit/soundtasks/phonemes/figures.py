"""What the modulation filters of the recognisers have become, as arrays to be drawn."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.learnable.beside import BesideSpectrogram
from hearfit.learnable.cortical import CorticalLayer
from hearfit.learnable.interface import Chain
from hearfit.soundtasks.phonemes.recogniser import RecogniserDesign
from hearfit.soundtasks.pictures import Axis, Moves, Sheet
from hearfit.soundtasks.recipes import RECIPES
from hearfit.soundtasks.record import RunRecord
from hearfit.soundtasks.result import ExperimentResult

_MOST_PANELS: Final = 12


def phoneme_sheets(result: ExperimentResult) -> tuple[Sheet, ...]:
    """Rates and scales of every trained cortex of the first seed, before and after training."""
    panels = [
        panel for record in result.records if record.name.seed == result.seeds[0] for panel in _modulations(record)
    ][:_MOST_PANELS]
    if not panels:
        return ()
    return (
        Sheet(
            name="cortical-filters",
            heading="What the cortical filters are tuned to, before and after training",
            caption=(
                "Each filter has a temporal rate (positive and negative: the two directions of a moving ripple) and a "
                f"spectral scale. Runs with seed {result.seeds[0]}."
            ),
            alternative=f"Rate against scale of each filter before and after training, {len(panels)} runs.",
            panels=tuple(panels),
        ),
    )


def _modulations(record: RunRecord) -> list[Moves]:
    learned: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
        each.name: (each.before, each.after) for each in record.learned
    }
    recipe = RECIPES.get(record.name.frontend)
    if recipe is None or not {"rate", "scale"} <= learned.keys():
        return []
    layer = recipe.learned(RecogniserDesign().num_maps, record.name.seed)
    layer = layer.layer if isinstance(layer, Chain) else layer
    assert isinstance(layer, BesideSpectrogram)
    assert isinstance(layer.layer, CorticalLayer)
    direction = np.asarray(layer.layer.cortex.direction[...], np.float64)

    def points(when: int) -> Float[np.ndarray, "filters 2"]:
        rate, scale = (np.array(learned[name][when], np.float64) for name in ("rate", "scale"))
        return np.stack([direction * rate, scale], axis=1)

    title = f"{record.name.frontend}, {record.name.condition}"
    return [Moves(title, Axis("rate", "Hz"), Axis("scale", "cycles per octave"), points(0), points(1))]
