"""The record of a run as one JSON file that reads back to the same record, with the hash of its settings inside."""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from hearfit.errors import InputError
from hearfit.soundtasks.record import RunName, RunRecord
from hearfit.storage.files import read_text, write_text
from hearfit.training.settings import Settings, settings_hash

_SCHEMA: Final = "hearfit-run"
_VERSION: Final = 1
_MAX_ECHO: Final = 40
# Where a number may be undefined: NaN in a record, null in a file.
_UNDEFINED_IN: Final = ("scores", "items", "draws", "curve")


@dataclass(frozen=True)
class StoredRun:
    """A record and the settings that it was made with."""

    record: RunRecord
    settings: Mapping[str, Any]
    settings_hash: str
    schema: str = _SCHEMA
    version: int = _VERSION


_ADAPTER = TypeAdapter(StoredRun)


def file_stem(name: RunName) -> str:
    """Readable, and as good as unique: names that differ only in signs or capitals differ in the digits at the end."""
    digits = hashlib.sha256(json.dumps(asdict(name), sort_keys=True).encode()).hexdigest()[:8]
    words = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")[:40] for part in name_parts(name)]
    return "_".join([*filter(None, words), digits])


def name_parts(name: RunName) -> tuple[str, str, str, str]:
    """Task, frontend, condition and seed as words."""
    return name.task, name.frontend, name.condition, f"seed {name.seed}"


def record_path(folder: Path, name: RunName) -> Path:
    """The file of this run in a folder of records."""
    return folder / f"{file_stem(name)}.json"


def write_record(folder: Path, record: RunRecord, settings: Settings) -> Path:
    """Writes the whole file of a record or nothing, and gives its path.

    Raises:
        InputError: the file cannot be written, or a number is infinite, or NaN where a number must be.
    """
    path = record_path(folder, record.name)
    problems = [
        f"{path}: `{place}` is {value}, which is not a finite number, so the record is not written."
        for place, value in _not_finite(asdict(record), "")
        if not (math.isnan(value) and place.startswith(_UNDEFINED_IN))
    ]
    if problems:
        raise InputError(problems)
    stored = StoredRun(record, json.loads(json.dumps(settings)), settings_hash(settings))
    write_text(path, _ADAPTER.dump_json(stored, indent=1).decode("utf-8") + "\n")
    return path


def read_record(path: Path) -> StoredRun:
    """The record in a file.

    Raises:
        InputError: the file cannot be read or holds no record that this version understands; all problems at once.
    """
    text = read_text(path)
    try:
        content = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise InputError(f"{path}: is not valid JSON ({error}). Delete the file to repeat its run.") from None
    if not isinstance(content, dict) or content.get("schema") != _SCHEMA or content.get("version") != _VERSION:
        raise InputError(
            f"{path}: is not a record of a run that this hearfit wrote: its `schema` must be {_SCHEMA!r} and its "
            f"`version` {_VERSION}. Move the file elsewhere."
        )
    record = content.get("record")
    if isinstance(record, dict):
        content["record"] = {key: _with_nan(value) if key in _UNDEFINED_IN else value for key, value in record.items()}
    try:
        stored = _ADAPTER.validate_json(to_json(content, inf_nan_mode="constants"), strict=True, extra="forbid")
    except ValidationError as error:
        raise InputError([_sentence(path, detail) for detail in error.errors(include_url=False)]) from None
    if stored.settings_hash != settings_hash(stored.settings):
        raise InputError(f"{path}: its `settings` do not have its `settings_hash`. Delete the file to repeat its run.")
    return stored


def read_stored(folder: Path) -> dict[Path, StoredRun]:
    """Every record in a folder, in the order of their names; none where there is no folder.

    Raises:
        InputError: a file cannot be read or is no record, or two are of the same run; all problems at once.
    """
    found: dict[Path, StoredRun] = {}
    owner: dict[RunName, Path] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            stored = read_record(path)
        except InputError as error:
            problems += error.problems
            continue
        other = owner.setdefault(stored.record.name, path)
        if other != path:
            problems.append(f"{path}: is of the same run as {other.name}. Delete one of the two.")
        found[path] = stored
    if problems:
        raise InputError(problems)
    return dict(sorted(found.items(), key=lambda item: item[1].record.name))


def read_records(folder: Path) -> tuple[RunRecord, ...]:
    """Every record in a folder, in the order of their names.

    Raises:
        InputError: as `read_stored`, or there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder. Give a folder of records that an experiment wrote.")
    return tuple(stored.record for stored in read_stored(folder).values())


def _with_nan(value: object) -> object:
    if value is None:
        return math.nan
    if isinstance(value, list):
        return [_with_nan(item) for item in value]
    return {key: _with_nan(item) for key, item in value.items()} if isinstance(value, dict) else value


def _not_finite(value: object, place: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield place, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _not_finite(item, f"{place}.{index}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _not_finite(item, f"{place}.{key}" if place else key)


def _sentence(path: Path, detail: ErrorDetails) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "the document"
    if detail["type"] == "missing":
        return f"{path}: the field `{place}` is missing."
    if detail["type"] == "unexpected_keyword_argument":
        return f"{path}: the field `{place}` is not part of a record of version {_VERSION}."
    shown = repr(detail["input"])
    shown = shown if len(shown) <= _MAX_ECHO else shown[: _MAX_ECHO - 3] + "..."
    return f"{path}: the field `{place}` is {shown}, but {detail['msg'][0].lower() + detail['msg'][1:]}."
