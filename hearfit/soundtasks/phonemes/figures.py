"""What the filters of the recognisers have become, as arrays to be drawn."""

from hearfit.soundtasks.phonemes.recogniser import RecogniserDesign
from hearfit.soundtasks.phonemes.wording import share_of_condition
from hearfit.soundtasks.pictures import Sheet
from hearfit.soundtasks.recipe_figures import recipe_sheets
from hearfit.soundtasks.result import ExperimentResult


def phoneme_sheets(result: ExperimentResult) -> tuple[Sheet, ...]:
    """Filters of the first seed, those learned from the most words first."""
    records = [record for record in result.records if record.name.seed == result.seeds[0]]
    records.sort(key=lambda record: -share_of_condition(record.name.condition))
    return recipe_sheets(records, num_maps=RecogniserDesign().num_maps)
