"""The work of `hearfit frontend`: a sound file through the ear and its cortex, piece by piece."""

import dataclasses
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from jaxtyping import Float

from hearfit.cli.frontend import Preset
from hearfit.cli.output import Progress
from hearfit.listener.profile import Profile
from hearfit.storage.sound_files import Sound, waveform_blocks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hearfit.frontend.module import EnvelopeFrontend, FineStructureFrontend

# Half-octave steps over the ranges of the published log-spaced filters, a finer picture than their 40 filters give.
_NUM_SCALES, _NUM_RATES = 11, 9
_PIECE_FRAMES: Final = 400
_RANGE_DB: Final = 50.0
_LEAST: Final = 1e-30
_LOWEST_SAMPLING_RATE_HZ: Final = 8000.0


@dataclass(frozen=True)
class EarFeatures:
    """Everything that one ear makes of the sound; `modulation_rms` is that of the spectrogram over log frequency."""

    name: str
    spectrogram: Float[np.ndarray, "frames channels"]
    modulation_rms: Float[np.ndarray, "filters log_channels"]
    parameters: dict[str, Float[np.ndarray, "..."]]


@dataclass(frozen=True)
class SoundFeatures:
    """The ears (normal first, if there are two) and what they share."""

    ears: tuple[EarFeatures, ...]
    frequency_hz: Float[np.ndarray, " channels"]
    filter_latency_s: Float[np.ndarray, " channels"]
    log_frequency_hz: Float[np.ndarray, " log_channels"]
    frame_s: float
    unit: str
    scale_cycles_per_octave: Float[np.ndarray, " filters"]
    signed_rate_hz: Float[np.ndarray, " filters"]


def highest_needed_hz(preset: Preset) -> float:
    """Highest frequency that a recording must carry; the listener's channels above that are left out."""
    from hearfit.frontend.constant_q import ConstantQDesign

    if preset is Preset.PAPER:
        return float(ConstantQDesign().centre_frequencies_hz[-1])
    return _LOWEST_SAMPLING_RATE_HZ / 2.0


def left_out_hz(preset: Preset, sampling_rate_hz: float) -> tuple[float, float] | None:
    """Highest channel that the recording carries and highest channel of the listener, where these differ."""
    if preset is Preset.PAPER:
        return None
    from hearfit.frontend.cochlea import cochlea_of
    from hearfit.frontend.presets import narrowed
    from hearfit.listener.normal import NORMAL

    carried = cochlea_of(narrowed(NORMAL, sampling_rate_hz)).frequency_hz[-1]
    highest = cochlea_of(NORMAL).frequency_hz[-1]
    return None if carried == highest else (float(carried), float(highest))


def analyse(
    sound: Sound,
    *,
    level_db_spl: float,
    preset: Preset,
    profile: Profile | None,
    progress: Progress,
) -> SoundFeatures:
    """Spectrogram and modulations of the sound for the normal ear, or for that and the profile's.

    Memory holds a piece of the sound and the spectrograms, about 0.1 MB a second and ear.
    """
    from hearfit.frontend.cortex_parameters import PAPER_CORTEX, log_spaced_filters
    from hearfit.frontend.modulation_energy import log_frequency_weights, modulation_energy

    frontends = _frontends(sound.sampling_rate_hz, preset, profile)
    grid = next(iter(frontends.values())).grid
    frequency_hz = np.array(next(iter(frontends.values())).centre_frequencies_hz)
    num_octaves = float(np.log2(frequency_hz[-1] / frequency_hz[0]))
    cortex = dataclasses.replace(
        PAPER_CORTEX,
        frame_rate_hz=grid.frame_rate_hz,
        num_channels=1 + int(num_octaves * PAPER_CORTEX.channels_per_octave + 1e-6),
    )
    weights = log_frequency_weights(
        frequency_hz,
        lowest_hz=float(frequency_hz[0]),
        channels_per_octave=cortex.channels_per_octave,
        num_channels=cortex.num_channels,
    ).astype(np.float32)
    filters = log_spaced_filters(num_scales=_NUM_SCALES, num_rates=_NUM_RATES)
    ears = []
    for index, (name, frontend) in enumerate(frontends.items()):
        tell = _part(progress, name, index, len(frontends))
        pieces = []
        for piece in _spectrogram(frontend, sound, level_db_spl):
            pieces.append(piece)
            seconds = len(pieces) * _PIECE_FRAMES * grid.frame_s
            tell("auditory spectrogram", 0.5 * min(1.0, seconds / sound.duration_s))
        spectrogram = np.concatenate(pieces)[: -(-sound.num_samples // grid.frame_samples)]
        energy = modulation_energy(
            spectrogram,
            weights,
            filters,
            cortex,
            chunk_frames=_PIECE_FRAMES,
            progress=partial(_tell_modulations, tell),
        )
        ears.append(EarFeatures(name, spectrogram, np.sqrt(energy).astype(np.float32), frontend.values()))
    return SoundFeatures(
        ears=tuple(ears),
        frequency_hz=frequency_hz,
        filter_latency_s=_latency_s(preset, sound.sampling_rate_hz),
        log_frequency_hz=frequency_hz[0] * 2.0 ** (np.arange(cortex.num_channels) / cortex.channels_per_octave),
        frame_s=grid.frame_s,
        unit="Pa" if preset is Preset.PAPER else "dB above threshold",
        scale_cycles_per_octave=np.asarray(filters.scale_cycles_per_octave),
        signed_rate_hz=np.asarray(filters.rate_hz * filters.direction),
    )


def _part(progress: Progress, name: str, index: int, number: int) -> Progress:
    """The progress of one of several ears."""
    return lambda step, share: progress(f"{name}, {step}", (index + share) / number)


def _tell_modulations(tell: Progress, share: float) -> None:
    tell("modulations", 0.5 + 0.5 * share)


def _frontends(
    sampling_rate_hz: float, preset: Preset, profile: Profile | None
) -> dict[str, "FineStructureFrontend | EnvelopeFrontend"]:
    from hearfit.frontend.presets import listener, narrowed, paper
    from hearfit.inference.profile_ear import ear_of_profile
    from hearfit.listener.normal import NORMAL

    if preset is Preset.PAPER:
        return {"frontend of the paper": paper(sampling_rate_hz, is_top_inhibited=True)}
    constants = narrowed(NORMAL, sampling_rate_hz)
    frontends: dict[str, FineStructureFrontend | EnvelopeFrontend] = {
        "normal ear": listener(sampling_rate_hz, normal=constants)
    }
    if profile is not None:
        ear = ear_of_profile(profile, normal=constants)
        frontends[f"{profile.ear.value} ear of {profile.listener}"] = listener(
            sampling_rate_hz, normal=constants, ear=ear
        )
    return frontends


def _latency_s(preset: Preset, sampling_rate_hz: float) -> Float[np.ndarray, " channels"]:
    """Delay of each channel's filter, from a click to the highest envelope; integration delays further."""
    if preset is Preset.PAPER:
        from hearfit.frontend.constant_q import ConstantQDesign, digital_filters, latency_s

        return latency_s(digital_filters(ConstantQDesign(), sampling_rate_hz), sampling_rate_hz)
    from hearfit.frontend.cochlea import cochlea_of
    from hearfit.frontend.presets import narrowed
    from hearfit.listener.normal import NORMAL

    return cochlea_of(narrowed(NORMAL, sampling_rate_hz)).bank.latency_s


def _spectrogram(
    frontend: "FineStructureFrontend | EnvelopeFrontend", sound: Sound, level_db_spl: float
) -> Iterator[Float[np.ndarray, "frames channels"]]:
    """Pieces of the spectrogram: pressure for the paper's frontend, decibels above threshold for a listener's."""
    import jax
    import jax.numpy as jnp
    from flax import nnx

    from hearfit.frontend.cochlea import cochlea_of, internal_representation
    from hearfit.frontend.module import EnvelopeFrontend

    state = frontend.initial_state()
    stream = nnx.jit(lambda module, piece, state: module.stream(piece, state))
    representation = None
    if isinstance(frontend, EnvelopeFrontend):
        normal, ear = frontend.normal, frontend.ear()
        # In log(1 + (z/z_0)^p) a decibel is the same in every ear, whose p goes with the inverse of its exponent.
        per_db = normal.threshold_sharpness * normal.compression_exponent * float(np.log(10.0)) / 20.0
        cochlea = cochlea_of(normal)
        representation = jax.jit(lambda excitation: internal_representation(excitation, ear, cochlea) / per_db)
    piece_samples = _PIECE_FRAMES * frontend.grid.frame_samples
    for block in waveform_blocks(sound, level_db_spl=level_db_spl, block_samples=piece_samples):
        spectrogram, state = stream(frontend, jnp.asarray(block)[None], state)
        frames = spectrogram[0]
        yield np.asarray(frames if representation is None else representation(frames))


def draw(features: SoundFeatures, *, title: str) -> "Figure":
    """The figure of one ear, or of two side by side."""
    from hearfit.reports.figure_auditory import AuditoryPicture, PictureAxes, draw_auditory, draw_comparison

    is_pressure = features.unit == "Pa"
    rates, columns = np.unique(np.round(features.signed_rate_hz, 4), return_inverse=True)
    scales, rows = np.unique(np.round(features.scale_cycles_per_octave, 4), return_inverse=True)
    pictures = []
    for ear in features.ears:
        modulation = np.zeros((len(scales), len(rates)))
        modulation[rows, columns] = np.sqrt(np.mean(ear.modulation_rms**2, axis=1))
        spectrogram = ear.spectrogram
        if is_pressure:
            most = max(float(spectrogram.max()), _LEAST)
            spectrogram = np.maximum(20.0 * np.log10(np.maximum(spectrogram / most, 1e-12)), -_RANGE_DB)
            modulation = modulation / max(float(modulation.max()), _LEAST)
        pictures.append(AuditoryPicture(ear.name, spectrogram, modulation))
    axes = PictureAxes(
        frequency_hz=features.frequency_hz,
        frame_s=features.frame_s,
        scale_cycles_per_octave=scales,
        rate_hz=rates,
        spectrogram_label="Level re maximum (dB)" if is_pressure else "Above threshold (dB)",
        modulation_label="RMS re maximum" if is_pressure else "Modulation, RMS (dB)",
    )
    if len(pictures) == 1:
        return draw_auditory(pictures[0], axes, title=title)
    return draw_comparison(pictures[0], pictures[1], axes, title=title)


def npz_bytes(features: SoundFeatures, sound: Sound, *, level_db_spl: float, preset: Preset) -> bytes:
    """All features as a NumPy archive: arrays with their axes; units are in the names or in `spectrogram_unit`."""
    arrays: dict[str, np.ndarray] = {
        "frequency_hz": features.frequency_hz,
        "filter_latency_s": features.filter_latency_s,
        "modulation_frequency_hz": features.log_frequency_hz,
        "time_s": (1.0 + np.arange(len(features.ears[0].spectrogram))) * features.frame_s,
        "scale_cycles_per_octave": features.scale_cycles_per_octave,
        "rate_hz": features.signed_rate_hz,
        "spectrogram_unit": np.array(features.unit),
        "level_db_spl": np.array(level_db_spl),
        "sampling_rate_hz": np.array(sound.sampling_rate_hz),
        "channel": np.array(sound.channel),
        "preset": np.array(preset.value),
        "ears": np.array([ear.name for ear in features.ears]),
    }
    for ear, prefix in zip(features.ears, ("", "profile_"), strict=False):
        arrays[f"{prefix}spectrogram"] = ear.spectrogram
        arrays[f"{prefix}modulation_rms"] = ear.modulation_rms
        for name, value in ear.parameters.items():
            arrays[f"{prefix}parameter_{name.replace(' ', '_')}"] = value
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def picture_bytes(figure: "Figure", *, file_type: str) -> bytes:
    """The figure as a PNG or SVG file."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "hearfit"}):
        metadata = {"Date": None} if file_type == "svg" else None
        figure.savefig(buffer, format=file_type, dpi=200, metadata=metadata)
    return buffer.getvalue()
