"""Which files a study read, in a few digits: records made with other data are told from it."""

import hashlib
from collections.abc import Collection
from pathlib import Path


def fingerprint(folder: Path, suffixes: Collection[str]) -> str:
    """SHA-256 of the names and sizes of all files below a folder with one of these suffixes, in lower case.

    Not of their contents, which would take as long as reading them; where the folder lies does not matter.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    listing = "\n".join(f"{path.relative_to(folder).as_posix()} {path.stat().st_size}" for path in files)
    return hashlib.sha256(listing.encode()).hexdigest()
