"""Filters of the tasks that share their recipes, phonemes and enhancement, as arrays to be drawn."""

from collections.abc import Sequence

from hearfit.soundtasks.filter_figures import PicturedRun, filter_sheets
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.recipes import RECIPES, cochlea_layout
from hearfit.soundtasks.record import RunRecord


def recipe_sheets(records: Sequence[RunRecord], *, num_maps: int, has_one_network: bool = False) -> tuple[Sheet, ...]:
    """Filters of every run that learned any.

    Args:
        num_maps: of the networks.
        has_one_network: whether one network serves all conditions, so that none is named.
    """
    runs = []
    for record in records:
        if record.learned:
            name = record.name
            title = name.frontend if has_one_network else f"{name.frontend}, {name.condition}"
            runs.append(_pictured(record, title, num_maps))
    return filter_sheets(runs)


def _pictured(record: RunRecord, title: str, num_maps: int) -> PicturedRun:
    name = record.name
    # Of a modulation layer the spectrogram is always that of the cochlea.
    start = RECIPES[name.frontend].learned(num_maps, name.seed)
    return PicturedRun(record, title, start, cochlea_layout())
