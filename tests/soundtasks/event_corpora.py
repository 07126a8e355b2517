"""Small corpora of made-up sounds, in the layout of the real ones."""

from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 16_000


def tone(frequency_hz: float, duration_s: float, *, rate_hz: int = RATE_HZ) -> np.ndarray:
    """A tone with ramps and a second harmonic, at a tenth of full scale."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    ramp = np.minimum(1.0, np.minimum(time_s, time_s[::-1]) / 0.01)
    wave = np.sin(2.0 * np.pi * frequency_hz * time_s) + 0.3 * np.sin(4.0 * np.pi * frequency_hz * time_s)
    return 0.1 * ramp * wave


def write_words(folder: Path, *, languages: int = 5, words: int = 4) -> None:
    """A word is one vowel and one consonant of 0.2 s each, 0.3 s of faint hiss around them."""
    rng = np.random.default_rng(1)
    for number in range(languages):
        language = folder / f"l{number:02}"
        language.mkdir(parents=True)
        for word in range(words):
            hiss = 1e-4 * rng.standard_normal(round(0.3 * RATE_HZ))
            sound = np.concatenate([hiss, tone(300.0 + 20.0 * word, 0.2), tone(900.0, 0.2), hiss])
            stem = language / f"l{number:02}-{word:03}"
            soundfile.write(stem.with_suffix(".flac"), sound, RATE_HZ)
            stem.with_suffix(".TextGrid").write_text(_grid(((0.3, ""), (0.5, "a"), (0.7, "s"), (1.0, ""))), "utf-8")


def write_noises(folder: Path) -> None:
    """Two clips in each of five folds: hiss, and hiss that stops after a third."""
    rng = np.random.default_rng(2)
    for number, name in enumerate(("001-Dogbark", "002-Rain")):
        (folder / name).mkdir(parents=True)
        for fold in range(1, 6):
            clip = 0.05 * rng.standard_normal(3 * RATE_HZ)
            clip[RATE_HZ if number else len(clip) :] = 0.0
            soundfile.write(folder / name / f"{fold}-{number}{fold}000-A.flac", clip, RATE_HZ)


def write_digits(folder: Path, *, speakers: int = 4, takes: int = 5) -> None:
    """A digit is a tone whose frequency tells it; talkers differ by a semitone and in how long they speak.

    The fourth speaks for 0.85 s, the others for less than half of it.
    """
    folder.mkdir(parents=True)
    for speaker in range(speakers):
        for digit in range(10):
            for take in range(takes):
                duration_s = (0.15, 0.25, 0.35, 0.85)[speaker]
                frequency_hz = 200.0 * 2 ** (digit / 3.0) * 2 ** (speaker / 12.0)
                sound = tone(frequency_hz, duration_s + 0.005 * take, rate_hz=8_000)
                soundfile.write(folder / f"{digit}_{'abcd'[speaker]}_{take}.flac", sound, 8_000)


def write_songs(folder: Path, *, songs: int = 6) -> None:
    """Three syllables of 80 ms, each a tone, 40 ms apart, ten in a sequence, in an order of each song's own."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    sequences = []
    for song in range(songs):
        sound = 1e-4 * rng.standard_normal(2 * RATE_HZ)
        notes = []
        for place, label in enumerate(rng.permutation([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])):
            position = round((0.1 + 0.12 * place) * RATE_HZ)
            length = round(0.08 * RATE_HZ)
            begin = round(0.2 * RATE_HZ) + position
            sound[begin : begin + length] += tone(1000.0 * 2.0**label, 0.08)
            notes.append(f"<Note><Position>{position}</Position><Length>{length}</Length><Label>{label}</Label></Note>")
        soundfile.write(folder / f"{song}.flac", sound, RATE_HZ)
        sequences.append(
            f"<Sequence><WaveFileName>{song}.wav</WaveFileName><Position>{round(0.2 * RATE_HZ)}</Position>"
            f"<Length>{round(1.4 * RATE_HZ)}</Length><NumNote>{len(notes)}</NumNote>{''.join(notes)}</Sequence>"
        )
    (folder / "Annotation.xml").write_text(f"<Sequences>{''.join(sequences)}</Sequences>", "utf-8")


def _grid(ends: tuple[tuple[float, str], ...]) -> str:
    """A TextGrid (Praat's long format) with one tier, "phones"; each entry is the end and the label of an interval."""
    starts = (0.0, *(end for end, _ in ends[:-1]))
    intervals = "".join(
        f"        intervals [{number}]:\n            xmin = {start}\n            xmax = {end}\n"
        f'            text = "{label}"\n'
        for number, (start, (end, label)) in enumerate(zip(starts, ends, strict=True), start=1)
    )
    last = ends[-1][0]
    return (
        f'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = {last}\ntiers? <exists>\nsize = 1\n'
        f'item []:\n    item [1]:\n        class = "IntervalTier"\n        name = "phones"\n        xmin = 0\n'
        f"        xmax = {last}\n        intervals: size = {len(ends)}\n{intervals}"
    )
