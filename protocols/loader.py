"""Finds protocols: the files shipped beside this one by name, a user's own by path."""

import difflib
from functools import cache
from importlib.resources import files
from pathlib import Path

from hearfit.errors import InputError
from hearfit.experiment.protocol import Protocol
from hearfit.experiment.protocol_file import parse_protocol
from hearfit.storage.files import read_text

_SUFFIX = ".toml"


@cache
def list_protocols() -> tuple[str, ...]:
    """The names of the shipped protocols, in alphabetical order."""
    entries = (entry.name for entry in files("hearfit.protocols").iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in entries if name.endswith(_SUFFIX)))


def load_protocol(name_or_path: str | Path) -> Protocol:
    """A shipped protocol by its name, or a user's own by the path of a TOML file.

    Text that ends in .toml or holds a folder separator is a path; anything else is a name.

    Raises:
        InputError: no protocol has that name, or the file cannot be read or is not a protocol.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(_SUFFIX) or "/" in text or "\\" in text:
        return parse_protocol(read_text(Path(name_or_path)), source=text)
    if text not in list_protocols():
        close = difflib.get_close_matches(text, list_protocols(), n=1, cutoff=0.4)
        guess = f"Did you mean {close[0]}? " if close else ""
        raise InputError(
            f"There is no protocol {text!r}. {guess}Known are {', '.join(list_protocols())}; "
            "for a protocol of your own give the path of its .toml file."
        )
    return _shipped(text)


def shipped_protocols() -> tuple[Protocol, ...]:
    """All shipped protocols, in the order of their names."""
    return tuple(_shipped(name) for name in list_protocols())


@cache
def _shipped(name: str) -> Protocol:
    entry = files("hearfit.protocols").joinpath(name + _SUFFIX)
    return parse_protocol(entry.read_text(encoding="utf-8"), source=entry.name)
