"""Which recordings an experiment was made with, as one number that changes with any of them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from hearfit.storage.files import read_bytes


def content_hash(folder: Path, suffixes: Sequence[str]) -> str:
    """SHA-256 of names and contents of all files of a folder with these endings, whatever their case.

    A folder that is missing has that of no files: whoever reads it says what is wrong.

    Raises:
        InputError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in suffixes):
        digest.update(f"{path.relative_to(folder).as_posix()} ".encode())
        digest.update(hashlib.sha256(read_bytes(path)).digest())
    return digest.hexdigest()
