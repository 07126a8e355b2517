"""Sound files to listen to: the speech, the mixture, and what each frontend's network makes of it."""

import io
import re
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.soundtasks.enhancement.mixtures import Scene
from hearfit.storage.files import write_bytes

EXAMPLES: Final = "examples"
# Of the louder of speech and mixture; the same gain for all files of a scene, so that levels can be compared.
_PEAK: Final = 0.5
_LARGEST: Final = 0.999
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9]+")

Waveform = Float[np.ndarray, " samples"]


def write_example(
    folder: Path,
    scene: Scene,
    *,
    snr_db: float,
    estimates: dict[str, Waveform],
    sampling_rate_hz: int,
) -> tuple[Path, ...]:
    """Writes `NOISE_LANGUAGE_SNR_WHAT.wav` of 16 bits for speech, mixture and every estimate, by name.

    The gain depends on speech and mixture alone, so files that are written by different runs fit together. An estimate
    that would clip is written softer, and its name says so.

    Raises:
        InputError: a file cannot be written.
    """
    mixture = scene.speech + scene.noise_at(snr_db)
    gain = _PEAK / max(np.abs(scene.speech).max(), np.abs(mixture).max())
    paths = []
    for what, samples in {"speech": scene.speech, "mixture": mixture, **estimates}.items():
        scaled = gain * samples
        peak = float(np.abs(scaled).max())
        label = what
        if peak > _LARGEST:
            scaled, label = scaled * (_LARGEST / peak), f"{what} softer"
        stem = "_".join(
            _NOT_IN_NAMES.sub("-", part).strip("-") for part in (scene.clip, scene.language, _ratio_name(snr_db), label)
        )
        path = folder / f"{stem}.wav"
        write_bytes(path, _wav(scaled, sampling_rate_hz))
        paths.append(path)
    return tuple(paths)


def _ratio_name(snr_db: float) -> str:
    # A minus sign would be lost among the hyphens.
    return f"{'minus ' if snr_db < 0 else ''}{abs(snr_db):g} dB"


def _wav(samples: Waveform, sampling_rate_hz: int) -> bytes:
    from soundfile import write

    buffer = io.BytesIO()
    write(buffer, samples, sampling_rate_hz, format="WAV", subtype="PCM_16")
    return buffer.getvalue()
