"""A small audiogram in letters: frequencies across, hearing level downwards, a line for every 5 dB.

Symbols as in clinics (ASHA 1990): O and X by air, triangle and square masked, < and > by bone, [ and ] masked, and an
arrow at what got no response. Colour only repeats which ear it is.
"""

import math
from dataclasses import dataclass
from typing import Final

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold

_OCTAVES_HZ: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
_COLUMNS_AN_OCTAVE: Final = 8
_MARGIN: Final = 3
_NUM_COLUMNS: Final = 2 * _MARGIN + 6 * _COLUMNS_AN_OCTAVE + 1
_LOWEST_DB_HL: Final = -10
_HIGHEST_DB_HL: Final = 120
_STEP_DB: Final = 5
_BOTH: Final = "*"
_ARROWS: Final = {Ear.RIGHT: "↙", Ear.LEFT: "↘"}
_SYMBOLS: Final = {
    (Ear.RIGHT, Conduction.AIR, False): "O",
    (Ear.LEFT, Conduction.AIR, False): "X",
    (Ear.RIGHT, Conduction.AIR, True): "△",
    (Ear.LEFT, Conduction.AIR, True): "□",
    (Ear.RIGHT, Conduction.BONE, False): "<",
    (Ear.LEFT, Conduction.BONE, False): ">",
    (Ear.RIGHT, Conduction.BONE, True): "[",
    (Ear.LEFT, Conduction.BONE, True): "]",
}
RIGHT_LETTERS: Final = frozenset({*(sign for (ear, _, _), sign in _SYMBOLS.items() if ear is Ear.RIGHT), "↙"})
LEFT_LETTERS: Final = frozenset({*(sign for (ear, _, _), sign in _SYMBOLS.items() if ear is Ear.LEFT), "↘"})


@dataclass(frozen=True)
class Drawing:
    """Lines of text, and a key of the symbols that occur in them; `left_out` says what lies outside."""

    lines: tuple[str, ...]
    key: str
    left_out: str | None


def drawing_of(audiogram: Audiogram) -> Drawing:
    """Both ears' thresholds by air and bone. Bone symbols stand beside their frequency, as on a form."""
    rows = [_background(row) for row in range((_HIGHEST_DB_HL - _LOWEST_DB_HL) // _STEP_DB + 1)]
    # Bone first, so that where symbols meet the one by air stays.
    order = [(ear, conduction) for conduction in (Conduction.BONE, Conduction.AIR) for ear in Ear]
    outside = [t for ear, conduction in order for t in audiogram.of(ear, conduction) if not _put(rows, t)]
    lines = [_frequency_line()]
    for row, letters in enumerate(rows):
        level = _LOWEST_DB_HL + row * _STEP_DB
        label = str(level).replace("-", "−") if _is_marked(row) else ""
        lines.append(f"{label:>5} │{''.join(letters)}".rstrip())
    return Drawing(tuple(lines), _key(audiogram, any(_BOTH in row for row in rows)), _left_out(outside))


def _column(frequency_hz: float) -> int:
    return _MARGIN + round(math.log2(frequency_hz / _OCTAVES_HZ[0]) * _COLUMNS_AN_OCTAVE)


def _is_marked(row: int) -> bool:
    return (_LOWEST_DB_HL + row * _STEP_DB) % 20 == 0


def _frequency_line() -> str:
    letters = [" "] * (_NUM_COLUMNS + 3)
    for frequency in _OCTAVES_HZ:
        label = f"{frequency:g}"
        start = _column(frequency) - len(label) // 2
        letters[start : start + len(label)] = label
    return "       " + "".join(letters).rstrip()


def _background(row: int) -> list[str]:
    letters = ["╌" if _is_marked(row) else " "] * _NUM_COLUMNS
    for frequency in _OCTAVES_HZ:
        letters[_column(frequency)] = "┼" if _is_marked(row) else "┊"
    return letters


def _put(rows: list[list[str]], threshold: Threshold) -> bool:
    """Puts one symbol into its row; False where the threshold lies outside the form."""
    towards = -1 if threshold.ear is Ear.RIGHT else 1
    is_bone = threshold.conduction is Conduction.BONE
    column = _column(threshold.frequency_hz) + (towards if is_bone else 0)
    row = round((threshold.level_db_hl - _LOWEST_DB_HL) / _STEP_DB)
    if not (0 < column < _NUM_COLUMNS - 1 and 0 <= row < len(rows)):
        return False
    symbol = _SYMBOLS[threshold.ear, threshold.conduction, threshold.is_masked]
    # Frequencies close together share a column, so a symbol may also meet one of its own ear.
    other_letters = LEFT_LETTERS if threshold.ear is Ear.RIGHT else RIGHT_LETTERS
    is_shared = not is_bone and rows[row][column] in {_BOTH, *other_letters}
    rows[row][column] = _BOTH if is_shared else symbol
    if threshold.is_no_response:
        rows[row][column + towards] = _ARROWS[threshold.ear]
    return True


def _key(audiogram: Audiogram, has_both: bool) -> str:
    used = {(t.ear, t.conduction, t.is_masked) for t in audiogram.thresholds}
    words = [
        f"{symbol} {ear} by {conduction}{', masked' if is_masked else ''}"
        for (ear, conduction, is_masked), symbol in _SYMBOLS.items()
        if (ear, conduction, is_masked) in used
    ]
    words += [f"{_BOTH} both ears"] if has_both else []
    words += ["arrow: no response"] if any(t.is_no_response for t in audiogram.thresholds) else []
    return "; ".join([*words, "hearing level in dB HL, frequency in Hz"])


def _left_out(outside: list[Threshold]) -> str | None:
    if not outside:
        return None
    frequencies = ", ".join(f"{hz:g}" for hz in sorted({t.frequency_hz for t in outside}))
    return f"Not drawn, because outside 125 to 8000 Hz or −10 to 120 dB HL: thresholds at {frequencies} Hz."
