"""What an ear makes of a sound: the auditory spectrogram, and which modulations it holds; one ear, or beside normal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import FixedLocator, MaxNLocator

from hearfit.reports.figure_style import PAGE_WIDTH_IN, QUIET, house_style, short_frequency

# Light to dark in equal steps, so that a grey print reads the same.
_COLOURS: Final = "cividis"
_LOSS_COLOURS: Final = "Greys"
_TICKS_HZ: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
_MOST_COLUMNS: Final = 1600
_HEIGHT_IN: Final = 4.6


@dataclass(frozen=True)
class AuditoryPicture:
    """One ear's answer to one sound.

    `modulation` is the strength of each scale at each signed rate (rates ascend; positive ones move down in frequency).
    """

    name: str
    spectrogram: Float[np.ndarray, "frames channels"]
    modulation: Float[np.ndarray, "scales rates"]


@dataclass(frozen=True)
class PictureAxes:
    """What all pictures of a figure share: axes, and the quantities that the colours show."""

    frequency_hz: Float[np.ndarray, " channels"]
    frame_s: float
    scale_cycles_per_octave: Float[np.ndarray, " scales"]
    rate_hz: Float[np.ndarray, " rates"]
    spectrogram_label: str
    modulation_label: str


def draw_auditory(picture: AuditoryPicture, axes: PictureAxes, *, title: str) -> Figure:
    """The spectrogram above the rate-scale picture of one ear."""
    with house_style():
        figure = Figure(figsize=(PAGE_WIDTH_IN, _HEIGHT_IN), layout="constrained")
        spectrum, modulation = figure.subplots(2, 1, height_ratios=(3, 2))
        low = float(picture.spectrogram.min(initial=0.0))
        high = float(picture.spectrogram.max(initial=low))
        image = _draw_spectrogram(spectrum, picture.spectrogram, axes, limits=(low, high), colours=_COLOURS)
        spectrum.set_title(f"{title}: {picture.name}", loc="left", fontsize=8.5)
        figure.colorbar(image, ax=spectrum, label=axes.spectrogram_label, pad=0.01)
        most = float(picture.modulation.max(initial=0.0))
        image = _draw_modulation(modulation, picture.modulation, axes, limits=(0.0, most), colours=_COLOURS)
        figure.colorbar(image, ax=modulation, label=axes.modulation_label, pad=0.01)
    return figure


def draw_comparison(normal: AuditoryPicture, ear: AuditoryPicture, axes: PictureAxes, *, title: str) -> Figure:
    """The normal ear, this ear, and what of the normal ear's answer is lost; a column each, with common colours.

    The third column shows normal minus this ear; where this ear answers more, it shows nothing, and says so below.
    """
    with house_style():
        figure = Figure(figsize=(1.4 * PAGE_WIDTH_IN, _HEIGHT_IN), layout="constrained")
        rows = figure.subplots(2, 3, height_ratios=(3, 2))
        _draw_row(figure, list(rows[0]), (normal, ear), axes, is_spectrogram=True)
        _draw_row(figure, list(rows[1]), (normal, ear), axes, is_spectrogram=False)
        for place, name in zip(rows[0], (normal.name, ear.name, "lost: normal minus this ear"), strict=True):
            place.set_title(name[:1].upper() + name[1:], loc="left", fontsize=8.0)
        figure.suptitle(title, x=0.01, ha="left", fontsize=8.5)
    return figure


def _draw_row(
    figure: Figure,
    places: Sequence[Axes],
    pictures: tuple[AuditoryPicture, AuditoryPicture],
    axes: PictureAxes,
    *,
    is_spectrogram: bool,
) -> None:
    draw = _draw_spectrogram if is_spectrogram else _draw_modulation
    label = axes.spectrogram_label if is_spectrogram else axes.modulation_label
    difference_label = f"Difference{label[label.rindex(' (') :]}" if " (" in label else "Difference"
    normal, ear = ((each.spectrogram if is_spectrogram else each.modulation) for each in pictures)
    limits = (0.0, max(float(normal.max(initial=0.0)), float(ear.max(initial=0.0))))
    draw(places[0], normal, axes, limits=limits, colours=_COLOURS)
    image = draw(places[1], ear, axes, limits=limits, colours=_COLOURS)
    figure.colorbar(image, ax=list(places[:2]), label=label, pad=0.01)
    lost = normal - ear
    image = draw(places[2], np.maximum(lost, 0.0), axes, limits=limits, colours=_LOSS_COLOURS)
    figure.colorbar(image, ax=places[2], label=difference_label, pad=0.01)
    gained = float(np.max(-lost, initial=0.0))
    if gained > 0.01 * limits[1]:
        places[2].text(
            0.99,
            0.02,
            f"more than normal: not drawn, up to {gained:.2g}",
            transform=places[2].transAxes,
            ha="right",
            va="bottom",
            fontsize=6.5,
            color=QUIET,
        )
    for place in places[1:]:
        place.set_ylabel("")


def _draw_spectrogram(
    place: Axes,
    values: Float[np.ndarray, "frames channels"],
    axes: PictureAxes,
    *,
    limits: tuple[float, float],
    colours: str,
) -> AxesImage:
    num_frames, num_channels = values.shape
    image = place.imshow(
        _pooled(values).T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        extent=(0.0, num_frames * axes.frame_s, -0.5, num_channels - 0.5),
    )
    ticks = [hz for hz in _TICKS_HZ if axes.frequency_hz[0] <= hz <= axes.frequency_hz[-1]]
    position = np.interp(np.log(ticks), np.log(axes.frequency_hz), np.arange(num_channels))
    place.yaxis.set_major_locator(FixedLocator(position.tolist()))
    place.set_yticklabels([short_frequency(hz) for hz in ticks])
    place.xaxis.set_major_locator(MaxNLocator(6))
    place.set_ylabel("Frequency (Hz)")
    place.set_xlabel("Time (s)")
    return image


def _draw_modulation(
    place: Axes,
    values: Float[np.ndarray, "scales rates"],
    axes: PictureAxes,
    *,
    limits: tuple[float, float],
    colours: str,
) -> AxesImage:
    num_scales, num_rates = values.shape
    image = place.imshow(
        values,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        extent=(-0.5, num_rates - 0.5, -0.5, num_scales - 0.5),
    )
    shown = _octave_steps(np.abs(axes.rate_hz))
    place.xaxis.set_major_locator(FixedLocator(shown))
    place.set_xticklabels([f"{axes.rate_hz[index]:g}".replace("-", "−") for index in shown])
    shown = _octave_steps(axes.scale_cycles_per_octave)
    place.yaxis.set_major_locator(FixedLocator(shown))
    place.set_yticklabels([f"{axes.scale_cycles_per_octave[index]:g}" for index in shown])
    # Between the directions.
    place.axvline(num_rates / 2.0 - 0.5, color="white", linewidth=1.2)
    place.set_ylabel("Scale (cycles/octave)")
    place.set_xlabel("Rate (Hz): upward sweeps left, downward right")
    return image


def _octave_steps(values: Float[np.ndarray, " values"]) -> list[int]:
    """Places of whole powers of two."""
    exponent = np.log2(values)
    return [index for index, each in enumerate(exponent) if abs(each - round(each)) < 1e-3]


def _pooled(values: Float[np.ndarray, "frames channels"]) -> Float[np.ndarray, "columns channels"]:
    """Means over neighbouring frames where a picture cannot show each of them."""
    step = -(-len(values) // _MOST_COLUMNS)
    if step <= 1:
        return values
    starts = np.arange(0, len(values), step)
    counts = np.diff(np.append(starts, len(values)))
    return np.asarray(np.add.reduceat(values, starts, axis=0) / counts[:, None])
