"""What the phoneme experiment is, in words."""

from typing import Final

from hearfit.soundtasks.description import ExperimentDescription, FrontendChoice
from hearfit.soundtasks.record import Metric

DESCRIPTION: Final = ExperimentDescription(
    task="phonemes",
    command="phonemes",
    title="Phoneme recognition",
    question="Does a biomimetic frontend recognise phones of unseen languages better than a matched network, above all "
    "with little data?",
    data="--data: VoxAngeles (recordings and TextGrids; one folder a language)",
    frontends=(
        FrontendChoice("full", "Cochlea and cortex, both trained", "cochlea and cortex"),
        FrontendChoice("cortical", "Fixed cochlea, trained cortex", "cortical rates and scales"),
        FrontendChoice("frozen", "Fixed cochlea and cortex"),
        FrontendChoice("cnn", "Fixed cochlea, free kernels with as many parameters as the cortex", "kernels"),
        FrontendChoice("gabor", "Log-mel and Gabor kernels", "Gabor kernels"),
        FrontendChoice("leaf", "Gabor filters, pooling and PCEN", "filters, pooling and compression"),
    ),
    conditions=(
        ("100 %", "all of the training languages' words"),
        ("30 %", "three tenths of them"),
        ("10 %", "one tenth of them"),
    ),
    metrics=(
        Metric("frame accuracy", "", "share of frames with the right class"),
        Metric("balanced accuracy", "", "the same, mean over classes"),
    ),
    baseline="cnn",
    item="utterance",
)
