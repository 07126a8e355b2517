"""Writes the tables that `audiogram_table` reads back to the same audiograms.

The names in them are free text, and a spreadsheet would run one that begins as a formula does: an apostrophe is put
before it, which reading takes away.
"""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Final, Literal

from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.file_values import check_different, check_names, guarded, shortest

Delimiter = Literal["\t", ","]
Layout = Literal["long", "wide"]

_WriteRow = Callable[[list[str]], object]
_OF_THE_AUDIOGRAM: Final = ("transducer", "date")


def audiogram_table(*audiograms: Audiogram, delimiter: Delimiter = "\t", layout: Layout = "long") -> str:
    """The table of one or more listeners, long (a row a threshold) or wide (a row an ear, conduction and masking).

    Raises:
        InputError: it would not read back: a listener is there twice, or a name is not allowed.
    """
    check_different(audiograms)
    for audiogram in audiograms:
        check_names(audiogram)
    shared = [c for c in _OF_THE_AUDIOGRAM if any(getattr(audiogram, c) is not None for audiogram in audiograms)]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    if layout == "long":
        _write_long(writer.writerow, audiograms, shared)
    else:
        _write_wide(writer.writerow, audiograms, shared)
    return buffer.getvalue()


def _write_long(write: _WriteRow, audiograms: Sequence[Audiogram], shared: Sequence[str]) -> None:
    columns = ("listener", "ear", "frequency_hz", "threshold_db_hl", "conduction", "masked", "no_response")
    write([*columns, *shared])
    for audiogram in audiograms:
        for threshold in audiogram.thresholds:
            write(
                [
                    guarded(audiogram.listener),
                    threshold.ear.value,
                    shortest(threshold.frequency_hz),
                    shortest(threshold.level_db_hl),
                    threshold.conduction.value,
                    str(threshold.is_masked).lower(),
                    str(threshold.is_no_response).lower(),
                    *_of_the_audiogram(audiogram, threshold.conduction, shared),
                ]
            )


def _write_wide(write: _WriteRow, audiograms: Sequence[Audiogram], shared: Sequence[str]) -> None:
    frequencies = sorted({t.frequency_hz for audiogram in audiograms for t in audiogram.thresholds})
    columns = [f"threshold_db_hl_at_{shortest(frequency)}_hz" for frequency in frequencies]
    write(["listener", "ear", "conduction", "masked", *shared, *columns])
    for audiogram in audiograms:
        rows: dict[tuple[Ear, Conduction, bool], dict[float, Threshold]] = {}
        for threshold in audiogram.thresholds:
            key = (threshold.ear, threshold.conduction, threshold.is_masked)
            rows.setdefault(key, {})[threshold.frequency_hz] = threshold
        for (ear, conduction, is_masked), row in rows.items():
            write(
                [
                    guarded(audiogram.listener),
                    ear.value,
                    conduction.value,
                    str(is_masked).lower(),
                    *_of_the_audiogram(audiogram, conduction, shared),
                    *(_level(row.get(frequency)) for frequency in frequencies),
                ]
            )


def _of_the_audiogram(audiogram: Audiogram, conduction: Conduction, shared: Sequence[str]) -> list[str]:
    # The transducer of an audiogram is its earphone or field; a bone row has it only where there is nothing else.
    has_air = any(threshold.conduction is Conduction.AIR for threshold in audiogram.thresholds)
    is_bone_beside_air = has_air and conduction is Conduction.BONE
    values = {
        "transducer": "" if is_bone_beside_air else guarded(audiogram.transducer or ""),
        "date": audiogram.date or "",
    }
    return [values[column] for column in shared]


def _level(threshold: Threshold | None) -> str:
    if threshold is None:
        return ""
    return f"{'>' if threshold.is_no_response else ''}{shortest(threshold.level_db_hl)}"
