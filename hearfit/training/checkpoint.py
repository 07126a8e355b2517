"""A training's state in one safetensors file, and the one before it: arrays and JSON, nothing that is executed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped
from safetensors import SafetensorError
from safetensors.numpy import load, save

from hearfit.errors import InputError
from hearfit.storage.files import read_bytes, write_bytes
from hearfit.training.curve import CurvePoint
from hearfit.training.settings import Settings, canonical_json, difference_sentence, settings_hash

_FORMAT: Final = "hearfit-training"
_VERSION: Final = 1
_ADVICE: Final = "Delete it to train from the beginning."

Tree = TypeVar("Tree")
Tensors = dict[str, Shaped[np.ndarray, "..."]]


@dataclass(frozen=True)
class Checkpoint(Generic[Tree]):
    """What a training needs to go on as if it had never stopped: arrays, the curve so far, steps done."""

    arrays: Tree
    step: int
    curve: tuple[CurvePoint, ...]


def write_checkpoint(path: Path, checkpoint: Checkpoint[Tree], settings: Settings) -> None:
    """Writes beside the old file, then keeps that as `previous_path` and takes its name; never half a file.

    Raises:
        InputError: it cannot be written, as on a full disk; the old checkpoint is then as it was.
    """
    tensors = {name: _stored(leaf) for name, leaf in _named_leaves(checkpoint.arrays).items()}
    metadata = {
        "format": _FORMAT,
        "version": str(_VERSION),
        "settings_hash": settings_hash(settings),
        "settings": canonical_json(settings),
        "step": str(checkpoint.step),
        "curve": json.dumps([asdict(point) for point in checkpoint.curve], allow_nan=False),
    }
    metadata["sha256"] = _digest(tensors, metadata)
    new = path.with_name(f"{path.name}.new")
    write_bytes(new, save(tensors, metadata))
    try:
        # Killed between these two, the previous one is read.
        if path.exists():
            path.replace(previous_path(path))
        new.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}).") from None


def read_checkpoint(path: Path, template: Tree, settings: Settings) -> Checkpoint[Tree] | None:
    """The last checkpoint that is whole, its arrays in the shape of `template`; None where there is none.

    A training is the same from whichever of its checkpoints it goes on, so the previous one stands in silently for a
    last one that a crash of the machine spoiled.

    Raises:
        InputError: none of them is whole, or they are of other settings or another model.
    """
    problems: list[str] = []
    for candidate in (path, previous_path(path)):
        if not candidate.exists():
            continue
        content = _whole(candidate, problems)
        if content is not None:
            metadata, tensors = content
            _check_settings(candidate, metadata, settings)
            return _restored(candidate, metadata, tensors, template)
    if problems:
        raise InputError(problems)
    return None


def remove_checkpoint(path: Path) -> None:
    """Removes the checkpoint, the previous one, and what a kill may have left of a new one."""
    for each in (path, previous_path(path), path.with_name(f"{path.name}.new")):
        each.unlink(missing_ok=True)


def previous_path(path: Path) -> Path:
    """Where the checkpoint before the last one lies."""
    return path.with_name(f"{path.name}.previous")


def array_digest(tree: object) -> str:
    """SHA-256 of names, types, shapes and values of all arrays in a tree."""
    return _digest({name: _stored(leaf) for name, leaf in _named_leaves(tree).items()}, {})


def _whole(path: Path, problems: list[str]) -> tuple[dict[str, str], Tensors] | None:
    """Metadata and tensors of a file that is what was once written; else adds what is wrong with it."""
    content = read_bytes(path)
    try:
        tensors = load(content)
        metadata = _metadata(content)
    except (SafetensorError, ValueError, KeyError) as error:
        problems.append(f"{path}: is not a whole safetensors file ({error}). {_ADVICE}")
        return None
    if metadata.get("format") != _FORMAT or metadata.get("version") != str(_VERSION):
        problems.append(f"{path}: is not a checkpoint of a training that this hearfit wrote. {_ADVICE}")
        return None
    if metadata.pop("sha256", None) != _digest(tensors, metadata):
        problems.append(f"{path}: its content is not what was written (SHA-256 differs). {_ADVICE}")
        return None
    return metadata, tensors


def _metadata(content: bytes) -> dict[str, str]:
    # Eight bytes of length, then the header as JSON; the reader for bytes gives the tensors only.
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    found: dict[str, str] = header.get("__metadata__", {})
    return found


def _check_settings(path: Path, metadata: Mapping[str, str], settings: Settings) -> None:
    if metadata["settings_hash"] == settings_hash(settings):
        return
    difference = difference_sentence(json.loads(metadata["settings"]), settings)
    raise InputError(f"{path}: is a checkpoint of a training with other settings ({difference}). {_ADVICE}")


def _restored(path: Path, metadata: Mapping[str, str], tensors: Tensors, template: Tree) -> Checkpoint[Tree]:
    leaves = _named_leaves(template)
    old = {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
    new = {name: ((stored := _stored(leaf)).shape, stored.dtype) for name, leaf in leaves.items()}
    if old != new:
        name = next(name for name in (*new, *old) if old.get(name) != new.get(name))
        raise InputError(
            f"{path}: is a checkpoint of another model: its array {name} is {_described(old.get(name))}, that of the "
            f"model is {_described(new.get(name))}. {_ADVICE}"
        )
    arrays = [_as_leaf(tensors[name], leaf) for name, leaf in leaves.items()]
    return Checkpoint(
        arrays=jax.tree.unflatten(jax.tree.structure(template), arrays),
        step=int(metadata["step"]),
        curve=tuple(CurvePoint(**point) for point in json.loads(metadata["curve"])),
    )


def _described(what: tuple[tuple[int, ...], np.dtype] | None) -> str:
    return "absent" if what is None else f"{what[1]} of the shape {what[0]}"


def _named_leaves(tree: object) -> dict[str, Shaped[Array, "..."]]:
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): jnp.asarray(leaf) for path, leaf in leaves}


def _is_key(leaf: Shaped[Array, "..."]) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def _stored(leaf: Shaped[Array, "..."]) -> Shaped[np.ndarray, "..."]:
    # safetensors copies memory as it lies, whatever the strides.
    return np.array(jax.random.key_data(leaf) if _is_key(leaf) else leaf, order="C")


def _as_leaf(tensor: Shaped[np.ndarray, "..."], like: Shaped[Array, "..."]) -> Shaped[Array, "..."]:
    if _is_key(like):
        return jax.random.wrap_key_data(jnp.asarray(tensor), impl=jax.random.key_impl(like))
    return jnp.asarray(tensor)


def _digest(tensors: Tensors, metadata: Mapping[str, str]) -> str:
    digest = hashlib.sha256(canonical_json(metadata).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tensor.shape} ".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()
