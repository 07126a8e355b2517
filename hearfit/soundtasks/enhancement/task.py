"""One run of the enhancement experiment: a mask network trained behind a frontend, scored at one ratio."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError
from hearfit.soundtasks.constants import language_settings, speech_settings
from hearfit.soundtasks.data_files import content_hash
from hearfit.soundtasks.enhancement.data import (
    SAMPLING_RATE_HZ,
    Mixtures,
    mixtures_at,
    part_settings,
    read_parts,
    test_scenes,
    training_mixtures,
    validation_mixtures,
)
from hearfit.soundtasks.enhancement.description import REFERENCES, UNTOUCHED
from hearfit.soundtasks.enhancement.design import DESIGN, HIGHEST_SNR_DB, LOWEST_SNR_DB, EnhancementDesign
from hearfit.soundtasks.enhancement.estimates import (
    enhanced,
    estimates_of,
    inputs_of,
    reference_estimates,
    scores_of,
)
from hearfit.soundtasks.enhancement.examples import EXAMPLES, write_example
from hearfit.soundtasks.enhancement.masks import HIGHEST_MASK
from hearfit.soundtasks.enhancement.matched import build_network, width_settings
from hearfit.soundtasks.enhancement.mixtures import Scene, mixture_settings
from hearfit.soundtasks.enhancement.network import Batch, MaskNetwork, loss, loss_settings, si_sdr
from hearfit.soundtasks.enhancement.variation import variation_settings
from hearfit.soundtasks.learned import learned_parameters, num_learned
from hearfit.soundtasks.recipes import RECIPES, recipe_settings
from hearfit.soundtasks.record import CurvePoint, RunName, RunRecord
from hearfit.soundtasks.study import shared_network
from hearfit.training.loop import Trained, train
from hearfit.training.settings import Settings

Tell = Callable[[str, float], None]

_DATA_SUFFIXES: Final = (".flac", ".ogg", ".wav", ".textgrid")
_TRAINING_SHARE: Final = 0.9


def condition_of(snr_db: float) -> str:
    """Name of the condition in which mixtures have this ratio."""
    return f"{snr_db:g} dB"


def snr_of(condition: str) -> float:
    """The ratio in dB of a condition.

    Raises:
        InputError: it is no ratio, or none that a mixture can have.
    """
    try:
        snr_db = float(condition.removesuffix(" dB"))
    except ValueError:
        raise InputError(f"The condition {condition!r} is not a ratio such as '0 dB'.") from None
    if not LOWEST_SNR_DB <= snr_db <= HIGHEST_SNR_DB:
        raise InputError(
            f"A ratio of {snr_db:g} dB was asked for; allowed is {LOWEST_SNR_DB:g} to {HIGHEST_SNR_DB:g} dB."
        )
    return snr_db


@dataclass(frozen=True)
class EnhancementTask:
    """Speech in environmental noise.

    One network serves all ratios: the first run of a frontend and seed trains it and leaves it in `networks` beside
    the records, where the runs of its other ratios find it.

    Attributes:
        speech: folder of VoxAngeles.
        noise: folder of ESC-10.
        example_seed: the seed whose runs write sound files into `examples`; None writes none.
        num_examples: scenes that are written.
    """

    speech: Path
    noise: Path
    design: EnhancementDesign = field(default=DESIGN)
    example_seed: int | None = None
    num_examples: int = 4

    def settings(self) -> Settings:
        """All that decides the scores of a run besides its name; of the data, their contents."""
        design = asdict(self.design)
        return {
            "speech": content_hash(self.speech, _DATA_SUFFIXES),
            "noise": content_hash(self.noise, _DATA_SUFFIXES),
            "level and band": speech_settings(),
            "languages": language_settings(),
            "parts": part_settings(),
            "mixtures": mixture_settings(),
            "variation of noises": variation_settings(),
            "frontends": recipe_settings(),
            "network": {**design.pop("network"), **width_settings(), "highest mask": HIGHEST_MASK},
            "training": {**design.pop("training"), **loss_settings()},
            **design,
        }

    def training_of(self, name: RunName) -> tuple[str, int] | None:
        """Runs of one frontend and seed share a network; a reference has none."""
        return None if name.frontend in REFERENCES else (name.frontend, name.seed)

    def run(self, name: RunName, workspace: Path, progress: Tell) -> RunRecord:
        """Trains, unless another ratio has done so before, and scores the test mixtures.

        Raises:
            InputError: the data cannot be used, or there is no such frontend or ratio.
        """
        snr_db = snr_of(name.condition)
        if name.frontend not in RECIPES and name.frontend not in REFERENCES:
            known = ", ".join((*RECIPES, *REFERENCES))
            raise InputError(f"There is no frontend {name.frontend!r} in this experiment. Known are: {known}.")
        progress("reading sounds", 0.0)
        parts = read_parts(self.speech, self.noise)
        begin = time.monotonic()
        scenes = test_scenes(
            parts.test, scenes_per_clip=self.design.scenes_per_clip, num_samples=self._samples(self.design.test_s)
        )
        test = mixtures_at(scenes, [snr_db] * len(scenes))
        record = RunRecord(name, {}, 0, 0, 0.0)
        if name.frontend in REFERENCES:
            estimates = reference_estimates(name.frontend, test, self.design.grid)
        else:
            trained = self._trained(name, workspace, progress)
            progress("enhancing", _TRAINING_SHARE)
            estimates = enhanced(trained.model, name.frontend, test)
            record = _with_learned(record, trained, self._network(name))
        progress("scoring", _TRAINING_SHARE + 0.05)
        items = scores_of(estimates, test)
        if name.seed == self.example_seed:
            self._write_examples(name, workspace, scenes, estimates, snr_db)
        return replace(
            record,
            scores={metric: float(np.mean(values)) for metric, values in items.items()},
            items=items,
            duration_s=time.monotonic() - begin,
        )

    def _trained(self, name: RunName, workspace: Path, progress: Tell) -> Trained[MaskNetwork]:
        """The network of this frontend and seed, read where it has been trained already."""
        design = self.design
        # Once: it reads all of the data.
        kept, of_settings = shared_network(self, workspace, f"{name.frontend}_{name.seed}")
        drawn = _Drawn(self, name)
        # What was begun and killed in a run of another ratio goes on in this one.
        return train(
            self._network(name),
            loss=loss,
            validate=drawn.validate,
            fetch=drawn.fetch,
            num_items=design.num_training_mixtures,
            settings=replace(design.training, seed=name.seed),
            checkpoint=kept,
            identity={"frontend": name.frontend, "data": of_settings},
            on_progress=lambda step, steps, _loss, _score: progress("training", _TRAINING_SHARE * step / steps),
        )

    def _network(self, name: RunName) -> MaskNetwork:
        """The network before training, its features standardised."""
        network = build_network(RECIPES[name.frontend], self.design.network, self.design.grid, seed=name.seed)
        first = self.training(name.seed, num_mixtures=self.design.num_standardising)
        network.standardise(inputs_of(name.frontend, first.mixture, self.design.grid))
        return network

    def training(self, seed: int, *, num_mixtures: int) -> Mixtures:
        """The training mixtures of a seed."""
        return training_mixtures(
            read_parts(self.speech, self.noise).training,
            num_mixtures=num_mixtures,
            num_samples=self._samples(self.design.training_s),
            snr_range_db=self.design.snr_range_db,
            seed=seed,
        )

    def validation(self) -> Mixtures:
        """The validation mixtures, which all runs share."""
        return validation_mixtures(
            read_parts(self.speech, self.noise).validation,
            num_samples=self._samples(self.design.validation_s),
            snrs_db=self.design.validation_snrs_db,
        )

    def _samples(self, duration_s: float) -> int:
        hop = self.design.grid.hop_samples
        return round(duration_s * SAMPLING_RATE_HZ / hop) * hop

    def _write_examples(
        self,
        name: RunName,
        workspace: Path,
        scenes: Sequence[Scene],
        estimates: Float[np.ndarray, "sounds samples"],
        snr_db: float,
    ) -> None:
        # Spread over the noises, whose clips are sorted by the names of their sources.
        chosen = np.linspace(0, len(scenes) - 1, min(self.num_examples, len(scenes))).round().astype(int)
        for number in chosen:
            write_example(
                workspace.parents[1] / EXAMPLES,
                scenes[number],
                snr_db=snr_db,
                estimates={} if name.frontend == UNTOUCHED else {name.frontend: estimates[number]},
                sampling_rate_hz=SAMPLING_RATE_HZ,
            )


class _Drawn:
    """Training and validation data of a run, made when they are first asked for: a finished training asks for none."""

    def __init__(self, task: EnhancementTask, name: RunName) -> None:
        self._task = task
        self._name = name

    def fetch(self, step: int, indices: np.ndarray) -> Batch:
        """The batch of a step."""
        del step
        mixtures = _training(self._task, self._name.seed)
        inputs = _training_inputs(self._task, self._name.seed, self._frontend)
        return Batch(
            jnp.asarray(inputs[indices]), jnp.asarray(mixtures.mixture[indices]), jnp.asarray(mixtures.speech[indices])
        )

    def validate(self, model: MaskNetwork) -> float:
        """Mean SI-SDR improvement of the validation mixtures, in dB."""
        mixtures = _validation(self._task)
        estimates = estimates_of(model, _validation_inputs(self._task, self._frontend), mixtures.mixture)
        speech = jnp.asarray(mixtures.speech)
        gained = si_sdr(jnp.asarray(estimates), speech) - si_sdr(jnp.asarray(mixtures.mixture), speech)
        return float(jnp.mean(gained))

    @property
    def _frontend(self) -> str:
        """One of those with the same fixed stage, so that they share what it gives."""
        fixed = RECIPES[self._name.frontend].fixed
        return next(name for name, recipe in RECIPES.items() if recipe.fixed is fixed)


# A process that does several runs of one seed draws and filters their mixtures once; it keeps those of the last seed.
@lru_cache(maxsize=1)
def _training(task: EnhancementTask, seed: int) -> Mixtures:
    return task.training(seed, num_mixtures=task.design.num_training_mixtures)


@lru_cache(maxsize=1)
def _training_inputs(task: EnhancementTask, seed: int, frontend: str) -> Float[np.ndarray, "sounds ..."]:
    return inputs_of(frontend, _training(task, seed).mixture, task.design.grid)


@lru_cache(maxsize=1)
def _validation(task: EnhancementTask) -> Mixtures:
    return task.validation()


@lru_cache(maxsize=1)
def _validation_inputs(task: EnhancementTask, frontend: str) -> Float[np.ndarray, "sounds ..."]:
    return inputs_of(frontend, _validation(task).mixture, task.design.grid)


def _with_learned(record: RunRecord, trained: Trained[MaskNetwork], before: MaskNetwork) -> RunRecord:
    after = trained.model
    num_frontend = num_learned(after.frontend)
    return replace(
        record,
        num_frontend_parameters=num_frontend,
        num_readout_parameters=num_learned(after) - num_frontend,
        curve=tuple(CurvePoint(each.step, each.training_loss, each.validation_score) for each in trained.curve),
        learned=learned_parameters(before.frontend, after.frontend),
    )
