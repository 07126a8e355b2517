"""Some rows of a table as a file holds them: text, before anything is known about its meaning."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True)
class CodedText:
    """A column of text, each distinct text once: row r holds `texts[codes[r]]`."""

    codes: Int[np.ndarray, " rows"]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class RaggedRow:
    """A row with more or fewer cells than the header."""

    line: int
    num_cells: int


@dataclass(frozen=True)
class TableChunk:
    """Successive rows; `line` says where in the file each one stands. Ragged rows are in no column."""

    line: Int[np.ndarray, " rows"]
    columns: Mapping[str, CodedText]
    ragged: tuple[RaggedRow, ...] = ()
