"""Reading and writing audiograms: files of any known format, and the standard audiograms by name."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from hearfit.audiology.audiogram import Audiogram
from hearfit.audiology.audiogram_table import audiogram_table, parse_audiogram_table
from hearfit.audiology.bisgaard import STANDARD_AUDIOGRAM_NAMES, is_standard_audiogram_name, standard_audiogram
from hearfit.audiology.clarity import parse_clarity_listeners
from hearfit.errors import InputError
from hearfit.storage.files import read_text, write_text

_DELIMITERS: tuple[tuple[str, Literal["\t", ","]], ...] = ((".tsv", "\t"), (".csv", ","))


def read_audiogram(source: str, *, listener: str | None = None) -> Audiogram:
    """The audiogram in a file (CSV, TSV, Clarity `listeners.json`) or a standard one (`N3`).

    A standard name wins over a file of that name; write `./N3` for the file. `listener` chooses from a file of
    several listeners, and gives the name where the source has none.

    Raises:
        InputError: the file cannot be read, or what it holds is not one audiogram.
    """
    text = _text_of(source)
    if text is None:
        standard = standard_audiogram(source)
        return standard if listener is None else replace(standard, listener=listener)
    if Path(source).suffix.lower() == ".json" or text.lstrip().startswith(("{", "[")):
        return parse_clarity_listeners(text, source=source, listener=listener)
    return parse_audiogram_table(text, source=source, listener=listener)


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


def write_audiogram(audiogram: Audiogram, path: Path) -> None:
    """Writes the project's own table, with tabs (.tsv) or commas (.csv).

    Raises:
        InputError: the path has another ending, or cannot be written.
    """
    for suffix, delimiter in _DELIMITERS:
        if path.suffix.lower() == suffix:
            return write_text(path, audiogram_table(audiogram, delimiter=delimiter))
    raise InputError(
        f"{path}: an audiogram is written as .tsv or .csv, not as {path.suffix or 'a file without ending'!r}."
    )


def _what_to_give() -> str:
    return f"Give the path of an audiogram file or one of {', '.join(STANDARD_AUDIOGRAM_NAMES)}."
