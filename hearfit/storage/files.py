"""Reading and writing whole files: one clear sentence on failure, never half a file."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hearfit.errors import InputError

_ALLOWED = "Give the path of a readable file."


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        InputError: the path is missing, a folder, or cannot be read.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder, not a file. {_ALLOWED}")
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file. {_ALLOWED}") from None
    except (OSError, ValueError) as error:
        # A name that is too long, or that holds a NUL, is no OSError on every platform and version.
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read ({reason}). {_ALLOWED}") from None


def read_text(path: Path) -> str:
    """The content of a UTF-8 text file, with or without a byte order mark.

    Raises:
        InputError: as `read_bytes`, or the bytes are not UTF-8 text.
    """
    content = read_bytes(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is {content[error.start]:#04x}, which is not UTF-8 text. "
            "Save the file as UTF-8."
        ) from None
    if "\x00" in text:
        raise InputError(f"{path}: contains a NUL byte, so it is not a text file. Save the file as UTF-8 text.")
    return text


def check_output(folder: Path, names: Sequence[str]) -> None:
    """Checks before long work that files can be written into a folder, which need not exist; creates nothing.

    Args:
        folder: where the files will lie.
        names: the files, relative to the folder.

    Raises:
        InputError: the folder or one on the way to it is a file or cannot be written, or a folder has a file's name.
    """
    try:
        place = folder
        while not place.exists():
            place = place.parent
        with tempfile.TemporaryFile(dir=place):
            pass
        targets = [folder / name for name in names]
        problems = [
            f"{target}: is a folder, but a file of this name would be written. Move it, or choose another folder."
            for target in targets
            if target.is_dir()
        ]
        parents = dict.fromkeys(target.parent for target in targets)
        problems += [
            f"{parent}: is a file, but a folder of this name is needed. Move it, or choose another folder."
            for parent in parents
            if parent != folder and parent.exists() and not parent.is_dir()
        ]
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be used as an output folder ({error.strerror or error}). Choose a folder that you may "
            f"write to."
        ) from None
    if problems:
        raise InputError(problems)


def check_not_replaced(target: Path, inputs: Sequence[Path]) -> None:
    """Refuses to write a result over a file that it is made from.

    Raises:
        InputError: the target is one of the inputs, by whatever path.
    """
    try:
        is_input = target.exists() and any(path.exists() and target.samefile(path) for path in inputs)
    except OSError:
        # Whoever writes the file says what is wrong with its path.
        return
    if is_input:
        raise InputError(
            f"{target}: is a file that is read, so it is not replaced. Choose another path for the result."
        )


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a whole file or nothing: to a temporary file beside it, then renamed over it.

    Raises:
        InputError: the folder cannot be written.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as handle:
            temporary = Path(handle.name)
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        # NamedTemporaryFile creates files that only their owner can read, which suits health data; keep that.
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written ({error.strerror or error}).") from None


def write_text(path: Path, text: str) -> None:
    """As `write_bytes`, UTF-8, line feeds as given."""
    write_bytes(path, text.encode("utf-8"))
