"""What an ear costs: one recogniser hears the same words through a normal ear and through one with a loss."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.soundtasks.phonemes.description import LEVELS_DB_SPL, NORMAL_EAR, THIS_EAR
from hearfit.soundtasks.phonemes.ear import Ear, EarTask, _trained
from hearfit.soundtasks.phonemes.experiment import ear_experiment
from hearfit.soundtasks.phonemes.learning import PhonemeTraining
from hearfit.soundtasks.phonemes.recogniser import RecogniserDesign
from hearfit.soundtasks.record import RunName, RunRecord
from tests.cli.test_frontend import fitted_profile
from tests.soundtasks.phoneme_corpus import write_corpus


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunRecord]:
    folder = tmp_path_factory.mktemp("ear")
    task = EarTask(
        write_corpus(folder / "corpus", num_words=2),
        fitted_profile(folder / "profile.json"),
        recogniser=RecogniserDesign(num_maps=2, widths=(4, 4, 8), num_phones=3),
        training=PhonemeTraining(num_steps=4, batch_size=3, steps_per_validation=4),
        num_validation=3,
    )
    found: dict[str, RunRecord] = {}
    monkeypatch = pytest.MonkeyPatch()
    for ear in (NORMAL_EAR, THIS_EAR):
        workspace = folder / "out" / "checkpoints" / ear
        workspace.mkdir(parents=True)
        # As in another worker.
        _trained.cache_clear()
        if found:
            # A finished training asks for no batch.
            monkeypatch.setattr("hearfit.soundtasks.phonemes.learning.crops", None)
        found[ear] = task.run(RunName("phonemes-ear", ear, "50 dB SPL", 0), workspace, lambda _message, _share: None)
        assert len(list((folder / "out" / "networks").iterdir())) == 1
    assert task.training_of(RunName("phonemes-ear", THIS_EAR, "80 dB SPL", 3)) == 3
    monkeypatch.undo()
    return found


@pytest.mark.slow
def test_both_ears_are_tested_with_one_recogniser(records: dict[str, RunRecord]) -> None:
    normal, this = records[NORMAL_EAR], records[THIS_EAR]
    assert normal.curve == this.curve
    assert normal.scores.keys() == this.scores.keys()
    assert normal.items["broad accuracy, quiet"] != this.items["broad accuracy, quiet"]


def test_a_loss_lowers_what_the_ear_gives(tmp_path: Path) -> None:
    """The profile has thresholds of 25 dB HL: less excitation in every channel that is audible at all."""
    sound = jnp.asarray(0.002 * np.random.default_rng(0).standard_normal((1, 3_200)), jnp.float32)
    normal, this = (np.asarray(ear()(sound)) for ear in (Ear(), Ear(fitted_profile(tmp_path / "profile.json"))))
    assert normal.shape == this.shape
    assert (this[:, 5:] < normal[:, 5:]).mean() > 0.95


def test_a_missing_profile_is_told_before_the_first_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json"):
        ear_experiment(data=tmp_path, profile=tmp_path / "none.json", seeds=(0,))
    assert LEVELS_DB_SPL == (50.0, 65.0, 80.0)
