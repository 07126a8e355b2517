"""Filterbanks side by side in one run: times faster than real time for 4 x 1 s at 16 kHz and 129 channels.

    pip install pyfar python-auditory-toolbox librosa        # or those of them that you want
    python -m tests.benchmarks.frontends

Rounds of all contenders alternate, so that a busy machine slows all alike; the ratios are what counts. Packages that
are not installed are left out with the reason. They compute different things, which the table says: only rows that give
every channel at the full rate do what the banks of this project do.
"""

import argparse
import importlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
from scipy import fft

from hearfit.frontend.block_filter import (
    StateSpace,
    block_matrices,
    filter_waveform,
    initial_state,
    pole_zero_state_space,
)
from hearfit.frontend.constant_q import ConstantQDesign, digital_filters, frequency_response
from hearfit.frontend.erb_scale import erb_number
from hearfit.frontend.filterbank import FilterbankDesign
from hearfit.frontend.gammatone import digital_gammatone

SAMPLING_RATE_HZ = 16_000.0
NUM_CLIPS, CLIP_SAMPLES = 4, 16_000
DESIGN = ConstantQDesign()
BLOCK_SAMPLES = 80
REFERENCE = "hearfit constant-Q"
# Of the gammatone banks; the filter at the top of the constant-Q bank would be too wide for the sampling rate.
_GAMMATONE_RANGE_HZ = np.array([DESIGN.lowest_hz, 7_000.0])


@dataclass(frozen=True)
class Contender:
    """One implementation: what it gives back, and a call that filters all clips once."""

    name: str
    output: str
    run: Callable[[], object]


class MissingPackageError(Exception):
    """A package that is not installed, or refuses to be imported."""


def needed(package: str) -> ModuleType:
    """An optional package of the benchmark."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingPackageError(f"{package.partition('.')[0]}: {error}") from error


def clips() -> np.ndarray:
    """White noise, float32."""
    return np.random.default_rng(0).standard_normal((NUM_CLIPS, CLIP_SAMPLES)).astype(np.float32)


def hearfit_bank(filters: StateSpace, waveform: np.ndarray) -> Callable[[], object]:
    """Every channel at the full rate, float32, causal, with carried state."""
    matrices = block_matrices(filters, BLOCK_SAMPLES)
    sound = jnp.asarray(waveform)
    silence = initial_state(matrices, NUM_CLIPS)
    return lambda: jax.block_until_ready(filter_waveform(matrices, sound, silence))


def constant_q(waveform: np.ndarray) -> Contender:
    filters = digital_filters(DESIGN, SAMPLING_RATE_HZ)
    bank = pole_zero_state_space(filters.poles, filters.zeros, filters.gain)
    return Contender(REFERENCE, "129 channels, full rate, causal, streams", hearfit_bank(bank, waveform))


def gammatone(waveform: np.ndarray) -> Contender:
    low, high = erb_number(_GAMMATONE_RANGE_HZ)
    spacing = float(high - low) / (DESIGN.num_channels - 1)
    design = FilterbankDesign(float(low), float(high), spacing, bandwidth_factor=1.0)
    bank = digital_gammatone(design, SAMPLING_RATE_HZ)
    return Contender(
        "hearfit gammatone",
        f"{len(bank.drive)} complex channels, full rate, causal, streams",
        hearfit_bank(bank, waveform),
    )


def circular_fft(waveform: np.ndarray) -> Contender:
    """The least that the published code does: spectrum times response, and back."""
    frequency_hz = fft.rfftfreq(CLIP_SAMPLES, 1.0 / SAMPLING_RATE_HZ)
    response = frequency_response(digital_filters(DESIGN, SAMPLING_RATE_HZ), frequency_hz, SAMPLING_RATE_HZ)
    single = response.astype(np.complex64)

    def run() -> object:
        spectrum = fft.rfft(waveform)[:, None, :] * single
        return fft.irfft(spectrum, CLIP_SAMPLES, workers=os.cpu_count(), overwrite_x=True)

    return Contender("SciPy FFT, circular", "129 channels, full rate, wraps around", run)


def xla_fft(waveform: np.ndarray) -> Contender:
    frequency_hz = fft.rfftfreq(CLIP_SAMPLES, 1.0 / SAMPLING_RATE_HZ)
    response = frequency_response(digital_filters(DESIGN, SAMPLING_RATE_HZ), frequency_hz, SAMPLING_RATE_HZ)
    single, sound = jnp.asarray(response, jnp.complex64), jnp.asarray(waveform)

    @jax.jit
    def filtered(sound: jax.Array) -> jax.Array:
        return jnp.fft.irfft(jnp.fft.rfft(sound)[:, None, :] * single[None], CLIP_SAMPLES)

    return Contender(
        "XLA FFT, circular", "129 channels, full rate, wraps around", lambda: jax.block_until_ready(filtered(sound))
    )


def pyfar_gammatone(waveform: np.ndarray) -> Contender:
    pyfar = needed("pyfar")
    low, high = erb_number(_GAMMATONE_RANGE_HZ)
    resolution = float(high - low) / (DESIGN.num_channels - 1)
    bank = pyfar.dsp.filter.GammatoneBands(list(_GAMMATONE_RANGE_HZ), resolution, sampling_rate=int(SAMPLING_RATE_HZ))
    signal = pyfar.Signal(waveform.astype(np.float64), int(SAMPLING_RATE_HZ))
    return Contender(
        "pyfar gammatone", f"{bank.n_bands} complex channels, full rate, causal", lambda: bank.process(signal)
    )


def toolbox_gammatone(waveform: np.ndarray) -> Contender:
    toolbox = needed("python_auditory_toolbox.auditory_toolbox")
    coefficients = toolbox.MakeErbFilters(SAMPLING_RATE_HZ, DESIGN.num_channels, DESIGN.lowest_hz)
    return Contender(
        "python-auditory-toolbox, NumPy",
        "129 channels, full rate, causal",
        lambda: [toolbox.ErbFilterBank(clip, coefficients) for clip in waveform],
    )


def toolbox_gammatone_jax(waveform: np.ndarray) -> Contender:
    toolbox = needed("python_auditory_toolbox.auditory_toolbox_jax")
    coefficients = toolbox.MakeErbFilters(SAMPLING_RATE_HZ, DESIGN.num_channels, DESIGN.lowest_hz)
    bank = jax.jit(jax.vmap(lambda clip: toolbox.ErbFilterBank(clip, coefficients)))
    sound = jnp.asarray(waveform)
    return Contender(
        "python-auditory-toolbox, JAX",
        "129 channels, full rate, causal",
        lambda: jax.block_until_ready(bank(sound)),
    )


def librosa_constant_q(waveform: np.ndarray) -> Contender:
    librosa = needed("librosa")
    # Its highest filter must end below the Nyquist frequency: 125 bins. Its hop is a multiple of 2^octaves.
    bins = 125

    def run() -> object:
        return librosa.cqt(
            waveform,
            sr=SAMPLING_RATE_HZ,
            hop_length=64,
            fmin=DESIGN.lowest_hz,
            n_bins=bins,
            bins_per_octave=DESIGN.channels_per_octave,
        )

    return Contender("librosa constant-Q", f"{bins} bins, every 4 ms only, not causal", run)


CONTENDERS: tuple[Callable[[np.ndarray], Contender], ...] = (
    constant_q,
    gammatone,
    circular_fft,
    xla_fft,
    pyfar_gammatone,
    toolbox_gammatone,
    toolbox_gammatone_jax,
    librosa_constant_q,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    waveform = clips()
    found, missing = [], []
    for build in CONTENDERS:
        try:
            contender = build(waveform)
            contender.run()
        except MissingPackageError as error:
            missing.append(str(error))
            continue
        found.append(contender)
    wall: dict[str, list[float]] = {contender.name: [] for contender in found}
    processor: dict[str, list[float]] = {contender.name: [] for contender in found}
    for _ in range(rounds):
        for contender in found:
            begun, spent = time.perf_counter(), time.process_time()
            contender.run()
            wall[contender.name].append(time.perf_counter() - begun)
            processor[contender.name].append(time.process_time() - spent)
    audio_s = NUM_CLIPS * CLIP_SAMPLES / SAMPLING_RATE_HZ
    reference = median(wall[REFERENCE])
    print(f"{'':32s} x real time  CPU s/s of audio  time re {REFERENCE}")
    for contender in found:
        elapsed = median(wall[contender.name])
        busy = median(processor[contender.name]) / audio_s
        print(
            f"{contender.name:32s} {audio_s / elapsed:11.1f}  {busy:16.4f}  {elapsed / reference:10.2f}"
            f"      {contender.output}"
        )
    for reason in missing:
        print("left out:", reason)


if __name__ == "__main__":
    main()
