"""Probability of every response in every condition, with its Jacobian, and the log posterior that they make.

Each condition reaches the listener's 33 cochlear coordinates through one number (log d', or loudness in CU). Its
gradient is one reverse sweep per condition; the few parameters of the observer are added by forward differentiation of
the response probabilities. That costs the same for any number of cochlear parameters.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hearfit.frontend.cochlea import (
    Cochlea,
    EarParameters,
    cochlea_of,
    internal_representation,
    relative_excitation,
)
from hearfit.inference.data import CategoryData, DetectionData, FitData
from hearfit.listener.normal import NormalEar
from hearfit.listener.parameters import NUM_KNOTS, NUM_PARAMETERS, attenuation_db, compression_exponent, knot_weights
from hearfit.observer.categories import category_probabilities, listener_boundaries
from hearfit.observer.detection import log_detectability, probability_correct, probability_yes
from hearfit.observer.loudness import log_total_loudness
from hearfit.observer.splines import MonotoneSpline, evaluate_spline

_NUM_CURVES = 3
_SENSITIVITY = _NUM_CURVES * NUM_KNOTS
_CRITERION, _LAPSE, _SPREAD, _MASKED, _BOUNDARIES = (_SENSITIVITY + i for i in (1, 2, 3, 4, 5))


class Responses(NamedTuple):
    """Response probabilities of all conditions of a task, their derivatives by every coordinate, and the counts."""

    probability: Float[np.ndarray, "conditions responses"]
    jacobian: Float[np.ndarray, "conditions responses parameters"]
    counts: Float[np.ndarray, "conditions responses"]


class Evaluation(NamedTuple):
    """Log posterior and its local quadratic model in whitened coordinates."""

    log_likelihood: float
    log_posterior: float
    gradient: Float[np.ndarray, " parameters"]
    fisher: Float[np.ndarray, "parameters parameters"]


class WhitenedPrior(NamedTuple):
    """position = mean + factor @ whitened; standard normal in whitened coordinates."""

    mean: Float[np.ndarray, " parameters"]
    factor: Float[np.ndarray, "parameters parameters"]


def ear_on_channels(coordinates: Float[Array, "curves channels"]) -> EarParameters:
    """Ear parameters from the unconstrained coordinates of each channel."""
    return EarParameters(
        exponent=compression_exponent(coordinates[0], coordinates[1]),
        attenuation_db=attenuation_db(coordinates[0], coordinates[1]),
        inhibition=jax.nn.sigmoid(coordinates[2]),
    )


def channel_coordinates(position: Float[Array, " parameters"], cochlea: Cochlea) -> Float[Array, "curves channels"]:
    """The three curves interpolated from the audiometric frequencies to the channels."""
    weights = jnp.asarray(knot_weights(cochlea.frequency_hz), position.dtype)
    return position[: _NUM_CURVES * NUM_KNOTS].reshape(_NUM_CURVES, NUM_KNOTS) @ weights.T


def detection_evidence(
    coordinates: Float[Array, "curves channels"],
    log_masked_sensitivity: Float[Array, ""],
    power: Float[Array, "frames channels"],
    masker: Float[Array, " channels"],
    leak: Float[Array, "frames frames"],
    window: Float[Array, "frames frames"],
    gain: Float[Array, ""],
    masker_gain: Float[Array, ""],
    cochlea: Cochlea,
) -> Float[Array, ""]:
    """Log d' of a target in a steady masker against the masker alone, for a listener of normal sensitivity in quiet.

    A masker of gain 0 is silence. The power of the target adds to the masker's: their cross term has zero mean. The
    first frame has no target; it is the masker alone, as it has been all the time before.
    """
    ear = ear_on_channels(coordinates)
    together = relative_excitation(gain * power + masker_gain * masker[None, :], leak, ear, cochlea)
    representation = internal_representation(together, ear, cochlea)
    normal = cochlea.normal
    return log_detectability(
        representation,
        representation[:1],
        window,
        log_masked_sensitivity,
        spacing_cam=normal.spacing_cam,
        sensitivity=normal.sensitivity,
    )


@partial(jax.jit, static_argnames="normal")
def detection_block(
    position: Float[Array, " parameters"], data: DetectionData, *, normal: NormalEar
) -> tuple[Float[Array, "conditions responses"], Float[Array, "conditions responses parameters"]]:
    """Probabilities of (not heard or wrong, heard or correct) in a block of conditions, and their derivatives."""
    cochlea = cochlea_of(normal)
    coordinates = channel_coordinates(position, cochlea)

    def evidence(
        stimulus: Int[Array, ""], gain: Float[Array, ""], masker_gain: Float[Array, ""]
    ) -> tuple[Float[Array, ""], tuple[Float[Array, "curves channels"], Float[Array, ""]]]:
        return jax.value_and_grad(detection_evidence, argnums=(0, 1))(
            coordinates,
            position[_MASKED],
            data.power[stimulus],
            data.masker[stimulus],
            data.leak[stimulus],
            data.window[stimulus],
            gain,
            masker_gain,
            cochlea,
        )

    value, (slope, by_masked) = jax.vmap(evidence)(data.stimulus, data.gain, data.masker_gain)
    observer = jnp.array([_SENSITIVITY, _CRITERION, _LAPSE])

    def probabilities(
        at: Float[Array, " local"], is_played: Float[Array, ""], interval_count: Float[Array, ""]
    ) -> Float[Array, " responses"]:
        detectability = is_played * jnp.exp(at[0] + at[1])
        lapse = jax.nn.sigmoid(at[3])
        yes = probability_yes(detectability, criterion=at[2], lapse=lapse)
        correct = probability_correct(detectability, interval_count=interval_count, lapse=lapse)
        positive = jnp.where(interval_count > 1.0, correct, yes)
        return jnp.stack([1.0 - positive, positive])

    local = _local_coordinates(value, position[observer])
    probability = jax.vmap(probabilities)(local, data.is_played, data.interval_count)
    inner = jax.vmap(jax.jacfwd(probabilities))(local, data.is_played, data.interval_count)
    jacobian = _chain(inner, slope, observer, cochlea)
    return probability, jacobian.at[:, :, _MASKED].add(inner[:, :, 0] * by_masked[:, None])


@partial(jax.jit, static_argnames="normal")
def category_block(
    position: Float[Array, " parameters"], data: CategoryData, *, normal: NormalEar
) -> tuple[Float[Array, "conditions responses"], Float[Array, "conditions responses parameters"]]:
    """Probabilities of every loudness category in a block of conditions, and their derivatives."""
    cochlea = cochlea_of(normal)
    coordinates = channel_coordinates(position, cochlea)

    def loudness(
        stimulus: Int[Array, ""], gain: Float[Array, ""]
    ) -> tuple[Float[Array, ""], Float[Array, "curves channels"]]:
        def in_cu(at: Float[Array, "curves channels"]) -> Float[Array, ""]:
            total = log_total_loudness(
                gain * data.power[stimulus],
                data.duration_s[stimulus],
                data.leak[stimulus],
                ear_on_channels(at),
                cochlea,
            )
            return evaluate_spline(MonotoneSpline(*(part[stimulus] for part in data.spline)), total)

        return jax.value_and_grad(in_cu)(coordinates)

    value, slope = jax.vmap(loudness)(data.stimulus, data.gain)
    observer = jnp.array([_LAPSE, _SPREAD, *range(_BOUNDARIES, NUM_PARAMETERS)])

    def probabilities(at: Float[Array, " local"]) -> Float[Array, " responses"]:
        return category_probabilities(
            at[0], boundaries_cu=listener_boundaries(at[3:]), spread_cu=jnp.exp(at[2]), lapse=jax.nn.sigmoid(at[1])
        )

    local = _local_coordinates(value, position[observer])
    probability = jax.vmap(probabilities)(local)
    inner = jax.vmap(jax.jacfwd(probabilities))(local)
    return probability, _chain(inner, slope, observer, cochlea)


def predict(position: Float[np.ndarray, " parameters"], data: FitData, *, normal: NormalEar) -> tuple[Responses, ...]:
    """Responses of every task that the session contains, detection first. Call under `jax.enable_x64`."""
    at = jax.device_put(position)
    groups = []
    if data.detection:
        blocks = [(detection_block(at, block, normal=normal), block.counts) for block in data.detection]
        groups.append(_joined(blocks, data.num_detection))
    if data.categories:
        blocks = [(category_block(at, block, normal=normal), block.counts) for block in data.categories]
        groups.append(_joined(blocks, data.num_categories))
    return tuple(groups)


def evaluate(
    whitened: Float[np.ndarray, " parameters"], prior: WhitenedPrior, data: FitData, *, normal: NormalEar
) -> Evaluation:
    """Log posterior, its gradient and the expected (Fisher) information of the answers.

    Independent multinomial answers in each condition: log L = sum n log p, information = sum N (dp/du)(dp/du)' / p.
    Call under `jax.enable_x64`.
    """
    log_likelihood = 0.0
    gradient = -whitened
    fisher = np.zeros((NUM_PARAMETERS, NUM_PARAMETERS))
    for group in predict(prior.mean + prior.factor @ whitened, data, normal=normal):
        log_likelihood += float(np.sum(group.counts * np.log(group.probability)))
        by_position = group.jacobian.reshape(-1, NUM_PARAMETERS)
        gradient = gradient + prior.factor.T @ (by_position.T @ (group.counts / group.probability).ravel())
        total = group.counts.sum(axis=1, keepdims=True)
        root = np.sqrt(total / group.probability).reshape(-1, 1) * (by_position @ prior.factor)
        fisher += root.T @ root
    return Evaluation(log_likelihood, log_likelihood - 0.5 * float(whitened @ whitened), gradient, fisher)


def _joined(
    blocks: Sequence[tuple[tuple[Float[Array, "..."], Float[Array, "..."]], Float[Array, "..."]]], num_conditions: int
) -> Responses:
    """The blocks of one task end to end, without the padding."""
    probability = np.concatenate([np.asarray(result[0]) for result, _ in blocks])
    jacobian = np.concatenate([np.asarray(result[1]) for result, _ in blocks])
    counts = np.concatenate([np.asarray(own) for _, own in blocks])
    return Responses(probability[:num_conditions], jacobian[:num_conditions], counts[:num_conditions])


def _local_coordinates(
    value: Float[Array, " conditions"], observer: Float[Array, " observer"]
) -> Float[Array, "conditions local"]:
    repeated = jnp.broadcast_to(observer[None, :], (value.shape[0], observer.shape[0]))
    return jnp.concatenate([value[:, None], repeated], axis=1)


def _chain(
    inner: Float[Array, "conditions responses local"],
    slope: Float[Array, "conditions curves channels"],
    observer: Int[Array, " observer"],
    cochlea: Cochlea,
) -> Float[Array, "conditions responses parameters"]:
    """Chain rule from (condition's number, observer) to all coordinates."""
    weights = jnp.asarray(np.asarray(knot_weights(cochlea.frequency_hz)), slope.dtype)
    curves = (slope @ weights).reshape(slope.shape[0], -1)
    jacobian = jnp.zeros((*inner.shape[:2], NUM_PARAMETERS), inner.dtype)
    jacobian = jacobian.at[:, :, : curves.shape[1]].set(inner[:, :, :1] * curves[:, None, :])
    return jacobian.at[:, :, observer].add(inner[:, :, 1:])
