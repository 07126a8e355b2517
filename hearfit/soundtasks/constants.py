"""Constants that several tasks share and that decide scores as much as the sizes of a network, for records of runs."""

from hearfit.corpora.audio import ACTIVITY_FRAME_S, ACTIVITY_RANGE_DB, SPEECH_LEVEL_DB_SPL
from hearfit.corpora.ipa import letters_of_classes
from hearfit.corpora.noise import SPEECH_BAND_HZ
from hearfit.corpora.voxangeles import HELD_OUT_SHARES
from hearfit.training.settings import Settings


def speech_settings() -> Settings:
    """How loud speech is, by which of its frames that is measured, and in which band a ratio to noise."""
    return {
        "level (dB SPL)": SPEECH_LEVEL_DB_SPL,
        "frame of activity (s)": ACTIVITY_FRAME_S,
        "range of activity (dB)": ACTIVITY_RANGE_DB,
        "band of the ratio to noise (Hz)": SPEECH_BAND_HZ,
    }


def language_settings() -> Settings:
    """How the languages of VoxAngeles are divided."""
    return {"shares for validation and test": HELD_OUT_SHARES}


def phone_settings() -> Settings:
    """Which letters of the IPA are of which class: a corpus whose labels are the same may be read otherwise."""
    return letters_of_classes()
