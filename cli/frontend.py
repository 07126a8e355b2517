"""`hearfit frontend`: what an ear makes of a sound file, as a figure and as numbers."""

from enum import StrEnum, unique
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hearfit.cli.inputs import Problems
from hearfit.cli.options import JsonFlag, QuietFlag
from hearfit.cli.output import JsonValue, Output, new_table
from hearfit.errors import InputError

if TYPE_CHECKING:
    from hearfit.cli.frontend_analysis import SoundFeatures
    from hearfit.storage.sound_files import Sound

_NAMES: Final = ("frontend.npz", "frontend.png", "frontend.svg")


@unique
class Preset(StrEnum):
    """Which frontend."""

    PAPER = "paper"
    LISTENER = "listener"


def frontend(
    sound: Annotated[Path, typer.Argument(metavar="SOUND", help="WAV or FLAC file.", show_default=False)],
    level: Annotated[
        float | None,
        typer.Option("--level", help="Level of the file in dB SPL (of its RMS); conversation is near 65. Needed."),
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option("--profile", help="profile.json of an ear to hear the sound with, beside a normal one."),
    ] = None,
    preset: Annotated[
        Preset | None,
        typer.Option(
            "--preset",
            help="paper: 129 constant-Q channels, fine structure. listener: the fitted model, in dB above threshold.",
            show_default="paper; listener with --profile",
        ),
    ] = None,
    channel: Annotated[
        int | None, typer.Option("--channel", help="Which channel of the file, from 1; needed if it has several.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of the results.")] = Path("out"),
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Show what an ear makes of a sound: auditory spectrogram and modulations.

    Writes frontend.png, frontend.svg and frontend.npz into the folder of the results.

    With --profile: the normal ear, this ear, and what is lost, side by side.

    Files of these names are replaced, each as a whole.
    """
    from hearfit.cli.frontend_analysis import analyse, draw, highest_needed_hz, left_out_hz, npz_bytes, picture_bytes
    from hearfit.storage.files import check_output, write_bytes
    from hearfit.storage.profile_files import read_profile
    from hearfit.storage.sound_files import check_level, inspect_sound

    output = Output(is_json=as_json, is_quiet=quiet)
    problems = Problems()
    chosen = preset or (Preset.PAPER if profile is None else Preset.LISTENER)
    level_db_spl, fitted, inspected = 0.0, None, None
    with problems.collected():
        level_db_spl = _given(level)
        check_level(level_db_spl)
    with problems.collected():
        if profile is not None:
            if chosen is Preset.PAPER:
                raise InputError(
                    "--profile needs --preset listener: the frontend of the paper has no thresholds to fit."
                )
            fitted = read_profile(profile)
    with problems.collected():
        inspected = inspect_sound(sound, channel=channel, highest_frequency_hz=highest_needed_hz(chosen))
    with problems.collected():
        check_output(out, _NAMES)
    problems.tell()
    assert inspected is not None
    _warn(inspected, output, left_out_hz(chosen, inspected.sampling_rate_hz))
    with output.progress("Listening") as progress:
        features = analyse(inspected, level_db_spl=level_db_spl, preset=chosen, profile=fitted, progress=progress)
        progress("pictures", 1.0)
        figure = draw(features, title=f"{sound.name} at {level_db_spl:g} dB SPL")
        # Made before the first is written, so that a failure leaves nothing behind.
        contents = (
            npz_bytes(features, inspected, level_db_spl=level_db_spl, preset=chosen),
            picture_bytes(figure, file_type="png"),
            picture_bytes(figure, file_type="svg"),
        )
        for name, content in zip(_NAMES, contents, strict=True):
            write_bytes(out / name, content)
    _print(features, inspected, output, out=out, level_db_spl=level_db_spl, preset=chosen)


def _given(level: float | None) -> float:
    if level is None:
        raise InputError(
            "--level is missing. Samples of a file have no level: say how loud it is at the ear, in dB SPL of the "
            "whole file (its RMS), such as --level 65 for conversation."
        )
    return level


def _warn(sound: "Sound", output: Output, left_out: tuple[float, float] | None) -> None:
    if sound.is_clipped:
        output.warning(
            f"{sound.path}: is clipped: several samples in a row stay at full scale; what is shown there is the "
            "distortion."
        )
    if left_out is not None:
        carried, highest = left_out
        output.warning(
            f"{sound.path}: {sound.sampling_rate_hz} samples a second carry the listener's channels up to "
            f"{carried:.0f} Hz; those up to {highest:.0f} Hz are left out."
        )


def _print(
    features: "SoundFeatures", sound: "Sound", output: Output, *, out: Path, level_db_spl: float, preset: Preset
) -> None:
    import numpy as np

    names = [str(out / name) for name in _NAMES]
    unit = features.unit
    table = new_table("Ear", f"Mean ({unit})", f"Maximum ({unit})", "Strongest at (Hz)", "Scale (cyc/oct)", "Rate (Hz)")
    summary: list[JsonValue] = []
    for ear in features.ears:
        channel = int(np.argmax(ear.spectrogram.mean(axis=0)))
        best = int(np.argmax(np.mean(ear.modulation_rms**2, axis=1)))
        mean, maximum = float(ear.spectrogram.mean()), float(ear.spectrogram.max())
        strongest_hz = float(features.frequency_hz[channel])
        scale, rate_hz = float(features.scale_cycles_per_octave[best]), float(features.signed_rate_hz[best])
        table.add_row(
            ear.name, f"{mean:.3g}", f"{maximum:.3g}", f"{strongest_hz:.0f}", f"{scale:.3g}", f"{rate_hz:.3g}"
        )
        summary.append(
            {
                "ear": ear.name,
                "mean": mean,
                "maximum": maximum,
                "strongest_channel_hz": strongest_hz,
                "strongest_scale_cycles_per_octave": scale,
                "strongest_rate_hz": rate_hz,
            }
        )
    output.text(
        f"{sound.path}: {sound.duration_s:.2f} s, {sound.sampling_rate_hz} Hz, channel {sound.channel}, "
        f"at {level_db_spl:g} dB SPL."
    )
    output.table(table)
    for name in names:
        output.text(f"Wrote {name}")
    output.document(
        {
            "sound": str(sound.path),
            "duration_s": sound.duration_s,
            "sampling_rate_hz": sound.sampling_rate_hz,
            "channel": sound.channel,
            "is_clipped": sound.is_clipped,
            "level_db_spl": level_db_spl,
            "preset": preset.value,
            "spectrogram_unit": features.unit,
            "ears": summary,
            "files": names,
        }
    )
