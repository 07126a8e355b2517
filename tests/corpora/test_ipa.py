"""Phone classes against the IPA's chart of 2020, and against the labels of a real corpus."""

import unicodedata
from pathlib import Path

import pytest

from hearfit.corpora.ipa import Manner, base_phone, manner
from hearfit.corpora.voxangeles import read_corpus


@pytest.mark.parametrize(
    ("expected", "labels"),
    [
        (Manner.SILENCE, ["", "  "]),
        (Manner.VOWEL, ["a", "iː", "ɔ̃", "u̥", "i̤ː", "e˞ː", "ãⁿ", "j͡ɛ", "w͡a", "ạː"]),
        (Manner.GLIDE, ["j", "w̃", "ɥ", "ʋ"]),
        (Manner.LIQUID, ["l̥", "ʎ", "ɭ", "r̝", "ɾ", "ɽ", "ɹ", "ɻ", "rː"]),
        (Manner.NASAL, ["m̩", "n̪ː", "ɲ", "ŋʷ", "ŋ͡m", "ɱ"]),
        (Manner.FRICATIVE, ["s̩", "ʃ", "h", "ɦ", "ɬ", "ɮ", "β", "ʁʷ", "sʼ", "ɹ̝", "zˤ", "ʍ", "ç", "c\u0327ʰ"]),
        (Manner.AFFRICATE, ["t͡ʃʼ", "d͡ʒ", "t͡sʷʰ", "t͡ɬ", "tˢ"]),
        (Manner.STOP, ["kʰ", "qʷʼ", "ʔ", "ɓ̥", "k͡p", "d̠ˤ", "bˀː", "g", "ʄ"]),
    ],
)
def test_manner_is_that_of_the_chart(expected: Manner, labels: list[str]) -> None:
    assert {label: manner(label) for label in labels} == dict.fromkeys(labels, expected)


def test_composed_and_decomposed_letters_are_one_phone() -> None:
    for label in ("ẽ", "ç", "ạ"):
        for form in ("NFC", "NFD"):
            spelled = unicodedata.normalize(form, label)
            assert (manner(spelled), base_phone(spelled)) == (manner(label), base_phone(label))


@pytest.mark.parametrize(
    ("label", "base"),
    [("kʰː", "k"), ("ã", "a"), ("g", "ɡ"), ("t͡ʃʼ", "t͡ʃ"), ("", ""), ("t̪", "t"), ("k͡p", "k͡p"), ("çʷ", "ç")],
)
def test_base_phone_has_no_diacritics(label: str, base: str) -> None:
    assert base_phone(label) == base


@pytest.mark.parametrize("label", ["?", "a1", "ts", "ʰ", "SIL", "a͡b", "a͡", "x y", "😀"])
def test_what_is_not_one_phone_has_no_class(label: str) -> None:
    with pytest.raises(ValueError, match="has no phone class"):
        manner(label)


def test_every_label_of_the_real_corpus_has_a_class(shared_data: Path) -> None:
    """`read_corpus` refuses any other; the counts are those of a search through the files."""
    corpus = read_corpus(shared_data / "voxangeles")
    labels = {each.label for utterance in corpus.utterances for each in utterance.phones}
    assert len(labels) == 255
    assert {manner(label) for label in labels} == set(Manner)
    assert (len(corpus.utterances), len(corpus.languages)) == (1643, 45)
    assert [sentence for sentence in corpus.left_out if "tsw-000-033" in sentence]
    assert len(corpus.left_out) == 1
