"""Opens a table (.tsv, .csv, .parquet) and hands out its rows as text, chunk by chunk.

A file of any size takes the memory of one chunk. The csv module of the standard library keeps line numbers and shows
short and long rows, which pandas would fill or refuse as a whole.
"""

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from io import IOBase, TextIOBase
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hearfit.errors import InputError
from hearfit.experiment.table_chunk import CodedText, RaggedRow, TableChunk

if TYPE_CHECKING:
    import _csv

    import pyarrow as pa

ROWS_PER_CHUNK = 50_000
_MAX_LINE_CHARACTERS = 100_000
_DELIMITERS = {".tsv": "\t", ".csv": ","}
_PARQUET = ".parquet"
# What the error handler surrogateescape makes of bytes that are not UTF-8.
_UNDECODED = re.compile("[\udc80-\udcff]")
_ALLOWED = "Give the path of a trial table: .tsv, .csv or .parquet."


@dataclass(frozen=True)
class Table:
    """An open table. `chunks` takes the names of the columns to read; rows are counted in `row_word`s."""

    names: tuple[str, ...]
    row_word: str
    chunks: Callable[[Sequence[str]], Iterator[TableChunk]]


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """A table to read rows from; closed at the end of the block.

    Raises:
        InputError: the file cannot be read or is not a table, at once or when the broken part is reached.
    """
    suffix = path.suffix.lower()
    if _is_folder(path):
        raise InputError(f"{path}: is a folder, not a file. {_ALLOWED}")
    if suffix == _PARQUET:
        with _opened(path, encoding=None):
            yield _parquet_table(path)
    elif suffix in _DELIMITERS:
        with _opened(path, encoding="utf-8-sig") as handle:
            assert isinstance(handle, TextIOBase)
            yield _text_table(handle, path=path, delimiter=_DELIMITERS[suffix])
    else:
        raise InputError(f"{path}: is not a kind of table that can be read. Allowed: .tsv, .csv, .parquet.")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        # A name that is too long, or a folder on the way that may not be entered; opening says which.
        return False


def _opened(path: Path, *, encoding: str | None) -> IOBase:
    try:
        if encoding is None:
            return path.open("rb")
        return path.open(encoding=encoding, errors="surrogateescape", newline="")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file. {_ALLOWED}") from None
    except (OSError, ValueError) as error:
        # A path with a NUL character is a ValueError.
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}). {_ALLOWED}")


def _text_table(handle: TextIOBase, *, path: Path, delimiter: str) -> Table:
    reader = csv.reader(_lines(handle, path=path), delimiter=delimiter, strict=True)
    rows = _rows(reader, path=path)
    header = next((row for _, row in rows), None)
    if header is None:
        raise InputError(f"{path}: is empty. A trial table has a header line and one line for each trial.")
    names = tuple(name.strip(" ") for name in header)

    def chunks(wanted: Sequence[str]) -> Iterator[TableChunk]:
        positions = {name: names.index(name) for name in wanted}
        while True:
            lines: list[int] = []
            kept: list[list[str]] = []
            ragged: list[RaggedRow] = []
            for line, row in rows:
                if len(row) == len(names):
                    lines.append(line)
                    kept.append(row)
                else:
                    ragged.append(RaggedRow(line, len(row)))
                if len(kept) + len(ragged) >= ROWS_PER_CHUNK:
                    break
            if not kept and not ragged:
                return
            columns = {name: _coded([row[at] for row in kept]) for name, at in positions.items()}
            yield TableChunk(line=np.array(lines, dtype=np.int64), columns=columns, ragged=tuple(ragged))

    return Table(names=names, row_word="line", chunks=chunks)


def _lines(handle: TextIOBase, *, path: Path) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        try:
            line = handle.readline(_MAX_LINE_CHARACTERS)
        except OSError as error:
            raise _unreadable(path, error) from None
        if not line:
            return
        # A strict decoder would tell neither the line nor the byte, because it reads ahead.
        if not line.isascii() and (undecoded := _UNDECODED.search(line)):
            raise InputError(
                f"{path}, line {number}: holds the byte {ord(undecoded[0]) - 0xDC00:#04x}, which is not UTF-8 text. "
                "Save the file as UTF-8."
            )
        if "\x00" in line:
            raise InputError(
                f"{path}, line {number}: contains a NUL byte, so this is not a text file. Save it as UTF-8 text."
            )
        if len(line) == _MAX_LINE_CHARACTERS:
            raise InputError(
                f"{path}, line {number}: is longer than {_MAX_LINE_CHARACTERS} characters. "
                "No line of a trial table is that long."
            )
        yield line


def _rows(reader: "_csv.Reader", *, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows with their line numbers; blank lines hold nothing and are passed over."""
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: is not a row of cells ({_told(error)}).") from None


def _told(error: Exception) -> str:
    """The words of a library, which may quote what stands in a broken file."""
    words = " ".join(str(error).split())[:200] or type(error).__name__
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def _coded(cells: Sequence[str]) -> CodedText:
    index: dict[str, int] = {}
    codes = np.fromiter((index.setdefault(cell, len(index)) for cell in cells), dtype=np.int32, count=len(cells))
    return _stripped(codes, list(index))


def _stripped(codes: np.ndarray, texts: Sequence[str]) -> CodedText:
    """White space around a cell is not part of it, so texts may become equal."""
    index: dict[str, int] = {}
    recoded = np.array([index.setdefault(text.strip(" "), len(index)) for text in texts], dtype=np.int32)
    return CodedText(codes=recoded[codes], texts=tuple(index))


def _parquet_table(path: Path) -> Table:
    # Slow to import, and most tables are text.
    import pyarrow as pa
    import pyarrow.parquet as pq

    failures = (pa.ArrowException, OSError, ValueError, TypeError, OverflowError, MemoryError)

    def broken(error: Exception) -> InputError:
        return InputError(f"{path}: is not a Parquet file that can be read ({_told(error)}).")

    try:
        file = pq.ParquetFile(path)
        names, types = list(file.schema_arrow.names), list(file.schema_arrow.types)
    except failures as error:
        raise broken(error) from None

    def chunks(wanted: Sequence[str]) -> Iterator[TableChunk]:
        if problems := [
            f"{path}: the column {name} is of the type {types[names.index(name)]}. Allowed: text, numbers, booleans "
            "and dates."
            for name in wanted
            if not _is_cell_type(types[names.index(name)])
        ]:
            raise InputError(problems)
        num_rows = 0
        try:
            for batch in file.iter_batches(batch_size=ROWS_PER_CHUNK, columns=list(wanted)):
                columns = {name: _coded_arrow(batch.column(name)) for name in wanted}
                yield TableChunk(
                    line=np.arange(num_rows + 1, num_rows + batch.num_rows + 1),
                    columns=columns,
                )
                num_rows += batch.num_rows
        except failures as error:
            raise broken(error) from None

    return Table(names=tuple(name.strip(" ") for name in names), row_word="row", chunks=chunks)


def _is_cell_type(kind: "pa.DataType") -> bool:
    import pyarrow.types as is_type

    if is_type.is_dictionary(kind):
        kind = kind.value_type
    is_local_time = is_type.is_timestamp(kind) and kind.tz is None
    checks = (
        is_type.is_string,
        is_type.is_large_string,
        is_type.is_string_view,
        is_type.is_integer,
        is_type.is_floating,
        is_type.is_decimal,
        is_type.is_boolean,
        is_type.is_date,
        is_type.is_null,
    )
    return is_local_time or any(check(kind) for check in checks)


def _coded_arrow(column: "pa.Array") -> CodedText:
    import pyarrow as pa
    import pyarrow.types as is_type

    if is_type.is_dictionary(column.type):
        column = column.dictionary_decode()
    if is_type.is_timestamp(column.type):
        # Nanoseconds would need pandas to become a Python value.
        column = column.cast(pa.timestamp("us"))
    if is_type.is_null(column.type) or is_type.is_string_view(column.type):
        column = column.cast(pa.string())
    encoded = column.dictionary_encode(null_encoding="encode")
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return _stripped(codes, [_text(value) for value in encoded.dictionary.to_pylist()])


def _text(value: "str | bool | int | float | Decimal | dt.date | None") -> str:
    if value is None:
        return "n/a"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    return value.isoformat() if isinstance(value, dt.date) else str(value)
