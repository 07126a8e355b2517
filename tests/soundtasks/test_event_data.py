"""Examples of the event tasks: parts that share nothing, targets where the sounds are, ratios as stated."""

from pathlib import Path

import numpy as np
import pytest

from hearfit.errors import InputError
from hearfit.soundtasks.events.bird_syllables import BirdDesign, bird_data, bird_scores
from hearfit.soundtasks.events.examples import EventData, Examples
from hearfit.soundtasks.events.spoken_words import digit_data, speaker_data, word_scores
from hearfit.soundtasks.events.voice_activity import (
    VoiceActivityDesign,
    voice_activity_data,
    voice_activity_scores,
)
from tests.soundtasks.event_corpora import write_digits, write_noises, write_songs, write_words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    write_words(folder / "words")
    write_noises(folder / "noises")
    write_digits(folder / "digits")
    write_songs(folder / "songs")
    return folder


@pytest.fixture(scope="module")
def voices(folder: Path) -> EventData:
    return voice_activity_data(folder / "words", folder / "noises", 0, VoiceActivityDesign())


def parts(data: EventData) -> tuple[Examples, ...]:
    return data.train, data.validation, data.test


def rows(part: Examples) -> set[bytes]:
    return {row.tobytes() for row in part.sounds}


def share_nothing(data: EventData) -> bool:
    train, validation, test = map(rows, parts(data))
    return not (train & validation or train & test or validation & test)


def perfect(data: EventData, *, is_wrong: bool = False) -> np.ndarray:
    """Logits that are right everywhere, or that say the next class everywhere."""
    targets = data.test.targets if data.is_framewise else data.test.targets[:, 0]
    return np.asarray(np.eye(len(data.classes))[(targets + is_wrong) % len(data.classes)])


def test_words_lie_where_the_targets_say(voices: EventData) -> None:
    assert (len(voices.train), len(voices.validation), len(voices.test)) == (12, 4, 3 * 4)
    # Truth: two phones of 0.2 s are 40 frames, or what of them is in the clip: all but 0.05 s may be missing; a frame
    # whose centre lies on an edge may fall on either side.
    num_speech = voices.test.targets.sum(axis=1)
    assert num_speech.min() >= 4
    assert num_speech.max() in {39, 40, 41}
    # At 10 dB the frames with the word have more power than those without.
    power = np.square(voices.test.sounds).reshape(len(voices.test), 160, -1).mean(axis=2)
    loud = voices.places[:, 1] == 2
    is_speech = voices.test.targets[loud] == 1
    assert power[loud][is_speech].mean() > 3.0 * power[loud][~is_speech].mean()


def test_the_time_tells_nothing(folder: Path) -> None:
    # Truth: with words placed uniformly, those cut by an end of the clip included, speech is equally likely at all
    # times but for the tenth of a second that must be heard. 30 seeds of 12 words; the share of a fifth of the clip is
    # known to about 0.025.
    design = VoiceActivityDesign()
    drawn = [voice_activity_data(folder / "words", folder / "noises", seed, design).train for seed in range(30)]
    share = np.concatenate([part.targets for part in drawn]).mean(axis=0).reshape(5, -1).mean(axis=1)
    assert share.min() > 0.7 * share.max(), share


def test_ratios_are_those_stated(voices: EventData) -> None:
    # Truth: the three sounds of a word differ in the gain of the noise alone, so their differences are its multiples:
    # with amplitudes 1 at 0 dB, 10^(5/20) at -5 dB and 10^(-10/20) at 10 dB.
    zero, minus_five, ten = voices.test.sounds[:3].astype(np.float64)
    louder, softer = minus_five - zero, zero - ten
    gain = float(louder @ softer / (softer @ softer))
    assert gain == pytest.approx((10 ** (5 / 20) - 1.0) / (1.0 - 10 ** (-10 / 20)), rel=1e-3)


def test_the_test_is_the_same_in_every_run_and_the_training_is_not(folder: Path, voices: EventData) -> None:
    other = voice_activity_data(folder / "words", folder / "noises", 1, VoiceActivityDesign())
    again = voice_activity_data(folder / "words", folder / "noises", 0, VoiceActivityDesign())
    np.testing.assert_array_equal(other.test.sounds, voices.test.sounds)
    np.testing.assert_array_equal(again.train.sounds, voices.train.sounds)
    assert rows(other.train) != rows(voices.train)


def test_scores_of_voice_activity(voices: EventData) -> None:
    logits = np.stack([-voices.test.targets, voices.test.targets], axis=-1).astype(np.float64)
    result = voice_activity_scores(voices, logits)
    assert set(result.scores.values()) == {1.0}
    assert result.items["AUC of a word"] == (1.0,) * 4
    assert voice_activity_scores(voices, -logits).scores["AUC at -5 dB"] == 0.0


def test_noise_folds_and_languages_are_needed(folder: Path, tmp_path: Path) -> None:
    write_noises(tmp_path / "noises")
    for path in (tmp_path / "noises").glob("*/5-*"):
        path.unlink()
    with pytest.raises(InputError, match="has no clip for the test part"):
        voice_activity_data(folder / "words", tmp_path / "noises", 0, VoiceActivityDesign())
    with pytest.raises(InputError, match="there is no such folder"):
        voice_activity_data(tmp_path / "words", folder / "noises", 0, VoiceActivityDesign())


@pytest.fixture(scope="module")
def digits(folder: Path) -> EventData:
    return digit_data(folder / "digits", 0)


def test_digits_are_tested_on_other_talkers(folder: Path, digits: EventData) -> None:
    tested = []
    for seed, data in enumerate((digits, digit_data(folder / "digits", 1))):
        assert (len(data.train), len(data.validation), len(data.test)) == (80, 20, 100)
        assert share_nothing(data)
        tested.append(data.places[:, 0])
        # Talkers are ten digits with five takes each, in the order of the corpus.
        talkers = set(data.places[:, 0] // 50)
        assert talkers == ({0, 2} if seed == 0 else {1, 3})
    assert sorted(np.concatenate(tested)) == list(range(200))


def test_long_words_are_cut_and_said_to_be(digits: EventData) -> None:
    # Truth: the fourth talker needs 0.85 s for each of 50 words.
    assert digits.left_out == ("Of 50 longer recordings only the first 0.8 s are heard.",)


def test_talkers_are_tested_in_other_words_and_takes(folder: Path) -> None:
    data = speaker_data(folder / "digits")
    assert (len(data.train), len(data.validation), len(data.test)) == (4 * 7 * 3, 4 * 7 * 2, 4 * 3 * 2)
    assert share_nothing(data)
    assert set(data.places[:, 0] % 50 // 5) == {7, 8, 9}
    assert set(data.places[:, 0] % 5) == {3, 4}
    np.testing.assert_array_equal(data.test.targets[:, 0], data.places[:, 0] // 50)


def test_scores_of_words_keep_their_places(digits: EventData) -> None:
    data = digits
    items = np.array(word_scores(data, perfect(data)).items["accuracy"])
    assert word_scores(data, perfect(data)).scores == {"accuracy": 1.0, "balanced accuracy": 1.0}
    assert word_scores(data, perfect(data, is_wrong=True)).scores["accuracy"] == 0.0
    assert len(items) == 200
    assert set(np.flatnonzero(np.isfinite(items))) == set(data.places[:, 0])


def test_too_few_talkers_or_takes_are_refused(tmp_path: Path) -> None:
    write_digits(tmp_path / "few", speakers=2)
    with pytest.raises(InputError, match=r"has 2 talkers \(a, b\); 4 are needed"):
        digit_data(tmp_path / "few", 0)
    write_digits(tmp_path / "single", speakers=4, takes=1)
    with pytest.raises(InputError, match="leaves nothing for the test"):
        speaker_data(tmp_path / "single")


def test_birds_are_split_by_recording(folder: Path) -> None:
    data = bird_data(folder / "songs", 0, BirdDesign(num_train=2, num_validation=1))
    assert data.classes == ("0", "1", "2", "silence")
    assert share_nothing(data)
    # Truth: every stretch has 1.4 s, one window; 10 notes of 8 frames each of them.
    assert (len(data.train), len(data.validation), len(data.test)) == (2, 1, 2)
    np.testing.assert_array_equal(data.test.scored.sum(axis=1), 140.0)
    np.testing.assert_array_equal((data.test.targets < 3).sum(axis=1), 80)
    power = np.square(data.test.sounds).reshape(len(data.test), 160, -1).mean(axis=2)
    assert power[data.test.targets < 3].min() > 10.0 * power[data.test.targets == 3].max()


def test_scores_of_birds(folder: Path) -> None:
    data = bird_data(folder / "songs", 0, BirdDesign())
    assert bird_scores(data, perfect(data)).scores == {
        "balanced accuracy": 1.0,
        "frame accuracy": 1.0,
        "note error": 0.0,
    }
    silent = np.zeros((*data.test.targets.shape, 4))
    silent[..., 3] = 1.0
    result = bird_scores(data, silent)
    # Truth: silence is the right answer in 60 of 140 frames, and every note is one deletion.
    assert result.scores["frame accuracy"] == pytest.approx(60 / 140)
    assert result.scores["balanced accuracy"] == 0.25
    assert result.items["note error"] == (1.0, 1.0)


def test_an_unknown_syllable_is_refused(tmp_path: Path) -> None:
    write_songs(tmp_path / "songs")
    path = tmp_path / "songs" / "Annotation.xml"
    head, separator, tail = path.read_text("utf-8").partition("<WaveFileName>2.wav")
    path.write_text(head + separator + tail.replace("<Label>0<", "<Label>7<", 1), "utf-8")
    with pytest.raises(InputError, match="the syllables 7 are in the test and in no recording that is trained on"):
        bird_data(tmp_path / "songs", 0, BirdDesign())


def test_items_that_are_not_independent_have_a_group(voices: EventData, folder: Path) -> None:
    """Truth: the languages of the test words, from the sounds' own folders, and the folds of the talkers."""
    assert voices.item_group == "language"
    assert len(voices.item_groups) == len(voices.test) // 3
    assert set(voices.item_groups) <= {path.name for path in (folder / "words").iterdir()}
    digits = [digit_data(folder / "digits", seed) for seed in range(7)]
    num_test_sets = digits[0].num_test_sets
    assert num_test_sets is not None
    for seed, data in enumerate(digits):
        same = rows(data.test) == rows(digits[0].test)
        assert same is (seed % num_test_sets == 0)
    assert speaker_data(folder / "digits").num_test_sets is None
