"""What the neural experiment is, in words."""

from typing import Final

from hearfit.soundtasks.description import ExperimentDescription, FrontendChoice
from hearfit.soundtasks.record import Metric

DESCRIPTION: Final = ExperimentDescription(
    task="neural",
    command="neural",
    title="Prediction of auditory cortex",
    question="Which frontend lets a simple readout predict the responses of 119 units of ferret auditory cortex best?",
    data="--data: the NS1 set (natural sounds and spike times; 20 sounds, 119 units, 20 repeats each)",
    frontends=(
        FrontendChoice("mel", "Log-mel spectrogram, 34 bands"),
        FrontendChoice("gammatone", "ERB-spaced gammatone filterbank"),
        FrontendChoice("sincnet", "Band-pass filters with learned edges", "band edges"),
        FrontendChoice("leaf", "Gabor filters, pooling and PCEN", "filters, pooling and compression"),
        FrontendChoice(
            "biomimetic", "Cochlea with compression, lateral inhibition and leak", "all stages after the filters"
        ),
        FrontendChoice("adaptation", "Log-mel less its running mean, rectified"),
        FrontendChoice("adaptation-learned", "The same with learned time constants", "time constants and weights"),
    ),
    conditions=(
        ("linear", "spectro-temporal receptive field as readout"),
        ("recurrent", "small recurrent network as readout"),
    ),
    metrics=(
        Metric("cc_norm", "", "correlation with the mean response, normalised by what is explainable, mean over units"),
        Metric("cc_norm_median", "", "the same, median over units"),
        Metric("cc", "", "plain correlation, mean over units"),
    ),
    baseline="mel",
    item="unit",
)
