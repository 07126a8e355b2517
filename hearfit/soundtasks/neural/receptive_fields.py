"""What a fitted unit listens to: gradients of its response with respect to the sound and to the spectrogram."""

from dataclasses import dataclass
from typing import Final, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from hearfit.corpora.ns1 import BIN_S, SAMPLING_RATE_HZ
from hearfit.soundtasks.neural.fit import Fitted

Reduction = Literal["last", "peak", "sum"]
# 400 ms, beyond which a local field has faded.
FIELD_FRAMES: Final = 80


@dataclass(frozen=True, eq=False)
class WaveformField:
    """Change of a unit's response (spikes per bin) by a change of each sample (Pa).

    Attributes:
        time_s: of each sample, from the beginning of the sound.
        gradient: in spikes per bin and pascal.
    """

    unit: int
    time_s: Float[np.ndarray, " samples"]
    gradient: Float[np.ndarray, " samples"]


@dataclass(frozen=True, eq=False)
class SpectrogramField:
    """Change of a unit's response by a change of each earlier spectrogram value, averaged over frames of a sound.

    Attributes:
        lag_s: how far back, ascending from 0.
        frequency_hz: of each channel.
        gradient: of lag and channel.
    """

    unit: int
    lag_s: Float[np.ndarray, " lags"]
    frequency_hz: Float[np.ndarray, " channels"]
    gradient: Float[np.ndarray, "lags channels"]


def waveform_field(
    fitted: Fitted, waveform_pa: Float[np.ndarray, " samples"], unit: int, reduction: Reduction = "last"
) -> WaveformField:
    """Gradient of the last or the greatest response to a sound, or of the sum of all, with respect to the sound."""

    def reduced(sound: Float[Array, " samples"]) -> Float[Array, ""]:
        response = fitted.respond(sound[None])[0, :, unit]
        if reduction == "last":
            return response[-1]
        return jnp.max(response) if reduction == "peak" else jnp.sum(response)

    gradient = np.asarray(jax.jit(jax.grad(reduced))(jnp.asarray(waveform_pa)))
    return WaveformField(unit, np.arange(len(gradient)) / SAMPLING_RATE_HZ, gradient)


def spectrogram_fields(
    fitted: Fitted,
    waveform_pa: Float[np.ndarray, " samples"],
    units: tuple[int, ...],
    *,
    num_lags: int = FIELD_FRAMES,
    num_frames: int = 8,
) -> tuple[SpectrogramField, ...]:
    """Local fields at frames spread over a sound, averaged: with a linear frontend and readout, their weights.

    The spectrogram is what the last stage of a frontend is given, so that its memory shows; where none is told apart,
    the features themselves, summed over maps: what a change of all maps of a channel together does.
    """
    frontend, sound = fitted.frontend, jnp.asarray(waveform_pa)[None]
    late = frontend.late
    spectrogram = frontend(sound) if late is None else frontend.early(sound)[..., None]
    total = spectrogram.shape[1]
    frames = np.unique(np.linspace(min(num_lags, total) - 1, total - 1, num_frames).round().astype(np.int32))

    def responses(values: Float[Array, "one frames channels maps"]) -> Float[Array, "chosen units"]:
        features = values if late is None else late(values[..., 0])
        standardised = fitted.readout(features)[0]
        return (standardised * fitted.scale.deviation[None])[frames][:, np.array(units)]

    _, pulled_back = jax.vjp(responses, spectrogram)
    lag_s = BIN_S * np.arange(min(num_lags, total))
    frequency_hz = np.array(frontend.layout.centre_frequencies_hz)
    basis = np.eye(frames.size * len(units), dtype=np.float32).reshape(-1, frames.size, len(units))
    rows = [np.asarray(pulled_back(jnp.asarray(each))[0][0].sum(axis=-1)) for each in basis]
    fields = []
    for index, unit in enumerate(units):
        aligned = _aligned(np.stack(rows[index :: len(units)]), frames, len(lag_s))
        fields.append(SpectrogramField(unit, lag_s, frequency_hz, aligned))
    return tuple(fields)


def _aligned(
    gradients: Float[np.ndarray, "chosen frames channels"], frames: Int[np.ndarray, " chosen"], num_lags: int
) -> Float[np.ndarray, "lags channels"]:
    """Mean over the frames of each gradient, read backwards from its own frame."""
    return np.mean(
        [gradient[frame - num_lags + 1 : frame + 1][::-1] for gradient, frame in zip(gradients, frames, strict=True)],
        axis=0,
    )
