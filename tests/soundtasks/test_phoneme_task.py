"""The phoneme experiment from files to records, on a corpus of seconds; and what is wrong with one."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from hearfit.corpora.voxangeles import read_corpus
from hearfit.errors import InputError
from hearfit.soundtasks.phonemes.data import load_words, training_data
from hearfit.soundtasks.phonemes.description import NORMAL_EAR
from hearfit.soundtasks.phonemes.experiment import phoneme_experiment, run_names
from hearfit.soundtasks.phonemes.learning import PhonemeTraining, crops, share_of_training
from hearfit.soundtasks.phonemes.recogniser import RecogniserDesign
from hearfit.soundtasks.phonemes.segments import Listening, SegmentGrid, segments_of
from hearfit.soundtasks.phonemes.targets import PADDING, PhoneSet
from hearfit.soundtasks.phonemes.task import PhonemeTask
from hearfit.soundtasks.phonemes.wording import condition_of, share_of_condition
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.soundtasks.study import SoundTask
from tests.soundtasks.phoneme_corpus import write_corpus

PHONES = PhoneSet(("a", "s", "t"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("phonemes") / "corpus")


@pytest.fixture(scope="module")
def task(folder: Path) -> PhonemeTask:
    return PhonemeTask(
        folder,
        snrs_db=(10.0,),
        recogniser=RecogniserDesign(num_maps=2, widths=(4, 4, 8), num_phones=3),
        training=PhonemeTraining(num_steps=30, batch_size=6, steps_per_validation=15, learning_rate=2e-2),
        num_validation=9,
    )


@pytest.fixture(scope="module")
def record(task: PhonemeTask, tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    name = RunName("phonemes", "gabor", "100 %", 0)
    return task.run(name, tmp_path_factory.mktemp("run"), lambda _message, _share: None)


def test_phones_that_are_easy_to_tell_are_told(record: RunRecord) -> None:
    """The classes are silence, tone, noise and click: far above the share of the most frequent class, 0.29."""
    assert record.scores["broad accuracy, quiet"] > 0.6
    assert set(record.items) == {name for name in record.scores if not name.startswith("balanced")}
    np.testing.assert_allclose(record.scores["broad accuracy"], np.mean(record.items["broad accuracy"]), rtol=1e-9)
    listening = ["quiet", "white 10 dB", "pink 10 dB"]
    mean = np.mean([record.scores[f"phone accuracy, {each}"] for each in listening])
    np.testing.assert_allclose(record.scores["phone accuracy"], mean, rtol=1e-9)


def test_a_record_counts_which_broad_class_is_taken_for_which(record: RunRecord) -> None:
    """The balanced accuracy of each condition is the mean recall; conditions have the same frames."""
    assert record.confusion is not None
    counts = np.array(record.confusion.counts)
    is_there = counts.sum(axis=1) > 0
    # Of recalls with the same cases in each condition the mean over conditions is that of the sums.
    balanced = np.mean(np.diagonal(counts)[is_there] / counts.sum(axis=1)[is_there])
    assert balanced == pytest.approx(record.scores["balanced accuracy"])
    assert record.confusion.classes[:2] == ("silence", "vowel")
    assert counts.sum() % 3 == 0


def test_a_record_tells_what_was_learned(record: RunRecord) -> None:
    assert [each.name for each in record.learned] == [
        "temporal width",
        "spectral width",
        "orientation",
        "modulation",
    ]
    assert record.num_frontend_parameters == 8
    assert all(each.before != each.after for each in record.learned)
    assert [point.step for point in record.curve] == [15, 30]


def test_a_run_is_repeated_to_the_bit(task: PhonemeTask, record: RunRecord, tmp_path: Path) -> None:
    again = task.run(record.name, tmp_path, lambda _message, _share: None)
    assert (again.scores, again.items, again.curve) == (record.scores, record.items, record.curve)


def test_a_task_can_be_sent_to_a_worker(task: PhonemeTask) -> None:
    assert pickle.loads(pickle.dumps(task)) == task
    assert isinstance(task, SoundTask)
    assert task.settings() == pickle.loads(pickle.dumps(task)).settings()


def test_segments_hold_words_with_their_margins(folder: Path) -> None:
    words = read_corpus(folder).utterances[:2]
    segments = segments_of(words, PHONES, Listening("quiet"), SegmentGrid(num_frames=80), seed=0)
    assert segments.inputs.shape == (2, 80 * 160)
    # 0.1 s of silence before the word is all there is; 0.1 s of it behind.
    labels = segments.targets[0, :, 1]
    np.testing.assert_array_equal(labels[:70], np.repeat([0, 1, 2, 3, 0], [10, 20, 20, 10, 10]))
    assert (labels[70:] == PADDING).all()


def test_long_words_are_cut_into_segments_that_continue_each_other(folder: Path) -> None:
    words = read_corpus(folder).utterances[:3]
    whole = segments_of(words, PHONES, Listening("quiet"), SegmentGrid(num_frames=80), seed=0)
    cut = segments_of(words, PHONES, Listening("quiet"), SegmentGrid(num_frames=32), seed=0)
    np.testing.assert_array_equal(cut.words, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    np.testing.assert_array_equal(cut.inputs[:3].ravel()[: 70 * 160], whole.inputs[0][: 70 * 160])
    np.testing.assert_array_equal(cut.targets[:3].reshape(-1, 2)[:70], whole.targets[0, :70])


def test_noise_of_a_word_does_not_depend_on_the_others(folder: Path) -> None:
    words = read_corpus(folder).utterances
    listening = Listening("white", "white", (0.0, 20.0), (50.0, 80.0))
    grid = SegmentGrid(num_frames=80)
    some = segments_of(words[2:4], PHONES, listening, grid, seed=1)
    every = segments_of(words, PHONES, listening, grid, seed=1)
    np.testing.assert_array_equal(some.inputs, every.inputs[2:4])
    other = segments_of(words[2:4], PHONES, listening, grid, seed=2)
    assert np.abs(other.inputs - some.inputs).max() > 0.0


def test_no_language_is_in_two_parts_and_shares_are_nested(task: PhonemeTask) -> None:
    data = training_data(task.data, task.design, None)
    words = data.words
    languages = [{each.language for each in part} for part in (words.train, words.validation, words.test)]
    assert not languages[0] & languages[1] | languages[0] & languages[2] | languages[1] & languages[2]
    names = [
        {data.train.names[word] for word in share_of_training(data, share, seed=3).words} for share in (0.25, 0.5, 1.0)
    ]
    assert names[0] < names[1] < names[2]
    # In each of the three conditions.
    assert len(share_of_training(data, 0.25, seed=3)) == 3 * len(names[0])


def test_crops_are_pieces_of_words_with_their_targets(task: PhonemeTask) -> None:
    data = training_data(task.data, task.design, None)
    batch = crops(data.train, np.array([4, 1]), 40, np.random.default_rng(0))
    for row, item in enumerate((4, 1)):
        piece, targets = np.asarray(batch.inputs[row]), np.asarray(batch.targets[row])
        whole = data.train.inputs[item]
        places = [first for first in range(112 - 40) if np.array_equal(whole[first * 160 : (first + 40) * 160], piece)]
        assert places
        assert any(np.array_equal(data.train.targets[item, first : first + 40], targets) for first in places)
        assert (targets != PADDING).all()


def test_runs_that_share_spectrograms_follow_one_another() -> None:
    names = run_names(("full", "cortical", "leaf", "cnn"), (1.0, 0.1), (0, 1))
    assert [each.frontend for each in names[:8]] == ["cortical"] * 2 + ["cnn"] * 2 + ["full"] * 2 + ["leaf"] * 2
    assert len(set(names)) == 16
    assert names[0].condition == "100 %"


@pytest.mark.parametrize("share", [1.0, 0.3, 0.1, 0.025])
def test_a_condition_says_its_share(share: float) -> None:
    assert share_of_condition(condition_of(share)) == pytest.approx(share)


def test_an_experiment_says_what_was_held_out_and_left_out(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fewer than the 20 that are to be told apart"):
        phoneme_experiment(data=folder, frontends=("cnn",), seeds=(0,), shares=(1.0,), snrs_db=(0.0,))
    with pytest.raises(InputError, match="there is no such folder"):
        phoneme_experiment(data=tmp_path / "none", frontends=("cnn",), seeds=(0,), shares=(1.0,), snrs_db=(0.0,))
    assert load_words(folder, 3).phones.phones == ("a", "s", "t")
    assert NORMAL_EAR
