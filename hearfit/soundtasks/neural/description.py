"""What the neural experiment is, in words."""

from typing import Final

from hearfit.soundtasks.description import ExperimentDescription, FrontendChoice
from hearfit.soundtasks.record import Metric

_NORMALISED: Final = "correlation with the mean response, normalised by what is explainable"

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
        FrontendChoice(
            "leaf-modulus",
            "Gabor filters without the square, as in deepSTRF, pooling and PCEN",
            "filters, pooling and compression",
        ),
        FrontendChoice("pcen-fixed", "Mel and per-channel energy normalisation"),
        FrontendChoice(
            "pcen", "Mel and per-channel energy normalisation", "four numbers of the normalisation of each channel"
        ),
        FrontendChoice(
            "biomimetic", "Cochlea with compression, lateral inhibition and leak", "all stages after the filters"
        ),
        FrontendChoice("biomimetic-frozen", "Cochlea with compression, lateral inhibition and leak, as it begins"),
        FrontendChoice("adaptation-fixed", "Log-mel less its running mean, rectified"),
        FrontendChoice("adaptation", "Log-mel less its running mean, rectified", "time constants"),
        FrontendChoice("on-off-fixed", "Log-mel, and what is above and below its running mean"),
        FrontendChoice("on-off", "Log-mel, and what is above and below its running mean", "time constants"),
        FrontendChoice("cascade-fixed", "Log-mel, adapted, and ON and OFF of the adapted channels twice"),
        FrontendChoice(
            "cascade", "Log-mel, adapted, and ON and OFF of the adapted channels twice", "time constants of both stages"
        ),
    ),
    conditions=(
        ("linear", "a receptive field of 45 ms for each unit"),
        ("recurrent", "a receptive field of 45 ms for each unit, corrected by a small recurrent network"),
    ),
    metrics=(
        Metric("cc_norm", "", f"{_NORMALISED}, mean over units", title="cc_norm"),
        Metric("cc_norm_median", "", f"{_NORMALISED}, median over units", title="median cc_norm"),
        Metric("cc", "", "plain correlation with the mean response, mean over units"),
    ),
    baseline="mel",
    item="unit",
)
