"""An .npz file as a disk that fails leaves it: whole on the outside, with a stream inside that cannot be unpacked."""

import struct
import zipfile
import zlib
from pathlib import Path

import pytest

# Two bits of a block say how it is packed; DEFLATE (RFC 1951, section 3.2.3) reserves 11 as an error.
_RESERVED_BLOCK = b"\xff" * 4
_LOCAL_HEADER_SIZE = 30


def damage_stream(path: Path, member: str) -> None:
    """Spoils the first block of a compressed member, which zlib must refuse."""
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo(member).header_offset
    content = bytearray(path.read_bytes())
    name_size, extra_size = struct.unpack_from("<HH", content, start + 26)
    begin = start + _LOCAL_HEADER_SIZE + name_size + extra_size
    content[begin : begin + len(_RESERVED_BLOCK)] = _RESERVED_BLOCK
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive, pytest.raises(zlib.error):
        archive.read(member)
