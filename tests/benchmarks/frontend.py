"""Speed of the waveform frontend beside the bare transforms of its bank: `python -m tests.benchmarks.frontend`.

All in one run on the same sounds, 4 x 1 s at 16 kHz, 129 channels, float32; the median of repeated calls. Ratios are
what counts: the machine may be shared.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from scipy import fft as scipy_fft

from hearfit.frontend.constant_q import ConstantQDesign, digital_filters, frequency_response
from hearfit.frontend.presets import listener, paper

RATE_HZ, BATCH, DURATION_S, REPEATS = 16_000.0, 4, 1.0, 15
LISTENER_RATE_HZ = 32_000.0


def seconds(function: Callable[..., Any], *arguments: object, repeats: int = REPEATS) -> tuple[float, float]:
    """Median wall time of a call in seconds, after one that compiles, and the median processor time."""
    jax.block_until_ready(function(*arguments))
    wall, processor = [], []
    for _ in range(repeats):
        began, began_processor = time.perf_counter(), time.process_time()
        jax.block_until_ready(function(*arguments))
        wall.append(time.perf_counter() - began)
        processor.append(time.process_time() - began_processor)
    return float(np.median(wall)), float(np.median(processor))


def compile_seconds(function: Callable[..., Any], *arguments: object) -> float:
    """Time to trace and compile, with nothing cached."""
    jax.clear_caches()
    began = time.perf_counter()
    jax.jit(function).lower(*arguments).compile()
    return time.perf_counter() - began


def split(frontend: nnx.Module) -> tuple[Callable[..., Any], Callable[..., Any], Any, Any]:
    """Forward pass and gradient of all parameters as functions of (parameters, frozen, waveform)."""
    parts: Any = nnx.split(frontend, nnx.Param, ...)
    graph, learned, frozen = parts

    def forward(parameters: object, constants: object, waveform: jax.Array) -> jax.Array:
        return nnx.merge(graph, parameters, constants)(waveform)

    def loss(parameters: object, constants: object, waveform: jax.Array) -> jax.Array:
        return jnp.mean(jnp.square(forward(parameters, constants, waveform)))

    return forward, jax.grad(loss), learned, frozen


def bare_transforms(waveform: np.ndarray) -> tuple[Callable[..., Any], tuple[Any, ...], Callable[..., Any]]:
    """The least that filtering by FFT takes: spectrum times response, and one inverse transform a channel."""
    fft_size = waveform.shape[1]
    bin_hz = np.fft.rfftfreq(fft_size, 1.0 / RATE_HZ)
    filters = digital_filters(ConstantQDesign(), RATE_HZ)
    response = frequency_response(filters, bin_hz, RATE_HZ).astype(np.complex64)

    @jax.jit
    def with_xla(spectrum: jax.Array, gains: jax.Array) -> jax.Array:
        return jnp.fft.irfft(spectrum[:, None] * gains[None], fft_size)

    spectrum = np.fft.rfft(waveform).astype(np.complex64)
    product = spectrum[:, None] * response[None]

    def with_scipy() -> np.ndarray:
        return scipy_fft.irfft(product, fft_size, workers=os.cpu_count())

    return with_xla, (jnp.asarray(spectrum), jnp.asarray(response)), with_scipy


def noise(batch: int, rate_hz: float, duration_s: float) -> jax.Array:
    rng = np.random.default_rng(0)
    return jnp.asarray(0.02 * rng.standard_normal((batch, round(rate_hz * duration_s))), jnp.float32)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="also ten minutes of sound and the memory that they take")
    long = parser.parse_args().long
    waveform = noise(BATCH, RATE_HZ, DURATION_S)
    sound_s = BATCH * DURATION_S
    print(f"{BATCH} x {DURATION_S:g} s at {RATE_HZ:g} Hz; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'':44s}{'real time':>12s}{'wall ms':>10s}{'processor ms':>14s}")

    def show(name: str, measured: tuple[float, float], duration_s: float = sound_s) -> float:
        wall, processor = measured
        print(f"{name:44s}{duration_s / wall:10.1f} x{1e3 * wall:10.1f}{1e3 * processor:14.1f}")
        return wall

    with_xla, arguments, with_scipy = bare_transforms(np.asarray(waveform))
    xla = show("bare inverse FFTs of the bank, XLA", seconds(with_xla, *arguments))
    scipy = show("bare inverse FFTs of the bank, SciPy", seconds(with_scipy))
    forward, gradient, learned, frozen = split(paper())
    ours = show("paper, forward", seconds(jax.jit(forward), learned, frozen, waveform))
    show("paper, gradient", seconds(jax.jit(gradient), learned, frozen, waveform))
    again = show("bare inverse FFTs of the bank, SciPy, again", seconds(with_scipy))
    print(f"forward re bare transforms: {ours / xla:.2f} of XLA's, {2.0 * ours / (scipy + again):.2f} of SciPy's")
    sound = noise(BATCH, LISTENER_RATE_HZ, DURATION_S)
    parts = split(listener(LISTENER_RATE_HZ))
    show("listener at 32 kHz, forward", seconds(jax.jit(parts[0]), parts[2], parts[3], sound))
    show("listener at 32 kHz, gradient", seconds(jax.jit(parts[1]), parts[2], parts[3], sound))
    for batch, duration_s in ((1, 1.0), (1, 4.0), (4, 4.0), (16, 1.0)):
        other = noise(batch, RATE_HZ, duration_s)
        measured = seconds(jax.jit(forward), learned, frozen, other, repeats=7)
        show(f"paper, forward, {batch} x {duration_s:g} s", measured, batch * duration_s)
    took = [compile_seconds(function, learned, frozen, waveform) for function in (forward, gradient)]
    print(f"trace and compile: forward {took[0]:.2f} s, gradient {took[1]:.2f} s, together {sum(took):.2f} s")
    if long:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        minutes = noise(1, RATE_HZ, 600.0)
        show("paper, forward, 1 x 600 s", seconds(jax.jit(forward), learned, frozen, minutes, repeats=1), 600.0)
        show("paper, gradient, 1 x 600 s", seconds(jax.jit(gradient), learned, frozen, minutes, repeats=1), 600.0)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024.0
        print(f"peak memory grew by {grown:.0f} MiB; the spectrogram alone has {600 * 200 * 129 * 4 / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
