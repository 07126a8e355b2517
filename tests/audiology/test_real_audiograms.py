"""Real people's audiograms: everything is answered or said to be impossible, and known facts of the data come out."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearfit.audiology.age_norms import Sex, age_percentiles
from hearfit.audiology.air_bone_gap import air_bone_gap
from hearfit.audiology.asymmetry import asymmetry
from hearfit.audiology.audiogram import Audiogram, Conduction, Ear, Threshold
from hearfit.audiology.averages import AVERAGE_DEFINITIONS
from hearfit.audiology.bisgaard import nearest_standard
from hearfit.audiology.configuration import configuration
from hearfit.audiology.criterion import Outcome
from hearfit.audiology.grades import clark_graded, who_graded
from hearfit.audiology.reference_gains import GainFormula, reference_gains

EVERY_NTH = 50


def ohhr_audiograms(path: Path) -> Iterator[tuple[Audiogram, Sex, int]]:
    """Audiogram, sex and age of the listeners of the Oldenburg Hearing Health Record (Jafri et al. 2025)."""
    people: dict[str, tuple[list[Threshold], Sex, int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["type"] != "htl":
                continue
            age = int(row["date"][:4]) - int(float(row["birth_year"]))
            sex = Sex.MALE if row["sex"] == "m" else Sex.FEMALE
            thresholds, _, _ = people.setdefault(row["clientid"], ([], sex, age))
            conduction = Conduction.AIR if row["transducertype"] == "ac" else Conduction.BONE
            level, hz = float(row["level"]), float(row["frequency"])
            thresholds.append(Threshold(Ear(row["side"]), hz, level, conduction))
    for listener, (thresholds, sex, age) in people.items():
        yield Audiogram(listener, tuple(thresholds)), sex, age


def nhanes_audiograms(path: Path) -> Iterator[Audiogram]:
    """Every so many-th person of NHANES 1999 to 2016, who had two ears measured; empty cells are missing."""
    people: dict[str, list[Threshold]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if int(row["SEQN"]) % EVERY_NTH:
                continue
            ear = Ear.RIGHT if row["ear"] == "R" else Ear.LEFT
            cells = {float(name[1:]): level for name, level in row.items() if name.startswith("f") and level}
            people.setdefault(row["SEQN"], []).extend(Threshold(ear, hz, float(level)) for hz, level in cells.items())
    for listener, thresholds in people.items():
        yield Audiogram(listener, tuple(thresholds))


def check_everything(audiogram: Audiogram) -> None:
    """Each result has a value or says why not."""
    for ear in Ear:
        for definition in AVERAGE_DEFINITIONS:
            average = definition.of(audiogram, ear)
            assert (average.level_db_hl is None) == bool(average.reason)
        graded = clark_graded(audiogram, ear=ear)
        assert (graded.grade is None) == bool(graded.average.reason)
        shape = configuration(audiogram, ear=ear)
        assert (shape.shape is None) == bool(shape.shape_reason)
        nearest = nearest_standard(audiogram, ear=ear)
        assert (nearest.distance_db is None) == bool(nearest.reason)
        gap = air_bone_gap(audiogram, ear=ear)
        assert (gap.outcome is Outcome.NOT_COMPUTABLE) == bool(gap.reason)
        for formula in GainFormula:
            gains = reference_gains(audiogram, ear=ear, formula=formula)
            assert gains.gains or gains.reason
    assert (who_graded(audiogram).grade is None) == bool(who_graded(audiogram).average.reason)
    for result in asymmetry(audiogram):
        assert (result.outcome is Outcome.NOT_COMPUTABLE) == bool(result.reason)


def test_a_clinic_s_record(shared_data: Path) -> None:
    path = shared_data / "ohhr" / "audiograms.csv"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    people = list(ohhr_audiograms(path))
    assert len(people) > 350
    for audiogram, _, _ in people[::10]:
        check_everything(audiogram)
    percentiles = [
        each.percentile
        for audiogram, sex, age in people[::4]
        if 18 <= age <= 80
        for ear in Ear
        for each in age_percentiles(audiogram, ear=ear, age_years=age, sex=sex)
        if each.percentile is not None
    ]
    # People who come to a hearing research centre hear worse than the otologically normal of their age.
    assert sorted(percentiles)[len(percentiles) // 2] > 60.0


def test_a_population_survey(shared_data: Path) -> None:
    path = shared_data / "nhanes" / "ears_1999_2016.csv.gz"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    people = list(nhanes_audiograms(path))
    assert len(people) > 300
    for audiogram in people[::10]:
        check_everything(audiogram)
    grades = [who_graded(audiogram).grade for audiogram in people]
    normal = sum(grade == "normal" for grade in grades) / sum(grade is not None for grade in grades)
    assert 0.6 < normal < 0.95
