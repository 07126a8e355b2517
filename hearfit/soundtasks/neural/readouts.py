"""From a frontend's features to the responses of all units: a linear receptive field, or a small recurrent network.

Both take features standardised by the mean and deviation that they had on the training sounds before training, which is
a fixed affine map and keeps the linear readout linear, and give responses standardised in the same way for each unit,
so that a unit with few spikes counts as much as one with many.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, PRNGKeyArray

from hearfit.frontend.module import Frozen
from hearfit.learnable.interface import Features
from hearfit.soundtasks.neural.ridge import LinearField

Columns = Float[Array, "batch frames features"]
Responses = Float[Array, "batch frames units"]


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of each of several features or units."""

    mean: Float[np.ndarray, " features"]
    deviation: Float[np.ndarray, " features"]


class Standardised(nnx.Module):
    """Channels and maps side by side, each less its mean and over its deviation."""

    def __init__(self, scale: Scale) -> None:
        self.mean = Frozen(jnp.asarray(scale.mean, float))
        self.deviation = Frozen(jnp.asarray(scale.deviation, float))

    def __call__(self, features: Features) -> Columns:
        """Frames stay frames."""
        batch, frames, channels, maps = features.shape
        columns = features.reshape(batch, frames, channels * maps)
        return (columns - self.mean[...][None, None]) / self.deviation[...][None, None]


class LinearReadout(nnx.Module):
    """A receptive field for each unit: weights on the present frame and those before it."""

    def __init__(self, field: LinearField) -> None:
        self.standardised = Standardised(Scale(field.mean, field.deviation))
        self.num_lags = field.weights.shape[0]
        self.weights = nnx.Param(jnp.asarray(field.weights, float))
        self.offset = nnx.Param(jnp.asarray(field.offset, float))

    def __call__(self, features: Features, key: PRNGKeyArray | None = None) -> Responses:
        """Nothing is random here; `key` is there for the other readout."""
        del key
        history = recent(self.standardised(features), self.num_lags)
        weights = self.weights[...]
        return history @ weights.reshape(-1, weights.shape[-1]) + self.offset[...][None, None]


@dataclass(frozen=True)
class RecurrentDesign:
    """Size and regularisation of the recurrent readout.

    Attributes:
        num_hidden: gated recurrent units, shared by all neurons.
        num_lags: frames that the network is shown at once.
        feature_dropout: share of the features that a sound loses for its whole length, in training.
        hidden_dropout: the same of the hidden units, on their way to the neurons.
    """

    num_hidden: int = 48
    num_lags: int = 5
    feature_dropout: float = 0.1
    hidden_dropout: float = 0.3


class RecurrentReadout(nnx.Module):
    """One layer of gated recurrent units (Cho et al. 2014) shared by all neurons, and weights of each neuron on it."""

    def __init__(self, scale: Scale, num_units: int, design: RecurrentDesign, key: PRNGKeyArray) -> None:
        hidden, num_inputs = design.num_hidden, design.num_lags * scale.mean.size
        from_features, from_hidden, from_output = jax.random.split(key, 3)
        self.design = design
        self.standardised = Standardised(scale)
        # The three blocks are those of the reset gate, the update gate and the candidate state.
        self.input_weights = nnx.Param(_scaled(from_features, num_inputs, 3 * hidden))
        self.input_offset = nnx.Param(jnp.zeros(3 * hidden))
        self.hidden_weights = nnx.Param(_scaled(from_hidden, hidden, 3 * hidden))
        self.hidden_offset = nnx.Param(jnp.zeros(hidden))
        self.output_weights = nnx.Param(0.3 * _scaled(from_output, hidden, num_units))
        self.output_offset = nnx.Param(jnp.zeros(num_units))

    def __call__(self, features: Features, key: PRNGKeyArray | None = None) -> Responses:
        """With a key, features and hidden units drop out, as in training."""
        columns = self.standardised(features)
        design = self.design
        if key is not None:
            for_features, for_hidden = jax.random.split(key)
            columns = columns * _kept(for_features, design.feature_dropout, columns)
        states = self._states(recent(columns, design.num_lags))
        if key is not None:
            states = states * _kept(for_hidden, design.hidden_dropout, states)
        return states @ self.output_weights[...] + self.output_offset[...][None, None]

    def _states(self, inputs: Columns) -> Float[Array, "batch frames hidden"]:
        hidden = self.design.num_hidden
        driven = inputs @ self.input_weights[...] + self.input_offset[...][None, None]
        weights, offset = self.hidden_weights[...], self.hidden_offset[...][None]

        def advance(
            state: Float[Array, "batch hidden"], drive: Float[Array, "batch gates"]
        ) -> tuple[Float[Array, "batch hidden"], Float[Array, "batch hidden"]]:
            fed_back = state @ weights
            reset = jax.nn.sigmoid(drive[:, :hidden] + fed_back[:, :hidden])
            update = jax.nn.sigmoid(drive[:, hidden : 2 * hidden] + fed_back[:, hidden : 2 * hidden])
            candidate = jnp.tanh(drive[:, 2 * hidden :] + reset * (fed_back[:, 2 * hidden :] + offset))
            new = update * candidate + (1.0 - update) * state
            return new, new

        silent = jnp.zeros((inputs.shape[0], hidden), inputs.dtype)
        _, states = jax.lax.scan(advance, silent, jnp.swapaxes(driven, 0, 1))
        return jnp.swapaxes(states, 0, 1)


def recent(columns: Columns, num_lags: int) -> Float[Array, "batch frames columns"]:
    """Each frame with those before it, the present one first; before the beginning the first frame stands still."""
    frames = columns.shape[1]
    padded = jnp.pad(columns, ((0, 0), (num_lags - 1, 0), (0, 0)), mode="edge")
    return jnp.concatenate([padded[:, num_lags - 1 - lag :][:, :frames] for lag in range(num_lags)], axis=-1)


def _scaled(key: PRNGKeyArray, rows: int, columns: int) -> Float[Array, "rows columns"]:
    return jax.random.normal(key, (rows, columns)) / np.sqrt(rows)


def _kept(key: PRNGKeyArray, dropout: float, columns: Columns) -> Columns:
    """1 / (1 - dropout) where a column of a sound is kept, else 0; the same in all frames."""
    shape = (columns.shape[0], 1, columns.shape[2])
    kept = jax.random.bernoulli(key, 1.0 - dropout, shape).astype(columns.dtype) / (1.0 - dropout)
    return jnp.broadcast_to(kept, columns.shape)
