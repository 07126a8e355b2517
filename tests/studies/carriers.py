"""Two carriers of the sound through the cochlea: thresholds in quiet and in noise that each predicts for the same ears.

    python -m tests.studies.carriers [docs/figures/carriers.png]

Envelope: the listener model (gammatone power, compressed, two-sided inhibition by the neighbourhood). Fine structure:
the published stage (constant-Q bank, every sample compressed, less its upper neighbour, half-wave rectified, averaged).
Ears, compression, anchor, internal noise and observer are the same, and one constant brings the normal ear's mean
threshold in quiet to 0 dB HL with either. Neither observer sees the noise fluctuate: both compare means.

The noise has the same power in every normal ERB, 70 dB re the normal threshold, so that a tone in it is masked to about
the same hearing level at all frequencies in a normal ear (threshold-equalising noise, Moore, Huss, Vickers, Glasberg &
Alcantara 2000, British Journal of Audiology 34, 205-224).
"""

import argparse
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Ear
from hearfit.audiology.bisgaard import standard_audiogram
from hearfit.frontend.cochlea import EarParameters, cochlea_of, internal_representation
from hearfit.frontend.compression import NEPER_PER_DB
from hearfit.frontend.constant_q import ConstantQDesign, PoleZeroFilters, digital_filters, frequency_response
from hearfit.frontend.erb_scale import erb_number, normal_erb_hz
from hearfit.frontend.filterbank import noise_power, tone_power
from hearfit.inference.ear_coordinates import channel_coordinates, ear_on_channels
from hearfit.inference.simulate import normal_position, position_from_thresholds, thresholds_at_knots
from hearfit.listener.normal import NORMAL
from hearfit.listener.parameters import NUM_KNOTS, knot_weights
from hearfit.observer.detection import log_detectability
from hearfit.observer.threshold import threshold_db_hl

FREQUENCIES_HZ = (250.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
NOISE_DB_HL_PER_ERB = 70.0
SAMPLING_RATE_HZ = 48_000.0
# 110 Hz to 11.2 kHz: tones of 250 and 8000 Hz with their spread of excitation.
BANK = ConstantQDesign(lowest_hz=110.0, channels_per_octave=24, num_channels=161)
# Share of each loss that is loss of compression: the median of the fit's prior.
COMPRESSIVE_SHARE = 0.65
# The paper's kernel (1, -1), in every ear.
FINE_STRUCTURE_INHIBITION = 1.0

_PHASES = 2.0 * np.pi * np.arange(240) / 240.0
# 5.5 s, of which every 17th sample serves: the same ones with and without the tone, so that their scatter cancels.
_NOISE_SAMPLES = 1 << 18
_NOISE_STEP = 17
_GOLDEN_RATIO = 0.5 * (np.sqrt(5.0) - 1.0)
_NUM_BISECTIONS = 14


class Thresholds(NamedTuple):
    """Levels in dB HL at `FREQUENCIES_HZ`, of tones in quiet and in noise."""

    quiet: Float[np.ndarray, " frequencies"]
    noise: Float[np.ndarray, " frequencies"]


@dataclass(frozen=True)
class FineStructure:
    """The published stage as a detector: the ear on its channels and the constant that calibrates the normal ear."""

    exponent: Float[np.ndarray, " channels"]
    attenuation_db: Float[np.ndarray, " channels"]
    correction: float = 0.0


def ears() -> dict[str, Float[np.ndarray, " parameters"]]:
    """Coordinates of a normal, a moderately sloping (N3) and a steeply sloping (S2) ear."""
    found = {"normal": normal_position(NORMAL)}
    for name in ("N3", "S2"):
        thresholds = thresholds_at_knots(standard_audiogram(name), Ear.RIGHT)
        found[name] = position_from_thresholds(thresholds, outer_hair_cell_share=COMPRESSIVE_SHARE, normal=NORMAL)
    return found


def envelope_thresholds(position: Float[np.ndarray, " parameters"]) -> Thresholds:
    """As the listener model predicts them. Call under `jax.enable_x64`."""
    cochlea = cochlea_of(NORMAL)
    ear = ear_on_channels(channel_coordinates(jnp.asarray(position), cochlea))
    grid_hz = np.geomspace(20.0, 20_000.0, 20_001)
    power = 10.0 ** (NOISE_DB_HL_PER_ERB / 10.0)
    noise = noise_power(cochlea.bank, power / normal_erb_hz(grid_hz), grid_hz)
    tones = jnp.asarray(tone_power(cochlea.bank, np.array(FREQUENCIES_HZ)))

    @jax.jit
    def all_thresholds(background: Float[jax.Array, " channels"]) -> Float[jax.Array, " frequencies"]:
        return jax.vmap(lambda tone: threshold_db_hl(tone, background, ear, jnp.zeros(()), jnp.zeros(()), cochlea))(
            tones
        )

    return Thresholds(
        np.asarray(all_thresholds(jnp.zeros(tones.shape[1]))), np.asarray(all_thresholds(jnp.asarray(noise)))
    )


def fine_structure_ear(position: Float[np.ndarray, " parameters"], correction: float) -> FineStructure:
    """The ear on the channels of the constant-Q bank. Call under `jax.enable_x64`."""
    weights = knot_weights(BANK.centre_frequencies_hz)
    ear = ear_on_channels(jnp.asarray(position[: 3 * NUM_KNOTS].reshape(3, NUM_KNOTS) @ weights.T))
    return FineStructure(np.asarray(ear.exponent), np.asarray(ear.attenuation_db), correction)


def excitation(ear: FineStructure, filtered: Float[np.ndarray, "channels samples"]) -> Float[np.ndarray, " channels"]:
    """Mean output of every channel but the last, which has no upper neighbour, in units of its threshold value.

    A waveform of RMS 1 is at the normal threshold; compression is anchored as in the listener model.
    """
    gain = np.exp(-NEPER_PER_DB * ear.exponent * (ear.attenuation_db + NORMAL.anchor_db_hl))
    anchor_of_normal = np.exp(-NEPER_PER_DB * NORMAL.compression_exponent * NORMAL.anchor_db_hl + ear.correction)
    compressed = gain[:, None] * np.sign(filtered) * np.abs(filtered) ** ear.exponent[:, None]
    difference = compressed[:-1] - FINE_STRUCTURE_INHIBITION * compressed[1:]
    return np.maximum(difference, 0.0).mean(axis=1) / anchor_of_normal


def representation(
    ear: FineStructure, filtered: Float[np.ndarray, "channels samples"]
) -> Float[jax.Array, "1 channels"]:
    """What the observer reads, weighted so that equal parts of the ERB-number scale count equally."""
    on_channels = EarParameters(jnp.asarray(ear.exponent[:-1]), jnp.zeros(()), jnp.zeros(()))
    read = internal_representation(jnp.asarray(excitation(ear, filtered))[None], on_channels, cochlea_of(NORMAL))
    return jnp.sqrt(jnp.asarray(np.diff(erb_number(BANK.centre_frequencies_hz))))[None] * read


def threshold(
    ear: FineStructure, tone: Float[np.ndarray, "channels samples"], noise: Float[np.ndarray, "channels samples"]
) -> float:
    """Level in dB HL at which d' reaches the criterion; `tone` is the filtered tone at 0 dB HL."""
    reference = representation(ear, noise)
    window = jnp.full((1, 1), NORMAL.detection_window_s)
    low, high = -40.0, 140.0
    for _ in range(_NUM_BISECTIONS):
        middle = 0.5 * (low + high)
        signal = representation(ear, 10.0 ** (middle / 20.0) * tone + noise)
        evidence = log_detectability(
            signal, reference, window, jnp.zeros(()), spacing_cam=1.0, sensitivity=NORMAL.sensitivity
        )
        low, high = (low, middle) if evidence > np.log(NORMAL.threshold_detectability) else (middle, high)
    return 0.5 * (low + high)


@cache
def bank_filters() -> PoleZeroFilters:
    """The digital bank of the fine-structure carrier."""
    return digital_filters(BANK, SAMPLING_RATE_HZ)


def filtered_tone(frequency_hz: float, phase: Float[np.ndarray, " samples"]) -> Float[np.ndarray, "channels samples"]:
    """A steady tone of RMS 1 behind the bank."""
    response = frequency_response(bank_filters(), np.array([frequency_hz]), SAMPLING_RATE_HZ)
    return np.sqrt(2.0) * np.real(response * np.exp(1j * phase))


def filtered_noise(generator: np.random.Generator) -> Float[np.ndarray, "channels samples"]:
    """Threshold-equalising noise behind the bank; periodic, which for a steady state is as good as endless."""
    frequency_hz = np.fft.rfftfreq(_NOISE_SAMPLES, 1.0 / SAMPLING_RATE_HZ)
    density = 10.0 ** (NOISE_DB_HL_PER_ERB / 10.0) / normal_erb_hz(frequency_hz)
    scale = np.sqrt(density * SAMPLING_RATE_HZ / 2.0)
    spectrum = scale * np.fft.rfft(generator.standard_normal(_NOISE_SAMPLES))
    filters, filtered = bank_filters(), []
    for channel in range(BANK.num_channels):
        one = PoleZeroFilters(filters.poles[[channel]], filters.zeros[[channel]], filters.gain[[channel]])
        response = frequency_response(one, frequency_hz, SAMPLING_RATE_HZ)[0]
        filtered.append(np.fft.irfft(response * spectrum, _NOISE_SAMPLES)[::_NOISE_STEP])
    return np.array(filtered)


def calibrated_correction(position: Float[np.ndarray, " parameters"]) -> float:
    """The constant that brings the mean threshold of this (normal) ear in quiet to 0 dB HL."""
    correction = 0.0
    for _ in range(4):
        ear = fine_structure_ear(position, correction)
        correction += NEPER_PER_DB * NORMAL.compression_exponent * float(np.mean(-quiet_thresholds(ear)))
    return correction


def quiet_thresholds(ear: FineStructure) -> Float[np.ndarray, " frequencies"]:
    """Thresholds of tones in quiet, in dB HL."""
    tones = [filtered_tone(frequency, _PHASES) for frequency in FREQUENCIES_HZ]
    return np.array([threshold(ear, tone, np.zeros_like(tone)) for tone in tones])


def fine_structure_thresholds(ear: FineStructure, noise: Float[np.ndarray, "channels samples"]) -> Thresholds:
    """Thresholds of tones in quiet and in this noise, in dB HL."""
    # The noise knows nothing of the tone's phase: an even spread of phases serves every frequency alike.
    phase = 2.0 * np.pi * ((_GOLDEN_RATIO * np.arange(noise.shape[1])) % 1.0)
    tones = [filtered_tone(frequency, phase) for frequency in FREQUENCIES_HZ]
    return Thresholds(quiet_thresholds(ear), np.array([threshold(ear, tone, noise) for tone in tones]))


def study(seed: int) -> dict[str, dict[str, Thresholds]]:
    """Thresholds of every ear by either carrier."""
    noise = filtered_noise(np.random.default_rng(seed))
    found = {}
    with jax.enable_x64(True):
        positions = ears()
        correction = calibrated_correction(positions["normal"])
        for name, position in positions.items():
            found[name] = {
                "envelope": envelope_thresholds(position),
                "fine structure": fine_structure_thresholds(fine_structure_ear(position, correction), noise),
            }
    return found


def draw(results: dict[str, dict[str, Thresholds]], path: Path) -> None:
    """Audiograms in quiet and in noise, one panel an ear; carriers differ in line and sign, not only in colour."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    from hearfit.reports.figure_style import FAINT_GRID, INK, QUIET, house_style, octaves, short_frequency

    where = [octaves(frequency) for frequency in FREQUENCIES_HZ]
    with house_style():
        figure, axes = plt.subplots(1, len(results), figsize=(7.1, 3.0), sharey=True, layout="constrained")
        for panel, (name, carriers) in zip(axes, results.items(), strict=True):
            for carrier, colour, style in (("envelope", INK, "-"), ("fine structure", QUIET, "--")):
                marker = "o" if carrier == "envelope" else "s"
                face = colour if carrier == "envelope" else "white"
                for kind, width in (("quiet", 1.0), ("noise", 2.2)):
                    panel.plot(
                        where,
                        getattr(carriers[carrier], kind),
                        color=colour,
                        linestyle=style,
                        linewidth=width,
                        marker=marker,
                        markersize=4,
                        markerfacecolor=face,
                        label=f"{carrier}, {'in quiet' if kind == 'quiet' else 'in noise'}",
                    )
            panel.set_title("normal ear" if name == "normal" else f"audiogram {name}", fontsize=8)
            ticks = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
            panel.set_xticks([octaves(tick) for tick in ticks], [short_frequency(tick) for tick in ticks])
            panel.grid(color=FAINT_GRID)
            panel.set_xlabel("frequency, Hz")
        axes[0].set_ylabel("threshold, dB HL")
        axes[0].invert_yaxis()
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=160)
        plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figure", type=Path, nargs="?", default=Path("docs/figures/carriers.png"))
    path = parser.parse_args().figure
    results = study(seed=1)
    print(f"{'thresholds, dB HL':34s}", *(f"{frequency:7g}" for frequency in FREQUENCIES_HZ), " Hz")
    for name, carriers in results.items():
        for kind in Thresholds._fields:
            for carrier, thresholds in carriers.items():
                levels = " ".join(f"{level:7.1f}" for level in getattr(thresholds, kind))
                print(f"{name:8s}in {kind:7s}{carrier:18s}{levels}")
    draw(results, path)
    print("figure:", path)


if __name__ == "__main__":
    main()
