"""A bank of linear, causal filters applied in blocks of samples as matrix products.

A filter s' = A s + B x, y = C s + D x maps a block of L samples and the state before it to the block's output and the
state after it: y = T x + O s, s' = A^L s + R x, with T the Toeplitz matrix of the first L samples of the impulse
response, O's rows C A^j and R's columns A^(L-1-j) B (the block state space of Burrus 1971). The recursion over
blocks is a parallel prefix sum. The state carries all of the past: an offline and a streamed sound are filtered alike.

Matrices are made in float64 in input-normal coordinates, where the state's covariance for white noise is the identity
(Mullis & Roberts 1976). No large numbers cancel there, so that float32 suffices for filters whose polynomial
coefficients need float64.
"""

from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Complex, Float, Int

# Rates at which every bank is tested.
MIN_SAMPLING_RATE_HZ, MAX_SAMPLING_RATE_HZ = 8_000.0, 96_000.0

# A pole of radius 1 - 1e-6 has decayed by then.
_NUM_DOUBLINGS = 28
# So many blocks at once, 2^18, are an hour of sound; callers keep far below.
_NUM_LEVELS = 18
# The default of some devices is a faster format with three digits.
_PRECISION = lax.Precision.HIGHEST

State = Float[Array, "channels batch states"]


@dataclass(frozen=True)
class StateSpace:
    """s' = A s + B x, y = C s + D x for every channel, with one or more outputs (real and imaginary part)."""

    transition: Float[np.ndarray, "channels states states"]
    drive: Float[np.ndarray, "channels states"]
    readout: Float[np.ndarray, "channels outputs states"]
    feedthrough: Float[np.ndarray, "channels outputs"]


class BlockMatrices(NamedTuple):
    """The bank for one length of block, as products from the right.

    `output` maps (block, state) to the block's outputs, one after the other; `drive` the block to the new state,
    and `carry` a state to that 1, 2, 4, 8, ... blocks later.
    """

    output: Float[Array, "channels samples+states outputs*samples"]
    drive: Float[Array, "samples channels states"]
    carry: Float[Array, "levels channels states states"]


def pole_zero_state_space(
    poles: Complex[np.ndarray, "channels poles"],
    zeros: Complex[np.ndarray, "channels zeros"],
    gain: Float[np.ndarray, " channels"],
) -> StateSpace:
    """Filters H(z) = gain prod(1 - q z^-1) / prod(1 - p z^-1); roots real or in conjugate pairs, any multiplicity."""
    order = max(poles.shape[1], zeros.shape[1])
    padded = [np.pad(roots, ((0, 0), (0, order - roots.shape[1]))) for roots in (poles, zeros)]
    return _stacked([_cascade(*roots) for roots in zip(*padded, strict=True)], gain)


def impulse_response(filters: StateSpace, num_samples: int) -> Float[np.ndarray, "channels outputs samples"]:
    """First samples of every channel's response to a click, in float64."""
    response = np.zeros((*filters.feedthrough.shape, num_samples))
    response[:, :, 0] = filters.feedthrough
    state = filters.drive[:, :, None]
    for sample in range(1, num_samples):
        response[:, :, sample] = (filters.readout @ state)[:, :, 0]
        state = filters.transition @ state
    return response


def input_normal(filters: StateSpace) -> StateSpace:
    """The same filters in coordinates where white noise of unit variance drives a state of identity covariance."""
    covariance = filters.drive[:, :, None] * filters.drive[:, None, :]
    power = filters.transition
    for _ in range(_NUM_DOUBLINGS):
        covariance = covariance + power @ covariance @ power.transpose(0, 2, 1)
        power = power @ power
    # Scaling first keeps the factorisation exact whatever the units of the states.
    scale = np.sqrt(np.einsum("css->cs", covariance))
    root = scale[:, :, None] * np.linalg.cholesky(covariance / (scale[:, :, None] * scale[:, None, :]))
    return StateSpace(
        transition=np.linalg.solve(root, filters.transition @ root),
        drive=np.linalg.solve(root, filters.drive[:, :, None])[:, :, 0],
        readout=filters.readout @ root,
        feedthrough=filters.feedthrough,
    )


def block_matrices(filters: StateSpace, block_samples: int) -> BlockMatrices:
    """The bank in blocks of this many samples; designed in float64, applied in JAX's default float type."""
    normal = input_normal(filters)
    channels, outputs, states = normal.readout.shape
    powers = [np.broadcast_to(np.eye(states), normal.transition.shape)]
    for _ in range(block_samples):
        powers.append(powers[-1] @ normal.transition)
    stacked = np.stack(powers[:-1])
    read = np.einsum("cop,jcpq->cqoj", normal.readout, stacked)
    driven = np.einsum("jcpq,cq->jcp", stacked, normal.drive)
    impulse = np.concatenate(
        [normal.feedthrough[:, :, None], np.einsum("cop,jcp->coj", normal.readout, driven[:-1])], axis=2
    )
    delay = np.arange(block_samples)[None, :] - np.arange(block_samples)[:, None]
    toeplitz = np.where(delay >= 0, impulse[:, :, np.maximum(delay, 0)], 0.0).transpose(0, 2, 1, 3)
    rows = np.concatenate([toeplitz, read], axis=1)
    return BlockMatrices(
        output=jnp.asarray(rows.reshape(channels, block_samples + states, outputs * block_samples), float),
        drive=jnp.asarray(driven[::-1], float),
        carry=jnp.asarray(np.stack(_squarings(powers[-1].transpose(0, 2, 1))), float),
    )


def initial_state(matrices: BlockMatrices, batch: int) -> State:
    """Silence before the beginning."""
    channels, states = matrices.carry.shape[1:3]
    return jnp.zeros((channels, batch, states), matrices.carry.dtype)


def filter_blocks(
    matrices: BlockMatrices,
    blocks: Float[Array, "batch blocks samples"],
    state: State,
    num_valid: Int[Array, ""] | int | None = None,
) -> tuple[Float[Array, "channels batch blocks outputs_samples"], State]:
    """Output of successive blocks and the state after the last, or after the first `num_valid` of them."""
    batch, num_blocks, samples = blocks.shape
    channels, states = matrices.carry.shape[1:3]
    after = jnp.einsum("bkl,lcp->cbkp", blocks, matrices.drive, precision=_PRECISION)
    after = after.at[:, :, 0].add(jnp.matmul(state, matrices.carry[0], precision=_PRECISION))
    # Recursive doubling (Hillis & Steele 1986): log2(blocks) products on all blocks instead of one on each in turn.
    for level in range((num_blocks - 1).bit_length()):
        reach = 1 << level
        earlier = after[:, :, :-reach].reshape(channels, -1, states)
        carried = jnp.matmul(earlier, matrices.carry[level], precision=_PRECISION)
        carried = carried.reshape(channels, batch, num_blocks - reach, states)
        after = after + jnp.pad(carried, ((0, 0), (0, 0), (reach, 0), (0, 0)))
    through = jnp.concatenate([state[:, :, None], after], axis=2)
    # One product of (block, state) measured as fast as two products and their sum, and keeps one array less.
    same = jnp.broadcast_to(blocks[None], (channels, batch, num_blocks, samples))
    rows = jnp.concatenate([same, through[:, :, :-1]], axis=-1).reshape(channels, batch * num_blocks, samples + states)
    output = jnp.matmul(rows, matrices.output, precision=_PRECISION)
    last = num_blocks if num_valid is None else num_valid
    state = lax.dynamic_index_in_dim(through, last, axis=2, keepdims=False)
    return output.reshape(channels, batch, num_blocks, -1), state


@jax.jit
def filter_waveform(
    matrices: BlockMatrices, waveform: Float[Array, "batch samples"], state: State
) -> tuple[Float[Array, "channels batch outputs samples"], State]:
    """Filtered sound at the full rate and the state after it; `samples` is a multiple of the block length."""
    batch, num_samples = waveform.shape
    block = matrices.drive.shape[0]
    output, state = filter_blocks(matrices, waveform.reshape(batch, num_samples // block, block), state)
    channels, _, num_blocks, width = output.shape
    split = output.reshape(channels, batch, num_blocks, width // block, block)
    return split.transpose(0, 1, 3, 2, 4).reshape(channels, batch, width // block, num_samples), state


def _squarings(matrix: Float[np.ndarray, "channels n n"]) -> list[Float[np.ndarray, "channels n n"]]:
    found = [matrix]
    for _ in range(_NUM_LEVELS - 1):
        found.append(found[-1] @ found[-1])
    return found


class _Section(NamedTuple):
    """A filter of one or two states."""

    transition: Float[np.ndarray, "states states"]
    drive: Float[np.ndarray, " states"]
    readout: Float[np.ndarray, " states"]


def _cascade(poles: Complex[np.ndarray, " order"], zeros: Complex[np.ndarray, " order"]) -> _Section:
    """Sections one after the other; all pass their input on with gain 1."""
    pole_groups, zero_groups = _grouped(poles), _grouped(zeros)
    pairs = [[*p] for p in pole_groups[0]] + [pole_groups[1][i : i + 2] for i in range(0, len(pole_groups[1]), 2)]
    free = [[*q] for q in zero_groups[0]] + [zero_groups[1][i : i + 2] for i in range(0, len(zero_groups[1]), 2)]
    return reduce(_in_series, (_section(p, q) for p, q in zip(pairs, free, strict=True)))


def _grouped(roots: Complex[np.ndarray, " order"]) -> tuple[list[tuple[complex, complex]], list[complex]]:
    """Conjugate pairs and real roots."""
    tolerance = 1e-12
    upper = [complex(r) for r in roots if r.imag > tolerance]
    real = sorted((complex(r.real) for r in roots if abs(r.imag) <= tolerance), key=lambda r: -abs(r))
    assert 2 * len(upper) + len(real) == len(roots), "roots must be real or in conjugate pairs"
    return [(r, r.conjugate()) for r in upper], real


def _section(poles: list[complex], zeros: list[complex]) -> _Section:
    """prod(1 - q z^-1) / prod(1 - p z^-1) with one or two poles and as many zeros."""
    if len(poles) == 1:
        p, q = poles[0].real, zeros[0].real
        return _Section(np.array([[p]]), np.ones(1), np.array([p - q]))
    total, product = sum(poles).real, (poles[0] * poles[1]).real
    linear, constant = total - sum(zeros).real, (zeros[0] * zeros[1]).real - product
    if poles[0].imag != 0.0:
        # The rotation form: the two states of a slow resonator stay as different as sine and cosine.
        real, imaginary = poles[0].real, poles[0].imag
        transition = np.array([[real, -imaginary], [imaginary, real]])
        return _Section(transition, np.array([1.0, 0.0]), np.array([linear, (constant + linear * real) / imaginary]))
    first, second = poles[0].real, poles[1].real
    transition = np.array([[first, 0.0], [1.0, second]])
    return _Section(transition, np.array([1.0, 0.0]), np.array([linear, constant + linear * second]))


def _in_series(first: _Section, second: _Section) -> _Section:
    size, more = len(first.drive), len(second.drive)
    transition = np.zeros((size + more, size + more))
    transition[:size, :size], transition[size:, size:] = first.transition, second.transition
    transition[size:, :size] = np.outer(second.drive, first.readout)
    return _Section(
        transition,
        np.concatenate([first.drive, second.drive]),
        np.concatenate([first.readout, second.readout]),
    )


def _stacked(sections: list[_Section], gain: Float[np.ndarray, " channels"]) -> StateSpace:
    return StateSpace(
        transition=np.stack([section.transition for section in sections]),
        drive=np.stack([section.drive for section in sections]),
        readout=np.stack([section.readout for section in sections])[:, None, :] * gain[:, None, None],
        feedthrough=gain[:, None].copy(),
    )
