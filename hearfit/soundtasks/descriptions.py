"""All experiments, in the order of the list."""

from typing import Final

from hearfit.soundtasks.description import ExperimentDescription
from hearfit.soundtasks.enhancement.description import DESCRIPTION as ENHANCEMENT
from hearfit.soundtasks.events.description import DESCRIPTIONS as EVENTS
from hearfit.soundtasks.neural.description import DESCRIPTION as NEURAL
from hearfit.soundtasks.phonemes.description import DESCRIPTION as PHONEMES
from hearfit.soundtasks.phonemes.description import EAR_DESCRIPTION as EAR

DESCRIPTIONS: Final[tuple[ExperimentDescription, ...]] = (NEURAL, PHONEMES, EAR, ENHANCEMENT, *EVENTS)
