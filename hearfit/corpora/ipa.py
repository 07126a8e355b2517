"""Phones of the International Phonetic Alphabet: manner of articulation and base symbol of a label.

Manners follow the chart of the International Phonetic Association (2020). Diacritics do not change the manner, with
three exceptions: a tie bar joins two symbols into one phone, a raised approximant is a fricative, and a stop released
into a fricative is an affricate.
"""

import unicodedata
from enum import StrEnum, unique
from typing import Final


@unique
class Manner(StrEnum):
    """Broad phone classes by manner of articulation; silence is the empty label."""

    SILENCE = "silence"
    VOWEL = "vowel"
    GLIDE = "glide"
    LIQUID = "liquid"
    NASAL = "nasal"
    FRICATIVE = "fricative"
    AFFRICATE = "affricate"
    STOP = "stop"


# Liquids are laterals and rhotics: trills, taps and approximants of r. Implosives are stops, clicks do not occur.
_SYMBOLS: Final = {
    Manner.VOWEL: "iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒ",
    Manner.GLIDE: "jwɥɰʋ",
    Manner.LIQUID: "lɭʎʟɫɺrʀɾɽɹɻ",
    Manner.NASAL: "mɱnɳɲŋɴ",
    Manner.FRICATIVE: "ɸβfvθðszʃʒʂʐɕʑçʝxɣχʁħʕhɦɬɮʍɧ",
    Manner.STOP: "pbtdʈɖcɟkɡqɢʔɓɗʄɠʛ",
}
_MANNERS: Final = {symbol: manner for manner, symbols in _SYMBOLS.items() for symbol in symbols}
# What a tie bar makes of two manners; two of the same kind keep it.
_TIED: Final = {
    (Manner.STOP, Manner.FRICATIVE): Manner.AFFRICATE,
    (Manner.GLIDE, Manner.VOWEL): Manner.VOWEL,
    (Manner.VOWEL, Manner.GLIDE): Manner.VOWEL,
    (Manner.FRICATIVE, Manner.NASAL): Manner.NASAL,
}
_TIE: Final = "\u0361"
_RAISED: Final = "\u031d"
_APPROXIMANTS: Final = "ɹɻɥwjɰʋ"
_FRICATIVE_RELEASE: Final = "ˢᶴᶻˣ"
# Length, secondary articulation, release, glottalisation, rhoticity, stress.
_MODIFIERS: Final = "ːˑʰʱʷʲˠˤˀⁿˡʼ˞ˈˌ" + _FRICATIVE_RELEASE
_ALIASES: Final = {"g": "ɡ"}
# The palatal fricative is a letter of its own; taken apart it would be a stop with a diacritic.
_DECOMPOSED_CEDILLA: Final = "c\u0327"


def normalised(label: str) -> str:
    """One spelling for each phone: canonical decomposition, no spaces, the IPA's g."""
    decomposed = unicodedata.normalize("NFD", label.strip()).replace(_DECOMPOSED_CEDILLA, "ç")
    return "".join(_ALIASES.get(letter, letter) for letter in decomposed)


def base_phone(label: str) -> str:
    """The label without its diacritics: of [kʰː] it is k, of an affricate its two symbols joined.

    Raises:
        ValueError: as `manner`.
    """
    manner(label)
    return _TIE.join(letter for letter in normalised(label) if letter in _MANNERS)


def manner(label: str) -> Manner:
    """The broad class of a phone.

    Raises:
        ValueError: a symbol is not of the IPA, or two stand side by side without a tie bar.
    """
    text = normalised(label)
    if not text:
        return Manner.SILENCE
    bases = [letter for letter in text if letter in _MANNERS]
    unknown = [
        letter for letter in text if letter not in _MANNERS and letter not in _MODIFIERS and not _is_diacritic(letter)
    ]
    if unknown or not bases or len(bases) > 2 or (len(bases) == 2) != (_TIE in text):
        reason = f"{unknown[0]!r} is no symbol of the IPA" if unknown else "it is not one phone"
        raise ValueError(f"{label!r} has no phone class: {reason}")
    if len(bases) == 2:
        pair = (_MANNERS[bases[0]], _MANNERS[bases[1]])
        if pair[0] is not pair[1] and pair not in _TIED:
            raise ValueError(f"{label!r} has no phone class: {pair[0]} and {pair[1]} make no one phone")
        return _TIED.get(pair, pair[0])
    found = _MANNERS[bases[0]]
    if found is Manner.STOP and any(letter in _FRICATIVE_RELEASE for letter in text):
        return Manner.AFFRICATE
    if bases[0] in _APPROXIMANTS and _RAISED in text:
        return Manner.FRICATIVE
    return found


def letters_of_classes() -> dict[str, str]:
    """All that `manner` goes by: the letters of each class, and what makes one class of another."""
    return {
        **{str(each): letters for each, letters in _SYMBOLS.items()},
        "signs that make a stop an affricate": _FRICATIVE_RELEASE,
        "letters that are fricatives if raised": _APPROXIMANTS,
        "two letters joined": "; ".join(f"{first} and {second}: {one}" for (first, second), one in _TIED.items()),
        "signs that change no class": _MODIFIERS,
    }


def _is_diacritic(letter: str) -> bool:
    return unicodedata.category(letter) == "Mn"
