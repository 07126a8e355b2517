"""How LEAF's and SincNet's filters answer to frequencies, from the numbers that were learned of them."""

from dataclasses import dataclass
from typing import Final

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.learnable.interface import Chain, Frontend, Layer
from hearfit.learnable.leaf import Leaf, bandwidth_of, gabor_kernel
from hearfit.learnable.sincnet import SincNet, sinc_kernel
from hearfit.soundtasks.record import RunRecord

MOST_CHANNELS: Final = 10
LOWEST_DB: Final = -30.0
_NUM_PLACES: Final = 500


@dataclass(frozen=True, eq=False)
class FilterResponses:
    """Gain of some filters of a run, each relative to its own greatest, before training and after it.

    Attributes:
        channel: which filters, from the lowest before training to the highest, counted from 0.
        before_db, after_db: at least `LOWEST_DB`: what lies below is drawn there.
    """

    frequency_hz: Float[np.ndarray, " places"]
    channel: tuple[int, ...]
    before_db: Float[np.ndarray, "filters places"]
    after_db: Float[np.ndarray, "filters places"]


def filter_responses(record: RunRecord, start: Frontend | Layer | None) -> FilterResponses | None:
    """Responses of the filters of a run; None of a frontend that learns none on the waveform.

    The kernels are those of the frontend, truncated and windowed as they are used; `start` is the frontend before any
    training, of which everything is taken that does not learn.
    """
    bank = start.frontend if isinstance(start, Chain) else start
    if not record.learned or not isinstance(bank, Leaf | SincNet):
        return None
    design = bank.design
    centres_hz = np.asarray(bank.layout.centre_frequencies_hz)
    places_hz = np.geomspace(0.5 * centres_hz.min(), design.sampling_rate_hz / 2.0, _NUM_PLACES)
    chosen = np.unique(np.linspace(0, len(centres_hz) - 1, MOST_CHANNELS).round().astype(int))
    kernels = _gabors if isinstance(bank, Leaf) else _band_passes
    before, after = (
        _gain_db(kernels(record, design.sampling_rate_hz, design.kernel_samples, is_after=when)[chosen], places_hz
                 / design.sampling_rate_hz)
        for when in (False, True)
    )  # fmt: skip
    return FilterResponses(places_hz, tuple(chosen.tolist()), before, after)


def learned_values(record: RunRecord, name: str, *, is_after: bool) -> Float[np.ndarray, " values"]:
    """One learned parameter of a run."""
    parameter = next(each for each in record.learned if each.name == name)
    return np.array(parameter.after if is_after else parameter.before, np.float64)


def _gabors(
    record: RunRecord, sampling_rate_hz: float, taps: int, *, is_after: bool
) -> Float[np.ndarray, "channels two taps"]:
    centre_hz = learned_values(record, "Gabor centre frequency", is_after=is_after)
    widths_hz = learned_values(record, "Gabor bandwidth", is_after=is_after)
    # Width and standard deviation are inverse to each other, by the same constant in both directions.
    sigma = [bandwidth_of(width_hz, sampling_rate_hz) for width_hz in widths_hz.tolist()]
    mu = 2.0 * np.pi * centre_hz / sampling_rate_hz
    return np.asarray(gabor_kernel(jnp.asarray(mu, float), jnp.asarray(sigma, float), taps), np.float64).swapaxes(0, 1)


def _band_passes(
    record: RunRecord, sampling_rate_hz: float, taps: int, *, is_after: bool
) -> Float[np.ndarray, "channels two taps"]:
    upper = learned_values(record, "upper band edge", is_after=is_after) / sampling_rate_hz
    lower = upper * np.exp2(-learned_values(record, "band width", is_after=is_after))
    kernel = sinc_kernel(jnp.asarray(lower, float), jnp.asarray(upper, float), taps)
    return np.asarray(kernel, np.float64).swapaxes(0, 1)


def _gain_db(
    kernels: Float[np.ndarray, "filters two taps"], cycles_per_sample: Float[np.ndarray, " places"]
) -> Float[np.ndarray, "filters places"]:
    """Magnitude of the Fourier transform of real plus i imaginary part, relative to the greatest of each."""
    taps = np.arange(kernels.shape[-1])
    waves = np.exp(-2j * np.pi * np.outer(taps, cycles_per_sample))
    gain = np.abs((kernels[:, 0] + 1j * kernels[:, 1]) @ waves)
    relative = gain / np.maximum(gain.max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return np.maximum(20.0 * np.log10(np.maximum(relative, 1e-12)), LOWEST_DB)
