"""What the enhancement experiment is, in words."""

from typing import Final

from hearfit.soundtasks.description import ExperimentDescription, FrontendChoice
from hearfit.soundtasks.record import Metric

UNTOUCHED: Final = "mixture"
SNRS_DB: Final = (-5.0, 0.0, 5.0, 10.0)
MEANING_OF_SNR: Final = "signal-to-noise ratio of the mixtures"

REFERENCES: Final = {
    UNTOUCHED: "the untouched mixture",
    "oracle ratio mask": "a mask that knows speech and noise: root of the speech's share in the power; phase of the "
    "mixture",
    "oracle phase-sensitive mask": "a mask that knows speech and noise: of all real masks up to 1 the one whose "
    "spectra are the closest to the speech's; phase of the mixture",
}
"""Rows that are no frontends."""

DESCRIPTION: Final = ExperimentDescription(
    task="enhancement",
    command="enhancement",
    title="Speech enhancement",
    question="Which frontend lets a mask network separate unseen talkers from unseen noises best?",
    data="--speech: VoxAngeles; --noise: ESC-10 (environmental sounds in five folds)",
    frontends=(
        FrontendChoice("full", "cochlea and cortex, both trained", "cochlea and cortex"),
        FrontendChoice("cortical", "fixed cochlea, trained cortex", "cortical rates and scales"),
        FrontendChoice("frozen", "fixed cochlea and cortex"),
        FrontendChoice("cnn", "fixed cochlea, convolutions; the same number of parameters in all"),
        FrontendChoice("gabor", "fixed cochlea, trained Gabor kernels", "Gabor kernels"),
        FrontendChoice("leaf", "LEAF, convolutions", "filters, pooling and gain control"),
        FrontendChoice("mel", "log-mel, convolutions"),
    ),
    conditions=tuple((f"{snr_db:g} dB", MEANING_OF_SNR) for snr_db in SNRS_DB),
    metrics=(
        Metric(
            "si_sdr_improvement",
            "dB",
            "SI-SDR of the output less that of the mixture",
            decimals=2,
            title="SI-SDR improvement",
        ),
        Metric("si_sdr", "dB", "scale-invariant signal-to-distortion ratio", decimals=2, title="SI-SDR"),
        Metric("estoi", "", "extended short-time objective intelligibility", title="ESTOI"),
    ),
    baseline="cnn",
    item="mixture",
)
