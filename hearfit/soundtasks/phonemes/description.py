"""What the phoneme experiments are, in words."""

from dataclasses import replace
from typing import Final

from hearfit.soundtasks.description import ExperimentDescription, FrontendChoice
from hearfit.soundtasks.phonemes.wording import BALANCED, BROAD, PHONES, condition_of, score_name
from hearfit.soundtasks.record import Metric

DEFAULT_SNRS_DB: Final = (10.0, 0.0)
DEFAULT_SHARES: Final = (1.0, 0.3, 0.1)
NORMAL_EAR: Final = "normal ear"
THIS_EAR: Final = "this ear"
LEVELS_DB_SPL: Final = (50.0, 65.0, 80.0)
_MEAN: Final = "mean over words and over the listening conditions"
_DATA: Final = "--data: VoxAngeles (recordings and TextGrids; one folder a language)"


def listening_names(snrs_db: tuple[float, ...]) -> tuple[str, ...]:
    """The conditions of the test: quiet, then each noise at each in-band signal-to-noise ratio."""
    return ("quiet", *(f"{colour} {snr:g} dB" for colour in ("white", "pink") for snr in snrs_db))


def metrics_of(snrs_db: tuple[float, ...]) -> tuple[Metric, ...]:
    """Means over the listening conditions, then each of them."""
    means = (
        Metric(BROAD, "", f"share of a word's frames with the right broad class, {_MEAN}", is_share=True),
        Metric(
            PHONES,
            "",
            f"share of a word's frames of the 20 most frequent phones with the right phone, {_MEAN}",
            is_share=True,
        ),
        Metric(
            BALANCED,
            "",
            "share of the frames of a broad class that are told, mean over the 8 classes and the listening conditions",
            is_share=True,
        ),
    )
    each = tuple(
        Metric(
            score_name(measure, listening),
            "",
            f"{measure} of words {_heard_in(listening)}, mean over words",
            title=f"{measure} {_heard_in(listening)}",
            is_share=True,
        )
        for measure in (BROAD, PHONES)
        for listening in listening_names(snrs_db)
    )
    return (*means, *each)


def _heard_in(listening: str) -> str:
    """A listening condition in words: "in quiet", "in white noise at 10 dB SNR"."""
    colour, *ratio = listening.split(" ", maxsplit=1)
    return f"in {colour} noise at {ratio[0]} SNR" if ratio else f"in {colour}"


DESCRIPTION: Final = ExperimentDescription(
    task="phonemes",
    command="phonemes",
    title="Phoneme recognition",
    question="Does a biomimetic frontend recognise phones of unseen languages better than a matched network, above all "
    "with little data?",
    data=_DATA,
    frontends=(
        FrontendChoice("full", "Cochlea and cortex, both trained", "cochlea and cortex"),
        FrontendChoice("cortical", "Fixed cochlea, trained cortex", "cortical rates and scales"),
        FrontendChoice("frozen", "Fixed cochlea and cortex"),
        FrontendChoice(
            "cnn", "Fixed cochlea; behind it convolutions with as many parameters and as long a memory as the cortex"
        ),
        FrontendChoice("gabor", "Fixed cochlea, Gabor kernels", "Gabor kernels"),
        FrontendChoice(
            "leaf", "Gabor filters, pooling and PCEN; convolutions as of cnn", "filters, pooling and compression"
        ),
        FrontendChoice("mel", "Log-mel; convolutions as of cnn"),
    ),
    conditions=tuple((condition_of(share), "of the words of each training language") for share in DEFAULT_SHARES),
    metrics=metrics_of(DEFAULT_SNRS_DB),
    baseline="cnn",
    item="utterance",
    counted_in_each="listening condition",
)

EAR_DESCRIPTION: Final = ExperimentDescription(
    task="phonemes-ear",
    command="phonemes --profile profile.json",
    title="What an ear costs a recogniser of phones",
    question="How much worse does a recogniser trained with normal hearing tell phones when it hears through this ear?",
    data=f"{_DATA}; --profile: what `hearfit fit` found of one ear",
    frontends=(
        FrontendChoice(NORMAL_EAR, "The listener model with normal hearing, in training and test"),
        FrontendChoice(THIS_EAR, "Normal hearing in training, the ear of the profile in the test"),
    ),
    conditions=tuple((f"{level:g} dB SPL", "level of the speech") for level in LEVELS_DB_SPL),
    metrics=metrics_of((10.0,)),
    baseline=NORMAL_EAR,
    item="utterance",
    counted_in_each="listening condition",
)


def description_of(snrs_db: tuple[float, ...], shares: tuple[float, ...]) -> ExperimentDescription:
    """The comparison with other ratios or sizes of the training set."""
    return replace(
        DESCRIPTION,
        conditions=tuple((condition_of(share), "of the words of each training language") for share in shares),
        metrics=metrics_of(snrs_db),
    )
