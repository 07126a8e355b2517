"""`draws.npz`: the draws of a sampled posterior, as plain arrays without pickled objects."""

import io
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hearfit.errors import InputError
from hearfit.storage.files import write_bytes


def write_draws(path: Path, names: tuple[str, ...], positions: Float[np.ndarray, "chains draws parameters"]) -> None:
    """Writes `positions` (unconstrained coordinates) and the `names` of its last axis, the whole file or nothing.

    Raises:
        InputError: the file cannot be written.
    """
    content = io.BytesIO()
    np.savez_compressed(content, names=np.array(names), positions=positions)
    write_bytes(path, content.getvalue())


def read_draws(path: Path) -> tuple[tuple[str, ...], Float[np.ndarray, "chains draws parameters"]]:
    """Names and positions of a file that `write_draws` wrote.

    Raises:
        InputError: the file cannot be read or holds something else.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            names, positions = content["names"], content["positions"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path}: holds no draws of a posterior ({error}). Give a draws.npz of `hearfit fit`."
        ) from None
    if positions.ndim != 3 or positions.shape[2] != len(names):
        raise InputError(f"{path}: `positions` must have three axes, the last one of {len(names)} names.")
    return tuple(map(str, names)), positions
