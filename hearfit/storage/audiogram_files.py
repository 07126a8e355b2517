"""Reading and writing audiograms: files of any known format, and the standard audiograms by name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from hearfit.audiology.audiogram import Audiogram
from hearfit.audiology.audiogram_table import parse_audiogram_tables
from hearfit.audiology.audiogram_table_writer import Delimiter, Layout, audiogram_table
from hearfit.audiology.bisgaard import STANDARD_AUDIOGRAM_NAMES, is_standard_audiogram_name, standard_audiogram
from hearfit.audiology.clarity import parse_clarity_audiograms
from hearfit.audiology.clarity_writer import clarity_listeners
from hearfit.audiology.file_values import the_only
from hearfit.errors import InputError
from hearfit.storage.files import read_text, write_text


@unique
class AudiogramFormat(StrEnum):
    """A kind of audiogram file."""

    CSV = "csv"
    TSV = "tsv"
    CLARITY = "clarity"
    FHIR = "fhir"


_ENDINGS: Final[Mapping[str, AudiogramFormat]] = {
    # The longer ending first, or .json would win.
    ".fhir.json": AudiogramFormat.FHIR,
    ".json": AudiogramFormat.CLARITY,
    ".tsv": AudiogramFormat.TSV,
    ".csv": AudiogramFormat.CSV,
}
_DELIMITERS: Final[Mapping[AudiogramFormat, Delimiter]] = {AudiogramFormat.TSV: "\t", AudiogramFormat.CSV: ","}


def read_audiogram(source: str, *, listener: str | None = None) -> Audiogram:
    """The audiogram in a file (CSV, TSV, Clarity `listeners.json`, FHIR R4 in JSON) or a standard one (`N3`).

    A standard name wins over a file of that name; write `./N3` for the file. `listener` chooses from a file of
    several listeners, and gives the name where the source has none.

    Raises:
        InputError: the file cannot be read, or what it holds is not one audiogram.
    """
    return the_only(read_audiograms(source, listener=listener), source=source)


def read_audiograms(
    source: str, *, listener: str | None = None, file_format: AudiogramFormat | None = None
) -> tuple[Audiogram, ...]:
    """Every listener's audiogram of a source, or only that of `listener`; otherwise as `read_audiogram`.

    `file_format` is found in the file where it is not given: JSON with a resourceType is FHIR, other JSON Clarity's,
    and everything else a table.

    Raises:
        InputError: the file cannot be read, or is not of the format.
    """
    text = _text_of(source)
    if text is None:
        standard = standard_audiogram(source)
        return (standard if listener is None else replace(standard, listener=listener),)
    kind = file_format or _format_of(source, text)
    if kind is AudiogramFormat.FHIR:
        # Most audiograms are tables, and a command that reads one should answer at once.
        from hearfit.audiology.fhir_reader import parse_fhir_audiograms

        return parse_fhir_audiograms(text, source=source, listener=listener)
    if kind is AudiogramFormat.CLARITY:
        return parse_clarity_audiograms(text, source=source, listener=listener)
    return parse_audiogram_tables(text, source=source, listener=listener)


def _format_of(source: str, text: str) -> AudiogramFormat:
    ending = _ending_format(Path(source))
    is_json = ending in (AudiogramFormat.FHIR, AudiogramFormat.CLARITY) or text.lstrip().startswith(("{", "["))
    if not is_json:
        return AudiogramFormat.CSV
    is_fhir = ending is AudiogramFormat.FHIR or '"resourceType"' in text
    return AudiogramFormat.FHIR if is_fhir else AudiogramFormat.CLARITY


def _ending_format(path: Path) -> AudiogramFormat | None:
    name = path.name.lower()
    return next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), None)


def check_audiogram_file(source: str) -> None:
    """Checks what is known before the listener is: that the source is a standard name or a text file.

    Raises:
        InputError: it is neither.
    """
    _text_of(source)


def _text_of(source: str) -> str | None:
    """The text of an audiogram file; None for a standard name."""
    if not source.strip():
        raise InputError(f"An audiogram is needed, not {source!r}. {_what_to_give()}")
    if is_standard_audiogram_name(source):
        return None
    # The operating system refuses a NUL in a path with a ValueError.
    if "\x00" in source:
        raise InputError(f"{source!r} is not a path, because it holds a NUL character. {_what_to_give()}")
    path = Path(source)
    try:
        return read_text(path)
    except InputError as error:
        looks_like_a_name = path.name == source and not path.suffix
        if not looks_like_a_name:
            raise
        raise InputError([f"{problem} {_what_to_give()}" for problem in error.problems]) from None


def format_to_write(path: Path) -> AudiogramFormat:
    """The format that the ending of a path asks for.

    Raises:
        InputError: it asks for none.
    """
    kind = _ending_format(path)
    if kind is None:
        raise InputError(
            f"{path}: an audiogram is written as .tsv, .csv, .fhir.json or .json (Clarity), not as "
            f"{path.suffix or 'a file without ending'!r}."
        )
    return kind


def write_audiograms(
    audiograms: Sequence[Audiogram], path: Path, *, file_format: AudiogramFormat | None = None, layout: Layout = "long"
) -> None:
    """Writes audiograms of one or more listeners in a format, or in the one that the ending asks for.

    Raises:
        InputError: the format cannot hold them, the path cannot be written, or its ending is unknown.
    """
    kind = file_format or format_to_write(path)
    if kind is AudiogramFormat.FHIR:
        from hearfit.audiology.fhir_writer import fhir_bundle

        text = fhir_bundle(*audiograms)
    elif kind is AudiogramFormat.CLARITY:
        text = clarity_listeners(*audiograms)
    else:
        text = audiogram_table(*audiograms, delimiter=_DELIMITERS[kind], layout=layout)
    write_text(path, text)


def _what_to_give() -> str:
    return f"Give the path of an audiogram file or one of {', '.join(STANDARD_AUDIOGRAM_NAMES)}."
