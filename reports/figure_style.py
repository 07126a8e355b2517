"""The look that all figures share. Every sign differs in shape or line as well, so that grey prints read the same."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import matplotlib
import numpy as np
from matplotlib.axis import XAxis, YAxis
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from hearfit.audiology.audiogram import Ear

INK: Final = "#1f2328"
QUIET: Final = "#6b7280"
GRID: Final = "#d9dde3"
FRAME: Final = "#9aa1ab"
FAINT_GRID: Final = "#eceef2"

PAGE_WIDTH_IN: Final = 7.1

OCTAVES_HZ: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
MARGIN_OCTAVES: Final = 0.35
"""Room beside the outermost octaves, so that signs there are whole."""


@dataclass(frozen=True)
class EarColours:
    """Red is right and blue is left, as everywhere in audiology; both equally dark in grey."""

    line: str
    tint: str


_COLOURS: Final = {
    Ear.RIGHT: EarColours(line="#c0211b", tint="#f0c4c0"),
    Ear.LEFT: EarColours(line="#1d4fb8", tint="#bfd0f2"),
}


def colours(ear: Ear) -> EarColours:
    """The colours of an ear."""
    return _COLOURS[ear]


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this: some settings are read when text and axes are made."""
    with matplotlib.rc_context(
        {
            "font.family": "DejaVu Sans",
            "font.size": 7.5,
            # A dollar sign in a name is no formula.
            "text.parse_math": False,
            "text.color": INK,
            "axes.edgecolor": FRAME,
            "axes.linewidth": 0.8,
            "axes.labelcolor": INK,
            "axes.labelsize": 7.5,
            "axes.unicode_minus": True,
            "xtick.color": "#4b5563",
            "ytick.color": "#4b5563",
            "xtick.labelsize": 7.0,
            "ytick.labelsize": 7.0,
            "legend.frameon": False,
            "legend.fontsize": 7.0,
        }
    ):
        yield


def octaves(frequency_hz: float) -> float:
    """Position on the frequency axis, in octaves re 1 kHz: linear axes tick and clip more simply than log ones."""
    return float(np.log2(frequency_hz / 1000.0))


def short_frequency(frequency_hz: float) -> str:
    """125, 500, 1k, 1.5k: for ticks."""
    return f"{frequency_hz:g}" if frequency_hz < 1000 else f"{frequency_hz / 1000:g}k"


def tick_step(span: float, steps: Sequence[float], most: float) -> float:
    """The smallest of the steps that needs at most so many, or a power of ten: a profile may hold any number."""
    largest = 10.0 ** math.ceil(math.log10(max(span, 1.0) / most))
    return next((step for step in steps if span <= most * step), max(largest, steps[-1]))


def log_ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """1, 2 and 5 of each decade between two positive numbers, or fewer of them where that is too many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for steps in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        every = [step * 10.0**decade for decade in decades for step in steps]
        ticks = [tick for tick in every if low <= tick <= high]
        if len(ticks) <= most:
            break
    if len(ticks) < 3:
        # Less than a decade: even steps, of which every one has a short name.
        unit = 10.0 ** math.floor(math.log10((high - low) / (most - 1)))
        step = next(unit * factor for factor in (1.0, 2.0, 5.0, 10.0) if high - low <= (most - 1) * unit * factor)
        ticks = [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return ticks[:: -(-len(ticks) // most)]


def mark_log(axis: XAxis | YAxis, low: float, high: float) -> None:
    """Ticks of a logarithmic axis in plain numbers; matplotlib's own are powers in its notation for formulas."""
    ticks = log_ticks(low, high)
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter([short_number(tick) for tick in ticks]))
    axis.set_minor_locator(NullLocator())


def short_number(value: float) -> str:
    """0.02, 500, 2k: for ticks."""
    text = f"{value / 1000:g}k" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", "−")
