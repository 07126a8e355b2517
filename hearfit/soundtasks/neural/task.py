"""One run of the neural experiment: a frontend and a readout fitted to NS1, scored on its test sounds."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.corpora.ns1 import BIN_S, MEAN_LEVEL_DB_SPL, SAMPLING_RATE_HZ, SPLITS
from hearfit.learnable.catalogue import build
from hearfit.learnable.request import FrontendRequest
from hearfit.soundtasks.data_files import content_hash
from hearfit.soundtasks.learned import learned_parameters, num_learned
from hearfit.soundtasks.neural.data import recorded
from hearfit.soundtasks.neural.figures import receptive_field_sheets
from hearfit.soundtasks.neural.fit import (
    FitDesign,
    Fitted,
    Fitting,
    Tell,
    fit_linear,
    fit_recurrent,
    predicted_responses,
)
from hearfit.soundtasks.neural.readouts import RecurrentDesign
from hearfit.soundtasks.neural.responses import SMOOTHING_WEIGHTS, Responses
from hearfit.soundtasks.neural.ridge import HISTORY_FRAMES, PENALTIES
from hearfit.soundtasks.neural.scores import correlation, correlation_of_drawn_sounds, normalised_correlation
from hearfit.soundtasks.picture_files import pictures_path, write_sheets
from hearfit.soundtasks.record import CurvePoint, RunName, RunRecord
from hearfit.training.settings import Settings, TrainingSettings

TASK: Final = "neural"
LINEAR: Final = "linear"
RECURRENT: Final = "recurrent"
# The range and number of channels of the published spectrograms, for every frontend alike.
NUM_CHANNELS: Final = 34
LOWEST_HZ: Final = 500.0
HIGHEST_HZ: Final = 22_627.0
_DATA_SUFFIXES: Final = (".wav", ".npz")

# Chosen by the score of the validation sounds of the published split.
DESIGN: Final = FitDesign(
    late=TrainingSettings(
        learning_rate=0.1,
        frontend_learning_rate=0.1,
        batch_size=14,
        num_steps=40,
        steps_per_validation=10,
        patience=None,
        is_higher_better=True,
        seed=0,
        is_cosine=True,
    ),
    most_late_features=NUM_CHANNELS,
    linear=TrainingSettings(
        learning_rate=2e-4,
        frontend_learning_rate=8e-2,
        batch_size=1,
        num_steps=112,
        steps_per_validation=14,
        patience=None,
        is_higher_better=True,
        seed=0,
        num_warm_up_steps=7,
        is_cosine=True,
        largest_gradient=1.0,
    ),
    recurrent=TrainingSettings(
        learning_rate=3e-3,
        frontend_learning_rate=0.0,
        batch_size=2,
        num_steps=280,
        steps_per_validation=14,
        patience=None,
        is_higher_better=True,
        seed=0,
        weight_decay=0.1,
        is_cosine=True,
        largest_gradient=1.0,
    ),
    readout=RecurrentDesign(num_hidden=64, num_components=20, feature_dropout=0.1, hidden_dropout=0.5),
)


@dataclass(frozen=True)
class NeuralTask:
    """Responses of auditory cortex to natural sounds.

    Attributes:
        folder: of NS1.
        split: name of a split of its sounds.
        pictured_seed: runs of this seed leave pictures of receptive fields.
    """

    folder: Path
    split: str
    design: FitDesign = DESIGN
    pictured_seed: int = 0

    def settings(self) -> Settings:
        """All that decides the scores of a run besides its name."""
        split = SPLITS[self.split]
        return {
            "data": content_hash(self.folder, _DATA_SUFFIXES),
            "mean level (dB SPL)": MEAN_LEVEL_DB_SPL,
            "split": split.name,
            "training sounds": split.training,
            "validation sounds": split.validation,
            "test sounds": split.test,
            "smoothing": SMOOTHING_WEIGHTS,
            "lags": HISTORY_FRAMES,
            "penalties": PENALTIES,
            "channels": NUM_CHANNELS,
            "lowest (Hz)": LOWEST_HZ,
            "highest (Hz)": HIGHEST_HZ,
            "last stage": asdict(self.design.late),
            "most features of a last stage": self.design.most_late_features,
            "linear": asdict(self.design.linear),
            "recurrent": asdict(self.design.recurrent),
            "recurrent readout": asdict(self.design.readout),
        }

    def fit(self, name: RunName, workspace: Path | None, progress: Tell) -> Fitted:
        """The fitted frontend and readout of a run.

        Raises:
            InputError: the data cannot be read, or there is no such frontend.
        """
        data = recorded(self.folder)
        fitting = Fitting(data, SPLITS[self.split], self.design, name.seed, workspace, progress)
        frontend = build(name.frontend, _request(name.seed))
        return (fit_recurrent if name.condition == RECURRENT else fit_linear)(frontend, fitting)

    def run(self, name: RunName, workspace: Path, progress: Tell) -> RunRecord:
        """Fits and scores.

        Raises:
            InputError: as `fit`.
        """
        data, test = recorded(self.folder), SPLITS[self.split].test
        begin = time.monotonic()
        fitted = self.fit(name, workspace, progress)
        predicted = predicted_responses(fitted, data, test)
        observed = data.responses.of(test)
        items = _items(predicted, observed, test)
        of_draws = np.nanmean(correlation_of_drawn_sounds(predicted, observed), axis=1)
        if name.seed == self.pictured_seed:
            sheets = receptive_field_sheets(fitted, data.waveform_pa[test[0]], items["cc_norm"], name.frontend)
            # The workspace of a run lies two folders below the output of its study.
            write_sheets(pictures_path(workspace.parent.parent, name), sheets)
        return RunRecord(
            name=name,
            scores={
                **{metric: float(np.nanmean(values)) for metric, values in items.items()},
                "cc_norm_median": float(np.nanmedian(items["cc_norm"])),
            },
            num_frontend_parameters=num_learned(fitted.frontend),
            num_readout_parameters=num_learned(fitted.readout),
            duration_s=time.monotonic() - begin,
            items={metric: tuple(values.tolist()) for metric, values in items.items()},
            draws={"cc_norm": tuple(of_draws.tolist())},
            curve=tuple(CurvePoint(each.step, each.training_loss, each.validation_score) for each in fitted.curve),
            learned=learned_parameters(build(name.frontend, _request(name.seed)), fitted.frontend),
        )


def _items(
    predicted: Float[np.ndarray, "sounds bins units"], observed: Responses, test: tuple[int, ...]
) -> dict[str, Float[np.ndarray, " units"]]:
    """Scores of every unit: over all test sounds, and CC_norm of each sound, whose power is that sound's own."""
    of_sounds = {
        f"cc_norm, sound {sound}": normalised_correlation(predicted[index : index + 1], observed.of((index,)))
        for index, sound in enumerate(test)
    }
    return {
        "cc_norm": normalised_correlation(predicted, observed),
        "cc": correlation(predicted, observed),
        **of_sounds,
    }


def _request(seed: int) -> FrontendRequest:
    return FrontendRequest(
        sampling_rate_hz=SAMPLING_RATE_HZ,
        hop_s=BIN_S,
        num_channels=NUM_CHANNELS,
        lowest_hz=LOWEST_HZ,
        highest_hz=HIGHEST_HZ,
        seed=seed,
    )
