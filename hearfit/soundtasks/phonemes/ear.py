"""What an ear costs a recogniser that was trained with normal hearing.

The recogniser learns from what the listener model's normal cochlea gives, of speech from soft to loud, in quiet and in
noise. It is then tested with what the cochlea of a fitted ear gives of the same sounds. Nothing is learned about that
ear: the difference is what it does not pass on, as far as this recogniser can tell; a person adapts to his ear.
"""

import hashlib
import time
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from flax import nnx

from hearfit.corpora.noise import NOISE_COLOURS
from hearfit.inference.profile_ear import ear_of_profile
from hearfit.learnable.interface import Frontend
from hearfit.learnable.listener_ear import ListenerDesign, ListenerFrontend, carried_constants
from hearfit.soundtasks.data_files import content_hash
from hearfit.soundtasks.feature_network import FeatureNetwork
from hearfit.soundtasks.phonemes.constants import recognition_settings
from hearfit.soundtasks.phonemes.data import DataDesign, TrainingData, test_data, training_data
from hearfit.soundtasks.phonemes.description import LEVELS_DB_SPL, THIS_EAR
from hearfit.soundtasks.phonemes.learning import PhonemeTraining, scores_of, train_recogniser
from hearfit.soundtasks.phonemes.recogniser import Recogniser, RecogniserDesign
from hearfit.soundtasks.phonemes.segments import Listening
from hearfit.soundtasks.phonemes.task import (
    DATA_SUFFIXES,
    HIGHEST_TRAINING_SNR_DB,
    LOWEST_TRAINING_SNR_DB,
    OnShare,
    record_of,
)
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.study import shared_network
from hearfit.soundtasks.temporal_stem import TemporalStem
from hearfit.storage.files import read_bytes
from hearfit.storage.profile_files import read_profile
from hearfit.training.loop import Trained
from hearfit.training.settings import Settings


@dataclass(frozen=True)
class Ear:
    """Makes the listener's cochlea with the parameters of a profile, or of a normal ear without one."""

    profile: Path | None = None

    def __call__(self) -> Frontend:
        """The frontend.

        Raises:
            InputError: the profile cannot be read, or was fitted with other parameters.
        """
        design = ListenerDesign()
        if self.profile is None:
            return ListenerFrontend(design)
        constants = carried_constants(design.sampling_rate_hz)
        return ListenerFrontend(design, ear=ear_of_profile(read_profile(self.profile), normal=constants))


@dataclass(frozen=True)
class EarTask:
    """A recogniser trained with normal hearing, tested with a normal ear or with that of the profile.

    The frontend of a run says which ear, its condition the level of the test words.
    """

    data: Path
    profile: Path
    snrs_db: tuple[float, ...] = (10.0,)
    recogniser: RecogniserDesign = field(default_factory=RecogniserDesign)
    training: PhonemeTraining = field(default_factory=PhonemeTraining)
    num_validation: int = 96

    @property
    def design(self) -> DataDesign:
        """Training words at levels from the softest to the loudest of the test."""
        level = (min(LEVELS_DB_SPL), max(LEVELS_DB_SPL))
        bounds = (LOWEST_TRAINING_SNR_DB, HIGHEST_TRAINING_SNR_DB)
        return DataDesign(
            training=(
                Listening("quiet", level_db_spl=level),
                *(Listening(colour, colour, bounds, level) for colour in NOISE_COLOURS),
            ),
            num_phones=self.recogniser.num_phones,
            num_validation=self.num_validation,
        )

    def test(self, level_db_spl: float) -> tuple[Listening, ...]:
        """How the test words are heard."""
        level = (level_db_spl, level_db_spl)
        noisy = (
            Listening(f"{colour} {snr:g} dB", colour, (snr, snr), level)
            for colour in NOISE_COLOURS
            for snr in self.snrs_db
        )
        return (Listening("quiet", level_db_spl=level), *noisy)

    def settings(self) -> Settings:
        """All that decides the scores besides the name of a run; of the profile, its content."""
        return {
            "data": content_hash(self.data, DATA_SUFFIXES),
            "profile": hashlib.sha256(read_bytes(self.profile)).hexdigest(),
            "test": [asdict(each) for level in LEVELS_DB_SPL for each in self.test(level)],
            "ear": repr(ListenerDesign()),
            "stem": TemporalStem.constants(),
            "standardised features": FeatureNetwork.constants(),
            **recognition_settings(self.design, self.recogniser, self.training),
        }

    def training_of(self, name: RunName) -> int:
        """Both ears and all levels share the recogniser of their seed."""
        return name.seed

    def run(self, name: RunName, workspace: Path, progress: OnShare) -> RunRecord:
        """Trains one recogniser, or takes the one of the same seed that another run has trained, and tests it.

        Raises:
            InputError: the data or the profile cannot be used.
            TrainingError: the training came to a number that is none.
        """
        progress("reading", 0.0)
        level_db_spl = float(name.condition.removesuffix(" dB SPL"))
        ear = Ear(self.profile if name.frontend == THIS_EAR else None)
        test = {each.name: test_data(self.data, self.design, each, ear) for each in self.test(level_db_spl)}
        begun = time.monotonic()
        progress("training", 0.1)
        before, trained = _trained(self, name.seed, *shared_network(self, workspace, f"normal-ear_{name.seed}"))
        progress("testing", 0.9)
        scores = {
            each: scores_of(trained.model, segments, self.recogniser.num_phones) for each, segments in test.items()
        }
        return record_of(name, before, trained, scores, time.monotonic() - begun)


@lru_cache(maxsize=1)
def _trained(task: EarTask, seed: int, network: Path, of_settings: str) -> tuple[Recogniser, Trained[Recogniser]]:
    """The same recogniser tests both ears at all levels; where it was trained already, it is read."""
    normal = Ear()
    data: TrainingData = training_data(task.data, task.design, normal)
    recogniser = Recogniser(
        None,
        num_channels=normal().layout.num_channels,
        has_stem=True,
        design=task.recogniser,
        rngs=nnx.Rngs(seed),
    )
    trained = train_recogniser(
        recogniser,
        data,
        data.train,
        task.training,
        seed=seed,
        checkpoint=network,
        identity={"settings": of_settings},
    )
    return recogniser, trained
