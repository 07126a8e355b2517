"""Receptive fields of a run as figures."""

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.learnable.interface import Frontend
from hearfit.learnable.pcen import Pcen
from hearfit.soundtasks.neural.fit import Fitted
from hearfit.soundtasks.neural.receptive_fields import (
    SpectrogramField,
    WaveformField,
    spectrogram_fields,
    waveform_field,
)
from hearfit.soundtasks.pictures import Axis, Image, Lines, Sheet

_NUM_PICTURED: Final = 3
# One second: long enough for every memory here, and a fifth of the work of a whole sound.
_NUM_SAMPLES: Final = 48_000
_SAMPLES_PER_POINT: Final = 48
# Of the energy of the fields; lags behind it would be an empty picture.
_SHOWN_SHARE: Final = 0.999
_LEAST_SHOWN_S: Final = 0.05


def receptive_field_sheets(
    fitted: Fitted, waveform_pa: Float[np.ndarray, " samples"], scores: Float[np.ndarray, " units"], frontend: str
) -> tuple[Sheet, ...]:
    """Spectrogram fields of the units that are predicted best, and the waveform's of the first of them."""
    best = np.argsort(-np.nan_to_num(scores))[:_NUM_PICTURED]
    units = tuple(int(unit) for unit in best)
    sound = waveform_pa[:_NUM_SAMPLES]
    fields = _where_they_are(spectrogram_fields(fitted, sound, units))
    spectrogram = Sheet(
        name="receptive-fields",
        heading="Receptive fields",
        caption=(
            "Change of the predicted response by a change of the spectrogram some time before, averaged over frames of "
            f"a test sound; the {len(units)} units that are predicted best, each on its own scale. The spectrogram is "
            f"{_spectrogram_of(fitted.frontend)}; channels stand at their frequencies before training."
        ),
        alternative=f"Maps of lag and frequency of {len(units)} units behind the frontend {frontend}.",
        panels=tuple(_image(field) for field in fields),
    )
    gradient = waveform_field(fitted, sound, units[0])
    waveform = Sheet(
        name="waveform-gradient",
        heading="Reach into the past",
        caption=(
            "Root-mean-square gradient of the last predicted response with respect to the sound, in steps of 1 ms: how "
            "far back the unit hears that is predicted best."
        ),
        alternative=f"Gradient over time before the response behind the frontend {frontend}.",
        panels=(_lines(gradient),),
    )
    return spectrogram, waveform


def _spectrogram_of(frontend: Frontend) -> str:
    """With respect to what the fields are, as scales and reach differ with it."""
    if isinstance(frontend.late, Pcen):
        return "power or amplitude of the filters before PCEN, of which a step weighs the more the softer the sound is"
    if frontend.late is not None:
        return "what the adapting stage is given, a log-mel spectrogram"
    return "what the frontend gives to the readout, so that no memory of its own shows"


def _where_they_are(fields: tuple[SpectrogramField, ...]) -> tuple[SpectrogramField, ...]:
    """The same fields without the lags that hold next to nothing in all of them; 50 ms are always left."""
    energy = sum(np.sum(np.square(field.gradient, dtype=np.float64), axis=1) / _energy(field) for field in fields)
    reached = int(np.searchsorted(np.cumsum(energy), _SHOWN_SHARE * np.sum(energy))) + 1
    kept = max(reached, int(np.searchsorted(fields[0].lag_s, _LEAST_SHOWN_S)) + 1)
    return tuple(replace(field, lag_s=field.lag_s[:kept], gradient=field.gradient[:kept]) for field in fields)


def _energy(field: SpectrogramField) -> float:
    return max(float(np.sum(np.square(field.gradient, dtype=np.float64))), np.finfo(np.float64).tiny)


def _image(field: SpectrogramField) -> Image:
    return Image(
        title=f"unit {field.unit}",
        # Time runs to the right, the response at its end.
        x=Axis("time before the response", "s"),
        y=Axis("frequency", "Hz", is_log=True),
        x_places=-field.lag_s[::-1],
        y_places=field.frequency_hz,
        values=field.gradient[::-1].T,
        is_signed=True,
    )


def _lines(field: WaveformField) -> Lines:
    steps = len(field.gradient) // _SAMPLES_PER_POINT
    pieces = field.gradient[len(field.gradient) - steps * _SAMPLES_PER_POINT :].reshape(steps, _SAMPLES_PER_POINT)
    rms = np.sqrt(np.mean(pieces.astype(np.float64) ** 2, axis=1))
    return Lines(
        title=f"unit {field.unit}",
        x=Axis("time before the response", "s"),
        y=Axis("gradient, share of its greatest", ""),
        x_places=-field.time_s[: steps * _SAMPLES_PER_POINT : _SAMPLES_PER_POINT][::-1],
        values=rms[None] / max(float(rms.max()), np.finfo(np.float64).tiny),
    )
