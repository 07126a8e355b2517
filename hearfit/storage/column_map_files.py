"""Column maps on disk."""

from pathlib import Path

from hearfit.experiment.column_map import ColumnMap
from hearfit.experiment.column_map_file import parse_column_map
from hearfit.storage.files import read_text


def read_column_map(path: Path) -> ColumnMap:
    """A column map from a TOML file.

    Raises:
        InputError: the file cannot be read, or is not a column map.
    """
    return parse_column_map(read_text(path), source=str(path))
