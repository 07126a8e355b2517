"""What the experiments on sound events are, in words."""

from typing import Final

from hearfit.soundtasks.description import ExperimentDescription, FrontendChoice
from hearfit.soundtasks.record import Metric

FRONTENDS: Final = (
    FrontendChoice("cnn", "log-mel; a convolution of 5 frames and 5 channels belongs to the network behind it"),
    FrontendChoice("gabor", "log-mel and Gabor filters (Riad et al. 2021)", "four numbers of each Gabor filter"),
    FrontendChoice(
        "cortical", "fixed cochlea and modulation filters (Famularo et al. 2024)", "rate and scale of each filter"
    ),
    FrontendChoice("frozen", "fixed cochlea and modulation filters, as `cortical` begins"),
    FrontendChoice("cochlea", "fixed cochlea, that of `cortical`; behind it the convolution of `cnn`"),
    FrontendChoice("adaptation", "log-mel above its running average", "a time constant of each channel"),
    FrontendChoice("leaf", "Gabor filters on the waveform, pooling and PCEN", "filters, pooling and compression"),
)
"""Those compared by default; `full` is as slow as all of them together."""
SLOW_FRONTENDS: Final = (
    FrontendChoice("full", "cochlea and modulation filters", "exponents, inhibition and time constant; rate and scale"),
)
BASELINE: Final = "cnn"

AUC: Final = "AUC"
_ACCURACY: Final = Metric("accuracy", "", "share of the recordings with the right class", is_share=True)
_BALANCED: Final = Metric(
    "balanced accuracy", "", "mean over the classes of the share of each that is right", is_share=True
)
_CLEAN: Final = (("clean", "as recorded"),)

VAD: Final = ExperimentDescription(
    task="vad",
    command="events --task vad",
    title="Voice activity",
    question="Which frontend tells frames with speech from frames of noise alone, in languages and noises never heard?",
    data="--data: VoxAngeles; --noise: ESC-10",
    frontends=(*FRONTENDS, *SLOW_FRONTENDS),
    conditions=(("noisy", "trained on -5 to 10 dB SNR, tested at 0 dB"),),
    metrics=(
        Metric(AUC, "", "area under the ROC curve over all frames of the test, 0 dB SNR", is_share=True),
        Metric(
            "AUC of a word", "", "mean over the words of the area over the frames of one word, 0 dB SNR", is_share=True
        ),
        Metric("AUC at -5 dB", "", "area over all frames, -5 dB SNR", is_share=True),
        Metric("AUC at 10 dB", "", "area over all frames, 10 dB SNR", is_share=True),
        Metric("AUC in environment noise", "", "area over frames in recorded noise, 0 dB SNR", is_share=True),
        Metric("AUC in white noise", "", "area over frames in white noise, 0 dB SNR", is_share=True),
        Metric("AUC in pink noise", "", "area over frames in pink noise, 0 dB SNR", is_share=True),
    ),
    baseline=BASELINE,
    item="word",
)
DIGITS: Final = ExperimentDescription(
    task="digits",
    command="events --task digits",
    title="Spoken digits",
    question="Which frontend recognises digits of talkers never heard?",
    data="--data: free spoken digits (FSDD)",
    frontends=(*FRONTENDS, *SLOW_FRONTENDS),
    conditions=_CLEAN,
    metrics=(_ACCURACY, _BALANCED),
    baseline=BASELINE,
    item="recording",
)
SPEAKER: Final = ExperimentDescription(
    task="speaker",
    command="events --task speaker",
    title="Talkers",
    question="Which frontend tells talkers apart in words that they were not trained with?",
    data="--data: free spoken digits (FSDD)",
    frontends=(*FRONTENDS, *SLOW_FRONTENDS),
    conditions=_CLEAN,
    metrics=(_ACCURACY, _BALANCED),
    baseline=BASELINE,
    item="recording",
)
BIRDS: Final = ExperimentDescription(
    task="birds",
    command="events --task birds",
    title="Bird syllables",
    question="Which frontend tells the syllables of a Bengalese finch apart, frame by frame?",
    data="--data: recordings and Annotation.xml of a bird of Koumura and Okanoya (2016)",
    frontends=(*FRONTENDS, *SLOW_FRONTENDS),
    conditions=_CLEAN,
    metrics=(
        Metric(
            "balanced accuracy",
            "",
            "mean over syllables and silence of the share of their frames that is right",
            is_share=True,
        ),
        Metric("frame accuracy", "", "share of the frames that are right", is_share=True),
        Metric("note error", "", "insertions, deletions and substitutions of notes to each annotated note", False),
    ),
    baseline=BASELINE,
    item="recording",
)
DESCRIPTIONS: Final = (VAD, DIGITS, SPEAKER, BIRDS)
