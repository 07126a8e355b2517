"""Figures of one run, kept beside its record: arrays in a NumPy archive, their words as JSON inside it, no pickle.

A run may be computed in another process and long before the report is written, and what it learned is gone with it. So
it leaves its sheets in a file of its own: `write_sheets(pictures_path(out, name), sheets)`.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from hearfit.errors import InputError
from hearfit.soundtasks.pictures import Axis, Image, Lines, Moves, Panel, Sheet
from hearfit.soundtasks.record import RunName
from hearfit.soundtasks.record_files import file_stem
from hearfit.storage.files import read_bytes, write_bytes

PICTURES: Final = "pictures"
_WORDS: Final = "words"
_KINDS: Final[Mapping[str, type[Image] | type[Lines] | type[Moves]]] = {
    kind.__name__: kind for kind in (Image, Lines, Moves)
}
_ARRAYS: Final = {
    "Image": ("x_places", "y_places", "values"),
    "Lines": ("x_places", "values"),
    "Moves": ("before", "after"),
}


def pictures_path(out: Path, name: RunName) -> Path:
    """Where the pictures of a run lie, in the output folder of its study."""
    return out / PICTURES / f"{file_stem(name)}.npz"


def write_sheets(path: Path, sheets: Sequence[Sheet]) -> None:
    """Writes a whole file or nothing.

    Raises:
        InputError: the file cannot be written.
    """
    arrays: dict[str, np.ndarray] = {}
    words = []
    for number, sheet in enumerate(sheets):
        panels = []
        for index, panel in enumerate(sheet.panels):
            kind = type(panel).__name__
            for key in _ARRAYS[kind]:
                arrays[f"{number}.{index}.{key}"] = np.asarray(getattr(panel, key), np.float64)
            fields = {key: value for key, value in vars(panel).items() if key not in _ARRAYS[kind]}
            fields["x"], fields["y"] = asdict(panel.x), asdict(panel.y)
            panels.append({"kind": kind, **fields})
        words.append({**{key: value for key, value in vars(sheet).items() if key != "panels"}, "panels": panels})
    content = io.BytesIO()
    np.savez_compressed(content, **{_WORDS: np.asarray(json.dumps(words))}, **arrays)  # type: ignore[arg-type]
    write_bytes(path, content.getvalue())


def read_sheets(path: Path) -> tuple[Sheet, ...]:
    """The sheets in a file; none where there is no file.

    Raises:
        InputError: the file is damaged.
    """
    if not path.exists():
        return ()
    try:
        with np.load(io.BytesIO(read_bytes(path)), allow_pickle=False) as archive:
            words = json.loads(str(archive[_WORDS]))
            return tuple(_sheet(entry, number, archive) for number, entry in enumerate(words))
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError(f"{path}: holds no pictures that can be read ({error}). Delete it to go without.") from None


def _sheet(entry: dict[str, Any], number: int, archive: Mapping[str, np.ndarray]) -> Sheet:
    panels = tuple(_panel(panel, f"{number}.{index}", archive) for index, panel in enumerate(entry.pop("panels")))
    return Sheet(panels=panels, **entry)


def _panel(entry: dict[str, Any], place: str, archive: Mapping[str, np.ndarray]) -> Panel:
    kind = entry.pop("kind")
    fields = {**entry, **{key: np.asarray(archive[f"{place}.{key}"]) for key in _ARRAYS[kind]}}
    fields["x"], fields["y"] = Axis(**entry["x"]), Axis(**entry["y"])
    if "labels" in fields:
        fields["labels"] = tuple(fields["labels"])
    return _KINDS[kind](**fields)
