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
        FrontendChoice("sincnet", "Band-pass filters", "band edges"),
        FrontendChoice("leaf", "Gabor filters, pooling and PCEN", "filters, pooling and compression"),
        FrontendChoice("pcen-fixed", "Mel and per-channel energy normalisation"),
        FrontendChoice("pcen", "The same", "its four numbers of each channel"),
        FrontendChoice(
            "biomimetic", "Cochlea with compression, lateral inhibition and leak", "all stages after the filters"
        ),
        FrontendChoice("biomimetic-frozen", "The same cochlea as it begins"),
        FrontendChoice("adaptation-fixed", "Log-mel less its running mean, rectified"),
        FrontendChoice("adaptation", "The same", "time constants"),
        FrontendChoice("on-off-fixed", "Log-mel, and what is above and below its running mean"),
        FrontendChoice("on-off", "The same", "time constants"),
        FrontendChoice("cascade-fixed", "Log-mel, adapted, and ON and OFF of the adapted channels twice"),
        FrontendChoice("cascade", "The same", "time constants of both stages"),
    ),
    conditions=(
        ("linear", "a receptive field of 45 ms for each unit"),
        ("recurrent", "the same, corrected by a small recurrent network"),
    ),
    metrics=(
        Metric("cc_norm", "", "correlation with the mean response, normalised by what is explainable, mean over units"),
        Metric("cc_norm_median", "", "the same, median over units"),
        Metric("cc", "", "plain correlation, mean over units"),
    ),
    baseline="mel",
    item="unit",
)
