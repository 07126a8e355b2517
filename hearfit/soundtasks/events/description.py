"""What the experiments on sound events are, in words."""

from typing import Final

from hearfit.soundtasks.description import ExperimentDescription, FrontendChoice
from hearfit.soundtasks.record import Metric

_FRONTENDS: Final = (
    FrontendChoice("mel", "Log-mel spectrogram and a small network"),
    FrontendChoice("gabor", "Log-mel and Gabor kernels", "Gabor kernels"),
    FrontendChoice("cnn", "Log-mel and free kernels of the same size", "kernels"),
    FrontendChoice("leaf", "Gabor filters, pooling and PCEN", "filters, pooling and compression"),
    FrontendChoice("biomimetic", "Cochlea and cortex", "cochlea and cortex"),
)
_ACCURACY: Final = Metric("accuracy", "", "share of the items with the right class")

VAD: Final = ExperimentDescription(
    task="vad",
    command="events --task vad",
    title="Voice activity",
    question="Which frontend finds speech in noise best?",
    data="--data: VoxAngeles and ESC-10",
    frontends=_FRONTENDS,
    conditions=(("0 dB", "SNR of speech in noise"),),
    metrics=(Metric("auc", "", "area under the ROC curve over frames"),),
    baseline="cnn",
    item="utterance",
)
DIGITS: Final = ExperimentDescription(
    task="digits",
    command="events --task digits",
    title="Spoken digits",
    question="Which frontend recognises digits of unseen talkers best?",
    data="--data: free spoken digits",
    frontends=_FRONTENDS,
    conditions=(("clean", "as recorded"),),
    metrics=(_ACCURACY,),
    baseline="cnn",
    item="recording",
)
SPEAKER: Final = ExperimentDescription(
    task="speaker",
    command="events --task speaker",
    title="Speakers",
    question="Which frontend tells talkers apart best?",
    data="--data: free spoken digits",
    frontends=_FRONTENDS,
    conditions=(("clean", "as recorded"),),
    metrics=(_ACCURACY,),
    baseline="cnn",
    item="recording",
)
BIRDS: Final = ExperimentDescription(
    task="birds",
    command="events --task birds",
    title="Bird syllables",
    question="Which frontend tells a Bengalese finch's syllables apart best?",
    data="--data: Bengalese finch song with its annotation",
    frontends=_FRONTENDS,
    conditions=(("clean", "as recorded"),),
    metrics=(_ACCURACY,),
    baseline="cnn",
    item="syllable",
)
DESCRIPTIONS: Final = (VAD, DIGITS, SPEAKER, BIRDS)
