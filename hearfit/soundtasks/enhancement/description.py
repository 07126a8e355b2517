"""What the enhancement experiment is, in words."""

from typing import Final

from hearfit.soundtasks.description import ExperimentDescription, FrontendChoice
from hearfit.soundtasks.record import Metric

DESCRIPTION: Final = ExperimentDescription(
    task="enhancement",
    command="enhancement",
    title="Speech enhancement",
    question="Which frontend lets a mask network separate unseen talkers from unseen noises best?",
    data="--speech: VoxAngeles; --noise: ESC-10 (environmental sounds in five folds)",
    frontends=(
        FrontendChoice("full", "Cochlea and cortex, both trained", "cochlea and cortex"),
        FrontendChoice("cortical", "Fixed cochlea, trained cortex", "cortical rates and scales"),
        FrontendChoice("frozen", "Fixed cochlea and cortex"),
        FrontendChoice("cnn", "Fixed cochlea, free kernels with as many parameters as the cortex", "kernels"),
        FrontendChoice("gabor", "Log-mel and Gabor kernels", "Gabor kernels"),
    ),
    conditions=(("-5 dB", "SNR of the mixture"), ("0 dB", ""), ("5 dB", ""), ("10 dB", "")),
    metrics=(
        Metric("si_sdr_improvement", "dB", "SI-SDR of the output less that of the mixture", decimals=2),
        Metric("si_sdr", "dB", "scale-invariant signal-to-distortion ratio", decimals=2),
        Metric("estoi", "", "extended short-time objective intelligibility"),
    ),
    baseline="cnn",
    item="mixture",
)
