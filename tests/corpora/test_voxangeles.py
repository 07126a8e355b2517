"""The corpus of words: what is in its folder, what is wrong with it, and parts that share no language."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from hearfit.corpora.audio import active_rms
from hearfit.corpora.textgrid import Interval
from hearfit.corpora.voxangeles import (
    Utterance,
    of_languages,
    read_corpus,
    read_sound,
    share_of,
    split_languages,
)
from hearfit.errors import InputError
from tests.corpora.test_textgrid import WORD, written

CODES = [f"{a}{b}x" for a in "abcdefghi" for b in "abcde"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two languages with two words of a sine between silences."""
    sound = np.concatenate([np.zeros(1600), 0.2 * np.sin(0.4 * np.arange(6400)), np.zeros(4800)])
    for language in ("abc", "xyz"):
        (tmp_path / language).mkdir()
        for number in range(2):
            path = tmp_path / language / f"{language}-{number}.flac"
            sf.write(path, sound, 16_000)
            written(path.with_suffix(".TextGrid"), tiers={"phones": WORD}, duration_s=0.8)
    return tmp_path


def _words(num_words: int, languages: list[str]) -> list[Utterance]:
    return [
        Utterance(f"{language}-{number}", language, Path("none"), 1.0, (Interval(0.0, 1.0, "a"),))
        for language in languages
        for number in range(num_words)
    ]


def test_words_come_sorted_with_their_phones(folder: Path) -> None:
    corpus = read_corpus(folder)
    assert [each.name for each in corpus.utterances] == ["abc-0", "abc-1", "xyz-0", "xyz-1"]
    assert corpus.languages == ("abc", "xyz")
    assert [each.label for each in corpus.utterances[0].phones] == ["", "p", "ã", ""]


@pytest.mark.parametrize("num_sounds", [1, 4])
def test_sounds_without_any_text_grid_are_told_with_where_one_is_looked_for(folder: Path, num_sounds: int) -> None:
    for path in folder.rglob("*.TextGrid"):
        path.unlink()
    for path in sorted(folder.rglob("*.flac"))[num_sounds:]:
        path.unlink()
    with pytest.raises(InputError) as caught:
        read_corpus(folder)
    (problem,) = caught.value.problems
    count = (
        "1 sound, but no TextGrid beside it." if num_sounds == 1 else "4 sounds, but no TextGrid beside any of them."
    )
    assert problem.startswith(f"{folder}: holds {count} ")
    first = folder / "abc" / "abc-0.flac"
    assert problem.endswith(f" those of {first} in {first.with_suffix('.TextGrid')}.")


def test_a_word_has_its_level_in_pascal(folder: Path) -> None:
    sound = read_sound(read_corpus(folder).utterances[0], sampling_rate_hz=16_000, level_db_spl=65.0)
    assert 20.0 * np.log10(active_rms(sound, sampling_rate_hz=16_000.0) / 20e-6) == pytest.approx(65.0)


def test_sounds_without_a_textgrid_are_left_out_and_said_to_be(folder: Path) -> None:
    (folder / "xyz" / "xyz-1.TextGrid").unlink()
    corpus = read_corpus(folder)
    assert len(corpus.utterances) == 3
    assert corpus.left_out == (f"{folder / 'xyz' / 'xyz-1.flac'}: left out, for it has no TextGrid beside it.",)


def test_every_bad_label_is_named_with_its_file(folder: Path) -> None:
    for number in range(2):
        written(folder / "abc" / f"abc-{number}.TextGrid", tiers={"phones": [(0.0, 0.8, "%")]}, duration_s=0.8)
    with pytest.raises(InputError) as caught:
        read_corpus(folder)
    assert len(caught.value.problems) == 2
    assert str(folder / "abc" / "abc-1.TextGrid") in caught.value.problems[1]
    assert "'%' is no symbol of the IPA" in caught.value.problems[1]


def test_a_textgrid_of_another_recording_is_refused(folder: Path) -> None:
    written(folder / "abc" / "abc-0.TextGrid", tiers={"phones": [(0.0, 0.9, "a")]}, duration_s=0.9)
    with pytest.raises(InputError, match=r"abc-0\.flac: lasts 0\.8 s, but its TextGrid 0\.9 s"):
        read_sound(read_corpus(folder).utterances[0], sampling_rate_hz=16_000, level_db_spl=65.0)


def test_missing_and_empty_folders_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        read_corpus(tmp_path / "nowhere")
    shutil.rmtree(folder / "abc")
    shutil.rmtree(folder / "xyz")
    with pytest.raises(InputError, match="holds no folder of a language"):
        read_corpus(folder)


@given(languages=st.sets(st.sampled_from(CODES), min_size=3), seed=st.integers(0, 99))
def test_parts_share_no_language_and_leave_none_out(languages: set[str], seed: int) -> None:
    split = split_languages(languages, seed=seed)
    parts = [*split.train, *split.validation, *split.test]
    assert sorted(parts) == sorted(languages)
    assert min(len(split.train), len(split.validation), len(split.test)) >= 1
    assert split == split_languages(sorted(languages, reverse=True), seed=seed)


def test_45_languages_are_27_and_9_and_9() -> None:
    split = split_languages(CODES)
    assert (len(split.train), len(split.validation), len(split.test)) == (27, 9, 9)
    with pytest.raises(InputError, match=r"2 languages \(abc, xyz\) cannot be split"):
        split_languages(["xyz", "abc"])


@given(seed=st.integers(0, 99), num_words=st.integers(1, 40))
def test_smaller_shares_are_parts_of_larger_ones(seed: int, num_words: int) -> None:
    words = _words(num_words, ["abc", "xyz"])
    parts = [share_of(words, share, seed=seed) for share in (0.1, 0.3, 1.0)]
    assert set(parts[0]) <= set(parts[1]) <= set(parts[2]) == set(words)
    for part, share in zip(parts, (0.1, 0.3, 1.0), strict=True):
        for language in ("abc", "xyz"):
            assert len(of_languages(part, [language])) == max(1, round(share * num_words))
    assert parts[0] == share_of(words[::-1], 0.1, seed=seed)[::-1]


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan")])
def test_impossible_shares_are_refused(share: float) -> None:
    with pytest.raises(InputError, match="Give one above 0, up to 1"):
        share_of(_words(2, ["abc"]), share, seed=0)
