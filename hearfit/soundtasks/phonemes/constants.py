"""What decides the scores of both phoneme experiments besides data and frontends, for the records of runs."""

from dataclasses import asdict

from hearfit.soundtasks.constants import language_settings, phone_settings, speech_settings
from hearfit.soundtasks.phonemes.convolution import BackEnd
from hearfit.soundtasks.phonemes.data import NOISE_SEEDS, DataDesign
from hearfit.soundtasks.phonemes.learning import STANDARDISED_ON, PhonemeTraining
from hearfit.soundtasks.phonemes.recogniser import RecogniserDesign
from hearfit.soundtasks.phonemes.segments import MARGIN_S
from hearfit.training.settings import Settings


def recognition_settings(design: DataDesign, recogniser: RecogniserDesign, training: PhonemeTraining) -> Settings:
    """The designs and the constants of the program beside them."""
    return {
        "level and band": speech_settings(),
        "languages": language_settings(),
        "letters of the classes": phone_settings(),
        "words": {**asdict(design), "margin (s)": MARGIN_S, "seeds of the noises": NOISE_SEEDS},
        "recogniser": {**asdict(recogniser), "back end": BackEnd.constants()},
        "training": {**asdict(training), "segments that standardise": STANDARDISED_ON},
    }
