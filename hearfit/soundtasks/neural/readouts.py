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

_LEAST_SPREAD = 1e-6


class Standardised(nnx.Module):
    """Channels and maps side by side, each less its mean and over its deviation."""

    def __init__(self, mean: Float[np.ndarray, " features"], deviation: Float[np.ndarray, " features"]) -> None:
        self.mean = Frozen(jnp.asarray(mean, float))
        self.deviation = Frozen(jnp.asarray(deviation, float))

    def __call__(self, features: Features) -> Columns:
        """Frames stay frames."""
        batch, frames, channels, maps = features.shape
        columns = features.reshape(batch, frames, channels * maps)
        return (columns - self.mean[...][None, None]) / self.deviation[...][None, None]


class LinearReadout(nnx.Module):
    """A receptive field for each unit: weights on the present frame and those before it."""

    def __init__(self, field: LinearField) -> None:
        self.standardised = Standardised(field.mean, field.deviation)
        self.num_lags = field.weights.shape[0]
        self.weights = nnx.Param(jnp.asarray(field.weights, float))
        self.offset = nnx.Param(jnp.asarray(field.offset, float))

    def __call__(self, features: Features) -> Responses:
        """Standardised responses."""
        history = recent(self.standardised(features), self.num_lags)
        weights = self.weights[...]
        return history @ weights.reshape(-1, weights.shape[-1]) + self.offset[...][None, None]


@dataclass(frozen=True)
class UnitScale:
    """Mean and standard deviation of each unit's response to the training sounds, in spikes per bin."""

    mean: Float[np.ndarray, " units"]
    deviation: Float[np.ndarray, " units"]


@dataclass(frozen=True)
class RecurrentDesign:
    """Size and regularisation of the recurrent readout.

    Attributes:
        num_hidden: gated recurrent units, shared by all neurons.
        num_components: of the linear responses, which the network is shown.
        feature_dropout: share of the features that a sound loses for its whole length, in training.
        hidden_dropout: the same of the hidden units, on their way to the neurons.
    """

    num_hidden: int
    num_components: int
    feature_dropout: float
    hidden_dropout: float


class RecurrentCorrection(nnx.Module):
    """What a network of gated recurrent units (Cho et al. 2014) adds to linear responses, and their rectification.

    The units are shared by all neurons; each neuron weighs them, scales its linear response r, and turns the sum x into
    x_0 + log(1 + exp(k (x - x_0))) / k, where x_0 is the response of no spike, which nothing undercuts.
    """

    def __init__(self, num_features: int, scale: UnitScale, design: RecurrentDesign, key: PRNGKeyArray) -> None:
        hidden, units = design.num_hidden, scale.mean.size
        from_features, from_hidden = jax.random.split(key)
        self.design = design
        # The three blocks are those of the reset gate, the update gate and the candidate state.
        self.input_weights = nnx.Param(_scaled(from_features, num_features, 3 * hidden))
        self.input_offset = nnx.Param(jnp.zeros(3 * hidden))
        self.hidden_weights = nnx.Param(_scaled(from_hidden, hidden, 3 * hidden))
        self.hidden_offset = nnx.Param(jnp.zeros(hidden))
        # Nothing is added at the beginning.
        self.output_weights = nnx.Param(jnp.zeros((hidden, units)))
        self.output_offset = nnx.Param(jnp.zeros(units))
        self.gain = nnx.Param(jnp.ones(units))
        self.steepness = nnx.Param(jnp.ones(units))
        self.no_spike = Frozen(jnp.asarray(-scale.mean / scale.deviation, float))

    def __call__(self, columns: Columns, linear: Responses, key: PRNGKeyArray | None = None) -> Responses:
        """Corrected responses; with a key, features and hidden units drop out, as in training."""
        if key is None:
            states = self._states(columns)
        else:
            for_features, for_hidden = jax.random.split(key)
            states = self._states(columns * _kept(for_features, self.design.feature_dropout, columns))
            states = states * _kept(for_hidden, self.design.hidden_dropout, states)
        added = states @ self.output_weights[...] + self.output_offset[...][None, None]
        steepness = jax.nn.softplus(self.steepness[...])[None, None]
        above = linear * self.gain[...][None, None] + added - self.no_spike[...][None, None]
        return self.no_spike[...][None, None] + jax.nn.softplus(steepness * above) / steepness

    def _states(self, inputs: Columns) -> Float[Array, "batch frames hidden"]:
        hidden = self.design.num_hidden
        # At once for all frames; the cell of flax would do it frame by frame within the loop.
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


class NetworkInputs(nnx.Module):
    """What the recurrent network is shown: the first map of the features, and components of the linear responses.

    The components are those of the greatest variance over the training sounds, each with a variance of 1: they are the
    neurons' common responses, in few numbers, so that the network has little to fit. The first map is the plainest
    that a frontend gives; where there are several it holds the level, which adaptation takes away.
    """

    def __init__(
        self, linear: LinearReadout, of_training: Float[np.ndarray, "frames units"], num_components: int
    ) -> None:
        self.linear = linear
        mean = of_training.mean(axis=0)
        _, sizes, directions = np.linalg.svd(of_training - mean, full_matrices=False)
        spread = sizes[:num_components] / np.sqrt(len(of_training))
        # A unit that is predicted to be constant adds a component of no size.
        self.directions = Frozen(jnp.asarray(directions[:num_components].T / np.maximum(spread, _LEAST_SPREAD), float))
        self.mean = Frozen(jnp.asarray(mean, float))

    def __call__(self, features: Features) -> tuple[Columns, Responses]:
        """Inputs of the network, and the linear responses."""
        responses = self.linear(features)
        components = (responses - self.mean[...][None, None]) @ self.directions[...]
        batch, frames, channels, maps = features.shape
        first_map = self.linear.standardised(features).reshape(batch, frames, channels, maps)[..., 0]
        return jnp.concatenate([components, first_map], axis=-1), responses


class RecurrentReadout(nnx.Module):
    """The linear readout and its correction."""

    def __init__(self, inputs: NetworkInputs, correction: RecurrentCorrection) -> None:
        self.inputs = inputs
        self.correction = correction

    def __call__(self, features: Features) -> Responses:
        """Standardised responses."""
        return self.correction(*self.inputs(features))


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
