"""Frontends side by side in one run: times faster than real time for clips of 1 s at 16 kHz and 129 channels.

    pip install pyfar python-auditory-toolbox librosa        # or those of them that you want
    python -m tests.benchmarks.other_packages [--clips 4] [--rounds 7] [--own]

Rounds of all contenders alternate, so that a busy machine slows all alike; the ratios are what counts. Packages that
are not installed are left out with the reason. They compute different things, which the table says: only rows that give
every channel at the full rate do what the banks of this project do, and no other does what the whole stage does.
Compilation is timed for what JAX traces here, without a cache on disk.
"""

import argparse
import importlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array
from scipy import fft

from hearfit.frontend.block_filter import (
    StateSpace,
    block_matrices,
    filter_waveform,
    initial_state,
    pole_zero_state_space,
)
from hearfit.frontend.constant_q import ConstantQDesign, digital_filters, frequency_response
from hearfit.frontend.cortex import cortical_response, silent_past
from hearfit.frontend.cortex_parameters import (
    PAPER_CORTEX,
    CortexCoordinates,
    coordinates_of,
    filters_at,
    log_spaced_filters,
)
from hearfit.frontend.erb_scale import erb_number
from hearfit.frontend.filterbank import FilterbankDesign
from hearfit.frontend.gammatone import digital_gammatone
from hearfit.frontend.presets import paper

SAMPLING_RATE_HZ = 16_000.0
CLIP_SAMPLES = 16_000
DESIGN = ConstantQDesign()
BLOCK_SAMPLES = 80
States = nnx.State[Any, Any]
REFERENCE = "hearfit constant-Q"
# Of the gammatone banks; the filter at the top of the constant-Q bank would be too wide for the sampling rate.
_GAMMATONE_RANGE_HZ = np.array([DESIGN.lowest_hz, 7_000.0])


@dataclass(frozen=True)
class Contender:
    """One implementation: what it gives back, and a call that filters all clips once."""

    name: str
    output: str
    run: Callable[[], object]
    compilation_s: float | None = None


class MissingPackageError(Exception):
    """A package that is not installed, or refuses to be imported."""


def needed(package: str) -> ModuleType:
    """An optional package of the benchmark."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingPackageError(f"{package.partition('.')[0]}: {error}") from error


def clips(count: int) -> np.ndarray:
    """White noise, float32."""
    return np.random.default_rng(0).standard_normal((count, CLIP_SAMPLES)).astype(np.float32)


def compiled(function: Callable[..., object], *arguments: object) -> tuple[Callable[[], object], float]:
    """A call with these arguments that waits for its result, and the seconds to trace and compile it."""
    begun = time.perf_counter()
    executable = jax.jit(function).lower(*arguments).compile()
    return lambda: jax.block_until_ready(executable(*arguments)), time.perf_counter() - begun


def cochlear_stage(waveform: np.ndarray) -> Contender:
    graph, state = nnx.split(paper(exponent=0.9))
    run, seconds = compiled(lambda state, sound: nnx.merge(graph, state)(sound), state, jnp.asarray(waveform))
    return Contender("hearfit whole cochlear stage", "129 x 200 a second: |y|^0.9, inhibition, leak", run, seconds)


def cochlear_gradient(waveform: np.ndarray) -> Contender:
    graph, learned, *others = nnx.split(paper(exponent=0.9), nnx.Param, ...)

    def loss(learned: States, rest: States, sound: Array) -> Array:
        return jnp.mean(jnp.square(nnx.merge(graph, learned, rest)(sound)))

    run, seconds = compiled(jax.value_and_grad(loss), learned, others[0], jnp.asarray(waveform))
    return Contender("hearfit cochlear stage, gradient", "value and gradient of 259 parameters", run, seconds)


def with_cortex(waveform: np.ndarray) -> Contender:
    graph, state = nnx.split(paper(exponent=0.9))
    filters = log_spaced_filters()
    past = silent_past(len(filters.rate_hz), batch=len(waveform), design=PAPER_CORTEX)

    def features(state: States, sound: Array) -> Array:
        return cortical_response(nnx.merge(graph, state)(sound), filters, PAPER_CORTEX, past)[0]

    run, seconds = compiled(features, state, jnp.asarray(waveform))
    return Contender("hearfit with cortex", "40 x 129 x 200 a second", run, seconds)


def with_cortex_gradient(waveform: np.ndarray) -> Contender:
    graph, learned, *others = nnx.split(paper(exponent=0.9), nnx.Param, ...)
    filters = log_spaced_filters()
    past = silent_past(len(filters.rate_hz), batch=len(waveform), design=PAPER_CORTEX)

    def loss(learned: tuple[States, CortexCoordinates], rest: States, sound: Array) -> Array:
        cochlea, coordinates = learned
        modulation = filters_at(coordinates, filters.direction, PAPER_CORTEX)
        spectrogram = nnx.merge(graph, cochlea, rest)(sound)
        return jnp.mean(jnp.square(cortical_response(spectrogram, modulation, PAPER_CORTEX, past)[0]))

    start = (learned, coordinates_of(filters, PAPER_CORTEX))
    run, seconds = compiled(jax.value_and_grad(loss), start, others[0], jnp.asarray(waveform))
    return Contender("hearfit with cortex, gradient", "value and gradient of 339 parameters", run, seconds)


def hearfit_bank(filters: StateSpace, waveform: np.ndarray) -> Callable[[], object]:
    """Every channel at the full rate, float32, causal, with carried state."""
    matrices = block_matrices(filters, BLOCK_SAMPLES)
    sound = jnp.asarray(waveform)
    silence = initial_state(matrices, len(waveform))
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


OWN: tuple[Callable[[np.ndarray], Contender], ...] = (
    constant_q,
    gammatone,
    xla_fft,
    cochlear_stage,
    cochlear_gradient,
    with_cortex,
    with_cortex_gradient,
)
OTHERS: tuple[Callable[[np.ndarray], Contender], ...] = (
    circular_fft,
    pyfar_gammatone,
    toolbox_gammatone,
    toolbox_gammatone_jax,
    librosa_constant_q,
)


def measured(contenders: list[Contender], rounds: int) -> dict[str, tuple[float, float]]:
    """Median seconds of wall clock and of processor time of each, after one round that warms up."""
    wall: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    processor: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for contender in contenders:
        contender.run()
    for _ in range(rounds):
        for contender in contenders:
            begun, spent = time.perf_counter(), time.process_time()
            contender.run()
            wall[contender.name].append(time.perf_counter() - begun)
            processor[contender.name].append(time.process_time() - spent)
    return {name: (median(wall[name]), median(processor[name])) for name in wall}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--own", action="store_true", help="without the packages and SciPy, as for a GPU")
    options = parser.parse_args()
    waveform = clips(options.clips)
    found, missing = [], []
    for build in OWN if options.own else OWN + OTHERS:
        try:
            found.append(build(waveform))
        except MissingPackageError as error:
            missing.append(str(error))
    times = measured(found, options.rounds)
    audio_s = options.clips * CLIP_SAMPLES / SAMPLING_RATE_HZ
    print(f"{options.clips} clips of 1 s on {jax.devices()[0]}, load {os.getloadavg()[0]:.1f}; time re {REFERENCE}")
    print(f"{'':34s}x real time  CPU s/s  time re  compile s")
    for contender in found:
        wall, processor = times[contender.name]
        compilation = "" if contender.compilation_s is None else f"{contender.compilation_s:.1f}"
        print(
            f"{contender.name:34s}{audio_s / wall:11.1f}{processor / audio_s:9.4f}"
            f"{wall / times[REFERENCE][0]:9.2f}  {compilation:>9s}  {contender.output}"
        )
    for reason in missing:
        print("left out:", reason)


if __name__ == "__main__":
    main()
