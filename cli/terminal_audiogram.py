"""A small audiogram in letters: frequencies across, hearing level downwards, a line for every 5 dB."""

import math
from typing import Final

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold

_OCTAVES_HZ: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
_COLUMNS_AN_OCTAVE: Final = 8
_MARGIN: Final = 3
_NUM_COLUMNS: Final = 2 * _MARGIN + 6 * _COLUMNS_AN_OCTAVE + 1
_LOWEST_DB_HL: Final = -10
_HIGHEST_DB_HL: Final = 120
_STEP_DB: Final = 5
_KEY: Final = "O right, X left, * both, arrow: no response; hearing level in dB HL, frequency in Hz"


def draw(audiogram: Audiogram) -> list[str]:
    """Lines of text with the air-conduction thresholds of both ears."""
    rows: dict[int, list[Threshold]] = {}
    for ear in Ear:
        for threshold in audiogram.of(ear):
            rows.setdefault(round((threshold.level_db_hl - _LOWEST_DB_HL) / _STEP_DB), []).append(threshold)
    lines = [_frequency_line()]
    for row in range((_HIGHEST_DB_HL - _LOWEST_DB_HL) // _STEP_DB + 1):
        level = _LOWEST_DB_HL + row * _STEP_DB
        is_marked = level % 20 == 0
        letters = _background(is_marked)
        for threshold in rows.get(row, []):
            _put(letters, threshold)
        lines.append(f"{level if is_marked else '':>5} │{''.join(letters)}".rstrip())
    return [*lines, f"       {_KEY}"]


def _column(frequency_hz: float) -> int:
    return _MARGIN + round(math.log2(frequency_hz / _OCTAVES_HZ[0]) * _COLUMNS_AN_OCTAVE)


def _frequency_line() -> str:
    letters = [" "] * (_NUM_COLUMNS + 3)
    for frequency in _OCTAVES_HZ:
        label = f"{frequency:g}"
        start = _column(frequency) - len(label) // 2
        letters[start : start + len(label)] = label
    return "       " + "".join(letters).rstrip()


def _background(is_marked: bool) -> list[str]:
    letters = ["╌" if is_marked else " "] * _NUM_COLUMNS
    for frequency in _OCTAVES_HZ:
        letters[_column(frequency)] = "┼" if is_marked else "┊"
    return letters


def _put(letters: list[str], threshold: Threshold) -> None:
    column = _column(threshold.frequency_hz)
    if not 0 <= column < _NUM_COLUMNS:
        return
    is_right = threshold.ear is Ear.RIGHT
    letter = "O" if is_right else "X"
    letters[column] = letter if letters[column] not in ("O", "X") else "*"
    beside = column + (-1 if is_right else 1)
    if threshold.is_no_response and 0 <= beside < _NUM_COLUMNS:
        letters[beside] = "↙" if is_right else "↘"
