"""The recogniser: features, standardised; a back end that all frontends share; two heads."""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Int

from hearfit.learnable.interface import Frontend, Layer
from hearfit.soundtasks.feature_network import FeatureNetwork
from hearfit.soundtasks.phonemes.convolution import BackEnd
from hearfit.soundtasks.phonemes.targets import BROAD_CLASSES, PADDING


@dataclass(frozen=True)
class RecogniserDesign:
    """Sizes that all frontends share; `widths` of the back end's three convolutions."""

    num_maps: int = 18
    widths: tuple[int, int, int] = (10, 20, 40)
    num_phones: int = 20

    @property
    def num_phone_classes(self) -> int:
        """The phones, silence and others."""
        return self.num_phones + 2


class Batch(NamedTuple):
    """Inputs of the frontend and the targets of each frame."""

    inputs: Float[Array, "batch ..."]
    targets: Int[Array, "batch frames 2"]


class Logits(NamedTuple):
    """Of the broad classes and of the phones."""

    broad: Float[Array, "batch frames broad"]
    phones: Float[Array, "batch frames phones"]


class Recogniser(FeatureNetwork):
    """Sounds, or spectrograms of a fixed frontend, to the logits of each frame.

    The frontend is strictly causal; the convolutions of the back end look three frames ahead.

    Args:
        frontend: from sounds (`Frontend`), from spectrograms (`Layer`), or None: spectrograms are taken as they are.
        has_stem: whether a `TemporalStem` stands between frontend and back end.
    """

    def __init__(
        self,
        frontend: Frontend | Layer | None,
        *,
        num_channels: int,
        has_stem: bool,
        design: RecogniserDesign,
        rngs: nnx.Rngs,
    ) -> None:
        super().__init__(
            frontend, num_channels=num_channels, num_stem_maps=design.num_maps if has_stem else None, rngs=rngs
        )
        self.back_end = BackEnd(self.num_maps, num_channels, design.widths, rngs)
        self.num_broad = len(BROAD_CLASSES)
        self.heads = nnx.Linear(self.back_end.num_outputs, self.num_broad + design.num_phone_classes, rngs=rngs)

    def __call__(self, inputs: Float[Array, "batch ..."]) -> Logits:
        """Logits of both heads."""
        logits = self.heads(self.back_end(self.maps(inputs)))
        return Logits(logits[..., : self.num_broad], logits[..., self.num_broad :])

    def classes(self, inputs: Float[Array, "batch ..."]) -> Int[Array, "batch frames 2"]:
        """The most probable broad class and phone of each frame."""
        logits = self(inputs)
        return jnp.stack([jnp.argmax(logits.broad, axis=-1), jnp.argmax(logits.phones, axis=-1)], axis=-1)


def loss(model: Recogniser, batch: Batch) -> Float[Array, ""]:
    """Cross entropy of both heads, mean over all frames that are no padding."""
    logits = model(batch.inputs)
    is_frame = (batch.targets[..., 0] != PADDING).astype(logits.broad.dtype)
    total = jnp.zeros((), logits.broad.dtype)
    for head, column in ((logits.broad, 0), (logits.phones, 1)):
        wanted = jnp.maximum(batch.targets[..., column], 0)
        total = total + jnp.sum(optax.softmax_cross_entropy_with_integer_labels(head, wanted) * is_frame)
    return total / jnp.maximum(jnp.sum(is_frame), 1.0)
