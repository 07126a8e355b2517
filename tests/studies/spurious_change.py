"""How often each criterion of change fires where little or nothing changed.

    python -m tests.studies.spurious_change ../shared/data

Three parts. (1) One listener, six sessions from 2018 to 2021 with little true change (PSY6983-2021/fortier_project,
CC0): every later session against every earlier one; the session after the later one stands in for a retest, though it
was months later for all but the last pair, which is of one day. Pairs with the first session as baseline are counted
apart: it alone was 10 dB better from 250 to 1000 Hz than the five others, and no retest of a later session mends a
baseline. (2) The 1 kHz threshold that NHANES 2011-2012 measured twice in a session: the criteria that one frequency can
meet. None of its pairs differs by more than 10 dB; larger differences seem to have been measured again. (3) Simulation
without any change: ears of NHANES 1999-2016 as the truth of all three tests, each test with errors that are
independent between frequencies: either the differences of (2) divided by the square root of two, or normal with the
standard deviation between sessions of the listener of (1). Levels are rounded to 5 dB.
"""

import argparse
import csv
import gzip
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from hearfit.audiology.audiogram import Audiogram, Ear, Threshold
from hearfit.audiology.change.answers import CriterionAnswer
from hearfit.audiology.change.criteria import changes
from hearfit.audiology.criterion import Outcome

EARS: Final[Mapping[str, Ear]] = {"R": Ear.RIGHT, "L": Ear.LEFT}
NHANES_HZ: Final = (500.0, 1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
_HIGHEST_MEASURED: Final = 600.0
_HIGHEST_USUAL_HZ: Final = 8000.0
_DATE: Final = "2020-01-01"


@dataclass(frozen=True)
class Rate:
    """How often a criterion was met, or was met but for a retest, of the ears that were asked about."""

    num_ears: int
    num_met: int
    num_unconfirmed: int
    num_beyond_retest: int
    num_uncomputable: int


def read_sessions(data: Path) -> tuple[Audiogram, ...]:
    """The six audiograms of the longitudinal listener, in the order of the file."""
    with (data / "longitudinal" / "pta_long.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    sessions = list(dict.fromkeys(row["session"] for row in rows))
    return tuple(
        Audiogram(
            "longitudinal",
            tuple(
                Threshold(EARS[row["ear"]], float(row["freq_hz"]), float(row["threshold_db_hl"]))
                for row in rows
                if row["session"] == session
            ),
            date=_DATE,
        )
        for session in sessions
    )


def read_pairs_1_khz(data: Path) -> Float[np.ndarray, "ears 2"]:
    """First and second threshold at 1 kHz in dB HL of every ear of NHANES 2011-2012 that has both."""
    with gzip.open(data / "nhanes" / "AUX_G_2011_2012.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pairs = [[row[f"AUXU1K1{ear}"], row[f"AUXU1K2{ear}"]] for row in rows for ear in EARS]
    measured = [[float(level) for level in pair] for pair in pairs if all(pair)]
    # 666 is no response and 888 was not obtained.
    return np.array([pair for pair in measured if max(pair) < _HIGHEST_MEASURED])


def read_ears(data: Path) -> Float[np.ndarray, "ears 7"]:
    """Thresholds in dB HL at `NHANES_HZ` of every ear of NHANES 1999-2016 with all of them."""
    with gzip.open(data / "nhanes" / "ears_1999_2016.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    levels = [[row[f"f{hz:g}"] for hz in NHANES_HZ] for row in rows]
    measured = [[float(level) for level in ear] for ear in levels if all(ear)]
    return np.array([ear for ear in measured if max(ear) < _HIGHEST_MEASURED])


def rates(answers: Sequence[CriterionAnswer]) -> Mapping[str, Rate]:
    """Counts by criterion, in the order of the answers."""
    by_name: dict[str, list[CriterionAnswer]] = {}
    for answer in answers:
        by_name.setdefault(answer.criterion.name, []).append(answer)
    return {
        name: Rate(
            num_ears=len(found),
            num_met=sum(each.verdict is Outcome.MET for each in found),
            num_unconfirmed=sum(each.is_unconfirmed for each in found),
            num_beyond_retest=sum(each.verdict is Outcome.MET and each.is_beyond_retest is True for each in found),
            num_uncomputable=sum(each.verdict is Outcome.NOT_COMPUTABLE for each in found),
        )
        for name, found in by_name.items()
    }


def longitudinal_answers(sessions: Sequence[Audiogram], *, is_confirmed: bool) -> Iterator[CriterionAnswer]:
    """Every later session against every earlier one; the next session is the retest where it is asked for."""
    for first, second in itertools.combinations(range(len(sessions)), 2):
        if is_confirmed and second + 1 == len(sessions):
            continue
        yield from _answers(sessions[first], sessions[second], sessions[second + 1] if is_confirmed else None)


def first_as_baseline(sessions: Sequence[Audiogram], *, is_confirmed: bool) -> Iterator[CriterionAnswer]:
    """Every later session against the first."""
    last = len(sessions) - 1 if is_confirmed else len(sessions)
    for index in range(1, last):
        yield from _answers(sessions[0], sessions[index], sessions[index + 1] if is_confirmed else None)


def sd_between_sessions_db(sessions: Sequence[Audiogram]) -> float:
    """Standard deviation of a threshold up to 8 kHz over sessions, pooled over ears and frequencies."""
    by_place: dict[tuple[Ear, float], list[float]] = {}
    for session in sessions:
        for threshold in session.thresholds:
            if threshold.frequency_hz <= _HIGHEST_USUAL_HZ:
                by_place.setdefault((threshold.ear, threshold.frequency_hz), []).append(threshold.level_db_hl)
    return float(np.sqrt(np.mean([np.var(levels, ddof=1) for levels in by_place.values()])))


def simulated_answers(
    ears: Float[np.ndarray, "ears frequencies"],
    errors_db: Float[np.ndarray, " errors"],
    *,
    num_ears: int,
    rng: np.random.Generator,
    is_confirmed: bool,
) -> Iterator[CriterionAnswer]:
    """Baseline, current and retest of ears that did not change."""
    for index in rng.integers(len(ears), size=num_ears):
        tests = ears[index] + rng.choice(errors_db, size=(3, len(NHANES_HZ)))
        baseline, current, retest = (_right_ear(NHANES_HZ, 5.0 * np.round(test / 5.0)) for test in tests)
        yield from _answers(baseline, current, retest if is_confirmed else None, ladder_hz=NHANES_HZ)


def single_frequency_answers(pairs: Float[np.ndarray, "ears 2"]) -> Iterator[CriterionAnswer]:
    """The second test at 1 kHz against the first."""
    for first, second in pairs:
        baseline, current = (_right_ear((1000.0,), np.array([level])) for level in (first, second))
        yield from _answers(baseline, current, None, ladder_hz=(1000.0,))


def _answers(
    baseline: Audiogram, current: Audiogram, retest: Audiogram | None, *, ladder_hz: Sequence[float] | None = None
) -> tuple[CriterionAnswer, ...]:
    return changes(
        baseline, current, retest=retest, ladder_hz=ladder_hz, is_enrolled_in_monitoring=True, is_child=False
    )


def _right_ear(frequency_hz: Sequence[float], level_db_hl: Float[np.ndarray, " frequencies"]) -> Audiogram:
    thresholds = [Threshold(Ear.RIGHT, hz, float(level)) for hz, level in zip(frequency_hz, level_db_hl, strict=True)]
    return Audiogram("nhanes", tuple(thresholds), date=_DATE)


def _print(title: str, answers: Sequence[CriterionAnswer]) -> None:
    print(f"\n{title}")
    print(f"{'criterion':20}{'ears':>7}{'met':>7}{'%':>7}{'unconfirmed':>13}{'met, beyond retest':>20}{'unknown':>9}")
    for name, rate in rates(answers).items():
        share = 100.0 * rate.num_met / rate.num_ears
        print(
            f"{name:20}{rate.num_ears:7d}{rate.num_met:7d}{share:7.1f}{rate.num_unconfirmed:13d}"
            f"{rate.num_beyond_retest:20d}{rate.num_uncomputable:9d}"
        )


def main() -> None:
    """Prints all three parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the real data sets")
    parser.add_argument("--num-ears", type=int, default=4000, help="simulated ears")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sessions = read_sessions(arguments.data)
    for is_confirmed in (False, True):
        how = "next session as retest" if is_confirmed else "no retest"
        _print(
            f"Longitudinal, first session as baseline, {how}", [*first_as_baseline(sessions, is_confirmed=is_confirmed)]
        )
        others = [*longitudinal_answers(sessions[1:], is_confirmed=is_confirmed)]
        _print(f"Longitudinal, every other session as baseline, {how}", others)
    pairs = read_pairs_1_khz(arguments.data)
    _print("NHANES 2011-2012, 1 kHz twice in a session", [*single_frequency_answers(pairs)])
    differences_db = pairs[:, 1] - pairs[:, 0]
    print(f"SD of the difference {np.std(differences_db):.2f} dB, largest {np.abs(differences_db).max():g} dB")
    ears = read_ears(arguments.data)
    sd_db = sd_between_sessions_db(sessions)
    rng = np.random.default_rng(arguments.seed)
    noises = (
        ("errors within a session (NHANES)", differences_db / np.sqrt(2.0)),
        (f"errors between sessions (SD {sd_db:.1f} dB)", rng.normal(0.0, sd_db, size=100_000)),
    )
    for name, errors_db in noises:
        for is_confirmed in (False, True):
            found = simulated_answers(ears, errors_db, num_ears=arguments.num_ears, rng=rng, is_confirmed=is_confirmed)
            _print(f"Simulated without change, {name}, {'with' if is_confirmed else 'no'} retest", [*found])


if __name__ == "__main__":
    main()
